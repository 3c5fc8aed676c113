"""Which resource on AWS carries a document: as the language declares it, and as the map beside what `build` wrote says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from policyc.bounded import read_regular
from policyc.diagnostics import Diagnostics
from policyc.ir.program import Program
from policyc.model.values import Resource
from policyc.targets.base import Document
from policyc.targets.iam_documents.resources import resource_arn
from policyc.targets.registry import resource_types
from policyc.workspace.documents.built import built_kind
from policyc.workspace.documents.pulled import Known, Pulled, pulled
from policyc.workspace.places import MANIFEST, SOURCE_MAP

_LARGEST: Final = 256 * 1024 * 1024
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def attach_point(document: Document, program: Program) -> dict[str, str]:
    """What a deployment needs to put a document in place: the resource's type, and its id, name or ARN as declared."""
    resource = program.resource(document.attached_to)
    if resource is None:
        return {"arn": document.attached_to} if document.attached_to.startswith("arn:") else {}
    out = {"type": resource.type} | {key: text for key in ("id", "name") if (text := resource.text(key))}
    arn = _arn_of(resource)
    return out | {"arn": arn} if arn else out


def _arn_of(resource: Resource) -> str:
    place, kind = resource.place, resource_types()[resource.type]
    if place is None:
        return ""
    if kind.arn:
        return resource_arn(resource, kind)
    id, sort = resource.text("id"), resource.type.rpartition(".")[2]
    if not (resource.type.startswith("verified_access.") and id):
        return ""
    return f"arn:{place.partition}:ec2:{place.region}:{place.account}:verified-access-{sort}/{id}"


def place_of(attach: Mapping[str, Any]) -> str:
    """The ARN, the id or the name of what carries a document; empty where nobody says."""
    return str(attach.get("arn") or attach.get("id") or attach.get("name") or "")


@dataclass(slots=True)
class Seen:
    """Folders that were looked at: lock files of what was pulled, manifests and source maps of what was built."""

    locks: Known = field(default_factory=dict)
    manifests: dict[Path, dict[str, str]] = field(default_factory=dict)
    maps: dict[Path, Mapping[str, Any]] = field(default_factory=dict)


def told(path: Path, seen: Seen, diagnostics: Diagnostics) -> Pulled:
    """What the folders around a document say of it: the lock file of a pull, or what `build` wrote beside it."""
    found = pulled(path, seen.locks, diagnostics)
    if found.kind:
        return found
    folder = path.parent.parent  # of the target's own folder
    if folder not in seen.maps:
        seen.maps[folder] = _documents(folder) if (folder / MANIFEST).is_file() else _NOTHING
    entry = seen.maps[folder].get(path.relative_to(folder).as_posix())
    if not isinstance(entry, Mapping) or not isinstance(entry.get("attach"), Mapping):
        return found
    kind, place = built_kind(path, seen.manifests), place_of(entry["attach"])
    return Pulled(kind, place, policy="" if kind == "identity" else place)


def _documents(folder: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(read_regular(folder / SOURCE_MAP, _LARGEST))["documents"]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return _NOTHING
    return found if isinstance(found, Mapping) else _NOTHING
