"""What changes when one core network policy replaces another, as a picture: who reaches whom before and after, and each change in words."""

from __future__ import annotations

from textwrap import wrap
from typing import Final

from policyc.canvas import CHAR, Canvas
from policyc.engines.wan.matrix import Cell, Flow, Matrix
from policyc.targets.cloud_wan.compare import Comparison
from policyc.targets.cloud_wan.graph_svg import FLOWS, flow_legend, symbol

_LEFT: Final = 24.0
_SIZE: Final = 44.0
_LINE: Final = 15.0
_CELLS: Final = 110
_ASSUMED: Final = "no inventory: one attachment stands in each segment and group at each edge"


def changes_picture(found: Comparison, before: Matrix, after: Matrix, old: str, new: str) -> str:
    """The picture as SVG; `before` and `after` tell who reaches whom."""
    canvas = Canvas(f"policyc: {old} to {new}")
    count = len(found.changes)
    canvas.text(_LEFT, 36, f"{count or 'no'} change{'' if count == 1 else 's'}: {old} to {new}", size=18, bold=True)
    about = f"certain to be updated: {', '.join(found.edges)}" if found.edges else "no edge is certain to be updated"
    y = 56.0
    for text in (about, *([_ASSUMED] if found.assumed else [])):
        canvas.text(_LEFT, y, text, size=11, fill="faint")
        y += _LINE
    y = _matrix(canvas, before, after, y + 18)
    for title, changes in (
        ("configuration", found.configuration),
        ("where attachments go", found.associations),
        ("who reaches whom", found.reach),
    ):
        y += 24
        # a segment that nobody is in has its cells above and no changes here
        of = "" if found.assumed or changes or title != "who reaches whom" else " for what is attached"
        number = f"{len(changes) or 'no'} change{'' if len(changes) == 1 else 's'}"
        canvas.text(_LEFT, y, f"{title}: {number}{of}", size=14, bold=True)
        for change in changes:
            tip = change.sentence()
            y += 22
            canvas.text(_LEFT + 10, y, change.subject, bold=True, title=tip)
            for sign, text, color in (("\u2212", change.before, "bad"), ("+", change.after, "good")):
                for at, line in enumerate(wrap(text, _CELLS) or [""]):
                    y += _LINE
                    canvas.text(_LEFT + 12, y, "" if at else sign, fill=color, bold=True)
                    canvas.text(_LEFT + 28, y, line, size=11, fill="ink", title=tip)
    return canvas.svg()


def _matrix(canvas: Canvas, before: Matrix, after: Matrix, top: float) -> float:
    """Rows send, columns receive. A cell that changes is cut in two: before at the left, after at the right; its lower end."""
    names = tuple(dict.fromkeys([*after.names, *before.names]))
    long = max([len(name) for name in names] or [0])
    canvas.text(
        _LEFT, top, "Who reaches whom (rows send, columns receive; before | after where it changes)", size=14, bold=True
    )
    left, head = _LEFT + long * CHAR + 16, top + long * 5.6 + 26
    shown: list[Cell] = []
    for at, name in enumerate(names):
        canvas.text(left + _SIZE * (at + 0.5) - 2, head - 8, name, size=11, fill="faint", turn=True)
    for row, here in enumerate(names):
        y = head + _SIZE * row
        canvas.text(left - 10, y + _SIZE / 2 + 4, here, anchor="end", bold=True)
        for column, there in enumerate(names):
            x = left + _SIZE * column
            old, new = (matrix.cells.get((here, there), Cell(Flow.EMPTY)) for matrix in (before, after))
            shown += [old, new]
            if old == new:
                canvas.box(x, y, _SIZE, _SIZE, FLOWS[new.flow], f"{here} to {there}: {_told(new)}, as before")
                symbol(canvas, new, x + _SIZE / 2, y + _SIZE / 2)
                continue
            tip = f"{here} to {there}: before {_told(old)}, after {_told(new)}"
            for half, cell in ((x, old), (x + _SIZE / 2, new)):
                canvas.box(half, y, _SIZE / 2, _SIZE, FLOWS[cell.flow], tip)
                symbol(canvas, cell, half + _SIZE / 4, y + _SIZE / 2)
            for one, other in (((x, y), (x + _SIZE, y)), ((x, y + _SIZE), (x + _SIZE, y + _SIZE))):
                canvas.line(*one, *other, "ink", 2)
            for edge, width in ((x, 2), (x + _SIZE / 2, 1), (x + _SIZE, 2)):
                canvas.line(edge, y, edge, y + _SIZE, "ink", width)
    bottom = head + _SIZE * len(names) + 24
    flow_legend(canvas, shown, bottom)
    return bottom + 12


def _told(cell: Cell) -> str:
    """A flow in words, with the groups on the way and the prefixes that are lost."""
    more = f" by {', '.join(cell.groups)}" if cell.groups else ""
    return f"{cell.flow.value}{more}" + (f" ({', '.join(cell.lost)} lost)" if cell.lost else "")
