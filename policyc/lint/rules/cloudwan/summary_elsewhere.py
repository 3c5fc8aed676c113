"""A summary does not cover the routes that it stands for.

## What it does
Finds `summarize` with a block that has no address, or not all, in common with a prefix that the rule matches. Of several conditions that must
all hold one that the block covers is enough.

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
from policyc.engines.wan.prefixes import Prefix, parse_prefix
from policyc.ir.network import RouteRule
from policyc.lint.networks import core_networks
from policyc.lint.rule import Lint

SEVERITY = Severity.WARNING
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        for policy in network.routing_policies:
            for rule in policy.rules:
                aggregate = parse_prefix(str(rule.action.value)) if rule.action.type == "summarize" else None
                block = _beyond(rule, aggregate) if aggregate is not None else None
                if aggregate is not None and block is not None:
                    how_much = "a part only" if aggregate.overlaps(block) else "nothing"
                    lint.report(
                        rule.action.span or rule.span,
                        f"`{aggregate}` covers {how_much} of `{block}`, whose routes it stands for",
                        f"summarize to a block that covers `{block}`",
                    )


def _beyond(rule: RouteRule, aggregate: Prefix) -> Prefix | None:
    """A prefix that the rule matches and that its aggregate does not cover."""
    asked = [parse_prefix(str(match.value)) for match in rule.matches if match.type in _OF_ONE_BLOCK]
    blocks = [block for block in asked if block is not None]
    apart = next((block for block in blocks if not aggregate.overlaps(block)), None)
    narrowed = rule.logic == "and" and (len(blocks) < len(rule.matches) or any(map(aggregate.covers, blocks)))
    return apart if apart is not None or narrowed else next((one for one in blocks if not aggregate.covers(one)), None)


_OF_ONE_BLOCK = ("prefix-equals", "prefix-in-cidr")
