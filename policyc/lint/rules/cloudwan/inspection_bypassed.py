"""Traffic inside a segment is to be inspected, and the segment is not isolated.

## What it does
Finds `send via` that covers its own segment (by `*`, by name, or because `to` is left out) when that segment does not
`isolate`.

## Why is this bad
Attachments of a segment that is not isolated reach one another directly. The direct route wins, and inspection is
skipped without a word.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  function_group firewalls
  send via firewalls from production { mode dual_hop }
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
  segment production { isolate }
  function_group firewalls
  send via firewalls from production { mode dual_hop }
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

from policyc.diagnostics import Label, Severity
from policyc.ir.network import SendVia
from policyc.lint.networks import core_networks, sends
from policyc.lint.rule import Lint
from policyc.targets.cloud_wan.speech import speech

SEVERITY = Severity.WARNING
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        words = speech(network)
        for action in sends(network):
            segment = network.segment(action.segment.text)
            if not isinstance(action, SendVia) or segment is None or segment.isolated:
                continue
            if segment.name.text in network.redirected(action):
                lint.report(
                    action.segment.span,
                    f"traffic inside `{segment.name}` is not inspected, because its attachments reach one another directly",
                    f"add {words.isolate} to {words.segment(segment.name)}",
                    (Label(segment.name.span, f"declared here without {words.isolate}"),) if segment.name.span else (),
                )
