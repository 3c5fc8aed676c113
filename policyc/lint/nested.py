"""Which places lie inside which, told without looking at every pair."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Generic, TypeVar

from policyc.diagnostics import Diagnostic, Severity
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


class Places:
    """Places alone, and whether some of them lie at, inside or around another one."""

    __slots__ = ("_nested", "_spans")

    def __init__(self, spans: Iterable[Span | None]) -> None:
        self._spans = dict.fromkeys(span for span in spans if span is not None)
        self._nested = Nested((span, span) for span in self._spans)

    @classmethod
    def of_errors(cls, found: Iterable[Diagnostic]) -> Places:
        return cls(item.span for item in found if item.severity is Severity.ERROR)

    def at(self, span: Span) -> bool:
        return span in self._spans

    def inside(self, outer: Span) -> bool:
        return next(self._nested.inside(outer), None) is not None

    def around(self, inner: Span | None) -> bool:
        """False of no place."""
        return inner is not None and next(self._nested.around(inner), None) is not None
