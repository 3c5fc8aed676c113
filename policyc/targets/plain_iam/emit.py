"""The plain IAM documents of a project: one for each policy, in a file that tells its kind."""

from __future__ import annotations

from collections.abc import Sequence

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Policy
from policyc.ir.program import Program
from policyc.model.values import Resource
from policyc.targets.base import Document, Quota
from policyc.targets.iam_documents.kinds import KINDS, DocumentKind
from policyc.targets.iam_documents.statements import assemble
from policyc.targets.plain_iam.lowering import lowered_policy
from policyc.targets.plain_iam.sorts import kind_on


def emit_documents(program: Program, diagnostics: Diagnostics) -> Sequence[Document]:
    """One document per policy, in the order of declaration."""
    mine = (policy for policy in program.policies if policy.target == "iam_document")
    made = (emit_policy(policy, program, diagnostics) for policy in mine)
    return [document for document in made if document is not None]


def emit_policy(policy: Policy, program: Program, diagnostics: Diagnostics) -> Document | None:
    """The document of one policy; None after an error was reported."""
    lowered = lowered_policy(policy, program, diagnostics)
    if lowered is None:
        return None
    assert isinstance(policy.on, Resource)
    document, kind = assemble(lowered.parts), KINDS[kind_on(policy.on)]
    word = kind.name.replace("-", "_")
    return Document(
        path=f"iam_document/{policy.name}.{word}.json",
        kind=f"iam_document/{word}",
        text=document.text,
        owner=policy.name,
        attached_to=policy.on.id,
        role=f"plain_{word}",  # no gate of the other targets: nothing says whose requests meet it
        span=policy.name_span or policy.span,
        map=document.map,
        added=(*document.added, *lowered.added),
        quota=_quota(document.text, kind),
    )


def _quota(text: str, kind: DocumentKind) -> Quota | None:
    """The size that the service takes, counted as it counts; None where none is published."""
    if not kind.limit:
        return None
    if kind.unit == "bytes":
        size = len(text.encode())
    else:
        size = sum(1 for char in text if not (kind.dense and char.isspace()))
    return Quota(size, kind.limit, kind.unit + (" without whitespace" if kind.dense else ""), kind.source)
