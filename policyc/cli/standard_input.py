"""`-` in place of a path: the text that comes on standard input, as a file that is not saved."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from policyc.cli.console import reason
from policyc.cli.inputs import read_stdin_text
from policyc.cli.parser import WrongUse
from policyc.record import record, replace
from policyc.workspace.documents.natives import KINDS
from policyc.workspace.project import POLICY, Project

_NAME = "stdin"


@record
class Unsaved:
    """`named` is the path (from the current folder) that the text stands for."""

    named: str
    text: str


def read_stdin(args: argparse.Namespace, kind: str) -> Unsaved | None:
    """What standard input holds when a path is `-`. Raises WrongUse."""
    given: str | None = args.stdin_filename
    if "-" not in args.paths:
        if given is not None:
            raise WrongUse("`--stdin-filename` names what comes on standard input", "give `-` in place of the paths")
        return None
    if args.paths != ["-"]:
        raise WrongUse("`-` goes alone", "read files and standard input in two runs")
    if given is not None:
        _check_name(given)
    text = read_stdin_text()
    if given is None:
        ending = KINDS.get(kind, ".json") if kind else ".json" if text.lstrip()[:1] in ("{", "[") else POLICY
        given = args.stdin_filename = _free_name(ending)
    return Unsaved(given, text)


def _check_name(name: str) -> None:
    """The file need not exist, but it could. Raises WrongUse."""
    try:
        os.lstat(name)
    except (FileNotFoundError, NotADirectoryError):
        return
    except (OSError, ValueError) as error:
        raise WrongUse(f"`{name}` is no name of a file: {reason(error)}", "check `--stdin-filename`") from error


def _free_name(ending: str) -> str:
    """A name in the current folder that no file has."""
    name = f"<{_NAME}>{ending}"
    return name if not os.path.lexists(name) else f"<{_NAME} {os.getpid()}>{ending}"


def with_stdin(project: Project, unsaved: Unsaved) -> Project:
    """The project with the text in place of the file."""
    path = Path(os.path.abspath(unsaved.named))  # noqa: PTH100 - as paths of the command line are made
    try:
        name = path.resolve().relative_to(project.root).as_posix()
    except (ValueError, OSError, RuntimeError) as error:
        raise WrongUse(f"`{unsaved.named}` lies outside the project root", "name a file below it") from error
    texts = {name: unsaved.text}
    paths = project.paths
    if path.suffix == POLICY:
        paths = tuple(dict.fromkeys([*paths, project.root / name]))
    return replace(project, read=texts.get, named=(project.root / name,), paths=paths)
