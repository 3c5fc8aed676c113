"""Two segments share that have no edge in common.

## What it does
Finds shares between named segments whose edge locations have none in common.

## Why is this bad
Routes are handed over at an edge where both segments are. Without one nobody has published whether the share carries any, and most likely
it does not.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment services   { edges us-east-1 }
  segment production { edges eu-west-1 }
  share services with production
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
  segment production { edges eu-west-1 }
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
from policyc.lint.networks import core_networks, shares
from policyc.lint.rule import Lint

SEVERITY = Severity.INFO
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        edges = {segment.name.text: set(network.edges_of(segment)) for segment in network.segments}
        for share in shares(network):
            if share.with_segments.every:
                continue
            mine = edges.get(share.segment.text, set())
            for word in share.with_segments.names:
                theirs = edges.get(word.text, mine)
                if mine and theirs and mine.isdisjoint(theirs):
                    lint.report(
                        word.span or share.span,
                        f"`{share.segment}` and `{word}` have no edge in common, and whether the share carries routes then is not published",
                        "give one of them an edge of the other, or remove the share",
                    )
