"""Tests that hold others, as conditions over those: true, false and failing in the very same contexts.

`[a, "x"].contains(b)` is `b == a || b == "x"`, where everything that is written in it is there; `(a && b) == true` is `a && b`. The parts have forms
where the whole has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from policyc.engines.cedar.predicates import literal_of
from policyc.syntax.cedar_nodes import (
    And,
    Compare,
    Expr,
    Has,
    If,
    Is,
    Like,
    Lit,
    Method,
    Not,
    Or,
    RecordOf,
    SetOf,
    path_of,
)
from policyc.text import Span

#: comparisons that one test is opened into, at most
_MOST = 60
_TRUTHS = frozenset(
    {"contains", "containsAll", "containsAny", "isEmpty", "isInRange", "isIpv4", "isIpv6", "isLoopback", "isMulticast"}
)


def opened(node: Expr) -> Expr | None:
    """The condition that a test is; None for one that holds no others."""
    match node:
        case Method(of, "containsAll" | "containsAny" as name, name_span, (arg,), span) if path_of(of) and of == arg:
            if name == "containsAll":  # whatever it holds, if it is a list
                return Method(of, name, name_span, (SetOf((), span),), span)
            return Not(Method(of, "isEmpty", name_span, (), span), span)
        case Method(SetOf(items), "contains", _, (arg,), span) if not all(map(_told, items)):
            return _sets(items, (arg,), "all", span)
        case Method(SetOf(items), ("containsAll" | "containsAny") as name, _, (SetOf(others),), span):
            return _sets(items, others, "all" if name == "containsAll" else "any", span)
        case Compare(("==" | "!=") as operator, left, right, span):
            found = _equal(left, right, span)
            return found if found is None or operator == "==" else Not(found, span)
        case Compare(operator, If(test, then, otherwise), right, span):
            return If(test, Compare(operator, then, right, span), Compare(operator, otherwise, right, span), span)
        case Compare(operator, left, If(test, then, otherwise), span):
            return If(test, Compare(operator, left, then, span), Compare(operator, left, otherwise, span), span)
        case Like(If(test, then, otherwise), pattern, pattern_span, span):
            first, second = (Like(side, pattern, pattern_span, span) for side in (then, otherwise))
            return If(test, first, second, span)
        case _:
            return None


def _equal(left: Expr, right: Expr, span: Span) -> Expr | None:
    for one, other in ((left, right), (right, left)):
        match one, other:
            case If(test, then, otherwise), _:
                return If(test, Compare("==", then, other, span), Compare("==", otherwise, other, span), span)
            case _, Lit(bool(value)) if _is_truth(one):
                return one if value else Not(one, span)
    match left, right:
        case SetOf(items), SetOf(others):
            both = (_sets(items, others, "all", span), _sets(others, items, "all", span))
            return None if None in both else And(tuple(item for item in both if item is not None), span)
        case RecordOf(pairs), RecordOf(others):
            return _records(dict(pairs), dict(others), span)
    return If(left, right, Not(right, span), span) if _is_truth(left) and _is_truth(right) else None


def _sets(items: Sequence[Expr], wanted: Sequence[Expr], how: str, span: Span) -> Expr | None:
    """Whether all or any of `wanted` are among `items`."""
    parts = (*items, *wanted)
    if (
        not items
        or not wanted
        or not all(map(_plain, parts))
        or len(items) * len(wanted) > _MOST
        or all(map(_told, parts))
    ):
        return None
    found = [_any([Compare("==", one, item, span) for item in items], span) for one in wanted]
    return _behind(parts, _any(found, span) if how == "any" else _all(found, span), span)


def _records(one: dict[str, Expr], other: dict[str, Expr], span: Span) -> Expr | None:
    parts = (*one.values(), *other.values())
    if not all(map(_plain, parts)) or len(parts) > _MOST:
        return None
    same: Expr = Lit(False, span)
    if one.keys() == other.keys():
        same = _all([Lit(True, span), *(Compare("==", one[name], other[name], span) for name in one)], span)
    return _behind(parts, same, span)


def _behind(parts: Iterable[Expr], condition: Expr, span: Span) -> Expr:
    """The condition behind a reading of every attribute in `parts`: without one of them the whole fails."""
    read = dict.fromkeys(part for part in parts if path_of(part))
    return _all([*(Compare("==", part, part, span) for part in read), condition], span)


def _all(items: Sequence[Expr], span: Span) -> Expr:
    return items[0] if len(items) == 1 else And(tuple(items), span)


def _any(items: Sequence[Expr], span: Span) -> Expr:
    return items[0] if len(items) == 1 else Or(tuple(items), span)


def _plain(node: Expr) -> bool:
    return bool(path_of(node)) or _told(node)


def _told(node: Expr) -> bool:
    return literal_of(node) is not None


def _is_truth(node: Expr) -> bool:
    """Whether an expression that does not fail is true or false, and is put together of tests."""
    match node:
        case And() | Or() | Not() | Has() | Like() | Is() | Compare():
            return True
        case Method(_, name):
            return name in _TRUTHS
        case _:
            return False
