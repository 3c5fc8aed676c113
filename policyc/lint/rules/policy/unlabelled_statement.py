"""A statement has no label.

## What it does
Finds `allow` and `deny` without a label in quotes. A statement of an IAM document needs no Sid.

## Why is this bad
The label names the statement in the built document, in the answer of a simulation and in tests. Without one the
statement is known by its place, which changes when another is put before it.

## Example
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow { who order_fn  can GET  path "/stock/*" }
}
```

## Use instead
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders-read-stock" { who order_fn  can GET  path "/stock/*" }
}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.lint.places import label_of
from policyc.lint.rule import Lint
from policyc.lint.speech import is_document

SEVERITY = Severity.INFO
SCOPE = "document"
NEEDS = ("unlabelled",)


def check(lint: Lint) -> None:
    for policy, statement in lint.statements():
        if statement.label_span is None and not is_document(policy):
            lint.report(
                label_of(statement),
                f"this `{statement.effect}` has no label",
                f'say what it is for: `{statement.effect} "orders-read-stock" {{ … }}`',
            )
