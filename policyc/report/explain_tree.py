"""The whole reasoning behind an answer: what to change first, then every gate, statement and part; and one statement on its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from policyc.engines.trace import EXCLUDES, Decision, GateTrace, Outcome, Reason, StatementTrace, Verdict
from policyc.report.frame import Mark, frames, located
from policyc.report.options import Options
from policyc.report.screen import paint, wrap
from policyc.text import Source, Span

_WORDS = {True: "matched", False: "not", None: "unknown"}
_STYLES = {True: "good", False: "error", None: "warning"}
#: the order in which parts are worth changing: a request's own facts come before whom a statement names
_ORDER = {"condition": 0, "resource": 1, "action": 2, "principal": 3}


def one_change(outcome: Outcome) -> str:
    """The one thing that stands between the request and an allow, as a sentence; empty for an allow."""
    if outcome.decision is Decision.ALLOW:
        return ""
    if outcome.decision is Decision.UNDECIDED:
        return f"state `{outcome.missing[0]}`: the answer depends on it" if outcome.missing else _open_gate(outcome)
    gate = next((item for item in outcome.gates if item.name == outcome.deciding), None)
    gate = gate or next((item for item in outcome.gates if item.verdict.decision is Decision.DENY), None)
    if gate is None:
        return outcome.error
    if gate.verdict is Verdict.EXPLICIT_DENY and gate.decided_by:
        return _against_a_deny(gate.decided_by[0], gate)
    nearest = gate.nearest
    if nearest is None or not nearest.misses:
        return f"at {gate.title}: {gate.summary}"
    return _towards(nearest, gate)


def _open_gate(outcome: Outcome) -> str:
    gate = next((item for item in outcome.gates if item.verdict is Verdict.UNDECIDED), None)
    return "" if gate is None else f"at {gate.title}: {gate.summary}"


def _against_a_deny(statement: StatementTrace, gate: GateTrace) -> str:
    """A deny stops matching when one of its parts does; a condition is what a request can change."""
    parts = sorted(statement.reasons, key=lambda reason: _ORDER.get(reason.part, 4))
    if not parts:
        return f"`{statement.label}` at {gate.title} denies"
    part = parts[0]
    return f"`{statement.label}` at {gate.title} denies as long as its {part.part} matches: {part.sentence()}"


def _towards(nearest: StatementTrace, gate: GateTrace) -> str:
    misses = nearest.misses
    first = misses[0]
    if len(misses) == 1:
        return f"`{nearest.label}` at {gate.title} would allow but for its {first.part}: {first.sentence()}"
    if any(reason.part in ("principal", "action", "resource") for reason in misses):
        return (
            f"no statement at {gate.title} is about this request; add an allow, or widen `{nearest.label}`: "
            f"{first.sentence()}, and {len(misses) - 1} more"
        )
    return f"`{nearest.label}` at {gate.title} misses {len(misses)} conditions, the first: {first.sentence()}"


def render_change(outcome: Outcome, options: Options) -> str:
    """The one thing to change, as a paragraph; empty for an allow."""
    change = one_change(outcome)
    if not change:
        return ""
    head = wrap(f"change: {change}", options.width, "  ")
    return "\n".join([paint("change", "strong", options.color) + head[0].removeprefix("change"), *head[1:]]) + "\n"


def render_tree(outcome: Outcome, sources: Mapping[str, Source], options: Options) -> str:
    """Each gate with every statement and part. Fits the width of `options`."""
    lines = [paint("reasons", "strong", options.color)]
    for gate in outcome.gates:
        lines += wrap(f"  {gate.title}: {gate.verdict.value}", options.width, "    ")
        if not gate.statements:
            lines += wrap(f"    {gate.summary}", options.width, "      ")
        for statement in gate.statements:
            lines += _statement(statement, sources, options)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _statement(statement: StatementTrace, sources: Mapping[str, Source], options: Options) -> Iterator[str]:
    where = "" if statement.span is None else f" ({located(statement.span, sources, options)})"
    text = f"    {_sign(statement.matched)} {statement.effect.lower()} `{statement.label}`{where}"
    yield from _painted(wrap(text, options.width, "      "), statement.matched, options)
    for reason in statement.reasons:
        yield from _reason(reason, "      ", options)


def _reason(reason: Reason, indent: str, options: Options) -> Iterator[str]:
    text = f"{indent}{_sign(reason.matched)} {reason.part}: {_sentence(reason)}"
    yield from _painted(wrap(text, options.width, indent + "    "), reason.matched, options)


def _sentence(reason: Reason) -> str:
    """As the reason's own sentence; shorter for who, what and where, whose subject needs no words."""
    if reason.part == "condition" or reason.matched is None or not reason.actual or not reason.expected:
        return reason.sentence()
    actual, first, more = reason.actual[0], reason.expected[0], len(reason.expected) - 1
    others = f" and {more} more" if more > 0 else ""
    if reason.operator == EXCLUDES:
        return f"`{actual}` is {'not ' if reason.matched else ''}among the excluded `{first}`{others}"
    return f"`{first}`{others} {'covers' if reason.matched else 'does not cover'} `{actual}`"


