"""Which edge inspects the traffic between two Regions is left to the service.

## What it does
Finds `send via` with `mode single_hop` and no override between segments on more than one edge.

## Why is this bad
Where both edges have an attachment of the group, the service takes the first of a list that it does not publish.
Latency, cost and the Region where data is looked at are then accidents.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  segment development
  function_group firewalls
  send via firewalls from production to development { mode single_hop }
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
  send via firewalls from production to development { mode single_hop  edge [us-east-1, eu-west-1] use us-east-1 }
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
from policyc.ir.network import SendVia
from policyc.lint.networks import core_networks, sends
from policyc.lint.rule import Lint

SEVERITY = Severity.WARNING


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        for action in sends(network):
            if not isinstance(action, SendVia) or action.mode != "single-hop" or action.overrides:
                continue
            names = (action.segment.text, *network.redirected(action))
            segments = [item for item in map(network.segment, names) if item is not None]
            edges = {edge for item in segments for edge in network.edges_of(item)}
            if len(edges) > 1:
                lint.report(
                    action.segment.span, "which edge inspects this traffic is not said, and the service's own order is not published",
                    "add an override such as `edge [us-east-1, eu-west-1] use us-east-1` for each pair of edges",
                )  # fmt: skip
