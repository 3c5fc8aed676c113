"""A resource holds a query string.

## What it does
Finds a resource of an auth policy with `?name=` behind the path.

## Why is this bad
The query is no part of the resource, and `?` stands for any one character. The resource never matches the request that is meant.

## Example
```json as=auth-policy
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"AWS": "arn:aws:iam::111122223333:role/orders"},
   "Action": "vpc-lattice-svcs:Invoke",
   "Resource": "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890/stock?page=1"}
]}
```

## Use instead
```json as=auth-policy
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow",
   "Principal": {"AWS": "arn:aws:iam::111122223333:role/orders"},
   "Action": "vpc-lattice-svcs:Invoke",
   "Resource": "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890/stock",
   "Condition": {"ForAnyValue:StringEquals": {"vpc-lattice-svcs:RequestQueryString/page": "1"}}}
]}
```

## Source
https://docs.aws.amazon.com/vpc-lattice/latest/ug/auth-policies.html
"""

from __future__ import annotations

import re
from typing import Final

from policyc.diagnostics import Severity
from policyc.holes import sampled
from policyc.lint.rule import Lint
from policyc.regex import regex

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("patterns", ("auth-policy", "identity"))

#: what no request's resource holds, what to say of it, and what to do
_NEVER: Final = (
    (
        regex(r"arn:[^:]*:vpc-lattice:.*\?[^/?*=]+=", re.DOTALL),
        "holds a query string, which is no part of the resource",
        "test `vpc-lattice-svcs:RequestQueryString/NAME` in a condition",
    ),
    (
        regex(r"arn:[^:]*:vpc-lattice:[^/]*/[^/]*/.*#", re.DOTALL),
        "holds a fragment, which clients never send",
        "leave out the `#` and what follows it",
    ),
    (
        regex(r"arn:[^:]*:vpc-lattice:[^/]*/[^/]*/.*\s", re.DOTALL),
        "holds a blank, and no request has one in its path",
        "write `%20`, or `?` for any one character",
    ),
    (
        regex(r"arn:[^:]*:vpc-lattice:[^:]*:[^:]*:service/svc-[0-9a-z]{17}/listener/listener-[0-9a-z]{17}"),
        "is the ARN of a listener, and requests are for paths of the service",
        "write the ARN of the service and a path, such as `/*` behind it; test the port by `vpc-lattice-svcs:Port`",
    ),
)


def check(lint: Lint) -> None:
    for _, statement in lint.statements("auth-policy", "identity"):
        for glob in statement.resources.patterns if statement.resources is not None else ():
            text = sampled(glob.text)
            found = next(((says, help) for never, says, help in _NEVER if never.match(text) is not None), None)
            if found is not None:
                lint.report(glob.span, f"`{glob.text}` {found[0]}", found[1])
