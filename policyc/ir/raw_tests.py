"""What a raw test of an IAM document means: a slow, obvious reading of IAM's operators, apart from the engine that decides.

Where AWS is silent the choices are the defaults of `policyc explain switches`. Source: IAM evaluation reference, sections 7 and 8.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Interface, IPv6Interface, ip_interface
from typing import TYPE_CHECKING, Final, TypeAlias

from policyc.ir.authz import RawTest, Tokens, Variable
from policyc.ir.pattern import Plain, Token, Wild, fold, tokens_match
from policyc.regex import regex

if TYPE_CHECKING:
    from decimal import Decimal

#: the values of a key in the request, by the key in any letter case; nothing for an absent one
Lookup: TypeAlias = Callable[[str], tuple[str, ...]]

_NUMBER: Final = regex(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?")
_EPOCH: Final = regex(r"-?[0-9]{1,18}(\.[0-9]{1,30})?")
_DATE: Final = regex(
    r"[0-9]{4}-[0-9]{2}(-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,30})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?)?"
)
#: negated operators with what they negate
NEGATED: Final = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnLike",
    "ArnNotLike": "ArnLike",
}
#: keys with several values, which no variable can name
_SETS: Final = frozenset(
    {
        "aws:calledvia",
        "aws:principalorgpaths",
        "aws:principalservicenameslist",
        "aws:resourceorgpaths",
        "aws:tagkeys",
        "aws:sourceorgpaths",
        "aws:vpceorgpaths",
    }
)


def raw_holds(test: RawTest, lookup: Lookup) -> bool:
    """Whether the test holds for a request that states everything."""
    return _holds(test, lookup) is not test.negated


def _holds(test: RawTest, lookup: Lookup) -> bool:
    prefix, _, rest = test.operator.rpartition(":")
    base = rest.removesuffix("IfExists")
    if_exists = base != rest
    negated = base in NEGATED
    values = lookup(test.attribute.native)
    if base == "Null":
        return _null(prefix, test, values)
    if not test.values:
        if not prefix and not if_exists:
            return negated
        return not values and (prefix != "ForAnyValue" or if_exists)
    if not values or (prefix == "ForAllValues" and not any(values)):
        return if_exists or prefix == "ForAllValues" or (negated and not prefix)
    if not prefix and len(values) > 1:
        return False
    tokens = [filled for value in test.values if (filled := fill(value.tokens, lookup)) is not None]
    hits = [_passes(NEGATED.get(base, base), negated, value, tokens) for value in values]
    return all(hits) if prefix == "ForAllValues" else any(hits)


def _null(prefix: str, test: RawTest, values: tuple[str, ...]) -> bool:
    if prefix:
        return prefix == "ForAllValues"
    wanted = {value.text.lower() for value in test.values} & {"true", "false"}
    return bool(wanted) if len(wanted) != 1 else ("true" in wanted) is not bool(values)


def fill(tokens: Tokens, lookup: Lookup) -> tuple[Token, ...] | None:
    """The pieces of a text as characters and wildcards, its variables filled; None when one has no value."""
    out: list[Token] = []
    for token in tokens:
        if isinstance(token, Wild):
            if not (token is Wild.RUN and out and out[-1] is Wild.RUN):
                out.append(token)
            continue
        text: str | None = token if isinstance(token, str) else _variable(token, lookup)
        if text is None:
            return None
        out.extend(map(Plain, text))
    return tuple(out)


def _variable(variable: Variable, lookup: Lookup) -> str | None:
    values = () if variable.key.lower() in _SETS else lookup(variable.key)
    return values[0] if len(values) == 1 else variable.default


def _passes(base: str, negated: bool, value: str, wanted: list[tuple[Token, ...]]) -> bool:
    """One value of the request against all values of the policy; what cannot be read passes nothing, not even a negation."""
    compare = _COMPARE[base]
    try:
        hits = [compare(value, tokens) for tokens in wanted]
        if not wanted:
            compare(value, ())  # only to see whether the value can be read
    except _UnreadableValue:
        return False
    except _UnreadableWanted:
        if negated:
            return False
        hits = [hit for tokens in wanted if (hit := _or_no(compare, value, tokens))]
    return any(hits) is not negated


class _UnreadableValue(ValueError):
    """A value of the request is not of the operator's type."""


