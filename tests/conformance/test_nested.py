"""Places inside places are those that looking at every pair finds, and few pairs are looked at."""

from __future__ import annotations

import random

from policyc.lint.nested import Nested
from policyc.text import Span


def within(inner: Span, outer: Span) -> bool:
    return inner.file == outer.file and outer.start <= inner.start and inner.end <= outer.end


def test_every_pair_is_found() -> None:
    drawn = random.Random(4)
    for _ in range(400):
        spans = []
        for _ in range(drawn.randrange(12)):
            start = drawn.randrange(10)
            spans.append(Span(drawn.choice("ab"), start, start + drawn.randrange(6)))
        nested = Nested((span, at) for at, span in enumerate(spans))
        asked = Span(drawn.choice("abc"), drawn.randrange(8), 8)
        assert sorted(nested.inside(asked)) == [at for at, span in enumerate(spans) if within(span, asked)]
        assert sorted(nested.around(asked)) == [at for at, span in enumerate(spans) if within(asked, span)]


class Counted(Span):
    """Counts how often the end of a place is looked at."""

    looked = 0

    def __getattribute__(self, name: str) -> object:
        if name == "end":
            Counted.looked += 1
        return super().__getattribute__(name)


def test_places_apart_are_not_looked_at() -> None:
    nested = Nested((Counted("a", 10 * at, 10 * at + 9), at) for at in range(5_000))
    Counted.looked = 0
    assert list(nested.inside(Span("a", 100, 129))) == [10, 11, 12]
    assert list(nested.around(Span("a", 1_003, 1_004))) == [100]
    assert Counted.looked < 10
