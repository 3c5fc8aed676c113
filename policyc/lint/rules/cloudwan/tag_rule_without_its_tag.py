"""A rule asks for one tag and takes the segment from another.

## What it does
Finds `-> tag` rules whose conditions are about tags, and none of them about the tag that names the segment, where a later rule might take what this one keeps.

## Why is this bad
An attachment that has the first tag and lacks the second one matches, so that the later rules are not tried, and it stays in no segment at all. Mostly one of the two keys is a slip.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  attach {
    100: exists tag["team"] -> tag "segment"
    200: account == "111122223333" -> segment production
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
    100: exists tag["team"] and exists tag["segment"] -> tag "segment"
    200: account == "111122223333" -> segment production
  }
}
```

## Source
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policies-json.html
"""

from __future__ import annotations

from policyc.diagnostics import Label, Severity
from policyc.ir.network import ToTag
from policyc.lint.networks import core_networks
from policyc.lint.rule import Lint
from policyc.lint.rule_order import may_meet, ordered_rules

SEVERITY = Severity.WARNING
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        rules = ordered_rules(network)
        for at, rule in enumerate(rules):
            keys = [item.key for item in rule.conditions if item.key is not None]
            if not isinstance(rule.action, ToTag) or not keys:
                continue
            if rule.action.key.text.casefold() in {key.text.casefold() for key in keys}:
                continue  # in another spelling it is `tag-key-case`
            later = next((item for item in rules[at + 1 :] if may_meet(item, rule)), None)
            if later is None:
                continue
            lint.report(
                rule.action.key.span or rule.span,
                f"an attachment with tag `{keys[0]}` and without tag `{rule.action.key}` matches this rule and stays in no segment: rule {later.number.value} is not tried",
                f"ask for tag `{rule.action.key}` as well, or name the segment by `{keys[0]}`",
                (Label(keys[0].span, "the tag that is asked for"),) if keys[0].span is not None else (),
            )
