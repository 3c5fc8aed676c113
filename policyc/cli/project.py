"""From a command line to projects: the root, the settings and the files of each.

The closest `policyc.toml` above a file rules it. A project is always taken whole, because what a policy means hangs on the others; the
paths of a command line say which part of it is asked about. Without a `policyc.toml` the named paths are all there is.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from pathlib import Path

from policyc.cli.parser import WrongUse
from policyc.diagnostics import Diagnostics
from policyc.model.files import LINK_HELP, insider, is_circle, stays_inside
from policyc.workspace.config import Config
from policyc.workspace.places import CONFIG, find_config
from policyc.workspace.project import POLICY, Project, is_excluded, open_root


def here(args: argparse.Namespace) -> Path:
    """The root of the project that the current folder or `--root` leads to, real or not."""
    if args.root is not None:
        return Path(os.path.realpath(args.root))
    found = str(args.config.absolute()) if args.config is not None else find_config(os.getcwd())  # noqa: PTH109
    return Path(os.path.realpath(os.getcwd() if found is None else os.path.dirname(found)))  # noqa: PTH109, PTH120


def keep_inside(name: str, path: Path, root: Path) -> None:
    """The one rule for what an option names: `name`, which is `path`, lies below the project root, links followed. Raises WrongUse."""
    if not stays_inside(path, root):
        raise WrongUse(
            f"`{name}` lies outside the project root `{root.name}`", "give `--root` with a folder that holds it"
        )


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


def open_asked(args: argparse.Namespace, resource: str | None, diagnostics: Diagnostics) -> Project:
    """The project that a question about a resource is for: the one of the command line, and where it names none, the only one here or
    below that declares the resource. Mistakes are reported: do not go on then."""
    found = [] if args.paths or resource is None else open_projects(args, (), diagnostics)
    if len(found) < 2 or diagnostics.has_errors:
        return open_project(args, args.paths, diagnostics) if not diagnostics.has_errors else found[0]
    declaring = [project for project in found if _declares(project, resource)]
    if len(declaring) > 1:
        listed = ", ".join(f"`{project.root.name}`" for project in declaring)
        diagnostics.error(
            "several-projects", f"several projects declare `{resource}`: {listed}", None, "say which with `--in PATH`"
        )
    return declaring[0] if declaring else found[0]


def _declares(project: Project, resource: str | None) -> bool:
    from policyc.targets.program import load_program

    silent = Diagnostics()
    program = load_program(project.root, project.policy_files(silent), project.params, silent, project.read)
    return any(resource in (item.name, item.id) for item in program.resources.values())


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
        option = getattr(args, "root_option", "--root")
        diagnostics.error(
            "missing-root", f"`{args.root or root}` is no folder", None, f"check the path after `{option}`"
        )
        return [Project(root, Config(), {}, ())]
    groups: dict[Path, list[Path]] = {} if named else {root: []}
    home_of = cache(lambda folder: root if explicit else _home(folder, root))
    within = cache(insider)
    for path, is_folder in _named_paths(named, reads, args, diagnostics).items():
        home = home_of(path if is_folder else path.parent)
        if within(home)(path):
            groups.setdefault(home, []).append(path)
        else:
            _outside(path, home, diagnostics)
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
                    found = Diagnostics()
                    projects.append(_open(args, home, home / CONFIG, [], found))
                    # places count from the root of their own project
                    named_so = os.path.relpath(home / CONFIG, root)
                    for item in found:
                        diagnostics.error(item.rule, f"`{named_so}`: {item.message}", None, item.help)
    return projects


def _home(folder: Path, root: Path) -> Path:
    """The root of the project that a folder belongs to, `root` where no configuration says."""
    found = find_config(str(folder))
    return root if found is None else Path(found).parent.resolve()


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
    return open_root(
        root,
        file,
        diagnostics,
        params=dict(getattr(args, "param", ())),
        named=named,
        policies=[path for path in named if path.suffix == POLICY or path.is_dir()],
        exclude=tuple(_excluded_here(getattr(args, "exclude", ()), root)),
        alone=args.root is not None or args.config is not None,
    )


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


#: what `-` is told to commands that look at whole projects
_STREAM = "standard input stands for no file in this command"
_STREAM_HELP = "name a file or folder; `policyc check -` reads standard input"


def _named_paths(
    named: Sequence[str], reads: Collection[str], args: argparse.Namespace, diagnostics: Diagnostics
) -> dict[Path, bool]:
    """The paths that a command line names, and whether each is a folder."""
    paths: dict[Path, bool] = {}
    unsaved = getattr(args, "stdin_filename", None)
    endings = tuple(reads)
    for text in named:
        name = os.path.abspath(text)  # noqa: PTH100 - keeps symbolic links, unlike resolve
        path = Path(name)
        is_folder = os.path.isdir(name)  # noqa: PTH112 - paths by the thousand
        if not is_folder and text != unsaved and not os.path.lexists(name):
            said, help = (_STREAM, _STREAM_HELP) if text == "-" else (f"`{text}` does not exist", "check the path")
            diagnostics.error("missing-path", said, None, help)
        elif not is_folder and is_circle(path):
            diagnostics.error("links-in-a-circle", f"`{text}` is a link that leads back to itself", None, LINK_HELP)
        elif reads and not is_folder and path.suffix not in reads:
            listed = ", ".join(f"`{ending}`" for ending in endings)
            diagnostics.error(
                "unknown-file-kind",
                f"`{text}` is no file that this command reads",
                None,
                f"name a folder or a file that ends in {listed}",
            )
        elif path.name == "manifest.json":
            paths |= {one: one.is_dir() for one in _assembly(path)}
        else:
            paths[path] = is_folder
    return paths


def _assembly(path: Path) -> list[Path]:
    """What a named manifest stands for: the templates of a cloud assembly, else itself."""
    from policyc.workspace.documents.assemblies import meant

    return meant(path)


def _outside(path: Path, root: Path, diagnostics: Diagnostics) -> None:
    name = os.path.relpath(path)
    said, help = f"`{name}` lies outside the project root `{root.name}`", "give `--root` with a folder that holds it"
    if path.is_symlink():
        said = f"`{name}` is a link that leads out of the project root `{root.name}`"
        help = "put the file itself there, or give `--root` with a folder that holds both"
    diagnostics.error("path-outside-root", said, None, help)
