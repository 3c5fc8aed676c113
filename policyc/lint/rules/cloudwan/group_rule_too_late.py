"""A rule for a function group comes after rules that may take its attachments.

## What it does
Finds a rule that puts attachments into a function group behind a rule for segments which may match them too.

## Why is this bad
The first match decides. An appliance that carries the tag of a segment as well lands in the segment, gets a route table
of its own there, and inspects nothing.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  segment development
  function_group firewalls { require acceptance }
  send to firewalls from production
  attach {
    100: exists tag["segment"] -> tag "segment"
    200: tag["function"] == "firewall" -> group firewalls
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
  function_group firewalls { require acceptance }
  send to firewalls from production
  attach {
    50: tag["function"] == "firewall" -> group firewalls
    100: exists tag["segment"] -> tag "segment"
  }
}
```

## Source
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policy-attachments.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.ir.network import AttachCondition, AttachRule, ToGroup
from policyc.lint.networks import core_networks, ordered_rules, rule_covers
from policyc.lint.rule import Lint

SEVERITY = Severity.WARNING


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        earlier: list[AttachRule] = []
        for rule in ordered_rules(network):
            if not isinstance(rule.action, ToGroup):
                earlier.append(rule)
                continue
            taker = next((one for one in earlier if not rule_covers(one, rule) and _may_meet(one, rule)), None)
            if taker is not None:
                lint.report(
                    rule.number.span or rule.span, f"rule {taker.number.value} may take appliances before this rule for `{rule.action.group}`",
                    f"give this rule a number below {taker.number.value}",
                )  # fmt: skip


def _may_meet(one: AttachRule, other: AttachRule) -> bool:
    """Whether an attachment may match both: not when both want different values of one thing."""
    if one.logic == "or" or other.logic == "or":
        return True
    wanted = {_subject(item): item.value for item in one.conditions if item.operator == "equals"}
    return not any(
        item.operator == "equals" and wanted.get(_subject(item), item.value) != item.value for item in other.conditions
    )


def _subject(condition: AttachCondition) -> tuple[str, str]:
    return condition.type, "" if condition.key is None else condition.key.text
