"""A routing policy is applied nowhere.

## What it does
Finds a `filter` that no `share`, no `apply` and no rule in `labels` names.

## Why is this bad
It has no effect: routes that it was written to keep out come in.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  segment development
  share production with development
  filter nodefault direction inbound number 100 {
    100: prefix == "0.0.0.0/0" -> drop
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
  share production with development { apply nodefault }
  filter nodefault direction inbound number 100 {
    100: prefix == "0.0.0.0/0" -> drop
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
from policyc.ir.network import AssociatePolicies, Share
from policyc.lint.networks import core_networks
from policyc.lint.rule import Lint
from policyc.targets.cloud_wan.speech import speech

SEVERITY = Severity.WARNING
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        words = speech(network)
        bound = {word.text for rule in network.label_rules for word in rule.policies}
        for action in network.actions:
            if isinstance(action, Share | AssociatePolicies):
                bound.update(word.text for word in action.policies)
        for policy in network.routing_policies:
            if policy.name.text not in bound:
                lint.report(
                    policy.name.span,
                    f"`{policy.name}` is applied nowhere, so it has no effect",
                    f"name it in a share ({words.applied(policy.name)}), on a pair of edges, or in {words.label_rules}",
                )
