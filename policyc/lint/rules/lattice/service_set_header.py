"""A condition tests a header that VPC Lattice takes out of requests.

## What it does
Finds tests of headers whose name begins with `x-amzn-lattice-`.

## Why is this bad
The service strips these headers from what callers send and sets them for targets, so what a policy would see says
nothing about the caller.

## Example
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  when header["x-amzn-lattice-network"] like "*SourceVpc*" }
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
https://docs.aws.amazon.com/vpc-lattice/latest/ug/http-listeners.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.ir.conditions import tests
from policyc.lint.rule import Lint
from policyc.lint.speech import key_of, word

SEVERITY = Severity.WARNING
SCOPE = "document"

_OWN = "vpc-lattice-svcs:requestheader/x-amzn-lattice-"
NEEDS = ("auth-policy", (f"{_OWN}*",))


def check(lint: Lint) -> None:
    for policy, statement in lint.statements("auth-policy"):
        for test in tests(statement.when):
            if test.attribute.native.lower().startswith(_OWN):
                lint.report(
                    test.span,
                    f"`{key_of(test)}` is set by the service, never by the caller",
                    f"test `{word(policy, 'source.vpc')}` or the caller's identity",
                )
