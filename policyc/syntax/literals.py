"""Literals: what the text between quotes means, and the one way to write a value down.

Escapes are `\\"`, `\\\\`, `\\n`, `\\t` and `\\u{…}` (1 to 6 hexadecimal digits, a Unicode scalar value). `\\*` and `\\?` stay two
characters: in a pattern they stand for a star and a question mark that match only themselves.
"""

from __future__ import annotations

import re

from policyc.record import record
from policyc.regex import regex
from policyc.syntax.hidden import HIDDEN

_ESCAPE = regex(r"\\(?:u\{([^}\n]*)\}|(.)|$)", re.DOTALL)
_SIMPLE = {'"': '"', "\\": "\\", "n": "\n", "t": "\t", "*": "\\*", "?": "\\?"}
_HEXADECIMAL = regex(r"[0-9A-Fa-f]{1,6}\Z")

# What nobody sees is allowed in a string only as an escape.
_NEEDS_ESCAPE = regex(f'["\\\\\n\t\r{HIDDEN}]')


@record
class BadEscape:
    """An escape that means nothing; `start` and `end` are offsets in the raw text."""

    start: int
    end: int
    text: str


def unescape(raw: str) -> tuple[str, tuple[BadEscape, ...]]:
    """The value of the text between the quotes, and the escapes that could not be read (kept as written)."""
    if "\\" not in raw:
        return raw, ()
    bad: list[BadEscape] = []

    def replace(match: re.Match[str]) -> str:
        digits, letter = match.group(1), match.group(2)
        if digits is not None:
            value = _code_point(digits)
        else:
            value = _SIMPLE.get(letter or "")
        if value is None:
            bad.append(BadEscape(match.start(), match.end(), match.group()))
            return match.group()
        return value

    return _ESCAPE.sub(replace, raw), tuple(bad)


def _code_point(digits: str) -> str | None:
    if not _HEXADECIMAL.match(digits):
        return None
    number = int(digits, 16)
    if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
        return None
    return chr(number)


def quote(value: str) -> str:
    """The canonical literal for a string value; `unescape` gives the value back."""
    out = []
    at = 0
    for match in _NEEDS_ESCAPE.finditer(value):
        if match.start() < at:
            continue
        out.append(value[at : match.start()])
        at = match.end()
        char = match.group()
        if char == "\\":
            following = value[at : at + 1]
            if following in ("*", "?"):
                out.append("\\" + following)
                at += 1
            else:
                out.append("\\\\")
        elif char == '"':
            out.append('\\"')
        else:
            out.append({"\n": "\\n", "\t": "\\t"}.get(char) or f"\\u{{{ord(char):x}}}")
    out.append(value[at:])
    return '"' + "".join(out) + '"'
