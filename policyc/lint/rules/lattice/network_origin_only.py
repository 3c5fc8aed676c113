"""Where a request comes from is the only thing that an `allow` asks.

## What it does
Finds an `allow` that an unsigned request passes because the condition tests the caller's VPC, its owner or an address
and nothing about who calls. Statements for TLS passthrough are left alone: such callers cannot be told apart. So is one that
says openly that it is for callers without a signature.

## Why is this bad
Every workload in that network gets in, the compromised one included. That is the perimeter which zero trust does away
with.

## Example
```policy
use "shop.policy" { inventory, mesh_vpc }

policy inventory_auth for lattice on inventory {
  allow "from-the-mesh" { who anyone  path "/stock/*"  when source.vpc == mesh_vpc }
}
```

## Use instead
```policy
use "shop.policy" { inventory, mesh_vpc, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders-from-the-mesh" { who order_fn  path "/stock/*"  when source.vpc == mesh_vpc }
}
```

## Source
https://docs.aws.amazon.com/vpc-lattice/latest/ug/auth-policies.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.lint.places import caller_of
from policyc.lint.rule import Lint
from policyc.lint.speech import clause, word
from policyc.lint.unsigned import Door, doors

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("open", "allow", "test")


def check(lint: Lint) -> None:
    for door in doors(lint):
        atom = door.origin
        if atom is not None and door.negated is None and not door.meant and not _cannot_know(door):
            lint.report(
                atom.span or caller_of(door.statement),
                f"`{door.statement.label}` asks where a request comes from and not who sends it",
                f"name the callers in `{clause(door.policy, 'who')}`, or test `{word(door.policy, 'aws.PrincipalOrgID')}` as well",
            )


def _cannot_know(door: Door) -> bool:
    can = door.statement.can
    connects = can is not None and not can.negated and bool(can.verbs)
    connects = connects and can is not None and all(verb.action == "vpc-lattice-svcs:Connect" for verb in can.verbs)
    return connects or door.resource.text("protocol") == "tls_passthrough"
