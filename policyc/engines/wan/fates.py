"""What `reach` says of many senders to one target: the verdicts alone, and by which function groups, without ways and words.

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


#: the function groups that a way passes, and the edges at which they see the packet, both in order
Passed = tuple[tuple[str, ...], tuple[str, ...]]
_NOBODY: Final[tuple[Passed, ...]] = (((), ()),)


@light
class Fate:
    """How the packets of one sender fare: the verdict and groups as in `Answer`, and the verdict on each part of the target; `inspected_at`
    are the edges at which groups see them, by way."""

    verdict: Verdict
    parts: tuple[Verdict, ...] = ()
    groups: tuple[str, ...] = ()
    inspected_at: tuple[tuple[str, ...], ...] = ()


@light
class _Ends:
    """How the ways from one place on end, how many there are, and what they pass."""

    ends: frozenset[str]
    ways: int
    passed: tuple[Passed, ...] = _NOBODY


#: a row, by its id, that a prefix is looked up by in tables that lead alike
_Look = tuple[Hashable, int, Prefix]


#: by part of a target whether a far side is sure not to hear of it, and whether that cannot be known
Hearing = tuple[tuple[bool, bool], ...]
_ALL: Final[Hearing] = ((False, False),)
_HEARD_LESS: Final = frozenset({(True, False), (False, True), (True, True)})


class Senders:
    """How the packets of attachments begin, in one network: worked out once for every target."""

    def __init__(self, lookups: Lookups) -> None:
        self.lookups, self.tables = lookups, lookups.tables
        self._known: dict[str, Sender] = {}
        #: by the id of a row; tables keep all rows
        self._drops: dict[int, bool] = {}

    def drops(self, row: Row | None) -> bool:
        """Whether whatever is looked up by a row, for whom no appliance is meant, is sure to be lost there."""
        if row is None:
            return True
        found = self._drops.get(id(row))
        if found is None:
            found = self._drops[id(row)] = not row.doubts and all(
                hop.kind == "blackhole"
                or (hop.kind == "group" and hop.table is None and self._is_one_at_most(hop.name, hop.edge))
                for hop in (option.hop for option in row.options)
            )
        return found

    def _is_one_at_most(self, group: str, edge: str) -> bool:
        return len(self.tables.core.group_members(group, edge)) < 2

    def __getitem__(self, source: str) -> Sender:
        found = self._known.get(source)
        if found is None:
            found = self._known[source] = self._begin(self.tables.core.associations[source])
        return found

    def _begin(self, association: Association) -> Sender:
        # An appliance passes on what others send.
        own = () if association.is_group else association.attachment.prefixes
        families = frozenset(prefix.family for prefix in own)
        start, told = start_of(self.tables, association), heard_by(self.tables, association)
        return Sender(association.standing, families, start, told)


class Sender(NamedTuple):
    """How the packets of an attachment begin, which has addresses of some IP versions; `told` is what the far side hears when it may not
    hear all."""

    standing: Standing
    families: frozenset[int]
    start: Start
    told: Told | None


class Fates:
    """The senders to one attachment, in one network."""

    def __init__(self, senders: Senders, target: Target) -> None:
        self._senders, self._tables, self._target = senders, senders.tables, target
        self._absent = cannot_receive(self._tables.core, target) is not None
        meant = self._tables.core.associations.get(target.attachment)
        self._drops = senders.drops if meant is None or not meant.is_group else _is_missing
        self._parts: dict[frozenset[int], list[tuple[Prefix, Finds]]] = {}
        self._known: dict[_Look, _Ends | None] = {}
        self._fates: dict[Hashable, Fate | None] = {}
        self._asked: dict[Hashable, Hashable] = {}
        self._onward: dict[tuple[str, str, Prefix], bool] = {}

    def of(self, source: str) -> Fate | None:
        """How a sender's packets fare; None where `reach` has to be asked."""
        sender = self._senders[source]
        if sender.standing in (Standing.PENDING, Standing.UNASSOCIATED):
            return _BLOCKED
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
        found = [
            told.judge_row(prefix, finds.row(*told.place), self._ask(told, prefix, finds))
            for prefix, finds in self.parts(families)
        ]
        heard = tuple([(bool(unheard), bool(doubts)) for unheard, doubts in found])
        return heard if _HEARD_LESS.intersection(heard) else ()

    def _ask(self, told: Told, prefix: Prefix, finds: Finds) -> Hashable:
        """What far sides with the same policies are asked of a part of the target."""
        key = told.policies, prefix
        if key not in self._asked:
            self._asked[key] = told.asked(prefix, finds.wider)
        return self._asked[key]

    def first_rows(self, start: Start, families: frozenset[int]) -> Hashable:
        """What tells starts apart: the rows, but for those that drop, that the packets of somebody with addresses of those IP versions are looked up by first,
        and in what tables. Rows lead to edges by name, so that it goes on alike whatever edge they are looked up at."""
        table, edges, spanning = start
        parts = self.parts(families)
        if not spanning and len(parts) == 1 and len(edges) == 1:
            finds = parts[0][1]
            row = finds.at(table).get(edges[0])
            return 0 if self._drops(row) else (finds.way(table), id(row))
        ways = tuple([finds.way(table) for _, finds in parts])
        rows = [finds.at(table).get(edge) for _, finds in parts for edge in edges]
        if spanning:
            return ways, edges, tuple(map(id, rows))
        return ways, tuple([0 if self._drops(row) else id(row) for row in rows])

    def begin(self, start: Start | None, families: frozenset[int], heard: Hearing = ()) -> Fate | None:
        """How packets fare that begin so in the table of a segment, or cannot begin, sent by somebody with addresses of those IP versions who hears
        that; None where `reach` has to be asked."""
        parts = self.parts(families)
        if start is None or self._absent or (self._target.prefixes and not parts):
            return _BLOCKED
        key = (families, heard, self.first_rows(start, families))
        if key not in self._fates:
            self._fates[key] = self._fate(start, parts, heard) if parts else None
        return self._fates[key]

    def table(self, name: TableName, families: frozenset[int]) -> Hashable:
        """Equal for tables that lead all parts of the target alike from every edge."""
        return tuple([(finds.way(name), id(finds.at(name))) for _, finds in self.parts(families)])

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
        first, *others = whole.passed or _NOBODY
        groups = tuple([name for name in first[0] if all(name in some for some, _ in others)])
        at = tuple([edges for _, edges in whole.passed])
        if Verdict.UNDECIDED in verdicts:
            return Fate(Verdict.UNDECIDED, tuple(verdicts), groups, at)
        return Fate(verdicts[0] if len(set(verdicts)) == 1 else Verdict.PARTLY, tuple(verdicts), groups, at)

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
        """None where a way comes back, or there are too many."""
        if row is None:
            return _NO_ROUTE
        key = (finds.way(name), id(row), prefix)
        if key not in self._known:
            self._known[key] = None if key in passed else self._followed(name, row, prefix, finds, (*passed, key))
        return self._known[key]

    def _followed(
        self, name: TableName, row: Row, prefix: Prefix, finds: Finds, passed: tuple[_Look, ...]
    ) -> _Ends | None:
        found: list[_Ends] = [] if row.options else [_NO_ROUTE]
        below: list[_Ends | None] = []
        for option in row.options:
            hop = option.hop
            if hop.kind == "blackhole":
                found.append(_BLACKHOLE)
            elif hop.kind == "attachment" and (row.doubts or hop.name == self._target.attachment):
                found.append(_ARRIVED)
            elif hop.kind == "attachment":
                below.append(self._handed(hop.name, hop.edge, prefix) if hop.edge else None)
            elif hop.kind == "group":
                members = self._tables.core.group_members(hop.name, hop.edge)
                if hop.table is None:
                    # what `send-to` lets out does not come back
                    found += [_seen(_ARRIVED if name == self._target.attachment else _GONE, hop) for name in members]
                else:
                    below += [self._beyond(name, hop, prefix, finds, passed) for name in members]
            else:
                table = hop.following(name)
                assert table is not None
                below.append(self._ends(table, finds.row(table, hop.edge), prefix, finds, passed))
        # in the order of `walks`: what ends here first
        every = [*found, *(ends for ends in below if ends is not None)]
        if len(every) < len(found) + len(below) or sum(ends.ways for ends in every) > MAX_WALKS:
            return None
        whole = every[0] if len(every) == 1 else _together(every)
        return _Ends(_OPEN, whole.ways, whole.passed) if row.doubts and whole.ways else whole

    def _beyond(
        self, appliance: str, hop: NextHop, prefix: Prefix, finds: Finds, passed: tuple[_Look, ...]
    ) -> _Ends | None:
        """The ends of what goes through an appliance of a function group; it keeps what the group's table has no row for."""
        table = TableName("group", hop.name)
        row = finds.row(table, hop.edge)
        if row is None:
            return _seen(self._handed(appliance, hop.edge, prefix), hop)
        ends = self._ends(table, row, prefix, finds, passed)
        return None if ends is None else _seen(ends, hop)

    def _handed(self, name: str, edge: str, prefix: Prefix) -> _Ends:
        """What comes of a packet that an attachment is handed, which may pass it on to the target (see `walks.settled`)."""
        if name == self._target.attachment:
            return _ARRIVED
        key = (name, edge, prefix)
        if key not in self._onward:
            self._onward[key] = leads_on(self._tables, name, edge, prefix, (self._target.attachment,))
        return _PASSED_ON if self._onward[key] else _GONE


def _is_missing(row: Row | None) -> bool:
    return row is None


def _seen(ends: _Ends, hop: NextHop) -> _Ends:
    """The same ways by a function group before."""
    passed = [((hop.name, *(n for n in names if n != hop.name)), (hop.edge, *at)) for names, at in ends.passed]
    return _Ends(ends.ends, ends.ways, tuple(passed))


def _together(found: Sequence[_Ends]) -> _Ends:
    return _Ends(
        frozenset().union(*(each.ends for each in found)),
        sum(each.ways for each in found),
        tuple(dict.fromkeys(some for each in found for some in each.passed if each.ways)),
    )


_BLOCKED = Fate(Verdict.BLOCKED)
_OPEN: Final = frozenset((_UNKNOWN,))
_ARRIVED, _BLACKHOLE = _Ends(frozenset((_DELIVERED,)), 1), _Ends(frozenset(("blackhole",)), 1)
_PASSED_ON, _GONE = _Ends(_OPEN, 1), _Ends(frozenset(("left",)), 1)
_NO_ROUTE, _UNHEARD = _Ends(frozenset(("no-route",)), 1), _Ends(frozenset(("not-announced",)), 1)
_NOT_ADVERTISED = _Ends(frozenset(("not-advertised",)), 1)
