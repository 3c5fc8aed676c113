"""A condition needs an HTTP request and a TCP flow at once.

## What it does
Finds statements, and alternatives of their conditions, that test `http_request` and `tcp_flow` together.

## Why is this bad
A request to an endpoint is one of the two, so its context has `http_request` or `tcp_flow` and never both: the test is never true.

## Example
```policy
use "shop.policy" { staff }

policy staff_policy for verified_access on staff {
  allow "office" { when http_request.http_method == GET and tcp_flow.client_ip in ["198.51.100.0/24"] }
}
```

## Use instead
```policy
use "shop.policy" { staff }

policy staff_policy for verified_access on staff {
  allow "office" { when http_request.http_method == GET or tcp_flow.client_ip in ["198.51.100.0/24"] }
}
```

## Source
https://docs.aws.amazon.com/verified-access/latest/ug/trust-data-default-context.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policyc.diagnostics import Severity
from policyc.engines.proofs.budget import Steps, TooLarge
from policyc.engines.proofs.conditions import branches
from policyc.ir.authz import AnyOf, Atom, Cond, Statement
from policyc.ir.conditions import atoms
from policyc.lint.places import condition_of
from policyc.lint.rule import Lint
from policyc.lint.speech import alternatives
from policyc.targets.verified_access.scope import REQUEST_ROOTS

SEVERITY = Severity.ERROR
SCOPE = "document"
NEEDS = tuple((f"{root}.*", root) for root in REQUEST_ROOTS)
#: how long one statement is looked at
_MOST_STEPS: Final = 10_000


def check(lint: Lint) -> None:
    for policy in lint.program.policies:
        for statement in policy.statements if policy.target == "verified_access" else ():
            for part in _parts(statement):
                if (second := _of_the_second(part)) is not None:
                    lint.report(
                        second.span or condition_of(part, statement),
                        f"no request has both `{REQUEST_ROOTS[0]}` and `{REQUEST_ROOTS[1]}`, so this is never true",
                        f"join the two with {alternatives(policy)}, or keep one of them",
                    )


def _parts(statement: Statement) -> Iterator[Cond]:
    yield from statement.when.items if isinstance(statement.when, AnyOf) else (statement.when,)


def _of_the_second(cond: Cond) -> Atom | None:
    """A test of a TCP flow in a condition of which every way to meet it has one, and one of an HTTP request."""
    tested = {_root(atom) for atom in atoms(cond)}
    if not tested.issuperset(REQUEST_ROOTS):
        return None
    found: Atom | None = None
    try:
        for held in branches([(cond, True)], steps=Steps(_MOST_STEPS)):
            there = {_root(atom): atom for atom in reversed(held) if not atom.negated}
            if not there.keys() >= set(REQUEST_ROOTS):
                return None
            found = found or there[REQUEST_ROOTS[1]]
    except TooLarge:
        return None
    return found


def _root(atom: Atom) -> str:
    return atom.attribute.native.partition(".")[0]
