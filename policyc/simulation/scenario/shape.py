"""A scenario file as a checked tree: its syntax, and its shape by `schemas/scenario.schema.json`, every mistake in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from policyc.data import read_json
from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.shape import Misfit, misfits
from policyc.syntax.hidden import check_characters
from policyc.syntax.json_text import JsonArray, JsonObject, JsonValue, parse_json
from policyc.syntax.yaml_text import parse_yaml
from policyc.text import Source, Span

SCHEMA: Final = "schemas/scenario.schema.json"
ENDINGS: Final = (".yaml", ".yml", ".json")


def read_tree(source: Source, diagnostics: Diagnostics) -> JsonObject | None:
    """The tree of a scenario whose shape is right, or None after reporting what is not."""
    check_characters(source, diagnostics)
    read = parse_json if source.file.endswith(".json") else parse_yaml
    tree = read(source, diagnostics)
    if tree is None:
        return None
    found = misfits(tree.plain(), read_json(SCHEMA))
    for misfit in found:
        _report(misfit, tree, diagnostics)
    return tree if isinstance(tree, JsonObject) and not found else None


def _report(misfit: Misfit, tree: JsonValue, diagnostics: Diagnostics) -> None:
    span = _place(tree, misfit.path)
    where = ".".join(str(part) for part in misfit.path) or "the scenario"
    if misfit.rule == "additionalProperties":
        known = _known(misfit.path[:-1])
        diagnostics.error(
            "malformed-scenario",
            f"a scenario has no `{where}`",
            span,
            did_you_mean(
                str(misfit.path[-1]),
                known,
                "`policyc explain scenario` shows the shape"
                if not known
                else "write one of " + ", ".join(f"`{name}`" for name in known),
            ),
        )
        return
    diagnostics.error(
        "malformed-scenario", f"`{where}` {misfit.message}", span, "`policyc explain scenario` shows the shape"
    )


def _place(tree: JsonValue, path: Sequence[str | int]) -> Span:
    """The place of a value: its key where it is new, else itself."""
    span, value = tree.span, tree
    for part in path:
        if isinstance(value, JsonObject):
            member = next((item for item in value.members if item.key == part), None)
            if member is None:
                return span
            span, value = member.key_span, member.value
        elif isinstance(value, JsonArray) and isinstance(part, int) and part < len(value.items):
            value = value.items[part]
            span = value.span
    return span


def _known(path: Sequence[str | int]) -> list[str]:
    """The keys that the schema knows at a place; none where it offers several shapes."""
    schema: Any = read_json(SCHEMA)
    root = schema
    for part in path:
        schema = _follow(schema, root)
        schema = schema.get("items", {}) if isinstance(part, int) else schema.get("properties", {}).get(part, {})
    return sorted(_follow(schema, root).get("properties", {}))


def _follow(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found: Mapping[str, Any] = root["$defs"][str(reference).rpartition("/")[2]]
    return found
