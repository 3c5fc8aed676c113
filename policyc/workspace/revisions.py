"""Commits of the Git repository around a project, read as they are stored: nothing is checked out, and no filter, hook or attribute
of the repository takes part.

Source: https://git-scm.com/docs/git-ls-tree, https://git-scm.com/docs/git-cat-file
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO, Final

from policyc.record import record, replace

#: larger files are none of ours; they come out with their size and without their bytes
_LARGEST: Final = 64 * 1024 * 1024
_LINK: Final = "120000"
_FILES: Final = ("100644", "100755", "100664", _LINK)


class NoRevision(Exception):
    """A commit that cannot be read; `help` says what to do."""

    def __init__(self, message: str, help: str) -> None:
        super().__init__(message)
        self.help = help


@record
class Revision:
    """One commit: `top` is the repository's root (absolute, without links), `commit` the full hash, `name` what it was asked for as. `reached` is False
    for the tip of a branch in place of where another left it, to which the history at hand does not reach."""

    top: str
    commit: str
    name: str
    reached: bool = True

    @property
    def told(self) -> str:
        """What it is, for people."""
        tip = "" if self.reached else ", its tip: the history here is cut short before where this branch left it"
        return f"{self.name} ({self.commit[:10]}{tip})"


def repository_of(folder: str) -> str:
    """The root of the repository that holds a folder. Raises NoRevision."""
    return os.path.realpath(_git(folder, "rev-parse", "--show-toplevel"))


def revision(folder: str, name: str) -> Revision:
    """The commit `name` of the repository that holds a folder. Raises NoRevision."""
    top = repository_of(folder)
    try:
        commit = _git(top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    except NoRevision as error:
        if _is_known(top, f"origin/{name}"):
            raise NoRevision(f"`{name}` is no commit of this repository", f"write `origin/{name}`") from error
        raise NoRevision(
            f"`{name}` is no commit of this repository",
            f"fetch it first (`git fetch origin {name.removeprefix('origin/')}`); "
            "a checkout of a build server may hold one commit only (`fetch-depth: 0` gets all)",
        ) from error
    return Revision(top, commit, name)


def _is_known(top: str, name: str) -> bool:
    try:
        return bool(_git(top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"))
    except NoRevision:
        return False


def base_of(folder: str, name: str, other: str = "HEAD") -> Revision:
    """The commit where this branch (or an `other`) left `name`; `name` itself where the history at hand does not reach so far. Raises NoRevision."""
    tip, end = revision(folder, name), revision(folder, other)
    try:
        return Revision(tip.top, _git(tip.top, "merge-base", tip.commit, end.commit), name)
    except NoRevision:
        return replace(tip, reached=False)


def renamed(at: Revision) -> dict[str, str]:
    """Files of a commit that are called otherwise now, by their old name; as git sees it in what is staged, so that no filter takes part."""
    words = ("diff-index", "--cached", "-M", "--diff-filter=R", "--name-status", "-z", at.commit, "--")
    names = [os.fsdecode(name) for name in _git_bytes(at.top, *words).split(b"\0")]
    return dict(zip(names[1::3], names[2::3], strict=False))


@contextmanager
def written_out(at: Revision) -> Iterator[Path]:
    """A folder that holds every file of a commit, and goes at the end. Links are links, and lead nowhere that readers follow."""
    with TemporaryDirectory(prefix="policyc-") as name:
        folder = Path(os.path.realpath(name))
        # so that paths are told from here, as they are from the repository's root
        (folder / ".git").mkdir()
        _write(at, folder)
        yield folder


def _write(at: Revision, folder: Path) -> None:
    wanted = [entry for entry in _listed(at) if entry[0] in _FILES and _is_plain(entry[3])]
    # links come last: on a disk that ignores case a file could else be written through one
    small = sorted((entry for entry in wanted if entry[2] <= _LARGEST), key=lambda entry: entry[0] == _LINK)
    for _, _, size, name in wanted:
        if size > _LARGEST:
            with _made(folder, name).open("wb") as file:
                file.truncate(size)
    with subprocess.Popen(
        ["git", "-C", at.top, "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for mode, blob, size, name in small:
            process.stdin.write(blob.encode() + b"\n")
            process.stdin.flush()
            data = _blob(process.stdout, size)
            path = _made(folder, name)
            if mode == _LINK:
                path.symlink_to(os.fsdecode(data))
            else:
                path.write_bytes(data)
        process.stdin.close()


def _blob(stream: IO[bytes], size: int) -> bytes:
    stream.readline()
    data = stream.read(size)
    stream.read(1)
    if len(data) != size:
        raise NoRevision("git stopped in the middle of a file", "try again; `git fsck` looks for damage")
    return data


def _made(folder: Path, name: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _is_plain(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return bool(parts) and not name.startswith("/") and ".." not in parts and parts[0] != ".git"


def _listed(at: Revision, paths: Sequence[str] = ()) -> Iterator[tuple[str, str, int, str]]:
    """Mode, hash, size in bytes and path of the files of a commit."""
    text = _git_bytes(at.top, "ls-tree", "-r", "-z", "-l", "--full-tree", at.commit, "--", *paths)
    for line in text.split(b"\0"):
        head, tab, name = line.partition(b"\t")
        fields = head.decode("ascii", "replace").split()
        if tab and len(fields) == 4 and fields[3].isdigit():
            yield fields[0], fields[2], int(fields[3]), os.fsdecode(name)


def _git(folder: str, *words: str) -> str:
    return os.fsdecode(_git_bytes(folder, *words)).strip("\n")


def _git_bytes(folder: str, *words: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", folder, *words], capture_output=True, check=False)
    except OSError as error:
        raise NoRevision(
            "git cannot be run",
            "install git; without it two folders can be compared (`diff OLD NEW`), and findings with a list (`check --baseline FILE`)",
        ) from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = said[-1].removeprefix("fatal: ").rstrip(".") if said else f"git ended with {done.returncode}"
        raise NoRevision(f"git says: {reason}", "run it in a Git repository, with a name that `git rev-parse` knows")
    return done.stdout
