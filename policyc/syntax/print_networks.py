"""Networks -> documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from policyc.syntax import network_nodes as net
from policyc.syntax import nodes as n
from policyc.syntax.layout import Doc, Items, Seq, Style, Turn, Unit
from policyc.syntax.literals import quote
from policyc.syntax.print_expressions import commas, print_expr, print_names, print_value, print_values
from policyc.text import Span

_Option = (
    net.NetFlag
    | net.NetDescribe
    | net.NetLocations
    | net.NetImportFilter
    | net.NetPolicies
    | net.NetMode
    | net.NetOverride
)


def print_network(network: n.Network) -> Doc:
    header = f"network {network.name.text} for {network.target.text} version {quote(network.version.value)} "
    units = [_item(item) for item in network.items]
    return Seq((header, Items(Style.BLOCK, units, network.span)))


def _item(item: net.NetItem) -> Unit:
    match item:
        case net.NetSegment() | net.NetFunctionGroup() | net.NetFilter():
            return Unit(_print_item(item), item.span, doc=item.doc)
        case _:
            return Unit(_print_item(item), item.span)


def _print_item(item: net.NetItem) -> Doc:
    match item:
        case net.NetAsns():
            units = [Unit(f"{r.low.value}..{r.high.value}", r.span) for r in item.ranges]
            return Seq(("asns ", commas(units)))
        case net.NetInsideCidrs():
            return Seq(("inside cidrs ", print_values(item.cidrs)))
        case net.NetSwitch():
            return f"option {item.name.text} {'on' if item.value else 'off'}"
        case net.NetEdges():
            return Seq(("edges ", commas([Unit(_edge(edge), edge.span) for edge in item.edges])))
        case net.NetSegment():
            return _with_options((f"segment {item.name.text}",), item, item.options)
        case net.NetFunctionGroup():
            return _with_options((f"function_group {item.name.text}",), item, item.options)
        case net.NetShare():
            return _with_options(
                (f"share {item.segment.text} with ", *_segments(item.with_segments)), item, item.options
            )
        case net.NetSend():
            return _with_options(_send(item), item, item.options)
        case net.NetRoute():
            parts = (
                f"route {item.segment.text} ",
                print_values(item.cidrs),
                Turn("->", print_values(item.destinations)),
            )
            return _with_options(parts, item, item.options)
        case net.NetApply():
            return _with_options(_apply(item), item, item.options)
        case net.NetAttach():
            units = [Unit(_attach_rule(rule), rule.span, doc=rule.doc) for rule in item.rules]
            return Seq(("attach ", Items(Style.BLOCK, units, item.span)))
        case net.NetLabels():
            units = [Unit(_label_rule(rule), rule.span) for rule in item.rules]
            return Seq(("labels ", Items(Style.BLOCK, units, item.span)))
        case net.NetFilter():
            return _filter(item)
        case _:
            assert_never(item)


def _with_options(parts: Sequence[Doc], node: _HasSpan, options: Sequence[_Option]) -> Doc:
    """An item with its block of options; without options there is no block."""
    if not options:
        return Seq(tuple(parts))
    units = [Unit(_option(option), option.span) for option in options]
    # The block reaches from the end of what stands before it; only its first and last option are certain.
    span = Span(node.span.file, _end_of(parts, node), node.span.end)
    return Seq((*parts, " ", Items(Style.OPTIONS, units, span)))


def _end_of(parts: Sequence[Doc], node: _HasSpan) -> int:
    """Where the part before the block ends in the text: behind the last list it holds, else at the node's start."""
    ends = [_last_end(part) for part in parts]
    return max([node.span.start, *ends])


def _last_end(part: Doc) -> int:
    match part:
        case Items():
            return part.span.end if part.span is not None else 0
        case Turn():
            return _last_end(part.body)
        case Seq():
            return max((_last_end(inner) for inner in part.parts), default=0)
        case _:
            return 0


_HasSpan = (
    net.NetSegment
    | net.NetFunctionGroup
    | net.NetShare
    | net.NetSend
    | net.NetRoute
    | net.NetApply
    | net.NetAttachRule
    | net.NetLabelRule
)


