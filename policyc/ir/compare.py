"""Comparing one value with one literal: the meaning that every target's operator has to match."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, assert_never

from policyc.ir.authz import Constant, Op
from policyc.ir.pattern import pattern_matches
from policyc.model.types import Named, SetOf, Type, shapes
from policyc.model.values import Scalar

if TYPE_CHECKING:
    from fractions import Fraction


def compares(kind: Type, op: Op, value: Scalar, constant: Constant) -> bool:
    """Whether one present value compares with one literal, both of the attribute's type."""
    text, wanted = str(value), str(constant.value)
    match op:
        case Op.EQ:
            return _same(kind, value, constant.value)
        case Op.LIKE:
            return _like_arn(wanted, text) if _shape_check(kind) == "arn" else pattern_matches(wanted, text)
        case Op.IN_CIDR:
            return ip_address(text) in ip_network(wanted)
        case Op.LT:
            return _number(kind, value) < _number(kind, constant.value)
        case Op.LE:
            return _number(kind, value) <= _number(kind, constant.value)
        case Op.GT:
            return _number(kind, value) > _number(kind, constant.value)
        case Op.GE:
            return _number(kind, value) >= _number(kind, constant.value)
        case Op.EXISTS:
            return True
        case _:
            assert_never(op)


def _same(kind: Type, value: Scalar, wanted: Scalar) -> bool:
    check = _shape_check(kind)
    if check == "ip":
        return ip_address(str(value)) == ip_address(str(wanted))
    if check in ("decimal", "datetime") or not isinstance(value, str | bool):
        return _number(kind, value) == _number(kind, wanted)
    return value == wanted


def _shape_check(kind: Type) -> str:
    match kind:
        case SetOf(item):
            return _shape_check(item)
        case Named(name) if name in shapes():
            return shapes()[name].check
        case _:
            return ""


def _number(kind: Type, value: Scalar) -> Fraction:
    if _shape_check(kind) == "datetime":
        from policyc.ir.instants import moment

        return moment(str(value))
    from fractions import Fraction

    return Fraction(str(value))


def _like_arn(pattern: str, value: str) -> bool:
    """An ARN matches part by part: the first five colons are borders that no wildcard crosses."""
    wanted, parts = pattern.split(":", 5), value.split(":", 5)
    return len(wanted) == len(parts) == 6 and all(map(pattern_matches, wanted, parts))
