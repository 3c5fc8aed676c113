"""A rule drops the aggregate that an earlier rule of the policy makes.

## What it does
Finds a `summarize` before a `drop` of every prefix, without an `allow` for the aggregate between them.

## Why is this bad
The aggregate is judged by the rules after the summary like any other route. The members are withdrawn, the aggregate is
dropped, and the far side hears nothing.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  labels { 10: "vpn" -> aggregate }
  filter aggregate direction outbound number 100 {
    100: prefix in "10.20.0.0/16" -> summarize "10.0.0.0/8"
    900: otherwise -> drop
  }
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
  segment production
  labels { 10: "vpn" -> aggregate }
  filter aggregate direction outbound number 100 {
    100: prefix in "10.20.0.0/16" -> summarize "10.0.0.0/8"
    200: prefix == "10.0.0.0/8" -> allow
    900: otherwise -> drop
  }
  attach {
    100: exists tag["segment"] -> tag "segment"
  }
}
```

## Source
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-routing-policies.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.engines.wan.paths import DYNAMIC, Path
from policyc.engines.wan.prefixes import parse_prefix
from policyc.engines.wan.routing_policies import Surroundings, rule_matches
from policyc.ir.network import RouteRule, RoutingPolicy
from policyc.lint.networks import core_networks
from policyc.lint.rule import Lint

SEVERITY = Severity.WARNING
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        for policy in network.routing_policies:
            _check_policy(lint, policy)


def _check_policy(lint: Lint, policy: RoutingPolicy) -> None:
    rules = sorted(policy.rules, key=lambda rule: rule.number.value)
    for at, rule in enumerate(rules):
        if rule.action.type != "summarize":
            continue
        killer = _fate(str(rule.action.value), rules[at + 1 :])
        if killer is not None:
            lint.report(
                rule.action.span or rule.span,
                f"rule {killer.number.value} drops the aggregate `{rule.action.value}`",
                f"allow it before rule {killer.number.value}",
            )


def _fate(aggregate: str, rules: list[RouteRule]) -> RouteRule | None:
    """The rule that drops a fresh aggregate for certain, None when it may live."""
    prefix = parse_prefix(aggregate)
    if prefix is None:
        return None
    for rule in rules:
        matched = rule_matches(rule, Path(0, DYNAMIC), prefix, Surroundings({}))
        if matched is None:
            return None
        if matched:
            return rule if rule.action.type == "drop" else None
    return None
