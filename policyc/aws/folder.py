"""A pulled folder as it is written: documents, facts, and the lock file last, so that what the lock names is always there."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from policyc.aws.asking import Unread
from policyc.aws.found import Held, Part
from policyc.diagnostics import Diagnostics
from policyc.text import Source
from policyc.workspace.documents.pulled import FORMAT_VERSION, LOCK, read_lock


class Occupied(Exception):
    """The folder holds something else than what was pulled; nothing was written."""


def prepare(folder: Path, journal: str) -> None:
    """Make the folder, or see that it is one of ours. Raises Occupied, `policyc.workspace.documents.pulled.BrokenLock` and OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    others = [path.name for path in folder.iterdir() if path.name != journal]
    if others and read_lock(folder) is None:
        raise Occupied(f"`{folder.name}` holds files that were not pulled")


def write(
    folder: Path,
    part: Part,
    accounts: Sequence[Mapping[str, Any]],
    unread: Iterable[Unread],
    pulled_at: str,
    calls: Mapping[str, int],
) -> dict[str, Any]:
    """Write everything and take away what an older pull left; the data of the lock file. Raises OSError."""
    before = read_lock(folder)
    documents: dict[str, Any] = {}
    for item in part.documents:
        _put(_inside(folder, item.path), laid_out(item))
        documents[item.path] = _entry(item)
    for file in part.files:
        _put(_inside(folder, file.path), json.dumps(file.data, indent=1, sort_keys=True) + "\n")
    files = sorted(file.path for file in part.files)
    lock: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "pulled_at": pulled_at,
        "accounts": list(accounts),
        "calls": dict(calls),
        "documents": documents,
        "resources": {
            item.arn: {
                "type": item.type,
                "name": item.name,
                "facts": dict(item.facts),
                "policies": dict(item.policies),
                "unread": dict(item.unread),
            }
            for item in part.resources
        },
        "files": files,
        "unread": [
            {"account": one.account, "region": one.region, "action": one.action, "about": one.about, "why": one.why}
            for one in sorted(unread, key=lambda one: (one.account, one.region, one.action, one.about))
        ],
    }
    _put(folder / LOCK, json.dumps(lock, indent=1, sort_keys=True) + "\n")
    if before is not None:
        kept = {*documents, *files}
        same = {name.lower(): name for name in kept}
        for name in {*before.documents, *before.files} - kept:
            old, new = _inside(folder, name), same.get(name.lower())
            # where capitals are no other letters this is the file that was just written
            if new is None or not (old.exists() and old.samefile(folder / new)):
                old.unlink(missing_ok=True)
    return lock


def _inside(folder: Path, name: str) -> Path:
    """A path of the folder. Raises Occupied where a link on the way leads out of it."""
    path = folder / name
    if not path.parent.resolve().is_relative_to(folder.resolve()):
        raise Occupied(f"`{name}` leads out of `{folder.name}` by a link")
    return path


def laid_out(item: Held) -> str:
    """A document as it is written: JSON in the one layout, everything else as AWS has it."""
    if item.kind == "cedar":
        return item.text
    from policyc.workspace.documents.native_json import format

    return format(Source(item.path, item.text), Diagnostics()) or item.text


def _entry(item: Held) -> dict[str, Any]:
    parts = item.resource.split(":")
    account, region = (parts[4], parts[3]) if len(parts) > 5 else (parts[-1], "")
    return {
        "kind": item.kind,
        "target": item.target,
        "role": item.role,
        "resource": item.resource,
        "account": account,
        "region": region,
        "revision": dict(item.revision),
        "sha256": digest(item.text),
    }


def digest(text: str) -> str:
    """What tells two texts apart."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _put(path: Path, text: str) -> None:
    """Write a file in one step; folders are made on the way."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
