"""Callers may read objects through an Object Lambda access point that does not transform reading.

## What it does
Finds an `allow` that names `GetObject` or `GetObjectVersion` on an access point whose function transforms other calls only.

## Why is this bad
A call without a transformation skips the function and returns the original.

## Example
```policy
use "shop.policy" { shop, photo_ap, resize, order_fn }

resource filtered: object_lambda.access_point {
  name: "photos-filtered", at: shop/us-east-1, supporting: photo_ap, function: resize,
  actions: [ListObjects, ListObjectsV2]
}

policy filtered_photos for object_lambda on filtered {
  allow "orders-look" { who order_fn  can GetObject, ListBucket }
}
```

## Use instead
```policy
use "shop.policy" { shop, photo_ap, resize, order_fn }

resource filtered: object_lambda.access_point {
  name: "photos-filtered", at: shop/us-east-1, supporting: photo_ap, function: resize,
  actions: [GetObject, HeadObject, ListObjects, ListObjectsV2]
}

policy filtered_photos for object_lambda on filtered {
  allow "orders-look" { who order_fn  can GetObject, ListBucket }
}
```

## Source
https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-security.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.lint.places import label_of
from policyc.lint.rule import Lint
from policyc.lint.transformed import transformed
from policyc.model.values import Resource

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("allow",)

_READING = ("s3-object-lambda:GetObject", "s3-object-lambda:GetObjectVersion")


def check(lint: Lint) -> None:
    for policy in lint.program.policies:
        if policy.target != "object_lambda" or not isinstance(policy.on, Resource):
            continue
        if "GetObject" in transformed(policy.on):
            continue
        for statement in policy.statements:
            can = statement.can
            if statement.effect != "allow" or can is None or can.negated:
                continue
            if any(verb.action in _READING for verb in can.verbs):
                lint.report(
                    can.span or label_of(statement),
                    f"`{policy.on.name}` returns the original of every object that is read",
                    f"add `GetObject` to the `actions` of `{policy.on.name}`, or do not allow reading",
                )
