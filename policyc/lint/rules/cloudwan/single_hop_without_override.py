"""Which edge inspects the traffic between two Regions is left to the service.

## What it does
Finds `send via` with `mode single_hop` between segments on more than one edge, where some pair of edges has no override.

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
from policyc.ir.network import CoreNetwork, SendVia
from policyc.lint.networks import core_networks, sends
from policyc.lint.rule import Lint
from policyc.targets.cloud_wan.speech import speech

SEVERITY = Severity.WARNING
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        for action in sends(network):
            if isinstance(action, SendVia) and action.mode == "single-hop":
                open_ = _open_pairs(network, action)
                if open_:
                    shown = ", ".join(" and ".join(pair) for pair in open_[:2])
                    more = f" and {len(open_) - 2} more" if len(open_) > 2 else ""
                    lint.report(
                        action.segment.span,
                        f"which edge inspects traffic between {shown}{more} is not said, and the service's own order is not published",
                        f"add an override such as {speech(network).override(open_[0], open_[0][0])} for each pair of edges",
                    )


def _open_pairs(network: CoreNetwork, action: SendVia) -> list[tuple[str, str]]:
    """The pairs of edges between which traffic of the action may flow and that no override covers, in the order of the edges."""
    segment = network.segment(action.segment.text)
    others = [item for item in map(network.segment, network.redirected(action)) if item is not None]
    here = () if segment is None else network.edges_of(segment)
    there = {edge for item in others for edge in network.edges_of(item)}
    flows = {frozenset((one, other)) for one in here for other in there if one != other}
    covered = [{word.text for word in edges} for override in action.overrides for edges in override.edge_sets]
    order = {edge: at for at, edge in enumerate(network.locations)}
    pairs = [
        tuple(sorted(flow, key=lambda edge: order.get(edge, 0)))
        for flow in flows
        if not any(flow <= item for item in covered)
    ]
    return sorted(
        ((pair[0], pair[1]) for pair in pairs), key=lambda pair: (order.get(pair[0], 0), order.get(pair[1], 0))
    )
