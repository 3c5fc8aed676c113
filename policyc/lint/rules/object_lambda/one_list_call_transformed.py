"""One of the two calls that list objects goes through the function, the other one does not.

## What it does
Finds an Object Lambda access point whose `actions` name exactly one of `ListObjects` and `ListObjectsV2`.

## Why is this bad
Both calls need the same permission. Whoever uses the other one sees the list as it is in the bucket.

## Example
```policy
use "shop.policy" { shop, photo_ap, resize }

resource filtered: object_lambda.access_point {
  name: "photos-filtered", at: shop/us-east-1, supporting: photo_ap, function: resize, actions: [ListObjectsV2]
}
```

## Use instead
```policy
use "shop.policy" { shop, photo_ap, resize }

resource filtered: object_lambda.access_point {
  name: "photos-filtered", at: shop/us-east-1, supporting: photo_ap, function: resize,
  actions: [ListObjects, ListObjectsV2]
}
```

## Source
https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-security.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.lint.rule import Lint
from policyc.lint.transformed import ACCESS_POINT, access_points, actions_span, transformed

SEVERITY = Severity.ERROR
SCOPE = "document"
NEEDS = (ACCESS_POINT,)


def check(lint: Lint) -> None:
    for resource in access_points(lint):
        missing = {"ListObjects", "ListObjectsV2"} - transformed(resource)
        if len(missing) == 1:
            (name,) = missing
            lint.report(
                actions_span(lint, resource),
                f"`{name}` gets past the function of `{resource.name}`",
                f"add `{name}` to `actions`",
            )
