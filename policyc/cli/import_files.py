"""Putting new policy files in their places: all of them or none, and nothing of anybody else's is touched unasked."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from policyc.cli.console import reason
from policyc.cli.folder_lock import locked
from policyc.cli.parser import WrongUse
from policyc.report.screen import clean

_STAGING: Final = ".policyc-import-"


def write_all(root: Path, files: Mapping[str, str], force: bool) -> None:
    """Write the files below `root`: each first beside its place, then all renamed; what fails on the way is undone. Raises WrongUse."""
    places = {root / name: text for name, text in files.items()}
    home = next(part for part in (root, *root.parents) if part.is_dir())
    with locked(home) as alone:
        if alone is None:
            raise WrongUse(f"somebody else writes to `{clean(home.name)}`", "wait until that run has ended")
        for left in home.glob(f"{_STAGING}*") if alone else ():  # of a run that was killed
            shutil.rmtree(left, ignore_errors=True)
        _refuse_obstacles(root, places, force)
        _write(home, places)


def _write(home: Path, places: Mapping[Path, str]) -> None:
    made: list[Path] = []
    try:
        for place in places:
            made += _make_parents(place.parent)
        _replace(home, places)
    except OSError as error:
        for folder in reversed(made):
            with suppress(OSError):
                folder.rmdir()
        raise WrongUse(
            f"the policies cannot be written: {reason(error)}; nothing was changed", "check the path after `-o`"
        ) from error


def _refuse_obstacles(root: Path, places: Mapping[Path, str], force: bool) -> None:
    for place in places:
        name = clean(os.path.relpath(place, root))
        if place.is_dir() or place.is_symlink():
            raise WrongUse(f"`{name}` is no plain file", "give another place after `-o`")
        if os.path.lexists(place) and not force:
            raise WrongUse(f"`{name}` exists", "give another place after `-o`, or `--force` to replace it")


def _make_parents(folder: Path) -> list[Path]:
    """The folders that had to be made, outermost first."""
    missing = [part for part in (folder, *folder.parents) if not part.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing[::-1]


def _replace(home: Path, places: Mapping[Path, str]) -> None:
    staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=home))
    done: list[tuple[Path, Path | None]] = []
    try:
        for at, text in enumerate(places.values()):
            (staging / f"new-{at}").write_text(text, encoding="utf-8", newline="\n")
        for at, place in enumerate(places):
            aside = staging / f"old-{at}" if place.exists() else None
            if aside is not None:
                shutil.copy2(place, aside)
            done.append((place, aside))
            (staging / f"new-{at}").replace(place)
    except BaseException:
        for place, aside in reversed(done):
            with suppress(OSError):
                aside.replace(place) if aside is not None else place.unlink(missing_ok=True)
        raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)
