"""Results that are worked out once for an object and asked for again, for objects that are too large to be keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class PerObject(Generic[T, R]):
    """A function of one object that remembers its results by the object's identity.

    The object stands beside its result, so that it stays alive and no other takes its place. It must not change. `most` results
    are held at a time.
    """

    __slots__ = ("_found", "_make", "_most")

    def __init__(self, make: Callable[[T], R], most: int) -> None:
        self._make, self._most = make, most
        self._found: dict[int, tuple[T, R]] = {}

    def __call__(self, item: T) -> R:
        known = self._found.get(id(item))
        if known is None:
            if len(self._found) >= self._most:
                self._found.clear()
            known = self._found[id(item)] = item, self._make(item)
        return known[1]
