"""Neither a service nor its service network checks who calls.

## What it does
Finds a service whose auth is `none` and that either has no declared service network or one whose auth is `none` too.

## Why is this bad
Whoever reaches it over the network is served. No policy anywhere can change that.

## Example
```policy
use "shop.policy" { shop }

resource prices: lattice.service { id: "svc-0fedcba9876543210", at: shop/us-west-2, auth: none }
```

## Use instead
```policy
use "shop.policy" { shop, org }

resource mesh:   lattice.service_network { id: "sn-0123456789abcdef0", at: shop/us-west-2, auth: aws_iam }
resource prices: lattice.service { id: "svc-0fedcba9876543210", at: shop/us-west-2, network: mesh, auth: none }

policy mesh_guard for lattice on mesh {
  allow "org-members" { who anyone  when aws.PrincipalOrgID == org }
}
```

## Source
https://docs.aws.amazon.com/vpc-lattice/latest/ug/auth-policies.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.lint.gates import checks, network_of, services
from policyc.lint.places import name_of
from policyc.lint.rule import Lint

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("lattice.service",)


def check(lint: Lint) -> None:
    for service in services(lint):
        network = network_of(lint, service)
        if not checks(service) and (network is None or not checks(network)):
            lint.report(
                name_of(lint, service),
                f"nobody checks who calls `{service.name}`",
                "declare `auth: aws_iam` on it or on its service network, with a policy"
                if service.file in lint.program.modules
                else "give it or its service network the auth type `AWS_IAM`, with an auth policy",
            )
