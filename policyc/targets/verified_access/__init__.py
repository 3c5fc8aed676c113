"""Verified Access: Cedar policies on groups and endpoints, decided on trust data and request data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Policy
from policyc.ir.program import Program
from policyc.model.values import Principal, Resource
from policyc.model.vocabulary import Attribute, Vocabulary
from policyc.targets.base import Document, Native, OpenFile, Request, Target
from policyc.targets.verified_access import scope as _scope

if TYPE_CHECKING:
    from policyc.engines.cedar.decide import Path
    from policyc.engines.trace import Outcome
    from policyc.targets.cedar_documents.facts import Fact
    from policyc.targets.cedar_documents.protocol import Guard, Providers, Question, Record, Text
    from policyc.text import Source


class VerifiedAccess:
    """The target `verified_access`; stages load on first use, so that `check` of other targets stays light."""

    name = "verified_access"
    folder = "verified_access"
    called = "Verified Access"
    document = "cedar"
    service = ""
    visited = _scope.ENDPOINT
    roots = frozenset(_scope.REQUEST_ROOTS)
    gates = ("group", "endpoint")
    kinds = MappingProxyType({"": "cedar"})

    def vocabulary(self) -> Vocabulary:
        return _scope.vocabulary()

    def scope(self, on: Resource | Principal, resources: Mapping[str, Resource]) -> Mapping[str, Attribute]:
        return {name: fact.attribute for name, fact in _scope.facts(on, resources).items()}

    def providers(self) -> Mapping[str, Mapping[str, Any]]:
        return _scope.trust_data()

    def hint(self, on: Resource | Principal, resources: Mapping[str, Resource], name: str) -> str:
        from policyc.targets.verified_access.hints import hint

        return hint(on, resources, name)

    def complete(self, resource: Resource, open_file: OpenFile, diagnostics: Diagnostics) -> Resource:
        """A group with the claims that its samples show."""
        if resource.get("claims_from") is None:
            return resource
        from policyc.targets.verified_access.samples import complete

        return complete(resource, open_file, diagnostics)

    def check(self, policy: Policy, program: Program, diagnostics: Diagnostics) -> None:
        from policyc.targets.verified_access.limits import check_policy

        check_policy(policy, program, diagnostics)

    def check_program(self, program: Program, diagnostics: Diagnostics) -> None:
        from policyc.targets.verified_access.trust import check_resources

        check_resources(program, diagnostics)

    def emit(self, program: Program, diagnostics: Diagnostics) -> Sequence[Document]:
        from policyc.targets.verified_access.emit import emit_documents

        return emit_documents(program, diagnostics)

    def read(self, native: Native, diagnostics: Diagnostics) -> Policy | None:
        """The policy of a text; what it is attached to tells which attributes have a documented kind."""
        from policyc.targets.cedar_documents.read import attached, read_text

        on = native.on or attached("verified_access.group", native.source)
        return read_text(native.source, _scope.facts(on, native.resources), on, self.name, diagnostics)

    def facts(self, on: Resource | Principal, resources: Mapping[str, Resource]) -> Mapping[str, Fact]:
        return _scope.facts(on, resources)

    def trust_problem(self, name: str, word: str) -> tuple[str, str, str] | None:
        from policyc.targets.verified_access.read.trust import trust_problem

        return trust_problem(name, word)

    def check_text(self, source: Source, given: Providers, diagnostics: Diagnostics) -> Policy | None:
        from policyc.targets.verified_access.read.check import check_text

        return check_text(source, diagnostics, given.trust, given.samples, given.open_file, given.protocol)

    def ask_texts(self, texts: Mapping[str, Text], question: Question) -> Outcome:
        from policyc.targets.switches import choice
        from policyc.targets.verified_access.read.decide import judge

        alone = choice(question.switches, "endpoint-policy-alone")
        group, endpoint = texts.get("group"), texts.get("endpoint")
        return judge(group, endpoint, question.context, question.unknown, "allow" if alone == "allow" else "deny")

    def guard_of(
        self, texts: Mapping[str, Text], given: Providers, switches: Mapping[str, str], diagnostics: Diagnostics
    ) -> Guard:
        from policyc.targets.verified_access.read.guard import guard_of

        return guard_of(texts, given, switches, diagnostics)

    def guard_on(
        self, on: Resource, program: Program, documents: Sequence[Document], given: Providers, diagnostics: Diagnostics
    ) -> Guard | None:
        from policyc.targets.verified_access.read.guard import guard_on

        return guard_on(on, program, documents, given, diagnostics)

    def records(self, source: Source, diagnostics: Diagnostics) -> Sequence[Record]:
        from policyc.targets.verified_access.read.access_log import parse_records

        return parse_records(source, diagnostics)

    def is_documented(self, path: Path) -> bool:
        from policyc.targets.verified_access.read.trust import is_documented

        return is_documented(path)

    def simulate(
        self, program: Program, documents: Sequence[Document], request: Request, diagnostics: Diagnostics
    ) -> Outcome | None:
        from policyc.targets.switches import choice
        from policyc.targets.verified_access.chain import simulate

        alone = choice(program.switches, "endpoint-policy-alone")
        return simulate(program, documents, request, diagnostics, "allow" if alone == "allow" else "deny")


TARGET: Target = VerifiedAccess()
