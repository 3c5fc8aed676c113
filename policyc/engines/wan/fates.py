"""What `reach` says of many senders to one target, where their packets meet no function group: the verdicts alone, without ways and words.

Packets that are looked up next in the same table at the same edge fare alike, whoever sent them, so each place is looked at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from policyc.engines.wan.associate import Association, Standing
from policyc.engines.wan.core import TableName
from policyc.engines.wan.prefixes import Prefix
from policyc.engines.wan.reach import (
    MAX_WALKS,
    MAX_WALKS_OF_ALL,
    Target,
    Told,
    Verdict,
    cannot_receive,
    heard_by,
    heard_of,
    parts_of,
)
from policyc.engines.wan.tables import Row, Tables
from policyc.engines.wan.walks import place_of
from policyc.record import record

_UNKNOWN = "unknown"
_DELIVERED = "delivered"


@record
class Fate:
    """How the packets of one sender fare: the verdict as in `Answer`, and the verdict on each part of the target."""

    verdict: Verdict
    parts: tuple[Verdict, ...] = ()


@record
class _Ends:
    """How the ways from one place on end, how many there are, and whether some of them leave by a function group."""

    ends: frozenset[str]
    ways: int
    exits: bool = False


#: a row, by its id, that a prefix is looked up by in a table
_Look = tuple[TableName, int, Prefix]


#: by part of a target whether a far side is sure not to hear of it, and whether that cannot be known
Hearing = tuple[tuple[bool, bool], ...]
_ALL: Final[Hearing] = ((False, False),)


class Senders:
    """How the packets of attachments begin, in one network: worked out once for every target. INVARIANT: the tables are not changed any more."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self._known: dict[str, Sender] = {}

    def __getitem__(self, source: str) -> Sender:
        found = self._known.get(source)
        if found is None:
            found = self._known[source] = self._begin(self.tables.core.associations[source])
        return found

    def _begin(self, association: Association) -> Sender:
        item = association.attachment
        plain = len(item.regions) == 1 and item.type != "direct-connect-gateway" and not association.is_group
        families = frozenset(prefix.family for prefix in item.prefixes)
        told = heard_by(self.tables, association) if plain else None
        return Sender(
            association.standing, association.is_group, plain, families, place_of(association), item.regions[0], told
        )


class Sender(NamedTuple):
    """How the packets of an attachment begin. `plain` ones start at one edge, where nothing is chosen by what is found; `told` is what the
    far side hears when it may not hear all."""

    standing: Standing
    is_group: bool
    plain: bool
    families: frozenset[int]
    table: TableName
    edge: str
    told: Told | None


