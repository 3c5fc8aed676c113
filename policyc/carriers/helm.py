"""Helm templates that are manifests but for values: read as they are written, with what `.Values` and `.Release` put into a document as holes.

A manifest under a condition or in a loop is read as each of its copies is. Whatever makes another text of a document itself (a part of it under a condition, a pipeline, a definition) leaves it
unread. Every action becomes a word of the same length, so that all places are those of the template. Source: https://helm.sh/docs/chart_template_guide/
"""

from __future__ import annotations

from typing import Final

from policyc.carriers.embedded import Embedded, Hole, Options, PlacedText
from policyc.carriers.texts import edited
from policyc.holes import mark
from policyc.record import replace
from policyc.regex import regex
from policyc.text import Source

_ACTION: Final = regex(r"\{\{[^\n{}]*\}\}")
#: lines of nothing but a word that steers, a comment, or of what is put in there
_LINE: Final = regex(
    r"(?m)^[ \t]*\{\{-?\s*(?:(?:if|else|end|range|with|define|block|break|continue|include|template|toYaml)\b|/\*|\$\w+\s*:?=)[^\n{}]*\}\}[ \t]*$"
)
_STEERS: Final = regex(r"\{\{-?\s*(if|range|with|define|block|end)\b")
#: in which `.` is something else
_OWN_DOT_WORDS: Final = frozenset({"range", "with", "define", "block"})
_VALUE: Final = regex(r"\{\{\s*(\$?)((?:\.[A-Za-z_]\w*){2,})\s*(\|\s*quote\s*)?\}\}")
_ROOTS: Final = ("Values", "Release", "Chart", "Capabilities")
#: what an action is in the text that is read: its first character, and the others
_FIRST, _NEXT = "\ue010", "\ue011"
_WORD: Final = regex(f"{_FIRST}{_NEXT}*")


def readable(source: Source) -> Source | None:
    """The template as YAML, of the same length; None for one that cannot be told so."""
    text = source.text
    if _FIRST in text or _NEXT in text:
        return None
    text = _LINE.sub(lambda found: " " * len(found[0]), text)
    text = _ACTION.sub(lambda found: _FIRST + _NEXT * (len(found[0]) - 1), text)
    return None if "{{" in text else Source(source.file, text)


def shown(name: str) -> str:
    """A name that an action is a part of."""
    return _WORD.sub("…", name)


def opened(item: Embedded, source: Source, options: Options) -> Embedded | None:
    """A document of such a template with holes for its values; None where an action in it is more than a value."""
    content = item.content
    if _ACTION.search(source.text, item.place.start, item.place.end) is None:
        return item
    if _LINE.search(source.text, item.place.start, item.place.end) is not None or not isinstance(content, PlacedText):
        return None
    has_own_dot = not _OWN_DOT_WORDS.isdisjoint(_around(source.text, item.place.start))
    runs: list[tuple[int, int, str]] = []
    holes = dict(item.holes)
    for found in _WORD.finditer(content.value):
        place = content.span(found.start(), found.end())
        value = _VALUE.fullmatch(source.text, place.start, place.end)
        if value is None or value[2].split(".")[1] not in _ROOTS or (has_own_dot and not value[1]):
            return None
        bound = options.values.get(value[2])
        if bound is None:
            holes.setdefault(value[2], Hole(value[2], "string", place))
        text = mark(value[2]) if bound is None else bound
        runs.append((found.start(), found.end(), f'"{text}"' if value[3] else text))
    return replace(item, content=edited(content, runs), holes=holes) if runs else item


def _around(text: str, at: int) -> list[str]:
    """The words that are open around a place, outer ones first."""
    words: list[str] = []
    for found in _STEERS.finditer(text, 0, at):
        if found[1] != "end":
            words.append(found[1])
        elif words:
            words.pop()
    return words