def _sign(matched: bool | None) -> str:
    return f"[{_WORDS[matched]}]"


def _painted(lines: Sequence[str], matched: bool | None, options: Options) -> Iterator[str]:
    sign = _sign(matched)
    for at, line in enumerate(lines):
        yield line.replace(sign, paint(sign, _STYLES[matched], options.color), 1) if at == 0 else line


# --- one statement ----------------------------------------------------------------------------------------------


def find_statements(outcome: Outcome, label: str) -> list[tuple[GateTrace, StatementTrace]]:
    """Every statement that people mean by `label`: its label, or `policy#N` with its number counted from 1."""
    found = []
    for gate in outcome.gates:
        for statement in gate.statements:
            if label in (statement.label, f"{statement.policy}#{statement.index + 1}"):
                found.append((gate, statement))
    return found


def labels(outcome: Outcome) -> list[str]:
    """Every label that `find_statements` finds, for hints."""
    return list(dict.fromkeys(item.label for gate in outcome.gates for item in gate.statements))


def render_why_not(outcome: Outcome, label: str, sources: Mapping[str, Source], options: Options) -> str:
    """Every part of the statements called `label`: what matched, what did not, what is unknown; the misses first."""
    lines: list[str] = []
    for gate, statement in find_statements(outcome, label):
        state = {True: "matches", False: "does not match", None: "may match"}[statement.matched]
        head = f"{statement.effect.lower()} `{statement.label}` at {gate.title} {state}"
        lines += ["", *wrap(head, options.width, "  ")] if lines else wrap(head, options.width, "  ")
        if statement.span is not None:
            lines += frames([Mark(_first_line(statement.span, sources), "", "frame", False)], sources, options)
        for reason in sorted(statement.reasons, key=lambda item: (item.matched is True, item.matched is None)):
            lines += _reason(reason, "  ", options)
            lines += _values(reason, sources, options)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _values(reason: Reason, sources: Mapping[str, Source], options: Options) -> Iterator[str]:
    """Each pattern and value on a line of its own, for texts that are compared by eye."""
    if reason.matched is True:
        return
    for text in reason.expected:
        yield from wrap(f"      pattern {text}", options.width, "        ")
    for text in reason.actual or ():
        yield from wrap(f"      value   {text}", options.width, "        ")
    if reason.span is not None:
        yield from wrap(f"      at      {located(reason.span, sources, options)}", options.width, "        ")


def _first_line(span: Span, sources: Mapping[str, Source]) -> Span:
    source = sources.get(span.file)
    stop = -1 if source is None else source.text.find("\n", span.start, span.end)
    return span if stop < 0 else Span(span.file, span.start, stop)
