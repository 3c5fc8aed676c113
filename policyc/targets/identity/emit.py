"""The IAM policies of callers: one document for each `policy … for identity on PRINCIPAL`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Policy
from policyc.ir.program import Program
from policyc.model.values import Principal
from policyc.model.vocabulary import ResourceType
from policyc.targets.base import Addition, Document, Quota
from policyc.targets.iam_documents.carriers import carrier_of
from policyc.targets.iam_documents.lowering import Lowered
from policyc.targets.iam_documents.statements import assemble
from policyc.targets.identity.lowering import lowered_policy

#: characters, whitespace not counted (IAM reference section 12)
MANAGED: Final = 6_144
ROLE_INLINE: Final = 10_240
_QUOTA_PAGE: Final = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"


def emit_documents(program: Program, kinds: Mapping[str, ResourceType], diagnostics: Diagnostics) -> Sequence[Document]:
    """One document per policy, in the order of declaration."""
    out = []
    for policy in program.policies:
        if policy.target == "identity":
            lowered = lowered_policy(policy, program, kinds, diagnostics)
            if lowered is not None:
                out.append(_document(policy, lowered))
    return out


def _document(policy: Policy, lowered: Lowered) -> Document:
    """The document of one policy.

    It has the shape of a managed policy. One that is too long for that and belongs to a role may still be attached
    inline, which is said among the additions. `attached_to` is the ARN of the role or user in partition `aws`.
    """
    assert isinstance(policy.on, Principal)
    document = assemble(lowered.parts)
    size = len("".join(document.text.split()))
    inline = size > MANAGED and policy.on.kind == "role"
    added = [*document.added, *lowered.added]
    if inline:
        message = f"{size:,} characters are too many for a managed policy ({MANAGED:,}): attach it to the role inline"
        added.append(Addition("", message, policy.name_span or policy.span))
    return Document(
        path=f"identity/{policy.name}.json",
        kind="identity/raw_policy" if document.raw else "identity/policy",
        text=document.text,
        owner=policy.name,
        attached_to=carrier_of(policy.on),
        role="identity",
        span=policy.name_span or policy.span,
        map=document.map,
        added=tuple(added),
        quota=Quota(size, ROLE_INLINE if inline else MANAGED, "characters without whitespace", _QUOTA_PAGE),
    )
