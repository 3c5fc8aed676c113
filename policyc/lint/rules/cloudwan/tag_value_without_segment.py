"""A rule takes the segment from a tag, for a tag value that no segment has.

## What it does
Finds `-> tag` rules whose own condition fixes the tag to the name of no declared segment.

## Why is this bad
The rule matches, so later rules are not tried, and the attachment stays in no segment at all.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  attach {
    100: tag["segment"] == "prod" -> tag "segment"
  }
}
```

## Use instead
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  attach {
    100: tag["segment"] == "production" -> tag "segment"
  }
}
```

## Source
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policies-json.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity, did_you_mean
from policyc.ir.network import ToTag
from policyc.lint.networks import core_networks
from policyc.lint.rule import Lint

SEVERITY = Severity.WARNING
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        names = [item.name.text for item in network.segments]
        for rule in network.attach_rules:
            if not isinstance(rule.action, ToTag):
                continue
            for test in rule.conditions:
                value = test.value.text if test.value is not None else ""
                same = test.type == "tag-value" and test.key is not None and test.key.text == rule.action.key.text
                if same and test.operator == "equals" and value not in names:
                    lint.report(
                        test.value.span if test.value is not None else test.span,
                        f"there is no segment `{value}`, so these attachments stay outside",
                        did_you_mean(value, names, "write the name of a segment"),
                    )
