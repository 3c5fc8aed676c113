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
from policyc.ir.authz import Op
from policyc.ir.conditions import atoms
from policyc.lint.rule import Lint

SEVERITY = Severity.WARNING

_PATH = "vpc-lattice-svcs:requestpath"


def check(lint: Lint) -> None:
    for policy in lint.program.policies:
        for statement in policy.statements:
            for atom in atoms(statement.when):
                for value in atom.values if atom.op is Op.LIKE and atom.attribute.native.lower() == _PATH else ():
                    if holds_query(str(value.value)):
                        lint.report(
                            value.span or atom.span,
                            f"`{value.value}` holds a query string, which is no part of the path",
                            'leave the path before `?`, and test `query["NAME"]`',
                        )
