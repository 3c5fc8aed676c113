"""The auth policy documents of a project: one for each service and service network that has a policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Policy
from policyc.ir.program import Program
from policyc.model.values import Resource
from policyc.targets.base import Document, Quota
from policyc.targets.iam_documents.lowering import Lowered
from policyc.targets.iam_documents.statements import assemble
from policyc.targets.lattice.lowering import lower_policy, lowered_policy
from policyc.targets.lattice.words import NETWORK

#: bytes of the minified text; the guide says 10 KB, not adjustable (Lattice reference section 1)
SIZE: Final = 10_240
_QUOTA_PAGE: Final = "https://docs.aws.amazon.com/vpc-lattice/latest/ug/quotas.html"


def emit_documents(program: Program, diagnostics: Diagnostics) -> Sequence[Document]:
    """One document per policy, in the order of declaration."""
    out = []
    for policy in program.policies:
        if policy.target == "lattice":
            lowered = lowered_policy(policy, program, diagnostics)
            if lowered is not None:
                out.append(_document(policy, lowered))
    return out


def emit_policy(policy: Policy, diagnostics: Diagnostics) -> Document | None:
    """The document of one policy by itself; None after an error was reported."""
    lowered = lower_policy(policy, diagnostics)
    return None if lowered is None else _document(policy, lowered)


def _document(policy: Policy, lowered: Lowered) -> Document:
    assert isinstance(policy.on, Resource)
    document = assemble(lowered.parts)
    return Document(
        path=f"lattice/{policy.name}.json",
        kind="lattice/raw_auth_policy" if document.raw else "lattice/auth_policy",
        text=document.text,
        owner=policy.name,
        attached_to=policy.on.id,
        role="network" if policy.on.type == NETWORK else "service",
        span=policy.name_span or policy.span,
        map=document.map,
        added=(*document.added, *lowered.added),
        quota=Quota(len(document.text.encode()), SIZE, "bytes", _QUOTA_PAGE),
    )
