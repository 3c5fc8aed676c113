"""What a configuration says around its documents: the resources that they are attached to, and what those say of themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from policyc.carriers.embedded import SERVICE, Companion, Wiring, known_as
from policyc.carriers.terraform.attached import (
    ATTACHED,
    ATTACHING,
    ON,
    Attachments,
    address_of,
    attached_facts,
    attachments,
    callers,
    known_arn,
)
from policyc.carriers.terraform.bodies import Inner, blocks_of
from policyc.carriers.terraform.chains import TYPES as BEHIND
from policyc.carriers.terraform.chains import wirings
from policyc.carriers.terraform.expressions import Undecided, Work
from policyc.carriers.terraform.modules import ResourceInstance
from policyc.carriers.terraform.values import Failed, Fields, Text, Value
from policyc.holes import has_hole
from policyc.record import record, replace

#: resource type -> what the language calls it, and the argument that is its name
_TYPES: Final[Mapping[str, tuple[str, str]]] = {
    "aws_vpclattice_service": ("lattice.service", "name"),
    "aws_vpclattice_service_network": ("lattice.service_network", "name"),
    "awscc_vpclattice_service": ("lattice.service", "name"),
    "awscc_vpclattice_service_network": ("lattice.service_network", "name"),
    "aws_verifiedaccess_group": ("verified_access.group", ""),
    "aws_verifiedaccess_endpoint": ("verified_access.endpoint", ""),
    "aws_s3_bucket": ("s3.bucket", "bucket"),
    "aws_s3_access_point": ("s3.access_point", "name"),
    "aws_lambda_function": ("lambda.function", "function_name"),
    "aws_s3control_object_lambda_access_point": ("object_lambda.access_point", "name"),
}
#: resource type that carries documents itself -> the argument that is its name
_NAMED: Final[Mapping[str, str]] = {"aws_iam_role": "name", "aws_iam_user": "name"}
AUTH_POLICIES: Final = ("aws_vpclattice_auth_policy", "awscc_vpclattice_auth_policy")
#: what else tells how resources hang together
_LINKS: Final = frozenset(
    {
        "aws_vpclattice_service_network_service_association",
        "awscc_vpclattice_service_network_service_association",
        "aws_verifiedaccess_instance_trust_provider_attachment",
        "aws_verifiedaccess_trust_provider",
    }
)
#: how the names of directory buckets end
#: (https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-bucket-naming-rules.html)
_DIRECTORY: Final = "--x-s3"
_NETWORK: Final = "lattice.service_network"
_AUTH: Final = {"AWS_IAM": "aws_iam", "NONE": "none"}
_SPOKEN: Final = frozenset({"http", "https", "tcp"})
_OPTIONS: Final = ("load_balancer_options", "network_interface_options", "rds_options", "cidr_options")


def is_context(type: str) -> bool:
    """Whether resources of a type tell something that documents are judged with."""
    return type in _TYPES or type in _LINKS or type in ATTACHING or type in BEHIND


@record
class Around:
    """Everything of one tree of modules that documents are judged with: companions by address, for each Verified Access instance
    its trust providers (`name=type,…`), the groups without a policy, what each policy is attached to, what stands behind Object Lambda access points, and the
    roles and users all of whose policies are there, where somebody asks for them; `told` are addresses by the ARNs and ids that a plan knows. What one on an endpoint alone does is not documented: groups of
    such endpoints are left out."""

    companions: Mapping[str, Companion]
    trust: Mapping[str, str]
    bare: frozenset[str]
    attached: Attachments
    chains: tuple[Wiring, ...]
    told: Mapping[str, str]
    callers: Mapping[str, str]


def around(instances: Iterable[ResourceInstance], work: Work) -> Around:
    """What the resources say of themselves; what cannot be worked out is left out."""
    all = [item for item in instances if item.placed.block.type == "resource" and is_context(item.type)]
    found: dict[str, Companion] = {}
    for item in all:
        made = _companion(item, work)
        if made is not None:
            found[item.address] = made
    told = dict(_by_id(all, work))
    names = {type: {**known, **told} for type, known in _by_name(all, work).items()}
    for item in all:
        for holder, field, other in _links(item, names, work):
            if holder in found:
                known = found[holder].links
                single = other in found and known.get(field, other) == other
                found[holder] = replace(found[holder], links={**known, field: other if single else ""})
    own = {
        address_of(_argument(item, "verified_access_group_id", work), {}, work)
        for item in all
        if item.type == "aws_verifiedaccess_endpoint" and "policy_document" in item.body.arguments
    }
    groups = {
        item.address
        for item in all
        if item.type == "aws_verifiedaccess_group" and "policy_document" not in item.body.arguments
    }
    bare = frozenset(groups - own if "" not in own else ())
    attached = attachments(all, names, work)
    chains = tuple(wirings(all, attached, work))
    asked = chains or any(item.type == SERVICE for item in found.values())
    held = callers(all, attached, work) if asked else {}
    return Around(found, _trust(all, work), bare, attached, chains, told, held)


def facts_of(instance: ResourceInstance, kind: str, known: Around, work: Work) -> dict[str, str]:
    """The facts of a document's resource (`policyc.carriers.embedded.Embedded`)."""
    facts: dict[str, str] = {}
    attached, on = ATTACHED.get(instance.type), ""
    if attached is not None:
        names = known.attached.resources[ON[instance.type]] if instance.type in ON else known.told
        on = address_of(_argument(instance, attached, work), names, work)
        if on in known.companions:
            facts["resource"] = on
        if name := _called(instance, attached, on, known, work):
            facts["called"] = name
    elif instance.address in known.companions:
        facts["resource"] = instance.address
    elif instance.type in _NAMED and (name := _text(instance, _NAMED[instance.type], work)):
        facts["called"] = name
    facts |= _label(instance, kind, on, work) | attached_facts(instance, kind, known.attached, work)
    if instance.type == "aws_verifiedaccess_group":
        trust = known.trust.get(address_of(_argument(instance, "verifiedaccess_instance_id", work), {}, work))
    elif instance.type == "aws_verifiedaccess_endpoint":
        trust = _trust_of_endpoint(instance, known, work)
        if protocol := _protocol(instance, work):
            facts["endpoint-protocol"] = protocol
        if group := address_of(_argument(instance, "verified_access_group_id", work), {}, work):
            facts["group"] = group
    else:
        trust = None
    if trust:
        facts["trust"] = trust
    return facts


