"""`policyc lsp`: the language server, on standard input and output."""

from __future__ import annotations

import argparse
import os
import sys

from policyc.cli import exits
from policyc.cli.console import Console
from policyc.packages import MissingPackage

SHARED = ()
REPORT = ""
FORMATS = ("human",)

DESCRIPTION = """Serve an editor by the Language Server Protocol on standard input and output: findings while
typing, hover, completion, go to, references, rename, fixes, layout, outline, colours, tests. Needs `pygls`,
which comes with the extra `policyc[lsp]`."""

EPILOG = """examples:
  policyc lsp            an editor starts it; see docs/editors.md

exit status: 0 when the editor ends it, 2 without `pygls`."""


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
    # the server closes what it writes to, and the rest of the command still has to end well
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as out:
        SERVER.start_io(stdout=out)
    return exits.CLEAN
