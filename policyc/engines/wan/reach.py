"""Can an attachment reach a place, through what, and does the answer come back.

A walk follows next hops from table to table until the packet is delivered, dropped or going in circles. Where the service's
choice is not published every possible walk is taken; the verdict is theirs if they agree. Inspection groups are taken to
pass on what they receive. Source: Cloud WAN reference, section 3.12, steps 10 and 11.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from policyc.engines.wan.associate import Association, Standing
from policyc.engines.wan.attachments import Attachment
from policyc.engines.wan.core import Core, TableName
from policyc.engines.wan.insertion import insert_services
from policyc.engines.wan.outbound import Heard, far_asn, hears_less, told_to
from policyc.engines.wan.paths import merge
from policyc.engines.wan.prefixes import Prefix, fills
from policyc.engines.wan.tables import Option, Row, Tables, segment_tables, uncollected

#: possible ways to one prefix that are followed before the answer is "undecided"
MAX_WALKS = 256
#: the same for all parts of a wide prefix together
MAX_WALKS_OF_ALL = 20_000


class Verdict(StrEnum):
    REACHABLE = "reachable"
    BLOCKED = "blocked"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Hop:
    """One look-up: in which table at which edge, the prefix that matched, where it leads and why."""

    table: str
    edge: str
    prefix: str
    to: str
    why: str

    def sentence(self) -> str:
        return f"{self.table} at {self.edge}: {self.prefix} -> {self.to} ({self.why})"


@dataclass(frozen=True, slots=True)
class Walk:
    """One possible way. `end` is `delivered`, `blackhole`, `no-route`, `loop`, `not-advertised` or `not-announced` (the far
    side never hears of the route), `refused` (it hears of it and does not take it), or `unknown`; `delivered_to` an attachment;
    `groups` the function groups passed in order, `through` the attachments that the packet was handed to; `edge` is where it ends."""

    end: str
    hops: tuple[Hop, ...]
    groups: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    delivered_to: str = ""
    doubts: tuple[str, ...] = ()
    edge: str = ""

    def sentence(self) -> str:
        steps = "; ".join(hop.sentence() for hop in self.hops)
        return f"{self.end}: {steps}" if steps else self.end


@dataclass(frozen=True, slots=True)
class Answer:
    """The verdict for one direction. `reason` is a short word for it (`isolated`, `no-route`, `blackhole`, `pending-acceptance`,
    `not-associated`, `delivered`, `not-announced`, …), `sentence` says it in words; `walks` are all possible ways; `notes` further facts;
    `families` the IP versions that were asked about."""

    verdict: Verdict
    reason: str
    sentence: str
    walks: tuple[Walk, ...] = ()
    notes: tuple[str, ...] = ()
    families: frozenset[int] = frozenset()

    @property
    def groups(self) -> tuple[str, ...]:
        """The function groups that every possible walk passes."""
        if not self.walks:
            return ()
        return tuple(name for name in self.walks[0].groups if all(name in walk.groups for walk in self.walks))

    @property
    def inspected(self) -> bool:
        """Whether any possible walk passes a function group."""
        return any(walk.groups for walk in self.walks)


@dataclass(frozen=True, slots=True)
class Target:
    """Where to: all prefixes of an attachment (`attachment` set), or one address or prefix."""

    prefixes: tuple[Prefix, ...]
    attachment: str = ""

    @property
    def text(self) -> str:
        return f"`{self.attachment}`" if self.attachment else ", ".join(str(prefix) for prefix in self.prefixes)


def build_tables(core: Core) -> Tables:
    """Every route table of the network, service insertion included."""
    with uncollected():
        tables = segment_tables(core)
        insert_services(tables)
    return tables


def reach(tables: Tables, source: str, target: Target) -> Answer:
    """Whether the attachment called `source` reaches the target. `source` must be known. To another attachment goes only what both have
    an IP version for."""
    association = tables.core.associations[source]
    mine = {prefix.family for prefix in association.attachment.prefixes}
    kept = target.prefixes
    # An appliance passes on what others send.
    if target.attachment and mine and not association.is_group:
        kept = tuple(prefix for prefix in kept if prefix.family in mine)
    if target.prefixes and not kept:
        versions = " and ".join(f"IPv{family}" for family in sorted(mine))
        sentence = f"`{source}` has {versions} alone, and {target.text} has none"
        return Answer(Verdict.BLOCKED, "no-common-version", sentence)
    answer = _reach(tables, source, Target(kept, target.attachment))
    return replace(answer, families=frozenset(prefix.family for prefix in kept))


def _reach(tables: Tables, source: str, target: Target) -> Answer:
    core = tables.core
    association = core.associations[source]
    refused = _cannot_send(association)
    if refused is not None:
        return refused
    absent = _cannot_receive(core, target)
    if absent is not None:
        return absent
    if not target.prefixes:
        return Answer(Verdict.UNDECIDED, "no-prefix", f"{target.text} has no prefix, so nothing leads to it")
    walks: list[Walk] = []
    ends: dict[int, set[str]] = {}
    told = _told(tables, association)
    for prefix in _parts(tables, target.prefixes):
        unknown, doubts = _knows(told, prefix)
        mine = ends.setdefault(prefix.family, set())
        if unknown:
            walks.append(Walk(unknown, ()))
            mine.add(unknown)
            continue
        for count, way in enumerate(_walks(tables, association, prefix), 1):
            if count > MAX_WALKS or len(walks) >= MAX_WALKS_OF_ALL:
                return Answer(
                    Verdict.UNDECIDED,
                    "too-many-ways",
                    "there are too many possible ways to follow",
                    tuple(walks[:MAX_WALKS]),
                )
            walk = _settled(core, way, prefix, target)
            walks.append(_doubted(walk, *doubts) if doubts else walk)
            mine.add(walks[-1].end)
    return _answer(tables, association, target, tuple(dict.fromkeys(walks)), ends)


def _told(tables: Tables, association: Association) -> tuple[Heard, ...] | None:
    """What the far side of an attachment is told, when it may not hear or take all of it; None when it hears all that there is."""
    if not hears_less(tables.core, association):
        return None
    name = association.attachment.name
    found = tables.told.get(name)
    if found is None:
        found = tables.told[name] = tuple(told_to(tables, association))
    return found


def _knows(told: Sequence[Heard] | None, prefix: Prefix) -> tuple[str, tuple[str, ...]]:
    """Why the far side is sure to have no route to the prefix (the end of a walk; empty when it may have one), and why that is not certain."""
    if told is None:
        return "", ()
    covering = [item for item in told if item.prefix.covers(prefix)]
    taken = [item for item in covering if not item.refused]
    if any(not item.doubts for item in taken):
        return "", ()
    if not taken:
        return "refused" if covering else "not-announced", ()
    return "", merge(*(item.doubts for item in taken))


def reach_back(tables: Tables, source: str, answer: Answer) -> Answer | None:
    """The way back: from every attachment that a walk was delivered to, to the prefixes of `source` of the same IP versions; None without
    one."""
    ends = [name for name in dict.fromkeys(walk.delivered_to for walk in answer.walks) if name != source]
    if not ends or answer.verdict is not Verdict.REACHABLE:
        return None
    every = tables.core.associations[source].attachment.prefixes
    kept = tuple(prefix for prefix in every if prefix.family in answer.families)
    if every and not kept:
        versions = " and ".join(f"IPv{family}" for family in sorted(answer.families))
        return Answer(
            Verdict.UNDECIDED, "no-prefix", f"`{source}` has no {versions} prefix, so nothing leads back to it"
        )
    return _joined({end: _reach(tables, end, Target(kept, source)) for end in ends})


def _joined(answers: Mapping[str, Answer]) -> Answer:
    """The answers of several senders of which one sends, by name."""
    found = list(answers.values())
    if len(found) == 1 or all(item == found[0] for item in found):
        return found[0]
    verdicts = {item.verdict for item in found}
    sentences = {item.sentence for item in found}
    sentence = "; ".join(f"from `{name}`: {item.sentence}" for name, item in answers.items())
    return Answer(
        found[0].verdict if len(verdicts) == 1 else Verdict.UNDECIDED,
        found[0].reason if len({item.reason for item in found}) == 1 else "differs",
        found[0].sentence if len(sentences) == 1 else sentence,
        tuple(dict.fromkeys(walk for item in found for walk in item.walks)),
        merge(*(item.notes for item in found)),
    )


# --- before the first look-up -----------------------------------------------------------------------------------


def _cannot_send(association: Association) -> Answer | None:
    name = association.attachment.name
    match association.standing:
        case Standing.PENDING:
            return Answer(Verdict.BLOCKED, "pending-acceptance", f"`{name}` carries no traffic: {association.sentence}")
        case Standing.UNASSOCIATED:
            return Answer(Verdict.BLOCKED, "not-associated", f"`{name}` is in no segment: {association.sentence}")
        case Standing.UNDECIDED:
            return Answer(
                Verdict.UNDECIDED, "association", f"where `{name}` is cannot be known: {association.sentence}"
            )
        case Standing.SEGMENT | Standing.GROUP:
            return None


def _cannot_receive(core: Core, target: Target) -> Answer | None:
    """A target all of whose owners carry no traffic is out of reach, wherever the packet goes."""
    owners = [core.associations[target.attachment]] if target.attachment else _owners(core, target)
    idle = [item for item in owners if item.standing in (Standing.PENDING, Standing.UNASSOCIATED)]
    if not owners or len(idle) < len(owners):
        return None
    reason = "pending-acceptance" if idle[0].standing is Standing.PENDING else "not-associated"
    name = idle[0].attachment.name
    return Answer(Verdict.BLOCKED, reason, f"`{name}` carries no traffic: {idle[0].sentence}")


def _parts(tables: Tables, prefixes: Sequence[Prefix]) -> list[Prefix]:
    """The asked prefixes cut where any table has a longer one: each part takes one way."""
    known = tables.known()
    out: list[Prefix] = []
    for prefix in dict.fromkeys(prefixes):
        within = list(_within(known, prefix))
        if prefix in within or not fills(prefix, within):
            out.append(prefix)
        out += within
    return list(dict.fromkeys(out))


def _within(known: Sequence[Prefix], block: Prefix) -> Iterator[Prefix]:
    """The prefixes of an ordered list that lie in a block, itself included."""
    at = bisect_left(known, Prefix(block.family, block.bits, 0))
    while at < len(known) and known[at].family == block.family and known[at].bits <= block.last:
        if block.covers(known[at]):
            yield known[at]
        at += 1


def _start(association: Association) -> tuple[TableName, tuple[str, ...]]:
    kind = TableName("group" if association.is_group else "segment", association.place)
    return kind, association.attachment.regions


# --- walking ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _State:
    """A packet on its way: the table and edge that look it up next, and what it has passed."""

    table: TableName
    edge: str
    hops: tuple[Hop, ...] = ()
    groups: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    seen: frozenset[tuple[TableName, str]] = frozenset()

    def ended(self, end: str, delivered_to: str = "") -> Walk:
        through = (
            (*self.through, delivered_to) if delivered_to and delivered_to not in self.through[-1:] else self.through
        )
        end = "unknown" if self.doubts else end
        return Walk(end, self.hops, self.groups, through, delivered_to, self.doubts, self.edge)


def _walks(tables: Tables, association: Association, prefix: Prefix) -> Iterator[Walk]:
    """Every possible way of a packet to `prefix`; at most `MAX_WALKS` and one."""
    name, regions = _start(association)
    present = tables.edges_of(name)
    edges = [edge for edge in regions if edge in present] or list(regions[:1])
    spanning = association.attachment.type == "direct-connect-gateway"
    if spanning:
        edges = [edge for edge in edges if _local(tables, name, edge, prefix)] or edges[:1]
    stack = [_State(name, edge) for edge in reversed(edges)]
    count = 0
    while stack and count <= MAX_WALKS:
        state = stack.pop()
        row = _lookup(tables, state.table, state.edge, prefix)
        if row is None:
            count += 1
            yield _without_route(tables, state)
            continue
        if spanning and not state.hops and not _local(tables, name, state.edge, prefix):
            count += 1
            yield _State(name, state.edge, (_hop(state, row, row.options[0]),) if row.options else ()).ended(
                "not-advertised"
            )
            continue
        finished, following = _step(tables, state, row, prefix)
        count += len(finished)
        yield from finished
        stack.extend(reversed(following))


def _lookup(tables: Tables, name: TableName, edge: str, prefix: Prefix) -> Row | None:
    """The row at an edge; None too where the table does not exist."""
    return tables.table(name, edge).lookup(prefix) if edge in tables.edges_of(name) else None


def _local(tables: Tables, name: TableName, edge: str, prefix: Prefix) -> bool:
    """Whether an edge tells a Direct Connect gateway about a route: only when it leads to an attachment at that edge."""
    row = _lookup(tables, name, edge, prefix)
    return row is not None and any(
        option.hop.kind != "edge" and option.hop.edge in ("", edge) for option in row.options
    )


def _without_route(tables: Tables, state: _State) -> Walk:
    """A packet that no row matches: out of a function group it leaves by the appliance that it was handed to."""
    if state.table.kind == "group" and state.through:
        return state.ended("delivered", state.through[-1])
    return state.ended("no-route")


def _hop(state: _State, row: Row, option: Option) -> Hop:
    return Hop(str(state.table), state.edge, str(row.prefix), str(option.hop), option.why)


def _step(tables: Tables, state: _State, row: Row, prefix: Prefix) -> tuple[list[Walk], list[_State]]:
    """One look-up: the walks that end here and the states that go on."""
    finished: list[Walk] = []
    following: list[_State] = []
    doubts = merge(state.doubts, row.doubts)
    place = (state.table, state.edge)
    if not row.options:
        return [_State(state.table, state.edge, state.hops, state.groups, state.through, doubts).ended("no-route")], []
    for option in row.options:
        hop, hops = option.hop, (*state.hops, _hop(state, row, option))
        here = _State(state.table, state.edge, hops, state.groups, state.through, doubts, state.seen | {place})
        if place in state.seen:
            finished.append(here.ended("loop"))
        elif hop.kind == "blackhole":
            finished.append(here.ended("blackhole"))
        elif hop.kind == "attachment":
            finished.append(here.ended("delivered", hop.name))
        elif hop.kind in ("edge", "segment"):
            table = hop.following(state.table)
            assert table is not None
            following.append(_State(table, hop.edge, hops, state.groups, state.through, doubts, here.seen))
        elif hop.table is not None:
            following += _through_group(tables.core, here, hop.name, hop.edge)
        else:
            finished += _out_by_group(tables, here, hop.name, hop.edge, prefix)
    return finished, following


def _through_group(core: Core, state: _State, group: str, edge: str) -> list[_State]:
    """Into the group's attachment at an edge and out again into the group's table there."""
    groups = state.groups if group in state.groups else (*state.groups, group)
    return [
        _State(TableName("group", group), edge, state.hops, groups, (*state.through, member), state.doubts, state.seen)
        for member in core.group_members(group, edge)
    ]


def _out_by_group(tables: Tables, state: _State, group: str, edge: str, prefix: Prefix) -> list[Walk]:
    """`send-to`: the packet leaves by the appliance, unless the group's table knows a way back in: then the appliance decides."""
    out: list[Walk] = []
    row = _lookup(tables, TableName("group", group), edge, prefix)
    for inside in _through_group(tables.core, state, group, edge):
        walk = inside.ended("delivered", inside.through[-1])
        if row is not None:
            walk = _doubted(
                walk,
                f"`{walk.delivered_to}` gets it by send-to and may send it back to the core network, which leads {row.prefix} on",
            )
        out.append(walk)
    return out


