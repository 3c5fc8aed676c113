"""Folders that `build` wrote, known by the manifest in them: searches leave them out, and a document there is of the kind that it was
written as."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from policyc.bounded import read_regular
from policyc.workspace.places import MANIFEST

_LARGEST: Final = 50_000_000
#: target -> the kind of its documents, where their shape does not tell it for certain; empty: the file's name does
_KINDS: Final = {"identity": "identity", "cloudwan": "core-network", "iam_document": ""}


def is_built(path: Path, root: Path, known: dict[Path, bool]) -> bool:
    """Whether a folder above a file, up to the root, is an output folder. `known` remembers folders."""
    folder = path.parent
    if folder not in known:
        above = folder != root and is_built(folder, root, known)
        known[folder] = above or (folder / MANIFEST).is_file()
    return known[folder]


def built_kind(path: Path, known: dict[Path, dict[str, str]]) -> str:
    """The kind of a document that `build` wrote, empty where its shape tells it, and for all others. `known` remembers folders."""
    folder = path.parent.parent  # of the target's own folder
    if folder not in known:
        known[folder] = _targets(folder)
    targets = known[folder]
    target = targets.get(path.relative_to(folder).as_posix(), "") if targets else ""
    if target in _KINDS:
        return _KINDS[target] or path.stem.rpartition(".")[2].replace("_", "-")
    return ""


def _targets(folder: Path) -> dict[str, str]:
    """The target of each document in an output folder by its name there; nothing for other folders and broken manifests."""
    try:
        files = json.loads(read_regular(folder / MANIFEST, _LARGEST))["files"]
        return {str(name): str(entry["target"]) for name, entry in files.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}
