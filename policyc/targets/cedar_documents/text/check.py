"""Everything that is wrong or doubtful in one Cedar text, by what is known of the requests that it decides on."""

from __future__ import annotations

from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Policy
from policyc.model.values import Resource
from policyc.record import record
from policyc.syntax.cedar_nodes import Document, Expr, Statement, walk
from policyc.targets.cedar_documents.read import read_document
from policyc.targets.cedar_documents.text.kinds import Kind
from policyc.targets.cedar_documents.text.known import known_facts
from policyc.targets.cedar_documents.text.statements import check_statement
from policyc.targets.cedar_documents.text.style import check_style
from policyc.targets.cedar_documents.text.subset import report_unusual
from policyc.text import Source

#: Parts of one statement that are looked into; the time grows faster than their number.
_MOST_PARTS: Final = 10_000


@record
class Service:
    """Whose text it is: the `target`, its name for people (`called`), the record `context`, the names in that of which a request has one
    and never two, and what the text is taken to be attached to."""

    target: str
    called: str
    context: Kind
    one_of: tuple[str, ...]
    on: Resource


def check_document(source: Source, document: Document, service: Service, diagnostics: Diagnostics) -> Policy:
    """Report what only a reader of a text can see; the policy that it states comes back, for the lint rules."""
    found = Diagnostics()
    if not document.statements:
        found.warning(
            "cedar-empty",
            f"`{source.file}` holds no statement, so it refuses every request",
            source.span(0, 0),
            "write a `permit`, or remove the policy",
        )
    settled: dict[Expr, bool | None] = {}
    for statement in document.statements:
        if not _is_too_long(statement, found):
            settled |= check_statement(statement, service.context, found, one_of=service.one_of)
            check_style(statement, service.called, found)
    for comma in document.trailing_commas:
        report_unusual(comma, "a comma behind the last value", service.called, found)
    diagnostics.extend(found)
    known = known_facts(document, service.context)
    return read_document(document, known, service.on, service.target, source.file, settled)


def _is_too_long(statement: Statement, diagnostics: Diagnostics) -> bool:
    """Whether a statement has more parts than are looked into; said where it is so."""
    parts = sum(len(walk(clause.body)) for clause in statement.clauses)
    if parts > _MOST_PARTS:
        diagnostics.warning(
            "cedar-too-long",
            f"this {statement.effect} has {parts:,} parts, and none of them is checked beyond {_MOST_PARTS:,}",
            statement.effect_span,
            "split it into several statements",
        )
    return parts > _MOST_PARTS
