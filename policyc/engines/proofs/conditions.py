"""Questions about conditions: can it hold, must it hold, does one imply another?

A condition is opened into branches: lists of tests that together make it true. Each branch is checked attribute by
attribute. Every "cannot" is proven; past the budget the answer is "perhaps".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Final, TypeAlias, assert_never

from policyc.engines.proofs.budget import Steps, TooLarge
from policyc.engines.proofs.linked import agree
from policyc.engines.proofs.values import may_hold, one_value, same_key
from policyc.ir.authz import (
    All,
    Always,
    AnyOf,
    Atom,
    Cond,
    Glob,
    Never,
    Op,
    RawExpression,
    RawTest,
    Variable,
    raw_attribute,
)
from policyc.ir.conditions import tests
from policyc.ir.raw_tests import raw_holds
from policyc.model.values import Scalar, plain_text
from policyc.model.vocabulary import Attribute
from policyc.per_object import PerObject
from policyc.record import replace

#: Steps that opening one condition may take.
BUDGET: Final = 3_000

#: Tests with patterns of one attribute that are looked at together; what these rule out is ruled out.
MOST_PATTERNS: Final = 8

#: A raw test or expression, and whether it has to hold.
_Opaque: TypeAlias = tuple[RawTest | RawExpression, bool]

#: A condition that has to hold (True) or to fail (False).
Goal: TypeAlias = tuple[Cond, bool]

#: The values of an attribute in the requests that a question is about: empty for absent, None when open.
Facts: TypeAlias = Callable[[Attribute], tuple[Scalar, ...] | None]


def nothing_known(_: Attribute) -> tuple[Scalar, ...] | None:
    """Facts about any request at all."""
    return None


def may_be_met(goals: Sequence[Goal], facts: Facts = nothing_known) -> bool:
    """Whether some request may meet all the goals at once; False is proven."""
    if (
        facts is nothing_known
    ):  # many statements are under one condition, or under two that stand together elsewhere too
        return _may_be_met(tuple(goals))
    return _are_met(goals, facts)


@lru_cache(maxsize=4096)
def _may_be_met(goals: tuple[Goal, ...]) -> bool:
    return _are_met(goals, nothing_known)


def _are_met(goals: Sequence[Goal], facts: Facts) -> bool:
    try:
        return next(branches(goals, facts), None) is not None
    except TooLarge:
        return True


def never_holds(cond: Cond, facts: Facts = nothing_known) -> bool:
    """Whether the condition is proven to fail for every request."""
    if facts is nothing_known or not _bear_on(facts, cond):  # what several rules ask of every condition
        return _never_holds(cond)
    return not may_be_met([(cond, True)], facts)


def _bear_on(facts: Facts, cond: Cond) -> bool:
    """Whether facts may have a part in the answer."""
    return any(not isinstance(test, Atom) or facts(test.attribute) is not None for test in tests(cond))


@lru_cache(maxsize=4096)
def _fails_always(cond: Cond) -> bool:
    return not may_be_met([(cond, True)])


_never_holds = PerObject[Cond, bool](_fails_always, 4096)


@lru_cache(maxsize=4096)
def always_holds(cond: Cond) -> bool:
    """Whether the condition is proven to hold for every request."""
    return not may_be_met([(cond, False)])


def implies(first: Cond, second: Cond, facts: Facts = nothing_known) -> bool:
    """Whether every request that passes `first` is proven to pass `second`."""
    if second == first or isinstance(second, Always):
        return True
    known = {test.attribute.native for test in tests(first)}
    for item in second.items if isinstance(second, All) else (second,):
        if isinstance(item, Atom) and item.attribute.native not in known and may_be_met([(item, False)], facts):
            return never_holds(first, facts)  # nothing in `first` speaks of it
    return not may_be_met([(first, True), (second, False)], facts)


def branches(
    goals: Sequence[Goal], facts: Facts = nothing_known, steps: Steps | None = None
) -> Iterator[tuple[Atom, ...]]:
    """The ways to meet the goals, each as the tests that hold in it. Raises TooLarge past the budget."""
    steps = steps or Steps(BUDGET)
    stack: list[tuple[tuple[Goal, ...], tuple[Atom, ...], tuple[_Opaque, ...]]] = [(tuple(goals), (), ())]
    while stack:
        pending, held, opaque = stack.pop()
        while pending:
            steps.take()
            at = next((i for i, goal in enumerate(pending) if not _forks(goal)), 0)
            cond, wanted = pending[at]
            rest = pending[:at] + pending[at + 1 :]
            match cond:
                case Always() | Never():
                    if isinstance(cond, Always) is not wanted:
                        break
                    pending = rest
                case Atom():
                    atom = cond if wanted else replace(cond, negated=not cond.negated)
                    if len(held) > 64 or atom not in held:  # a test that stands there twice does no harm
                        held = (*held, atom)
                        if not _fits(atom, held, opaque, facts):
                            break
                    pending = rest
                case RawTest() | RawExpression():
                    if not _raw_fits(cond, wanted, opaque, facts):
                        break
                    opaque = (*opaque, (cond, wanted))
                    if isinstance(cond, RawTest) and not _fits(cond, held, opaque, facts):
                        break
                    pending = rest
                case All(items) | AnyOf(items):
                    if isinstance(cond, All) is wanted:
                        pending = (*((item, wanted) for item in items), *rest)
                    else:
                        for item in reversed(items[1:]):
                            stack.append((((item, wanted), *rest), held, opaque))
                        pending = ((items[0], wanted), *rest)
                case _:
                    assert_never(cond)
        else:
            if agree(held, [(test, wanted) for test, wanted in opaque if isinstance(test, RawTest)]):
                yield held


def _raw_fits(test: RawTest | RawExpression, wanted: bool, held: Sequence[_Opaque], facts: Facts) -> bool:
    """Whether a raw test may go as wanted: what is known of its key decides it, and it does not contradict itself."""
    if (test, not wanted) in held or (replace(test, negated=not test.negated), wanted) in held:
        return False
    if isinstance(test, RawExpression):
        return True
    known = facts(test.attribute)
    valued = replace(test, values=tuple(value for value in test.values if not _lacks(value, facts)))
    if known is None and not valued.values and test.values and not test.operator.endswith("IfExists"):
        # no value is left to be compared with, so one answer goes for every value of the key, and for none
        return (
            valued.operator.startswith(("ForAllValues", "ForAnyValue")) or raw_holds(valued, lambda _: ("",)) is wanted
        )
    if known is None or any(isinstance(token, Variable) for value in valued.values for token in value.tokens):
        return True
    texts = tuple(plain_text(value) for value in known)
    return raw_holds(valued, lambda _: texts) is wanted


def _lacks(value: Glob, facts: Facts) -> bool:
    """Whether a value names a policy variable that is known to have none."""
    variables = (token for token in value.tokens if isinstance(token, Variable) and token.default is None)
    return any(facts(raw_attribute(token.key)) == () for token in variables)


def _forks(goal: Goal) -> bool:
    cond, wanted = goal
    return isinstance(cond, AnyOf) if wanted else isinstance(cond, All)


def _fits(test: Atom | RawTest, held: Sequence[Atom], opaque: Sequence[_Opaque], facts: Facts) -> bool:
    """Whether what has to hold of a test's key goes together."""
    attribute, known = test.attribute, facts(test.attribute)
    alike = one_value if known is None else same_key
    same = [other for other in held if alike(other.attribute, attribute) and other.attribute.type == attribute.type]
    patterns = [other for other in same if other.op is Op.LIKE]
    if len(patterns) > MOST_PATTERNS:
        left_out = {id(other) for other in patterns[:-MOST_PATTERNS]}
        same = [other for other in same if id(other) not in left_out]
    raws = [
        (other, wanted) for other, wanted in opaque if isinstance(other, RawTest) and alike(other.attribute, attribute)
    ]
    return may_hold(same, known, raws)
