"""Who is admitted where as a picture: a table for each resource, with the number of the gate that refuses, and what each gate says to each caller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from policyc.canvas import Canvas
from policyc.engines.trace import Decision
from policyc.report.admission import Admission, Field, column
from policyc.report.pictures.grid import LEFT, Mark, grid, legend
from policyc.report.pictures.reach import short
from policyc.report.screen import wrap

_CELLS: Final = 110
_LINE: Final = 16.0
_LEGEND: Final = (
    (Decision.ALLOW, "some requests are allowed; `policyc who` tells which"),
    (Decision.DENY, "none is, whatever the request: what refuses stands under the table"),
    (Decision.UNDECIDED, "not settled: why stands under the table"),
    (None, "the gate asks nothing of this caller"),
)


def draw_admissions(canvas: Canvas, found: Sequence[Admission], top: float) -> float:
    """The tables below one another; the lower end."""
    y = top
    seen: set[Decision | None] = set()
    for item in found:
        y = _table(canvas, item, y + 20, seen) + 14
    return legend(canvas, y + 16, [entry for entry in _LEGEND if entry[0] in seen])


def _table(canvas: Canvas, item: Admission, top: float, seen: set[Decision | None]) -> float:
    canvas.text(LEFT, top, item.on, size=14, bold=True)
    canvas.text(LEFT + (len(item.on) + 2) * 9, top, item.kind, size=11, fill="faint")
    verbs = len(item.verbs)
    heads = [*map(column, item.verbs), *item.gates]

    def field(row: int, at: int) -> Field:
        return item.asked[row, at] if at < verbs else item.passed[row, at - verbs]

    def mark(row: int, at: int) -> Mark:
        found = field(row, at)
        seen.add(found.decision)
        about = ", ".join(item.verbs[at]) if at < verbs else item.gates[at - verbs]
        return found.decision, f"{item.callers[row]}, {about}: {_word(found)}"

    rows = [(short(name), name) for name in item.callers]
    y = grid(canvas, top + 16, rows, heads, mark, (verbs,)) + 18
    for names, about, why in item.reasons():
        for line in wrap(f"{', '.join(map(short, names))}; {about}: {why}", _CELLS, "  "):
            canvas.text(LEFT, y, line, size=11, fill="faint")
            y += _LINE
    return y


def _word(field: Field) -> str:
    words = {Decision.ALLOW: "some requests", Decision.DENY: "none", Decision.UNDECIDED: "not settled"}
    told = "asks nothing" if field.decision is None else words[field.decision]
    return f"{told}; {field.why}" if field.why else told
