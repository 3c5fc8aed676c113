"""The gates of VPC Lattice as rules see them. Source: Lattice reference, section 5."""

from __future__ import annotations

from collections.abc import Iterator

from policyc.engines.proofs.budget import TooLarge
from policyc.engines.proofs.conditions import branches
from policyc.ir.authz import All, Atom, Policy, Statement
from policyc.ir.conditions import atoms
from policyc.lint.callers import anonymous_facts, is_identity, open_statements
from policyc.lint.rule import Lint
from policyc.model.values import Resource
from policyc.record import record, replace

NETWORK = "lattice.service_network"
SERVICE = "lattice.service"
_ORIGIN = ("vpc-lattice-svcs:sourcevpc", "aws:sourcevpc", "aws:sourceip", "aws:vpcsourceip", "aws:vpceaccount")
#: where the keys of headers begin
HEADER = "vpc-lattice-svcs:requestheader/"


@record
class Door:
    """An allow of `policy` that lets callers without a signature in, on a service that they can reach. `tests` are the tests of the
    statement that such a caller passes."""

    policy: Policy
    statement: Statement
    resource: Resource
    tests: tuple[Atom, ...]

    @property
    def negated(self) -> Atom | None:
        """The first test about identity that an unsigned request passes for lack of one."""
        return next((atom for atom in self.tests if atom.negated and is_identity(atom.attribute)), None)

    @property
    def origin(self) -> Atom | None:
        """The first test about the network that the request comes from."""
        return next((atom for atom in self.tests if atom.attribute.native.lower().startswith(_ORIGIN)), None)

    @property
    def header(self) -> Atom | None:
        """The first test of a header."""
        found = (atom for atom in self.tests if atom.attribute.native.lower().startswith(HEADER))
        return next((atom for atom in found if not atom.negated), None)


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


def doors(lint: Lint) -> list[Door]:
    """Every allow through which unsigned callers reach a service."""
    return lint.once("doors", _find_doors)


def _find_doors(lint: Lint) -> list[Door]:
    found: dict[tuple[str, int, str], Door] = {}
    for service in services(lint):
        network = network_of(lint, service)
        if network is not None and checks(network) and not open_statements(policies_for(lint, network, service)):
            continue
        gate = service if checks(service) else network
        if gate is None or not checks(gate):
            continue
        for policy, statement in open_statements(policies_for(lint, gate, service if gate is network else None)):
            found.setdefault((policy.file, statement.index, policy.name), _door(policy, statement, service))
    carried = {service.link("network") for service in services(lint)}
    for resource in lint.program.resources.values():
        if resource.type == NETWORK and checks(resource) and resource.id not in carried:
            for policy, statement in open_statements(policies_for(lint, resource)):
                found.setdefault((policy.file, statement.index, policy.name), _door(policy, statement, resource))
    return list(found.values())


def _door(policy: Policy, statement: Statement, resource: Resource) -> Door:
    own = set(atoms(statement.when))
    goals = [(item, True) for item in (statement.when.items if isinstance(statement.when, All) else (statement.when,))]
    try:
        held = next(branches(goals, anonymous_facts), ())
    except TooLarge:
        held = ()
    return Door(policy, statement, resource, tuple(atom for atom in held if atom in own))
