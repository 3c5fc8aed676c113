"""The way of a packet through a core network as a picture: each look-up below the one before, there and back, with what it matched, where it leads and why."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Final

from policyc.canvas import CHAR, Canvas, number
from policyc.engines.wan.reach import Answer, Verdict, Walk
from policyc.engines.wan.walks import Hop
from policyc.targets.cloud_wan.questions import PathAnswer

_LEFT: Final = 24.0
_WIDTH: Final = 340.0
_GAP: Final = 28.0
_LINE: Final = 15.0
_SMALL: Final = 11
_CELLS: Final = int(_WIDTH / (CHAR * _SMALL / 12)) - 3
#: ways that are drawn beside one another
_MOST: Final = 4
_COLOURS: Final = {"reachable": "good", "one-way": "bad", "partly": "open", "blocked": "bad", "undecided": "open"}
_ENDS: Final = {
    "blackhole": "dropped: a blackhole route",
    "no-route": "dropped: no route",
    "loop": "never arrives: a loop",
    "left": "leaves the core network by an attachment that does not have the address",
    "not-advertised": "the far side never hears of the route",
    "not-announced": "the far side never hears of the route",
    "refused": "the far side hears of the route and does not take it",
    "unknown": "? not known",
}


def path_picture(answer: PathAnswer, source: str, to: str, today: PathAnswer | None = None) -> str:
    """The picture as SVG; `today` is what comes of it before something that is supposed."""
    canvas = Canvas(f"policyc: {source} to {to}")
    verdict = answer.trip.value
    canvas.text(_LEFT, 36, f"{verdict}: {source} to {to}", size=18, fill=_COLOURS[verdict], bold=True)
    y = 54.0
    told = [*answer.differences(), *answer.remarks]
    if today is not None:
        same = "the same today" if today.trip is answer.trip else f"today it is {today.trip.value}"
        told.insert(0, f"{same}: {today.forward.sentence}")
    for text in told:
        y = _words(canvas, text, _LEFT, y + 2, 2 * _CELLS, "faint")
    there, back = answer.forward, answer.back
    right = _LEFT + len(_drawn(there)) * (_WIDTH + _GAP)
    lower = _direction(canvas, "there", source, there, _LEFT, y + 14)
    if back is not None and len(_drawn(there)) == 1:
        _direction(canvas, "back", _delivered(there) or to, back, right, y + 14)
    elif back is not None:
        _direction(canvas, "back", _delivered(there) or to, back, _LEFT, lower + 34)
    return canvas.svg()


def _drawn(answer: Answer) -> Sequence[Walk | None]:
    return answer.walks[:_MOST] or (None,)


def _delivered(answer: Answer) -> str:
    return next((walk.delivered_to for walk in answer.walks if walk.delivered_to), "")


def _direction(canvas: Canvas, title: str, sender: str, answer: Answer, left: float, top: float) -> float:
    """One direction with its ways; its lower end."""
    color = _COLOURS[answer.verdict.value]
    canvas.text(left, top + 12, f"{title}: {answer.verdict.value}", size=14, fill=color, bold=True)
    y = _words(canvas, answer.sentence, left, top + 30, _CELLS, "ink")
    for note in answer.notes:
        y = _words(canvas, f"note: {note}", left, y, _CELLS, "faint")
    if len(answer.walks) > _MOST:
        y = _words(canvas, f"{len(answer.walks) - _MOST} more ways", left, y, _CELLS, "faint")
    titles = answer.titles or ("",)
    ends = [
        _way(canvas, titles[at], sender, walk, answer, left + at * (_WIDTH + _GAP), y)
        for at, walk in enumerate(_drawn(answer))
    ]
    return max(ends)


def _way(canvas: Canvas, title: str, sender: str, walk: Walk | None, answer: Answer, left: float, top: float) -> float:
    y = top
    if title:
        canvas.text(left, y + 10, title, size=_SMALL, fill="faint", bold=True)
        y += 18
    y = _box(canvas, left, y, f"attachment {sender}", "", (), "faint", "panel", f"{sender} sends")
    for hop in walk.hops if walk is not None else ():
        y = _arrow(canvas, left, y)
        y = _hop(canvas, hop, left, y)
    y = _arrow(canvas, left, y)
    return _end(canvas, walk, answer, left, y)


def _hop(canvas: Canvas, hop: Hop, left: float, top: float) -> float:
    group = hop.table.startswith("group ")
    lines = [*wrap(f"{hop.prefix} \u2192 {hop.to}", _CELLS), *wrap(f"because: {hop.why}", _CELLS)]
    return _box(
        canvas,
        left,
        top,
        hop.table,
        hop.edge,
        lines,
        "blue" if group else "faint",
        "blue-ground" if group else "panel",
        hop.sentence(),
    )


def _end(canvas: Canvas, walk: Walk | None, answer: Answer, left: float, top: float) -> float:
    """Where a way ends, with the reason where nobody knows."""
    if walk is None:
        color = _COLOURS[answer.verdict.value]
        word = "? not known" if answer.verdict is Verdict.UNDECIDED else answer.reason.replace("-", " ")
        lines = wrap(answer.sentence, _CELLS)
        return _box(canvas, left, top, word, "", lines, color, f"{color}-ground", answer.sentence)
    if walk.end == "delivered":
        color, word = "good", f"delivered to {walk.delivered_to}"
    else:
        color = "open" if walk.end == "unknown" else "bad"
        word = _ENDS.get(walk.end, walk.end)
    told = [*walk.doubts, *walk.notes]
    title, *more = wrap(word, _CELLS - 6)
    lines = [*more, *(line for text in told for line in wrap(text, _CELLS))]
    tip = "\n".join([word, *told, answer.sentence])
    return _box(canvas, left, top, title, walk.edge, lines, color, f"{color}-ground", tip)


def _box(
    canvas: Canvas,
    left: float,
    top: float,
    title: str,
    edge: str,
    lines: Sequence[str],
    stroke: str,
    fill: str,
    tip: str,
) -> float:
    height = 26 + _LINE * len(lines) + (4 if lines else 0)
    canvas.box(left, top, _WIDTH, height, fill, tip, stroke)
    canvas.text(left + 10, top + 17, title, bold=True, title=tip)
    if edge:
        canvas.text(left + _WIDTH - 10, top + 17, edge, size=_SMALL, fill="faint", anchor="end")
    for at, line in enumerate(lines, 1):
        canvas.text(left + 10, top + 17 + _LINE * at, line, size=_SMALL, fill="ink" if at == 1 else "faint")
    return top + height


def _arrow(canvas: Canvas, left: float, top: float) -> float:
    x, bottom = left + 20, top + 18
    canvas.line(x, top, x, bottom - 5, "faint", 1.5)
    canvas.path(
        f"M{number(x - 4)} {number(bottom - 6)}L{number(x + 4)} {number(bottom - 6)}L{number(x)} {number(bottom)}Z",
        "faint",
    )
    return bottom


def _words(canvas: Canvas, text: str, x: float, y: float, cells: int, fill: str) -> float:
    """The text below one another; where the next line goes."""
    for line in wrap(text, cells):
        canvas.text(x, y, line, size=_SMALL, fill=fill)
        y += _LINE
    return y
