"""Functions of texts."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Final

from policyc.carriers.terraform.arguments import Arguments, Function, is_open, known
from policyc.carriers.terraform.formats import formatted
from policyc.carriers.terraform.patterns import python_pattern
from policyc.carriers.terraform.values import (
    Bool,
    Entry,
    Fields,
    Items,
    Json,
    Text,
    TooMuch,
    Unknown,
    Value,
    as_text,
    described,
    joined,
    plain_text,
    unknown_in,
)
from policyc.holes import has_hole, pieces
from policyc.record import replace as record_replace
from policyc.regex import regex as regex_


def join(args: Arguments) -> Value:
    if len(args.values) < 2 or unknown_in(args.values[0]) or any(is_open(value) for value in args.values[1:]):
        return args.hole()
    separator = plain_text(args.text(0), args.values[0].span)
    parts: list[Text | Unknown] = []
    for number in range(1, len(args.values)):
        for item in args.items(number):
            parts += [separator, as_text(item)] if parts else [as_text(item)]
    return joined(parts, args.span) if parts else plain_text("", args.span)


def format_text(args: Arguments) -> Value:
    if not args.values or unknown_in(args.values[0]):
        return args.hole()
    parts = formatted(args.text(0), args.values[1:], args.span)
    return args.hole() if parts is None else joined(parts or [plain_text("", args.span)], args.span)


def formatlist(args: Arguments) -> Value:
    if not args.values or unknown_in(args.values[0]) or any(is_open(value) for value in args.values):
        return args.hole("list")
    lists = [value for value in args.values[1:] if isinstance(value, Items)]
    count = len(lists[0].values) if lists else 1
    if any(len(item.values) != count for item in lists):
        raise args.fail("is given lists of different lengths")
    rows: list[Value] = []
    for row in range(count):
        given = tuple(value.values[row] if isinstance(value, Items) else value for value in args.values[1:])
        rows.append(format_text(Arguments("format", (args.values[0], *given), args.span, args.unknown)))
    return Items(tuple(rows), args.span)


#: what no JSON text has but inside its strings
_WORDLIKE: Final = regex_("(?=.*[A-Z_])[A-Za-z0-9_-]{3,}")


def replace(args: Arguments) -> Value:
    """`replace`; in a text with holes, or in the JSON of a value, only what is literally there is exchanged, and a hole there is another one after it."""
    if len(args.values) != 3 or isinstance(args.values[0], Unknown) or unknown_in(args.values[1]):
        return _replaced(args)
    old, new = args.text(1), as_text(args.values[2])
    if not old or (len(old) > 1 and old[0] == old[-1] == "/"):
        return _replaced(args)
    value = args.values[0]
    if isinstance(value, Json) and _WORDLIKE.fullmatch(old):
        return Json(_exchanged(value.value, old, new, args), value.span)
    if not unknown_in(value) and not isinstance(new, Unknown) and not unknown_in(new):
        return _replaced(args)
    text = as_text(value)
    return args.hole() if isinstance(text, Unknown) else _in_text(text, old, new, args)


def _exchanged(value: Value, old: str, new: Text | Unknown, args: Arguments) -> Value:
    match value:
        case Text():
            return _in_text(value, old, new, args)
        case Items(values, span, open):
            return Items(tuple(_exchanged(item, old, new, args) for item in values), span, open)
        case Fields(entries, span):
            return Fields(
                tuple(record_replace(one, value=_exchanged(one.value, old, new, args)) for one in entries), span
            )
        case Json(inner, span):
            return Json(_exchanged(inner, old, new, args), span)
        case _:
            return value


def _in_text(text: Text, old: str, new: Text | Unknown, args: Arguments) -> Value:
    if old not in text.value and not has_hole(text.value):
        return text
    parts: list[Text | Unknown] = []
    for part, is_hole in pieces(text.value):
        if is_hole:
            made = args.unknown(f"replace({part}, {described(args.values[1])}, {described(new)})", text.span)
            parts.append(as_text(made))
            continue
        for number, literal in enumerate(part.split(old)):
            parts += [new] if number else []
            parts += [plain_text(literal, text.span)] if literal else []
    return joined(parts, text.span) if parts else plain_text("", text.span)


@known()
def _replaced(args: Arguments) -> Value:
    text, old, new = args.text(0), args.text(1), args.text(2)
    if len(old) > 1 and old[0] == old[-1] == "/":
        pattern = python_pattern(old[1:-1], text)
        if pattern is None:
            return args.hole()
        return plain_text(pattern.sub(re.sub(r"\$\{?(\w+)\}?", r"\\g<\1>", new), text), args.span)
    made = text.replace(old, new)
    if len(made) > 4_000_000:
        raise TooMuch("it makes too long a text", args.span)
    return plain_text(made, args.span)


@known("list")
def split(args: Arguments) -> Value:
    separator, text = args.text(0), args.text(1)
    parts = list(text) if separator == "" else text.split(separator)
    return Items(tuple(plain_text(part, args.span) for part in parts), args.span)


@known()
def substr(args: Arguments) -> Value:
    text, start, count = args.text(0), args.number(1), args.number(2)
    start = max(0, len(text) + start) if start < 0 else start
    return plain_text(text[start:] if count < 0 else text[start : start + count], args.span)


@known("any")
def regex(args: Arguments) -> Value:
    pattern = python_pattern(args.text(0), args.text(1))
    if pattern is None:
        return args.hole("any")
    found = pattern.search(args.text(1))
    if found is None:
        raise args.fail("finds nothing")
    if pattern.groupindex:
        named = sorted(found.groupdict().items())
        return Fields(tuple(Entry(k, args.span, plain_text(v or "", args.span)) for k, v in named), args.span)
    if pattern.groups:
        return Items(tuple(plain_text(part or "", args.span) for part in found.groups()), args.span)
    return plain_text(found[0], args.span)


def text_test(test: Callable[[str, str], bool]) -> Function:
    return known("bool")(lambda args: Bool(test(args.text(0), args.text(1)), args.span))


def text_change(change: Callable[[str, str], str]) -> Function:
    return known()(lambda args: plain_text(change(args.text(0), args.text(1)), args.span))


@known()
def indent(args: Arguments) -> Value:
    return plain_text(args.text(1).replace("\n", "\n" + " " * min(args.number(0), 1000)), args.span)


@known()
def from_base64(args: Arguments) -> Value:
    try:
        return plain_text(base64.b64decode(args.text(0), validate=True).decode(), args.span)
    except (binascii.Error, UnicodeDecodeError):
        raise args.fail("is given what is no Base64 of a text") from None