def kind_of(instance: ResourceInstance, kind: str, work: Work) -> str:
    """The kind of a document: the policy of a directory bucket has actions and ARNs of S3 Express, as no other bucket's has."""
    if instance.type != "aws_s3_bucket_policy":
        return kind
    on = _argument(instance, "bucket", work)
    named = isinstance(on, Text) and on.value.endswith(_DIRECTORY)
    return "resource" if named or "aws_s3_directory_bucket." in address_of(on, {}, work) else kind


def _called(instance: ResourceInstance, attached: str, on: str, known: Around, work: Work) -> str:
    """The name or the ARN of what a document is attached to: its own, or what is written for it."""
    carrier = work.instances.get(on)
    named = _TYPES.get(carrier.type, ("", ""))[1] if isinstance(carrier, ResourceInstance) else ""
    own = _text(carrier, named, work) if isinstance(carrier, ResourceInstance) and named else ""
    return own or _text(instance, attached, work)


def _label(instance: ResourceInstance, kind: str, on: str, work: Work) -> dict[str, str]:
    """The fact `known-as` of a document of a resource, or of one that is attached to it."""
    carrier = work.instances.get(on, instance) if on else instance
    if not isinstance(carrier, ResourceInstance):
        return {}
    tags = _argument(carrier, "tags", work)
    tag = tags.get("Name") if isinstance(tags, Fields) else tags
    held = (tag, *(_argument(carrier, name, work) for name in ("application_domain", "description")))
    return known_as(kind, *("" if one is None else one.value if isinstance(one, Text) else None for one in held))


def _trust_of_endpoint(instance: ResourceInstance, known: Around, work: Work) -> str | None:
    group = work.instances.get(address_of(_argument(instance, "verified_access_group_id", work), {}, work))
    if not isinstance(group, ResourceInstance):
        return None
    return known.trust.get(address_of(_argument(group, "verifiedaccess_instance_id", work), {}, work))


def _argument(instance: ResourceInstance, name: str, work: Work) -> Value | None:
    """An argument, None when it is not written or cannot be worked out."""
    try:
        return instance.argument(name, work)
    except (Failed, Undecided):
        return None


def _text(instance: ResourceInstance, name: str, work: Work) -> str:
    value = _argument(instance, name, work)
    return value.value if isinstance(value, Text) and not has_hole(value.value) else ""


def _companion(item: ResourceInstance, work: Work) -> Companion | None:
    if item.type not in _TYPES:
        return None
    type, named = _TYPES[item.type]
    fields: dict[str, str] = {}
    if type.startswith("lattice."):
        written = "auth_type" in item.body.arguments
        auth = _AUTH.get(_text(item, "auth_type", work), "") if written else "none"
        if auth:
            fields["auth"] = auth
        if arn := known_arn(item, work):
            fields["arn"] = arn
    elif type == "verified_access.endpoint":
        protocol = _protocol(item, work)
        if protocol:
            fields["protocol"] = protocol
    elif _text(item, named, work):
        fields["name"] = _text(item, named, work)
    return Companion(item.address, type, item.placed.block.head, fields)


