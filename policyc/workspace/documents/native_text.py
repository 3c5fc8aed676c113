"""Telling by a look which files of a folder are documents of ours: many repositories are full of JSON and YAML that is not."""

from __future__ import annotations

import json
from enum import Enum
from pathlib import Path
from typing import Any, Final

from policyc.carriers.registry import recognized
from policyc.carriers.signs import POLICY
from policyc.model.files import utf_16
from policyc.regex import regex

#: files above this size are not read; whether a policy stands in them is looked for in pieces of `_PIECE` bytes
_LARGEST: Final = 16 * 1024 * 1024
_PIECE: Final = 1024 * 1024
#: what a policy is known by is never longer
_OVERLAP: Final = 256
_CORE_NETWORK: Final = ("core-network-configuration", "CoreNetworkPolicy")
#: a policy of any kind, or what Terraform makes one of
_HOLDS: Final = regex(POLICY.pattern + rb"|\baws_iam_policy_document\b")
#: prose, and tests of configurations
_NO_POLICIES: Final = (".md", ".markdown", ".tftest.hcl", ".tofutest.hcl")
#: any of these shows a statement, also one that forgot another
_OF_A_STATEMENT: Final = frozenset({"Effect", "Action", "NotAction"})
#: keys of our own files about policies, which hold documents and are none
_ABOUT: Final = ("requests", "users", "documents", "format_version")


class Sort(Enum):
    """What a file turned out to be: a document, a host file of documents, something with a policy inside that nobody reads, or none of
    these."""

    OURS = "ours"
    HOST = "host"
    INSIDE = "inside"
    OTHER = "other"


def recognize(path: Path, fences: bool = False) -> Sort:
    """The sort of a file. One that cannot be read is `OTHER`; a file that holds what looks like a policy and cannot be understood,
    or is too large, is `INSIDE`. `fences` asks for prose too."""
    if path.suffix == ".cedar":
        return Sort.OURS
    try:
        if not path.is_file():
            return Sort.OTHER
        if path.stat().st_size > _LARGEST:
            return Sort.INSIDE if _stands_in(path) else Sort.OTHER
        raw = path.read_bytes()
    except OSError:
        return Sort.OTHER
    return sort_of(path.name, raw, fences)


def sort_of(name: str, raw: bytes, fences: bool = False) -> Sort:
    """The sort of a file by its name and content."""
    if name.endswith(".cedar"):
        return Sort.OURS
    if codec := utf_16(raw):  # a shell may write so; told when it is read
        raw = raw.decode(codec, "replace").encode("utf-8", "replace")
    if name.endswith(".json") and (b'"Statement"' in raw or b"core-network" in raw or b"CoreNetworkPolicy" in raw):
        sort = _json(raw)
        if sort is not None:
            return sort
    if recognized(name, raw, fences):
        return Sort.HOST
    if name.endswith(_NO_POLICIES):
        return Sort.OTHER
    return Sort.INSIDE if _HOLDS.search(raw) is not None else Sort.OTHER


def is_template(text: str) -> bool:
    """Whether a text in JSON is a template of CloudFormation, which a host is only where a policy may stand in it."""
    return '"Resources"' in text and '"AWS::' in text and '"Statement"' not in text


def _stands_in(path: Path) -> bool:
    """Whether something like a policy stands in a file of any size. Raises OSError."""
    before = b""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            if _HOLDS.search(before + piece) is not None:
                return True
            before = piece[-_OVERLAP:]
    return False


def _json(raw: bytes) -> Sort | None:
    """The sort of a JSON text when that is certain."""
    try:
        data: Any = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or any(key in data for key in _ABOUT):
        return Sort.OTHER
    if any(key in data for key in _CORE_NETWORK):
        return Sort.OURS
    if "Statement" not in data:
        return None
    from policyc.engines.iam.reader import VERSIONS

    statements = data["Statement"]
    listed = [item for item in (statements if isinstance(statements, list) else [statements]) if isinstance(item, dict)]
    held = [item.get("Action") for item in listed]
    actions = [action for item in held for action in (item if isinstance(item, list) else [item])]
    if actions and all(isinstance(action, str) and action.lower().startswith("update:") for action in actions):
        return Sort.OTHER  # what protects a stack of CloudFormation from updates
    stated = any(not _OF_A_STATEMENT.isdisjoint(item) for item in listed)
    return Sort.OURS if stated or data.get("Version") in VERSIONS else None
