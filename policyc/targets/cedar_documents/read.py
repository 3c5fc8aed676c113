"""From a Cedar text to a policy of the IR: one statement for each policy, with its places and its `@id` as label.

A statement of the IR holds exactly where Cedar evaluates all clauses of the policy to true. What no typed test says exactly becomes a
`RawExpression`, so nothing of a text is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Always, Cond, Origin, Policy, Statement
from policyc.model.values import Resource
from policyc.syntax import cedar_nodes as cedar
from policyc.syntax.cedar_nodes import And, Compare, Expr, Is, Not
from policyc.syntax.cedar_text import parse_cedar
from policyc.targets.cedar_documents.facts import Fact
from policyc.targets.cedar_documents.labels import label_of
from policyc.targets.cedar_documents.read_conditions import NOTHING_SETTLED, Settled, read_condition
from policyc.text import Source, Span


def read_text(
    source: Source, known: Mapping[str, Fact], on: Resource, target: str, diagnostics: Diagnostics
) -> Policy | None:
    """The policy that a text states, as `read_document`; None after reporting why it is no Cedar."""
    document = parse_cedar(source, diagnostics)
    return None if document is None else read_document(document, known, on, target, source.file)


def attached(kind: str, source: Source) -> Resource:
    """What a text is attached to where nobody says it: a resource of this kind of which nothing is known."""
    return Resource(source.file.rpartition("/")[2], kind, (), source.file, source.span(0, 0))


def read_document(
    document: cedar.Document,
    known: Mapping[str, Fact],
    on: Resource,
    target: str,
    file: str,
    settled: Settled = NOTHING_SETTLED,
) -> Policy:
    """The policy that a text states; `known` are the attributes with a documented kind, `on` what the text is attached to, `settled` the
    tests whose value somebody has found out."""
    statements = tuple(_statement(item, index, known, settled) for index, item in enumerate(document.statements))
    start = Span(file, 0, 0)
    name = file.rpartition("/")[2]
    first = document.statements[0].effect_span if document.statements else start
    return Policy(name, target, on, statements, file, start, first, "", Origin.CEDAR, "cedar")


def _statement(item: cedar.Statement, index: int, known: Mapping[str, Fact], settled: Settled) -> Statement:
    effect: Literal["allow", "deny"] = "allow" if item.effect == "permit" else "deny"
    named = next((part for part in item.annotations if part.key == "id" and part.value), None)
    label_span = item.effect_span if named is None else named.span
    parts = [*_scope(item), *_clauses(item)]
    body: Expr | None = None if not parts else parts[0] if len(parts) == 1 else And(tuple(parts), item.span)
    when: Cond = Always() if body is None else read_condition(body, known, settled)
    return Statement(effect, label_of(item, index), None, None, (), None, when, index, item.span, label_span)


def _scope(item: cedar.Statement) -> Iterator[Compare | Is]:
    """What the parts between the parentheses ask for, as expressions."""
    return (part.constraint for part in item.scope if part.constraint is not None)


def _clauses(item: cedar.Statement) -> Iterator[Expr]:
    for clause in item.clauses:
        body = clause.body if clause.kind == "when" else Not(clause.body, clause.span)
        yield from body.items if isinstance(body, And) else (body,)
