"""Which places lie inside which, told without looking at every pair."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Generic, TypeVar

from policyc.text import Span

T = TypeVar("T")


class Nested(Generic[T]):
    """Things at places, which are asked for by another place. Few of them overlap without one lying inside the other."""

    __slots__ = ("_files",)

    def __init__(self, items: Iterable[tuple[Span, T]]) -> None:
        held: dict[str, list[tuple[Span, T]]] = {}
        for span, item in items:
            held.setdefault(span.file, []).append((span, item))
        self._files: dict[str, tuple[list[int], list[int], list[tuple[Span, T]]]] = {}
        for file, found in held.items():
            found.sort(key=lambda pair: pair[0].start)
            starts = [span.start for span, _ in found]
            self._files[file] = starts, list(accumulate((span.end for span, _ in found), max)), found

    def inside(self, outer: Span) -> Iterator[T]:
        """What lies within a place, in the order of the text."""
        starts, _, found = self._files.get(outer.file, ([], [], []))
        for at in range(bisect_left(starts, outer.start), bisect_right(starts, outer.end)):
            span, item = found[at]
            if span.end <= outer.end:
                yield item

    def around(self, inner: Span) -> Iterator[T]:
        """What a place lies within, the nearest first."""
        starts, furthest, found = self._files.get(inner.file, ([], [], []))
        at = bisect_right(starts, inner.start) - 1
        while at >= 0 and furthest[at] >= inner.end:
            span, item = found[at]
            if span.end >= inner.end:
                yield item
            at -= 1
