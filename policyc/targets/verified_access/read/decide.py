"""What a group's and an endpoint's Cedar text answer to a context, and why: Cedar decides, also on each test by itself.

An attribute may be unknown (there, with a value that nobody states) or doubtful (there or not). Unknown ones are asked about once more as
absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from policyc.diagnostics import Diagnostics
from policyc.engines.cedar.decide import About, Answer, PartialEvaluation, Path, decide, look, parse_policies
from policyc.engines.cedar.predicates import conditions_of, find_tests
from policyc.engines.trace import Decision, GateTrace, Outcome, StatementTrace, Verdict
from policyc.record import record
from policyc.syntax.cedar_nodes import Document
from policyc.targets.cedar_documents.explain import nearest
from policyc.targets.cedar_documents.facts import cedar_path
from policyc.targets.cedar_documents.gate import Judged, decided_by, summary
from policyc.targets.verified_access.gates import EndpointAlone, no_policy, outcome_of, skipped, verdict_of
from policyc.targets.verified_access.read.claims import Declared, declarations, no_files
from policyc.targets.verified_access.read.documented import of_texts
from policyc.targets.verified_access.read.reasons import Asked, residual, trace, unless_notes
from policyc.targets.verified_access.read.statements import condition_of
from policyc.text import Source

_PATH = ("http_request", "path")
_PORTS = (("http_request", "port"), ("tcp_flow", "destination_port"))


@record
class Question:
    """A request: the context, the attributes in it that are there with an unknown value, those that may not be there, and what is
    documented of them."""

    context: Mapping[str, Any]
    unknown: tuple[Path, ...]
    doubtful: tuple[Path, ...]
    about: About


@record
class Asking:
    """One text with its answer to the question."""

    source: Source
    document: Document
    answer: Answer
    partial: PartialEvaluation
    judged: Judged


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
    question = Question(context, tuple(unknown), tuple(doubtful), of_texts(declared))
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


def read_paths(documents: Iterable[Document]) -> list[Path]:
    """The attributes below `context` that the texts read or ask for, in their order."""
    tests = find_tests(condition for document in documents for condition in conditions_of(document))
    reads = (read for test in tests.values() for read in test.reads)
    return [path for path in dict.fromkeys((*read.path, *read.names) for read in reads) if path]


def _gate(kind: str, source: Source, document: Document, question: Question) -> Asking:
    answer, partial = _look(source, question, question.context)
    asked = Asked(question.context, partial)
    traces = tuple(
        trace(source.file, place, statement, result, asked)
        for place, (statement, result) in enumerate(zip(document.statements, answer.statements, strict=True))
    )
    verdict, switches = verdict_of(answer)
    gate = GateTrace(
        name=source.file,
        kind=kind,
        verdict=verdict,
        summary=summary(verdict, skipped(answer, traces), ("permit", "forbid")),
        decided_by=decided_by(verdict, traces),
        nearest=nearest(traces) if verdict in (Verdict.IMPLICIT_DENY, Verdict.UNDECIDED) else None,
        statements=traces,
        switches=(*switches, *_forms(source, document, question, verdict)),
    )
    missing = tuple(cedar_path(path) for path in answer.missing)
    return Asking(source, document, answer, partial, Judged(gate, missing))


def _look(source: Source, question: Question, context: Mapping[str, Any]) -> tuple[Answer, PartialEvaluation]:
    return look(parse_policies(source.text), context, question.unknown, question.doubtful, question.about)


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
        if verdict_of(_look(source, question, changed)[0])[0].decision is not verdict.decision:
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
    """What the open attributes mean for the answer, which statements Cedar could not evaluate, and which denies stand in a permit."""
    yield from _failures(asked)
    yield from _denies(asked, question)
    yield from _misplaced(asked, question)
    if not (question.unknown or question.doubtful):
        return
    decision = outcome_of(judged, "").decision
    if decision is not Decision.UNDECIDED:
        values = f"the value of {_names(question.unknown)}" if question.unknown else ""
        presence = f"{_names(question.doubtful)} may be" if question.doubtful else ""
        yield f"{decision.value} whatever {' and whatever '.join(text for text in (values, presence) if text)}"
    else:
        yield from _left(asked, question)
    without = None if question.doubtful or not question.unknown else _absent_too(asked, question, endpoint_alone)
    if without is not None and without is not decision:
        yield f"without {_names(question.unknown)} the answer is {without.value}"


def _names(paths: Sequence[Path]) -> str:
    return ", ".join(f"`context{'' if cedar_path(path).startswith('[') else '.'}{cedar_path(path)}`" for path in paths)


def _left(asked: Sequence[Asking], question: Question) -> Iterator[str]:
    """What each open statement still asks for."""
    for item in asked:
        if item.judged.gate.verdict is not Verdict.UNDECIDED:
            continue
        for statement, result in zip(item.document.statements, item.answer.statements, strict=True):
            condition = condition_of(statement)
            if result.matched is None and condition is not None:
                effect = "allowed" if statement.effect == "permit" else "refused"
                left = residual(condition, Asked(question.context, item.partial))
                yield f"{item.source.file} leaves: {effect} if {left}"


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


def _failures(asked: Sequence[Asking]) -> Iterator[str]:
    for item in asked:
        for failure in item.answer.failed:
            line = item.source.position(item.document.statements[failure.index].span.start).line
            what = (
                "a permit that fails allows nothing"
                if failure.effect == "permit"
                else "Cedar skips a forbid that fails"
            )
            yield f"{item.source.file}, line {line}: {failure.error.rstrip('.')}; {what}"


def _denies(asked: Sequence[Asking], question: Question) -> Iterator[str]:
    for item in asked:
        near: StatementTrace | None = item.judged.gate.nearest
        if near is None:
            continue
        statement = item.document.statements[near.index]
        for node, words in unless_notes(item.document, statement, Asked(question.context, item.partial)):
            yield f"{item.source.file}, line {item.source.position(node.span.start).line}: {words}"


def _misplaced(asked: Sequence[Asking], question: Question) -> Iterator[str]:
    """A request that was given one level too deep."""
    inner = question.context.get("context")
    read = any(path[0] == "context" for path in read_paths(item.document for item in asked))
    if len(question.context) == 1 and isinstance(inner, Mapping) and not read:
        yield "the request has nothing but `context`; give what stands below it, the texts read no `context.context`"
