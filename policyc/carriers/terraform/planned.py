"""What a plan or a state says of resources, as the same instances that a configuration has: arguments with their values, blocks inside blocks.

Source: https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from policyc.carriers.embedded import Options
from policyc.carriers.terraform.declared import Declared, Placed
from policyc.carriers.terraform.expressions import Scope
from policyc.carriers.terraform.modules import Configuration, ModuleInstance, ResourceInstance
from policyc.carriers.terraform.nodes import Argument, Block, Body, Name
from policyc.carriers.terraform.shapes import kind_of, like_of
from policyc.carriers.terraform.values import Entry, Fields, Items, Null, Unknown, Value, from_json
from policyc.record import record
from policyc.syntax.json_tree import JsonArray, JsonBool, JsonNull, JsonObject, JsonString, JsonValue
from policyc.text import Span

#: how references to values begin
_VALUES: Final = ("var.", "local.", "each.", "count.")
_GONE: Final = frozenset({"delete", "forget"})
_NEW: Final = frozenset({"create"})


@record
class Resource:
    """One resource of a plan or state; `module` is the address of the module that it is in, `references` what its arguments refer to, by argument."""

    address: str
    mode: str
    type: str
    name: str
    module: str
    values: JsonValue | None
    unknown: JsonValue | None
    sensitive: JsonValue | None
    span: Span


def resources_of(tree: JsonObject, before: bool = False) -> Iterator[Resource]:
    """The resources that will be there once a plan is carried out, or that a state holds; with `before` those that a plan finds."""
    changes = tree.get("resource_changes")
    for item in changes.items if isinstance(changes, JsonArray) else ():
        change = item.get("change") if isinstance(item, JsonObject) else None
        if not isinstance(item, JsonObject) or not isinstance(change, JsonObject):
            continue
        actions = change.get("actions")
        words = (
            {word.value for word in actions.items if isinstance(word, JsonString)}
            if isinstance(actions, JsonArray)
            else set()
        )
        if before:
            if words != _NEW:
                yield _resource(item, change.get("before"), None, change.get("before_sensitive"))
            continue
        if words and words <= _GONE:
            continue
        yield _resource(item, change.get("after"), change.get("after_unknown"), change.get("after_sensitive"))
    state = tree.get("values")
    root = state.get("root_module") if isinstance(state, JsonObject) else None
    if root is not None:
        yield from _in_module(root, 0)


def _in_module(module: JsonValue, depth: int) -> Iterator[Resource]:
    if not isinstance(module, JsonObject) or depth > 50:
        return
    resources, children = module.get("resources"), module.get("child_modules")
    for item in resources.items if isinstance(resources, JsonArray) else ():
        if isinstance(item, JsonObject):
            yield _resource(item, item.get("values"), None, item.get("sensitive_values"))
    for child in children.items if isinstance(children, JsonArray) else ():
        yield from _in_module(child, depth + 1)


def _resource(
    item: JsonObject, values: JsonValue | None, unknown: JsonValue | None, sensitive: JsonValue | None
) -> Resource:
    address = _text(item, "address")
    type, name = _text(item, "type"), _text(item, "name")
    prefix = "data." if _text(item, "mode") == "data" else ""
    module = _text(item, "module_address") or address.rpartition(f".{prefix}{type}.{name}")[0]
    return Resource(address, _text(item, "mode"), type, name, module, values, unknown, sensitive, item.span)


def _text(item: JsonObject, key: str) -> str:
    found = item.get(key)
    return found.value if isinstance(found, JsonString) else ""


def instance_of(resource: Resource, references: Mapping[str, str]) -> ResourceInstance:
    """A resource as an instance whose arguments are names for what the plan says."""
    names: dict[str, Value] = {}
    module = ModuleInstance(Configuration(Options()), Declared(""), resource.module)
    maker = _Maker(resource.address, names, references)
    body = maker.body(resource.values, resource.unknown, resource.sensitive, resource.address, top=True)
    place = resource.values.span if resource.values is not None else resource.span
    head = resource.span if isinstance(resource.values, JsonNull | None) else place
    prefix = "data" if resource.mode == "data" else "resource"
    block = Block(prefix, (resource.type, resource.name), body, head, head)
    scope = Scope(module, names)
    name = f"data.{resource.type}.{resource.name}" if prefix == "data" else f"{resource.type}.{resource.name}"
    return ResourceInstance(module, name, Placed(block, head.file), resource.address, scope)


class _Maker:
    """Makes bodies; `names` collects what their arguments stand for."""

    def __init__(self, address: str, names: dict[str, Value], references: Mapping[str, str]) -> None:
        self.address, self.names, self.references = address, names, references

    def body(
        self,
        values: JsonValue | None,
        unknown: JsonValue | None,
        sensitive: JsonValue | None,
        path: str,
        top: bool = False,
    ) -> Body:
        arguments: dict[str, Argument] = {}
        blocks: list[Block] = []
        for key, key_span, value in _members(values, unknown):
            here = f"{path}.{key}"
            open, secret = _below(unknown, key), _below(sensitive, key)
            made = merged(value, open, secret, here, key_span)
            if top and isinstance(made, Unknown) and not made.sensitive and key in self.references:
                made = _referred(self.references[key], made.span)
            word = f"={len(self.names)}"
            self.names[word] = made
            arguments[key] = Argument(key, key_span, Name(word, made.span))
            if isinstance(value, JsonArray):
                for number, item in enumerate(value.items):
                    if isinstance(item, JsonObject):
                        inner = self.body(item, _at(open, number), _at(secret, number), f"{here}[{number}]")
                        blocks.append(Block(key, (), inner, item.span, item.span))
        return Body(arguments, tuple(blocks))


def _referred(reference: str, span: Span) -> Unknown:
    """A hole for what an argument refers to, with what is known of that."""
    owner, _, attribute = reference.rpartition(".")
    words = owner.split("[")[0].split(".")
    type = ".".join(words[-3:-1]) if "data" in words[-3:-2] else words[-2] if len(words) > 1 else ""
    like = like_of(type, attribute, lambda _: "")
    return Unknown(reference, span, kind_of(attribute, like), like)


def merged(
    value: JsonValue | None, unknown: JsonValue | None, sensitive: JsonValue | None, path: str, span: Span
) -> Value:
    """A value with holes where it is not known or is sensitive: an unknown element of a list is null there, an unknown member left out."""
    if isinstance(sensitive, JsonBool) and sensitive.value:
        return Unknown(path, span if value is None else value.span, "any", sensitive=True)
    if isinstance(unknown, JsonBool) and unknown.value:
        return Unknown(path, span if value is None else value.span, "any")
    match value:
        case None:
            return Null(span)
        case JsonObject():
            entries = (
                Entry(key, place, merged(item, _below(unknown, key), _below(sensitive, key), f"{path}.{key}", place))
                for key, place, item in _members(value, unknown)
            )
            return Fields(tuple(entries), value.span)
        case JsonArray(items):
            made = (
                merged(item, _at(unknown, number), _at(sensitive, number), f"{path}[{number}]", item.span)
                for number, item in enumerate(items)
            )
            return Items(tuple(made), value.span)
        case _:
            return from_json(value)


def _members(values: JsonValue | None, unknown: JsonValue | None) -> Iterator[tuple[str, Span, JsonValue | None]]:
    """The members of an object, and those that are not known and left out of it."""
    seen = set()
    for member in values.members if isinstance(values, JsonObject) else ():
        seen.add(member.key)
        yield member.key, member.key_span, member.value
    for member in unknown.members if isinstance(unknown, JsonObject) else ():
        if member.key not in seen and isinstance(member.value, JsonBool) and member.value.value:
            yield member.key, member.key_span, None


def _below(mask: JsonValue | None, key: str) -> JsonValue | None:
    if isinstance(mask, JsonBool):
        return mask if mask.value else None
    return mask.get(key) if isinstance(mask, JsonObject) else None


def _at(mask: JsonValue | None, number: int) -> JsonValue | None:
    if isinstance(mask, JsonBool):
        return mask if mask.value else None
    return mask.items[number] if isinstance(mask, JsonArray) and number < len(mask.items) else None


def references_of(tree: JsonObject) -> dict[str, dict[str, str]]:
    """What the arguments of each block refer to, by the block's address without instance keys: the most exact reference to the one thing that each is about."""
    configuration = tree.get("configuration")
    root = configuration.get("root_module") if isinstance(configuration, JsonObject) else None
    found: dict[str, dict[str, str]] = {}
    _collect(root, "", found, 0)
    return found


