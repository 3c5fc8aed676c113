"""A summary does not cover the routes that it stands for.

## What it does
Finds `summarize` with a block that has no address in common with a prefix that the rule matches.

## Why is this bad
`summarize` withdraws the routes that the rule matches and announces its block in their place. Where that is elsewhere, the other side has no
route to them any more, and one to addresses that may not be there.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  labels { 10: "vpn" -> aggregate }
  filter aggregate direction outbound number 100 {
    100: prefix in "10.20.0.0/16" -> summarize "10.30.0.0/16"
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
    100: prefix in "10.20.0.0/16" -> summarize "10.20.0.0/16"
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
from policyc.engines.wan.prefixes import parse_prefix
from policyc.ir.network import RouteRule
from policyc.lint.networks import core_networks
from policyc.lint.rule import Lint

SEVERITY = Severity.WARNING
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        for policy in network.routing_policies:
            for rule in policy.rules:
                block = _elsewhere(rule) if rule.action.type == "summarize" else None
                if block is not None:
                    lint.report(
                        rule.action.span or rule.span,
                        f"`{rule.action.value}` covers nothing of `{block}`, whose routes it stands for",
                        f"summarize to a block that covers `{block}`",
                    )


def _elsewhere(rule: RouteRule) -> str | None:
    """A prefix that the rule matches of which its aggregate has no part."""
    aggregate = parse_prefix(str(rule.action.value))
    for match in rule.matches:
        block = parse_prefix(str(match.value)) if match.type in ("prefix-equals", "prefix-in-cidr") else None
        if aggregate is not None and block is not None and not aggregate.overlaps(block):
            return str(match.value)
    return None
