"""Who may do what as a picture: callers against resources, then every class of allowed requests with what is left over, and whether that is all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from policyc.canvas import CHAR, Canvas
from policyc.engines.trace import Decision
from policyc.report.pictures.signs import COLOURS, ground, sign
from policyc.report.screen import wrap
from policyc.report.who import May, Reach, phrase

_LEFT: Final = 24.0
_SIZE: Final = 30.0
_LINE: Final = 16.0
_CELLS: Final = 100
_ANYONE: Final = "anyone"
_LEGEND: Final = (
    (Decision.ALLOW, "some requests are allowed: which ones stands below"),
    (Decision.DENY, "none is, whatever the request"),
    (Decision.UNDECIDED, "not settled: why stands below"),
)


def reach_picture(found: Sequence[Reach]) -> str:
    """The picture as SVG."""
    canvas = Canvas("policyc who")
    canvas.text(_LEFT, 34, "Who may do what", size=18, bold=True)
    y = _grid(canvas, found, 60) if len(found) > 1 else 50.0
    for item in found:
        y = _resource(canvas, item, y + 14)
    return canvas.svg()


def _callers(item: Reach, entry: May) -> tuple[str, ...]:
    return entry.who or (item.caller or _ANYONE,)


def _grid(canvas: Canvas, found: Sequence[Reach], top: float) -> float:
    """A row for each caller, a column for each resource; the lower end."""
    rows = list(dict.fromkeys(who for item in found for entry in item.classes for who in _callers(item, entry)))
    if not rows:
        return top
    left = _LEFT + max(len(_short(name)) for name in rows) * CHAR + 16
    head = top + max(len(item.on) for item in found) * 5.6
    for at, item in enumerate(found):
        canvas.text(left + _SIZE * (at + 0.5) - 2, head - 8, item.on, size=11, fill="faint", turn=True)
    seen: set[Decision] = set()
    for at, row in enumerate(rows):
        y = head + _SIZE * at
        canvas.text(left - 10, y + _SIZE / 2 + 4, _short(row), anchor="end", bold=True, title=row)
        for number, item in enumerate(found):
            classes = [entry for entry in item.classes if row in _callers(item, entry)]
            # what anybody may do, this caller may do as well
            classes += [entry for entry in item.classes if not entry.who and row != _ANYONE and not item.caller]
            decision = Decision.ALLOW if classes else Decision.DENY if item.complete else Decision.UNDECIDED
            seen.add(decision)
            told = "; ".join(phrase(entry) for entry in classes) or ("nothing" if item.complete else "not settled")
            x = left + _SIZE * number
            canvas.box(x, y, _SIZE, _SIZE, ground(decision), f"{row} on {item.on}: {told}")
            sign(canvas, decision, x + _SIZE / 2, y + _SIZE / 2)
    y = head + _SIZE * len(rows) + 26
    for decision, text in _LEGEND:
        if decision in seen:
            canvas.box(_LEFT, y - 13, 18, 18, ground(decision))
            sign(canvas, decision, _LEFT + 9, y - 4, 5)
            canvas.text(_LEFT + 26, y, text, size=11, fill="faint")
            y += 22
    return y


def _short(name: str) -> str:
    """The end of an ARN, which people know a caller by."""
    return name.rpartition(":")[2] if name.startswith("arn:") and not name.endswith(":root") else name


def _resource(canvas: Canvas, item: Reach, top: float) -> float:
    """One resource with its classes; the lower end."""
    y = top + 10
    canvas.text(_LEFT, y, item.on, size=14, bold=True)
    canvas.text(_LEFT + (len(item.on) + 2) * 9, y, item.kind, size=11, fill="faint")
    y += 12
    for entry in item.classes:
        y = _class(canvas, item, entry, y) + 8
    if item.complete:
        canvas.text(_LEFT + 4, y + 12, item.end, size=12, fill=COLOURS[Decision.DENY], bold=True)
        y += 24
    for reason in item.open:
        y = _lines(canvas, [f"not settled whether there are others: {reason}"], _LEFT + 4, y + 12, "open")
    for given in item.given:
        y = _lines(canvas, [f"taken as given: {given}"], _LEFT + 4, y + 12, "faint")
    return y


def _class(canvas: Canvas, item: Reach, entry: May, top: float) -> float:
    request = ", ".join(f"{part} {value}" for part, value in entry.request)
    canvas.box(_LEFT, top, _SIZE, _SIZE, ground(Decision.ALLOW), f"for example {request}" if request else "")
    sign(canvas, Decision.ALLOW, _LEFT + _SIZE / 2, top + _SIZE / 2)
    x = _LEFT + _SIZE + 12
    y = _lines(canvas, _callers(item, entry), x, top + 12, "ink", bold=True)
    return max(_lines(canvas, list(_told(entry)), x, y, "faint") - 8, top + _SIZE)


def _told(entry: May) -> Iterator[str]:
    for name, texts in (
        ("", entry.what),
        ("on ", entry.where),
        ("if ", entry.conditions),
        ("unless ", entry.unless),
        ("and ", entry.needs),
        ("by ", entry.by),
    ):
        if texts:
            yield name + ("; " if name in ("if ", "unless ") else ", ").join(texts)


def _lines(canvas: Canvas, texts: Sequence[str], x: float, y: float, fill: str, *, bold: bool = False) -> float:
    """The texts below one another; where the next line goes."""
    for text in texts:
        for line in wrap(text, _CELLS, "  "):
            canvas.text(x, y, line, size=11, fill=fill, bold=bold)
            y += _LINE
    return y
