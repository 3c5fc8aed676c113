"""From a Cedar text to a policy of the IR: one statement for each policy, with its places and its `@id` as label.

A statement of the IR holds exactly where Cedar evaluates all clauses of the policy to true. What no typed test says exactly becomes a
`RawExpression`, so nothing of a text is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Always, Cond, Origin, Policy, Statement
from policyc.model.values import Resource
from policyc.syntax import cedar_nodes as cedar
from policyc.syntax.cedar_nodes import And, Compare, Expr, Is, Not
from policyc.syntax.cedar_text import parse_cedar
from policyc.targets.cedar_documents.facts import Fact
from policyc.targets.cedar_documents.read_conditions import read_condition
from policyc.text import Source, Span

#: a comment that speaks to policyc names no statement
_DIRECTIVE: Final = "policyc"


def read_text(
    source: Source, known: Mapping[str, Fact], on: Resource, target: str, diagnostics: Diagnostics
) -> Policy | None:
    """The policy that a text states, as `read_document`; None after reporting why it is no Cedar."""
    document = parse_cedar(source, diagnostics)
    return None if document is None else read_document(document, known, on, target, source.file)


def attached(kind: str, source: Source) -> Resource:
    """What a text is attached to where nobody says it: a resource of this kind of which nothing is known."""
    return Resource(source.file.rpartition("/")[2], kind, (), source.file, source.span(0, 0))


def read_document(document: cedar.Document, known: Mapping[str, Fact], on: Resource, target: str, file: str) -> Policy:
    """The policy that a text states; `known` are the attributes with a documented kind, `on` what the text is attached to."""
    statements = tuple(_statement(item, index, known) for index, item in enumerate(document.statements))
    start = Span(file, 0, 0)
    name = file.rpartition("/")[2]
    return Policy(name, target, on, statements, file, start, start, "", Origin.CEDAR, "cedar")


def _statement(item: cedar.Statement, index: int, known: Mapping[str, Fact]) -> Statement:
    effect: Literal["allow", "deny"] = "allow" if item.effect == "permit" else "deny"
    label, label_span = _label(item, index)
    parts = [*_scope(item), *_clauses(item)]
    body: Expr | None = None if not parts else parts[0] if len(parts) == 1 else And(tuple(parts), item.span)
    when: Cond = Always() if body is None else read_condition(body, known)
    return Statement(effect, label, None, None, (), None, when, index, item.span, label_span)


def _label(item: cedar.Statement, index: int) -> tuple[str, Span]:
    """The `@id`, else the first line of the comment above, else the place in the text."""
    for annotation in item.annotations:
        if annotation.key == "id" and annotation.value:
            return annotation.value, annotation.span
    lines = (line.strip() for line in item.comment.split("\n"))
    found = next((line for line in lines if line and not line.startswith(_DIRECTIVE)), "")
    return found or f"policy {index + 1}", item.effect_span


def _scope(item: cedar.Statement) -> Iterator[Compare | Is]:
    """What the parts between the parentheses ask for, as expressions."""
    return (part.constraint for part in item.scope if part.constraint is not None)


def _clauses(item: cedar.Statement) -> Iterator[Expr]:
    for clause in item.clauses:
        body = clause.body if clause.kind == "when" else Not(clause.body, clause.span)
        yield from body.items if isinstance(body, And) else (body,)