class Fates:
    """The senders to one attachment, in one network."""

    def __init__(self, senders: Senders, target: Target) -> None:
        self._senders, self._tables, self._target = senders, senders.tables, target
        self._absent = cannot_receive(self._tables.core, target) is not None
        self._parts: dict[frozenset[int], list[Prefix]] = {}
        self._known: dict[_Look, _Ends | None] = {}
        self._fates: dict[tuple[TableName, tuple[int, ...], frozenset[int], Hearing], Fate | None] = {}

    def of(self, source: str) -> Fate | None:
        """How a sender's packets fare; None where `reach` has to be asked."""
        sender = self._senders[source]
        if sender.standing not in (Standing.SEGMENT, Standing.UNDECIDED):
            return None if sender.is_group else _BLOCKED
        prefixes = self.parts(sender.families)
        if self._target.prefixes and not prefixes:
            return _BLOCKED
        if sender.standing is Standing.UNDECIDED:
            return Fate(Verdict.UNDECIDED)
        if self._absent:
            return _BLOCKED
        if not prefixes or not sender.plain:
            return None
        return self.begin(sender.table, sender.edge, sender.families, self.hearing(sender.told, sender.families))

    def hearing(self, told: Told | None, families: frozenset[int]) -> Hearing:
        """What somebody hears of the target who is told that; empty when it hears all of it."""
        if told is None:
            return ()
        prefixes = self.parts(families)
        if all(map(told.hears, prefixes)):
            return ()
        found = [heard_of(told, prefix) for prefix in prefixes]
        heard = tuple([(bool(unheard), bool(doubts)) for unheard, doubts in found])
        return heard if any(True in pair for pair in heard) else ()

    def begin(self, table: TableName, edge: str, families: frozenset[int], heard: Hearing = ()) -> Fate | None:
        """How packets fare that are looked up first in a segment's table at an edge, sent by somebody with addresses of those IP versions who
        hears that; None where `reach` has to be asked."""
        prefixes = self.parts(families)
        if self._absent or (self._target.prefixes and not prefixes):
            return _BLOCKED
        rows = self._rows(table, edge, prefixes)
        # Rows lead to edges by name, so that it goes on alike whatever edge they are looked up at.
        key = (table, tuple(map(id, rows)), families, heard)
        if key not in self._fates:
            self._fates[key] = self._fate(table, rows, prefixes, heard) if prefixes else None
        return self._fates[key]

    def _rows(self, table: TableName, edge: str, prefixes: Sequence[Prefix]) -> list[Row | None]:
        if edge not in self._tables.edges_of(table):
            return [None] * len(prefixes)
        return list(map(self._tables.table(table, edge).lookup, prefixes))

    def parts(self, families: frozenset[int]) -> list[Prefix]:
        """The parts of the target that senders with addresses of some IP versions are asked about."""
        found = self._parts.get(families)
        if found is None:
            kept = [prefix for prefix in self._target.prefixes if not families or prefix.family in families]
            found = self._parts[families] = parts_of(self._tables, kept)
        return found

    def _fate(
        self, table: TableName, rows: Sequence[Row | None], prefixes: Sequence[Prefix], heard: Hearing
    ) -> Fate | None:
        parts: list[Verdict] = []
        count = 0
        for prefix, row, (unheard, doubts) in zip(prefixes, rows, heard or _ALL * len(rows), strict=True):
            found = _UNHEARD if unheard else self._ends(table, row, prefix, ())
            if found is None or found.ways > MAX_WALKS or (doubts and found.exits):
                return None
            count += found.ways
            if (doubts and found.ways) or _UNKNOWN in found.ends or (_DELIVERED in found.ends and len(found.ends) > 1):
                parts.append(Verdict.UNDECIDED)
            else:
                parts.append(Verdict.REACHABLE if _DELIVERED in found.ends else Verdict.BLOCKED)
        if count > MAX_WALKS_OF_ALL:
            return None
        verdicts = set(parts)
        if Verdict.UNDECIDED in verdicts:
            return Fate(Verdict.UNDECIDED, tuple(parts))
        return Fate(parts[0] if len(verdicts) == 1 else Verdict.PARTLY, tuple(parts))

    def _ends(self, name: TableName, row: Row | None, prefix: Prefix, passed: tuple[_Look, ...]) -> _Ends | None:
        """None where a way meets a function group, comes back, or is handed to somebody who may pass it on."""
        if row is None:
            return _NO_ROUTE
        key = (name, id(row), prefix)
        if key not in self._known:
            self._known[key] = None if key in passed else self._followed(name, row, prefix, (*passed, key))
        return self._known[key]

    def _followed(self, name: TableName, row: Row, prefix: Prefix, passed: tuple[_Look, ...]) -> _Ends | None:
        tables = self._tables
        ends: set[str] = set() if row.options else {"no-route"}
        ways = 0 if row.options else 1
        exits = False
        for option in row.options:
            hop = option.hop
            if hop.kind == "blackhole":
                ends.add("blackhole")
                ways += 1
            elif hop.kind == "attachment" and (row.doubts or hop.name == self._target.attachment):
                ends.add(_DELIVERED)
                ways += 1
            elif hop.kind in ("edge", "segment") and (table := hop.following(name)) is not None:
                (there,) = self._rows(table, hop.edge, (prefix,))
                below = self._ends(table, there, prefix, passed)
                if below is None:
                    return None
                ends |= below.ends
                ways += below.ways
                exits = exits or below.exits
            elif hop.kind == "group" and hop.table is None:
                # what `send-to` lets out does not come back
                members = tables.core.group_members(hop.name, hop.edge)
                if self._target.attachment in members:
                    return None
                ends |= {"left"} if members else set()
                ways += len(members)
                exits = True
            else:
                return None
        if row.doubts and (exits or not ways):
            return None
        return _Ends(frozenset((_UNKNOWN,)) if row.doubts else frozenset(ends), ways, exits)


_BLOCKED = Fate(Verdict.BLOCKED)
_NO_ROUTE = _Ends(frozenset(("no-route",)), 1)
_UNHEARD = _Ends(frozenset(("not-announced",)), 1)
