"""Pulumi: what `pulumi preview --json` prints, and exported stacks. Programs in YAML are read by `pulumi_yaml`, others are not.

Values that are known after deployment only are one text, secrets are objects with a key of their own.
Source: https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/plugin/rpc.go
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from policyc.carriers.astray import first_policy
from policyc.carriers.bodies import documents_in, with_own_holes
from policyc.carriers.embedded import Carried, Embedded, Hole, Options, Unreadable, listed
from policyc.carriers.hanging import elsewhere, hanging
from policyc.carriers.permissions import FUNCTION_IN, NOT_WHOLE, permission
from policyc.carriers.secrets import cover, covered
from policyc.carriers.types import text_at, types
from policyc.diagnostics import Diagnostics
from policyc.holes import mark
from policyc.record import replace
from policyc.syntax.json_text import parse_json
from policyc.syntax.json_tree import JsonArray, JsonMember, JsonObject, JsonString, JsonValue
from policyc.text import Source, Span

_UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"


def recognize(name: str, raw: bytes) -> bool:
    """A JSON file with resources of Pulumi."""
    return b'"urn:pulumi:' in raw and (b'"newState"' in raw or b'"deployment"' in raw)


def carried(source: Source, options: Options, diagnostics: Diagnostics) -> Carried:
    """The documents in the inputs of the resources that will be there."""
    tree = parse_json(source, diagnostics)
    out: list[Embedded] = []
    lost: list[Unreadable] = []
    others: list[tuple[str, str]] = []
    if tree is not None and _SIGNATURE in source.text:
        cover(source, _secrets(tree))
    for state in _states(tree) if tree is not None else ():
        inputs = state.get("inputs") if isinstance(state, JsonObject) else None
        if inputs is None:
            continue
        name = text_at(state, "urn").rpartition("::")[2]
        holes: dict[str, Hole] = {}
        known = _opened(inputs, name, holes)
        type_ = text_at(state, "type")
        others += elsewhere(type_, name, (known,))
        for item in of_resource(source, type_, name, known, holes):
            if isinstance(item, Unreadable):
                lost.append(item)
            else:
                out.append(item)
    return Carried(tuple(out), tuple(lost), elsewhere=listed(others))


def of_resource(
    source: Source, type_: str, name: str, known: JsonValue, holes: Mapping[str, Hole]
) -> Iterator[Embedded | Unreadable]:
    """The documents in the inputs of one resource; a policy in one of a type that has none for us is told."""
    kinds = types("pulumi").get(type_, ())
    if type_ in FUNCTION_IN:
        stated = permission(type_, name, known, holes)
        yield stated or Unreadable(name, type_, known.span, NOT_WHOLE)
    elif kinds:
        for item in documents_in(source, known, kinds, name, type_, written=known):
            if isinstance(item, Embedded):
                item = replace(item, facts={**item.facts, **hanging(item.kind, type_, name, (known,))})
            yield with_own_holes(item, holes) if isinstance(item, Embedded) else item
    elif (place := first_policy(known)) is not None:
        yield Unreadable(name, type_, place, "a policy of a type that is not read")


def _states(tree: JsonValue) -> Iterator[JsonValue]:
    """The states of resources: what the steps of a preview lead to, or what a stack holds."""
    top = tree if isinstance(tree, JsonObject) else JsonObject((), tree.span)
    steps = top.get("steps")
    for step in steps.items if isinstance(steps, JsonArray) else ():
        state = step.get("newState") if isinstance(step, JsonObject) else None
        if state is not None:
            yield state
    deployment = top.get("deployment")
    resources = deployment.get("resources") if isinstance(deployment, JsonObject) else None
    yield from resources.items if isinstance(resources, JsonArray) else ()


def _secrets(tree: JsonValue) -> Iterator[tuple[Span, str]]:
    """What stands in secrets, which an export may show."""
    work: list[JsonValue] = [tree]
    while work:
        node = work.pop()
        if isinstance(node, JsonArray):
            work.extend(node.items)
        elif isinstance(node, JsonObject):
            secret = any(member.key == _SIGNATURE for member in node.members)
            for member in node.members:
                if not secret:
                    work.append(member.value)
                elif member.key != _SIGNATURE:
                    yield from covered(member.value)


def _opened(value: JsonValue, name: str, holes: dict[str, Hole]) -> JsonValue:
    """The value with holes for what is not known and for secrets; as deep as the reader goes."""
    match value:
        case JsonString(text, span) if text == _UNKNOWN:
            holes.setdefault(name, Hole(name, "string", span))
            return JsonString(mark(name), span)
        case JsonObject(members, span):
            if any(member.key == _SIGNATURE for member in members):
                holes[name] = Hole(name, "string", span, sensitive=True)
                return JsonString(mark(name), span)
            held = [
                JsonMember(item.key, item.key_span, _opened(item.value, f"{name}.{item.key}", holes))
                for item in members
            ]
            return JsonObject(tuple(held), span)
        case JsonArray(items, span):
            return JsonArray(tuple([_opened(item, name, holes) for item in items]), span)
        case _:
            return value
