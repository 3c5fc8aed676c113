"""Conditions in Cedar as lowering makes them: tests of attributes below `context`, joined, and what Cedar does with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from policyc.syntax import cedar_nodes as cedar
from policyc.syntax.cedar_printer import written
from policyc.text import Span

Path: TypeAlias = tuple[str, ...]


# --- tests ----------------------------------------------------------------------------------------------------------


def guard(path: Path, span: Span = cedar.NOWHERE) -> cedar.Has:
    """The record that an attribute lies in has it."""
    return cedar.Has(cedar.attribute_at(path[:-1], span), (path[-1],), span, span)


def equals(path: Path, values: Iterable[str | int | bool], span: Span = cedar.NOWHERE) -> cedar.Expr:
    """An attribute is one of some literals."""
    literals = tuple(dict.fromkeys(cedar.literal(value, span) for value in values))
    subject = cedar.attribute_at(path, span)
    return (
        cedar.Compare("==", subject, literals[0], span)
        if len(literals) == 1
        else cedar.Method(cedar.SetOf(literals, span), "contains", span, (subject,), span)
    )


def address(path: Path, text: str, span: Span = cedar.NOWHERE, *, inside: bool) -> cedar.Expr:
    """An attribute, read as an address, is in a block (`inside`) or is the one address."""
    subject, other = (
        cedar.Call("ip", (cedar.attribute_at(path, span),), span),
        cedar.Call("ip", (cedar.Lit(text, span),), span),
    )
    return (
        cedar.Method(subject, "isInRange", span, (other,), span)
        if inside
        else cedar.Compare("==", subject, other, span)
    )


def of_set(path: Path, name: str, values: Sequence[str | int], span: Span = cedar.NOWHERE) -> cedar.Expr:
    """A set holds a literal (`contains`), or any of several (`containsAny`)."""
    items = tuple(cedar.literal(value, span) for value in values)
    arg = items[0] if name == "contains" else cedar.SetOf(items, span)
    return cedar.Method(cedar.attribute_at(path, span), name, span, (arg,), span)


def within(path: Path, values: Sequence[str | int], span: Span = cedar.NOWHERE) -> cedar.Expr:
    """Every element of a set is one of some literals."""
    items = tuple(cedar.literal(value, span) for value in values)
    return cedar.Method(cedar.SetOf(items, span), "containsAll", span, (cedar.attribute_at(path, span),), span)


def written_path(path: Path) -> str:
    """The attribute as Cedar names it."""
    return written(cedar.attribute_at(path))


# --- joining --------------------------------------------------------------------------------------------------------


def conjoin(items: Iterable[cedar.Expr]) -> cedar.Expr:
    """All of one or more conditions, flattened."""
    return _join(cedar.And, items)


def disjoin(items: Iterable[cedar.Expr]) -> cedar.Expr:
    """Any of one or more conditions, flattened."""
    return _join(cedar.Or, items)


def _join(kind: type[cedar.And] | type[cedar.Or], items: Iterable[cedar.Expr]) -> cedar.Expr:
    flat: list[cedar.Expr] = []
    for item in items:
        flat.extend(item.items if isinstance(item, cedar.And | cedar.Or) and isinstance(item, kind) else (item,))
    return flat[0] if len(flat) == 1 else kind(tuple(flat), flat[0].span)


def opposite(node: cedar.Expr) -> cedar.Expr:
    """The negation; that of a negation is what it negates."""
    return node.of if isinstance(node, cedar.Not) else cedar.Not(node, node.span)


# --- what Cedar does with them --------------------------------------------------------------------------------------


def size(node: cedar.Expr) -> int:
    """How many tests a condition has, guards included."""
    return sum(size(part) for part in cedar.children(node)) if isinstance(node, cedar.And | cedar.Or | cedar.Not) else 1


def chain(node: cedar.Expr) -> int:
    """How deep Cedar nests a condition: `a && b && c` is `(a && b) && c`, so a chain is as deep as it is long."""
    match node:
        case cedar.Not(of):
            return 1 + chain(of)
        case cedar.And(items) | cedar.Or(items):
            last = len(items) - 1
            return max(last + 1 - max(place, 1) + chain(item) for place, item in enumerate(items))
        case _:
            return 1


def can_fail(node: cedar.Expr) -> bool:
    """Whether a value of another type than documented makes Cedar's evaluation fail.

    Equality and membership in a list of literals compare values of any type. The records right below `context` are the service's own, so
    asking one of those for an attribute cannot fail; whatever lies further down is made by a trust provider.
    """
    match node:
        case cedar.Lit():
            return False
        case cedar.Has(of):
            return len(cedar.path_of(of) or ()) > 1
        case cedar.Compare("==", cedar.Get() as subject, _) | cedar.Method(
            cedar.SetOf(), "contains", _, (cedar.Get() as subject,)
        ):
            return len(cedar.path_of(subject) or ()) > 2
        case cedar.Not() | cedar.And() | cedar.Or():
            return any(can_fail(part) for part in cedar.children(node))
        case _:
            return True
