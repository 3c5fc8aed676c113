"""`--watch`: a command runs again whenever a file below its folders changes, in the same process, until somebody presses Ctrl-C.

A report of people only: `--format human` or `concise`, on standard output. On a terminal the screen is cleared before each run.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from policyc.cli import exits
from policyc.cli.cache import FOLDER
from policyc.cli.console import Console
from policyc.cli.parser import WrongUse
from policyc.cli.terminal import is_terminal
from policyc.packages import MissingPackage
from policyc.workspace.places import find_config

_FORMATS: Final = ("human", "concise")
_CLEAR: Final = "\x1b[2J\x1b[3J\x1b[H"
#: what a report can hang on; a redirected report in the same folder is not among it
_ENDINGS: Final = (
    ".policy",
    ".cedar",
    ".json",
    ".yaml",
    ".yml",
    ".template",
    ".tf",
    ".tofu",
    ".tfvars",
    ".toml",
    ".md",
)
#: milliseconds within which changes count as one: editors write a file in several steps
_TOGETHER: Final = 50
#: milliseconds between two looks for Ctrl-C
_BREATH: Final = 200


def add_watch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--watch", action="store_true", help="run again whenever a file changes, until Ctrl-C; needs `watchfiles`"
    )


def watch(args: argparse.Namespace, console: Console, once: Callable[[], int]) -> int:
    """Run `once` now and after each change. Ends by KeyboardInterrupt (status 130), and at once when the first run cannot be: a path
    that is not there will not come by itself. Raises WrongUse."""
    if args.format not in _FORMATS:
        raise WrongUse(f"`--watch` is for people, and `{args.format}` is not", "leave `--format` out")
    if args.output is not None:
        raise WrongUse("`--watch` writes to the terminal", "leave `--output` out")
    rounds, first = changes(_folders(args)), True
    while True:
        if console.out is not None and is_terminal(console.out):
            console.out.write(_CLEAR)
        status = _run(once, console)
        console.flush()
        console.written.clear()
        if first and status == exits.WRONG_USE:
            return status
        first = False
        if console.out is not None and is_terminal(console.out):
            console.remark("\nwaiting for a change; Ctrl-C ends")
        try:
            changed = next(rounds)
        except StopIteration:  # a test's end
            return status
        console.remark(f"changed: {', '.join(changed[:3])}{' …' if len(changed) > 3 else ''}")


def _run(once: Callable[[], int], console: Console) -> int:
    """One run; a configuration that is wrong for a moment is told and waited for."""
    try:
        return once()
    except WrongUse as error:
        console.error(f"error: {error.message}\n  = help: {error.help}\n")
        return exits.WRONG_USE


def _folders(args: argparse.Namespace) -> list[str]:
    """The project's root, else the current folder, and the folders of what is named outside of it."""
    here = os.getcwd()  # noqa: PTH109
    config = find_config(here)
    root = args.root or (Path(config).parent if config else Path(here))
    named = [Path(path).resolve() for path in args.paths if path != "-"]
    outside = {str(path if path.is_dir() else path.parent) for path in named if not path.is_relative_to(root.resolve())}
    return [str(root), *sorted(outside)]


def changes(folders: list[str]) -> Iterator[list[str]]:
    """The files that changed, as often as some did. Raises MissingPackage."""
    try:
        from watchfiles import Change, DefaultFilter
        from watchfiles import watch as rounds
    except ModuleNotFoundError as error:
        raise MissingPackage("watchfiles") from error

    class Ours(DefaultFilter):
        ignore_dirs = (*DefaultFilter.ignore_dirs, FOLDER)

        def __call__(self, change: Change, path: str) -> bool:
            return path.endswith(_ENDINGS) and super().__call__(change, path)

    found = rounds(
        *folders,
        watch_filter=Ours(),
        step=_TOGETHER,
        debounce=10 * _TOGETHER,
        rust_timeout=_BREATH,
        yield_on_timeout=True,
    )
    next(found, None)  # from here on nothing is missed, also during the first run
    return (sorted({os.path.relpath(path) for _, path in some}) for some in found if some)
