"""Conditions in Cedar as lowering makes them: tests of attributes below `context`, joined, and what Cedar does with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from policyc.syntax.cedar_nodes import (
    NOWHERE,
    And,
    Call,
    Compare,
    Expr,
    Get,
    Has,
    Lit,
    Method,
    Not,
    Or,
    SetOf,
    attribute_at,
    children,
    literal,
    path_of,
)
from policyc.syntax.cedar_printer import written
from policyc.text import Span

Path: TypeAlias = tuple[str, ...]


# --- tests ----------------------------------------------------------------------------------------------------------


def guard(path: Path, span: Span = NOWHERE) -> Has:
    """The record that an attribute lies in has it."""
    return Has(attribute_at(path[:-1], span), (path[-1],), span, span)


def equals(path: Path, values: Iterable[str | int | bool], span: Span = NOWHERE) -> Expr:
    """An attribute is one of some literals."""
    literals = tuple(dict.fromkeys(literal(value, span) for value in values))
    subject = attribute_at(path, span)
    return (
        Compare("==", subject, literals[0], span)
        if len(literals) == 1
        else Method(SetOf(literals, span), "contains", span, (subject,), span)
    )


def address(path: Path, text: str, span: Span = NOWHERE, *, inside: bool) -> Expr:
    """An attribute, read as an address, is in a block (`inside`) or is the one address."""
    subject, other = Call("ip", (attribute_at(path, span),), span), Call("ip", (Lit(text, span),), span)
    return Method(subject, "isInRange", span, (other,), span) if inside else Compare("==", subject, other, span)


def of_set(path: Path, name: str, values: Sequence[str | int], span: Span = NOWHERE) -> Expr:
    """A set holds a literal (`contains`), or any of several (`containsAny`)."""
    items = tuple(literal(value, span) for value in values)
    arg = items[0] if name == "contains" else SetOf(items, span)
    return Method(attribute_at(path, span), name, span, (arg,), span)


def within(path: Path, values: Sequence[str | int], span: Span = NOWHERE) -> Expr:
    """Every element of a set is one of some literals."""
    items = tuple(literal(value, span) for value in values)
    return Method(SetOf(items, span), "containsAll", span, (attribute_at(path, span),), span)


def written_path(path: Path) -> str:
    """The attribute as Cedar names it."""
    return written(attribute_at(path))


# --- joining --------------------------------------------------------------------------------------------------------


def conjoin(items: Iterable[Expr]) -> Expr:
    """All of one or more conditions, flattened."""
    return _join(And, items)


def disjoin(items: Iterable[Expr]) -> Expr:
    """Any of one or more conditions, flattened."""
    return _join(Or, items)


def _join(kind: type[And] | type[Or], items: Iterable[Expr]) -> Expr:
    flat: list[Expr] = []
    for item in items:
        flat.extend(item.items if isinstance(item, And | Or) and isinstance(item, kind) else (item,))
    return flat[0] if len(flat) == 1 else kind(tuple(flat), flat[0].span)


def opposite(node: Expr) -> Expr:
    """The negation; that of a negation is what it negates."""
    return node.of if isinstance(node, Not) else Not(node, node.span)


# --- what Cedar does with them --------------------------------------------------------------------------------------


def size(node: Expr) -> int:
    """How many tests a condition has, guards included."""
    return sum(size(part) for part in children(node)) if isinstance(node, And | Or | Not) else 1


def chain(node: Expr) -> int:
    """How deep Cedar nests a condition: `a && b && c` is `(a && b) && c`, so a chain is as deep as it is long."""
    match node:
        case Not(of):
            return 1 + chain(of)
        case And(items) | Or(items):
            last = len(items) - 1
            return max(last + 1 - max(place, 1) + chain(item) for place, item in enumerate(items))
        case _:
            return 1


def can_fail(node: Expr) -> bool:
    """Whether a value of another type than documented makes Cedar's evaluation fail.

    Equality and membership in a list of literals compare values of any type. The records right below `context` are the service's own, so
    asking one of those for an attribute cannot fail; whatever lies further down is made by a trust provider.
    """
    match node:
        case Lit():
            return False
        case Has(of):
            return len(path_of(of) or ()) > 1
        case Compare("==", Get() as subject, _) | Method(SetOf(), "contains", _, (Get() as subject,)):
            return len(path_of(subject) or ()) > 2
        case Not() | And() | Or():
            return any(can_fail(part) for part in children(node))
        case _:
            return True
