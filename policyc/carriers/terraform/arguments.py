"""What a function of the language is given, and how it is a hole where that is open."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import InvalidOperation
from typing import Protocol

from policyc.carriers.terraform.values import (
    Failed,
    Fields,
    Instance,
    Items,
    Number,
    Text,
    Unknown,
    Value,
    as_text,
    described,
    marked,
    number_text,
    plain_text,
    unknown_in,
)
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


def known(kind: str = "string") -> Callable[[Function], Function]:
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


def of_text(change: Callable[[str], str]) -> Function:
    return known()(lambda args: plain_text(change(args.text(0)), args.span))


def is_open(value: Value) -> bool:
    """Whether the number of elements is open."""
    return isinstance(value, Unknown | Instance) or (isinstance(value, Items) and value.open)
