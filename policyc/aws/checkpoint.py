"""Files that have to survive a crash: plans, and records of what an apply has done. Each is replaced in one step and is on the disk when the
function returns, so that a record is never ahead of AWS by more than the one write that it announces."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from policyc.bounded import read_regular

_LARGEST = 256 * 1024 * 1024


class Unreadable(Exception):
    """A plan or a record that cannot be used; the text says why."""


def save(path: Path, data: Mapping[str, Any]) -> None:
    """Write JSON so that after a crash the old or the new text is there, whole. Raises OSError."""
    text = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # a system that opens no folders keeps names by itself
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)


def load(path: Path, kind: str) -> dict[str, Any]:
    """A file of a kind (`plan`, `record`), as it fits its schema. Raises Unreadable."""
    from policyc.data import read_json
    from policyc.shape import misfits

    try:
        data = json.loads(read_regular(path, _LARGEST))
    except json.JSONDecodeError as error:
        raise Unreadable(f"`{path.name}` is no JSON (line {error.lineno}, column {error.colno})") from error
    except UnicodeDecodeError as error:
        raise Unreadable(f"`{path.name}` is no JSON in UTF-8") from error
    except RecursionError as error:
        raise Unreadable(f"`{path.name}` is nested too deeply") from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise Unreadable(f"`{path.name}` cannot be read: {why[:1].lower()}{why[1:]}") from error
    wrong = misfits(data, read_json(f"schemas/aws/{kind}.schema.json"))
    if wrong:
        place = "/".join(str(part) for part in wrong[0].path)
        said = f"`{place}` {wrong[0].message}" if place else f"it {wrong[0].message}"
        if wrong[0].rule == "additionalProperties":
            said = f"`{place}` is no key of one"
        raise Unreadable(f"`{path.name}` is no {kind}: {said}")
    return dict(data)


def sealed(data: Mapping[str, Any]) -> dict[str, Any]:
    """A plan or a record with the digest of all that it says: a plan is what somebody reviewed, a record what was done, and else a text in a file."""
    return {**data, "digest": digest({name: value for name, value in data.items() if name != "digest"})}


def digest(data: Any) -> str:
    """What tells two plans, or two lists of steps, apart."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
