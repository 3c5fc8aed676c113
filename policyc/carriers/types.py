"""Which resource types of a host carry which documents: data, `schemas/carriers/types.json`.

Sources: the resource schemas of CloudFormation (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/), the resource definitions of the
AWS Gateway API Controller, ACK and the Upbound provider, and the schema of Pulumi's AWS provider.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from policyc.data import read_json
from policyc.record import record
from policyc.syntax.json_tree import JsonArray, JsonObject, JsonString, JsonValue


@record
class DocumentType:
    """One property that holds documents. `at` is its path: `a.b`, `a[].b` for each item of a list, `a{}` for each value of a mapping. What kind they are
    says `kind`, else the text of the property `by`. `on` is the property (of a manifest its path) that names what the document is attached to, `name` one of the same item that names the
    document; `only` is a key that an item must have to be a document at all."""

    at: str
    kind: str
    by: str = ""
    kinds: Mapping[str, str] = {}
    on: str = ""
    name: str = ""
    only: str = ""


@cache
def _facts() -> Mapping[str, Any]:
    found: Mapping[str, Any] = read_json("schemas/carriers/types.json")
    return found


@cache
def types(host: str) -> Mapping[str, tuple[DocumentType, ...]]:
    """Resource type -> its properties that hold documents."""
    return {
        name: tuple(DocumentType(**item) for item in (held["documents"] if isinstance(held, dict) else held))
        for name, held in _facts()[host].items()
    }


def attribute(type_: str, name: str) -> str:
    """What the values of an attribute of a CloudFormation resource look like, as a pattern; empty where nothing is known of them."""
    found: str = _facts()["attributes"].get(type_, {}).get(name, "")
    return found


def reach(value: JsonValue | None, path: str) -> Iterator[tuple[JsonValue, JsonValue | None, str]]:
    """The values at a path, each with the item of a list that holds it and a name (the number of the item, or its key)."""
    yield from _reach(value, path.split("."), None, "")


def _reach(
    value: JsonValue | None, parts: list[str], item: JsonValue | None, name: str
) -> Iterator[tuple[JsonValue, JsonValue | None, str]]:
    if value is None:
        return
    if not parts:
        yield value, item, name
        return
    part, rest = parts[0], parts[1:]
    found = value.get(part.rstrip("[]{}")) if isinstance(value, JsonObject) else None
    if part.endswith("[]"):
        for number, one in enumerate(found.items if isinstance(found, JsonArray) else (found,)):
            yield from _reach(one, rest, one, str(number + 1))
    elif part.endswith("{}"):
        for member in found.members if isinstance(found, JsonObject) else ():
            yield from _reach(member.value, rest, None, member.key)
    else:
        yield from _reach(found, rest, item, name)


def text_at(value: JsonValue | None, path: str) -> str:
    """The text at a path, empty when there is none."""
    for found, _, _ in reach(value, path):
        if isinstance(found, JsonString):
            return found.value
    return ""
