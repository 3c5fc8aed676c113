"""Why a Cedar statement matched or did not: each test of its condition beside the value that the request has.

Values are written as Cedar writes them, so that the text "true" and the truth value `true` look different.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policyc.engines.cedar.decide import PartialEvaluation, Path, StatementResult
from policyc.engines.cedar.outcome_sets import FAILS, FALSE, TRUE, holds
from policyc.engines.trace import Reason, StatementTrace
from policyc.record import record
from policyc.syntax.cedar_literals import quoted
from policyc.syntax.cedar_nodes import (
    And,
    Call,
    Compare,
    Document,
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
from policyc.syntax.cedar_printer import attribute, pattern_text, written
from policyc.targets.cedar_documents.labels import label_of
from policyc.targets.verified_access.read.literals import MIRRORED
from policyc.targets.verified_access.read.statements import condition_of

_MOST_SHOWN = 60
#: of a list or a record this many parts are shown
_MOST_PARTS = 3
#: of alternatives this many are told one by one
_MOST_ALTERNATIVES = 20
#: of what is left this many characters are shown
_MOST_LEFT = 2_000
_UNLESS = "unless: "


@record
class Asked:
    """A context, what is open in it, and what the tests of a text come to on it."""

    context: Mapping[str, Any]
    partial: PartialEvaluation


def trace(policy: str, index: int, statement: Statement, result: StatementResult, asked: Asked) -> StatementTrace:
    """One statement's part in the answer. A statement that Cedar could not evaluate did not match."""
    condition = condition_of(statement)
    reasons = [
        Reason(
            part.name, None, part.name, "in the scope; Verified Access does not publish its value", (), None, part.span
        )
        for part in statement.scope
        if part.constrained
    ]
    if condition is not None:
        reasons += _reasons(condition, asked, False)
    return StatementTrace(
        policy=policy,
        index=index,
        label=label_of(statement, index),
        effect=statement.effect,
        matched=result.matched,
        reasons=tuple(reasons),
        span=statement.span,
    )


def truth(node: Expr, asked: Asked) -> bool | None:
    """What Cedar says of a condition by itself: None when it hangs on something open; a failing one is false."""
    return holds(asked.partial.truths(node))


# --- what is left ---------------------------------------------------------------------------------------------------


def residual(node: Expr, asked: Asked) -> str:
    """What is left of an undecided condition once everything that is known is put in, shortened when it is very long."""
    left = _residual(node, asked)
    text = f"({written(left)})" if isinstance(left, If) else written(left)
    return text if len(text) <= _MOST_LEFT else f"{text[:_MOST_LEFT]}…"


def _residual(node: Expr, asked: Asked) -> Expr:
    match node:
        case And(items) | Or(items):
            open_items = list(_open_items(items, isinstance(node, And), asked)) or [node]
            return open_items[0] if len(open_items) == 1 else type(node)(tuple(open_items), node.span)
        case Not(of):
            return Not(_residual(of, asked), node.span)
        case If(test, then, otherwise):
            told = asked.partial.truths(test)
            if told in (TRUE, FALSE):
                return _residual(then if told == TRUE else otherwise, asked)
            return node
        case _:
            return node


def _open_items(items: Sequence[Expr], conjunction: bool, asked: Asked) -> Iterator[Expr]:
    """The operands that the whole hangs on: not those without effect, nor what stands behind one that settles it."""
    idle, settled = (TRUE, FALSE) if conjunction else (FALSE, TRUE)
    for item in items:
        told = asked.partial.truths(item)
        if told != idle:
            yield _residual(item, asked)
        if told in (settled, FAILS):
            return


# --- reasons --------------------------------------------------------------------------------------------------------


def _reasons(node: Expr, asked: Asked, negated: bool) -> list[Reason]:
    """A reason for each test; of alternatives only those that share the truth of the whole, of a choice the side that is taken."""
    match node:
        case And(items) | Or(items):
            if isinstance(node, And) is not negated:
                return [reason for item in items for reason in _reasons(item, asked, negated)]
            whole = truth(node, asked)
            alike = [item for item in items if truth(item, asked) is whole]
            told = [reason for item in alike[:_MOST_ALTERNATIVES] for reason in _reasons(item, asked, negated)]
            return [*told, *_rest(alike[_MOST_ALTERNATIVES:], whole, negated)]
        case Not(of):
            return _reasons(of, asked, not negated)
        case If(test, then, otherwise):
            told_of = asked.partial.truths(test)
            out = _reasons(test, asked, told_of == FALSE)
            out += _reasons(then, asked, negated) if "true" in told_of else []
            out += _reasons(otherwise, asked, negated) if "false" in told_of else []
            return out
        case _:
            return [_reason(node, asked, negated)]


def _rest(items: Sequence[Expr], whole: bool | None, negated: bool) -> list[Reason]:
    if not items:
        return []
    matched = whole if whole is None else whole is not negated
    words = {True: "come to the same", False: "do not hold either", None: "are open as well"}[matched]
    span = items[0].span.to(items[-1].span)
    return [Reason("condition", matched, f"{len(items)} more alternatives", words, (), (), span)]


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
            return of, "has", (".".join(attribute(name) for name in names),)
        case Like(of, pattern):
            return of, "like", (pattern_text(pattern),)
        case Method(SetOf(items), "contains", _, (arg,)):
            return arg, "in", tuple(written(item) for item in items)
        case Method(of, name, _, args):
            return (
                _inside(of),
                "in range" if name == "isInRange" else name,
                tuple(written(_inside(arg)) for arg in args),
            )
        case _:
            return node, "==", ("true",)


def _inside(node: Expr) -> Expr:
    """The one argument of a constructor such as `ip(…)`."""
    return node.args[0] if isinstance(node, Call) and len(node.args) == 1 else node


def seen(path: Path, asked: Asked) -> tuple[str, ...] | None:
    """The value that the context has at a path, as Cedar writes it; of a record its names; None when it is absent or unknown."""
    value: Any = asked.context
    for step in path:
        if not isinstance(value, Mapping) or step not in value:
            return None
        value = value[step]
    return (_shown(value),)


def _shown(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return quoted(value)
        case Mapping():
            return "{" + _first([attribute(str(name)) for name in value]) + "}"
        case list() | tuple():
            return "[" + _first([_shown(item) for item in value]) + "]"
        case _:
            return str(value)


def _first(texts: Sequence[str]) -> str:
    more = len(texts) - _MOST_PARTS
    return ", ".join([*texts[:_MOST_PARTS], *([f"… {more} more"] if more > 0 else [])])


# --- denies that are written into permits ---------------------------------------------------------------------------


def unless_notes(document: Document, statement: Statement, asked: Asked) -> Iterator[tuple[Expr, str]]:
    """The denies that policyc wrote into a permit as `// unless: NAME` and that keep it from applying, each with what it does."""
    for clause in statement.clauses:
        if clause.kind != "when" or not isinstance(clause.body, And):
            continue
        before = clause.span.start
        for item in clause.body.items:
            names = [
                comment.text.removeprefix(_UNLESS)
                for comment in document.comments
                if before <= comment.span.start < item.span.start and comment.text.startswith(_UNLESS)
            ]
            before = item.span.end
            told = asked.partial.truths(item)
            if names and told != TRUE:
                words = "applies" if told == FALSE else "cannot be evaluated, so the permit does not apply"
                yield item, f"the deny `{names[-1]}` in it {words if told in (FALSE, FAILS) else 'is open'}"
