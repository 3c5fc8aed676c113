"""From a command line to projects: the root, the settings and the files of each.

The closest `policyc.toml` above a file rules it. A project is always taken whole, because what a policy means hangs on the others; the
paths of a command line say which part of it is asked about. Without a `policyc.toml` the named paths are all there is.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from policyc.cli.config import Config, load_config
from policyc.cli.places import CONFIG, find_config, find_repository
from policyc.diagnostics import Diagnostics
from policyc.record import record
from policyc.report.options import Names
from policyc.text import Source

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
        """Whether a root-relative file is among those that the command line names."""
        if is_excluded(name, self.exclude):
            return False
        if not self.named:
            return True
        return any(self._inside(name, path) for path in self.named)

    def _inside(self, name: str, path: Path) -> bool:
        try:
            wanted = path.resolve().relative_to(self.root).as_posix()
        except (ValueError, OSError, RuntimeError):
            return False
        return wanted == "." or name == wanted or name.startswith(wanted + "/")

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


def here(args: argparse.Namespace) -> Path:
    """The root of the project that the current folder or `--root` leads to, real or not."""
    if args.root is not None:
        return Path(os.path.realpath(args.root))
    found = str(args.config.absolute()) if args.config is not None else find_config(os.getcwd())  # noqa: PTH109
    return Path(os.path.realpath(os.getcwd() if found is None else os.path.dirname(found)))  # noqa: PTH109, PTH120


def open_project(
    args: argparse.Namespace, named: Sequence[str], diagnostics: Diagnostics, reads: Collection[str] = (POLICY,)
) -> Project:
    """The one project of a command line, for commands that answer a question. Mistakes are reported: do not go on then."""
    found = open_projects(args, named, diagnostics, reads, nested=False)
    if len(found) > 1:
        listed = ", ".join(f"`{project.root.name}`" for project in found)
        diagnostics.error(
            "several-projects", f"the paths belong to several projects: {listed}", None, "ask one of them"
        )
    return found[0]


def open_projects(
    args: argparse.Namespace,
    named: Sequence[str],
    diagnostics: Diagnostics,
    reads: Collection[str] = (POLICY,),
    nested: bool = True,
) -> list[Project]:
    """The projects of a command line, at least one; `named` are the paths that it names, `reads` the endings of files that the
    command takes (empty: any), `nested` whether the projects below the folders count. Mistakes are reported: do not go on then."""
    explicit = args.root is not None or args.config is not None
    file = _config_file(args, diagnostics)
    root = here(args)
    if not os.path.isdir(root):  # noqa: PTH112 - False for a name that is too long, where Path raises
        diagnostics.error("missing-root", f"`{args.root or root}` is no folder", None, "check the path after `--root`")
        return [Project(root, Config(), {}, ())]
    groups: dict[Path, list[Path]] = {} if named else {root: []}
    for path in _named_paths(named, reads, args, diagnostics):
        found = None if explicit else find_config(str(path if path.is_dir() else path.parent))
        home = root if found is None else Path(found).parent.resolve()
        if _reach(path, home, diagnostics):
            groups.setdefault(home, []).append(path)
    if not groups:
        return [Project(root, Config(), {}, ())]
    projects = [
        _open(args, home, file if home == root else home / CONFIG, paths, diagnostics) for home, paths in groups.items()
    ]
    if nested and not explicit and not diagnostics.has_errors:
        known = set(groups)
        for folder in [folder for project in projects for folder in _searched(project)]:
            for home in _nested_roots(folder, projects[0].exclude):
                if home not in known:
                    known.add(home)
                    projects.append(_open(args, home, home / CONFIG, [], diagnostics))
    return projects


def _searched(project: Project) -> list[Path]:
    return [path for path in project.paths if path.is_dir()]


def _nested_roots(folder: Path, exclude: Sequence[str]) -> Iterator[Path]:
    """The projects below a folder, hidden folders and links left out."""
    stack = [str(folder)]
    while stack:
        current = stack.pop()
        try:
            entries = sorted(os.scandir(current), key=lambda entry: entry.name)
        except OSError:
            continue  # reported where its policies are looked for
        for entry in entries:
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                if not is_excluded(entry.name, [pattern for pattern in exclude if "/" not in pattern]):
                    stack.append(entry.path)
            elif entry.name == CONFIG and current != str(folder):
                yield Path(current).resolve()


def _open(
    args: argparse.Namespace, root: Path, file: Path | None, named: list[Path], diagnostics: Diagnostics
) -> Project:
    config = Config() if file is None or not os.path.lexists(file) else load_config(file, diagnostics)
    wanted = [path for path in named if path.is_dir() or path.suffix == POLICY or _is_unsaved(path, args)]
    paths = _config_paths(config, root, diagnostics) if config.source is not None or not named else []
    return Project(
        root,
        config,
        {**config.params, **dict(getattr(args, "param", ()))},
        tuple(dict.fromkeys([*paths, *wanted])),
        tuple(named),
        None,
        (*config.exclude, *_excluded_here(getattr(args, "exclude", ()), root)),
        args.root is not None or args.config is not None,
    )


def _is_unsaved(path: Path, args: argparse.Namespace) -> bool:
    return bool(getattr(args, "stdin_filename", None)) and path.suffix == POLICY


def _excluded_here(patterns: Sequence[str], root: Path) -> Iterator[str]:
    """Patterns of the command line: as they stand, and as paths from the current folder."""
    for pattern in patterns:
        text = pattern.rstrip("/")
        yield text
        try:
            moved = os.path.relpath(os.path.abspath(text), root).replace(os.sep, "/")  # noqa: PTH100
        except ValueError:
            continue
        if ("/" in moved and not moved.startswith("..")) or (not moved.startswith("..") and "/" in text):
            yield moved


def _config_file(args: argparse.Namespace, diagnostics: Diagnostics) -> Path | None:
    if args.config is not None:
        given: Path = args.config
        if not _is_file(given):
            diagnostics.error(
                "unreadable-config", f"there is no file `{given}`", None, "check the path after `--config`"
            )
            return None
        return given.absolute()
    if args.root is not None:
        inside: Path = args.root / CONFIG
        return inside.absolute() if _is_file(inside) else None
    found = find_config(str(Path.cwd()))
    return None if found is None else Path(found)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long
        return False


def _named_paths(
    named: Sequence[str], reads: Collection[str], args: argparse.Namespace, diagnostics: Diagnostics
) -> list[Path]:
    from policyc.model.files import LINK_HELP, is_circle

    paths = []
    unsaved = getattr(args, "stdin_filename", None)
    for text in named:
        path = Path(os.path.abspath(text))  # noqa: PTH100 - keeps symbolic links, unlike resolve
        if text != unsaved and not os.path.lexists(path):
            diagnostics.error("missing-path", f"`{text}` does not exist", None, "check the path")
        elif is_circle(path):
            diagnostics.error("links-in-a-circle", f"`{text}` is a link that leads back to itself", None, LINK_HELP)
        elif reads and not path.is_dir() and path.suffix not in reads:
            listed = ", ".join(f"`{ending}`" for ending in reads)
            diagnostics.error(
                "unknown-file-kind",
                f"`{text}` is no file that this command reads",
                None,
                f"name a folder or a file that ends in {listed}",
            )
        else:
            paths.append(path)
    return paths


def _reach(path: Path, root: Path, diagnostics: Diagnostics) -> bool:
    """Whether a named path lies below its root, reported when it does not."""
    from policyc.model.files import stays_inside

    if stays_inside(path, root):
        return True
    diagnostics.error(
        "path-outside-root",
        f"`{os.path.relpath(path)}` lies outside the project root `{root.name}`",
        None,
        "give `--root` with a folder that holds it",
    )
    return False


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
