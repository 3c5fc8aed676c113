"""What `reach` says of many senders to one target, where their packets meet no function group: the verdicts alone, without ways and words.

Packets that are looked up next in the same table at the same edge fare alike, whoever sent them, so each place is looked at once.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final, NamedTuple

from policyc.engines.wan.associate import Association, Standing
from policyc.engines.wan.core import NextHop, TableName
from policyc.engines.wan.lookups import Finds, Lookups
from policyc.engines.wan.prefixes import Prefix
from policyc.engines.wan.reach import (
    MAX_WALKS,
    MAX_WALKS_OF_ALL,
    Target,
    Told,
    Verdict,
    cannot_receive,
    heard_by,
    parts_of,
)
from policyc.engines.wan.tables import Row
from policyc.engines.wan.walks import Start, is_local, leads_on, start_of
from policyc.record import light

_UNKNOWN = "unknown"
_DELIVERED = "delivered"


@light
class Fate:
    """How the packets of one sender fare: the verdict and groups as in `Answer`, and the verdict on each part of the target."""

    verdict: Verdict
    parts: tuple[Verdict, ...] = ()
    groups: tuple[str, ...] = ()


@light
class _Ends:
    """How the ways from one place on end and how many there are; `left` of them leave by the function groups of `exits`."""

    ends: frozenset[str]
    ways: int
    left: int = 0
    exits: frozenset[str] = frozenset()


#: a row, by its id, that a prefix is looked up by in a table
_Look = tuple[TableName, int, Prefix]


#: by part of a target whether a far side is sure not to hear of it, and whether that cannot be known
Hearing = tuple[tuple[bool, bool], ...]
_ALL: Final[Hearing] = ((False, False),)
_HEARD_LESS: Final = frozenset({(True, False), (False, True), (True, True)})


class Senders:
    """How the packets of attachments begin, in one network: worked out once for every target."""

    def __init__(self, lookups: Lookups) -> None:
        self.lookups, self.tables = lookups, lookups.tables
        self._known: dict[str, Sender] = {}

    def __getitem__(self, source: str) -> Sender:
        found = self._known.get(source)
        if found is None:
            found = self._known[source] = self._begin(self.tables.core.associations[source])
        return found

    def _begin(self, association: Association) -> Sender:
        families = frozenset(prefix.family for prefix in association.attachment.prefixes)
        start, told = start_of(self.tables, association), heard_by(self.tables, association)
        return Sender(association.standing, association.is_group, families, start, told)


class Sender(NamedTuple):
    """How the packets of an attachment begin, which has addresses of some IP versions; `told` is what the far side hears when it may not
    hear all."""

    standing: Standing
    is_group: bool
    families: frozenset[int]
    start: Start
    told: Told | None


class Fates:
    """The senders to one attachment, in one network."""

    def __init__(self, senders: Senders, target: Target) -> None:
        self._senders, self._tables, self._target = senders, senders.tables, target
        self._absent = cannot_receive(self._tables.core, target) is not None
        self._parts: dict[frozenset[int], list[tuple[Prefix, Finds]]] = {}
        self._known: dict[_Look, _Ends | None] = {}
        self._fates: dict[Hashable, Fate | None] = {}
        self._onward: dict[tuple[NextHop, Prefix], bool] = {}

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
        return self.begin(sender.start, sender.families, self.hearing(sender.told, sender.families))

    def hearing(self, told: Told | None, families: frozenset[int]) -> Hearing:
        """What somebody hears of the target who is told that; empty when it hears all of it."""
        if told is None:
            return ()
        found = [told.judge(prefix) for prefix, _ in self.parts(families)]
        heard = tuple([(bool(unheard), bool(doubts)) for unheard, doubts in found])
        return heard if _HEARD_LESS.intersection(heard) else ()

    def first_rows(self, start: Start, families: frozenset[int]) -> Hashable:
        """What tells starts in one table apart: the rows that the packets of somebody with addresses of those IP versions are looked up by first.
        Rows lead to edges by name, so that it goes on alike whatever edge they are looked up at."""
        table, edges, spanning = start
        parts = self.parts(families)
        if len(parts) == 1 and len(edges) == 1 and not spanning:
            return id(parts[0][1].at(table).get(edges[0]))
        rows = tuple([id(finds.at(table).get(edge)) for _, finds in parts for edge in edges])
        return (edges, rows) if spanning else rows

    def begin(self, start: Start, families: frozenset[int], heard: Hearing = ()) -> Fate | None:
        """How packets fare that begin so in the table of a segment, sent by somebody with addresses of those IP versions who hears that; None
        where `reach` has to be asked."""
        parts = self.parts(families)
        if self._absent or (self._target.prefixes and not parts):
            return _BLOCKED
        key = (start.table, families, heard, self.first_rows(start, families))
        if key not in self._fates:
            self._fates[key] = self._fate(start, parts, heard) if parts else None
        return self._fates[key]

    def parts(self, families: frozenset[int]) -> list[tuple[Prefix, Finds]]:
        """The parts of the target that senders with addresses of some IP versions are asked about."""
        found = self._parts.get(families)
        if found is None:
            kept = [prefix for prefix in self._target.prefixes if not families or prefix.family in families]
            parts = parts_of(self._tables, kept)
            found = self._parts[families] = [(part, self._senders.lookups.of(part)) for part in parts]
        return found

    def _fate(self, start: Start, parts: Sequence[tuple[Prefix, Finds]], heard: Hearing) -> Fate | None:
        verdicts: list[Verdict] = []
        every: list[_Ends] = []
        for (prefix, finds), (unheard, doubts) in zip(parts, heard or _ALL * len(parts), strict=True):
            found = _UNHEARD if unheard else self._begun(start, prefix, finds)
            if found is None or found.ways > MAX_WALKS:
                return None
            every.append(found)
            if (doubts and found.ways) or _UNKNOWN in found.ends or (_DELIVERED in found.ends and len(found.ends) > 1):
                verdicts.append(Verdict.UNDECIDED)
            else:
                verdicts.append(Verdict.REACHABLE if _DELIVERED in found.ends else Verdict.BLOCKED)
        whole = every[0] if len(every) == 1 else _together(every)
        if whole.ways > MAX_WALKS_OF_ALL:
            return None
        groups = tuple(whole.exits) if whole.left == whole.ways and len(whole.exits) == 1 else ()
        if Verdict.UNDECIDED in verdicts:
            return Fate(Verdict.UNDECIDED, tuple(verdicts), groups)
        return Fate(verdicts[0] if len(set(verdicts)) == 1 else Verdict.PARTLY, tuple(verdicts), groups)

    def _begun(self, start: Start, prefix: Prefix, finds: Finds) -> _Ends | None:
        """The ends of all ways from a start; None as for `_ends`."""
        rows = [(edge, finds.row(start.table, edge)) for edge in start.edges]
        if len(rows) == 1 and not start.spanning:
            return self._ends(start.table, rows[0][1], prefix, finds, ())
        if start.spanning:
            local = [(edge, row) for edge, row in rows if is_local(row, edge)]
            if not local:
                return _NO_ROUTE if rows[0][1] is None else _NOT_ADVERTISED
            rows = local
        found = [self._ends(start.table, row, prefix, finds, ()) for _, row in rows]
        known = [ends for ends in found if ends is not None]
        return _together(known) if len(known) == len(found) else None

    def _ends(
        self, name: TableName, row: Row | None, prefix: Prefix, finds: Finds, passed: tuple[_Look, ...]
    ) -> _Ends | None:
        """None where a way meets a function group, or comes back."""
        if row is None:
            return _NO_ROUTE
        key = (name, id(row), prefix)
        if key not in self._known:
            self._known[key] = None if key in passed else self._followed(name, row, prefix, finds, (*passed, key))
        return self._known[key]

    def _followed(
        self, name: TableName, row: Row, prefix: Prefix, finds: Finds, passed: tuple[_Look, ...]
    ) -> _Ends | None:
        found: list[_Ends] = [] if row.options else [_NO_ROUTE]
        for option in row.options:
            hop = option.hop
            if hop.kind == "blackhole":
                found.append(_BLACKHOLE)
            elif hop.kind == "attachment" and (row.doubts or hop.name == self._target.attachment):
                found.append(_ARRIVED)
            elif hop.kind == "attachment" and hop.edge:
                found.append(_PASSED_ON if self._leads_on(hop, prefix) else _GONE)
            elif hop.kind in ("edge", "segment") and (table := hop.following(name)) is not None:
                below = self._ends(table, finds.row(table, hop.edge), prefix, finds, passed)
                if below is None:
                    return None
                found.append(below)
            elif hop.kind == "group" and hop.table is None:
                # what `send-to` lets out does not come back
                members = self._tables.core.group_members(hop.name, hop.edge)
                if self._target.attachment in members:
                    return None
                count = len(members)
                found.append(_Ends(_LEFT if members else frozenset(), count, count, frozenset((hop.name,))))
            else:
                return None
        whole = found[0] if len(found) == 1 else _together(found)
        return _Ends(_OPEN, whole.ways, whole.left, whole.exits) if row.doubts and whole.ways else whole

    def _leads_on(self, hop: NextHop, prefix: Prefix) -> bool:
        """Whether somebody else who is handed a packet may pass it on to the target (see `walks.settled`)."""
        key = (hop, prefix)
        if key not in self._onward:
            self._onward[key] = leads_on(self._tables, hop.name, hop.edge, prefix, (self._target.attachment,))
        return self._onward[key]


def _together(found: Sequence[_Ends]) -> _Ends:
    return _Ends(
        frozenset().union(*(each.ends for each in found)),
        sum(each.ways for each in found),
        sum(each.left for each in found),
        frozenset().union(*(each.exits for each in found)),
    )


_BLOCKED = Fate(Verdict.BLOCKED)
_LEFT, _OPEN = frozenset(("left",)), frozenset((_UNKNOWN,))
_ARRIVED, _BLACKHOLE = _Ends(frozenset((_DELIVERED,)), 1), _Ends(frozenset(("blackhole",)), 1)
_PASSED_ON, _GONE = _Ends(_OPEN, 1), _Ends(_LEFT, 1)
_NO_ROUTE, _UNHEARD = _Ends(frozenset(("no-route",)), 1), _Ends(frozenset(("not-announced",)), 1)
_NOT_ADVERTISED = _Ends(frozenset(("not-advertised",)), 1)
