"""What tests ask about."""

from __future__ import annotations

from collections.abc import Iterator

from policyc.diagnostics import Diagnostics
from policyc.ir.program import BoundTest
from policyc.model.values import Principal
from policyc.syntax import nodes
from policyc.syntax.references import refs_in


def callers_of(test: BoundTest) -> Iterator[Principal]:
    """Who asks in the requests of a test."""
    for step in test.node.steps:
        for entry in step.fields.entries if isinstance(step, nodes.RequestStep) else ():
            if entry.key.text == "who":
                yield from _callers(test, entry.value)


def _callers(test: BoundTest, expr: nodes.Expr) -> Iterator[Principal]:
    for ref in refs_in(expr):
        definition = test.scope.lookup(ref.simple or "")
        value = test.scope.definition_value(definition, Diagnostics()) if definition is not None else None
        if value is not None and isinstance(value.data, Principal):
            yield value.data
    if isinstance(expr, nodes.Call):
        value = test.scope.value(expr, None, Diagnostics())
        if value is not None and isinstance(value.data, Principal):
            yield value.data
