"""The alternatives of an association rule leave out no attachment.

## What it does
Finds association rules whose conditions are joined by `or` and of which two together hold for everything: that it is not one value and that it is
not another one, or that it is a value and that it is not.

## Why is this bad
The rule takes every attachment that no earlier rule took, those that it names to leave them out as well, and later rules get none. To leave out several
values the tests have to hold together: join them by `and`.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1, ap-south-1
  segment production
  attach {
    100: account != "111122223333" or account != "444455556666" -> segment production
  }
}
```

## Use instead
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1, ap-south-1
  segment production
  attach {
    100: account != "111122223333" and account != "444455556666" -> segment production
  }
}
```

## Source
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policies-json.html
"""

from __future__ import annotations

from itertools import combinations

from policyc.diagnostics import Label, Severity
from policyc.ir.network import AttachCondition, AttachRule
from policyc.lint.networks import core_networks
from policyc.lint.rule import Lint
from policyc.lint.rule_order import contradict
from policyc.record import replace

SEVERITY = Severity.WARNING
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        for rule in network.attach_rules:
            for one, other in combinations(rule.conditions if rule.logic == "or" else (), 2):
                if _is_one_of_them_met(one, other):
                    lint.report(
                        other.span or rule.span,
                        f"rule {rule.number.value} matches every attachment{_but(rule, one)}: {one.sentence()} or {other.sentence()}",
                        "join them by `and` to leave out both"
                        if one.operator == other.operator
                        else "drop one, or use condition `any`",
                        () if one.span in (None, other.span) else (Label(one.span, "this is enough too"),),
                    )
                    break


def _is_one_of_them_met(one: AttachCondition, other: AttachCondition) -> bool:
    """Whether whatever fails one condition meets the other."""
    fails = [_opposite(item) for item in (one, other)]
    return fails[0] is not None and fails[1] is not None and one.type == other.type and contradict(fails[0], fails[1])


def _opposite(condition: AttachCondition) -> AttachCondition | None:
    match condition.operator:
        case "equals":
            return replace(condition, operator="not-equals")
        case "not-equals":
            return replace(condition, operator="equals")
        case _:
            return None


def _but(rule: AttachRule, condition: AttachCondition) -> str:
    """Those of whom it is not certain: a Direct Connect gateway is at several edges, and what has no tag has no value."""
    if condition.type == "tag-value":
        return f" with tag `{condition.key}`"
    return " other than a Direct Connect gateway" if condition.type == "region" else ""
