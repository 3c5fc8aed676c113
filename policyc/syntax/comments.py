"""Which unit or container each comment belongs to, from where it stands in the text.

A comment behind a unit on its line trails that unit; one behind an opening mark stays there; one on its own line
belongs to the unit below, or to the end of its block. A comment in the middle of what cannot be broken (`a == // why`)
moves above the innermost unit that can have it there. None is ever left out: `format.py` counts them.
"""

from __future__ import annotations

from policyc.regex import regex
from policyc.syntax.layout import MARKS, Doc, Group, Items, Lead, Seq, Style, Turn, Unit
from policyc.syntax.nodes import Comment

# Containers that begin and end with their units: a comment above the first or behind the last would be outside next
# time.
_UNBRACKETED = frozenset({Style.CHAIN, Style.COMMAS})
# What may stand between a unit and a comment that trails it: marks, on other lines too, but no line break behind them.
_ONLY_MARKS = regex(r"(?:\s*[),])*[ \t]*\Z")


def attach(file: Items, comments: tuple[Comment, ...], text: str) -> None:
    """Give every comment a place in the document of a whole file, and keep single empty lines of the text."""
    _Attach(text).place(file, list(comments))


class _Attach:
    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def place(self, items: Items, comments: list[Comment]) -> list[Comment]:
        """Place comments that lie within the container; what comes back belongs above the unit around it."""
        homeless: list[Comment] = []
        inner: list[list[Comment]] = [[] for _ in items.units]
        at = 0
        for comment in comments:
            start = comment.span.start
            while at < len(items.units) and _end(items.units[at]) <= start:
                at += 1
            if at < len(items.units) and _start(items.units[at]) <= start:
                inner[at].append(comment)
            elif not self._place_between(items, at, comment):
                homeless.append(comment)
        for number, (unit, own) in enumerate(zip(items.units, inner)):
            left = self._place_inside(unit.body, own)
            if left and number == 0 and items.style in _UNBRACKETED:
                homeless.extend(left)
            else:
                self._hoist(unit, left)
                items.forced = items.forced or bool(left)
        return homeless

    def _place_between(self, items: Items, at: int, comment: Comment) -> bool:
        """Place a comment before the unit at an index and behind the one before; False if it has no line there."""
        if at == len(items.units) and items.style in _UNBRACKETED:
            return False
        before = items.units[at - 1] if at else None
        if before is not None and before.trail is None and not comment.own_line:
            between = self.text[_end(before) : comment.span.start]
            if _ONLY_MARKS.match(between):
                before.trail = comment
                items.forced = True
                return True
        bracketed = MARKS[items.style][0] != ""
        if bracketed and at == 0 and items.head is None and not comment.own_line:
            items.head = comment
        elif at < len(items.units):
            if at == 0 and items.style in _UNBRACKETED:
                return False
            items.units[at].leads.append(self._lead(comment))
        else:
            items.tail.append(self._lead(comment))
        items.forced = True
        return True

    def _place_inside(self, doc: Doc, comments: list[Comment]) -> list[Comment]:
        """Place the comments of one unit in the containers of its body; what is left belongs above the unit."""
        left = comments
        for items in _containers(doc):
            span = items.span
            if span is None or (not items.units and items.style is Style.OPTIONS):
                continue
            own = [comment for comment in left if span.start <= comment.span.start < span.end]
            back = self.place(items, own)
            if own:
                left = [comment for comment in left if not span.start <= comment.span.start < span.end]
                left = sorted([*left, *back], key=lambda comment: comment.span.start)
        return left

    def _hoist(self, unit: Unit, comments: list[Comment]) -> None:
        leads = [Lead(comment.text, False) for comment in comments]
        if leads and not unit.leads:
            leads[0].blank = not unit.inexact and self._blank_above(_start(unit))
        unit.leads.extend(leads)
        # A moved comment stands directly above its unit, so that a second run finds the same.
        unit.blank = not leads and not unit.inexact and self._blank_above(_start(unit))

    def _lead(self, comment: Comment) -> Lead:
        return Lead(comment.text, comment.own_line and self._blank_above(comment.span.start))

    def _blank_above(self, start: int) -> bool:
        """Whether an empty line stands right above what begins at the offset."""
        at = start
        while at > 0 and self.text[at - 1] in " \t\r\n":
            at -= 1
        return self.text.count("\n", at, start) > 1


def _start(unit: Unit) -> int:
    return unit.span.start if unit.span is not None else 0


def _end(unit: Unit) -> int:
    return unit.span.end if unit.span is not None else 0


def _containers(doc: Doc) -> list[Items]:
    """The outermost containers in a body, in order."""
    match doc:
        case str():
            return []
        case Items():
            return [doc]
        case Seq():
            return [items for part in doc.parts for items in _containers(part)]
        case Group() | Turn():
            return _containers(doc.body)
