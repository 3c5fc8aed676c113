"""Edits that name a word become edits of the text in which it stands, in the quotes that it has there.

A finding on a tree (JSON in YAML or Terraform, the words of a document) knows the word and its place, and not how the file writes it. Where
the text there is not the word itself, because it is escaped, folded, joined of parts or a name for it, nothing is mended.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

from policyc.diagnostics import Diagnostic, Edit, Fix
from policyc.record import replace
from policyc.regex import regex
from policyc.text import Source, Span

_YAML: Final = (".yaml", ".yml", ".template")
_OWN: Final = (".policy", ".cedar")
_HCL: Final = (".tf", ".tofu", ".hcl")
#: what may stand in no quotes in YAML, wherever a word may, and means the same text
_PLAIN: Final = regex(r"(?!(?i:true|false|yes|no|on|off|null|y|n)$)[A-Za-z](?:[A-Za-z0-9_./*:-]*[A-Za-z0-9_/*-])?")
#: what follows the last or another part of an object or a list
_COMMA_BEHIND: Final = regex(r"\s*(?:(,)\s*|(?=[\}\]]))")
_GAP: Final = regex(r"\s*")
_COMMA_BEFORE: Final = regex(r",\s*\Z")
#: what joins a part of the language to the next one, and what stands before the only condition of a clause
_JOINED_BEHIND: Final = regex(r"\s*(?:(and|&&)(?!\w)|or(?!\w)|\|\||,)\s*")
_JOINED_BEFORE: Final = regex(r"(\s*)((?<!\w)(?:and|or)|&&|\|\||,)\s*\Z")
_ALONE: Final = regex(r"\s*\b(?:when|unless)\s+\Z")
_LAST: Final = regex(r"\s*(?:\}|(?!and\b|or\b)[a-z]|\Z)")
_CLOSE: Final = 400
#: what means itself between any quotes of any host
_QUIET: Final = regex(r"[^\"'\\\x00-\x1f\x7f\u0085\u2028\u2029]*")


def of_words(item: Diagnostic) -> Diagnostic:
    """The finding with its fix only where that names nothing but words: what stands between them may be another language's."""
    if item.fix is None or item.fix.of_words:
        return item
    return replace(item, fix=None)


def settled(item: Diagnostic, sources: Mapping[str, Source]) -> Diagnostic:
    """The finding with edits of the text; without a fix where one of its words does not stand there literally."""
    fix = item.fix
    if fix is None or all(edit.old is None and not edit.part for edit in fix.edits):
        return item
    return replace(item, fix=_settled(fix, sources))


def _settled(fix: Fix, sources: Mapping[str, Source]) -> Fix | None:
    edits: list[Edit] = []
    for edit in fix.edits:
        source = sources.get(edit.span.file)
        right: Edit | None = edit
        if edit.part:
            right = None if source is None else (_added if edit.replacement else _cut)(edit, source)
        elif edit.old is not None:
            right = None if source is None else _written(edit, edit.old, source)
        if right is None:
            return None
        edits.append(right)
    return replace(fix, edits=tuple(edits))


def _cut(edit: Edit, source: Source) -> Edit | None:
    """The part with one comma; None where it is written in another way than in JSON, or is all that its list holds."""
    text, span = source.text, edit.span
    if source.file.endswith(_OWN):
        return _cut_own(edit, text)
    written = text[span.start : span.end]
    opening = text[: span.start].rstrip()[-1:]
    if opening not in ("{", "[", ","):
        return None
    if not (_is_one("{%s}", written) or _is_one("[%s]", written) or (written[:1], written[-1:]) == ("{", "}")):
        return None
    behind = _COMMA_BEHIND.match(text, span.end)
    if behind is None:
        return None
    if behind[1]:
        return Edit(Span(span.file, span.start, behind.end()), "")
    before = _COMMA_BEFORE.search(text, 0, span.start)
    if before is not None:
        return Edit(Span(span.file, before.start(), span.end), "")
    return Edit(span, "") if opening == "{" else None


