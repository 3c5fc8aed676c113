"""Whether single values fit a type: literals of the language, and texts from outside it."""

from __future__ import annotations

import re
from typing import Final

from policyc.diagnostics import Diagnostics, did_you_mean, rewritten
from policyc.model.literals import misfit, without_host_bits
from policyc.model.types import BOOL, DECIMAL, GROUP, INT, PLACE, PRINCIPAL, STRING, EnumOf, Named, SetOf, Type, shapes
from policyc.model.values import Value, decimal_value
from policyc.regex import regex
from policyc.syntax import nodes
from policyc.text import Span

_CALLER: Final = regex(r"arn:[a-z-]+:(?:iam|sts)::([0-9]{12}):(root|(?:role|user|assumed-role)(?=/))/?([^\"\\\s]*)")


def text_value(text: str, expected: Type, span: Span, what: str, diagnostics: Diagnostics) -> Value | None:
    """A value given as plain text from outside the language (`--param`, a request flag)."""
    if any("\ud800" <= char <= "\udfff" for char in text):  # bytes of an argument that are not UTF-8
        diagnostics.error("not-unicode", f"{what}: `{text}` is no Unicode text", span, "give it as UTF-8")
        return None
    match expected:
        case EnumOf(members):
            if text in members:
                return Value(expected, text, span)
            diagnostics.error(
                "unknown-word",
                f"{what}: `{text}` is none of " + ", ".join(f"`{m}`" for m in members),
                span,
                did_you_mean(text, members, "use one of the listed words"),
            )
            return None
        case SetOf(item):
            values = [
                text_value(part.strip(), item, span, what, diagnostics) for part in text.split(",") if part.strip()
            ]
            if any(value is None for value in values):
                return None
            return Value(expected, tuple(value for value in values if value is not None), span)
        case Named("bool"):
            if text in ("true", "false"):
                return Value(BOOL, text == "true", span)
            return mismatch(f"{what}: `{text}`", expected, span, diagnostics)
        case Named("decimal"):
            problem = misfit(shapes()["decimal"], text)
            if problem is None:
                return decimal_value(text, span)
            return mismatch(f"{what}: `{text}`", expected, span, diagnostics)
        case Named(name) if name in shapes() and shapes()[name].base == "int":
            digits = text.removeprefix("-")
            if digits.isascii() and digits.isdigit() and len(digits) <= 20:
                return integer_value(int(text), expected, span, diagnostics)
            return mismatch(f"{what}: `{text}`", expected, span, diagnostics)
        case Named("region"):
            return checked_text(text, expected, span, diagnostics)
        case _:
            return literal_value(text, expected, span, diagnostics)


def assignable(given: Type, expected: Type) -> bool:
    """Whether a value of one type may stand where another is wanted. Ids are nominal: an `account` is no `vpc_id`; but all
    text may stand where plain `string` is wanted, and whole numbers where `int` or `decimal` is."""
    if given == expected:
        return True
    match given, expected:
        case SetOf(a), SetOf(b):
            return assignable(a, b)
        case EnumOf(), Named("string"):
            return True
        case Named(a), Named("string"):
            return a in shapes() and shapes()[a].base == "string" and a != "bool"
        case Named(a), Named("int" | "decimal"):
            return a in shapes() and shapes()[a].base == "int" and a != "bool"
        case _:
            return False


def literal_value(text: str, expected: Type | None, span: Span, diagnostics: Diagnostics) -> Value | None:
    if expected is None:
        return Value(STRING, text, span)
    if isinstance(expected, EnumOf):
        known = text in expected.members
        help = f"write `{text}` without quotes" if known else "use one of the listed words"
        fix = rewritten(span, text) if known else None
        diagnostics.error("type-mismatch", f"text where {expected} is wanted", span, help, fix=fix)
        return None
    if expected == PRINCIPAL and (caller := caller_of_arn(text)):
        diagnostics.error(
            "type-mismatch",
            "text does not fit where a `principal` is wanted",
            span,
            f"write `{caller}`",
            fix=rewritten(span, caller),
        )
        return None
    if not isinstance(expected, Named) or expected.name not in shapes():
        return mismatch("text", expected, span, diagnostics)
    shape = shapes()[expected.name]
    if shape.base == "int" or expected == BOOL:
        return mismatch("text", expected, span, diagnostics)
    if expected.name == "region":
        diagnostics.error(
            "type-mismatch", "a Region is written without quotes", span, f"write {text}", fix=rewritten(span, text)
        )
        return None
    if expected == DECIMAL:
        return mismatch("text", expected, span, diagnostics)
    return checked_text(text, expected, span, diagnostics)


