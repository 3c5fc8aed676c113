"""Nodes of the syntax tree that have no text yet: each stands nowhere, the printer gives it its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from policyc.syntax import nodes
from policyc.text import Span

NOWHERE: Final = Span("", 0, 0)
_STEP: Final = re.compile(r'\.?([^.\["]+)|\["([^"]*)"\]')


def ident(text: str) -> nodes.Ident:
    return nodes.Ident(text, NOWHERE)


def word(text: str) -> nodes.Ref:
    """A reference to a name, or a dotted one such as `lattice.service`."""
    return nodes.Ref(tuple(nodes.Field(part, NOWHERE) for part in text.split(".")), NOWHERE)


def reference(name: str) -> nodes.Ref:
    """A reference as people write it: `idc.user.email`, `corp["cognito:groups"]`."""
    parts = [
        nodes.Field(found[1], NOWHERE) if found[1] is not None else nodes.Key(found[2], NOWHERE)
        for found in _STEP.finditer(name)
    ]
    return nodes.Ref(tuple(parts), NOWHERE)


def keyed(name: str, key: str | None) -> nodes.Ref:
    """An attribute by its name in the language; `key` is what stands in its brackets (`header["x-team"]`), whatever it holds."""
    if key is None:
        return reference(name)
    head, _, tail = name.partition(f'["{key}"]')
    return nodes.Ref((*reference(head).parts, nodes.Key(key, NOWHERE), *reference(tail).parts), NOWHERE)


def text(value: str) -> nodes.Str:
    return nodes.Str(value, NOWHERE)


def listed(items: Iterable[nodes.Expr]) -> nodes.ListOf:
    return nodes.ListOf(tuple(items), NOWHERE)


def call(function: str, *args: nodes.Expr) -> nodes.Call:
    return nodes.Call(word(function), args, NOWHERE)


def compare(left: nodes.Expr, op: nodes.CompareOp, right: nodes.Expr) -> nodes.Compare:
    return nodes.Compare(op, left, right, NOWHERE)


def negation(operand: nodes.Expr) -> nodes.Not:
    return nodes.Not(operand, NOWHERE)


def joined(items: Sequence[nodes.Expr]) -> nodes.Expr:
    """All of them, as one condition."""
    return items[0] if len(items) == 1 else nodes.And(tuple(items), NOWHERE)


def either(items: Sequence[nodes.Expr]) -> nodes.Expr:
    """Any of them, as one condition."""
    return items[0] if len(items) == 1 else nodes.Or(tuple(items), NOWHERE)


def clause(kind: str, items: Iterable[nodes.Expr], negated: bool = False) -> nodes.ListClause:
    return nodes.ListClause(kind, tuple(items), None, NOWHERE, negated)  # type: ignore[arg-type]


def when(expr: nodes.Expr) -> nodes.Condition:
    return nodes.Condition("when", expr, NOWHERE)


def record(**entries: nodes.Expr) -> nodes.Record:
    return nodes.Record(tuple(nodes.Entry(word(name), value, NOWHERE) for name, value in entries.items()), NOWHERE)
