"""What the API opens and looks through: the project or the documents that a path belongs to, without printing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from policyc.api.results import Findings, PolicyError
from policyc.diagnostics import Diagnostics
from policyc.workspace.places import find_config
from policyc.workspace.project import Project as Workspace
from policyc.workspace.project import open_root

if TYPE_CHECKING:
    from policyc.workspace.compile import Compiled
    from policyc.workspace.documents.native_settings import NativeSettings


def find_root(path: str | PathLike[str]) -> Path:
    """The root of the project that a file or folder belongs to: the nearest folder with a `policyc.toml`, else the folder itself."""
    resolved = Path(path).resolve()
    folder = resolved if resolved.is_dir() else resolved.parent
    found = find_config(str(folder))
    return folder if found is None else Path(found).parent


def open_workspace(path: str | PathLike[str], params: Mapping[str, str] | None = None) -> Workspace:
    """What `load` loads."""
    target = Path(path)
    diagnostics = Diagnostics()
    if not target.exists():
        diagnostics.error("missing-path", f"`{path}` does not exist", None, "check the path")
        raise PolicyError(Findings(diagnostics, {}))
    root = find_root(target)
    config = find_config(str(root))
    alone = [target.resolve()] if target.is_file() or config is None else []
    workspace = open_root(
        root.resolve(),
        None if config is None else Path(config),
        diagnostics,
        params=dict(params or {}),
        named=[target.resolve()] if target.is_file() else [],
        policies=alone,
    )
    if diagnostics.has_errors:
        raise PolicyError(Findings(diagnostics, workspace.sources))
    return workspace


def check_workspace(
    workspace: Workspace, settings: NativeSettings, compile: Callable[[Workspace], Compiled] | None = None
) -> Findings:
    """What `policyc check` finds there. Raises `PolicyError` when the configuration names rules that there are not."""
    from policyc.workspace.checking import check_project

    mistakes = Diagnostics()
    found = check_project(workspace, settings, mistakes, compile)
    if found is None:
        raise PolicyError(Findings(mistakes, workspace.sources))
    return Findings(found.shown, found.sources, found.tally)
