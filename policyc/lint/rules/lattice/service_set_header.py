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
from policyc.ir.conditions import atoms
from policyc.lint.rule import Lint

SEVERITY = Severity.WARNING

_OWN = "vpc-lattice-svcs:requestheader/x-amzn-lattice-"


def check(lint: Lint) -> None:
    for policy in lint.program.policies:
        for statement in policy.statements if policy.target == "lattice" else ():
            for atom in atoms(statement.when):
                if atom.attribute.native.lower().startswith(_OWN):
                    lint.report(
                        atom.span,
                        f"`{atom.attribute.name}` is set by the service, never by the caller",
                        "test `source.vpc` or the caller's identity",
                    )
