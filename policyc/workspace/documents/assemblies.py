"""Cloud assemblies of CDK: a `manifest.json` that is named stands for the templates that it lists, those of nested assemblies too.

Source: https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.cloud_assembly_schema-readme.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from policyc.bounded import read_regular

MANIFEST: Final = "manifest.json"
_LARGEST: Final = 50_000_000
#: assemblies inside of one another, and templates of all of them
_DEPTH: Final = 8
_MOST: Final = 2_000


def meant(path: Path) -> list[Path]:
    """The templates that a manifest lists; any other file by itself, and so a manifest without a template."""
    if path.name != MANIFEST or path.is_dir():
        return [path]
    found: list[Path] = []
    for item in _templates(path, _DEPTH):
        if len(found) == _MOST:
            break
        if item not in found:
            found.append(item)
    return found or [path]


def _templates(manifest: Path, depth: int) -> Iterator[Path]:
    for artifact in _artifacts(manifest):
        told = artifact.get("properties") if isinstance(artifact, dict) else None
        if not isinstance(told, dict):
            continue
        match artifact.get("type"), told.get("templateFile"), told.get("directoryName"):
            case "aws:cloudformation:stack", str(name), _ if (file := _inside(manifest, name)).is_file():
                yield file
            case "cdk:cloud-assembly", _, str(name) if depth:
                yield from _templates(_inside(manifest, name) / MANIFEST, depth - 1)


def _artifacts(manifest: Path) -> list[Any]:
    """The entries of a cloud assembly; nothing for any other file, and for one that cannot be read."""
    try:
        data = json.loads(read_regular(manifest, _LARGEST))
    except (OSError, ValueError, RecursionError):
        return []
    artifacts = data.get("artifacts") if isinstance(data, dict) and isinstance(data.get("version"), str) else None
    return list(artifacts.values()) if isinstance(artifacts, dict) else []


def _inside(manifest: Path, name: str) -> Path:
    """A name in the folder of its manifest: what leads out of it is no part of the assembly."""
    return manifest.parent / Path(name).name
