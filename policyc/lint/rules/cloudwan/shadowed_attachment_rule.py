"""An association rule never comes into play, because an earlier one matches all that it matches.

## What it does
Compares the conditions of each rule in an `attach` block with those of every rule that has a lower number.

## Why is this bad
The first rule that matches decides. Attachments meant for the later rule land in another segment, without any error.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  segment development
  attach {
    100: exists tag["segment"] -> segment development
    200: tag["segment"] == "production" -> segment production
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
  attach {
    100: tag["segment"] == "production" -> segment production
    200: exists tag["segment"] -> segment development
  }
}
```

## Source
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policies-json.html
"""

from __future__ import annotations

from policyc.diagnostics import Label, Severity
from policyc.lint.networks import core_networks
from policyc.lint.rule import Lint
from policyc.lint.rule_order import ordered_rules, shadowing, takes_all

SEVERITY = Severity.WARNING
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        rules = ordered_rules(network)
        everywhere = next((rule for rule in rules if takes_all(rule, "region", network)), None)
        for rule in rules:
            first, what = shadowing(network, rule), "never matches"
            if first is None and everywhere is not None and everywhere.number.value < rule.number.value:
                # such a gateway may be in several Regions
                first, what = everywhere, "never matches an attachment other than a Direct Connect gateway"
            if first is not None:
                lint.report(
                    rule.number.span or rule.span,
                    f"rule {rule.number.value} {what}: rule {first.number.value} takes all that it would",
                    f"give it a number below {first.number.value}, or narrow rule {first.number.value}",
                    (Label(first.number.span, "this rule is tried first"),) if first.number.span else (),
                )
