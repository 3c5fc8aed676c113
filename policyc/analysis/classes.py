"""A class of requests in words: who, what, where and under which conditions, and what in the documents makes the difference.

Of the lists of a statement only those items are named that have requests in the class, which is asked item by item.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from itertools import combinations
from operator import eq
from typing import Final

from policyc.analysis.conditions import one_by_one, with_values
from policyc.analysis.contents import content_of, contents_of
from policyc.analysis.formula import Lit
from policyc.analysis.question import Space
from policyc.analysis.solver import Solution
from policyc.engines.proofs.budget import TooLarge
from policyc.ir.authz import All, Always, AnyOf, Atom, Cond, Never, Policy, RawExpression, RawTest, Resources, Statement
from policyc.model.values import plain_text
from policyc.per_object import PerObject
from policyc.record import record, replace
from policyc.text import listed

#: items of one list that are asked one by one; longer lists are named whole
_MOST_ITEMS: Final = 24
#: pairs of changed statements among which twins are looked for
_MOST_PAIRS: Final = 40_000


@record
class Region:
    """What a class of requests has in common, each part as its document writes it; an empty part means any."""

    who: tuple[str, ...]
    what: tuple[str, ...]
    where: tuple[str, ...]
    conditions: tuple[str, ...]


def region_of(
    space: Space,
    statement: Statement,
    marks: Sequence[Lit],
    ask: Callable[..., Solution | None] | None = None,
    known: Solution | None = None,
) -> Region:
    """The parts of a statement that requests with all of `marks` meet; `ask` asks for such a request, `space.ask` unless told, and `known`
    is one."""
    found = [] if known is None else [known]

    def is_met(lit: Lit) -> bool:
        """Whether some request meets the literals; yes where that is too much to tell."""
        if any(space.solver.truth(lit, solution) for solution in found):
            return True
        try:
            solution = (ask or space.ask)(*marks, lit)
        except TooLarge:
            return True
        if solution is not None:
            found.append(solution)
        return solution is not None or space.unsure

    def named(items: Sequence[tuple[str, Lit]]) -> tuple[str, ...]:
        if not 1 < len(items) <= _MOST_ITEMS:
            return tuple(text for text, _ in items)
        kept = tuple(text for text, lit in items if is_met(lit))
        return kept or tuple(text for text, _ in items)

    who, can, resources = statement.who, statement.can, statement.resources
    callers = [] if who is None else [(item.name or item.kind, space.callers.named(item)) for item in who.principals]
    actions = [] if can is None else [(verb.name, space.action(verb.action)) for verb in can.verbs]
    places = (
        []
        if resources is None
        else [
            (glob.text, space.where(_only(resources, at), statement.effect == "deny"))
            for at, glob in enumerate(resources.patterns)
        ]
    )
    return Region(
        _but(who is not None and who.negated, callers, named),
        _but(can is not None and can.negated, actions, named),
        _but(resources is not None and resources.negated, places, named),
        conditions_of(_narrowed(statement.when, lambda test: is_met(space.conditions.holds(test)))),
    )


def is_told_whole(statement: Statement | None, region: Region) -> bool:
    """Whether nothing of the lists of a statement was left out of the words for a class."""
    if statement is None:
        return True
    who, can, resources = statement.who, statement.can, statement.resources
    return (
        region.conditions == conditions_of(statement.when)
        and (who is None or who.negated or len(who.principals) == len(region.who))
        and (can is None or can.negated or len(can.verbs) == len(region.what))
        and (resources is None or resources.negated or len(resources.patterns) == len(region.where))
    )


def _only(resources: Resources, at: int) -> Resources:
    return Resources((resources.patterns[at],), resources.negated)


def _but(
    negated: bool, items: list[tuple[str, Lit]], named: Callable[[Sequence[tuple[str, Lit]]], tuple[str, ...]]
) -> tuple[str, ...]:
    """The items of a list that have requests in the class; of a negated one, that it is all but them."""
    if negated:
        return ("all but " + ", ".join(text for text, _ in items),)
    return named(items)


def conditions_of(cond: Cond) -> tuple[str, ...]:
    """The conditions of a statement as its document writes them, one to a text."""
    match cond:
        case Always():
            return ()
        case All(items):
            return tuple(dict.fromkeys(text for item in items for text in conditions_of(item)))
        case _:
            return (_written(cond),)


def _narrowed(cond: Cond, is_met: Callable[[Cond], bool]) -> Cond:
    """A condition to be written with those values alone that have requests in the class, where a test asks for one of several."""
    match cond:
        case All(items):
            return replace(cond, items=tuple(_narrowed(item, is_met) for item in items))
        case AnyOf(items) if (
            len({_written(item) for item in items}) == 1
        ):  # one entry of a block, which each of them writes
            return next((found for item in items if (found := _narrowed(item, is_met)) is not item), cond)
        case Atom() | RawTest() if len(cond.values) <= _MOST_ITEMS:
            kept = [at for at, one in enumerate(one_by_one(cond)) if is_met(one)]
            return with_values(cond, kept) if kept else cond
        case _:
            return cond


def _written(cond: Cond) -> str:
    match cond:
        case Always():
            return "always"
        case Never():
            return "never"
        case Atom() | RawTest() if cond.spelling is not None:
            values = ", ".join(glob.text for glob in cond.spelling.values)
            return f"{cond.spelling.operator} {cond.spelling.key}: {values}"
        case Atom():
            values = ", ".join(plain_text(item.value) for item in cond.values)
            text = f"{cond.attribute.name} {cond.op.value} {values}".rstrip()
            return f"not ({text})" if cond.negated else text
        case RawTest():
            text = f"{cond.operator} {cond.attribute.native}: {', '.join(glob.text for glob in cond.values)}"
            return f"not ({text})" if cond.negated else text
        case RawExpression():
            return "an expression"
        case AnyOf(items):
            # one entry of a block may be several tests; all of them were written as one
            texts = tuple(dict.fromkeys(_written(item) for item in items))
            return (
                " or ".join(text for text in texts if len(texts) == 1 or not text.startswith("not (exists")) or "always"
            )
        case All(items):
            return " and ".join(dict.fromkeys(_written(item) for item in items))


# --- what makes the difference ------------------------------------------------------------------------------------


def because(
    by: Statement | None, other: Statement | None, mine: Policy, theirs: Policy, gained: bool
) -> tuple[str, ...]:
    """Sentences that say what in the documents makes the difference: `by` is a statement of `mine`, `other` one of `theirs` that
    decided there; `gained` tells that `mine` is the new version."""
    out: list[str] = []
    if by is not None:
        out.extend(_changed(by, mine, theirs, gained))
    if other is not None:
        out.extend(_changed(other, theirs, mine, not gained))
    return tuple(dict.fromkeys(out))


def _changed(statement: Statement, mine: Policy, theirs: Policy, is_new: bool) -> list[str]:
    twin = twin_of(statement, mine, theirs)
    effect = "deny" if statement.effect == "deny" else "allow"
    if twin is None:
        return [f"`{statement.label}` ({effect}) is {'new' if is_new else 'gone'}"]
    old, new = (twin, statement) if is_new else (statement, twin)
    out: list[str] = []
    for noun, parts in (("principal", _who), ("action", _can), ("resource", _where), ("condition", _when)):
        before, after = parts(old), parts(new)
        lost = [text for text in before if text not in after]
        more = [text for text in after if text not in before]
        for test, one, other in _replaced(old, new, lost, more) if noun == "condition" else ():
            out.append(_other_values(new.label, test, one, other))
            lost.remove(one)
            more.remove(other)
        if lost and more:
            out.append(f"`{new.label}` has the {noun} {_listed(more)} in place of {_listed(lost)}")
        elif lost:
            out.append(f"`{new.label}` lost the {noun} {_listed(lost)}")
        elif more:
            out.append(f"`{new.label}` got the {noun} {_listed(more)}")
    if old.effect != new.effect:
        out.append(f"`{new.label}` is `{new.effect}` in place of `{old.effect}`")
    return out


def _replaced(
    old: Statement, new: Statement, lost: Sequence[str], more: Sequence[str]
) -> Iterator[tuple[_Tested, str, str]]:
    """Conditions that test the same key in the same way, with other values; where these are all and no value stays, there is no telling them apart."""
    before, after = _tested(old.when), _tested(new.when)
    by_test = {after[text].test: text for text in reversed(more) if text in after}
    pairs = [(one, by_test.pop(before[one].test)) for one in lost if one in before and before[one].test in by_test]
    whole = len(pairs) == len(lost) == len(more)
    for one, other in pairs:
        stays = not set(before[one].values).isdisjoint(after[other].values)
        if stays or not whole:
            yield _Tested(after[other].test, after[other].values, before[one].values if stays else ()), one, other


def _other_values(label: str, found: _Tested, one: str, other: str) -> str:
    """What became of the values of a test that keeps some of them."""
    lost = [text for text in found.were if text not in found.values]
    more = [text for text in found.values if text not in found.were]
    if not found.were or not (lost or more):
        return f"`{label}` has the condition `{other}` in place of `{one}`"
    told = [f"{word} {_values(texts)}" for word, texts in (("got", more), ("lost", lost)) if texts]
    return f"`{label}` {' and '.join(told)} in `{found.test}`"


def _values(texts: Sequence[str]) -> str:
    return f"the value{'s' if len(texts) > 1 else ''} {_listed(texts)}"


@record
class _Tested:
    """One test of a key: the operator with the key, its values, and those that it had."""

    test: str
    values: tuple[str, ...]
    were: tuple[str, ...] = ()


def _tested(cond: Cond) -> dict[str, _Tested]:
    """The conditions that are one test each, by their texts (`conditions_of`)."""
    match cond:
        case All(items):
            return {text: found for item in items for text, found in _tested(item).items()}
        case AnyOf(items) if len({_written(item) for item in items}) == 1:
            return _tested(items[0])  # one entry of a block
        case Atom() | RawTest() if cond.spelling is not None:
            spelt = cond.spelling
            return {_written(cond): _Tested(f"{spelt.operator} {spelt.key}", tuple(glob.text for glob in spelt.values))}
        case Atom() if not cond.negated:
            texts = tuple(plain_text(item.value) for item in cond.values)
            return {_written(cond): _Tested(f"{cond.attribute.name} {cond.op.value}", texts)}
        case _:
            return {}


def twin_of(statement: Statement, mine: Policy, theirs: Policy) -> Statement | None:
    """The statement of the other version that this one was, or became: one that says the same, else one of the same label, else of those that are left the one that it is most
    like, which is nobody else's twin; None where it has none."""
    own = content_of(statement)
    if own in contents_of(theirs):
        return next(item for item in theirs.statements if content_of(item) == own)
    named = _namesake(statement, theirs)
    if named is not None:
        return named
    return _twins(mine)(theirs).get(id(statement))


