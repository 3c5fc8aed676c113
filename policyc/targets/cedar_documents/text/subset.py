"""Cedar beyond what AWS documents for the service (`called`): it may work, and nobody says so."""

from __future__ import annotations

from collections.abc import Iterator

from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.syntax import cedar_nodes as cedar
from policyc.text import Span

_DOCUMENTED = ("contains", "containsAll", "containsAny", "isInRange")


def check_subset(statement: cedar.Statement, called: str, diagnostics: Diagnostics) -> None:
    """Report what one statement has of it."""
    for part in statement.scope:
        if part.constrained:
            then = "refuse nobody" if statement.effect == "forbid" else "let in nobody"
            diagnostics.warning(
                "cedar-outside-subset",
                f"{called} wants `{part.name}` open in the scope, and this {statement.effect} may {then}",
                part.span,
                "write `(principal, action, resource)` and test trust data after `when`",
            )
    for span, what in _unusual(statement):
        report_unusual(span, what, called, diagnostics)
    _check_entities(statement, called, diagnostics)


def report_unusual(span: Span, what: str, called: str, diagnostics: Diagnostics) -> None:
    """Note something that AWS's page on operators does not have."""
    diagnostics.add(
        Diagnostic(
            "cedar-outside-subset",
            f"{what} is Cedar, yet AWS documents it for {called} nowhere",
            span,
            "keep to the operators of AWS's page, or try it in the policy assistant first",
            Severity.INFO,
        )
    )


def _check_entities(statement: cedar.Statement, called: str, diagnostics: Diagnostics) -> None:
    """Tests of principal, action or resource: nobody says what they are, so nobody knows whether such a test holds."""
    may = "may refuse nobody" if statement.effect == "forbid" else "may let in nobody, or everybody"
    told: set[str] = set()
    for clause in statement.clauses:
        for node in cedar.walk(clause.body):
            for part in cedar.children(node):
                if not isinstance(part, cedar.Var) or part.name == "context" or part.name in told:
                    continue
                if isinstance(node, cedar.Get) or _with_itself(node, part):
                    continue  # said elsewhere
                told.add(part.name)
                diagnostics.warning(
                    "cedar-outside-subset",
                    f"AWS does not say what `{part.name}` is in {called}, so this {statement.effect} {may}",
                    node.span,
                    "test trust data below `context`",
                )


def _with_itself(node: cedar.Expr, part: cedar.Var) -> bool:
    """`principal in [principal]`, which is always true."""
    return isinstance(node, cedar.Compare | cedar.SetOf) and all(
        isinstance(item, cedar.Var) and item.name == part.name
        for item in cedar.walk(node)[1:]
        if not isinstance(item, cedar.SetOf)
    )


def _unusual(statement: cedar.Statement) -> Iterator[tuple[Span, str]]:
    for annotation in statement.annotations:
        yield annotation.span, "an annotation"
    for place, clause in enumerate(statement.clauses):
        if clause.kind == "unless":
            yield clause.span, "`unless`"
        elif place > 0:
            yield clause.span, "a second `when`"
        for node in cedar.walk(clause.body):
            match node:
                case cedar.If():
                    yield node.span, "`if … then … else`"
                case cedar.Arith(operator) if operator:
                    yield node.span, f"`{operator}` on numbers"
                case cedar.Neg(of) if not isinstance(of, cedar.Lit):
                    yield node.span, "`-` before an attribute"
                case cedar.Is():
                    yield node.span, "`is`"
                case cedar.Has(_, names) if len(names) > 1:
                    yield node.span, "`has` with a dot"
                case cedar.Call(function) if function != "ip":
                    yield node.span, f"`{function}`"
                case cedar.Method(_, name) if name not in _DOCUMENTED:
                    yield node.span, f"`.{name}()`"
                case _:
                    pass
