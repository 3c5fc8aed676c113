"""Which attributes a group or an endpoint sees: request data by protocol, trust data by the group's trust providers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

from policyc.data import read_text
from policyc.model.types import parse_type
from policyc.model.values import Principal, Resource, Value
from policyc.model.vocabulary import Attribute, Presence, Vocabulary, load_vocabulary
from policyc.record import record
from policyc.syntax.cedar_literals import is_identifier, quoted

GROUP = "verified_access.group"
ENDPOINT = "verified_access.endpoint"

#: How Cedar holds an attribute: one value, a set, or a record keyed by the value (Identity Center groups).
Form = Literal["scalar", "set", "record"]

#: The step of a keyed attribute's path that a key takes the place of.
KEY = "[]"

_KEY = re.compile(r'(?:^|\.)(?P<name>[^.\["]+)|\["(?P<key>[^"]+)"\]')
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

#: What `context` holds on its own; a trust provider cannot go by these names.
REQUEST_ROOTS = ("http_request", "tcp_flow")


@record
class Fact:
    """An attribute and how Cedar stores it: `path` below `context`, `form`, the kind of group that its values name (empty
    for none), the range of a score, and whether sources disagree between number and text (`text_too`)."""

    attribute: Attribute
    path: tuple[str, ...]
    form: Form = "scalar"
    group: str = ""
    minimum: int | None = None
    maximum: int | None = None
    text_too: bool = False

    def with_key(self, key: str) -> Fact:
        """The fact for one key of a keyed attribute: the key takes its step of the path."""
        path = tuple(key if step == KEY else step for step in self.path)
        return replace(self, attribute=self.attribute.with_key(key), path=path)


@record
class TrustType:
    """A kind of trust provider. `open` ones (OIDC) may send more than is documented; `names` are what people call one."""

    name: str
    doc: str
    source: str
    open: bool
    attributes: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
    names: tuple[str, ...] = ()


def vocabulary() -> Vocabulary:
    """The target's own words; trust data is not in it, because its names depend on the group (see `facts`)."""
    return load_vocabulary("verified_access")