def _namesake(statement: Statement, theirs: Policy) -> Statement | None:
    named = [item for item in theirs.statements if item.label == statement.label and item.label_span is not None]
    return named[0] if len(named) == 1 and not statement.label.startswith("statement ") else None


def _left(mine: Policy, theirs: Policy) -> list[Statement]:
    """The statements that neither say what one of the other version says nor have its label."""
    said = contents_of(theirs)
    labels = Counter(item.label for item in theirs.statements if item.label_span is not None)
    return [
        item
        for item in mine.statements
        if content_of(item) not in said and (labels[item.label] != 1 or item.label.startswith("statement "))
    ]


def _paired(ones: Sequence[Statement], others: Sequence[Statement]) -> dict[int, Statement]:
    """Each statement with its twin, by its identity: those that are most alike find each other first. Among more than so many pairs none is looked for: where
    hundreds of statements are others now, what became of one of them is no explanation."""
    if len(ones) * len(others) > _MOST_PAIRS:
        return {}
    known: dict[object, int] = {}
    sides = [[_parts(item, known) for item in side] for side in (ones, others)]
    out: dict[int, Statement] = {}
    free = [set(range(len(side))) for side in sides]
    for count in (3, 2):  # parts of four that they share
        for at, place in _ranked(sides, free, count):
            if at in free[0] and place in free[1]:
                out[id(ones[at])] = others[place]
                free[0].discard(at)
                free[1].discard(place)
    return out


