"""Helm templates that are manifests but for values: read as they are written, with what `.Values` and `.Release` put into a document as holes.

Whatever else a template may do (loops, definitions, an `else`, a part of a document under a condition) leaves it unread. Every action becomes a word of the same length, so that all
places are those of the template. Source: https://helm.sh/docs/chart_template_guide/
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
#: lines of nothing but a condition, its end, a comment, or of what is put in there
_LINE: Final = regex(r"(?m)^[ \t]*\{\{-?\s*(?:if\b|end\b|/\*|include\b|template\b|toYaml\b)[^\n{}]*\}\}[ \t]*$")
#: what makes more than one text of a template, or another one
_OTHER: Final = regex(r"\{\{-?\s*(?:else|range|with|define|block|break|continue)\b")
_VALUE: Final = regex(r"\{\{\s*\$?((?:\.[A-Za-z_]\w*){2,})\s*(\|\s*quote\s*)?\}\}")
_ROOTS: Final = ("Values", "Release", "Chart", "Capabilities")
#: what an action is in the text that is read: its first character, and the others
_FIRST, _NEXT = "\ue010", "\ue011"
_WORD: Final = regex(f"{_FIRST}{_NEXT}*")


def readable(source: Source) -> Source | None:
    """The template as YAML, of the same length; None for one that makes more than one text."""
    text = source.text
    if _OTHER.search(text) is not None or _FIRST in text or _NEXT in text:
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
    if _LINE.search(source.text, item.place.start, item.place.end) is not None:
        return None
    if not isinstance(content, PlacedText):
        return None if _ACTION.search(source.text, item.place.start, item.place.end) else item
    runs: list[tuple[int, int, str]] = []
    holes = dict(item.holes)
    for found in _WORD.finditer(content.value):
        place = content.span(found.start(), found.end())
        value = _VALUE.fullmatch(source.text, place.start, place.end)
        if value is None or value[1].split(".")[1] not in _ROOTS:
            return None
        bound = options.values.get(value[1])
        if bound is None:
            holes.setdefault(value[1], Hole(value[1], "string", place))
        text = mark(value[1]) if bound is None else bound
        runs.append((found.start(), found.end(), f'"{text}"' if value[2] else text))
    return replace(item, content=edited(content, runs), holes=holes) if runs else item
