"""Core networks with open values: which findings are about such a value alone, and which values would make others go away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from policyc.diagnostics import Diagnostic
from policyc.holes import MARK, has_hole, pieces, without_holes
from policyc.regex import regex
from policyc.syntax.json_text import JsonArray, JsonNumber, JsonObject, JsonString, JsonValue
from policyc.text import Span
from policyc.workspace.documents.completions import Completion

#: what is missing is missing whatever stands beside it
_MISSING: Final = frozenset({"network-missing-key", "network-missing-part"})
#: ways that are tried; of what else is found nothing is known
_MOST_WAYS: Final = 48
#: what says that a text has not the form of an ASN range, an address, an id, one of some words: with its open part it may have it
_FORMS: Final = frozenset(
    {
        "account-condition",
        "asn-range",
        "attachment-id",
        "attachment-type",
        "community",
        "condition-logic",
        "network-cidr",
        "network-unknown-word",
        "network-version",
    }
)
#: what such texts are made of
_MADE_OF: Final = regex(r"[0-9A-Za-z./:-]*")


def values_of(trees: Iterable[JsonValue | None]) -> Mapping[Span, Sequence[JsonValue]]:
    """The values of some networks by their place; what a host repeats stands at one."""
    found: dict[Span, list[JsonValue]] = {}
    work: list[JsonValue] = [tree for tree in trees if tree is not None]
    while work:
        value = work.pop()
        found.setdefault(value.span, []).append(value)
        if isinstance(value, JsonObject):
            work += [member.value for member in value.members]
        elif isinstance(value, JsonArray):
            work += value.items
    return found


def is_about_open(item: Diagnostic, values: Mapping[Span, Sequence[JsonValue]]) -> bool:
    """Whether a finding is about a value that is open as a whole, by itself, or about how a thing is made up of which such a value is a part."""
    held = values.get(item.span, ()) if item.span is not None else ()
    if not item.labels and any(_is_open(value) for value in held):
        return True
    if item.rule in _FORMS and any(_is_partly_open(value) for value in held):
        return all(_MADE_OF.fullmatch(without_holes(value.value)) for value in held if isinstance(value, JsonString))
    made = [value for value in held if isinstance(value, JsonObject)]
    return item.rule not in _MISSING and any(_is_open(part) for parts in values_of(made).values() for part in parts)


def ways_for(
    found: Iterable[Diagnostic], values: Mapping[Span, Sequence[JsonValue]]
) -> Iterator[tuple[Diagnostic, Sequence[Completion] | None]]:
    """Each finding with the values of which one may be what it misses: a name that nothing declares, a number outside of all ranges. Beyond what is tried,
    None in their place: nothing is known of it."""
    names = dict.fromkeys(value.value for held in values.values() for value in held if isinstance(value, JsonString))
    tried: set[object] = set()
    for item in found:
        held = values.get(item.span, ()) if item.span is not None else ()
        words = {word: None for value in held for word in _words_at(value)}
        parts = {part: None for value in held for part in _parts_at(value, names)}
        tried.update(words, parts)
        if len(tried) > _MOST_WAYS:
            yield item, None
            continue
        for word in words:
            yield item, (Completion(word, word), Completion(word, word, "list"))
        for part in parts:
            yield item, (Completion("q7x", "909090909090", named=dict(part)),)


def _words_at(value: JsonValue) -> Iterator[str]:
    match value:
        case JsonNumber(text):
            yield f"{text}-{text}"
        case JsonString(text) if not has_hole(text):
            yield text
        case _:
            pass


def _parts_at(value: JsonValue, names: Iterable[str]) -> Iterator[tuple[tuple[str, str], ...]]:
    """Values of holes by name with which a text that is partly open is one that stands elsewhere, or the other way round."""
    text = value.value if isinstance(value, JsonString) else ""
    for name in names if text else ():
        if has_hole(text) != has_hole(name):
            whole, word = (text, name) if has_hole(text) else (name, text)
            made = re.fullmatch(
                "".join("(.*)" if hole else re.escape(part) for part, hole in pieces(whole)), word, re.S
            )
            if made is not None and not MARK.fullmatch(whole):
                yield tuple(zip((part for part, hole in pieces(whole) if hole), made.groups(), strict=True))


def _is_partly_open(value: JsonValue) -> bool:
    return isinstance(value, JsonString) and has_hole(value.value) and not _is_open(value)


def _is_open(value: JsonValue) -> bool:
    return isinstance(value, JsonString) and MARK.fullmatch(value.value) is not None
