"""Numbers in expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

from policyc.carriers.terraform.values import Failed, Number, Text, Value
from policyc.text import Span

COMPARISONS: Final[Mapping[str, Callable[[Decimal, Decimal], bool]]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def decimal(text: str, span: Span) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise Failed("it is no number", span) from None


def whole(key: Value) -> int | None:
    match key:
        case Number(number) if number == number.to_integral_value() and number.adjusted() < 12:
            return int(number)
        case Text(text) if text.isdigit() and len(text) < 12:
            return int(text)
        case _:
            return None


def number(value: Value, span: Span) -> Decimal:
    match value:
        case Number(number):
            return number
        case Text(text):
            return decimal(text, span)
        case _:
            raise Failed("a number is wanted", span)
