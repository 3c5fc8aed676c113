"""What a set of documents says together: which auth policy is a service network's, and which services stand behind it.

An auth policy does not say what it is attached to. Given several, those that name paths or the ARN of exactly one service are
taken for the policies of these services; one that names no single service, while all the others do, is their network's.
Otherwise each document is looked at alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from policyc.ir.authz import Policy
from policyc.lint.paths import BARE_SERVICE, SERVICE
from policyc.model.types import RESOURCE
from policyc.model.values import Resource, ResourceLink, Value
from policyc.record import replace

AUTH_POLICY = "auth-policy"
#: stands for a resource that may be of any service
ANY = "*"


def joined(policies: Sequence[Policy]) -> list[Policy]:
    """The policies, with the services among them linked to their network where the set tells which one it is."""
    auth = [policy for policy in policies if policy.kind == AUTH_POLICY and isinstance(policy.on, Resource)]
    wide = [policy for policy in auth if len(named := services_of(policy)) != 1 or ANY in named]
    if len(auth) < 2 or len(wide) != 1:
        return list(policies)
    network = wide[0]
    assert isinstance(network.on, Resource)
    mesh = replace(network.on, type="lattice.service_network")
    link = ("network", Value(RESOURCE, ResourceLink(mesh.id, mesh.name), mesh.span))
    return [_placed(policy, network, mesh, link) for policy in policies]


def _placed(policy: Policy, network: Policy, mesh: Resource, link: tuple[str, Value]) -> Policy:
    if policy is network:
        return replace(policy, on=mesh)
    if policy.kind == AUTH_POLICY and isinstance(policy.on, Resource):
        return replace(policy, on=replace(policy.on, fields=(*policy.on.fields, link)))
    return policy


def services_of(policy: Policy) -> set[str]:
    """The services that the resources of a policy name, with or without a path; what a deny says of all of them is left out."""
    found: set[str] = set()
    for statement in policy.statements:
        for glob in statement.resources.patterns if statement.resources is not None else ():
            path = SERVICE.fullmatch(glob.text)
            bare = BARE_SERVICE.fullmatch(glob.text)
            if glob.text != "*" or statement.effect == "allow":
                found.add(path[1] if path is not None else glob.text if bare is not None else ANY)
    return found
