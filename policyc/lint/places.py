"""Where to point a finding: the names, clauses and strings of the source behind a thing of the IR."""

from __future__ import annotations

from policyc.ir.authz import Cond, Statement
from policyc.ir.conditions import tests
from policyc.lint.rule import Lint
from policyc.model.values import Resource
from policyc.text import Span, is_within


def name_of(lint: Lint, resource: Resource) -> Span:
    """The name in a resource's declaration."""
    module = lint.program.modules.get(resource.file)
    if module is None:
        return resource.span
    from policyc.syntax import nodes

    for node in module.declarations:
        if isinstance(node, nodes.Resource) and node.name.text == resource.name:
            return node.name.span
    return resource.span


def label_of(statement: Statement) -> Span | None:
    """The label of a statement, or its first word when it has none."""
    if statement.label_span is not None:
        return statement.label_span
    if statement.span is None:
        return None
    return Span(statement.span.file, statement.span.start, statement.span.start + len(statement.effect))


def caller_of(statement: Statement) -> Span | None:
    """The `who` clause, else the label."""
    found = statement.who.span if statement.who is not None else None
    return found or label_of(statement)


def condition_of(cond: Cond, statement: Statement) -> Span | None:
    """All tests of a condition that are written in the statement itself, else the label."""
    inside = [
        test.span
        for test in tests(cond)
        if test.span is not None and statement.span is not None and is_within(test.span, statement.span)
    ]
    if not inside:
        return label_of(statement)
    span = inside[0]
    for other in inside[1:]:
        span = span.to(other)
    return span
