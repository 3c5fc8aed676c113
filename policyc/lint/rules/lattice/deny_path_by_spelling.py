"""A `deny` by path stops one spelling of it.

## What it does
Finds a `deny` with a `path` that holds letters, in a policy whose allows reach that path in other spellings.

## Why is this bad
Paths are compared with upper and lower case told apart, while listener rules and applications may not tell them apart:
`/Admin` gets past a `deny` on `/admin`. An `allow` for the paths that are meant has no such gap.

## Example
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn }
  deny "no-admin" { who anyone  path "/admin", "/admin/*" }
}
```

## Use instead
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  path "/stock", "/stock/*" }
  deny "no-admin" { who anyone  path "/admin", "/admin/*" }
}
```

## Source
https://docs.aws.amazon.com/vpc-lattice/latest/ug/listener-rules.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.ir.authz import Policy, Statement
from policyc.lint.covering import statements_may_meet
from policyc.lint.paths import path_covered, path_places
from policyc.lint.rule import Lint
from policyc.lint.speech import effect

SEVERITY = Severity.INFO
SCOPE = "document"
NEEDS = ("auth-policy", "deny", "allow")


def check(lint: Lint) -> None:
    for policy in lint.policies("auth-policy"):
        for statement in policy.statements:
            if statement.effect == "deny":
                _check_paths(lint, policy, statement)


def _check_paths(lint: Lint, policy: Policy, deny: Statement) -> None:
    allows = [item for item in policy.statements if item.effect == "allow"]
    for place in path_places(deny):
        pattern = place.pattern
        other = pattern.upper() if pattern != pattern.upper() else pattern.lower()
        spelt = place.instead(other)
        if other == pattern or path_covered(spelt, [deny]):
            continue
        if any(statements_may_meet(item, spelt) for item in allows):
            lint.report(
                place.span,
                f"this `{effect(policy, 'deny')}` stops `{pattern}`, while `{other}` is still allowed",
                "allow only the paths that are meant",
            )
            return
