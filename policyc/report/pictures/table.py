"""A table of answers as a picture: who against what, a sign in each field, why it is so in its tool-tip, and whatever is not known told below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from policyc.canvas import CHAR, Canvas
from policyc.engines.trace import Decision
from policyc.report.matrix import Cell, axes, misses
from policyc.report.pictures.signs import ground, sign
from policyc.report.screen import wrap

_LEFT: Final = 24.0
_SIZE: Final = 30.0
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
    canvas.text(_LEFT, 34, title, size=18, bold=True)
    left = _LEFT + max(len(name) for name in rows) * CHAR + 16
    head = 60 + max(len(name) for name in columns) * 5.6
    for at, name in enumerate(columns):
        canvas.text(left + _SIZE * (at + 0.5) - 2, head - 8, name, size=11, fill="faint", turn=True)
    for at, row in enumerate(rows):
        y = head + _SIZE * at
        canvas.text(left - 10, y + _SIZE / 2 + 4, row, anchor="end", bold=True)
        for number, column in enumerate(columns):
            cell = found.get((row, column))
            if cell is None:
                continue
            decision = cell.outcome.decision
            why = "; ".join(misses(cell.outcome)) if decision is not Decision.ALLOW else ""
            x = left + _SIZE * number
            tip = f"{row} at {column}: {decision.value}" + (f"; {why}" if why else "")
            canvas.box(x, y, _SIZE, _SIZE, ground(decision), tip)
            sign(canvas, decision, x + _SIZE / 2, y + _SIZE / 2)
    y = head + _SIZE * len(rows) + 26
    x = _LEFT
    for decision, text in _WORDS.items():
        if any(cell.outcome.decision is decision for cell in table):
            canvas.box(x, y - 13, 18, 18, ground(decision))
            sign(canvas, decision, x + 9, y - 4, 5)
            canvas.text(x + 24, y, text, size=11, fill="faint")
            x += 24 + len(text) * 6.2 + 22
    y += 26
    for cell in table:
        if cell.outcome.decision is Decision.UNDECIDED:
            told = f"{cell.row} at {cell.column}: " + ("; ".join(misses(cell.outcome)) or "nothing says")
            for line in wrap(told, _CELLS, "  "):
                canvas.text(_LEFT, y, line, size=11, fill="open")
                y += 16
    return canvas.svg()
