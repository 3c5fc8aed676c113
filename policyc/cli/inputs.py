"""Files that a command line names: read whole, as UTF-8, within a bound; a wrong one is wrong use, not a crash."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from policyc.cli.parser import WrongUse
from policyc.text import Source

_MEBIBYTE: Final = 1024 * 1024


def read_input(name: str, what: str, after: str = "", largest: int = 4 * _MEBIBYTE) -> Source:
    """The text of the file `name` (`-` for standard input) without a leading byte order mark.

    `what` says for the messages what belongs into it, `after` the option that named it; `largest` is in bytes. Raises
    WrongUse.
    """
    try:
        if name == "-":
            raw, shown = sys.stdin.buffer.read(largest + 1), "<stdin>"
        else:
            with Path(name).open("rb") as file:
                raw, shown = file.read(largest + 1), name
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        where = f" after `{after}`" if after else ""
        raise WrongUse(f"`{name}` cannot be read: {reason}", f"check the path{where}") from error
    if len(raw) > largest:
        raise WrongUse(f"`{name}` is larger than {largest // _MEBIBYTE} MiB", f"give {what}, which is smaller")
    try:
        return Source(shown, raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise WrongUse(f"`{name}` is not UTF-8 at byte {error.start}", "save the file as UTF-8") from error
