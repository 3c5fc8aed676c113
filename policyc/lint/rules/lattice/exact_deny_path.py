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

from dataclasses import replace

from policyc.diagnostics import Severity
from policyc.ir.authz import Paths, Policy, Statement
from policyc.ir.pattern import is_plain
from policyc.lint.covering import can_covers, path_covers, who_covers
from policyc.lint.places import label_of
from policyc.lint.rule import Lint

SEVERITY = Severity.WARNING


def check(lint: Lint) -> None:
    for policy in lint.program.policies:
        for statement in policy.statements if policy.target == "lattice" else ():
            if statement.effect == "deny" and statement.path is not None and not statement.path.negated:
                _check_paths(lint, policy, statement, statement.path)


def _check_paths(lint: Lint, policy: Policy, statement: Statement, paths: Paths) -> None:
    for pattern in paths.patterns:
        if not is_plain(pattern):
            continue
        below = pattern.rstrip("/") + "/*"
        wanted = replace(paths, patterns=(below,))
        if not any(
            other.effect == "deny"
            and who_covers(other.who, statement.who)
            and can_covers(other.can, statement.can)
            and path_covers(other.path, wanted)
            for other in policy.statements
        ):
            lint.report(
                paths.span or label_of(statement),
                f"this `deny` stops `{pattern}` and nothing below it",
                f'write `path "{pattern}", "{below}"`, or better, allow only the paths that are meant',
            )
