"""What expressions of a configuration amount to. Every value knows its place; a text that is only partly known has marks of holes in it
(`policyc.holes`), and what nothing is known of is `Unknown`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from policyc.carriers.embedded import Hole, Piece
from policyc.carriers.terraform.runs import shifted
from policyc.holes import MARK, has_hole, mark, shown
from policyc.record import record
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
from policyc.text import Span

#: characters of one text, and values of one document
LARGEST_TEXT: Final = 1_000_000
LARGEST_LIST: Final = 20_000


class Failed(Exception):
    """An expression has no value: Terraform would refuse it, or it is not read here. `reason` is for people."""

    def __init__(self, reason: str, span: Span) -> None:
        super().__init__(reason)
        self.reason, self.span = reason, span


class TooMuch(Failed):
    """Working it out takes more than is spent on one document; `try` does not catch it."""


@record
class Text:
    """`pieces` say where its parts stand; none: all of it at `span`."""

    value: str
    pieces: tuple[Piece, ...]
    span: Span


@record
class Json:
    """A text that is the JSON of a value that is known, as `jsonencode` makes it."""

    value: Value
    span: Span


@record
class Number:
    value: Decimal
    span: Span


@record
class Bool:
    value: bool
    span: Span


@record
class Null:
    span: Span


@record
class Items:
    """A list, tuple or set. `open` says that there may be other elements than those, and that those may be missing."""

    values: tuple[Value, ...]
    span: Span
    open: bool = False


@record
class Entry:
    key: str
    key_span: Span
    value: Value


@record
class Fields:
    """A map or object, each key once."""

    entries: tuple[Entry, ...]
    span: Span

    def get(self, key: str) -> Value | None:
        for entry in self.entries:
            if entry.key == key:
                return entry.value
        return None


@record
class Unknown:
    """A hole. `name` is its expression, `like` a pattern that all its texts fit, `kind` as in `Hole`."""

    name: str
    span: Span
    kind: str = "string"
    like: str = ""
    sensitive: bool = False

    def hole(self) -> Hole:
        return Hole(self.name, self.kind, self.span, sensitive=self.sensitive)


@record
class Instance:
    """A resource, data source or module as a value: `address` is unique; what attributes it has says the module that declares it."""

    address: str
    span: Span


Value = Text | Json | Number | Bool | Null | Items | Fields | Unknown | Instance


def plain_text(value: str, span: Span) -> Text:
    """A text that stands at one place as a whole."""
    return Text(value, (), span)


def number_text(value: Decimal) -> str:
    """A number as a template prints it."""
    if value == value.to_integral_value():
        return str(int(value)) if value.adjusted() < 400 else str(value)
    return format(value.normalize(), "f")


def unknown_in(value: Value) -> bool:
    """Whether anything of a value is open."""
    match value:
        case Unknown() | Instance():
            return True
        case Text(text):
            return has_hole(text)
        case Json(inner):
            return unknown_in(inner)
        case Items(values):
            return value.open or any(unknown_in(item) for item in values)
        case Fields(entries):
            return any(has_hole(entry.key) or unknown_in(entry.value) for entry in entries)
        case _:
            return False


def described(value: Value, depth: int = 0) -> str:
    """A value in a word or two, for the name of a hole that depends on it."""
    if depth > 3:
        return "…"
    match value:
        case Text(text):
            return f'"{shown(text)}"' if len(text) <= 60 else "…"
        case Number(number):
            return number_text(number)
        case Bool(truth):
            return "true" if truth else "false"
        case Null():
            return "null"
        case Unknown(name):
            return name
        case Instance(address):
            return address
        case Items(values):
            return f"[{', '.join(described(item, depth + 1) for item in values[:3])}{', …' if len(values) > 3 else ''}]"
        case Fields(entries):
            inner = ", ".join(f"{entry.key} = {described(entry.value, depth + 1)}" for entry in entries[:3])
            return f"{{{inner}{', …' if len(entries) > 3 else ''}}}"
        case Json(inner):
            return f"jsonencode({described(inner, depth + 1)})"


def as_text(value: Value) -> Text | Unknown:
    """A value in a place for text. Raises Failed for one that has no text."""
    match value:
        case Text() | Unknown():
            return value
        case Instance(address, span):
            return Unknown(address, span)
        case Number(number, span):
            return plain_text(number_text(number), span)
        case Bool(truth, span):
            return plain_text("true" if truth else "false", span)
        case Json(inner, span):
            return json_text(inner, span)
        case Null(span):
            raise Failed("null stands where a text is wanted", span)
        case Items(_, span) | Fields(_, span):
            raise Failed("a collection stands where a text is wanted", span)


def marked(value: Text | Unknown) -> str:
    return value.value if isinstance(value, Text) else mark(value.name, value.like)


def joined(parts: list[Text | Unknown], span: Span) -> Text | Unknown:
    """One text of several, at `span`; what comes from elsewhere than the text around it stands where it is put in."""
    if len(parts) == 1 and isinstance(parts[0], Unknown):
        return parts[0]
    pieces: list[Piece] = []
    texts: list[str] = []
    length = 0
    for part in parts:
        text = marked(part)
        if not text:
            continue
        own = isinstance(part, Text) and all(
            piece.span.file == span.file and _inside(piece, span) for piece in part.pieces
        )
        if isinstance(part, Text) and part.pieces and own:
            pieces.extend(shifted(part.pieces, length))
        else:
            inner = part.span if part.span.file == span.file and span.start <= part.span.start < span.end else span
            pieces.append(Piece(length, inner, False))
        texts.append(text)
        length += len(text)
        if length > LARGEST_TEXT:
            raise TooMuch(f"it makes a text of more than {LARGEST_TEXT:,} characters", span)
    return Text("".join(texts), tuple(pieces), span)


def _inside(piece: Piece, span: Span) -> bool:
    return span.start <= piece.span.start and piece.span.end <= span.end


def json_text(value: Value, span: Span) -> Text | Unknown:
    """The text that `jsonencode` gives; the whole is open where a part is of which not even the type is known."""
    if _has_untyped(value):
        return Unknown(f"jsonencode({described(value)})", span)
    text = json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    if len(text) > LARGEST_TEXT:
        raise TooMuch(f"it makes a text of more than {LARGEST_TEXT:,} characters", span)
    return Text(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"), (), span)


def _has_untyped(value: Value) -> bool:
    match value:
        case Unknown(kind=kind):
            return kind in ("list", "bool", "number", "document", "any")
        case Instance():
            return True
        case Items(values):
            return value.open or any(_has_untyped(item) for item in values)
        case Fields(entries):
            return any(_has_untyped(entry.value) for entry in entries)
        case _:
            return False


def _plain(value: Value) -> object:
    match value:
        case Text(text):
            return text
        case Number(number):
            return int(number) if number == number.to_integral_value() else float(number)
        case Bool(truth):
            return truth
        case Null():
            return None
        case Items(values):
            return [_plain(item) for item in values]
        case Fields(entries):
            return {entry.key: _plain(entry.value) for entry in entries}
        case Unknown() | Instance():
            return marked(_as_unknown(value))
        case Json(inner, span):
            return marked(json_text(inner, span))


def _as_unknown(value: Unknown | Instance) -> Unknown:
    return value if isinstance(value, Unknown) else Unknown(value.address, value.span, "any")


def json_tree(value: Value) -> JsonValue:
    """The tree of the JSON that a value is encoded as, with the places of its parts."""
    match value:
        case Text(text, _, span):
            return JsonString(text, span)
        case Number(number, span):
            return JsonNumber(number_text(number), span)
        case Bool(truth, span):
            return JsonBool(truth, span)
        case Null(span):
            return JsonNull(span)
        case Items(values, span):
            return JsonArray(tuple(json_tree(item) for item in values), span)
        case Fields(entries, span):
            members = (JsonMember(entry.key, entry.key_span, json_tree(entry.value)) for entry in entries)
            return JsonObject(tuple(members), span)
        case Unknown() | Instance():
            return JsonString(marked(_as_unknown(value)), value.span)
        case Json(inner, span):
            return JsonString(marked(json_text(inner, span)), span)


def from_json(tree: JsonValue) -> Value:
    """The value that `jsondecode` makes of a tree."""
    match tree:
        case JsonString(text, span):
            return plain_text(text, span)
        case JsonNumber(text, span):
            return Number(Decimal(text), span)
        case JsonBool(truth, span):
            return Bool(truth, span)
        case JsonNull(span):
            return Null(span)
        case JsonArray(items, span):
            return Items(tuple(from_json(item) for item in items), span)
        case JsonObject(members, span):
            return Fields(tuple(Entry(item.key, item.key_span, from_json(item.value)) for item in members), span)


def texts_in(value: Value) -> Iterator[str]:
    """Every text in a value, keys too."""
    match value:
        case Text(text):
            yield text
        case Json(inner):
            yield from texts_in(inner)
        case Items(values):
            for item in values:
                yield from texts_in(item)
        case Fields(entries):
            for entry in entries:
                yield entry.key
                yield from texts_in(entry.value)
        case Unknown() | Instance():
            yield marked(_as_unknown(value))
        case _:
            return


def equal(left: Value, right: Value) -> bool | None:
    """Whether two values are one, as `==` says; None where it depends on a hole."""
    if isinstance(left, Json) or isinstance(right, Json):
        other = right if isinstance(left, Json) else left
        if isinstance(other, Null) or (isinstance(other, Text) and not other.value):
            return False  # whatever is open in it, it is a text and no empty one
        left, right = (json_text(v.value, v.span) if isinstance(v, Json) else v for v in (left, right))
    if isinstance(left, Unknown | Instance) or isinstance(right, Unknown | Instance):
        if {type(left), type(right)} == {Instance, Null}:
            return False  # what a resource is as a whole is an object
        same = isinstance(left, Unknown) and isinstance(right, Unknown) and left.name == right.name
        return True if same else None
    if isinstance(left, Text) and isinstance(right, Text):
        if left.value == right.value:
            return True
        return None if _may_be(left.value, right.value) else False
    if type(left) is not type(right):
        return False
    match left, right:
        case (Number(a), Number(b)):
            return a == b
        case (Bool(a), Bool(b)):
            return a is b
        case (Null(), Null()):
            return True
        case (Items(a), Items(b)):
            if left.open or right.open:
                return None
            return False if len(a) != len(b) else _all(equal(x, y) for x, y in zip(a, b))
        case (Fields(a), Fields(b)):
            if {x.key for x in a} != {x.key for x in b}:
                return None if unknown_in(left) or unknown_in(right) else False
            return _all(equal(x.value, right.get(x.key) or x.value) for x in a)
        case _:
            return False


def _may_be(left: str, right: str) -> bool:
    """Whether two different texts are one for some values of the holes in them."""
    if has_hole(left) == has_hole(right):
        return has_hole(left)
    open_one, known = (left, right) if has_hole(left) else (right, left)
    parts = MARK.split(open_one)[::3]  # between the marks, which have two groups
    if len(known) < sum(map(len, parts)) or not (known.startswith(parts[0]) and known.endswith(parts[-1])):
        return False
    return all(part in known for part in parts)


def _all(answers: Iterator[bool | None]) -> bool | None:
    told: bool | None = True
    for answer in answers:
        if answer is False:
            return False
        told = None if answer is None else told
    return told
