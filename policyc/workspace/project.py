"""A project: the folder that a `policyc.toml` rules, or the paths that were named where there is none.

A project is always taken whole, because what a policy means hangs on the others; named paths say which part of it is asked about.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path

from policyc.diagnostics import Diagnostics
from policyc.per_object import PerObject
from policyc.record import record
from policyc.report.options import Names
from policyc.text import Source
from policyc.workspace.config import Config, load_config
from policyc.workspace.places import CONFIG, find_repository

POLICY = ".policy"


@record
class Project:
    """`root` is absolute and without symbolic links. `paths` (absolute) lead to its policies; `named` are those that the command
    line names, empty for everything. `read` has the texts that are not saved. `exclude` holds patterns for names relative
    to the root. `alone` says that the command line chose the root, so that no other project is looked for below it."""

    root: Path
    config: Config
    params: Mapping[str, str]
    paths: tuple[Path, ...]
    named: tuple[Path, ...] = ()
    read: Callable[[str], str | None] | None = None
    exclude: tuple[str, ...] = ()
    alone: bool = False

    @property
    def sources(self) -> dict[str, Source]:
        """The texts that a message about the configuration points into."""
        return {} if self.config.source is None else {self.config.source.file: self.config.source}

    @property
    def names(self) -> Names:
        """How reports call its files."""
        root = str(self.root)
        return Names(root, os.path.realpath(os.getcwd()), find_repository(root, os.environ))  # noqa: PTH109

    def leaves_out(self, name: str) -> bool:
        """Whether a file or folder below the root is excluded or a project of its own."""
        return is_excluded(name, self.exclude) or (
            not self.alone and os.path.lexists(os.path.join(self.root, name, CONFIG))  # noqa: PTH118
        )

    def asks_about(self, name: str) -> bool:
        """Whether a root-relative file is among those that are named; a file that is named by itself is never excluded."""
        if self.root / name in self.named:
            return True
        if is_excluded(name, self.exclude):
            return False
        if not self.named:
            return True
        return any(wanted in (".", name) or name.startswith(f"{wanted}/") for wanted in _inner_names(self))

    def policy_files(self, diagnostics: Diagnostics) -> list[Path]:
        """Every policy file of the project."""
        from policyc.model.files import find_files

        return [
            self.root / name
            for name in find_files(self.root, self.paths, diagnostics, read=self.read, leave_out=self.leaves_out)
        ]

    def searched(self) -> list[Path]:
        """The folders to search for documents: the named ones, else those of the configuration."""
        return [path for path in (self.named or self.paths) if path.is_dir()]


def _named_inside(project: Project) -> tuple[str, ...]:
    """The root-relative names of the named paths that lie below the root."""
    found = []
    for path in project.named:
        with suppress(ValueError, OSError, RuntimeError):
            found.append(path.resolve().relative_to(project.root).as_posix())
    return tuple(found)


# asked for every finding
_inner_names = PerObject(_named_inside, 4)


def is_excluded(name: str, patterns: Sequence[str]) -> bool:
    """Whether a root-relative name lies at or below what a pattern means: a path, a path with `*`, or without a slash any part."""
    for pattern in patterns:
        if "/" not in pattern:
            if any(fnmatchcase(part, pattern) for part in name.split("/")):
                return True
        elif any(fnmatchcase(name[:end], pattern) for end in _ends(name)):
            return True
    return False


def _ends(name: str) -> Iterator[int]:
    for at, char in enumerate(name):
        if char == "/":
            yield at
    yield len(name)


def open_root(
    root: Path,
    file: Path | None,
    diagnostics: Diagnostics,
    *,
    params: Mapping[str, str],
    named: Sequence[Path] = (),
    policies: Sequence[Path] = (),
    exclude: Sequence[str] = (),
    alone: bool = False,
) -> Project:
    """The project of a root (absolute, without links) with the configuration in `file`. `policies` are paths to policies that count beside
    those of the configuration, `named` those that are asked about. Mistakes are reported: do not go on then."""
    config = Config() if file is None or not os.path.lexists(file) else load_config(file, diagnostics)
    paths = _config_paths(config, root, diagnostics) if config.source is not None or not named else []
    return Project(
        root,
        config,
        {**config.params, **params},
        tuple(dict.fromkeys([*paths, *policies])),
        tuple(named),
        None,
        (*config.exclude, *exclude),
        alone,
    )


def _config_paths(config: Config, root: Path, diagnostics: Diagnostics) -> list[Path]:
    paths = []
    for text in config.paths:
        if os.path.exists(root / text):  # noqa: PTH110 - False for a name that is too long, where Path raises
            paths.append(root / text)
        else:
            diagnostics.error(
                "missing-path",
                f"`{text}` does not exist",
                config.span("project", "paths"),
                "correct `paths` in the configuration",
            )
    return paths
