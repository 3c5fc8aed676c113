"""No test asks anything about a policy or a network.

## What it does
Finds a policy whose resource no `request` of any test is addressed to, and a network that no test lays attachments `on`.
A policy on a group of resources counts as tested when a member is; an identity policy when its caller is the `who` of a request.

## Why is this bad
A policy without a test is a draft: nobody has written down what it should decide, so nobody notices when it decides
something else.

## Example
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn }
}
```

## Use instead
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn }
}

test "orders get in" {
  request inventory { who: order_fn, can: GET, path: "/stock" }
  expect allow by "orders"
}
```

## Source
The language itself; see docs/language.md.
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.ir.program import BoundTest
from policyc.lint.asked import callers_of
from policyc.lint.rule import Lint
from policyc.model.values import Principal, Resource, ResourceLink
from policyc.syntax import nodes
from policyc.targets.registry import resource_types

SEVERITY = Severity.INFO
SCOPE = "tied"


def check(lint: Lint) -> None:
    asked, callers, networks = _asked(lint)
    for policy in lint.program.policies:
        on = policy.on
        tested = on in callers if isinstance(on, Principal) else on.id in asked
        if not tested and _can_be_asked(on):
            lint.report(
                policy.name_span or policy.span,
                f"no test asks anything about `{policy.name}`",
                f"add a `test` with a request to `{_addressee(lint, on).name}`"
                if isinstance(on, Resource)
                else f"add a `test` with a request whose `who` is `{on.name}`",
            )
    for network in lint.program.networks:
        if network.name not in networks:
            lint.report(
                network.node.name.span,
                f"no test asks anything about `{network.name}`",
                f"add a `test` that lays attachments `on {network.name}`",
            )


def _can_be_asked(on: Resource | Principal) -> bool:
    """Whether a test can ask the policy at all: nothing in the language sends a request to what carries a plain document."""
    kinds = resource_types()
    return not isinstance(on, Resource) or any(
        kind.requests for kind in kinds.values() if kind.target == kinds[on.type].target
    )


def _addressee(lint: Lint, on: Resource) -> Resource:
    """What a request goes to, so that the policy on a resource is asked: of a group that takes none one of its members."""
    if resource_types()[on.type].requests:
        return on
    members = (item for item in lint.program.resources.values() if _links_to(item, on))
    return next(members, on)


def _links_to(item: Resource, on: Resource) -> bool:
    return any(isinstance(value.data, ResourceLink) and value.data.id == on.id for _, value in item.fields)


def _asked(lint: Lint) -> tuple[set[str], set[Principal], set[str]]:
    """The resources that requests go to, with all that these belong to; the callers; the networks."""
    asked: set[str] = set()
    callers: set[Principal] = set()
    networks: set[str] = set()
    for test in lint.program.tests:
        callers.update(callers_of(test))
        for step in test.node.steps:
            if isinstance(step, nodes.OnStep):
                networks.add(step.network.text)
            elif isinstance(step, nodes.RequestStep):
                _follow(lint, _resource(test, step.resource), asked)
    return asked, callers, networks


def _follow(lint: Lint, start: str | None, asked: set[str]) -> None:
    work = [start]
    while work:
        resource = lint.program.resource(work.pop())
        if resource is not None and resource.id not in asked:
            asked.add(resource.id)
            work.extend(value.data.id for _, value in resource.fields if isinstance(value.data, ResourceLink))


def _resource(test: BoundTest, ref: nodes.Ref) -> str | None:
    definition = test.scope.lookup(ref.simple or "")
    return f"{definition.file}#{definition.node.name.text}" if definition is not None else None
