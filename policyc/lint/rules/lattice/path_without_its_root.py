"""A path pattern ends in `/*` and leaves out the path before it.

## What it does
Finds an `allow` for `"/x/*"` when no `allow` of the policy for the same callers takes in `"/x"`.

## Why is this bad
`/x/*` does not match `/x`, and many clients ask for a collection without the final slash. They are refused.

## Example
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  can GET  path "/stock/*" }
}
```

## Use instead
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  can GET  path "/stock", "/stock/*" }
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
            if statement.effect == "allow" and statement.path is not None and not statement.path.negated:
                _check_paths(lint, policy, statement, statement.path)


def _check_paths(lint: Lint, policy: Policy, statement: Statement, paths: Paths) -> None:
    for pattern in paths.patterns:
        root = pattern.removesuffix("/*")
        if root == pattern or not root or not is_plain(root):
            continue
        wanted = replace(paths, patterns=(root,))
        if not any(
            other.effect == "allow"
            and who_covers(other.who, statement.who)
            and can_covers(other.can, statement.can)
            and path_covers(other.path, wanted)
            for other in policy.statements
        ):
            lint.report(
                paths.span or label_of(statement),
                f"`{pattern}` does not match `{root}` itself",
                f'write `path "{root}", "{pattern}"`',
            )
