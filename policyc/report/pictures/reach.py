"""Who may do what as a picture: callers against resources, then every class of allowed requests with what is left over, and whether that is all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from policyc.canvas import Canvas
from policyc.engines.trace import Decision
from policyc.report.pictures.grid import LEFT, SIZE, Mark, grid, legend
from policyc.report.pictures.signs import COLOURS, ground, sign
from policyc.report.screen import wrap
from policyc.report.who import OWN_CALLERS, May, Reach, phrase

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
    canvas.text(LEFT, 34, "Who may do what", size=18, bold=True)
    draw_classes(canvas, found, _grid(canvas, found, 60) if len(found) > 1 else 50.0)
    return canvas.svg()


def draw_classes(canvas: Canvas, found: Sequence[Reach], top: float) -> float:
    """Each resource with its classes, below one another; the lower end."""
    y = top
    for item in found:
        y = _resource(canvas, item, y + 14)
    return y


def _callers(item: Reach, entry: May) -> tuple[str, ...]:
    return entry.who or (item.caller or _ANYONE,)


def _grid(canvas: Canvas, found: Sequence[Reach], top: float) -> float:
    """A row for each caller, a column for each resource; the lower end."""
    rows = list(dict.fromkeys(who for item in found for entry in item.classes for who in _callers(item, entry)))
    if not rows:
        return top
    seen: set[Decision | None] = set()

    def mark(row: int, column: int) -> Mark:
        name, item = rows[row], found[column]
        classes = [entry for entry in item.classes if name in _callers(item, entry)]
        # what anybody may do, this caller may do as well
        classes += [entry for entry in item.classes if not entry.who and name != _ANYONE and not item.caller]
        own = next((text for entry in item.classes for text in entry.who if _is_of(name, text)), "")
        settled = item.complete and not own
        decision = Decision.ALLOW if classes else Decision.DENY if settled else Decision.UNDECIDED
        seen.add(decision)
        told = "; ".join(phrase(entry) for entry in classes) or ("nothing" if settled else own or "not settled")
        return decision, f"{name} on {item.on}: {told}"

    y = grid(canvas, top, [(short(name), name) for name in rows], [item.on for item in found], mark)
    return legend(canvas, y + 26, [item for item in _LEGEND if item[0] in seen])


def _is_of(name: str, text: str) -> bool:
    """Whether a caller is one of those whom their own policies may admit."""
    return text.startswith(OWN_CALLERS) and f":{text.removeprefix(OWN_CALLERS)}:" in name


def short(name: str) -> str:
    """The end of an ARN, which people know a caller by."""
    return name.rpartition(":")[2] if name.startswith("arn:") and not name.endswith(":root") else name


def _resource(canvas: Canvas, item: Reach, top: float) -> float:
    """One resource with its classes; the lower end."""
    y = top + 10
    canvas.text(LEFT, y, item.on, size=14, bold=True)
    canvas.text(LEFT + (len(item.on) + 2) * 9, y, item.kind, size=11, fill="faint")
    y += 12
    for entry in item.classes:
        y = _class(canvas, item, entry, y) + 8
    if item.complete:
        canvas.text(LEFT + 4, y + 12, item.end, size=12, fill=COLOURS[Decision.DENY], bold=True)
        y += 24
    for reason in item.open:
        y = _lines(canvas, [f"not settled whether there are others: {reason}"], LEFT + 4, y + 12, "open")
    for given in item.given:
        y = _lines(canvas, [f"taken as given: {given}"], LEFT + 4, y + 12, "faint")
    return y


def _class(canvas: Canvas, item: Reach, entry: May, top: float) -> float:
    request = ", ".join(f"{part} {value}" for part, value in entry.request)
    canvas.box(LEFT, top, SIZE, SIZE, ground(Decision.ALLOW), f"for example {request}" if request else "")
    sign(canvas, Decision.ALLOW, LEFT + SIZE / 2, top + SIZE / 2)
    x = LEFT + SIZE + 12
    y = _lines(canvas, _callers(item, entry), x, top + 12, "ink", bold=True)
    return max(_lines(canvas, list(_told(entry)), x, y, "faint") - 8, top + SIZE)


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
