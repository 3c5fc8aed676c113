"""A header is all that an `allow` asks for.

## What it does
Finds an `allow` that an unsigned request passes because the condition tests a request header and nothing about who calls
or from where.

## Why is this bad
The caller writes its headers. A shared secret in a header is a password in every log, and a signature need not cover it.

## Example
```policy
use "shop.policy" { inventory }

policy inventory_auth for lattice on inventory {
  allow "team-header" { who anyone  path "/stock/*"  when header["x-team"] == "orders" }
}
```

## Use instead
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  path "/stock/*"  when header["x-team"] == "orders" }
}
```

## Source
https://docs.aws.amazon.com/vpc-lattice/latest/ug/sigv4-authenticated-requests.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.lint.places import caller_of
from policyc.lint.rule import Lint
from policyc.lint.speech import clause
from policyc.lint.unsigned import HEADER, doors

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("open", "allow", (f"{HEADER}*",))


def check(lint: Lint) -> None:
    for door in doors(lint):
        atom = door.header
        if atom is not None and door.negated is None and door.origin is None:
            lint.report(
                atom.span or caller_of(door.statement),
                f"`{door.statement.label}` lets in whoever sends this header",
                f"name the callers in `{clause(door.policy, 'who')}`",
            )
