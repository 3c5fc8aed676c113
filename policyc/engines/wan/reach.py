"""Can an attachment reach a place, through what, and does the answer come back.

A packet to each asked prefix follows next hops from table to table (see `walks`). Where the service's choice is not published every
possible walk is taken; the verdict for a prefix is theirs if they agree. Inspection groups are taken to pass on what they
receive, and what `send-to` lets out not to come back. Source: Cloud WAN reference, section 3.12, steps 10 and 11.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from operator import itemgetter
from typing import Final

from policyc.engines.wan.associate import Association, Standing
from policyc.engines.wan.attachments import Attachment
from policyc.engines.wan.core import Core
from policyc.engines.wan.insertion import insert_services
from policyc.engines.wan.outbound import Heard, announcing_edges, far_asn, hears_less
from policyc.engines.wan.paths import merge
from policyc.engines.wan.prefixes import WIDTH, Prefix, fills, shorten
from policyc.engines.wan.rows import Row
from policyc.engines.wan.tables import Tables, segment_tables, uncollected
from policyc.engines.wan.walks import MAX_WALKS, Hop, Walk, place_of, settled, walks
from policyc.record import record, replace

__all__ = [
    "MAX_WALKS",
    "MAX_WALKS_OF_ALL",
    "Answer",
    "Hop",
    "Part",
    "Target",
    "Verdict",
    "Walk",
    "build_tables",
    "cannot_receive",
    "heard_by",
    "heard_of",
    "parts_of",
    "reach",
    "reach_back",
]

#: as `MAX_WALKS`, for all parts of a wide prefix together
MAX_WALKS_OF_ALL = 20_000


class Verdict(StrEnum):
    """Of one direction. `partly`: some of the asked addresses are certain to be reached, and all others certain not to be."""

    REACHABLE = "reachable"
    PARTLY = "partly"
    BLOCKED = "blocked"
    UNDECIDED = "undecided"


@record
class Part:
    """The answer for one of the asked prefixes, or a part of it, with the number of possible ways; the verdict is never `partly`."""

    prefix: Prefix
    verdict: Verdict
    reason: str
    sentence: str
    ways: int


@record
class Answer:
    """The answer for one direction. `reason` is a short word for it (`isolated`, `no-route`, `blackhole`, `pending-acceptance`,
    `not-associated`, `delivered`, `not-announced`, …), `sentence` says it in words; `walks` are all possible ways; `notes` further facts;
    `families` the IP versions that were asked about, `parts` the answers by prefix where something was asked of the tables."""

    verdict: Verdict
    reason: str
    sentence: str
    walks: tuple[Walk, ...] = ()
    notes: tuple[str, ...] = ()
    families: frozenset[int] = frozenset()
    parts: tuple[Part, ...] = ()

    @property
    def groups(self) -> tuple[str, ...]:
        """The function groups that every possible walk passes."""
        if not self.walks:
            return ()
        return tuple(name for name in self.walks[0].groups if all(name in walk.groups for walk in self.walks))

    @property
    def titles(self) -> tuple[str, ...]:
        """What each of several walks is: one of those that the service may choose, or that of some of the prefixes."""
        if len(self.walks) < 2:
            return ("",) * len(self.walks)
        if not self.parts or any(part.ways > 1 for part in self.parts):
            return tuple([f"possible way {number}" for number in range(1, len(self.walks) + 1)])
        return tuple([f"by {walk.hops[-1].prefix}" if walk.hops else "the others" for walk in self.walks])

    @property
    def inspected(self) -> bool:
        """Whether any possible walk passes a function group."""
        return any(walk.groups for walk in self.walks)


@record
class Target:
    """Where to: all prefixes of an attachment (`attachment` set), or one address or prefix."""

    prefixes: tuple[Prefix, ...]
    attachment: str = ""

    @property
    def text(self) -> str:
        return f"`{self.attachment}`" if self.attachment else ", ".join(str(prefix) for prefix in self.prefixes)


def build_tables(core: Core, like: Tables | None = None) -> Tables:
    """Every route table of the network, service insertion included. What is the same in the tables `like` these is taken from there."""
    with uncollected():
        tables = segment_tables(core, like)
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
        sentence = f"`{source}` has {_versions(mine)} alone, and {target.text} has none"
        return Answer(Verdict.BLOCKED, "no-common-version", sentence)
    answer = _reach(tables, source, Target(kept, target.attachment))
    return replace(answer, families=frozenset(prefix.family for prefix in kept))


def _versions(families: Iterable[int]) -> str:
    return " and ".join(f"IPv{family}" for family in sorted(families))


def _reach(tables: Tables, source: str, target: Target) -> Answer:
    core = tables.core
    association = core.associations[source]
    refused = _cannot_send(association)
    if refused is not None:
        return refused
    absent = cannot_receive(core, target)
    if absent is not None:
        return absent
    if not target.prefixes:
        return Answer(Verdict.UNDECIDED, "no-prefix", f"{target.text} has no prefix, so nothing leads to it")
    found: list[tuple[Prefix, tuple[Walk, ...]]] = []
    count = 0
    told = heard_by(tables, association)
    for prefix in parts_of(tables, target.prefixes):
        ways = _ways(tables, association, target, prefix, told)
        count += len(ways)
        if len(ways) > MAX_WALKS or count > MAX_WALKS_OF_ALL:
            first = tuple(walk for _, some in found for walk in some) or ways
            text = "there are too many possible ways to follow"
            return Answer(Verdict.UNDECIDED, "too-many-ways", text, first[:MAX_WALKS])
        found.append((prefix, ways))
    return _answer(tables, association, target, found)


def _ways(
    tables: Tables, association: Association, target: Target, prefix: Prefix, told: Told | None
) -> tuple[Walk, ...]:
    """Every possible way to one prefix, at most `MAX_WALKS` and one."""
    unknown, doubts = heard_of(told, prefix)
    if unknown:
        return (Walk(unknown, ()),)
    wanted = [target.attachment] if target.attachment else [item.attachment.name for item in tables.core.owners(prefix)]
    ways = [settled(tables, way, prefix, wanted) for way in walks(tables, association, prefix)]
    return tuple(way.doubting(*doubts) for way in ways) if doubts else tuple(ways)


class Told:
    """What the far side of an attachment is told by prefix, each route with its place in the order of announcement. A route comes of the row of
    its own prefix, an aggregate of its members' rows, so that only what is asked about is worked out."""

    __slots__ = (
        "_around",
        "_edges",
        "_found",
        "_judged",
        "_judged_rows",
        "_lengths",
        "aggregates",
        "place",
        "policies",
    )

    def __init__(self, tables: Tables, association: Association) -> None:
        self._edges = announcing_edges(tables, association)
        self._found: dict[Prefix, list[tuple[tuple[int, Prefix], Heard]]] = {}
        self._around: dict[Prefix, list[tuple[tuple[int, Prefix], Heard]]] = {}
        self._judged: dict[Hashable, tuple[str, tuple[str, ...]]] = {}
        self._judged_rows: dict[Hashable, tuple[str, tuple[str, ...]]] = {}
        #: the table and edge whose rows it is told of; the first one of several
        self.place = place_of(association), self._edges[0].edge if self._edges else ""
        #: equal for those who are told by the same policies
        self.policies = tuple([edge.policies for edge in self._edges])
        #: what something may be summed up to
        self.aggregates = frozenset(block for edge in self._edges for block in edge.aggregates if block is not None)
        lengths = tables.lengths(place_of(association))
        #: mask lengths by IP version, the shortest first
        self._lengths = {
            family: sorted({*lengths[family], *(block.length for block in self.aggregates if block.family == family)})
            for family in WIDTH
        }

    def of(self, prefix: Prefix) -> Sequence[tuple[tuple[int, Prefix], Heard]]:
        """The routes for exactly this prefix; of the members of an aggregate only those that settle whether it is announced."""
        found = self._found.get(prefix)
        if found is None:
            told = ((at, edge.route(prefix)) for at, edge in enumerate(self._edges))
            found = self._found[prefix] = [((at, prefix), heard) for at, heard in told if heard is not None]
        return found

    def covering(self, prefix: Prefix) -> list[Heard]:
        """The routes for blocks that have the prefix, in the order of announcement."""
        own = self.of(prefix)
        places = [*self._wider(prefix), *own] if own else self._wider(prefix)
        return [heard for _, heard in (sorted(places, key=_PLACE) if len(places) > 1 else places)]

    def _wider(self, prefix: Prefix) -> list[tuple[tuple[int, Prefix], Heard]]:
        """The routes for wider blocks: the same for every prefix in the narrowest of them."""
        lengths = [length for length in self._lengths[prefix.family] if length < prefix.length]
        if not lengths:
            return []
        narrowest = shorten(prefix, lengths[-1])
        found = self._around.get(narrowest)
        if found is None:
            blocks = (shorten(prefix, length) for length in lengths)
            found = self._around[narrowest] = [some for block in blocks for some in self.of(block)]
        return found

    @property
    def plain(self) -> tuple[int | None] | None:
        """The ASN of a far side that one edge tells of whatever is plainly told (see `outbound`); None where more decides."""
        return self._edges[0].plain if len(self._edges) == 1 else None

    def judge(self, prefix: Prefix) -> tuple[str, tuple[str, ...]]:
        """As `heard_of`: the same for prefixes within the same blocks that are announced alike."""
        if any(edge.tells_plainly(prefix) for edge in self._edges):
            return "", ()
        if prefix in self.aggregates:
            return self._judge(prefix)
        narrowest = next((one for one in reversed(self._lengths[prefix.family]) if one < prefix.length), None)
        around = None if narrowest is None else shorten(prefix, narrowest)
        key = around, *[edge.sign(prefix) for edge in self._edges]
        found = self._judged.get(key)
        if found is None:
            kind = around, *[edge.kind(prefix) for edge in self._edges]
            if kind not in self._judged:
                self._judged[kind] = self._judge(prefix)
            found = self._judged[key] = self._judged[kind]
        return found

    def asked(self, prefix: Prefix, around: Hashable) -> Hashable:
        """What decides of a prefix, within the known blocks `around`, beside its row, for all that `policies` are asked about; None where more does."""
        if len(self._edges) != 1 or prefix in self.aggregates:
            return None
        return around, self._edges[0].asked(prefix), tuple([b for b in self.aggregates if b.covers(prefix)])

    def judge_row(self, prefix: Prefix, row: Row | None, asked: Hashable) -> tuple[str, tuple[str, ...]]:
        """As `judge`, of a prefix whose row is at hand, and of whom is `asked` that."""
        if asked is None:
            return self.judge(prefix)
        key = asked if row is None or row.prefix != prefix else (asked, id(row.options), row.doubts)
        found = self._judged_rows.get(key)
        if found is None:
            found = self._judged_rows[key] = self.judge(prefix)
        return found

    def _judge(self, prefix: Prefix) -> tuple[str, tuple[str, ...]]:
        if any(edge.surely_tells(prefix) for edge in self._edges):
            return "", ()
        covering = self.covering(prefix)
        taken = [item for item in covering if not item.refused]
        if any(not item.doubts for item in taken):
            return "", ()
        if not taken:
            return "refused" if covering else "not-announced", ()
        return "", merge(*(item.doubts for item in taken))

    def every(self) -> Iterator[Heard]:
        """Every route."""
        return (heard for edge in self._edges for heard in edge.routes())

    def prefixes(self) -> Iterable[Prefix]:
        """Every prefix that there is a route for."""
        return dict.fromkeys(heard.prefix for heard in self.every())


