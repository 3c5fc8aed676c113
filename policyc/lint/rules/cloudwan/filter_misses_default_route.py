"""A rule drops every prefix inside `0.0.0.0/0`, and the default route itself passes.

## What it does
Finds a `drop` for `prefix in "0.0.0.0/0"` (or `"::/0"`) in a policy without a rule for exactly that prefix, and a drop of every other IPv4
prefix behind an `allow`, in a policy that does not speak of IPv6. A policy that only drops one IP version does so on purpose.

## Why is this bad
The service's test for prefixes inside a block leaves out the block itself. The one route that takes all traffic is
the one that is let through. IPv6 routes are not touched by the IPv4 block either.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  segment development
  share production with development { apply nothingelse }
  filter nothingelse direction inbound number 100 {
    100: prefix in "10.0.0.0/8" -> allow
    900: prefix in "0.0.0.0/0" -> drop
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
  segment development
  share production with development { apply nothingelse }
  filter nothingelse direction inbound number 100 {
    100: prefix in "10.0.0.0/8" -> allow
    900: otherwise -> drop
  }
  attach {
    100: exists tag["segment"] -> tag "segment"
  }
}
```

## Source
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policies-json.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.ir.network import RoutingPolicy
from policyc.lint.networks import core_networks
from policyc.lint.rule import Lint
from policyc.targets.cloud_wan.speech import Speech, speech

SEVERITY = Severity.WARNING
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        for policy in network.routing_policies:
            words = speech(network)
            seen = len(lint.found)
            _check_exact(lint, policy, words)
            if len(lint.found) == seen:
                _check_family(lint, policy, words.drop_the_rest)


def _check_family(lint: Lint, policy: RoutingPolicy, rest: str) -> None:
    """A list of what may pass that drops every other IPv4 route and does not speak of IPv6, nor of anything else that an IPv6 route may meet."""
    if not any(rule.action.type == "allow" for rule in policy.rules):
        return
    matches = [match for rule in policy.rules for match in rule.matches]
    if any(not match.type.startswith("prefix-") or ":" in str(match.value) for match in matches):
        return
    for rule in policy.rules:
        alone = len(rule.matches) == 1 or rule.logic == "or"
        for match in rule.matches if rule.action.type == "drop" and alone else ():
            if match.type == "prefix-in-cidr" and match.value == "0.0.0.0/0":
                lint.report(
                    match.span or rule.span,
                    "this drops every other IPv4 route, and all IPv6 routes pass",
                    f"add {rest}, or drop `::/0` and what lies inside it too",
                )
                return


def _check_exact(lint: Lint, policy: RoutingPolicy, words: Speech) -> None:
    """Where nothing is let in, one IP version may be kept out on purpose: then the rest is not to be dropped with it."""
    lets_in = any(rule.action.type == "allow" for rule in policy.rules)
    exact = {match.value for rule in policy.rules for match in rule.matches if match.type == "prefix-equals"}
    for rule in policy.rules:
        alone = len(rule.matches) == 1 or rule.logic == "or"
        for match in rule.matches if rule.action.type == "drop" and alone else ():
            if match.type == "prefix-in-cidr" and match.value in ("0.0.0.0/0", "::/0") and match.value not in exact:
                lint.report(
                    match.span or rule.span,
                    f"this drops what lies inside `{match.value}` and lets the route `{match.value}` itself pass",
                    f"add {words.drop_the_rest}, or add a rule for that prefix"
                    if lets_in
                    else f"add {words.drop_exactly(str(match.value))}",
                )
