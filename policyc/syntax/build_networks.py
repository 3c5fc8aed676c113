"""Networks: a topology with ordered rules."""

from __future__ import annotations

from typing import Any

from policyc.syntax.build_context import Build
from policyc.syntax.network_nodes import (
    NetAction,
    NetApply,
    NetAsns,
    NetAttach,
    NetAttachRule,
    NetDescribe,
    NetEdge,
    NetEdges,
    NetFilter,
    NetFilterRule,
    NetFlag,
    NetFunctionGroup,
    NetImportFilter,
    NetInsideCidrs,
    NetLabelRule,
    NetLabels,
    NetLocations,
    NetMode,
    NetOverride,
    NetPolicies,
    NetRoute,
    NetSegment,
    NetSegments,
    NetSend,
    NetShare,
    NetSwitch,
    NetToGroup,
    NetToSegment,
    NetToTag,
)
from policyc.syntax.nodes import Expr, Ident, Int, ListOf, Network, Range, Str


def _options(rest: tuple[Any, ...]) -> tuple[Any, ...]:
    """The options of an item whose block `{ … }` may be missing."""
    return tuple(rest[1]) if rest else ()


def build_network(
    b: Build,
    start: int,
    end: int,
    _network: int,
    name: Ident,
    _for: int,
    target: Ident,
    _version: int,
    version: Str,
    _open: int,
    items: list[Any],
    _close: int,
) -> Network:
    b.declare(name)
    return Network(name, target, version, tuple(items), b.span(start, end), b.doc(start))


def build_range(b: Build, start: int, end: int, low: Int, _to: int, high: Int) -> Range:
    return Range(low, high, b.span(start, end))


def build_net_asns(b: Build, start: int, end: int, _asns: int, ranges: list[Range]) -> NetAsns:
    return NetAsns(tuple(ranges), b.span(start, end))


def build_net_inside(b: Build, start: int, end: int, _inside: int, _cidrs: int, cidrs: list[Expr]) -> NetInsideCidrs:
    return NetInsideCidrs(tuple(cidrs), b.span(start, end))


def build_net_option(b: Build, start: int, end: int, _option: int, name: Ident, switch: str) -> NetSwitch:
    return NetSwitch(name, switch == "on", b.span(start, end))


def build_net_edges(b: Build, start: int, end: int, _edges: int, edges: list[NetEdge]) -> NetEdges:
    return NetEdges(tuple(edges), b.span(start, end))


def build_edge_bare(b: Build, start: int, end: int, location: Expr) -> NetEdge:
    return NetEdge(location, None, None, b.span(start, end))


def build_edge_asn(_b: Build, _start: int, _end: int, _asn: int, number: Int) -> Int:
    return number


def build_edge_with(
    b: Build, start: int, end: int, location: Expr, _open: int, options: list[Int | NetInsideCidrs], _close: int
) -> NetEdge:
    asn: Int | None = None
    inside: NetInsideCidrs | None = None
    for option in options:
        match option:
            case Int():
                if asn is not None:
                    b.refuse("this edge has a second `asn`", option.span, "keep one `asn` per edge")
                asn = asn or option
            case NetInsideCidrs():
                if inside is not None:
                    help = "keep one `inside cidrs` per edge; it takes several blocks separated by commas"
                    b.refuse("this edge has a second `inside cidrs`", option.span, help)
                inside = inside or option
    return NetEdge(location, asn, inside, b.span(start, end))


def build_flag_plain(b: Build, start: int, end: int, _isolate: int) -> NetFlag:
    return NetFlag("isolate", True, b.span(start, end))


def build_flag_no(b: Build, start: int, end: int, _no: int, name: int) -> NetFlag:
    return NetFlag("isolate" if b.word(name) == "isolate" else "acceptance", False, b.span(start, end))


def build_flag_require(b: Build, start: int, end: int, _require: int, _acceptance: int) -> NetFlag:
    return NetFlag("acceptance", True, b.span(start, end))


def build_describe(b: Build, start: int, end: int, _describe: int, text: Str) -> NetDescribe:
    return NetDescribe(text, b.span(start, end))


def build_net_locations(b: Build, start: int, end: int, _edges: int, locations: list[Expr]) -> NetLocations:
    return NetLocations(tuple(locations), b.span(start, end))


def build_import_filter(b: Build, start: int, end: int, word: Any, _from: int, names: list[Ident]) -> NetImportFilter:
    return NetImportFilter(word, tuple(names), b.span(start, end))


def build_net_segment(b: Build, start: int, end: int, _segment: int, name: Ident, *rest: Any) -> NetSegment:
    return NetSegment(name, _options(rest), b.span(start, end), b.doc(start))


def build_net_function_group(b: Build, start: int, end: int, _word: int, name: Ident, *rest: Any) -> NetFunctionGroup:
    return NetFunctionGroup(name, _options(rest), b.span(start, end), b.doc(start))


def build_segments_named(b: Build, start: int, end: int, names: list[Ident]) -> NetSegments:
    return NetSegments(False, tuple(names), b.span(start, end))


def build_segments_every(b: Build, start: int, end: int, _star: int) -> NetSegments:
    return NetSegments(True, (), b.span(start, end))


