"""No association rule can put an attachment into a segment.

## What it does
Finds segments that no rule names and no `-> tag` rule can lead to. A rule that never matches has a finding of its own.

## Why is this bad
A segment may be there before those who join it. But attachments meant for it stay outside or land elsewhere, and nothing says so: they
show as available, without a segment.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  segment development
  attach {
    100: tag["segment"] == "production" -> segment production
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
  attach {
    100: tag["segment"] == "production" -> segment production
    200: tag["segment"] == "development" -> segment development
  }
}
```

## Source
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policies-json.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.lint.networks import core_networks, joinable
from policyc.lint.rule import Lint
from policyc.targets.cloud_wan.speech import speech

SEVERITY = Severity.INFO
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        names = joinable(network)
        words = speech(network)
        for segment in network.segments:
            if segment.name.text not in names:
                lint.report(
                    segment.name.span,
                    f"no rule puts attachments into `{segment.name}`",
                    f"add a rule to {words.rules} that leads to {words.segment(segment.name)}",
                )
