"""A pattern for the path of a request holds a query string.

## What it does
Finds patterns such as `/find?q=*` for `request_path`.

## Why is this bad
The path of a request has no query string, and `?` stands for any one character in a pattern: the test never holds as it is meant.

## Example
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  when request_path like "/find?q=*" }
}
```

## Use instead
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  when request_path == "/find" and exists query["q"] }
}
```

## Source
https://docs.aws.amazon.com/vpc-lattice/latest/ug/auth-policies.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.engines.proofs.misfits import holds_query
from policyc.ir.authz import Atom, Op
from policyc.ir.conditions import tests
from policyc.lint.rule import Lint
from policyc.lint.speech import word

SEVERITY = Severity.WARNING
SCOPE = "document"

_PATH = "vpc-lattice-svcs:requestpath"
NEEDS = (_PATH,)


def check(lint: Lint) -> None:
    for policy, statement in lint.statements("auth-policy", "identity"):
        for test in tests(statement.when):
            if test.attribute.native.lower() != _PATH:
                continue
            if isinstance(test, Atom):
                found = [(str(value.value), value.span) for value in test.values if test.op is Op.LIKE]
            else:
                found = [(value.text, value.span) for value in test.values if "Like" in test.operator]
            for text, span in found:
                if holds_query(text):
                    message = f"`{text}` holds a query string, which is no part of the path"
                    query = word(policy, "query[]")
                    lint.report(
                        span or test.span, message, f"write the path before `?` alone, and test `{query}` as well"
                    )
