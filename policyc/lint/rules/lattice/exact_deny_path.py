"""A `deny` names one exact path, and anything added to the path gets past it.

## What it does
Finds a `deny` on a path without wildcards when no `deny` of the policy for the same callers takes in what lies below it.

## Why is this bad
`/admin/` and `/admin/users` are other paths than `/admin`. Most applications serve them just the same.

## Example
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn }
  deny "no-admin" { who anyone  path "/admin" }
}
```

## Use instead
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn }
  deny "no-admin" { who anyone  path "/admin", "/admin/*" }
}
```

## Source
https://docs.aws.amazon.com/vpc-lattice/latest/ug/auth-policies.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.ir.authz import RawTest
from policyc.ir.pattern import is_plain
from policyc.lint.paths import path_covered, path_places
from policyc.lint.rule import Lint
from policyc.lint.speech import effect

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("auth-policy", "deny")


def check(lint: Lint) -> None:
    for policy in lint.policies("auth-policy"):
        denies = [item for item in policy.statements if item.effect == "deny"]
        for statement in denies:
            for place in path_places(statement):
                below = place.pattern.rstrip("/") + "/*"
                if is_plain(place.pattern) and not path_covered(place.instead(below), denies):
                    wider = f"write `{place.said(policy, place.pattern, below)}`, or better, "
                    lint.report(
                        place.span,
                        f"this `{effect(policy, 'deny')}` stops `{place.pattern}` and nothing below it",
                        f"{'' if isinstance(place.test, RawTest) else wider}allow only the paths that are meant",
                        fix=place.put(lint.program.sources, place.pattern, below),
                    )
