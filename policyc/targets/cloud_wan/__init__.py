"""Cloud WAN: core network policies, a topology with ordered rules instead of allow and deny."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from policyc.diagnostics import Diagnostics
from policyc.engines.trace import Outcome
from policyc.ir.authz import Policy
from policyc.ir.program import Program
from policyc.model.values import Principal, Resource
from policyc.model.vocabulary import Attribute, Vocabulary, load_vocabulary
from policyc.targets.base import Document, Request, Target


@dataclass(frozen=True, slots=True)
class CloudWan:
    """The target `cloudwan`; stages load on first use, so that `check` of other targets stays light."""

    name: str = "cloudwan"
    document: str = "network"

    def vocabulary(self) -> Vocabulary:
        return load_vocabulary("cloud_wan")

    def scope(self, on: Resource | Principal, resources: Mapping[str, Resource]) -> Mapping[str, Attribute]:
        """Nothing: no resource carries a policy of this target."""
        return {}

    def check(self, policy: Policy, program: Program, diagnostics: Diagnostics) -> None:
        diagnostics.error(
            "network-not-policy",
            f"`{policy.name}` is a policy for cloudwan, which takes networks only",
            policy.name_span or policy.span,
            f'write `network {policy.name} for cloudwan version "2025.11" {{ … }}`',
        )

    def check_program(self, program: Program, diagnostics: Diagnostics) -> None:
        """Lower and validate every network of the program; what `emit` reports too, without writing anything."""
        from policyc.targets.cloud_wan.documents import checked_networks

        checked_networks(program, diagnostics)

    def emit(self, program: Program, diagnostics: Diagnostics) -> Sequence[Document]:
        from policyc.targets.cloud_wan.documents import emit_documents

        return emit_documents(program, diagnostics)

    def simulate(
        self, program: Program, documents: Sequence[Document], request: Request, diagnostics: Diagnostics
    ) -> Outcome | None:
        diagnostics.error(
            "network-takes-no-request",
            "a core network takes no requests",
            request.span,
            "ask about attachments and paths instead",
        )
        return None


TARGET: Target = CloudWan()
