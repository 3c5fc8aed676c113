"""A whole checked project: what every target, rule and command works on."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.ir.authz import Policy
from policyc.model.values import Principal, Resource, ResourceLink
from policyc.per_object import PerObject
from policyc.record import record
from policyc.text import Source

if TYPE_CHECKING:
    from policyc.model.scope import Scope
    from policyc.syntax import nodes


@record
class BoundNetwork:
    """A `network` with the scope that its expressions are read in."""

    node: nodes.Network
    scope: Scope
    file: str

    @property
    def name(self) -> str:
        return self.node.name.text


@record
class BoundTest:
    """A `test` with the scope that its expressions are read in."""

    node: nodes.InlineTest
    scope: Scope
    file: str


@record
class BoundProof:
    """A `prove` with the scope that its expressions are read in."""

    node: nodes.Prove
    scope: Scope
    file: str


@record
class Program:
    """`resources` is keyed by `Resource.id`, `scopes` by file; `principals` are the declared ones in order of file and
    place; `switches` holds the project's choices where the platform leaves a question open. `widest` are the policies with each statement
    that could not be read in `policies` as wide as can be, and `unread` has by file what was not compiled because of an error in the text."""

    sources: Mapping[str, Source]
    modules: Mapping[str, nodes.Module]
    resources: Mapping[str, Resource]
    principals: tuple[Principal, ...]
    policies: tuple[Policy, ...]
    networks: tuple[BoundNetwork, ...]
    tests: tuple[BoundTest, ...]
    scopes: Mapping[str, Scope] = MappingProxyType({})
    switches: Mapping[str, str] = MappingProxyType({})
    proofs: tuple[BoundProof, ...] = ()
    widest: tuple[Policy, ...] = ()
    unread: Mapping[str, tuple[nodes.Declaration | nodes.Damaged, ...]] = MappingProxyType({})

    def resource(self, link: str | None) -> Resource | None:
        """The resource with this id, None for None or an unknown id."""
        return self.resources.get(link) if link else None

    def policies_on(self, resource: Resource) -> tuple[Policy, ...]:
        """The policies attached to a resource, in order of declaration."""
        return _by_resource(self.policies).get(resource.id, ())

    def linked_to(self, resource: Resource, type: str, name: str) -> tuple[Resource, ...]:
        """The resources of a type whose field `name` names this resource, in order of declaration."""
        return _by_link(self.resources).get((type, name, resource.id), ())


def _policies_by_resource(policies: tuple[Policy, ...]) -> dict[str, tuple[Policy, ...]]:
    found: dict[str, list[Policy]] = {}
    for policy in policies:
        if isinstance(policy.on, Resource):
            found.setdefault(policy.on.id, []).append(policy)
    return {key: tuple(held) for key, held in found.items()}


def _resources_by_link(resources: Mapping[str, Resource]) -> dict[tuple[str, str, str], tuple[Resource, ...]]:
    """Resources by their type, the field that names another one, and the id of that one."""
    found: dict[tuple[str, str, str], list[Resource]] = {}
    for resource in resources.values():
        for name, value in resource.fields:
            if isinstance(value.data, ResourceLink):
                found.setdefault((resource.type, name, value.data.id), []).append(resource)
    return {key: tuple(held) for key, held in found.items()}


_by_resource = PerObject(_policies_by_resource, 64)
_by_link = PerObject(_resources_by_link, 64)


def find_network(program: Program, scope: Scope, ref: nodes.Ref, diagnostics: Diagnostics) -> BoundNetwork | None:
    """The network that a test names, through the names of its file."""
    definition = scope.lookup(ref.simple or "")
    if definition is not None:
        for network in program.networks:
            if network.file == definition.file and network.name == definition.node.name.text:
                return network
    elsewhere = next((network for network in program.networks if network.name == ref.text), None)
    help = (
        f"{import_of(elsewhere)} above the declarations"
        if elsewhere is not None
        else did_you_mean(
            ref.text,
            [item.name for item in networks_seen(program, scope)],
            "declare it with `network`, or import it with `use`",
        )
    )
    diagnostics.error("unknown-network", f"no network is named `{ref.text}` here", ref.span, help)
    return None


def networks_seen(program: Program, scope: Scope) -> list[BoundNetwork]:
    """The networks that a file declares or imports."""
    return [item for item in program.networks if (found := scope.lookup(item.name)) and found.file == item.file]


def import_of(network: BoundNetwork) -> str:
    """What another file says to use a network."""
    return f'write `use "{network.file}" {{ {network.name} }}`'
