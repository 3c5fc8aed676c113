"""Calls at the same time: their order, the first failure, and an interrupt, for which no answer is waited for."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from policyc.aws.several import several


def test_results_are_in_the_order_of_the_items() -> None:
    heard: list[int] = []
    assert several(lambda number: number * 2, range(20), 3, heard.append) == [2 * number for number in range(20)]
    assert heard == list(range(1, 21))


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt])
def test_the_first_failure_ends_it(kind: type[BaseException]) -> None:
    """What runs comes to its end, but after an interrupt nobody waits for that."""
    release, waiting, ended = threading.Event(), threading.Event(), threading.Event()

    def call(item: int) -> Any:
        if item:
            waiting.wait(10)
            if kind is not KeyboardInterrupt:
                threading.Timer(0.05, release.set).start()
            raise kind
        waiting.set()
        release.wait(10)
        ended.set()
        return item

    with pytest.raises(kind):
        several(call, [0, 1], 2, lambda _: None)
    assert ended.is_set() is (kind is not KeyboardInterrupt)
    release.set()
