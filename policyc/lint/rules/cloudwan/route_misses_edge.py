"""A static route has no destination of its own at some edge of its segment.

## What it does
Finds routes to attachments that name fewer attachments than their segment has edges.

## Why is this bad
An attachment serves the edge in its own Region. The other edges get copies of the route from the network, and with two
equal copies the way out is picked at random.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  route production "0.0.0.0/0" -> "attachment-0a1b2c3d4e5f67890"
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
  route production "0.0.0.0/0" -> "attachment-0a1b2c3d4e5f67890", "attachment-0fedcba9876543210"
  attach {
    100: exists tag["segment"] -> tag "segment"
  }
}
```

## Source
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policies-json.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.ir.network import CreateRoute
from policyc.lint.networks import core_networks
from policyc.lint.rule import Lint

SEVERITY = Severity.WARNING
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        for action in network.actions:
            segment = network.segment(action.segment.text)
            if not isinstance(action, CreateRoute) or action.blackhole or segment is None:
                continue
            edges = network.edges_of(segment)
            if len(action.destinations) < len(edges):
                lint.report(
                    action.destinations[-1].span or action.span,
                    f"`{segment.name}` has {len(edges)} edges, and this route {len(action.destinations)} ways out",
                    "name one attachment for each edge of the segment",
                )
