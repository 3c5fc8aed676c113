"""Nothing is sent to a function group.

## What it does
Finds function groups that no `send` names.

## Why is this bad
A group has route tables of its own, and only a `send` leads there: attachments of the group see no traffic, and what they were meant to
inspect passes without them. A group that is declared ahead of its traffic, as in the first version of a policy, is fine.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  function_group firewalls
  attach {
    100: tag["function"] == "firewall" -> group firewalls
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
  function_group firewalls
  send to firewalls from production { edge [us-east-1] use eu-west-1  edge [eu-west-1] use us-east-1 }
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
from policyc.lint.networks import core_networks, sends
from policyc.lint.rule import Lint
from policyc.targets.cloud_wan.speech import speech

SEVERITY = Severity.INFO
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        used = {word.text for action in sends(network) for word in action.groups}
        words = speech(network)
        for group in network.groups:
            if group.name.text not in used:
                lint.report(
                    group.name.span,
                    f"nothing is sent to `{group.name}`",
                    f"send something there with {words.send_via} or {words.send_to}, or remove the group",
                )
