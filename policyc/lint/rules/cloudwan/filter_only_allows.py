"""A routing policy allows routes and drops none, so it filters nothing.

## What it does
Finds a `filter` all of whose rules are `allow`, unless wherever it is applied a later one (by number) drops what it leaves.

## Why is this bad
What no rule drops is allowed. The policy looks like a list of what may pass, and everything passes.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  segment development
  share production with development { apply knownprefixes }
  filter knownprefixes direction inbound number 100 {
    100: prefix in "10.0.0.0/8" -> allow
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
  share production with development { apply knownprefixes }
  filter knownprefixes direction inbound number 100 {
    100: prefix in "10.0.0.0/8" -> allow
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

from collections.abc import Hashable, Iterator, Mapping

from policyc.diagnostics import Severity
from policyc.ir.network import AssociatePolicies, CoreNetwork, RoutingPolicy, Share, Word
from policyc.lint.networks import core_networks
from policyc.lint.rule import Lint
from policyc.targets.cloud_wan.speech import speech

SEVERITY = Severity.WARNING
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        dropping = {
            policy.name.text: policy
            for policy in network.routing_policies
            if any(rule.action.type == "drop" for rule in policy.rules)
        }
        bound = _bound(network)
        for policy in network.routing_policies:
            only = policy.rules and all(rule.action.type == "allow" for rule in policy.rules)
            if only and not _completed(policy, bound.get(policy.name.text, []), dropping):
                lint.report(
                    policy.name.span,
                    f"`{policy.name}` drops no route, so it filters nothing",
                    f"add {speech(network).drop_the_rest} at its end",
                )


def _completed(policy: RoutingPolicy, bound: list[list[str]], dropping: Mapping[str, RoutingPolicy]) -> bool:
    """Whether a later policy drops something wherever this one is applied: an `allow` spares a route from later policies too."""
    return bool(bound) and all(any(_drops(dropping.get(name), policy) for name in names) for names in bound)


def _bound(network: CoreNetwork) -> dict[str, list[list[str]]]:
    """For every routing policy the lists that it is applied in, one list for each place."""
    places: dict[Hashable, list[str]] = {}
    for place, names in _bindings(network):
        places.setdefault(place, []).extend(word.text for word in names)
    out: dict[str, list[list[str]]] = {}
    for listed in places.values():
        for name in dict.fromkeys(listed):
            out.setdefault(name, []).append(listed)
    return out


def _bindings(network: CoreNetwork) -> Iterator[tuple[Hashable, tuple[Word, ...]]]:
    for action in network.actions:
        if isinstance(action, Share):
            # Who declares a share decides what its policies' directions mean.
            for other in network.members(action.with_segments, without=action.segment.text):
                yield (action.segment.text, other), action.policies
        elif isinstance(action, AssociatePolicies):
            yield (action.segment.text, action.location.text, action.peer.text), action.policies
    for rule in network.label_rules:
        edges = tuple(word.text for word in rule.edges)
        yield from ((("label", word.text, edges), rule.policies) for word in rule.labels)


def _drops(other: RoutingPolicy | None, after: RoutingPolicy) -> bool:
    return other is not None and other.direction == after.direction and other.number.value > after.number.value
