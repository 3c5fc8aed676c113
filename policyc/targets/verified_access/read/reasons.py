"""Why a Cedar statement matched or did not: each test of its condition beside the value that the request has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policyc.engines.cedar import Path, StatementResult, decide, decision, parse_policies
from policyc.engines.trace import Decision, Reason, StatementTrace
from policyc.record import record
from policyc.syntax.cedar_nodes import (
    And,
    Call,
    Compare,
    Expr,
    Has,
    If,
    Like,
    Lit,
    Method,
    Not,
    Or,
    SetOf,
    Statement,
    path_of,
)
from policyc.syntax.cedar_plain import pattern_text, written
from policyc.targets.verified_access.read.compare import MIRRORED
from policyc.targets.verified_access.read.statements import condition_of

_MOST_SHOWN = 60


@record
class Asked:
    """A context and the attributes in it whose value nobody states."""

    context: Mapping[str, Any]
    unknown: tuple[Path, ...]


def trace(policy: str, index: int, statement: Statement, result: StatementResult, asked: Asked) -> StatementTrace:
    """One statement's part in the answer. A statement that Cedar could not evaluate did not match."""
    condition = condition_of(statement)
    return StatementTrace(
        policy=policy,
        index=index,
        label=label_of(statement, index),
        effect=statement.effect,
        matched=result.matched,
        reasons=() if condition is None else tuple(_reasons(condition, asked, False)),
        span=statement.span,
    )


def label_of(statement: Statement, index: int) -> str:
    """What people call the statement: its `@id`, the first line of the comment above it, or its place."""
    for annotation in statement.annotations:
        if annotation.key == "id" and annotation.value:
            return annotation.value
    line = next((line for line in statement.comment.split("\n") if line and not line.startswith("policyc:")), "")
    return line[:_MOST_SHOWN] or f"{statement.effect} {index + 1}"


def truth(node: Expr, asked: Asked) -> bool | None:
    """What Cedar says of a condition by itself: None when it hangs on an unknown; a failing one is false."""
    text = f"permit (principal, action, resource) when {{ {written(node)} }};"
    if not asked.unknown:
        return decision(parse_policies(text), asked.context) is Decision.ALLOW
    return decide(parse_policies(text), asked.context, asked.unknown).statements[0].matched


def residual(node: Expr, asked: Asked) -> str:
    """What is left of an undecided condition once everything that is known is put in."""
    return written(_residual(node, asked))


def _residual(node: Expr, asked: Asked) -> Expr:
    match node:
        case And(items) | Or(items):
            settled = isinstance(node, And)
            open_items = [_residual(item, asked) for item in items if truth(item, asked) is not settled]
            return open_items[0] if len(open_items) == 1 else type(node)(tuple(open_items), node.span)
        case Not(of):
            return Not(_residual(of, asked), node.span)
        case _:
            return node


def _reasons(node: Expr, asked: Asked, negated: bool) -> list[Reason]:
    """A reason for each test; of alternatives only those that share the truth of the whole."""
    match node:
        case And(items) | Or(items):
            if isinstance(node, And) is not negated:
                return [reason for item in items for reason in _reasons(item, asked, negated)]
            whole = truth(node, asked)
            return [
                reason for item in items if truth(item, asked) is whole for reason in _reasons(item, asked, negated)
            ]
        case Not(of):
            return _reasons(of, asked, not negated)
        case _:
            return [_reason(node, asked, negated)]


def _reason(node: Expr, asked: Asked, negated: bool) -> Reason:
    wanted = Not(node, node.span) if negated else node
    subject, operator, expected = _parts(node)
    path = path_of(subject)
    actual = None if path is None else seen(path, asked)
    matched = truth(wanted, asked)
    return Reason(
        part="condition",
        matched=matched,
        subject=written(subject),
        operator=f"not {operator}" if negated else operator,
        expected=expected,
        actual=actual if path is not None else (None if matched is None else (str(matched is not negated).lower(),)),
        span=node.span,
    )


def _parts(node: Expr) -> tuple[Expr, str, tuple[str, ...]]:
    """What is tested, how, and against what."""
    match node:
        case Compare(operator, Lit(value), right) if operator in MIRRORED and path_of(right):
            return right, MIRRORED[operator], (_shown(value),)
        case Compare(operator, left, Lit(value)):
            return _inside(left), operator, (_shown(value),)
        case Compare(operator, left, right):
            return _inside(left), operator, (written(_inside(right)),)
        case Has(of, names):
            return of, "has", (".".join(names),)
        case Like(of, pattern):
            return of, "like", (pattern_text(pattern)[1:-1],)
        case Method(SetOf(items), "contains", _, (arg,)):
            return arg, "in", tuple(_shown(item.value) if isinstance(item, Lit) else written(item) for item in items)
        case Method(of, name, _, args):
            values = tuple(
                _shown(arg.value) if isinstance(arg, Lit) else written(arg) for arg in (_inside(arg) for arg in args)
            )
            return _inside(of), "in range" if name == "isInRange" else name, values
        case If(test):
            return test, "if", ("true",)
        case _:
            return node, "==", ("true",)


def _inside(node: Expr) -> Expr:
    """The one argument of a constructor such as `ip(…)`."""
    return node.args[0] if isinstance(node, Call) and len(node.args) == 1 else node


def seen(path: Path, asked: Asked) -> tuple[str, ...] | None:
    """The values that the context has at a path; the keys of a record; None when it is absent or unknown."""
    value: Any = asked.context
    for step in path:
        if not isinstance(value, Mapping) or step not in value:
            return None
        value = value[step]
    if isinstance(value, Mapping):
        return tuple(str(name) for name in value) or ("nothing",)
    if isinstance(value, list | tuple):
        return tuple(_shown(item) for item in value) or ("nothing",)
    return (_shown(value),)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else str(value)
