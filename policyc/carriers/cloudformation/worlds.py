"""Conditions of a template: the worlds that they tell apart, as far as a document hangs on them.

A condition that rests on values that are not known may go either way. A parameter that is compared with texts takes each of them in turn, and one more value; what
cannot be told so is tried both ways. More than `MOST` worlds are not looked at, and that is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Final

from policyc.carriers.cloudformation.lowering import Lowering, Stop, intrinsic
from policyc.carriers.cloudformation.template import Template
from policyc.diagnostics import Diagnostics
from policyc.holes import MARK, filled, has_hole, names_in
from policyc.record import field, record
from policyc.syntax.json_tree import JsonArray, JsonBool, JsonObject, JsonString, JsonValue
from policyc.text import Span

MOST: Final = 16
_DEPTH: Final = 30
_OTHER: Final = "\ue003other"

Truths = Mapping[str, bool]


def conditions_in(value: JsonValue) -> set[str]:
    """The conditions that the values under a value hang on."""
    found: set[str] = set()
    work = [value]
    while work:
        item = work.pop()
        made = intrinsic(item)
        if made is not None and made[0] == "If" and isinstance(made[1], JsonArray) and made[1].items:
            first = made[1].items[0]
            if isinstance(first, JsonString):
                found.add(first.value)
        match item:
            case JsonObject(members):
                work.extend(member.value for member in members)
            case JsonArray(items):
                work.extend(items)
            case _:
                pass
    return found


def worlds(names: set[str], template: Template, span: Span, given: str = "") -> list[Truths]:
    """The combinations of these conditions that can be where the condition `given` holds, each once. Raises Stop when there are too many or one cannot be read."""
    if not names:
        return [{}]
    if given:
        try:
            if found := _worlds(names, template, span, given):
                return found
        except Stop:
            pass  # it may be any of them
    return _worlds(names, template, span, "")


def _worlds(names: set[str], template: Template, span: Span, given: str) -> list[Truths]:
    reading = _Reading(template, span)
    for name in sorted({*names, given} - {""}):
        reading.look(name, 0)
    found: list[Truths] = []
    for choice in reading.choices():
        if given and not reading.truth(given, choice, 0):
            continue
        truths = {name: reading.truth(name, choice, 0) for name in sorted(names)}
        if truths not in found:
            found.append(truths)
    return found


def label(truths: Truths) -> str:
    """A world for people: `when Prod`, `when not Prod`."""
    said = [f"`{name}`" if holds else f"not `{name}`" for name, holds in truths.items()]
    return "when " + ", ".join(said) if said else ""


@record(frozen=False)
class _Reading:
    """`domains` has for each open name the values to try: texts for what is compared as a whole, `true` and `false` for what cannot be told.
    `looked` and `decided` (for the choice at hand) have the conditions that were read, since each may be named many times."""

    template: Template
    span: Span
    domains: dict[str, list[str]] = field(default_factory=dict)
    looked: set[str] = field(default_factory=set)
    decided: dict[str, bool] = field(default_factory=dict)

    def look(self, name: str, depth: int) -> None:
        """Find what a condition rests on."""
        if name not in self.looked:
            self._look(self._expression(name), depth)
            self.looked.add(name)

    def _expression(self, name: str) -> JsonValue:
        found = self.template.section("Conditions", name)
        if found is None:
            broken = (
                "the condition `{}` cannot be read" if self.template.broken else "the template has no condition `{}`"
            )
            raise Stop(broken.format(name), self.span)
        return found

    def _look(self, value: JsonValue, depth: int) -> None:
        if depth > _DEPTH:
            raise Stop("its conditions go in a circle", self.span)
        if (other := _named(value)) is not None:
            return self.look(other, depth + 1)
        made = intrinsic(value)
        if made is None:
            return None
        name, argument, _ = made
        items = argument.items if isinstance(argument, JsonArray) else ()
        if name in ("And", "Or", "Not"):
            for item in items:
                self._look(item, depth + 1)
        elif name == "Equals":
            self._compared([self._text(item) for item in items])
        else:
            self._try(self._key(value), ["true", "false"])
        return None

    def _compared(self, texts: list[str]) -> None:
        """Both sides of an `Equals`: each name in them is tried with what it is compared with."""
        for text, other in zip(texts, reversed(texts), strict=True):
            for name in names_in(text):
                parameter = self.template.parameters.get(name)
                if parameter is not None and parameter.allowed:
                    self._try(name, list(parameter.allowed))
                elif len(names_in(text)) == 1 and not has_hole(other):
                    head, _, tail = text.partition(next(_marks(text)))
                    inner = (
                        other[len(head) : len(other) - len(tail)]
                        if other.startswith(head) and other.endswith(tail)
                        else ""
                    )
                    self._try(name, [inner, _OTHER])
                else:
                    self._try(name, [_OTHER, f"{_OTHER}{name}"])

    def _try(self, name: str, values: list[str]) -> None:
        held = self.domains.setdefault(name, [])
        held += [value for value in values if value not in held]

    def choices(self) -> Iterator[dict[str, str]]:
        size = 1
        for values in self.domains.values():
            size *= len(values)
        if size > MOST * 4:
            raise Stop(f"it hangs on conditions with {size} combinations", self.span)
        for chosen in product(*self.domains.values()):
            self.decided.clear()
            yield dict(zip(self.domains, chosen, strict=True))

    def truth(self, name: str, choice: Mapping[str, str], depth: int) -> bool:
        if name not in self.decided:
            self.decided[name] = self._truth(self._expression(name), choice, depth)
        return self.decided[name]

    def _truth(self, value: JsonValue, choice: Mapping[str, str], depth: int) -> bool:
        if depth > _DEPTH:
            raise Stop("its conditions go in a circle", self.span)
        if (other := _named(value)) is not None:
            return self.truth(other, choice, depth + 1)
        if isinstance(value, JsonBool):
            return value.value
        made = intrinsic(value)
        if made is None:
            raise Stop("a condition of the template cannot be read", value.span)
        name, argument, _ = made
        items = argument.items if isinstance(argument, JsonArray) else ()
        match name:
            case "And":
                return all(self._truth(item, choice, depth + 1) for item in items)
            case "Or":
                return any(self._truth(item, choice, depth + 1) for item in items)
            case "Not" if len(items) == 1:
                return not self._truth(items[0], choice, depth + 1)
            case "Equals" if len(items) == 2:
                one, two = (filled(self._text(item), choice) for item in items)
                return one == two
            case _:
                return choice.get(self._key(value)) == "true"

    def _text(self, value: JsonValue) -> str:
        text = Lowering(self.template, {}, Diagnostics()).text(value)
        return "" if text is None else text.value

    def _key(self, value: JsonValue) -> str:
        return f"{value.span.start}:{value.span.end}"


def _named(value: JsonValue) -> str | None:
    """The name in `{"Condition": name}`."""
    if isinstance(value, JsonObject) and len(value.members) == 1 and value.members[0].key == "Condition":
        inner = value.members[0].value
        return inner.value if isinstance(inner, JsonString) else None
    return None


def _marks(text: str) -> Iterator[str]:

    return (found[0] for found in MARK.finditer(text))
