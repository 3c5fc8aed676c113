"""The exact reader of JSON text: one pass that knows every place and says what is wrong and where.

It reads with an explicit stack, so that no input can exhaust the interpreter's.
"""

from __future__ import annotations

from typing import Final

from policyc.diagnostics import Advice, Applicability, Diagnostics, Edit, Fix, Label, write_instead
from policyc.regex import regex
from policyc.syntax.json_tree import (
    JsonArray,
    JsonBool,
    JsonMember,
    JsonNull,
    JsonNumber,
    JsonObject,
    JsonString,
    JsonValue,
)
from policyc.text import Source, Span

MAX_DEPTH: Final = 200
#: mistakes of one text that are read past, and characters of one in which any is: each time it is read from the start
_MENDED: Final = 20
_MENDED_LENGTH: Final = 200_000


def read_exactly(source: Source, diagnostics: Diagnostics, many: bool = False) -> tuple[JsonValue, ...] | None:
    """The one value of a text, or with `many` one value after another; None after an error was reported.

    Duplicate keys do not stop the reading, so that all of them are reported, yet the answer is None then too.
    """
    reader = Reader(source, diagnostics)
    found: list[JsonValue] = []
    try:
        if not many:
            found.append(reader.document())
        while many and (not found or reader.at < len(source.text)):
            found.append(reader.first())
            reader.space()
    except Stop as stop:
        _report(stop, source, diagnostics)
        return None
    return None if reader.duplicates else tuple(found)


def read_as_meant(source: Source, diagnostics: Diagnostics) -> tuple[JsonValue, Source] | None:
    """The value that is meant by a text with mistakes, after each of them was reported, and the text that has it: every letter stands where it stood. None
    where it cannot be told what is meant."""
    text = source.text
    for _ in range(_MENDED):
        reader = Reader(Source(source.file, text), Diagnostics())
        try:
            value = reader.document()
        except Stop as stop:
            _report(stop, source, diagnostics)
            if stop.meant is None or len(text) > _MENDED_LENGTH:
                return None
            start, end, better = stop.meant
            text = text[:start] + better.ljust(end - start) + text[end:]
        else:
            diagnostics.extend(reader.diagnostics)
            return value, Source(source.file, text)
    return None


def _report(stop: Stop, source: Source, diagnostics: Diagnostics) -> None:
    start, end = stop.start, max(stop.end, stop.start)
    fix = None
    if stop.instead is not None:
        first, last, text = stop.instead
        fix = Fix(stop.help, (Edit(source.span(first, last), text),), Applicability.SAFE)
    diagnostics.error(stop.rule, stop.message, source.span(start, end), stop.help, stop.labels, fix)


