"""Which edge takes traffic that leaves by `send to` is left to the service.

## What it does
Finds `send to` without any override from a segment on more than one edge.

## Why is this bad
At an edge without an attachment of the group the service takes one of another edge, by a list that it does not publish. Where every
edge has one, nothing is wrong: `policyc routes --check` knows, given the attachments.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  function_group egress
  send to egress from production
  attach {
    100: tag["function"] == "egress" -> group egress
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
  function_group egress
  send to egress from production { edge [eu-west-1] use us-east-1 }
  attach {
    100: tag["function"] == "egress" -> group egress
    200: tag["segment"] == "production" -> segment production
  }
}
```

## Source
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policy-service-insertion.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.ir.network import SendTo
from policyc.lint.networks import core_networks, sends
from policyc.lint.rule import Lint
from policyc.targets.cloud_wan.speech import speech

SEVERITY = Severity.INFO
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        for action in sends(network):
            segment = network.segment(action.segment.text)
            edges = () if segment is None else network.edges_of(segment)
            if isinstance(action, SendTo) and not action.overrides and len(edges) > 1:
                lint.report(
                    action.segment.span,
                    f"where traffic of `{action.segment}` leaves at an edge without an attachment of the group is not published",
                    f"add an override such as {speech(network).override(edges[-1:], edges[0])} for each edge without one",
                )
