"""A function transforms GET requests, and its execution role is not declared.

## What it does
Finds a function behind an Object Lambda access point that transforms `GetObject` and is declared without `role`.

## Why is this bad
The function answers with `WriteGetObjectResponse`, which its execution role has to be allowed. Without a declared role
the build says nothing about it, and each GET fails if nobody else does.

## Example
```policy
use "shop.policy" { shop, photo_ap }

resource shrink: lambda.function { name: "shrink-image", at: shop/us-east-1 }
resource shrunk: object_lambda.access_point {
  name: "photos-shrunk", at: shop/us-east-1, supporting: photo_ap, function: shrink
}
```

## Use instead
```policy
use "shop.policy" { shop, photo_ap, resize_role }

resource shrink: lambda.function { name: "shrink-image", at: shop/us-east-1, role: resize_role }
resource shrunk: object_lambda.access_point {
  name: "photos-shrunk", at: shop/us-east-1, supporting: photo_ap, function: shrink
}
```

## Source
https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-writing-lambda.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.lint.places import name_of
from policyc.lint.rule import Lint
from policyc.lint.transformed import ACCESS_POINT, access_points, transformed

SEVERITY = Severity.INFO
SCOPE = "document"
NEEDS = (ACCESS_POINT,)


def check(lint: Lint) -> None:
    functions = {item.link("function") for item in access_points(lint) if "GetObject" in transformed(item)}
    for resource in lint.program.resources.values():
        # one that a template describes has a role there, whose policies speak for themselves
        if resource.id in functions and resource.get("role") is None and resource.place is not None:
            lint.report(
                name_of(lint, resource),
                f"`{resource.name}` answers GET requests, and nothing here allows it to",
                'declare `role: role(account, "name")`, or see that its role has `WriteGetObjectResponse`',
            )
