"""Core networks of the IR as `network` declarations of the language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TypeAlias, TypeVar, assert_never

from policyc.importing.conditions import NoWords
from policyc.importing.names import Names
from policyc.importing.tree import NOWHERE, compare, either, ident, joined, keyed, listed, text, word
from policyc.ir import network as ir
from policyc.ir.pattern import escape_pattern
from policyc.model.literals import misfit
from policyc.model.types import shapes
from policyc.regex import regex
from policyc.syntax import network_nodes, nodes

_Part = TypeVar("_Part")
_Node = TypeVar("_Node")
_Options: TypeAlias = tuple[network_nodes.NetFlag | network_nodes.NetDescribe, ...]
_IDENTIFIER = regex("[A-Za-z][A-Za-z0-9_]*")
_SWITCHES = ("vpn_ecmp", "dns", "security_group_referencing")
_ACTIONS = {"prepend-asn-list": "prepend_asns", "remove-asn-list": "remove_asns", "replace-asn-list": "replace_asns"}


def network_node(network: ir.CoreNetwork, name: str, otherwise: Sequence[ir.RouteMatch], names: Names) -> nodes.Network:
    """The declaration of a network; `otherwise` are the matches that `otherwise` stands for in filters. Raises NoWords."""
    items: list[network_nodes.NetItem] = [*_configuration(network.configuration)]
    items += _each(_segment, network.segments)
    items += _each(_group, network.groups)
    items += _each(_action, network.actions)
    if network.attach_rules:
        rules = tuple(_each(partial(_attach_rule, names), network.attach_rules))
        items.append(network_nodes.NetAttach(rules, NOWHERE))
    if network.label_rules:
        items.append(network_nodes.NetLabels(tuple(_each(_label_rule, network.label_rules)), NOWHERE))
    items += _each(partial(_filter, otherwise), network.routing_policies)
    return nodes.Network(ident(name), ident("cloudwan"), text(network.version.text), tuple(items), NOWHERE)


def _each(make: Callable[[_Part], _Node], parts: Iterable[_Part]) -> Iterator[_Node]:
    """What becomes of each part; what has no words is told with the place of its part."""
    for part in parts:
        try:
            yield make(part)
        except NoWords as nothing:
            raise NoWords(nothing.span or getattr(part, "span", None), nothing.what, nothing.help) from nothing


def _configuration(configuration: ir.Configuration) -> Iterator[network_nodes.NetItem]:
    ranges = [
        nodes.Range(nodes.Int(item.low, NOWHERE), nodes.Int(item.high, NOWHERE), NOWHERE)
        for item in configuration.asn_ranges
    ]
    yield network_nodes.NetAsns(tuple(ranges), NOWHERE)
    if configuration.inside_cidrs:
        yield network_nodes.NetInsideCidrs(_texts(configuration.inside_cidrs), NOWHERE)
    for name in _SWITCHES:
        value = getattr(configuration, name)
        if value is not None:
            yield network_nodes.NetSwitch(ident(name), value, NOWHERE)
    yield network_nodes.NetEdges(tuple(map(_edge, configuration.edges)), NOWHERE)


def _edge(edge: ir.Edge) -> network_nodes.NetEdge:
    asn = None if edge.asn is None else nodes.Int(edge.asn.value, NOWHERE)
    inside = network_nodes.NetInsideCidrs(_texts(edge.inside_cidrs), NOWHERE) if edge.inside_cidrs else None
    return network_nodes.NetEdge(_region(edge.location), asn, inside, NOWHERE)


def _texts(words: Iterable[ir.Word]) -> tuple[nodes.Expr, ...]:
    return tuple(text(item.text) for item in words)


def _name(item: ir.Word) -> nodes.Ident:
    """A name of the network's own. Raises NoWords for one that the language cannot write, nor the service take."""
    if _IDENTIFIER.fullmatch(item.text) is None:
        help = "give it a name of letters and digits that starts with a letter, which is what the service takes"
        raise NoWords(item.span, f"the name `{item.text}`", help)
    return ident(item.text)


def _idents(words: Iterable[ir.Word]) -> tuple[nodes.Ident, ...]:
    return tuple(map(_name, words))


def _region(item: ir.Word) -> nodes.Expr:
    if misfit(shapes()["region"], item.text) is not None:
        raise NoWords
    return nodes.Region(item.text, NOWHERE)


def _regions(words: Iterable[ir.Word]) -> tuple[nodes.Expr, ...]:
    return tuple(map(_region, words))


def _described(description: ir.Word | None) -> list[network_nodes.NetDescribe]:
    return [] if description is None else [network_nodes.NetDescribe(text(description.text), NOWHERE)]


