"""A resource or path of a statement can never pass the statement's own condition.

## What it does
Takes what a resource tells of its requests (a VPC Lattice service its ARN, a path the request path, an ARN the account that owns
it) and asks whether such a request can pass the condition.

## Why is this bad
The statement never matches for that resource: an `allow` is an outage waiting for its first request, a `deny` guards nothing.

## Example
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  path "/orders", "/orders/*"  when request_path like "/stock/*" }
}
```

## Use instead
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  path "/orders", "/orders/*", "/stock/*" }
}
```

## Source
https://docs.aws.amazon.com/service-authorization/latest/reference/list_vpc-lattice-svcs.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.engines.proofs.conditions import may_be_met, never_holds
from policyc.ir.authz import Policy, Statement
from policyc.ir.conditions import tests
from policyc.lint.places import condition_of
from policyc.lint.rule import Lint, kind_of
from policyc.lint.speech import clause
from policyc.lint.told import KEYS, Place, places
from policyc.targets.iam_documents.kinds import KINDS
from policyc.text import Span

SEVERITY = Severity.ERROR
SCOPE = "document"
YIELDS_TO = ("value-never-matches", "bare-service-arn")

NEEDS = (KEYS,)


def check(lint: Lint) -> None:
    for policy, statement in lint.statements():
        when = statement.when
        if kind_of(policy) not in KINDS or not any(test.attribute.native.lower() in KEYS for test in tests(when)):
            continue
        found = [place for place in places(policy, statement) if place.tells]
        if not found or never_holds(when):
            continue
        dead = [place for place in found if not may_be_met([(when, True), *((cond, True) for cond in place.tells)])]
        if len(dead) == len(found):
            _report(lint, policy, statement, dead[0], condition_of(when, statement))
        else:
            for place in dead:
                _report(lint, policy, statement, place, place.span or condition_of(when, statement))


def _report(lint: Lint, policy: Policy, statement: Statement, place: Place, span: Span | None) -> None:
    element = clause(policy, "path" if statement.path is not None else "on")
    listed = statement.resources is not None or statement.path is not None or statement.on
    lint.report(
        span,
        f"no request for `{place.name}` passes this condition",
        f"drop it from `{element}` of `{statement.label}`, or correct the condition" if listed else "correct it",
    )
