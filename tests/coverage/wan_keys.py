"""Every key of a core network policy document, from its JSON Schema, and whether a document holds it.

A key is written as a path: `segments[].name`; where an object has forms, the form stands in brackets: `segment-actions[share].mode`.
Words that a key can hold are entries too: `attachment-policies[].conditions[].type = tag-exists`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from policyc.data import read_text

SCHEMA = "schemas/cloud_wan/core_network_policy.schema.json"
#: keys that tell the forms of an object apart
_FORMS = ("action", "association-method")


def schema_keys() -> list[str]:
    """Every path, in the order of the schema, each once."""
    schema = json.loads(read_text(SCHEMA))
    return list(dict.fromkeys(_keys(schema, "", schema["$defs"])))


def _keys(node: Any, path: str, defs: dict[str, Any]) -> Iterator[str]:
    node = _resolved(node, defs)
    if not isinstance(node, dict):
        return
    for form in node.get("oneOf", ()):
        form = _resolved(form, defs)
        name = _form_name(form)
        inside = path[:-2] + f"[{name}]" if name and path.endswith("[]") else path
        yield from _keys(form, inside, defs)
    if "items" in node:
        yield from _keys(node["items"], f"{path}[]", defs)
    for key, value in node.get("properties", {}).items():
        if value is False:
            continue
        here = f"{path}.{key}" if path else key
        yield here
        yield from _words(value, here, defs)
        yield from _keys(value, here, defs)


def _resolved(node: Any, defs: dict[str, Any]) -> Any:
    if isinstance(node, dict) and "$ref" in node:
        return defs[node["$ref"].rpartition("/")[2]]
    return node


def _form_name(form: Any) -> str:
    if not isinstance(form, dict):
        return ""
    for key in _FORMS:
        const = form.get("properties", {}).get(key, {})
        if isinstance(const, dict) and "const" in const:
            return str(const["const"])
    return ""


def _words(value: Any, path: str, defs: dict[str, Any]) -> Iterator[str]:
    """The words that a key can hold, where there are several in all."""
    value = _resolved(value, defs)
    words = value.get("enum", [value["const"]] if "const" in value else [])
    for word in words:
        yield f"{path} = {word}"


def document_keys(document: Any) -> set[str]:
    """Every path and word that a document holds, spelled as `schema_keys` does."""
    known = set(schema_keys())
    out: set[str] = set()
    work: list[tuple[Any, str]] = [(document, "")]
    while work:
        node, path = work.pop()
        if isinstance(node, dict):
            form = next((str(node[key]) for key in _FORMS if isinstance(node.get(key), str)), "")
            inside = f"{path[:-2]}[{form}]" if form and path.endswith("[]") else path
            if not any(item.startswith(f"{inside}.") for item in known):
                inside = path
            for key, value in node.items():
                here = f"{inside}.{key}" if inside else key
                out.add(here)
                if isinstance(value, str):
                    out.add(f"{here} = {value}")
                work.append((value, here))
        elif isinstance(node, list):
            work.extend((item, f"{path}[]") for item in node)
            out |= {f"{path}[] = {item}" for item in node if isinstance(item, str)}
    return out
