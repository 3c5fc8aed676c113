"""What the rules say of the documents and of the policies that were made from them: the same, statement by statement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.importing.drafts import Choice, Draft
from policyc.ir.program import Program
from policyc.lint.raw.rules import lint_documents
from policyc.lint.registry import families, run_rules
from policyc.syntax import nodes
from policyc.targets.base import Document
from policyc.text import Span

#: rule and document, by the place of the statement in the document (-1: none of its statements)
Told = dict[tuple[str, int], frozenset[str]]


def of_documents(drafts: Sequence[Draft]) -> Told:
    """The rules that speak of each statement of the documents."""
    found = Diagnostics()
    lint_documents([draft.origin for draft in drafts], [draft.given.source for draft in drafts], found)
    spans = [
        (draft.given.source.file, statement.index, statement.span)
        for draft in drafts
        for statement in draft.origin.statements
        if statement.span is not None
    ]
    return _told(found, spans)


def of_policies(drafts: Sequence[Draft], program: Program, documents: Sequence[Document]) -> Told:
    """The rules that speak of each statement of the policies, by the documents' statements. Rules on files and their tests are left out."""
    found = Diagnostics()
    run_rules(program, documents, found)
    by_name = {draft.name: draft for draft in drafts}
    spans: list[tuple[str, int, Span]] = []
    for module in program.modules.values():
        for node in module.declarations:
            draft = by_name.get(node.name.text) if isinstance(node, nodes.Policy) else None
            if draft is not None and isinstance(node, nodes.Policy):
                pairs = zip(node.statements, draft.choices, strict=True)
                spans += [(draft.given.source.file, choice.original.index, one.span) for one, choice in pairs]
    return _told((item for item in found if families().get(item.rule) != "project"), spans)


def differing(drafts: Sequence[Draft], one: Told, other: Told) -> list[Choice]:
    """The statements of which the two do not tell the same."""
    places = {place for place in one.keys() | other.keys() if one.get(place) != other.get(place)}
    return [
        choice
        for draft in drafts
        for choice in draft.choices
        if (draft.given.source.file, choice.original.index) in places
    ]


def _told(found: Iterable[Diagnostic], spans: Sequence[tuple[str, int, Span]]) -> Told:
    out: dict[tuple[str, int], set[str]] = {}
    for item in found:
        for file, index, span in spans:
            if item.span is not None and item.span.file == span.file and span.start <= item.span.start < span.end:
                out.setdefault((file, index), set()).add(item.rule)
    return {place: frozenset(rules) for place, rules in out.items()}
