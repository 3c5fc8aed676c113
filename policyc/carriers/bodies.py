"""Documents at known places of a resource's body: as mappings there, or as texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from policyc.carriers.astray import policy_astray
from policyc.carriers.embedded import Embedded, Hole, PlacedText, Unreadable
from policyc.carriers.placing import placed
from policyc.carriers.texts import url_decoded
from policyc.carriers.types import DocumentType, reach, text_at
from policyc.holes import names_in
from policyc.record import replace
from policyc.regex import regex
from policyc.syntax.json_tree import JsonArray, JsonObject, JsonString, JsonValue
from policyc.text import Source

_ENCODED: Final = ("%7B", "%7b", "%0A", "%5B")
#: a text that is nothing but an expression of another tool (Flux, envsubst, Terraform)
_LEFT_OPEN: Final = regex(r"\$\{(?:[^{}]|\{[^{}]*\})*\}|\$\w+|\$\(\w+\)")
CEDAR: Final = "cedar"


def documents_in(
    source: Source,
    body: JsonValue,
    kinds: Sequence[DocumentType],
    name: str,
    type_: str,
    written: JsonValue | None = None,
) -> Iterator[Embedded | Unreadable]:
    """What stands in one body, in the order of `kinds`; then a policy at another place of what is `written` by people."""
    for kind in kinds:
        for value, item, number in reach(body, kind.at):
            kind_name = kind.kind or kind.kinds.get(text_at(body, kind.by), "")
            if kind.kinds and not kind_name:
                continue
            inner = (text_at(item, kind.name) if kind.name else "") or number
            called = f"{name}.{inner}" if inner else name
            if isinstance(value, JsonString) and _LEFT_OPEN.fullmatch(value.value.strip()):
                yield Unreadable(called, type_, value.span, "another tool puts the document in, see what it writes")
                continue
            content = content_of(source, value, kind_name)
            if content is not None:
                yield Embedded(kind_name, called, type_, value.span, content)
            elif not isinstance(value, JsonString):
                yield Unreadable(called, type_, value.span, "it is no text and no mapping")
    if not kinds or written is None:
        return
    held = (value for kind in kinds for value, _, _ in reach(body, kind.at))
    beside = policy_astray(name, type_, written, held, (kind.at for kind in kinds))
    if beside is not None:
        yield beside


def content_of(source: Source, value: JsonValue, kind: str) -> JsonValue | PlacedText | None:
    """A document as a mapping or a text; None for one that is neither, or empty."""
    if isinstance(value, JsonString):
        if not value.value.strip():
            return None
        text = placed(source, value.span, value.value)
        return url_decoded(text) if value.value.startswith(_ENCODED) else text
    return value if isinstance(value, JsonObject | JsonArray) and kind != CEDAR else None


def with_own_holes(item: Embedded, holes: Mapping[str, Hole]) -> Embedded:
    """The document with those of the holes that it marks."""
    names = dict.fromkeys(name for text in _texts(item.content) for name in names_in(text))
    return replace(item, holes={name: holes[name] for name in names if name in holes})


def _texts(content: JsonValue | PlacedText) -> Iterator[str]:
    if isinstance(content, PlacedText):
        yield content.value
        return
    work: list[JsonValue] = [content]
    while work:
        node = work.pop()
        if isinstance(node, JsonString):
            yield node.value
        elif isinstance(node, JsonArray):
            work.extend(reversed(node.items))
        elif isinstance(node, JsonObject):
            yield from (member.key for member in node.members)
            work.extend(member.value for member in reversed(node.members))
