"""Route tables: rows by longest prefix, for every segment and function group at every edge.

A table holds no rows: it makes each when somebody looks, from what the segment knows (`domains`) and what service insertion lays
over it. So tables cost as much as the routes that are looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from policyc.engines.wan.core import Core, NextHop, Origin, TableName
from policyc.engines.wan.domains import Domains, build_domains
from policyc.engines.wan.origins import Entry, Routes
from policyc.engines.wan.paths import Choice, Path, merge
from policyc.engines.wan.prefixes import WIDTH, Prefix


@dataclass(frozen=True, slots=True)
class Option:
    """One possible next hop of a row, why it is there, and the path behind it (None for what is no BGP path)."""

    hop: NextHop
    why: str
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One prefix in one table. Exactly one of `options` is in force, and which is not known when there are several; with
    `doubts` none may be right."""

    prefix: Prefix
    options: tuple[Option, ...]
    doubts: tuple[str, ...] = ()

    def joined(self, other: Row, doubt: str = "") -> Row:
        """Both rows' options as possible outcomes."""
        doubts = merge(self.doubts, other.doubts, (doubt,) if doubt else ())
        return Row(self.prefix, distinct((*self.options, *other.options)), doubts)


def distinct(options: Iterable[Option]) -> tuple[Option, ...]:
    """One option per next hop."""
    options = tuple(options)
    if len(options) < 2:
        return options
    return tuple({option.hop: option for option in reversed(list(options))}.values())[::-1]


@dataclass(frozen=True, slots=True)
class Overlay:
    """Rows that service insertion adds to a table: for the prefixes of `index` at `edges`, as `make` says. `clash` says what is
    not published when another row for the prefix leads elsewhere (`{}` is the prefix)."""

    index: Mapping[Prefix, Entry | None]
    edges: tuple[str, ...]
    make: Callable[[Prefix, Entry | None, str], Row]
    clash: str


