"""Where the tables of two core networks differ, and which senders' ways that may touch: nobody else has to be asked.

Every row of every table is held against its counterpart once. A prefix that no differing row covers, and that covers none, is
looked up alike everywhere, so that it fares alike for whoever is in the same place before and after and whose far side hears
the same. For the few other prefixes the tables on the way are compared, from each place where packets start.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence, Set
from operator import attrgetter
from typing import Final

from policyc.engines.wan.associate import Standing
from policyc.engines.wan.attachments import Attachment
from policyc.engines.wan.core import NextHop, TableName
from policyc.engines.wan.lookups import Lookups, lookups_of
from policyc.engines.wan.outbound import hears_less, shared_doubt, told_to
from policyc.engines.wan.prefixes import Prefix, shorten
from policyc.engines.wan.reach import Told, heard_by, heard_of
from policyc.engines.wan.rows import Option, Row, Rows
from policyc.engines.wan.tables import Tables
from policyc.engines.wan.walks import Start, place_of, start_of
from policyc.record import field, record
from policyc.targets.cloud_wan.classes import Class, divided, position

_OPTIONS: Final = attrgetter("options")
_DOUBTS: Final = attrgetter("doubts")

#: a table at an edge
Place = tuple[TableName, str]


@record
class Group:
    """Classes of senders, by number, that begin alike in each network (None where they cannot send), with addresses of the same IP versions."""

    starts: tuple[Start | None, Start | None]
    families: tuple[frozenset[int], frozenset[int]]
    members: list[int] = field(default_factory=list)


@record
class _Sender:
    """How a sender that begins alike before and after does so; `untold` are prefixes that its far side hears of differently."""

    start: Start
    untold: tuple[Prefix, ...] = ()
    hearing: tuple[Told, Told] | None = None


@record(frozen=False)
class Beginning:
    """How classes of senders, by number, begin: those in `moved` not alike before and after, `asked` neither, and not known where; `groups` are all
    others that can send, by table. What those in `hearing` are told comes of rows on their way alone."""

    asked: list[int] = field(default_factory=list)
    moved: dict[Hashable, Group] = field(default_factory=dict)
    groups: dict[TableName, dict[Hashable, Group]] = field(default_factory=dict)
    hearing: dict[int, tuple[Told, Told]] = field(default_factory=dict)
    untold: _Untold = field(default_factory=lambda: _Untold(()))


@record
class Near:
    """Whose way to some prefixes may differ: the classes `asked`, and those that begin in the tables `open`, each with the `ways` that lead from it to something
    that differs; `cut` where some table knows a part of a prefix by itself."""

    asked: set[int]
    open: Mapping[TableName, Sequence[_Ways]]
    cut: bool

    def same(self, start: Start) -> bool:
        """Whether all ways are the same from a start in one of the tables, at each of its edges."""
        return not self.cut and all(
            way.same((start.table, edge), start.spanning) for way in self.open[start.table] for edge in start.edges
        )


class Differences:
    """What is not the same in two networks; an attachment that only one of them places has moved. INVARIANT: the tables are not changed any more."""

    def __init__(self, old: Tables, new: Tables) -> None:
        self._tables = (old, new)
        before, after = (
            {name: position(found) for name, found in tables.core.associations.items()} for tables in (old, new)
        )
        self._moved = frozenset(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
        #: whether equal rows are told alike, by the same edges
        self._tells_alike = new.core.tells_as(old.core)
        #: whether what far sides hear of a prefix hangs on other prefixes too
        self._summed = any(
            rule.action.type == "summarize"
            for tables in (old, new)
            for policy in tables.core.network.routing_policies
            for rule in policy.rules
        )
        self._changed = changed_rows(old, new, self._moved)
        #: the tables with a differing row for a prefix, at some edge
        self._differing: dict[Prefix, set[TableName]] = {}
        by_table: dict[TableName, set[Prefix]] = {}
        for (name, _), found in self._changed.items():
            by_table.setdefault(name, set()).update(found)
        for name, found in by_table.items():
            for prefix in found:
                self._differing.setdefault(prefix, set()).add(name)
        every = set(self._differing)
        every.update(set(old.known()) ^ set(new.known()))
        self._every = frozenset(every)
        self._sorted = sorted(every)
        self._lengths = {family: sorted({p.length for p in every if p.family == family}) for family in (4, 6)}
        self._last: tuple[Sequence[Class], Beginning] | None = None
        #: what tables that know nothing of a prefix lead to, for all prefixes within the same blocks (see `_Ways.never_meets`)
        self._never: dict[Hashable, dict[TableName, bool]] = {}
        self.lookups = (lookups_of(old), lookups_of(new))

    def suspects(self, sent: Sequence[Class], prefixes: Sequence[Prefix]) -> list[Class]:
        """The classes of senders whose way to one of the prefixes may not be the same before and after."""
        near, beginning = self.near(sent, prefixes), self.beginning(sent)
        found = near.asked.union(*(group.members for group in beginning.moved.values()))
        hearing = beginning.hearing
        for group in (group for name in near.open for group in beginning.groups[name].values()):
            start = group.starts[1]
            if start is None or not near.same(start):
                found.update(group.members)
            else:
                found.update(at for at in group.members if at in hearing and _hears_otherwise(hearing[at], prefixes))
        return [sent[at] for at in sorted(found)]

    def near(self, sent: Sequence[Class], prefixes: Sequence[Prefix], *, whole: bool = False) -> Near:
        """The same but for those that have moved, with what begins alike together and not yet held against the rows on its way; of the `whole` where
        whoever has the prefixes is not there before or after."""
        beginning = self.beginning(sent)
        found = set(beginning.asked)
        touched = [prefix for prefix in prefixes if self._touches(prefix)]
        for prefix in prefixes if self._summed else touched:
            found.update(beginning.untold.meeting(prefix))
        cut = whole or any(divided(tables, prefix) for tables in self._tables for prefix in touched)
        if cut:
            return Near(found, dict.fromkeys(beginning.groups, ()), True)
        open_: dict[TableName, list[_Ways]] = {}
        for way in map(self._ways, touched):
            for name in way.meeting(beginning.groups):
                open_.setdefault(name, []).append(way)
        return Near(found, open_, False)

    def _ways(self, prefix: Prefix) -> _Ways:
        covering = self._covering(prefix)
        suspect = frozenset([name for block in covering for name in self._differing.get(block, ())])
        return _Ways(self.lookups, self._changed, prefix, covering, suspect, self._never)

    def beginning(self, sent: Sequence[Class]) -> Beginning:
        """How these classes begin, worked out once for the classes that were asked about last."""
        if self._last is None or self._last[0] is not sent:
            found, untold = Beginning(), list[tuple[int, tuple[Prefix, ...]]]()
            for at, sending in enumerate(sent):
                sender = self._sender(sending[0])
                if sender is False:
                    continue
                starts = self._starts(sending[0])
                if starts is None:
                    found.asked.append(at)
                    continue
                families = self._families(sending[0])
                groups = found.moved if sender is True else found.groups.setdefault(sender.start.table, {})
                key = (starts, families)
                groups.setdefault(key, Group(*key)).members.append(at)
                if isinstance(sender, _Sender):
                    if sender.untold:
                        untold.append((at, sender.untold))
                    if sender.hearing is not None:
                        found.hearing[at] = sender.hearing
            found.untold = _Untold(untold)
            self._last = sent, found
        return self._last[1]

    def _starts(self, sender: Attachment) -> tuple[Start | None, Start | None] | None:
        """Where a sender begins in either network; None where that is not known."""
        found = [tables.core.associations[sender.name] for tables in self._tables]
        if any(one.standing is Standing.UNDECIDED for one in found):
            return None
        before, after = (
            start_of(tables, one) if one.working else None for tables, one in zip(self._tables, found, strict=True)
        )
        return before, after

    def _families(self, sender: Attachment) -> tuple[frozenset[int], frozenset[int]]:
        """The IP versions of what a sender sends; an appliance passes on what others send."""
        own = frozenset(prefix.family for prefix in sender.prefixes)
        before, after = (
            frozenset[int]() if tables.core.associations[sender.name].is_group else own for tables in self._tables
        )
        return before, after

    def _touches(self, prefix: Prefix) -> bool:
        """Whether a row for the prefix, for a part of it or for a block that has it differs anywhere."""
        at = bisect_right(self._sorted, prefix)
        return bool(self._covering(prefix)) or (at < len(self._sorted) and prefix.covers(self._sorted[at]))

    def _covering(self, prefix: Prefix) -> list[Prefix]:
        lengths = self._lengths[prefix.family]
        blocks = (shorten(prefix, length) for length in lengths if length <= prefix.length)
        return [block for block in blocks if block in self._every]

    def _sender(self, sender: Attachment) -> _Sender | bool:
        """Where a sender begins; True when not alike before and after, False when it never has to be asked."""
        if sender.name in self._moved:
            return True
        before, after = (tables.core.associations[sender.name] for tables in self._tables)
        if after.standing in (Standing.PENDING, Standing.UNASSOCIATED, Standing.UNDECIDED):
            return False
        start, name = start_of(self._tables[1], after), place_of(after)
        edges = [[edge for edge in sender.regions if edge in tables.edges_of(name)] for tables in self._tables]
        both = list(zip(self._tables, (before, after), strict=True))
        less = {hears_less(tables.core, found) for tables, found in both}
        if edges[0] != edges[1] or len(less) > 1:
            return True
        if less == {False}:
            return _Sender(start)
        alike = self._tells_alike and len({shared_doubt(tables.core, found) for tables, found in both}) == 1
        if alike and not any((name, edge) in self._changed for edge in start.edges):
            return _Sender(start)
        tolds = [heard_by(tables, found) for tables, found in both]
        known = [told for told in tolds if told is not None]
        if alike and len(known) == 2:
            # of what is on no way but an aggregate is told all the same
            return _Sender(start, _otherwise(*known), (known[0], known[1]))
        told = [
            {(item.prefix, bool(item.refused), item.doubts) for item in told_to(tables, found)}
            for tables, found in both
        ]
        return _Sender(start, tuple({item[0] for item in told[0] ^ told[1]}))


def _otherwise(before: Told, after: Told) -> tuple[Prefix, ...]:
    """The aggregates that two far sides hear of differently."""
    found = before.aggregates | after.aggregates
    told = [
        {block: [(item.refused != "", item.doubts) for _, item in one.of(block)] for block in found}
        for one in (before, after)
    ]
    return tuple(block for block in found if told[0][block] != told[1][block])


def _hears_otherwise(told: tuple[Told, Told], prefixes: Sequence[Prefix]) -> bool:
    before, after = told
    return any(heard_of(before, prefix) != heard_of(after, prefix) for prefix in prefixes)


class _Untold:
    """Classes of senders, by number, with prefixes that each hears of differently."""

    __slots__ = ("_lengths", "_members", "_sorted")

    def __init__(self, told: Iterable[tuple[int, Iterable[Prefix]]]) -> None:
        self._members: dict[Prefix, list[int]] = {}
        for at, prefixes in told:
            for prefix in prefixes:
                self._members.setdefault(prefix, []).append(at)
        self._sorted = sorted(self._members)
        self._lengths = {family: sorted({p.length for p in self._sorted if p.family == family}) for family in (4, 6)}

    def meeting(self, prefix: Prefix) -> Iterator[int]:
        """Those that hear differently of a prefix that overlaps this one."""
        for length in self._lengths[prefix.family]:
            if length <= prefix.length:
                yield from self._members.get(shorten(prefix, length), ())
        for at in range(bisect_right(self._sorted, prefix), len(self._sorted)):
            if not prefix.covers(self._sorted[at]):
                return
            yield from self._members[self._sorted[at]]


class _Ways:
    """The ways to one prefix that no table knows a part of: from which places on all tables lead alike.

    `covering` are the blocks around the prefix that some table has a differing row for, and `suspect` those tables.
    """

    def __init__(
        self,
        lookups: Sequence[Lookups],
        changed: Mapping[Place, Set[Prefix]],
        prefix: Prefix,
        covering: Sequence[Prefix],
        suspect: frozenset[TableName],
        never: dict[Hashable, dict[TableName, bool]],
    ) -> None:
        self._changed, self._covering, self._suspect = changed, covering, suspect
        self._cores = [each.tables.core for each in lookups]
        self._finds = [each.of(prefix) for each in lookups]
        self._never = never.setdefault((suspect, *(found.wider for found in self._finds)), {})
        found = self._cores[1].owners(prefix)
        #: who alone states the prefix: what he is handed has arrived
        self._alone = found[0].attachment.name if len(found) == 1 else ""
        self._known: dict[Place, bool] = {}
        self._tables: dict[TableName, bool] = {}

    def same(self, start: Place, spanning: bool) -> bool:
        """Whether all tables from here on lead alike. What was passed on an equal way is equal as well. A `spanning` start tells apart
        two ways of dropping a packet."""
        if spanning and self._is_changed(start) and self._row(0, start) != self._row(1, start):
            return False
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

    def meeting(self, names: Iterable[TableName]) -> list[TableName]:
        """The tables from which a way may come to one with a suspect row."""
        knowing, never = self._finds[1].knowing, self._never
        left = [name for name in names if name in knowing or not never.get(name, False)]
        return [name for name in left if not self.never_meets(name)]

    def never_meets(self, start: TableName) -> bool:
        """Whether no way from a table, at whatever edge, comes to one with a suspect row, or to somebody who is elsewhere now."""
        found = self._tables.get(start)
        if found is None:
            found = self._never.get(start) if start not in self._finds[1].knowing else None
        if found is None:
            seen: set[TableName] = set()
            waiting = [start]
            while waiting:
                name = waiting.pop()
                if name in seen:
                    continue
                seen.add(name)
                onward = None if name in self._suspect else self._from(name)
                if onward is None:
                    self._tables[start] = found = False
                    break
                waiting += onward
            else:
                self._tables.update(dict.fromkeys(seen, True))
                found = True
            if self._is_common(seen):
                self._never[start] = found
        return found

    def _is_common(self, names: Collection[TableName]) -> bool:
        """Whether tables lead every prefix within the same blocks alike: they have no row for it, and nobody has it who is handed a packet."""
        finds = self._finds[1]
        return finds.knowing.isdisjoint(names) and not any(self._alone in finds.lead(name).handed for name in names)

    def _from(self, name: TableName) -> list[TableName] | None:
        """The tables that a packet may come to next; None where somebody it is handed to is elsewhere now."""
        names, handed = self._finds[1].lead(name)
        others = [self._place(other) for other in handed if other != self._alone]
        kept = [other for other in others if other is not None]
        return [*names, *kept] if len(kept) == len(others) else None

    def _place(self, attachment: str) -> TableName | None:
        """The table that somebody who is handed a packet may send it on by; None where that is not the same before and after."""
        before, after = (core.associations[attachment] for core in self._cores)
        return place_of(after) if position(before) == position(after) else None

    def _row(self, which: int, place: Place) -> Row | None:
        return self._finds[which].row(*place)

    def _is_changed(self, place: Place) -> bool:
        changed = self._changed.get(place, ())
        return any(block in changed for block in self._covering)

    def _following(self, place: Place) -> list[Place] | None:
        """The places that may look the prefix up next; None where the look-up is not the same before and after."""
        row = self._row(1, place)
        if self._is_changed(place) and self._led(0, place, self._row(0, place)) != self._led(1, place, row):
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

    def _led(self, which: int, place: Place, row: Row | None) -> Hashable:
        """Where a look-up leads, with what else decides about the way: doubts, the row's prefix, and a group's appliances. A segment
        drops what it has no row for, as a blackhole does."""
        hops = () if row is None else tuple(option.hop for option in row.options)
        doubts = () if row is None else row.doubts
        if not doubts and place[0].kind != "group" and all(hop.kind == "blackhole" for hop in hops):
            return None
        if row is None:
            return ()
        core = self._cores[which]
        members = tuple(tuple(core.group_members(hop.name, hop.edge)) for hop in hops if hop.kind == "group")
        return hops, row.prefix, doubts, members

    def _onward(self, hop: NextHop) -> Place | None:
        """Where somebody who is handed a packet may send it on; None where that is not the same before and after."""
        table = self._place(hop.name)
        if table is None:
            return None
        regions = self._cores[1].associations[hop.name].attachment.regions
        return table, hop.edge if hop.edge in regions else regions[0]


# --- row by row -------------------------------------------------------------------------------------------------


def changed_rows(old: Tables, new: Tables, moved: frozenset[str]) -> dict[Place, Set[Prefix]]:
    """For every table at every edge the prefixes whose rows differ, or lead to somebody who is elsewhere now; places with the same ones share them."""
    alike = _Alike(old, new, moved)
    # Where nobody is attached a packet is looked up only if somebody's row leads there: it differs where one network has no such table.
    peopled = {region for tables in (old, new) for item in tables.core.attachments for region in item.regions}
    out: dict[Place, Set[Prefix]] = {}
    held: dict[frozenset[Prefix], frozenset[Prefix]] = {}
    for name in dict.fromkeys((*_names(old), *_names(new))):
        if new.same(name, old):
            continue
        suspects = new.differing(name, old)
        both = _edges(old, name), _edges(new, name)
        for edge in dict.fromkeys((*both[0], *both[1])):
            if edge not in peopled and not all(edge in edges for edges in both):
                continue
            before, after = (
                tables.table(name, edge).rows if edge in edges else {}
                for tables, edges in zip((old, new), both, strict=True)
            )
            if suspects is not None:
                found = {prefix for prefix in suspects if not alike.for_one(before.get(prefix), after.get(prefix))}
            elif not alike.throughout(before, after):
                found = set(before.keys() ^ after.keys())
                common = before.keys() & after.keys()
                found.update(prefix for prefix in common if not alike(before[prefix], after[prefix]))
            else:
                continue
            if found:
                kept = frozenset(found)
                out[name, edge] = held.setdefault(kept, kept)
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
        # The tables keep all rows, so that the ids of their options stay their own.
        self._alike: set[tuple[int, int]] = set()
        self._other: set[tuple[int, int]] = set()

    def __call__(self, one: Row, other: Row) -> bool:
        if one.doubts != other.doubts:
            return False
        return self._lead_alike((id(one.options), id(other.options)), one.options, other.options)

    def for_one(self, one: Row | None, other: Row | None) -> bool:
        """Whether a table leads one prefix alike by its own rows, which may be none."""
        if one is other is None:
            return True
        return one is not None and other is not None and self(one, other)

    def throughout(self, before: Rows, after: Rows) -> bool:
        """Whether two tables have the same prefixes, and all their rows are alike. Each pair of options is looked at once, and what
        passes all rows is left to built-in functions."""
        if list(before) == list(after):
            olds = list(before.values())
        elif before.keys() == after.keys():
            olds = list(map(before.__getitem__, after))
        else:
            return False
        news = list(after.values())
        if list(map(_DOUBTS, olds)) != list(map(_DOUBTS, news)):
            return False
        one, other = list(map(_OPTIONS, olds)), list(map(_OPTIONS, news))
        pairs = dict(zip(zip(map(id, one), map(id, other), strict=True), zip(one, other, strict=True), strict=True))
        return all(self._lead_alike(key, *pairs[key]) for key in pairs.keys() - self._alike)

    def _lead_alike(self, key: tuple[int, int], one: Sequence[Option], other: Sequence[Option]) -> bool:
        if key not in self._alike and key not in self._other:
            (self._alike if self._compared(one, other) else self._other).add(key)
        return key in self._alike

    def _compared(self, one: Sequence[Option], other: Sequence[Option]) -> bool:
        if [(item.hop, item.path) for item in one] != [(item.hop, item.path) for item in other]:
            return False
        return not any(self._elsewhere(item.hop) for item in other)

    def _elsewhere(self, hop: NextHop) -> bool:
        if hop.kind == "group":
            before, after = (core.group_members(hop.name, hop.edge) for core in self._cores)
            return before != after
        return hop.kind == "attachment" and hop.name in self._moved
