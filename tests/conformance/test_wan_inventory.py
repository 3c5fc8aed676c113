"""Attachments as `aws networkmanager` lists them, and what a network makes of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policyc.data import read_text
from policyc.diagnostics import Diagnostics
from policyc.engines.wan.associate import associate
from policyc.engines.wan.switches import DEFAULT
from policyc.targets.cloud_wan.inventory_checks import check_inventory
from policyc.targets.cloud_wan.questions import find_attachment, situate
from tests.conformance.wan_inventories import EU, SHARED, SINGLE, TO, US, VIA, inventory, item, network, read

#: one entry as `aws networkmanager list-attachments` prints it
AWS: dict[str, Any] = {
    "CoreNetworkId": "core-network-0a1b2c3d4e5f67890",
    "AttachmentId": "attachment-0123456789abcdef0",
    "OwnerAccountId": "111122223333",
    "AttachmentType": "SITE_TO_SITE_VPN",
    "State": "AVAILABLE",
    "EdgeLocation": US,
    "ResourceArn": "arn:aws:ec2:us-east-1:111122223333:vpn-connection/vpn-0a1b2c3d4e5f67890",
    "AttachmentPolicyRuleNumber": 100,
    "SegmentName": "a",
    "Tags": [{"Key": "s", "Value": "a"}, {"Key": "Name", "Value": "office"}],
    "CreatedAt": "2025-01-01T00:00:00Z",
    "LastModificationErrors": [],
}


def test_the_output_of_the_aws_cli() -> None:
    (item,) = inventory({"Attachments": [AWS], "NextToken": None}).attachments
    assert (item.name, item.id, item.type, item.regions) == (
        "office",
        "attachment-0123456789abcdef0",
        "site-to-site-vpn",
        (US,),
    )
    assert (item.account, item.resource_id, item.state, item.current) == (
        "111122223333",
        "vpn-0a1b2c3d4e5f67890",
        "available",
        ("a", False),
    )
    assert dict(item.tags) == {"s": "a", "Name": "office"}


def test_a_direct_connect_gateway_has_edge_locations() -> None:
    entry = AWS | {"AttachmentType": "DIRECT_CONNECT_GATEWAY", "EdgeLocation": None, "EdgeLocations": [US, EU]}
    assert inventory([entry]).attachments[0].regions == (US, EU)


def test_a_second_file_adds_the_prefixes() -> None:
    extra = {
        "attachments": {
            AWS["AttachmentId"]: {"routes": [{"prefix": "192.168.0.0/16", "as_path": [65001]}], "label": "x"}
        }
    }
    (item,) = inventory({"Attachments": [AWS]}, extra).attachments
    assert (str(item.routes[0].prefix), item.routes[0].as_path, item.label) == ("192.168.0.0/16", (65001,), "x")


def test_our_own_shape_with_prefix_lists() -> None:
    found = inventory(
        {
            "attachments": [{"name": "v", "type": "vpc", "region": US, "tags": {"s": "a"}, "cidrs": ["10.1.0.0/16"]}],
            "prefix_lists": {"corp": ["10.0.0.0/8"]},
        }
    )
    assert found.attachments[0].name == "v" and str(found.lists["corp"][0]) == "10.0.0.0/8"


def test_names_ids_and_tags_find_an_attachment() -> None:
    items = inventory({"Attachments": [AWS]}).attachments
    for text in ("office", AWS["AttachmentId"], "vpn-0a1b2c3d4e5f67890"):
        assert find_attachment(items, text, Diagnostics()) is items[0]
    diagnostics = Diagnostics()
    assert find_attachment(items, "offise", diagnostics) is None
    assert "office" in next(iter(diagnostics)).help


@pytest.mark.parametrize(
    "document, rules",
    [
        (5, ["inventory-shape"]),
        ({}, ["inventory-shape"]),
        ({"Attachmnts": []}, ["inventory-shape"]),
        ({"Attachments": [5]}, ["inventory-shape"]),
        ({"Attachments": [{"AttachmentType": "VPC"}]}, ["inventory-shape"]),
        ({"Attachments": [AWS | {"Tags": [{"Key": "s"}]}]}, ["inventory-shape"]),
        ({"attachments": {"v": {"type": "vpc", "region": US, "colour": "red"}}}, ["attachment-field"]),
        ({"attachments": {"v": {"type": "vpc", "edge": US}}}, ["attachment-field"]),
        ({"attachments": {"v": {"type": "vpc", "edge_locations": [US]}}}, ["attachment-field"]),
        ({"attachments": {"v": {"type": "vpc", "region": US, "cidrs": ["10.0.0.1/8"]}}}, ["host-bits"]),
        ([AWS, AWS | {"OwnerAccountId": "999988887777"}], ["inventory-shape"]),
        (
            {"attachments": {"v": {"type": "vpc", "region": US, "routes": [{"prefix": "10.0.0.0/8", "med": 1.5}]}}},
            ["inventory-shape"],
        ),
    ],
)
def test_what_is_not_understood_is_refused(document: Any, rules: list[str]) -> None:
    found, seen = read(document)
    assert found is None and seen == rules


def test_one_page_of_several_is_a_warning() -> None:
    found, rules = read({"Attachments": [AWS], "NextToken": "abc"})
    assert found is not None and rules == ["inventory-incomplete"]


def test_the_schema_takes_what_the_reader_takes() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(json.loads(read_text("schemas/cloud_wan/attachments.schema.json")))
    own = {"attachments": {"v": {"type": "vpc", "region": US, "cidrs": []}}}
    labels = {"AttachmentRoutingPolicyAssociations": [{"AttachmentId": AWS["AttachmentId"], "RoutingPolicyLabel": "x"}]}
    for good in (
        {"Attachments": [AWS]},
        [AWS],
        own,
        [{"Attachments": [AWS]}, own],
        {"VpcAttachment": {"Attachment": AWS}},
        AWS,
        labels,
    ):
        assert validator.is_valid(good)
    for bad in (5, {"Attachmnts": []}, {"attachments": {"v": {"colour": "red"}}}):
        assert not validator.is_valid(bad)


def test_a_waiting_tag_change_leaves_the_attachment_where_it_is() -> None:
    entry = AWS | {"State": "PENDING_TAG_ACCEPTANCE", "SegmentName": "b"}
    found = associate(network(), inventory([entry]).attachments[0], DEFAULT)
    assert (found.standing, found.place, found.rule_number) == ("segment", "b", 20)


OPEN = VIA | {"mode": "single-hop", "via": {"network-function-groups": ["fw"]}}
ISOLATED = [
    {"name": "a", "isolate-attachments": True, "require-attachment-acceptance": False},
    {"name": "b", "require-attachment-acceptance": False},
]
ONE, TWO = "attachment-00000000000000001", "attachment-00000000000000002"


def route(*ids: str) -> dict[str, Any]:
    return {
        "action": "create-route",
        "segment": "a",
        "destination-cidr-blocks": ["0.0.0.0/0"],
        "destinations": list(ids),
    }


def labels(*rules: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "rule-number": at,
            "conditions": [{"type": "routing-policy-label", "value": "x"}],
            "action": {"associate-routing-policies": ["p"]},
            **extra,
        }
        for at, extra in enumerate(rules, 1)
    ]


def acting(
    direction: str, kind: str, value: Any = None, match: tuple[str, str] = ("prefix-in-cidr", "10.0.0.0/8")
) -> list[Any]:
    action = {"type": kind} | ({} if value is None else {"value": value})
    definition = {
        "match-conditions": [{"type": match[0], "value": match[1]}],
        "condition-logic": "and",
        "action": action,
    }
    return [
        {
            "routing-policy-name": "p",
            "routing-policy-direction": direction,
            "routing-policy-number": 1,
            "routing-policy-rules": [{"rule-number": 1, "rule-definition": definition}],
        }
    ]


@pytest.mark.parametrize(
    "parts, items, rules",
    [
        ({}, [item("v", "nowhere")], ["attachment-nowhere"]),
        ({}, [item("v", "a"), item("w", "fw")], []),
        ({}, [item("v", "a") | {"tags": {"S": "a"}}], ["attachment-nowhere"]),
        ({}, [item("v", "A")], ["attachment-nowhere"]),
        ({}, [item("v", "a") | {"tags": {"s": "a", "FN": "1"}}], ["attachment-tag-case"]),
        ({}, [item("v", "a") | {"tags": {"s": "a", "S": "b", "team": "x"}}], []),
        ({}, [item("f", "fw"), item("g", "fw")], ["group-twice-in-region"]),
        ({"segment_actions": [VIA]}, [item("v", "a")], ["group-without-attachment"]),
        ({"segment_actions": [VIA]}, [item("f", "fw")], ["group-without-attachment"]),
        ({"segment_actions": [VIA]}, [item("f", "fw"), item("g", "fw", EU)], []),
        ({"segment_actions": [SINGLE]}, [item("f", "fw")], ["override-without-attachment"]),
        (
            {"segment_actions": [OPEN]},
            [item("v", "a"), item("w", "b", EU), item("f", "fw"), item("g", "fw", EU)],
            ["inspection-edge-unknown"],
        ),
        ({"segment_actions": [SINGLE]}, [item("v", "a"), item("w", "b", EU), item("f", "fw"), item("g", "fw", EU)], []),
        ({"segment_actions": [OPEN]}, [item("v", "a"), item("w", "b", EU), item("g", "fw", EU)], []),
        ({"segment_actions": [OPEN]}, [item("v", "a"), item("w", "b"), item("f", "fw"), item("g", "fw", EU)], []),
        ({"segment_actions": [TO]}, [item("f", "fw"), item("g", "fw", EU)], []),
        (
            {
                "segments": [
                    {"name": "a", "isolate-attachments": True, "require-attachment-acceptance": False},
                    {"name": "b"},
                ]
            },
            [item("t", "a", type="transit_gateway_route_table")],
            ["transit-in-isolated-segment"],
        ),
        ({"segment_actions": [route(ONE)]}, [item("v", "a")], ["route-to-unknown"]),
        (
            {"segment_actions": [route(ONE)]},
            [item("v", "a", id=ONE, type="transit_gateway_route_table")],
            ["route-to-gateway"],
        ),
        (
            {"segment_actions": [route(ONE, TWO)]},
            [item("v", "a", id=ONE), item("w", "a", id=TWO)],
            ["route-destinations"],
        ),
        ({"segment_actions": [route(ONE, TWO)]}, [item("v", "a", id=ONE), item("w", "a", EU, id=TWO)], []),
        ({}, [item("v", "a", label="x")], ["label-without-rule"]),
        (
            {"routing_policies": acting("inbound", "set-med", "5"), "attachment_routing_policy_rules": labels({})},
            [item("v", "a", label="x")],
            ["policy-on-vpc"],
        ),
        (
            {"routing_policies": acting("inbound", "drop"), "attachment_routing_policy_rules": labels({})},
            [item("v", "a", label="x")],
            [],
        ),
        (
            {
                "routing_policies": acting("inbound", "add-community", "65000:1"),
                "attachment_routing_policy_rules": labels({}),
            },
            [item("v", "a", label="x", type="transit_gateway_route_table")],
            ["communities-on-gateway"],
        ),
        (
            {
                "routing_policies": acting("outbound", "summarize", "10.0.0.0/8"),
                "attachment_routing_policy_rules": labels({}),
            },
            [{"name": "d", "type": "direct_connect_gateway", "regions": [US, EU], "tags": {"s": "a"}, "label": "x"}],
            ["aggregate-from-every-edge"],
        ),
        (
            {
                "routing_policies": acting("inbound", "drop"),
                "attachment_routing_policy_rules": labels({"edge-locations": [US]}),
            },
            [{"name": "d", "type": "direct_connect_gateway", "regions": [US, EU], "tags": {"s": "a"}, "label": "x"}],
            ["label-misses-an-edge"],
        ),
        (
            {"routing_policies": acting("inbound", "drop", None, ("prefix-in-prefix-list", "corp"))},
            [{"name": "other", "type": "prefix_list", "cidrs": []}],
            ["prefix-list-unknown"],
        ),
        (
            {},
            [item("v", "a", type="connect", routes=[{"prefix": "10.0.0.0/8", "as_path": [64512]}])],
            ["asn-of-an-edge"],
        ),
        (
            {},
            [item("v", "a", type="connect", routes=[{"prefix": "10.0.0.0/8", "as_path": [64555]}])],
            ["asn-of-an-edge"],
        ),
        ({}, [item("v", "a", type="connect", routes=[{"prefix": "10.0.0.0/8", "as_path": [65001]}])], []),
        (
            {},
            [
                item(
                    "v",
                    "a",
                    type="connect",
                    routes=[{"prefix": "10.0.0.0/8", "as_path": [65001]}, {"prefix": "11.0.0.0/8", "as_path": [64512]}],
                )
            ],
            ["asn-of-an-edge"],
        ),
        (
            {"segments": ISOLATED},
            [item("v", "a", cidrs=["10.0.0.0/16"]), item("w", "a", EU, cidrs=["10.0.0.0/16"])],
            [],
        ),
        (
            {"segments": ISOLATED, "segment_actions": [SHARED]},
            [item("v", "a", cidrs=["10.0.0.0/16"]), item("w", "b", EU, cidrs=["10.0.0.0/16"])],
            ["overlapping-addresses"],
        ),
        (
            {"segment_actions": [{**SINGLE, "via": {"network-function-groups": ["fw"]}}]},
            [item("v", "a", cidrs=["10.0.0.0/16"]), item("w", "b", cidrs=["10.0.0.0/16"]), item("f", "fw", EU)],
            ["overlapping-addresses"],
        ),
        # inspection joins what isolation keeps apart
        (
            {"segments": ISOLATED, "segment_actions": [{**VIA, "when-sent-to": {"segments": ["a"]}}]},
            [
                item("v", "a", cidrs=["10.0.0.0/16"]),
                item("w", "a", EU, cidrs=["10.0.0.0/16"]),
                item("f", "fw"),
                item("g", "fw", EU),
            ],
            ["overlapping-addresses"],
        ),
        (
            {},
            [item("v", "a", cidrs=["10.0.0.0/16"]), item("w", "a", EU, cidrs=["10.0.4.0/24"])],
            ["overlapping-addresses"],
        ),
        ({}, [item("v", "a", cidrs=["10.0.0.0/16"]), item("w", "b", EU, cidrs=["10.0.4.0/24"])], []),
        (
            {},
            [item(name, "a", type="connect", routes=[{"prefix": "10.0.0.0/8", "as_path": [65001]}]) for name in "vw"],
            ["equal-paths"],
        ),
    ],
)
def test_checks_that_need_attachments(parts: dict[str, Any], items: list[dict[str, Any]], rules: list[str]) -> None:
    diagnostics = Diagnostics()
    check_inventory(situate(network(**parts), inventory({"attachments": items})), diagnostics)
    assert [found.rule for found in diagnostics] == rules
    assert all(found.help and not found.message.endswith(".") for found in diagnostics)


def many(name: str, kind: str, first: int, count: int) -> dict[str, Any]:
    """An attachment with many prefixes."""
    return item(
        name,
        "a",
        type=kind,
        cidrs=[f"{10 + (n >> 16)}.{n >> 8 & 255}.{n & 255}.0/24" for n in range(first, first + count)],
    )


@pytest.mark.parametrize(
    "items, lists, text",
    [
        ([item(f"v{at}", "a", resource_id="vpc-1") for at in range(6)], {}, "attachments of `vpc-1`: 6"),
        (
            [item("v", "a", type="connect", cidrs=[f"10.{n >> 8}.{n & 255}.0/24" for n in range(1001)])],
            {},
            "`v` announces: 1,001",
        ),
        ([item("v", "a")], {"corp": [f"10.0.{n}.0/24" for n in range(201)]}, "prefix list `corp`: 201"),
        (
            [{"name": f"d{n}", "type": "direct_connect_gateway", "region": US, "tags": {"s": "a"}} for n in range(41)],
            {},
            "Direct Connect gateway attachments: 41",
        ),
        (
            [
                {
                    "name": f"d{n}",
                    "type": "direct_connect_gateway",
                    "region": US,
                    "tags": {"s": "a"},
                    "resource_id": "dx-1",
                }
                for n in range(2)
            ],
            {},
            "attachments of Direct Connect gateway `dx-1`: 2",
        ),
        ([item(f"v{at}", "a") for at in range(5001)], {}, "attachments: 5,001"),
        ([item("v", "a")], {f"list{n}": ["10.0.0.0/8"] for n in range(101)}, "prefix lists: 101"),
        ([many("v", "vpc", 0, 10001)], {}, "routes of all segments: 10,001"),
        ([many("v", "vpc", 0, 5001), item("o", "a", type="connect")], {}, "routes that `o` is told: 5,001"),
    ],
)
def test_quotas_of_attachments(items: list[dict[str, Any]], lists: dict[str, list[str]], text: str) -> None:
    """Reference, section 2: one more than the service takes."""
    diagnostics = Diagnostics()
    check_inventory(situate(network(), inventory({"attachments": items, "prefix_lists": lists})), diagnostics)
    found = [one.message for one in diagnostics if one.rule == "inventory-quota"]
    assert len(found) == 1 and text in found[0]
