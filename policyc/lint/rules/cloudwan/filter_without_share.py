"""A filter names a segment whose routes never arrive.

## What it does
Finds an `allow from` that names a segment which no share joins with its own, and a `deny from` that names one which is joined with
it over a third segment only.

## Why is this bad
Routes that a segment takes over by one share do not go on by the next, and a filter lets in only what a share offers. Somebody
expects routes that no share brings.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1
  segment production { allow from services, development }
  segment services
  segment development
  share services with production, development
  attach {
    100: exists tag["segment"] -> tag "segment"
  }
}
```

## Use instead
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1
  segment production { allow from services, development }
  segment services
  segment development
  share services with production, development
  share production with development
  attach {
    100: exists tag["segment"] -> tag "segment"
  }
}
```

## Source
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policies-json.html
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policy-network-actions-routes.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.lint.networks import core_networks, neighbours
from policyc.lint.rule import Lint

SEVERITY = Severity.INFO
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        beside = neighbours(network)
        for segment in network.segments:
            mine = beside.get(segment.name.text, set())
            for word in (*segment.allow_filter, *segment.deny_filter):
                if word.text in mine or word.text == segment.name.text:
                    continue
                between = sorted(mine & beside.get(word.text, set()))
                if between:
                    lint.report(
                        word.span,
                        f"routes of `{word}` do not come by way of `{between[0]}`: shares are not transitive",
                        f"share `{segment.name}` with `{word}`, or take `{word}` out of the filter",
                    )
                elif word in segment.allow_filter:
                    lint.report(
                        word.span,
                        f"no share offers routes of `{word}` to `{segment.name}`",
                        f"share `{segment.name}` with `{word}`: a filter alone lets nothing in",
                    )
