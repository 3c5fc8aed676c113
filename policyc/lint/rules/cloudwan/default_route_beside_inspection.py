"""A segment has a static default route and sends the same traffic to a function group.

## What it does
Finds segments with `route … "0.0.0.0/0"` (or `"::/0"`) and `send to`.

## Why is this bad
A static route comes before other routes of the same length, so traffic may leave without inspection. Which of the
two wins here is not documented.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production { isolate }
  function_group firewalls
  send to firewalls from production
  route production "0.0.0.0/0" -> "attachment-0a1b2c3d4e5f67890", "attachment-0fedcba9876543210"
  attach {
    100: tag["function"] == "firewall" -> group firewalls
    200: exists tag["segment"] -> tag "segment"
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
    200: exists tag["segment"] -> tag "segment"
  }
}
```

## Source
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policy-service-insertion.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.ir.network import CreateRoute, SendTo
from policyc.lint.networks import core_networks, sends
from policyc.lint.rule import Lint
from policyc.targets.cloud_wan.speech import speech

SEVERITY = Severity.WARNING
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        sending = {action.segment.text for action in sends(network) if isinstance(action, SendTo)}
        for action in network.actions:
            if not isinstance(action, CreateRoute) or action.segment.text not in sending:
                continue
            for cidr in action.cidrs:
                if cidr.text in ("0.0.0.0/0", "::/0"):
                    lint.report(
                        cidr.span,
                        f"this default route competes with {speech(network).send_to} of `{action.segment}`",
                        "keep one of the two",
                    )
