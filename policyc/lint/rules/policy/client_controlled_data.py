"""Access depends on data that the client makes up, such as its `User-Agent` header.

## What it does
Finds an `allow` that asks for a certain `User-Agent`, `X-Forwarded-For` or `Referer`, and a `deny` that spares requests
which have one.

## Why is this bad
Every client can send any value, so the test keeps out nobody who knows of it.

## Example
```policy
use "shop.policy" { staff, finance }

policy staff_policy for verified_access on staff {
  allow "finance-on-managed-browsers" { when finance in idc.groups and http_request.user_agent like "*AcmeBrowser*" }
}
```

## Use instead
```policy
use "shop.policy" { staff, finance }

policy staff_policy for verified_access on staff {
  allow "finance-on-healthy-laptops" { when finance in idc.groups and jamf.risk == "LOW" }
}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.ir.authz import Atom, Op, RawTest
from policyc.ir.conditions import tests
from policyc.lint.rule import Lint
from policyc.lint.speech import key_of

SEVERITY = Severity.WARNING
SCOPE = "document"

_MADE_UP = ("http_request.user_agent", "http_request.x_forwarded_for", "aws:useragent", "aws:referer")
NEEDS = (_MADE_UP,)


def check(lint: Lint) -> None:
    for _, statement in lint.statements():
        held = list(tests(statement.when))
        for test in held:
            if _is_guard(test) and sum(one.attribute == test.attribute for one in held) > 1:
                continue  # it asks whether the value is there that the other test reads
            grants = _excludes(test) is (statement.effect == "deny")
            if grants and test.attribute.native.lower() in _MADE_UP:
                lint.report(
                    test.span,
                    f"`{key_of(test)}` is whatever the client says, so it proves nothing",
                    "test who the caller is, or where the request comes from",
                )


def _is_guard(test: Atom | RawTest) -> bool:
    return isinstance(test, Atom) and test.op is Op.EXISTS


def _excludes(test: Atom | RawTest) -> bool:
    """Whether the test turns away requests that have a certain value."""
    return test.negated if isinstance(test, Atom) else "Not" in test.operator
