"""Functions of lists and sets."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from policyc.carriers.terraform.arguments import Arguments, Function, is_open, known
from policyc.carriers.terraform.values import (
    LARGEST_LIST,
    Bool,
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
    marked,
    unknown_in,
)
from policyc.holes import has_hole


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

    take(Items(args.items(0), args.span, is_open(args.values[0])), 0)
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
    return Items(tuple(found), args.span, is_open(args.values[0]))


def to_set(args: Arguments) -> Value:
    made = distinct(args)
    if isinstance(made, Items) and all(isinstance(item, Text) for item in made.values):
        return Items(tuple(sorted(made.values, key=lambda item: marked(as_text(item)))), made.span, made.open)
    return made


def length(args: Arguments) -> Value:
    match tuple(as_text(value) if isinstance(value, Json) else value for value in args.values):
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
    if len(args.values) != 2 or is_open(args.values[0]) or unknown_in(args.values[1]):
        return args.hole("any")
    items = args.items(0)
    if not items or args.number(1) < 0:
        raise args.fail("finds no such element")
    return items[args.number(1) % len(items)]


def one(args: Arguments) -> Value:
    if is_open(args.values[0] if args.values else Null(args.span)):
        return args.hole("any")
    items = args.items(0)
    if len(items) > 1:
        raise args.fail("is given more than one element")
    return items[0] if items else Null(args.span)


def sliced(args: Arguments) -> Value:
    if is_open(args.values[0]):
        return args.hole("list")
    start, end = args.number(1), args.number(2)
    if not 0 <= start <= end <= len(args.items(0)):
        raise args.fail("reaches over the end of the list")
    return Items(args.items(0)[start:end], args.span)


def reverse(args: Arguments) -> Value:
    if is_open(args.values[0]):
        return args.hole("list")
    return Items(args.items(0)[::-1], args.span)


def compact(args: Arguments) -> Value:
    if isinstance(args.values[0], Unknown | Instance):
        return args.values[0]
    kept = (item for item in args.items(0) if not isinstance(item, Null) and not _is_empty(item))
    return Items(tuple(kept), args.span, is_open(args.values[0]))


def _is_empty(value: Value) -> bool:
    return isinstance(value, Text) and value.value == ""


def contains(args: Arguments) -> Value:
    if len(args.values) != 2 or isinstance(args.values[0], Unknown | Instance):
        return args.hole("bool")
    answers = [equal(item, args.values[1]) for item in args.items(0)]
    if any(answer is True for answer in answers):
        return Bool(True, args.span)
    if None in answers or is_open(args.values[0]):
        return args.hole("bool")
    return Bool(False, args.span)


def of_sets(choose: Callable[[list[Value], list[Value]], list[Value]]) -> Function:
    def call(args: Arguments) -> Value:
        made = list(args.items(0))
        for number in range(1, len(args.values)):
            made = choose(made, list(args.items(number)))
        return to_set(Arguments(args.name, (Items(tuple(made), args.span),), args.span, args.unknown))

    return known("list")(call)


def holds(items: list[Value], value: Value) -> bool:
    return any(equal(item, value) for item in items)


@known("list")
def setproduct(args: Arguments) -> Value:
    rows: list[tuple[Value, ...]] = [()]
    for number in range(len(args.values)):
        rows = [(*row, item) for row in rows for item in args.items(number)]
        if len(rows) > LARGEST_LIST:
            raise TooMuch(f"it makes more than {LARGEST_LIST:,} values", args.span)
    return Items(tuple(Items(row, args.span) for row in rows), args.span)


@known("list")
def numbers(args: Arguments) -> Value:
    given = [args.number(number) for number in range(len(args.values))]
    if len(given) == 1 and given[0] < 0:
        given = [0, given[0], -1]
    found = range(*given)
    if len(found) > LARGEST_LIST:
        raise TooMuch(f"it makes more than {LARGEST_LIST:,} values", args.span)
    return Items(tuple(Number(Decimal(number), args.span) for number in found), args.span)


@known("list")
def sort(args: Arguments) -> Value:
    return Items(tuple(sorted(args.items(0), key=lambda item: marked(as_text(item)))), args.span)


@known("number")
def total(args: Arguments) -> Value:
    return Number(sum((decimal_of(item) for item in args.items(0)), Decimal(0)), args.span)


def decimal_of(value: Value) -> Decimal:
    return Decimal(marked(as_text(value)))


def truths(wanted: bool) -> Function:
    """`alltrue`, `anytrue`."""

    def call(args: Arguments) -> Value:
        given = [item.value if isinstance(item, Bool) else marked(as_text(item)) == "true" for item in args.items(0)]
        return Bool(all(given) if wanted else any(given), args.span)

    return known("bool")(call)


def extreme(choose: Callable[[list[Decimal]], Decimal]) -> Function:
    return known("number")(lambda args: Number(choose([decimal_of(value) for value in args.values]), args.span))
