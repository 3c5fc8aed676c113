"""A policy is on a resource whose auth is `none`, so nobody asks it.

## What it does
Finds a `lattice` policy on a service or service network that is declared with `auth: none`, or without `auth`.

## Why is this bad
With auth type NONE the policy is stored and not evaluated: every caller passes this gate.

## Example
```policy
use "shop.policy" { shop, order_fn }

resource prices: lattice.service { id: "svc-0fedcba9876543210", at: shop/us-west-2, auth: none }

policy prices_auth for lattice on prices {
  allow "orders" { who order_fn }
}
```

## Use instead
```policy
use "shop.policy" { shop, order_fn }

resource prices: lattice.service { id: "svc-0fedcba9876543210", at: shop/us-west-2, auth: aws_iam }

policy prices_auth for lattice on prices {
  allow "orders" { who order_fn }
}
```

## Source
https://docs.aws.amazon.com/vpc-lattice/latest/APIReference/API_PutAuthPolicy.html
"""

from __future__ import annotations

from policyc.diagnostics import Label, Severity
from policyc.lint.gates import checks
from policyc.lint.places import name_of
from policyc.lint.rule import Lint
from policyc.model.values import Resource

SEVERITY = Severity.ERROR
SCOPE = "document"


def check(lint: Lint) -> None:
    for policy in lint.program.policies:
        on = policy.on
        if policy.target == "lattice" and isinstance(on, Resource) and not checks(on):
            lint.report(
                policy.name_span or policy.span,
                f"nobody asks `{policy.name}`, because the auth of `{on.name}` is `none`",
                f"declare `{on.name}` with `auth: aws_iam`"
                if on.file in lint.program.modules
                else f"give `{on.name}` the auth type `AWS_IAM`",
                (Label(name_of(lint, on), "declared here"),),
            )
