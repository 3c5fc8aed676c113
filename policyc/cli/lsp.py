"""`policyc lsp`: the language server, on standard input and output."""

from __future__ import annotations

import argparse
import os
import sys
from io import FileIO

from policyc.cli import exits
from policyc.cli.console import Console, Unwritable, reason
from policyc.cli.parser import WrongUse
from policyc.packages import MissingPackage

SHARED = ()
REPORT = ""
FORMATS = ("human",)

DESCRIPTION = """Serve an editor by the Language Server Protocol on standard input and output: findings while
typing, hover, completion, go to, references, rename, fixes, layout, outline, colours, tests. Needs `pygls`,
which comes with the extra `policyc[lsp]`."""

EPILOG = """examples:
  policyc lsp            an editor starts it; see docs/editors.md

exit status: 0 when the editor ends it, 2 without `pygls` or where nobody listens."""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    # editors that are set up for several ways of transport give it
    parser.add_argument("--stdio", action="store_true", help="the only way; taken because some editors say it")


def run(args: argparse.Namespace, console: Console) -> int:
    try:
        from policyc.editor.server import SERVER
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise MissingPackage("pygls") from error
    if sys.stdin is None or sys.stdout is None:
        which = "input" if sys.stdin is None else "output"
        raise WrongUse(f"standard {which} is closed", "an editor starts this command, and talks to it on both")
    # the server closes what it writes to, and the rest of the command still has to end well
    with _Answers(os.dup(sys.stdout.fileno()), "wb") as out:
        SERVER.start_io(stdout=out)
    if isinstance(out.problem, BrokenPipeError):
        raise out.problem
    if out.problem is not None:
        raise Unwritable(reason(out.problem)) from out.problem
    return exits.CLEAN


class _Answers(FileIO):
    """What the server writes to. When nothing can be written the server ends: it would report that by writing, and fail at that again."""

    problem: OSError | None = None

    def write(self, data: bytes) -> int:  # type: ignore[override]
        left = memoryview(data)
        try:
            while left:
                left = left[super().write(left) or 0 :]
        except OSError as error:
            self.problem = error
            raise SystemExit from error
        return len(data)
