"""Reading a document that is there, to decide on it: what AWS stores matches nothing where it is malformed, and of a statement with
a template that nobody rendered no more is said than its other elements tell. `check` reports both.

A hole in an action or a condition key is set aside in every document: there no text can be compared with what it stands for.
 Source: IAM evaluation reference and Lattice reference, corrections.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from policyc.engines.iam.statement import Hole
from policyc.engines.iam.templates import unrendered
from policyc.holes import has_hole, shown, widened
from policyc.syntax.json_tree import JsonArray, JsonMember, JsonObject, JsonString, JsonValue

#: rules of findings about what AWS stores, or once stored, and evaluates: as matching nothing, or as what it says
STORED: Final = frozenset(
    {
        "invalid-action",
        "invalid-condition-data-type",
        "invalid-condition-key-format",
        "invalid-condition-multiple-boolean",
        "invalid-variable-for-operator",
        "missing-tag-key-in-condition",
        "type-mismatch-ip-range",
        "unique-sids-required",
        "unsupported-sid",
    }
)
_PARTS: Final = {
    "Principal": "principal",
    "NotPrincipal": "principal",
    "Action": "action",
    "NotAction": "action",
    "Resource": "resource",
    "NotResource": "resource",
}


def set_aside(elements: Mapping[str, JsonMember]) -> tuple[dict[str, JsonMember], tuple[Hole, ...]]:
    """The elements of a statement with those that hold a template widened to everything, and the templates."""
    kept = dict(elements)
    holes: list[Hole] = []
    for name, part in _PARTS.items():
        found = None if name not in kept else _first(kept[name].value)
        if found is not None:
            member = kept.pop(name)
            wide = name.removeprefix("Not")
            kept[wide] = JsonMember(wide, member.key_span, JsonString("*", member.value.span))
            holes.append(Hole(part, unrendered(found.value) or found.value, found.span))
    condition = kept.get("Condition")
    if condition is not None and isinstance(condition.value, JsonObject):
        operators = tuple(_without_templates(member, holes) for member in condition.value.members)
        kept["Condition"] = JsonMember(condition.key, condition.key_span, JsonObject(operators, condition.value.span))
        if not any(isinstance(item.value, JsonObject) and item.value.members for item in operators) and holes:
            del kept["Condition"]
    return kept, tuple(holes)


def set_open_aside(elements: Mapping[str, JsonMember]) -> tuple[Mapping[str, JsonMember], tuple[Hole, ...]]:
    """The elements of a statement with its actions widened by what their holes may be, and without the tests whose keys have holes."""
    if not _may_be_open(elements):
        return elements, ()
    holes: list[Hole] = []
    kept = dict(elements)
    for name in ("Action", "NotAction"):
        member = kept.get(name)
        found = [] if member is None else [text for text in _texts(member.value) if has_hole(text.value)]
        if member is None or not found:
            continue
        holes += [Hole("action", shown(text.value), text.span) for text in found]
        kept.pop(name)
        wide: JsonValue = JsonString("*", member.value.span)
        if name == "Action":
            wide = JsonArray(tuple(_widened(text) for text in _texts(member.value)), member.value.span)
        kept["Action"] = JsonMember("Action", member.key_span, wide)
    condition = kept.get("Condition")
    if condition is not None and isinstance(condition.value, JsonObject):
        operators = tuple(_without_open_keys(member, holes) for member in condition.value.members)
        if any(kept_one is not member for kept_one, member in zip(operators, condition.value.members, strict=True)):
            some = tuple(item for item in operators if not isinstance(item.value, JsonObject) or item.value.members)
            value = JsonObject(some, condition.value.span)
            kept.pop("Condition")
            if some:
                kept["Condition"] = JsonMember(condition.key, condition.key_span, value)
    return kept, tuple(holes)


def _may_be_open(elements: Mapping[str, JsonMember]) -> bool:
    """Whether an action or a key has a hole, as far as a short look tells."""
    looked: list[str] = []
    for name in ("Action", "NotAction"):
        member = elements.get(name)
        value = None if member is None else member.value
        if isinstance(value, JsonString):
            looked.append(value.value)
        elif isinstance(value, JsonArray):
            looked += [item.value for item in value.items if isinstance(item, JsonString)]
    condition = elements.get("Condition")
    if condition is not None and isinstance(condition.value, JsonObject):
        for operator in condition.value.members:
            if isinstance(operator.value, JsonObject):
                looked += [item.key for item in operator.value.members]
    return has_hole("".join(looked))


def _widened(text: JsonString) -> JsonString:
    """An action with a hole as the pattern of what it may be; of one that may hold the colon nothing is known."""
    if not has_hole(text.value):
        return text
    wide = widened(text.value)
    return JsonString(wide if ":" in wide else "*", text.span)


def _without_open_keys(operator: JsonMember, holes: list[Hole]) -> JsonMember:
    if not isinstance(operator.value, JsonObject) or not any(has_hole(item.key) for item in operator.value.members):
        return operator
    kept = []
    for member in operator.value.members:
        if has_hole(member.key):
            holes.append(Hole("condition", shown(member.key), member.key_span))
        else:
            kept.append(member)
    return JsonMember(operator.key, operator.key_span, JsonObject(tuple(kept), operator.value.span))


def _without_templates(operator: JsonMember, holes: list[Hole]) -> JsonMember:
    """One operator of a condition with only those keys that a request can be held against."""
    if not isinstance(operator.value, JsonObject):
        return operator
    kept = []
    for member in operator.value.members:
        named = unrendered(member.key) if "${" in member.key else None
        found = None if named else _first(member.value)
        if named is None and found is None:
            kept.append(member)
        else:
            text = named or (unrendered(found.value) if found is not None else None)
            holes.append(Hole("condition", text or member.key, member.key_span if found is None else found.span))
    return JsonMember(operator.key, operator.key_span, JsonObject(tuple(kept), operator.value.span))


def _first(value: JsonValue) -> JsonString | None:
    """The first text in a value that holds a template."""
    return next((text for text in _texts(value) if "${" in text.value and unrendered(text.value) is not None), None)


def _texts(value: JsonValue) -> Iterator[JsonString]:
    work = [value]
    while work:
        match work.pop():
            case JsonString() as text:
                yield text
            case JsonArray() as items:
                work.extend(reversed(items.items))
            case JsonObject() as held:
                work.extend(member.value for member in reversed(held.members))
            case _:
                pass
