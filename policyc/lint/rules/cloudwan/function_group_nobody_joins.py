"""Traffic is sent to a function group that no attachment can belong to.

## What it does
Finds function groups that a `send` names and no association rule adds attachments to.

## Why is this bad
Without an attachment in the group the traffic is dropped, although the policy deploys without an error.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production { isolate }
  function_group firewalls
  send to firewalls from production
  attach {
    100: tag["segment"] == "production" -> segment production
  }
}
```

## Use instead
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production { isolate }
  function_group firewalls
  send to firewalls from production
  attach {
    100: tag["function"] == "firewall" -> group firewalls
    200: tag["segment"] == "production" -> segment production
  }
}
```

## Source
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policy-service-insertion.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.ir.network import ToGroup
from policyc.lint.networks import core_networks, sends
from policyc.lint.rule import Lint
from policyc.lint.rule_order import shadowing
from policyc.targets.cloud_wan.speech import speech

SEVERITY = Severity.WARNING
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        filled = {
            rule.action.group.text
            for rule in network.attach_rules
            if isinstance(rule.action, ToGroup) and shadowing(network, rule) is None
        }
        used = {word.text for action in sends(network) for word in action.groups}
        words = speech(network)
        for group in network.groups:
            if group.name.text in used and group.name.text not in filled:
                lint.report(
                    group.name.span,
                    f"traffic is sent to `{group.name}`, and no rule adds attachments to it",
                    f"add a rule to {words.rules} that leads to {words.group(group.name)}",
                )
