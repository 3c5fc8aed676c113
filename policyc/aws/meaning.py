"""Whether two documents mean the same, whatever a service makes of their letters."""

from __future__ import annotations

import json
from functools import lru_cache

from policyc.diagnostics import Diagnostics, Severity
from policyc.report.changes import OPEN, SAME, Compared
from policyc.targets.iam_documents.kinds import KINDS
from policyc.text import Source
from policyc.workspace.compare.whole import compare_sides
from policyc.workspace.sides.pieces import Piece
from policyc.workspace.sides.side import Side
from policyc.workspace.sides.versions import version_of


def settled(kind: str, text: str) -> str:
    """A text without what services change about it and what means nothing: Cedar in the one layout."""
    if kind != "cedar":
        return text
    from policyc.packages import MissingPackage
    from policyc.workspace.documents.native_cedar import format

    try:
        return format(Source("text", text), Diagnostics()) or text
    except MissingPackage:
        return text


def as_written(kind: str, one: str | None, other: str | None) -> bool:
    """Whether two texts are the same but for layout: blanks, and the order of the members of JSON."""
    if one is None or other is None or one == other:
        return one == other
    if kind == "cedar":
        return settled(kind, one) == settled(kind, other)
    try:
        return bool(json.loads(one) == json.loads(other))
    except (ValueError, RecursionError):
        return False


@lru_cache(256)
def alike(kind: str, one: str | None, other: str | None) -> bool:
    """Whether two documents are proven to mean the same; False also where nobody can tell."""
    if as_written(kind, one, other):
        return True
    if one is None or other is None:
        return False
    found = difference("document", kind, one, other)
    return not (found.entries or found.sentences or found.open)


def unreadable(kind: str, text: str) -> str:
    """What keeps a text from being a policy of IAM of its kind; empty for one, and for other kinds."""
    piece = Piece("document", kind, Source("document", text))
    wrong = Diagnostics()
    if kind in KINDS and (
        (tree := piece.tree(wrong)) is None or version_of(piece, tree, Side("", {}, {}, {}), wrong) is None
    ):
        return next(item.message for item in wrong.sorted() if item.severity is Severity.ERROR)
    return ""


def difference(name: str, kind: str, old: str | None, new: str | None, on: str = "") -> Compared:
    """What becoming another text changes in decisions, of requests to the resource `on` where that is given; None is no text at all."""
    sides = []
    for side, text in (("old", old), ("new", new)):
        held = {} if text is None else {name: Piece(name, kind, Source(name, settled(kind, text)), on=on)}
        sides.append(Side(side, held, {}, {}))
    found = compare_sides(sides[0], sides[1], False, Diagnostics(), True)
    if found is None:
        return Compared(name, kind, OPEN, open=("the texts cannot be compared",))
    return found.documents[0] if found.documents else Compared(name, kind, SAME)
