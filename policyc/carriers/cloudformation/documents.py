"""The documents of a template, in the order of its resources, one for each world in which it differs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from policyc.carriers.astray import policy_astray
from policyc.carriers.cloudformation.attached import callers, elsewhere
from policyc.carriers.cloudformation.chains import wirings
from policyc.carriers.cloudformation.companions import companions, facts_of
from policyc.carriers.cloudformation.loops import unrolled
from policyc.carriers.cloudformation.lowering import Lowering, Stop, intrinsic
from policyc.carriers.cloudformation.others import STACK_SET, tell_others
from policyc.carriers.cloudformation.reaching import reached, unreached
from policyc.carriers.cloudformation.statements import STATEMENTS
from policyc.carriers.cloudformation.template import Resource, Template
from policyc.carriers.cloudformation.worlds import conditions_in, label, worlds
from policyc.carriers.embedded import SERVICE, Carried, Embedded, PlacedText, Unreadable, listed
from policyc.carriers.origins import Origins
from policyc.carriers.signs import EFFECT
from policyc.carriers.types import DocumentType, reach, text_at, types
from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.record import replace
from policyc.syntax.json_tree import JsonArray, JsonBool, JsonObject, JsonString, JsonValue

_CEDAR: Final = "cedar"
_NETWORK: Final = "core-network"


def _switched_off(found: Embedded, resource: Resource) -> Iterator[Diagnostic]:
    """A policy that nobody asks."""
    switch = resource.properties.get("PolicyEnabled")
    if found.kind == _CEDAR and isinstance(switch, JsonBool | JsonString) and switch.plain() in (False, "false"):
        message = f"nobody asks the policy of `{resource.name}`, because `PolicyEnabled` is false"
        yield Diagnostic(
            "policy-switched-off", message, switch.span, "write `true`, or remove the policy", Severity.WARNING
        )


def read_documents(template: Template, diagnostics: Diagnostics) -> Carried:
    """Everything that a template carries."""
    documents: list[Embedded] = []
    unreadable: list[Unreadable] = []
    told: list[Diagnostic] = []
    origins = Origins(template.source.file, template.options)
    if any(item.name.partition(".")[0] == "Metadata" for item in template.broken):  # it may say what is meant
        return Carried((), template.broken, partial=True)
    tell_others(template, diagnostics)
    unrolled(template, unreadable)
    for resource in list(template.resources.values()):
        for found in _documents_of(resource, template, diagnostics):
            if isinstance(found, Unreadable):
                unreadable.append(found)
            else:
                documents.append(replace(found, also=origins.of(resource.name)))
                told += _switched_off(found, resource)
        if resource.type == STACK_SET and (inner := _template_inside(resource)) is not None:
            unreadable.append(inner)
        if (astray := _policy_astray(resource)) is not None:
            unreadable.append(astray)
        if resource.problem is not None:
            resource.problem.report(diagnostics)
            unreadable.append(Unreadable(resource.name, resource.type, resource.name_span, str(resource.problem)))
    if template.broken:
        return Carried(tuple(documents), (*template.broken, *unreadable), partial=True, findings=tuple(told))
    unread = {item.name.partition(".")[0] for item in unreadable}
    chains = tuple(wirings(template))
    beside = tuple(companions(template, unread))
    asked = chains or any(item.type == SERVICE for item in beside)
    held = callers(template) if asked else {}
    others = listed(elsewhere(template))
    return Carried(
        tuple(documents), tuple(unreadable), beside, chains=chains, callers=held, findings=tuple(told), elsewhere=others
    )


def _template_inside(resource: Resource) -> Unreadable | None:
    """The template that a stack set has as a text, where policies stand in it."""
    body = resource.properties.get("TemplateBody")
    if body is None or not any(EFFECT.search(text) for text in _texts(body)):
        return None
    reason = "a template inside a text; keep it in a file of its own, which is read there"
    return Unreadable(resource.name, resource.type, body.span, reason)


def _policy_astray(resource: Resource) -> Unreadable | None:
    kinds = types("cloudformation").get(resource.type, ())
    found = [one for kind in kinds for one in reached(resource.properties, kind)]
    if not kinds or any(isinstance(one, Stop) for one in found):
        return None
    held = [item.value for item in found if not isinstance(item, Stop)]
    return policy_astray(resource.name, resource.type, resource.properties, held, (kind.at for kind in kinds))


def _texts(value: JsonValue) -> Iterator[str]:
    """The JSON that a value is, and every text in it as it is."""
    yield json.dumps(value.plain(), ensure_ascii=False, default=str)
    work = [value]
    while work:
        match work.pop():
            case JsonString(text):
                yield text
            case JsonArray(items):
                work += items
            case JsonObject(members):
                work += [member.value for member in members]
            case _:
                pass


def _documents_of(resource: Resource, template: Template, diagnostics: Diagnostics) -> Iterator[Embedded | Unreadable]:
    kinds = types("cloudformation").get(resource.type, ())
    stated = STATEMENTS.get(resource.type)
    if (kinds or stated is not None) and (stop := unreached(resource)) is not None:
        yield Unreadable(resource.name, resource.type, stop.span, stop.reason)
        return
    if stated is not None:
        kind = DocumentType("", stated.kind)
        yield from _in_worlds(resource, template, resource.properties, kind, "", diagnostics)
    for kind in kinds:
        for found in reached(resource.properties, kind):
            if isinstance(found, Stop):
                yield Unreadable(resource.name, resource.type, found.span, found.reason)
                continue
            name = text_at(found.item, kind.name) if kind.name else ""
            yield from _in_worlds(resource, template, found.value, kind, name or found.number, diagnostics)


def _in_worlds(
    resource: Resource, template: Template, value: JsonValue, kind: DocumentType, part: str, diagnostics: Diagnostics
) -> Iterator[Embedded | Unreadable]:
    """One document in each world in which it is another."""
    name = f"{resource.name}.{part}" if part else resource.name
    kind_name = kind.kind or kind.kinds.get(text_at(resource.properties, kind.by), "")
    if not kind_name:
        told = next((found for found, _, _ in reach(resource.properties, kind.by)), None)
        if told is not None and not isinstance(told, JsonString):
            reason = f"`{kind.by}`, which says what kind it is, is not known"
            yield Unreadable(name, resource.type, told.span, reason)
        return
    try:
        every = worlds(conditions_in(value), template, value.span, resource.condition)
    except Stop as stop:
        yield Unreadable(name, resource.type, stop.span, stop.reason)
        return
    made: list[Embedded] = []
    for truths in every:
        lowering = Lowering(template, truths, diagnostics, kind_name == _NETWORK)
        try:
            content = _content(value, kind_name, resource, lowering)
        except Stop as stop:
            yield Unreadable(name, resource.type, stop.span, stop.reason)
            continue
        if content is None or any(content == other.content for other in made):
            continue
        facts = facts_of(resource, template, kind)
        if kind.name == "PolicyName" and not part.isdigit():
            facts = {**facts, "policy": part}
        made.append(
            Embedded(
                kind_name,
                name,
                resource.type,
                value.span,
                content,
                lowering.holes,
                facts,
                label(truths) if len(every) > 1 else "",
                "",
                _meant(resource, template),
            )
        )
    yield from made


def _content(value: JsonValue, kind: str, resource: Resource, lowering: Lowering) -> JsonValue | PlacedText | None:
    """The document that a property holds: a tree, or a text where the host has one. Raises Stop."""
    if (stated := STATEMENTS.get(resource.type)) is not None:
        return stated.read(resource, lowering)
    found = intrinsic(value)
    if found is not None and found[0] == "If":
        items = found[1].items if isinstance(found[1], JsonArray) else ()
        if len(items) == 3 and isinstance(items[0], JsonString) and items[0].value in lowering.truths:
            return _content(items[1] if lowering.truths[items[0].value] else items[2], kind, resource, lowering)
    if found is not None and found[0] == "ToJsonString":
        return lowering.value(found[1])
    if (
        found is not None
        and found[0] == "Ref"
        and isinstance(found[1], JsonString)
        and found[1].value == "AWS::NoValue"
    ):
        return None
    if isinstance(value, JsonObject) and found is None:
        if kind == _CEDAR:
            raise Stop("a Cedar policy is a text", value.span)
        return lowering.value(value)
    text = lowering.text(value)
    if text is None:
        made = lowering.value(value)
        if made is None:
            return None
        if kind == _CEDAR or isinstance(made, JsonString):
            raise Stop("it is no text and no mapping", value.span)
        return made
    return text if text.value.strip() else None


def _meant(resource: Resource, template: Template) -> tuple[str, ...]:
    """The rules whose findings `Metadata: {policyc: {ignore: […]}}` says are meant, on the resource or on the template."""
    out: list[str] = []
    for holder in (resource.body.get("Metadata"), template.sections.get("Metadata")):
        ours = holder.get("policyc") if isinstance(holder, JsonObject) else None
        listed = ours.get("ignore") if isinstance(ours, JsonObject) else None
        items = listed.items if isinstance(listed, JsonArray) else (listed,)
        out += [item.value for item in items if isinstance(item, JsonString)]
    return tuple(out)
