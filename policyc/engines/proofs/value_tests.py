"""What tests of the IR ask of one value of a key, and what every value of an attribute looks like. The meaning is that of
`policyc.ir.compare` and `policyc.ir.raw_tests`."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_interface, ip_network
from typing import TYPE_CHECKING, Final

from policyc.engines.proofs.domains import (
    IPV6,
    Domain,
    Fits,
    Readable,
    Span,
    Test,
    Within,
    decimal,
    read_address,
    read_date,
    read_number,
)
from policyc.engines.proofs.texts import ARN, by_fields, exactly, whole
from policyc.ir.authz import Constant, Op
from policyc.ir.pattern import Token, Wild, pattern_tokens
from policyc.ir.raw_tests import plain
from policyc.model.types import BOOL, EnumOf, Named, SetOf, Type, shapes
from policyc.model.vocabulary import Attribute

if TYPE_CHECKING:
    pass

_RELATIONS: Final = {
    "Equals": "==",
    "LessThan": "<",
    "LessThanEquals": "<=",
    "GreaterThan": ">",
    "GreaterThanEquals": ">=",
}
_OPS: Final = {Op.EQ: "==", Op.LT: "<", Op.LE: "<=", Op.GT: ">", Op.GE: ">="}


# --- attributes ---------------------------------------------------------------------------------------------------


def check_of(kind: Type) -> str:
    """The built-in check of a type's values (`arn`, `ip`, `datetime`, `decimal`); empty for none."""
    item = kind.item if isinstance(kind, SetOf) else kind
    return shapes()[item.name].check if isinstance(item, Named) and item.name in shapes() else ""


def family_of(kind: Type) -> str:
    """What the values of a type are compared as: `number`, `date`, `ip` or `text`."""
    item = kind.item if isinstance(kind, SetOf) else kind
    if isinstance(item, Named) and item.name in shapes() and shapes()[item.name].base == "int" and item != BOOL:
        return "number"
    return {"ip": "ip", "datetime": "date", "decimal": "number"}.get(check_of(kind), "text")


def number_range(attribute: Attribute) -> tuple[int | None, int | None]:
    """The least and the greatest value of an attribute that counts in whole numbers, None where nothing bounds it."""
    kind = attribute.type.item if isinstance(attribute.type, SetOf) else attribute.type
    if not isinstance(kind, Named) or kind.name not in shapes() or shapes()[kind.name].base != "int":
        return None, None
    shape = shapes()[kind.name]
    low = shape.minimum if attribute.minimum is None else attribute.minimum
    return low, shape.maximum if attribute.maximum is None else attribute.maximum


def words_of(attribute: Attribute) -> tuple[str, ...]:
    """The only values that an attribute has, as texts; none where they are not listed."""
    kind = attribute.type.item if isinstance(attribute.type, SetOf) else attribute.type
    return attribute.values or (kind.members if isinstance(kind, EnumOf) else ("true", "false") if kind == BOOL else ())


def shape_of(attribute: Attribute) -> tuple[Test, ...]:
    """Tests of which every value passes one; none where any text is a value."""
    words = words_of(attribute)
    if words:
        return tuple(Fits(exactly(word)) for word in words)
    return (Fits(ARN),) if check_of(attribute.type) == "arn" else ()


def domain_of(attribute: Attribute, hints: tuple[str, ...] = ()) -> Domain:
    """The values of an attribute."""
    low, high = number_range(attribute)
    span: Span | None = None if low is None or high is None else (low, high)
    return Domain(attribute.native, family_of(attribute.type), hints, span)


# --- typed tests --------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8192)
def typed_test(kind: Type, op: Op, constant: Constant) -> Test | None:
    """The test that a value compares with a literal; None for one that never holds."""
    text = str(constant.value)
    item = kind.item if isinstance(kind, SetOf) else kind
    if op is Op.LIKE:
        tokens = pattern_tokens(text)
        pattern = by_fields(tokens) if check_of(kind) == "arn" else whole(tokens)
        return None if pattern is None else Fits(pattern)
    if op is Op.IN_CIDR:
        return block(text)
    if item == BOOL:
        return Fits(exactly(text.lower()))
    family = family_of(kind)
    if family == "text" and not isinstance(constant.value, bool) and op is Op.EQ:
        return Fits(exactly(text))
    if family == "date":
        from policyc.ir.instants import moment

        text = decimal(moment(text))
    return interval("number" if family == "text" else family, _OPS[op], text)


# --- raw tests ----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8192)
def raw_test(base: str, tokens: tuple[Token, ...]) -> Test | None:
    """The test that a value passes a positive operator with one value of a policy; None when that value cannot be read. Whatever passes is a
    value that `readable` lets the operator compare."""
    text = plain(tokens)
    match base:
        case "StringEquals":
            return Fits(exactly(text))
        case "StringEqualsIgnoreCase":
            return Fits(exactly(text, ignore_case=True))
        case "StringLike":
            return Fits(whole(tokens))
        case "ArnEquals" | "ArnLike":
            fields = ARN if tokens == (Wild.RUN,) else by_fields(tokens)
            return None if fields is None else Fits(fields)
        case "Bool":
            return Fits(exactly(text, ignore_case=True)) if text.lower() in ("true", "false") else None
        case "IpAddress":
            return block(text)
        case "BinaryEquals":
            import base64

            try:
                return Fits(exactly(base64.b64encode(base64.b64decode(text.encode("ascii"), validate=True)).decode()))
            except ValueError:
                return None
    family = "number" if base.startswith("Numeric") else "date"
    return interval(family, _RELATIONS[base.removeprefix("Numeric").removeprefix("Date")], text)


def readable(base: str) -> Test | None:
    """What a value has to be for an operator to compare it at all; None where any text will do."""
    if base.startswith("Arn"):
        return Fits(ARN)
    if base.startswith("Numeric"):
        return Readable("number")
    if base.startswith("Date"):
        return Readable("date")
    return Readable("ip") if base == "IpAddress" else None


def interval(family: str, relation: str, text: str) -> Within | None:
    """The values that stand in a relation (`==`, `<`, `<=`, `>`, `>=`) to a literal; None when it cannot be read."""
    end = {"number": read_number, "date": read_date, "ip": read_address}[family](text)
    if end is None:
        return None
    match relation:
        case "<" | "<=":
            return Within(family, None, end, True, relation == "<=")
        case ">" | ">=":
            return Within(family, end, None, relation == ">=", True)
        case _:
            return Within(family, end, end)


def block(text: str) -> Within | None:
    """The addresses of a block; None for text that is none."""
    try:
        if "%" in text:
            return None
        found = ip_network(str(ip_interface(text).network))
    except ValueError:
        return None
    add = IPV6 if found.version == 6 else 0
    low, high = int(found.network_address) + add, int(found.broadcast_address) + add
    from fractions import Fraction

    return Within("ip", Fraction(low), Fraction(high))
