"""A `*` or `?` stands in a comparison that takes it for a plain character.

## What it does
Finds `==` and `in` with a text that holds `*` or `?`.

## Why is this bad
Only `like` knows wildcards. Such a comparison matches nothing but the very text, star and all: an `allow` turns into a
refusal and a `deny` into an open door.

## Example
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  when header["x-team"] == "core-*" }
}
```

## Use instead
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  when header["x-team"] like "core-*" and aws.PrincipalTag["team"] == "core" }
}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.engines.proofs.misfits import misfit
from policyc.ir.authz import Op
from policyc.ir.conditions import atoms
from policyc.lint.rule import Lint

SEVERITY = Severity.WARNING


def check(lint: Lint) -> None:
    for policy in lint.program.policies:
        for statement in policy.statements:
            for atom in atoms(statement.when):
                starred = [
                    value
                    for value in atom.values
                    if ("*" in str(value.value) or "?" in str(value.value))
                    and not misfit(atom.attribute, str(value.value))
                ]
                if atom.op is Op.EQ and starred and atom.spelling is None:
                    lint.report(
                        starred[0].span or atom.span,
                        f"`{starred[0].value}` is compared as it stands: only `like` knows wildcards",
                        f"write `{atom.attribute.name} like …`, or drop the wildcard",
                    )