_Parts = tuple[str, list[int], int]


def _ranked(sides: Sequence[Sequence[_Parts]], free: Sequence[Set[int]], count: int) -> list[tuple[int, int]]:
    """The pairs of statements that share so many parts, by how much they share, then by the items in common, then by how near they stand."""
    sharing: dict[tuple[object, ...], list[int]] = {}
    for place in sorted(free[1]):
        for key in _some_parts(sides[1][place], count):
            sharing.setdefault(key, []).append(place)
    ranked: list[tuple[int, int, int, int, int]] = []
    for at in sorted(free[0]):
        _, same, items = mine = sides[0][at]
        for place in {place for key in _some_parts(mine, count) for place in sharing.get(key, ())}:
            _, its_same, its_items = sides[1][place]
            common = (items & its_items).bit_count()
            ranked.append((-sum(map(eq, same, its_same)), -common, abs(at - place), at, place))
    ranked.sort()
    return [(at, place) for *_, at, place in ranked]


def _some_parts(parts: _Parts, count: int) -> Iterator[tuple[object, ...]]:
    """Every so many parts of a statement, with its effect."""
    effect, same, _ = parts
    for chosen in combinations(range(len(same)), count):
        yield effect, chosen, *(same[at] for at in chosen)


#: the twins of the statements of a policy in another one, by their identity
_twins: Final[PerObject[Policy, PerObject[Policy, dict[int, Statement]]]] = PerObject(
    lambda mine: PerObject(lambda theirs: _paired(_left(mine, theirs), _left(theirs, mine)), most=4), most=16
)


def _parts(statement: Statement, known: dict[object, int]) -> _Parts:
    """The effect, the parts by a number that equal ones share, and the items of all parts as bits."""
    parts = [part(statement) for part in (_who, _can, _where, _when)]
    items = {1 << known.setdefault((at, text), len(known)) for at, part in enumerate(parts) for text in part}
    return statement.effect, [known.setdefault(part, len(known)) for part in parts], sum(items)


def _who(statement: Statement) -> tuple[str, ...]:
    who = statement.who
    return (
        ()
        if who is None
        else tuple(("not " if who.negated else "") + (item.name or item.kind) for item in who.principals)
    )


def _can(statement: Statement) -> tuple[str, ...]:
    can = statement.can
    return () if can is None else tuple(("not " if can.negated else "") + verb.name for verb in can.verbs)


def _where(statement: Statement) -> tuple[str, ...]:
    found = statement.resources
    return () if found is None else tuple(("not " if found.negated else "") + glob.text for glob in found.patterns)


def _when(statement: Statement) -> tuple[str, ...]:
    return conditions_of(statement.when)


def _listed(texts: Sequence[str]) -> str:
    return listed([f"`{text}`" for text in texts])
