"""Comparing one value with one literal: the meaning that every target's operator has to match."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from ipaddress import ip_address, ip_network

from policyc.ir.authz import Op
from policyc.model.types import Named, Type
from policyc.model.values import Scalar


def compare_constants(op: Op, value: Scalar, wanted: Scalar, kind: Type) -> bool:
    """Whether a present `value` of type `kind` compares with the literal `wanted`.

    Values that do not fit the type (text where a number belongs) never compare.
    """
    match op:
        case Op.EQ:
            return _key(value, kind) == _key(wanted, kind)
        case Op.LIKE:
            return glob_matches(str(wanted), str(value))
        case Op.IN_CIDR:
            return _in_block(str(value), str(wanted))
        case Op.EXISTS:
            return True
        case Op.LT | Op.LE | Op.GT | Op.GE:
            left, right = _ordinal(value, kind), _ordinal(wanted, kind)
            if left is None or right is None:
                return False
            return {Op.LT: left < right, Op.LE: left <= right, Op.GT: left > right, Op.GE: left >= right}[op]


def glob_matches(pattern: str, text: str) -> bool:
    """Whether the whole text fits the pattern: `*` any run, `?` one character, `\\*` `\\?` `\\\\` the plain ones.

    Time grows with pattern length times text length, whatever the pattern.
    """
    tokens = glob_tokens(pattern)
    at, token, star, mark = 0, 0, -1, 0
    while at < len(text):
        current = tokens[token] if token < len(tokens) else None
        if current is not None and current != "*" and current in ("?", "=" + text[at]):
            at, token = at + 1, token + 1
        elif current == "*":
            star, mark, token = token, at, token + 1
        elif star >= 0:
            mark += 1
            at, token = mark, star + 1
        else:
            return False
    return all(rest == "*" for rest in tokens[token:])


def glob_tokens(pattern: str) -> list[str]:
    """A pattern as tokens: `*`, `?`, or `=` with one plain character."""
    return [
        piece if piece in ("*", "?") else "=" + piece[-1]
        for piece in re.findall(r"\\[*?\\]|.", pattern, re.DOTALL)
    ]  # fmt: skip


def _key(value: Scalar, kind: Type) -> Scalar | tuple[int, int] | datetime | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(kind, Named) and kind.name in ("ip", "cidr"):
        try:
            network = ip_network(str(value), strict=False)
        except ValueError:
            return str(value)
        return (int(network.network_address), network.prefixlen + 1000 * network.version)
    if isinstance(kind, Named) and kind.name == "datetime":
        return _moment(str(value)) or str(value)
    if isinstance(value, int | Decimal):
        return Decimal(value)
    return value


def _ordinal(value: Scalar, kind: Type) -> Decimal | None:
    if isinstance(kind, Named) and kind.name == "datetime":
        moment = _moment(str(value))
        return None if moment is None else Decimal(str(moment.timestamp()))
    if isinstance(value, bool):
        return None
    try:
        return Decimal(value)
    except ArithmeticError:
        return None


def _moment(text: str) -> datetime | None:
    if re.fullmatch(r"-?\d{5,12}", text):
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(text))
    padded = re.sub(r"^(\d{4})$", r"\1-01-01", re.sub(r"^(\d{4}-\d{2})$", r"\1-01", text))
    try:
        moment = datetime.fromisoformat(padded)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _in_block(text: str, block: str) -> bool:
    try:
        address, network = ip_address(text), ip_network(block, strict=False)
    except ValueError:
        return False
    return address.version == network.version and address in network
