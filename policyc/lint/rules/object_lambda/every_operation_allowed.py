"""An `allow` on an Object Lambda access point takes in writing and deleting.

## What it does
Finds an `allow` without `can`, or with `can not`, on an Object Lambda access point.

## Why is this bad
An access point of this kind is there for reading. Everything else passes it unchanged, so the statement lets its
callers overwrite and delete the originals, and change who may read them.

## Example
```policy
use "shop.policy" { resized, order_fn }

policy resized_images for object_lambda on resized {
  allow "orders" { who order_fn }
}
```

## Use instead
```policy
use "shop.policy" { resized, order_fn }

policy resized_images for object_lambda on resized {
  allow "orders" { who order_fn  can GetObject }
}
```

## Source
https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-best-practices.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.lint.places import label_of
from policyc.lint.rule import Lint

SEVERITY = Severity.WARNING


def check(lint: Lint) -> None:
    for policy in lint.program.policies:
        for statement in policy.statements if policy.target == "object_lambda" else ():
            can = statement.can
            if statement.effect == "allow" and (can is None or can.negated):
                lint.report(
                    can.span if can is not None else label_of(statement),
                    f"`{statement.label}` allows writing and deleting as well",
                    "list the calls that are meant, such as `can GetObject`",
                )