class Stop(Exception):
    """Reading cannot go on: one finding at `start`..`end`. `instead` is the right text and the offsets of what it replaces, `meant` a text no longer than what it
    replaces with which one can read on."""

    def __init__(
        self,
        rule: str,
        message: str,
        start: int,
        end: int,
        help: str,
        labels: tuple[Label, ...] = (),
        instead: tuple[int, int, str] | None = None,
        meant: tuple[int, int, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.rule, self.message, self.start, self.end, self.help, self.labels = rule, message, start, end, help, labels
        fits = instead is not None and len(instead[2]) <= instead[1] - instead[0]
        self.instead, self.meant = instead, meant or (instead if fits else None)


_SPACE = regex(r"[ \t\n\r]*")
_NUMBER = regex(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_PLAIN = regex(r'[^"\\\x00-\x1f\ud800-\udfff]*')
#: a text in single quotes of which nothing changes between double ones
_COMMENT = regex(r"(?:#|//)[^\n]*|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/")
_SINGLE = regex(r"'([^'\"\\\x00-\x1f]*)'")
_WORD = regex(r"[A-Za-z_$][A-Za-z0-9_$]*")
_NUMBER_LIKE = regex(r"[+-]?[0-9.][0-9A-Za-z_.+-]*")
_ZEROS = regex(r"^(-?)0+(?=[0-9])")
_BLANKS = " \t\r\n"
_HEX4 = regex(r"[0-9a-fA-F]{4}")
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


class Reader:
    """One pass over a text; `at` is the cursor, `duplicates` tells that a key was reported to stand twice in an object."""

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
            raise Stop("json-empty", "the text is empty", self.at, self.at, "write one JSON value, such as `{}`")
        return self.value()

    def document(self) -> JsonValue:
        value = self.first()
        self.space()
        if self.at < len(self.text):
            self.refuse_comment()
            help = "remove what follows, or put both values into one array"
            raise Stop("json-syntax-error", "text goes on after the JSON value", self.at, self.at + 1, help)
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
            raise Stop("json-too-deep", "the value is nested too deeply", self.at, self.at + 1, help)
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
            message = f"a comma before `{self.text[self.at]}`"
            raise Stop("json-trailing-comma", message, comma, comma + 1, help, instead=(comma, comma + 1, ""))
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
            raise Stop("json-syntax-error", f"no colon after key `{key}`", start, self.at, help)
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
            raise Stop("json-bad-escape", f"unknown escape `\\{char}`", at, at + 2, help)
        code = int(found.group(), 16)
        if not 0xD800 <= code <= 0xDFFF:
            return chr(code), at + 6
        low = _HEX4.match(self.text, at + 8) if self.text.startswith("\\u", at + 6) else None
        second = int(low.group(), 16) if low is not None else 0
        if code > 0xDBFF or not 0xDC00 <= second <= 0xDFFF:
            help = "write both halves of the pair, or the character itself"
            raise Stop("json-lone-surrogate", f"half a character `\\u{found.group()}`", at, at + 6, help)
        return chr(0x10000 + ((code - 0xD800) << 10) + (second - 0xDC00)), at + 12

    # What is wrong, said as precisely as the place allows. Each of these always raises.

    def refuse_comment(self) -> None:
        char = self.text[self.at : self.at + 1]
        if char == "#" or self.text.startswith(("//", "/*"), self.at):
            found = _COMMENT.match(self.text, self.at)
            instead = None if found is None else (found.start(), found.end(), "")
            message = "JSON has no comments"
            raise Stop("json-comment", message, self.at, self.at + 1, "remove the comment", instead=instead)

    def refuse_unclosed(self, frame: _Frame) -> None:
        if self.at >= len(self.text):
            closing, name = ("}", "object") if frame.is_object else ("]", "array")
            label = Label(Span(self.file, frame.start, frame.start + 1), "opened here")
            help = f"add the missing `{closing}`"
            raise Stop("json-unclosed", f"the text ends inside an {name}", self.at, self.at, help, (label,))

    def refuse_after_item(self, frame: _Frame, char: str, closing: str) -> None:
        self.refuse_unclosed(frame)
        self.refuse_comment()
        if char in ("}", "]"):
            label = Label(Span(self.file, frame.start, frame.start + 1), "opened here")
            help = f"close it with `{closing}`"
            raise Stop("json-syntax-error", f"`{char}` does not close this", self.at, self.at + 1, help, (label,))
        help = f"write `,` before the next item or `{closing}` to close"
        blank = self.at - 1
        meant = (blank, self.at, ",") if self.text[blank].isspace() else None
        behind = len(self.text[: self.at].rstrip(_BLANKS))
        follows = char == '"' or (not frame.is_object and (char in "{[-" or char.isalnum()))
        instead = (behind, behind, ",") if follows else None
        message = "no comma between two items"
        raise Stop("json-syntax-error", message, self.at, self.at + 1, help, instead=instead, meant=meant)

    def refuse_key(self, frame: _Frame) -> None:
        self.refuse_unclosed(frame)
        self.refuse_comment()
        self.refuse_single_quote()
        word = _WORD.match(self.text, self.at)
        if word is not None:
            help = f'write `"{word.group()}"`'
            instead = (self.at, word.end(), f'"{word.group()}"')
            message = f"key `{word.group()}` has no quotes"
            raise Stop("json-syntax-error", message, self.at, word.end(), help, instead=instead)
        help = "write a key in double quotes"
        raise Stop("json-syntax-error", "no key where one must stand", self.at, self.at + 1, help)

    def refuse_single_quote(self) -> None:
        if self.text[self.at : self.at + 1] == "'":
            help = 'use double quotes `"`'
            found = _SINGLE.match(self.text, self.at)
            instead = None if found is None else (found.start(), found.end(), f'"{found[1]}"')
            message = "single quotes do not make a string"
            raise Stop("json-single-quotes", message, self.at, self.at + 1, help, instead=instead)

    def refuse_number(self, start: int, end: int) -> None:
        text = self.text[start:end]
        right = _ZEROS.sub(r"\1", text.removeprefix("+"))
        help = "write digits with an optional fraction and exponent, without leading zeros or `+`"
        help = Advice(help, text, right) if _NUMBER.fullmatch(right) else help
        raise Stop("json-bad-number", f"`{text[:40]}` is not a number", start, end, help)

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
            raise Stop("json-not-a-number", "not a finite number", start, end, help)
        if name:
            known = _FOREIGN_WORDS.get(name)
            help = write_instead(name, known) if known else f'write `"{name[:40]}"` if this is text'
            end = start + len(name)
            meant = (start, end, known) if known and len(known) <= len(name) else None
            raise Stop("json-syntax-error", f"unknown word `{name[:40]}`", start, end, help, meant=meant)
        like = _NUMBER_LIKE.match(self.text, start)
        if like is not None:
            self.refuse_number(start, like.end())
        raise Stop("json-syntax-error", "no value where one must stand", start, start + 1, "write a value here")

    def refuse_in_string(self, opened: int, at: int, char: str) -> None:
        if char == "":
            label = Label(Span(self.file, opened, opened + 1), "opened here")
            help = 'add the missing `"`'
            raise Stop("json-unclosed", "the text ends inside a string", at, at, help, (label,))
        if 0xD800 <= ord(char) <= 0xDFFF:
            help = "save the text as valid UTF-8"
            raise Stop("json-lone-surrogate", "half a character in a string", at, at + 1, help)
        shown = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(char, f"\\u{ord(char):04x}")
        message = "a line break in a string" if char in "\r\n" else "a control character in a string"
        instead = None if char in "\r\n" else (at, at + 1, shown)
        help = f"write `{shown}`, or close the string"
        raise Stop("json-control-character", message, at, at + 1, help, instead=instead)
