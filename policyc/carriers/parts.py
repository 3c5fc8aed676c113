"""The parts of a text that can be read or not each by itself: the documents of a YAML file, the members of a mapping's sections.

Where a file is no YAML or no JSON, the parts that are none are told and blanked, every other letter stays where it stands, and what is left is read. Parts are told apart by how far lines
stand in, as people and tools write them.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

from policyc.carriers.embedded import SYNTAX
from policyc.diagnostics import Diagnostics
from policyc.record import record
from policyc.regex import regex
from policyc.syntax.json_exact import read_as_meant
from policyc.syntax.yaml_text import syntax_error
from policyc.text import Source, Span

#: broken parts of one file of which each is told
_MOST_FAULTS: Final = 20
#: where the next document begins
_DOCUMENT: Final = regex(r"^---(?=\s|$)", re.MULTILINE)
#: what begins a line and is a key
_KEY: Final = regex(
    r"""^( *)(?:"([^"\n]*)"|'([^'\n]*)'|([^\s#"'\-&*!|>%@`{}\[\],?:][^\n#]*?)) *:(?=\s|$)""", re.MULTILINE
)
#: the same in JSON
_QUOTED: Final = regex(r"""^([ \t]*)"((?:[^"\\\n]|\\.)*)"\s*:""", re.MULTILINE)
_LINE: Final = regex(r"^([ \t]*)\S", re.MULTILINE)
_NO_BREAK: Final = regex(r"[^\n]")
_ALIAS: Final = regex(r"\*([^\s,\[\]{}]+)")


@record
class Part:
    """A run of a text; `path` are the keys that lead to it."""

    path: tuple[str, ...]
    start: int
    end: int


@record
class Broken:
    """A part that cannot be read, or that rests on one."""

    path: tuple[str, ...]
    place: Span
    reason: str


def of_documents(text: str) -> Iterator[Part]:
    """The documents of a file."""
    for start, end in pairwise([0, *(found.start() for found in _DOCUMENT.finditer(text)), len(text)]):
        yield Part((), start, end)


def of_members(text: str, sections: Collection[str]) -> Iterator[Part]:
    """The members of a mapping, and of those that are sections each of their members."""
    keys = [(found.start(), len(found[1]), found[2] or found[3] or found[4] or "") for found in _KEY.finditer(text)]
    tops = [at for at, (_, indent, _) in enumerate(keys) if indent == 0]
    for top, after in pairwise([*tops, len(keys)]):
        start, _, name = keys[top]
        end = keys[after][0] if after < len(keys) else len(text)
        inner = [key for key in keys[top + 1 : after] if key[1]] if name in sections else []
        step = _step([indent for _, indent, _ in inner])
        heads = [key for key in inner if key[1] == step]
        if not heads:
            yield Part((name,), start, end)
        for (begin, _, member), (stop, _, _) in pairwise([*heads, (end, 0, "")]):
            yield Part((name, member), begin, stop)


def _step(indents: Sequence[int]) -> int:
    """How far the members of a section stand in: as its first one, if others do so too, else as most of those that stand in least."""
    if not indents:
        return 0
    seen = Counter(indents)
    return indents[0] if seen[indents[0]] > 1 or len(seen) == 1 else min(indents)


def without_broken(
    source: Source, parts: Sequence[Part], yaml: Any, loader: Any, diagnostics: Diagnostics
) -> tuple[Source, list[Broken]]:
    """The text without the parts that are no YAML, of which the first ones are told."""
    text = source.text
    lost: list[Broken] = []
    for part in parts:
        fault = _fault(source.text[part.start : part.end], yaml, loader)
        if fault is None:
            continue
        if len(lost) < _MOST_FAULTS:
            syntax_error(fault, source, diagnostics, part.start, part.end)
        text = blanked(text, part)
        lost.append(Broken(part.path, _place(source, part), SYNTAX))
    return (Source(source.file, text) if lost else source), lost


