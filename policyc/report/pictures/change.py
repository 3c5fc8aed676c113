"""A comparison as a picture: for each class of requests the decision before and after, what the class is, and why."""

from __future__ import annotations

from typing import Final

from policyc.canvas import Canvas
from policyc.engines.trace import Decision, Verdict
from policyc.report.changes import Changes, Compared, Entry, phrase, summary
from policyc.report.pictures.signs import ground, sign
from policyc.report.screen import wrap

_LEFT: Final = 24.0
_TEXT: Final = _LEFT + 110
_LINE: Final = 16.0
_CELLS: Final = 92
_SIZE: Final = 30.0
_DECISIONS: Final = {item.value: item.decision for item in Verdict} | {item.value: item for item in Decision}


def change_picture(found: Changes) -> str:
    """The picture as SVG."""
    canvas = Canvas(f"policyc diff: {summary(found)}")
    canvas.text(_LEFT, 34, summary(found), size=18, bold=True)
    canvas.text(_LEFT, 54, f"{found.old} to {found.new}", fill="faint")
    y = 74.0
    for item in found.documents:
        if item.entries or item.sentences or item.open:
            y = _document(canvas, item, y)
    return canvas.svg()


def _document(canvas: Canvas, item: Compared, top: float) -> float:
    """One document; its lower end."""
    y = top + 16
    canvas.text(_LEFT, y, item.name, size=14, bold=True)
    canvas.text(_LEFT + (len(item.name) + 2) * 9, y, f"{item.kind}, {item.state}", size=11, fill="faint")
    y += 14
    for entry in item.entries:
        y = _entry(canvas, entry, y) + 10
    for text in item.sentences:
        y = _lines(canvas, text, _LEFT + 10, y + 12, "ink") + 4
    for reason in item.open:
        canvas.text(_LEFT + 12, y + 16, "?", size=14, fill="open", anchor="middle", bold=True)
        y = _lines(canvas, f"not settled: {reason}", _LEFT + 30, y + 16, "open")
    return y + 14


def _entry(canvas: Canvas, entry: Entry, top: float) -> float:
    """One class: before and after at the left, words at the right."""
    color = "open" if entry.widens else "blue"
    request = ", ".join(f"{part} {value}" for part, value in entry.request)
    for at, word in ((0.0, entry.old), (56.0, entry.new)):
        decision = _DECISIONS.get(word)
        x = _LEFT + at
        if decision is None:  # no decision of its own: what others say counts
            canvas.box(x, top, _SIZE, _SIZE, "panel", word)
            canvas.line(x + 9, top + _SIZE / 2, x + 21, top + _SIZE / 2, "faint", 2)
        else:
            canvas.box(x, top, _SIZE, _SIZE, ground(decision), f"{word}: {request}")
            sign(canvas, decision, x + _SIZE / 2, top + _SIZE / 2)
    canvas.line(_LEFT + 34, top + _SIZE / 2, _LEFT + 50, top + _SIZE / 2, "faint", 1.5)
    canvas.path(_point(_LEFT + 54, top + _SIZE / 2), "faint")
    canvas.text(_TEXT, top + 12, entry.change, fill=color, bold=True)
    y = _lines(canvas, phrase(entry), _TEXT, top + 12 + _LINE, "ink")
    for reason in entry.because:
        y = _lines(canvas, f"because {reason}", _TEXT, y, "faint")
    y = _lines(canvas, f"for example {request}", _TEXT, y, "faint")
    return max(y - 8, top + _SIZE)


def _point(x: float, y: float) -> str:
    return f"M{x - 6:.1f} {y - 4:.1f}L{x - 6:.1f} {y + 4:.1f}L{x:.1f} {y:.1f}Z"


def _lines(canvas: Canvas, text: str, x: float, y: float, fill: str) -> float:
    """The text below one another; where the next line goes."""
    for line in wrap(text, _CELLS, "  "):
        canvas.text(x, y, line, size=11, fill=fill)
        y += _LINE
    return y
