"""A guarded segment is shared with every segment, future ones included.

## What it does
Finds a `share … with *` (or `* except …`) of a segment that isolates its attachments or wants acceptance in so many words.

## Why is this bad
A segment that somebody adds later is joined without anybody deciding on it.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment payments { isolate }
  segment production
  segment development
  share payments with *
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
  segment payments { isolate }
  segment production
  segment development
  share payments with production, development
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
        for share in shares(network):
            segment = network.segment(share.segment.text)
            if segment is None or not share.with_segments.every:
                continue
            if segment.isolated or segment.acceptance is True:
                lint.report(
                    share.with_segments.span or share.span,
                    f"`{segment.name}` is guarded, and shared with segments that do not exist yet",
                    "name the segments",
                )
