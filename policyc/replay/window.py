"""The time that a replay is about: which records lie in it, and which files may hold such records by the days in their names.

Layouts: access log reference, sections 1.1, 3.1 and 5 (`YYYY/MM/DD`, `year=…/month=…/day=…`), and S3 server access logs, whose names begin with the time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final

from policyc.record import record
from policyc.replay.recorded import is_time

OUTSIDE: Final = "it is of another time than the one that was asked for"
_DAY: Final = re.compile(r"(?:[a-z_]+=)?(20[0-9]{2})[-/](0[1-9]|1[0-2])[-/](0[1-9]|[12][0-9]|3[01])")
_YEAR: Final = re.compile(r"(?:year=)?(20[0-9]{2})")
_PART: Final = re.compile(r"(?:month=|day=)?([0-9]{1,2})")
#: names of objects of S3 server access logs
_NAMED: Final = re.compile(r"(?<![0-9])(20[0-9]{2})-([0-9]{2})-([0-9]{2})-[0-9]{2}-[0-9]{2}-[0-9]{2}-")
#: a record may come after its day is over
_LATE: Final = timedelta(days=1)


@record
class Window:
    """From `since` up to, and without, `until`: moments as `2026-11-01T00:00:00` in UTC, empty for no limit."""

    since: str = ""
    until: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it leaves out nothing."""
        return not (self.since or self.until)

    def holds(self, time: str) -> bool:
        """Whether a record of this time lies in it; one whose time is none is left to whoever counts it."""
        if self.is_open or not is_time(time):
            return True
        moment = time[:19]
        return (not self.since or moment >= self.since) and (not self.until or moment < self.until)

    def may_hold(self, path: str) -> bool:
        """Whether a file or folder may hold such records, by the last day, month or year that its path names; one without any may."""
        if self.is_open:
            return True
        named = list(_days(path))
        if not named:
            return True
        first, last = named[-1]
        return (not self.since or last.isoformat() >= self.since[:10]) and (
            not self.until or f"{first - _LATE}T00:00:00" < self.until
        )

    def is_day(self, path: str) -> bool:
        """Whether a folder is of one day."""
        named = list(_days(path))
        return bool(named) and named[-1][0] == named[-1][1]


EVER: Final = Window()


def moment(text: str, ends: bool) -> str:
    """A day or a time as a limit; a day that `ends` the window belongs to it. Raises ValueError."""
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
        at = datetime.fromisoformat(text) if day is None else datetime.combine(day, datetime.min.time())
        at = at if at.tzinfo is None else at.astimezone(UTC).replace(tzinfo=None)
        at += timedelta(days=1 if day is not None and ends else 0)
    except (ValueError, OverflowError):
        raise ValueError(
            f"`{text}` is no day such as `2026-11-01`, and no time such as `2026-11-01T08:00:00Z`"
        ) from None
    return at.isoformat(timespec="seconds")


def _days(path: str) -> Iterator[tuple[date, date]]:
    """The first and the last day of what a path names, in the order of its folders."""
    parts = path.replace("%2F", "-").split("/")
    for at, part in enumerate(parts):
        if (found := _DAY.fullmatch(part) or _NAMED.search(part)) is not None:
            yield from _span(*found.groups())
        elif (found := _YEAR.fullmatch(part)) is not None:
            later = [_PART.fullmatch(item) for item in parts[at + 1 : at + 3]]
            numbers = [item[1] for item in later if item is not None]
            yield from _span(found[1], *(numbers if later and later[0] is not None else ()))


def _span(year: str, month: str = "", day: str = "") -> Iterator[tuple[date, date]]:
    try:
        first = date(int(year), int(month or 1), int(day or 1))
        if day:
            yield first, first
        elif month:
            yield first, (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        else:
            yield first, date(int(year), 12, 31)
    except ValueError:
        return  # numbers that are no day
