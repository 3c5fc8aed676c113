"""Client VPN: device posture policies in Cedar, decided on what a device, a login and a connection tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from policyc.diagnostics import Diagnostics
from policyc.engines.trace import Outcome
from policyc.ir.authz import Policy
from policyc.ir.program import Program
from policyc.model.values import Principal, Resource
from policyc.model.vocabulary import Attribute, Vocabulary
from policyc.record import record
from policyc.targets.base import Document, Request, Statements, Target
from policyc.targets.client_vpn import scope as _scope


@record
class ClientVpn:
    """The target `client_vpn`; stages load on first use, so that `check` of other targets stays light."""

    name: str = "client_vpn"
    folder: str = "client_vpn"
    called: str = "Client VPN"
    document: str = "cedar"
    service: str = ""

    def vocabulary(self) -> Vocabulary:
        return _scope.vocabulary()

    def scope(self, on: Resource | Principal, resources: Mapping[str, Resource]) -> Mapping[str, Attribute]:
        return {name: fact.attribute for name, fact in _scope.facts(on).items()}

    def hint(self, on: Resource | Principal, resources: Mapping[str, Resource], name: str) -> str:
        from policyc.targets.client_vpn.limits import hint

        return hint(on, name) if isinstance(on, Resource) else ""

    def statements(self, document: Document) -> Statements:
        return ""

    def check(self, policy: Policy, program: Program, diagnostics: Diagnostics) -> None:
        from policyc.targets.client_vpn.limits import check_policy

        check_policy(policy, program, diagnostics)

    def check_program(self, program: Program, diagnostics: Diagnostics) -> None:
        from policyc.targets.client_vpn.resources import check_endpoints

        check_endpoints(program, diagnostics)

    def emit(self, program: Program, diagnostics: Diagnostics) -> Sequence[Document]:
        from policyc.targets.client_vpn.emit import emit_documents

        return emit_documents(program, diagnostics)

    def simulate(
        self, program: Program, documents: Sequence[Document], request: Request, diagnostics: Diagnostics
    ) -> Outcome | None:
        from policyc.targets.client_vpn.chain import simulate

        return simulate(program, documents, request, diagnostics)


TARGET: Target = ClientVpn()
