"""The candidates for a row, the chosen one, and the step of route evaluation at which the others lose: Cloud WAN reference, sections
3.5, 3.6, 3.8, 3.9 and 3.11."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from policyc.engines.wan.candidates import Candidate, Candidates
from policyc.engines.wan.core import TableName
from policyc.engines.wan.switches import DEFAULT
from policyc.engines.wan.tables import Tables
from policyc.ir.network import AttachmentType
from tests.conformance.wan_networks import AP, EU, US, attached, block, labelled, network, policy, share, tables_of


def candidates(tables: Tables, segment: str, edge: str, cidr: str, kind: Any = "segment") -> list[Candidate]:
    table = tables.table(TableName(kind, segment), edge)
    return next(found for row, found in Candidates(tables).of(table) if row.prefix == block(cidr))


def told(found: Sequence[Candidate]) -> list[tuple[str, str, str]]:
    """Origin, standing and step of each."""
    return sorted((item.origin, item.standing, item.step) for item in found)


BLOCK = "10.5.0.0/16"
VPN: AttachmentType = "site-to-site-vpn"


def test_what_an_edge_hears_is_told_with_its_attributes_and_the_edge_that_handed_it_on() -> None:
    """Section 3.5: every other edge hands on its best path with its ASN in front; what has been at the receiver is absent."""
    tables = tables_of(network(["s"]), attached("v", "s", US, BLOCK, kind=VPN, as_path=(65001,), med=50))
    there = candidates(tables, "s", EU, BLOCK)
    assert {(item.via, item.path.as_path if item.path else (), item.standing, item.step) for item in there} == {
        (US, (64512, 65001), "chosen", ""),
        (AP, (64514, 64512, 65001), "lost", "as-path"),
    }
    assert {(item.kind, item.origin, item.hop.kind, item.hop.edge) for item in there} == {
        ("local", "v", "edge", US),
        ("local", "v", "edge", AP),
    }
    assert all(item.path is not None and (item.path.med, item.path.preference) == (50, 0) for item in there)
    (here,) = candidates(tables, "s", US, BLOCK)
    assert (here.hop.name, here.via, here.standing) == ("v", "", "chosen")


def test_e7_the_longer_way_is_named_and_its_cure_makes_a_tie() -> None:
    """Section 3.13 E7: one prefix enters at two edges; a prepend of one ASN on one of the pairs decides at the third edge."""
    gateways = [
        attached("t1", "s", US, BLOCK, kind="transit-gateway-route-table", as_path=(65010, 65001)),
        attached("t2", "s", EU, BLOCK, kind="transit-gateway-route-table", as_path=(65011, 65001)),
    ]
    plain = candidates(tables_of(network(["s"]), *gateways), "s", AP, BLOCK)
    assert told(plain) == [("t1", "possible", ""), ("t2", "possible", "")]
    assert all("step 7" in item.reason for item in plain)
    pair = {"edge-location": AP, "peer-edge-location": EU, "routing-policy-names": ["p"]}
    action = {"action": "associate-routing-policy", "segment": "s", "edge-location-association": pair}
    net = network(["s"], [action], routing_policies=[policy("p", 1, "prepend-asn-list", [65099])])
    decided = candidates(tables_of(net, *gateways), "s", AP, BLOCK)
    assert told(decided) == [("t1", "chosen", ""), ("t2", "lost", "as-path")]
    assert "an AS path of 4 is longer than one of 3" in decided[-1].reason


@pytest.mark.parametrize(
    "one, other, step",
    [
        ({"kind": "vpc"}, {"kind": VPN, "as_path": (65001,)}, "vpc"),
        ({"kind": VPN, "as_path": (65001,)}, {"kind": VPN, "as_path": (65002, 65003)}, "as-path"),
        ({"kind": VPN, "as_path": (65001,), "med": 50}, {"kind": VPN, "as_path": (65002,), "med": 60}, "med"),
        ({"kind": "connect", "as_path": (65001,)}, {"kind": VPN, "as_path": (65002,)}, "attachment-type"),
        (
            {"kind": VPN, "as_path": (65001, 65003), "label": "x"},
            {"kind": VPN, "as_path": (65002,)},
            "local-preference",
        ),
    ],
)
def test_the_step_at_which_a_candidate_loses(one: dict[str, Any], other: dict[str, Any], step: str) -> None:
    net = network(
        ["s"],
        routing_policies=[policy("p", 1, "set-local-preference", "300")],
        attachment_routing_policy_rules=labelled("p"),
    )
    tables = tables_of(net, attached("one", "s", US, BLOCK, **one), attached("other", "s", US, BLOCK, **other))
    assert told(candidates(tables, "s", US, BLOCK)) == [("one", "chosen", ""), ("other", "lost", step)]


def test_a_static_route_is_a_candidate_beside_what_it_beats() -> None:
    """Sections 3.8 and 3.11: a static route comes before a route of the same length that an attachment announces."""
    identity = "attachment-" + "0" * 16 + "1"
    action = {"action": "create-route", "segment": "s", "destination-cidr-blocks": [BLOCK], "destinations": [identity]}
    tables = tables_of(
        network(["s"], [action]), attached("gate", "s", US, "10.9.0.0/16", id=identity), attached("own", "s", US, BLOCK)
    )
    found = candidates(tables, "s", US, BLOCK)
    assert [(item.kind, item.origin, item.standing, item.step) for item in found] == [
        ("static", "gate", "chosen", ""),
        ("local", "own", "lost", "static"),
    ]


def test_shared_candidates_name_the_segment_that_shares() -> None:
    tables = tables_of(
        network(["a", "b"], [share("a", "b")]), attached("mine", "a", US, BLOCK), attached("theirs", "b", EU, BLOCK)
    )
    found = candidates(tables, "a", US, BLOCK)
    assert [(item.kind, item.giver, item.origin, item.standing, item.step) for item in found if item.via != AP] == [
        ("local", "", "mine", "chosen", ""),
        ("shared", "b", "theirs", "lost", "vpc"),
    ]
    # A route of one owner comes over by kind.
    alone = tables_of(network(["a", "b"], [share("a", "b")]), attached("theirs", "b", EU, BLOCK))
    assert {(item.kind, item.giver) for item in candidates(alone, "a", US, BLOCK)} == {("shared", "b")}


def test_the_rank_of_local_preference_leaves_both_possible_and_names_the_switch() -> None:
    net = network(
        ["s"],
        routing_policies=[policy("p", 1, "set-local-preference", "300")],
        attachment_routing_policy_rules=labelled("p"),
    )
    both = (
        attached("vpn", "s", US, BLOCK, kind=VPN, as_path=(65001, 65002, 65003), label="x"),
        attached("vpc", "s", US, BLOCK),
    )
    found = candidates(tables_of(net, *both), "s", US, BLOCK)
    assert told(found) == [("vpc", "possible", ""), ("vpn", "possible", "")]
    assert all("`local-preference-rank`" in item.reason for item in found)
    for rank, wanted in (
        ("before-as-path", [("vpc", "chosen", ""), ("vpn", "lost", "vpc")]),
        ("before-vpc", [("vpc", "lost", "local-preference"), ("vpn", "chosen", "")]),
    ):
        switches = DEFAULT.choosing("local-preference-rank", rank)
        assert told(candidates(tables_of(net, *both, switches=switches), "s", US, BLOCK)) == wanted


SEND_VIA = {
    "action": "send-via",
    "segment": "a",
    "mode": "single-hop",
    "when-sent-to": {"segments": ["b"]},
    "via": {"network-function-groups": ["fw"]},
}


def test_an_inserted_route_is_a_candidate_beside_a_shared_one() -> None:
    """Section 3.9: send-via and share on one pair, and which wins is not published."""
    net = network(["a", "b"], [share("a", "b"), SEND_VIA])
    items = (attached("fw1", "x", US, "100.64.0.0/16", tag="fw"), attached("theirs", "b", US, BLOCK))
    for rank, wanted in (
        ("undecided", {("service", "possible", ""), ("shared", "possible", "")}),
        ("inserted", {("service", "chosen", ""), ("shared", "lost", "inserted")}),
        ("direct", {("service", "lost", "inserted"), ("shared", "chosen", "")}),
    ):
        tables = tables_of(net, *items, switches=DEFAULT.choosing("inserted-route-rank", rank))
        found = [item for item in candidates(tables, "a", US, BLOCK) if not item.via]
        assert {(item.kind, item.standing, item.step) for item in found} == wanted
        assert all("`inserted-route-rank`" in item.reason for item in found if item.standing != "chosen")
    group = candidates(tables_of(net, *items), "fw", US, BLOCK, "group")
    assert [(item.kind, item.hop.name, item.standing) for item in group] == [("service", "theirs", "chosen")]


def test_of_a_peers_equal_routes_either_may_be_heard() -> None:
    """Two equal routes at one edge: the others hear one of the two, and reach it by one next hop."""
    tables = tables_of(
        network(["s"]),
        attached("v1", "s", US, BLOCK, kind=VPN, as_path=(65001,)),
        attached("v2", "s", US, BLOCK, kind=VPN, as_path=(65002,)),
    )
    found = [item for item in candidates(tables, "s", EU, BLOCK) if item.via == US]
    assert told(found) == [("v1", "possible", ""), ("v2", "possible", "")]
    assert all(US in item.reason for item in found)
