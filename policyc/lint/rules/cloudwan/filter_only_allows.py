"""A routing policy allows routes and drops none, so it filters nothing.

## What it does
Finds a `filter` all of whose rules are `allow`.

## Why is this bad
What no rule drops is allowed. The policy looks like a list of what may pass, and everything passes.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  segment development
  share production with development { apply knownprefixes }
  filter knownprefixes direction inbound number 100 {
    100: prefix in "10.0.0.0/8" -> allow
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
  share production with development { apply knownprefixes }
  filter knownprefixes direction inbound number 100 {
    100: prefix in "10.0.0.0/8" -> allow
    900: otherwise -> drop
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

from policyc.diagnostics import Severity
from policyc.lint.networks import core_networks
from policyc.lint.rule import Lint

SEVERITY = Severity.WARNING


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        for policy in network.routing_policies:
            if policy.rules and all(rule.action.type == "allow" for rule in policy.rules):
                lint.report(
                    policy.name.span, f"`{policy.name}` drops no route, so it filters nothing",
                    "end it with `otherwise -> drop`",
                )  # fmt: skip
