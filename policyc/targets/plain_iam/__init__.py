"""Plain IAM documents: bucket, trust, service control and other policies that no other target writes, one document for each policy."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Policy
from policyc.ir.program import Program
from policyc.ir.raw_forms import NativeForms
from policyc.model.values import Principal, Resource
from policyc.targets.base import Document, Request, Target
from policyc.targets.iam_target import IamTarget
from policyc.targets.plain_iam.sorts import SORTS, kind_on

if TYPE_CHECKING:
    from policyc.engines.trace import Outcome


class PlainIam(IamTarget):
    """The target `iam_document`."""

    name = "iam_document"
    folder = "iam_document"
    called = "Other IAM documents"
    document = "resource"
    service = ""
    kinds = MappingProxyType({f"iam_document/{word}": kind for word, kind in SORTS.items()})

    def document_on(self, on: Resource | Principal | None) -> str:
        """The kind of document that a policy on `on` becomes."""
        return kind_on(on) if isinstance(on, Resource) else self.document

    def native_forms(self) -> NativeForms:
        from policyc.targets.iam_documents.raw_forms import Iam

        return Iam()

    def check(self, policy: Policy, program: Program, diagnostics: Diagnostics) -> None:
        from policyc.targets.plain_iam.limits import check_policy
        from policyc.targets.plain_iam.lowering import lowered_policy

        found = Diagnostics()
        check_policy(policy, program, found)
        if not found.has_errors:
            lowered_policy(policy, program, found)
        diagnostics.extend(found)

    def emit(self, program: Program, diagnostics: Diagnostics) -> Sequence[Document]:
        from policyc.targets.plain_iam.emit import emit_documents

        return emit_documents(program, diagnostics)

    def simulate(
        self, program: Program, documents: Sequence[Document], request: Request, diagnostics: Diagnostics
    ) -> Outcome | None:
        """Requests go to declared services, and this target knows none of its own."""
        diagnostics.error(
            "nothing-to-ask",
            "a plain IAM document has no resource that a request could go to",
            request.span,
            "build it, and ask the document with `policyc simulate`",
        )
        return None


TARGET: Target = PlainIam()