@dataclass(slots=True)
class Tables:
    """Every table of the core network by name and edge. `told` remembers what far sides hear (see `outbound`),
    `sorted` every prefix. INVARIANT: overlays are laid before the first look-up."""

    core: Core
    domains: Domains
    overlays: dict[TableName, list[Overlay]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    made: dict[tuple[TableName, str], RouteTable] = field(default_factory=dict)
    masks: dict[TableName, Mapping[int, Sequence[int]]] = field(default_factory=dict)
    told: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    sorted: list[Prefix] | None = None

    @property
    def own(self) -> Mapping[str, Routes]:
        """Each segment's attachment routes before isolation."""
        return self.domains.own

    def table(self, name: TableName, edge: str) -> RouteTable:
        found = self.made.get((name, edge))
        if found is None:
            found = self.made[name, edge] = RouteTable(self, name, edge)
        return found

    def names(self) -> list[TableName]:
        """The tables that people know: segments, then the function groups that something is sent to."""
        segments = [TableName("segment", name) for name in self.domains.domains]
        return segments + [name for name in self.overlays if name.kind == "group"]

    def edges_of(self, name: TableName) -> tuple[str, ...]:
        """The edges that a table is at; empty for one that does not exist."""
        if name.kind == "group":
            return self.core.network.locations if name in self.overlays else ()
        return self.core.edges_of(name.name)

    def overlay(self, name: TableName, rows: Overlay) -> None:
        """Lay rows over a table."""
        self.overlays.setdefault(name, []).append(rows)

    def sources(self, name: TableName) -> list[Mapping[Prefix, Entry | None]]:
        """The maps that together hold every prefix of a table."""
        found: list[Mapping[Prefix, Entry | None]] = [item.index for item in self.overlays.get(name, ())]
        match name.kind:
            case "segment":
                found += self.domains.sources(name.name)
            case "own":
                found.append(self.domains.own[name.name])
            case "group":
                pass
        return found

    def lengths(self, name: TableName) -> Mapping[int, Sequence[int]]:
        """The mask lengths in a table by IP version, the longest first."""
        found = self.masks.get(name)
        if found is None:
            seen: dict[int, set[int]] = {4: set(), 6: set()}
            for source in self.sources(name):
                for family, length in _lengths(source):
                    seen[family].add(length)
            found = self.masks[name] = {family: sorted(items, reverse=True) for family, items in seen.items()}
        return found

    def known(self) -> list[Prefix]:
        """Every prefix of any table, in order."""
        if self.sorted is not None:
            return self.sorted
        seen: set[Prefix] = set()
        for domain in self.domains.domains.values():
            seen.update(domain.mixed)
        for routes in self.own.values():
            seen.update(routes)
        for overlays in self.overlays.values():
            for item in overlays:
                seen.update(item.index)
        self.sorted = sorted(seen)
        return self.sorted


def _lengths(source: Mapping[Prefix, Entry | None]) -> set[tuple[int, int]]:
    return {(prefix.family, prefix.length) for prefix in source}


@dataclass(slots=True)
class RouteTable:
    """One table at one edge."""

    tables: Tables
    name: TableName
    edge: str
    hops: dict[str, NextHop] = field(default_factory=dict)

    def row(self, prefix: Prefix) -> Row | None:
        """The row for exactly this prefix."""
        found = self._base(prefix)
        for overlay in self.tables.overlays.get(self.name, ()):
            if prefix in overlay.index and self.edge in overlay.edges:
                added = overlay.make(prefix, overlay.index[prefix], self.edge)
                found = added if found is None else _combined(found, added, overlay.clash)
        return found

    def lookup(self, prefix: Prefix) -> Row | None:
        """The row of the longest prefix that covers the whole of `prefix`."""
        family, bits = prefix.family, prefix.bits
        width = WIDTH[family]
        for length in self.tables.lengths(self.name)[family]:
            if length <= prefix.length:
                shift = width - length
                row = self.row(Prefix(family, bits >> shift << shift, length))
                if row is not None:
                    return row
        return None

    def prefixes(self) -> Iterator[Prefix]:
        """Every prefix that may have a row, each once, in order of the network."""
        seen: set[Prefix] = set()
        for source in self.tables.sources(self.name):
            new = [prefix for prefix in source if prefix not in seen] if seen else list(source)
            seen.update(new)
            yield from new

    @property
    def rows(self) -> dict[Prefix, Row]:
        """The whole table."""
        found = ((prefix, self.row(prefix)) for prefix in self.prefixes())
        return {prefix: row for prefix, row in found if row is not None}

    def _base(self, prefix: Prefix) -> Row | None:
        entry = None
        if self.name.kind == "segment":
            entry = self.tables.domains.entry(self.name.name, prefix)
        elif self.name.kind == "own":
            entry = self.tables.domains.own[self.name.name].get(prefix)
        choice = None if entry is None else entry.choices.get(self.edge)
        if entry is None or choice is None or not (choice.best or choice.doubts):
            return None
        return self._row(prefix, entry.origins, choice)

    def _row(self, prefix: Prefix, origins: Sequence[Origin], choice: Choice) -> Row:
        options = []
        for path in choice.best:
            origin = origins[path.source]
            options.append(Option(self._peering(path.via) if path.via else origin.hop, origin.why, path))
        return Row(prefix, distinct(options), choice.doubts)

    def _peering(self, edge: str) -> NextHop:
        found = self.hops.get(edge)
        if found is None:
            found = self.hops[edge] = NextHop("edge", "", edge, self.name)
        return found


def _combined(present: Row, added: Row, clash: str) -> Row:
    """Two rows for one prefix: both are possible, and which wins is not published."""
    if present == added:
        return present
    if {option.hop for option in present.options} == {option.hop for option in added.options}:
        return present.joined(added)
    return present.joined(added, f"{clash.format(present.prefix)}, and which wins is not published")


def segment_tables(core: Core, *, factored: bool = True) -> Tables:
    """The tables of every segment without service insertion; `factored` as for `Domains`."""
    return Tables(core, build_domains(core, factored=factored))
