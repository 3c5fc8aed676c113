"""What a search of folders passes over: what `.gitignore` files say, and what tools fetch or copy there.

Source: https://git-scm.com/docs/gitignore; the closest file above a name that says something of it counts.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from policyc.bounded import read_regular
from policyc.regex import regex
from policyc.workspace.project import is_excluded

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_FILE: Final = ".gitignore"
_LARGEST: Final = 1024 * 1024
#: packages, and the copies of files that CDK keeps beside its templates
_FETCHED: Final = regex(r"(?:.*/)?(?:node_modules|cdk\.out/asset\.[^/]*)(?:/.*)?")


class Ignored:
    """Says of names below a root whether a search leaves them out. `repository` is the folder from which on `.gitignore` counts, `include`
    what is looked at all the same, `named` the folders that were asked for, which are looked at whatever is said of them."""

    __slots__ = ("_include", "_named", "_repository", "_root", "_specs")

    def __init__(self, root: str, repository: str, include: Sequence[str] = (), named: Sequence[str] = ()) -> None:
        self._root, self._repository, self._include = root, repository, tuple(include)
        self._specs: dict[str, GitIgnoreSpec | None] = {}
        self._named = tuple(name for name in named if name not in ("", "."))

    def leaves_out(self, name: str) -> bool:
        """Whether a root-relative file or folder is passed over."""
        if _FETCHED.fullmatch(name) or (self._include and is_excluded(name, self._include)):
            return _FETCHED.fullmatch(name) is not None and not any(map(_FETCHED.fullmatch, self._named))
        if any(name == folder or name.startswith(f"{folder}/") for folder in self._named):
            within = max((folder for folder in self._named if name.startswith(f"{folder}/")), key=len, default=name)
            return self._is_ignored(name) and not self._is_ignored(within)
        return self._is_ignored(name)

    def _is_ignored(self, name: str) -> bool:
        path = os.path.join(self._root, name)  # noqa: PTH118 - names by the thousand
        shown = f"{path}/" if os.path.isdir(path) else path  # noqa: PTH112
        folder = os.path.dirname(path)  # noqa: PTH120
        while True:
            spec = self._spec(folder)
            if spec is not None:
                found = spec.check_file(shown[len(folder) + 1 :])
                if found.include is not None:
                    return bool(found.include)
            above = os.path.dirname(folder)  # noqa: PTH120
            if folder == self._repository or above == folder or not folder.startswith(self._repository):
                return False
            folder = above

    @property
    def files(self) -> tuple[str, ...]:
        """The root-relative names of the `.gitignore` files that were read below the root."""
        inner = (folder for folder, spec in self._specs.items() if spec is not None and folder.startswith(self._root))
        return tuple(sorted(os.path.relpath(os.path.join(folder, _FILE), self._root) for folder in inner))  # noqa: PTH118

    def _spec(self, folder: str) -> GitIgnoreSpec | None:
        if folder not in self._specs:
            self._specs[folder] = _read(os.path.join(folder, _FILE))  # noqa: PTH118
        return self._specs[folder]


def _read(path: str) -> GitIgnoreSpec | None:
    if not os.path.isfile(path):  # noqa: PTH113
        return None
    try:
        lines = read_regular(path, _LARGEST).decode("utf-8", "replace").splitlines()
    except OSError:
        return None
    if not any(line.strip() and not line.startswith("#") for line in lines):
        return None
    try:
        from pathspec import GitIgnoreSpec
    except ImportError:  # then more is looked at, and nothing missed
        return None
    return GitIgnoreSpec.from_lines(lines)
