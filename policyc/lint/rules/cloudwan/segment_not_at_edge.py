"""A rule puts attachments into a segment that is not in their Region.

## What it does
Finds association rules whose conditions on the Region leave only edges at which the segment is not.

## Why is this bad
The rule matches, so no later one is tried, and the attachments end in no segment.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment europe { edges eu-west-1 }
  attach {
    100: exists tag["europe"] and region == us-east-1 -> segment europe
  }
}
```

## Use instead
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment europe { edges eu-west-1 }
  attach {
    100: exists tag["europe"] and region == eu-west-1 -> segment europe
  }
}
```

## Source
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policies-json.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.ir.network import ToSegment, Word
from policyc.lint.networks import core_networks
from policyc.lint.rule import Lint
from policyc.lint.rule_order import edges_for

SEVERITY = Severity.WARNING
SCOPE = "document"

#: such a gateway is at several edges, and the segment may be at another of them
_GATEWAY = Word("direct-connect-gateway")


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        for rule in network.attach_rules:
            segment = network.segment(rule.action.segment.text) if isinstance(rule.action, ToSegment) else None
            if segment is None or not segment.edges:
                continue
            there = network.edges_of(segment)
            for conditions in rule.alternatives:
                asked = [item for item in conditions if item.type == "region"]
                edges = edges_for(asked, network)
                gateway = any(item.value == _GATEWAY for item in conditions)
                if asked and edges and not gateway and not any(edge in there for edge in edges):
                    lint.report(
                        asked[0].span or rule.span,
                        f"rule {rule.number.value} takes attachments at {', '.join(edges)}, where `{segment.name}` is not",
                        f"name an edge of the segment ({', '.join(there)}), or extend the segment",
                    )
