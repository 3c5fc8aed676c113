"""A second process for work that two can share. Its result is a help and no more: whoever asked does without where there is none."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

#: what is taken from a helper at most
_LARGEST = 64 * 1024 * 1024


def begun(work: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]] | None:
    """Start `work` in a copy of this process; what comes back waits for what it gives (plain data), empty where it failed. None where no copy can be
    made, or would have nowhere to run."""
    if not hasattr(os, "fork") or _processors() < 2 or _threads() > 1:  # a copy has the thread that asks and no other
        return None
    try:
        inner, outer = os.pipe()
    except OSError:
        return None
    try:
        process = os.fork()
    except OSError:
        os.close(inner)
        os.close(outer)
        return None
    if process == 0:
        os.close(inner)
        _work(work, outer)
    os.close(outer)

    def wait() -> dict[str, Any]:
        try:
            with os.fdopen(inner, "rb") as file:
                data = file.read(_LARGEST)
            found = json.loads(data)
        except (OSError, ValueError, RecursionError):
            found = {}
        with suppress(OSError):
            os.waitpid(process, 0)
        return found if isinstance(found, dict) else {}

    return wait


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _threads() -> int:
    threading = sys.modules.get("threading")
    return 1 if threading is None else int(threading.active_count())


def _work(work: Callable[[], dict[str, Any]], outer: int) -> None:
    """The whole life of the copy: it says nothing to anybody else, and ends without what this process does at its end."""
    try:
        data = json.dumps(work()).encode("ascii")
        with os.fdopen(outer, "wb") as file:
            file.write(data)
    except BaseException:  # told by nobody: the same work is done again where somebody hears of it
        pass
    finally:
        os._exit(0)
