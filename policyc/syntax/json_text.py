"""JSON text with positions: a strict reader that says what is wrong and where.

Accepts exactly RFC 8259 (https://www.rfc-editor.org/rfc/rfc8259) after an optional byte order mark, with two limits of
its own: no key may occur twice in an object, and values nest at most `MAX_DEPTH` deep. Reading is one pass with an
explicit stack, so that no input can exhaust the interpreter's stack.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from math import isinf
from typing import Any, Final

from policyc.diagnostics import Diagnostics, Label
from policyc.record import record
from policyc.text import Source, Span

MAX_DEPTH: Final = 200
_MAX_INT_DIGITS: Final = 4000


@record
class JsonString:
    """A string; `value` has its escapes resolved, `span` covers the quotes."""

    value: str
    span: Span

    def plain(self) -> str:
        return self.value


@record
class JsonNumber:
    """A number; `text` is the literal as written."""

    text: str
    span: Span

    def plain(self) -> int | float | Decimal:
        """An int or a float; a Decimal when it is too long for an int or too large for a float.

        An infinite float only when the exponent is beyond a Decimal too.
        """
        if self.text.lstrip("-").isdigit():
            return int(self.text) if len(self.text) <= _MAX_INT_DIGITS else Decimal(self.text)
        value = float(self.text)
        if not isinf(value):
            return value
        try:
            return Decimal(self.text)
        except InvalidOperation:
            return value


@record
class JsonBool:
    value: bool
    span: Span

    def plain(self) -> bool:
        return self.value


@record
class JsonNull:
    span: Span

    def plain(self) -> None:
        return None


@record
class JsonArray:
    items: tuple[JsonValue, ...]
    span: Span

    def plain(self) -> list[Any]:
        return [item.plain() for item in self.items]


@record
class JsonMember:
    """One `key: value` pair; `key_span` covers the key with its quotes."""

    key: str
    key_span: Span
    value: JsonValue


@record
class JsonObject:
    members: tuple[JsonMember, ...]
    span: Span

    def plain(self) -> dict[str, Any]:
        return {member.key: member.value.plain() for member in self.members}

    def get(self, key: str) -> JsonValue | None:
        """The value of `key`, or None when the object has no such key."""
        return next((member.value for member in self.members if member.key == key), None)

    def __iter__(self) -> Iterator[JsonMember]:
        return iter(self.members)


JsonValue = JsonObject | JsonArray | JsonString | JsonNumber | JsonBool | JsonNull


def from_plain(value: object, span: Span) -> JsonValue:
    """A tree for ordinary Python data, every node at `span`.

    Takes mappings with text keys, sequences, str, bool, int, float, Decimal and None; anything else is a TypeError.
    """
    match value:
        case None:
            return JsonNull(span)
        case bool():
            return JsonBool(value, span)
        case str():
            return JsonString(value, span)
        case int() | float() | Decimal():
            return JsonNumber(str(value), span)
        case Mapping():
            members = tuple(JsonMember(str(key), span, from_plain(item, span)) for key, item in value.items())
            return JsonObject(members, span)
        case Sequence():
            return JsonArray(tuple(from_plain(item, span) for item in value), span)
        case _:
            raise TypeError(f"no JSON form for {type(value).__name__}")


def parse_json(source: Source, diagnostics: Diagnostics) -> JsonValue | None:
    """The tree of one JSON text, or None after an error was reported to `diagnostics`.

    Duplicate keys do not stop the reading, so that all of them are reported, yet the answer is None then too.
    """
    reader = _Reader(source, diagnostics)
    try:
        value = reader.document()
    except _Stop as stop:
        start, end = stop.start, max(stop.end, stop.start)
        diagnostics.error(stop.rule, stop.message, source.span(start, end), stop.help, stop.labels)
        return None
    return None if reader.duplicates else value


def parse_json_values(source: Source, diagnostics: Diagnostics) -> tuple[JsonValue, ...] | None:
    """The trees of one JSON value after another, as paging loops and `jq` write them; None after an error, as for `parse_json`."""
    reader = _Reader(source, diagnostics)
    found: list[JsonValue] = []
    try:
        while not found or reader.at < len(source.text):
            found.append(reader.first())
            reader.space()
    except _Stop as stop:
        start, end = stop.start, max(stop.end, stop.start)
        diagnostics.error(stop.rule, stop.message, source.span(start, end), stop.help, stop.labels)
        return None
    return None if reader.duplicates else tuple(found)


class _Stop(Exception):
    """Reading cannot go on: one finding at `start`..`end`."""

    def __init__(
        self, rule: str, message: str, start: int, end: int, help: str, labels: tuple[Label, ...] = ()
    ) -> None:
        super().__init__(message)
        self.rule, self.message, self.start, self.end, self.help, self.labels = rule, message, start, end, help, labels


_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_PLAIN = re.compile(r'[^"\\\x00-\x1f\ud800-\udfff]*')
_WORD = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_NUMBER_LIKE = re.compile(r"[+-]?[0-9.][0-9A-Za-z_.+-]*")
_HEX4 = re.compile(r"[0-9a-fA-F]{4}")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_NOT_NUMBERS = {"NaN", "Infinity", "nan", "inf"}
_FOREIGN_WORDS = {
    "True": "true",
    "TRUE": "true",
    "False": "false",
    "FALSE": "false",
    "None": "null",
    "NULL": "null",
    "nil": "null",
    "undefined": "null",
}


class _Frame:
    """An object or array that is still open; `key` waits for its value."""

    __slots__ = ("is_object", "items", "key", "key_span", "members", "seen", "start")

    def __init__(self, start: int, is_object: bool) -> None:
        self.start = start
        self.is_object = is_object
        self.members: list[JsonMember] = []
        self.items: list[JsonValue] = []
        self.seen: dict[str, Span] = {}
        self.key = ""
        self.key_span: Span | None = None

    def add(self, value: JsonValue) -> None:
        if self.key_span is not None:
            self.members.append(JsonMember(self.key, self.key_span, value))
        else:
            self.items.append(value)


class _Reader:
    def __init__(self, source: Source, diagnostics: Diagnostics) -> None:
        self.text = source.text
        self.file = source.file
        self.diagnostics = diagnostics
        self.at = 1 if source.text.startswith("\ufeff") else 0
        self.duplicates = False

    def first(self) -> JsonValue:
        """The value that stands next."""
        self.space()
        if self.at >= len(self.text):
            raise _Stop("json-empty", "the text is empty", self.at, self.at, "write one JSON value, such as `{}`")
        return self.value()

    def document(self) -> JsonValue:
        value = self.first()
        self.space()
        if self.at < len(self.text):
            self.refuse_comment()
            help = "remove what follows, or put both values into one array"
            raise _Stop("json-syntax-error", "text goes on after the JSON value", self.at, self.at + 1, help)
        return value

    def value(self) -> JsonValue:
        """One value with all that it holds, read with an explicit stack."""
        stack: list[_Frame] = []
        while True:
            done = self.scalar_or_open(stack)
            while done is not None:
                if not stack:
                    return done
                stack[-1].add(done)
                done = self.after_item(stack)

    def scalar_or_open(self, stack: list[_Frame]) -> JsonValue | None:
        """A finished value at the cursor, or None after an object or array was opened and awaits an item."""
        char = self.text[self.at : self.at + 1]
        if char == '"':
            start = self.at
            return JsonString(self.string(), Span(self.file, start, self.at))
        if char != "{" and char != "[":
            return self.literal(char, stack)
        if len(stack) >= MAX_DEPTH:
            help = f"flatten the data: at most {MAX_DEPTH} levels are read"
            raise _Stop("json-too-deep", "the value is nested too deeply", self.at, self.at + 1, help)
        frame = _Frame(self.at, char == "{")
        stack.append(frame)
        self.at += 1
        self.space()
        if self.text[self.at : self.at + 1] == ("}" if frame.is_object else "]"):
            return self.close(stack)
        if frame.is_object:
            self.key(frame)
        return None

    def close(self, stack: list[_Frame]) -> JsonValue:
        frame = stack.pop()
        self.at += 1
        span = Span(self.file, frame.start, self.at)
        return JsonObject(tuple(frame.members), span) if frame.is_object else JsonArray(tuple(frame.items), span)

    def after_item(self, stack: list[_Frame]) -> JsonValue | None:
        """Past an item: the closed container, or None when a further item follows."""
        self.space()
        frame = stack[-1]
        closing = "}" if frame.is_object else "]"
        char = self.text[self.at : self.at + 1]
        if char == closing:
            return self.close(stack)
        if char != ",":
            self.refuse_after_item(frame, char, closing)
        comma = self.at
        self.at += 1
        self.space()
        if self.text[self.at : self.at + 1] in ("}", "]"):
            help = "remove the comma"
            raise _Stop("json-trailing-comma", f"a comma before `{self.text[self.at]}`", comma, comma + 1, help)
        if frame.is_object:
            self.key(frame)
        return None

    def key(self, frame: _Frame) -> None:
        start = self.at
        if self.text[start : start + 1] != '"':
            self.refuse_key(frame)
        key = self.string()
        span = Span(self.file, start, self.at)
        first = frame.seen.setdefault(key, span)
        if first is not span:
            self.duplicates = True
            label = Label(first, "first written here")
            help = "keep one of the two, or put their values into one list"
            self.diagnostics.error("json-duplicate-key", f"key `{key}` is written twice", span, help, (label,))
        frame.key, frame.key_span = key, span
        self.space()
        if self.text[self.at : self.at + 1] != ":":
            self.refuse_comment()
            help = "write `:` between a key and its value"
            raise _Stop("json-syntax-error", f"no colon after key `{key}`", start, self.at, help)
        self.at += 1
        self.space()

    def space(self) -> None:
        found = _SPACE.match(self.text, self.at)
        if found is not None:
            self.at = found.end()

    def literal(self, char: str, stack: list[_Frame]) -> JsonValue:
        start = self.at
        found = _NUMBER.match(self.text, start)
        if found is not None:
            like = _NUMBER_LIKE.match(self.text, start)
            if like is not None and like.end() > found.end():
                self.refuse_number(start, like.end())
            self.at = found.end()
            return JsonNumber(found.group(), Span(self.file, start, self.at))
        word = _WORD.match(self.text, start)
        name = word.group() if word is not None else ""
        self.at = start + len(name)
        match name:
            case "true" | "false":
                return JsonBool(name == "true", Span(self.file, start, self.at))
            case "null":
                return JsonNull(Span(self.file, start, self.at))
            case _:
                self.at = start
                self.refuse_value(char, name, stack)
                raise AssertionError("unreachable")

    def string(self) -> str:
        """The string that opens at the cursor; the cursor ends after the closing quote."""
        text, opened = self.text, self.at
        parts: list[str] = []
        at = opened + 1
        while True:
            found = _PLAIN.match(text, at)
            end = found.end() if found is not None else at
            if end > at:
                parts.append(text[at:end])
            char = text[end : end + 1]
            if char == '"':
                self.at = end + 1
                return "".join(parts)
            if char != "\\":
                self.refuse_in_string(opened, end, char)
            piece, at = self.escape(opened, end)
            parts.append(piece)

    def escape(self, opened: int, at: int) -> tuple[str, int]:
        """The character of the escape at `at`, and the offset after it."""
        char = self.text[at + 1 : at + 2]
        if char in _ESCAPES:
            return _ESCAPES[char], at + 2
        if char == "":
            self.refuse_in_string(opened, at + 1, "")
        found = _HEX4.match(self.text, at + 2) if char == "u" else None
        if found is None:
            help = 'use one of `\\" \\\\ \\/ \\b \\f \\n \\r \\t` or `\\u` with four hex digits'
            raise _Stop("json-bad-escape", f"unknown escape `\\{char}`", at, at + 2, help)
        code = int(found.group(), 16)
        if not 0xD800 <= code <= 0xDFFF:
            return chr(code), at + 6
        low = _HEX4.match(self.text, at + 8) if self.text.startswith("\\u", at + 6) else None
        second = int(low.group(), 16) if low is not None else 0
        if code > 0xDBFF or not 0xDC00 <= second <= 0xDFFF:
            help = "write both halves of the pair, or the character itself"
            raise _Stop("json-lone-surrogate", f"half a character `\\u{found.group()}`", at, at + 6, help)
        return chr(0x10000 + ((code - 0xD800) << 10) + (second - 0xDC00)), at + 12

    # What is wrong, said as precisely as the place allows. Each of these always raises.

    def refuse_comment(self) -> None:
        char = self.text[self.at : self.at + 1]
        if char == "#" or self.text.startswith(("//", "/*"), self.at):
            raise _Stop("json-comment", "JSON has no comments", self.at, self.at + 1, "remove the comment")

    def refuse_unclosed(self, frame: _Frame) -> None:
        if self.at >= len(self.text):
            closing, name = ("}", "object") if frame.is_object else ("]", "array")
            label = Label(Span(self.file, frame.start, frame.start + 1), "opened here")
            help = f"add the missing `{closing}`"
            raise _Stop("json-unclosed", f"the text ends inside an {name}", self.at, self.at, help, (label,))

    def refuse_after_item(self, frame: _Frame, char: str, closing: str) -> None:
        self.refuse_unclosed(frame)
        self.refuse_comment()
        if char in ("}", "]"):
            label = Label(Span(self.file, frame.start, frame.start + 1), "opened here")
            help = f"close it with `{closing}`"
            raise _Stop("json-syntax-error", f"`{char}` does not close this", self.at, self.at + 1, help, (label,))
        help = f"write `,` before the next item or `{closing}` to close"
        raise _Stop("json-syntax-error", "no comma between two items", self.at, self.at + 1, help)

    def refuse_key(self, frame: _Frame) -> None:
        self.refuse_unclosed(frame)
        self.refuse_comment()
        self.refuse_single_quote()
        word = _WORD.match(self.text, self.at)
        if word is not None:
            help = f'write `"{word.group()}"`'
            raise _Stop("json-syntax-error", f"key `{word.group()}` has no quotes", self.at, word.end(), help)
        help = "write a key in double quotes"
        raise _Stop("json-syntax-error", "no key where one must stand", self.at, self.at + 1, help)

    def refuse_single_quote(self) -> None:
        if self.text[self.at : self.at + 1] == "'":
            help = 'use double quotes `"`'
            raise _Stop("json-single-quotes", "single quotes do not make a string", self.at, self.at + 1, help)

    def refuse_number(self, start: int, end: int) -> None:
        text = self.text[start:end]
        help = "write digits with an optional fraction and exponent, without leading zeros or `+`"
        raise _Stop("json-bad-number", f"`{text[:40]}` is not a number", start, end, help)

    def refuse_value(self, char: str, name: str, stack: list[_Frame]) -> None:
        start = self.at
        if stack:
            self.refuse_unclosed(stack[-1])
        self.refuse_comment()
        self.refuse_single_quote()
        signed = _WORD.match(self.text, start + 1) if char in ("-", "+") else None
        if (name or (signed.group() if signed is not None else "")) in _NOT_NUMBERS:
            help = "JSON has no such number; use a finite one, or a string"
            end = start + len(name) if name else start + 1
            raise _Stop("json-not-a-number", "not a finite number", start, end, help)
        if name:
            known = _FOREIGN_WORDS.get(name)
            help = f"write `{known}`" if known else f'write `"{name[:40]}"` if this is text'
            raise _Stop("json-syntax-error", f"unknown word `{name[:40]}`", start, start + len(name), help)
        like = _NUMBER_LIKE.match(self.text, start)
        if like is not None:
            self.refuse_number(start, like.end())
        raise _Stop("json-syntax-error", "no value where one must stand", start, start + 1, "write a value here")

    def refuse_in_string(self, opened: int, at: int, char: str) -> None:
        if char == "":
            label = Label(Span(self.file, opened, opened + 1), "opened here")
            help = 'add the missing `"`'
            raise _Stop("json-unclosed", "the text ends inside a string", at, at, help, (label,))
        if 0xD800 <= ord(char) <= 0xDFFF:
            help = "save the text as valid UTF-8"
            raise _Stop("json-lone-surrogate", "half a character in a string", at, at + 1, help)
        shown = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(char, f"\\u{ord(char):04x}")
        message = "a line break in a string" if char in "\r\n" else "a control character in a string"
        raise _Stop("json-control-character", message, at, at + 1, f"write `{shown}`, or close the string")
