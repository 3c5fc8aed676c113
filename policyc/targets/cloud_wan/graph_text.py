"""The picture of a core network as text: a matrix for people, Mermaid, and DOT."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence

from policyc.canvas import dot_label, mermaid_label
from policyc.engines.wan.matrix import Cell, Flow
from policyc.targets.cloud_wan.graph import Graph, Link, cell_text

LEGEND = (
    "yes: reaches it; via G: inspected by G on every way",
    "some: only what is named below; -: not by the core network; ?: not published or not stated",
    "empty: nothing is attached there; >: one way, nothing comes back",
)
#: pairs of edges that a note names
_MOST = 8
_GAP = "  "


def matrix_text(graph: Graph, width: int | None = None) -> str:
    """Who reaches whom: rows send, columns receive. What is wider than `width` cells goes on in further blocks of columns."""
    names = graph.matrix.names
    texts = {
        pair: cell_text(cell) + (" >" if graph.matrix.one_way(*pair) else "")
        for pair, cell in graph.matrix.cells.items()
    }
    first = max([len("from \\ to"), *map(len, names)])
    widths = {there: max([len(there), *(len(texts[here, there]) for here in names)]) for there in names}
    lines: list[str] = []
    for block in _blocks(names, widths, None if width is None else width - first):
        lines += [""] if lines else []
        lines.append(_GAP.join(["from \\ to".ljust(first), *(name.ljust(widths[name]) for name in block)]).rstrip())
        for here in names:
            cells = [texts[here, there].ljust(widths[there]) for there in block]
            lines.append(_GAP.join([here.ljust(first), *cells]).rstrip())
    notes = list(LEGEND)
    if graph.assumed:
        notes.append("no inventory given: one attachment stands in each segment and group at each edge")
    if graph.supposed:
        notes.append("attachments whose prefixes are not stated are taken to have one of their own")
    notes += footnotes(graph)
    lines.append("")
    for note in notes:
        lines += [note] if width is None else textwrap.wrap(note, max(width, 20), subsequent_indent=_GAP)
    return "\n".join(lines) + "\n"


def footnotes(graph: Graph) -> Iterator[str]:
    """What `some` stands for, which IP version goes one way where only one does, where blocked traffic leaves, and why something is not known."""
    matrix = graph.matrix
    for (here, there), cell in matrix.cells.items():
        if cell.flow is Flow.PARTLY:
            yield f"{here} reaches {there} only: {_partly(cell)}"
        ways = matrix.one_way_families(here, there)
        if ways and not matrix.one_way(here, there):
            yield f"{here} to {there} is one way by {_versions(ways)}: nothing comes back"
    exits = {cell.exits for cell in matrix.cells.values() if cell.exits}
    for names in sorted(exits):
        pairs = [pair for pair, cell in matrix.cells.items() if cell.exits == names]
        yield f"by `send-to`, traffic leaves at {', '.join(names)}: {_pairs(pairs)}"
    yield from (f"not known: {_pairs(pairs)} ({why})" for why, pairs in graph.unknown)


def _pairs(pairs: Sequence[tuple[str, str]]) -> str:
    more = f" and {len(pairs) - _MOST} more" if len(pairs) > _MOST else ""
    return ", ".join(f"{here} to {there}" for here, there in pairs[:_MOST]) + more


def _partly(cell: Cell) -> str:
    """By IP version where that is the difference, else the pairs of edges that get through, and prefixes that do not."""
    flows = {flow for _, flow in cell.families}
    if len(flows) > 1 and Flow.PARTLY not in flows:
        return _versions([family for family, flow in cell.families if flow is not Flow.BLOCKED])
    more = f" and {len(cell.edges) - _MOST} more" if len(cell.edges) > _MOST else ""
    edges = ", ".join(f"{a} to {b}" for a, b in cell.edges[:_MOST]) + more
    lost = f"not {', '.join(cell.lost)}" if cell.lost else ""
    return "; ".join(text for text in (edges, lost) if text) or "some prefixes"


def _versions(families: Sequence[int]) -> str:
    return " and ".join(f"IPv{family}" for family in families)


def _blocks(names: Sequence[str], widths: Mapping[str, int], room: int | None) -> list[list[str]]:
    """The columns in order, as many at a time as have room; at least one."""
    out: list[list[str]] = [[]]
    used = 0
    for name in names:
        used += len(_GAP) + widths[name]
        if room is not None and out[-1] and used > room:
            out.append([])
            used = len(_GAP) + widths[name]
        out[-1].append(name)
    return out


# --- Mermaid ----------------------------------------------------------------------------------------------------


def mermaid_text(graph: Graph) -> str:
    """A flow chart: segments are boxes, function groups hexagons, edges of the chart are actions."""
    ids = _ids(graph)
    lines = ["flowchart LR"]
    for node in graph.nodes:
        where = ", ".join(edge if count is None else f"{edge}: {count}" for edge, count in node.edges)
        label = "<br/>".join(mermaid_label(part) for part in (node.name, *node.marks, where) if part)
        box = f'{{{{"{label}"}}}}' if node.is_group else f'["{label}"]'
        lines.append(f"  {ids[node.name, node.is_group]}{box}")
    for link in graph.links:
        lines += [f"  {line}" for line in _mermaid_link(link, ids)]
    return "\n".join(lines) + "\n"


def _ids(graph: Graph) -> dict[tuple[str, bool], str]:
    return {(node.name, node.is_group): f"{'g' if node.is_group else 's'}{at}" for at, node in enumerate(graph.nodes)}


def _mermaid_link(link: Link, ids: dict[tuple[str, bool], str]) -> Iterator[str]:
    source = ids.get((link.source, False))
    if source is None:
        return
    group = ids.get((link.by, True))
    match link.kind:
        case "share":
            label = f'|"{mermaid_label(link.label)}"|' if link.label else ""
            yield from (f"{source} <-->{label} {ids[name, False]}" for name in link.targets)
        case "send-via" if group is not None:
            yield f'{source} <-.->|"{link.label}"| {group}'
            yield from (f"{group} <-.-> {ids[name, False]}" for name in link.targets if name != link.source)
        case "send-to" if group is not None:
            yield f'{source} ==>|"send to"| {group}'
        case "route":
            target = f"r{source}{abs(hash_text(link.by + link.label)) % 10**8}"
            yield f'{source} -->|"{mermaid_label(link.label)}"| {target}(["{mermaid_label(link.by)}"])'
        case _:
            return


def hash_text(text: str) -> int:
    """A number for a text that is the same in every run."""
    from hashlib import sha256

    return int.from_bytes(sha256(text.encode()).digest()[:6], "big")


# --- DOT --------------------------------------------------------------------------------------------------------


def dot_text(graph: Graph) -> str:
    """For Graphviz: one cluster with the segments, one with the function groups."""
    ids = _ids(graph)
    lines = [
        f"graph {dot_label(graph.name or 'network')} {{",
        "  rankdir=LR;",
        '  node [fontname="Helvetica"];',
        '  edge [fontname="Helvetica"];',
    ]
    for node in graph.nodes:
        where = ", ".join(edge if count is None else f"{edge}: {count}" for edge, count in node.edges)
        label = "\n".join(part for part in (node.name, ", ".join(node.marks), where) if part)
        shape = "hexagon" if node.is_group else "box"
        lines.append(f"  {ids[node.name, node.is_group]} [shape={shape}, label={dot_label(label)}];")
    for at, link in enumerate(graph.links):
        lines += [f"  {line}" for line in _dot_link(link, ids, at)]
    return "\n".join([*lines, "}"]) + "\n"


def _dot_link(link: Link, ids: dict[tuple[str, bool], str], at: int) -> Iterator[str]:
    source = ids.get((link.source, False))
    if source is None:
        return
    group = ids.get((link.by, True))
    match link.kind:
        case "share":
            yield from (
                f"{source} -- {ids[name, False]} [dir=both, label={dot_label(link.label)}];" for name in link.targets
            )
        case "send-via" if group is not None:
            yield f"{source} -- {group} [dir=both, style=dashed, label={dot_label(link.label)}];"
            yield from (
                f"{group} -- {ids[name, False]} [dir=both, style=dashed];"
                for name in link.targets
                if name != link.source
            )
        case "send-to" if group is not None:
            yield f"{source} -- {group} [dir=forward, style=bold, label={dot_label('send to')}];"
        case "route":
            yield f"r{at} [shape=plaintext, label={dot_label(link.by)}];"
            yield f"{source} -- r{at} [dir=forward, label={dot_label(link.label)}];"
        case _:
            return
