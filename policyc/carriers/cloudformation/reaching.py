"""The values at a path of a resource's properties, through the functions that stand on the way: both branches of `Fn::If`, each under its condition; what any other
function makes is not known, and that is said.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policyc.carriers.cloudformation.lowering import Stop, intrinsic, is_no_value, written_by
from policyc.carriers.cloudformation.template import Resource
from policyc.carriers.types import DocumentType
from policyc.record import record
from policyc.syntax.json_tree import JsonArray, JsonMember, JsonObject, JsonString, JsonValue

#: condition and whether it holds, from the outside in
Under = tuple[tuple[JsonString, bool], ...]
_DEPTH: Final = 60


@record
class Reached:
    """A value that holds a document, `item` of a list that has it (None without one), and `number`: which item, or the key."""

    value: JsonValue
    item: JsonValue | None
    number: str


def unreached(resource: Resource) -> Stop | None:
    """Why nothing of a resource's properties can be read."""
    found = resource.body.get("Properties")
    if found is None:
        return None
    made = intrinsic(found)
    if made is not None:
        return _made_by(made[0], found)
    return None if isinstance(found, JsonObject) else Stop("its `Properties` are no mapping", found.span)


def reached(properties: JsonObject, kind: DocumentType) -> Iterator[Reached | Stop]:
    """The values at the path of a kind of documents."""
    steps = [step for part in kind.at.split(".") for step in _steps(part)]
    yield from _reached(Reached(properties, None, ""), steps, (), kind.only)


def _steps(part: str) -> list[str]:
    """`Policies[]` is a key and a step to each item."""
    key, mark = part.rstrip("[]{}"), part[-2:]
    return [key, mark] if mark in ("[]", "{}") else [key]


def _reached(at: Reached, steps: list[str], under: Under, only: str) -> Iterator[Reached | Stop]:
    value = at.value
    if not steps and (not only or intrinsic(value) is None):
        if not only or (isinstance(value, JsonObject) and value.get(only) is not None):
            yield Reached(_under(value, under), at.item, at.number)
        return
    made = intrinsic(value)
    if made is not None:
        name, argument, _ = made
        items = argument.items if isinstance(argument, JsonArray) else ()
        if name == "If" and len(items) == 3 and isinstance(items[0], JsonString) and len(under) < _DEPTH:
            for holds, branch in ((True, items[1]), (False, items[2])):
                item = branch if at.item is value else at.item
                yield from _reached(Reached(branch, item, at.number), steps, (*under, (items[0], holds)), only)
        elif not (is_no_value(value) or (only and name != "Transform")):
            # an item that has to be a document may be a name, and a function gives one
            yield _made_by(name, value)
        return
    step, rest = (steps[0], steps[1:]) if steps else ("", [])
    if step == "[]":
        for number, one in enumerate(value.items if isinstance(value, JsonArray) else (value,)):
            yield from _reached(Reached(one, one, str(number + 1)), rest, under, only)
    elif isinstance(value, JsonObject):
        if step == "{}":
            for member in value.members:
                yield from _reached(Reached(member.value, None, member.key), rest, under, only)
        elif (inner := value.get(step)) is not None:
            yield from _reached(Reached(inner, at.item, at.number), rest, under, only)
        elif (stop := written_by(value)) is not None:
            yield stop


def _made_by(name: str, value: JsonValue) -> Stop:
    return Stop(f"it is what `{name if name == 'Ref' else f'Fn::{name}'}` makes", value.span)


def _under(value: JsonValue, under: Under) -> JsonValue:
    """The value as a choice that gives it where the conditions hold, and nothing elsewhere."""
    for condition, holds in reversed(under):
        start = value.span.at_start()
        nothing = JsonObject((JsonMember("Ref", start, JsonString("AWS::NoValue", start)),), start)
        items = (condition, value, nothing) if holds else (condition, nothing, value)
        value = JsonObject((JsonMember("Fn::If", start, JsonArray(items, value.span)),), value.span)
    return value
