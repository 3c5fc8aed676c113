"""Everybody whom the trust providers know gets in.

## What it does
Finds an `allow` without a condition, or with one that always holds, on a group, when no `deny` narrows it and an endpoint of
the group (or a group without declared endpoints) has no policy of its own that asks for more. A condition that only asks whether data of
a user's provider is there (`exists okta.email`) holds for everybody who has logged in.

## Why is this bad
Verified Access then only asks for a login. Whoever has an account with the identity provider reaches the application.

## Example
```policy
use "shop.policy" { staff }

policy staff_policy for verified_access on staff {
  allow "everybody" { }
}
```

## Use instead
```policy
use "shop.policy" { staff, finance }

policy staff_policy for verified_access on staff {
  allow "finance" { when finance in idc.groups }
}
```

## Source
https://docs.aws.amazon.com/verified-access/latest/ug/auth-policies-policy-eval.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.engines.proofs.conditions import Goal, always_holds, may_be_met
from policyc.ir.authz import Atom, Cond, Op, Statement
from policyc.ir.conditions import atoms
from policyc.lint.places import label_of
from policyc.lint.rule import Lint
from policyc.model.values import Resource

SEVERITY = Severity.WARNING


def check(lint: Lint) -> None:
    for group in lint.program.resources.values():
        if group.type != "verified_access.group":
            continue
        wide = _wide(lint, group)
        endpoints = [item for item in lint.program.resources.values() if item.link("group") == group.id]
        bare = [item for item in endpoints if not lint.program.policies_on(item) or _wide(lint, item)]
        if wide is not None and (bare or not endpoints):
            reached = ", ".join(f"`{item.name}`" for item in bare) or f"`{group.name}`"
            lint.report(
                label_of(wide),
                f"`{wide.label}` lets everybody who can log in reach {reached}",
                "add a condition on groups, e-mail or device",
            )


def _wide(lint: Lint, resource: Resource) -> Statement | None:
    """The `allow` of a resource's policy that takes in everybody, None when a `deny` could narrow it."""
    for policy in lint.program.policies_on(resource):
        if any(item.effect == "deny" for item in policy.statements):
            return None
        for item in policy.statements:
            if item.effect == "allow" and _holds_for_users(item.when):
                return item
    return None


def _holds_for_users(when: Cond) -> bool:
    """Whether everybody meets a condition who has all the trust data that it speaks of."""
    there: list[Goal] = [
        (Atom(atom.attribute, Op.EXISTS, ()), True) for atom in atoms(when) if atom.op is Op.EXISTS and not atom.negated
    ]
    return always_holds(when) or (bool(there) and not may_be_met([(when, False), *there]))
