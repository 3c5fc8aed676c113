"""One build at a time in an output folder."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None

#: seconds that a build waits for another one
PATIENCE = 30.0
_PAUSE = 0.05


@contextmanager
def locked(folder: Path) -> Iterator[bool | None]:
    """Hold the folder while the context lasts: True with the lock, False where the system has none, None when another process kept it
    for too long. The system gives the lock back when a process ends in whatever way, so none is ever left over.
    """
    try:
        handle = None if fcntl is None else os.open(folder, os.O_RDONLY)
    except OSError:  # no folder yet, or one that cannot be read
        handle = None
    if fcntl is None or handle is None:
        yield False
        return
    try:
        yield _acquire(fcntl, handle)
    finally:
        os.close(handle)


def _acquire(system: ModuleType, handle: int) -> bool | None:
    patient_until = time.monotonic() + PATIENCE
    while True:
        try:
            system.flock(handle, system.LOCK_EX | system.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > patient_until:
                return None
            time.sleep(_PAUSE)
        except OSError:  # a file system without locks
            return False
        else:
            return True
