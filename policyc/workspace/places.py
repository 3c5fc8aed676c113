"""Where a run stands: the project's configuration above a folder, and the repository around it. Imports nothing heavy."""

from __future__ import annotations

import os
from types import MappingProxyType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CONFIG = "policyc.toml"
#: what an output folder holds beside the documents: the list of what was built there
MANIFEST = ".policyc-manifest.json"
#: and what leads from each document to the policy that it comes from
SOURCE_MAP = "source-map.json"
#: where build servers say which folder they checked the repository out to
#: (https://docs.github.com/en/actions/reference/workflows-and-actions/variables,
#: https://docs.gitlab.com/ci/variables/predefined_variables/)
WORKSPACES = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")


def find_config(start: str) -> str | None:
    """The nearest `policyc.toml` in the folder `start` or one above it."""
    return _above(start, CONFIG)


def find_repository(root: str, environ: Mapping[str, str]) -> str:
    """The folder that paths in reports for code hosts are relative to: the build server's workspace when it holds the
    project, else the nearest folder with `.git`, else the project's own root, which is what comes back without any."""
    for name in WORKSPACES:
        folder = environ.get(name, "")
        if folder and os.path.isabs(folder):
            real = os.path.realpath(folder)
            if root == real or root.startswith(real.rstrip(os.sep) + os.sep):
                return real
    found = _above(root, ".git")
    return root if found is None else os.path.dirname(found)


def _above(start: str, name: str) -> str | None:
    folder = start
    while True:
        path = os.path.join(folder, name)
        if os.path.lexists(path):
            return path
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def file_and_part(name: str) -> tuple[str, str]:
    """`FILE#NAME` taken apart; a file may have `#` in its own name."""
    file, sign, part = name.rpartition("#")
    return (file, part) if sign and not os.path.lexists(name) else (name, "")


def parts_named(names: Iterable[str], part: str, own: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    """Of the names of documents, as `FILE#NAME` or `NAME`, those that `part` means: the name itself, else its end after a dot or a slash. Some have a name of
    their `own` for it."""
    called = {name: own.get(name, name).rpartition("#")[2] for name in names}
    return [name for name, text in called.items() if text == part] or [
        name for name, text in called.items() if text.endswith((f".{part}", f"/{part}"))
    ]
