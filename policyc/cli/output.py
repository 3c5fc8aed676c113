"""The output folder: what a build wrote there, and how a new build replaces it without ever leaving half of it.

Every file is first written beside its place. Only when all of them are on the disk do they take their places, one after the other, with
copies kept of what they replace; if anything fails on the way, everything is put back. A manifest lists what policyc wrote, so that a
document which no longer comes out can be removed and a file of somebody else's is never touched. Before the first file is moved the
manifest names the old files and the new ones, so that a build that was killed at any point leaves nothing that the next one does not know.
One build at a time works on a folder, and a folder belongs to one project.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from policyc.bounded import read_regular
from policyc.cli.folder_lock import locked
from policyc.model.files import is_inner_path
from policyc.record import record, replace
from policyc.report.screen import clean
from policyc.workspace.places import MANIFEST

FORMAT_VERSION = 1

#: of a file that a build wrote, in bytes; a larger one is none
_LARGEST: Final = 256 * 1024 * 1024
#: what `compare` says of a path
STATES = ("missing", "stale", "extra", "leftover")
#: how the folders begin in which new files wait for their places
STAGING = ".policyc-staging-"


@record
class File:
    """A file to write. `target` and `source` (the policy file, from the project root) are empty for what belongs to the whole project."""

    target: str
    source: str
    text: str


#: path relative to the folder -> file
Files = Mapping[str, File]


@record
class Problem:
    """Why the folder cannot be used."""

    rule: str
    message: str
    help: str


@record
class Change:
    """What a build did, as sorted paths relative to the folder. `kept` are documents that no longer come out and were changed by hand."""

    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]


@record
class _Written:
    """A file of an earlier build. `next` is the digest of what a build was about to put there, empty after a whole build."""

    digest: str
    target: str
    source: str = ""
    next: str = ""


#: whether a build is about a file of this target and source
Asked = Callable[[str, str], bool]


@record
class Output:
    """An output folder, which need not exist yet, of the project at `root`."""

    folder: Path
    root: Path

    @property
    def owner(self) -> str:
        """The project's root as seen from the folder, the same in every copy of the two."""
        try:
            return Path(os.path.relpath(self.root.resolve(), self.folder.resolve())).as_posix()
        except ValueError:  # another drive
            return self.root.resolve().as_posix()

    @property
    def is_used(self) -> bool:
        """Whether an earlier build wrote there."""
        return os.path.lexists(self.folder / MANIFEST)

    def compare(self, files: Files, asked: Asked) -> list[tuple[str, str]] | Problem:
        """`missing`, `stale` and `extra` files and `leftover` folders of killed builds, in order of their path."""
        with locked(self.folder) as lock:
            return _busy(self.folder) if lock is None else self._compare(files, asked)

    def _compare(self, files: Files, asked: Asked) -> list[tuple[str, str]] | Problem:
        known = self._manifest()
        if isinstance(known, Problem):
            return known
        found: list[tuple[str, str]] = []
        for path, file in files.items():
            present = self._bytes(path)
            if present is None:
                found.append(("missing", path))
            elif present != file.text.encode():
                found.append(("stale", path))
        found += [("extra", path) for path in self._extra(files, known, asked) if self._bytes(path) is not None]
        found += [("leftover", path.name) for path in self._leftovers()]
        return sorted(found, key=lambda item: item[1])

    def write(self, files: Files, asked: Asked) -> Change | Problem:
        """Make the folder hold `files`, all or nothing; of what earlier builds wrote, only what the build is `asked` about is removed."""
        if self.folder.exists() and not self.folder.is_dir():
            return Problem("output-in-the-way", f"`{self.folder.name}` is no folder", "give another folder with `-o`")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with locked(self.folder) as lock:
                return _busy(self.folder) if lock is None else self._write(files, asked, alone=lock)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            return Problem(
                "output-failed",
                f"the documents cannot be written: {reason}; nothing was changed",
                "check the folder's permissions and free space",
            )

    def _write(self, files: Files, asked: Asked, alone: bool) -> Change | Problem:
        known = self._manifest()
        if isinstance(known, Problem):
            return known
        problem = self._obstacle(files, known)
        if problem is not None:
            return problem
        for path in self._leftovers() if alone else ():
            shutil.rmtree(path, ignore_errors=True)
        extra = self._extra(files, known, asked)
        stays = {path: item for path, item in known.items() if path not in files and path not in extra}
        new = {path: _Written(_digest(file.text.encode()), file.target, file.source) for path, file in files.items()}
        removed = [path for path in extra if self._is_ours(path, known[path])]
        kept = [path for path in extra if path not in removed and self._bytes(path) is not None]
        texts = {path: file.text for path, file in files.items() if self._bytes(path) != file.text.encode()}
        both = known | {
            path: replace(known[path], next=item.digest) if path in known else item for path, item in new.items()
        }
        before, after = _manifest_text(both, self.owner), _manifest_text(stays | new, self.owner)
        if texts or removed or self._bytes(MANIFEST) != after.encode():
            self._replace(before, texts, removed, after)
        unchanged = [path for path in files if path not in texts]
        return Change(*(tuple(sorted(paths)) for paths in (texts, unchanged, removed, kept)))

    def _leftovers(self) -> list[Path]:
        """The folders of builds that were killed."""
        return sorted(path for path in self.folder.glob(f"{STAGING}*") if path.is_dir() and not path.is_symlink())

    def _replace(self, before: str, texts: Mapping[str, str], removed: Sequence[str], after: str) -> None:
        """Steps in the order in which a kill does no harm: the manifest of old and new, the files, the manifest of the new."""
        staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=self.folder))
        undo: list[tuple[Path, Path | None]] = []
        made: list[Path] = []
        try:
            steps: list[tuple[str, str | None]] = [(MANIFEST, before), *texts.items()]
            steps += [*((path, None) for path in removed), (MANIFEST, after)]
            for at, (_, text) in enumerate(steps):
                if text is not None:
                    _write_through(staging / f"new-{at}", text.encode())
            for at, (path, text) in enumerate(steps):
                target = self.folder / path
                made += _make_parents(target.parent, self.folder)
                aside = staging / f"old-{at}" if os.path.lexists(target) else None
                if aside is not None:
                    shutil.copy2(target, aside, follow_symlinks=False)
                undo.append((target, aside))
                if text is None:
                    target.unlink()
                else:
                    (staging / f"new-{at}").replace(target)
        except BaseException:
            _put_back(undo, made)
            raise
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        for path in removed:
            _drop_empty(self.folder / path, self.folder)

    def _extra(self, files: Files, known: Mapping[str, _Written], asked: Asked) -> list[str]:
        return [path for path, item in known.items() if path not in files and asked(item.target, item.source)]

    def _is_ours(self, path: str, item: _Written) -> bool:
        present = self._bytes(path)
        return present is not None and _digest(present) in (item.digest, item.next)

    def _obstacle(self, files: Files, known: Mapping[str, _Written]) -> Problem | None:
        """A file in the way that policyc did not write, or a folder that leads elsewhere."""
        for path, file in files.items():
            target = self.folder / path
            if self._leaves(path):
                return Problem(
                    "output-in-the-way",
                    f"a symbolic link leads `{clean(path)}` out of the output folder",
                    "remove the link, or build to another folder with `-o`",
                )
            if target.is_dir() or (
                path not in known and os.path.lexists(target) and self._bytes(path) != file.text.encode()
            ):
                return Problem(
                    "output-in-the-way",
                    f"`{clean(path)}` exists in the output folder and policyc did not write it",
                    "move it away, or build to another folder with `-o`",
                )
        return None

    def _leaves(self, path: str) -> bool:
        parent = self.folder
        for part in Path(path).parts[:-1]:
            parent = parent / part
            if parent.is_symlink() or (parent.exists() and not parent.is_dir()):
                return True
        return False

    def _bytes(self, path: str) -> bytes | None:
        """A file's bytes; None when there is no plain file."""
        target = self.folder / path
        try:
            return None if self._leaves(path) else read_regular(target, _LARGEST, follow=False)
        except OSError:  # a name that is too long among them
            return None

    def _manifest(self) -> dict[str, _Written] | Problem:
        """What earlier builds wrote. The file may have come from anywhere, so every path in it is checked."""
        path = self.folder / MANIFEST
        if not os.path.lexists(path):
            return {}
        broken = Problem(
            "broken-manifest",
            f"`{MANIFEST}` in the output folder cannot be understood",
            "remove the output folder and build again",
        )
        try:
            data: Any = json.loads(read_regular(path, _LARGEST, follow=False))
            if data["format_version"] != FORMAT_VERSION:
                return broken
            owner = data.get("project", self.owner)
            if not isinstance(owner, str):
                return broken
            if owner != self.owner:
                return Problem(
                    "output-of-another-project",
                    f"another project, `{clean(owner)}` from here, builds to this folder",
                    "give each project a folder of its own, with `[build] out` or `-o`; remove the folder when that project is gone",
                )
            found = {}
            for name, entry in data["files"].items():
                texts = entry["sha256"], entry["target"], entry.get("source", ""), entry.get("next", "")
                if not is_inner_path(name) or not all(isinstance(text, str) for text in texts):
                    return broken
                found[name] = _Written(*texts)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return broken
        return found