def without_aliases(
    source: Source, whole: Source, parts: Sequence[Part], at: int, lost: Sequence[Broken]
) -> tuple[Source, Broken, bool] | None:
    """The text without the part that holds an alias of something that is not there; and whether that stands in a part that is lost. None where no part does."""
    part = next((part for part in parts if part.start <= at < part.end), None)
    if part is None or not source.text[part.start : part.end].strip():
        return None
    named = _ALIAS.match(source.text, at)
    anchor = None if named is None else re.compile(f"&{re.escape(named[1])}(?![^\\s,\\[\\]{{}}])")
    gone = anchor is not None and any(anchor.search(whole.text, one.place.start, one.place.end) for one in lost)
    reason = "it rests on a part that cannot be read" if gone else SYNTAX
    return Source(source.file, blanked(source.text, part)), Broken(part.path, _place(source, part), reason), gone


# --- JSON --------------------------------------------------------------------------------------------------------


def without_broken_json(
    source: Source, sections: Collection[str], diagnostics: Diagnostics
) -> tuple[Source, list[Broken]] | None:
    """A JSON text without the members of its sections that are none, each of which is told. None where that is not what is wrong with it."""
    text = source.text
    lost: list[Broken] = []
    for part in _of_object(text, sections):
        held = text[part.start : part.end].rstrip()
        held, comma = held.removesuffix(","), held.endswith(",")
        if read_as_meant(Source(source.file, "{" + held + "}"), Diagnostics()) is not None:
            continue
        if len(lost) < _MOST_FAULTS:  # once more, at its place
            read_as_meant(Source(source.file, " " * (part.start - 1) + "{" + held + "}"), diagnostics)
        word = f"{json.dumps(part.path[-1], ensure_ascii=False)}:0{',' * comma}"
        if len(word) > part.end - part.start:
            return None
        lost.append(Broken(part.path, _place(source, part), SYNTAX))
        text = text[: part.start] + word + blanked(text, part)[part.start + len(word) :]
    return (Source(source.file, text), lost) if lost else None


def _of_object(text: str, sections: Collection[str]) -> Iterator[Part]:
    """The members of the sections of an object that is written a member a line."""
    keys = [(found.start(2) - 1, len(found[1]), found[2]) for found in _QUOTED.finditer(text)]
    outer = keys[0][1] if keys else 0
    lines = [(found.start(), len(found[1])) for found in _LINE.finditer(text)]
    heads: list[tuple[int, int, tuple[str, str]]] = []
    section, step = "", 0
    for at, indent, name in keys:
        if indent == outer:
            section, step = name, 0
        elif section in sections and (not step or indent == step):
            step = indent
            heads.append((at, indent, (section, name)))
    for (at, indent, path), (after, _, _) in pairwise([*heads, (len(text), 0, ("", ""))]):
        line = bisect_right(lines, (at, 0))
        while line < len(lines) and lines[line][0] < after and lines[line][1] >= indent:
            line += 1
        yield Part(path, at, min(lines[line][0] if line < len(lines) else after, after))


def blanked(text: str, part: Part) -> str:
    """The text without a part; all places stay what they are."""
    return text[: part.start] + _NO_BREAK.sub(" ", text[part.start : part.end]) + text[part.end :]


def _place(source: Source, part: Part) -> Span:
    held = source.text[part.start : part.end]
    start = part.start + len(held) - len(held.lstrip())
    return source.span(start, part.start + len(held.rstrip()))


def _fault(text: str, yaml: Any, loader: Any) -> Any:
    """Why a part is no YAML by itself; None for one that is. Aliases may lead to other parts."""
    reading = None
    try:
        reading = loader(text)  # looks at the characters already
        while reading.check_event():
            reading.get_event()
    except yaml.YAMLError as error:
        return error
    finally:
        if reading is not None:
            reading.dispose()
    return None
