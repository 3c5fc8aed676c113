"""Regular expressions of RE2, as far as Python's mean the same and cannot take long."""

from __future__ import annotations

import re
from typing import Final

from policyc.regex import regex

LONGEST: Final = 200
#: what could take exponential time, or means something else there
_NOT_READ: Final = regex(r"\(\?[^:P]|\(\?P[^<]|\\[pPQEzCA1-9]|\[\[:|\)[*+{]|[*+}?]\+")
_REPEATS: Final = regex(r"[*+}]")
#: steps that matching may take at worst, if every repetition meets every character
_MOST_STEPS: Final = 100_000_000


def python_pattern(text: str, subject: str) -> re.Pattern[str] | None:
    """The pattern, or None for one that is not read here, or could take long on `subject`."""
    if len(text) > LONGEST or _NOT_READ.search(text):
        return None
    if (len(subject) + 1) ** (len(_REPEATS.findall(text)) + 1) > _MOST_STEPS:
        return None
    try:
        return re.compile(text, re.ASCII)
    except (re.error, RecursionError, OverflowError):
        return None
