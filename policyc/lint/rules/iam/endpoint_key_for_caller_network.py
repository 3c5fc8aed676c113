"""A condition uses a key of VPC endpoints to tell where a caller of VPC Lattice is.

## What it does
Finds `aws.SourceIp`, `aws.SourceVpc` and the other keys that come of a VPC endpoint (`aws.SourceVpce`, `aws.VpceOrgID`, …) in policies for `lattice`, and in statements of a caller's policy that are on calls of services (`vpc-lattice-svcs`) alone.

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
from policyc.lint.doors import OF_CALLERS, on_lattice_calls
from policyc.lint.rule import Lint
from policyc.lint.speech import attribute_word, key_of
from policyc.targets.registry import target

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
NEEDS = (("auth-policy", *OF_CALLERS), _ENDPOINT_KEYS)


def check(lint: Lint) -> None:
    words = target("lattice").vocabulary().attributes
    for policy, statement in lint.statements("auth-policy", *OF_CALLERS):
        for test in tests(statement.when) if on_lattice_calls(policy, statement) else ():
            if test.attribute.native.lower() in _ENDPOINT_KEYS:
                vpc, owner = (attribute_word(policy, words[name]) for name in ("source.vpc", "source.vpc_owner"))
                help = f"test `{vpc}` or `{owner}`"
                lint.report(
                    test.span,
                    f"`{key_of(test)}` is not known to be set for calls to VPC Lattice",
                    Advice(help, key_of(test), vpc) if test.attribute.native.lower() == "aws:sourcevpc" else help,
                )
