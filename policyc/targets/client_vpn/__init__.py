"""Client VPN: device posture policies in Cedar, decided on what a device, a login and a connection tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Policy
from policyc.ir.program import Program
from policyc.model.values import Principal, Resource
from policyc.model.vocabulary import Attribute, Vocabulary
from policyc.targets.base import Document, Native, Request, Target
from policyc.targets.client_vpn import scope as _scope

if TYPE_CHECKING:
    from policyc.engines.trace import Outcome
    from policyc.targets.cedar_documents.facts import Fact
    from policyc.targets.cedar_documents.protocol import Providers, Question, Text
    from policyc.text import Source


class ClientVpn:
    """The target `client_vpn`; stages load on first use, so that `check` of other targets stays light."""

    name = "client_vpn"
    folder = "client_vpn"
    called = "Client VPN"
    document = "cedar"
    service = ""
    visited = _scope.ENDPOINT
    roots = _scope.OWN
    gates = ("endpoint",)
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

    def facts(self, on: Resource | Principal, resources: Mapping[str, Resource]) -> Mapping[str, Fact]:
        return _scope.facts(on)

    def trust_problem(self, name: str, word: str) -> tuple[str, str, str] | None:
        """The names below `context` are the service's own: nobody declares a provider."""
        return "unknown-trust-type", f"Client VPN chooses the name of `{name}` itself", "drop the declaration"

    def check_text(self, source: Source, given: Providers, diagnostics: Diagnostics) -> Policy | None:
        from policyc.targets.client_vpn.text import check_text

        return check_text(source, diagnostics)

    def ask_texts(self, texts: Mapping[str, Text], question: Question) -> Outcome:
        from policyc.targets.client_vpn.text import ask_text

        return ask_text(texts["endpoint"], question)

    def simulate(
        self, program: Program, documents: Sequence[Document], request: Request, diagnostics: Diagnostics
    ) -> Outcome | None:
        from policyc.targets.client_vpn.chain import simulate

        return simulate(program, documents, request, diagnostics)


TARGET: Target = ClientVpn()
