"""Worked examples of core networks, by hand: routing policies, transit paths, filters and edges."""

from __future__ import annotations

from typing import Any

import pytest

from policyc.engines.wan.attachments import Announced, Attachment
from policyc.engines.wan.paths import Path
from policyc.engines.wan.reach import Verdict, reach_back
from policyc.engines.wan.routing_policies import Surroundings, apply_policies
from policyc.engines.wan.tables import Tables
from tests.conformance.wan_tables import (
    AP,
    EU,
    FIREWALLS,
    FW,
    US,
    e1,
    go,
    hops,
    network,
    prefix,
    segment,
    share,
    tables_of,
    vpc,
)

# --- E6 ---------------------------------------------------------------------------------------------------------


def rules(*entries: tuple[int, str, Any, str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "rule-number": number,
            "rule-definition": {
                "match-conditions": [{"type": kind, "value": value}],
                "condition-logic": "or",
                "action": {"type": action} if given is None else {"type": action, "value": given},
            },
        }
        for number, kind, value, action, given in entries
    ]


def policy(name: str, direction: str, number: int, *entries: tuple[int, str, Any, str, Any]) -> dict[str, Any]:
    return {
        "routing-policy-name": name,
        "routing-policy-direction": direction,
        "routing-policy-number": number,
        "routing-policy-rules": rules(*entries),
    }


@pytest.mark.parametrize(
    ("route", "preference"), [("10.5.0.0/16", 300), ("10.0.0.0/8", None), ("0.0.0.0/0", 0), ("192.168.0.0/16", None)]
)
def test_e6_rule_order(route: str, preference: int | None) -> None:
    net = network(
        segments=[segment("s")],
        routing_policies=[
            policy(
                "p",
                "inbound",
                100,
                (10, "prefix-in-cidr", "10.0.0.0/8", "set-local-preference", "300"),
                (20, "prefix-in-cidr", "10.0.0.0/8", "allow", None),
                (30, "prefix-in-cidr", "0.0.0.0/0", "drop", None),
            )
        ],
    )
    kept = apply_policies(net.routing_policies, Path(0, 2, (65001,)), prefix(route), Surroundings({}))
    assert (None if kept is None else kept.preference) == preference


# --- E7 ---------------------------------------------------------------------------------------------------------


E7_EDGES = [("ap-northeast-3", 64520), ("ap-northeast-1", 64521), ("us-east-1", 64522), ("us-west-2", 64523)]


def transit(name: str, region: str, *as_path: int) -> Attachment:
    route = Announced(prefix("10.200.0.0/16"), as_path)
    return Attachment(name, "transit-gateway-route-table", (region,), tags=(("segment", "s"),), routes=(route,))


def e7(prepend: bool, *attachments: Attachment) -> Tables:
    parts: dict[str, Any] = {}
    if prepend:
        parts["routing_policies"] = [
            policy("longer", "inbound", 10, (10, "prefix-in-cidr", "0.0.0.0/0", "prepend-asn-list", [65100]))
        ]
        parts["segment_actions"] = [
            {
                "action": "associate-routing-policy",
                "segment": "s",
                "edge-location-association": {
                    "edge-location": "ap-northeast-3",
                    "peer-edge-location": "us-west-2",
                    "routing-policy-names": ["longer"],
                },
            }
        ]
    net = network(edges=[{"location": name, "asn": asn} for name, asn in E7_EDGES], segments=[segment("s")], **parts)
    return tables_of(net, *attachments)


WEST, EAST = transit("west", "us-west-2", 64515, 65001), transit("east", "us-east-1", 64514, 65001)


def test_e7_equal_lengths_are_a_tie() -> None:
    assert hops(e7(False, EAST, WEST), "s", "ap-northeast-3", "10.200.0.0/16") == {
        "the peering to us-east-1",
        "the peering to us-west-2",
    }
    assert hops(e7(False, EAST, WEST), "s", "us-east-1", "10.200.0.0/16") == {"attachment `east`"}


