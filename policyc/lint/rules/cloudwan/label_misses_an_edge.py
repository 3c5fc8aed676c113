"""Every rule for a label names edges, and an edge of the network is named by none of them.

## What it does
Finds labels all of whose rules are limited to edge locations that together are not all edges of the core network. `policyc routes --check` knows the
attachments, and warns of the edges at which a Direct Connect gateway is attached.

## Why is this bad
A Direct Connect gateway attachment is at several edges, and the edges of a rule count for it. At an edge that no rule names its routes pass
unfiltered, in both directions. Other attachments have one edge, and for them the list does not count.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment sites
  filter coarse direction outbound number 100 {
    100: prefix in "10.0.0.0/8" -> summarize "10.0.0.0/8"
  }
  labels {
    10: "dx" -> coarse { edges eu-west-1 }
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
  segment sites
  filter coarse direction outbound number 100 {
    100: prefix in "10.0.0.0/8" -> summarize "10.0.0.0/8"
  }
  labels {
    10: "dx" -> coarse { edges eu-west-1, us-east-1 }
  }
  attach {
    100: exists tag["segment"] -> tag "segment"
  }
}
```

## Source
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policy-attachment-routing.html
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.ir.network import LabelRule
from policyc.lint.networks import core_networks
from policyc.lint.rule import Lint

SEVERITY = Severity.INFO
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        by_label: dict[str, list[LabelRule]] = {}
        for rule in network.label_rules:
            for word in rule.labels:
                by_label.setdefault(word.text, []).append(rule)
        for label, rules in by_label.items():
            covered = {word.text for rule in rules for word in rule.edges}
            missing = [edge for edge in network.locations if edge not in covered]
            if missing and all(rule.edges for rule in rules):
                lint.report(
                    rules[0].number.span or rules[0].span,
                    f"no rule for label `{label}` covers {', '.join(missing)}, where a Direct Connect gateway would pass unfiltered",
                    "name every edge at which such a gateway is attached",
                )
