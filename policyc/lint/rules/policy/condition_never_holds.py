"""A condition contradicts itself, so the statement or a part of it never matches.

## What it does
Finds a `when` or `unless` that no request can pass, and alternatives of an `or` that no request can pass together with
the rest of the condition. Conditions that are false because of a `param` are left alone.

## Why is this bad
An `allow` like that lets nobody in; a `deny` like that guards nothing. Two values of one single-valued attribute joined
with `and` are the usual cause.

## Example
```policy
use "shop.policy" { staff, finance }

policy staff_policy for verified_access on staff {
  allow "healthy-laptops" { when finance in idc.groups and jamf.risk == "LOW" and jamf.risk == "SECURE" }
}
```

## Use instead
```policy
use "shop.policy" { staff, finance }

policy staff_policy for verified_access on staff {
  allow "healthy-laptops" { when finance in idc.groups and jamf.risk in ["LOW", "SECURE"] }
}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from policyc.diagnostics import Label, Severity
from policyc.engines.proofs.budget import Steps, TooLarge
from policyc.engines.proofs.conditions import Goal, branches, may_be_met, never_holds, nothing_known
from policyc.ir.authz import All, AnyOf, Atom, Cond, Never, Origin, Policy, Statement
from policyc.ir.conditions import tests
from policyc.lint.places import condition_of
from policyc.lint.rule import Lint
from policyc.lint.speech import alternatives

SEVERITY = Severity.ERROR
SCOPE = "document"
NEEDS = ("condition",)
YIELDS_TO = ("value-never-matches", "cedar-forbid-fails-open", "cedar-permit-dies", "operator-of-another-type")
FOLLOWS = (
    "cedar-always-false",
    "cedar-group-name",
    "value-never-matches",
    "cedar-no-entities",
    "cedar-swapped-range",
    "template-in-text",
    "cedar-type-mismatch",
    "cedar-unknown-attribute",
    "cedar-unlike-kinds",
    "empty-array-condition",
    "null-with-qualifier",
    "type-mismatch-boolean",
    "type-mismatch-date",
    "type-mismatch-ip-range",
    "type-mismatch-number",
    "type-mismatch-string",
)
#: steps for all alternatives of one statement; those that are left then are not looked at
_MOST_STEPS: Final = 10_000


def check(lint: Lint) -> None:
    for policy in lint.program.policies:
        for statement in policy.statements:
            if isinstance(statement.when, Never) and policy.origin is not Origin.CEDAR:
                continue
            if never_holds(statement.when):
                _report_whole(lint, policy, statement)
            elif policy.origin is not Origin.CEDAR:  # its reader sees which alternatives are written
                _check_parts(lint, statement)


def _report_whole(lint: Lint, policy: Policy, statement: Statement) -> None:
    what = "guards nothing" if statement.effect == "deny" else "lets nobody in"
    labels: tuple[Label, ...] = ()
    span = condition_of(statement.when, statement)
    pair = _contradiction(statement.when)
    if pair is not None and pair[0].span is not None and pair[1].span is not None:
        labels = (Label(pair[0].span, "this has to hold"),)
        span = pair[1].span
    lint.report(
        span,
        f"no request passes this condition, so `{statement.label}` {what}",
        f"join alternatives with {alternatives(policy)}, or drop the statement",
        labels,
    )


def _contradiction(cond: Cond) -> tuple[Atom, Atom] | None:
    """Two tests of the conjunction that cannot hold together."""
    tests = [item for item in (cond.items if isinstance(cond, All) else ()) if isinstance(item, Atom)]
    for at, second in enumerate(tests):
        for first in tests[:at]:
            if not may_be_met([(first, True), (second, True)]):
                return first, second
    return None


def _check_parts(lint: Lint, statement: Statement) -> None:
    for part in _dead_parts(statement.when, (), Steps(_MOST_STEPS)):
        pair = _contradiction(part)
        lint.report(
            pair[1].span if pair is not None else condition_of(part, statement),
            "no request passes this alternative together with the rest",
            "correct it, or drop it",
        )


def _is_one_entry(choice: AnyOf) -> bool:
    """Whether the alternatives are no one's words but what one entry of a document comes to, as one with `IfExists` does."""
    return len({test.spelling.key_span if test.spelling is not None else test.span for test in tests(choice)}) == 1


def _dead_parts(cond: Cond, rest: Sequence[Goal], steps: Steps) -> Iterator[Cond]:
    """The alternatives inside a condition that nothing can pass together with `rest`; what lies inside such a one is left out."""
    items = cond.items if isinstance(cond, All) else (cond,)
    for choice in items:
        others = [*rest, *((item, True) for item in items if item is not choice)]
        for part in choice.items if isinstance(choice, AnyOf) and not _is_one_entry(choice) else ():
            try:
                met = next(branches([(part, True), *others], nothing_known, steps), None) is not None
            except TooLarge:
                return
            if met:
                yield from _dead_parts(part, others, steps)
            else:
                yield part