def _acceptance(value: bool | None) -> list[network_nodes.NetFlag]:
    return [] if value is None else [network_nodes.NetFlag("acceptance", value, NOWHERE)]


def _segment(segment: ir.Segment) -> network_nodes.NetSegment:
    options: list[
        network_nodes.NetFlag | network_nodes.NetDescribe | network_nodes.NetLocations | network_nodes.NetImportFilter
    ] = []
    if segment.edges:
        options.append(network_nodes.NetLocations(_regions(segment.edges), NOWHERE))
    if segment.isolate is not None:
        options.append(network_nodes.NetFlag("isolate", segment.isolate, NOWHERE))
    options += _acceptance(segment.acceptance)
    if segment.deny_filter:
        options.append(network_nodes.NetImportFilter("deny", _idents(segment.deny_filter), NOWHERE))
    if segment.allow_filter:
        options.append(network_nodes.NetImportFilter("allow", _idents(segment.allow_filter), NOWHERE))
    options += _described(segment.description)
    return network_nodes.NetSegment(_name(segment.name), tuple(options), NOWHERE)


def _group(group: ir.FunctionGroup) -> network_nodes.NetFunctionGroup:
    options: _Options = (*_acceptance(group.acceptance), *_described(group.description))
    return network_nodes.NetFunctionGroup(_name(group.name), options, NOWHERE)


# --- segment actions --------------------------------------------------------------------------------------------


def _action(action: ir.SegmentAction) -> network_nodes.NetItem:
    described = tuple(_described(action.description))
    match action:
        case ir.Share():
            applied = (network_nodes.NetPolicies(_idents(action.policies), NOWHERE),) if action.policies else ()
            options = (*applied, *described)
            return network_nodes.NetShare(_name(action.segment), _segments(action.with_segments), options, NOWHERE)
        case ir.CreateRoute():
            destinations = tuple(
                word(ir.BLACKHOLE) if item.text == ir.BLACKHOLE else text(item.text) for item in action.destinations
            )
            return network_nodes.NetRoute(_name(action.segment), _texts(action.cidrs), destinations, described, NOWHERE)
        case ir.SendVia():
            mode = network_nodes.NetMode(ident(action.mode.replace("-", "_")), NOWHERE)
            return _send("via", action, (mode, *map(_override, action.overrides), *described))
        case ir.SendTo(sent_to=ir.SegmentSet(span=span)):
            raise NoWords(span, "`when-sent-to` under `send-to`, which the service ignores", "leave it out")
        case ir.SendTo():
            return _send("to", action, (*map(_override, action.overrides), *described))
        case ir.AssociatePolicies():
            here, there = _region(action.location), _region(action.peer)
            applied_here = _idents(action.policies)
            return network_nodes.NetApply(applied_here, _name(action.segment), here, there, described, NOWHERE)
        case _:
            assert_never(action)


def _send(
    kind: str,
    action: ir.SendVia | ir.SendTo,
    options: tuple[network_nodes.NetMode | network_nodes.NetOverride | network_nodes.NetDescribe, ...],
) -> network_nodes.NetSend:
    to = None if action.sent_to is None else _segments(action.sent_to)
    segment = _name(action.segment)
    return network_nodes.NetSend(
        "via" if kind == "via" else "to", _idents(action.groups), segment, to, options, NOWHERE
    )


def _segments(segments: ir.SegmentSet) -> network_nodes.NetSegments:
    return network_nodes.NetSegments(segments.every, _idents(segments.names), NOWHERE)


def _override(override: ir.EdgeOverride) -> network_nodes.NetOverride:
    sets = tuple(map(_regions, override.edge_sets))
    return network_nodes.NetOverride(sets, _region(override.use), NOWHERE)


# --- rules ------------------------------------------------------------------------------------------------------


def _attach_rule(names: Names, rule: ir.AttachRule) -> network_nodes.NetAttachRule:
    options: _Options = (*_acceptance(rule.action.acceptance), *_described(rule.description))
    destination: network_nodes.NetToSegment | network_nodes.NetToTag | network_nodes.NetToGroup
    match rule.action:
        case ir.ToSegment(segment=segment):
            destination = network_nodes.NetToSegment(_name(segment), options, NOWHERE)
        case ir.ToTag(key=key):
            destination = network_nodes.NetToTag(text(key.text), options, NOWHERE)
        case ir.ToGroup(group=group):
            destination = network_nodes.NetToGroup(_name(group), options, NOWHERE)
        case _:
            assert_never(rule.action)
    every = [item.type for item in rule.conditions] == ["any"]
    condition = None if every else _joined([_condition(item, names) for item in rule.conditions], rule.logic)
    return network_nodes.NetAttachRule(nodes.Int(rule.number.value, NOWHERE), condition, destination, NOWHERE)


