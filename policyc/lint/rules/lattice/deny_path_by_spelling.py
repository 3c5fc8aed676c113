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

from dataclasses import replace

from policyc.diagnostics import Severity
from policyc.ir.authz import Paths, Policy, Statement
from policyc.lint.covering import path_covers, statements_may_meet
from policyc.lint.places import label_of
from policyc.lint.rule import Lint

SEVERITY = Severity.INFO


def check(lint: Lint) -> None:
    for policy in lint.program.policies:
        for statement in policy.statements if policy.target == "lattice" else ():
            if statement.effect == "deny" and statement.path is not None and not statement.path.negated:
                _check_path(lint, policy, statement, statement.path)


def _check_path(lint: Lint, policy: Policy, deny: Statement, paths: Paths) -> None:
    for pattern in paths.patterns:
        other = pattern.upper() if pattern != pattern.upper() else pattern.lower()
        spelt = replace(paths, patterns=(other,))
        if other == pattern or path_covers(paths, spelt):
            continue
        if any(
            item.effect == "allow" and statements_may_meet(item, replace(deny, path=spelt))
            for item in policy.statements
        ):
            lint.report(
                paths.span or label_of(deny),
                f"this `deny` stops `{pattern}`, while `{other}` is still allowed",
                "allow only the paths that are meant",
            )
            return
