"""A `send via` repeats another one the other way round.

## What it does
Finds a `send via` between two segments that an earlier one sends through the same function group already.

## Why is this bad
Service insertion works in both directions. The second action adds nothing, and a reader may take the first for one-way.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production { isolate }
  segment development { isolate }
  function_group firewalls { require acceptance }
  send via firewalls from production to development { mode dual_hop }
  send via firewalls from development to production { mode dual_hop }
  attach {
    50: tag["function"] == "firewall" -> group firewalls
    100: exists tag["segment"] -> tag "segment"
  }
}
```

## Use instead
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production { isolate }
  segment development { isolate }
  function_group firewalls { require acceptance }
  send via firewalls from production to development { mode dual_hop }
  attach {
    50: tag["function"] == "firewall" -> group firewalls
    100: exists tag["segment"] -> tag "segment"
  }
}
```

## Source
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policy-service-insertion.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity, dropped
from policyc.ir.network import SendVia
from policyc.lint.networks import core_networks, sends
from policyc.lint.rule import Lint
from policyc.targets.cloud_wan.speech import speech

SEVERITY = Severity.INFO
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        seen: set[tuple[frozenset[str], str]] = set()
        for action in sends(network):
            if not isinstance(action, SendVia):
                continue
            group = action.groups[0].text
            pairs = {(frozenset({action.segment.text, other}), group) for other in network.redirected(action)}
            if pairs and pairs <= seen:
                lint.report(
                    action.segment.span,
                    f"an earlier {speech(network).send_via} does this already, in both directions",
                    "remove this one",
                    fix=dropped(action.span, safe=False),
                )
            seen |= pairs