def _about_one(references: Sequence[JsonValue]) -> str:
    """The first reference, which the shorter ones to the same follow; empty where others lead elsewhere, so that nobody knows which of them an argument comes to."""
    names = [item.value for item in references if isinstance(item, JsonString)]
    first = names[0] if names else ""
    others = [one for one in names[1:] if not one.startswith(_VALUES) and not first.startswith((f"{one}.", f"{one}["))]
    return "" if first.startswith(_VALUES) or any(one != first for one in others) else first


def _collect(module: JsonValue | None, prefix: str, found: dict[str, dict[str, str]], depth: int) -> None:
    if not isinstance(module, JsonObject) or depth > 50:
        return
    resources = module.get("resources")
    for item in resources.items if isinstance(resources, JsonArray) else ():
        expressions = item.get("expressions") if isinstance(item, JsonObject) else None
        if not isinstance(item, JsonObject) or not isinstance(expressions, JsonObject):
            continue
        rows = found.setdefault(prefix + _text(item, "address"), {})
        for member in expressions.members:
            names = member.value.get("references") if isinstance(member.value, JsonObject) else None
            first = _about_one(names.items if isinstance(names, JsonArray) else ())
            if first:
                rows[member.key] = prefix + first
    calls = module.get("module_calls")
    for call in calls.members if isinstance(calls, JsonObject) else ():
        inner = call.value.get("module") if isinstance(call.value, JsonObject) else None
        _collect(inner, f"{prefix}module.{call.key}.", found, depth + 1)
