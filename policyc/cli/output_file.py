"""Files that a command line asks for: a report, test results. Each is written beside its place and renamed when it is whole."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from types import TracebackType
from typing import TextIO

from policyc.cli.console import reason
from policyc.cli.parser import WrongUse


class OutputFile:
    """`--output FILE` as a context: what goes to `stream` stands in the file at the end, or nothing does after a failure.

    Folders on the way are made. A device or a pipe is written to as it stands. Raises WrongUse.
    """

    stream: TextIO

    def __init__(self, name: str, option: str = "--output") -> None:
        self.path, self.option = Path(name), option
        self.temporary: Path | None = None
        self.is_left = False
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.path.is_dir():
                raise WrongUse(f"`{name}` is a folder", f"name a file after `{option}`")
            place = self.path
            if not self.path.exists() or stat.S_ISREG(self.path.stat().st_mode):
                place = self.path.resolve()
                self.temporary = place.with_name(f".policyc-{os.getpid()}.tmp")
                self.path = place
            self.stream = (self.temporary or place).open("w", encoding="utf-8", errors="backslashreplace", newline="\n")
        except (OSError, RuntimeError, ValueError) as error:
            raise self._failed(error) from error

    def __enter__(self) -> OutputFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stream.close()
            if self.temporary is not None and kind is None and not self.is_left:
                self.temporary.replace(self.path)
        except OSError as failure:
            raise self._failed(failure) from failure
        finally:
            if self.temporary is not None:
                self.temporary.unlink(missing_ok=True)

    def leave(self) -> None:
        """A run that came to no report leaves what stands in the file, unless it has written all the same."""
        self.is_left = self.temporary is not None and self.stream.tell() == 0

    def _failed(self, error: Exception) -> WrongUse:
        return WrongUse(f"`{self.path}` cannot be written: {reason(error)}", f"check the path after `{self.option}`")


def write_file(name: str, text: str, option: str) -> None:
    """Write one text to a file that an option names. Raises WrongUse."""
    with OutputFile(name, option) as file:
        try:
            file.stream.write(text)
        except OSError as error:
            raise file._failed(error) from error
