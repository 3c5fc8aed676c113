"""The conditions of a rule, which all have to hold, never hold together.

## What it does
Finds association rules and filter rules whose conditions are joined by `and` and ask for two values of one thing: two values of a tag, two
accounts, two resources, two types of attachments, two Regions, two prefixes.

## Why is this bad
The rule matches nothing: attachments meant for it land elsewhere or in no segment, routes meant for it pass. Alternatives are joined by
`or`, or stand in rules of their own.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  attach {
    100: tag["stage"] == "prod" and tag["stage"] == "production" -> segment production
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
    100: tag["stage"] == "prod" or tag["stage"] == "production" -> segment production
  }
}
```

## Source
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policies-json.html
"""

from __future__ import annotations

from itertools import combinations

from policyc.diagnostics import Label, Severity
from policyc.ir.network import AttachCondition, AttachRule, CoreNetwork
from policyc.lint.networks import core_networks
from policyc.lint.route_rules import exclude
from policyc.lint.rule import Lint
from policyc.lint.rule_order import contradict, edges_for
from policyc.text import Span

SEVERITY = Severity.WARNING
SCOPE = "document"

_HELP = "join them by `or`, or drop one"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        for rule in network.attach_rules:
            together = rule.conditions if rule.logic == "and" else ()
            for one, other in combinations(together, 2):
                if contradict(one, other):
                    gateway = _gateway(rule.conditions, one)
                    who = "an attachment other than a Direct Connect gateway" if gateway else "an attachment"
                    _report(
                        lint,
                        f"rule {rule.number.value} never matches {who}: {one.sentence()} and {other.sentence()}",
                        other.span or rule.span,
                        one.span,
                    )
                    break
            else:
                _check_regions(lint, network, rule, [item for item in together if item.type == "region"])
        for policy in network.routing_policies:
            for filter_rule in policy.rules:
                matches = combinations(filter_rule.matches, 2) if filter_rule.logic == "and" else ()
                for first, second in matches:
                    if exclude(first, second):
                        _report(
                            lint,
                            f"rule {filter_rule.number.value} never matches: no route is both `{first.value}` and `{second.value}`",
                            second.span or filter_rule.span,
                            first.span,
                        )
                        break


def _check_regions(lint: Lint, network: CoreNetwork, rule: AttachRule, asked: list[AttachCondition]) -> None:
    """Conditions on the Region that leave no edge together, though each leaves some."""
    if len(asked) > 1 and all(edges_for([item], network) for item in asked) and not edges_for(asked, network):
        _report(
            lint,
            f"rule {rule.number.value} never matches: no edge of the core network meets all its conditions on the Region",
            asked[-1].span or rule.span,
            asked[0].span,
        )


def _report(lint: Lint, message: str, span: Span | None, first: Span | None) -> None:
    lint.report(
        span, message, _HELP, (Label(first, "this has to hold too"),) if first is not None and first != span else ()
    )


def _gateway(conditions: tuple[AttachCondition, ...], about: AttachCondition) -> bool:
    """Whether a Direct Connect gateway, which is at several edges, might meet two conditions about Regions."""
    types = [item.value.text for item in conditions if item.type == "attachment-type" and item.value is not None]
    return about.type == "region" and (not types or "direct-connect-gateway" in types)
