"""Client VPN: device posture policies in Cedar, decided on what a device, a login and a connection tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from policyc.diagnostics import Diagnostics
from policyc.engines.trace import Outcome
from policyc.ir.authz import Policy
from policyc.ir.program import Program
from policyc.model.values import Principal, Resource
from policyc.model.vocabulary import Attribute, Vocabulary
from policyc.targets.base import Document, Native, Request, Target
from policyc.targets.client_vpn import scope as _scope


class ClientVpn:
    """The target `client_vpn`; stages load on first use, so that `check` of other targets stays light."""

    name = "client_vpn"
    folder = "client_vpn"
    called = "Client VPN"
    document = "cedar"
    service = ""
    visited = _scope.ENDPOINT
    roots = _scope.OWN
    kinds = MappingProxyType({"": "cedar"})

    def vocabulary(self) -> Vocabulary:
        return _scope.vocabulary()

    def scope(self, on: Resource | Principal, resources: Mapping[str, Resource]) -> Mapping[str, Attribute]:
        return {name: fact.attribute for name, fact in _scope.facts(on).items()}

    def hint(self, on: Resource | Principal, resources: Mapping[str, Resource], name: str) -> str:
        from policyc.targets.client_vpn.limits import hint

        return hint(on, name) if isinstance(on, Resource) else ""

    def check(self, policy: Policy, program: Program, diagnostics: Diagnostics) -> None:
        from policyc.targets.client_vpn.limits import check_policy

        check_policy(policy, program, diagnostics)

    def check_program(self, program: Program, diagnostics: Diagnostics) -> None:
        from policyc.targets.client_vpn.resources import check_endpoints

        check_endpoints(program, diagnostics)

    def emit(self, program: Program, diagnostics: Diagnostics) -> Sequence[Document]:
        from policyc.targets.client_vpn.emit import emit_documents

        return emit_documents(program, diagnostics)

    def read(self, native: Native, diagnostics: Diagnostics) -> Policy | None:
        """The policy of a text; what it is attached to tells which attributes have a documented kind."""
        from policyc.targets.cedar_documents.read import attached, read_text

        on = native.on or attached("client_vpn.endpoint", native.source)
        return read_text(native.source, _scope.facts(on), on, self.name, diagnostics)

    def simulate(
        self, program: Program, documents: Sequence[Document], request: Request, diagnostics: Diagnostics
    ) -> Outcome | None:
        from policyc.targets.client_vpn.chain import simulate

        return simulate(program, documents, request, diagnostics)


TARGET: Target = ClientVpn()
