"""Where the tables of two core networks differ, and which senders' ways that may touch: nobody else has to be asked.

Every row of every table is held against its counterpart once. A prefix that no differing row covers, and that covers none, is
looked up alike everywhere, so that it fares alike for whoever is in the same place before and after and whose far side hears
the same. For the few other prefixes the tables on the way are compared, from each place where packets start.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from policyc.engines.wan.associate import Association, Standing
from policyc.engines.wan.attachments import Attachment
from policyc.engines.wan.core import NextHop, TableName
from policyc.engines.wan.outbound import hears_less
from policyc.engines.wan.prefixes import Prefix, shorten
from policyc.engines.wan.reach import heard_by
from policyc.engines.wan.rows import Option, Row, Rows
from policyc.engines.wan.tables import Tables, uncollected
from policyc.engines.wan.walks import place_of
from policyc.targets.cloud_wan.classes import Class, divided, position

#: a table at an edge
Place = tuple[TableName, str]


@dataclass(frozen=True, slots=True)
class _Start:
    """How a sender begins. `places` look up first what it sends; `untold` are prefixes that its far side hears of differently."""

    places: tuple[Place, ...]
    untold: tuple[Prefix, ...] = ()


@dataclass(slots=True)
class _Beginning:
    """How classes of senders, by number, begin: `asked` have to be asked always, `places` are those of all others that can send."""

    asked: list[int] = field(default_factory=list)
    places: dict[tuple[Place, ...], list[int]] = field(default_factory=dict)
    untold: list[tuple[int, tuple[Prefix, ...]]] = field(default_factory=list)


class Differences:
    """What is not the same in two networks with the same attachments. INVARIANT: the tables are not changed any more."""

    def __init__(self, old: Tables, new: Tables) -> None:
        self._tables = (old, new)
        self._moved = frozenset(
            name
            for name, found in new.core.associations.items()
            if position(found) != position(old.core.associations[name])
        )
        kept = replace(old.core.network, actions=new.core.network.actions)
        #: whether outbound policies and the ASNs that far sides look for are the same
        self._tells_alike = not self._moved and kept == new.core.network and old.core.switches == new.core.switches
        with uncollected():
            self._changed = _changed_rows(old, new, self._moved)
        every = {prefix for found in self._changed.values() for prefix in found}
        every.update(set(old.known()) ^ set(new.known()))
        self._every = frozenset(every)
        self._sorted = sorted(every)
        self._lengths = {family: sorted({p.length for p in every if p.family == family}) for family in (4, 6)}
        self._last: tuple[Sequence[Class], _Beginning] | None = None

    def suspects(self, sent: Sequence[Class], prefixes: Sequence[Prefix]) -> list[Class]:
        """The classes of senders whose way to one of the prefixes may not be the same before and after."""
        beginning = self._beginning(sent)
        found = set(beginning.asked)
        for at, untold in beginning.untold:
            if any(told.overlaps(prefix) for told in untold for prefix in prefixes):
                found.add(at)
        touched = [prefix for prefix in prefixes if self._touches(prefix)]
        cut = any(divided(tables, prefix) for tables in self._tables for prefix in touched)
        ways = [] if cut else [_Ways(self._tables, self._changed, prefix, self._covering(prefix)) for prefix in touched]
        for places, members in beginning.places.items() if touched else ():
            if cut or not all(way.same(place) for way in ways for place in places):
                found.update(members)
        return [sent[at] for at in sorted(found)]

    def _beginning(self, sent: Sequence[Class]) -> _Beginning:
        """How these classes begin, worked out once for the classes that were asked about last."""
        if self._last is None or self._last[0] is not sent:
            found = _Beginning()
            for at, sending in enumerate(sent):
                start = self._start(sending[0])
                if start is True:
                    found.asked.append(at)
                elif isinstance(start, _Start):
                    found.places.setdefault(start.places, []).append(at)
                    if start.untold:
                        found.untold.append((at, start.untold))
            self._last = sent, found
        return self._last[1]

    def _touches(self, prefix: Prefix) -> bool:
        """Whether a row for the prefix, for a part of it or for a block that has it differs anywhere."""
        at = bisect_right(self._sorted, prefix)
        return bool(self._covering(prefix)) or (at < len(self._sorted) and prefix.covers(self._sorted[at]))

    def _covering(self, prefix: Prefix) -> list[Prefix]:
        lengths = self._lengths[prefix.family]
        blocks = (shorten(prefix, length) for length in lengths if length <= prefix.length)
        return [block for block in blocks if block in self._every]

    def _start(self, sender: Attachment) -> _Start | bool:
        """Where a sender begins; True when it always has to be asked, False when it never has."""
        if sender.name in self._moved:
            return True
        before, after = (tables.core.associations[sender.name] for tables in self._tables)
        if after.standing in (Standing.PENDING, Standing.UNASSOCIATED, Standing.UNDECIDED):
            return False
        name = place_of(after)
        edges = [[edge for edge in sender.regions if edge in tables.edges_of(name)] for tables in self._tables]
        less = {hears_less(tables.core, found) for tables, found in zip(self._tables, (before, after), strict=True)}
        if edges[0] != edges[1] or len(less) > 1:
            return True
        places = tuple((name, edge) for edge in edges[1] or sender.regions[:1])
        if less == {False} or (self._tells_alike and not any(self._changed.get(place) for place in places)):
            return _Start(places)
        told = [_told(tables, found) for tables, found in zip(self._tables, (before, after), strict=True)]
        return _Start(places, tuple({item[0] for item in told[0] ^ told[1]}))


def _told(tables: Tables, association: Association) -> set[tuple[Prefix, bool, tuple[str, ...]]]:
    """What a verdict depends on in what a far side hears."""
    heard = (heard_by(tables, association) or {}).values()
    return {(item.prefix, bool(item.refused), item.doubts) for routes in heard for _, item in routes}


class _Ways:
    """The ways to one prefix that no table knows a part of: from which places on all tables have equal rows for it.

    `covering` are the blocks around the prefix that some table has a differing row for.
    """

    def __init__(
        self,
        tables: tuple[Tables, Tables],
        changed: Mapping[Place, set[Prefix]],
        prefix: Prefix,
        covering: Sequence[Prefix],
    ) -> None:
        self._tables, self._changed, self._prefix, self._covering = tables, changed, prefix, covering
        found = tables[1].core.owners(prefix)
        #: who alone states the prefix: what he is handed has arrived
        self._alone = found[0].attachment.name if len(found) == 1 else ""
        self._known: dict[Place, bool] = {}

    def same(self, start: Place) -> bool:
        """Whether all tables from here on have equal rows. What was passed on an equal way is equal as well."""
        known = self._known.get(start)
        if known is not None:
            return known
        seen: set[Place] = set()
        waiting = [start]
        while waiting:
            place = waiting.pop()
            known = self._known.get(place)
            if known or place in seen:
                continue
            seen.add(place)
            following = None if known is False else self._following(place)
            if following is None:
                self._known[start] = False
                return False
            waiting += following
        self._known.update(dict.fromkeys(seen, True))
        return True

    def _following(self, place: Place) -> list[Place] | None:
        """The places that may look the prefix up next; None where the look-up is not the same before and after."""
        row = _lookup(self._tables[1], place, self._prefix)
        changed = self._changed.get(place)
        if changed and any(block in changed for block in self._covering):
            other = _lookup(self._tables[0], place, self._prefix)
            if self._led(self._tables[0], other) != self._led(self._tables[1], row):
                return None
        out: list[Place] = []
        for option in row.options if row is not None else ():
            hop = option.hop
            table = hop.following(place[0])
            if table is not None:
                out.append((table, hop.edge))
            if hop.kind == "group":
                out.append((TableName("group", hop.name), hop.edge))
            elif hop.kind == "attachment" and hop.name != self._alone:
                onward = self._onward(hop)
                if onward is None:
                    return None
                out.append(onward)
        return out

    def _led(self, tables: Tables, row: Row | None) -> Hashable:
        """Where a look-up leads, with what else decides about the way: doubts, the row's prefix, and a group's appliances."""
        if row is None:
            return None
        hops = tuple(option.hop for option in row.options)
        members = tuple(tuple(tables.core.group_members(hop.name, hop.edge)) for hop in hops if hop.kind == "group")
        return hops, row.prefix, row.doubts, members

    def _onward(self, hop: NextHop) -> Place | None:
        """Where somebody who is handed a packet may send it on; None where that is not the same before and after."""
        before, after = (tables.core.associations[hop.name] for tables in self._tables)
        if position(before) != position(after):
            return None
        regions = after.attachment.regions
        return place_of(after), hop.edge if hop.edge in regions else regions[0]


def _lookup(tables: Tables, place: Place, prefix: Prefix) -> Row | None:
    return tables.table(*place).lookup(prefix) if place[1] in tables.edges_of(place[0]) else None


# --- row by row -------------------------------------------------------------------------------------------------


def _changed_rows(old: Tables, new: Tables, moved: frozenset[str]) -> dict[Place, set[Prefix]]:
    """For every table at every edge the prefixes whose rows differ, or lead to somebody who is elsewhere now."""
    alike = _Alike(old, new, moved)
    out: dict[Place, set[Prefix]] = {}
    for name in dict.fromkeys((*_names(old), *_names(new))):
        for edge in dict.fromkeys((*_edges(old, name), *_edges(new, name))):
            before, after = (
                tables.table(name, edge).rows if edge in _edges(tables, name) else {} for tables in (old, new)
            )
            found = set(before.keys() ^ after.keys())
            if found or not alike.throughout(before, after):
                both = before.keys() & after.keys()
                found.update(prefix for prefix in both if not alike(before[prefix], after[prefix]))
            if found:
                out[name, edge] = found
    return out


def _names(tables: Tables) -> list[TableName]:
    """Every table, with those of routes before isolation that summaries lead to."""
    return [*tables.names(), *(TableName("own", name) for name in tables.own)]


def _edges(tables: Tables, name: TableName) -> Sequence[str]:
    known = name.kind == "group" or name.name in tables.own
    return tables.edges_of(name) if known else ()


class _Alike:
    """Whether two rows have the same next hops by the same paths. Tables share rows, and rows their options; so do the answers."""

    def __init__(self, old: Tables, new: Tables, moved: frozenset[str]) -> None:
        self._cores, self._moved = (old.core, new.core), moved
        # The tables keep all rows, so that ids of rows and options stay their own.
        self._rows: set[tuple[int, int]] = set()
        self._options: dict[tuple[int, int], bool] = {}

    def __call__(self, one: Row, other: Row) -> bool:
        if one.doubts != other.doubts:
            return False
        key = id(one.options), id(other.options)
        found = self._options.get(key)
        if found is None:
            found = self._options[key] = self._compared(one.options, other.options)
        return found

    def throughout(self, before: Rows, after: Rows) -> bool:
        """Whether all rows of two tables with the same prefixes are alike."""
        pairs = set(zip(map(id, map(before.__getitem__, after)), map(id, after.values()), strict=True))
        if pairs <= self._rows:
            return True
        if all(self(before[prefix], row) for prefix, row in after.items()):
            self._rows |= pairs
            return True
        return False

    def _compared(self, one: Sequence[Option], other: Sequence[Option]) -> bool:
        if [(item.hop, item.path) for item in one] != [(item.hop, item.path) for item in other]:
            return False
        return not any(self._elsewhere(item.hop) for item in other)

    def _elsewhere(self, hop: NextHop) -> bool:
        if hop.kind == "group":
            before, after = (core.group_members(hop.name, hop.edge) for core in self._cores)
            return before != after
        return hop.kind == "attachment" and hop.name in self._moved
