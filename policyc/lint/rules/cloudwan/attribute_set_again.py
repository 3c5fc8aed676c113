"""A routing policy sets an attribute that a later rule sets again.

## What it does
Finds rules that set the MED or the local preference, or add or remove a community, where a later rule of the policy does the like to all of their routes: sets
the attribute anew, removes the community that was added, adds the one that was removed.

## Why is this bad
Only `allow` and `drop` end the evaluation, so the last rule counts and the earlier one changes nothing. Often the later one was meant for the other routes.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  segment development
  share production with development { apply preferred }
  filter preferred direction inbound number 100 {
    100: prefix in "10.1.0.0/16" -> set_local_preference 300
    200: prefix in "10.0.0.0/8"  -> set_local_preference 200
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
  share production with development { apply preferred }
  filter preferred direction inbound number 100 {
    100: prefix in "10.0.0.0/8"  -> set_local_preference 200
    200: prefix in "10.1.0.0/16" -> set_local_preference 300
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
from policyc.lint.networks import core_networks
from policyc.lint.route_rules import undone_by
from policyc.lint.rule import Lint

SEVERITY = Severity.WARNING
SCOPE = "document"
YIELDS_TO = ("filter-rule-after-the-end",)


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        for policy in network.routing_policies:
            ordered = sorted(policy.rules, key=lambda rule: rule.number.value)
            for at, rule in enumerate(ordered):
                later = undone_by(ordered, at)
                if later is not None:
                    lint.report(
                        rule.number.span or rule.span,
                        f"rule {rule.number.value} changes nothing: rule {later.number.value} has the last word on all of its routes",
                        f"give it a number above {later.number.value}, or drop it",
                        (Label(later.number.span, "the later rule"),) if later.number.span is not None else (),
                    )