def checked_text(text: str, expected: Type, span: Span, diagnostics: Diagnostics) -> Value | None:
    assert isinstance(expected, Named)
    problem = misfit(shapes()[expected.name], text)
    if problem is not None:
        rule = "host-bits" if expected.name == "cidr" and without_host_bits(text) else "malformed-value"
        diagnostics.error(rule, problem[0], span, problem[1])
        return None
    return Value(expected, text, span)


def integer_value(number: int, expected: Type | None, span: Span, diagnostics: Diagnostics) -> Value | None:
    if expected is None:
        expected = INT
    if expected == DECIMAL:
        return decimal_value(number, span)
    if not isinstance(expected, Named) or expected.name not in shapes() or shapes()[expected.name].base != "int":
        if isinstance(expected, Named) and expected.name == "account":
            diagnostics.error(
                "type-mismatch",
                "an account id is text: as a number it would lose its leading zeros",
                span,
                f'write `"{number:012d}"`',
                fix=rewritten(span, f'"{number:012d}"') if len(str(number)) == 12 else None,
            )
            return None
        return mismatch(f"the number `{number}`", expected, span, diagnostics)
    shape = shapes()[expected.name]
    low, high = shape.minimum, shape.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        diagnostics.error(
            "malformed-value",
            f"`{number}` is outside {low} to {high}, the range of `{expected}`",
            span,
            f"write it like `{shape.example}`",
        )
        return None
    return Value(expected, number, span)


def mismatch(what: str, expected: Type | None, span: Span, diagnostics: Diagnostics) -> Value | None:
    example = ""
    if isinstance(expected, Named) and expected.name in shapes():
        shape = shapes()[expected.name]
        shown = shape.example.lower() if expected == BOOL else shape.example
        example = (
            f'write it like `"{shown}"`'
            if shape.base == "string" and expected.name != "region"
            else f"write it like `{shown}`"
        )
    diagnostics.error(
        "type-mismatch",
        f"{what} does not fit where {an(expected)} is wanted",
        span,
        example or _declaration_help(expected),
    )
    return None


def _declaration_help(expected: Type | None) -> str:
    if expected == GROUP:
        return 'declare it, such as `group finance = idc_group("…")`, and write its name'
    if expected == PRINCIPAL:
        return 'declare it, such as `principal app = role("111122223333", "app")`, and write its name; several stand side by side: `who app, batch`'
    if expected == PLACE:
        return "write an account and a Region without quotes around both, such as `shop/us-west-2`"
    return "check the type of the declaration"


def caller_of_arn(arn: str) -> str:
    """How the language names the caller of an ARN (or account) that stands where a principal is wanted; empty for anything else."""
    if arn == "*":
        return "anyone"
    if re.fullmatch(r"[0-9]{12}", arn):
        return f'account("{arn}")'
    found = _CALLER.fullmatch(arn)
    if found is None:
        return ""
    account, kind, name = found.groups()
    if kind == "root":
        return f'account("{account}")'
    if kind == "assumed-role":
        role, _slash, session = name.partition("/")
        return f'session("{account}", "{role}", "{session}")' if session else ""
    return f'{kind}("{account}", "{name}")'


def an(kind: Type | None) -> str:
    text = str(kind)
    if text.startswith(("set[", "enum")):
        return f"a {text}" if text.startswith("set[") else f"one of {text}"
    return f"an `{text}`" if text[0] in "aeio" else f"a `{text}`"


def conversion_help(given: Type, expected: Type, word: str) -> str:
    if isinstance(expected, Named) and isinstance(given, Named) and given == STRING and expected.name in shapes():
        return f"declare it as `let {word}: {expected.name} = …`"
    return "types do not convert; use a name of the wanted type"


def describe(expr: nodes.Expr) -> str:
    match expr:
        case nodes.Ref():
            return f"`{expr.text}`"
        case nodes.Call(function=function):
            return f"`{function.text}(…)`"
        case nodes.ListOf():
            return "a list"
        case nodes.Record():
            return "a record"
        case nodes.Range():
            return "a range"
        case nodes.Str():
            return "text"
        case nodes.Int() | nodes.Decimal():
            return "a number"
        case _:
            return "a condition"


def takes_word(expected: Type, word: str) -> bool:
    """Whether a bare word is a literal of the type: a member of an enum, or a type such as `http_method`."""
    match expected:
        case EnumOf(members):
            return word in members
        case Named("http_method"):
            return re.fullmatch(shapes()["http_method"].pattern, word) is not None
        case _:
            return False
