"""Who reaches whom, segment by segment: the quotient of reachability by segment, kind of origin and edge.

Attachments of one segment that start at one edge use one table, so they reach the same; routes that begin alike go the same
way. One look-up per table, edge and kind of route therefore answers for all pairs of attachments.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from policyc.engines.wan.core import TableName
from policyc.engines.wan.mesh import Star
from policyc.engines.wan.prefixes import WIDTH, Prefix
from policyc.engines.wan.tables import Tables


class Flow(StrEnum):
    """How one segment's traffic gets to another segment's attachments."""

    DIRECT = "direct"
    INSPECTED = "inspected"
    BLOCKED = "blocked"
    PARTLY = "partly"
    UNDECIDED = "undecided"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Cell:
    """From one segment to another: `groups` are the function groups on the way; `edges` (from, to) pairs that get through when
    only some do."""

    flow: Flow
    groups: tuple[str, ...] = ()
    edges: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Matrix:
    """`cells` by (from, to) for the segments of `names`."""

    names: tuple[str, ...]
    cells: dict[tuple[str, str], Cell]

    def one_way(self, here: str, there: str) -> bool:
        """Whether traffic gets there and nothing gets back."""
        forth, back = self.cells[here, there].flow, self.cells[there, here].flow
        return forth in (Flow.DIRECT, Flow.INSPECTED) and back is Flow.BLOCKED


@dataclass(frozen=True, slots=True)
class _End:
    """What becomes of a packet from here on: `delivered` (to an attachment of `place`), `lost` or `unknown`, and the groups passed."""

    end: str
    groups: frozenset[str] = frozenset()
    place: str = ""


_LOST, _UNKNOWN = _End("lost"), _End("unknown")


def segment_matrix(tables: Tables) -> Matrix:
    """The cell of every ordered pair of segments."""
    names = tuple(tables.domains.domains)
    special = _special(tables)
    kinds = {name: _kinds(tables, name, special) for name in names}
    walker = _Walker(tables, {})
    cells = {(here, there): _cell(walker, here, there, kinds[there]) for here in names for there in names}
    return Matrix(names, cells)


@dataclass(frozen=True, slots=True)
class _Kind:
    """Prefixes that go the same way everywhere: one of them, the edges where it begins, whether it is like every other route of
    one origin, and the special prefixes around it."""

    prefix: Prefix
    edges: tuple[str, ...]
    plain: bool
    around: tuple[Prefix, ...]


def _special(tables: Tables) -> tuple[set[Prefix], list[tuple[int, int]]]:
    """The prefixes that some table treats in its own way, with their lengths by IP version."""
    found = set(tables.domains.several)
    found |= {prefix for domain in tables.domains.domains.values() for prefix in domain.mixed}
    for overlays in tables.overlays.values():
        for overlay in overlays:
            found |= {prefix for prefix, entry in overlay.index.items() if entry is None}
    return found, sorted({(prefix.family, prefix.length) for prefix in found})


def _kinds(tables: Tables, segment: str, special: tuple[set[Prefix], list[tuple[int, int]]]) -> list[_Kind]:
    """One prefix for each kind of route that begins in a segment."""
    seen: dict[object, _Kind] = {}
    visible = tables.domains.domains[segment].visible
    for prefix, entry in tables.own[segment].items():
        edges = tuple(origin.edge for origin in entry.origins)
        star = isinstance(entry.choices, Star) and not any(path.doubts for path in entry.choices[edges[0]].best)
        around = _around(prefix, special)
        key = (edges, star or id(entry.choices), around, prefix.family, prefix in visible)
        if key not in seen:
            seen[key] = _Kind(prefix, edges, star and prefix not in special[0], around)
    return list(seen.values())


def _around(prefix: Prefix, special: tuple[set[Prefix], list[tuple[int, int]]]) -> tuple[Prefix, ...]:
    """The special prefixes that cover this one, itself included."""
    out = []
    for family, length in special[1]:
        if family == prefix.family and length <= prefix.length:
            shift = WIDTH[family] - length
            wider = Prefix(family, prefix.bits >> shift << shift, length)
            if wider in special[0]:
                out.append(wider)
    return tuple(out)


def _cell(walker: _Walker, here: str, there: str, kinds: list[_Kind]) -> Cell:
    name = TableName("segment", here)
    edges = walker.tables.edges_of(name)
    found: dict[tuple[str, str], set[_End]] = {}
    for kind in kinds:
        begins = kind.edges[0] if kind.edges else ""
        if not walker.knows(name, kind.prefix):
            found.setdefault((edges[0], begins), set()).add(_LOST)
            continue
        for edge in _telling(walker.tables, name, edges, kind):
            found.setdefault((edge, begins), set()).update(
                # Someone of another segment who announces the same prefix is not the one that was meant.
                _UNKNOWN if end.end == "delivered" and end.place != there else end
                for end in walker.ends(name, edge, kind.prefix)
            )
    ends = {end for some in found.values() for end in some}
    if not ends:
        return Cell(Flow.EMPTY)
    groups = tuple(sorted({group for end in ends for group in end.groups}))
    states = {end.end for end in ends}
    if "unknown" in states:
        return Cell(Flow.UNDECIDED, groups)
    if states == {"lost"}:
        return Cell(Flow.BLOCKED)
    if states == {"delivered"}:
        return Cell(Flow.INSPECTED if all(end.groups for end in ends) else Flow.DIRECT, groups)
    arriving = tuple(sorted(pair for pair, some in found.items() if {end.end for end in some} == {"delivered"}))
    return Cell(Flow.PARTLY, groups, arriving)


def _telling(tables: Tables, name: TableName, edges: tuple[str, ...], kind: _Kind) -> tuple[str, ...]:
    """The edges that answer for all: for a plain route the one where it begins and one other."""
    if not kind.plain or name in tables.overlays or kind.edges[0] not in edges:
        return edges
    mixed = tables.domains.domains[name.name].mixed
    if any(prefix in mixed for prefix in kind.around):
        return edges
    return tuple(dict.fromkeys((kind.edges[0], edges[0], edges[-1])))[:2]


@dataclass(slots=True)
class _Walker:
    """Follows next hops; what one table does with a prefix is worked out once."""

    tables: Tables
    known: dict[tuple[TableName, str, Prefix], frozenset[_End]]

    def knows(self, name: TableName, prefix: Prefix) -> bool:
        """Whether any table of that name may have a row that covers the prefix."""
        sources = self.tables.sources(name)
        width = WIDTH[prefix.family]
        for length in self.tables.lengths(name)[prefix.family]:
            if length <= prefix.length:
                shift = width - length
                wider = Prefix(prefix.family, prefix.bits >> shift << shift, length)
                if any(wider in source for source in sources):
                    return True
        return False

    def ends(self, name: TableName, edge: str, prefix: Prefix) -> frozenset[_End]:
        """Every possible end of a packet from a table on. Iterative: a chain of tables may be long."""
        stack = [(name, edge)]
        open_: set[tuple[TableName, str]] = set()
        while stack:
            place = stack[-1]
            if (*place, prefix) in self.known:
                stack.pop()
                continue
            following = list(self._following(*place, prefix))
            missing = [item for item, _ in following if (*item, prefix) not in self.known and item not in open_]
            if missing and place not in open_:
                open_.add(place)
                stack += missing
                continue
            self.known[(*place, prefix)] = self._joined(*place, prefix, following)
            open_.discard(place)
            stack.pop()
        return self.known[name, edge, prefix]

    def _following(self, name: TableName, edge: str, prefix: Prefix) -> Iterator[tuple[tuple[TableName, str], str]]:
        row = self.tables.table(name, edge).lookup(prefix) if edge in self.tables.edges_of(name) else None
        for option in row.options if row is not None else ():
            if option.hop.table is not None:
                yield (option.hop.table, option.hop.edge), option.hop.name

    def _joined(
        self, name: TableName, edge: str, prefix: Prefix, following: list[tuple[tuple[TableName, str], str]]
    ) -> frozenset[_End]:
        row = self.tables.table(name, edge).lookup(prefix) if edge in self.tables.edges_of(name) else None
        if row is None:
            return frozenset({_LOST})
        if row.doubts:
            return frozenset({_UNKNOWN})
        out: set[_End] = set()
        for option in row.options:
            if option.hop.kind == "attachment":
                out.add(self._delivered(option.hop.name, prefix))
            elif option.hop.kind == "blackhole":
                out.add(_LOST)
            elif option.hop.table is None:
                out.add(_UNKNOWN)
        for item, group in following:
            ends = self.known.get((*item, prefix), frozenset({_LOST}))
            out |= {_End(end.end, end.groups | {group}, end.place) if group else end for end in ends}
        return frozenset(out)

    def _delivered(self, attachment: str, prefix: Prefix) -> _End:
        found = self.tables.core.associations[attachment]
        return _End("delivered", place=found.place) if prefix in found.attachment.prefixes else _UNKNOWN
