"""Everything that a report of a replay tells, and what several forms of it say alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from policyc.record import record
from policyc.replay.classes import Class
from policyc.replay.reading import Log
from policyc.replay.tally import OUTCOMES, Tally

#: hours that a picture shows one by one, and days
_MOST_HOURS: Final = 72
_MOST_DAYS: Final = 120
CONTRADICTION: Final = "policies that were not in force at the time, a missing document or resource, or a model that is wrong could explain it"


@record
class Replay:
    """`compared` says that new policies were asked beside those in force; `complete` that the log was read to its end."""

    log: Log
    tally: Tally
    compared: bool
    complete: bool = True

    @property
    def tells_of_new(self) -> bool:
        """Whether anything is said of new policies: only of those whose predecessors explain something of the log, or where it has nothing to explain."""
        return self.compared and (self.tally.reproduced > 0 or self.is_mute)

    @property
    def is_mute(self) -> bool:
        """Whether the log says of no request what came of it, as flow logs of VPCs do: then nothing vouches for the policies in force."""
        tally = self.tally
        return tally.silent > 0 and not tally.reproduced + tally.open + tally.contradicted


@record
class Group:
    """Records of one kind of change that one caller, or one place, has in common."""

    name: str
    change: str
    count: int
    callers: int
    others: tuple[str, ...]


def left_out(found: Replay) -> Iterator[str]:
    """What was not read, not asked about, or is odd, a line for each reason."""
    log, tally = found.log, found.tally
    for reason, count in by_size(log.unread):
        yield f"{count:,} not read: {reason} ({log.examples[reason]})"
    for reason, count in by_size(tally.skipped):
        yield f"{count:,} skipped: {reason} ({tally.examples[reason]})"
    for reason, count in by_size(tally.odd):
        yield f"{count:,} odd: {reason} ({tally.examples[reason]})"
    if tally.duplicates:
        yield f"{tally.duplicates:,} delivered twice, counted once"


def by_size(counts: Counter[str]) -> list[tuple[str, int]]:
    """Counts in an order that does not hang on how they came."""
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def fit(tally: Tally) -> str:
    """Whether the log fits the policies in force, in one sentence."""
    judged = tally.reproduced + tally.open + tally.contradicted

    def share(count: int) -> str:
        return f"{100 * count / judged:.1f} % ({count:,})" if judged else "0"

    text = f"policies in force: {share(tally.reproduced)} reproduced, {share(tally.open)} undecidable, {share(tally.contradicted)} contradicted"
    if tally.silent:
        text += f"; of {tally.silent:,} the log does not say what came"
    return text if judged or not tally.silent else f"{text}, so nothing vouches for them"


def change_of(item: Class) -> str:
    """What a class is about, in a few words."""
    old, new = item.key.old, item.key.new
    if old != new:
        return f"{old} -> {new}" + (f", logged {item.key.recorded}" if item.key.before != old else "")
    if item.key.recorded == old == "deny":
        return "logged deny, policies deny elsewhere"
    return (
        f"logged {item.key.recorded}, policies {old}"
        if item.key.recorded != old and item.key.recorded
        else f"{old}, another way"
    )


def pair_table(tally: Tally) -> list[tuple[str, str, int]]:
    """The decisions of old and new policies with counts, what changed first."""
    table: Counter[tuple[str, str]] = Counter()
    for (_, old, new), count in tally.pairs.items():
        table[old, new] += count
    order = sorted(table.items(), key=lambda entry: (entry[0][0] == entry[0][1], -entry[1], entry[0]))
    return [(old, new, count) for (old, new), count in order]


def groups(classes: Sequence[Class], by: str) -> list[Group]:
    """Who, or what (`by` is `who` or `where`), is newly refused or let in."""
    held: dict[tuple[str, str], list[Class]] = {}
    for item in classes:
        if item.key.before != item.key.new and "undecided" not in (item.key.before, item.key.new):
            held.setdefault((getattr(item.key, by), item.key.new), []).append(item)
    out = []
    for (name, new), some in held.items():
        hashes = set().union(*(item.callers for item in some))
        callers = len(hashes) if by == "where" or len(some) > 1 else some[0].distinct_callers
        others = sorted({item.key.where if by == "who" else item.key.who for item in some})
        change = "newly denied" if new == "deny" else "newly allowed"
        out.append(Group(name, change, sum(item.count for item in some), callers, tuple(others)))
    return sorted(out, key=lambda item: (-item.count, item.name, item.change))


def over_time(tally: Tally) -> list[tuple[str, dict[str, int]]]:
    """The records of each hour, or of each day or month of a longer time, by outcome."""
    hours = {hour for hour, _ in tally.hours}
    days = {hour[:10] for hour in hours}
    length = 13 if len(hours) <= _MOST_HOURS else 10 if len(days) <= _MOST_DAYS else 7
    out: dict[str, Counter[str]] = {}
    for (hour, outcome), count in tally.hours.items():
        out.setdefault(hour[:length], Counter())[outcome] += count
    return [(time, {name: out[time][name] for name in OUTCOMES}) for time in sorted(out)]
