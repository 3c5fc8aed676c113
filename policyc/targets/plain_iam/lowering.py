"""A plain IAM policy as parts of a document: actions and resources stand in it as they were written."""

from __future__ import annotations

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Policy, Statement
from policyc.ir.program import Program
from policyc.model.values import Resource
from policyc.targets.iam_documents.conditions import lower_condition
from policyc.targets.iam_documents.lowering import Lowered, PerProgram, lower_statements
from policyc.targets.iam_documents.principals import ALL_KINDS, Callers, lower_who
from policyc.targets.iam_documents.resources import raw_grants
from policyc.targets.iam_documents.statements import Grant, OtherThan, Part, statement_parts
from policyc.targets.plain_iam.sorts import WITHOUT_CALLERS, kind_on

_lowered = PerProgram()


def lowered_policy(policy: Policy, program: Program, diagnostics: Diagnostics) -> Lowered | None:
    """Every statement of the policy, once for the check and the document; None after an error was reported."""
    assert isinstance(policy.on, Resource)
    kind, help = kind_on(policy.on), "remove the policy, or correct its conditions"

    def lower(found: Diagnostics) -> Lowered | None:
        return lower_statements(policy, lambda statement: lower_statement(statement, kind, found), help, found)

    return _lowered(policy, program, lower, diagnostics)


def lower_statement(statement: Statement, kind: str, diagnostics: Diagnostics) -> tuple[Part, ...] | None:
    """One statement of a document of a kind; empty when no request can match it, None after an error was reported."""
    callers: tuple[Callers, ...] | None = (Callers(None),)
    if kind not in WITHOUT_CALLERS and statement.who is not None:
        callers = lower_who(statement.who, "aws", ALL_KINDS, statement.span, diagnostics)
    when = lower_condition(statement.when, statement.span, diagnostics)
    if callers is None or when is None:
        return None
    return statement_parts(statement, callers, _grants(statement), when, diagnostics)


def _grants(statement: Statement) -> list[Grant]:
    can = statement.can
    if statement.resources is not None or can is None:
        return raw_grants((), statement) or []
    others: OtherThan = frozenset({"Action"}) if can.negated else frozenset()
    return [Grant(tuple(verb.action for verb in can.verbs), (), (), others)]
