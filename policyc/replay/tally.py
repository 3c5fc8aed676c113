"""What policies say to recorded requests, counted: each distinct request is asked once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from policyc.replay.askers.known import Known
from policyc.replay.askers.said import Asker, Said, as_logged
from policyc.replay.classes import Class, ClassKey, Sums, caller_hash, merge_classes, ordered, so_far
from policyc.replay.kinds.registry import kind_of
from policyc.replay.reading import Place
from policyc.replay.recorded import Kind, Recorded, is_time, path_form, redacted
from policyc.replay.suggest import Evidence
from policyc.replay.window import EVER, OUTSIDE, Window
from policyc.targets.base import NoRequest

#: what becomes of records, in the order in which pictures stack them
OUTCOMES: Final = ("as before", "newly denied", "newly allowed", "undecided", "not as logged")
#: distinct requests whose answers are kept
_MOST_KEPT: Final = 200_000
#: ids of records, to count one that was delivered twice once
MOST_IDS: Final = 20_000_000
_QUOTED: Final = re.compile("`[^`]*`")
#: what is said of times that are none
NO_TIME: Final = "the time is none"
MANY_IDS: Final = f"records beyond {MOST_IDS:,} with an id, among which deliveries were not compared"


@dataclass(slots=True)
class Tally:
    """The count of a replay. `reproduced`, `contradicted`, `open` and `silent` (the log does not say what came of it) are about the policies
    that were in force (`old`); `pairs` counts (recorded, old, new) decisions, `hours` what becomes of records (`OUTCOMES`) by hour (`2026-11-01T08`); `skipped` counts
    records that no policy decided, by reason, `odd` what else is wrong with records that were asked about. `examples` holds the first
    place of each reason. `identities` says that callers and paths are kept as they are."""

    identities: bool = False
    records: int = 0
    duplicates: int = 0
    asked: int = 0
    reproduced: int = 0
    contradicted: int = 0
    open: int = 0
    silent: int = 0
    pairs: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    hours: Counter[tuple[str, str]] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    odd: Counter[str] = field(default_factory=Counter)
    examples: dict[str, Place] = field(default_factory=dict)
    changes: dict[ClassKey, Class] = field(default_factory=dict)
    against: dict[ClassKey, Class] = field(default_factory=dict)

    def changed(self) -> list[Class]:
        """The classes whose decision or way differs between old and new, the largest first."""
        return ordered(self.changes.values())

    def against_the_log(self) -> list[Class]:
        """The classes where the policies in force say something else than the log, the largest first."""
        return ordered(self.against.values())

    def newly(self, decision: str) -> int:
        """Records that are decided so by the new policies and were not before."""
        return sum(item.count for item in self.changes.values() if item.key.new == decision != item.key.before)

    def skip(self, reason: str, place: Place, count: int = 1) -> None:
        """Records that cannot be asked about. Their own texts are left out of the reason unless callers are shown as they are."""
        if not self.identities:
            reason = _QUOTED.sub("`…`", reason)
        self.skipped[reason] += count
        self.example(reason, place)

    def wonder(self, reason: str, place: Place, count: int = 1) -> None:
        """Something is wrong with records that count all the same."""
        self.odd[reason] += count
        self.example(reason, place)

    def example(self, reason: str, place: Place) -> None:
        self.examples[reason] = min(self.examples.get(reason, place), place)

    def count(self, item: Recorded, old: Said, new: Said, place: Place) -> None:
        """One record with the answers to it."""
        self.sum(item.kind, item.verdict, old, new, 1)
        time = item.time
        if time and not is_time(time):
            self.wonder(NO_TIME, place)
            time = ""
        if time:
            self.hours[time[:13], outcome(item.verdict, old, new)] += 1
        self.show(item, old, new, (place,), 1, time, time)

    def show(
        self, item: Recorded, old: Said, new: Said, places: Sequence[Place], count: int, first: str, last: str
    ) -> None:
        """Put records into the classes that tell of them: they are alike in all but their times and places, of which the first are given."""
        path = item.path if self.identities else path_form(item.path)
        sums = Sums(count, first, last, {path: count}, places, (caller_hash(item.who),))
        names = {"who": self.shown(item.who), "can": item.can, "where": self.shown(item.where)}
        for classes, key in self.filed(item.kind, item.verdict, old, new):
            self.add(classes, key._replace(**names), sums)

    def filed(self, kind: str, verdict: str, old: Said, new: Said) -> Iterator[tuple[dict[ClassKey, Class], ClassKey]]:
        """The tables that records with such answers stand in, each with what their classes have in common: all but who, what and where."""
        if old.contradicts(verdict):
            missed = "; ".join(filter(None, (old.missed, old.at_odds)))
            yield self.against, ClassKey(kind, verdict, old.decision, old.decision, "", "", "", old.by, missed)
        if old.decision != new.decision or old.way != new.way:
            is_other_way = old.way != new.way and new.decision == "allow"
            by = f"{new.by}, by way of {new.way} in place of {old.way}" if is_other_way else new.by
            yield self.changes, ClassKey(kind, verdict, old.decision, new.decision, "", "", "", by, new.missed)

    def add(self, classes: dict[ClassKey, Class], key: ClassKey, sums: Sums) -> None:
        """Records of one class."""
        found = classes.get(key)
        if found is None:
            found = classes[key] = Class(key)
        found.take(sums)

    def shown(self, who: str) -> str:
        """A caller or place as the report shows it."""
        return who if self.identities else redacted(who)

    def sum(self, kind: str, verdict: str, old: Said, new: Said, count: int) -> None:
        """The sums that hang on the answers alone."""
        self.asked += count
        self.kinds[kind] += count
        if not verdict:
            self.silent += count
        elif old.contradicts(verdict):
            self.contradicted += count
        elif old.decision == "undecided":
            self.open += count
        else:
            self.reproduced += count
        self.pairs[verdict, old.decision, new.decision] += count
        if new.decision == "undecided":
            for name in new.unknown:
                self.missing[name] += count

    def merge(self, other: Tally) -> None:
        """Add the count of another part of the log."""
        for name in ("records", "duplicates", "asked", "reproduced", "contradicted", "open", "silent"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("pairs", "hours", "kinds", "missing", "skipped", "odd"):
            getattr(self, name).update(getattr(other, name))
        for reason, place in other.examples.items():
            self.example(reason, place)
        merge_classes(self.changes, other.changes)
        merge_classes(self.against, other.against)


def outcome(verdict: str, old: Said, new: Said) -> str:
    """What becomes of records."""
    if old.contradicts(verdict):
        return "not as logged"
    before = so_far(verdict, old.decision)
    if "undecided" in (before, new.decision):
        return "undecided"
    return "as before" if before == new.decision else "newly denied" if new.decision == "deny" else "newly allowed"


class Replayer:
    """Policies in force, and where there are some new ones, asked about records one by one."""

    def __init__(
        self,
        old: Asker,
        new: Asker | None,
        tally: Tally,
        known: Known,
        evidence: Evidence | None = None,
        window: Window = EVER,
    ) -> None:
        self.old, self.new, self.tally, self.known = Kept(old), None if new is None else Kept(new), tally, known
        self.evidence, self.window = evidence, window
        self.seen: set[int] = set()

    def take(self, data: dict[str, Any], place: Place) -> None:
        """One record."""
        tally = self.tally
        tally.records += 1
        kind = kind_of(data)
        if kind is None:
            tally.skip("it is of no kind of log that is read", place)
            return
        try:
            item = self.read(kind, data)
        except NoRequest as error:
            tally.skip(str(error), place)
            return
        if self.is_new(item, place):
            self.ask(item, place)

    def read(self, kind: Kind, data: dict[str, Any]) -> Recorded:
        """The request of a record. Raises NoRequest, also for one that lies outside the time that is asked about."""
        item = kind.read(data)
        if not self.window.holds(item.time):
            raise NoRequest(OUTSIDE)
        return item

    def is_new(self, item: Recorded, place: Place) -> bool:
        """Whether a record was not delivered before."""
        if not item.id:
            return True
        delivery = hash(item.delivery)
        if delivery in self.seen:
            self.tally.duplicates += 1
            return False
        if len(self.seen) < MOST_IDS:
            self.seen.add(delivery)
        else:
            self.tally.wonder(MANY_IDS, place)
        return True

    def ask(self, item: Recorded, place: Place) -> None:
        said = self.answers(item)
        if self.evidence is not None and item.kind == "vpc-lattice":
            self.evidence.add(self.known.fill(item))
            if not isinstance(said, str) and said[0].decision != "undecided":
                self.evidence.decide(said[0].by, item.time)
        if isinstance(said, str):
            self.tally.skip(said, place)
        else:
            self.tally.count(item, *said, place)

    def answers(self, item: Recorded) -> tuple[Said, Said] | str:
        """What the policies in force and the new ones say, or why they cannot be asked."""
        item = self.known.fill(item)
        said = self.old.answer(item)
        if isinstance(said, str):
            return said
        then = said if self.new is None else self.new.answer(item)
        return then if isinstance(then, str) else as_logged(item.verdict, said, then)


def replay(
    records: Iterable[tuple[dict[str, Any], Place]],
    old: Asker,
    new: Asker | None,
    tally: Tally,
    known: Known,
    watch: Callable[[Tally], None] = lambda tally: None,
    evidence: Evidence | None = None,
    window: Window = EVER,
) -> None:
    """Ask about every record; `watch` sees the count as it grows, `evidence` takes what was let in."""
    replayer = Replayer(old, new, tally, known, evidence, window)
    for data, place in records:
        replayer.take(data, place)
        watch(tally)


class Kept:
    """Answers by what tells requests apart."""

    def __init__(self, asker: Asker) -> None:
        self.asker = asker
        self.kept: dict[Hashable, Said | str] = {}

    def answer(self, item: Recorded) -> Said | str:
        reads = self.asker.reads
        told = tuple([pair for pair in item.keys if reads(pair[0])])
        rest = (item.kind, self.asker.caller(item), item.can, item.where, item.network, item.verdict, item.refuser)
        alike = self.asker.alike(item, told)
        found = self.kept.get((rest, alike))
        if found is None:
            # why a request cannot be asked hangs on its own values
            own = (rest, item.path, told)
            found = self.kept.get(own)
            if found is None:
                if len(self.kept) >= _MOST_KEPT:
                    self.kept.clear()
                found = self.asker.answer(item)
                self.kept[own if isinstance(found, str) else (rest, alike)] = found
        return found
