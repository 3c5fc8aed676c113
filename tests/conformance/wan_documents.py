"""A core network policy that has a bit of everything, and edits to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from policyc.data import read_text
from policyc.diagnostics import Diagnostics
from policyc.targets.cloud_wan.read import read_document
from policyc.targets.cloud_wan.validate import validate_network
from policyc.text import Source

RULES = json.loads(read_text("schemas/errors/cloud_wan.json"))
SHARED_RULES = ("host-bits", "unknown-region")
Edit = Callable[[dict[str, Any]], None]


def base() -> dict[str, Any]:
    """A document without any finding that uses every section and every kind of action."""
    return {
        "version": "2025.11",
        "core-network-configuration": {
            "vpn-ecmp-support": True,
            "dns-support": True,
            "security-group-referencing-support": False,
            "inside-cidr-blocks": ["10.0.0.0/16", "2001:db8::/48"],
            "asn-ranges": ["64512-64555"],
            "edge-locations": [
                {"location": "us-east-1", "asn": 64512, "inside-cidr-blocks": ["10.0.0.0/24"]},
                {"location": "eu-west-1"},
            ],
        },
        "segments": [
            {
                "name": "prod",
                "description": "production",
                "edge-locations": ["us-east-1", "eu-west-1"],
                "isolate-attachments": True,
                "require-attachment-acceptance": True,
                "deny-filter": ["dev"],
            },
            {"name": "dev", "allow-filter": ["hub"]},
            {"name": "hub"},
        ],
        "network-function-groups": [
            {"name": "fw", "description": "firewalls", "require-attachment-acceptance": True},
            {"name": "egress", "require-attachment-acceptance": False},
        ],
        "segment-actions": [
            {
                "action": "share",
                "mode": "attachment-route",
                "segment": "hub",
                "share-with": "*",
                "routing-policy-names": ["cut"],
            },
            {
                "action": "share",
                "mode": "attachment-route",
                "segment": "hub",
                "share-with": ["dev"],
                "description": "again",
            },
            {"action": "share", "mode": "attachment-route", "segment": "hub", "share-with": {"except": ["prod"]}},
            {
                "action": "create-route",
                "segment": "dev",
                "destination-cidr-blocks": ["10.0.0.0/8", "2001:db8::/32"],
                "destinations": ["blackhole"],
            },
            {
                "action": "create-route",
                "segment": "dev",
                "destination-cidr-blocks": ["0.0.0.0/0"],
                "destinations": ["attachment-0123456789abcdef0"],
            },
            {
                "action": "send-via",
                "segment": "prod",
                "mode": "single-hop",
                "when-sent-to": {"segments": ["dev"]},
                "via": {
                    "network-function-groups": ["fw"],
                    "with-edge-overrides": [
                        {"edge-sets": [["us-east-1", "eu-west-1"]], "use-edge-location": "us-east-1"}
                    ],
                },
            },
            {"action": "send-to", "segment": "prod", "via": {"network-function-groups": ["egress"]}},
            {
                "action": "associate-routing-policy",
                "segment": "prod",
                "edge-location-association": {
                    "edge-location": "us-east-1",
                    "peer-edge-location": "eu-west-1",
                    "routing-policy-names": ["cut"],
                },
            },
        ],
        "attachment-policies": [
            {
                "rule-number": 50,
                "conditions": [{"type": "tag-value", "key": "fn", "operator": "equals", "value": "fw"}],
                "action": {"add-to-network-function-group": "fw", "require-acceptance": True},
            },
            {
                "rule-number": 100,
                "description": "by tag and account",
                "condition-logic": "and",
                "conditions": [
                    {"type": "tag-exists", "key": "segment"},
                    {"type": "account-id", "operator": "equals", "value": "111122223333"},
                    {"type": "region", "operator": "begins-with", "value": "us-"},
                    {"type": "attachment-type", "operator": "equals", "value": "vpc"},
                    {"type": "resource-id", "operator": "contains", "value": "vpc-0"},
                ],
                "action": {"association-method": "tag", "tag-value-of-key": "segment"},
            },
            {
                "rule-number": 900,
                "conditions": [{"type": "any"}],
                "action": {"association-method": "constant", "segment": "dev"},
            },
        ],
        "attachment-routing-policy-rules": [
            {
                "rule-number": 1,
                "description": "vpcs",
                "edge-locations": ["us-east-1"],
                "conditions": [{"type": "routing-policy-label", "value": "vpcs"}],
                "action": {"associate-routing-policies": ["cut", "shape"]},
            }
        ],
        "routing-policies": [
            {
                "routing-policy-name": "cut",
                "routing-policy-description": "secondary",
                "routing-policy-direction": "inbound",
                "routing-policy-number": 100,
                "routing-policy-rules": [
                    route_rule(10, [("prefix-equals", "10.100.0.0/16"), ("prefix-in-cidr", "10.100.0.0/16")], "drop"),
                    route_rule(20, [("prefix-in-prefix-list", "known")], "allow"),
                ],
            },
            {
                "routing-policy-name": "shape",
                "routing-policy-direction": "outbound",
                "routing-policy-number": 200,
                "routing-policy-rules": [
                    route_rule(10, [("asn-in-as-path", 65001)], "prepend-asn-list", [65100, 65100]),
                    route_rule(20, [("community-in-list", "65000:1")], "add-community", "65000:2"),
                    route_rule(30, [("med-equals", "100")], "set-med", "200"),
                    route_rule(40, [("prefix-in-cidr", "10.0.0.0/8")], "summarize", "10.0.0.0/8"),
                    route_rule(50, [("prefix-in-cidr", "10.0.0.0/8")], "set-local-preference", "300"),
                    route_rule(60, [("prefix-in-cidr", "10.0.0.0/8")], "remove-community", "65000:2"),
                    route_rule(70, [("prefix-in-cidr", "10.0.0.0/8")], "remove-asn-list", [65001]),
                    route_rule(80, [("prefix-in-cidr", "10.0.0.0/8")], "replace-asn-list", [65001]),
                ],
            },
        ],
    }


def route_rule(number: int, matches: list[tuple[str, Any]], action: str, value: Any = None) -> dict[str, Any]:
    return {
        "rule-number": number,
        "rule-definition": {
            "match-conditions": [{"type": kind, "value": match} for kind, match in matches],
            "condition-logic": "or",
            "action": {"type": action} if value is None else {"type": action, "value": value},
        },
    }


def set_at(*path: Any) -> Edit:
    """Set the value at a path; the last argument is the value."""
    *keys, value = path

    def edit(document: dict[str, Any]) -> None:
        place: Any = document
        for key in keys[:-1]:
            place = place[key]
        if isinstance(place, list) and keys[-1] == len(place):
            place.append(value)
        else:
            place[keys[-1]] = value

    return edit


def drop(*path: Any) -> Edit:
    def edit(document: dict[str, Any]) -> None:
        place: Any = document
        for key in path[:-1]:
            place = place[key]
        del place[path[-1]]

    return edit


def both(*edits: Edit) -> Edit:
    def edit(document: dict[str, Any]) -> None:
        for one in edits:
            one(document)

    return edit


def findings(document: Any) -> list[tuple[str, str]]:
    """(rule, text at the span) of every finding about a document."""
    text = json.dumps(document)
    diagnostics = Diagnostics()
    source = Source("policy.json", text)
    network = read_document(source, diagnostics)
    if network is not None:
        validate_network(network, diagnostics)
    for item in diagnostics:
        assert item.span is not None and item.help and not item.message.endswith("."), item
        assert item.rule in RULES or item.rule in SHARED_RULES, item.rule
    return [(item.rule, text[item.span.start : item.span.end]) for item in diagnostics if item.span is not None]


CONFIG, ACTIONS, RULE, POLICY = (
    "core-network-configuration",
    "segment-actions",
    "attachment-policies",
    "routing-policies",
)
