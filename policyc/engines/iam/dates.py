"""Dates of policies and requests as exact seconds since 1970-01-01 00:00 UTC.

Forms: `2020-01-01`, `2020-01`, date and time with `Z` or an offset, fractions of a second, and epoch seconds.
A date without time is its midnight in UTC. A number alone is always epoch seconds, never a year.
Source: IAM evaluation reference 8.1; W3C profile of ISO 8601, https://www.w3.org/TR/NOTE-datetime
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from policyc.regex import regex

_EPOCH = regex(r"(-?[0-9]{1,18})(?:\.([0-9]{1,30}))?")
_DATE = regex(
    r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2})(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,30}))?)?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})?)?)?"
)
_START = date(1970, 1, 1).toordinal()

Instant = int | Fraction


def parse_instant(text: str, zone_needed: bool = False) -> Instant | None:
    """Seconds since 1970, or None when `text` is no date; `zone_needed` refuses a time without offset."""
    epoch = _EPOCH.fullmatch(text)
    if epoch is not None:
        return _with_fraction(int(epoch[1]), epoch[2], -1 if text.startswith("-") else 1)
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        days = date(int(year), int(month), int(day or 1)).toordinal() - _START
    except ValueError:
        return None
    if hour is None:
        return days * 86400
    clock = int(hour), int(minute), int(second or 0)
    if clock[0] > 23 or clock[1] > 59 or clock[2] > 59 or (zone is None and zone_needed):
        return None
    offset = _offset(zone)
    if offset is None:
        return None
    return _with_fraction(days * 86400 + clock[0] * 3600 + clock[1] * 60 + clock[2] - offset, fraction, 1)


def has_no_zone(text: str) -> bool:
    """Whether `text` is a date with a time but without an offset."""
    found = _DATE.fullmatch(text)
    return found is not None and found[4] is not None and found[8] is None


def _offset(zone: str | None) -> int | None:
    if zone is None or zone == "Z":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    if hours > 23 or minutes > 59:
        return None
    seconds = hours * 3600 + minutes * 60
    return -seconds if zone[0] == "-" else seconds


def _with_fraction(seconds: int, fraction: str | None, sign: int) -> Instant:
    if not fraction or not fraction.strip("0"):
        return seconds
    return seconds + sign * Fraction(int(fraction), 10 ** len(fraction))
