"""Identity: the IAM policies that callers carry, for resources of any target."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Policy
from policyc.ir.program import Program
from policyc.targets.base import Document, Request, Target
from policyc.targets.iam_target import IamTarget

if TYPE_CHECKING:
    from policyc.engines.trace import Outcome
    from policyc.ir.raw_forms import NativeForms


class Identity(IamTarget):
    """The target `identity`."""

    name = "identity"
    folder = "identity"
    called = "IAM policies of callers"
    document = "identity"
    service = ""
    kinds = MappingProxyType({"identity/policy": "identity", "identity/raw_policy": "identity"})

    def native_forms(self) -> NativeForms:
        from policyc.targets.iam_documents.raw_forms import Iam

        return Iam()

    def check(self, policy: Policy, program: Program, diagnostics: Diagnostics) -> None:
        from policyc.targets.identity.limits import check_policy
        from policyc.targets.identity.lowering import lowered_policy
        from policyc.targets.registry import resource_types

        found = Diagnostics()
        check_policy(policy, resource_types(), found)
        if not found.has_errors:
            lowered_policy(policy, program, resource_types(), found)
        diagnostics.extend(found)

    def emit(self, program: Program, diagnostics: Diagnostics) -> Sequence[Document]:
        from policyc.targets.identity.emit import emit_documents
        from policyc.targets.registry import resource_types

        return emit_documents(program, resource_types(), diagnostics)

    def simulate(
        self, program: Program, documents: Sequence[Document], request: Request, diagnostics: Diagnostics
    ) -> Outcome | None:
        """Requests go to resources, and this target has none."""
        diagnostics.error(
            "nothing-to-ask",
            "an identity policy has no resource that a request could go to",
            request.span,
            "ask the resource that is called: its gates include the caller's identity policy",
        )
        return None


TARGET: Target = Identity()
