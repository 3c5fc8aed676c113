"""A segment has two static routes for one prefix.

## What it does
Finds a prefix that stands twice among the static routes of a segment, in one `route` or in two.

## Why is this bad
What the service makes of it is not published: it may refuse the policy, or one of the two routes wins. Where one of them is a
blackhole, traffic passes or is dropped by accident.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  route production "10.0.0.0/8" -> blackhole
  route production "10.0.0.0/8" -> "attachment-0a1b2c3d4e5f67890", "attachment-0fedcba9876543210"
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
  route production "10.0.0.0/8" -> "attachment-0a1b2c3d4e5f67890", "attachment-0fedcba9876543210"
  attach {
    100: exists tag["segment"] -> tag "segment"
  }
}
```

## Source
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policies-json.html
"""

from __future__ import annotations

from policyc.diagnostics import Label, Severity
from policyc.engines.wan.prefixes import Prefix, parse_prefix
from policyc.ir.network import CreateRoute, Word
from policyc.lint.networks import core_networks
from policyc.lint.rule import Lint

SEVERITY = Severity.ERROR
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        seen: dict[tuple[str, Prefix], Word] = {}
        for action in network.actions:
            for word in action.cidrs if isinstance(action, CreateRoute) else ():
                prefix = parse_prefix(word.text)
                if prefix is None:
                    continue
                first = seen.setdefault((action.segment.text, prefix), word)
                if first is not word:
                    lint.report(
                        word.span or action.span,
                        f"segment `{action.segment}` has a static route for {prefix} already",
                        "keep one of the two: which one counts is not published",
                        (Label(first.span, "the other one"),) if first.span else (),
                    )
