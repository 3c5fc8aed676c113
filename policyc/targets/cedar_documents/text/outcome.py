"""When a condition of Cedar is true, when it is false, and when it fails; how `&&`, `||`, `!` and `if` join these.

Source: https://docs.cedarpolicy.com/policies/syntax-operators.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from policyc.ir.authz import All, Always, AnyOf, Atom, Cond, Never
from policyc.record import record, replace

#: Up to this many operands of `&&` and `||` are carried along in full.
_SHORT_CHAIN = 40


@record
class Outcome:
    """When an expression is true, when false, when its evaluation fails; each takes in at least those requests."""

    true: Cond
    false: Cond
    fails: Cond


BROKEN = Outcome(Never(), Never(), Always())


def sure(value: bool) -> Outcome:
    return Outcome(Always(), Never(), Never()) if value else Outcome(Never(), Always(), Never())


def turned(outcome: Outcome) -> Outcome:
    return Outcome(outcome.false, outcome.true, outcome.fails)


def choice(test: Outcome, then: Outcome, otherwise: Outcome) -> Outcome:
    def side(pick: str) -> list[Cond]:
        return [both((test.true, getattr(then, pick))), both((test.false, getattr(otherwise, pick)))]

    return Outcome(either(side("true")), either(side("false")), either((test.fails, *side("fails"))))


def chain(items: Sequence[Outcome]) -> Outcome:
    """`&&`: an item counts only behind true ones."""
    before: dict[str, list[int]] = {}
    false: list[Cond] = []
    fails: list[Cond] = []
    shaky = False
    for place, item in enumerate(items):
        fails.append(both((*_behind(items, before, item.fails, place), item.fails)))
        false.append(both((*_behind(items, before, item.false, place), item.false)) if shaky else item.false)
        shaky = shaky or not isinstance(item.fails, Never)
        for name in natives(item.true):
            before.setdefault(name, []).append(place)
    return Outcome(both(item.true for item in items), either(false), either(fails))


def _behind(items: Sequence[Outcome], before: Mapping[str, list[int]], cond: Cond, place: int) -> list[Cond]:
    """The true items before a place: all in a chain of usual length, else the ones that speak of the same."""
    if isinstance(cond, Never):
        return []
    if len(items) <= _SHORT_CHAIN:
        return [item.true for item in items[:place]]
    places = {at for name in natives(cond) for at in before.get(name, ())}
    return [items[at].true for at in sorted(places)]


def both(items: Iterable[Cond]) -> Cond:
    """All of them, flattened and without constants."""
    out: list[Cond] = []
    for item in items:
        if isinstance(item, Never):
            return item
        out += item.items if isinstance(item, All) else () if isinstance(item, Always) else (item,)
    return Always() if not out else out[0] if len(out) == 1 else All(tuple(out))


def either(items: Iterable[Cond]) -> Cond:
    """Any of them, flattened and without constants."""
    out: list[Cond] = []
    for item in items:
        if isinstance(item, Always):
            return item
        out += item.items if isinstance(item, AnyOf) else () if isinstance(item, Never) else (item,)
    return Never() if not out else out[0] if len(out) == 1 else AnyOf(tuple(out))


def negated(cond: Cond) -> Cond:
    """The opposite of a constant or a single test."""
    match cond:
        case Always():
            return Never()
        case Never():
            return Always()
        case Atom():
            return replace(cond, negated=not cond.negated)
        case _:
            raise TypeError(cond)


def natives(cond: Cond) -> frozenset[str]:
    """The attributes that a condition speaks of."""
    out: set[str] = set()
    work = [cond]
    while work:
        node = work.pop()
        if isinstance(node, Atom):
            out.add(node.attribute.native)
        elif isinstance(node, All | AnyOf):
            work.extend(node.items)
    return frozenset(out)
