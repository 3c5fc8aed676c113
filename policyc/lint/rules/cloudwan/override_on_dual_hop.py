"""An override of `dual_hop` chooses nothing.

## What it does
Finds `send via` with `mode dual_hop` that has overrides.

## Why is this bad
With `dual_hop` a packet passes the function group at the edge where it starts and at the edge where it arrives, so that no edge is left
to choose. Whoever wrote the override takes traffic to be inspected at that edge alone, and puts an appliance there alone: what goes
between other edges is then dropped.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  segment development
  function_group firewalls
  send via firewalls from production to development { mode dual_hop  edge [us-east-1, eu-west-1] use us-east-1 }
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
  segment production
  segment development
  function_group firewalls
  send via firewalls from production to development { mode dual_hop }
  attach {
    100: tag["function"] == "firewall" -> group firewalls
    200: exists tag["segment"] -> tag "segment"
  }
}
```

## Source
https://docs.aws.amazon.com/networkmanager/latest/APIReference/API_ServiceInsertionAction.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.ir.network import SendVia
from policyc.lint.networks import core_networks, sends
from policyc.lint.rule import Lint
from policyc.targets.cloud_wan.speech import speech

SEVERITY = Severity.WARNING
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        for action in sends(network):
            if isinstance(action, SendVia) and action.mode == "dual-hop" and action.overrides:
                first = action.overrides[0]
                lint.report(
                    first.use.span or first.span,
                    f"`{first.use.text}` is not chosen: with dual-hop traffic is inspected at the edges where it starts and where it arrives",
                    f"drop the overrides, or inspect at one edge by {speech(network).single_hop()}",
                )
