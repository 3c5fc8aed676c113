"""An `allow` never takes effect, because a `deny` covers every request that it matches.

## What it does
Finds an `allow` whose callers, verbs, resources, paths and condition are all inside those of one `deny` of the same
policy. For a VPC Lattice service the denies of its service network count as well.

## Why is this bad
A `deny` always wins. Whoever wrote the `allow` believes that the callers get in, and they do not.

## Example
```policy
use "shop.policy" { inventory, order_fn, shop }

policy inventory_auth for lattice on inventory {
  allow "orders-read" { who order_fn  can GET  path "/stock/*" }
  deny "nobody-of-the-shop" { who account(shop)  path "/*" }
}
```

## Use instead
```policy
use "shop.policy" { inventory, order_fn, shop }

policy inventory_auth for lattice on inventory {
  allow "orders-read" { who order_fn  can GET  path "/stock/*" }
  deny "no-writes-by-the-shop" { who account(shop)  can not GET, HEAD  path "/*" }
}
```

## Source
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Iterator

from policyc.diagnostics import Label, Severity
from policyc.engines.proofs.conditions import never_holds
from policyc.ir.authz import Policy, Statement
from policyc.lint.covering import statement_covers
from policyc.lint.gates import SERVICE, checks, network_of, policies_for
from policyc.lint.places import label_of
from policyc.lint.rule import Lint
from policyc.model.values import Resource

SEVERITY = Severity.ERROR


def check(lint: Lint) -> None:
    for policy in lint.program.policies:
        denies = [item for item in policy.statements if item.effect == "deny"] + list(_network_denies(lint, policy))
        for allow in policy.statements:
            if allow.effect != "allow" or never_holds(allow.when):
                continue
            deny = next((item for item in denies if statement_covers(item, allow)), None)
            if deny is not None:
                _report(lint, allow, deny)


def _network_denies(lint: Lint, policy: Policy) -> Iterator[Statement]:
    on = policy.on
    if policy.target == "lattice" and isinstance(on, Resource) and on.type == SERVICE:
        network = network_of(lint, on)
        if network is not None and checks(network):
            for other in policies_for(lint, network, on):
                yield from (item for item in other.statements if item.effect == "deny")


def _report(lint: Lint, allow: Statement, deny: Statement) -> None:
    span = label_of(deny)
    lint.report(
        label_of(allow),
        f"`{allow.label}` never takes effect: `{deny.label}` refuses all that it allows",
        "narrow the `deny`, or drop the `allow`",
        (Label(span, "this `deny` covers it"),) if span is not None else (),
    )
