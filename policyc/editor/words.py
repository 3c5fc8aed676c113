"""The word at a place of a text, and the declaration around it."""

from __future__ import annotations

import re
from typing import Final

from policyc.record import record
from policyc.syntax import nodes

#: an attribute as it is written: `source.vpc`, `header["x-team"]`, `aws.PrincipalTag["team"]`
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*|\[\"[^\"\n]*\"\])*")
#: a condition key or an action as documents write it, and a name in Cedar text
_NATIVE: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]*:[A-Za-z][A-Za-z0-9_./-]*|context(?:\.[A-Za-z_][A-Za-z0-9_]*)+")
#: longer lines are data
_LONGEST: Final = 2_000


@record
class Word:
    """`text` as written from `start` to `end` (offsets); `upto` is the part before the place, and of the dotted parts the one that the
    place is in ends it."""

    text: str
    start: int
    end: int
    upto: str


def word_at(text: str, offset: int) -> Word | None:
    """The dotted name at an offset, the end counts; None where there is none."""
    return _at(_WORD, text, offset)


def native_word_at(text: str, offset: int) -> Word | None:
    """The same of documents, where names are those of the services."""
    return _at(_NATIVE, text, offset)


def _at(form: re.Pattern[str], text: str, offset: int) -> Word | None:
    line = text.rfind("\n", 0, offset) + 1
    stop = text.find("\n", offset)
    stop = len(text) if stop < 0 else stop
    if stop - line > _LONGEST:
        return None
    for found in form.finditer(text, line, stop):
        if found.start() <= offset <= found.end():
            part = re.compile(r"[A-Za-z0-9_]*").match(text, offset)
            end = offset if part is None else part.end()
            return Word(found[0], found.start(), found.end(), text[found.start() : end])
    return None


def enclosing(module: nodes.Module, offset: int) -> nodes.Declaration | None:
    """The declaration that a place is in."""
    for node in module.declarations:
        if node.span.start <= offset <= node.span.end:
            return node
    return None
