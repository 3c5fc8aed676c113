"""Which document of one side of a comparison belongs to which of the other.

Those of one name do, then those that one resource carries. What is left over, such as the documents of a template and the files that are built in its place, is paired
by what it says, then by what it is called without folders and endings. A pair is no verdict: whatever differs in it is told, what carries it included.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from policyc.diagnostics import Diagnostics
from policyc.holes import MARK
from policyc.record import record
from policyc.targets.iam_documents.kinds import guess_kind, is_policy
from policyc.workspace.documents.native_json import shape_of
from policyc.workspace.sides.pieces import HOST, Piece

_WORDS: Final = re.compile(r"[^a-z0-9]+")
#: members that only name a part of a document
_NAMES: Final = frozenset({"Sid", "Id"})


@record
class Pair:
    """One document on both sides, or on one of them; `name` has both names where they differ."""

    name: str
    before: Piece | None
    after: Piece | None


_Key: TypeAlias = Callable[[str, Piece], Hashable]


def paired(old: Mapping[str, Piece], new: Mapping[str, Piece]) -> Sequence[Pair]:
    """Every document of both sides once, by name."""
    found = [Pair(name, old[name], new[name]) for name in old if name in new]
    lost = {name: piece for name, piece in old.items() if name not in new}
    made = {name: piece for name, piece in new.items() if name not in old}
    for key in (_carried, _carried_text, _said, _called):
        for before, after in list(_matches(lost, made, key)):
            found.append(Pair(f"{before} -> {after}", lost.pop(before), made.pop(after)))
    found += [Pair(name, piece, None) for name, piece in lost.items()]
    found += [Pair(name, None, piece) for name, piece in made.items()]
    return sorted(found, key=lambda pair: pair.name)


def _matches(lost: Mapping[str, Piece], made: Mapping[str, Piece], key: _Key) -> Iterator[tuple[str, str]]:
    """The names of documents that alone have one key on each side; those that one resource carries and that say the same are as good as one another."""
    sides = [_by_key(side, key) for side in (lost, made)]
    for one, names in sides[0].items():
        others = sides[1].get(one, [])
        if key is _carried_text or len(names) == len(others) == 1:
            yield from zip(names, others, strict=False)


def _by_key(side: Mapping[str, Piece], key: _Key) -> dict[Hashable, list[str]]:
    out: dict[Hashable, list[str]] = {}
    for name, piece in side.items():
        if piece.kind != HOST and (found := key(name, piece)) is not None:
            out.setdefault(found, []).append(name)
    return out


def _carried(name: str, piece: Piece) -> Hashable:
    return (piece.place, _sort(name, piece)) if piece.place else None


def _carried_text(name: str, piece: Piece) -> Hashable:
    return (piece.place, _said(name, piece)) if piece.place else None


def _said(name: str, piece: Piece) -> Hashable:
    text = MARK.sub("\0", piece.source.text)
    try:
        return json.dumps(_bare(json.loads(text)), sort_keys=True)
    except (ValueError, RecursionError):
        return text


def _bare(tree: Any) -> Any:
    """Data without names and without the order of lists; one text is a list of it."""
    match tree:
        case dict():
            return {key: _bare(value) for key, value in tree.items() if key not in _NAMES}
        case list():
            held = [_bare(item) for item in tree]
            return held[0] if len(held) == 1 else sorted(held, key=lambda item: json.dumps(item, sort_keys=True))
        case _:
            return tree


def _called(name: str, piece: Piece) -> Hashable:
    if piece.item is not None:  # a file alone is not named beside what it holds
        stem = name.rpartition("#")[2].partition(" (")[0]
    else:
        stem = name.rpartition("/")[2].partition(".")[0]
    return _sort(name, piece), _WORDS.sub("", stem.lower())


def _sort(name: str, piece: Piece) -> Hashable:
    """What kind a document is: as it is called, else as its shape tells."""
    if piece.kind:
        return piece.kind
    tree = piece.tree(Diagnostics())
    if tree is None:
        return ""
    return guess_kind(tree).name if is_policy(tree) else shape_of(tree)
