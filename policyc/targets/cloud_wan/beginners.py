"""The senders of a comparison by where their packets begin and what their far sides hear, so that one look at a table answers for many.

Classes of senders are bits of a number, their marks: a crowd of them is one number, and crowds are joined and cut by arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from policyc.engines.wan.fates import Senders
from policyc.engines.wan.outbound import Plain
from policyc.engines.wan.reach import Told
from policyc.targets.cloud_wan.classes import Class
from policyc.targets.cloud_wan.differences import Beginning, Group

#: classes of senders, each the bit of its number
Marks: TypeAlias = int


def marked(numbers: Iterable[int]) -> Marks:
    found = 0
    for at in numbers:
        found |= 1 << at
    return found


def numbers(marks: Marks) -> Iterator[int]:
    """The numbers of classes, in order."""
    while marks:
        lowest = marks & -marks
        yield lowest.bit_length() - 1
        marks ^= lowest


class Ears:
    """Some senders by what they hear: `all` of them hear all, `plain` by their ASN whatever is plainly told, of `others` it is worked out."""

    __slots__ = ("all", "others", "plain", "sure")

    def __init__(self) -> None:
        self.all: Marks = 0
        self.plain: dict[int | None, Marks] = {}
        self.others: Marks = 0
        #: all but the others
        self.sure: Marks = 0

    def add(self, other: Ears) -> None:
        self.all |= other.all
        self.others |= other.others
        self.sure |= other.sure
        for asn, marks in other.plain.items():
            self.plain[asn] = self.plain.get(asn, 0) | marks

    def put(self, mark: Marks, before: Told | None, after: Told | None) -> None:
        """One more, with what it is told in either network if that may be less than all."""
        plain = None if before is None or after is None or before.plain != after.plain else before.plain
        if before is after is None:
            self.all |= mark
        elif plain is not None:
            self.plain[plain[0]] = self.plain.get(plain[0], 0) | mark
        else:
            self.others |= mark
            return
        self.sure |= mark

    def hearing(self, told: Plain | None, own: Marks) -> tuple[Marks, Marks]:
        """Those who hear all of somebody who is told of like that, and those of whom it has to be worked out; it leads to its `own`."""
        if told is None:
            return self.all, self.sure & ~self.all | self.others
        doubtful = self.sure & own & ~self.all
        for asn in told.asns.intersection(self.plain):
            doubtful |= self.plain[asn]
        return self.sure & ~doubtful, self.others | doubtful


class Desk:
    """The senders with addresses of some IP versions that begin in one table: by edge those that do so at one, and `groups` of others."""

    __slots__ = ("_known", "edges", "groups")

    def __init__(self) -> None:
        self.edges: dict[str, Ears] = {}
        self.groups: list[tuple[Group, Ears]] = []
        self._known: dict[tuple[str, ...], Ears] = {}

    def at(self, edges: tuple[str, ...]) -> Ears:
        """Those at any of the edges."""
        found = self._known.get(edges)
        if found is None:
            found = self._known[edges] = Ears()
            for edge in edges:
                if edge in self.edges:
                    found.add(self.edges[edge])
        return found


class Beginners:
    """All classes of senders of two networks. `alone` are the marks of those that are one attachment, by its name."""

    def __init__(self, sent: Sequence[Class], beginning: Beginning, begun: tuple[Senders, Senders]) -> None:
        self._sent, self._begun = sent, begun
        self._told: dict[int, tuple[Told | None, Told | None]] = {}
        self.alone = {sending[0].name: 1 << at for at, sending in enumerate(sent) if len(sending) == 1}
        #: those that do not begin alike before and after
        self.moved = [(group, self._ears(group)) for group in beginning.moved.values()]
        self.desks = {name: self._desks(groups.values()) for name, groups in beginning.groups.items()}
        every = (edge for desks in self.desks.values() for desk in desks.values() for edge in desk.edges)
        #: where anybody begins
        self.edges = tuple(dict.fromkeys(every))

    def told(self, at: int) -> tuple[Told | None, Told | None]:
        """What the far side of a class is told in either network, if that may be less than all."""
        found = self._told.get(at)
        if found is None:
            before, after = (begun[self._sent[at][0].name].told for begun in self._begun)
            found = self._told[at] = before, after
        return found

    def own(self, told: Plain | None) -> Marks:
        """Those to whom a route leads."""
        return 0 if told is None else sum(self.alone.get(name, 0) for name in told.handed)

    def _desks(self, groups: Iterable[Group]) -> dict[frozenset[int], Desk]:
        out: dict[frozenset[int], Desk] = {}
        for group in groups:
            start, desk = group.starts[1], out.setdefault(group.families[1], Desk())
            if start is not None and start == group.starts[0] and not start.spanning and len(start.edges) == 1:
                desk.edges[start.edges[0]] = self._ears(group)
            else:
                desk.groups.append((group, self._ears(group)))
        return out

    def _ears(self, group: Group) -> Ears:
        found = Ears()
        for at in group.members:
            found.put(1 << at, *self.told(at))
        return found
