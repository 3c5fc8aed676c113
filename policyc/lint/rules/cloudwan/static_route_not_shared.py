"""A static route of a hub does not reach the segments that share with it.

## What it does
Finds a segment that shares with several others, each of which shares with fewer, and that has a static route to an attachment which
none of them has.

## Why is this bad
A share carries routes of attachments only. With the default route in the hub alone, the spokes find no way out, though
they reach everything that is attached to the hub.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1
  segment production { isolate }
  segment development { isolate }
  segment egress
  share egress with production, development
  route egress "0.0.0.0/0" -> "attachment-0a1b2c3d4e5f67890"
  attach {
    100: exists tag["segment"] -> tag "segment"
  }
}
```

## Use instead
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1
  segment production { isolate }
  segment development { isolate }
  segment egress
  share egress with production, development
  route production "0.0.0.0/0" -> "attachment-0a1b2c3d4e5f67890"
  route development "0.0.0.0/0" -> "attachment-0a1b2c3d4e5f67890"
  attach {
    100: exists tag["segment"] -> tag "segment"
  }
}
```

## Source
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policy-network-actions-routes.html
"""

from __future__ import annotations

from collections.abc import Iterator

from policyc.diagnostics import Severity
from policyc.engines.wan.prefixes import Prefix, parse_prefix
from policyc.ir.network import CoreNetwork, CreateRoute, SendTo, Word
from policyc.lint.networks import core_networks, neighbours
from policyc.lint.rule import Lint
from policyc.targets.cloud_wan.speech import speech

SEVERITY = Severity.INFO
SCOPE = "document"


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        beside = neighbours(network)
        told: set[str] = set()
        for action in network.actions:
            if not isinstance(action, CreateRoute) or action.blackhole or action.segment.text in told:
                continue
            hub = action.segment.text
            spokes = sorted(beside.get(hub, ()))
            if len(spokes) < 2 or any(len(beside[name]) >= len(spokes) for name in spokes):
                continue
            missing = [word for word in action.cidrs if not _known(network, spokes, word)]
            if missing:
                told.add(hub)
                shown = ", ".join(f"`{name}`" for name in spokes[:3]) + (", …" if len(spokes) > 3 else "")
                lint.report(
                    missing[0].span or action.span,
                    f"the static route {missing[0]} of `{hub}` is not shared with {shown}",
                    f"give each segment that needs it the route, or inspect its traffic by {speech(network).send_to}: shares carry no static routes",
                )


def _known(network: CoreNetwork, spokes: list[str], word: Word) -> bool:
    """Whether some spoke has a way of its own for the prefix: whoever wrote it knows that shares carry no static routes."""
    prefix = parse_prefix(word.text)
    return prefix is None or any(own.covers(prefix) for own in _ways(network, spokes))


def _ways(network: CoreNetwork, segments: list[str]) -> Iterator[Prefix]:
    for action in network.actions:
        if action.segment.text in segments:
            if isinstance(action, SendTo):
                yield from (Prefix(4, 0, 0), Prefix(6, 0, 0))
            elif isinstance(action, CreateRoute):
                yield from (found for found in (parse_prefix(word.text) for word in action.cidrs) if found is not None)
