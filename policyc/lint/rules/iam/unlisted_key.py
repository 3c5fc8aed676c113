"""A raw condition key is one that its service does not have.

## What it does
Finds `key["service:Name"]` in the language where the service authorization reference lists no such service or no such key. In documents
the same is told as `unknown-condition-key`.

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
from policyc.ir.conditions import tests
from policyc.lint.raw.condition_keys import unlisted
from policyc.lint.rule import Lint, kind_of
from policyc.lint.speech import is_document, key_of
from policyc.targets.iam_documents.known_keys import known_keys

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("language", "unlisted")


def check(lint: Lint) -> None:
    for policy, statement in lint.statements():
        for test in tests(statement.when) if not is_document(policy) and kind_of(policy) != "cedar" else ():
            native = test.attribute.native
            if native != test.attribute.key or known_keys().find(native) is not None:
                continue
            told = unlisted(native)
            if told is not None:
                lint.report(test.span, f"`{key_of(test)}`: {told[0]}", told[1])
