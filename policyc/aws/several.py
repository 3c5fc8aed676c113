"""Several calls at the same time, in threads that keep nobody from leaving: Ctrl-C ends a run at once, though an answer may be waited for for minutes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")


def several(function: Callable[[T], R], items: Sequence[T], workers: int, tell: Callable[[int], None]) -> list[R]:
    """A function over items, the results in the items' order; `tell` hears how many there are. The first exception ends it: what runs comes to its end, but
    after an interrupt nobody waits for it."""
    ended: SimpleQueue[tuple[int, Any, BaseException | None]] = SimpleQueue()
    ahead, lock, stop = iter(enumerate(items)), threading.Lock(), threading.Event()

    def work() -> None:
        while not stop.is_set():
            with lock:
                at, item = next(ahead, (-1, None))
            if at < 0:
                return
            try:
                ended.put((at, function(item), None))  # type: ignore[arg-type]
            except BaseException as error:
                ended.put((at, None, error))

    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(workers, len(items)))]
    for thread in threads:
        thread.start()
    found: list[Any] = [None] * len(items)
    try:
        for count in range(1, len(items) + 1):
            at, found[at], error = ended.get()
            if error is not None:
                raise error
            tell(count)
    except KeyboardInterrupt:
        stop.set()
        raise
    except BaseException:
        stop.set()
        for thread in threads:
            thread.join()
        raise
    return found
