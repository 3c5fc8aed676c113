"""Route tables: rows by longest prefix, for every segment and function group at every edge.

A table is put together when somebody looks into it first: the rows that its segment knows (`domains`), with what service insertion
lays over them. Rows are shared between edges and tables, so that all tables of a network cost little more than copies.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from policyc.engines.wan.core import Core, TableName
from policyc.engines.wan.domains import Domains, build_domains
from policyc.engines.wan.origins import Entry, Routes
from policyc.engines.wan.prefixes import Prefix, shorten
from policyc.engines.wan.rows import Option, Row, Rows
from policyc.record import field, record

__all__ = ["Option", "Overlay", "RouteTable", "Row", "Tables", "segment_tables", "uncollected"]


@contextmanager
def uncollected() -> Iterator[None]:
    """Making tables leaves nothing behind to collect; the collector would walk what grows again and again."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@record
class Overlay:
    """Rows that service insertion adds to a table: `at` an edge of `edges`, for prefixes of `index` (whose entries are None for
    prefixes that nobody announces). `clash` says what is not published when another row for the prefix leads elsewhere (`{}` is
    the prefix). `terms` are equal where the rows are, with equal edges and one `index`."""

    index: Mapping[Prefix, Entry | None]
    edges: tuple[str, ...]
    at: Callable[[str], Rows]
    clash: str
    terms: Hashable


def _equal(one: Overlay, other: Overlay) -> bool:
    same = one.index is other.index or (not one.index and not other.index)
    return same and (one.edges, one.clash, one.terms) == (other.edges, other.clash, other.terms)


@record(frozen=False)
class Tables:
    """Every table of the core network by name and edge. `like` are the tables of another network that these have much in common with, and
    `alike` tells which are the same there. `told` remembers what far sides hear (see `outbound`), `sorted` every prefix, `lookups` is for those who ask
    about single prefixes (see there). INVARIANT: overlays are laid before the first look-up."""

    core: Core
    domains: Domains
    like: Tables | None = None
    overlays: dict[TableName, list[Overlay]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    made: dict[tuple[TableName, str], RouteTable] = field(default_factory=dict)
    masks: dict[TableName, Mapping[int, Sequence[int]]] = field(default_factory=dict)
    lengths_of: dict[int, frozenset[tuple[int, int]]] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)
    lookups: Any = None
    alike: dict[TableName, bool] = field(default_factory=dict)
    sorted: list[Prefix] | None = None

    @property
    def own(self) -> Mapping[str, Routes]:
        """Each segment's attachment routes before isolation."""
        return self.domains.own

    def table(self, name: TableName, edge: str) -> RouteTable:
        found = self.made.get((name, edge))
        if found is None:
            same = self.like is not None and self.same(name, self.like)
            rows = self.like.table(name, edge).rows if self.like is not None and same else self._rows(name, edge)
            found = self.made[name, edge] = RouteTable(self, name, edge, rows)
        return found

    def same(self, name: TableName, other: Tables) -> bool:
        """Whether a table has the same rows at every edge as in other tables, and they lead to the same; False where that takes a look
        at the rows."""
        if other is not self.like:
            return False
        found = self.alike.get(name)
        if found is None:
            found = self.alike[name] = self._same(name, other)
        return found

    def _same(self, name: TableName, other: Tables) -> bool:
        if name not in (*other.names(), *(TableName("own", each) for each in other.own)):
            return False
        if self.edges_of(name) != other.edges_of(name):
            return False
        mine, theirs = self.domains, other.domains
        match name.kind:
            case "segment" if mine.of(name.name) is not theirs.of(name.name):
                return False
            case "own" if mine.own[name.name] is not theirs.own[name.name]:
                return False
        return self._same_overlays(name, other)

    def _same_overlays(self, name: TableName, other: Tables) -> bool:
        laid, before = self.overlays.get(name, ()), other.overlays.get(name, ())
        return len(laid) == len(before) and all(map(_equal, laid, before))

    def differing(self, name: TableName, other: Tables) -> set[Prefix] | None:
        """The prefixes whose rows may not be the same in a segment's table as in other tables; None where all may differ."""
        known = other is self.like and name in other.names() and name in self.names()
        if not known or name.kind != "segment" or self.edges_of(name) != other.edges_of(name):
            return None
        if not self._same_overlays(name, other):
            return None
        mine, theirs = self.domains.of(name.name), other.domains.of(name.name)
        sheets = ({id(sheet): sheet for sheet in domain.sheets()} for domain in (mine, theirs))
        before, after = sheets
        found = {*mine.mixed, *theirs.mixed}
        for at in before.keys() ^ after.keys():
            found.update((before.get(at) or after[at]).common)
        return found

    def every(self) -> list[RouteTable]:
        """Every table that people know, at every edge that it is at."""
        with uncollected():
            return [self.table(name, edge) for name in self.names() for edge in self.edges_of(name)]

    def names(self) -> list[TableName]:
        """The tables that people know: segments, then the function groups that something is sent to."""
        segments = [TableName("segment", name) for name in self.domains.names]
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
            seen: set[tuple[int, int]] = set()
            for source in self.sources(name):
                seen |= self._lengths(source)
            found = self.masks[name] = {
                family: sorted((length for version, length in seen if version == family), reverse=True)
                for family in (4, 6)
            }
        return found

    def _lengths(self, source: Mapping[Prefix, Entry | None]) -> frozenset[tuple[int, int]]:
        # All sources live as long as the tables, so that their ids stay their own.
        found = self.lengths_of.get(id(source))
        if found is None:
            found = self.lengths_of[id(source)] = frozenset((prefix.family, prefix.length) for prefix in source)
        return found

    def known(self) -> list[Prefix]:
        """Every prefix of any table, in order."""
        if self.sorted is not None:
            return self.sorted
        seen: set[Prefix] = set()
        for name in self.domains.names:
            seen.update(self.domains.extra(name))
        for routes in self.own.values():
            seen.update(routes)
        for overlays in self.overlays.values():
            for item in overlays:
                seen.update(item.index)
        self.sorted = sorted(seen)
        return self.sorted

    def _rows(self, name: TableName, edge: str) -> Rows:
        rows: Rows = {}
        if edge not in self.edges_of(name):
            return rows
        if name.kind == "segment":
            rows = self.domains.of(name.name).at(edge)
        elif name.kind == "own":
            rows = self.domains.own_sheet(name.name).at(edge)
        found = [(item.clash, item.at(edge)) for item in self.overlays.get(name, ()) if edge in item.edges]
        return _lay(rows, found, self.core.switches.inserted_route_rank if name.kind == "segment" else "")


