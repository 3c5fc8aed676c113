"""What a template says of the resources around its documents: who checks callers, which service stands behind which network, which trust providers there are."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from policyc.carriers.cloudformation.attached import attached_facts
from policyc.carriers.cloudformation.named import TYPES, called, label_of
from policyc.carriers.cloudformation.permissions import ON
from policyc.carriers.cloudformation.template import Resource, Template
from policyc.carriers.cloudformation.wiring import logical, pointed, wired
from policyc.carriers.embedded import Companion
from policyc.carriers.types import DocumentType
from policyc.syntax.json_tree import JsonArray, JsonObject, JsonString, JsonValue

_GATES: Final = {
    "AWS::VpcLattice::Service": "lattice.service",
    "AWS::VpcLattice::ServiceNetwork": "lattice.service_network",
}
_POLICY: Final = "AWS::VpcLattice::AuthPolicy"
_ASSOCIATION: Final = "AWS::VpcLattice::ServiceNetworkServiceAssociation"
_AUTH: Final = {"AWS_IAM": "aws_iam", "NONE": "none"}
_PROVIDER: Final = "AWS::EC2::VerifiedAccessTrustProvider"
_GROUP: Final = "AWS::EC2::VerifiedAccessGroup"
#: kind of document -> the type of what carries it
_CARRIED: Final = {
    "bucket": "s3.bucket",
    "access-point": "s3.access_point",
    "object-lambda": "object_lambda.access_point",
    "function": "lambda.function",
}
_ENDPOINT: Final = "AWS::EC2::VerifiedAccessEndpoint"
_OPTIONS: Final = ("LoadBalancerOptions", "NetworkInterfaceOptions", "RdsOptions", "CidrOptions")
_SPOKEN: Final = frozenset({"http", "https", "tcp"})
_USER_TYPES: Final = {"iam-identity-center": "iam_identity_center", "oidc": "oidc"}
_DEVICE_TYPES: Final = {"jamf": "jamf", "crowdstrike": "crowdstrike", "jumpcloud": "jumpcloud"}


def companions(template: Template, unread: Collection[str]) -> Iterator[Companion]:
    """What documents are judged with: the gates of VPC Lattice whose auth type is known, with the network of each service, and the resources of Object Lambda chains. Gates whose policy cannot be read (`unread` names such resources) are left
    out, and where a policy may be on any of them, those that no policy is on for certain."""
    attached: dict[str, str] = {}
    anywhere = False
    for resource in template.resources.values():
        if resource.type == _POLICY:
            on = resource.properties.get("ResourceIdentifier")
            attached[resource.name] = logical(on)
            anywhere |= not isinstance(on, JsonString) and not attached[resource.name]
    lost = {on for name, on in attached.items() if name in unread}
    networks: dict[str, set[str]] = {}
    for resource in template.resources.values():
        if resource.type == _ASSOCIATION:
            service = logical(resource.properties.get("ServiceIdentifier"))
            network = logical(resource.properties.get("ServiceNetworkIdentifier"))
            if service:
                networks.setdefault(service, set()).add(network)
    for resource in template.resources.values():
        kind = _GATES.get(resource.type)
        auth = _auth(resource) if kind is not None else ""
        if kind is None or not auth or resource.name in lost:
            continue
        if anywhere and resource.name not in attached.values():
            continue
        # requests to a service in several networks come through one that nobody can tell
        found = networks.get(resource.name, set())
        network = next(iter(found)) if len(found) == 1 else ""
        links = {"network": network} if network in template.resources else {}
        yield Companion(resource.name, kind, resource.name_span, {"auth": auth}, links)
    yield from (item for item in wired(template) if item.name not in unread)
    yield from _without_policy(template)


def _without_policy(template: Template) -> Iterator[Companion]:
    """The groups of Verified Access without a policy. What one on an endpoint alone does is not documented: groups of such endpoints are left out."""
    groups = [one for one in template.resources.values() if one.type == _GROUP and not _is_stated(one)]
    own = [one for one in template.resources.values() if one.type == _ENDPOINT and _is_stated(one)] if groups else []
    led = {logical(one.properties.get("VerifiedAccessGroupId")) for one in own}
    for group in groups:
        if group.name not in led and "" not in led and group.problem is None:
            yield Companion(group.name, "verified_access.group", group.name_span, {})


def _is_stated(resource: Resource) -> bool:
    return resource.properties.get("PolicyDocument") is not None


def _auth(resource: Resource) -> str:
    """The auth type as the language calls it; empty when it is not known."""
    found = resource.properties.get("AuthType")
    if found is None:
        return "none"
    return _AUTH.get(found.value, "") if isinstance(found, JsonString) else ""


def _meaning(condition: str, template: Template) -> str:
    """What a condition says, with those that it leads to."""
    said: dict[str, object] = {}
    left: list[JsonValue | None] = [JsonString(condition, template.source.span(0, 0))]
    while left:
        value = left.pop()
        if isinstance(value, JsonString) and value.value not in said:
            tree = template.section("Conditions", value.value)
            said[value.value] = None if tree is None else tree.plain()
            left.append(tree if isinstance(tree, JsonObject | JsonArray) else None)
        elif isinstance(value, JsonArray):
            left += [item for item in value.items if not isinstance(item, JsonString)]
        elif isinstance(value, JsonObject):
            left += [
                one.value for one in value.members if one.key == "Condition" or not isinstance(one.value, JsonString)
            ]
    return json.dumps(said, sort_keys=True, default=str)


def facts_of(resource: Resource, template: Template, kind: DocumentType) -> Mapping[str, str]:
    """What is known of one document beside its text."""
    facts: dict[str, str] = {}
    on = ON.get(resource.type, kind.on)
    named = resource.properties.get(on) if on else None
    attached = (
        resource.name
        if resource.type in TYPES
        else logical(named) or pointed(named, template, _CARRIED.get(kind.kind, ""))
    )
    if attached in template.resources:
        facts["resource"] = attached
        auth = _auth(template.resources[attached]) if template.resources[attached].type in _GATES else ""
        if auth:
            facts["auth-type"] = auth
    elif isinstance(named, JsonString):
        facts["resource"] = facts["called"] = named.value
    carrier = template.resources.get(attached, resource)
    if name := called(carrier):
        facts["called"] = name
    facts |= label_of(carrier, kind.kind)
    facts |= attached_facts(resource, template, kind, on)
    if resource.condition:
        facts["there"] = f"{resource.condition} {_meaning(resource.condition, template)}"
    if kind.kind == "cedar":
        trust = dict(_trust(template))
        if trust:
            facts["trust"] = ",".join(f"{name}={type_}" for name, type_ in trust.items())
        if resource.type == _ENDPOINT and (protocol := _protocol(resource)):
            facts["endpoint-protocol"] = protocol
        group = logical(resource.properties.get("VerifiedAccessGroupId")) if resource.type == _ENDPOINT else ""
        if group in template.resources and all(_is_on(one) for one in (resource, template.resources[group])):
            facts["group"] = group
    return facts


def _is_on(resource: Resource) -> bool:
    """Whether the policy of a group or an endpoint is not switched off."""
    on = resource.properties.get("PolicyEnabled")
    return on is None or on.plain() in (True, "true")


def _protocol(endpoint: Resource) -> str:
    """What an endpoint of Verified Access speaks: `http`, `https` or `tcp`; empty where that is not written out."""
    kind = endpoint.properties.get("EndpointType")
    if isinstance(kind, JsonString) and kind.value == "cidr":
        return "tcp"
    for name in _OPTIONS:
        options = endpoint.properties.get(name)
        found = options.get("Protocol") if isinstance(options, JsonObject) else None
        if isinstance(found, JsonString):
            return found.value.lower() if found.value.lower() in _SPOKEN else ""
    return ""


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
