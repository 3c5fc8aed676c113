"""A core network as a picture sees it: segments and function groups on edges, what joins them, and who reaches whom."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Literal, assert_never

from policyc.engines.wan.core import Core
from policyc.engines.wan.matrix import Cell, Flow, Matrix, segment_matrix
from policyc.engines.wan.paths import merge
from policyc.engines.wan.reach import Target, Verdict, reach
from policyc.engines.wan.tables import Tables
from policyc.ir.network import AssociatePolicies, CoreNetwork, CreateRoute, SegmentAction, SendTo, SendVia, Share, Word
from policyc.record import record, replace
from policyc.targets.cloud_wan.unstated_prefixes import is_stated

LinkKind = Literal["share", "send-via", "send-to", "route"]


@record
class Node:
    """A segment or a function group: `marks` are the facts that a reader wants beside the name, `edges` where it is with the number of
    attachments there (None without an inventory)."""

    name: str
    is_group: bool
    marks: tuple[str, ...]
    edges: tuple[tuple[str, int | None], ...]


@record
class Link:
    """One action: from a segment to others, `by` a function group, a static route's prefixes and destination, or routing policies."""

    kind: LinkKind
    source: str
    targets: tuple[str, ...]
    by: str = ""
    label: str = ""


@record
class Graph:
    """`assumed` tells that no inventory was given and one attachment stands for all in each segment at each edge, `supposed` that the prefixes of some are not stated and each
    of those is taken to have one of its own; `unknown` says why something is not known, with the pairs of segments."""

    name: str
    edges: tuple[str, ...]
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    matrix: Matrix
    assumed: bool
    supposed: bool = False
    unknown: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()


#: pairs of attachments that are asked why something is not known, and pairs of segments
_ASKED, _EXPLAINED = 50, 40


def draw_graph(tables: Tables, *, assumed: bool, supposed: bool = False) -> Graph:
    """The picture of a network with its tables."""
    network, matrix = tables.core.network, segment_matrix(tables)
    return Graph(
        network.name,
        network.locations,
        tuple(_nodes(tables.core, assumed)),
        tuple(link for action in network.actions for link in _links(network, action)),
        _stated(matrix) if supposed else matrix,
        assumed,
        supposed,
        tuple(_unknown(tables, matrix)),
    )


def _unknown(tables: Tables, matrix: Matrix) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    """Why something is not known, with the pairs of segments of which that is said."""
    found: dict[str, list[tuple[str, str]]] = {}
    open_ = [pair for pair, cell in matrix.cells.items() if cell.flow is Flow.UNDECIDED]
    for at, pair in enumerate(open_):
        why = _why_unknown(tables, *pair) if at < _EXPLAINED else ""
        found.setdefault(why or "ask `policyc simulate` about attachments of theirs", []).append(pair)
    yield from ((why, tuple(pairs)) for why, pairs in found.items())


def _why_unknown(tables: Tables, here: str, there: str) -> str:
    """What is said of the first attachments of which it is not known."""
    senders, receivers = (tables.core.members(name) for name in (here, there))
    pairs = ((one, other) for one in senders for other in receivers if one is not other and other.prefixes)
    for one, other in islice(pairs, _ASKED):
        answer = reach(tables, one.name, Target(other.prefixes, other.name))
        if answer.verdict is Verdict.UNDECIDED:
            doubts = merge(*(walk.doubts for walk in answer.walks))
            return "; ".join(doubts) or answer.sentence
    return ""


def _stated(matrix: Matrix) -> Matrix:
    """The matrix without prefixes that nobody wrote."""
    cells = {
        pair: replace(cell, lost=tuple(filter(is_stated, cell.lost))) if cell.lost else cell
        for pair, cell in matrix.cells.items()
    }
    return replace(matrix, cells=cells)


def _nodes(core: Core, assumed: bool) -> Iterator[Node]:
    network = core.network
    for segment in network.segments:
        marks = ["isolated"] if segment.isolated else []
        marks += ["acceptance"] if segment.acceptance_on else []
        marks += [f"denies {_listed(segment.deny_filter)}"] if segment.deny_filter else []
        marks += [f"allows {_listed(segment.allow_filter)}"] if segment.allow_filter else []
        name = segment.name.text
        here = [
            (edge, None if assumed else sum(edge in item.regions for item in core.members(name)))
            for edge in core.edges_of(name)
        ]
        yield Node(name, False, tuple(marks), tuple(here))
    for group in network.groups:
        name = group.name.text
        marks = ["acceptance"] if group.acceptance is True else []
        there = [(edge, None if assumed else len(core.group_members(name, edge))) for edge in network.locations]
        yield Node(name, True, tuple(marks), tuple(there))


def _listed(words: tuple[Word, ...]) -> str:
    return ", ".join(word.text for word in words)


def _links(network: CoreNetwork, action: SegmentAction) -> Iterator[Link]:
    source = action.segment.text
    match action:
        case Share():
            others = network.members(action.with_segments, without=source)
            policies = f"with {_listed(action.policies)}" if action.policies else ""
            yield Link("share", source, others, "", policies)
        case SendVia():
            yield Link("send-via", source, network.redirected(action), action.groups[0].text, action.mode)
        case SendTo():
            yield Link("send-to", source, (), action.groups[0].text, "")
        case CreateRoute():
            yield Link("route", source, (), _listed(action.destinations), _listed(action.cidrs))
        case AssociatePolicies():
            pass
        case _:
            assert_never(action)


def cell_text(cell: Cell) -> str:
    """One cell in a word or two."""
    match cell.flow:
        case Flow.DIRECT:
            return "yes" if not cell.groups else f"yes, partly {'+'.join(cell.groups)}"
        case Flow.INSPECTED:
            return f"via {'+'.join(cell.groups)}"
        case Flow.BLOCKED:
            return "-"
        case Flow.PARTLY:
            return "some"
        case Flow.UNDECIDED:
            return "?"
        case Flow.EMPTY:
            return "empty"
        case _:
            assert_never(cell.flow)


def graph_data(graph: Graph) -> dict[str, Any]:
    """The picture as plain data."""
    return {
        "format_version": 1,
        "kind": "graph",
        "network": graph.name,
        "edges": list(graph.edges),
        "assumed": graph.assumed,
        "supposed": graph.supposed,
        "nodes": [
            {
                "name": node.name,
                "kind": "group" if node.is_group else "segment",
                "marks": list(node.marks),
                "edges": [{"edge": edge, "attachments": count} for edge, count in node.edges],
            }
            for node in graph.nodes
        ],
        "links": [
            {
                "kind": link.kind,
                "from": link.source,
                "to": list(link.targets),
                "by": link.by or None,
                "label": link.label or None,
            }
            for link in graph.links
        ],
        "reach": [
            {
                "from": here,
                "to": there,
                "flow": cell.flow.value,
                "groups": list(cell.groups),
                "edges": [list(pair) for pair in cell.edges],
                "by_version": {f"IPv{family}": flow.value for family, flow in cell.families},
                "lost": list(cell.lost),
                "exits": list(cell.exits),
                "one_way": graph.matrix.one_way(here, there),
                "one_way_versions": [f"IPv{family}" for family in graph.matrix.one_way_families(here, there)],
            }
            for (here, there), cell in graph.matrix.cells.items()
        ],
    }