def _lay(rows: Rows, overlays: Sequence[tuple[str, Rows]], rank: str) -> Rows:
    """Lay inserted rows over direct ones; `rank` says which of the two wins, empty where there are no direct ones."""
    laid: list[Rows] = []
    direct: set[Prefix] = set()
    for clash, added in overlays:
        for prefix in rows.keys() & added.keys():
            present = rows[prefix]
            ranked = "" if any(prefix in one for one in laid) else rank
            if ranked == "inserted":
                continue
            if ranked == "direct" and not present.doubts:
                direct.add(prefix)
            why = f"{clash}, {_RANK_SWITCH if ranked else _UNPUBLISHED}"
            added[prefix] = present if prefix in direct else _combined(present, added[prefix], why)
        rows.update(added)
        laid.append(added)
    return rows


def _combined(present: Row, added: Row, clash: str) -> Row:
    """Two rows for one prefix as possible outcomes; `clash` says what decides."""
    if present == added:
        return present
    if {option.hop for option in present.options} == {option.hop for option in added.options}:
        return present.joined(added)
    return present.joined(added, clash.format(present.prefix))


_RANK_SWITCH = "and which wins is the switch `inserted-route-rank`"
_UNPUBLISHED = "and which wins is not published"


@record
class RouteTable:
    """One table at one edge. INVARIANT: nobody changes `rows`."""

    tables: Tables
    name: TableName
    edge: str
    rows: Rows

    def row(self, prefix: Prefix) -> Row | None:
        """The row for exactly this prefix."""
        return self.rows.get(prefix)

    def lookup(self, prefix: Prefix) -> Row | None:
        """The row of the longest prefix that covers the whole of `prefix`."""
        for length in self.tables.lengths(self.name)[prefix.family]:
            if length <= prefix.length:
                row = self.rows.get(shorten(prefix, length))
                if row is not None:
                    return row
        return None


def segment_tables(core: Core, like: Tables | None = None) -> Tables:
    """The tables of every segment without service insertion; what is the same in the tables `like` these is taken from there."""
    domains = build_domains(core, None if like is None else like.domains)
    return Tables(core, domains, None if domains.like is None else like)
