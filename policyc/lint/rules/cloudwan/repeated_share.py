"""A share joins two segments that are joined already.

## What it does
Finds a `share` all of whose pairs another `share` with the same routing policies, or none, makes as well.

## Why is this bad
A share works in both directions, so its mirror image adds nothing. Whoever removes one of the two believes that the
segments are apart.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  segment services
  share services with production
  share production with services
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
  segment services
  share services with production
  attach {
    100: exists tag["segment"] -> tag "segment"
  }
}
```

## Source
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policy-network-actions-routes.html
"""

from __future__ import annotations

from policyc.diagnostics import Label, Severity, dropped
from policyc.lint.networks import core_networks, share_pairs, shares
from policyc.lint.rule import Lint

SEVERITY = Severity.WARNING
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        every = list(shares(network))
        for at, share in enumerate(every):
            pairs = set(share_pairs(network, share))
            for other in every[:at]:
                alike = not share.policies and not other.policies
                alike = alike or (share.policies == other.policies and share.segment == other.segment)
                if pairs and alike and pairs <= set(share_pairs(network, other)):
                    lint.report(
                        share.segment.span,
                        "another share joins these segments already, in both directions",
                        "drop it",
                        (Label(other.segment.span, "this one"),) if other.segment.span else (),
                        dropped(share.span),
                    )
                    break
