"""Where a command writes to: the report on standard output (or in the file of `--output`), remarks on standard error.

Everything goes through here, and here everything is cleaned: whatever a name or a file holds, a terminal gets no control
character and a build server's log no command of somebody else's.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TextIO

from policyc.cli.terminal import SERVERS, is_terminal, silence, wants_color, width_of, write_utf_8
from policyc.record import field, record
from policyc.report.options import NOWHERE, Names, Options
from policyc.report.screen import printable
from policyc.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable


class Unwritable(Exception):
    """The report could not be written: a full disk, a closed stream. Its text is the reason."""


@record(frozen=False)
class Console:
    """One run's output. `written` collects what went out, so that `check` can remember it. `commands` says that the report's
    format consists of commands to a build server."""

    out: TextIO | None
    err: TextIO | None
    color: str = "auto"
    quiet: bool = False
    commands: bool = False
    names: Names = NOWHERE
    written: list[str] = field(default_factory=list)
    log: bool = field(default_factory=lambda: any(os.environ.get(name) for name in SERVERS))

    def write(self, text: str) -> None:
        """A report, or a part of one that ends with its line, to standard output."""
        self.exact(self.cleaner()(text))

    def cleaner(self) -> Callable[[str], str]:
        """What a text becomes on standard output, for those who write one many times (see `stream`)."""
        color, log = self.options().color, self.log and not self.commands
        return lambda text: printable(text, color, log)

    def exact(self, text: str) -> None:
        """The text of a file, which has to arrive as it is."""
        if not text:
            return
        self.written.append(text)
        if self.out is None:
            raise Unwritable("it is closed")
        try:
            self.out.write(text)
        except BrokenPipeError:
            raise
        except (OSError, ValueError) as error:
            raise Unwritable(reason(error)) from error

    def stream(self, text: str, cleaned: bool = False) -> None:
        """As `write`, for reports that are too large to keep; `cleaned` tells that the text came from `cleaner`, line by line."""
        self.exact(text if cleaned else self.cleaner()(text))
        self.written.clear()

    def error(self, text: str) -> None:
        """A message to standard error; one that cannot be written changes nothing."""
        if self.err is None:
            return
        try:
            self.err.write(printable(text, self.error_options().color, self.log))
        except (OSError, ValueError):
            silence(self.err, 2)
            self.err = None

    def remark(self, text: str) -> None:
        """A line for the person who watches, to standard error; `--quiet` drops it."""
        if not self.quiet:
            self.error(text + "\n")

    def flush(self) -> None:
        """Everything written so far is out. Raises Unwritable."""
        for stream in (self.out, self.err):
            try:
                if stream is not None:
                    stream.flush()
            except BrokenPipeError:
                if stream is self.out:
                    raise
                silence(stream, 2)
            except (OSError, ValueError) as error:
                if stream is self.out:
                    raise Unwritable(reason(error)) from error
                silence(stream, 2)

    def options(self) -> Options:
        """How reports look on standard output."""
        return self._options(self.out)

    def error_options(self) -> Options:
        """How messages look on standard error."""
        return self._options(self.err)

    def _options(self, stream: TextIO | None) -> Options:
        terminal = stream is not None and is_terminal(stream)
        width = 80 if stream is None else width_of(stream, os.environ)
        color = wants_color(self.color, terminal, os.environ)
        return Options(color=color, width=width, names=self.names, version=VERSION, quiet=self.quiet)


def reason(error: Exception) -> str:
    """Why a file or stream could not be used, as a part of a sentence."""
    text = getattr(error, "strerror", None) or str(error)
    return str(text)[:1].lower() + str(text)[1:]


def standard_console() -> Console:
    """The process's own streams; None stands for one that is closed."""
    for stream in (sys.stdout, sys.stderr):
        write_utf_8(stream)
    return Console(sys.stdout, sys.stderr)