def test_e7_prepending_decides() -> None:
    assert hops(e7(True, EAST, WEST), "s", "ap-northeast-3", "10.200.0.0/16") == {"the peering to us-east-1"}
    both = hops(e7(True, EAST, WEST), "s", "ap-northeast-1", "10.200.0.0/16")
    assert both == {"the peering to us-east-1", "the peering to us-west-2"}


def test_e7_relays_tie_with_the_prepended_path() -> None:
    found = hops(e7(True, WEST), "s", "ap-northeast-3", "10.200.0.0/16")
    assert found == {"the peering to us-west-2", "the peering to us-east-1", "the peering to ap-northeast-1"}


def test_transit_candidates_and_as_paths() -> None:
    """A VPC route is exported with the edge's ASN alone, and a third edge offers `64522 64521` too (section 3.5)."""
    tables = tables_of(
        network(edges=[{"location": name, "asn": asn} for name, asn in E7_EDGES], segments=[segment("s")]),
        vpc("v", "s", "ap-northeast-1", "10.1.0.0/16"),
    )
    choices = tables.own["s"][prefix("10.1.0.0/16")].choices
    choice = choices["ap-northeast-3"]
    assert {path.as_path for path in choice.best} == {(64521,)}
    assert {path.as_path for path in choice.candidates} == {(64521,), (64522, 64521), (64523, 64521)}
    assert {path.as_path for path in choices["ap-northeast-1"].candidates} == {()}
    assert {path.med for path in choice.candidates} == {100} and {path.preference for path in choice.candidates} == {0}


# --- shares, filters and edges ----------------------------------------------------------------------------------


def test_filter_makes_a_share_one_way() -> None:
    net = network(segments=[segment("a", deny_filter=["b"]), segment("b")], segment_actions=[share("a", "b")])
    tables = tables_of(net, vpc("va", "a", US, "10.1.0.0/16"), vpc("vb", "b", US, "10.2.0.0/16"))
    assert (go(tables, "va", "vb").verdict, go(tables, "va", "vb").reason) == (Verdict.BLOCKED, "filtered")
    forward = go(tables, "vb", "va")
    assert forward.verdict is Verdict.REACHABLE
    back = reach_back(tables, "vb", forward)
    assert back is not None and back.verdict is Verdict.BLOCKED


def test_share_reaches_edges_that_one_segment_lacks() -> None:
    net = network(
        edges=[US, EU, AP],
        segments=[segment("a", edge_locations=[US]), segment("b", edge_locations=[US, EU])],
        segment_actions=[share("a", "b")],
    )
    tables = tables_of(net, vpc("va", "a", US, "10.1.0.0/16"), vpc("vb", "b", EU, "10.2.0.0/16"))
    forward = go(tables, "va", "vb")
    assert forward.verdict is Verdict.REACHABLE
    assert [(hop.table, hop.edge) for hop in forward.walks[0].hops] == [("segment a", US), ("segment b", EU)]
    assert go(tables, "vb", "va").verdict is Verdict.REACHABLE


def test_an_isolated_segment_is_reached_from_edges_that_the_other_lacks() -> None:
    net = network(
        segments=[segment("a", isolate_attachments=True), segment("d", edge_locations=[EU])],
        segment_actions=[share("a", "d")],
    )
    tables = tables_of(net, vpc("va", "a", US, "10.1.0.0/16"), vpc("vd", "d", EU, "10.2.0.0/16"))
    assert go(tables, "vd", "va").verdict is Verdict.REACHABLE
    assert go(tables, "va", "vd").verdict is Verdict.REACHABLE


def test_isolation_lets_transit_gateway_routes_in() -> None:
    net = network(segments=[segment("s", isolate_attachments=True)])
    tables = tables_of(net, vpc("v", "s", US, "10.1.0.0/16"), transit("t", EU, 64514))
    assert go(tables, "v", "t").verdict is Verdict.REACHABLE
    assert (go(tables, "t", "v").verdict, go(tables, "t", "v").reason) == (Verdict.BLOCKED, "isolated")