def heard_by(tables: Tables, association: Association) -> Told | None:
    """What the far side of an attachment is told, when it may not hear or take all of it; None when it hears all that there is, and when
    it carries no traffic."""
    if not association.working or not hears_less(tables.core, association):
        return None
    name = association.attachment.name
    found: Told | None = tables.told.get(name)
    if found is None:
        found = tables.told[name] = Told(tables, association)
    return found


_PLACE: Final = itemgetter(0)


def heard_of(told: Told | None, prefix: Prefix) -> tuple[str, tuple[str, ...]]:
    """Why the far side is sure to have no route to the prefix (the end of a walk; empty when it may have one), and why that is not certain."""
    return ("", ()) if told is None else told.judge(prefix)


def reach_back(tables: Tables, source: str, answer: Answer) -> Answer | None:
    """The way back: from every attachment that a walk was delivered to, to the prefixes of `source` of the IP versions that arrive; None
    without such an attachment, and when `source` states no prefix that an answer could go to."""
    if answer.verdict not in (Verdict.REACHABLE, Verdict.PARTLY):
        return None
    delivered = (walk.delivered_to for walk in answer.walks if walk.end == "delivered")
    ends = [name for name in dict.fromkeys(delivered) if name != source]
    arriving = {part.prefix.family for part in answer.parts if part.verdict is Verdict.REACHABLE}
    every = tables.core.associations[source].attachment.prefixes
    kept = tuple(prefix for prefix in every if prefix.family in arriving)
    if not ends or not every:
        return None
    if not kept:
        text = f"`{source}` has no {_versions(arriving)} prefix, so nothing leads back to it"
        return Answer(Verdict.BLOCKED, "no-prefix", text)
    return _joined({end: _reach(tables, end, Target(kept, source)) for end in ends})


