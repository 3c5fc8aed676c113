"""A table of answers as a picture: who against what, a sign in each field, why it is so in its tool-tip, and whatever is not known told below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from policyc.canvas import Canvas
from policyc.engines.trace import Decision
from policyc.report.matrix import Cell, axes, misses
from policyc.report.pictures.grid import LEFT, Mark, grid, legend
from policyc.report.screen import wrap

_CELLS: Final = 100
_WORDS: Final = {
    Decision.ALLOW: "gets in",
    Decision.DENY: "is refused",
    Decision.UNDECIDED: "not known: why stands below",
}


def table_picture(table: Sequence[Cell], title: str) -> str:
    """The picture as SVG."""
    rows, columns = axes(table)
    found = {(cell.row, cell.column): cell for cell in table}
    canvas = Canvas(title)
    canvas.text(LEFT, 34, title, size=18, bold=True)

    def mark(row: int, column: int) -> Mark | None:
        cell = found.get((rows[row], columns[column]))
        if cell is None:
            return None
        decision = cell.outcome.decision
        why = "; ".join(misses(cell.outcome)) if decision is not Decision.ALLOW else ""
        return decision, f"{cell.row} at {cell.column}: {decision.value}" + (f"; {why}" if why else "")

    y = grid(canvas, 60, [(name, "") for name in rows], columns, mark) + 26
    there = {cell.outcome.decision for cell in table}
    y = legend(canvas, y, [item for item in _WORDS.items() if item[0] in there])
    y += 4
    for cell in table:
        if cell.outcome.decision is Decision.UNDECIDED:
            told = f"{cell.row} at {cell.column}: " + ("; ".join(misses(cell.outcome)) or "nothing says")
            for line in wrap(told, _CELLS, "  "):
                canvas.text(LEFT, y, line, size=11, fill="open")
                y += 16
    return canvas.svg()
