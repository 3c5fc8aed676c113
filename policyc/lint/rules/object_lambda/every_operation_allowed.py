"""An `allow` on an Object Lambda access point takes in writing and deleting.

## What it does
Finds an `allow` without `can`, or with `can not`, on an Object Lambda access point, and one of a document with
`s3-object-lambda:*`, `*` or `NotAction`.

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
from policyc.ir.authz import Can
from policyc.lint.covering import can_covers
from policyc.lint.places import label_of
from policyc.lint.rule import Lint
from policyc.lint.speech import is_document
from policyc.model.vocabulary import Verb

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("object-lambda", "allow")


def check(lint: Lint) -> None:
    for policy, statement in lint.statements("object-lambda"):
        can = statement.can
        if statement.effect != "allow" or (can is not None and not _takes_all(can)):
            continue
        meant = '"Action": "s3-object-lambda:GetObject"' if is_document(policy) else "can GetObject"
        lint.report(
            can.span if can is not None else label_of(statement),
            f"`{statement.label}` allows writing and deleting as well",
            f"list the calls that are meant, such as `{meant}`",
        )


def _takes_all(can: Can) -> bool:
    """Whether the clause names what is left out, or every action by a wildcard."""
    every = Can((Verb("every", "s3-object-lambda:*", glob=True),))
    return can.negated or can_covers(can, every)
