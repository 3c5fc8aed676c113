"""The texts of a group and an endpoint together: what they answer to a context, and to a record of an access log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from policyc.diagnostics import Diagnostics
from policyc.engines.cedar.decide import NotOpen, Path, UnusableContext
from policyc.engines.trace import Outcome
from policyc.ir.program import Program
from policyc.model.values import Resource
from policyc.record import record, replace
from policyc.syntax.cedar_text import parse_cedar
from policyc.syntax.json_text import JsonObject, JsonValue
from policyc.targets.base import Document
from policyc.targets.cedar_documents.claims import entries
from policyc.targets.cedar_documents.protocol import Answered, Providers, Text
from policyc.targets.cedar_documents.text.asking import read_paths, report_unusable
from policyc.targets.cedar_documents.text.kinds import Kind
from policyc.targets.switches import choice
from policyc.targets.verified_access.gates import EndpointAlone
from policyc.targets.verified_access.read.access_log import read_log_record
from policyc.targets.verified_access.read.claims import Declared, claims_of, declarations
from policyc.targets.verified_access.read.decide import judge
from policyc.targets.verified_access.read.replay import agrees, replay
from policyc.targets.verified_access.scope import ENDPOINT, group_of, reference
from policyc.text import Source


@record
class Guard:
    """Texts by their gate, what is declared of the trust providers, and who decides without a group's policy. `read` are the attributes
    that the texts read."""

    texts: Mapping[str, Text]
    declared: Declared
    alone: EndpointAlone
    read: Sequence[Path]

    def answer(self, context: JsonObject, unknown: Sequence[Path], diagnostics: Diagnostics) -> Outcome | None:
        group, endpoint = self.texts.get("group"), self.texts.get("endpoint")
        try:
            return judge(group, endpoint, context.plain(), unknown, self.alone, (), self.declared)
        except (UnusableContext, NotOpen) as error:
            report_unusable(error, context, (), diagnostics)
            return None

    def answer_record(self, tree: JsonValue, unknown: Sequence[Path], diagnostics: Diagnostics) -> Answered | None:
        logged = read_log_record(tree, diagnostics)
        if logged is None:
            return None
        texts = (self.texts.get("group"), self.texts.get("endpoint"))
        try:
            outcome = replay(logged, texts, unknown, self.read, self.alone, self.declared)
        except (UnusableContext, NotOpen) as error:
            report_unusable(error, tree, ("data", "context"), diagnostics)
            return None
        return Answered(outcome, logged.expected, agrees(logged, outcome))


def guard_of(
    texts: Mapping[str, Text],
    given: Providers,
    switches: Mapping[str, str],
    diagnostics: Diagnostics,
    claims: Mapping[str, Kind] = MappingProxyType({}),
) -> Guard:
    """The guard that texts make; `claims` are declared of the providers elsewhere. What the texts' comments say wrongly is reported."""
    documents = [item[1] for item in texts.values()]
    declared = declarations(documents, given.trust, given.samples, given.open_file, diagnostics, claims)
    alone: EndpointAlone = "allow" if choice(switches, "endpoint-policy-alone") == "allow" else "deny"
    return Guard(texts, declared, alone, read_paths(documents))


def guard_on(
    endpoint: Resource, program: Program, documents: Sequence[Document], given: Providers, diagnostics: Diagnostics
) -> Guard | None:
    """What a project deploys in front of an endpoint: on its group and on itself, with the group's trust providers and what it declares of
    them. None after a report: for other resources, and where there is no policy."""
    group = group_of(endpoint, program.resources)
    if endpoint.type != ENDPOINT or group is None:
        diagnostics.error(
            "request-to-group",
            f"`{endpoint.name}` is no endpoint of Verified Access, and a log record is about one",
            endpoint.span,
            f"name a `{ENDPOINT}`",
        )
        return None
    texts: dict[str, Text] = {}
    for gate, resource in (("group", group), ("endpoint", endpoint)):
        on = [item for item in documents if item.attached_to == resource.id and item.path.endswith(".cedar")]
        source = Source(on[0].path, on[0].text) if on else None
        tree = None if source is None else parse_cedar(source, diagnostics)
        if source is not None and tree is not None:
            texts[gate] = (source, tree)
    if not texts:
        message = f"no policy is on `{endpoint.name}` or its group"
        diagnostics.error("unusable-policy", message, endpoint.span, "write one, or name Cedar files")
        return None
    trust = {reference(group, key): str(value.data) for key, value in entries(group, "trust")}
    return guard_of(texts, replace(given, trust=trust), program.switches, diagnostics, claims_of(group))