# --- the verdict ------------------------------------------------------------------------------------------------


def _settled(core: Core, walk: Walk, prefix: Prefix, target: Target) -> Walk:
    """A delivery to someone other than the one who announces the target is not known to arrive."""
    if walk.end != "delivered":
        return walk
    if target.attachment:
        if walk.delivered_to == target.attachment:
            return walk
        doubt = f"it is handed to `{walk.delivered_to}`, which may or may not pass it on to `{target.attachment}`"
        return _doubted(walk, doubt)
    owners = [item.attachment.name for item in core.owners(prefix)]
    if not owners or walk.delivered_to in owners:
        return walk
    shown = ", ".join(f"`{name}`" for name in owners)
    return _doubted(walk, f"it is handed to `{walk.delivered_to}`, while {prefix} belongs to {shown}")


def _real(attachment: Attachment) -> list[Prefix]:
    """The prefixes that are someone's own: a default route belongs to nobody."""
    return [prefix for prefix in attachment.prefixes if prefix.length > 0]


def _doubted(walk: Walk, *doubts: str) -> Walk:
    return replace(walk, end="unknown", doubts=merge(walk.doubts, doubts))


def _answer(
    tables: Tables, association: Association, target: Target, walks: tuple[Walk, ...], versions: Mapping[int, set[str]]
) -> Answer:
    """`versions` are the ends by IP version."""
    ends = {walk.end for walk in walks}
    notes = _notes(walks)
    doubts = merge(*(walk.doubts for walk in walks))
    if doubts:
        return Answer(Verdict.UNDECIDED, "unknown", "it cannot be known: " + "; ".join(doubts), walks, notes)
    if ends == {"delivered"}:
        to = ", ".join(f"`{name}`" for name in dict.fromkeys(walk.delivered_to for walk in walks))
        by = "".join(f", inspected by `{name}`" for name in dict.fromkeys(n for walk in walks for n in walk.groups))
        return Answer(Verdict.REACHABLE, "delivered", f"delivered to {to}{by}", walks, notes)
    if "delivered" in ends:
        sentence = "it differs by address or by the service's choice: " + ", ".join(sorted(ends))
        if len(versions) > 1 and all(len(some) == 1 for some in versions.values()):
            sentence = "it differs by IP version: " + ", ".join(
                f"IPv{key} {min(some)}" for key, some in versions.items()
            )
        return Answer(Verdict.UNDECIDED, "differs", sentence, walks, notes)
    reason, sentence = _why_blocked(tables.core, association, target, walks)
    return Answer(Verdict.BLOCKED, reason, sentence, walks, notes)


