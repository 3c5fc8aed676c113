"""VPC Lattice: auth policies on service networks and services, and the three gates of a request."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Policy
from policyc.ir.program import Program
from policyc.model.values import Resource
from policyc.targets.base import Document, Request, Target
from policyc.targets.iam_target import IamTarget

if TYPE_CHECKING:
    from policyc.engines.trace import Outcome
    from policyc.ir.raw_forms import NativeForms


class Lattice(IamTarget):
    """The target `lattice`."""

    name = "lattice"
    folder = "lattice"
    called = "VPC Lattice"
    document = "auth-policy"
    service = "vpc-lattice-svcs"
    kinds = MappingProxyType({"lattice/auth_policy": "auth-policy", "lattice/raw_auth_policy": "auth-policy"})

    def native_forms(self) -> NativeForms:
        from policyc.targets.iam_documents.raw_forms import Iam

        return Iam()

    def check(self, policy: Policy, program: Program, diagnostics: Diagnostics) -> None:
        from policyc.targets.lattice.limits import check_policy
        from policyc.targets.lattice.lowering import lowered_policy

        found = Diagnostics()
        check_policy(policy, program, found)
        if not found.has_errors and isinstance(policy.on, Resource):
            lowered_policy(policy, program, found)
        diagnostics.extend(found)

    def check_program(self, program: Program, diagnostics: Diagnostics) -> None:
        """Listeners and their rules; services and networks are checked by their vocabulary."""
        from policyc.targets.lattice.routing_limits import check_routing

        check_routing(program, diagnostics)

    def emit(self, program: Program, diagnostics: Diagnostics) -> Sequence[Document]:
        from policyc.targets.lattice.emit import emit_documents

        return emit_documents(program, diagnostics)

    def simulate(
        self, program: Program, documents: Sequence[Document], request: Request, diagnostics: Diagnostics
    ) -> Outcome | None:
        from policyc.targets.lattice.chain import simulate

        return simulate(program, documents, request, diagnostics)


TARGET: Target = Lattice()
