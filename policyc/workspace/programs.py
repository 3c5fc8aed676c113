"""Programs that write policies: what they write is read, they themselves are not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from os.path import relpath
from pathlib import Path, PurePosixPath
from typing import Final

from policyc.diagnostics import Diagnostic, Severity
from policyc.workspace.places import MANIFEST

#: a file that tells a program -> what it is, and how to get at what it writes
_PROGRAMS: Final = {
    "cdk.json": ("a CDK app", "policies of a CDK app stand in what `cdk synth` writes: `policyc check cdk.out`"),
    "terragrunt.hcl": (
        "Terragrunt",
        "policies of Terragrunt stand in the plans that it makes: write what `terragrunt show -json` prints to a file and check it",
    ),
    "Pulumi.yaml": (
        "a Pulumi program",
        "policies of a Pulumi program stand in what `pulumi preview --json` prints: write that to a file and check it",
    ),
}
#: how many folders down a program is looked for where nothing else was found
_DEEPEST: Final = 3


def helps(folders: Iterable[Path]) -> list[str]:
    """How to get at the policies of the programs in some folders, or not far below."""
    found = list(folders)

    def below(name: str) -> Iterator[Path]:
        return (path for folder in found for deep in range(_DEEPEST + 1) for path in folder.glob("*/" * deep + name))

    told = [said for name, (_, said) in _PROGRAMS.items() if any(below(name))]
    built = next(below(MANIFEST), None)
    if built is not None:
        told.append(f"what `policyc build` wrote is left out of searches: name its folder, `{relpath(built.parent)}`")
    return told


def untold(looked: Iterable[str], read: Iterable[str]) -> Iterator[Diagnostic]:
    """A note on each kind of program among the files of a search (`looked`) that did not bring what it writes (`read` are the files of documents)."""
    files = list(looked)
    for name, (what, help) in _PROGRAMS.items():
        here = [file for file in files if PurePosixPath(file).name == name and not _written(file, read)]
        if here:
            more = f" and {len(here) - 1} more" if len(here) > 1 else ""
            message = f"what {what} writes is not read: `{here[0]}`{more}"
            yield Diagnostic("policy-in-program", message, None, help, Severity.INFO)


def _written(file: str, read: Iterable[str]) -> bool:
    """Whether what a program writes stands beside it."""
    folder = f"{PurePosixPath(file).parent.as_posix()}/".removeprefix("./")
    return any(name.startswith(f"{folder}cdk.out/") for name in read)
