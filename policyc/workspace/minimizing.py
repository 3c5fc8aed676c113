"""`build --minimize`: the documents of a project in the smallest form that is proven to decide alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from policyc.analysis.compare import Version
from policyc.analysis.minimize import Body, Part, minimize
from policyc.diagnostics import Diagnostics
from policyc.engines.iam.document import compile_document
from policyc.record import replace
from policyc.syntax.json_text import parse_json
from policyc.targets.base import Document, Quota
from policyc.targets.iam_documents.kinds import KINDS, DocumentKind
from policyc.targets.iam_documents.read import read_policy
from policyc.targets.registry import TARGETS, back_end
from policyc.text import Source
from policyc.workspace.compile import Compiled


def minimized(compiled: Compiled) -> Compiled:
    """The same with smaller documents where some are proven to be the same; Cedar texts and core networks are left as they are."""
    kinds = {kind: called for name in TARGETS for kind, called in back_end(name).kinds.items()}
    documents = {
        target: [_smaller(item, KINDS[kinds[item.kind]]) if kinds.get(item.kind) in KINDS else item for item in held]
        for target, held in compiled.documents.items()
    }
    return replace(compiled, documents=documents)


def _smaller(document: Document, kind: DocumentKind) -> Document:
    body: dict[str, Any] = json.loads(document.text)
    found = body["Statement"]
    statements: list[Body] = found if isinstance(found, list) else [found]
    parts = minimize(statements, _reader(kind, body))
    if len(parts) == len(statements) and all(part.body == item for part, item in zip(parts, statements, strict=True)):
        return document
    text = json.dumps({**body, "Statement": [part.body for part in parts]}, ensure_ascii=False, separators=(",", ":"))
    moved = _moved(parts)
    return replace(
        document,
        text=text,
        map=tuple(replace(item, pointer=at) for item in document.map if (at := moved(item.pointer)) is not None),
        added=tuple(replace(item, pointer=at) for item in document.added if (at := moved(item.pointer)) is not None),
        quota=None if document.quota is None else _counted(document.quota, text),
    )


def _counted(quota: Quota, text: str) -> Quota:
    """The size of the smaller text, in the unit of its limit."""
    size = len(text.encode()) if quota.unit == "bytes" else sum(not char.isspace() for char in text)
    return replace(quota, counted=size)


def _reader(kind: DocumentKind, body: Mapping[str, Any]) -> Callable[[Sequence[Body]], Version | None]:
    def read(statements: Sequence[Body]) -> Version | None:
        text = json.dumps({**body, "Statement": list(statements)}, ensure_ascii=False)
        tree = parse_json(Source("minimized.json", text), Diagnostics())
        document = None if tree is None else compile_document(tree, kind.engine, Diagnostics(), name="minimized.json")
        if tree is None or document is None:
            return None
        return Version(read_policy(tree, kind, "minimized.json"), document)

    return read


def _moved(parts: Sequence[Part]) -> Callable[[str], str | None]:
    """Where a pointer into the statements of the first document leads in the smaller one; None for what is gone."""
    places = {old: new for new, part in enumerate(parts) for old in part.of}

    def moved(pointer: str) -> str | None:
        steps = pointer.split("/")
        if len(steps) < 3 or steps[1] != "Statement" or not steps[2].isdigit():
            return pointer
        new = places.get(int(steps[2]))
        # an element of a statement that was joined with others stands at another place of its list
        return None if new is None else f"/Statement/{new}"

    return moved
