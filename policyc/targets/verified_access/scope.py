"""Which attributes a group or an endpoint sees: request data by protocol, trust data by the group's trust providers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from policyc.data import read_json
from policyc.model.values import Principal, Resource
from policyc.model.vocabulary import Vocabulary, load_vocabulary
from policyc.per_object import PerObject
from policyc.record import record, replace
from policyc.targets.cedar_documents.claims import declared, entries
from policyc.targets.cedar_documents.facts import KEY, Fact, language_name, read_fact

GROUP = "verified_access.group"
ENDPOINT = "verified_access.endpoint"

#: What `context` holds on its own; a trust provider cannot go by these names.
REQUEST_ROOTS = ("http_request", "tcp_flow")


@record
class TrustType:
    """A kind of trust provider. `open` ones (OIDC) may send more than is documented; `names` are what people call one,
    and one of a `device` tells of what not every user has."""

    name: str
    doc: str
    source: str
    open: bool
    attributes: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
    names: tuple[str, ...] = ()
    device: bool = False


def vocabulary() -> Vocabulary:
    """The target's own words; trust data is not in it, because its names depend on the group (see `facts`)."""
    return load_vocabulary("verified_access")


@cache
def trust_data() -> Mapping[str, Mapping[str, Any]]:
    """What is documented of every kind of trust provider, by the word of the `trust` field."""
    found: Mapping[str, Mapping[str, Any]] = read_json("schemas/verified_access/trust.json")["types"]
    return found


@cache
def trust_types() -> Mapping[str, TrustType]:
    """Every kind of trust provider by the word of the `trust` field."""
    return {
        name: TrustType(
            name,
            entry["doc"],
            entry["source"],
            entry["open"],
            entry["attributes"],
            tuple(entry["names"]),
            entry["kind"] == "device",
        )
        for name, entry in trust_data().items()
    }


def guess_type(name: str, reads: Iterable[tuple[str, ...]]) -> str:
    """The type that a trust provider seems to have: the one documented type with an attribute that is read below its name, else the
    type that its name speaks of. Empty when there is none or several."""
    wanted = set(reads)
    fitting = [
        word
        for word, kind in trust_types().items()
        if not kind.open and any(_steps(path) in wanted for path in kind.attributes)
    ]
    named = [word for word, kind in trust_types().items() if any(one in name.lower() for one in (word, *kind.names))]
    return fitting[0] if len(fitting) == 1 else named[0] if len(named) == 1 else ""


@cache
def _two_formed() -> frozenset[str]:
    """Attributes that are a number in one source and text in another."""
    data = read_json("schemas/verified_access/vocabulary.json")
    return frozenset(data["switches"]["port-form"]["attributes"])


def group_of(resource: Resource, resources: Mapping[str, Resource]) -> Resource | None:
    """The group that a resource is or belongs to."""
    if resource.type == GROUP:
        return resource
    link = resource.link("group")
    return resources.get(link) if link else None


def facts(on: Resource | Principal, resources: Mapping[str, Resource]) -> Mapping[str, Fact]:
    """Every attribute that a policy on `on` may use, by language name.

    A malformed `trust`, `references` or `claims` entry adds nothing here; `check_resource` reports it.
    """
    if not isinstance(on, Resource) or on.type not in (GROUP, ENDPOINT):
        return {}
    out = {fact.attribute.name: fact for fact in _request_facts(on, resources)}
    group = group_of(on, resources)
    if group is not None:
        out |= {fact.attribute.name: fact for fact in _trust_facts(group)}
    return out


def other_protocol(known: Mapping[str, Fact], name: str) -> str:
    """What to say of request data that another kind of endpoint has; empty for any other name."""
    root = name.split(".", 1)[0]
    if root not in REQUEST_ROOTS or any(fact.path[0] == root for fact in known.values()):
        return ""
    if root == "tcp_flow":
        return "a request to an http or https endpoint has `http_request`; `tcp_flow` belongs to tcp endpoints"
    return "a request to a tcp endpoint has `tcp_flow`; `http_request` belongs to http and https endpoints"


def _request_facts(on: Resource, resources: Mapping[str, Resource]) -> Iterator[Fact]:
    protocol = on.text("protocol") if on.type == ENDPOINT else ""
    seen = _kinds_of(on, resources)
    for attribute in vocabulary().attributes.values():
        root, _, rest = attribute.native.partition(".")
        if protocol and (root == "tcp_flow") is not (protocol == "tcp"):
            continue
        if attribute.presence == "always" and seen != {root}:
            attribute = replace(attribute, presence="optional")
        yield Fact(attribute, (root, rest), text_too=attribute.name in _two_formed())


def _kinds_of(on: Resource, resources: Mapping[str, Resource]) -> set[str]:
    """The kinds of request that a resource is asked for: those of a group's endpoints, of which one is HTTP where none is declared."""
    endpoints = [item for item in resources.values() if item.type == ENDPOINT and item.link("group") == on.id]
    asked = [on] if on.type == ENDPOINT else endpoints
    return {"tcp_flow" if item.text("protocol") == "tcp" else "http_request" for item in asked} or {"http_request"}


def _read_trust_facts(group: Resource) -> Iterator[Fact]:
    declared = list(_claims(group))
    for name, value in entries(group, "trust"):
        kind = trust_types().get(str(value.data))
        if kind is None or name in REQUEST_ROOTS:
            continue
        root = reference(group, name)
        claims = [(steps, entry) for owner, steps, entry in declared if owner == name and kind.open]
        for path, entry in kind.attributes.items():
            steps = _steps(path)
            if not any(overlap(steps, other) for other, _ in claims):
                yield read_fact(f"{name}.{path}", (root, *steps), entry)
        for steps, entry in claims:
            yield read_fact(language_name((name, *steps)), (root, *steps), entry)


_trust_facts: Final = PerObject[Resource, tuple[Fact, ...]](lambda group: tuple(_read_trust_facts(group)), 256)


def _steps(path: str) -> tuple[str, ...]:
    """The steps of a documented path: `groups[].group_name` has three."""
    return tuple(path.replace("[]", f".{KEY}").split("."))


def overlap(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    """Whether one path is the other or leads to it."""
    shorter = min(len(first), len(second))
    return first[:shorter] == second[:shorter]


def devices(group: Resource) -> frozenset[str]:
    """The policy reference names of the group's providers of device data."""
    types = trust_types()
    return frozenset(
        reference(group, name)
        for name, value in entries(group, "trust")
        if (kind := types.get(str(value.data))) is not None and kind.device
    )


def reference(group: Resource, name: str) -> str:
    """The policy reference name that the service knows a trust provider by."""
    for key, value in entries(group, "references"):
        if key == name and isinstance(value.data, str) and value.data:
            return value.data
    return name


def _claims(group: Resource) -> Iterator[tuple[str, tuple[str, ...], Mapping[str, Any]]]:
    source = "https://docs.aws.amazon.com/verified-access/latest/ug/trust-data.html"
    for steps, entry in declared(group, "claims", source):
        yield steps[0], steps[1:], entry
