"""Static routes name attachments, so this cannot be the first version of the policy.

## What it does
Finds networks whose static routes lead to attachment ids that no attachment of a test has. It says so once for each network.

## Why is this bad
Attachments can be made, and get their ids, only when a core network with its edges is there. A network that is not live yet needs two
deployments: one without these routes, and one with them.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1
  segment production
  route production "0.0.0.0/0" -> "attachment-0a1b2c3d4e5f67890"
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
  segment production { no acceptance }
  route production "0.0.0.0/0" -> "attachment-0a1b2c3d4e5f67890"
  attach {
    100: exists tag["segment"] -> tag "segment"
  }
}

test "the way out" {
  on core {
    attachment app { type: vpc, region: us-east-1, tags: { segment: "production" }, cidrs: ["10.1.0.0/16"] }
    attachment exit {
      type: vpc, region: us-east-1, tags: { segment: "production" }, id: "attachment-0a1b2c3d4e5f67890", cidrs: ["10.9.0.0/16"]
    }
  }
  path from app to "203.0.113.10"
  expect next hop exit
}
```

## Source
https://github.com/hashicorp/terraform-provider-aws/issues/28867
https://github.com/hashicorp/terraform-provider-aws/issues/41599
https://github.com/aws-samples/aws-cloud-wan-blueprints/blob/main/policy/6-static_routes.md
"""

from __future__ import annotations

from typing import Final

from policyc.diagnostics import Diagnostics, Severity
from policyc.ir.network import CreateRoute, Word
from policyc.lint.networks import core_networks
from policyc.lint.rule import Lint
from policyc.syntax import nodes
from policyc.targets.cloud_wan.speech import speech

SEVERITY = Severity.INFO
SCOPE = "document"
_BY_TEST: Final = "; an attachment with that `id` in a test says that it exists"


def check(lint: Lint) -> None:
    known = lint.once("attachment ids of tests", _known)
    for network in core_networks(lint):
        routes = [item for item in network.actions if isinstance(item, CreateRoute) and not item.blackhole]
        words: dict[str, Word] = {}
        for word in (word for route in routes for word in route.destinations):
            words.setdefault(word.text, word)
        unknown = [word for word in words.values() if word.text not in known]
        if unknown:
            names = "an attachment id" if len(unknown) == 1 else f"{len(unknown)} attachment ids"
            lint.report(
                unknown[0].span or routes[0].span,
                f"static routes name {names}, so the core network has to be live already",
                "for a new one, deploy it without these routes first" + ("" if speech(network).document else _BY_TEST),
            )


def _known(lint: Lint) -> frozenset[str]:
    """The ids of attachments that tests place on networks."""
    from policyc.targets.cloud_wan.steps import fold_fields

    found: set[str] = set()
    for test in lint.program.tests:
        for step in test.node.steps:
            for entry in step.attachments if isinstance(step, nodes.OnStep) else ():
                identity = (fold_fields(entry.fields, test.scope, Diagnostics()) or {}).get("id")
                if identity is not None and isinstance(identity.value, str):
                    found.add(identity.value)
    return frozenset(found)