def _option(option: _Option) -> Doc:
    match option:
        case net.NetFlag():
            if option.name == "isolate":
                return "isolate" if option.value else "no isolate"
            return "require acceptance" if option.value else "no acceptance"
        case net.NetDescribe():
            return f"describe {quote(option.text.value)}"
        case net.NetLocations():
            return Seq(("edges ", print_values(option.locations)))
        case net.NetImportFilter():
            return Seq((f"{option.word} from ", print_names(option.segments)))
        case net.NetPolicies():
            return Seq(("apply ", print_names(option.names)))
        case net.NetMode():
            return f"mode {option.name.text}"
        case net.NetOverride():
            # The tree keeps no place for the brackets, so a comment among them moves above the option.
            lists = [Unit(Items(Style.LIST, [Unit(print_expr(item)) for item in items])) for items in option.edge_sets]
            return Seq(("edge ", commas(lists), " use ", print_value(option.use)))
        case _:
            assert_never(option)


def _edge(edge: net.NetEdge) -> Doc:
    units = []
    if edge.asn is not None:
        units.append(Unit(f"asn {edge.asn.value}", edge.asn.span, inexact=True))
    if edge.inside_cidrs is not None:
        units.append(Unit(_print_item(edge.inside_cidrs), edge.inside_cidrs.span))
    location = print_value(edge.location)
    if not units:
        return location
    units.sort(key=lambda unit: unit.span.start if unit.span else 0)
    span = Span(edge.span.file, edge.location.span.end, edge.span.end)
    return Seq((location, " ", Items(Style.OPTIONS, units, span)))


def _segments(segments: net.NetSegments) -> tuple[Doc, ...]:
    if not segments.every:
        return (print_names(segments.names),)
    return ("* except ", print_names(segments.names)) if segments.names else ("*",)


def _send(send: net.NetSend) -> tuple[Doc, ...]:
    parts: tuple[Doc, ...] = (f"send {send.kind} ", print_names(send.groups), f" from {send.segment.text}")
    return parts if send.to is None else (*parts, " to ", *_segments(send.to))


def _apply(apply: net.NetApply) -> tuple[Doc, ...]:
    names = ("apply ", print_names(apply.policies), f" in {apply.segment.text} from ")
    return (*names, print_value(apply.location), " to ", print_value(apply.peer))


def _condition(number: n.Int, condition: n.Expr | None) -> tuple[Doc, ...]:
    return (f"{number.value}: ", "otherwise" if condition is None else print_expr(condition))


def _attach_rule(rule: net.NetAttachRule) -> Doc:
    to = rule.destination
    match to:
        case net.NetToSegment():
            text = f"segment {to.segment.text}"
        case net.NetToTag():
            text = f"tag {quote(to.key.value)}"
        case net.NetToGroup():
            text = f"group {to.group.text}"
        case _:
            assert_never(to)
    units = [Unit(_option(option), option.span) for option in to.options]
    span = Span(to.span.file, to.span.start + 1, to.span.end)
    body: Doc = Seq((text, " ", Items(Style.OPTIONS, units, span))) if units else text
    return Seq((*_condition(rule.number, rule.condition), Turn("->", body)))


def _label_rule(rule: net.NetLabelRule) -> Doc:
    labels = commas([Unit(quote(label.value), label.span) for label in rule.labels])
    return _with_options((f"{rule.number.value}: ", labels, Turn("->", print_names(rule.policies))), rule, rule.options)


def _filter(item: net.NetFilter) -> Doc:
    header = f"filter {item.name.text} direction {item.direction.text} number {item.number.value} "
    units = [Unit(_option(option), option.span) for option in item.options]
    for rule in item.rules:
        action: Doc = rule.action.name.text
        if rule.action.value is not None:
            action = Seq((rule.action.name.text, " ", print_value(rule.action.value)))
        units.append(Unit(Seq((*_condition(rule.number, rule.condition), Turn("->", action))), rule.span))
    return Seq((header, Items(Style.BLOCK, units, item.span)))
