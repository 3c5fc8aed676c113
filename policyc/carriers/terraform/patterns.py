"""Regular expressions of RE2, as far as Python's mean the same and cannot take long."""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 200
#: what could take exponential time, or means something else there
_NOT_READ: Final = re.compile(r"\(\?[^:P]|\(\?P[^<]|\\[pPQEzCA1-9]|\[\[:|\)[*+{]|[*+}?]\+")
#: characters that such a pattern is tried on
LONGEST_TEXT: Final = 5000


def python_pattern(text: str) -> re.Pattern[str] | None:
    """The pattern, or None for one that is not read here."""
    if len(text) > LONGEST or _NOT_READ.search(text):
        return None
    try:
        return re.compile(text, re.ASCII)
    except (re.error, RecursionError, OverflowError):
        return None
