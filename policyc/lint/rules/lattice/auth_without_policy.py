"""A resource checks callers and has no policy, so every request is refused.

## What it does
Finds a service or service network with `auth: aws_iam` that no policy is on.

## Why is this bad
With auth type AWS_IAM everything that no policy allows is refused: switching it on first is an outage.

## Example
```policy
use "shop.policy" { shop }

resource prices: lattice.service { id: "svc-0fedcba9876543210", at: shop/us-west-2, auth: aws_iam }
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
https://docs.aws.amazon.com/vpc-lattice/latest/APIReference/API_DeleteAuthPolicy.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.lint.gates import NETWORK, SERVICE, checks, policies_for
from policyc.lint.places import name_of
from policyc.lint.rule import Lint

SEVERITY = Severity.ERROR
SCOPE = "document"


def check(lint: Lint) -> None:
    for resource in lint.program.resources.values():
        if resource.type in (NETWORK, SERVICE) and checks(resource) and not policies_for(lint, resource):
            lint.report(
                name_of(lint, resource),
                f"`{resource.name}` checks callers and has no policy, so it refuses every request",
                f"write `policy … for lattice on {resource.name} {{ … }}`"
                if resource.file in lint.program.modules
                else f"add an auth policy for `{resource.name}`, or turn its auth type off",
            )
