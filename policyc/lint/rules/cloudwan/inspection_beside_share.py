"""Two segments share routes and are to be inspected as well.

## What it does
Finds pairs of segments that a `share` joins and that a `send via` covers.

## Why is this bad
Which of the two routes wins is not documented. If it is the shared one, traffic goes past the firewall.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  segment development
  function_group firewalls
  share production with development
  send via firewalls from production to development { mode dual_hop }
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
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policy-service-insertion.html
"""

from __future__ import annotations

from policyc.diagnostics import Label, Severity
from policyc.ir.network import SendVia
from policyc.lint.networks import core_networks, sends, share_pairs, shares
from policyc.lint.rule import Lint
from policyc.targets.cloud_wan.speech import speech

SEVERITY = Severity.WARNING
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        sent = {
            frozenset({action.segment.text, other}): action
            for action in sends(network)
            if isinstance(action, SendVia)
            for other in network.redirected(action)
        }
        for share in shares(network):
            for pair in share_pairs(network, share):
                action = sent.get(pair)
                if action is not None:
                    names = " and ".join(f"`{name}`" for name in sorted(pair))
                    lint.report(
                        share.with_segments.span or share.span,
                        f"{names} share routes, so traffic between them may go past the inspection",
                        f"drop the share: {speech(network).send_via} makes the segments reach each other",
                        (Label(action.segment.span, "inspected here"),) if action.segment.span else (),
                    )
                    break
