"""Reading ahead: the next part of a file is read on another processor while one is asked about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
_END = object()


def ahead(parts: Iterable[T]) -> Iterator[T]:
    """The same parts in the same order, one of them made before it is asked for. What making one raises is raised in its place."""
    source = iter(parts)
    with ThreadPoolExecutor(1, "reading") as reader:
        coming = reader.submit(next, source, _END)
        while (part := coming.result()) is not _END:
            coming = reader.submit(next, source, _END)
            yield part  # type: ignore[misc]
