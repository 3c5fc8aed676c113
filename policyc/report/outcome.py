"""The answer to "what if, and why" for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policyc.engines.trace import Decision, GateTrace, Outcome, Reason, StatementTrace, Verdict
from policyc.record import record
from policyc.report.data import span_data
from policyc.report.frame import Mark, frames, located
from policyc.report.options import Options
from policyc.report.screen import cells, clean, paint, shorten, wrap
from policyc.text import Source, Span

FORMAT_VERSION = 1
#: more deciding statements than this are counted, not shown
_MOST_STATEMENTS = 3
_STYLES = {Decision.ALLOW: "good", Decision.DENY: "error", Decision.UNDECIDED: "warning"}


@record
class Detail:
    """How much an answer tells: what to change and every statement part by part; one statement (its label) part by part."""

    explain: bool = False
    why_not: str | None = None


def render_answer(outcome: Outcome, sources: Mapping[str, Source], options: Options, detail: Detail) -> str:
    """The answer with as much detail as was asked for."""
    from policyc.report.explain_tree import render_change, render_tree, render_why_not

    parts = []
    change = render_change(outcome, options) if detail.explain else ""
    parts += [change] if change else []
    if detail.why_not is not None:
        told = render_why_not(outcome, detail.why_not, sources, options)
        parts.append(f"{outcome.decision.value}\n\n{told}")
    else:
        parts.append(render_outcome(outcome, sources, options))
    parts += [render_tree(outcome, sources, options)] if detail.explain else []
    return "\n".join(parts)


def render_outcome(outcome: Outcome, sources: Mapping[str, Source], options: Options) -> str:
    """The decision, the statement that settled it with its source line, each gate, and for a refusal what was missed."""
    lines = _headline(outcome, options)
    gate = deciding_gate(outcome)
    if gate is not None:
        lines += _deciding_lines(gate, sources, options)
    if outcome.gates:
        lines += ["", *_gate_table(outcome, sources, options)]
    for refused in _refused_by_default(outcome):
        lines += ["", *_nearest_lines(refused, sources, options)]
    told = [line for text in remarks(outcome) for line in wrap(text, options.width, "  ")]
    lines += ["", *told] if told else []
    return "\n".join(line.rstrip() for line in lines) + "\n"


def deciding_gate(outcome: Outcome) -> GateTrace | None:
    """The gate that settled the request: the one that the outcome names, or for an allow the last one with a statement."""
    for gate in outcome.gates:
        if gate.name == outcome.deciding:
            return gate
    if outcome.decision is Decision.ALLOW:
        return next((gate for gate in reversed(outcome.gates) if gate.decided_by), None)
    return next((gate for gate in outcome.gates if gate.verdict.decision is outcome.decision), None)


def _headline(outcome: Outcome, options: Options) -> list[str]:
    gate = deciding_gate(outcome)
    decision = outcome.decision
    if gate is None:
        text = ""
    elif gate.decided_by:
        labels = ", ".join(f"`{statement.label}`" for statement in gate.decided_by[:_MOST_STATEMENTS])
        text = f"by {labels} at {gate.title}"
    elif gate.verdict is Verdict.IMPLICIT_DENY:
        text = f"by default at {gate.title}"
    else:
        text = f"at {gate.title}"
    head = decision.value
    lines = wrap(f"{head} {text}".rstrip(), options.width, "  ")
    lines[0] = paint(head, _STYLES[decision], options.color) + lines[0].removeprefix(head)
    return lines


def _deciding_lines(gate: GateTrace, sources: Mapping[str, Source], options: Options) -> list[str]:
    lines: list[str] = []
    for statement in gate.decided_by[:_MOST_STATEMENTS]:
        lines += _statement_frame(statement, gate.verdict.decision, sources, options)
    rest = len(gate.decided_by) - _MOST_STATEMENTS
    if rest > 0:
        lines.append(f"  and {rest} more")
    return lines


def _statement_frame(
    statement: StatementTrace, decision: Decision, sources: Mapping[str, Source], options: Options
) -> list[str]:
    if statement.span is None:
        return [f"  --> statement {statement.index} of {clean(statement.policy)}"]
    span = _first_line(statement.span, sources)
    return frames([Mark(span, "", _STYLES[decision], True)], sources, options)


def _first_line(span: Span, sources: Mapping[str, Source]) -> Span:
    """The part of a span that lies on its first line: enough to recognise a statement."""
    source = sources.get(span.file)
    if source is None:
        return span
    stop = source.text.find("\n", span.start, span.end)
    return span if stop < 0 else Span(span.file, span.start, stop)


def _gate_table(outcome: Outcome, sources: Mapping[str, Source], options: Options) -> list[str]:
    rows = [(gate.title, gate) for gate in outcome.gates]
    widest = min(max(cells(name) for name, _ in rows), options.width // 2)
    lines = [paint("gates", "strong", options.color)]
    for name, gate in rows:
        shown = shorten(name, widest)
        padding = " " * (widest - cells(shown))
        verdict = paint(gate.verdict.value, _STYLES[gate.verdict.decision], options.color)
        lines.append(f"  {shown}{padding}  {verdict}")
        if gate.summary:
            lines += ["    " + text for text in wrap(gate.summary, options.width - 4, "  ")]
        for statement in gate.decided_by[:_MOST_STATEMENTS]:
            if statement.span is not None:
                where = f"{statement.label} --> {located(statement.span, sources, options)}"
                lines += ["    " + text for text in wrap(where, options.width - 4, "  ")]
    return lines


def _refused_by_default(outcome: Outcome) -> Iterator[GateTrace]:
    """The gates whose nearest statement explains a refusal or a doubt."""
    for gate in outcome.gates:
        if gate.nearest is not None and gate.verdict in (Verdict.IMPLICIT_DENY, Verdict.UNDECIDED):
            yield gate


def _nearest_lines(gate: GateTrace, sources: Mapping[str, Source], options: Options) -> list[str]:
    nearest = gate.nearest
    if nearest is None:
        return []
    lines = wrap(f"nearest at {gate.title}: {nearest.effect.lower()} `{nearest.label}`", options.width, "  ")
    if nearest.span is not None:
        span = _first_line(nearest.span, sources)
        lines += frames([Mark(span, "", "frame", False)], sources, options)
    for reason in nearest.misses:
        sign = "unknown" if reason.matched is None else "missed"
        where = "" if reason.span is None else f" ({located(reason.span, sources, options)})"
        lines += wrap(f"  {sign} {reason.part}: {reason.sentence()}{where}", options.width, "    ")
    return lines


def remarks(outcome: Outcome) -> Iterator[str]:
    """What is said below the gates: what the caller sees, what the request does not say, notes."""
    if outcome.error:
        yield f"the caller sees: {outcome.error}"
    if outcome.missing:
        yield "the request does not say: " + ", ".join(f"`{name}`" for name in outcome.missing)
    if outcome.assumed:
        other = Decision.DENY if outcome.decision is Decision.ALLOW else Decision.ALLOW
        names = ", ".join(f"`{name}`" for name in outcome.assumed)
        yield f"assumed absent: {names}; stated, it may be {other.value}"
    for note in outcome.notes:
        yield f"note: {note}"
    switches = sorted({name for gate in outcome.gates for name in gate.switches})
    if switches:
        names = ", ".join(f"`{name}`" for name in switches)
        yield f"note: AWS leaves this open; the answer rests on the choice for {names} (see policyc explain)"


def outcome_data(outcome: Outcome, sources: Mapping[str, Source]) -> dict[str, Any]:
    """The outcome as plain data with a `format_version`; the shape is `schemas/outcome.schema.json`."""
    return {
        "format_version": FORMAT_VERSION,
        "decision": outcome.decision.value,
        "deciding": outcome.deciding,
        "error": outcome.error,
        "missing": list(outcome.missing),
        "assumed": list(outcome.assumed),
        "notes": list(outcome.notes),
        "gates": [_gate_data(gate, sources) for gate in outcome.gates],
    }


def _gate_data(gate: GateTrace, sources: Mapping[str, Source]) -> dict[str, Any]:
    return {
        "name": gate.name,
        "kind": gate.kind,
        "verdict": gate.verdict.value,
        "summary": gate.summary,
        "decided_by": [statement_data(statement, sources) for statement in gate.decided_by],
        "nearest": None if gate.nearest is None else statement_data(gate.nearest, sources),
        "statements": _statements_data(gate.statements, sources),
        "switches": list(gate.switches),
    }


def _statements_data(statements: Sequence[StatementTrace], sources: Mapping[str, Source]) -> list[dict[str, Any]]:
    return [statement_data(statement, sources) for statement in statements]


def statement_data(statement: StatementTrace, sources: Mapping[str, Source]) -> dict[str, Any]:
    """One statement with the reason for each part."""
    return {
        "policy": statement.policy,
        "index": statement.index,
        "label": statement.label,
        "effect": statement.effect,
        "matched": statement.matched,
        "location": None if statement.span is None else span_data(statement.span, sources),
        "reasons": [_reason_data(reason, sources) for reason in statement.reasons],
    }


def _reason_data(reason: Reason, sources: Mapping[str, Source]) -> dict[str, Any]:
    return {
        "part": reason.part,
        "matched": reason.matched,
        "subject": reason.subject,
        "operator": reason.operator,
        "expected": list(reason.expected),
        "actual": None if reason.actual is None else list(reason.actual),
        "sentence": reason.sentence(),
        "location": None if reason.span is None else span_data(reason.span, sources),
    }
