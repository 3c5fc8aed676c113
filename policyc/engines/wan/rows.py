"""Rows of route tables, and sheets of them: the rows of many prefixes at many edges, kept by what differs.

Most edges do the same with a route: they hand it to the edge where it begins. So a sheet holds one row for all of those, and
beside it what single edges do otherwise; tables of several segments share its rows. A table is then a copy of what is common
with a few rows replaced.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from policyc.engines.wan.core import NextHop, Origin
from policyc.engines.wan.mesh import Span
from policyc.engines.wan.paths import Path, merge, unsettled
from policyc.engines.wan.prefixes import Prefix
from policyc.record import field, light, record


@light
class Option:
    """One possible next hop of a row, why it is there, and the path behind it (None for what is no BGP path)."""

    hop: NextHop
    why: str
    path: Path | None = None


@light
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


Rows = dict[Prefix, Row]


def distinct(options: Sequence[Option]) -> tuple[Option, ...]:
    """One option per next hop."""
    if len(options) < 2:
        return tuple(options)
    return tuple({option.hop: option for option in reversed(options)}.values())[::-1]


class Fate(NamedTuple):
    """What some edges make of a prefix. Without options and doubts it has no row there."""

    edges: tuple[str, ...]
    options: tuple[Option, ...]
    doubts: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        return not self.options and not self.doubts


def best_options(origins: Sequence[Origin], best: Iterable[Path]) -> tuple[Option, ...]:
    """The next hops of paths that may be best: the attachment at the path's own edge, else the peering that it was heard from."""
    best = tuple(best)
    question = unsettled(best)
    options = []
    for path in best:
        origin = origins[path.source]
        why = f"{origin.why}, {question}" if question else origin.why
        options.append(Option(peering(path.via) if path.via else origin.hop, why, path))
    return distinct(options) if len(options) > 1 else tuple(options)


@lru_cache(maxsize=1024)
def peering(edge: str) -> NextHop:
    """The way to the same table at another edge."""
    return NextHop("edge", "", edge)


class Fates(NamedTuple):
    """The fates of a kind of prefix: what most edges make of it (None when none has a row), what others make of it."""

    common: Fate | None
    special: tuple[Fate, ...]


def arrange(fates: Iterable[Fate]) -> Fates:
    """Fates with the most frequent one in front."""
    rows = sorted((fate for fate in fates if fate.edges), key=lambda fate: (fate.empty, -len(fate.edges)))
    return _divided(rows)


def read_spans(origins: Sequence[Origin], spans: Iterable[Span]) -> Fates:
    """The fates of a prefix by what its mesh settled on."""
    return _divided([Fate(edges, best_options(origins, best), doubts) for edges, best, doubts in spans])


def _divided(fates: Sequence[Fate]) -> Fates:
    return Fates(None, ()) if not fates or fates[0].empty else Fates(fates[0], tuple(fates[1:]))


@record(frozen=False)
class Sheet:
    """The rows of some prefixes at some edges: `common` those of most edges, `special` what an edge has in their place,
    `missing` those that it lacks. INVARIANT: rows are shared and never changed."""

    common: Rows = field(default_factory=dict)
    special: defaultdict[str, Rows] = field(default_factory=lambda: defaultdict(dict))
    missing: defaultdict[str, set[Prefix]] = field(default_factory=lambda: defaultdict(set))

    def add(self, prefix: Prefix, fates: Fates) -> None:
        """One more prefix, which the sheet does not have yet."""
        common, others = fates
        if common is None:
            return
        self.common[prefix] = Row(prefix, common.options, common.doubts)
        for edges, options, doubts in others:
            if options or doubts:
                row = Row(prefix, options, doubts)
                for edge in edges:
                    self.special[edge][prefix] = row
            else:
                for edge in edges:
                    self.missing[edge].add(prefix)

    def borrow(self, other: Sheet, prefix: Prefix, edge: str) -> None:
        """Take over the rows of a prefix from another sheet, where they differ at one edge at most."""
        self.common[prefix] = other.common[prefix]
        row = other.special[edge].get(prefix) if edge in other.special else None
        if row is not None:
            self.special[edge][prefix] = row

    def everywhere(self, prefix: Prefix, edges: Iterable[str]) -> dict[str, Row]:
        """The rows of one prefix that the sheet has, by edge; edges without one are left out."""
        found = dict.fromkeys(edges, self.common[prefix])
        for edge, rows in self.special.items():
            row = rows.get(prefix)
            if row is not None and edge in found:
                found[edge] = row
        for edge, prefixes in self.missing.items():
            if prefix in prefixes:
                found.pop(edge, None)
        return found

    def patch(self, rows: Rows, edge: str) -> None:
        """Turn what is common into what is so at an edge."""
        rows.update(self.special.get(edge, {}))
        for prefix in self.missing.get(edge, ()):
            rows.pop(prefix, None)

    def at(self, edge: str) -> Rows:
        """All rows at an edge, in a mapping of its own."""
        rows = self.common.copy()
        self.patch(rows, edge)
        return rows
