"""Paths of a core network for any attachments that its rules admit, not only for those that somebody declares.

Route tables tell attachments apart by where they are, by their type and by how their prefixes lie to those that the network itself names
(static routes, routing policies). So one attachment of every type at every edge, in worlds that differ by prefixes and by where the
appliances are, stands for all; each is one that a rule admits. What routing policies and routes to single attachments may do beside is
left open where the tables alone cannot rule it out. Source: Cloud WAN reference, sections 3.2, 3.5, 3.8, 3.9 and 3.12.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Final

from policyc.analysis.admission import find_admitted
from policyc.engines.proofs.budget import Steps
from policyc.engines.wan.attachments import Announced, Attachment
from policyc.engines.wan.core import build_core
from policyc.engines.wan.prefixes import WIDTH, Prefix, parse_prefix
from policyc.engines.wan.reach import Verdict, build_tables
from policyc.engines.wan.switches import Switches
from policyc.ir.network import (
    ATTACHMENT_TYPES,
    BLACKHOLE,
    AssociatePolicies,
    CoreNetwork,
    CreateRoute,
    SendTo,
    SendVia,
    Share,
)
from policyc.record import record, replace
from policyc.syntax.literals import quote
from policyc.targets.cloud_wan.crowds import Crossing, crossings
from policyc.targets.cloud_wan.probes import named_prefixes, probe_block

GIVEN: Final = ("attachments have prefixes of their own, and are working",)
#: blocks of addresses that networks seldom name, to have one outside of all that this one names
_OUTSIDE: Final = ("192.168.0.0/16", "172.16.0.0/12", "100.64.0.0/10", "198.18.0.0/15", "11.0.0.0/8", "240.0.0.0/4")
_OUTSIDE_V6: Final = ("fd00:6e65:7400::/40", "2001:db8:6e00::/40", "fc00:6e65:7400::/40")
#: blocks of addresses that are tried, and sets of edges with appliances
_MOST_BLOCKS: Final = 10
_MOST_SETS: Final = 10
#: what one attachment in one world costs, in steps of the budget
_COST: Final = 8


@record
class Path:
    """A path: who sends to whom in which world, what becomes of it, and whether that is certain; the types of the attachments on either side
    that fare alike."""

    sending: Attachment
    receiving: Attachment
    appliances: tuple[Attachment, ...]
    groups: tuple[str, ...]
    certain: bool
    sentence: str
    sending_types: frozenset[str]
    receiving_types: frozenset[str]


@record
class Answer:
    """What holds of all paths from one place to another. `path` is one that breaks the claim, or shows that something is open. `empty` says
    why there is nothing to prove."""

    holds: bool | None
    path: Path | None = None
    open: tuple[str, ...] = ()
    empty: str = ""


class Paths:
    """Questions about all attachments of one network; `most_edges` leaves out all edges but some, for paths that are the same everywhere.
    Raises TooLarge."""

    def __init__(self, network: CoreNetwork, switches: Switches, budget: int, most_edges: int | None = None) -> None:
        self.network, self.switches, self.steps = network, switches, Steps(budget)
        self.edges = tuple(network.locations)[:most_edges]
        self._admissions: dict[str, list[Attachment]] = {}

    def none(self, source: str, to: str) -> Answer:
        """Whether there is no path from one place to another."""
        empty = self.empty((source, to))
        if empty:
            return Answer(False, empty=empty)
        open_path: Path | None = None
        for path in self.paths(source, to):
            if path.certain:
                return Answer(False, self._with_fewest(path, lambda item: item.certain))
            open_path = open_path or path
        if not self.may_connect(source, to):
            return Answer(True)
        if open_path is not None:
            return Answer(None, open_path, (open_path.sentence,))
        doubts = tuple(self.doubts(source, to))
        return Answer(None if doubts else True, open=doubts)

    def inspected(self, source: str, to: str, group: str | None) -> Answer:
        """Whether every path from one place to another passes a function group (None: any)."""
        empty = self.empty((source, to))
        if empty:
            return Answer(False, empty=empty)

        def is_inspected(path: Path) -> bool:
            return group in path.groups if group is not None else bool(path.groups)

        seen, open_path = False, None
        for path in self.paths(source, to):
            seen = True
            if is_inspected(path):
                continue
            if path.certain:
                return Answer(False, self._with_fewest(path, lambda item: item.certain and not is_inspected(item)))
            open_path = open_path or path
        if not seen:
            return Answer(False, empty=f"no path from `{source}` to `{to}` was found, so nothing is proven")
        if open_path is not None:
            return Answer(None, open_path, (open_path.sentence,))
        ways = self.ways(source, to)
        sure = ways == {group} if group is not None else bool(ways)
        doubts = () if sure and not self._direct(source, to) else tuple(self.doubts(source, to))
        return Answer(None if doubts else True, open=doubts)

    def paths(self, source: str, to: str) -> Iterator[Path]:
        """Every kind of path from one place to another, in every world; those that are surely blocked are left out."""
        for sending, receiving, appliances in self._worlds(source, to):
            yield from self._paths_in(sending, receiving, appliances)

    def _paths_in(
        self, sending: Sequence[Attachment], receiving: Sequence[Attachment], appliances: Sequence[Attachment]
    ) -> Iterator[Path]:
        everyone = (*sending, *receiving, *appliances)
        self.steps.take(_COST * len(everyone))
        tables = build_tables(build_core(self.network, everyone, self.switches))
        for crossing in crossings(tables, sending, receiving):
            self.steps.take()
            yield from _paths_of(crossing, tuple(appliances))

    def _with_fewest(self, path: Path, breaks: Callable[[Path], bool]) -> Path:
        """A path between the same two that breaks a claim as this one does, with the appliances that it takes."""

        def among(appliances: Sequence[Attachment]) -> Path | None:
            return next(filter(breaks, self._paths_in([path.sending], [path.receiving], appliances)), None)

        best, size = among(()), len(path.appliances)
        if best is not None:
            return best
        best = path
        while size := size // 2:
            for start in reversed(range(0, len(best.appliances), size)):
                left = best.appliances
                best = among((*left[:start], *left[start + size :])) or best
        return best

    # --- worlds -------------------------------------------------------------------------------------------------

    def _worlds(
        self, source: str, to: str
    ) -> Iterator[tuple[tuple[Attachment, ...], tuple[Attachment, ...], tuple[Attachment, ...]]]:
        """Who sends, who receives, and which appliances there are."""
        groups = {group.name.text for group in self.network.groups}
        # a function group has one attachment at an edge (reference, section 3.9)
        senders, receivers = (
            self._one_type(self.admitted(place)) if place in groups else self.admitted(place) for place in (source, to)
        )
        # where nothing is sent through a function group, appliances are none of the matter
        matter = bool(self.ways(source, to)) or bool({source, to} & groups)
        for places in self._appliance_sets((source, to)) if matter else ((),):
            for block in self._blocks():
                numbers = iter(range(1 << 20))
                sending = tuple(
                    _placed(item, f"source{at}", block, next(numbers)) for at, item in enumerate(senders, 1)
                )
                receiving = tuple(
                    _placed(item, f"target{at}", block, next(numbers)) for at, item in enumerate(receivers, 1)
                )
                appliances = tuple(
                    _placed(item, f"appliance{at}", block, next(numbers)) for at, item in enumerate(places, 1)
                )
                yield sending, receiving, appliances

    def _appliance_sets(self, ends: Collection[str]) -> Iterator[tuple[Attachment, ...]]:
        """Appliances of every group but those that are an end, at every edge, at none, and at single edges."""
        names = [group.name.text for group in self.network.groups if group.name.text not in ends]
        every = [item for name in names for item in self._one_type(self.admitted(name))]
        yield tuple(every)
        if every:
            yield ()
            edges = list(dict.fromkeys(item.regions[0] for item in every))
            if len(edges) > 1:
                for edge in edges[:_MOST_SETS]:
                    yield tuple(item for item in every if item.regions[0] == edge)

    def _one_type(self, found: Sequence[Attachment]) -> list[Attachment]:
        """One attachment for each edge, a VPC where there is one."""
        by_edge: dict[str, Attachment] = {}
        for item in found:
            by_edge.setdefault(item.regions[0], item)
        return list(by_edge.values())

    def _blocks(self) -> Iterator[Prefix]:
        """Blocks of addresses that lie differently to the prefixes that the network names."""
        named = list(dict.fromkeys(named_prefixes(self.network)))
        yield probe_block(self.network, 1 << 12)
        if not named:
            return
        for texts in (_OUTSIDE, _OUTSIDE_V6):
            blocks = [block for block in map(parse_prefix, texts) if block is not None]
            apart = [block for block in blocks if not any(map(block.overlaps, named))]
            # without one outside, one that only wider prefixes cover
            within = [block for block in blocks if not any(map(block.covers, named))]
            yield from (apart or within)[:1]
        inside = [item for item in named if item.length <= (20 if item.family == 4 else 56)]
        yield from inside[:_MOST_BLOCKS]

    # --- admission ----------------------------------------------------------------------------------------------

    def admitted(self, place: str) -> list[Attachment]:
        """An attachment of every type at every edge that the rules put into a place; one less where no rule does."""
        known = self._admissions.get(place)
        if known is not None:
            return known
        out = self._admissions[place] = []
        for kind in ATTACHMENT_TYPES:
            for edge in self.edges:
                found = find_admitted(self.network, self.switches, place, kind, edge, self.steps)
                if found is not None:
                    out.append(found)
        return out

    def empty(self, places: Iterable[str]) -> str:
        """Why there is nothing to prove of places: nobody is admitted there; empty where somebody is."""
        for place in places:
            if not self.admitted(place):
                return f"no rule was found that admits an attachment into `{place}`, so nothing is proven"
        return ""

    # --- what the network itself says ---------------------------------------------------------------------------

    def _direct(self, source: str, to: str) -> bool:
        """Whether routes may lead from one place to another past every function group."""
        # routes of transit gateways enter isolated segments as well
        return source == to or any(self._shares(source, to)) or self._leads_to_attachments(source)

    def _shares(self, source: str, to: str) -> Iterator[Share]:
        """The shares that join two places."""
        for action in self.network.actions:
            if isinstance(action, Share):
                others = self.network.members(action.with_segments, without=action.segment.text)
                if {source, to} <= {action.segment.text, *others} and action.segment.text in (source, to):
                    yield action

    def ways(self, source: str, to: str) -> set[str | None]:
        """The function groups that traffic from one place to another may be sent through."""
        out: set[str | None] = set()
        for action in self.network.actions:
            if isinstance(action, SendVia):
                meant = {source, to} <= {action.segment.text, *self.network.redirected(action)}
            elif isinstance(action, SendTo):
                meant = action.segment.text == source
            else:
                continue
            out.update(word.text for word in action.groups if meant)
        return out

    def _leads_to_attachments(self, source: str) -> bool:
        return any(
            isinstance(action, CreateRoute)
            and action.segment.text == source
            and any(word.text != BLACKHOLE for word in action.destinations)
            for action in self.network.actions
        )

    def may_connect(self, source: str, to: str) -> bool:
        """Whether the network joins two places in any way."""
        groups = {group.name.text for group in self.network.groups}
        return bool({source, to} & groups) or self._direct(source, to) or bool(self.ways(source, to))

    def _are_filtered(self, source: str, to: str) -> bool:
        """Whether routing policies bear on what two places hear of one another: those of labels, which any attachment may have, of shares between the
        two and of edge pairs of either (reference, section 3.10)."""
        pairs = (item for item in self.network.actions if isinstance(item, AssociatePolicies))
        return (
            any(rule.policies for rule in self.network.label_rules)
            or any(share.policies for share in self._shares(source, to))
            or any(pair.policies and pair.segment.text in (source, to) for pair in pairs)
        )

    def doubts(self, source: str, to: str) -> Iterator[str]:
        """What the worlds that are tried do not settle."""
        if self._are_filtered(source, to):
            yield "routing policies decide by prefix, and not every prefix was tried"
        if self._leads_to_attachments(source):
            yield f"static routes of `{source}` lead to single attachments, which may be anywhere"


def _paths_of(crossing: Crossing, appliances: tuple[Attachment, ...]) -> Iterator[Path]:
    """The ways of one crossing that arrive, or may."""
    one, other = crossing.sending[0], next(item for item in crossing.receiving if item is not crossing.sending[0])
    answer = crossing.answer
    types = (frozenset(item.type for item in crossing.sending), frozenset(item.type for item in crossing.receiving))
    arriving = [walk for walk in answer.walks if walk.end in ("delivered", "unknown")]
    certain = answer.verdict in (Verdict.REACHABLE, Verdict.PARTLY)
    for walk in arriving:
        yield Path(one, other, appliances, walk.groups, certain and walk.end == "delivered", answer.sentence, *types)
    if not arriving:
        yield Path(one, other, appliances, (), False, answer.sentence, *types)


def _placed(item: Attachment, name: str, block: Prefix, number: int) -> Attachment:
    """An attachment with a prefix of its own in a block."""
    length = max(24, min(28, block.length + 8)) if block.family == 4 else 64
    prefix = Prefix(block.family, block.bits + (number << WIDTH[block.family] - length), length)
    return replace(item, name=name, routes=(Announced(prefix),))


def attachment_text(item: Attachment) -> str:
    """An attachment as a test declares it."""
    fields = [
        f"type: {item.type.replace('-', '_')}",
        f"region: {item.regions[0]}",
        f"account: {quote(item.account or '')}",
    ]
    if item.resource_id is not None:
        fields.append(f"resource_id: {quote(item.resource_id)}")
    words = {name: value for name, value in item.tags if name.isidentifier() and name.isascii()}
    if words:
        fields.append("tags: { " + ", ".join(f"{name}: {quote(value)}" for name, value in words.items()) + " }")
    fields += [f"tags[{quote(name)}]: {quote(value)}" for name, value in item.tags if name not in words]
    fields.append("cidrs: [" + ", ".join(quote(str(prefix)) for prefix in item.prefixes) + "]")
    fields.append("accepted: true")
    return f"attachment {item.name} {{ {', '.join(fields)} }}"
