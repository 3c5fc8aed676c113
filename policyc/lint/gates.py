"""The gates of VPC Lattice as rules see them. Source: Lattice reference, section 5."""

from __future__ import annotations

from collections.abc import Iterator

from policyc.ir.authz import Policy, Statement
from policyc.lint.rule import Lint
from policyc.model.values import Resource
from policyc.record import replace

NETWORK = "lattice.service_network"
SERVICE = "lattice.service"


def checks(resource: Resource) -> bool:
    """Whether the gate asks a policy at all."""
    return resource.text("auth") == "aws_iam"


def services(lint: Lint) -> Iterator[Resource]:
    """Every declared service."""
    return (item for item in lint.program.resources.values() if item.type == SERVICE)


def network_of(lint: Lint, service: Resource) -> Resource | None:
    """The service network that a service's requests come through, None when none is declared."""
    return lint.program.resource(service.link("network"))


def policies_for(lint: Lint, gate: Resource, service: Resource | None = None) -> list[Policy]:
    """The policies of a gate; with `service` only statements about it, their `on` left out."""
    out = [policy for policy in lint.program.policies_on(gate) if policy.target == "lattice"]
    if service is None:
        return out
    return [replace(policy, statements=tuple(_about(policy, service))) for policy in out]


def _about(policy: Policy, service: Resource) -> Iterator[Statement]:
    for statement in policy.statements:
        if not statement.on or any(item.id == service.id for item in statement.on):
            yield replace(statement, on=())