def _joined(answers: Mapping[str, Answer]) -> Answer:
    """The answers of several senders of which one sends, by name."""
    found = list(answers.values())
    if len(found) == 1 or all(item == found[0] for item in found):
        return found[0]
    verdicts = {item.verdict for item in found}
    sentences = {item.sentence for item in found}
    sentence = "; ".join(f"from `{name}`: {item.sentence}" for name, item in answers.items())
    alike = len(verdicts) == 1 and len({_pattern(item) for item in found}) == 1
    return Answer(
        found[0].verdict if alike else Verdict.UNDECIDED,
        found[0].reason if len({item.reason for item in found}) == 1 else "differs",
        found[0].sentence if len(sentences) == 1 else sentence,
        tuple(dict.fromkeys(walk for item in found for walk in item.walks)),
        merge(*(item.notes for item in found)),
        parts=found[0].parts if alike else (),
    )


def _pattern(answer: Answer) -> tuple[tuple[Prefix, Verdict], ...]:
    return tuple((part.prefix, part.verdict) for part in answer.parts)


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


def cannot_receive(core: Core, target: Target) -> Answer | None:
    """A target all of whose owners carry no traffic is out of reach, wherever the packet goes."""
    owners = [core.associations[target.attachment]] if target.attachment else _owners(core, target)
    idle = [item for item in owners if item.standing in (Standing.PENDING, Standing.UNASSOCIATED)]
    if not owners or len(idle) < len(owners):
        return None
    reason = "pending-acceptance" if idle[0].standing is Standing.PENDING else "not-associated"
    name = idle[0].attachment.name
    return Answer(Verdict.BLOCKED, reason, f"`{name}` carries no traffic: {idle[0].sentence}")


