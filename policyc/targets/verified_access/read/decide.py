"""What a group's and an endpoint's Cedar text answer to a context, and why.

An attribute may be unknown (there, with a value that nobody states) or doubtful (there or not). Unknown ones are asked about once more as
absent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policyc.diagnostics import Diagnostics
from policyc.engines.cedar.decide import Path, decide, parse_policies
from policyc.engines.trace import Decision, GateTrace, Outcome, Verdict
from policyc.record import replace
from policyc.syntax.cedar_nodes import Document
from policyc.targets.cedar_documents.gate import Judged
from policyc.targets.cedar_documents.protocol import no_files
from policyc.targets.cedar_documents.text.asking import (
    Asking,
    Question,
    ask,
    left_open,
    look_at,
    names_of,
    notes_on,
    read_paths,
    settled_whatever,
    verdict_of,
)
from policyc.targets.cedar_documents.text.documented import of_context
from policyc.targets.verified_access.gates import EndpointAlone, no_policy, outcome_of
from policyc.targets.verified_access.read.claims import Declared, declarations
from policyc.targets.verified_access.read.context import context_kind
from policyc.text import Source

_PATH = ("http_request", "path")
_PORTS = (("http_request", "port"), ("tcp_flow", "destination_port"))


def judge(
    group: tuple[Source, Document] | None,
    endpoint: tuple[Source, Document] | None,
    context: Mapping[str, Any],
    unknown: Sequence[Path],
    endpoint_alone: EndpointAlone = "deny",
    doubtful: Sequence[Path] = (),
    declared: Declared | None = None,
) -> Outcome:
    """The outcome for one context; `declared` tells of the trust providers, else the comments of the texts do. Raises `UnusableContext`
    when Cedar has no value for something in it."""
    if declared is None:
        documents = [item[1] for item in (group, endpoint) if item is not None]
        declared = declarations(documents, {}, {}, no_files, Diagnostics())
    question = Question(
        context, tuple(unknown), tuple(doubtful), of_context(context_kind(declared.trust, claims=declared.claims))
    )
    first = None if group is None else _gate("group", *group, question)
    second = None if endpoint is None else _gate("endpoint", *endpoint, question)
    judged = (
        first.judged
        if first
        else no_policy("no group policy", "group", second.judged if second else None, endpoint_alone),
        second.judged
        if second
        else no_policy("no endpoint policy", "endpoint", first.judged if first else None, endpoint_alone),
    )
    asked = [item for item in (first, second) if item is not None]
    notes = tuple(_notes(asked, question, endpoint_alone, judged))
    return outcome_of(judged, "HTTP 403" if "tcp_flow" not in context else "", notes)


def _gate(kind: str, source: Source, document: Document, question: Question) -> Asking:
    asking = ask(kind, source, document, question)
    gate = asking.judged.gate
    forms = _forms(source, document, question, gate.verdict)
    judged = Judged(replace(gate, switches=(*gate.switches, *forms)), asking.judged.missing)
    return replace(asking, judged=judged) if forms else asking


def _forms(source: Source, document: Document, question: Question, verdict: Verdict) -> list[str]:
    """The switches that would change the answer: a path with the other slash, a port in the other form."""
    read = set(read_paths([document]))
    context = question.context
    found = []
    for path in (_PATH, *_PORTS):
        value = context.get(path[0], {}).get(path[1]) if isinstance(context.get(path[0]), Mapping) else None
        other = _other_form(path, value)
        if path not in read or other is None:
            continue
        changed = {**context, path[0]: {**context[path[0]], path[1]: other}}
        if verdict_of(look_at(source, question, changed)[0])[0].decision is not verdict.decision:
            found.append("path-slash" if path == _PATH else "port-form")
    return found


def _other_form(path: Path, value: object) -> object:
    if path == _PATH:
        if not isinstance(value, str):
            return None
        return value[1:] if value.startswith("/") else f"/{value}"
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) < 6 else None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


# --- notes ----------------------------------------------------------------------------------------------------------


def _notes(
    asked: Sequence[Asking], question: Question, endpoint_alone: EndpointAlone, judged: Sequence[Judged]
) -> Iterator[str]:
    """What the open attributes mean for the answer, besides what is said of any text."""
    yield from notes_on(asked, question)
    if not (question.unknown or question.doubtful):
        return
    decision = outcome_of(judged, "").decision
    if decision is not Decision.UNDECIDED:
        yield settled_whatever(decision, question)
    else:
        yield from left_open(asked)
    without = None if question.doubtful or not question.unknown else _absent_too(asked, question, endpoint_alone)
    if without is not None and without is not decision:
        yield f"without {names_of(question.unknown)} the answer is {without.value}"


def _absent_too(asked: Sequence[Asking], question: Question, endpoint_alone: EndpointAlone) -> Decision:
    """The decision when the unknown attributes are not there at all."""
    found: dict[str, Judged] = {}
    for item in asked:
        verdict, _ = verdict_of(decide(parse_policies(item.source.text), question.context))
        gate = item.judged.gate
        found[gate.kind] = Judged(GateTrace(gate.name, gate.kind, verdict, ""))
    group, endpoint = found.get("group"), found.get("endpoint")
    both = (
        group or no_policy("", "group", endpoint, endpoint_alone),
        endpoint or no_policy("", "endpoint", group, endpoint_alone),
    )
    return outcome_of(both, "").decision
