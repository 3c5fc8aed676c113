"""The answer to one request as a picture: the gates or hops on its way from top to bottom, each with its verdict and the statement that settled it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from policyc.canvas import Canvas
from policyc.engines.trace import GateTrace, Outcome, Verdict
from policyc.report.frame import located
from policyc.report.options import Options
from policyc.report.outcome import deciding_gate, remarks
from policyc.report.pictures.signs import COLOURS, arrow, ground, sign
from policyc.report.screen import wrap
from policyc.text import Source

_LEFT: Final = 24.0
_WIDTH: Final = 720.0
_LINE: Final = 16.0
_CELLS: Final = 96
_MOST: Final = 3


def answer_picture(outcome: Outcome, sources: Mapping[str, Source], options: Options) -> str:
    """The picture as SVG."""
    decision = outcome.decision
    canvas = Canvas(f"policyc: {decision.value}")
    sign(canvas, decision, _LEFT + 10, 34, 9)
    canvas.text(_LEFT + 30, 41, decision.value, size=20, fill=COLOURS[decision], bold=True)
    settled = deciding_gate(outcome)
    y = 60.0
    for at, gate in enumerate(outcome.gates):
        if at:
            open_way = outcome.gates[at - 1].verdict in (Verdict.ALLOW, Verdict.SKIPPED)
            arrow(canvas, _LEFT + 20, y, y + 20, "faint" if open_way else "grid", "" if open_way else "3 3")
            y += 20
        y = _gate(canvas, gate, gate is settled, y, sources, options)
    y += 26
    for text in remarks(outcome):
        for line in wrap(text, _CELLS, "  "):
            canvas.text(_LEFT, y, line, size=11, fill="faint")
            y += _LINE
        y += 4
    return canvas.svg()


def _gate(
    canvas: Canvas, gate: GateTrace, settled: bool, top: float, sources: Mapping[str, Source], options: Options
) -> float:
    """One box; its lower end. That of the gate that settled the request has a thick edge."""
    lines = list(_lines(gate, sources, options))
    height = 30 + _LINE * len(lines) + (8 if lines else 0)
    skipped = gate.verdict is Verdict.SKIPPED
    decision = gate.verdict.decision
    canvas.box(
        _LEFT, top, _WIDTH, height, "panel", "\n".join(_reasons(gate)), "faint" if skipped else COLOURS[decision]
    )
    canvas.box(_LEFT, top, 40, height, "panel" if skipped else ground(decision), "", "grid")
    if skipped:
        canvas.line(_LEFT + 14, top + height / 2, _LEFT + 26, top + height / 2, "faint", 2)
    else:
        sign(canvas, decision, _LEFT + 20, top + height / 2, 8)
    if settled:
        canvas.box(_LEFT - 4, top, 4, height, COLOURS[decision], "this gate settles the request", COLOURS[decision])
    canvas.text(_LEFT + 52, top + 20, gate.title, bold=True)
    word_color = "faint" if skipped else COLOURS[decision]
    canvas.text(_LEFT + _WIDTH - 12, top + 20, gate.verdict.value, fill=word_color, anchor="end", bold=True)
    for at, line in enumerate(lines):
        canvas.text(_LEFT + 52, top + 20 + _LINE * (at + 1), line, size=11, fill="faint")
    return top + height


def _lines(gate: GateTrace, sources: Mapping[str, Source], options: Options) -> Iterator[str]:
    """What a gate says of itself, the statements that settled it, and for a refusal by default what the nearest one misses."""
    yield from wrap(gate.summary, _CELLS, "  ") if gate.summary else ()
    for statement in gate.decided_by[:_MOST]:
        where = f" ({located(statement.span, sources, options)})" if statement.span is not None else ""
        yield from wrap(f"by {statement.effect.lower()} `{statement.label}`{where}", _CELLS, "  ")
    if len(gate.decided_by) > _MOST:
        yield f"and {len(gate.decided_by) - _MOST} more"
    if gate.verdict in (Verdict.IMPLICIT_DENY, Verdict.UNDECIDED) and gate.nearest is not None:
        for reason in gate.nearest.misses[:_MOST]:
            yield from wrap(f"missed {reason.part}: {reason.sentence()}", _CELLS, "  ")


def _reasons(gate: GateTrace) -> Iterator[str]:
    """Each statement of a gate in a line, for the tool-tip."""
    for statement in gate.statements[:20]:
        misses = "; ".join(reason.sentence() for reason in statement.misses[:_MOST])
        state = "matches" if statement.matched else "may match" if statement.matched is None else "does not match"
        yield f"{statement.effect.lower()} {statement.label} {state}" + (f": {misses}" if misses else "")
    if len(gate.statements) > 20:
        yield f"and {len(gate.statements) - 20} more"
