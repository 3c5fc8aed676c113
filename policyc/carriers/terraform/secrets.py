"""Sensitive values of plans and states, which both print in plain text: covered before anything is shown.

Source: https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policyc.carriers.secrets import cover, covered
from policyc.syntax.json_tree import JsonArray, JsonBool, JsonObject, JsonValue
from policyc.text import Source, Span

#: a member with values, and the one that says which of them are sensitive
_MASKS: Final = (("before", "before_sensitive"), ("after", "after_sensitive"), ("values", "sensitive_values"))


def cover_plan(source: Source, tree: JsonObject) -> None:
    """Write `*` over the sensitive values in the text that reports show."""
    cover(source, _sensitive(tree))


def _sensitive(tree: JsonObject) -> Iterator[tuple[Span, str]]:
    names = set(_sensitive_variables(tree))
    for variables in (tree.get("variables"), _declared(tree)):
        for member in variables.members if isinstance(variables, JsonObject) else ():
            if member.key in names:
                yield from covered(member.value)
    stack: list[JsonValue] = [tree]
    while stack:
        value = stack.pop()
        if isinstance(value, JsonArray):
            stack.extend(value.items)
        elif isinstance(value, JsonObject):
            yield from _of_object(value)
            stack.extend(member.value for member in value.members)


def _of_object(value: JsonObject) -> Iterator[tuple[Span, str]]:
    told = value.get("sensitive")
    held = value.get("value")
    if isinstance(told, JsonBool) and told.value and held is not None:
        yield from covered(held)
    for name, mask in _MASKS:
        held, which = value.get(name), value.get(mask)
        if held is not None and which is not None:
            yield from _masked(held, which)


def _masked(value: JsonValue, mask: JsonValue) -> Iterator[tuple[Span, str]]:
    match value, mask:
        case _, JsonBool(True):
            yield from covered(value)
        case JsonObject(members), JsonObject():
            for member in members:
                inner = mask.get(member.key)
                if inner is not None:
                    yield from _masked(member.value, inner)
        case JsonArray(items), JsonArray(masks):
            for item, inner in zip(items, masks):
                yield from _masked(item, inner)
        case _:
            return


def _sensitive_variables(tree: JsonObject) -> Iterator[str]:
    variables = _declared(tree)
    for member in variables.members if isinstance(variables, JsonObject) else ():
        told = member.value.get("sensitive") if isinstance(member.value, JsonObject) else None
        if isinstance(told, JsonBool) and told.value:
            yield member.key


def _declared(tree: JsonObject) -> JsonValue | None:
    """The variables of the configuration that a plan repeats, with their defaults."""
    configuration = tree.get("configuration")
    root = configuration.get("root_module") if isinstance(configuration, JsonObject) else None
    return root.get("variables") if isinstance(root, JsonObject) else None