def test_send_via_without_isolation_is_bypassed_within_the_segment() -> None:
    action = {"action": "send-via", "segment": "s", "mode": "single-hop", "via": {"network-function-groups": ["fw"]}}
    net = network(segments=[segment("s")], network_function_groups=[FW], segment_actions=[action])
    tables = tables_of(net, vpc("x", "s", US, "10.1.0.0/16"), vpc("y", "s", US, "10.2.0.0/16"), FIREWALLS[0])
    answer = go(tables, "x", "y")
    assert answer.verdict is Verdict.REACHABLE and not answer.inspected


def test_send_via_beside_a_share_is_undecided() -> None:
    action = {
        "action": "send-via",
        "segment": "a",
        "mode": "single-hop",
        "when-sent-to": {"segments": ["b"]},
        "via": {"network-function-groups": ["fw"]},
    }
    net = network(
        segments=[segment("a"), segment("b")], network_function_groups=[FW], segment_actions=[share("a", "b"), action]
    )
    tables = tables_of(net, vpc("x", "a", US, "10.1.0.0/16"), vpc("y", "b", US, "10.2.0.0/16"), FIREWALLS[0])
    assert go(tables, "x", "y").verdict is Verdict.UNDECIDED


def test_pending_attachments_carry_nothing() -> None:
    net = network(segments=[segment("s"), {"name": "guarded"}], segment_actions=[share("s", "guarded")])
    tables = tables_of(net, vpc("x", "s", US, "10.1.0.0/16"), vpc("y", "guarded", US, "10.2.0.0/16"))
    for source, to in (("x", "y"), ("y", "x"), ("x", "10.2.0.9")):
        answer = go(tables, source, to)
        assert (answer.verdict, answer.reason) == (Verdict.BLOCKED, "pending-acceptance")


def test_a_label_policy_drops_a_route() -> None:
    net = network(
        segments=[segment("s")],
        routing_policies=[policy("no", "inbound", 100, (100, "prefix-equals", "10.100.0.0/16", "drop", None))],
        attachment_routing_policy_rules=[
            {
                "rule-number": 1,
                "conditions": [{"type": "routing-policy-label", "value": "vpcs"}],
                "action": {"associate-routing-policies": ["no"]},
            }
        ],
    )
    routes = (Announced(prefix("10.2.0.0/16")), Announced(prefix("10.100.0.0/16")))
    y = Attachment("y", "vpc", (EU,), tags=(("segment", "s"),), label="vpcs", routes=routes)
    tables = tables_of(net, vpc("x", "s", US, "10.1.0.0/16"), y)
    assert go(tables, "x", "10.2.0.9").verdict is Verdict.REACHABLE
    answer = go(tables, "x", "10.100.0.9")
    assert (answer.verdict, answer.reason) == (Verdict.BLOCKED, "filtered")


def test_a_direct_connect_gateway_hears_of_local_routes_alone() -> None:
    net = network(edges=[US, EU, AP], segments=[segment("s")])
    gateway = Attachment("dx", "direct-connect-gateway", (US, EU), tags=(("segment", "s"),))
    tables = tables_of(net, gateway, vpc("x", "s", US, "10.1.0.0/16"), vpc("z", "s", AP, "10.3.0.0/16"))
    assert go(tables, "dx", "x").verdict is Verdict.REACHABLE
    answer = go(tables, "dx", "z")
    assert (answer.verdict, answer.reason) == (Verdict.BLOCKED, "not-advertised")


def test_an_asked_prefix_is_cut_where_tables_differ() -> None:
    tables = e1()
    answer = go(tables, "a", "10.8.0.0/15")
    assert answer.verdict is Verdict.PARTLY and {walk.end for walk in answer.walks} == {"delivered", "no-route"}
    told = {str(part.prefix): part.verdict for part in answer.parts}
    assert told == {"10.8.0.0/15": Verdict.BLOCKED, "10.9.0.0/16": Verdict.REACHABLE}
