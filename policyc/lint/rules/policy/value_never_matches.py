"""A value is none that the attribute ever has.

## What it does
Finds values of `==`, `in` and `like` that no request can have: a path without `/` at its beginning or with a query string, a method
in lower case, a malformed id, an ARN of the wrong kind, the ARN of a session where the role's stands, a path of an organization
without `/` at its end.

## Why is this bad
Such a test never holds, and its negation always does: an `allow` lets nobody in, a `deny` guards nothing, and nothing says so.

## Example
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  when request_path == "api/x" }
}
```

## Use instead
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  when request_path == "/api/x" }
}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.engines.proofs.misfits import Misfit, misfit
from policyc.ir.authz import Atom, Op
from policyc.ir.conditions import atoms
from policyc.lint.rule import Lint

SEVERITY = Severity.ERROR


def check(lint: Lint) -> None:
    for policy in lint.program.policies:
        for statement in policy.statements:
            for atom in atoms(statement.when):
                _check(lint, atom)


def _check(lint: Lint, atom: Atom) -> None:
    texts = [value for value in atom.values if isinstance(value.value, str) and value.group is None]
    for value in texts if atom.op in (Op.EQ, Op.LIKE) else ():
        text = str(value.value)
        found = misfit(atom.attribute, text, wild=atom.op is Op.LIKE)
        if found is not None:
            message = f"`{atom.attribute.name}` is never `{text}`: it is {found.says}"
            lint.report(value.span or atom.span, message, _help(found, text))


def _help(found: Misfit, text: str) -> str:
    return f"write `{found.repair}`" if found.repair else f"write a text that is like that, or drop `{text}`"
