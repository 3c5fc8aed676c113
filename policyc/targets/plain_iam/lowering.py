"""A plain IAM policy as parts of a document: actions and resources stand in it as they were written."""

from __future__ import annotations

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Never, Policy, Statement
from policyc.model.values import Resource
from policyc.record import record
from policyc.targets.base import Addition
from policyc.targets.iam_documents import ALL_KINDS, Callers, Grant, Part, lower_condition, lower_who, statement_parts
from policyc.targets.iam_documents.resources import raw_grants
from policyc.targets.iam_documents.statements import OtherThan
from policyc.targets.plain_iam.sorts import WITHOUT_CALLERS, kind_on


@record
class Lowered:
    """The parts of a policy, and what was left out because no request can match it."""

    parts: tuple[Part, ...]
    added: tuple[Addition, ...]


def lower_policy(policy: Policy, diagnostics: Diagnostics) -> Lowered | None:
    """Every statement of the policy; None after an error was reported."""
    assert isinstance(policy.on, Resource)
    kind = kind_on(policy.on)
    parts: list[Part] = []
    added: list[Addition] = []
    failed = False
    for statement in policy.statements:
        found = lower_statement(statement, kind, diagnostics)
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
            added.append(Addition("", f"`{statement.label}` is left out: its condition is never true", statement.span))
    if not failed and not parts:
        diagnostics.error(
            "empty-document",
            f"nothing is left of `{policy.name}`: no statement can ever apply",
            policy.name_span or policy.span,
            "remove the policy, or correct its conditions",
        )
        failed = True
    return None if failed else Lowered(tuple(parts), tuple(added))


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
