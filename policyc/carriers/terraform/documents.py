"""The documents of a configuration: which arguments of which resources hold them is data (`schemas/terraform/documents.json`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache

from policyc.carriers.embedded import SYNTAX, Hole, PlacedText, Unreadable
from policyc.carriers.terraform.bodies import Inner, blocks_of
from policyc.carriers.terraform.data_documents import CORE_NETWORK, IAM
from policyc.carriers.terraform.expressions import Work
from policyc.carriers.terraform.facts import Around, facts_of, kind_of
from policyc.carriers.terraform.modules import ResourceInstance
from policyc.carriers.terraform.permission import ON as PERMISSIONS
from policyc.carriers.terraform.permission import permission_document
from policyc.carriers.terraform.texts import placed
from policyc.carriers.terraform.values import (
    Failed,
    Fields,
    Instance,
    Items,
    Json,
    Null,
    Text,
    Unknown,
    Value,
    described,
    json_tree,
    texts_in,
)
from policyc.data import read_json
from policyc.holes import MARK, has_hole, name_of, names_in
from policyc.record import record
from policyc.syntax.json_tree import JsonValue
from policyc.text import Span


@record
class Slot:
    """One argument that holds a document: `path` leads through blocks; `kind` as `--as` takes it, or told by another argument."""

    path: tuple[str, ...]
    kind: str
    told_by: str = ""
    kinds: tuple[tuple[str, str], ...] = ()


@cache
def slots() -> Mapping[str, tuple[Slot, ...]]:
    """By resource type."""
    found: dict[str, tuple[Slot, ...]] = {}
    for type, rows in read_json("schemas/terraform/documents.json").items():
        made = []
        for path, kind in rows.items():
            words = tuple(path.split("."))
            if isinstance(kind, str):
                made.append(Slot(words, kind))
            else:
                made.append(Slot(words, kind["otherwise"], kind["argument"], tuple(kind["kinds"].items())))
        found[type] = tuple(made)
    return found


def holds_documents(block_type: str, labels: tuple[str, ...]) -> bool:
    """Whether blocks of a type are looked into at all."""
    if block_type == "data":
        return labels[0] in (IAM, CORE_NETWORK)
    return block_type == "resource" and (labels[0] in slots() or labels[0] in PERMISSIONS)


@record
class Found:
    """One document of one instance, before instances of one block are put together."""

    kind: str
    address: str
    type: str
    place: Span
    content: JsonValue | PlacedText
    holes: tuple[Hole, ...]
    facts: tuple[tuple[str, str], ...]


def found_in(instance: ResourceInstance, around: Around, work: Work) -> Iterator[Found | Unreadable]:
    """The documents of one instance; what cannot be worked out is unreadable. Raises Undecided."""
    head = instance.placed.block.head
    if instance.placed.block.type == "data":
        kind = "core-network" if instance.type == CORE_NETWORK else ""
        yield from _one(instance, kind, head, lambda: instance.attribute("json", head, work), around, work)
    elif instance.type in PERMISSIONS:
        yield from _one(instance, "function", head, lambda: permission_document(instance, work), around, work)
    else:
        for slot in slots()[instance.type]:
            yield from _in_slot(instance, slot, around, work)


def _in_slot(instance: ResourceInstance, slot: Slot, around: Around, work: Work) -> Iterator[Found | Unreadable]:
    kind = slot.kind
    if slot.told_by:
        try:
            told = instance.argument(slot.told_by, work)
        except Failed as failed:
            told = Unknown("", failed.span)
        if isinstance(told, Unknown | Instance) or (isinstance(told, Text) and has_hole(told.value)):
            reason = f"`{slot.told_by}`, which says what kind it is, is not known"
            yield Unreadable(instance.address, instance.type, instance.placed.block.head, reason)
            return
        kind = dict(slot.kinds).get(told.value, "") if isinstance(told, Text) else slot.kind
    if not kind:
        return
    inners = [Inner(instance.body, instance.scope, instance.placed.block.head)]
    for at, word in enumerate(slot.path[:-1]):
        written = [inner.argument(word, work) for inner in inners]
        if any(found is not None for found in written):
            # an attribute with objects, as the providers of the newer kind have it
            values = [found[1] for found in written if found is not None]
            for value in values:
                yield from _in_value(instance, slot.path[at + 1 :], kind, value, around, work)
            return
        try:
            inners = [deeper for inner in inners for deeper in blocks_of(inner.body, word, inner.scope, work)]
        except Failed as failed:
            yield _lost(instance, failed, instance.placed.block.head)
            return
    for inner in inners:
        argument = inner.body.arguments.get(slot.path[-1])
        if argument is None:
            if inner.body.damaged:
                place = instance.placed.block.head
                yield Unreadable(instance.address, instance.type, place, SYNTAX)
            continue
        expression, scope = argument.value, inner.scope
        place = expression.span
        yield from _one(instance, kind, place, lambda e=expression, s=scope: work.value(e, s), around, work)  # type: ignore[misc]


def _in_value(
    instance: ResourceInstance, path: tuple[str, ...], kind: str, value: Value, around: Around, work: Work
) -> Iterator[Found | Unreadable]:
    """Documents in an attribute that holds objects."""
    if isinstance(value, Items):
        for item in value.values:
            yield from _in_value(instance, path, kind, item, around, work)
    elif path and isinstance(value, Fields):
        found = value.get(path[0])
        if found is not None:
            yield from _in_value(instance, path[1:], kind, found, around, work)
    else:
        yield from _one(instance, kind, value.span, lambda: value, around, work)


def _one(
    instance: ResourceInstance, kind: str, place: Span, make: Callable[[], Value | None], around: Around, work: Work
) -> Iterator[Found | Unreadable]:
    try:
        value = make()
        if value is None or _is_empty(value):
            return
        kind = kind_of(instance, kind, work)
        content = _content(value, kind, work)
        facts = facts_of(instance, kind, around, work)
    except Failed as failed:
        yield _lost(instance, failed, place)
        return
    if isinstance(content, str):
        yield Unreadable(instance.address, instance.type, place, content)
    elif content is not None:
        yield Found(
            kind, instance.address, instance.type, place, content, _holes(value, work), tuple(sorted(facts.items()))
        )


def document_of(value: Value, kind: str, address: str, type: str, work: Work) -> Found | None:
    """A value as a document that belongs to no resource here; None when it is none. Raises Failed."""
    content = _content(value, kind, work)
    if content is None or isinstance(content, str):
        return None
    return Found(kind, address, type, value.span, content, _holes(value, work), ())


def _is_empty(value: Value) -> bool:
    """Whether a data source makes no statement: `dynamic` blocks of a module make none until somebody asks for some."""
    statements = value.value.get("Statement") if isinstance(value, Json) and isinstance(value.value, Fields) else None
    return isinstance(statements, Items) and not statements.values and statements.span == value.span


def _lost(instance: ResourceInstance, failed: Failed, place: Span) -> Unreadable:
    where = failed.span if failed.span.file == place.file else place
    return Unreadable(instance.address, instance.type, where, failed.reason)


def _content(value: Value, kind: str, work: Work) -> JsonValue | PlacedText | str | None:
    """A value as a document; a reason where nothing of it is known, None for no document."""
    match value:
        case Unknown(sensitive=True) | Json(Unknown(sensitive=True)):
            return "the document is sensitive"
        case Json(Unknown() | Instance() as inner) | (Unknown() | Instance() as inner):
            return _open(described(inner), work)
        case Json(inner):
            if kind == "cedar":
                raise Failed("JSON stands where Cedar text is wanted", value.span)
            return json_tree(inner)
        case Text(text):
            hole = MARK.fullmatch(text.strip())
            if hole is not None:
                return _open(name_of(hole), work)
            return placed(value) if text.strip() else None
        case Fields():
            return json_tree(value)
        case Null():
            return None
        case _:
            raise Failed("it is no document", value.span)


def _open(name: str, work: Work) -> str:
    return f"the document is {work.when}" if work.when else f"the document is `{name}`, which has no value here"


def _holes(value: Value, work: Work) -> tuple[Hole, ...]:
    """Every hole that a value has marks of."""
    names = dict.fromkeys(name for text in texts_in(value) for name in names_in(text))
    return tuple(work.holes.get(name) or Hole(name, "string", value.span) for name in names)
