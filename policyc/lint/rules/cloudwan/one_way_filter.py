"""A filter lets routes through in one direction of a share only.

## What it does
Finds two segments that share, of which one filters the other out while the other takes its routes.

## Why is this bad
Packets arrive and answers do not come back. Whether the service reads such a filter as one-way or as a block both ways is
not published, so the pair may be open in one direction or closed.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production { deny from development }
  segment development
  share production with development
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
  segment production { deny from development }
  segment development { deny from production }
  share production with development
  attach {
    100: exists tag["segment"] -> tag "segment"
  }
}
```

## Source
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policy-network-actions-routes.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.ir.network import CoreNetwork, Segment
from policyc.lint.networks import core_networks, share_pairs, shares
from policyc.lint.rule import Lint

SEVERITY = Severity.WARNING
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        pairs = dict.fromkeys(pair for share in shares(network) for pair in share_pairs(network, share))
        for pair in pairs:
            for one, other in _both(network, pair):
                if not _admits(one, other.name.text) and _admits(other, one.name.text):
                    filters = one.deny_filter or one.allow_filter
                    lint.report(
                        filters[0].span or one.name.span,
                        f"`{other.name}` takes routes of `{one.name}` and gets no answer",
                        f"filter `{one.name}` out of `{other.name}` too, or drop the filter",
                    )


def _both(network: CoreNetwork, pair: frozenset[str]) -> list[tuple[Segment, Segment]]:
    found = [item for item in map(network.segment, sorted(pair)) if item is not None]
    return [(found[0], found[1]), (found[1], found[0])] if len(found) == 2 else []


def _admits(segment: Segment, other: str) -> bool:
    if segment.allow_filter:
        return other in (word.text for word in segment.allow_filter)
    return other not in (word.text for word in segment.deny_filter)
