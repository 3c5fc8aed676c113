"""Identity: the IAM policies that callers carry, for resources of any target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from policyc.diagnostics import Diagnostics
from policyc.engines.trace import Outcome
from policyc.ir.authz import Policy
from policyc.ir.program import Program
from policyc.model.values import Principal, Resource
from policyc.model.vocabulary import Attribute, Vocabulary, load_vocabulary
from policyc.targets.base import Document, Native, Request, Target

if TYPE_CHECKING:
    from policyc.ir.raw_forms import NativeForms


class Identity:
    """The target `identity`."""

    name = "identity"
    folder = "identity"
    called = "IAM policies of callers"
    document = "identity"
    service = ""
    kinds = MappingProxyType({"identity/policy": "identity"})

    def vocabulary(self) -> Vocabulary:
        return load_vocabulary("identity")

    def scope(self, on: Resource | Principal, resources: Mapping[str, Resource]) -> Mapping[str, Attribute]:
        """The attributes of every service that a caller can be allowed to call; limits check which of them fit."""
        return self.vocabulary().attributes

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

    def check_program(self, program: Program, diagnostics: Diagnostics) -> None:
        """Nothing beyond single policies: resources are checked by their vocabulary."""

    def emit(self, program: Program, diagnostics: Diagnostics) -> Sequence[Document]:
        from policyc.targets.identity.emit import emit_documents
        from policyc.targets.registry import resource_types

        return emit_documents(program, resource_types(), diagnostics)

    def read(self, native: Native, diagnostics: Diagnostics) -> Policy | None:
        from policyc.targets.iam_documents.read import read_text

        return read_text(native, diagnostics)

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
