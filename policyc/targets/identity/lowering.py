"""An identity policy as parts of an IAM document without `Principal`: verbs and paths on resources of any target."""

from __future__ import annotations

from collections.abc import Mapping

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Never, Policy, Statement
from policyc.model.vocabulary import ResourceType
from policyc.record import record
from policyc.targets.base import Addition
from policyc.targets.iam_documents import (
    Callers,
    Grant,
    Part,
    lower_condition,
    resource_arn,
    resource_grants,
    statement_parts,
)
from policyc.targets.iam_documents.resources import raw_grants


@record
class Lowered:
    """The parts of a policy, and what was left out because no request can match it."""

    parts: tuple[Part, ...]
    added: tuple[Addition, ...]


def lower_policy(policy: Policy, kinds: Mapping[str, ResourceType], diagnostics: Diagnostics) -> Lowered | None:
    """Every statement of the policy; None after an error was reported. `kinds` are the resource types of all targets."""
    parts: list[Part] = []
    added: list[Addition] = []
    failed = False
    for statement in policy.statements:
        found = lower_statement(statement, kinds, diagnostics)
        if found is None:
            failed = True
        elif found:
            parts.extend(found)
        else:
            if not isinstance(statement.when, Never):
                diagnostics.warning(
                    "statement-never-applies",
                    f"no request can pass the condition of `{statement.label}`",
                    statement.span,
                    "its tests exclude one another: correct them, or remove the statement",
                )
            message = f"`{statement.label}` is left out: its condition is never true"
            added.append(Addition("", message, statement.span))
    if not failed and not parts:
        diagnostics.error(
            "empty-document",
            f"nothing is left of `{policy.name}`: no statement can ever apply",
            policy.name_span or policy.span,
            "remove the policy, or correct its conditions",
        )
        failed = True
    return None if failed else Lowered(tuple(parts), tuple(added))


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
