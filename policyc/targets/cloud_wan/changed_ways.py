"""Which answers between attachments change when one core network replaces another.

Attachments that are alike are asked once for all (`classes`), and where nothing on the way differs nobody is asked (`differences`).
What is left is asked by starts: senders whose packets are looked up first in one table at one edge fare alike, unless their far sides do
not hear all. So the work grows with the number of places and of kinds of destinations, not with pairs of attachments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from policyc.engines.wan.attachments import Attachment
from policyc.engines.wan.fates import Fate, Fates, Senders
from policyc.engines.wan.reach import Answer, Target, Told, Verdict, reach
from policyc.engines.wan.tables import Tables
from policyc.targets.cloud_wan.classes import Class, receivers
from policyc.targets.cloud_wan.differences import Differences, Group

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


class _Asking:
    """Asks senders for the way to one class of receivers after the other, in both networks."""

    def __init__(self, old: Tables, new: Tables, sent: Sequence[Class], differences: Differences) -> None:
        self._tables, self._sent, self._differences = (old, new), sent, differences
        self._begun = (Senders(old), Senders(new))
        #: the classes that are one attachment, by its name
        self._alone = {sending[0].name: at for at, sending in enumerate(sent) if len(sending) == 1}
        #: by the id of a group those that hear all whatever is asked about, and the others with what they are told
        self._hearing: dict[int, tuple[list[int], list[tuple[int, Told | None, Told | None]]]] = {}

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
        alone = self._alone.get(receiving[0].name, -1)
        for group, ways in near.groups:
            before, after = (one.begun(group) for one in asked)
            if before is None or after is None:
                others = [] if near.same(group, ways) else group.members
            else:
                alike, others = self._parted(group, asked, alone)
                texts = (asked[0].text(before), asked[1].text(after))
                if texts[0] != texts[1]:
                    found.setdefault(texts, []).extend(at for at in alike if at not in near.asked)
            self._one_by_one((at for at in others if at not in near.asked), receiving, asked, found)
        return {texts: sending for texts, sending in found.items() if sending}

    def _asked(self, target: Attachment) -> tuple[_Asked, _Asked]:
        asked = Target(target.prefixes, target.name)
        return _Asked(self._begun[0], asked), _Asked(self._begun[1], asked)

    def _parted(self, group: Group, asked: tuple[_Asked, _Asked], alone: int) -> tuple[list[int], list[int]]:
        """Those of a group whose far sides hear all that is asked about in both networks, and the others."""
        found = self._hearing.get(id(group))
        if found is None:
            found = self._hearing[id(group)] = ([], [])
            for at in group.members:
                tolds = [begun[self._sent[at][0].name].told for begun in self._begun]
                if tolds == [None, None]:
                    found[0].append(at)
                else:
                    found[1].append((at, tolds[0], tolds[1]))
        alike = list(found[0])
        others: list[int] = []
        prefixes = [one.fates.parts(group.families) for one in asked]
        for at, before, after in found[1]:
            hears = (before is None or all(map(before.hears, prefixes[0]))) and (
                after is None or all(map(after.hears, prefixes[1]))
            )
            (alike if hears else others).append(at)
        if alone in alike:
            alike.remove(alone)
            others.append(alone)
        return alike, others

    def _one_by_one(
        self,
        senders: Iterable[int],
        receiving: Class,
        asked: tuple[_Asked, _Asked],
        found: dict[tuple[str, str], list[int]],
    ) -> None:
        for at in senders:
            pair = _pair(self._sent[at], receiving)
            if pair is None:
                continue
            here, there = pair
            before, after = asked if there is receiving[0] else self._asked(there)
            texts = (before.verdict(here), after.verdict(here))
            if texts[0] == texts[1]:
                texts = (texts[0] + before.where(here), texts[1] + after.where(here))
            if texts[0] != texts[1]:
                found.setdefault(texts, []).append(at)


class _Asked:
    """The senders to one target in one network, asked one after the other."""

    __slots__ = ("_answers", "_tables", "_target", "_texts", "fates")

    def __init__(self, begun: Senders, target: Target) -> None:
        self._tables, self._target, self.fates = begun.tables, target, Fates(begun, target)
        self._answers: dict[str, Answer] = {}
        #: by the id of a fate, which stands beside it so that the id stays its own
        self._texts: dict[int, tuple[Fate, str]] = {}

    def verdict(self, sender: Attachment) -> str:
        fate = self.fates.of(sender.name)
        if fate is not None:
            return self.text(fate)
        answer = self._answers[sender.name] = reach(self._tables, sender.name, self._target)
        return verdict_of(answer)

    def begun(self, group: Group) -> Fate | None:
        """How packets of a group fare whose far sides hear all; None where each sender has to be asked."""
        return self.fates.begin(group.table, group.edges[0], group.families) if group.plain else None

    def text(self, fate: Fate) -> str:
        found = self._texts.get(id(fate))
        if found is None:
            found = self._texts[id(fate)] = (fate, _verdict(fate.verdict, fate.parts))
        return found[1]

    def where(self, sender: Attachment) -> str:
        """Where function groups see what arrives of a sender that was asked for its verdict."""
        answer = self._answers.get(sender.name)
        return "" if answer is None else where_inspected(self._tables, answer)


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


def where_inspected(tables: Tables, answer: Answer) -> str:
    """The edges at which function groups see a packet that arrives, way by way."""
    if answer.verdict is not Verdict.REACHABLE or not answer.inspected:
        return ""
    ways = []
    for walk in answer.walks:
        passed = [tables.core.associations[name] for name in walk.through]
        ways.append(" and ".join(", ".join(item.attachment.regions) for item in passed if item.is_group) or "nowhere")
    return " at " + " or ".join(sorted(set(ways)))
