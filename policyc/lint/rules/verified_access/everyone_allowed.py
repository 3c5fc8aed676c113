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

from typing import Final

from policyc.diagnostics import Severity
from policyc.engines.proofs.conditions import Goal, always_holds, may_be_met
from policyc.ir.authz import Cond, Op, Statement
from policyc.ir.conditions import atoms, disjunction
from policyc.lint.emails import provider
from policyc.lint.places import condition_of
from policyc.lint.rule import Lint
from policyc.model.values import Resource
from policyc.targets.verified_access.scope import REQUEST_ROOTS, group_of
from policyc.targets.verified_access.scope import devices as devices_of

SEVERITY = Severity.WARNING
NEEDS = ("allow", "verified_access.group")
#: how many statements are taken together
_MOST_TOGETHER: Final = 30
FOLLOWS = ("cedar-always-true", "cedar-impossible-value", "cedar-odd-method", "cedar-unlike-kinds")


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
                condition_of(wide.when, wide),
                f"`{wide.label}` lets everybody who can log in reach {reached}",
                "add a condition on groups, e-mail or device",
            )


def _wide(lint: Lint, resource: Resource) -> Statement | None:
    """The `allow` of a resource's policy that takes in everybody, or the last of several that do together; None when a `deny` could
    narrow it."""
    for policy in lint.program.policies_on(resource):
        group = group_of(resource, lint.program.resources)
        devices = frozenset() if group is None else devices_of(group)
        allows = [item for item in policy.statements if item.effect == "allow"]
        if len(allows) < len(policy.statements):
            return None
        for item in allows:
            if _holds_for_users(item.when, devices):
                return item
        if 1 < len(allows) <= _MOST_TOGETHER and always_holds(disjunction([item.when for item in allows])):
            return allows[-1]
    return None


def _holds_for_users(when: Cond, devices: frozenset[str]) -> bool:
    """Whether everybody meets a condition who has all the trust data of users that it speaks of."""
    asked = {atom.attribute: atom for atom in atoms(when) if atom.op is Op.EXISTS and not atom.negated}
    roots = {provider(attribute) for attribute in asked}
    there: list[Goal] = [(atom, True) for attribute, atom in asked.items()]
    if always_holds(when):
        return True
    return bool(there) and not roots & {*devices, *REQUEST_ROOTS} and not may_be_met([(when, False), *there])
