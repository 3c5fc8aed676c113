"""The picture of a core network as SVG: where segments are, what joins them, and who reaches whom.

The upper half is a grid of segments and function groups by edge; at its right every action is one vertical line that touches the
rows it joins. The lower half is the matrix. Shapes say what colours say, so that the picture can be read without them.
Equal input gives equal bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import wrap

from policyc.canvas import CHAR, Canvas, diamond, number
from policyc.engines.wan.matrix import Cell, Flow
from policyc.targets.cloud_wan.graph import Graph, Link, Node
from policyc.targets.cloud_wan.graph_text import footnotes

_ROW = 26
_LANE = 20
_MARGIN = 24
#: characters of a line of words
_CELLS = 100
_INK, _FAINT, _GRID = "ink", "faint", "grid"
_COLORS = {"share": "good", "send-via": "blue", "send-to": "violet", "route": "amber"}
FLOWS = {
    Flow.DIRECT: "good-ground",
    Flow.INSPECTED: "blue-ground",
    Flow.PARTLY: "open-ground",
    Flow.UNDECIDED: "bad-ground",
    Flow.BLOCKED: "panel",
    Flow.EMPTY: "ground",
}
_LEGEND = (
    (Flow.DIRECT, "reaches it"),
    (Flow.INSPECTED, "inspected on the way"),
    (Flow.PARTLY, "in part"),
    (Flow.BLOCKED, "no path"),
    (Flow.UNDECIDED, "not known"),
    (Flow.EMPTY, "nothing attached there"),
)
_LINES = (
    ("share", "share"),
    ("send-via", "send via a group"),
    ("send-to", "send to a group"),
    ("route", "static route"),
)


_POINTS = (
    ("ring", "the segment that declares the action"),
    ("dot", "the segments that it joins"),
    ("diamond", "the function group"),
)


def picture(graph: Graph) -> Canvas:
    """The whole picture, which may stand in a larger one."""
    canvas = Canvas(graph.name or "core network")
    canvas.text(_MARGIN, 34, graph.name or "core network", size=18, bold=True)
    about = f"{len([n for n in graph.nodes if not n.is_group])} segments, {len(graph.edges)} edges"
    if graph.assumed:
        about += "; no inventory: one attachment stands in each segment and group at each edge"
    if graph.supposed:
        about += "; attachments whose prefixes are not stated are taken to have one of their own"
    canvas.text(_MARGIN, 54, about, fill=_FAINT)
    bottom = _grid(canvas, graph, 70)
    _matrix(canvas, graph, bottom + 36)
    return canvas


# --- segments by edge, and the actions --------------------------------------------------------------------------


def _grid(canvas: Canvas, graph: Graph, top: float) -> float:
    """Rows of nodes, columns of edges, lanes of actions; the lower end."""
    names = max([len(node.name) for node in graph.nodes] or [0]) * CHAR
    marks = max([len(_marks(node)) for node in graph.nodes] or [0]) * 5.8
    left = _MARGIN + names + marks + 34
    column = 46.0
    lanes = left + column * len(graph.edges) + 24
    head = top + max([len(edge) for edge in graph.edges] + [len(_lane(link)) for link in graph.links]) * 5.6 + 14
    rows = {(node.name, node.is_group): head + _ROW * (at + 0.5) for at, node in enumerate(graph.nodes)}
    for at, edge in enumerate(graph.edges):
        x = left + column * (at + 0.5)
        canvas.text(x - 2, head - 8, edge, size=11, fill=_FAINT, turn=True)
        canvas.line(x, head, x, head + _ROW * len(graph.nodes), _GRID)
    for node in graph.nodes:
        _node_row(canvas, node, graph, rows[node.name, node.is_group], left, column, lanes + _LANE * len(graph.links))
    for at, link in enumerate(graph.links):
        _action(canvas, link, rows, lanes + _LANE * at, head)
    bottom = head + _ROW * len(graph.nodes) + 22
    x = float(_MARGIN)
    for kind, text in _LINES:
        if any(link.kind == kind for link in graph.links):
            canvas.line(x, bottom - 4, x + 22, bottom - 4, _COLORS[kind], 2.5, _dash(kind))
            canvas.text(x + 28, bottom, text, size=11, fill=_FAINT)
            x += 28 + len(text) * 6.4 + 24
    return _point_legend(canvas, graph, bottom + 20) if graph.links else bottom


def _point_legend(canvas: Canvas, graph: Graph, y: float) -> float:
    """What the points on the lines of actions say; the lower end."""
    x = float(_MARGIN)
    groups = any(link.kind in ("send-via", "send-to") for link in graph.links)
    for shape, text in _POINTS:
        if shape == "diamond" and not groups:
            continue
        if shape == "diamond":
            canvas.path(diamond(x + 6, y - 4, 6), _FAINT)
        else:
            canvas.circle(x + 6, y - 4, 5.5 if shape == "ring" else 4, "ground" if shape == "ring" else _FAINT, _FAINT)
        canvas.text(x + 18, y, text, size=11, fill=_FAINT)
        x += 18 + len(text) * 6.4 + 24
    return y


def _marks(node: Node) -> str:
    return ", ".join(("group", *node.marks) if node.is_group else node.marks)


def _node_row(canvas: Canvas, node: Node, graph: Graph, y: float, left: float, column: float, right: float) -> None:
    canvas.line(_MARGIN, y + _ROW / 2, right, y + _ROW / 2, _GRID, 0.6)
    canvas.text(_MARGIN, y + 4, node.name, bold=True)
    canvas.text(left - 18, y + 4, _marks(node), size=10, fill=_FAINT, anchor="end")
    counts = dict(node.edges)
    for at, edge in enumerate(graph.edges):
        x = left + column * (at + 0.5)
        if edge not in counts:
            continue
        count = counts[edge]
        filled = _INK if count is None or count else "ground"
        if node.is_group:
            canvas.path(diamond(x, y, 7), filled if filled == _INK else _GRID)
        else:
            canvas.circle(x, y, 6, filled, _INK)
        if count is not None:
            canvas.text(x + 10, y + 4, str(count), size=10, fill=_FAINT)


def _dash(kind: str) -> str:
    return {"send-via": "6 3", "send-to": "2 3"}.get(kind, "")


def _lane(link: Link) -> str:
    parts = {"share": "share", "send-via": f"via {link.by}", "send-to": f"to {link.by}", "route": "route"}[link.kind]
    return f"{parts} {link.label}".strip()[:34]


def _action(canvas: Canvas, link: Link, rows: dict[tuple[str, bool], float], x: float, head: float) -> None:
    """One vertical line: a ring at the segment that the action is of, dots at those that it joins, a diamond at the group."""
    color = _COLORS[link.kind]
    canvas.text(x - 2, head - 8, _lane(link), size=11, fill=color, turn=True)
    source = rows.get((link.source, False))
    group = rows.get((link.by, True)) if link.kind in ("send-via", "send-to") else None
    touched = [y for y in (source, group, *(rows.get((name, False)) for name in link.targets)) if y is not None]
    if source is None or not touched:
        return
    canvas.line(x, head - 4, x, min(touched), color, 0.6)
    canvas.line(x, min(touched), x, max(touched), color, 2.5, _dash(link.kind))
    for name in link.targets:
        y = rows.get((name, False))
        if y is not None and name != link.source:
            canvas.circle(x, y, 4, color, color)
    if group is not None:
        canvas.path(diamond(x, group, 6), color)
    canvas.circle(x, source, 5.5, "ground", color)


# --- who reaches whom -------------------------------------------------------------------------------------------


def _matrix(canvas: Canvas, graph: Graph, top: float) -> None:
    names = graph.matrix.names
    canvas.text(_MARGIN, top, "Who reaches whom (rows send, columns receive)", size=14, bold=True)
    left = _MARGIN + max([len(name) for name in names] or [0]) * CHAR + 16
    head = top + 14 + max([len(name) for name in names] or [0]) * 5.6 + 12
    size = 30.0
    for at, name in enumerate(names):
        canvas.text(left + size * (at + 0.5) - 2, head - 8, name, size=11, fill=_FAINT, turn=True)
    for row, here in enumerate(names):
        y = head + size * row
        canvas.text(left - 10, y + size / 2 + 4, here, anchor="end", bold=True)
        for column, there in enumerate(names):
            cell = graph.matrix.cells[here, there]
            x = left + size * column
            title = f"{here} to {there}: {cell.flow.value}" + (f" by {', '.join(cell.groups)}" if cell.groups else "")
            canvas.box(x, y, size, size, FLOWS[cell.flow], title)
            symbol(canvas, cell, x + size / 2, y + size / 2)
            if graph.matrix.one_way(here, there):
                canvas.text(x + size - 9, y + 11, "\u203a", size=13, bold=True)
    bottom = head + size * len(names) + 24
    x = flow_legend(canvas, graph.matrix.cells.values(), bottom)
    if any(graph.matrix.one_way(*pair) for pair in graph.matrix.cells):
        canvas.text(x, bottom, "\u203a one way, nothing comes back", size=11, fill=_FAINT)
    y = bottom + 10
    for note in footnotes(graph):
        y += 6
        for line in wrap(note, _CELLS):
            y += 15
            canvas.text(_MARGIN, y, line, size=11, fill=_FAINT)


def flow_legend(canvas: Canvas, cells: Iterable[Cell], y: float) -> float:
    """What the squares of these cells say, in a line at `y`; where it ends."""
    flows, x = {cell.flow for cell in cells}, float(_MARGIN)
    for flow, text in _LEGEND:
        if flow in flows:
            canvas.box(x, y - 13, 18, 18, FLOWS[flow])
            symbol(canvas, Cell(flow), x + 9, y - 4)
            canvas.text(x + 24, y, text, size=11, fill=_FAINT)
            x += 24 + len(text) * 6.2 + 22
    return x


def symbol(canvas: Canvas, cell: Cell, x: float, y: float) -> None:
    match cell.flow:
        case Flow.DIRECT:
            canvas.circle(x, y, 5, "good", "good")
        case Flow.INSPECTED:
            canvas.path(diamond(x, y, 6), "blue")
        case Flow.PARTLY:
            canvas.path(f"M{number(x - 5)} {number(y)}A5 5 0 0 1 {number(x + 5)} {number(y)}Z", "amber")
        case Flow.UNDECIDED:
            canvas.text(x, y + 5, "?", size=14, fill="bad", anchor="middle", bold=True)
        case Flow.BLOCKED:
            canvas.line(x - 4, y, x + 4, y, _FAINT, 1.5)
        case Flow.EMPTY:
            return
