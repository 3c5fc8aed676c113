"""Files that a command line names: read whole, as UTF-8, within a bound, below the project root; a wrong one is wrong use, not a
crash."""

from __future__ import annotations

import argparse
import os
import stat
import sys
from pathlib import Path
from typing import Final

from policyc.cli.console import reason
from policyc.cli.parser import WrongUse
from policyc.cli.project import here, keep_inside
from policyc.text import Source

_MEBIBYTE: Final = 1024 * 1024
_LARGEST: Final = 4 * _MEBIBYTE


def read_input(name: str, what: str, args: argparse.Namespace, after: str = "", largest: int = _LARGEST) -> Source:
    """The text of the file `name` (`-` for standard input) without a leading byte order mark, named from the project root.

    `what` says for the messages what belongs into it, `after` the option that named it; `largest` is in bytes. Raises
    WrongUse.
    """
    where = f" after `{after}`" if after else ""
    if name == "-":
        raw, shown = _from_stdin(largest), "<stdin>"
    else:
        root = here(args)
        try:
            path = Path(os.path.abspath(name)).resolve()  # noqa: PTH100 - a circle of links shows in `resolve`
            keep_inside(name, path, root)
            if stat.S_ISFIFO(path.stat().st_mode):
                raise WrongUse(f"`{name}` is no regular file", "give a file, or `-` for standard input")
            with path.open("rb") as file:
                raw = file.read(largest + 1)
        except (OSError, RuntimeError, ValueError) as error:
            raise WrongUse(f"`{name}` cannot be read: {reason(error)}", f"check the path{where}") from error
        shown = path.relative_to(root).as_posix()
    if len(raw) > largest:
        raise WrongUse(f"`{name}` is larger than {largest // _MEBIBYTE} MiB", f"give {what}, which is smaller")
    return Source(shown, _decoded(raw, name))


def read_stdin_text() -> str:
    """What comes on standard input, as text. Raises WrongUse."""
    raw = _from_stdin(_LARGEST)
    if len(raw) > _LARGEST:
        raise WrongUse("standard input is larger than 4 MiB", "give less")
    return _decoded(raw, "standard input")


def _from_stdin(largest: int) -> bytes:
    if sys.stdin is None:
        raise WrongUse("standard input is closed", "give it something, or name a file")
    try:
        return sys.stdin.buffer.read(largest + 1)
    except (OSError, ValueError) as error:
        raise WrongUse(f"standard input cannot be read: {reason(error)}", "name a file") from error


def _decoded(raw: bytes, name: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        shown = name if " " in name else f"`{name}`"
        raise WrongUse(f"{shown} is not UTF-8 at byte {error.start}", "save it as UTF-8") from error
