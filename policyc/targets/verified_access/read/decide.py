"""What a group's and an endpoint's Cedar text answer to a context, and why: Cedar decides, also on each test by itself.

A test of a condition is asked of Cedar as a policy of its own, so a reason never rests on a second evaluator. Attributes whose value
nobody states are asked twice: as there with any well-typed value, and as absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from policyc.engines.cedar import Answer, decide, parse_policies
from policyc.engines.trace import Decision, GateTrace, Outcome, Verdict
from policyc.syntax.cedar_nodes import Document, Get, path_of, walk
from policyc.targets.verified_access.explain import nearest
from policyc.targets.verified_access.gates import (
    EndpointAlone,
    Judged,
    decided_by,
    no_policy,
    outcome_of,
    skipped,
    summary,
    verdict_of,
)
from policyc.targets.verified_access.read.reasons import Asked, residual, trace
from policyc.targets.verified_access.read.statements import condition_of
from policyc.text import Source

Path = tuple[str, ...]
_PATH = ("http_request", "path")
_PORTS = (("http_request", "port"), ("tcp_flow", "destination_port"))


def judge(
    group: tuple[Source, Document] | None,
    endpoint: tuple[Source, Document] | None,
    context: Mapping[str, Any],
    unknown: Sequence[Path],
    endpoint_alone: EndpointAlone = "deny",
) -> Outcome:
    """The outcome for one context. Raises `UnusableContext` when Cedar has no value for something in it."""
    first = None if group is None else _gate("group", *group, context, unknown)
    second = None if endpoint is None else _gate("endpoint", *endpoint, context, unknown)
    judged = (
        first or no_policy("no group policy", "group", second, endpoint_alone),
        second or no_policy("no endpoint policy", "endpoint", first, endpoint_alone),
    )
    documents = [item for item in (group, endpoint) if item is not None]
    notes = tuple(_notes(documents, context, unknown, endpoint_alone, judged))
    refusal = "HTTP 403" if "tcp_flow" not in context else ""
    return outcome_of(judged, refusal, notes)


def read_paths(documents: Iterable[Document]) -> list[Path]:
    """The innermost attributes below `context` that the texts read, in their order."""
    found: dict[Path, None] = {}
    for document in documents:
        for statement in document.statements:
            for clause in statement.clauses:
                nodes = walk(clause.body)
                inner = {id(node.of) for node in nodes if isinstance(node, Get)}
                for node in nodes:
                    path = path_of(node)
                    if path and id(node) not in inner:
                        found.setdefault(path)
    return list(found)


def _gate(kind: str, source: Source, document: Document, context: Mapping[str, Any], unknown: Sequence[Path]) -> Judged:
    asked = Asked(context, tuple(unknown))
    answer = decide(parse_policies(source.text), context, unknown)
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
        switches=(*switches, *_forms(source, document, context, unknown, answer)),
    )
    return Judged(gate, tuple(".".join(path) for path in answer.missing))


def _forms(
    source: Source, document: Document, context: Mapping[str, Any], unknown: Sequence[Path], answer: Answer
) -> list[str]:
    """The switches that would change the answer: a path with the other slash, a port in the other form."""
    read = set(read_paths([document]))
    found = []
    for path in (_PATH, *_PORTS):
        value = context.get(path[0], {}).get(path[1]) if isinstance(context.get(path[0]), Mapping) else None
        other = _other_form(path, value)
        if path not in read or other is None:
            continue
        changed = {**context, path[0]: {**context[path[0]], path[1]: other}}
        if decide(parse_policies(source.text), changed, unknown).decision is not answer.decision:
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


# --- unknowns ---------------------------------------------------------------------------------------------------


def _notes(
    documents: Sequence[tuple[Source, Document]],
    context: Mapping[str, Any],
    unknown: Sequence[Path],
    endpoint_alone: EndpointAlone,
    judged: Sequence[Judged],
) -> Iterable[str]:
    """What the unknown attributes mean for the answer, and which statements Cedar could not evaluate."""
    yield from _failures(documents, context, unknown)
    if not unknown:
        return
    names = ", ".join(f"`context.{'.'.join(path)}`" for path in unknown)
    decision = outcome_of(judged, "").decision
    if decision is not Decision.UNDECIDED:
        yield f"{decision.value} whatever the value of {names}"
    else:
        asked = Asked(context, tuple(unknown))
        for source, document in documents:
            answer = decide(parse_policies(source.text), context, unknown)
            for statement, result in zip(document.statements, answer.statements, strict=True):
                condition = condition_of(statement)
                if result.matched is None and condition is not None and answer.decision is Decision.UNDECIDED:
                    effect = "allowed" if statement.effect == "permit" else "refused"
                    yield f"{source.file} leaves: {effect} if {residual(condition, asked)}"
    without = _absent_too(documents, context, endpoint_alone, judged)
    if without is not decision:
        yield f"without {names} the answer is {without.value}"


def _absent_too(
    documents: Sequence[tuple[Source, Document]],
    context: Mapping[str, Any],
    endpoint_alone: EndpointAlone,
    judged: Sequence[Judged],
) -> Decision:
    """The decision when the unknown attributes are not there at all."""
    texts = {source.file: source.text for source, _ in documents}
    out: list[Judged] = []
    for item in judged:
        text = texts.get(item.gate.name)
        if text is None:
            out.append(item)
            continue
        verdict, _ = verdict_of(decide(parse_policies(text), context))
        out.append(Judged(GateTrace(item.gate.name, item.gate.kind, verdict, "")))
    return outcome_of(out, "").decision


def _failures(
    documents: Sequence[tuple[Source, Document]], context: Mapping[str, Any], unknown: Sequence[Path]
) -> Iterable[str]:
    for source, document in documents:
        for failure in decide(parse_policies(source.text), context, unknown).failed:
            line = source.position(document.statements[failure.index].span.start).line
            what = (
                "a permit that fails allows nothing"
                if failure.effect == "permit"
                else "Cedar skips a forbid that fails"
            )
            yield f"{source.file}, line {line}: {failure.error.rstrip('.')}; {what}"
