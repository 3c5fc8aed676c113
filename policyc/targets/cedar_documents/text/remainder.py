"""What is left of an undecided condition, and what the denies that policyc wrote into a permit do: said of Cedar text as it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from policyc.engines.cedar.decide import PartialEvaluation, StatementResult
from policyc.engines.cedar.outcome_sets import FAILS, FALSE, TRUE
from policyc.engines.trace import Reason, StatementTrace
from policyc.syntax.cedar_nodes import And, Document, Expr, If, Not, Or, Statement
from policyc.syntax.cedar_printer import written
from policyc.targets.cedar_documents.explain import Asked, reasons
from policyc.targets.cedar_documents.labels import label_of
from policyc.targets.cedar_documents.text.statements import condition_of

#: of what is left this many characters are shown
_MOST_LEFT: Final = 2_000
_UNLESS: Final = "unless: "


def trace_text(policy: str, index: int, statement: Statement, result: StatementResult, asked: Asked) -> StatementTrace:
    """One statement's part in the answer. A statement that Cedar could not evaluate did not match."""
    condition = condition_of(statement)
    told = [
        Reason(part.name, None, part.name, "in the scope; the service does not publish its value", (), None, part.span)
        for part in statement.scope
        if part.constrained
    ]
    told += [] if condition is None else reasons(condition, asked)
    label = label_of(statement, index)
    return StatementTrace(policy, index, label, statement.effect, result.matched, tuple(told), statement.span)


# --- what is left ---------------------------------------------------------------------------------------------------


def residual(node: Expr, partial: PartialEvaluation) -> str:
    """What is left of an undecided condition once everything that is known is put in, shortened when it is very long."""
    left = _residual(node, partial)
    text = f"({written(left)})" if isinstance(left, If) else written(left)
    return text if len(text) <= _MOST_LEFT else f"{text[:_MOST_LEFT]}…"


def _residual(node: Expr, partial: PartialEvaluation) -> Expr:
    match node:
        case And(items) | Or(items):
            open_items = list(_open_items(items, isinstance(node, And), partial)) or [node]
            return open_items[0] if len(open_items) == 1 else type(node)(tuple(open_items), node.span)
        case Not(of):
            return Not(_residual(of, partial), node.span)
        case If(test, then, otherwise):
            told = partial.truths(test)
            if told in (TRUE, FALSE):
                return _residual(then if told == TRUE else otherwise, partial)
            return node
        case _:
            return node


def _open_items(items: Sequence[Expr], conjunction: bool, partial: PartialEvaluation) -> Iterator[Expr]:
    """The operands that the whole hangs on: not those without effect, nor what stands behind one that settles it."""
    idle, settled = (TRUE, FALSE) if conjunction else (FALSE, TRUE)
    for item in items:
        told = partial.truths(item)
        if told != idle:
            yield _residual(item, partial)
        if told in (settled, FAILS):
            return


# --- denies that are written into permits ---------------------------------------------------------------------------


def unless_notes(document: Document, statement: Statement, partial: PartialEvaluation) -> Iterator[tuple[Expr, str]]:
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
            told = partial.truths(item)
            if names and told != TRUE:
                words = "applies" if told == FALSE else "cannot be evaluated, so the permit does not apply"
                yield item, f"the deny `{names[-1]}` in it {words if told in (FALSE, FAILS) else 'is open'}"
