"""YAML that people read: block style, texts in quotes wherever a reader of YAML 1.1 or 1.2 could take them for something else.

Source: https://yaml.org/spec/1.2.2/ and https://yaml.org/type/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from policyc.record import record

#: a letter first, and nothing that begins a comment, a value, an alias, a flow or a template
_PLAIN: Final = re.compile(r"[A-Za-z](?:[A-Za-z0-9_./@*+=-]|:(?=[A-Za-z0-9_/*.:-]))*")
_WORDS: Final = frozenset(
    ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity", "nil"]
)
_UNPRINTABLE: Final = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
#: what a literal block keeps as it is
_BLOCK: Final = re.compile(r"[^\r\t\x00-\x09\x0b-\x1f\x7f\x85\u2028\u2029\ufeff]*")


@record
class Tagged:
    """A value behind a tag: `!Sub`, `!Ref`."""

    tag: str
    value: Any


@record
class Literal:
    """A text as a literal block where YAML can have it so, else in quotes."""

    text: str


@record
class Verbatim:
    """What stands in the file as it is."""

    text: str


def write(tree: Any) -> str:
    """One document of block YAML."""
    return "".join(f"{line}\n" for line in _lines(tree, ""))


def scalar(value: str | float | bool | None) -> str:
    """A scalar on one line."""
    if isinstance(value, bool) or value is None:
        return "null" if value is None else str(value).lower()
    if not isinstance(value, str):
        return str(value)
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS and not value.endswith(":"):
        return value
    return _UNPRINTABLE.sub(_escaped, json.dumps(value, ensure_ascii=False))


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _lines(tree: Any, margin: str) -> Iterator[str]:
    """The lines of a value that begins on a line of its own."""
    if isinstance(tree, dict) and tree:
        for key, value in tree.items():
            yield from _behind(f"{margin}{scalar(key)}:", value, margin)
    elif isinstance(tree, list) and tree:
        for value in tree:
            inner = list(_lines(value, f"{margin}  ")) if isinstance(value, dict | list) and value else []
            if inner:
                yield f"{margin}- {inner[0][len(margin) + 2 :]}"
                yield from inner[1:]
            else:
                yield from _behind(f"{margin}-", value, margin)
    else:
        yield from _behind(margin, tree, margin)


def _behind(head: str, value: Any, margin: str) -> Iterator[str]:
    """The lines of a value behind a key, a dash or a tag."""
    match value:
        case dict() if value:
            yield head
            yield from _lines(value, f"{margin}  ")
        case list() if value:
            yield head
            yield from _lines(value, f"{margin}  ")
        case dict() | list():
            yield f"{head} {'{}' if isinstance(value, dict) else '[]'}"
        case Tagged(tag, inner):
            yield from _behind(f"{head} {tag}", inner, margin)
        case Literal(text) if _fits_block(text):
            sign = "-" if not text.endswith("\n") else "+" if text.endswith("\n\n") or text == "\n" else ""
            yield f"{head} |{sign}"
            body = text[:-1] if text.endswith("\n") else text
            yield from (f"{margin}  {line}" if line else "" for line in body.split("\n"))
        case Literal(text):
            yield f"{head} {scalar(text)}"
        case Verbatim(text):
            yield f"{head} {text}"
        case _:
            yield f"{head} {scalar(value)}"


def _fits_block(text: str) -> bool:
    first = next((line for line in text.split("\n") if line), "")
    return bool(first) and first[0] != " " and _BLOCK.fullmatch(text) is not None
