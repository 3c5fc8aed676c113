"""Resources: fields folded and checked against the vocabulary."""

from __future__ import annotations

import re
from collections.abc import Mapping

from policyc.diagnostics import Diagnostics, Label, closest, did_you_mean, unused_word
from policyc.model.names import given_once
from policyc.model.scope import Scope
from policyc.model.types import PLACE, RECORD, RESOURCE, SetOf
from policyc.model.values import Resource, ResourceLink, Value
from policyc.model.vocabulary import ResourceField, ResourceType
from policyc.syntax import nodes


def bind_resource(
    node: nodes.Resource, scope: Scope, types: Mapping[str, ResourceType], diagnostics: Diagnostics
) -> Resource | None:
    """The resource with every field folded, or None when its type is unknown or a required field has no value. Bad fields are reported
    and left out."""
    kind = types.get(node.type.text)
    if kind is None:
        diagnostics.error(
            "unknown-resource-type",
            f"unknown resource type `{node.type.text}`",
            node.type.span,
            did_you_mean(node.type.text, types, "known types are " + ", ".join(f"`{name}`" for name in sorted(types))),
        )
        return None
    fields: dict[str, Value] = {}
    meant: set[str] = set()
    unknown = 0
    given = {entry.key.text for entry in node.fields.entries}
    for entry in given_once(node.fields.entries, diagnostics):
        name = entry.key.text
        field = kind.fields.get(name)
        if field is None:
            diagnostics.error(
                "unknown-field",
                f"`{kind.name}` has no field `{name}`",
                entry.key.span,
                unused_word(
                    name, kind.fields, given, "its fields are " + ", ".join(f"`{known}`" for known in kind.fields)
                ),
            )
            meant.add(closest(name, kind.fields))
            unknown += 1
            continue
        value = _field(field, entry.value, scope, diagnostics)
        if value is not None:
            fields[name] = value
    lacking = [field.name for field in kind.fields.values() if field.required and field.name not in given]
    for field in kind.fields.values():
        if field.required and field.name not in given:
            if field.name in meant or (unknown == 1 and len(lacking) == 1):
                continue  # told where it is misspelt
            diagnostics.error(
                "missing-field",
                f"`{node.name.text}` lacks the field `{field.name}`",
                node.name.span,
                f"add `{field.name}: …`, {field.doc}",
            )
        elif field.default and field.name not in given:
            fields[field.name] = Value(field.type, field.default, node.name.span)
    if any(field.required and field.name not in fields for field in kind.fields.values()):
        return None
    return Resource(node.name.text, kind.name, tuple(fields.items()), scope.file, node.span, node.doc)


def _field(field: ResourceField, expr: nodes.Expr, scope: Scope, diagnostics: Diagnostics) -> Value | None:
    value = scope.value(expr, field.type, diagnostics)
    if value is None:
        return None
    if field.pattern and field.type not in (PLACE, RECORD, RESOURCE):
        texts = (
            [str(item.data) for item in value.data if isinstance(item, Value)]
            if isinstance(value.data, tuple)
            else [str(value.data)]
        )
        for text in texts:
            if re.fullmatch(field.pattern, text) is None:
                diagnostics.error(
                    "malformed-value", f"`{text}` is not {field.doc}", value.span, f"it has to match `{field.pattern}`"
                )
                return None
    return value


def check_links(
    resource: Resource, resources: Mapping[str, Resource], types: Mapping[str, ResourceType], diagnostics: Diagnostics
) -> None:
    """Every field that names a resource names one of the right type."""
    fields = types[resource.type].fields
    for name, value in resource.fields:
        wanted = fields[name].targets
        links = [value.data] if isinstance(value.data, ResourceLink) else []
        if isinstance(value.type, SetOf) and isinstance(value.data, tuple):
            links = [
                item.data for item in value.data if isinstance(item, Value) and isinstance(item.data, ResourceLink)
            ]
        for link in links:
            found = resources.get(link.id)
            if found is not None and wanted and found.type not in wanted:
                diagnostics.error(
                    "wrong-resource-type",
                    f"`{link.name}` is a `{found.type}`, which `{name}` cannot name",
                    value.span,
                    "name a resource of type " + " or ".join(f"`{kind}`" for kind in wanted),
                    (Label(found.span, "declared here"),),
                )
