"""The documents that somebody hands over: their role on a request's way, their text, and their compiled form.

Source: IAM evaluation reference, section 10; Lattice reference, section 5; Object Lambda reference, section 2.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.document import Document as Compiled
from policyc.engines.iam.document import compile_document
from policyc.engines.iam.switches import Switches
from policyc.record import record
from policyc.syntax.json_text import JsonValue, parse_json
from policyc.targets.base import Document, MapEntry
from policyc.targets.iam_documents.gates import keep_compiled
from policyc.targets.iam_documents.kinds import KINDS, is_policy
from policyc.text import Source

#: role (the option without its dashes) -> the kind of document that it takes
ROLES: Final[Mapping[str, str]] = {
    "identity": "identity",
    "boundary": "boundary",
    "session": "session",
    "scp": "scp",
    "rcp": "rcp",
    "endpoint-policy": "endpoint",
    "resource-policy": "resource",
    "trust-policy": "trust",
    "service-policy": "auth-policy",
    "network-policy": "auth-policy",
    "object-lambda-policy": "object-lambda",
    "access-point-policy": "access-point",
    "bucket-policy": "bucket",
    "function-policy": "function",
    "function-role-policy": "identity",
    "key-policy": "key",
}
#: in place of a file: that a caller has no policy of its own, which then allows it nothing
NONE: Final = "none"
_MAY_BE_NONE: Final = frozenset({"identity", "function-role-policy"})
#: roles whose files are levels that must each allow: the organization's root, its units, the account
LEVELS: Final = frozenset({"scp", "rcp"})


def is_nothing(given: object, role: str, root: str | os.PathLike[str] = "") -> bool:
    """Whether what is given for a role says that the caller has no such policy; a file of that name below the root comes first."""
    return given == NONE and role in _MAY_BE_NONE and not os.path.lexists(Path(root, NONE))


def nothing_attached() -> Source:
    """What stands for the policies of a caller that has none."""
    return Source(NONE, '{"Version": "2012-10-17", "Statement": []}')


@record
class Attached:
    """One document in its role. `level` counts the levels of an organization from 1, 0 elsewhere. `text` is the document where `source` holds more than
    that."""

    role: str
    source: Source
    compiled: Compiled
    level: int = 0
    text: str = ""


def read_attached(
    role: str, source: Source, level: int, switches: Switches, diagnostics: Diagnostics, inside: JsonValue | None = None
) -> Attached | None:
    """A document in its role, or None after an error: the whole source, or the tree `inside` it. What does not keep AWS from evaluating it is left to `check`: a
    simulation answers one request."""
    found = Diagnostics()
    tree = parse_json(source, found) if inside is None else inside
    if tree is not None and not is_policy(tree):
        found.error(
            "unknown-document", f"`{source.file}` is no IAM document", tree.span.at_start(), 'it needs a "Statement"'
        )
        tree = None
    kind = KINDS[ROLES[role]]
    compiled = None
    if tree is not None:
        compiled = compile_document(tree, kind.engine, found, name=source.file, switches=switches, stored=True)
    if compiled is not None:
        return Attached(
            role, source, compiled, level, "" if inside is None else json.dumps(inside.plain(), default=str)
        )
    diagnostics.extend(item for item in found if item.severity == "error")
    return None


def attach(given: Attached, carrier: str, role: str, kind: str) -> Document:
    """The document as a target would have emitted it: carried by `carrier`, a gate of kind `role`, its statements in place."""
    entries = tuple(
        MapEntry(f"/Statement/{statement.index}", statement.label, statement.span)
        for statement in given.compiled.statements
    )
    document = Document(
        given.source.file,
        kind,
        given.text or given.source.text,
        given.source.file,
        carrier,
        role,
        given.compiled.span,
        entries,
    )
    # a document on many services is compiled once
    keep_compiled(document, given.compiled)
    return document


def in_role(given: Iterable[Attached], role: str) -> tuple[Compiled, ...]:
    """The compiled documents of one role."""
    return tuple(item.compiled for item in given if item.role == role)


def levels(given: Iterable[Attached], role: str) -> tuple[tuple[Compiled, ...], ...]:
    """The compiled documents of one role by level."""
    held: dict[int, list[Compiled]] = {}
    for item in given:
        if item.role == role:
            held.setdefault(item.level, []).append(item.compiled)
    return tuple(tuple(held[level]) for level in sorted(held))
