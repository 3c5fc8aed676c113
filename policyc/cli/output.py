"""The output folder: what a build wrote there, and how a new build replaces it without ever leaving half of it.

Every file is first written beside its place. Only when all of them are on the disk are they renamed, one after the other, with what they
replace kept aside; if anything fails on the way, everything is put back. A manifest lists what policyc wrote, so that a document
which no longer comes out can be removed and a file of somebody else's is never touched.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from policyc.model.files import is_inner_path
from policyc.record import record
from policyc.report.screen import clean
from policyc.workspace.places import MANIFEST

FORMAT_VERSION = 1

#: path relative to the folder -> (target, text); the target is empty for what belongs to the whole project
Files = Mapping[str, tuple[str, str]]


@record
class Problem:
    """Why the folder cannot be used."""

    rule: str
    message: str
    help: str


@record
class _Written:
    digest: str
    target: str


@record
class Output:
    """An output folder, which need not exist yet."""

    folder: Path

    def compare(self, files: Files, targets: Sequence[str] | None) -> list[tuple[str, str]] | Problem:
        """`missing`, `stale` and `extra` files in order of their path. `targets` limits the extras to those of some targets."""
        known = self._manifest()
        if isinstance(known, Problem):
            return known
        found: list[tuple[str, str]] = []
        for path, (_, text) in files.items():
            present = self._bytes(path)
            if present is None:
                found.append(("missing", path))
            elif present != text.encode():
                found.append(("stale", path))
        found += [("extra", path) for path in self._extra(files, known, targets) if self._bytes(path) is not None]
        return sorted(found, key=lambda item: item[1])

    def write(self, files: Files, targets: Sequence[str] | None) -> Problem | None:
        """Make the folder hold `files`, all or nothing. `targets` limits what may be removed to those of some targets."""
        known = self._manifest()
        if isinstance(known, Problem):
            return known
        problem = self._obstacle(files, known)
        if problem is not None:
            return problem
        extra = self._extra(files, known, targets)
        stays = {path: item for path, item in known.items() if path not in files and path not in extra}
        manifest = stays | {path: _Written(_digest(text.encode()), target) for path, (target, text) in files.items()}
        removed = [path for path in extra if self._is_ours(path, known[path])]
        texts = {path: text for path, (_, text) in files.items()} | {MANIFEST: _manifest_text(manifest)}
        try:
            self._replace(texts, removed)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            return Problem(
                "output-failed",
                f"the documents cannot be written: {reason}; nothing was changed",
                "check the folder's permissions and free space",
            )
        return None

    def _replace(self, texts: Mapping[str, str], removed: Sequence[str]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".policyc-", dir=self.folder))
        undo: list[tuple[Path, Path | None]] = []
        made: list[Path] = []
        try:
            staged = {path: staging / f"new-{at}" for at, path in enumerate(texts)}
            for path, temporary in staged.items():
                _write_through(temporary, texts[path].encode())
            for at, path in enumerate([*removed, *texts]):
                target = self.folder / path
                made += _make_parents(target.parent, self.folder)
                aside = staging / f"old-{at}" if os.path.lexists(target) else None
                if aside is not None:
                    target.rename(aside)
                undo.append((target, aside))
                if path in staged:
                    staged[path].rename(target)
        except BaseException:
            _put_back(undo, made)
            raise
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        for path in removed:
            _drop_empty(self.folder / path, self.folder)

    def _extra(self, files: Files, known: Mapping[str, _Written], targets: Sequence[str] | None) -> list[str]:
        return [
            path for path, item in known.items() if path not in files and (targets is None or item.target in targets)
        ]

    def _is_ours(self, path: str, item: _Written) -> bool:
        present = self._bytes(path)
        return present is not None and _digest(present) == item.digest

    def _obstacle(self, files: Files, known: Mapping[str, _Written]) -> Problem | None:
        """A file in the way that policyc did not write, or a folder that leads elsewhere."""
        if self.folder.exists() and not self.folder.is_dir():
            return Problem("output-in-the-way", f"`{self.folder.name}` is no folder", "give another folder with `-o`")
        for path, (_, text) in files.items():
            target = self.folder / path
            if self._leaves(path):
                return Problem(
                    "output-in-the-way",
                    f"a symbolic link leads `{clean(path)}` out of the output folder",
                    "remove the link, or build to another folder with `-o`",
                )
            if target.is_dir() or (
                path not in known and os.path.lexists(target) and self._bytes(path) != text.encode()
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
        if self._leaves(path) or target.is_symlink() or not target.is_file():
            return None
        try:
            return target.read_bytes()
        except OSError:
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
            data: Any = json.loads(path.read_bytes())
            if data["format_version"] != FORMAT_VERSION:
                return broken
            found = {}
            for name, entry in data["files"].items():
                if (
                    not is_inner_path(name)
                    or not isinstance(entry["sha256"], str)
                    or not isinstance(entry["target"], str)
                ):
                    return broken
                found[name] = _Written(entry["sha256"], entry["target"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return broken
        return found


def _manifest_text(files: Mapping[str, _Written]) -> str:
    listed = {path: {"sha256": item.digest, "target": item.target} for path, item in sorted(files.items())}
    return json.dumps({"format_version": FORMAT_VERSION, "files": listed}, indent=1) + "\n"


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
