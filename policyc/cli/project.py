"""From a command line to a project: its root, its settings and the paths to work on."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from policyc.cli.cache import find_config
from policyc.cli.config import Config, load_config
from policyc.diagnostics import Diagnostics
from policyc.record import record
from policyc.text import Source


@record
class Project:
    """`root` is absolute and without symbolic links; `paths` are absolute; `base` leads from the current folder to
    the root for people (`../`); `read` has the texts that are not saved."""

    root: Path
    config: Config
    params: Mapping[str, str]
    paths: tuple[Path, ...]
    base: str
    read: Callable[[str], str | None] | None = None

    @property
    def sources(self) -> dict[str, Source]:
        """The texts that a message about the configuration points into."""
        return {} if self.config.source is None else {self.config.source.file: self.config.source}


def open_project(args: argparse.Namespace, named: Sequence[str], diagnostics: Diagnostics) -> Project:
    """The project of a command line; `named` are the paths that it names. Mistakes are reported: do not go on then."""
    file = _config_file(args, diagnostics)
    root = _root(args, file, diagnostics)
    if not root.is_dir():
        return Project(root, Config(), {}, (), "")
    config = Config() if file is None else load_config(file, diagnostics)
    params = {**config.params, **dict(args.param)}
    paths = _named_paths(named, root, diagnostics) if named else _config_paths(config, root, diagnostics)
    return Project(root, config, params, tuple(paths), _base(root))


def _config_file(args: argparse.Namespace, diagnostics: Diagnostics) -> Path | None:
    if args.config is not None:
        given: Path = args.config
        if not given.is_file():
            diagnostics.error(
                "unreadable-config", f"there is no file `{given}`", None, "check the path after `--config`"
            )
            return None
        return given.absolute()
    if args.root is not None:
        inside = args.root / "policyc.toml"
        return inside.absolute() if inside.is_file() else None
    found = find_config(str(Path.cwd()))
    return None if found is None else Path(found)


def _root(args: argparse.Namespace, file: Path | None, diagnostics: Diagnostics) -> Path:
    if args.root is None:
        return (Path.cwd() if file is None else file.parent).resolve()
    root: Path = args.root
    if not root.is_dir():
        diagnostics.error("missing-root", f"`{root}` is no folder", None, "check the path after `--root`")
    return root.resolve()


def _named_paths(named: Sequence[str], root: Path, diagnostics: Diagnostics) -> list[Path]:
    from policyc.model.files import LINK_HELP, is_circle, stays_inside

    paths = []
    for text in named:
        path = Path(os.path.abspath(text))  # noqa: PTH100 - keeps symbolic links, unlike resolve
        if not os.path.lexists(path):
            diagnostics.error("missing-path", f"`{text}` does not exist", None, "check the path")
        elif is_circle(path):
            diagnostics.error("links-in-a-circle", f"`{text}` is a link that leads back to itself", None, LINK_HELP)
        elif not stays_inside(path, root):
            diagnostics.error(
                "path-outside-root",
                f"`{text}` lies outside the project root `{root.name}`",
                None,
                "give `--root` with a folder that holds it",
            )
        else:
            paths.append(path)
    return paths


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


def _base(root: Path) -> str:
    """The way from the current folder to the root with a slash at its end; empty when they are the same or far apart."""
    try:
        way = Path(os.path.relpath(root)).as_posix()
    except ValueError:  # another drive
        return root.as_posix() + "/"
    return "" if way == "." else way + "/"
