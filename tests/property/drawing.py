"""Random values in the words of hypothesis' strategies, drawn from a `random.Random`.

For properties with thousands of cases: a value costs a tenth of what hypothesis takes for it, most of which goes into being able to shrink it.
Nothing is shrunk here, so generators draw small values. A failure tells its case; `POLICYC_CASE=<that number>` runs it alone.

    @cases(CASES, policies(), data())
    def test_something(policy: Policy, data: Data) -> None: ...
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")

#: how often a filter, a list of different items or a size is drawn for before the generator is called wrong
TRIES = 1_000


class Strategy(Generic[T]):
    """How a value is drawn."""

    __slots__ = ("draw",)

    def __init__(self, draw: Callable[[Random], T]) -> None:
        self.draw = draw

    def map(self, change: Callable[[T], U]) -> Strategy[U]:
        return Strategy(lambda random: change(self.draw(random)))

    def flatmap(self, choose: Callable[[T], Strategy[U]]) -> Strategy[U]:
        return Strategy(lambda random: choose(self.draw(random)).draw(random))

    def filter(self, fits: Callable[[T], bool]) -> Strategy[T]:
        def draw(random: Random) -> T:
            for _ in range(TRIES):
                value = self.draw(random)
                if fits(value):
                    return value
            raise AssertionError("a filter lets nothing through")

        return Strategy(draw)

    def __or__(self, other: Strategy[Any]) -> Strategy[Any]:
        return one_of(self, other)


Draw = Callable[[Strategy[Any]], Any]


class Data:
    """Draws in the middle of a test."""

    __slots__ = ("_random",)

    def __init__(self, random: Random) -> None:
        self._random = random

    def draw(self, strategy: Strategy[T]) -> T:
        return strategy.draw(self._random)


def data() -> Strategy[Data]:
    return Strategy(Data)


def seeds() -> Strategy[Random]:
    """A generator of its own, for tests that draw by hand."""
    return Strategy(lambda random: random)


def just(value: T) -> Strategy[T]:
    return Strategy(lambda random: value)


def none() -> Strategy[None]:
    return just(None)


def booleans() -> Strategy[bool]:
    return Strategy(lambda random: random.random() < 0.5)


def integers(least: int, most: int) -> Strategy[int]:
    """From `least` to `most`, either end at times, where mistakes are."""

    def draw(random: Random) -> int:
        place = random.random()
        return least if place < 0.05 else most if place > 0.95 else random.randint(least, most)

    return Strategy(draw)


def sampled_from(items: Sequence[T]) -> Strategy[T]:
    held = tuple(items)
    return Strategy(lambda random: random.choice(held))


def one_of(*strategies: Strategy[Any]) -> Strategy[Any]:
    return Strategy(lambda random: random.choice(strategies).draw(random))


def tuples(*strategies: Strategy[Any]) -> Strategy[tuple[Any, ...]]:
    return Strategy(lambda random: tuple([one.draw(random) for one in strategies]))


def lists(
    item: Strategy[T],
    *,
    min_size: int = 0,
    max_size: int | None = None,
    unique: bool = False,
    unique_by: Callable[[T], Any] | None = None,
) -> Strategy[list[T]]:
    """Between the two sizes; fewer different items than asked for, where the strategy has no more, but never fewer than the least size."""
    most = min_size + 5 if max_size is None else max_size
    key = unique_by or ((lambda value: value) if unique else None)

    def draw(random: Random) -> list[T]:
        size = random.randint(min_size, most)
        if key is None:
            return [item.draw(random) for _ in range(size)]
        found: dict[Any, T] = {}
        for tried in range(TRIES):
            if len(found) == size or (tried > 10 * size and len(found) >= min_size):
                return list(found.values())
            value = item.draw(random)
            found.setdefault(key(value), value)
        raise AssertionError("too few different items")

    return Strategy(draw)


def text(alphabet: str, *, min_size: int = 0, max_size: int) -> Strategy[str]:
    return lists(sampled_from(alphabet), min_size=min_size, max_size=max_size).map("".join)


def fixed_dictionaries(
    needed: dict[str, Strategy[Any]], *, optional: dict[str, Strategy[Any]] | None = None
) -> Strategy[dict[str, Any]]:
    others = optional or {}

    def draw(random: Random) -> dict[str, Any]:
        out = {name: one.draw(random) for name, one in needed.items()}
        return out | {name: one.draw(random) for name, one in others.items() if random.random() < 0.5}

    return Strategy(draw)


def builds(make: Callable[..., T], *strategies: Strategy[Any]) -> Strategy[T]:
    return Strategy(lambda random: make(*[one.draw(random) for one in strategies]))


def composite(function: Callable[..., T]) -> Callable[..., Strategy[T]]:
    """`function(draw, …)` as a function of the other arguments that gives a strategy."""

    def made(*arguments: Any, **named: Any) -> Strategy[T]:
        return Strategy(lambda random: function(lambda one: one.draw(random), *arguments, **named))

    return made


class _TooManyLeaves(Exception):
    """A tree outgrew its leaves; another one is drawn."""


def recursive(
    leaf: Strategy[Any], extend: Callable[[Strategy[Any]], Strategy[Any]], *, max_leaves: int
) -> Strategy[Any]:
    """Trees of at most so many leaves, as tall as that many leaves can be when each floor doubles them."""
    left = 0

    def counted(random: Random) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise _TooManyLeaves
        return leaf.draw(random)

    floors: list[Strategy[Any]] = [Strategy(counted)]
    while 2 ** (len(floors) - 1) <= max_leaves:
        floors.append(extend(one_of(*floors)))

    def draw(random: Random) -> Any:
        nonlocal left
        outer = left
        for _ in range(TRIES):
            left = max_leaves
            try:
                value = random.choice(floors).draw(random)
            except _TooManyLeaves:
                continue
            left = outer
            return value
        raise AssertionError("no tree has so few leaves")

    return Strategy(draw)


class _Unfit(Exception):
    """What was drawn is not a case of the property."""


def assume(fits: bool) -> None:
    """Another case is drawn in place of one that does not fit."""
    if not fits:
        raise _Unfit


def cases(count: int, *strategies: Strategy[Any]) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """A test that runs `count` times with what the strategies draw: the same at every run, or new ones with `POLICYC_EXPLORE`."""

    def decorate(test: Callable[..., None]) -> Callable[[], None]:
        # not functools.wraps: pytest would take the arguments of the test for fixtures
        def run() -> None:
            name = "" if os.environ.get("POLICYC_EXPLORE") else test.__name__
            alone = os.environ.get("POLICYC_CASE")
            first, fitting = (Random().getrandbits(40) if not name else 0), 0
            for number in [int(alone)] if alone else range(first, first + 10 * count):
                random = Random(f"{name} {number}")
                try:
                    test(*[one.draw(random) for one in strategies])
                except _Unfit:
                    continue
                except BaseException as error:
                    explore = "" if name else "POLICYC_EXPLORE=1 "
                    error.add_note(f"case {number}: {explore}POLICYC_CASE={number} runs it alone")
                    raise
                fitting += 1
                if fitting == count:
                    return
            assert alone or fitting == count, f"only {fitting} of the cases that were drawn fit"

        for kept in ("__name__", "__qualname__", "__doc__", "__module__"):
            setattr(run, kept, getattr(test, kept))
        return run

    return decorate
