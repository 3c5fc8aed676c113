"""Whether two documents mean the same, whatever a service makes of their letters."""

from __future__ import annotations

import json
from functools import lru_cache

from policyc.diagnostics import Diagnostics
from policyc.text import Source
from policyc.workspace.comparing import compare_sides
from policyc.workspace.pieces import Piece
from policyc.workspace.sides import Side


def settled(kind: str, text: str) -> str:
    """A text without what services change about it and what means nothing: Cedar in the one layout."""
    if kind != "cedar":
        return text
    from policyc.packages import MissingPackage
    from policyc.workspace.native_cedar import format

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
    pieces = [Piece("document", kind, Source("document", settled(kind, text))) for text in (one, other)]
    sides = [Side(name, {"document": piece}, {}, {}) for name, piece in zip(("old", "new"), pieces)]
    found = compare_sides(sides[0], sides[1], False, Diagnostics(), True)
    return found is not None and found.settled and not found.differs
