"""Names from elsewhere in the letters of the language."""

from __future__ import annotations

from typing import Final

from policyc.regex import regex

_WORDS: Final = regex(r"[A-Za-z0-9]+")
_LONGEST: Final = 60


def snake(text: str, otherwise: str) -> str:
    """Text as a name: lower case, words joined by `_`; one that would begin with a digit goes behind `otherwise`."""
    name = "_".join(word.lower() for word in _WORDS.findall(text))[:_LONGEST].strip("_")
    if not name:
        return otherwise
    return f"{otherwise}_{name}" if name[0].isdigit() else name
