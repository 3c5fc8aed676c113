"""Look-ups of one prefix at every edge of a table at once, for those who ask about many prefixes.

Segments that take over a route in one way have its rows from one sheet, and a table without a row for a prefix finds what it finds for
every prefix within the same blocks: so what is found is worked out per sheet and per blocks, and is one object for all those tables.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from policyc.engines.wan.core import TableName
from policyc.engines.wan.prefixes import Prefix, shorten
from policyc.engines.wan.rows import Row, Rows
from policyc.engines.wan.tables import Tables

#: the row of the longest prefix by edge, for the edges that a table is at
Found = Mapping[str, "Row | None"]
#: prefixes whose rows are kept
_RECENT: Final = 64


class Lead(NamedTuple):
    """Where rows of a table lead, whatever the edge: the other tables that look the packet up next, and the attachments that it is handed to."""

    tables: frozenset[TableName]
    handed: frozenset[str]


class _Around(NamedTuple):
    """What tables without a row for a prefix find for all prefixes within the same blocks, and where that leads, by table."""

    rows: dict[TableName, Found]
    leads: dict[TableName, Lead]


def lookups_of(tables: Tables) -> Lookups:
    """The look-ups in tables that are not changed any more."""
    found: Lookups = tables.lookups or Lookups(tables)
    tables.lookups = found
    return found


class Lookups:
    """The look-ups in all tables of one network. INVARIANT: the tables are not changed any more."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self._known = frozenset(tables.known())
        self._lengths = {family: sorted({p.length for p in self._known if p.family == family}) for family in (4, 6)}
        self._edges: dict[TableName, Mapping[str, Rows]] = {}
        self._around: dict[tuple[Prefix, ...], _Around] = {}
        self._recent: dict[Prefix, Finds] = {}
        self._knowing: dict[tuple[str, ...], frozenset[TableName]] = {}
        self._apart: dict[Prefix, frozenset[TableName]] | None = None

    def knowing(self, prefix: Prefix) -> frozenset[TableName]:
        """The tables that may have a row for exactly this prefix."""
        if self._apart is None:
            self._apart = self._find_apart()
        owners = self.tables.domains.owners.get(prefix, ())
        found = self._knowing.get(owners)
        if found is None:
            found = self._knowing[owners] = frozenset(self._knowing_of(owners))
        apart = self._apart.get(prefix)
        return found if apart is None else found | apart

    def _knowing_of(self, owners: Sequence[str]) -> Iterator[TableName]:
        """The tables with routes of some segments that are not worked out one by one."""
        tables, domains = self.tables, self.tables.domains
        yield from (TableName("own", owner) for owner in owners)
        for name in domains.names:
            if not {name, *domains.givers(name)}.isdisjoint(owners):
                yield TableName("segment", name)
        indexes = {id(domains.own[owner]) for owner in owners}
        yield from (name for name, laid in tables.overlays.items() if any(id(item.index) in indexes for item in laid))

    def _find_apart(self) -> dict[Prefix, frozenset[TableName]]:
        """The tables by the prefixes that they have by themselves."""
        domains, found = self.tables.domains, dict[Prefix, set[TableName]]()
        for name in domains.names:
            for prefix in domains.extra(name):
                found.setdefault(prefix, set()).add(TableName("segment", name))
        whole = {id(routes) for routes in domains.own.values()}
        for table, laid in self.tables.overlays.items():
            for item in laid:
                for prefix in item.index if id(item.index) not in whole else ():
                    found.setdefault(prefix, set()).add(table)
        return {prefix: frozenset(names) for prefix, names in found.items()}

    def of(self, prefix: Prefix) -> Finds:
        """What the tables find for a prefix; kept for those asked about last."""
        found = self._recent.get(prefix)
        if found is None:
            if len(self._recent) >= _RECENT:
                self._recent.clear()
            lengths = (length for length in self._lengths[prefix.family] if length < prefix.length)
            wider = tuple([block for block in (shorten(prefix, length) for length in lengths) if block in self._known])
            found = self._recent[prefix] = Finds(self, prefix, wider, self._around.setdefault(wider, _Around({}, {})))
        return found

    def rows(self, name: TableName) -> Mapping[str, Rows]:
        """A table at its edges; empty for one that there is not."""
        found = self._edges.get(name)
        if found is None:
            edges = self.tables.edges_of(name)
            found = self._edges[name] = {edge: self.tables.table(name, edge).rows for edge in edges}
        return found