def parts_of(tables: Tables, prefixes: Sequence[Prefix]) -> list[Prefix]:
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


# --- the verdict ------------------------------------------------------------------------------------------------


def _real(attachment: Attachment) -> list[Prefix]:
    """The prefixes that are someone's own: a default route belongs to nobody."""
    return [prefix for prefix in attachment.prefixes if prefix.length > 0]


def _answer(
    tables: Tables, association: Association, target: Target, found: Sequence[tuple[Prefix, tuple[Walk, ...]]]
) -> Answer:
    """The answer for all parts of a target."""
    every = tuple(dict.fromkeys(walk for _, ways in found for walk in ways))
    notes = _notes(tables.core, every)
    parts = tuple(_part(tables, association, target, prefix, ways) for prefix, ways in found)
    verdicts = {part.verdict for part in parts}
    doubts = merge(*(walk.doubts for walk in every))
    if Verdict.UNDECIDED in verdicts:
        if doubts:
            text = "it cannot be known: " + "; ".join(doubts)
            return Answer(Verdict.UNDECIDED, "unknown", text, every, notes, parts=parts)
        return Answer(Verdict.UNDECIDED, "differs", _choices(parts), every, notes, parts=parts)
    if verdicts == {Verdict.REACHABLE}:
        return Answer(Verdict.REACHABLE, "delivered", _delivered(every), every, notes, parts=parts)
    if verdicts == {Verdict.BLOCKED}:
        alone = parts[0] if len(parts) == 1 and target.attachment else None
        told = (alone.reason, alone.sentence) if alone is not None else _why_blocked(tables, association, target, every)
        reason, sentence = told
        return Answer(Verdict.BLOCKED, reason, sentence, every, notes, parts=parts)
    return Answer(Verdict.PARTLY, "differs", _differing(parts), every, notes, parts=parts)


