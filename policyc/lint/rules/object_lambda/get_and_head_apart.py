"""Only one of `GetObject` and `HeadObject` goes through the function.

## What it does
Finds an Object Lambda access point whose `actions` name one of the two and not the other. An access point without
`actions` is left alone.

## Why is this bad
Both need the same permission. Without `HeadObject` the size, the ETag and the metadata of the original leak and do not fit
what a GET returns; without `GetObject` the original itself is returned.

## Example
```policy
use "shop.policy" { shop, photo_ap, resize }

resource redacted: object_lambda.access_point {
  name: "photos-redacted", at: shop/us-east-1, supporting: photo_ap, function: resize, actions: [HeadObject]
}
```

## Use instead
```policy
use "shop.policy" { shop, photo_ap, resize }

resource redacted: object_lambda.access_point {
  name: "photos-redacted", at: shop/us-east-1, supporting: photo_ap, function: resize, actions: [GetObject, HeadObject]
}
```

## Source
https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-security.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.lint.rule import Lint
from policyc.lint.transformed import ACCESS_POINT, access_points, actions_span, transformed

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = (ACCESS_POINT,)


def check(lint: Lint) -> None:
    for resource in access_points(lint):
        missing = {"GetObject", "HeadObject"} - transformed(resource)
        if len(missing) == 1 and resource.get("actions") is not None:
            (name,) = missing
            lint.report(
                actions_span(lint, resource),
                f"`{name}` gets past the function of `{resource.name}`",
                f"add `{name}` to `actions`",
            )
