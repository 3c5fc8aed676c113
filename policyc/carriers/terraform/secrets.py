"""Sensitive values of plans and states, which both print in plain text: covered before anything is shown.

Source: https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policyc.syntax.json_tree import JsonArray, JsonBool, JsonNumber, JsonObject, JsonString, JsonValue
from policyc.text import Source, Span

#: a member with values, and the one that says which of them are sensitive
_MASKS: Final = (("before", "before_sensitive"), ("after", "after_sensitive"), ("values", "sensitive_values"))


def cover(source: Source, tree: JsonObject) -> None:
    """Write `*` over the sensitive values in the text that reports show; every other character keeps its place."""
    spans = sorted({(span.start, span.end, text) for span, text in _sensitive(tree)})
    if not spans:
        return
    parts: list[str] = []
    at = 0
    for start, end, text in spans:
        if start < at:
            continue
        parts += [source.text[at:start], text]
        at = end
    source.text = "".join([*parts, source.text[at:]])


def _sensitive(tree: JsonObject) -> Iterator[tuple[Span, str]]:
    names = set(_sensitive_variables(tree))
    for variables in (tree.get("variables"), _declared(tree)):
        for member in variables.members if isinstance(variables, JsonObject) else ():
            if member.key in names:
                yield from _covered(member.value)
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
        yield from _covered(held)
    for name, mask in _MASKS:
        held, which = value.get(name), value.get(mask)
        if held is not None and which is not None:
            yield from _masked(held, which)


def _masked(value: JsonValue, mask: JsonValue) -> Iterator[tuple[Span, str]]:
    match value, mask:
        case _, JsonBool(True):
            yield from _covered(value)
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


def _covered(value: JsonValue) -> Iterator[tuple[Span, str]]:
    """Every text and number in a value, with what stands there instead."""
    match value:
        case JsonString(_, span):
            yield span, '"' + "*" * max(0, span.end - span.start - 2) + '"'
        case JsonNumber(text, span):
            yield span, "0" * len(text)
        case JsonArray(items):
            for item in items:
                yield from _covered(item)
        case JsonObject(members):
            for member in members:
                yield from _covered(member.value)
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
