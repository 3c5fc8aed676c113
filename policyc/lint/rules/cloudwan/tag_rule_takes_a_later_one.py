"""A rule that takes the segment from a tag also takes attachments that a later rule is meant for.

## What it does
Finds rules that want one value of a tag, behind a `-> tag` rule for the same tag that may match those attachments too and does not lead
them where the later rule does. Function groups have a rule of their own, and so have rules that never match.

## Why is this bad
The first rule that matches decides. Where no segment is called like the value of the tag, the attachment stays in no segment at all.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  segment shared
  attach {
    100: exists tag["zone"] and type == vpc -> tag "zone"
    200: tag["zone"] == "commonservices" -> segment shared
  }
}
```

## Use instead
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  segment shared
  attach {
    50: tag["zone"] == "commonservices" -> segment shared
    100: exists tag["zone"] and type == vpc -> tag "zone"
  }
}
```

## Source
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policy-attachments.html
"""

from __future__ import annotations

from collections.abc import Mapping

from policyc.diagnostics import Label, Severity
from policyc.ir.network import AttachRule, CoreNetwork, ToGroup, ToSegment, ToTag
from policyc.lint.networks import core_networks, tag_values
from policyc.lint.rule import Lint
from policyc.lint.rule_order import meeting, ordered_rules, shadowing

SEVERITY = Severity.WARNING
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        keys = {rule.action.key.text for rule in network.attach_rules if isinstance(rule.action, ToTag)}
        for rule in ordered_rules(network):
            own = dict.fromkeys(item.key.text for item in rule.conditions if item.key is not None)
            elsewhere = {key: value for key in own if key in keys and (value := _elsewhere(rule, key))}
            if elsewhere and not isinstance(rule.action, ToGroup) and shadowing(network, rule) is None:
                _check_rule(lint, network, rule, elsewhere)


def _elsewhere(rule: AttachRule, key: str) -> str:
    """A value of a tag that the rule wants, where that names another place than the rule's own."""
    return next((value for value in sorted(tag_values(rule, key) or ()) if not _same_place(rule, key, value)), "")


def _check_rule(lint: Lint, network: CoreNetwork, rule: AttachRule, elsewhere: Mapping[str, str]) -> None:
    for taker in meeting(network, rule):
        if isinstance(taker.action, ToTag) and taker.action.key.text in elsewhere:
            key = taker.action.key.text
            value = elsewhere[key]
            number = taker.number.value
            where = (
                f"into segment `{value}`"
                if network.segment(value) is not None
                else "into no segment, as none is called so"
            )
            lint.report(
                rule.number.span or rule.span,
                f"rule {number} takes attachments with tag `{key}` `{value}` first, and puts them {where}",
                f"give this rule a number below {number}",
                (Label(taker.number.span, "this rule is tried first"),) if taker.number.span else (),
            )
            return


def _same_place(rule: AttachRule, key: str, value: str) -> bool:
    match rule.action:
        case ToSegment(segment):
            return segment.text == value
        case ToTag(other):
            return other.text == key
        case ToGroup():
            return True
