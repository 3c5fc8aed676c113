"""JSON text with positions: a strict reader that says what is wrong and where.

Accepts exactly RFC 8259 (https://www.rfc-editor.org/rfc/rfc8259) after an optional byte order mark, with two limits of
its own: no key may occur twice in an object, and values nest at most `MAX_DEPTH` deep.

The C scanner of `json` reads first and knows no places; a place is found when somebody asks for it, by the exact reader, which
goes over the whole text once and then knows all of them. A text in which the scanner sees anything out of the ordinary is read
exactly from the start, so that there is one home for what is refused and how it is said.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import total_ordering
from json import scanner
from typing import TYPE_CHECKING, Any

from policyc.diagnostics import Diagnostics
from policyc.record import replace
from policyc.regex import regex
from policyc.syntax.json_exact import MAX_DEPTH, read_as_meant, read_exactly
from policyc.syntax.json_tree import (
    JsonArray,
    JsonBool,
    JsonMember,
    JsonNull,
    JsonNumber,
    JsonObject,
    JsonString,
    JsonValue,
    from_plain,
)
from policyc.text import Source, Span

__all__ = [
    "MAX_DEPTH",
    "JsonArray",
    "JsonBool",
    "JsonMember",
    "JsonNull",
    "JsonNumber",
    "JsonObject",
    "JsonString",
    "JsonValue",
    "from_plain",
    "parse_as_meant",
    "parse_json",
    "parse_json_values",
]


#: where a place of a text stands in the file that holds the text
Moved = Callable[[Span], Span]


def parse_json(source: Source, diagnostics: Diagnostics, moved: Moved | None = None) -> JsonValue | None:
    """The tree of one JSON text, its places `moved` where the text stands in another file; or None after an error was reported to `diagnostics`, at its place in
    the text.

    Duplicate keys do not stop the reading, so that all of them are reported, yet the answer is None then too.
    """
    read = _scanned(source, many=False, moved=moved)
    if read is not None:
        return read[0]
    read = read_exactly(source, diagnostics)
    return None if read is None else read[0] if moved is None else _respanned(read[0], moved)


def parse_as_meant(source: Source, diagnostics: Diagnostics) -> tuple[JsonValue, Source] | None:
    """The tree of one JSON text and the text that has it: where each mistake can be meant one way only the one that is meant, every mistake reported."""
    tree = parse_json(source, Diagnostics())
    return (tree, source) if tree is not None else read_as_meant(source, diagnostics)


def _respanned(tree: JsonValue, moved: Moved) -> JsonValue:
    """The tree with other places. As deep as the reader goes."""
    match tree:
        case JsonObject(members, span):
            held = [
                JsonMember(member.key, moved(member.key_span), _respanned(member.value, moved)) for member in members
            ]
            return JsonObject(tuple(held), moved(span))
        case JsonArray(items, span):
            return JsonArray(tuple([_respanned(item, moved) for item in items]), moved(span))
        case _:
            return replace(tree, span=moved(tree.span))


def parse_json_values(source: Source, diagnostics: Diagnostics) -> tuple[JsonValue, ...] | None:
    """The trees of one JSON value after another, as paging loops and `jq` write them; None after an error, as for `parse_json`."""
    return _scanned(source, many=True) or read_exactly(source, diagnostics, many=True)


#: other Python implementations read by a scanner that is less strict
_HAS_SCANNER = getattr(scanner, "c_make_scanner", None) is not None


class _Irregular(Exception):
    """The text is for the exact reader."""


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


_SPACE = regex(r"[ \t\n\r]*")
#: half a character, raw or escaped: the scanner takes it, and whole pairs are rare enough to be read exactly as well
_RAW_HALF = regex(r"[\ud800-\udfff]")
_ESCAPED_HALF = regex(r"\\u[dD][89a-fA-F]")


def _pairs(pairs: list[tuple[str, Any]]) -> tuple[tuple[str, Any], ...]:
    """An object as a tuple, where an array is a list; one with a key twice is irregular."""
    if len(dict(pairs)) != len(pairs):
        raise _Irregular
    return tuple(pairs)


def _refuse_constant(_name: str) -> Any:
    """`NaN` and the infinities, which the scanner knows and JSON does not."""
    raise _Irregular


_DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=_Number, parse_float=_Number, parse_constant=_refuse_constant
)


def _scanned(source: Source, many: bool, moved: Moved | None = None) -> tuple[JsonValue, ...] | None:
    """The trees as the C scanner reads them, None for a text that only the exact reader can judge."""
    text = source.text
    if not _HAS_SCANNER or ("\\u" in text and _ESCAPED_HALF.search(text)):
        return None
    if not text.isascii() and _RAW_HALF.search(text):
        return None
    places = _Places(source, many, moved)
    found: list[JsonValue] = []
    at = _after_space(text, 1 if text.startswith("\ufeff") else 0)
    try:
        while not found or (many and at < len(text)):
            raw, at = _DECODER.raw_decode(text, at)
            if many and not isinstance(raw, (tuple, list)):  # where a number ends is the exact reader's to say
                return None
            found.append(places.tree(raw))
            at = _after_space(text, at)
    except (ValueError, RecursionError, _Irregular):
        return None
    return tuple(found) if at == len(text) else None


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return at if found is None else found.end()


class _Places:
    """Where the values and keys of a text stand, by their number in the order of the text; read when first asked."""

    __slots__ = ("count", "found", "many", "moved", "source")

    def __init__(self, source: Source, many: bool, moved: Moved | None) -> None:
        self.source, self.many, self.moved = source, many, moved
        self.count = 0
        self.found: list[Span] = []

    def tree(self, raw: Any, depth: int = 0) -> JsonValue:
        """The tree of what the scanner read, every place still to be found."""
        number = self.count
        self.count = number + 1
        kind = type(raw)
        if kind is str:
            return JsonString(raw, _late(self, number))
        if depth >= MAX_DEPTH and (kind is tuple or kind is list):
            raise _Irregular
        if kind is tuple:
            members = []
            for key, value in raw:
                at = self.count
                if type(value) is str:  # most are
                    self.count = at + 2
                    members.append(JsonMember(key, _late(self, at), JsonString(value, _late(self, at + 1))))
                else:
                    self.count = at + 1
                    members.append(JsonMember(key, _late(self, at), self.tree(value, depth + 1)))
            return JsonObject(tuple(members), _late(self, number))
        if kind is list:
            return JsonArray(tuple([self.tree(item, depth + 1) for item in raw]), _late(self, number))
        if kind is _Number:
            return JsonNumber(str(raw), _late(self, number))
        return JsonNull(_late(self, number)) if raw is None else JsonBool(raw, _late(self, number))

    def span(self, number: int) -> Span:
        if not self.found:
            for value in read_exactly(self.source, Diagnostics(), self.many) or ():
                spans = _in_order(value)
                self.found.extend(spans if self.moved is None else map(self.moved, spans))
        return self.found[number]


def _in_order(value: JsonValue) -> list[Span]:
    """The places of a value and of all that it holds, keys before their values."""
    found: list[Span] = []
    stack: list[JsonValue | Span] = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, Span):
            found.append(item)
            continue
        found.append(item.span)
        match item:
            case JsonArray(items):
                stack.extend(reversed(items))
            case JsonObject(members):
                for member in reversed(members):
                    stack += (member.value, member.key_span)
            case _:
                pass
    return found


@total_ordering
class _Late:
    """Stands for a `Span` that is found when somebody looks at it, and is equal to it."""

    __slots__ = ("_number", "_places")

    def __init__(self, places: _Places, number: int) -> None:
        self._places = places
        self._number = number

    @property
    def file(self) -> str:
        return self._places.source.file

    @property
    def start(self) -> int:
        return self._exact().start

    @property
    def end(self) -> int:
        return self._exact().end

    def to(self, other: Span | _Late) -> Span:
        if isinstance(other, _Late) and other._places is self._places and type(other) is not _LateStart:
            return _late_range(self._places, self._number, other._last)
        return self._exact().to(Span(other.file, other.start, other.end))

    def at_start(self) -> Span:
        return _late_start(self._places, self._number)

    def _exact(self) -> Span:
        return self._places.span(self._number)

    @property
    def _last(self) -> int:
        """The number of the place where this one ends."""
        return self._number

    def __eq__(self, other: object) -> bool:
        return self._exact() == other

    def __lt__(self, other: Span) -> bool:
        return self._exact() < other

    def __hash__(self) -> int:
        return hash(self._exact())

    def __repr__(self) -> str:
        return repr(self._exact())

    def __reduce__(self) -> tuple[type[Span], tuple[str, int, int]]:
        return Span, (self.file, self.start, self.end)


class _LateStart(_Late):
    """The empty place before another."""

    __slots__ = ()

    def _exact(self) -> Span:
        return self._places.span(self._number).at_start()


class _LateRange(_Late):
    """From the start of one place to the end of a later one."""

    __slots__ = ("_end_number",)

    def __init__(self, places: _Places, number: int, last: int) -> None:
        super().__init__(places, number)
        self._end_number = last

    def _exact(self) -> Span:
        return self._places.span(self._number).to(self._places.span(self._end_number))

    @property
    def _last(self) -> int:
        return self._end_number


# `Span` is a frozen dataclass: an heir of it takes thrice as long to make, and a text has thousands of places
if TYPE_CHECKING:
    _late: Callable[[_Places, int], Span]
    _late_start: Callable[[_Places, int], Span]
    _late_range: Callable[[_Places, int, int], Span]
else:
    _late, _late_start, _late_range = _Late, _LateStart, _LateRange
