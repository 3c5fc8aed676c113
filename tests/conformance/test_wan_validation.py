"""Every finding about a core network policy document, each with a minimal document (Cloud WAN reference, sections 1 to 3.9 and 6)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from policyc.data import read_text
from policyc.diagnostics import Diagnostics, Severity
from policyc.shape import misfits
from policyc.syntax.json_text import from_plain
from policyc.targets.cloud_wan.check import check_document
from policyc.targets.cloud_wan.emit import plain_document, write_document
from policyc.targets.cloud_wan.read import read_document, read_value
from policyc.targets.cloud_wan.validate import validate_network
from policyc.text import Source, Span

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "cloud-wan"
RULES = json.loads(read_text("schemas/errors/cloud_wan.json"))
SHARED_RULES = ("host-bits",)
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
SEND_VIA = (ACTIONS, 5)
RULES_OF_CUT = (POLICY, 0, "routing-policy-rules")
RULES_OF_SHAPE = (POLICY, 1, "routing-policy-rules")
GROUPS = (*SEND_VIA, "via", "network-function-groups")


def match_of(index: int) -> tuple[Any, ...]:
    return (*RULES_OF_SHAPE, index, "rule-definition", "match-conditions", 0, "value")


def value_of(index: int) -> tuple[Any, ...]:
    return (*RULES_OF_SHAPE, index, "rule-definition", "action", "value")


def send_via(segment: str, mode: str, group: str, *to: str) -> dict[str, Any]:
    return {
        "action": "send-via",
        "segment": segment,
        "mode": mode,
        "when-sent-to": {"segments": list(to)},
        "via": {"network-function-groups": [group]},
    }


def several(count: int) -> list[Edit]:
    """Edits that add routing policies `p0`, `p1`, …"""
    return [
        set_at(
            POLICY,
            2 + n,
            {**deepcopy(base()[POLICY][0]), "routing-policy-name": f"p{n}", "routing-policy-number": 300 + n},
        )
        for n in range(count)
    ]


def pair(*names: str) -> dict[str, Any]:
    where = {"edge-location": "eu-west-1", "peer-edge-location": "us-east-1", "routing-policy-names": list(names)}
    return {"action": "associate-routing-policy", "segment": "prod", "edge-location-association": where}


def label_rule(number: int, label: str, *names: str) -> dict[str, Any]:
    conditions = [{"type": "routing-policy-label", "value": label}]
    return {"rule-number": number, "conditions": conditions, "action": {"associate-routing-policies": list(names)}}


TABLE: list[tuple[str, Edit, str, str]] = [
    # shape
    ("unknown key", set_at("prefix-lists", []), "network-unknown-key", '"prefix-lists"'),
    ("comment key", set_at("segments", 0, "__comment", "x"), "network-unknown-key", '"__comment"'),
    ("key with a blank", set_at(CONFIG, "dns-support ", True), "network-unknown-key", '"dns-support "'),
    (
        "old override key",
        both(
            set_at(
                *SEND_VIA,
                "via",
                "with-edge-overrides",
                0,
                {"edge-sets": [["us-east-1"]], "use-edge-location": "us-east-1", "use-edge": "us-east-1"},
            )
        ),
        "network-unknown-key",
        '"use-edge"',
    ),
    ("missing key", drop("segments"), "network-missing-key", ""),
    ("share without mode", drop(ACTIONS, 0, "mode"), "network-missing-key", ""),
    ("share without share-with", drop(ACTIONS, 0, "share-with"), "network-missing-key", ""),
    ("create-route with mode", set_at(ACTIONS, 3, "mode", "attachment-route"), "network-unknown-key", '"mode"'),
    ("null for an array", set_at("network-function-groups", None), "network-wrong-type", "null"),
    ("version as a number", set_at("version", 2021.12), "network-wrong-type", "2021.12"),
    ("ASN as text", set_at(CONFIG, "edge-locations", 0, "asn", "64512"), "network-wrong-type", '"64512"'),
    ("bool as text", set_at("segments", 0, "isolate-attachments", "true"), "network-wrong-type", '"true"'),
    ("document is a list", lambda document: None, "network-wrong-type", "[]"),
    ("empty pool", set_at(CONFIG, "inside-cidr-blocks", []), "network-empty-list", "[]"),
    ("no segment", set_at("segments", []), "network-empty-list", "[]"),
    ("empty deny filter", set_at("segments", 0, "deny-filter", []), "network-empty-list", "[]"),
    ("empty allow filter", set_at("segments", 1, "allow-filter", []), "network-empty-list", "[]"),
    ("no policy on a share", set_at(ACTIONS, 0, "routing-policy-names", []), "network-empty-list", "[]"),
    ("empty conditions", set_at(RULE, 2, "conditions", []), "network-empty-list", "[]"),
    (
        "mode from before",
        set_at(*SEND_VIA, "mode", "source-destination"),
        "network-unknown-word",
        '"source-destination"',
    ),
    ("unknown action", set_at(ACTIONS, 0, "action", "shaer"), "network-unknown-word", '"shaer"'),
    ("bare segment name", set_at(*SEND_VIA, "when-sent-to", "segments", "dev"), "network-wrong-type", '"dev"'),
    (
        "edge sets flat",
        set_at(*SEND_VIA, "via", "with-edge-overrides", 0, "edge-sets", ["us-east-1"]),
        "network-wrong-type",
        '"us-east-1"',
    ),
    ("any with a value", set_at(RULE, 2, "conditions", 0, "value", "x"), "condition-parts", '"value"'),
    ("tag value without operator", drop(RULE, 0, "conditions", 0, "operator"), "condition-parts", ""),
    ("segment with tag", set_at(RULE, 1, "action", "segment", "dev"), "association-target", '"dev"'),
    ("no destination", set_at(RULE, 2, "action", {}), "association-target", ""),
    (
        "group and segment",
        set_at(RULE, 2, "action", "add-to-network-function-group", "fw"),
        "association-target",
        '"constant"',
    ),
    ("drop with a value", set_at(*RULES_OF_CUT, 0, "rule-definition", "action", "value", "x"), "action-value", '"x"'),
    ("local preference with a line break", set_at(*value_of(4), "300\n"), "network-wrong-type", '"300\\n"'),
    # version
    ("unknown version", set_at("version", "2021-01-01"), "network-version", '"2021-01-01"'),
    ("routing policies on the old version", set_at("version", "2021.12"), "network-version-feature", ""),
    # configuration
    ("no Region", set_at(CONFIG, "edge-locations", 2, {"location": "mars"}), "edge-location", '"mars"'),
    ("blanks in a range", set_at(CONFIG, "asn-ranges", 1, "64600 - 64700"), "asn-range", '"64600 - 64700"'),
    (
        "mask with a leading zero",
        set_at(CONFIG, "inside-cidr-blocks", 0, "10.0.0.0/016"),
        "network-cidr",
        '"10.0.0.0/016"',
    ),
    ("degenerate range", set_at(CONFIG, "asn-ranges", 1, "64512-64512"), "asn-range", '"64512-64512"'),
    ("inverted range", set_at(CONFIG, "asn-ranges", 1, "64600-64590"), "asn-range", '"64600-64590"'),
    ("public ASNs", set_at(CONFIG, "asn-ranges", 1, "100-200"), "asn-range", '"100-200"'),
    ("malformed range", set_at(CONFIG, "asn-ranges", 1, "64512"), "asn-range", '"64512"'),
    ("range past the window", set_at(CONFIG, "asn-ranges", 1, "65000-65535"), "asn-range", '"65000-65535"'),
    ("ASN outside", set_at(CONFIG, "edge-locations", 0, "asn", 64999), "edge-asn", "64999"),
    ("ASN at the end", set_at(CONFIG, "edge-locations", 0, "asn", 64555), "edge-asn-at-range-end", "64555"),
    ("ASN twice", set_at(CONFIG, "edge-locations", 1, "asn", 64512), "edge-asn", "64512"),
    (
        "too few ASNs",
        both(drop(CONFIG, "edge-locations", 0, "asn"), set_at(CONFIG, "asn-ranges", ["64600-64601"])),
        "asn-capacity",
        "",
    ),
    ("edge twice", set_at(CONFIG, "edge-locations", 2, {"location": "eu-west-1"}), "network-duplicate", '"eu-west-1"'),
    ("host bits in the pool", set_at(CONFIG, "inside-cidr-blocks", 0, "10.0.0.1/16"), "host-bits", '"10.0.0.1/16"'),
    ("no CIDR", set_at(CONFIG, "inside-cidr-blocks", 0, "10.0.0.0"), "network-cidr", '"10.0.0.0"'),
    ("block too small", set_at(CONFIG, "inside-cidr-blocks", 0, "10.0.0.0/25"), "inside-cidr-size", '"10.0.0.0/25"'),
    ("blocks overlap", set_at(CONFIG, "inside-cidr-blocks", 2, "10.0.4.0/22"), "inside-cidr-overlap", '"10.0.4.0/22"'),
    (
        "edges' blocks overlap",
        set_at(CONFIG, "edge-locations", 1, "inside-cidr-blocks", ["10.0.0.0/23"]),
        "inside-cidr-overlap",
        '"10.0.0.0/23"',
    ),
    (
        "block of an edge outside the pool",
        set_at(CONFIG, "edge-locations", 0, "inside-cidr-blocks", ["10.9.0.0/24"]),
        "inside-cidr-outside-pool",
        '"10.9.0.0/24"',
    ),
    (
        "CIDR with a zone",
        set_at(ACTIONS, 3, "destination-cidr-blocks", 0, "fe80::%eth0/64"),
        "network-cidr",
        '"fe80::%eth0/64"',
    ),
    (
        "Region in capitals",
        set_at(CONFIG, "edge-locations", 2, {"location": "US-WEST-2"}),
        "edge-location",
        '"US-WEST-2"',
    ),
    ("pool exhausted", set_at(CONFIG, "inside-cidr-blocks", ["10.0.0.0/24"]), "inside-cidr-pool", ""),
    # names
    ("hyphen in a segment", set_at("segments", 3, {"name": "non-prod"}), "segment-name", '"non-prod"'),
    ("leading digit", set_at("segments", 3, {"name": "1prod"}), "segment-name", '"1prod"'),
    ("65 characters", set_at("segments", 3, {"name": "a" * 65}), "segment-name", '"' + "a" * 65 + '"'),
    ("segment twice", set_at("segments", 3, {"name": "dev"}), "network-duplicate", '"dev"'),
    ("group twice", set_at("network-function-groups", 2, {"name": "fw"}), "network-duplicate", '"fw"'),
    ("group with hyphen", set_at("network-function-groups", 2, {"name": "my-fw"}), "function-group-name", '"my-fw"'),
    ("policy twice", set_at(POLICY, 1, "routing-policy-name", "cut"), "network-duplicate", '"cut"'),
    (
        "policy with hyphen",
        set_at(POLICY, 2, {**base()[POLICY][0], "routing-policy-name": "a-b"}),
        "routing-policy-name",
        '"a-b"',
    ),
    (
        "policy with digit first",
        set_at(POLICY, 2, {**base()[POLICY][0], "routing-policy-name": "1a"}),
        "routing-policy-name",
        '"1a"',
    ),
    (
        "label too long",
        set_at("attachment-routing-policy-rules", 0, "conditions", 0, "value", "a" * 257),
        "routing-label",
        '"' + "a" * 257 + '"',
    ),
    (
        "label with hyphen",
        set_at("attachment-routing-policy-rules", 0, "conditions", 0, "value", "a-b"),
        "routing-label",
        '"a-b"',
    ),
    (
        "41 segments",
        set_at("segments", base()["segments"] + [{"name": f"s{n}"} for n in range(36)]),
        "network-quota",
        '"egress"',
    ),
    # references
    ("case-only difference", set_at(ACTIONS, 1, "share-with", ["Dev"]), "network-unknown-name", '"Dev"'),
    ("unknown filter name", set_at("segments", 0, "deny-filter", ["nope"]), "network-unknown-name", '"nope"'),
    ("unknown segment of a rule", set_at(RULE, 2, "action", "segment", "nope"), "network-unknown-name", '"nope"'),
    ("unknown group", set_at(*GROUPS, 0, "nope"), "network-unknown-name", '"nope"'),
    ("unknown policy", set_at(ACTIONS, 0, "routing-policy-names", ["nope"]), "network-unknown-name", '"nope"'),
    (
        "segment at an undeclared edge",
        set_at("segments", 0, "edge-locations", ["us-west-2"]),
        "network-unknown-name",
        '"us-west-2"',
    ),
    (
        "override at an undeclared edge",
        set_at(*SEND_VIA, "via", "with-edge-overrides", 0, "use-edge-location", "us-west-2"),
        "network-unknown-name",
        '"us-west-2"',
    ),
    (
        "pair with an undeclared edge",
        set_at(ACTIONS, 7, "edge-location-association", "peer-edge-location", "us-west-2"),
        "network-unknown-name",
        '"us-west-2"',
    ),
    # rules
    ("rule number zero", set_at(RULE, 0, "rule-number", 0), "rule-number", "0"),
    ("rule number too large", set_at(RULE, 0, "rule-number", 65536), "rule-number", "65536"),
    ("rule number twice", set_at(RULE, 0, "rule-number", 100), "rule-number", "100"),
    ("Region without an edge", set_at(RULE, 1, "conditions", 2, "value", "ap-"), "region-without-edge", '"ap-"'),
    (
        "misspelled Region",
        set_at(RULE, 1, "conditions", 2, {"type": "region", "operator": "equals", "value": "us-esat-1"}),
        "region-without-edge",
        '"us-esat-1"',
    ),
    ("empty tag key", set_at(RULE, 1, "conditions", 0, "key", ""), "condition-parts", '""'),
    ("segment from an empty tag key", set_at(RULE, 1, "action", "tag-value-of-key", ""), "association-target", '""'),
    ("no logic", drop(RULE, 1, "condition-logic"), "condition-logic", ""),
    (
        "group by type",
        set_at(RULE, 0, "conditions", [{"type": "attachment-type", "operator": "equals", "value": "vpc"}]),
        "function-group-condition",
        "",
    ),
    ("unknown type", set_at(RULE, 1, "conditions", 3, "value", "vpn"), "attachment-type", '"vpn"'),
    (
        "account of eleven digits",
        set_at(RULE, 1, "conditions", 1, "value", "11112222333"),
        "account-condition",
        '"11112222333"',
    ),
    ("not-equals on a tag", set_at(RULE, 0, "conditions", 0, "operator", "not-equals"), "not-equals-missing-tag", ""),
    ("bare name under send-to", set_at(ACTIONS, 6, "when-sent-to", {"segments": "dev"}), "bare-segment-name", '"dev"'),
    (
        "account instead of account-id",
        set_at(RULE, 1, "conditions", 1, "type", "account"),
        "account-condition",
        '"account"',
    ),
    # actions
    ("share with itself", set_at(ACTIONS, 1, "share-with", ["hub", "dev"]), "segment-names-itself", '"hub"'),
    ("filter of itself", set_at("segments", 0, "deny-filter", ["dev", "prod"]), "segment-names-itself", '"prod"'),
    ("share with one twice", set_at(ACTIONS, 1, "share-with", ["dev", "dev"]), "listed-twice", '"dev"'),
    ("filter with one twice", set_at("segments", 1, "allow-filter", ["hub", "hub"]), "listed-twice", '"hub"'),
    (
        "segment at one edge twice",
        set_at("segments", 0, "edge-locations", ["us-east-1"] * 2),
        "listed-twice",
        '"us-east-1"',
    ),
    (
        "override with one edge twice",
        set_at(*SEND_VIA, "via", "with-edge-overrides", 0, "edge-sets", [["eu-west-1"] * 2]),
        "listed-twice",
        '"eu-west-1"',
    ),
    ("sent to one twice", set_at(*SEND_VIA, "when-sent-to", "segments", ["dev", "dev"]), "listed-twice", '"dev"'),
    (
        "label rule with one edge twice",
        set_at("attachment-routing-policy-rules", 0, "edge-locations", ["us-east-1"] * 2),
        "listed-twice",
        '"us-east-1"',
    ),
    (
        "policies on an edge that the segment lacks",
        both(
            set_at("segments", 0, "edge-locations", ["eu-west-1"]),
            set_at(ACTIONS, 5, {**send_via("prod", "single-hop", "fw", "dev")}),
        ),
        "edge-pair-outside-segment",
        '"us-east-1"',
    ),
    ("both filters", set_at("segments", 0, "allow-filter", ["hub"]), "both-filters", '"hub"'),
    ("blackhole among others", set_at(ACTIONS, 4, "destinations", 1, "blackhole"), "blackhole-alone", '"blackhole"'),
    (
        "malformed attachment id",
        set_at(ACTIONS, 4, "destinations", 0, "attachment-01234567"),
        "attachment-id",
        '"attachment-01234567"',
    ),
    (
        "more destinations than edges",
        set_at(ACTIONS, 4, "destinations", [f"attachment-0000000000000000{n}" for n in range(3)]),
        "route-destinations",
        "",
    ),
    (
        "destination twice",
        set_at(ACTIONS, 4, "destinations", ["attachment-0123456789abcdef0"] * 2),
        "network-duplicate",
        '"attachment-0123456789abcdef0"',
    ),
    (
        "static with host bits",
        set_at(ACTIONS, 3, "destination-cidr-blocks", 0, "10.0.0.1/8"),
        "host-bits",
        '"10.0.0.1/8"',
    ),
    (
        "edge pair of one",
        set_at(ACTIONS, 7, "edge-location-association", "peer-edge-location", "us-east-1"),
        "edge-pair",
        '"us-east-1"',
    ),
    ("star in a list", set_at(ACTIONS, 0, "share-with", ["*"]), "star-in-a-list", '["*"]'),
    (
        "six policies",
        both(
            *(
                set_at(
                    POLICY,
                    2 + n,
                    {**deepcopy(base()[POLICY][0]), "routing-policy-name": f"p{n}", "routing-policy-number": 300 + n},
                )
                for n in range(5)
            ),
            set_at(ACTIONS, 0, "routing-policy-names", ["cut", "p0", "p1", "p2", "p3", "p4"]),
        ),
        "network-quota",
        '"p4"',
    ),
    (
        "six policies on a pair of edges in two actions",
        both(*several(4), set_at(ACTIONS, 8, pair("p0", "p1", "p2", "p3")), set_at(ACTIONS, 9, pair("shape"))),
        "network-quota",
        '"shape"',
    ),
    (
        "six policies on a share in two actions",
        both(*several(4), set_at(ACTIONS, 1, "routing-policy-names", ["shape", "p0", "p1", "p2", "p3"])),
        "network-quota",
        '"p3"',
    ),
    (
        "six policies on a label in two rules",
        both(
            *several(4),
            drop("attachment-routing-policy-rules", 0, "edge-locations"),
            set_at("attachment-routing-policy-rules", 1, label_rule(2, "vpcs", "p0", "p1", "p2", "p3")),
        ),
        "network-quota",
        '"p3"',
    ),
    (
        "policy twice on a share",
        set_at(ACTIONS, 0, "routing-policy-names", ["cut", "cut"]),
        "network-duplicate",
        '"cut"',
    ),
    # insertion
    ("two groups", set_at(*GROUPS, ["fw", "egress"]), "one-function-group", '"egress"'),
    ("both modes", set_at(ACTIONS, 8, send_via("prod", "dual-hop", "fw", "hub")), "send-via-modes", ""),
    (
        "two groups for a pair",
        set_at(ACTIONS, 8, send_via("dev", "single-hop", "egress", "prod")),
        "send-via-groups",
        '"egress"',
    ),
    (
        "dual-hop group in send-to",
        set_at(ACTIONS, 8, send_via("hub", "dual-hop", "egress", "hub")),
        "dual-hop-group",
        '"egress"',
    ),
    # routing policies
    ("policy number", set_at(POLICY, 0, "routing-policy-number", 10000), "rule-number", "10000"),
    ("route rule number twice", set_at(*RULES_OF_CUT, 1, "rule-number", 10), "rule-number", "10"),
    (
        "eleven rules",
        set_at(*RULES_OF_CUT, [route_rule(n, [("prefix-equals", "10.0.0.0/8")], "drop") for n in range(1, 12)]),
        "network-quota",
        "",
    ),
    (
        "six matches",
        set_at(*RULES_OF_CUT, 0, route_rule(10, [("prefix-equals", f"10.{n}.0.0/16") for n in range(6)], "drop")),
        "network-quota",
        '"10.5.0.0/16"',
    ),
    ("no match", set_at(*RULES_OF_CUT, 0, "rule-definition", "match-conditions", []), "rule-without-condition", ""),
    ("no logic in a route rule", drop(*RULES_OF_CUT, 0, "rule-definition", "condition-logic"), "condition-logic", ""),
    ("no logic for one match", drop(*RULES_OF_CUT, 1, "rule-definition", "condition-logic"), "condition-logic", ""),
    (
        "summarize inbound",
        set_at(*RULES_OF_CUT, 1, route_rule(20, [("prefix-in-cidr", "10.0.0.0/8")], "summarize", "10.0.0.0/8")),
        "summarize-inbound",
        '"10.0.0.0/8"',
    ),
    ("match with host bits", set_at(*match_of(3), "10.0.0.1/8"), "host-bits", '"10.0.0.1/8"'),
    (
        "empty alias",
        set_at(*RULES_OF_CUT, 1, "rule-definition", "match-conditions", 0, "value", ""),
        "prefix-list-alias",
        '""',
    ),
    ("malformed community", set_at(*match_of(1), "65000"), "community", '"65000"'),
    ("MED too large", set_at(*value_of(2), "4294967296"), "route-number", '"4294967296"'),
    ("own ASN removed", set_at(*value_of(6), [64520]), "own-asn", "[64520]"),
    ("own ASN in a community", set_at(*value_of(1), "64520:1"), "own-asn", '"64520:1"'),
    ("own ASN prepended", set_at(*value_of(0), [64520]), "own-asn", "[64520]"),
    (
        "replace on an edge pair",
        set_at(ACTIONS, 7, "edge-location-association", "routing-policy-names", ["shape"]),
        "replace-on-edge-pair",
        '"shape"',
    ),
    ("empty routing policy", set_at(*RULES_OF_CUT, []), "network-empty-list", "[]"),
]


def test_the_base_document_has_no_finding() -> None:
    assert findings(base()) == []


@pytest.mark.parametrize(("edit", "rule", "text"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_each_mistake_is_found_at_its_place(edit: Edit, rule: str, text: str) -> None:
    document: Any = base()
    edit(document)
    found = findings([] if text == "[]" and rule == "network-wrong-type" else document)
    texts = [at for name, at in found if name == rule]
    assert texts, found
    assert not text or text in texts, texts


def test_the_old_version_has_no_routing_policies_at_all() -> None:
    document = base()
    document["version"] = "2021.12"
    assert [rule for rule, _ in findings(document)] == ["network-version-feature"] * 5
    for key in ("routing-policies", "attachment-routing-policy-rules"):
        del document[key]
    document[ACTIONS] = [item for item in document[ACTIONS] if item["action"] != "associate-routing-policy"]
    del document[ACTIONS][0]["routing-policy-names"]
    assert findings(document) == []


@pytest.mark.parametrize("key", ["routing-policies", "attachment-routing-policy-rules"])
def test_the_old_version_refuses_empty_routing_sections_too(key: str) -> None:
    text = json.dumps(
        {
            **base(),
            "version": "2021.12",
            "segment-actions": [],
            "attachment-routing-policy-rules": [],
            "routing-policies": [],
        }
    )
    document = json.loads(text)
    del document[{"routing-policies": "attachment-routing-policy-rules"}.get(key, "routing-policies")]
    found = Diagnostics()
    check_document(Source("policy.json", text := json.dumps(document)), found)
    (item,) = list(found)
    assert item.rule == "network-version-feature" and "ADVANCED_ROUTING_UNSUPPORTED_VERSION_2021_12" in item.help
    assert item.span is not None and text[item.span.start : item.span.end] == "[]"


@pytest.mark.parametrize(
    "edit",
    [
        set_at(RULE, 1, "conditions", 1, "type", "account"),
        set_at(ACTIONS, 6, "when-sent-to", {"segments": "dev"}),
        set_at(ACTIONS, 0, "share-with", ["*"]),
    ],
    ids=["account", "bare name", "star in a list"],
)
def test_odd_spellings_are_read_with_a_warning_and_nothing_else(edit: Edit) -> None:
    """Reference, sections 1.5 and 1.6: emit `account-id` and accept `account`; one sample has a bare name under a send-to."""
    document = base()
    edit(document)
    found = Diagnostics()
    network = check_document(Source("policy.json", json.dumps(document)), found)
    assert network is not None and [item.severity for item in found] == [Severity.WARNING]


def test_an_edge_at_the_end_of_the_range_takes_none_of_its_asns() -> None:
    """Reference, section 6 row 11: a warning, and the other edge has the one ASN that is left."""
    document = base()
    document[CONFIG]["asn-ranges"] = ["64512-64513"]
    document[CONFIG]["edge-locations"][1]["asn"] = 64513
    assert [rule for rule, _ in findings(document)] == ["edge-asn-at-range-end"]


def test_an_address_where_a_block_is_wanted_is_told_of_once() -> None:
    document = base()
    document[CONFIG]["inside-cidr-blocks"].append("10.7.0.0")
    assert [rule for rule, _ in findings(document)] == ["network-cidr"]


def test_a_missing_action_is_a_share() -> None:
    document = base()
    del document[ACTIONS][1]["action"]
    assert findings(document) == []
    network = read_value(from_plain(document, Span("x", 0, 0)), Diagnostics())
    assert network is not None and plain_document(network)[ACTIONS][1]["action"] == "share"


def test_the_base_document_survives_reading_and_writing() -> None:
    document = base()
    network = read_value(from_plain(document, Span("x", 0, 0)), Diagnostics())
    assert network is not None and plain_document(network) == document


def test_med_and_local_preference_are_written_as_text() -> None:
    document = base()
    for index in (2, 4):
        document[POLICY][1]["routing-policy-rules"][index]["rule-definition"]["action"]["value"] = 200
    assert findings(document) == []
    network = read_value(from_plain(document, Span("x", 0, 0)), Diagnostics())
    assert network is not None
    rules = plain_document(network)[POLICY][1]["routing-policy-rules"]
    assert [rules[index]["rule-definition"]["action"]["value"] for index in (2, 4)] == ["200", "200"]


SCHEMA = json.loads(read_text("schemas/cloud_wan/core_network_policy.schema.json"))


def test_the_schema_takes_the_base_document_and_both_checks_agree() -> None:
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(SCHEMA)
    validator = Draft202012Validator(SCHEMA)
    assert validator.is_valid(base()) and misfits(base(), SCHEMA) == []
    for _, edit, _, _ in TABLE:
        document = base()
        edit(document)
        assert validator.is_valid(document) == (misfits(document, SCHEMA) == [])


def test_the_schema_refuses_newer_parts_in_the_old_version() -> None:
    document = base()
    document["version"] = "2021.12"
    places = {misfit.pointer for misfit in misfits(document, SCHEMA)}
    assert {"/routing-policies", "/attachment-routing-policy-rules"} <= places
    assert {"/segment-actions/0/routing-policy-names", "/segment-actions/7/action"} <= places


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a document but the document itself."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, key)
        yield from places(item, (*path, key))


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        [],
        {},
        0,
        "x",
        "a-b",
        "*",
        ["*"],
        "64512 - 64555",
        "fe80::%eth0/64",
        "10.0.0.0",
        "US-EAST-1",
        "account",
        "2021.12",
        -1,
        2**32,
        True,
        1.5,
        [[]],
        [{}],
        "attachment-0",
        "65000:1:2",
        "DROP",
    ],
    ids=repr,
)
def test_the_reader_knows_all_that_the_schema_knows(value: Any) -> None:
    """Whatever stands in one place of a document: no mistake is left to the schema, whose finding would call it a bug of policyc."""
    for path in places(base()):
        document = base()
        (drop(*path) if value == "DROP" else set_at(*path, value))(document)
        found = Diagnostics()
        check_document(Source("policy.json", json.dumps(document)), found)
        assert "document-breaks-schema" not in [item.rule for item in found], path


@pytest.mark.parametrize(
    "edit, code",
    [
        (set_at("network-function-groups", None), "TYPE_MISMATCH"),
        (drop(ACTIONS, 1, "mode"), "REQUIRED_PROPERTY"),
        (drop(ACTIONS, 1, "share-with"), "REQUIRED_PROPERTY"),
        (set_at(ACTIONS, 4, "destinations", 0, "attachment-0123456789abcdefg"), "INVALID_STRING"),
        (set_at(ACTIONS, 4, "destinations", 0, "attachment-0123456789abcdefg"), "CONSTANT_VIOLATION"),
        (set_at(ACTIONS, 4, "destinations", 1, "blackhole"), "MAXIMUM_ITEMS_EXCEEDED"),
        (set_at("prefix-lists", []), "ADDITIONAL_PROPERTIES"),
        (set_at("version", "2021.12"), "ADVANCED_ROUTING_UNSUPPORTED_VERSION_2021_12"),
        (set_at(CONFIG, "asn-ranges", ["64512-64512"]), "INVALID_ASN_RANGE"),
    ],
)
def test_findings_carry_the_error_code_of_the_service(edit: Edit, code: str) -> None:
    """Reference, section 4. INVALID_ASN_UPDATE and ORPHANED_ATTACHMENT need the policy before: see `check_update`."""
    document = base()
    edit(document)
    found = Diagnostics()
    check_document(Source("policy.json", json.dumps(document)), found)
    assert any(code in item.help for item in found)


# --- published documents ----------------------------------------------------------------------------------------

#: Both feed a group of dual-hop from send-to, which the service has refused since (reference, section 6 row 28).
EXPECTED = {
    "02-baseline-infra-2-inspection.json": ["dual-hop-group"] * 2,
    "08-filter-then-inspect-policy-examples.json": ["dual-hop-group"] * 2,
}


@pytest.mark.parametrize(
    "path",
    sorted(CORPUS.glob("*.json")) or [pytest.param(None, marks=pytest.mark.skip(reason="no ../shared/corpus"))],
    ids=lambda path: "none" if path is None else path.stem,
)
def test_published_documents(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    diagnostics = Diagnostics()
    network = read_document(Source(path.name, text), diagnostics)
    assert network is not None and len(diagnostics) == 0
    assert plain_document(network) == json.loads(text)
    again = read_document(Source("again.json", write_document(network)[0]), Diagnostics())
    assert again == network
    validate_network(network, diagnostics)
    assert [item.rule for item in diagnostics] == EXPECTED.get(path.name, [])
    assert all(item.severity is Severity.ERROR for item in diagnostics)
    valid = misfits(json.loads(text), SCHEMA) == []
    assert valid