def build_segments_except(b: Build, start: int, end: int, _star: int, _except: int, names: list[Ident]) -> NetSegments:
    return NetSegments(True, tuple(names), b.span(start, end))


def build_net_policies(b: Build, start: int, end: int, _apply: int, names: list[Ident]) -> NetPolicies:
    return NetPolicies(tuple(names), b.span(start, end))


def build_net_share(
    b: Build, start: int, end: int, _share: int, segment: Ident, _with: int, segments: NetSegments, *rest: Any
) -> NetShare:
    return NetShare(segment, segments, _options(rest), b.span(start, end))


def build_send_head(
    b: Build, start: int, end: int, _send: int, kind: Any, groups: list[Ident], _from: int, segment: Ident, *rest: Any
) -> NetSend:
    to: NetSegments | None = rest[1] if rest else None
    if kind == "to" and to is not None:
        b.refuse("`send to` takes no second `to`", to.span, "remove it, or write `send via … from … to …`")
    return NetSend(kind, tuple(groups), segment, to, (), b.span(start, end))


def build_net_send(b: Build, start: int, end: int, head: NetSend, *rest: Any) -> NetSend:
    return NetSend(head.kind, head.groups, head.segment, head.to, _options(rest), b.span(start, end))


def build_mode(b: Build, start: int, end: int, _mode: int, name: Ident) -> NetMode:
    return NetMode(name, b.span(start, end))


def build_override(
    b: Build, start: int, end: int, _edge: int, edge_sets: list[ListOf], _use: int, use: Expr
) -> NetOverride:
    return NetOverride(tuple(edges.items for edges in edge_sets), use, b.span(start, end))


def build_net_route(
    b: Build,
    start: int,
    end: int,
    _route: int,
    segment: Ident,
    cidrs: list[Expr],
    _to: int,
    destinations: list[Expr],
    *rest: Any,
) -> NetRoute:
    return NetRoute(segment, tuple(cidrs), tuple(destinations), _options(rest), b.span(start, end))


def build_net_apply(
    b: Build,
    start: int,
    end: int,
    _apply: int,
    policies: list[Ident],
    _in: int,
    segment: Ident,
    _from: int,
    location: Expr,
    _to: int,
    peer: Expr,
    *rest: Any,
) -> NetApply:
    return NetApply(tuple(policies), segment, location, peer, _options(rest), b.span(start, end))


def build_rule_number(b: Build, _start: int, _end: int, number: int, _colon: int) -> Int:
    from policyc.syntax.build_expressions import build_integer

    return build_integer(b, b.starts[number], b.ends[number], number)


def build_otherwise(_b: Build, _start: int, _end: int, _otherwise: int) -> None:
    return None


def build_destination(b: Build, _start: int, _end: int, kind: int, name: Ident | Str) -> tuple[str, Ident | Str]:
    return b.word(kind), name


def build_attach_rule(
    b: Build,
    start: int,
    end: int,
    number: Int,
    condition: Expr | None,
    _to: int,
    destination: tuple[str, Any],
    *rest: Any,
) -> NetAttachRule:
    kind, name = destination
    # The words `segment`, `tag` and `group` stand before the name; the node covers them and the options.
    at = b.span(b.starts[_to + 1], end)
    node: NetToSegment | NetToTag | NetToGroup
    match kind:
        case "segment":
            node = NetToSegment(name, _options(rest), at)
        case "tag":
            node = NetToTag(name, _options(rest), at)
        case _:
            node = NetToGroup(name, _options(rest), at)
    return NetAttachRule(number, condition, node, b.span(start, end), b.doc(start))


def build_net_attach(
    b: Build, start: int, end: int, _attach: int, _open: int, rules: list[NetAttachRule], _close: int
) -> NetAttach:
    return NetAttach(tuple(rules), b.span(start, end))


def build_label_rule(
    b: Build, start: int, end: int, number: Int, labels: list[Str], _to: int, policies: list[Ident], *rest: Any
) -> NetLabelRule:
    return NetLabelRule(number, tuple(labels), tuple(policies), _options(rest), b.span(start, end))


def build_net_labels(
    b: Build, start: int, end: int, _labels: int, _open: int, rules: list[NetLabelRule], _close: int
) -> NetLabels:
    return NetLabels(tuple(rules), b.span(start, end))


def build_action(b: Build, start: int, end: int, name: Ident, value: Expr | None = None) -> NetAction:
    return NetAction(name, value, b.span(start, end))


def build_filter_rule(
    b: Build, start: int, end: int, number: Int, condition: Expr | None, _to: int, action: NetAction
) -> NetFilterRule:
    return NetFilterRule(number, condition, action, b.span(start, end))


def build_net_filter(
    b: Build,
    start: int,
    end: int,
    _filter: int,
    name: Ident,
    _direction: int,
    direction: Ident,
    _number: int,
    number: Int,
    _open: int,
    options: list[NetDescribe],
    rules: list[NetFilterRule],
    _close: int,
) -> NetFilter:
    return NetFilter(name, direction, number, tuple(options), tuple(rules), b.span(start, end), b.doc(start))