def _protocol(item: ResourceInstance, work: Work) -> str:
    """What an endpoint speaks: `http`, `https` or `tcp`; empty where that is not written out."""
    if _text(item, "endpoint_type", work) == "cidr":
        return "tcp"
    for name in _OPTIONS:
        try:
            for inner in blocks_of(item.body, name, item.scope, work):
                found = inner.argument("protocol", work)
                if found is not None and isinstance(found[1], Text):
                    return found[1].value.lower() if found[1].value.lower() in _SPOKEN else ""
        except (Failed, Undecided):
            continue
    return ""


def _by_name(items: Iterable[ResourceInstance], work: Work) -> dict[str, dict[str, str]]:
    """The addresses of resources by their type, as the language calls it, and the name that is written for them; those whose name no other has under an empty type as well."""
    found: dict[str, dict[str, list[str]]] = {"": {}, **{type: {} for type, _ in _TYPES.values()}}
    for item in items:
        type, named = _TYPES.get(item.type, ("", ""))
        if named and (name := _text(item, named, work)):
            for known in (found[""], found[type]):
                known.setdefault(name, []).append(item.address)
    return {type: {name: held[0] for name, held in known.items() if len(held) == 1} for type, known in found.items()}


def _by_id(items: Iterable[ResourceInstance], work: Work) -> Iterator[tuple[str, str]]:
    """The addresses of resources by what AWS calls them and nobody else: their ARNs and the ids that it makes up, which plans know."""
    for item in items:
        if item.type in _TYPES or item.type in _NAMED:
            for text in (known_arn(item, work), _text(item, "id", work)):
                if text.startswith(("arn:", "svc-", "sn-")):
                    yield text, item.address


def _links(
    item: ResourceInstance, names: Mapping[str, Mapping[str, str]], work: Work
) -> Iterator[tuple[str, str, str]]:
    """A companion, a field of it, and the companion that it leads to."""

    def at(argument: str, type: str) -> str:
        return address_of(_argument(item, argument, work), names[type], work)

    match item.type:
        case (
            "aws_vpclattice_service_network_service_association"
            | "awscc_vpclattice_service_network_service_association"
        ):
            service, network = at("service_identifier", SERVICE), at("service_network_identifier", _NETWORK)
            yield service, "network", network
        case "aws_verifiedaccess_endpoint":
            yield item.address, "group", at("verified_access_group_id", "verified_access.group")
        case "aws_s3_access_point":
            yield item.address, "bucket", at("bucket", "s3.bucket")
        case "aws_s3control_object_lambda_access_point":
            yield from _wiring(item, names, work)
        case _:
            return


def _wiring(
    item: ResourceInstance, names: Mapping[str, Mapping[str, str]], work: Work
) -> Iterator[tuple[str, str, str]]:
    """The access point and the function behind an Object Lambda access point."""
    for configuration in _inner(Inner(item.body, item.scope, item.placed.block.head), "configuration", work):
        yield item.address, "supporting", _at(configuration, "supporting_access_point", names["s3.access_point"], work)
        for transformation in _inner(configuration, "transformation_configuration", work):
            for content in _inner(transformation, "content_transformation", work):
                for function in _inner(content, "aws_lambda", work):
                    yield item.address, "function", _at(function, "function_arn", names["lambda.function"], work)


def _inner(inner: Inner, type: str, work: Work) -> list[Inner]:
    try:
        return list(blocks_of(inner.body, type, inner.scope, work))
    except (Failed, Undecided):
        return []


def _at(inner: Inner, argument: str, names: Mapping[str, str], work: Work) -> str:
    try:
        found = inner.argument(argument, work)
    except (Failed, Undecided):
        return ""
    return "" if found is None else address_of(found[1], names, work)


def _trust(items: Iterable[ResourceInstance], work: Work) -> dict[str, str]:
    """The trust providers of each Verified Access instance whose attachments are all here."""
    providers = {
        item.address: _provider(item, work) for item in items if item.type == "aws_verifiedaccess_trust_provider"
    }
    found: dict[str, list[str]] = {}
    unknown: set[str] = set()
    for item in items:
        if item.type != "aws_verifiedaccess_instance_trust_provider_attachment":
            continue
        instance = address_of(_argument(item, "verifiedaccess_instance_id", work), {}, work)
        provider = address_of(_argument(item, "verifiedaccess_trust_provider_id", work), {}, work)
        if providers.get(provider):
            found.setdefault(instance, []).append(providers[provider])
        else:
            unknown.add(instance)
    return {instance: ",".join(pairs) for instance, pairs in found.items() if instance and instance not in unknown}


def _provider(item: ResourceInstance, work: Work) -> str:
    name = _text(item, "policy_reference_name", work)
    type = _text(item, "user_trust_provider_type", work) or _text(item, "device_trust_provider_type", work)
    return f"{name}={type.replace('-', '_')}" if name and type else ""


def context_types() -> tuple[str, ...]:
    return (*_TYPES, *_LINKS, *ATTACHING, *BEHIND)
