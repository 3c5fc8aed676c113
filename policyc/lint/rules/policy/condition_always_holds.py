"""A condition, or a part of it, holds for every request and tests nothing.

## What it does
Finds a `when` or `unless`, or one of its conjuncts, that every request passes. Conditions that are true because of a
`param` are left alone.

## Why is this bad
The statement reads as if it were restricted and is not. Joining two inequalities of one attribute with `or`, and
`exists` on an attribute that every request has, are the usual causes.

## Example
```policy
use "shop.policy" { inventory, order_fn, mesh_vpc }

policy inventory_auth for lattice on inventory {
  allow "orders-read" {
    who  order_fn
    path "/stock/*"
    when source.vpc != mesh_vpc or source.vpc != "vpc-0fedcba9876543210"
  }
}
```

## Use instead
```policy
use "shop.policy" { inventory, order_fn, mesh_vpc }

policy inventory_auth for lattice on inventory {
  allow "orders-read" {
    who  order_fn
    path "/stock/*"
    when source.vpc not in [mesh_vpc, "vpc-0fedcba9876543210"]
  }
}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.ir.authz import All, Always, Never
from policyc.lint.conditions import always_holds
from policyc.lint.places import condition_of
from policyc.lint.rule import Lint

SEVERITY = Severity.WARNING


def check(lint: Lint) -> None:
    for policy in lint.program.policies:
        for statement in policy.statements:
            when = statement.when
            if isinstance(when, Always | Never):
                continue
            for item in when.items if isinstance(when, All) else (when,):
                if always_holds(item):
                    lint.report(
                        condition_of(item, statement), "every request passes this test",
                        "write what is meant, or drop the test",
                    )  # fmt: skip
