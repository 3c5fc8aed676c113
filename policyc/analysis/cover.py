"""Who may do what: a small cover of all allowed requests, a class for each way through the statements that allow.

Every allowed request matches one statement that allows at each gate, so the pairs (or triples) of such statements cover them all. Of these
only those are kept that have requests of their own, each with one; then it is asked whether anything allowed lies outside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Final

from policyc.analysis.classes import Region, region_of
from policyc.analysis.formula import FALSE, TRUE, Lit
from policyc.analysis.question import Space
from policyc.analysis.solver import Solution
from policyc.analysis.ways.base import Line
from policyc.analysis.witness import opaque_of
from policyc.engines.proofs.budget import TooLarge
from policyc.engines.proofs.domains import Unmodelled
from policyc.record import record

#: classes that are told apart, and combinations of statements that are asked about
MOST_CLASSES: Final = 60
_MOST_COMBINATIONS: Final = 4_000
#: denies of which each class is asked one by one
_MOST_DENIES: Final = 40
OUT_OF_STEPS: Final = "the budget of steps ran out"


@record
class Asked:
    """What a cover is made of: the statements that allow at each gate, all that deny, the decision, and what is taken for granted (the
    requests that are asked about among it). `open_identity` is the atom of policies of callers that nobody gave, `remainder` tells who may be allowed without
    a statement that allows."""

    space: Space
    allows: tuple[tuple[Line, ...], ...]
    denies: tuple[Line, ...]
    allowed: Lit
    base: tuple[Lit, ...]
    open_identity: Lit = FALSE
    remainder: Lit = FALSE


@record
class Class:
    """Requests that the same statements allow: what they have in common, the denies that take some of them out, one of them, what it
    hangs on that is not understood, and whether policies of the caller that nobody gave have to allow it. Of very many denies only their
    number is told, in `many`."""

    lines: tuple[Line, ...]
    regions: tuple[Region, ...]
    unless: tuple[Line, ...]
    solution: Solution
    hangs_on: tuple[str, ...]
    needs_identity: bool
    many: int = 0


@record
class Cover:
    """`complete`: nothing else is allowed, which is proven; else `open` says why it is not."""

    classes: tuple[Class, ...]
    complete: bool
    open: tuple[str, ...] = ()


def cover(asked: Asked) -> Cover:
    """The classes of allowed requests."""
    found: list[Class] = []
    try:
        open_ones = list(_classes(asked, found))
        if not open_ones:
            formula = asked.space.formula
            outside = [-formula.every(line.lit for line in item.lines) for item in found]
            found += _remainder(asked, outside)
            if asked.space.ask(*_granted(asked), asked.allowed, *outside, -asked.remainder) is not None:
                open_ones = ["some allowed requests belong to none of these"]
        open_ones += asked.space.doubts()
    except TooLarge:
        open_ones = [OUT_OF_STEPS]
    except Unmodelled as reason:
        open_ones = [str(reason)]
    return Cover(tuple(found), not open_ones, tuple(dict.fromkeys(open_ones)))


def _remainder(asked: Asked, outside: Sequence[Lit]) -> list[Class]:
    """The class of those whom no statement of these has to allow; none where everybody is in the others."""
    if asked.remainder == FALSE:
        return []
    marks = (*_granted(asked), asked.allowed, *outside, asked.remainder)
    solution = asked.space.ask_known(*marks)
    if solution is None:
        return []
    unknown = asked.open_identity
    known = (*asked.base, -unknown, asked.allowed, *outside, asked.remainder)
    needs = unknown != FALSE and not may_meet(asked.space, known)
    return [Class((), (), (), solution, opaque_of(asked.space, solution), needs)]


def _granted(asked: Asked) -> tuple[Lit, ...]:
    unknown = asked.open_identity
    return asked.base if unknown == FALSE else (*asked.base, unknown)


def _classes(asked: Asked, found: list[Class]) -> Iterator[str]:
    """Add the classes to `found`; what keeps them from being all is yielded."""
    space, formula = asked.space, asked.space.formula
    gates = [lines for lines in asked.allows if lines]
    if not gates:
        return
    combinations = 1
    for lines in gates:
        combinations *= len(lines)
    if combinations > _MOST_COMBINATIONS:
        yield f"{combinations} combinations of statements are too many to tell apart"
        return
    granted = _granted(asked)
    known: list[Lit] = []
    for lines in product(*gates):
        own = formula.every(line.lit for line in lines)
        if own == FALSE:
            continue
        solution = space.ask(*granted, asked.allowed, own, *(-lit for lit in known))
        if solution is None:
            continue
        if len(found) >= MOST_CLASSES:
            yield f"there are more than {MOST_CLASSES} classes; `--can`, `--path` and `--principal` ask about fewer requests"
            return
        known.append(own)
        found.append(_class(asked, lines, own, solution))
    _prune(asked, found)


def _prune(asked: Asked, found: list[Class]) -> None:
    """Leave classes out whose requests are all in others."""
    space, formula = asked.space, asked.space.formula
    marks = {id(item): formula.every(line.lit for line in item.lines) for item in found}
    for item in list(found):
        others = [-marks[id(other)] for other in found if other is not item]
        if len(found) > 1 and space.ask(*_granted(asked), asked.allowed, marks[id(item)], *others) is None:
            found.remove(item)


def _class(asked: Asked, lines: Sequence[Line], own: Lit, solution: Solution) -> Class:
    space = asked.space
    inside = (*_granted(asked), own)
    marks = (*inside, asked.allowed)
    regions = tuple(region_of(space, line.statement, marks) for line in lines)
    denies = [line for line in asked.denies if line.lit not in (FALSE, TRUE)]
    many = 0
    if len(denies) > _MOST_DENIES:
        denies, many = [], len(denies)
    unless = tuple(line for line in denies if may_meet(space, (*inside, line.lit)))
    unknown = asked.open_identity
    needs = unknown != FALSE and not may_meet(space, (*asked.base, -unknown, own, asked.allowed))
    hangs_on = opaque_of(space, solution)
    if hangs_on:
        solution = space.ask_known(*marks) or solution
        hangs_on = opaque_of(space, solution)
    return Class(tuple(lines), regions, unless, solution, hangs_on, needs, many)


def may_meet(space: Space, wanted: Sequence[Lit]) -> bool:
    """Whether some request may meet all of the literals."""
    try:
        return space.ask(*wanted) is not None
    except (TooLarge, Unmodelled):
        return True
