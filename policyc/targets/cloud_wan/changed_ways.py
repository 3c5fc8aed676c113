"""Which answers between attachments change when one core network replaces another.

Attachments that are alike are asked once for all (`classes`), and where nothing on the way differs nobody is asked (`differences`).
What is left is asked by starts: senders whose packets are looked up first in one table at one edge fare alike, unless their far sides do
not hear all. So the work grows with the number of places and of kinds of destinations, not with pairs of attachments.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence, Set
from typing import NamedTuple, TypeAlias

from policyc.engines.wan.attachments import Attachment
from policyc.engines.wan.fates import Fate, Fates, Hearing, Senders
from policyc.engines.wan.reach import Answer, Target, Told, Verdict, reach
from policyc.engines.wan.tables import Tables
from policyc.targets.cloud_wan.classes import Class, receivers
from policyc.targets.cloud_wan.differences import Differences, Group, Near
from policyc.targets.cloud_wan.likeness import Likeness

#: told what is counted, how many are done, and of how many
Watch: TypeAlias = Callable[[str, int, int], None]


def unwatched(_what: str, _done: int, _total: int) -> None:
    """For those who do not care how far a comparison is."""


def changed_ways(
    old: Tables, new: Tables, sent: Sequence[Class], differences: Differences | None = None, watch: Watch = unwatched
) -> Iterator[tuple[list[int], Class, str, str]]:
    """(senders, receivers, before, after) wherever the answer changes, for each sender to each receiver but itself; senders are classes of `sent`,
    by number."""
    asking = _Asking(old, new, sent, differences or Differences(old, new))
    reached = receivers(old, new)
    for at, receiving in enumerate(reached):
        watch("destinations asked about", at, len(reached))
        for (before, after), sending in asking.changed(receiving).items():
            yield sending, receiving, before, after


#: those who hear all, and the others with what they are told before and after
_Members: TypeAlias = tuple[list[int], list[tuple[int, Told | None, Told | None]]]


#: the verdict in words, and the edges at which function groups see a packet that arrives
_Verdict: TypeAlias = tuple[str, str]


class _Known(NamedTuple):
    """What changes for senders in groups; those `apart` were not asked."""

    changes: dict[tuple[str, str], list[int]]
    apart: Set[int]


class _Asking:
    """Asks senders for the way to one class of receivers after the other, in both networks."""

    def __init__(self, old: Tables, new: Tables, sent: Sequence[Class], differences: Differences) -> None:
        self._tables, self._sent, self._differences = (old, new), sent, differences
        self._begun = (Senders(differences.lookups[0]), Senders(differences.lookups[1]))
        #: the classes that are one attachment, by its name
        self._alone = {sending[0].name: at for at, sending in enumerate(sent) if len(sending) == 1}
        #: by the id of a group
        self._members: dict[int, _Members] = {}
        self._likeness = Likeness(differences.lookups)
        self._known: dict[Hashable, _Known] = {}

    def changed(self, receiving: Class) -> dict[tuple[str, str], list[int]]:
        """The senders by what changes for them."""
        found: dict[tuple[str, str], list[int]] = {}
        asked = self._asked(receiving[0])
        standings = {tables.core.associations[receiving[0].name].standing for tables in self._tables}
        if len(standings) > 1:
            self._one_by_one(range(len(self._sent)), receiving, asked, found)
            return found
        near = self._differences.near(self._sent, receiving[0].prefixes)
        self._one_by_one(sorted(near.asked), receiving, asked, found)
        # He is not asked for the way to himself, but to another one of the receivers.
        alone = {self._alone[name] for name in (receiving[0].name,) if name in self._alone}
        self._one_by_one(alone - near.asked, receiving, asked, found)
        key = self._key(receiving[0], near)
        known = self._known.get(key) if key is not None else None
        if known is None:
            known = _Known(self._by_group(near, near.asked | alone, receiving, asked), alone)
            if key is not None:
                self._known[key] = known
        for texts, sending in known.changes.items():
            others = sending if alone.isdisjoint(sending) else [at for at in sending if at not in alone]
            found.setdefault(texts, []).extend(others)
        self._one_by_one(known.apart - alone - near.asked, receiving, asked, found)
        return {texts: sending for texts, sending in found.items() if sending}

    def _key(self, target: Attachment, near: Near) -> Hashable | None:
        """Equal for receivers towards whom the same changes for the same groups; None where nothing tells."""
        if near.cut or not near.groups:
            return None
        tables = [name for name, _, _ in near.groups]
        likeness = self._likeness.of(target, tables)
        return None if likeness is None else (frozenset(near.asked), tuple(tables), likeness)

    def _by_group(
        self, near: Near, apart: Set[int], receiving: Class, asked: tuple[_Asked, _Asked]
    ) -> dict[tuple[str, str], list[int]]:
        """What changes for the members of groups, but for those `apart`."""
        found: dict[tuple[str, str], list[int]] = {}
        # What begins by the same rows and hears the same gets one answer.
        begun: dict[Hashable, tuple[str, str] | None] = {}
        for _, groups, ways in near.groups:
            for group in groups:
                rows = tuple([one.fates.first_rows(group.start, group.families) for one in asked])
                for heard, members in self._by_hearing(group, asked):
                    others = members if apart.isdisjoint(members) else [at for at in members if at not in apart]
                    if not others:
                        continue
                    key = (group.families, rows, heard)
                    if key not in begun:
                        begun[key] = _begun(group, asked, heard)
                    texts = begun[key]
                    if texts is not None:
                        if texts[0] != texts[1]:
                            found.setdefault(texts, []).extend(others)
                    elif heard[0] != heard[1] or not near.same(group, ways):
                        # Who begins alike and hears alike gets one answer.
                        self._one_by_one(others, receiving, asked, found, alike=True)
        return found

    def _asked(self, target: Attachment) -> tuple[_Asked, _Asked]:
        asked = Target(target.prefixes, target.name)
        return _Asked(self._begun[0], asked), _Asked(self._begun[1], asked)

    def _by_hearing(
        self, group: Group, asked: tuple[_Asked, _Asked]
    ) -> Iterator[tuple[tuple[Hearing, Hearing], list[int]]]:
        """The members of a group by what they hear of the target, before and after; some may hear alike."""
        hears_all, others = self._told(group)
        if hears_all:
            yield ((), ()), hears_all
        for at, before, after in others:
            yield (asked[0].fates.hearing(before, group.families), asked[1].fates.hearing(after, group.families)), [at]

    def _told(self, group: Group) -> _Members:
        """The members of a group who hear all whatever is asked about, and the others with what they are told in either network."""
        found = self._members.get(id(group))
        if found is None:
            found = self._members[id(group)] = ([], [])
            for at in group.members:
                before, after = (begun[self._sent[at][0].name].told for begun in self._begun)
                if before is None and after is None:
                    found[0].append(at)
                else:
                    found[1].append((at, before, after))
        return found

    def _one_by_one(
        self,
        senders: Iterable[int],
        receiving: Class,
        asked: tuple[_Asked, _Asked],
        found: dict[tuple[str, str], list[int]],
        alike: bool = False,
    ) -> None:
        """Ask senders; where they are `alike`, the first of them for all."""
        waiting = list(senders)
        for at in waiting[:1] if alike else waiting:
            pair = _pair(self._sent[at], receiving)
            if pair is None:
                continue
            here, there = pair
            before, after = asked if there is receiving[0] else self._asked(there)
            texts = _told(before.verdict(here), after.verdict(here))
            if texts[0] != texts[1]:
                found.setdefault(texts, []).extend(waiting if alike else [at])


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


def _begun(group: Group, asked: tuple[_Asked, _Asked], heard: tuple[Hearing, Hearing]) -> tuple[str, str] | None:
    """The verdicts on what a group sends that hears that; None where each sender has to be asked."""
    before, after = (one.fates.begin(group.start, group.families, some) for one, some in zip(asked, heard, strict=True))
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