def _busy(folder: Path) -> Problem:
    return Problem(
        "output-busy",
        f"another build works on `{clean(folder.name)}`",
        "wait for it, or build to another folder with `-o`",
    )


def _manifest_text(files: Mapping[str, _Written], owner: str) -> str:
    listed = {path: _entry(item) for path, item in sorted(files.items())}
    return json.dumps({"format_version": FORMAT_VERSION, "project": owner, "files": listed}, indent=1) + "\n"


def _entry(item: _Written) -> dict[str, str]:
    entry = {"sha256": item.digest, "target": item.target, "source": item.source, "next": item.next}
    return {key: text for key, text in entry.items() if text or key in ("sha256", "target")}


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def _write_through(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _make_parents(parent: Path, top: Path) -> list[Path]:
    """Make the folders below `top` that lead to a file; those that were made come back, the outermost first."""
    missing = []
    while parent != top and not parent.exists():
        missing.append(parent)
        parent = parent.parent
    for folder in reversed(missing):
        folder.mkdir()
    return missing[::-1]


def _put_back(undo: Sequence[tuple[Path, Path | None]], made: Sequence[Path]) -> None:
    for target, aside in reversed(undo):
        with suppress(OSError):
            if aside is None:
                target.unlink(missing_ok=True)
            else:
                aside.replace(target)
    for folder in reversed(made):
        with suppress(OSError):
            folder.rmdir()


def _drop_empty(path: Path, top: Path) -> None:
    """Remove folders that a removed document leaves empty."""
    for parent in path.parents:
        if parent == top:
            return
        try:
            parent.rmdir()
        except OSError:
            return