def _why_blocked(core: Core, association: Association, target: Target, walks: tuple[Walk, ...]) -> tuple[str, str]:
    ends = {walk.end for walk in walks}
    for end in ("blackhole", "loop", "not-advertised", "not-announced", "refused"):
        if end in ends:
            last = next(walk for walk in walks if walk.end == end)
            step = last.hops[-1].sentence() if last.hops else target.text
            text = {
                "blackhole": f"dropped: {step}",
                "loop": f"it goes in circles: {step}",
                "not-announced": f"outbound routing policies of `{association.attachment.name}` keep the route from its far side",
                "refused": f"the far side of `{association.attachment.name}` refuses the route, whose AS path holds its own ASN "
                f"{far_asn(association.attachment)}",
                "not-advertised": f"a Direct Connect gateway hears of local routes only, and this one is remote: {step}",
            }[end]
            return end, text
    owners = [core.associations[target.attachment]] if target.attachment else _owners(core, target)
    for owner in owners:
        found = _why_no_route(core, association, owner, target)
        if found is not None:
            return found
    kind = "group" if association.is_group else "segment"
    return "no-route", f"{kind} `{association.place}` has no route to {target.text}"


def _owners(core: Core, target: Target) -> list[Association]:
    if len(target.prefixes) == 1:
        return core.owners(target.prefixes[0])
    return [
        item
        for item in core.associations.values()
        if any(all(own.covers(prefix) for prefix in target.prefixes) for own in _real(item.attachment))
    ]


