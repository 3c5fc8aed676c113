"""Core networks with open values: which findings are about such a value alone, and which values would make others go away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from policyc.diagnostics import Diagnostic
from policyc.holes import MARK, has_hole
from policyc.syntax.json_text import JsonArray, JsonNumber, JsonObject, JsonString, JsonValue
from policyc.text import Span

#: what is missing is missing whatever stands beside it
_MISSING: Final = frozenset({"network-missing-key", "network-missing-part"})
#: words that are tried; of what else is found nothing is known
_MOST_WORDS: Final = 24


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
    made = [value for value in held if isinstance(value, JsonObject)]
    return item.rule not in _MISSING and any(_is_open(part) for parts in values_of(made).values() for part in parts)


def words_for(
    found: Iterable[Diagnostic], values: Mapping[Span, Sequence[JsonValue]]
) -> Iterator[tuple[Diagnostic, str | None]]:
    """Each finding with the values of which one may be what it misses: a name that nothing declares, a number outside of all ranges. Beyond what is tried,
    None in their place: nothing is known of it."""
    names = [value.value for held in values.values() for value in held if isinstance(value, JsonString)]
    words: set[str] = set()
    for item in found:
        for word in (
            {word for value in values.get(item.span, ()) for word in _words_at(value, names)} if item.span else ()
        ):
            words.add(word)
            yield item, word if len(words) <= _MOST_WORDS else None


def _words_at(value: JsonValue, names: Sequence[str]) -> Iterator[str]:
    match value:
        case JsonNumber(text):
            yield f"{text}-{text}"
        case JsonString(text) if not has_hole(text):
            yield text
        case JsonString(text) if len(found := list(MARK.finditer(text))) == 1:
            whole = re.compile(f"{re.escape(text[: found[0].start()])}(.+){re.escape(text[found[0].end() :])}", re.S)
            yield from (made[1] for name in names if not has_hole(name) and (made := whole.fullmatch(name)))
        case _:
            pass


def _is_open(value: JsonValue) -> bool:
    return isinstance(value, JsonString) and MARK.fullmatch(value.value) is not None
