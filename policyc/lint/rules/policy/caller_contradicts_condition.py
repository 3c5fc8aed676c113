"""A caller in `who` can never pass the statement's own condition.

## What it does
Takes what is known of a caller from its name alone (an unsigned request has no identity keys, a role belongs to its
account, and only what a service calls itself says for which resource it calls) and asks whether it can pass the condition. The caller of an identity policy is
whom it is on.

## Why is this bad
The statement never matches for that caller: an `allow` is an outage waiting for its first request, a `deny` guards nothing.

## Example
```policy
use "shop.policy" { inventory, org }

policy inventory_auth for lattice on inventory {
  allow "health-checks" { who anonymous  path "/health"  when aws.PrincipalOrgID == org }
}
```

## Use instead
```policy
use "shop.policy" { inventory, org }

policy inventory_auth for lattice on inventory {
  allow "health-checks" { who authenticated  path "/health"  when aws.PrincipalOrgID == org }
}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from policyc.diagnostics import Severity
from policyc.engines.proofs.conditions import never_holds
from policyc.ir.authz import Atom, Glob, Op, Policy, Statement
from policyc.ir.conditions import tests
from policyc.lint.callers import facts_of
from policyc.lint.places import condition_of
from policyc.lint.rule import Lint
from policyc.lint.speech import caller, clause
from policyc.model.values import PARTITIONS, Principal
from policyc.regex import regex

SEVERITY = Severity.ERROR
#: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids; of roles with the session's name
_IDS: Final = {
    "user": "AIDA0000000000000EXAMP",
    "role": "AROA0000000000000EXAMP:x",
    "session": "AROA0000000000000EXAMP:x",
}
SCOPE = "document"
NEEDS = ("condition", ("by:*", "identity"))
YIELDS_TO = ("value-never-matches", "operator-of-another-type")


def check(lint: Lint) -> None:
    for policy in lint.program.policies:
        for statement in policy.statements:
            who = statement.who
            if (who is not None and who.negated) or never_holds(statement.when):
                continue
            partitions = _partitions(statement)
            for principal in who.principals if who is not None else _carrier(policy):
                id_ = _unique_id(principal, statement)
                if all(never_holds(statement.when, facts_of(principal, partition, id_)) for partition in partitions):
                    drop = (
                        f"drop it from `{clause(policy, 'who')}` of `{statement.label}`, or " if who is not None else ""
                    )
                    lint.report(
                        condition_of(statement.when, statement),
                        f"`{caller(principal)}` never passes this condition",
                        f"{drop}correct the condition",
                    )


def _carrier(policy: Policy) -> tuple[Principal, ...]:
    """Whom an identity policy is on, where that is said."""
    return (policy.on,) if isinstance(policy.on, Principal) and not policy.on.is_placeholder else ()


def _unique_id(principal: Principal, statement: Statement) -> str:
    """An id that stands for each that the caller may have: where no test of a statement names one of its kind, all of them do alike. Empty
    where one does, and for callers whose ids have no letters of their own."""
    sample = _IDS.get(principal.kind)
    if sample is None:
        return ""
    for test in tests(statement.when):
        if test.attribute.native.lower() != "aws:userid":
            continue
        if not isinstance(test, Atom) or (test.spelling is not None and "${" in str(test.spelling.values)):
            return ""
        for value in test.values:
            text = str(value.value)
            fixed = regex(r"[*?\\]").split(text)[0] if test.op is Op.LIKE else text
            of_users = principal.kind == "user" and ":" in text
            if not of_users and (fixed.startswith(sample[:4]) or sample.startswith(fixed)):
                return ""
    return sample


def _partitions(statement: Statement) -> Sequence[str]:
    """The partitions that a statement is for: those of the ARNs that it writes, where it writes any."""
    texts = [pattern.text for pattern in statement.resources.patterns] if statement.resources is not None else []
    for test in tests(statement.when):
        if test.attribute.native.lower() == "aws:principalarn":
            texts += [value.text if isinstance(value, Glob) else str(value.value) for value in test.values]
    written = {text.split(":")[1] for text in texts if text.startswith("arn:")}
    return sorted(written) if written and written <= set(PARTITIONS) else PARTITIONS
