"""`no acceptance` on a rule changes nothing.

## What it does
Finds rules with `no acceptance` that lead to a segment or function group which requires acceptance (segments and groups do
unless they say otherwise).

## Why is this bad
A rule can ask for acceptance where the segment does not, never the other way round. Attachments wait for somebody
who believes that they are accepted automatically.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  attach {
    100: tag["segment"] == "production" -> segment production { no acceptance }
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
    100: tag["segment"] == "production" -> segment production
  }
}
```

## Source
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policies-json.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.ir.network import AttachRule, CoreNetwork, ToGroup, ToSegment
from policyc.lint.networks import core_networks
from policyc.lint.rule import Lint
from policyc.targets.cloud_wan.speech import speech

SEVERITY = Severity.WARNING
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        words = speech(network)
        for rule in network.attach_rules:
            name = _guarded(network, rule)
            if rule.action.acceptance is False and name:
                lint.report(
                    rule.number.span or rule.span,
                    f"{words.rule_without_acceptance} on rule {rule.number.value} has no effect, because `{name}` requires acceptance",
                    f"write {words.no_acceptance} on `{name}` if it is meant, and drop it here",
                )


def _guarded(network: CoreNetwork, rule: AttachRule) -> str:
    """The name of what the rule leads to when that requires acceptance."""
    match rule.action:
        case ToSegment(segment=word):
            segment = network.segment(word.text)
            return word.text if segment is not None and segment.acceptance_on else ""
        case ToGroup(group=word):
            group = network.group(word.text)
            return word.text if group is not None and group.acceptance is not False else ""
        case _:
            return ""
