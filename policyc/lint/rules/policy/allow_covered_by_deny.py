"""An `allow` never takes effect, because a `deny` covers every request that it matches.

## What it does
Finds an `allow` whose callers, verbs, resources, paths and condition are all inside those of one `deny` of the same
policy, or whose condition several of them cover together. For a VPC Lattice service the denies of its service network count as well.

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

from collections.abc import Iterator, Sequence
from typing import Final

from policyc.diagnostics import Label, Severity
from policyc.engines.proofs.conditions import may_be_met, never_holds
from policyc.ir.authz import Policy, Statement
from policyc.ir.conditions import tests
from policyc.lint.coverers import Coverers
from policyc.lint.covering import reach_covers
from policyc.lint.gates import SERVICE, checks, network_of, policies_for
from policyc.lint.places import label_of
from policyc.lint.rule import Lint
from policyc.lint.speech import effect
from policyc.lint.told import covers
from policyc.model.values import Resource

SEVERITY = Severity.ERROR
SCOPE = "document"
NEEDS = ("allow", "deny")
#: how many denies are taken together, and how many of them are pointed at
_MOST_TOGETHER: Final = 30
_MOST_SHOWN: Final = 5


def check(lint: Lint) -> None:
    for policy in lint.program.policies:
        denies = [item for item in policy.statements if item.effect == "deny"] + list(_network_denies(lint, policy))
        coverers = Coverers(denies, together=True)
        for allow in policy.statements:
            if allow.effect != "allow" or never_holds(allow.when):
                continue
            near = list(coverers.of(allow))
            deny = next((item for item in near if covers(policy, item, allow)), None)
            if deny is not None:
                _report(lint, policy, allow, [deny])
            elif together := _covering_together(allow, near):
                _report(lint, policy, allow, together)
        coverers.tell(lint)


def _network_denies(lint: Lint, policy: Policy) -> Iterator[Statement]:
    on = policy.on
    if policy.target == "lattice" and isinstance(on, Resource) and on.type == SERVICE:
        network = network_of(lint, on)
        if network is not None and checks(network):
            for other in policies_for(lint, network, on):
                yield from (item for item in other.statements if item.effect == "deny")


def _covering_together(allow: Statement, denies: Sequence[Statement]) -> list[Statement]:
    """Several denies of which one applies wherever the `allow` does; none where that is not so, or not looked at."""
    asked = {test.attribute.native for test in tests(allow.when)}
    near = [
        item
        for item in denies
        if reach_covers(item, allow) and asked & {test.attribute.native for test in tests(item.when)}
    ]
    if not 1 < len(near) <= _MOST_TOGETHER or not _refused(allow, near):
        return []
    for item in tuple(near):
        rest = [other for other in near if other is not item]
        near = rest if _refused(allow, rest) else near
    return near


def _refused(allow: Statement, denies: Sequence[Statement]) -> bool:
    return not may_be_met([(allow.when, True), *((item.when, False) for item in denies)])


def _report(lint: Lint, policy: Policy, allow: Statement, denies: Sequence[Statement]) -> None:
    permits, refuses = effect(policy, "allow"), effect(policy, "deny")
    one = len(denies) == 1
    names = " and ".join(f"`{deny.label}`" for deny in denies[:3]) + (" and more" if len(denies) > 3 else "")
    lint.report(
        label_of(allow),
        f"`{allow.label}` never takes effect: {names} {'refuses' if one else 'refuse'} all that it allows",
        f"narrow {'the' if one else 'a'} `{refuses}`, or drop the `{permits}`",
        tuple(
            Label(span, f"this `{refuses}` covers {'it' if one else 'a part of it'}")
            for deny in denies[:_MOST_SHOWN]
            if (span := label_of(deny)) is not None
        ),
    )
