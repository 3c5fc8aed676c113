"""`Fn::ForEach` among the resources of a template: one resource for each item of a list that is written out.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
"""

from __future__ import annotations

from policyc.carriers.cloudformation.filling import LOOP, MOST, filled, put
from policyc.carriers.cloudformation.lowering import Lowering, Stop
from policyc.carriers.cloudformation.template import Resource, Template
from policyc.carriers.embedded import Unreadable
from policyc.diagnostics import Diagnostics
from policyc.holes import has_hole
from policyc.syntax.json_tree import JsonArray, JsonMember, JsonObject, JsonString


def unrolled(template: Template, unreadable: list[Unreadable]) -> None:
    """Add the resources that loops make; a loop over what is not known cannot be read."""
    for key, value in template.loops:
        name = key.partition(LOOP)[2] or key
        items = value.items if isinstance(value, JsonArray) else ()
        if len(items) != 3 or not isinstance(items[0], JsonString) or not isinstance(items[2], JsonObject):
            unreadable.append(Unreadable(name, "Fn::ForEach", value.span, "a loop takes a name, a list and resources"))
            continue
        try:
            over = Lowering(template, {}, Diagnostics()).value(items[1])
        except Stop as stop:
            unreadable.append(Unreadable(name, "Fn::ForEach", stop.span, stop.reason))
            continue
        texts = (
            [item.value for item in over.items if isinstance(item, JsonString)] if isinstance(over, JsonArray) else []
        )
        if not texts or any(map(has_hole, texts)) or len(texts) > MOST:
            unreadable.append(Unreadable(name, "Fn::ForEach", items[1].span, "a loop over values that are not known"))
            continue
        for text in texts:
            for member in items[2].members:
                _add(template, member, items[0].value, text, unreadable)


def _add(template: Template, member: JsonMember, name: str, text: str, unreadable: list[Unreadable]) -> None:
    key = put(member.key, name, text)
    body = filled(member.value, name, text)
    kind = body.get("Type") if isinstance(body, JsonObject) else None
    if member.key.startswith("Fn::ForEach"):
        unreadable.append(Unreadable(key, "Fn::ForEach", member.key_span, "a loop inside a loop"))
    elif isinstance(body, JsonObject) and isinstance(kind, JsonString):
        template.resources.setdefault(key, Resource(key, kind.value, member.key_span, lambda: body, body))