@cache
def trust_types() -> Mapping[str, TrustType]:
    """Every kind of trust provider by the word of the `trust` field."""
    return {
        name: TrustType(name, entry["doc"], entry["source"], entry["open"], entry["attributes"], tuple(entry["names"]))
        for name, entry in json.loads(read_text("schemas/verified_access/trust.json"))["types"].items()
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
def claim_types() -> Mapping[str, Mapping[str, Any]]:
    """What a declared claim can be, by the word of the `claims` field."""
    claims: Mapping[str, Mapping[str, Any]] = json.loads(read_text("schemas/verified_access/trust.json"))["claims"]
    return claims


@cache
def _two_formed() -> frozenset[str]:
    """Attributes that are a number in one source and text in another."""
    data = json.loads(read_text("schemas/verified_access/vocabulary.json"))
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
    out = {fact.attribute.name: fact for fact in _request_facts(on)}
    group = group_of(on, resources)
    if group is not None:
        out |= {fact.attribute.name: fact for fact in _trust_facts(group)}
    return out


def find_fact(known: Mapping[str, Fact], name: str) -> Fact | None:
    """The fact by an attribute's name; `idc.groups["<id>"].group_name` gives that of `idc.groups[].group_name` with the key."""
    found = known.get(name)
    if found is not None:
        return found
    for family, fact in known.items():
        head, _, tail = family.partition(KEY)
        before, after = f'{head}["', f'"]{tail}'
        key = name[len(before) : len(name) - len(after)]
        if fact.attribute.keyed and key and name == before + key + after:
            return fact.with_key(key)
    return None


def other_protocol(known: Mapping[str, Fact], name: str) -> str:
    """What to say of request data that another kind of endpoint has; empty for any other name."""
    root = name.split(".", 1)[0]
    if root not in REQUEST_ROOTS or any(fact.path[0] == root for fact in known.values()):
        return ""
    if root == "tcp_flow":
        return "a request to an http or https endpoint has `http_request`; `tcp_flow` belongs to tcp endpoints"
    return "a request to a tcp endpoint has `tcp_flow`; `http_request` belongs to http and https endpoints"


def fact_of(known: Mapping[str, Fact], attribute: Attribute) -> Fact:
    """The fact of an attribute that `limits.check_policy` has passed. Raises KeyError on any other (a bug)."""
    found = find_fact(known, attribute.name)
    if found is None:
        raise KeyError(attribute.name)
    return found


def entries(resource: Resource, name: str) -> tuple[tuple[str, Value], ...]:
    """The pairs of a record field, empty when it is absent."""
    value = resource.get(name)
    if value is None or not isinstance(value.data, tuple):
        return ()
    return tuple(pair for pair in value.data if isinstance(pair, tuple))


def split_name(text: str) -> tuple[str, ...] | None:
    """The steps of `okta.address.country` or `okta["cognito:groups"]`; None when a step holds a quote or is empty."""
    steps: list[str] = []
    at = 0
    while at < len(text):
        match = _KEY.match(text, at)
        if match is None:
            return None
        steps.append(match["name"] if match["name"] is not None else match["key"])
        at = match.end()
    return tuple(steps) or None


def cedar_path(path: tuple[str, ...]) -> str:
    """The path as Cedar writes it below `context`: `idc.user.email`, `okta["cognito:groups"]`."""
    out = ""
    for step in path:
        if is_identifier(step):
            out += f".{step}" if out else step
        else:
            out += f"[{quoted(step)}]"
    return out


def _request_facts(on: Resource) -> Iterator[Fact]:
    protocol = on.text("protocol") if on.type == ENDPOINT else ""
    for attribute in vocabulary().attributes.values():
        root, _, rest = attribute.native.partition(".")
        if protocol and (root == "tcp_flow") is not (protocol == "tcp"):
            continue
        yield Fact(attribute, (root, rest), text_too=attribute.name in _two_formed())


def _trust_facts(group: Resource) -> Iterator[Fact]:
    declared = list(_claims(group))
    for name, value in entries(group, "trust"):
        kind = trust_types().get(str(value.data))
        if kind is None or name in REQUEST_ROOTS:
            continue
        root = reference(group, name)
        claims = [(steps, entry) for owner, steps, entry in declared if owner == name and kind.open]
        for path, entry in kind.attributes.items():
            steps = _steps(path)
            if not any(_overlap(steps, other) for other, _ in claims):
                yield _fact(f"{name}.{path}", (root, *steps), entry)
        for steps, entry in claims:
            yield _fact(language_name((name, *steps)), (root, *steps), entry)


def _steps(path: str) -> tuple[str, ...]:
    """The steps of a documented path: `groups[].group_name` has three."""
    return tuple(path.replace("[]", f".{KEY}").split("."))


def _overlap(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    shorter = min(len(first), len(second))
    return first[:shorter] == second[:shorter]


def reference(group: Resource, name: str) -> str:
    """The policy reference name that the service knows a trust provider by."""
    for key, value in entries(group, "references"):
        if key == name and isinstance(value.data, str) and value.data:
            return value.data
    return name


def _claims(group: Resource) -> Iterator[tuple[str, tuple[str, ...], Mapping[str, Any]]]:
    for key, value in entries(group, "claims"):
        steps = split_name(key)
        kind = claim_types().get(str(value.data))
        if steps is not None and len(steps) > 1 and kind is not None:
            doc = f"claim declared on the group, {value.data}"
            source = "https://docs.aws.amazon.com/verified-access/latest/ug/trust-data.html"
            yield steps[0], steps[1:], {**kind, "doc": doc, "source": source}


def language_name(steps: tuple[str, ...]) -> str:
    """The steps of an attribute as the language writes them: the other way round than `split_name`."""
    out = steps[0]
    for step in steps[1:]:
        out += f".{step}" if _IDENTIFIER.fullmatch(step) else f'["{step}"]'
    return out


def _fact(name: str, path: tuple[str, ...], entry: Mapping[str, Any]) -> Fact:
    presence: Presence = entry.get("presence", "optional")
    key_type = entry.get("key", "")
    native = cedar_path(path)
    attribute = Attribute(
        name=name,
        native=native.replace(f"[{quoted(KEY)}]", KEY) if key_type else native,
        type=parse_type(entry["type"]),
        many=entry.get("many", False),
        presence=presence,
        values=tuple(entry.get("values", ())),
        doc=entry["doc"],
        source=entry["source"],
        note=entry.get("note", ""),
        keyed=bool(key_type),
        key_type=key_type,
        minimum=entry.get("minimum"),
        maximum=entry.get("maximum"),
        constructor=entry.get("group", ""),
    )
    return Fact(
        attribute, path, entry.get("form", "scalar"), entry.get("group", ""), entry.get("minimum"), entry.get("maximum")
    )
