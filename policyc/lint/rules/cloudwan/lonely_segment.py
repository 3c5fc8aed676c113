"""An isolated segment reaches nothing.

## What it does
Finds segments with `isolate` that no `share`, `route` or `send` names.

## Why is this bad
Its attachments reach neither one another nor anything else.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment payments { isolate }
  segment services
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
  segment payments { isolate }
  segment services
  share services with payments
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
from policyc.ir.network import CoreNetwork, CreateRoute, SendTo, SendVia, Share
from policyc.lint.networks import core_networks, share_pairs
from policyc.lint.rule import Lint

SEVERITY = Severity.INFO
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        connected = _connected(network)
        for segment in network.segments:
            if segment.isolated and segment.name.text not in connected:
                lint.report(
                    segment.name.span,
                    f"attachments in `{segment.name}` reach nothing, not even one another",
                    "share it with a segment, give it a route, or send its traffic through a function group",
                )


def _connected(network: CoreNetwork) -> set[str]:
    out: set[str] = set()
    for action in network.actions:
        match action:
            case Share():
                out.update(name for pair in share_pairs(network, action) for name in pair)
            case SendVia():
                out.update((action.segment.text, *network.redirected(action)))
            case SendTo() | CreateRoute():
                out.add(action.segment.text)
            case _:
                pass
    return out
