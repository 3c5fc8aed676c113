"""What takes longer than a second says on a terminal how far it is: one line on standard error, written over and wiped at the end.

Pipes, build servers, `--quiet` and terminals that cannot go back see nothing of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from time import monotonic
from typing import Final, TextIO

from policyc.cli.console import Console
from policyc.cli.terminal import is_terminal
from policyc.report.screen import printable

#: seconds before the first line, and between two
_PATIENCE: Final = 1.0
_PACE: Final = 0.2
_WIPE: Final = "\r\x1b[K"


class Progress:
    """Call it as often as there is something to tell; leaving the `with` block wipes the line.

    with Progress(console) as progress:
        for at, item in enumerate(items):
            progress("files read", at, len(items))
    """

    def __init__(self, console: Console, clock: Callable[[], float] = monotonic) -> None:
        stream = console.err
        shown = stream is not None and not console.quiet and not console.log and os.environ.get("TERM") != "dumb"
        self._stream: TextIO | None = stream if shown and stream is not None and is_terminal(stream) else None
        self._width = console.error_options().width
        self._clock, self._start = clock, clock()
        self._next = self._start + _PATIENCE
        self._told = False

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._told:
            self._write(_WIPE)
            self._told = False

    def __call__(self, what: str, done: int = 0, total: int = 0) -> None:
        """`what` is counted, in the plural; `total` 0 says that nobody knows how many there will be."""
        if self._stream is None:
            return
        now = self._clock()
        if now < self._next:
            return
        self._next, self._told = now + _PACE, True
        if total:
            text = f"{what}: {done:,} of {total:,}"
        elif done:
            text = f"{what}: {done:,}, {done / max(now - self._start, 0.001):,.0f} a second"
        else:
            text = what
        self._write(f"{_WIPE}{printable(text, False, False)[: self._width - 1]}")

    def _write(self, text: str) -> None:
        """A terminal that is gone is no reason to stop."""
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            self._stream = None
