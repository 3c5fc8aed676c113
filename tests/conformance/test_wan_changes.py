"""One core network policy after another, with what is attached and without."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics, Severity
from policyc.ir.network import CoreNetwork
from policyc.targets.cloud_wan.compare import compare
from policyc.targets.cloud_wan.validate.update import check_update
from tests.conformance.wan_inventories import EU, SHARED, SINGLE, TO, US, VIA, inventory, item, network

# --- one policy after another -----------------------------------------------------------------------------------


def configured(*edges: dict[str, Any], ranges: str = "64512-64600") -> CoreNetwork:
    return network(core_network_configuration={"asn-ranges": [ranges], "edge-locations": list(edges)})


@pytest.mark.parametrize(
    "new, rules",
    [
        (configured({"location": US, "asn": 64512}, {"location": EU, "asn": 64513}), []),
        (
            configured({"location": US, "asn": 64514}, {"location": EU, "asn": 64513}),
            [("edge-asn-changed", Severity.ERROR)],
        ),
        (configured({"location": US, "asn": 64512}), []),
        (configured({"location": EU, "asn": 64513}), [("edge-removed-in-use", Severity.ERROR)]),
        (
            configured({"location": US, "asn": 64512}, {"location": EU, "asn": 64513}, ranges="64513-64600"),
            [("asn-range-shrunk", Severity.ERROR)],
        ),
    ],
)
def test_what_is_in_use_cannot_change(new: CoreNetwork, rules: list[tuple[str, Severity]]) -> None:
    diagnostics = Diagnostics()
    check_update(network(), new, inventory({"attachments": [item("v", "a")]}).attachments, diagnostics)
    assert [(found.rule, found.severity) for found in diagnostics] == rules


def test_without_an_inventory_a_removed_edge_may_be_in_use() -> None:
    diagnostics = Diagnostics()
    check_update(network(), configured({"location": US, "asn": 64512}), None, diagnostics)
    assert [(found.rule, found.severity) for found in diagnostics] == [("edge-removed-in-use", Severity.WARNING)]


@pytest.mark.parametrize(
    "before, after, severity",
    [
        ("64512-64520", "64512-64530", None),
        ("64512-64520", "65000-65010", Severity.ERROR),
        # two edges need two of the old ASNs
        ("64512-64520", "64519-64530", Severity.ERROR),
        ("64512-64520", "64516-64530", Severity.WARNING),
    ],
)
def test_edges_that_the_service_gave_an_asn_keep_it(before: str, after: str, severity: Severity | None) -> None:
    """Reference, sections 1.2 and 4: ASNs in use cannot leave the ranges (INVALID_ASN_UPDATE), chosen or given."""
    diagnostics = Diagnostics()
    bare = ({"location": US}, {"location": EU})
    check_update(configured(*bare, ranges=before), configured(*bare, ranges=after), None, diagnostics)
    found = [(item.rule, item.severity, "INVALID_ASN_UPDATE" in item.help) for item in diagnostics]
    assert found == ([] if severity is None else [("asn-range-shrunk", severity, True)])


def test_an_inside_cidr_cannot_go() -> None:
    old = configured({"location": US, "inside-cidr-blocks": ["10.0.0.0/24"]})
    diagnostics = Diagnostics()
    check_update(old, configured({"location": US}), (), diagnostics)
    assert [found.rule for found in diagnostics] == ["edge-inside-cidr-removed"]


OUT = item("out", "a", cidrs=["10.9.0.0/16"], id="attachment-0123456789abcdef0")
DEFAULT_ROUTE = {
    "action": "create-route",
    "segment": "b",
    "destination-cidr-blocks": ["0.0.0.0/0"],
    "destinations": [OUT["id"]],
}
HOLE = {**DEFAULT_ROUTE, "destination-cidr-blocks": ["172.16.0.0/12"], "destinations": ["blackhole"]}


@pytest.mark.parametrize(
    "before, after, wanted",
    [
        ([], [DEFAULT_ROUTE], ["v to 0.0.0.0/0 outside the attachments: blocked -> reachable by out"]),
        (
            [DEFAULT_ROUTE],
            [DEFAULT_ROUTE, HOLE],
            ["v to 172.16.0.0/12 outside the attachments: reachable by out -> blocked"],
        ),
        # nothing leads anywhere but to attachments, before and after
        ([], [HOLE], []),
    ],
    ids=["default route", "blackhole in it", "blackhole alone"],
)
def test_changes_for_addresses_that_no_attachment_has(before: list[Any], after: list[Any], wanted: list[str]) -> None:
    """Reference, section 3.8: a static route serves its segment, whoever's addresses lie behind it."""
    items = inventory({"attachments": [item("v", "b", cidrs=["10.1.0.0/16"]), OUT]})
    found = compare(network(segment_actions=before), network(segment_actions=after), items)
    told = [change.sentence() for change in found.reach]
    assert [text for text in told if "outside" in text] == wanted