def _cut_own(edit: Edit, text: str) -> Edit | None:
    """The part of a list, the operand of a condition or the lines of a declaration that are pointed at; with `old`, the one part there that is written so."""
    file, start, end = edit.span.file, edit.span.start, edit.span.end
    if edit.old is not None:
        place = _once(text[start:end], edit.old)
        if place is None:
            return None
        start, end = start + place[0], start + place[1]
    near = text[max(start - _CLOSE, 0) : start]
    before, behind = _JOINED_BEFORE.search(near), _JOINED_BEHIND.match(text, end)
    # `and` binds closer than what stands at the other side
    if before is not None and (behind is None or not behind[1] or before[2] in ("and", "&&")):
        if "//" in near[: before.start(2)].rpartition("\n")[2]:
            return None  # the word of a comment
        # a comment ends where its line does
        kept = before[1] if "//" in near[: before.start()].rpartition("\n")[2] else ""
        return Edit(Span(file, start - len(before[0]) + len(kept), end), "")
    if behind is not None:
        return Edit(Span(file, start, behind.end()), "")
    alone = _ALONE.search(near)
    if alone is not None and _LAST.match(text, end) is not None:
        return Edit(Span(file, start - len(alone[0]), end), "")
    if near.rstrip().endswith("{") and text[end : end + _CLOSE].lstrip().startswith("}"):
        return Edit(Span(file, start, end), "")
    first, last = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    last = len(text) if last < 0 else last + 1
    above = text[text.rfind("\n", 0, max(first - 1, 0)) + 1 : first].lstrip()
    if f"{text[first:start]}{text[end:last]}".strip() or above.startswith("//"):
        return None
    return Edit(Span(file, first, last), "")


def _once(written: str, word: str) -> tuple[int, int] | None:
    """Where a text or a word of the language stands in what is pointed at, if it does once."""
    quoted = f'"{word}"'
    if written.count(quoted) == 1:
        return written.index(quoted), written.index(quoted) + len(quoted)
    found = list(re.finditer(rf'(?<![\w."-]){re.escape(word)}(?![\w."-])', written))
    return found[0].span() if len(found) == 1 else None


def _added(edit: Edit, source: Source) -> Edit | None:
    """The new member in front of the others, laid out as they are; None where no object of JSON is written that has the member called `old` and not this one."""
    text, at = source.text, edit.span.start + 1
    gap = _GAP.match(text, at)
    if source.file.endswith((*_YAML, *_HCL, *_OWN)) or gap is None:
        return None
    try:
        there, _ = json.JSONDecoder().raw_decode(text, edit.span.start)
    except (ValueError, RecursionError):
        return None
    if not isinstance(there, dict) or edit.old not in there or there.keys() & json.loads(f"{{{edit.replacement}}}"):
        return None
    return Edit(Span(edit.span.file, at, at), f"{gap[0]}{edit.replacement},{'' if gap[0] else ' '}")


def _is_one(form: str, written: str) -> bool:
    """Whether a text is one part of such a value of JSON."""
    try:
        return len(json.loads(form % written)) == 1
    except ValueError:
        return False


def _written(edit: Edit, old: str, source: Source) -> Edit | None:
    new, written = edit.replacement, source.text[edit.span.start : edit.span.end]
    if not old or old == new:
        return None
    if written == old and source.file.endswith(_OWN):
        return Edit(edit.span, new)
    if source.file.endswith(_OWN) and '"' not in old and (place := _once(written, old)) is not None:
        quoted = written[place[0]] == '"'
        if quoted and not (_QUIET.fullmatch(old) and _QUIET.fullmatch(new)):
            return None
        span = Span(edit.span.file, edit.span.start + place[0], edit.span.start + place[1])
        return Edit(span, f'"{new}"' if quoted else new)
    if new == f'"{old}"' or old == f'"{new}"':  # a number for a text, or the other way round
        return Edit(edit.span, new) if written == old else None
    if new.startswith("{"):  # an object of JSON, which YAML reads as well
        plain = _QUIET.fullmatch(old) and not source.file.endswith(_HCL)
        return Edit(edit.span, new) if plain and written in (f'"{old}"', f"'{old}'") else None
    if not (_QUIET.fullmatch(old) and _QUIET.fullmatch(new)):
        return None
    if source.file.endswith((*_YAML, *_HCL)) and "${" in f"{old}{new}":
        return None  # may be an expression of the host there
    yaml = source.file.endswith(_YAML)
    for quote in ('"', "'") if yaml else ('"',):
        if written == f"{quote}{old}{quote}":
            return Edit(edit.span, f"{quote}{new}{quote}")
    if written.count(f'"{old}"') == 1:  # the whole clause was pointed at
        start = edit.span.start + written.index(f'"{old}"')
        return Edit(Span(edit.span.file, start, start + len(old) + 2), f'"{new}"')
    if written != old or not _may_stand_bare(edit, new, source, yaml):
        return None
    return Edit(edit.span, new)


def _may_stand_bare(edit: Edit, new: str, source: Source, yaml: bool) -> bool:
    """Whether a word without quotes at its place may be replaced: it stands between quotes that the place leaves out, or needs none."""
    text = source.text
    around = text[max(edit.span.start - 1, 0) : edit.span.start], text[edit.span.end : edit.span.end + 1]
    return around == ('"', '"') or not yaml or _PLAIN.fullmatch(new) is not None