class Finds:
    """What the tables of one network find for one prefix; `wider` are the known blocks around it."""

    __slots__ = (
        "_around",
        "_found",
        "_leads",
        "_lookups",
        "_owners",
        "_prefix",
        "_sheets",
        "_ways",
        "knowing",
        "wider",
    )

    def __init__(self, lookups: Lookups, prefix: Prefix, wider: tuple[Prefix, ...], around: _Around) -> None:
        self._lookups, self._prefix, self.wider, self._around = lookups, prefix, wider, around
        self._owners = lookups.tables.domains.owners.get(prefix, ())
        #: the tables that may have a row for exactly this prefix
        self.knowing = lookups.knowing(prefix)
        self._found: dict[TableName, Found] = {}
        self._sheets: dict[tuple[int, tuple[str, ...]], Found] = {}
        self._leads: dict[int, Lead] = {}
        self._ways: dict[TableName, Hashable] = {}

    def way(self, name: TableName) -> Hashable:
        """Equal for tables whose rows lead alike, so that packets that are looked up in them at one edge fare alike: those with the same rows, where
        none leads to another table."""
        found = self._ways.get(name)
        if found is None:
            found = self._ways[name] = name if self.lead(name).tables else id(self.at(name))
        return found

    def at(self, name: TableName) -> Found:
        found = self._found.get(name)
        if found is None:
            known = name in self.knowing
            found = self._found[name] = self._look_up(name) if known else self._shorter(name)
        return found

    def row(self, name: TableName, edge: str) -> Row | None:
        """The row of the longest prefix; None too where there is no such table."""
        return self.at(name).get(edge)

    def lead(self, name: TableName) -> Lead:
        """Where the table leads."""
        found = self.at(name)
        shared = found is self._around.rows.get(name)
        lead = self._around.leads.get(name) if shared else self._leads.get(id(found))
        if lead is None:
            lead = _lead(found)
            if shared:
                self._around.leads[name] = lead
            else:
                self._leads[id(found)] = lead
        return lead

    def _look_up(self, name: TableName) -> Found:
        prefix, tables = self._prefix, self._lookups.tables
        if name.kind != "segment" or any(prefix in item.index for item in tables.overlays.get(name, ())):
            return self._each(name)
        sheet = tables.domains.of(name.name).sheet(prefix, self._owners)
        if sheet is None:
            return self._shorter(name)
        key = id(sheet), tables.edges_of(name)
        found = self._sheets.get(key)
        if found is None:
            found = self._sheets[key] = sheet.everywhere(prefix, key[1])
        return found if len(found) == len(key[1]) else {**self._shorter(name), **found}

    def _each(self, name: TableName) -> Found:
        """The rows, looked up edge by edge."""
        around = self._shorter(name)
        return {edge: rows.get(self._prefix) or around[edge] for edge, rows in self._lookups.rows(name).items()}

    def _shorter(self, name: TableName) -> Found:
        """The rows of shorter prefixes."""
        found = self._around.rows.get(name)
        if found is None:
            blocks = [block for block in reversed(self.wider) if name in self._lookups.knowing(block)]
            if blocks:
                tables = self._lookups.rows(name).items()
                found = {edge: next((rows[block] for block in blocks if block in rows), None) for edge, rows in tables}
            else:
                found = dict.fromkeys(self._lookups.tables.edges_of(name))
            self._around.rows[name] = found
        return found


def _lead(found: Found) -> Lead:
    options = {id(row.options): row.options for row in found.values() if row is not None}
    hops = [option.hop for some in options.values() for option in some]
    tables = [hop.table for hop in hops if hop.table is not None]
    groups = [TableName("group", hop.name) for hop in hops if hop.kind == "group"]
    return Lead(frozenset((*tables, *groups)), frozenset([hop.name for hop in hops if hop.kind == "attachment"]))