def _why_no_route(core: Core, association: Association, owner: Association, target: Target) -> tuple[str, str] | None:
    """Why nothing leads to the attachment that has the target."""
    name = owner.attachment.name
    if any(dropped == name and any(p.overlaps(prefix) for p in target.prefixes) for dropped, prefix in core.dropped):
        return "filtered", f"a routing policy drops the route to `{name}`"
    segment = core.network.segment(association.place)
    if association.is_group or segment is None or owner.is_group:
        return None
    if owner.place == association.place and segment.isolated:
        return "isolated", f"segment `{segment.name}` isolates its attachments from one another"
    givers = core.shared_with(association.place)
    if owner.place in givers and not core.admits(association.place, owner.place):
        return "filtered", f"a filter keeps the routes of `{owner.place}` out of segment `{segment.name}`"
    if owner.place == association.place:
        return None
    if owner.place in givers:
        return "no-route", f"segment `{segment.name}` takes over routes of `{owner.place}`, but none to {target.text}"
    sentence = f"segment `{segment.name}` shares no routes with `{owner.place}`, which has `{name}`"
    between = [other for other in core.shared_with(owner.place) if other in givers]
    if between:
        sentence += f"; both share with `{between[0]}`, and shares are not transitive"
    return "no-share", sentence


def _notes(walks: tuple[Walk, ...]) -> tuple[str, ...]:
    out: list[str] = []
    if any(walk.groups for walk in walks):
        out.append("inspection groups are taken to pass on what they receive")
    return tuple(out)
