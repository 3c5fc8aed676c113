"""Sensitive values that host files have in plain text: covered before anything is shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from policyc.syntax.json_tree import JsonArray, JsonNumber, JsonObject, JsonString, JsonValue
from policyc.text import Source, Span


def cover(source: Source, found: Iterable[tuple[Span, str]]) -> None:
    """Write over the parts of the text that reports show; every other character keeps its place."""
    spans = sorted({(span.start, span.end, text) for span, text in found})
    if not spans:
        return
    parts: list[str] = []
    at = 0
    for start, end, text in spans:
        if start < at:
            continue
        parts += [source.text[at:start], text]
        at = end
    source.text = "".join([*parts, source.text[at:]])


def covered(value: JsonValue) -> Iterator[tuple[Span, str]]:
    """Every text and number in a value, with what stands there instead."""
    match value:
        case JsonString(_, span):
            yield span, '"' + "*" * max(0, span.end - span.start - 2) + '"'
        case JsonNumber(text, span):
            yield span, "0" * len(text)
        case JsonArray(items):
            for item in items:
                yield from covered(item)
        case JsonObject(members):
            for member in members:
                yield from covered(member.value)
        case _:
            return
