"""Whoever sets a tag chooses the segment, and nobody has to accept it.

## What it does
Finds `-> tag` rules without a condition on the account or the resource and without `require acceptance`, that can
lead to a segment with `no acceptance`. A segment that another rule guards is `tag-opens-guarded-segment`.

## Why is this bad
The owner of an attachment sets its tags. Any account that may attach can then move itself into such a segment.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production { no acceptance }
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
  segment production { no acceptance }
  attach {
    100: exists tag["segment"] and account == "111122223333" -> tag "segment"
  }
}
```

## Source
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policies-json.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.ir.network import ToTag
from policyc.lint.networks import core_networks
from policyc.lint.open_segments import guarded_segments, opened_segments
from policyc.lint.rule import Lint
from policyc.targets.cloud_wan.speech import speech

SEVERITY = Severity.INFO
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        guarded = guarded_segments(network)
        words = speech(network)
        for rule in network.attach_rules:
            reached = [name for name in opened_segments(network, rule) if name not in guarded]
            if isinstance(rule.action, ToTag) and reached:
                names = ", ".join(f"`{name}`" for name in reached)
                lint.report(
                    rule.action.key.span or rule.span,
                    f"every account that may attach can choose {names} by the tag `{rule.action.key}`",
                    f"add {words.rule_with_acceptance}, or {words.account_condition}",
                )
