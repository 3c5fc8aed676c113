"""Dates and moments as exact numbers, and back to the one spelling that every service reads alike."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

from policyc.regex import regex

_EPOCH = regex(r"-?[0-9]{1,3}|-?[0-9]{5,}|-[0-9]{4}|-?[0-9]+\.[0-9]+")
_ISO = regex(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2}(?:\.[0-9]+)?))?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?)?)?)?"
)
_FIRST_DAY = date(1970, 1, 1).toordinal()
_START = datetime(1970, 1, 1, tzinfo=UTC)


def moment(text: str) -> Fraction:
    """Seconds since 1970-01-01T00:00:00Z of a date, a moment in ISO 8601 or epoch seconds.

    Without a zone it is UTC, without a clock it is midnight; four digits alone are a year, other numbers epoch seconds.
    Raises ValueError for text that is none of these.
    """
    if _EPOCH.fullmatch(text):
        return Fraction(text)
    found = _ISO.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a moment")
    year, month, day, hour, minute, second, zone = found.groups()
    days = date(int(year), int(month or 1), int(day or 1)).toordinal() - _FIRST_DAY
    clock = int(hour or 0) * 3600 + int(minute or 0) * 60 + Fraction(second or 0)
    return days * 86400 + clock - _offset(zone)


def _offset(zone: str | None) -> int:
    if zone is None or zone == "Z":
        return 0
    seconds = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
    return -seconds if zone[0] == "-" else seconds


def moment_text(text: str) -> str:
    """The same moment as `2026-01-31T09:00:00Z`; as epoch seconds where that form cannot hold it exactly."""
    seconds = moment(text)
    micros = seconds * 1_000_000
    try:
        if micros.denominator != 1:
            raise OverflowError
        value = _START + timedelta(microseconds=int(micros))
    except OverflowError:
        return text if _EPOCH.fullmatch(text) or seconds.denominator != 1 else str(seconds)
    fraction = f".{value.microsecond:06}".rstrip("0") if value.microsecond else ""
    return f"{value.year:04}-{value:%m-%dT%H:%M:%S}{fraction}Z"
