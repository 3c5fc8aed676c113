"""A share joins a segment with no other.

## What it does
Finds shares with everything except a list that names every other segment.

## Why is this bad
The share carries no route. Once somebody adds a segment, that one is shared, and nobody meant it.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment services
  segment production
  segment development
  share services with * except production, development
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
  segment services
  segment production
  segment development
  share services with production
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
from policyc.lint.networks import core_networks, share_pairs, shares
from policyc.lint.rule import Lint

SEVERITY = Severity.WARNING
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        for share in shares(network):
            excepted = share.with_segments.names
            if share.with_segments.every and excepted and not share_pairs(network, share):
                lint.report(
                    excepted[0].span or share.span,
                    f"`{share.segment}` is shared with no segment: the exceptions are all that there are",
                    "name the segments to share with, or remove the share",
                )
