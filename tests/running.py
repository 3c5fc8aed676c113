"""Commands run in this process: the `run` fixture of `conftest.py` gives a `Run`, `said` one command in a folder."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Ran:
    status: int
    out: str
    err: str

    def json(self) -> dict[str, object]:
        data: dict[str, object] = json.loads(self.out)
        return data


Run = Callable[..., Ran]
#: the status of a command, and all that it writes
Told = Callable[..., tuple[int, str]]


def said(folder: Path, *argv: str) -> tuple[int, str]:
    """The status of a command in a folder, with all that it writes."""
    from policyc.__main__ import main

    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with chdir(folder), redirect_stdout(stream), redirect_stderr(stream):
        status = main(argv)
    return status, stream.buffer.getvalue().decode("utf-8")  # type: ignore[attr-defined]
