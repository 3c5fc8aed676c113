"""Whoever sets a tag chooses the segment, and nobody has to accept it.

## What it does
Finds `-> tag` rules without a condition on the account or the resource and without `require acceptance`, that can
lead to a segment with `no acceptance`.

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
from policyc.ir.network import AttachRule, ToTag
from policyc.lint.networks import core_networks, shadowing, tag_values
from policyc.lint.rule import Lint

SEVERITY = Severity.WARNING


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        open_ones = [item.name.text for item in network.segments if not item.acceptance_on]
        for rule in network.attach_rules:
            action = rule.action
            if not isinstance(action, ToTag) or action.acceptance is True or _is_guarded(rule):
                continue
            wanted = tag_values(rule, action.key.text)
            reached = [name for name in open_ones if wanted is None or name in wanted]
            if reached and shadowing(network, rule) is None:
                names = ", ".join(f"`{name}`" for name in reached)
                lint.report(
                    action.key.span or rule.span, f"every account that may attach can choose {names} by the tag `{action.key}`",
                    "add `require acceptance`, or a condition on `account`",
                )  # fmt: skip


def _is_guarded(rule: AttachRule) -> bool:
    tests = [item for item in rule.conditions if item.type in ("account-id", "resource-id")]
    sure = [item for item in tests if item.operator == "equals"]
    return len(sure) == len(rule.conditions) if rule.logic == "or" else bool(sure)
