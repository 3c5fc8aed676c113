"""A routing policy rule comes after rules that have decided already.

## What it does
Finds rules all of whose routes an earlier `allow` or `drop` matches: for its block of prefixes, for the same conditions, or for every route.
A `summarize` withdraws what it sums up, so that a later rule for the same routes finds none of them.

## Why is this bad
`allow` and `drop` end the evaluation. The later rule never runs: the exception is not made, the attribute not set.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  segment development
  share production with development { apply onlyours }
  filter onlyours direction inbound number 100 {
    100: otherwise -> drop
    200: prefix in "10.0.0.0/8" -> allow
  }
  attach {
    100: exists tag["segment"] -> tag "segment"
  }
}
```

## Use instead
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  segment development
  share production with development { apply onlyours }
  filter onlyours direction inbound number 100 {
    100: prefix in "10.0.0.0/8" -> allow
    200: otherwise -> drop
  }
  attach {
    100: exists tag["segment"] -> tag "segment"
  }
}
```

## Source
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-routing-policies.html
"""

from __future__ import annotations

from policyc.diagnostics import Label, Severity
from policyc.ir.network import RoutingPolicy
from policyc.lint.networks import core_networks
from policyc.lint.route_rules import ended_by
from policyc.lint.rule import Lint

SEVERITY = Severity.WARNING
SCOPE = "document"

#: whether the rule before decides, or sums up
_DONE = {
    True: ("decided about", "give it a number below {}, or drop it", "this rule ends the evaluation"),
    False: (
        "summed up",
        "ask for the summary itself by `prefix-equals`, or drop it",
        "the summary stands in their place",
    ),
}


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        for policy in network.routing_policies:
            _check_policy(lint, policy)


def _check_policy(lint: Lint, policy: RoutingPolicy) -> None:
    ordered = sorted(policy.rules, key=lambda rule: rule.number.value)
    for at, rule in enumerate(ordered):
        end = ended_by(ordered, at)
        if end is not None:
            lint.report(
                rule.number.span or rule.span,
                f"rule {rule.number.value} never runs: rule {end.number.value} has {_DONE[end.action.terminal][0]} all that it matches",
                _DONE[end.action.terminal][1].format(end.number.value),
                (Label(end.number.span, _DONE[end.action.terminal][2]),) if end.number.span else (),
            )
