"""An `allow` lets callers in that did not sign their request.

## What it does
Finds an `allow` with `who anyone` (or `who not …`) whose condition an unsigned request can pass, on a service that such
a request can reach through its service network, when no `deny` turns it away. Tests of where the request comes from, of
headers and of negated identity keys have rules of their own. `who anonymous` says it openly and is left alone.

## Why is this bad
`anyone` takes in unsigned callers. Whoever can reach the service from a connected VPC gets in without showing who
they are.

## Example
```policy
use "shop.policy" { inventory }

policy inventory_auth for lattice on inventory {
  allow "readers" { who anyone  can GET  path "/stock/*" }
}
```

## Use instead
```policy
use "shop.policy" { inventory, org }

policy inventory_auth for lattice on inventory {
  allow "readers" { who anyone  can GET  path "/stock/*"  when aws.PrincipalOrgID == org }
}
```

## Source
https://docs.aws.amazon.com/vpc-lattice/latest/ug/auth-policies.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.ir.authz import Origin
from policyc.lint.places import caller_of
from policyc.lint.rule import Lint
from policyc.lint.unsigned import doors

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("open", "allow")

_HELP = {
    Origin.LANGUAGE: "name the callers, or add a test that unsigned requests fail, such as `aws.PrincipalOrgID == …`;"
    " write `who anonymous` if it is meant",
    Origin.IAM: "name the callers, or add a test that unsigned requests fail, such as `StringEquals` on `aws:PrincipalOrgID`;"
    " write `StringEquals` on `aws:PrincipalType` with `Anonymous` if it is meant",
}


def check(lint: Lint) -> None:
    for door in doors(lint):
        if door.meant or door.negated or door.origin or door.header:
            continue
        lint.report(
            caller_of(door.statement),
            f"`{door.statement.label}` lets unsigned callers into `{door.resource.name}`",
            _HELP[door.policy.origin],
        )
