"""The identity policies of one role, user or group, compared together: which of them says what makes no difference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from policyc.analysis.compare import Version, compare
from policyc.diagnostics import Diagnostics
from policyc.holes import shown
from policyc.record import replace
from policyc.report.changes import CHANGED, OPEN, SAME, Compared
from policyc.workspace.compare.bounds import Bounds
from policyc.workspace.compare.entries import entry_of, open_names, own_differences, with_values
from policyc.workspace.documents.completions import values_by_name
from policyc.workspace.sides.pieces import IDENTITY, Piece, holders_of, who_carries
from policyc.workspace.sides.side import Side
from policyc.workspace.sides.versions import carried

#: a document with what came of it, and its form on both sides
Pair: TypeAlias = tuple[Compared, Piece | None, Piece | None]


def together(found: Sequence[Pair], old: Side, new: Side) -> Iterator[tuple[Compared, Sequence[str]]]:
    """What comes of documents that differ by themselves, beside what else those carry who carry them: each with the names of the documents that it stands for. One of
    several carriers stands by itself, unless it makes no difference to any of them."""
    of: dict[str, list[Pair]] = {}
    for pair in found:
        for holder in _holders(pair):
            of.setdefault(holder, []).append(pair)
    made: dict[str, Compared | None] = {}
    told: set[str] = set()

    def comes(holder: str) -> Compared | None:
        if holder not in made:
            made[holder] = _of_one(holder, of[holder], old, new)
        return made[holder]

    for pair in found:
        holders = _holders(pair)
        if pair[0].state == SAME or not holders:
            continue
        first = comes(holders[0])
        if first is None:
            continue
        if len(holders) == 1:
            mine = [one for one in of[holders[0]] if one[0].state != SAME and len(_holders(one)) == 1]
            names = [one.name for one, *_ in mine]
            if len(names) == 1:  # others are as they were
                state = SAME if first.state == SAME else pair[0].state
                yield replace(first, name=names[0], state=state), names
            elif holders[0] not in told:
                told.add(holders[0])
                yield first, names
        elif all(one is not None and one.state == SAME for one in map(comes, holders)):
            yield replace(first, name=pair[0].name), [pair[0].name]


def otherwise(old: Side, new: Side) -> Iterator[Compared]:
    """What roles, users, groups and functions of host files carry by the names of others, where that is not the same on both sides: which requests it is about nobody says."""
    sides = [dict(side.elsewhere or {}) for side in (old, new)]
    if old.elsewhere is None or new.elsewhere is None:
        return
    for name, held in old.elsewhere.items():  # what is called the same in a file of another name
        same = [
            one
            for one, others in sides[1].items()
            if one not in sides[0] and others == held and _end(one) == _end(name)
        ]
        if name not in sides[1] and same:
            sides[1][name] = sides[1].pop(same[0])
    for name in sorted({*sides[0], *sides[1]}):
        before, after = (set(side.get(name, ())) for side in sides)
        sentences = [
            f"it {'now' if text in after else 'no longer'} carries {shown(text)}: what that allows is not compared"
            for text in sorted(before ^ after)
        ]
        if sentences:
            yield Compared(shown(name), IDENTITY, CHANGED, sentences=tuple(sentences))


def _end(name: str) -> str:
    return name.rpartition("#")[2]


def _holders(pair: Pair) -> tuple[str, ...]:
    """Who carries a document on any side; nobody where that is not known on one."""
    sides = [holders_of(piece) for piece in pair[1:] if piece is not None]
    return () if not all(sides) else tuple(dict.fromkeys(holder for held in sides for holder in held))


def _of_one(holder: str, mine: Sequence[Pair], old: Side, new: Side) -> Compared | None:
    """All that one carries, on both sides; None where it cannot be put together."""
    bounds = [Bounds(before, after, old, new) for _, before, after in mine]
    whole = all(piece.is_whole for _, *pieces in mine for piece in pieces if piece is not None)
    if len(mine) < 2 or any(item.sentences for item, *_ in mine) or not whole or not all(one.alike for one in bounds):
        return None
    one, other = (
        replace(
            side,
            pieces={
                piece.name: piece
                for _, *pieces in mine
                if (piece := pieces[at]) is not None and holder in holders_of(piece)
            },
        )
        for at, side in enumerate((old, new))
    )
    own = [piece for _, *pieces in mine for piece in pieces if piece is not None and holders_of(piece) == (holder,)]
    carrier = next((piece.carrier for piece in own), holder)
    limits = max((bound.versions() for bound in bounds), key=lambda row: len(row[0]))
    found = compare_caller(carrier, one, other, limits)
    return None if found is None or found.state == OPEN else found


def compare_caller(
    carrier: str, old: Side, new: Side, beside: tuple[Sequence[Version], Sequence[Version]] = ((), ())
) -> Compared | None:
    """The identity policies that one role, user or group carries, all of a side together: which of them says what makes no difference. `beside` bounds
    them. None where they cannot be put together."""
    before, after = (carried(carrier, list(side.pieces), side) for side in (old, new))
    if before is None or after is None:
        return None
    result = compare([*beside[0], before], [*beside[1], after])
    known = tuple(map(entry_of, own_differences(result.differences, beside)))
    pieces = [*old.pieces.values(), *new.pieces.values()]
    names = open_names(*pieces) if result.open else []
    values = values_by_name([tree for piece in pieces if (tree := piece.tree(Diagnostics())) is not None])
    some = [carried(carrier, list(side.pieces), side, values) for side in (old, new)] if names else []
    filled = [[*row, item] for row, item in zip(beside, some, strict=False) if item is not None]
    entries, left, whatever = with_values(
        result,
        known,
        names,
        ([*beside[0], before], [*beside[1], after]),
        filled if len(filled) == len(beside) else None,
        values,
        beside=beside,
    )
    callers = (who_carries(IDENTITY, carrier),)
    entries = tuple(item if item.who else replace(item, who=callers) for item in entries)
    state = CHANGED if entries else OPEN if left else SAME
    return Compared(shown(carrier), IDENTITY, state, entries, (), left, result.rests, whatever)
