"""A condition uses a key of VPC endpoints to tell where a caller of VPC Lattice is.

## What it does
Finds `aws.SourceIp`, `aws.SourceVpc` and the other keys that come of a VPC endpoint (`aws.SourceVpce`, `aws.VpceOrgID`, …) in policies for `lattice`.

## Why is this bad
Those keys describe requests to AWS's own endpoints. Nothing says that a request to a Lattice service has them: an
`allow` may never match, and the negated test of a `deny` may match everyone.

## Example
```policy
use "shop.policy" { inventory, order_fn, mesh_vpc }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  when aws.SourceVpc == mesh_vpc }
}
```

## Use instead
```policy
use "shop.policy" { inventory, order_fn, mesh_vpc }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  when source.vpc == mesh_vpc }
}
```

## Source
https://docs.aws.amazon.com/vpc-lattice/latest/ug/auth-policies.html
"""

from __future__ import annotations

from policyc.diagnostics import Advice, Severity
from policyc.ir.conditions import tests
from policyc.lint.rule import Lint
from policyc.lint.speech import key_of, word

SEVERITY = Severity.WARNING
SCOPE = "document"

_ENDPOINT_KEYS = (
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
    "aws:vpcsourceip",
)
NEEDS = ("auth-policy", _ENDPOINT_KEYS)


def check(lint: Lint) -> None:
    for policy, statement in lint.statements("auth-policy"):
        for test in tests(statement.when):
            if test.attribute.native.lower() in _ENDPOINT_KEYS:
                vpc, help = (
                    word(policy, "source.vpc"),
                    f"test `{word(policy, 'source.vpc')}` or `{word(policy, 'source.vpc_owner')}`",
                )
                lint.report(
                    test.span,
                    f"`{key_of(test)}` is not known to be set for calls to VPC Lattice",
                    Advice(help, key_of(test), vpc) if test.attribute.native.lower() == "aws:sourcevpc" else help,
                )
