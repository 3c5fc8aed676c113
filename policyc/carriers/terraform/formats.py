"""`format`: the verbs of a format text, after https://developer.hashicorp.com/terraform/language/functions/format."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from policyc.carriers.terraform.values import (
    Bool,
    Failed,
    Json,
    Number,
    Text,
    Unknown,
    Value,
    as_text,
    json_text,
    marked,
    number_text,
    plain_text,
    unknown_in,
)
from policyc.regex import regex
from policyc.text import Span

_VERB: Final = regex(r"%(?:\[(\d+)\])?([-+ 0#]*)(\d*)(?:\.(\d+))?([a-zA-Z%])")


def formatted(text: str, values: tuple[Value, ...], span: Span) -> list[Text | Unknown] | None:
    """The parts of the text that `format` makes; None where a verb needs to know what is open."""
    parts: list[Text | Unknown] = []
    at = number = 0
    for found in _VERB.finditer(text):
        if "%" in text[at : found.start()]:
            raise Failed("the format text has a verb that is not known", span)
        if found.start() > at:
            parts.append(plain_text(text[at : found.start()], span))
        at = found.end()
        if found[5] == "%":
            parts.append(plain_text("%", span))
            continue
        number = int(found[1]) - 1 if found[1] and len(found[1]) < 6 else number
        if not 0 <= number < len(values):
            raise Failed("the format text has more verbs than there are values", span)
        part = _one(found[5], found[2], found[3], found[4], values[number], span)
        if part is None:
            return None
        parts.append(part)
        number += 1
    if "%" in text[at:]:
        raise Failed("the format text has a verb that is not known", span)
    if at < len(text):
        parts.append(plain_text(text[at:], span))
    return parts


def _one(verb: str, flags: str, width: str, precision: str | None, value: Value, span: Span) -> Text | Unknown | None:
    """One value by one verb."""
    plain = not flags and not width and precision is None
    if verb in "sv" and plain:
        if verb == "v" and not isinstance(value, Text | Unknown | Number | Bool):
            return json_text(value.value if isinstance(value, Json) else value, span)
        return as_text(value)
    if unknown_in(value):
        return None
    if len(width) > 4 or len(precision or "") > 3:
        raise Failed("the format text asks for too wide a field", span)
    if verb in "dfeEgGbox" and verb != "b":
        return plain_text(_number(verb, flags, width, precision, value, span), span)
    if verb == "q":
        made = json_text(as_text(value), span)
        return made if isinstance(made, Text) else None
    if verb in "svt":
        text = marked(as_text(value))
        text = text if precision is None else text[: int(precision)]
        field = int(width or 0)
        return plain_text(text.ljust(field) if "-" in flags else text.rjust(field), span)
    raise Failed(f"the format text has the verb `%{verb}`, which is not read", span)


def _number(verb: str, flags: str, width: str, precision: str | None, value: Value, span: Span) -> str:
    if (isinstance(value, Text) and re.fullmatch(r"-?\d+(\.\d+)?", value.value)) or isinstance(value, Number):
        number = float(value.value)
    else:
        raise Failed("the format text wants a number", span)
    if verb in "dxo":
        if isinstance(value, Number) and value.value != value.value.to_integral_value():
            raise Failed("the format text wants a whole number", span)
        return f"%{flags}{width}{verb}" % int(number)
    if verb == "g" and precision is None:
        return number_text(value.value) if isinstance(value, Number) else number_text(Decimal(repr(number)))
    return f"%{flags}{width}{'' if precision is None else '.' + precision}{verb}" % number
