"""The functions of the language that are worked out here: those that depend on nothing but their arguments.

Each takes its arguments and gives a value; what depends on a hole is a hole named by the call. Functions of files stand with the expressions.
Source: https://developer.hashicorp.com/terraform/language/functions
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Final

from policyc.carriers.terraform import list_functions
from policyc.carriers.terraform.arguments import Arguments, Function, is_open, known, of_text
from policyc.carriers.terraform.text_functions import (
    format_text,
    formatlist,
    from_base64,
    indent,
    join,
    regex,
    replace,
    split,
    substr,
    text_change,
    text_test,
)
from policyc.carriers.terraform.texts import parsed
from policyc.carriers.terraform.values import (
    Bool,
    Entry,
    Fields,
    Instance,
    Items,
    Json,
    Null,
    Number,
    Text,
    Unknown,
    Value,
    as_text,
    marked,
    plain_text,
    unknown_in,
)
from policyc.holes import has_hole

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
    if len(args.values) != 2 or any(is_open(value) for value in args.values):
        return args.hole("any")
    names = [(marked(as_text(item)), item.span) for item in args.items(0)]
    pairs = zip(names, args.items(1))
    return Fields(tuple(Entry(name, span, value) for (name, span), value in pairs), args.span)


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
        if is_open(value):
            return args.hole("list")
        if isinstance(value, Items) and value.values:
            return value
    raise args.fail("is given nothing but empty lists")


def to_string(args: Arguments) -> Value:
    return args.values[0] if isinstance(args.values[0], Null) else as_text(args.values[0])


@known("number")
def to_number(args: Arguments) -> Value:
    return Number(list_functions.decimal_of(args.values[0]), args.span)


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
    "alltrue": list_functions.truths(True),
    "anytrue": list_functions.truths(False),
    "base64decode": from_base64,
    "base64encode": of_text(lambda text: base64.b64encode(text.encode()).decode()),
    "chomp": of_text(lambda text: text.rstrip("\r\n")),
    "coalesce": coalesce,
    "coalescelist": coalescelist,
    "compact": list_functions.compact,
    "concat": list_functions.concat,
    "contains": list_functions.contains,
    "distinct": list_functions.distinct,
    "element": list_functions.element,
    "endswith": text_test(lambda text, end: text.endswith(end)),
    "flatten": list_functions.flatten,
    "format": format_text,
    "formatlist": formatlist,
    "indent": indent,
    "join": join,
    "jsondecode": jsondecode,
    "jsonencode": jsonencode,
    "keys": keys,
    "length": list_functions.length,
    "lookup": lookup,
    "lower": of_text(str.lower),
    "max": list_functions.extreme(max),
    "merge": merge,
    "min": list_functions.extreme(min),
    "nonsensitive": same,
    "one": list_functions.one,
    "range": list_functions.numbers,
    "regex": regex,
    "replace": replace,
    "reverse": list_functions.reverse,
    "sensitive": sensitive,
    "setintersection": list_functions.of_sets(
        lambda left, right: [item for item in left if list_functions.holds(right, item)]
    ),
    "setproduct": list_functions.setproduct,
    "setsubtract": list_functions.of_sets(
        lambda left, right: [item for item in left if not list_functions.holds(right, item)]
    ),
    "setunion": list_functions.of_sets(lambda left, right: left + right),
    "slice": list_functions.sliced,
    "sort": list_functions.sort,
    "split": split,
    "startswith": text_test(lambda text, start: text.startswith(start)),
    "strcontains": text_test(lambda text, part: part in text),
    "substr": substr,
    "sum": list_functions.total,
    "title": of_text(lambda text: re.sub(r"(?<!\w)\w", lambda found: found[0].upper(), text)),
    "tobool": to_bool,
    "tolist": same,
    "tomap": to_map,
    "tonumber": to_number,
    "toset": list_functions.to_set,
    "tostring": to_string,
    "trimprefix": text_change(str.removeprefix),
    "trimspace": of_text(str.strip),
    "trim": text_change(lambda text, chars: text.strip(chars)),
    "trimsuffix": text_change(str.removesuffix),
    "upper": of_text(str.upper),
    "values": values,
    "zipmap": zipmap,
}
