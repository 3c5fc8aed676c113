"""A path pattern ends in `/*` and leaves out the path before it.

## What it does
Finds an `allow` for `"/x/*"` when no `allow` of the policy for the same callers takes in `"/x"`. The name of a gRPC service
(`"/api.parking/*"`) is left alone: its calls name a method behind it.

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

import re

from policyc.diagnostics import Severity
from policyc.ir.pattern import is_plain
from policyc.lint.paths import path_covered, path_places
from policyc.lint.rule import Lint
from policyc.regex import regex

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("auth-policy", "allow", ("language", "patterns", "vpc-lattice-svcs:requestpath"))
YIELDS_TO = ("value-never-matches", "template-in-text")

#: the path of a gRPC call is `/package.service/Method`
_GRPC = regex(r"/[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", re.ASCII)


def check(lint: Lint) -> None:
    for policy in lint.policies("auth-policy"):
        allows = [item for item in policy.statements if item.effect == "allow"]
        for statement in allows:
            for place in path_places(statement):
                root = place.pattern.removesuffix("/*")
                if root == place.pattern or not root or not is_plain(root) or _GRPC.fullmatch(root):
                    continue
                if not path_covered(place.instead(root), (statement, *allows)):  # mostly its own
                    lint.report(
                        place.span,
                        f"`{place.pattern}` does not match `{root}` itself",
                        f"write `{place.said(policy, root, place.pattern)}`",
                        fix=place.put(lint.program.sources, root, place.pattern),
                    )
