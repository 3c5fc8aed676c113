"""What a template says of the resources around its documents: who checks callers, which service stands behind which network, which trust providers there are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from policyc.carriers.cloudformation.lowering import intrinsic
from policyc.carriers.cloudformation.template import Resource, Template
from policyc.carriers.embedded import Companion
from policyc.carriers.types import DocumentType
from policyc.syntax.json_tree import JsonArray, JsonString, JsonValue

_GATES: Final = {
    "AWS::VpcLattice::Service": "lattice.service",
    "AWS::VpcLattice::ServiceNetwork": "lattice.service_network",
}
_POLICY: Final = "AWS::VpcLattice::AuthPolicy"
_SUB: Final = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.[A-Za-z]+)?\}")
_ASSOCIATION: Final = "AWS::VpcLattice::ServiceNetworkServiceAssociation"
_AUTH: Final = {"AWS_IAM": "aws_iam", "NONE": "none"}
_PROVIDER: Final = "AWS::EC2::VerifiedAccessTrustProvider"
_USER_TYPES: Final = {"iam-identity-center": "iam_identity_center", "oidc": "oidc"}
_DEVICE_TYPES: Final = {"jamf": "jamf", "crowdstrike": "crowdstrike", "jumpcloud": "jumpcloud"}


def companions(template: Template, unread: Collection[str]) -> Iterator[Companion]:
    """The gates of VPC Lattice whose auth type is known, with the network of each service. Those whose policy cannot be read (`unread` names such resources) are left
    out, and where a policy may be on any of them, those that no policy is on for certain."""
    attached: dict[str, str] = {}
    anywhere = False
    for resource in template.resources.values():
        if resource.type == _POLICY:
            on = resource.properties.get("ResourceIdentifier")
            attached[resource.name] = logical(on)
            anywhere |= not isinstance(on, JsonString) and not attached[resource.name]
    lost = {on for name, on in attached.items() if name in unread}
    networks: dict[str, str] = {}
    for resource in template.resources.values():
        if resource.type == _ASSOCIATION:
            service = logical(resource.properties.get("ServiceIdentifier"))
            network = logical(resource.properties.get("ServiceNetworkIdentifier"))
            if service and network:
                networks[service] = network
    for resource in template.resources.values():
        kind = _GATES.get(resource.type)
        auth = _auth(resource) if kind is not None else ""
        if kind is None or not auth or resource.name in lost:
            continue
        if anywhere and resource.name not in attached.values():
            continue
        network = networks.get(resource.name, "")
        links = {"network": network} if network in template.resources else {}
        yield Companion(resource.name, kind, resource.name_span, {"auth": auth}, links)


def _auth(resource: Resource) -> str:
    """The auth type as the language calls it; empty when it is not known."""
    found = resource.properties.get("AuthType")
    if found is None:
        return "none"
    return _AUTH.get(found.value, "") if isinstance(found, JsonString) else ""


def logical(value: JsonValue | None) -> str:
    """The resource of the template that a value refers to, empty for anything else."""
    made = None if value is None else intrinsic(value)
    if made is None:
        return ""
    name, argument, _ = made
    if name == "Ref" and isinstance(argument, JsonString):
        return argument.value
    if name == "GetAtt" and isinstance(argument, JsonString):
        return argument.value.partition(".")[0]
    if name == "Sub" and isinstance(argument, JsonString) and (found := _SUB.fullmatch(argument.value)):
        return found[1]
    if name == "GetAtt" and isinstance(argument, JsonArray) and argument.items:
        first = argument.items[0]
        return first.value if isinstance(first, JsonString) else ""
    return ""


def facts_of(resource: Resource, template: Template, kind: DocumentType) -> Mapping[str, str]:
    """What is known of one document beside its text."""
    facts: dict[str, str] = {}
    attached = logical(resource.properties.get(kind.on)) if kind.on else ""
    if attached in template.resources:
        facts["resource"] = attached
        auth = _auth(template.resources[attached]) if template.resources[attached].type in _GATES else ""
        if auth:
            facts["auth-type"] = auth
    elif kind.on and isinstance(found := resource.properties.get(kind.on), JsonString):
        facts["resource"] = found.value
    if kind.kind == "cedar":
        trust = dict(_trust(template))
        if trust:
            facts["trust"] = ",".join(f"{name}={type_}" for name, type_ in trust.items())
    return facts


def _trust(template: Template) -> Iterator[tuple[str, str]]:
    """The trust providers that are written out, by their policy reference names."""
    for resource in template.resources.values():
        if resource.type != _PROVIDER:
            continue
        name = resource.properties.get("PolicyReferenceName")
        for key, known in (("UserTrustProviderType", _USER_TYPES), ("DeviceTrustProviderType", _DEVICE_TYPES)):
            found = resource.properties.get(key)
            if isinstance(name, JsonString) and isinstance(found, JsonString) and found.value in known:
                yield name.value, known[found.value]
