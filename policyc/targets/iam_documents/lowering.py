"""A policy as parts of an IAM document: every statement lowered, once for the check that tells what is wrong and the emitter that writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.ir.authz import Never, Policy, Statement
from policyc.ir.program import Program
from policyc.model.values import Resource
from policyc.per_object import PerObject
from policyc.record import record
from policyc.targets.base import Addition
from policyc.targets.iam_documents.statements import Part


@record
class Lowered:
    """The parts of a policy, and what was left out because no request can match it."""

    parts: tuple[Part, ...]
    added: tuple[Addition, ...]


#: a policy (which stays alive, as its identity is the key), what was made of it, and what was found
_Made: TypeAlias = tuple[Policy, Lowered | None, tuple[Diagnostic, ...]]


def lower_statements(
    policy: Policy, lower: Callable[[Statement], tuple[Part, ...] | None], when_empty: str, diagnostics: Diagnostics
) -> Lowered | None:
    """Every statement of the policy by `lower`, which gives none for one that no request can match; None after an error was reported.

    `when_empty` is the help where nothing is left.
    """
    parts: list[Part] = []
    added: list[Addition] = []
    failed = False
    for statement in policy.statements:
        found = lower(statement)
        if found is None:
            failed = True
        elif found:
            parts.extend(found)
        else:
            added.append(_left_out(statement, diagnostics))
    if not failed and not parts:
        message = f"nothing is left of `{policy.name}`: no statement can ever apply"
        diagnostics.error("empty-document", message, policy.name_span or policy.span, when_empty)
        failed = True
    return None if failed else Lowered(tuple(parts), tuple(added))


def _left_out(statement: Statement, diagnostics: Diagnostics) -> Addition:
    if not isinstance(statement.when, Never):
        diagnostics.warning(
            "statement-never-applies",
            f"no request can pass the condition of `{statement.label}`",
            statement.span,
            "its tests exclude one another: correct them, or remove the statement",
        )
    return Addition("", f"`{statement.label}` is left out: its condition is never true", statement.span)


class PerProgram:
    """What was made of the policies of a program, with its findings; of the last two programs. It hangs on the policy alone: a program with some of
    its policies left out or changed, which has the same resources, finds the others here."""

    __slots__ = ("_made",)

    def __init__(self) -> None:
        self._made: PerObject[Mapping[str, Resource], dict[int, _Made]] = PerObject(lambda _resources: {}, 2)

    def __call__(
        self, policy: Policy, program: Program, lower: Callable[[Diagnostics], Lowered | None], diagnostics: Diagnostics
    ) -> Lowered | None:
        """What `lower` makes of a policy of the program, which is asked the first time."""
        held = self._made(program.resources)
        known = held.get(id(policy))
        if known is None:
            found = Diagnostics()
            known = held[id(policy)] = policy, lower(found), tuple(found)
        diagnostics.extend(known[2])
        return known[1]
