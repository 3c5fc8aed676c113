"""What string and pattern literals of Cedar stand for, and the words that are no names.

Escapes are those of Rust, which Cedar's parser borrows, and in a pattern also `\\*` for a plain star.
Source: https://docs.cedarpolicy.com/policies/syntax-datatypes.html
"""

from __future__ import annotations

import re
from typing import Final

from policyc.regex import regex

#: What cannot stand as a name without quotes.
RESERVED: Final = frozenset({"true", "false", "if", "then", "else", "in", "is", "like", "has", "__cedar"})
_SIMPLE: Final = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", "0": "\0", "'": "'", '"': '"'}
_ESCAPE: Final = regex(r"\\(?:x(?P<x>[0-7][0-9A-Fa-f])|u\{(?P<u>[0-9A-Fa-f][0-9A-Fa-f_]*)\}|(?P<c>[nrt\\0'\"*]))")


class BadEscape(ValueError):
    """An escape that means nothing; `at` counts characters of the literal's inside, `text` is what stands there."""

    def __init__(self, at: int, text: str) -> None:
        super().__init__(text)
        self.at, self.text = at, text

    @property
    def help(self) -> str:
        """What to write: a regular expression's `\\.` is a plain dot here."""
        sign = self.text[1:2]
        if sign and sign.isascii() and not sign.isalnum() and sign.isprintable():
            return f"write `{sign}`: it stands for itself"
        if sign and sign in "bdswBDSW":
            return "write what is meant: there are no regular expressions, and patterns know `*` alone"
        return 'write `\\\\` for a backslash; the escapes are `\\n`, `\\t`, `\\"`, `\\u{…}`'


_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}
_IDENTIFIER: Final = regex(r"[A-Za-z_][A-Za-z0-9_]*")


def unescape(inside: str) -> str:
    """The text of a string literal; `inside` is what stands between its quotes. Raises BadEscape."""
    return "".join("*" if part is None else part for part in _parts(inside, pattern=False))


def pattern(inside: str) -> tuple[str | None, ...]:
    """A pattern literal: None for each run of `*`, texts for what stands between. Raises BadEscape."""
    out: list[str | None] = []
    for part in _parts(inside, pattern=True):
        if part is None:
            if not out or out[-1] is not None:
                out.append(None)
        elif out and isinstance(out[-1], str):
            out[-1] += part
        else:
            out.append(part)
    return tuple(out)


def fits(pattern: tuple[str | None, ...], text: str) -> bool:
    """Whether a pattern covers the whole text; one pass, leftmost match of each piece."""
    if None not in pattern:
        return text == "".join(part or "" for part in pattern)
    at = 0
    for place, part in enumerate(pattern):
        if part is None:
            continue
        if place == 0:
            if not text.startswith(part):
                return False
            at = len(part)
        elif place == len(pattern) - 1:
            return len(text) - len(part) >= at and text.endswith(part)
        else:
            found = text.find(part, at)
            if found < 0:
                return False
            at = found + len(part)
    return True


def _parts(inside: str, *, pattern: bool) -> list[str | None]:
    out: list[str | None] = []
    at = 0
    while at < len(inside):
        char = inside[at]
        if char == "\\":
            match = _ESCAPE.match(inside, at)
            value = None if match is None else _value(match, pattern)
            if match is None or value is None:
                raise BadEscape(at, inside[at : at + 2])
            out.append(value)
            at = match.end()
        else:
            out.append(None if pattern and char == "*" else char)
            at += 1
    return out


def _value(match: re.Match[str], pattern: bool) -> str | None:
    if match["x"]:
        return chr(int(match["x"], 16))
    if match["u"]:
        digits = match["u"].replace("_", "")
        code = int(digits, 16)
        return chr(code) if len(digits) <= 6 and code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else None
    if match["c"] == "*":
        return "*" if pattern else None
    return _SIMPLE[match["c"]]


def quoted(text: str) -> str:
    """A string literal."""
    if text.isprintable() and _ESCAPES.keys().isdisjoint(text):
        return f'"{text}"'
    return '"' + "".join(_ESCAPES.get(char) or _plain(char) for char in text) + '"'


def is_identifier(name: str) -> bool:
    """Whether Cedar takes a name after a dot without quotes."""
    return _IDENTIFIER.fullmatch(name) is not None and name not in RESERVED


def _plain(char: str) -> str:
    return char if char.isprintable() else f"\\u{{{ord(char):x}}}"
