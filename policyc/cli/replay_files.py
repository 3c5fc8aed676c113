"""The log files that a command line names: files, folders, patterns, standard input."""

from __future__ import annotations

import argparse
import glob
import os
import sys
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, cast

from policyc.cli.console import reason
from policyc.cli.parser import WrongUse
from policyc.cli.project import here
from policyc.model.files import stays_inside

if TYPE_CHECKING:
    from policyc.replay.reading import Log

STDIN = "<stdin>"


def opened(args: argparse.Namespace, log: Log) -> Iterator[tuple[str, BufferedReader]]:
    """The named files with their streams. What cannot be opened is counted in the log."""
    for name, path in named(args, log):
        if path is None:
            if sys.stdin is None:
                raise WrongUse("standard input is closed", "name a file")
            yield name, cast(BufferedReader, sys.stdin.buffer)
            continue
        try:
            yield name, path.open("rb")
        except OSError as error:
            log.miss(f"a file that cannot be read ({reason(error)})", name)


def named(args: argparse.Namespace, log: Log) -> Iterator[tuple[str, Path | None]]:
    """Every file that the command line names, with its name for people; standard input has no path. Those of a folder, or of a pattern, come in
    the order of their names, each once. Raises WrongUse for what is not there or lies outside the root."""
    root = here(args)
    seen: set[Path] = set()
    for text in args.logs:
        if text == "-":
            yield STDIN, None
            continue
        for path in _matching(text):
            if not stays_inside(path, root):
                raise WrongUse(
                    f"`{text}` lies outside the project root `{root.name}`", "give `--root` with a folder that holds it"
                )
            for file in _below(path):
                if file in seen:
                    continue
                seen.add(file)
                name = os.path.relpath(file)
                if file.is_file() and stays_inside(file, root):
                    yield name, file
                else:
                    log.miss("a file that is no regular one below the root", name)


def _matching(text: str) -> list[Path]:
    """The path, or those that a pattern means. Raises WrongUse where there is none."""
    path = Path(os.path.abspath(text))  # noqa: PTH100 - keeps symbolic links, unlike resolve
    if os.path.lexists(path):
        return [path]
    if text.startswith("s3://"):
        raise WrongUse("logs in S3 are read from a copy of them", f"run `aws s3 sync {text} logs/` and replay `logs/`")
    if not glob.has_magic(text):
        raise WrongUse(f"`{text}` does not exist", "check the path")
    found = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207 - a pattern may be absolute
    if not found:
        raise WrongUse(f"no file matches `{text}`", "check the pattern; `**` goes through folders")
    return [Path(item) for item in found]


def _below(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for folder, names, files in os.walk(path):
        names.sort()
        for name in sorted(files):
            if not name.startswith("."):
                yield Path(folder) / name
