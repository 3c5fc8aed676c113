"""`policyc init`: a small project to start from, which passes `check` and `test`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from policyc.bounded import read_regular
from policyc.cli import exits
from policyc.cli.cache import FOLDER
from policyc.cli.console import Console
from policyc.cli.own_wheel import FILE, NotInstalled, make_wheel
from policyc.cli.parser import WrongUse
from policyc.data import read_text
from policyc.report.screen import clean

SHARED = ("quiet",)
REPORT = ""
FORMATS = ("human",)

DESCRIPTION = """Start a project: policyc.toml, two small policy files with tests, a workflow for GitHub with this
policyc as a wheel in tools/, and lines for .gitignore. Nothing that exists is overwritten; documents and templates
that lie there belong to the project."""

EPILOG = """examples:
  policyc init               in the current folder
  policyc init shop          in the folder shop, which is made

then:
  policyc check && policyc test && policyc build

exit status: 0 done, 2 a file is in the way."""

#: file of the new project -> shipped template
FILES = {
    "policyc.toml": "schemas/scaffold/policyc.toml",
    "policies/shared.policy": "schemas/scaffold/shared.policy.txt",
    "policies/shop.policy": "schemas/scaffold/shop.policy.txt",
    ".github/workflows/policies.yml": "schemas/scaffold/workflow.yml",
}
_IGNORED = (f"{FOLDER}/", "/out/")
#: where the workflow expects the wheel
_TOOLS = "tools"
#: where the policies of the project are looked for, and the same where other files hold some
_OWN, _ALL = 'paths = ["policies"]', 'paths = ["."]'


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument("folder", nargs="?", type=Path, default=Path(), metavar="DIR", help="where (default: here)")


def run(args: argparse.Namespace, console: Console) -> int:
    folder: Path = args.folder
    wheel = f"{_TOOLS}/{FILE}"
    taken = [name for name in (*FILES, wheel) if os.path.lexists(folder / name)]
    if taken:
        raise WrongUse(f"`{(folder / taken[0]).as_posix()}` exists", "choose another folder; nothing was written")
    held = _held(folder)
    try:
        for name, template in FILES.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            text = read_text(template)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text.replace(_OWN, _ALL) if held else text)
            console.remark(f"wrote {clean(path.as_posix())}")
        _put_wheel(folder / wheel, console)
        _ignore(folder / ".gitignore", console)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise WrongUse(f"`{folder}` cannot be written: {reason}", "check the path and its permissions") from error
    if held:
        those = "the file here that holds policies" if held == 1 else f"the {held} files here that hold policies"
        console.remark(f"`{_ALL}` has `policyc check` look at {those} too")
    way = "" if folder == Path() else f"cd {clean(folder.as_posix())} && "
    console.remark(f"\nnext: {way}policyc check && policyc test")
    return exits.CLEAN


def _held(folder: Path) -> int:
    """How many documents, templates, plans and manifests a check of the folder would look at."""
    if not folder.is_dir():
        return 0
    from policyc.diagnostics import Diagnostics
    from policyc.workspace.documents.natives import find_natives
    from policyc.workspace.project import open_root

    found = find_natives(open_root(folder.resolve(), None, Diagnostics(), params={}), Diagnostics())
    return len(found.documents) + len(found.hosts)


def _put_wheel(path: Path, console: Console) -> None:
    try:
        data = make_wheel()
    except NotInstalled:
        console.remark(f"no wheel for the workflow: this policyc is not installed; put one into {_TOOLS}/")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(data)
    console.remark(f"wrote {clean(path.as_posix())}")


def _ignore(path: Path, console: Console) -> None:
    """Add what is missing to .gitignore; its other lines stay."""
    before = read_regular(path, 1024 * 1024).decode("utf-8", "replace") if path.exists() else ""
    missing = [line for line in _IGNORED if line not in before.splitlines()]
    if not missing:
        return
    gap = "\n" if before and not before.endswith("\n") else ""
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.write(gap + "\n".join(missing) + "\n")
    console.remark(f"added {', '.join(missing)} to {clean(path.as_posix())}")
