"""Dates of policies and requests as exact seconds since 1970-01-01 00:00 UTC.

Forms: `2020-01-01`, `2020-01`, date and time with `Z` or an offset, fractions of a second, and epoch seconds.
A date without time is its midnight in UTC. A number alone is always epoch seconds, never a year.
IAM stores odder spellings as well (`2016-12-13t2:00:00+01`, `01T`): letters in lower case, single digits, years of any length, an hour
without minutes, an offset without colon or minutes. They are read as what they spell.
Source: IAM evaluation reference 8.1 and its corrections; W3C profile of ISO 8601, https://www.w3.org/TR/NOTE-datetime
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from policyc.regex import regex

if TYPE_CHECKING:
    from fractions import Fraction

_EPOCH = regex(r"(-?[0-9]{1,19})(?:\.([0-9]{1,30}))?")
_MOST = 2**63 - 1
_DATE = regex(
    r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2})(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})?)?)?"
)
_ODD = regex(
    r"([+-]?[0-9]{1,9})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?"
    r"(?:[Tt](?:([0-9]{1,2})(?::([0-9]{1,2})(?::([0-9]{1,2})(?:[.,]([0-9]{1,9}))?)?)?)?([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_LIKELY = regex(r"(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}")
_YEARS = range(-292_275_054, 292_278_994)
_MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

Instant: TypeAlias = "int | Fraction"


def parse_instant(text: str, zone_needed: bool = False) -> Instant | None:
    """Seconds since 1970, or None when `text` is no date; `zone_needed` refuses a time without offset."""
    epoch = _EPOCH.fullmatch(text)
    if epoch is not None:
        seconds = int(epoch[1])
        return _with_fraction(seconds, epoch[2], -1 if text.startswith("-") else 1) if abs(seconds) <= _MOST else None
    found = _DATE.fullmatch(text) or _ODD.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    days = _days(int(year), int(month or 1), int(day or 1))
    if days is None:
        return None
    clock = int(hour or 0), int(minute or 0), int(second or 0)
    if clock[0] > 23 or clock[1] > 59 or clock[2] > 59 or (hour is not None and zone is None and zone_needed):
        return None
    offset = _offset(zone)
    if offset is None:
        return None
    return _with_fraction(days * 86400 + clock[0] * 3600 + clock[1] * 60 + clock[2] - offset, fraction, 1)


def has_no_zone(text: str) -> bool:
    """Whether `text` is a date with a time but without an offset."""
    found = _DATE.fullmatch(text) or _ODD.fullmatch(text)
    return found is not None and found[4] is not None and found[8] is None


def plainly(text: str) -> str:
    """An oddly spelt date as the documented forms have it; empty for one that is plain already, for none, and for years of no four digits."""
    if _EPOCH.fullmatch(text) is not None or _DATE.fullmatch(text) is not None:
        return ""
    instant = parse_instant(text)
    if instant is None:
        return ""
    from datetime import UTC, datetime, timedelta  # is needed for such dates only

    whole = int(instant // 1)
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=whole)
    except OverflowError:
        return ""
    part = str(int((instant - whole) * 10**9)).zfill(9).rstrip("0")
    return f"{moment.year:04d}{moment:-%m-%dT%H:%M:%S}{'.' + part if part else ''}Z"


def meant(text: str) -> str:
    """The date that a number of epoch seconds was perhaps meant to be: written as `20240131`, as a year, or counted in milliseconds;
    empty where it is none of these."""
    if not text.isdecimal() or not text.isascii():
        return ""
    for said in (f"{text[:4]}-{text[4:6]}-{text[6:]}", f"{text}-01-01"):
        if _LIKELY.fullmatch(said) is not None and parse_instant(said) is not None:
            return said
    return text[:-3] if len(text) == 13 else ""


def is_odd(text: str) -> bool:
    """Whether `text` is a date in a spelling that nobody documents."""
    return _EPOCH.fullmatch(text) is None and _DATE.fullmatch(text) is None and parse_instant(text) is not None


def _days(year: int, month: int, day: int) -> int | None:
    """Days since 1970-01-01 in today's calendar, whatever the year; None for a date that there is not."""
    if year not in _YEARS or not 1 <= month <= 12:
        return None
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not 1 <= day <= _MONTHS[month - 1] + (leap and month == 2):
        return None
    before = year - 1
    start = before * 365 + before // 4 - before // 100 + before // 400 - 719162
    return start + sum(_MONTHS[: month - 1]) + (leap and month > 2) + day - 1


def _offset(zone: str | None) -> int | None:
    if zone is None or zone in ("Z", "z"):
        return 0
    digits = zone[1:].replace(":", "")
    hours, minutes = int(digits[:2]), int(digits[2:] or 0)
    if hours > 23 or minutes > 59:
        return None
    seconds = hours * 3600 + minutes * 60
    return -seconds if zone[0] == "-" else seconds


def _with_fraction(seconds: int, fraction: str | None, sign: int) -> Instant:
    if not fraction or not fraction.strip("0"):
        return seconds
    from fractions import Fraction

    return seconds + sign * Fraction(int(fraction), 10 ** len(fraction))
