"""The network IR to its canonical document: one fixed key order, two blanks of indent, and a source map.

What the author left out stays out, so that reading the document back gives the same network.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, assert_never

from policyc.ir import network as ir
from policyc.record import field, record
from policyc.text import Span


@record
class Place:
    """An element of the document: JSON pointer, what people call it, where it was written."""

    pointer: str
    label: str
    span: Span


@record(frozen=False)
class _Map:
    places: list[Place] = field(default_factory=list)

    def add(self, pointer: str, label: str, span: Span | None) -> None:
        if span is not None:
            self.places.append(Place(pointer, label, span))


def write_document(network: ir.CoreNetwork) -> tuple[str, tuple[Place, ...]]:
    """The text of the document, with a final line break, and the place of each of its elements."""
    found = _Map()
    data = plain_document(network)
    _map_places(network, found)
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n", tuple(found.places)


def plain_document(network: ir.CoreNetwork) -> dict[str, Any]:
    """The document as ordinary data."""
    return _kept(
        {
            "version": network.version.text,
            "core-network-configuration": _configuration(network.configuration),
            "segments": [_segment(item) for item in network.segments],
            "network-function-groups": [_group(item) for item in network.groups],
            "segment-actions": [plain_action(item) for item in network.actions],
            "attachment-policies": [_attach_rule(item) for item in network.attach_rules],
            "attachment-routing-policy-rules": [_label_rule(item) for item in network.label_rules],
            "routing-policies": [_policy(item) for item in network.routing_policies],
        }
    )


def _kept(entries: Mapping[str, Any]) -> dict[str, Any]:
    """Without the members that nobody wrote."""
    return {key: value for key, value in entries.items() if value is not None and value != []}


def _texts(words: tuple[ir.Word, ...]) -> list[str]:
    return [word.text for word in words]


def _text(word: ir.Word | None) -> str | None:
    return None if word is None else word.text


def _configuration(item: ir.Configuration) -> dict[str, Any]:
    return _kept(
        {
            "vpn-ecmp-support": item.vpn_ecmp,
            "dns-support": item.dns,
            "security-group-referencing-support": item.security_group_referencing,
            "inside-cidr-blocks": _texts(item.inside_cidrs),
            "asn-ranges": [asn_range.text for asn_range in item.asn_ranges],
            "edge-locations": [_edge(edge) for edge in item.edges],
        }
    )


def _edge(item: ir.Edge) -> dict[str, Any]:
    return _kept(
        {
            "location": item.location.text,
            "asn": None if item.asn is None else item.asn.value,
            "inside-cidr-blocks": _texts(item.inside_cidrs),
        }
    )


def _segment(item: ir.Segment) -> dict[str, Any]:
    return _kept(
        {
            "name": item.name.text,
            "description": _text(item.description),
            "edge-locations": _texts(item.edges),
            "isolate-attachments": item.isolate,
            "require-attachment-acceptance": item.acceptance,
            "deny-filter": _texts(item.deny_filter),
            "allow-filter": _texts(item.allow_filter),
        }
    )


def _group(item: ir.FunctionGroup) -> dict[str, Any]:
    return _kept(
        {
            "name": item.name.text,
            "description": _text(item.description),
            "require-attachment-acceptance": item.acceptance,
        }
    )


# --- segment actions --------------------------------------------------------------------------------------------


def plain_action(item: ir.SegmentAction) -> dict[str, Any]:
    """One segment action as ordinary data."""
    match item:
        case ir.Share():
            entries: dict[str, Any] = {
                "action": "share",
                "mode": "attachment-route",
                "segment": item.segment.text,
                "share-with": _segments(item.with_segments),
                "routing-policy-names": _texts(item.policies),
            }
        case ir.CreateRoute():
            entries = {
                "action": "create-route",
                "segment": item.segment.text,
                "destination-cidr-blocks": _texts(item.cidrs),
                "destinations": _texts(item.destinations),
            }
        case ir.SendVia():
            entries = {
                "action": "send-via",
                "segment": item.segment.text,
                "mode": item.mode,
                "when-sent-to": _when(item.sent_to),
                "via": _via(item.groups, item.overrides),
            }
        case ir.SendTo():
            entries = {
                "action": "send-to",
                "segment": item.segment.text,
                "when-sent-to": _when(item.sent_to),
                "via": _via(item.groups, item.overrides),
            }
        case ir.AssociatePolicies():
            entries = {
                "action": "associate-routing-policy",
                "segment": item.segment.text,
                "edge-location-association": {
                    "edge-location": item.location.text,
                    "peer-edge-location": item.peer.text,
                    "routing-policy-names": _texts(item.policies),
                },
            }
        case _:
            assert_never(item)
    return _kept({**entries, "description": _text(item.description)})


def _segments(item: ir.SegmentSet) -> str | list[str] | dict[str, list[str]]:
    if not item.every:
        return _texts(item.names)
    return {"except": _texts(item.names)} if item.names else "*"


def _when(item: ir.SegmentSet | None) -> dict[str, Any] | None:
    return None if item is None else {"segments": _segments(item)}


def _via(groups: tuple[ir.Word, ...], overrides: tuple[ir.EdgeOverride, ...]) -> dict[str, Any]:
    return _kept(
        {
            "network-function-groups": _texts(groups),
            "with-edge-overrides": [
                {"edge-sets": [_texts(edges) for edges in item.edge_sets], "use-edge-location": item.use.text}
                for item in overrides
            ],
        }
    )


# --- rules ------------------------------------------------------------------------------------------------------


def _attach_rule(item: ir.AttachRule) -> dict[str, Any]:
    return _kept(
        {
            "rule-number": item.number.value,
            "description": _text(item.description),
            "condition-logic": item.logic,
            "conditions": [_condition(condition) for condition in item.conditions],
            "action": _target(item.action),
        }
    )


def _condition(item: ir.AttachCondition) -> dict[str, Any]:
    return _kept({"type": item.type, "key": _text(item.key), "operator": item.operator, "value": _text(item.value)})


def _target(item: ir.ToSegment | ir.ToTag | ir.ToGroup) -> dict[str, Any]:
    match item:
        case ir.ToSegment(segment, acceptance):
            entries: dict[str, Any] = {"association-method": "constant", "segment": segment.text}
        case ir.ToTag(key, acceptance):
            entries = {"association-method": "tag", "tag-value-of-key": key.text}
        case ir.ToGroup(group, acceptance):
            entries = {"add-to-network-function-group": group.text}
        case _:
            assert_never(item)
    return _kept({**entries, "require-acceptance": acceptance})


def _label_rule(item: ir.LabelRule) -> dict[str, Any]:
    return _kept(
        {
            "rule-number": item.number.value,
            "description": _text(item.description),
            "edge-locations": _texts(item.edges),
            "conditions": [{"type": "routing-policy-label", "value": label.text} for label in item.labels],
            "action": {"associate-routing-policies": _texts(item.policies)},
        }
    )


def _policy(item: ir.RoutingPolicy) -> dict[str, Any]:
    return _kept(
        {
            "routing-policy-name": item.name.text,
            "routing-policy-description": _text(item.description),
            "routing-policy-direction": item.direction,
            "routing-policy-number": item.number.value,
            "routing-policy-rules": [_route_rule(rule) for rule in item.rules],
        }
    )


def _route_rule(item: ir.RouteRule) -> dict[str, Any]:
    matches: list[dict[str, Any]] = [
        {"type": match.type, "value": str(match.value) if match.type == "med-equals" else match.value}
        for match in item.matches
    ]
    definition = _kept({"match-conditions": matches, "condition-logic": item.logic})
    return {"rule-number": item.number.value, "rule-definition": {**definition, "action": _route_action(item)}}


def _route_action(item: ir.RouteRule) -> dict[str, Any]:
    """MED and local preference are written as text: that form is known to deploy (reference, section 1.8)."""
    value: str | int | tuple[int, ...] | list[int] | None = item.action.value
    if item.action.type in ("set-med", "set-local-preference"):
        value = str(value)
    elif isinstance(value, tuple):
        value = list(value)
    return {"type": item.action.type} if value is None else {"type": item.action.type, "value": value}


# --- source map -------------------------------------------------------------------------------------------------


def _map_places(network: ir.CoreNetwork, found: _Map) -> None:
    found.add("/version", "version", network.version.span)
    found.add("/core-network-configuration", "configuration", network.configuration.span)
    for index, edge in enumerate(network.configuration.edges):
        found.add(f"/core-network-configuration/edge-locations/{index}", f"edge {edge.location}", edge.span)
    for index, segment in enumerate(network.segments):
        found.add(f"/segments/{index}", f"segment {segment.name}", segment.span)
    for index, group in enumerate(network.groups):
        found.add(f"/network-function-groups/{index}", f"function group {group.name}", group.span)
    for index, action in enumerate(network.actions):
        found.add(f"/segment-actions/{index}", action_label(action), action.span)
    for index, rule in enumerate(network.attach_rules):
        found.add(f"/attachment-policies/{index}", f"rule {rule.number.value}", rule.span)
    for index, label_rule in enumerate(network.label_rules):
        pointer = f"/attachment-routing-policy-rules/{index}"
        found.add(pointer, f"label rule {label_rule.number.value}", label_rule.span)
    for index, policy in enumerate(network.routing_policies):
        pointer = f"/routing-policies/{index}"
        found.add(pointer, f"filter {policy.name}", policy.span)
        for at, route_rule in enumerate(policy.rules):
            label = f"filter {policy.name} rule {route_rule.number.value}"
            found.add(f"{pointer}/routing-policy-rules/{at}", label, route_rule.span)


def action_label(action: ir.SegmentAction) -> str:
    """What people call a segment action."""
    match action:
        case ir.Share():
            return f"share {action.segment}"
        case ir.CreateRoute():
            return f"route {action.segment}"
        case ir.SendVia():
            return f"send via from {action.segment}"
        case ir.SendTo():
            return f"send to from {action.segment}"
        case ir.AssociatePolicies():
            return f"apply in {action.segment}"
        case _:
            assert_never(action)
