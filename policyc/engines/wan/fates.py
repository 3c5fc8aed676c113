"""What `reach` says of many senders to one target, where their packets meet no function group: the verdicts alone, without ways and words.

Packets that are looked up next in the same table at the same edge fare alike, whoever sent them, so each place is looked at once.
"""

from __future__ import annotations

from policyc.engines.wan.associate import Association, Standing
from policyc.engines.wan.core import TableName
from policyc.engines.wan.prefixes import Prefix
from policyc.engines.wan.reach import (
    MAX_WALKS,
    MAX_WALKS_OF_ALL,
    Target,
    Verdict,
    cannot_receive,
    heard_by,
    heard_of,
    parts_of,
)
from policyc.engines.wan.tables import Tables
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


class Fates:
    """The senders to one attachment, in one network. INVARIANT: the tables are not changed any more."""

    def __init__(self, tables: Tables, target: Target) -> None:
        self._tables, self._target = tables, target
        self._absent = cannot_receive(tables.core, target) is not None
        self._parts: dict[frozenset[int], list[Prefix]] = {}
        self._known: dict[tuple[TableName, str, Prefix], _Ends | None] = {}

    def of(self, source: str) -> Fate | None:
        """How a sender's packets fare; None where `reach` has to be asked."""
        association = self._tables.core.associations[source]
        if association.standing not in (Standing.SEGMENT, Standing.UNDECIDED):
            return None if association.is_group else Fate(Verdict.BLOCKED)
        mine = frozenset(prefix.family for prefix in association.attachment.prefixes)
        prefixes = self._parts_for(mine)
        if self._target.prefixes and not prefixes:
            return Fate(Verdict.BLOCKED)
        if association.standing is Standing.UNDECIDED:
            return Fate(Verdict.UNDECIDED)
        if self._absent:
            return Fate(Verdict.BLOCKED)
        if not prefixes or not self._is_plain(association):
            return None
        return self._fate(association, prefixes)

    def _parts_for(self, families: frozenset[int]) -> list[Prefix]:
        found = self._parts.get(families)
        if found is None:
            kept = [prefix for prefix in self._target.prefixes if not families or prefix.family in families]
            found = self._parts[families] = parts_of(self._tables, kept)
        return found

    def _is_plain(self, association: Association) -> bool:
        """Whether packets start at one edge, where nothing is chosen by what is found."""
        item = association.attachment
        return len(item.regions) == 1 and item.type != "direct-connect-gateway" and not association.is_group

    def _fate(self, association: Association, prefixes: list[Prefix]) -> Fate | None:
        name, edge = place_of(association), association.attachment.regions[0]
        told = heard_by(self._tables, association)
        parts: list[Verdict] = []
        count = 0
        for prefix in prefixes:
            unheard, doubts = heard_of(told, prefix)
            found = _UNHEARD if unheard else self._ends(name, edge, prefix, ())
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

    def _ends(
        self, name: TableName, edge: str, prefix: Prefix, passed: tuple[tuple[TableName, str], ...]
    ) -> _Ends | None:
        """None where a way meets a function group, comes back, or is handed to somebody who may pass it on."""
        key = (name, edge, prefix)
        if key not in self._known:
            self._known[key] = (
                None if (name, edge) in passed else self._looked_up(name, edge, prefix, (*passed, (name, edge)))
            )
        return self._known[key]

    def _looked_up(
        self, name: TableName, edge: str, prefix: Prefix, passed: tuple[tuple[TableName, str], ...]
    ) -> _Ends | None:
        tables = self._tables
        row = tables.table(name, edge).lookup(prefix) if edge in tables.edges_of(name) else None
        if row is None:
            return _NO_ROUTE
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
                below = self._ends(table, hop.edge, prefix, passed)
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


_NO_ROUTE = _Ends(frozenset(("no-route",)), 1)
_UNHEARD = _Ends(frozenset(("not-announced",)), 1)