def _part(tables: Tables, association: Association, target: Target, prefix: Prefix, ways: tuple[Walk, ...]) -> Part:
    ends = {walk.end for walk in ways}
    doubts = merge(*(walk.doubts for walk in ways))
    if doubts or "unknown" in ends:
        return Part(prefix, Verdict.UNDECIDED, "unknown", "it cannot be known: " + "; ".join(doubts), len(ways))
    if ends == {"delivered"}:
        return Part(prefix, Verdict.REACHABLE, "delivered", _delivered(ways), len(ways))
    if "delivered" in ends:
        text = "it differs by the service's choice: " + ", ".join(sorted(ends))
        return Part(prefix, Verdict.UNDECIDED, "differs", text, len(ways))
    told = _why_blocked(tables, association, Target((prefix,), target.attachment), ways)
    return Part(prefix, Verdict.BLOCKED, *told, len(ways))


def _delivered(ways: Iterable[Walk]) -> str:
    ways = tuple(ways)
    to = ", ".join(f"`{name}`" for name in dict.fromkeys(walk.delivered_to for walk in ways))
    by = "".join(f", inspected by `{name}`" for name in dict.fromkeys(n for walk in ways for n in walk.groups))
    return f"delivered to {to}{by}"


def _choices(parts: Sequence[Part]) -> str:
    """Why parts are not decided, where the service picks one of several ways."""
    open_ = [part for part in parts if part.verdict is Verdict.UNDECIDED]
    if len(open_) == len(parts) and len({part.sentence for part in parts}) == 1:
        return parts[0].sentence
    return "; ".join(f"{part.prefix}: {part.sentence}" for part in open_[:_FEW])


def _differing(parts: Sequence[Part]) -> str:
    """What arrives and what does not, by IP version where that is the difference, else by prefix."""
    families = {
        part.prefix.family: {one.verdict for one in parts if one.prefix.family == part.prefix.family} for part in parts
    }
    if all(len(found) == 1 for found in families.values()):
        first = {part.prefix.family: part for part in reversed(parts)}
        told = [f"IPv{family} is {first[family].verdict.value} ({first[family].sentence})" for family in families]
        return "it differs by IP version: " + ", ".join(told)
    told = []
    for verdict in (Verdict.REACHABLE, Verdict.BLOCKED):
        named = [str(part.prefix) for part in parts if part.verdict is verdict]
        more = f" and {len(named) - _FEW} more" if len(named) > _FEW else ""
        told.append(f"{', '.join(named[:_FEW])}{more} {'is' if len(named) == 1 else 'are'} {verdict.value}")
    return "it differs by prefix: " + ", ".join(told)


#: prefixes that a sentence names one by one
_FEW = 4