def test_addresses_outside_count_without_an_inventory_too() -> None:
    found = compare(network(), network(segment_actions=[TO]), None)
    by_edge = {
        f"a at {edge} to {block} outside the attachments: blocked -> reachable by appliance of fw at {edge}, inspected by fw"
        for edge in (US, EU)
        for block in ("0.0.0.0/0, ::/0",)
    }
    assert {change.sentence() for change in found.reach if "outside" in change.subject} == by_edge


@pytest.mark.parametrize("listed", [True, False])
def test_an_inspection_that_moves_is_a_change(listed: bool) -> None:
    """Reference, section 3.9: the override names the edge at which single-hop inspects."""
    moved = json.loads(json.dumps(SINGLE))
    moved["via"]["with-edge-overrides"][0]["use-edge-location"] = US
    items = [
        item("v", "a", cidrs=["10.1.0.0/16"]),
        item("w", "b", EU, cidrs=["10.2.0.0/16"]),
        item("f", "fw"),
        item("g", "fw", EU),
    ]
    given = inventory({"attachments": items}) if listed else None
    found = compare(network(segment_actions=[SINGLE]), network(segment_actions=[moved]), given)
    told = [change.sentence() for change in found.reach]
    assert len(told) == 2 and all(
        f"inspected by fw at {EU} -> reachable, inspected by fw at {US}" in text for text in told
    )


def test_changes_for_an_inventory() -> None:
    listed = [item("v", "a"), item("w", "b", EU), item("x", "c")]
    items = inventory({"attachments": [{key: entry[key] for key in entry if key != "cidrs"} for entry in listed]})
    found = compare(network(), network(segment_actions=[SHARED]), items)
    assert found.associations == () and not found.assumed
    assert [change.sentence() for change in found.reach] == [
        "v to w: blocked -> reachable",
        "w to v: blocked -> reachable",
    ]
    more = network(segments=[{"name": n, "require-attachment-acceptance": n == "a"} for n in ("a", "b", "c")])
    moved = compare(network(), more, items)
    # who is there stays: the flag updates no edge (AWS: regional scope of changes)
    assert [change.sentence() for change in moved.associations] == ["x: nowhere -> segment c"]
    assert compare(network(), network(), items).changes == ()


def test_changes_without_an_inventory() -> None:
    found = compare(network(), network(segment_actions=[VIA]), None)
    assert found.assumed and found.associations == ()
    assert [change.sentence() for change in found.reach] == [
        "a to b: blocked -> inspected via fw",
        "b to a: blocked -> inspected via fw",
    ]
    rule = {
        "rule-number": 5,
        "conditions": [{"type": "tag-value", "key": "s", "operator": "equals", "value": "x"}],
        "action": {"association-method": "constant", "segment": "b"},
    }
    before = network()
    rules = [
        rule,
        *(
            {
                "rule-number": 20,
                "conditions": [{"type": "tag-exists", "key": "s"}],
                "action": {"association-method": "tag", "tag-value-of-key": "s"},
            },
        ),
    ]
    changed = compare(before, network(attachment_policies=rules), None)
    told = [c.sentence() for c in changed.associations]
    assert "an attachment whose tag s equals x: nowhere -> segment b" in told
    # a rule that goes by a tag is asked with the name of each segment in it
    taken = {**rule, "conditions": [{"type": "any"}]}
    changed = compare(network(attachment_policies=rules[1:]), network(attachment_policies=[taken, *rules[1:]]), None)
    told = [c.sentence() for c in changed.associations]
    assert "an attachment whose tag s is a: segment a -> segment b" in told


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            ("equals", "b"),
            ("begins-with", "b"),
            ["an attachment whose tag s begins-with b (b-x): nowhere -> segment b"],
        ),
        (("contains", "b"), ("equals", "b"), ["an attachment whose tag s contains b (x-b-x): segment b -> nowhere"]),
        (("begins-with", "b"), ("begins-with", "c"), None),
        (
            ("begins-with", "b"),
            ("contains", "b"),
            ["an attachment whose tag s contains b (x-b-x): nowhere -> segment b"],
        ),
    ],
)
def test_a_rule_that_takes_other_texts_is_told_by_one(
    old: tuple[str, str], new: tuple[str, str], told: list[str] | None
) -> None:
    def ruled(operator: str, value: str) -> CoreNetwork:
        condition = {"type": "tag-value", "key": "s", "operator": operator, "value": value}
        action = {"association-method": "constant", "segment": "b"}
        return network(attachment_policies=[{"rule-number": 5, "conditions": [condition], "action": action}])

    found = [change.sentence() for change in compare(ruled(*old), ruled(*new), None).associations]
    one_each = [
        f"an attachment whose tag s begins-with {way}" for way in ("b: segment b -> nowhere", "c: nowhere -> segment b")
    ]
    assert found == (one_each if told is None else told)
