"""A rule for a function group comes after rules that may take its attachments.

## What it does
Finds a rule that puts attachments into a function group behind a rule for segments which may match them too: it asks for
nothing but their type, account, Region or the same tag.

## Why is this bad
The first match decides. The appliance lands in the segment and inspects nothing.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  segment development
  function_group firewalls { require acceptance }
  send to firewalls from production
  attach {
    100: type == vpc and account == "111122223333" -> segment production
    200: tag["function"] == "firewall" -> group firewalls
    300: exists tag["segment"] -> tag "segment"
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
  function_group firewalls { require acceptance }
  send to firewalls from production
  attach {
    50: tag["function"] == "firewall" -> group firewalls
    100: type == vpc and account == "111122223333" -> segment production
    300: exists tag["segment"] -> tag "segment"
  }
}
```

## Source
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policy-attachments.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.ir.network import ToGroup
from policyc.lint.networks import core_networks
from policyc.lint.rule import Lint
from policyc.lint.rule_order import meeting, ordered_rules, rule_covers

SEVERITY = Severity.WARNING
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        for rule in ordered_rules(network):
            if not isinstance(rule.action, ToGroup):
                continue
            others = (one for one in meeting(network, rule) if not isinstance(one.action, ToGroup))
            taker = next((one for one in others if not rule_covers(one, rule)), None)
            if taker is not None:
                lint.report(
                    rule.number.span or rule.span,
                    f"rule {taker.number.value} may take appliances before this rule for `{rule.action.group}`",
                    f"give this rule a number below {taker.number.value}",
                )
