"""Which answers between attachments change when one core network replaces another.

Attachments that are alike are asked once for all (`classes`), and where nothing on the way differs nobody is asked (`differences`).
What is left is asked by starts: senders whose packets are looked up first in one table at one edge fare alike, unless their far sides do
not hear all. So the work grows with the number of places and of kinds of destinations, not with pairs of attachments.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from policyc.engines.wan.attachments import Attachment
from policyc.engines.wan.core import TableName
from policyc.engines.wan.fates import Fate, Fates, Hearing, Senders
from policyc.engines.wan.outbound import Plain, plainly_told
from policyc.engines.wan.prefixes import Prefix
from policyc.engines.wan.reach import Answer, Target, Verdict, reach
from policyc.engines.wan.rows import Row
from policyc.engines.wan.tables import Tables
from policyc.engines.wan.walks import Start
from policyc.targets.cloud_wan.beginners import Beginners, Desk, Ears, Marks, marked, numbers
from policyc.targets.cloud_wan.classes import Class, receivers
from policyc.targets.cloud_wan.differences import Differences, Group, Near

#: told what is counted, how many are done, and of how many
Watch: TypeAlias = Callable[[str, int, int], None]


def unwatched(_what: str, _done: int, _total: int) -> None:
    """For those who do not care how far a comparison is."""


def changed_ways(
    old: Tables, new: Tables, sent: Sequence[Class], differences: Differences | None = None, watch: Watch = unwatched
) -> Iterator[tuple[Marks, Class, str, str]]:
    """(senders, receivers, before, after) wherever the answer changes, for each sender to each receiver but itself; senders are classes of `sent`."""
    differences = differences or Differences(old, new)
    begun = Senders(differences.lookups[0]), Senders(differences.lookups[1])
    beginners = Beginners(sent, differences.beginning(sent), begun)
    reached = receivers(old, new)
    for at, receiving in enumerate(reached):
        watch("destinations asked about", at, len(reached))
        standings = {tables.core.associations[receiving[0].name].standing for tables in (old, new)}
        near = differences.near(sent, receiving[0].prefixes, whole=len(standings) > 1)
        for (before, after), sending in _Question(sent, beginners, begun, receiving, near).changed().items():
            yield sending, receiving, before, after


#: the verdict in words, and the edges at which function groups see a packet that arrives
_Verdict: TypeAlias = tuple[str, str]
#: what a sender hears, before and after
_Heard: TypeAlias = tuple[Hearing, Hearing]
_ALL: Final[_Heard] = ((), ())


class _Question:
    """What changes for senders on the way to one class of receivers."""

    def __init__(
        self, sent: Sequence[Class], beginners: Beginners, begun: tuple[Senders, Senders], receiving: Class, near: Near
    ) -> None:
        self._sent, self._beginners, self._begun, self._receiving, self._near = sent, beginners, begun, receiving, near
        self._asked = self._ask(receiving[0])
        # He is not asked for the way to himself, but to another one of the receivers.
        self._apart = marked(near.asked) | beginners.alone.get(receiving[0].name, 0)
        self._found: dict[tuple[str, str], Marks] = {}
        self._versions = frozenset(prefix.family for prefix in receiving[0].prefixes)
        #: by the id of a row; tables keep all rows
        self._plain: dict[tuple[int, Prefix], Plain | None] = {}

    def changed(self) -> dict[tuple[str, str], Marks]:
        """The senders by what changes for them."""
        self._one_by_one(self._apart)
        for group, ears in self._beginners.moved:
            self._group(group, ears, moved=True)
        # Tables that lead to the receivers by the same rows are looked at once, for all senders that are asked about the same parts.
        known: dict[Hashable, list[_Rows]] = {}
        for name in self._near.open:
            for versions, desk in self._beginners.desks[name].items():
                families = self._families(versions)
                if families is None:
                    continue
                key = (families, *[one.fates.table(name, families) for one in self._asked])
                if key not in known:
                    known[key] = self._rows(name, families)
                for rows in known[key]:
                    self._at(name, rows, desk)
                for group, ears in desk.groups:
                    self._group(group, ears)
        return self._found

    def _families(self, families: frozenset[int]) -> frozenset[int] | None:
        """Those of the IP versions that the receivers have, which are all for an appliance; None where nothing is sent to them."""
        if not self._versions:
            return families
        return self._versions & (families or self._versions) or None

    def _at(self, name: TableName, rows: _Rows, desk: Desk) -> None:
        """What changes for those at a desk whose packets are looked up by some rows."""
        families = rows.families
        for heard, marks in self._hearing(desk.at(rows.edges), rows.told, rows.own, (families, families)):
            texts = rows.begun(self._asked, heard)
            if texts is not None:
                self._add(texts, marks)
                continue
            for edge in rows.edges:
                some = desk.at((edge,))
                self._unlike(marks & (some.sure | some.others), heard, Start(name, (edge,), False))

    def _rows(self, name: TableName, families: frozenset[int]) -> list[_Rows]:
        """The edges at which somebody begins in a table, by the rows that packets are looked up by there."""
        edges = self._beginners.edges
        parts = [(part, finds.at(name)) for one in self._asked for part, finds in one.fates.parts(families)]
        columns = [[found.get(edge) for edge in edges] for _, found in parts]
        found: dict[Hashable, _Rows] = {}
        for edge, *rows in zip(edges, *columns, strict=True):
            key = tuple(map(id, rows))
            if key not in found:
                told = self._plainly_told([(row, part) for row, (part, _) in zip(rows, parts, strict=True)])
                found[key] = _Rows(Start(name, (edge,), False), families, told, self._beginners.own(told))
            found[key].edges += (edge,)
        return list(found.values())

    def _plainly_told(self, rows: Sequence[tuple[Row | None, Prefix]]) -> Plain | None:
        """How far sides are told of all parts of the receivers; None where that is not plain."""
        every: list[Plain] = []
        for row, part in rows:
            key = id(row), part
            if key not in self._plain:
                self._plain[key] = plainly_told(row, part)
            told = self._plain[key]
            if told is None:
                return None
            every.append(told)
        return Plain.together(every) if every else None

    def _hearing(
        self, ears: Ears, told: Plain | None, own: Marks, families: tuple[frozenset[int], frozenset[int]]
    ) -> Iterator[tuple[_Heard, Marks]]:
        """Senders with addresses of some IP versions by what they hear of the receivers, before and after; some may hear alike."""
        (old, new), (sure, left) = self._asked, ears.hearing(told, own)
        if sure & ~self._apart:
            yield _ALL, sure & ~self._apart
        for at in numbers(left & ~self._apart):
            tolds = self._beginners.told(at)
            before, after = old.fates.hearing(tolds[0], families[0]), new.fates.hearing(tolds[1], families[1])
            yield (before, after), 1 << at

    def _group(self, group: Group, ears: Ears, *, moved: bool = False) -> None:
        """What changes for a group."""
        for heard, marks in self._hearing(ears, None, 0, group.families):
            texts = _begun(self._asked, group.starts, group.families, heard)
            if texts is not None:
                self._add(texts, marks)
            elif moved:
                self._one_by_one(marks, alike=True)
            else:
                assert group.starts[1] is not None
                self._unlike(marks, heard, group.starts[1])

    def _unlike(self, marks: Marks, heard: _Heard, start: Start) -> None:
        """Ask senders that begin alike and hear alike, unless nothing on their way differs."""
        if marks and (heard[0] != heard[1] or not self._near.same(start)):
            self._one_by_one(marks, alike=True)

    def _one_by_one(self, marks: Marks, *, alike: bool = False) -> None:
        """Ask senders; where they are `alike`, the first of them for all."""
        for at in numbers(marks & -marks if alike else marks):
            pair = _pair(self._sent[at], self._receiving)
            if pair is None:
                continue
            here, there = pair
            before, after = self._asked if there is self._receiving[0] else self._ask(there)
            self._add(_told(before.verdict(here), after.verdict(here)), marks if alike else 1 << at)

    def _ask(self, target: Attachment) -> tuple[_Asked, _Asked]:
        asked = Target(target.prefixes, target.name)
        return _Asked(self._begun[0], asked), _Asked(self._begun[1], asked)

    def _add(self, texts: tuple[str, str], marks: Marks) -> None:
        if texts[0] != texts[1]:
            self._found[texts] = self._found.get(texts, 0) | marks


class _Rows:
    """The `edges` at which packets are looked up by the same rows; `told` is how far sides there are told of the receivers, `own` to whom the rows lead."""

    __slots__ = ("_begun", "_start", "edges", "families", "own", "told")

    def __init__(self, start: Start, families: frozenset[int], told: Plain | None, own: Marks) -> None:
        self._start, self.families, self.told, self.own = start, families, told, own
        self.edges: tuple[str, ...] = ()
        self._begun: dict[_Heard, tuple[str, str] | None] = {}

    def begun(self, asked: tuple[_Asked, _Asked], heard: _Heard) -> tuple[str, str] | None:
        if heard not in self._begun:
            self._begun[heard] = _begun(asked, (self._start, self._start), (self.families, self.families), heard)
        return self._begun[heard]


class _Asked:
    """The senders to one target in one network, asked one after the other."""

    __slots__ = ("_tables", "_target", "_texts", "fates")

    def __init__(self, begun: Senders, target: Target) -> None:
        self._tables, self._target, self.fates = begun.tables, target, Fates(begun, target)
        #: by the id of a fate, which stands beside it so that the id stays its own
        self._texts: dict[int, tuple[Fate, _Verdict]] = {}

    def verdict(self, sender: Attachment) -> _Verdict:
        fate = self.fates.of(sender.name)
        if fate is not None:
            return self.text(fate)
        answer = reach(self._tables, sender.name, self._target)
        return verdict_of(answer), where_inspected(answer)

    def text(self, fate: Fate) -> _Verdict:
        found = self._texts.get(id(fate))
        if found is None:
            text = _verdict(fate.verdict, fate.parts, fate.groups), _where(fate.verdict, fate.inspected_at)
            found = self._texts[id(fate)] = (fate, text)
        return found[1]


def _told(before: _Verdict, after: _Verdict) -> tuple[str, str]:
    """What to say of two verdicts; where they are the same words, with the edges at which function groups look."""
    return (before[0], after[0]) if before[0] != after[0] else ("".join(before), "".join(after))


def _begun(
    asked: tuple[_Asked, _Asked],
    starts: tuple[Start | None, Start | None],
    families: tuple[frozenset[int], frozenset[int]],
    heard: _Heard,
) -> tuple[str, str] | None:
    """The verdicts on what is sent by those who begin so and hear that; None where each sender has to be asked."""
    old, new = asked
    before = old.fates.begin(starts[0], families[0], heard[0])
    after = new.fates.begin(starts[1], families[1], heard[1])
    return None if before is None or after is None else _told(asked[0].text(before), asked[1].text(after))


def _pair(sending: Class, receiving: Class) -> tuple[Attachment, Attachment] | None:
    """One of each, not the same one."""
    for there in receiving[:2]:
        for here in sending[:2]:
            if there is not here:
                return here, there
    return None


def verdict_of(answer: Answer) -> str:
    return _verdict(answer.verdict, [part.verdict for part in answer.parts], answer.groups)


def _verdict(verdict: Verdict, parts: Sequence[Verdict], groups: Sequence[str] = ()) -> str:
    match verdict:
        case Verdict.UNDECIDED:
            text = "not known"
        case Verdict.PARTLY:
            # by number: what is said of one attachment stands for others with other prefixes
            numbers = [str(at) for at, part in enumerate(parts, 1) if part is Verdict.REACHABLE]
            text = f"reachable in part (prefix {', '.join(numbers)} of {len(parts)})"
        case Verdict.BLOCKED:
            return "blocked"  # whatever it passes before it is dropped
        case Verdict.REACHABLE:
            text = "reachable"
    return text + (f", inspected by {', '.join(groups)}" if groups else "")


def where_inspected(answer: Answer) -> str:
    """The edges at which function groups see a packet that arrives, way by way."""
    return _where(answer.verdict, [walk.inspected_at for walk in answer.walks])


def _where(verdict: Verdict, ways: Iterable[Sequence[str]]) -> str:
    if verdict is not Verdict.REACHABLE or not any(ways):
        return ""
    return " at " + " or ".join(sorted({" and ".join(way) or "nowhere" for way in ways}))
