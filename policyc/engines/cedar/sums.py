"""Comparisons of sums: where, as one number goes up, they turn from one answer to another, or begin to fail.

`context.score + 10 > 60` turns at 50, and fails where the sum does not fit in 64 bits; between two such numbers it stays the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from policyc.record import record
from policyc.syntax.cedar_nodes import Arith, Compare, Expr, Neg

Path: TypeAlias = tuple[str, ...]

_LONGS: Final = (-(2**63), 2**63 - 1)


@record
class _Sum:
    """`times` the attribute at `path` and `plus`; `path` is None where `times` is 0. `parts` are all sums on the way to it."""

    path: Path | None
    times: int
    plus: int
    parts: tuple[tuple[int, int], ...] = ()


def turning_points(
    node: Compare, open_path: Callable[[Expr], Path | None], fixed: Callable[[Expr], object]
) -> tuple[Path, tuple[int, ...]] | None:
    """The one open attribute that a comparison with a sum reads, and the numbers at which its answer may change; None for any other."""
    if not isinstance(node.left, Arith | Neg) and not isinstance(node.right, Arith | Neg):
        return None
    left, right = _sum(node.left, open_path, fixed), _sum(node.right, open_path, fixed)
    if left is None or right is None or node.operator == "in":
        return None
    whole = _joined("-", left, right)
    path = left.path or right.path
    if whole is None or path is None:
        return None
    parts = (*left.parts, *right.parts)
    found = {point for times, plus in parts for limit in _LONGS for point in _near(times, limit - plus)}
    found.update(_near(whole.times, -whole.plus))
    return path, tuple(sorted(point for point in found if _LONGS[0] <= point <= _LONGS[1]))


def _sum(node: Expr, open_path: Callable[[Expr], Path | None], fixed: Callable[[Expr], object]) -> _Sum | None:
    path = open_path(node)
    if path is not None:
        return _Sum(path, 1, 0)
    match node:
        case Neg(of):
            inner = _sum(of, open_path, fixed)
            return None if inner is None else _joined("-", _Sum(None, 0, 0), inner)
        case Arith(operator, left, right):
            one, other = _sum(left, open_path, fixed), _sum(right, open_path, fixed)
            return None if one is None or other is None else _joined(operator, one, other)
        case _:
            value = fixed(node)
            return _Sum(None, 0, value) if isinstance(value, int) and not isinstance(value, bool) else None


def _joined(operator: str, one: _Sum, other: _Sum) -> _Sum | None:
    if one.path and other.path and one.path != other.path:
        return None
    if operator == "*":
        if one.times and other.times:
            return None
        times, plus = one.times * other.plus + other.times * one.plus, one.plus * other.plus
    else:
        sign = -1 if operator == "-" else 1
        times, plus = one.times + sign * other.times, one.plus + sign * other.plus
    return _Sum(one.path or other.path, times, plus, (*one.parts, *other.parts, (times, plus)))


def _near(times: int, wanted: int) -> Iterator[int]:
    """The whole numbers next to the one whose `times` is `wanted`."""
    if times:
        below = wanted // times
        yield from (below, below + 1)
