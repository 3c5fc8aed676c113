"""The functions of the language that are worked out here: those that depend on nothing but their arguments.

Each takes its arguments and gives a value; what depends on a hole is a hole named by the call. Functions of files stand with the expressions.
Source: https://developer.hashicorp.com/terraform/language/functions
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Final, Protocol

from policyc.carriers.terraform.formats import formatted
from policyc.carriers.terraform.patterns import LONGEST_TEXT, python_pattern
from policyc.carriers.terraform.texts import parsed
from policyc.carriers.terraform.values import (
    LARGEST_LIST,
    Bool,
    Entry,
    Failed,
    Fields,
    Instance,
    Items,
    Json,
    Null,
    Number,
    Text,
    TooMuch,
    Unknown,
    Value,
    as_text,
    described,
    equal,
    joined,
    marked,
    number_text,
    plain_text,
    unknown_in,
)
from policyc.holes import has_hole
from policyc.record import record
from policyc.text import Span


class MakeUnknown(Protocol):
    def __call__(
        self, name: str, span: Span, kind: str = "string", like: str = "", sensitive: bool = False
    ) -> Value: ...


@record
class Arguments:
    """One call: its name, what it is given, where it stands, and how a hole is made."""

    name: str
    values: tuple[Value, ...]
    span: Span
    unknown: MakeUnknown

    def hole(self, kind: str = "string") -> Value:
        return self.unknown(f"{self.name}({', '.join(map(described, self.values))})", self.span, kind)

    def fail(self, reason: str) -> Failed:
        return Failed(f"`{self.name}` {reason}", self.span)

    def text(self, number: int) -> str:
        """An argument as text that is wholly known."""
        if number >= len(self.values):
            raise self.fail("is given too few arguments")
        return marked(as_text(self.values[number]))

    def number(self, number: int) -> int:
        value = self.values[number] if number < len(self.values) else None
        text = number_text(value.value) if isinstance(value, Number) else value.value if isinstance(value, Text) else ""
        if not re.fullmatch(r"-?\d{1,12}", text):
            raise self.fail("wants a whole number")
        return int(text)

    def items(self, number: int) -> tuple[Value, ...]:
        value = self.values[number] if number < len(self.values) else None
        if not isinstance(value, Items):
            raise self.fail("wants a list")
        return value.values

    def fields(self, number: int) -> Fields:
        value = self.values[number] if number < len(self.values) else None
        if not isinstance(value, Fields):
            raise self.fail("wants a map")
        return value


Function = Callable[[Arguments], Value]


def _known(kind: str = "string") -> Callable[[Function], Function]:
    """A function that is a hole of a kind as soon as anything of its arguments is open."""

    def wrap(function: Function) -> Function:
        def call(args: Arguments) -> Value:
            if any(unknown_in(value) for value in args.values):
                return args.hole(kind)
            try:
                return function(args)
            except (IndexError, ValueError, OverflowError, InvalidOperation):
                raise args.fail("cannot work with what it is given") from None

        return call

    return wrap


def _of_text(change: Callable[[str], str]) -> Function:
    return _known()(lambda args: plain_text(change(args.text(0)), args.span))


def _is_open(value: Value) -> bool:
    """Whether the number of elements is open."""
    return isinstance(value, Unknown | Instance) or (isinstance(value, Items) and value.open)


# lists


def concat(args: Arguments) -> Value:
    found: list[Value] = []
    open = False
    for value in args.values:
        match value:
            case Items(values):
                found.extend(values)
                open = open or value.open
            case Unknown() | Instance():
                found.append(args.unknown(described(value), value.span, "list"))
                open = True
            case _:
                raise args.fail("wants lists")
    if len(found) > LARGEST_LIST:
        raise TooMuch(f"it makes more than {LARGEST_LIST:,} values", args.span)
    return Items(tuple(found), args.span, open)


def flatten(args: Arguments) -> Value:
    if args.values and isinstance(args.values[0], Unknown | Instance):
        return args.hole("list")
    found: list[Value] = []
    open = False

    def take(items: Items, depth: int) -> None:
        nonlocal open
        open = open or items.open
        for item in items.values:
            if isinstance(item, Items) and depth < 40:
                take(item, depth + 1)
            elif isinstance(item, Unknown) and item.kind in ("list", "any"):
                open = True
                found.append(item)
            else:
                found.append(item)
            if len(found) > LARGEST_LIST:
                raise TooMuch(f"it makes more than {LARGEST_LIST:,} values", args.span)

    take(Items(args.items(0), args.span, _is_open(args.values[0])), 0)
    return Items(tuple(found), args.span, open)


def distinct(args: Arguments) -> Value:
    if args.values and isinstance(args.values[0], Unknown | Instance):
        return args.values[0]
    found: list[Value] = []
    texts: set[str] = set()
    for item in args.items(0):
        if isinstance(item, Text):
            if item.value not in texts:
                texts.add(item.value)
                found.append(item)
        elif not any(equal(item, other) for other in found):
            found.append(item)
    return Items(tuple(found), args.span, _is_open(args.values[0]))


def to_set(args: Arguments) -> Value:
    made = distinct(args)
    if isinstance(made, Items) and all(isinstance(item, Text) for item in made.values):
        return Items(tuple(sorted(made.values, key=lambda item: marked(as_text(item)))), made.span, made.open)
    return made


def length(args: Arguments) -> Value:
    match args.values:
        case (Items(values, open=False),):
            return Number(Decimal(len(values)), args.span)
        case (Fields(entries),) if not any(has_hole(entry.key) for entry in entries):
            return Number(Decimal(len(entries)), args.span)
        case (Text(text),) if not has_hole(text):
            return Number(Decimal(len(text)), args.span)
        case (Unknown() | Instance() | Items() | Fields() | Text(),):
            return args.hole("number")
        case _:
            raise args.fail("wants a text or a collection")


def element(args: Arguments) -> Value:
    if len(args.values) != 2 or _is_open(args.values[0]) or unknown_in(args.values[1]):
        return args.hole("any")
    items = args.items(0)
    if not items or args.number(1) < 0:
        raise args.fail("finds no such element")
    return items[args.number(1) % len(items)]


def one(args: Arguments) -> Value:
    if _is_open(args.values[0] if args.values else Null(args.span)):
        return args.hole("any")
    items = args.items(0)
    if len(items) > 1:
        raise args.fail("is given more than one element")
    return items[0] if items else Null(args.span)


def sliced(args: Arguments) -> Value:
    if _is_open(args.values[0]):
        return args.hole("list")
    start, end = args.number(1), args.number(2)
    if not 0 <= start <= end <= len(args.items(0)):
        raise args.fail("reaches over the end of the list")
    return Items(args.items(0)[start:end], args.span)


def reverse(args: Arguments) -> Value:
    if _is_open(args.values[0]):
        return args.hole("list")
    return Items(args.items(0)[::-1], args.span)


def compact(args: Arguments) -> Value:
    if isinstance(args.values[0], Unknown | Instance):
        return args.values[0]
    kept = (item for item in args.items(0) if not isinstance(item, Null) and not _is_empty(item))
    return Items(tuple(kept), args.span, _is_open(args.values[0]))


def _is_empty(value: Value) -> bool:
    return isinstance(value, Text) and value.value == ""


def contains(args: Arguments) -> Value:
    if len(args.values) != 2 or isinstance(args.values[0], Unknown | Instance):
        return args.hole("bool")
    answers = [equal(item, args.values[1]) for item in args.items(0)]
    if any(answer is True for answer in answers):
        return Bool(True, args.span)
    if None in answers or _is_open(args.values[0]):
        return args.hole("bool")
    return Bool(False, args.span)


def _sets(choose: Callable[[list[Value], list[Value]], list[Value]]) -> Function:
    def call(args: Arguments) -> Value:
        made = list(args.items(0))
        for number in range(1, len(args.values)):
            made = choose(made, list(args.items(number)))
        return to_set(Arguments(args.name, (Items(tuple(made), args.span),), args.span, args.unknown))

    return _known("list")(call)


def _holds(items: list[Value], value: Value) -> bool:
    return any(equal(item, value) for item in items)


@_known("list")
def setproduct(args: Arguments) -> Value:
    rows: list[tuple[Value, ...]] = [()]
    for number in range(len(args.values)):
        rows = [(*row, item) for row in rows for item in args.items(number)]
        if len(rows) > LARGEST_LIST:
            raise TooMuch(f"it makes more than {LARGEST_LIST:,} values", args.span)
    return Items(tuple(Items(row, args.span) for row in rows), args.span)


@_known("list")
def numbers(args: Arguments) -> Value:
    given = [args.number(number) for number in range(len(args.values))]
    if len(given) == 1 and given[0] < 0:
        given = [0, given[0], -1]
    found = range(*given)
    if len(found) > LARGEST_LIST:
        raise TooMuch(f"it makes more than {LARGEST_LIST:,} values", args.span)
    return Items(tuple(Number(Decimal(number), args.span) for number in found), args.span)


@_known("list")
def sort(args: Arguments) -> Value:
    return Items(tuple(sorted(args.items(0), key=lambda item: marked(as_text(item)))), args.span)


@_known("number")
def total(args: Arguments) -> Value:
    return Number(sum((_decimal(item) for item in args.items(0)), Decimal(0)), args.span)


def _decimal(value: Value) -> Decimal:
    return Decimal(marked(as_text(value)))


def _truths(wanted: bool) -> Function:
    """`alltrue`, `anytrue`."""

    def call(args: Arguments) -> Value:
        given = [item.value if isinstance(item, Bool) else marked(as_text(item)) == "true" for item in args.items(0)]
        return Bool(all(given) if wanted else any(given), args.span)

    return _known("bool")(call)


def _extreme(choose: Callable[[list[Decimal]], Decimal]) -> Function:
    return _known("number")(lambda args: Number(choose([_decimal(value) for value in args.values]), args.span))


# maps


def merge(args: Arguments) -> Value:
    found: dict[str, Entry] = {}
    for value in args.values:
        match value:
            case Fields(entries):
                for entry in entries:
                    found.pop(entry.key, None)
                    found[entry.key] = entry
            case Null():
                continue
            case _:
                return args.hole("any")
    return Fields(tuple(sorted(found.values(), key=lambda entry: entry.key)), args.span)


def lookup(args: Arguments) -> Value:
    if len(args.values) < 2 or not isinstance(args.values[0], Fields) or unknown_in(args.values[1]):
        return args.hole("any")
    found = args.values[0].get(args.text(1))
    if found is not None:
        return found
    if any(has_hole(entry.key) for entry in args.values[0].entries):
        return args.hole("any")
    if len(args.values) < 3:
        raise args.fail(f"finds no `{args.text(1)}`")
    return args.values[2]


def keys(args: Arguments) -> Value:
    if not args.values or isinstance(args.values[0], Unknown | Instance):
        return args.hole("list")
    ordered = sorted(args.fields(0).entries, key=lambda entry: entry.key)
    return Items(tuple(plain_text(entry.key, entry.key_span) for entry in ordered), args.span)


def values(args: Arguments) -> Value:
    if not args.values or isinstance(args.values[0], Unknown | Instance):
        return args.hole("list")
    ordered = sorted(args.fields(0).entries, key=lambda entry: entry.key)
    return Items(tuple(entry.value for entry in ordered), args.span)


def zipmap(args: Arguments) -> Value:
    if len(args.values) != 2 or any(_is_open(value) for value in args.values):
        return args.hole("any")
    names = [(marked(as_text(item)), item.span) for item in args.items(0)]
    pairs = zip(names, args.items(1))
    return Fields(tuple(Entry(name, span, value) for (name, span), value in pairs), args.span)


# texts


def join(args: Arguments) -> Value:
    if len(args.values) < 2 or unknown_in(args.values[0]) or any(_is_open(value) for value in args.values[1:]):
        return args.hole()
    separator = plain_text(args.text(0), args.values[0].span)
    parts: list[Text | Unknown] = []
    for number in range(1, len(args.values)):
        for item in args.items(number):
            parts += [separator, as_text(item)] if parts else [as_text(item)]
    return joined(parts, args.span) if parts else plain_text("", args.span)


def _format(args: Arguments) -> Value:
    if not args.values or unknown_in(args.values[0]):
        return args.hole()
    parts = formatted(args.text(0), args.values[1:], args.span)
    return args.hole() if parts is None else joined(parts or [plain_text("", args.span)], args.span)


def formatlist(args: Arguments) -> Value:
    if not args.values or unknown_in(args.values[0]) or any(_is_open(value) for value in args.values):
        return args.hole("list")
    lists = [value for value in args.values[1:] if isinstance(value, Items)]
    count = len(lists[0].values) if lists else 1
    if any(len(item.values) != count for item in lists):
        raise args.fail("is given lists of different lengths")
    rows: list[Value] = []
    for row in range(count):
        given = tuple(value.values[row] if isinstance(value, Items) else value for value in args.values[1:])
        rows.append(_format(Arguments("format", (args.values[0], *given), args.span, args.unknown)))
    return Items(tuple(rows), args.span)


@_known()
def replace(args: Arguments) -> Value:
    text, old, new = args.text(0), args.text(1), args.text(2)
    if len(old) > 1 and old[0] == old[-1] == "/":
        pattern = python_pattern(old[1:-1])
        if pattern is None or len(text) > LONGEST_TEXT:
            return args.hole()
        return plain_text(pattern.sub(re.sub(r"\$\{?(\w+)\}?", r"\\g<\1>", new), text), args.span)
    made = text.replace(old, new)
    if len(made) > 4_000_000:
        raise TooMuch("it makes too long a text", args.span)
    return plain_text(made, args.span)


@_known("list")
def split(args: Arguments) -> Value:
    separator, text = args.text(0), args.text(1)
    parts = list(text) if separator == "" else text.split(separator)
    return Items(tuple(plain_text(part, args.span) for part in parts), args.span)


@_known()
def substr(args: Arguments) -> Value:
    text, start, count = args.text(0), args.number(1), args.number(2)
    start = max(0, len(text) + start) if start < 0 else start
    return plain_text(text[start:] if count < 0 else text[start : start + count], args.span)


@_known("any")
def regex(args: Arguments) -> Value:
    pattern = python_pattern(args.text(0))
    if pattern is None or len(args.text(1)) > LONGEST_TEXT:
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


def _has(test: Callable[[str, str], bool]) -> Function:
    return _known("bool")(lambda args: Bool(test(args.text(0), args.text(1)), args.span))


def _cut(change: Callable[[str, str], str]) -> Function:
    return _known()(lambda args: plain_text(change(args.text(0), args.text(1)), args.span))


@_known()
def indent(args: Arguments) -> Value:
    return plain_text(args.text(1).replace("\n", "\n" + " " * min(args.number(0), 1000)), args.span)


@_known()
def from_base64(args: Arguments) -> Value:
    try:
        return plain_text(base64.b64decode(args.text(0), validate=True).decode(), args.span)
    except (binascii.Error, UnicodeDecodeError):
        raise args.fail("is given what is no Base64 of a text") from None


# encodings and types


def jsonencode(args: Arguments) -> Value:
    if len(args.values) != 1:
        raise args.fail("wants one value")
    return Json(args.values[0], args.span)


def jsondecode(args: Arguments) -> Value:
    match args.values:
        case (Json(value),):
            return value
        case (Text() as text,) if not has_hole(text.value):
            return parsed(text)
        case _:
            return args.hole("any")


def coalesce(args: Arguments) -> Value:
    for value in args.values:
        if isinstance(value, Unknown | Instance) or (isinstance(value, Text) and value.value == ""):
            if isinstance(value, Text):
                continue
            return args.hole("any") if len(args.values) > 1 else value
        if not isinstance(value, Null):
            return value
    raise args.fail("is given nothing but null and empty texts")


def coalescelist(args: Arguments) -> Value:
    for value in args.values:
        if _is_open(value):
            return args.hole("list")
        if isinstance(value, Items) and value.values:
            return value
    raise args.fail("is given nothing but empty lists")


def to_string(args: Arguments) -> Value:
    return args.values[0] if isinstance(args.values[0], Null) else as_text(args.values[0])


@_known("number")
def to_number(args: Arguments) -> Value:
    return Number(_decimal(args.values[0]), args.span)


def to_bool(args: Arguments) -> Value:
    match args.values:
        case (Text("true" | "false" as word, _, span),):
            return Bool(word == "true", span)
        case _:
            return same(args)


def to_map(args: Arguments) -> Value:
    """A map has values of one type: numbers and truths beside texts are texts."""
    if not isinstance(args.values[0], Fields):
        return same(args)
    entries = args.values[0].entries
    if not any(isinstance(entry.value, Text) for entry in entries):
        return args.values[0]
    made = (
        replace_value(entry, as_text(entry.value)) if isinstance(entry.value, Number | Bool) else entry
        for entry in entries
    )
    return Fields(tuple(made), args.values[0].span)


def replace_value(entry: Entry, value: Value) -> Entry:
    return Entry(entry.key, entry.key_span, value)


def same(args: Arguments) -> Value:
    if not args.values:
        raise args.fail("wants one value")
    return args.values[0]


def sensitive(args: Arguments) -> Value:
    return args.unknown(f"sensitive@{args.span.start}", args.span, "any", sensitive=True)


FUNCTIONS: Final[Mapping[str, Function]] = {
    "alltrue": _truths(True),
    "anytrue": _truths(False),
    "base64decode": from_base64,
    "base64encode": _of_text(lambda text: base64.b64encode(text.encode()).decode()),
    "chomp": _of_text(lambda text: text.rstrip("\r\n")),
    "coalesce": coalesce,
    "coalescelist": coalescelist,
    "compact": compact,
    "concat": concat,
    "contains": contains,
    "distinct": distinct,
    "element": element,
    "endswith": _has(lambda text, end: text.endswith(end)),
    "flatten": flatten,
    "format": _format,
    "formatlist": formatlist,
    "indent": indent,
    "join": join,
    "jsondecode": jsondecode,
    "jsonencode": jsonencode,
    "keys": keys,
    "length": length,
    "lookup": lookup,
    "lower": _of_text(str.lower),
    "max": _extreme(max),
    "merge": merge,
    "min": _extreme(min),
    "nonsensitive": same,
    "one": one,
    "range": numbers,
    "regex": regex,
    "replace": replace,
    "reverse": reverse,
    "sensitive": sensitive,
    "setintersection": _sets(lambda left, right: [item for item in left if _holds(right, item)]),
    "setproduct": setproduct,
    "setsubtract": _sets(lambda left, right: [item for item in left if not _holds(right, item)]),
    "setunion": _sets(lambda left, right: left + right),
    "slice": sliced,
    "sort": sort,
    "split": split,
    "startswith": _has(lambda text, start: text.startswith(start)),
    "strcontains": _has(lambda text, part: part in text),
    "substr": substr,
    "sum": total,
    "title": _of_text(lambda text: re.sub(r"(?<!\w)\w", lambda found: found[0].upper(), text)),
    "tobool": to_bool,
    "tolist": same,
    "tomap": to_map,
    "tonumber": to_number,
    "toset": to_set,
    "tostring": to_string,
    "trimprefix": _cut(str.removeprefix),
    "trimspace": _of_text(str.strip),
    "trim": _cut(lambda text, chars: text.strip(chars)),
    "trimsuffix": _cut(str.removesuffix),
    "upper": _of_text(str.upper),
    "values": values,
    "zipmap": zipmap,
}
