"""`Fn::ForEach` among the resources of a template: one resource for each item of a list that is written out, loops within loops included.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
"""

from __future__ import annotations

from typing import Final

from policyc.carriers.cloudformation.filling import LOOP, MOST, filled, put
from policyc.carriers.cloudformation.lowering import Lowering, Stop
from policyc.carriers.cloudformation.statements import STATEMENTS
from policyc.carriers.cloudformation.template import Resource, Template
from policyc.carriers.embedded import Unreadable
from policyc.carriers.types import types
from policyc.diagnostics import Diagnostics
from policyc.holes import has_hole
from policyc.record import record
from policyc.syntax.json_tree import JsonArray, JsonObject, JsonString, JsonValue
from policyc.text import Span

_KIND: Final = "Fn::ForEach"
_MACRO: Final = "Fn::Transform"
#: resources that the loops of a template may make; a stack has at most 500
_MOST: Final = 2_000


def unrolled(template: Template, unreadable: list[Unreadable]) -> None:
    """Add the resources that loops make; a loop over what is not known cannot be read."""
    loops = _Loops(template, unreadable)
    for key, value in template.loops:
        if key.startswith(_MACRO):
            unreadable.append(Unreadable("", _MACRO, value.span, f"a macro (`{_MACRO}`) writes resources"))
        else:
            loops.unroll(key, value, value.span)


@record(frozen=False)
class _Loops:
    template: Template
    unreadable: list[Unreadable]
    made: int = 0

    def unroll(self, key: str, value: JsonValue, place: Span) -> None:
        """One loop; `place` is where its fault is told when the value has none."""
        items = value.items if isinstance(value, JsonArray) else ()
        if len(items) != 3 or not isinstance(items[0], JsonString) or not isinstance(items[2], JsonObject):
            self._lost(key, place, "a loop takes a name, a list and resources")
            return
        try:
            over = Lowering(self.template, {}, Diagnostics()).value(items[1])
        except Stop as stop:
            if _may_carry(items[2]):
                self._lost(key, stop.span, stop.reason)
            return
        texts = (
            [item.value for item in over.items if isinstance(item, JsonString)] if isinstance(over, JsonArray) else []
        )
        if not texts or any(map(has_hole, texts)) or len(texts) > MOST:
            if _may_carry(items[2]):
                self._lost(key, items[1].span, "a loop over values that are not known")
            return
        for text in texts:
            self._turn(items[2], items[0].value, text)

    def _turn(self, body: JsonObject, name: str, text: str) -> None:
        for member in body.members:
            key, made = put(member.key, name, text), filled(member.value, name, text)
            if self.made >= _MOST:
                self._lost(key, member.key_span, f"loops make more than {_MOST:,} resources")
                return
            self.made += 1
            kind = made.get("Type") if isinstance(made, JsonObject) else None
            if key.startswith(LOOP):
                self.unroll(key, made, member.key_span)
            elif isinstance(made, JsonObject) and isinstance(kind, JsonString):
                read = Resource(key, kind.value, member.key_span, lambda body=made: body, made)  # type: ignore[misc]
                self.template.resources.setdefault(key, read)

    def _lost(self, key: str, span: Span, reason: str) -> None:
        found = Unreadable(key.partition(LOOP)[2] or key, _KIND, span, reason)
        if found not in self.unreadable:
            self.unreadable.append(found)


def _may_carry(body: JsonObject) -> bool:
    """Whether what a loop writes may hold policies."""
    for member in body.members:
        value = member.value
        if member.key.startswith(LOOP):
            inner = value.items[2] if isinstance(value, JsonArray) and len(value.items) == 3 else None
            if not isinstance(inner, JsonObject) or _may_carry(inner):
                return True
            continue
        kind = value.get("Type") if isinstance(value, JsonObject) else None
        if not isinstance(kind, JsonString) or kind.value in types("cloudformation") or kind.value in STATEMENTS:
            return True
    return False
