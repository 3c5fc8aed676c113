"""What can stand at a place of a document in JSON, YAML or HCL: keys and words of IAM's grammar and of core network policies, actions and
condition keys as their services name them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from policyc.data import read_json
from policyc.editor.document_place import Spot, spot_at
from policyc.engines.iam.operators import BASES
from policyc.targets.iam_documents.known_keys import KEY_SERVICES, known_keys
from policyc.targets.iam_documents.services import prefixes, service
from policyc.text import Source

Offer = tuple[str, str, str]
_IAM: Final = "schemas/iam_document/document.schema.json"
_NETWORK: Final = "schemas/cloud_wan/core_network_policy.schema.json"
_PRINCIPALS: Final = {
    "AWS": "accounts, roles, users",
    "Service": "services of AWS",
    "Federated": "identity providers",
    "CanonicalUser": "an account by its canonical user id",
}
#: where Terraform's `aws_iam_policy_document` writes what a document has under another name
_TERRAFORM: Final = {
    ("statement", "actions"): "actions",
    ("statement", "not_actions"): "actions",
    ("statement", "effect"): "effects",
    ("statement", "condition", "test"): "operators",
    ("statement", "condition", "variable"): "keys",
    ("statement", "principals", "type"): "principals",
    ("statement", "not_principals", "type"): "principals",
}


def offers(source: Source, offset: int) -> tuple[Spot, list[Offer]] | None:
    """The place and what fits there; None where nothing is known of it."""
    spot = spot_at(source.text, offset, source.file.endswith((".yaml", ".yml", ".j2", ".jinja2", ".erb")))
    if spot is None:
        return None
    typed = source.text[spot.start : offset]
    return spot, list(_iam(spot, typed)) or list(_network(spot, source.text))


def _iam(spot: Spot, typed: str) -> Iterator[Offer]:
    for number in range(len(spot.path) - 1, -1, -1):
        if spot.path[number] == "Statement":
            yield from _in_statement(spot.path[number + 1 :], spot.key, typed)
            return
        if spot.path[number] == "statement" and not spot.key:
            yield from _named(_TERRAFORM.get(spot.path[number:], ""), typed)
            return


def _in_statement(path: Sequence[str], key: bool | None, typed: str) -> Iterator[Offer]:
    match tuple(path):
        case () if key is not False:
            yield from ((name, "field", "") for name in read_json(_IAM)["$defs"]["statement"]["properties"])
        case ("Effect",) if not key:
            yield from _named("effects", typed)
        case ("Action" | "NotAction",) if not key:
            yield from _named("actions", typed)
        case ("Principal" | "NotPrincipal",) if key is not False:
            yield from _named("principals", typed)
        case ("Condition",) if key is not False:
            yield from _named("operators", typed)
        case ("Condition", _) if key is not False:
            yield from _named("keys", typed)


def _named(what: str, typed: str) -> Iterator[Offer]:
    match what:
        case "effects":
            yield from (
                (name, "keyword", "") for name in read_json(_IAM)["$defs"]["statement"]["properties"]["Effect"]["enum"]
            )
        case "principals":
            yield from ((name, "field", doc) for name, doc in _PRINCIPALS.items())
        case "operators":
            qualifier = next((one for one in ("ForAllValues:", "ForAnyValue:") if typed.startswith(one)), "")
            for suffix in ("", "IfExists"):
                for name, operator in BASES.items():
                    if name != "Null" or not (qualifier or suffix):
                        yield qualifier + name + suffix, "keyword", operator.family.value
        case "actions":
            prefix, colon, _ = typed.partition(":")
            if colon:
                yield from ((name, "verb", "") for name in _actions(prefix.lower()))
            else:
                yield from ((f"{name}:", "type", "") for name in sorted(prefixes()))
        case "keys":
            yield from _keys(typed.partition(":")[0].lower() if ":" in typed else "")


@cache
def _actions(prefix: str) -> tuple[str, ...]:
    found = service(prefix)
    return () if found is None else tuple(sorted(f"{found.prefix}:{item.name}" for item in found.actions.values()))


def _keys(prefix: str) -> Iterator[Offer]:
    """The keys under a prefix; without one, those that every service has and those of the services that we judge."""
    known = known_keys()
    for name in (prefix,) if prefix else ("aws", *sorted(KEY_SERVICES - {"aws"})):
        for key in known.names(name):
            found = known.find(key)
            yield key, "attribute", "" if found is None else found.doc
    found_service = service(prefix) if prefix not in KEY_SERVICES else None
    for key in () if found_service is None else found_service.keys.values():
        if key.startswith(f"{prefix}:"):
            yield key.partition("${")[0].partition("<")[0], "attribute", ""


def _network(spot: Spot, text: str) -> Iterator[Offer]:
    """Keys and words of a core network policy, as its schema has them."""
    schema = read_json(_NETWORK)
    tops = schema["properties"]
    at = next(
        (number for number, key in enumerate(spot.path) if (key in tops and "-" in key) or key == "segments"), None
    )
    if at is None:
        if not spot.path and spot.key and "core-network-configuration" in text:
            yield from ((name, "field", "") for name in tops)
        return
    forms = [schema]
    for key in spot.path[at:]:
        forms = [inner for form in forms for inner in _below(form, key, schema)]
    forms = [inner for form in forms for inner in _forms(form, schema)]
    for form in forms:
        if spot.key is not False:
            yield from (
                (name, "field", str(inner.get("description", "")))
                for name, inner in form.get("properties", {}).items()
                if isinstance(inner, dict)
            )
        if not spot.key:
            values = [*form.get("enum", ()), *([form["const"]] if "const" in form else ())]
            yield from ((value, "value", "") for value in values if isinstance(value, str))


def _below(form: Mapping[str, Any], key: str, schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for inner in _forms(form, schema):
        found = inner.get("properties", {}).get(key)
        if isinstance(found, dict):
            yield found


def _forms(form: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What a part of a schema stands for: references followed, choices one by one, of a list its items."""
    yield form
    inner = [form["items"]] if isinstance(form.get("items"), dict) else []
    inner += [item for word in ("oneOf", "anyOf", "allOf") for item in form.get(word, ()) if isinstance(item, dict)]
    inner += [item for word in ("then", "else") if form is not schema and isinstance(item := form.get(word), dict)]
    if "$ref" in form:
        inner.append(schema["$defs"][form["$ref"].removeprefix("#/$defs/")])
    for item in inner:
        yield from _forms(item, schema)