def _joined(items: list[nodes.Expr], logic: ir.Logic | None) -> nodes.Expr:
    if not items or (len(items) > 1 and logic is None):
        raise NoWords
    return either(items) if logic == "or" else joined(items)


def _condition(item: ir.AttachCondition, names: Names) -> nodes.Expr:
    tag = keyed(f'tag["{item.key.text}"]', item.key.text) if item.key is not None else None
    if item.type in ("tag-exists", "tag-name") and tag is not None:
        return nodes.Exists(tag, NOWHERE)
    if item.value is None or item.operator is None:
        raise NoWords
    match item.type:
        case "tag-value" if tag is not None:
            return _compared(tag, item, text(item.value.text))
        case "account-id":
            plain = misfit(shapes()["account"], item.value.text) is None
            return _compared(word("account"), item, names.value("account", item.value.text) if plain else None)
        case "region":
            region = nodes.Region(item.value.text, NOWHERE)
            fits = misfit(shapes()["region"], item.value.text) is None
            return _compared(word("region"), item, region if fits else None)
        case "attachment-type":
            kind = _name(ir.Word(item.value.text.replace("-", "_"), item.value.span))
            return _compared(word("type"), item, word(kind.text))
        case "resource-id":
            return _compared(word("resource_id"), item, text(item.value.text))
        case _:
            raise NoWords


def _compared(subject: nodes.Ref, item: ir.AttachCondition, value: nodes.Expr | None) -> nodes.Expr:
    pattern = escape_pattern(item.value.text if item.value is not None else "")
    match item.operator:
        case "equals" if value is not None:
            return compare(subject, "==", value)
        case "not-equals" if value is not None:
            return compare(subject, "!=", value)
        case "begins-with":
            return compare(subject, "like", text(f"{pattern}*"))
        case "contains":
            return compare(subject, "like", text(f"*{pattern}*"))
        case _:
            raise NoWords


def _label_rule(rule: ir.LabelRule) -> network_nodes.NetLabelRule:
    locations = (network_nodes.NetLocations(_regions(rule.edges), NOWHERE),) if rule.edges else ()
    labels = tuple(text(item.text) for item in rule.labels)
    options = (*locations, *_described(rule.description))
    return network_nodes.NetLabelRule(
        nodes.Int(rule.number.value, NOWHERE), labels, _idents(rule.policies), options, NOWHERE
    )


def _filter(otherwise: Sequence[ir.RouteMatch], policy: ir.RoutingPolicy) -> network_nodes.NetFilter:
    rules = tuple(_filter_rule(rule, otherwise) for rule in policy.rules)
    number = nodes.Int(policy.number.value, NOWHERE)
    described = tuple(_described(policy.description))
    return network_nodes.NetFilter(_name(policy.name), ident(policy.direction), number, described, rules, NOWHERE)


def _filter_rule(rule: ir.RouteRule, otherwise: Sequence[ir.RouteMatch]) -> network_nodes.NetFilterRule:
    every = tuple(rule.matches) == tuple(otherwise) and rule.logic == "or"
    condition = None if every else _joined([_match(item) for item in rule.matches], rule.logic)
    return network_nodes.NetFilterRule(
        nodes.Int(rule.number.value, NOWHERE), condition, _route_action(rule.action), NOWHERE
    )


def _match(item: ir.RouteMatch) -> nodes.Expr:
    value: nodes.Expr = nodes.Int(item.value, NOWHERE) if isinstance(item.value, int) else text(item.value)
    match item.type:
        case "prefix-equals":
            return compare(word("prefix"), "==", value)
        case "prefix-in-cidr":
            return compare(word("prefix"), "in", value)
        case "prefix-in-prefix-list":
            return compare(word("prefix_list"), "==", value)
        case "asn-in-as-path":
            return compare(value, "in", word("as_path"))
        case "community-in-list":
            return compare(value, "in", word("communities"))
        case "med-equals":
            return compare(word("med"), "==", value)
        case _:
            assert_never(item.type)


def _route_action(action: ir.RouteAction) -> network_nodes.NetAction:
    name = _ACTIONS.get(action.type, action.type.replace("-", "_"))
    value: nodes.Expr | None
    match action.value:
        case None:
            value = None
        case tuple():
            value = listed(nodes.Int(item, NOWHERE) for item in action.value)
        case int():
            value = nodes.Int(action.value, NOWHERE)
        case _:
            value = text(action.value)
    return network_nodes.NetAction(ident(name), value, NOWHERE)