class _UnreadableWanted(ValueError):
    """A value of the policy is not of the operator's type."""


def _or_no(compare: Callable[[str, tuple[Token, ...]], bool], value: str, tokens: tuple[Token, ...]) -> bool:
    try:
        return compare(value, tokens)
    except _UnreadableWanted:
        return False


def plain(tokens: tuple[Token, ...]) -> str:
    """The characters of the pieces, wildcards as they are written."""
    return "".join(token.char if isinstance(token, Plain) else token.value for token in tokens)


def _same_folded(value: str, tokens: tuple[Token, ...]) -> bool:
    return list(map(fold, value)) == list(map(fold, plain(tokens)))


def arn_matches(value: str, tokens: tuple[Token, ...]) -> bool:
    """Whether an ARN fits a pattern field by field; `*` alone fits every ARN."""
    fields = value.split(":", 5)
    if len(fields) < 6:
        raise _UnreadableValue(value)
    if tokens == (Wild.RUN,):
        return True
    parts = split_fields(tokens)
    if len(parts) < 6:
        raise _UnreadableWanted(plain(tokens))
    return all(tokens_match(part, field) for part, field in zip(parts, fields, strict=True))


def split_fields(tokens: tuple[Token, ...]) -> list[tuple[Token, ...]]:
    """The pieces cut at their first five plain colons."""
    colons = [at for at, token in enumerate(tokens) if isinstance(token, Plain) and token.char == ":"][:5]
    starts = [0, *(at + 1 for at in colons)]
    return [tokens[start:end] for start, end in zip(starts, [*colons, len(tokens)], strict=True)]


def _number(text: str, error: type[ValueError]) -> Decimal:
    if _NUMBER.fullmatch(text) is None:
        raise error(text)
    from decimal import Decimal

    return Decimal(text)


def _date(text: str, error: type[ValueError]) -> object:
    from policyc.ir.instants import moment  # few tests are about dates

    if _EPOCH.fullmatch(text):
        return moment(text if "." in text else f"{text}.0")
    if _DATE.fullmatch(text) is None:
        raise error(text)
    try:
        return moment(text)
    except ValueError:
        raise error(text) from None


def _truth(text: str, error: type[ValueError]) -> bool:
    if text.lower() not in ("true", "false"):
        raise error(text)
    return text.lower() == "true"


def _bytes(text: str, error: type[ValueError]) -> bytes:
    import base64

    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        raise error(text) from None


def _address(text: str, error: type[ValueError]) -> IPv4Interface | IPv6Interface:
    try:
        if "%" in text or re.fullmatch(r"[^/]*(/[0-9]{1,3})?", text) is None:
            raise error(text)
        return ip_interface(text)
    except ValueError:
        raise error(text) from None


def _inside(value: str, tokens: tuple[Token, ...]) -> bool:
    if "/" in value:
        raise _UnreadableValue(value)
    address, block = _address(value, _UnreadableValue), _address(plain(tokens), _UnreadableWanted)
    return address.version == block.version and address.ip in block.network


def _ordered(
    read: Callable[[str, type[ValueError]], object], relation: str
) -> Callable[[str, tuple[Token, ...]], bool]:
    def compare(value: str, tokens: tuple[Token, ...]) -> bool:
        one, other = read(value, _UnreadableValue), read(plain(tokens), _UnreadableWanted)
        return bool(getattr(one, f"__{relation}__")(other))

    return compare


_RELATIONS: Final = {
    "Equals": "eq",
    "LessThan": "lt",
    "LessThanEquals": "le",
    "GreaterThan": "gt",
    "GreaterThanEquals": "ge",
}
_COMPARE: Final[dict[str, Callable[[str, tuple[Token, ...]], bool]]] = {
    "StringEquals": lambda value, tokens: value == plain(tokens),
    "StringEqualsIgnoreCase": _same_folded,
    "StringLike": lambda value, tokens: tokens_match(tokens, value),
    "Bool": _ordered(_truth, "eq"),
    "BinaryEquals": _ordered(_bytes, "eq"),
    "IpAddress": _inside,
    "ArnEquals": arn_matches,
    "ArnLike": arn_matches,
    **{f"Numeric{name}": _ordered(_number, relation) for name, relation in _RELATIONS.items()},
    **{f"Date{name}": _ordered(_date, relation) for name, relation in _RELATIONS.items()},
}
