"""Who reaches whom, segment by segment: the quotient of reachability by segment, kind of origin and edge.

Attachments of one segment that start at one edge use one table, so they reach the same; routes that begin alike go the same
way, and edges where nobody of the segment is count for nothing. One look-up per table, edge and kind of route therefore answers for all pairs of attachments. What far sides hear is left out:
that of a Direct Connect gateway, or one behind outbound policies, may reach less (see `reach`).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

from policyc.engines.wan.associate import Association
from policyc.engines.wan.core import Core, TableName
from policyc.engines.wan.lookups import Finds, Lookups, lookups_of
from policyc.engines.wan.mesh import Star
from policyc.engines.wan.origins import Entry
from policyc.engines.wan.prefixes import Prefix
from policyc.engines.wan.routing_policies import Sieve
from policyc.engines.wan.rows import Row
from policyc.engines.wan.tables import Tables
from policyc.engines.wan.walks import place_of
from policyc.ir.network import RoutingPolicy
from policyc.record import field, record


class Flow(StrEnum):
    """How one segment's traffic gets to another segment's attachments."""

    DIRECT = "direct"
    INSPECTED = "inspected"
    BLOCKED = "blocked"
    PARTLY = "partly"
    UNDECIDED = "undecided"
    EMPTY = "empty"


@record
class Cell:
    """From one segment to another: `groups` are the function groups on the way; where only some traffic gets through, `edges` are the
    (from, to) pairs that do, and `lost` prefixes that do not, a few. `families` is the flow by IP version, the flow being what they have in
    common; `exits` are the groups by which traffic leaves the core network (`send-to`)."""

    flow: Flow
    groups: tuple[str, ...] = ()
    edges: tuple[tuple[str, str], ...] = ()
    families: tuple[tuple[int, Flow], ...] = ()
    lost: tuple[str, ...] = ()
    exits: tuple[str, ...] = ()

    def flow_of(self, family: int) -> Flow:
        return dict(self.families).get(family, Flow.EMPTY)


@record
class Matrix:
    """`cells` by (from, to) for the segments of `names`."""

    names: tuple[str, ...]
    cells: dict[tuple[str, str], Cell]

    def one_way(self, here: str, there: str) -> bool:
        """Whether traffic gets there and nothing gets back, whatever the IP version."""
        ways = self.one_way_families(here, there)
        return bool(ways) and len(ways) == len(
            [family for family, flow in self.cells[here, there].families if flow in _ARRIVES]
        )

    def one_way_families(self, here: str, there: str) -> tuple[int, ...]:
        """The IP versions in which traffic gets there and nothing gets back."""
        forth, back = self.cells[here, there], self.cells[there, here]
        return tuple(
            family for family, flow in forth.families if flow in _ARRIVES and back.flow_of(family) is Flow.BLOCKED
        )


#: flows in which everything is certain to arrive
_ARRIVES: Final = (Flow.DIRECT, Flow.INSPECTED)
#: prefixes that a cell names
_FEW: Final = 3


class _End(NamedTuple):
    """What becomes of a packet from here on: `delivered` (to an attachment of `place`), `lost` or `unknown`, and the groups passed; `exit` is
    the group by which it left."""

    end: str
    groups: frozenset[str] = frozenset()
    place: str = ""
    exit: str = ""


_LOST, _UNKNOWN = _End("lost"), _End("unknown")


def segment_matrix(tables: Tables) -> Matrix:
    """The cell of every ordered pair of segments."""
    names = tables.domains.names
    nest = _Nest(tables)
    kinds: dict[tuple[str, tuple[RoutingPolicy, ...]], list[_Kind]] = {}
    walker = _Walker(tables, lookups_of(tables))
    cells: dict[tuple[str, str], Cell] = {}
    for here in names:
        for there in names:
            key = (there, _policies(tables.core, here, there))
            if key not in kinds:
                kinds[key] = _kinds(tables, there, nest, Sieve(key[1], tables.core.around))
            cells[here, there] = _cell(walker, here, there, kinds[key])
    return Matrix(names, cells)


def _policies(core: Core, here: str, there: str) -> tuple[RoutingPolicy, ...]:
    """The routing policies that act on the routes of one segment on their way into the tables of another."""
    bound = core.share_policies(here, there) if here != there else []
    return (*bound, *(policy for some in core.pairs(here).policies.values() for policy in some))


@record
class _Kind:
    """Prefixes that go the same way everywhere: one of them, the edges where it begins, whether it is like every other route of
    one origin, the known prefixes around it (itself included), and whether one of those around it may differ by edge."""

    prefix: Prefix
    edges: tuple[str, ...]
    plain: bool
    around: tuple[Prefix, ...]
    uneven: bool


class _Nest:
    """The known prefixes around others, and what look-ups that end there depend on."""

    __slots__ = ("_attachments", "_classes", "_sieve", "_tables", "_uneven", "special", "wider")

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._sieve = Sieve(tables.core.network.routing_policies, tables.core.around)
        self._classes: dict[Prefix, Hashable] = {}
        self._uneven: dict[Prefix, bool] = {}
        self._attachments: dict[Prefix, frozenset[str]] = {}
        #: the prefixes that some table treats in its own way
        self.special = _special(tables)
        #: the shorter known prefixes that cover one, the shortest first
        self.wider = _find_wider(tables.known())

    def signs(self, prefix: Prefix) -> Hashable:
        """What look-ups that miss a prefix depend on: the kinds of wider prefixes, and whether its own attachment is behind them."""
        wider = self.wider.get(prefix, ())
        if not wider:
            return ()
        mine = self._behind(prefix)
        return tuple([(self._kind_of(one), mine & self._behind(one)) for one in wider])

    def uneven(self, prefix: Prefix) -> bool:
        """Whether edges may treat one of the wider prefixes each in their own way."""
        return any(self._is_uneven(one) for one in self.wider.get(prefix, ()))

    def _entry(self, prefix: Prefix) -> tuple[str, Entry]:
        (owner,) = self._tables.domains.owners[prefix]
        return owner, self._tables.own[owner][prefix]

    def _kind_of(self, prefix: Prefix) -> Hashable:
        found = self._classes.get(prefix)
        if found is None:
            found = prefix
            if prefix not in self.special:
                owner, entry = self._entry(prefix)
                visible = prefix in self._tables.domains.of(owner).visible
                edges = tuple([origin.edge for origin in entry.origins])
                found = (owner, visible, edges, id(entry.choices), self._sieve.answers(prefix))
            self._classes[prefix] = found
        return found

    def _is_uneven(self, prefix: Prefix) -> bool:
        found = self._uneven.get(prefix)
        if found is None:
            found = prefix in self.special
            if not found:
                entry = self._entry(prefix)[1]
                star = isinstance(entry.choices, Star) and not self._tables.core.spans(entry.choices)[0].doubts
                found = not star or not self._sieve.passes(prefix)
            self._uneven[prefix] = found
        return found

    def _behind(self, prefix: Prefix) -> frozenset[str]:
        """The attachments that a route to a prefix may lead to."""
        found = self._attachments.get(prefix)
        if found is None:
            domains = self._tables.domains
            entries = [domains.own[owner][prefix] for owner in domains.owners.get(prefix, ())]
            if prefix in self.special:
                entries += [domain.mixed[prefix] for _, domain in domains.every() if prefix in domain.mixed]
            found = frozenset(origin.attachment for entry in entries for origin in entry.origins if origin.attachment)
            self._attachments[prefix] = found
        return found


def _find_wider(known: Sequence[Prefix]) -> dict[Prefix, tuple[Prefix, ...]]:
    """The prefixes of an ordered list that lie within others, with those; nested ones follow one another."""
    out: dict[Prefix, tuple[Prefix, ...]] = {}
    open_: list[Prefix] = []
    for prefix in known:
        while open_ and not open_[-1].covers(prefix):
            open_.pop()
        if open_:
            out[prefix] = tuple(open_)
        open_.append(prefix)
    return out


def _special(tables: Tables) -> set[Prefix]:
    found = set(tables.domains.several)
    found |= {prefix for _, domain in tables.domains.every() for prefix in domain.mixed}
    for overlays in tables.overlays.values():
        for overlay in overlays:
            found |= {prefix for prefix, entry in overlay.index.items() if entry is None}
    return found


def _kinds(tables: Tables, segment: str, nest: _Nest, sieve: Sieve) -> list[_Kind]:
    """One prefix for each kind of route that begins in a segment and that policies tell apart."""
    seen: dict[object, _Kind] = {}
    visible = tables.domains.of(segment).visible
    for prefix, entry in tables.own[segment].items():
        edges = tuple(origin.edge for origin in entry.origins)
        # Routes that no policy can match go one way whatever their attributes.
        star = (
            isinstance(entry.choices, Star) and not tables.core.spans(entry.choices)[0].doubts and sieve.passes(prefix)
        )
        special = prefix in nest.special
        alike = star or (id(entry.choices), sieve.answers(prefix))
        own = prefix if special else None
        key = (edges, alike, own, nest.signs(prefix), prefix.family, prefix in visible)
        if key not in seen:
            around = (*nest.wider.get(prefix, ()), prefix)
            seen[key] = _Kind(prefix, edges, star and not special, around, nest.uneven(prefix))
    return list(seen.values())


class _Told(NamedTuple):
    """What becomes of a kind of route to an attachment, for traffic of some edges (see `_state`)."""

    edges: Sequence[str]
    begins: str
    prefix: Prefix
    ends: frozenset[_End]
    state: str


@lru_cache(maxsize=4096)
def _state(ends: frozenset[_End], there: str) -> str:
    """What comes of traffic that is meant for a segment: `delivered`, `lost`, or `unknown`, also where the service picks one of several ends."""
    # Someone of another segment who announces the same prefix is not the one that was meant.
    found = {"lost" if end.end == "delivered" and end.place != there else end.end for end in ends}
    return found.pop() if len(found) == 1 else "unknown"


def _cell(walker: _Walker, here: str, there: str, kinds: list[_Kind]) -> Cell:
    name = TableName("segment", here)
    edges = _sending(walker.tables, here)
    found: list[_Told] = []
    for kind in kinds:
        begins = kind.edges[0] if kind.edges else ""
        if not walker.knows(name, kind.prefix):
            found.append(_Told(edges[:1], begins, kind.prefix, _NOTHING, "lost"))
            continue
        telling = _telling(walker.tables, name, edges, kind)
        found += [
            _Told(told, begins, kind.prefix, some, _state(some, there))
            for told, some in walker.by_edge(name, telling, kind.prefix)
        ]
    families = sorted({told.prefix.family for told in found})
    by_family = tuple((family, _flow([told for told in found if told.prefix.family == family])) for family in families)
    flow = _flow(found)
    groups = tuple(sorted({group for told in found for end in told.ends for group in end.groups}))
    exits = tuple(sorted({end.exit for told in found for end in told.ends if end.exit}))
    if flow is Flow.BLOCKED:
        return Cell(flow, families=by_family, exits=exits)
    if flow is not Flow.PARTLY:
        return Cell(flow, groups, families=by_family)
    pairs: dict[tuple[str, str], set[str]] = {}
    lost: dict[Prefix, set[str]] = {}
    for told in found:
        lost.setdefault(told.prefix, set()).add(told.state)
        for edge in told.edges:
            pairs.setdefault((edge, told.begins), set()).add(told.state)
    through = tuple(sorted(pair for pair, states in pairs.items() if states == {"delivered"}))
    never = sorted(prefix for prefix, states in lost.items() if states == {"lost"})
    return Cell(flow, groups, through, by_family, tuple(map(str, never[:_FEW])))


def _sending(tables: Tables, here: str) -> tuple[str, ...]:
    """The edges at which somebody of a segment sends; all of them while nobody does."""
    found = {region for item in tables.core.members(here) for region in item.regions}
    edges = tables.edges_of(TableName("segment", here))
    return tuple([edge for edge in edges if edge in found]) or edges


def _flow(found: Sequence[_Told]) -> Flow:
    """What comes of traffic of some kinds together."""
    states = {told.state for told in found}
    if not states:
        return Flow.EMPTY
    if "unknown" in states:
        return Flow.UNDECIDED
    if states == {"lost"}:
        return Flow.BLOCKED
    if states == {"delivered"}:
        return Flow.INSPECTED if all(end.groups for told in found for end in told.ends) else Flow.DIRECT
    return Flow.PARTLY


def _telling(tables: Tables, name: TableName, edges: tuple[str, ...], kind: _Kind) -> tuple[str, ...]:
    """The edges that answer for all: for a plain route the one where it begins and one other."""
    if not kind.plain or name in tables.overlays or kind.edges[0] not in edges:
        return edges
    mixed = tables.domains.of(name.name).mixed
    if any(prefix in mixed for prefix in kind.around):
        return edges
    two = tuple(dict.fromkeys((kind.edges[0], edges[0], edges[-1])))[:2]
    if kind.uneven and any(tables.table(name, edge).row(kind.prefix) is None for edge in two):
        return edges
    return two


#: the look-up of a prefix that finds a row (by id) in a table, at whatever edge: rows lead to edges by name, so that it goes on alike
_Key = tuple[TableName, int, Prefix]
_NOTHING = frozenset({_LOST})


class _Following(NamedTuple):
    """The next look-up, and the group between. With `passed_on` somebody who does not have the address would have to pass the packet on."""

    key: _Key
    row: Row | None
    group: str
    passed_on: bool = False


class _Step(NamedTuple):
    """A look-up: the ways that end there, and the look-ups that follow."""

    key: _Key
    ends: set[_End]
    following: list[_Following]


@record(frozen=False)
class _Walker:
    """Follows next hops; what one table does with a prefix is worked out once. `grouped` are edges with one row, by what was found (kept in
    `finds`, so that its id stays its own)."""

    tables: Tables
    lookups: Lookups
    known: dict[_Key, frozenset[_End]] = field(default_factory=dict)
    finds: dict[Prefix, Finds] = field(default_factory=dict)
    grouped: dict[tuple[int, tuple[str, ...]], list[tuple[Row | None, list[str]]]] = field(default_factory=dict)
    sources: dict[TableName, list[Mapping[Prefix, Entry | None]]] = field(default_factory=dict)

    def knows(self, name: TableName, prefix: Prefix) -> bool:
        """Whether any table of that name may have a row that covers the prefix."""
        blocks = (prefix, *self.of(prefix).wider)
        if not any(name in self.lookups.knowing(block) for block in blocks):
            return False
        sources = self.sources.get(name)
        if sources is None:
            sources = self.sources[name] = self.tables.sources(name)
        return any(block in source for block in blocks for source in sources)

    def of(self, prefix: Prefix) -> Finds:
        found = self.finds.get(prefix)
        if found is None:
            found = self.finds[prefix] = self.lookups.of(prefix)
        return found

    def by_edge(
        self, name: TableName, edges: tuple[str, ...], prefix: Prefix
    ) -> Iterator[tuple[list[str], frozenset[_End]]]:
        """Every possible end of a packet from the tables of a name on, for edges with one row together."""
        found = self.of(prefix).at(name)
        grouped = self.grouped.get((id(found), edges))
        if grouped is None:
            rows: dict[int, tuple[Row | None, list[str]]] = {}
            for edge in edges:
                row = found.get(edge)
                rows.setdefault(id(row), (row, []))[1].append(edge)
            grouped = self.grouped[id(found), edges] = list(rows.values())
        for row, told in grouped:
            key = (name, id(row), prefix)
            ends = self.known.get(key)
            yield told, self._walk(key, row) if ends is None else ends

    def _walk(self, key: _Key, row: Row | None) -> frozenset[_End]:
        """Iterative: a chain of tables may be long."""
        known, open_ = self.known, {key}
        stack = [self._step(key, row)]
        while stack:
            step = stack[-1]
            waiting = next((one for one in step.following if one.key not in known and one.key not in open_), None)
            if waiting is not None:
                stack.append(self._step(waiting.key, waiting.row))
                open_.add(waiting.key)
                continue
            ends = set(step.ends)
            for following in step.following:
                # A look-up that is still open is made again: the packet goes in circles.
                for end in known.get(following.key, _NOTHING):
                    if following.passed_on:
                        ends.add(_LOST if end.end == "lost" else _UNKNOWN)
                    elif following.group:
                        ends.add(_End(end.end, end.groups | {following.group}, end.place, end.exit))
                    else:
                        ends.add(end)
            known[step.key] = frozenset(ends)
            open_.discard(step.key)
            stack.pop()
        return known[key]

    def _step(self, key: _Key, row: Row | None) -> _Step:
        """One look-up: what ends here and which tables look next, with the group on the way there."""
        name, _, prefix = key
        if row is None or row.doubts:
            return _Step(key, {_LOST if row is None else _UNKNOWN}, [])
        ends: set[_End] = set()
        following: list[_Following] = []
        for option in row.options:
            hop = option.hop
            table = hop.following(name)
            if hop.kind == "attachment":
                found = self.tables.core.associations[hop.name]
                if prefix in found.attachment.prefixes:
                    ends.add(_End("delivered", place=found.place))
                else:
                    following.append(self._onward(found, hop.edge, prefix))
            elif hop.kind == "blackhole":
                ends.add(_LOST)
            elif table is None:
                ends.add(_End("lost", exit=hop.name))
            else:
                there = self.of(prefix).row(table, hop.edge)
                following.append(_Following((table, id(there), prefix), there, hop.name))
        return _Step(key, ends, following)

    def _onward(self, found: Association, edge: str, prefix: Prefix) -> _Following:
        """Where the table of its own place leads what somebody is handed who does not have the address."""
        table = place_of(found)
        at = edge if edge in found.attachment.regions else found.attachment.regions[0]
        row = self.of(prefix).row(table, at)
        return _Following((table, id(row), prefix), row, "", passed_on=True)
