"""A rule lets anyone join a segment that another rule guards.

## What it does
Finds rules without a condition on the account or the resource and without `require acceptance` that lead to a segment with `no
acceptance`, when another rule puts attachments into that segment only for certain accounts or resources, or after acceptance.

## Why is this bad
The owner of an attachment sets its tags. The guard of the other rule keeps nobody out: whoever fails it sets the tag.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production { no acceptance }
  segment sandbox { no acceptance }
  attach {
    100: tag["stage"] == "production" and account == "111122223333" -> segment production
    200: exists tag["segment"] -> tag "segment"
  }
}
```

## Use instead
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production { no acceptance }
  segment sandbox { no acceptance }
  attach {
    100: tag["stage"] == "production" and account == "111122223333" -> segment production
    200: tag["segment"] == "sandbox" -> tag "segment"
  }
}
```

## Source
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policies-json.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.lint.networks import core_networks
from policyc.lint.open_segments import guarded_segments, opened_segments
from policyc.lint.rule import Lint
from policyc.targets.cloud_wan.speech import speech

SEVERITY = Severity.WARNING
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        guarded = guarded_segments(network)
        words = speech(network)
        for rule in network.attach_rules:
            reached = [name for name in opened_segments(network, rule) if name in guarded]
            if reached:
                names = ", ".join(f"`{name}`" for name in reached)
                lint.report(
                    rule.number.span or rule.span,
                    f"every account that may attach can join {names} by rule {rule.number.value}, though another rule guards it",
                    f"add {words.rule_with_acceptance}, or {words.account_condition}",
                )
