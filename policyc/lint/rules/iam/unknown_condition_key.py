"""A service has no such condition key.

## What it does
Finds condition keys, in the language `key["service:Name"]`, where the service authorization reference lists no such service or no such key.

## Why is this bad
No request carries the key: a test of it never holds, and its negation always does. A key that is newer than the facts may be missing
there (`policyc facts`).

## Example
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  can GET  when key["ec2:SourceInstanceARNs"] == "a" }
}
```

## Use instead
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  can GET  when key["ec2:SourceInstanceARN"] == "a" }
}
```

## Source
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.holes import has_hole
from policyc.ir.conditions import tests
from policyc.lint.rule import Lint, kind_of
from policyc.lint.speech import key_of
from policyc.lint.unknown_keys import unknown_key

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("unlisted",)
YIELDS_TO = ("invalid-condition-key-format", "missing-tag-key-in-condition")


def check(lint: Lint) -> None:
    for policy, statement in lint.statements():
        for test in tests(statement.when) if kind_of(policy) != "cedar" else ():
            key = test.attribute.native
            told = None if key != test.attribute.key or has_hole(key) else unknown_key(key)
            if told is not None:
                said = told[0] if test.spelling is not None else f"`{key_of(test)}`: {told[0]}"
                lint.report(test.spelling.key_span if test.spelling is not None else test.span, said, told[1])
