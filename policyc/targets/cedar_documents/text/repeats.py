"""One finding for what several statements repeat word for word, such as a deny that policyc wrote into every permit."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from policyc.diagnostics import Diagnostic
from policyc.syntax.cedar_nodes import And, Document, Expr, Statement
from policyc.text import Span


def first_of_each(document: Document, found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """The findings without those that say the same, of the same part of a condition, as one before them."""
    starts = [statement.span.start for statement in document.statements]
    told: set[tuple[str, str, Expr, int]] = set()
    for item in found:
        place = -1 if item.span is None else bisect_right(starts, item.span.start) - 1
        part = None if item.span is None or place < 0 else _part(document.statements[place], item.span)
        if part is not None and item.span is not None:
            key = (item.rule, item.message, part, item.span.start - part.span.start)
            if key in told:
                continue
            told.add(key)
        yield item


def _part(statement: Statement, span: Span) -> Expr | None:
    """The operand of a statement's condition that a place lies in."""
    for clause in statement.clauses:
        parts = clause.body.items if isinstance(clause.body, And) else ()
        for part in parts:
            if part.span.start <= span.start and span.end <= part.span.end:
                return part
    return None
