"""Where a command writes to: the report on standard output, remarks on standard error."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from typing import TextIO

from policyc.cli.terminal import is_terminal, wants_color, width_of
from policyc.report.options import Options
from policyc.version import VERSION


@dataclass(slots=True)
class Console:
    """One run's output. `written` collects what went to standard output, so that `check` can remember it."""

    out: TextIO
    err: TextIO
    color: str = "auto"
    quiet: bool = False
    base: str = ""
    written: list[str] = field(default_factory=list)

    def write(self, text: str) -> None:
        """A report, or a part of one, to standard output."""
        self.written.append(text)
        self.out.write(text)

    def remark(self, text: str) -> None:
        """A line for the person who watches, to standard error; `--quiet` drops it."""
        if not self.quiet:
            self.err.write(text + "\n")

    def options(self) -> Options:
        """How reports look on standard output."""
        return Options(
            color=wants_color(self.color, is_terminal(self.out), os.environ),
            width=width_of(self.out, os.environ),
            base=self.base,
            version=VERSION,
        )

    def error_options(self) -> Options:
        """How messages look on standard error."""
        return Options(
            color=wants_color(self.color, is_terminal(self.err), os.environ),
            width=width_of(self.err, os.environ),
            base=self.base,
            version=VERSION,
        )


def standard_console() -> Console:
    """The process's own streams, set to escape what their encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    return Console(sys.stdout, sys.stderr)
