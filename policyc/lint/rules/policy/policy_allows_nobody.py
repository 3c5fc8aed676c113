"""A policy that has to say yes holds no `allow`, so every request is refused.

## What it does
Finds a policy with denies only on a VPC Lattice service or service network whose auth is `aws_iam`, on a
Verified Access group or endpoint, in the policy of a KMS key, in the trust policy of a role, in boundaries, session policies
and the policies of VPC endpoints.

## Why is this bad
What no statement allows is refused. Denies alone refuse everyone, and the service is down.

## Example
```policy
use "shop.policy" { inventory, org }

policy inventory_auth for lattice on inventory {
  deny "outside-org" { who anyone  unless aws.PrincipalOrgID == org }
}
```

## Use instead
```policy
use "shop.policy" { inventory, order_fn, org }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn }
  deny "outside-org" { who anyone  unless aws.PrincipalOrgID == org }
}
```

## Source
https://docs.aws.amazon.com/vpc-lattice/latest/ug/auth-policies.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.ir.authz import Policy
from policyc.lint.gates import checks
from policyc.lint.rule import Lint, kind_of
from policyc.lint.speech import effect
from policyc.model.values import Resource

SEVERITY = Severity.ERROR
SCOPE = "document"
NEEDS = ("deny",)


def check(lint: Lint) -> None:
    for policy in lint.program.policies:
        if policy.statements and _has_to_allow(policy) and all(item.effect == "deny" for item in policy.statements):
            lint.report(
                policy.name_span or policy.span,
                f"`{policy.name}` allows nobody, so every request is refused",
                f"write the `{effect(policy, 'allow')}` of those who may",
            )


def _has_to_allow(policy: Policy) -> bool:
    if policy.target == "lattice":
        return isinstance(policy.on, Resource) and checks(policy.on)
    return kind_of(policy) in ("cedar", "key", "trust", "boundary", "session", "endpoint")
