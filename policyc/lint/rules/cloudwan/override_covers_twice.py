"""Two overrides name different edges for one flow.

## What it does
Finds a pair of edges that two overrides of one action cover, with different edges to inspect at.

## Why is this bad
Which of the two the service takes is not published, so nobody can say where the traffic is inspected.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production { isolate }
  segment development { isolate }
  function_group firewalls { require acceptance }
  send via firewalls from production to development {
    mode single_hop
    edge [us-east-1, eu-west-1] use us-east-1
    edge [eu-west-1, us-east-1] use eu-west-1
  }
  attach {
    50: tag["function"] == "firewall" -> group firewalls
    100: exists tag["segment"] -> tag "segment"
  }
}
```

## Use instead
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production { isolate }
  segment development { isolate }
  function_group firewalls { require acceptance }
  send via firewalls from production to development {
    mode single_hop
    edge [us-east-1, eu-west-1] use us-east-1
    edge [eu-west-1] use eu-west-1
  }
  attach {
    50: tag["function"] == "firewall" -> group firewalls
    100: exists tag["segment"] -> tag "segment"
  }
}
```

## Source
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policies-json.html
"""

from __future__ import annotations

from policyc.diagnostics import Label, Severity
from policyc.ir.network import EdgeOverride
from policyc.lint.networks import core_networks, sends
from policyc.lint.rule import Lint

SEVERITY = Severity.WARNING
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        for action in sends(network):
            taken: dict[frozenset[str], EdgeOverride] = {}
            for override in action.overrides:
                for flow in _flows(override):
                    first = taken.setdefault(flow, override)
                    if first.use.text != override.use.text:
                        labels = () if first.use.span is None else (Label(first.use.span, "the other override"),)
                        shown = " and ".join(sorted(flow))
                        lint.report(
                            override.use.span or override.span,
                            f"flows of {shown} have two overrides",
                            "keep one of the two",
                            labels,
                        )
                        break


def _flows(override: EdgeOverride) -> list[frozenset[str]]:
    """The pairs of edges that an override covers; a set of one edge is the flow within it."""
    out = []
    for edges in override.edge_sets:
        names = sorted({word.text for word in edges})
        if len(names) == 1:
            out.append(frozenset(names))
        out += [frozenset({one, other}) for at, one in enumerate(names) for other in names[at + 1 :]]
    return out
