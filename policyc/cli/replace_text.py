"""Files of the user's that are changed in place."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from policyc.cli.parser import WrongUse


def replace_text(path: Path, text: str) -> None:
    """Replace a file's text in one step, its mode kept, so that a crash leaves the old text or the new."""
    mode = stat.S_IMODE(path.stat().st_mode)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
        temporary.chmod(mode)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        reason = (error.strerror or str(error)).lower()
        raise WrongUse(f"`{path.name}` cannot be written: {reason}", "check its permissions") from error
