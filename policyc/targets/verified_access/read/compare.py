"""What comparisons with literals can come to: which can never hold, which always do."""

from __future__ import annotations

import re
from collections.abc import Iterable

from policyc.syntax.cedar_nodes import And, Compare, Expr, Lit, Method, Not, SetOf, path_of
from policyc.syntax.cedar_plain import key
from policyc.targets.verified_access.read.kinds import Kind, Member


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
    if isinstance(value, int):
        return member.range is not None and not member.range[0] <= value <= member.range[1]
    if member.values:
        return value not in member.values
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


MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def contradiction(items: Iterable[Expr]) -> Expr | None:
    """The first conjunct that cannot hold together with an earlier one, by literals of the same attribute."""
    seen: set[str] = set()
    against: dict[str, _Bounds] = {}
    for item in _flat(items):
        inner = item.of if isinstance(item, Not) else item
        opposite = key(inner) if isinstance(item, Not) else f"!{key(item)}"
        if opposite in seen:
            return item
        seen.add(f"!{key(inner)}" if isinstance(item, Not) else key(item))
        test = _test(item)
        if test is not None and not against.setdefault(test[0], _Bounds()).add(test[1], test[2]):
            return item
    return None


def complementary(items: Iterable[Expr]) -> Expr | None:
    """The first alternative that is the opposite of an earlier one, so that one of them always holds."""
    seen: set[str] = set()
    for item in items:
        for spelling in _spellings(item):
            if _opposite(spelling) in seen:
                return item
        seen.update(_spellings(item))
    return None


def _spellings(item: Expr) -> list[str]:
    if isinstance(item, Not):
        return [f"!{key(item.of)}"]
    if isinstance(item, Compare) and item.operator == "!=":
        return [key(item), f"!{key(Compare('==', item.left, item.right, item.span))}"]
    return [key(item)]


def _opposite(spelling: str) -> str:
    return spelling[1:] if spelling.startswith("!") else f"!{spelling}"


def _flat(items: Iterable[Expr]) -> list[Expr]:
    out: list[Expr] = []
    for item in items:
        out += _flat(item.items) if isinstance(item, And) else [item]
    return out


def _test(item: Expr) -> tuple[str, str, frozenset[str | int | bool] | int] | None:
    """An attribute's key, an operator and what it is held against."""
    match item:
        case Compare(operator, left, Lit(value)) if path_of(left) and operator != "in":
            pass
        case Compare(operator, Lit(value), left) if path_of(left) and operator != "in":
            operator = MIRRORED[operator]
        case Method(SetOf(values), "contains", _, (left,)) if path_of(left):
            literals = [one.value for one in values if isinstance(one, Lit)]
            return (key(left), "==", frozenset(literals)) if len(literals) == len(values) else None
        case _:
            return None
    if operator in ("==", "!="):
        return key(left), operator, frozenset({value})
    return (key(left), operator, value) if isinstance(value, int) and not isinstance(value, bool) else None


class _Bounds:
    """What the tests of one attribute leave of its values."""

    def __init__(self) -> None:
        self.allowed: frozenset[str | int | bool] | None = None
        self.refused: set[str | int | bool] = set()
        self.low, self.high = -(2**63), 2**63 - 1

    def add(self, operator: str, value: frozenset[str | int | bool] | int) -> bool:
        """Take in one more test; False when nothing is left."""
        if isinstance(value, frozenset):
            if operator == "==":
                self.allowed = value if self.allowed is None else self.allowed & value
            else:
                self.refused |= value
        elif operator in ("<", "<="):
            self.high = min(self.high, value - (operator == "<"))
        else:
            self.low = max(self.low, value + (operator == ">"))
        if self.low > self.high:
            return False
        if self.allowed is None:
            return True
        return any(one not in self.refused and self._inside(one) for one in self.allowed)

    def _inside(self, value: str | int | bool) -> bool:
        return not isinstance(value, int) or isinstance(value, bool) or self.low <= value <= self.high
