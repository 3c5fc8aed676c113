"""A table of signs: names at the left, heads on top, and the reason for each sign in its tool-tip."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

from policyc.canvas import CHAR, Canvas
from policyc.engines.trace import Decision
from policyc.report.pictures.signs import ground, sign

LEFT: Final = 24.0
SIZE: Final = 30.0
#: between groups of columns
_GAP: Final = 16.0

#: what stands in a field: the decision (None: nothing is asked) and its tool-tip
Mark = tuple[Decision | None, str]


def grid(
    canvas: Canvas,
    top: float,
    rows: Sequence[tuple[str, str]],
    columns: Sequence[str],
    mark: Callable[[int, int], Mark | None],
    apart: Collection[int] = (),
) -> float:
    """Rows (a name and its tool-tip) against columns; `apart` are columns with a gap before them. The lower end."""
    left = LEFT + max(len(name) for name, _ in rows) * CHAR + 16
    head = top + max(len(name) for name in columns) * 5.6
    places: list[float] = []
    for at, name in enumerate(columns):
        left += _GAP if at in apart else 0
        places.append(left)
        canvas.text(left + SIZE / 2 - 2, head - 8, name, size=11, fill="faint", turn=True)
        left += SIZE
    for row, (name, tip) in enumerate(rows):
        y = head + SIZE * row
        canvas.text(places[0] - 10, y + SIZE / 2 + 4, name, anchor="end", bold=True, title=tip)
        for at, x in enumerate(places):
            found = mark(row, at)
            if found is not None:
                decision, told = found
                canvas.box(x, y, SIZE, SIZE, "panel" if decision is None else ground(decision), told)
                sign(canvas, decision, x + SIZE / 2, y + SIZE / 2)
    return head + SIZE * len(rows)


def legend(canvas: Canvas, y: float, texts: Iterable[tuple[Decision | None, str]]) -> float:
    """What the signs stand for, below one another; where the next line goes."""
    for decision, text in texts:
        canvas.box(LEFT, y - 13, 18, 18, "panel" if decision is None else ground(decision))
        sign(canvas, decision, LEFT + 9, y - 4, 5)
        canvas.text(LEFT + 26, y, text, size=11, fill="faint")
        y += 22
    return y
