"""An identity policy as parts of an IAM document without `Principal`: verbs and paths on resources of any target."""

from __future__ import annotations

from collections.abc import Mapping

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Policy, Statement
from policyc.ir.program import Program
from policyc.model.vocabulary import ResourceType
from policyc.targets.iam_documents.conditions import lower_condition
from policyc.targets.iam_documents.lowering import Lowered, PerProgram, lower_statements
from policyc.targets.iam_documents.principals import Callers
from policyc.targets.iam_documents.resources import raw_grants, resource_arn, resource_grants
from policyc.targets.iam_documents.statements import Grant, Part, statement_parts


def lower_policy(policy: Policy, kinds: Mapping[str, ResourceType], diagnostics: Diagnostics) -> Lowered | None:
    """Every statement of the policy; None after an error was reported. `kinds` are the resource types of all targets."""
    help = "remove the policy, or correct its conditions"
    return lower_statements(policy, lambda statement: lower_statement(statement, kinds, diagnostics), help, diagnostics)


_lowered = PerProgram()


def lowered_policy(
    policy: Policy, program: Program, kinds: Mapping[str, ResourceType], diagnostics: Diagnostics
) -> Lowered | None:
    """As `lower_policy`, once for the check and the document."""
    return _lowered(policy, program, lambda found: lower_policy(policy, kinds, found), diagnostics)


def lower_statement(
    statement: Statement, kinds: Mapping[str, ResourceType], diagnostics: Diagnostics
) -> tuple[Part, ...] | None:
    """One statement; empty when no request can match it, None after an error was reported."""
    when = lower_condition(statement.when, statement.span, diagnostics)
    if when is None:
        return None
    grants: list[Grant] = raw_grants((), statement) or []
    for resource in statement.on:
        kind = kinds[resource.type]
        arn = resource_arn(resource, kind)
        grants += resource_grants(arn, tuple(kind.verbs.values()), statement.can, statement.path)
    return statement_parts(statement, (Callers(None),), grants, when, diagnostics)
