"""One sign, word and colour for each decision, so that pictures can be read without their colours."""

from __future__ import annotations

from typing import Final

from policyc.canvas import Canvas, number
from policyc.engines.trace import Decision

COLOURS: Final = {Decision.ALLOW: "good", Decision.DENY: "bad", Decision.UNDECIDED: "open"}


def ground(decision: Decision) -> str:
    """The colour behind a sign."""
    return f"{COLOURS[decision]}-ground"


def sign(canvas: Canvas, decision: Decision | None, x: float, y: float, size: float = 6) -> None:
    """A tick, a cross or a question mark around a point; a bar where nothing is asked."""
    if decision is None:
        canvas.line(x - size * 0.7, y, x + size * 0.7, y, "faint", 1.5)
        return
    color = COLOURS[decision]
    if decision is Decision.UNDECIDED:
        canvas.text(x, y + size * 0.8, "?", size=int(size * 2.4), fill=color, anchor="middle", bold=True)
    elif decision is Decision.ALLOW:
        canvas.line(x - size * 0.8, y + size * 0.1, x - size * 0.2, y + size * 0.7, color, 2)
        canvas.line(x - size * 0.2, y + size * 0.7, x + size * 0.9, y - size * 0.6, color, 2)
    else:
        reach = size * 0.65
        canvas.line(x - reach, y - reach, x + reach, y + reach, color, 2)
        canvas.line(x - reach, y + reach, x + reach, y - reach, color, 2)


def arrow(canvas: Canvas, x: float, top: float, bottom: float, color: str, dash: str = "") -> None:
    """A line down that ends in a point."""
    canvas.line(x, top, x, bottom - 5, color, 1.5, dash)
    canvas.path(
        f"M{number(x - 4)} {number(bottom - 6)}L{number(x + 4)} {number(bottom - 6)}L{number(x)} {number(bottom)}Z",
        color,
    )
