"""Literals, and what a comparison of one attribute with a literal can come to."""

from __future__ import annotations

import re

from policyc.model.placeholders import is_template
from policyc.syntax.cedar_nodes import Expr, Lit, Neg
from policyc.targets.cedar_documents.text.constants import network_of
from policyc.targets.cedar_documents.text.kinds import Kind, Member


def literal_of(node: Expr) -> str | int | bool | None:
    """The value of a literal, also of a number with a minus; None for anything else, a template too."""
    match node:
        case Lit(value):
            return None if is_template(value) else value
        case Neg(Lit(value)) if isinstance(value, int) and not isinstance(value, bool):
            return -value
        case _:
            return None


def literal_kind(value: str | int | bool) -> str:
    return "bool" if isinstance(value, bool) else "long" if isinstance(value, int) else "string"


def different(first: Kind, second: Kind) -> bool:
    """Whether values of the two kinds are never equal."""
    if "unknown" in (first.name, second.name):
        return False
    if first.name == "set" and second.name == "set" and first.item is not None and second.item is not None:
        return False  # both may be empty
    return first.name != second.name


def impossible(member: Member | None, value: str | int | bool) -> bool:
    """Whether an attribute never has a value of the right kind, by what is documented of it."""
    if member is None:
        return False
    if isinstance(value, bool):
        return False
    if member.text_too and member.usual is not None:
        low, high = member.usual
        return not (str(value).lstrip("-").isdecimal() and low <= int(value) <= high)
    if isinstance(value, int):
        return member.range is not None and not member.range[0] <= value <= member.range[1]
    if member.values:
        return value not in member.values
    if member.address:
        block = network_of(value)
        return block is None or "/" in value
    return bool(member.form) and re.fullmatch(member.form, value) is None


def order_constant(member: Member | None, operator: str, value: int) -> bool | None:
    """Whether `attribute operator value` holds for every value in the documented range, for none, or (None) for some."""
    if member is None or member.range is None:
        return None
    low, high = member.range
    ends = {_holds(edge, operator, value) for edge in (low, high)}
    return ends.pop() if len(ends) == 1 else None


def _holds(left: int, operator: str, right: int) -> bool:
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator]
