r"""Patterns of the language: `*` any run of characters, `?` one character, `\*` `\?` `\\` the plain characters.

A backslash before anything else is a plain backslash.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import TypeAlias

from policyc.record import record


class Wild(Enum):
    """A wildcard: any run of characters, or exactly one."""

    RUN = "*"
    ONE = "?"

    __hash__ = object.__hash__  # each is one object


@record
class Plain:
    """One character that stands for itself."""

    char: str


Token: TypeAlias = Plain | Wild


_plain = lru_cache(maxsize=4096)(Plain)


@lru_cache(maxsize=4096)
def pattern_tokens(text: str) -> tuple[Token, ...]:
    """The pattern as a list of plain characters and wildcards, neighbouring `*` as one."""
    out: list[Token] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char == "\\" and text[at + 1 : at + 2] in ("*", "?", "\\"):
            out.append(Plain(text[at + 1]))
            at += 2
            continue
        token: Token = Wild(char) if char in "*?" else _plain(char)
        if not (token is Wild.RUN and out and out[-1] is Wild.RUN):
            out.append(token)
        at += 1
    return tuple(out)


def pattern_matches(text: str, value: str) -> bool:
    """Whether the pattern covers the whole value, case-sensitively; time is at most length times length."""
    return tokens_match(pattern_tokens(text), value)


def tokens_match(tokens: tuple[Token, ...], value: str) -> bool:
    """`pattern_matches` for a pattern that is cut into tokens already."""
    at = token_at = 0
    star = -1
    mark = 0
    one, run, size, length = Wild.ONE, Wild.RUN, len(tokens), len(value)
    while at < length:
        token = tokens[token_at] if token_at < size else None
        if token is one or (isinstance(token, Plain) and token.char == value[at]):
            at += 1
            token_at += 1
        elif token is run:
            star, mark = token_at, at
            token_at += 1
        elif star >= 0:
            mark += 1
            at, token_at = mark, star + 1
        else:
            return False
    return all(token is Wild.RUN for token in tokens[token_at:])


def escape_pattern(value: str) -> str:
    """A pattern that matches exactly `value`."""
    return value.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")


def is_plain(text: str) -> bool:
    """Whether the pattern has no wildcard."""
    return all(isinstance(token, Plain) for token in pattern_tokens(text))


def plain_text(text: str) -> str:
    """The only text that a pattern without wildcards matches."""
    return "".join(token.char for token in pattern_tokens(text) if isinstance(token, Plain))


def fold(char: str) -> str:
    """One character without its letter case."""
    upper = char.upper()
    lower = (upper if len(upper) == 1 else char).lower()
    return lower if len(lower) == 1 else char