def _why_blocked(tables: Tables, association: Association, target: Target, ways: Sequence[Walk]) -> tuple[str, str]:
    ends = {walk.end for walk in ways}
    for end in ("left", "blackhole", "loop", "not-advertised", "not-announced", "refused"):
        if end in ends:
            last = next(walk for walk in ways if walk.end == end)
            step = last.hops[-1].sentence() if last.hops else target.text
            text = {
                "left": f"not reachable by the core network: traffic leaves at `{last.delivered_to}`",
                "blackhole": f"dropped: {step}",
                "loop": f"it goes in circles: {step}",
                "not-announced": f"outbound routing policies of `{association.attachment.name}` keep the route from its far side",
                "refused": f"the far side of `{association.attachment.name}` refuses the route, whose AS path holds its own ASN "
                f"{far_asn(association.attachment)}",
                "not-advertised": f"a Direct Connect gateway hears of local routes only, and this one is remote: {step}",
            }[end]
            apart = _why_apart(tables, association, target) if end == "left" else None
            return end, text if apart is None else f"{text} ({apart[1]})"
    apart = _why_apart(tables, association, target)
    if apart is not None:
        return apart
    kind = "group" if association.is_group else "segment"
    return "no-route", f"{kind} `{association.place}` has no route to {target.text}"


def _why_apart(tables: Tables, association: Association, target: Target) -> tuple[str, str] | None:
    """Why nothing leads from a place to the first owner of the target of whom that can be told."""
    core = tables.core
    owners = [core.associations[target.attachment]] if target.attachment else _owners(core, target)
    found = (_why_no_route(tables, association, owner, target) for owner in owners)
    return next((item for item in found if item is not None), None)


def _owners(core: Core, target: Target) -> list[Association]:
    if len(target.prefixes) == 1:
        return core.owners(target.prefixes[0])
    return [
        item
        for item in core.associations.values()
        if any(all(own.covers(prefix) for prefix in target.prefixes) for own in _real(item.attachment))
    ]


def _why_no_route(
    tables: Tables, association: Association, owner: Association, target: Target
) -> tuple[str, str] | None:
    """Why nothing leads to the attachment that has the target."""
    core, name = tables.core, owner.attachment.name
    segment = core.network.segment(association.place)
    givers = core.shared_with(association.place)
    # a policy of a share between others is no reason here
    joined = association.is_group or owner.is_group or owner.place in (association.place, *givers)
    joined = joined or core.network.inspects_between(association.place, owner.place)
    dropped = tables.domains.dropped_of(name, None if segment is None else segment.name.text) if joined else ()
    if any(prefix.overlaps(block) for block in dropped for prefix in target.prefixes):
        return "filtered", f"a routing policy drops the route to `{name}`"
    if association.is_group or segment is None or owner.is_group:
        return None
    if owner.place == association.place and segment.isolated:
        return "isolated", f"segment `{segment.name}` isolates its attachments from one another"
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


def _notes(core: Core, ways: Sequence[Walk]) -> tuple[str, ...]:
    out: list[str] = []
    if any(walk.groups and not walk.exit for walk in ways):
        out.append(
            "inspection groups are taken to pass on what they receive, with appliance mode on where they keep state"
        )
    return merge(out, _shared_load(core, ways) if len(ways) > 1 else (), *(walk.notes for walk in ways))


def _shared_load(core: Core, ways: Iterable[Walk]) -> list[str]:
    """Where equally good routes lead to several VPNs: with `vpn-ecmp-support`, which is on unless somebody turns it off, all are used."""
    if core.network.configuration.vpn_ecmp is False:
        return []
    found: dict[Hashable, list[str]] = {}
    for walk in ways:
        to = core.associations.get(walk.delivered_to)
        if to is not None and walk.hops and to.attachment.type == "site-to-site-vpn":
            last = walk.hops[-1]
            found.setdefault((walk.hops[:-1], last.table, last.edge, last.prefix), []).append(f"`{walk.delivered_to}`")
    return [
        f"`vpn-ecmp-support` is on: {' and '.join(names)} share the load, where they are dynamic VPNs"
        for names in found.values()
        if len(names) > 1
    ]
