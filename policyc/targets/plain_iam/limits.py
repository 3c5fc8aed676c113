"""What a plain IAM document cannot say, reported at the source.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from policyc.diagnostics import Diagnostics, Label
from policyc.ir.authz import Policy, Statement
from policyc.ir.conditions import worded_atoms
from policyc.ir.program import Program
from policyc.model.values import Resource
from policyc.model.vocabulary import load_vocabulary
from policyc.targets.iam_documents.kinds import KINDS
from policyc.targets.iam_documents.raw_keys import check_characters, check_raw_keys
from policyc.targets.iam_documents.resources import check_raw_clauses
from policyc.targets.plain_iam.sorts import MAY_LACK_RESOURCES, SEVERAL, WITHOUT_CALLERS, WITHOUT_RESOURCES, kind_on


def check_policy(policy: Policy, program: Program, diagnostics: Diagnostics) -> None:
    """Every limit of one policy, statement by statement."""
    on = policy.on
    if not isinstance(on, Resource):
        return  # the front end has said so
    kind = kind_on(on)
    _check_only_policy(policy, on, kind, program, diagnostics)
    known = load_vocabulary("iam_document").attributes
    for statement in policy.statements:
        _check_clauses(statement, kind, diagnostics)
        tests = list(worded_atoms(statement.when))
        check_raw_keys(tests, known, statement.span, diagnostics)
        check_characters(tests, statement.span, diagnostics)


def _check_only_policy(policy: Policy, on: Resource, kind: str, program: Program, diagnostics: Diagnostics) -> None:
    others = [item for item in program.policies_on(on) if item.target == policy.target]
    if kind not in SEVERAL and others and others[0] != policy:
        first = others[0]
        diagnostics.error(
            "second-document",
            f"`{on.name}` has the policy `{first.name}` already, and it takes one",
            policy.name_span or policy.span,
            "put the statements of both into one policy",
            (Label(first.name_span or first.span, "the first policy"),),
        )


def _check_clauses(statement: Statement, kind: str, diagnostics: Diagnostics) -> None:
    title = KINDS[kind].title
    who, on = statement.who, statement.resources
    if who is None and kind not in WITHOUT_CALLERS:
        _missing(statement, "who", f"{title} says who calls", "add `who`, such as `who anyone`", diagnostics)
    if who is not None and kind in WITHOUT_CALLERS:
        help = "leave `who` out: it holds for whoever it is attached to"
        diagnostics.error("clause-not-allowed", f"a {title} has no `who`", who.span or statement.span, help)
    if kind in WITHOUT_RESOURCES:
        if on is not None:
            message = f"a {title} has no resource: it is about the role that carries it"
            diagnostics.error("clause-not-allowed", message, statement.span, "leave `on` out")
    else:
        if on is None and kind not in MAY_LACK_RESOURCES:
            _missing(statement, "on", f"{title} names resources", 'add `on raw("…")`', diagnostics)
        if on is not None:
            check_raw_clauses(statement, diagnostics)
    if statement.can is not None and not all(verb.glob for verb in statement.can.verbs):
        help = 'write the action as the service has it: `can raw("s3:GetObject")`'
        message = "a verb belongs to a declared resource, and a plain document has none"
        diagnostics.error("misplaced-raw-form", message, statement.can.span or statement.span, help)


def _missing(statement: Statement, clause: str, wanted: str, help: str, diagnostics: Diagnostics) -> None:
    message = f"`{statement.label}` has no `{clause}`, and a {wanted}"
    diagnostics.error("missing-clause", message, statement.span, help)
