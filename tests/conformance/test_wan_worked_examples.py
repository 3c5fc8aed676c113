"""Worked examples of core networks, by hand: shares, static routes, service insertion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.engines.wan.attachments import Attachment
from policyc.engines.wan.reach import Verdict, reach_back
from policyc.engines.wan.round_trip import Trip
from policyc.engines.wan.switches import DEFAULT, Switches
from policyc.engines.wan.tables import Tables
from policyc.targets.cloud_wan.questions import ask_path
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
    segment,
    share,
    tables_of,
    vpc,
)


def test_e1_tables() -> None:
    tables = e1()
    assert hops(tables, "dev", US, "10.9.0.0/16") == {"attachment `c`"}
    assert hops(tables, "dev", US, "10.2.0.0/16") == set()
    assert hops(tables, "dev", EU, "10.9.0.0/16") == {f"the peering to {US}"}
    assert hops(tables, "hub", US, "10.1.0.0/16") == {"attachment `a`"}
    assert hops(tables, "hub", US, "10.2.0.0/16") == {f"the peering to {EU}"}


def test_e1_reachability() -> None:
    tables = e1()
    answer = go(tables, "a", "c")
    assert answer.verdict is Verdict.REACHABLE and not answer.inspected
    back = reach_back(tables, "a", answer)
    assert back is not None and back.verdict is Verdict.REACHABLE
    blocked = go(tables, "a", "b")
    assert (blocked.verdict, blocked.reason) == (Verdict.BLOCKED, "isolated")


def test_e1_static_route_sends_the_rest_to_the_hub() -> None:
    static = {
        "action": "create-route",
        "segment": "dev",
        "destination-cidr-blocks": ["10.0.0.0/8"],
        "destinations": ["attachment-0123456789abcdef0"],
    }
    tables = e1(static)
    answer = go(tables, "a", "b")
    assert answer.verdict is Verdict.UNDECIDED
    assert {walk.delivered_to for walk in answer.walks} == {"c"}
    assert hops(tables, "hub", US, "10.200.0.0/16") == set()


# --- E2 ---------------------------------------------------------------------------------------------------------


def test_e2_statics_per_edge() -> None:
    static = {
        "action": "create-route",
        "segment": "s",
        "destination-cidr-blocks": ["0.0.0.0/0"],
        "destinations": ["attachment-00000000000000001", "attachment-00000000000000002"],
    }
    net = network(edges=[US, EU, AP], segments=[segment("s")], segment_actions=[static])
    tables = tables_of(
        net,
        vpc("x", "s", US, "10.1.0.0/16", id="attachment-00000000000000001"),
        vpc("y", "s", EU, "10.2.0.0/16", id="attachment-00000000000000002"),
        vpc("z", "s", AP, "10.3.0.0/16"),
    )
    assert hops(tables, "s", US, "0.0.0.0/0") == {"attachment `x`"}
    assert hops(tables, "s", EU, "0.0.0.0/0") == {"attachment `y`"}
    assert hops(tables, "s", AP, "0.0.0.0/0") == {f"the peering to {US}", f"the peering to {EU}"}
    answer = go(tables, "z", "198.51.100.7")
    assert answer.verdict is Verdict.REACHABLE
    assert {walk.delivered_to for walk in answer.walks} == {"x", "y"}


def test_static_route_to_an_unknown_attachment_is_undecided() -> None:
    static = {
        "action": "create-route",
        "segment": "s",
        "destination-cidr-blocks": ["0.0.0.0/0"],
        "destinations": ["attachment-00000000000000009"],
    }
    net = network(segments=[segment("s")], segment_actions=[static])
    answer = go(tables_of(net, vpc("x", "s", US, "10.1.0.0/16")), "x", "198.51.100.7")
    assert answer.verdict is Verdict.UNDECIDED and "attachment-00000000000000009" in answer.sentence


def test_blackhole_is_installed_everywhere_and_loses_to_longer_prefixes() -> None:
    static = {
        "action": "create-route",
        "segment": "s",
        "destination-cidr-blocks": ["10.0.0.0/8"],
        "destinations": ["blackhole"],
    }
    net = network(segments=[segment("s")], segment_actions=[static])
    tables = tables_of(net, vpc("x", "s", US, "10.1.0.0/16"), vpc("y", "s", EU, "10.2.0.0/16"))
    assert hops(tables, "s", EU, "10.77.0.0/16") == {"blackhole"}
    assert go(tables, "x", "y").verdict is Verdict.REACHABLE
    lost = go(tables, "x", "10.77.0.1")
    assert (lost.verdict, lost.reason) == (Verdict.BLOCKED, "blackhole")


# --- E3 ---------------------------------------------------------------------------------------------------------


def test_e3_no_transitivity() -> None:
    static = {
        "action": "create-route",
        "segment": "b",
        "destination-cidr-blocks": ["172.16.0.0/12"],
        "destinations": ["attachment-00000000000000001"],
    }
    net = network(segments=[segment("a"), segment("b"), segment("c")], segment_actions=[share("b", "a", "c"), static])
    tables = tables_of(
        net,
        vpc("va", "a", US, "10.1.0.0/16"),
        vpc("vb", "b", US, "10.2.0.0/16", id="attachment-00000000000000001"),
        vpc("vc", "c", EU, "10.3.0.0/16"),
    )
    assert go(tables, "va", "vb").verdict is Verdict.REACHABLE
    assert go(tables, "vb", "vc").verdict is Verdict.REACHABLE
    answer = go(tables, "va", "vc")
    assert (answer.verdict, answer.reason) == (Verdict.BLOCKED, "no-share")
    assert hops(tables, "b", US, "172.16.0.0/12") == {"attachment `vb`"}
    assert hops(tables, "a", US, "172.16.0.0/12") == hops(tables, "c", EU, "172.16.0.0/12") == set()


# --- E4 ---------------------------------------------------------------------------------------------------------


E4_OVERRIDES = [([US, EU], US), ([AP], EU), ([AP, US], US), ([EU, AP], EU)]


def e4(overrides: Sequence[tuple[list[str], str]]) -> Tables:
    """us1 is US, eu1 is EU, eu2 is AP; inspection at US and EU."""
    via = {
        "network-function-groups": ["fw"],
        "with-edge-overrides": [{"edge-sets": [edges], "use-edge-location": use} for edges, use in overrides],
    }
    action = {
        "action": "send-via",
        "segment": "prod",
        "mode": "single-hop",
        "when-sent-to": {"segments": "*"},
        "via": via,
    }
    net = network(
        edges=[US, EU, AP],
        segments=[segment("prod", isolate_attachments=True)],
        network_function_groups=[FW],
        segment_actions=[action],
    )
    return tables_of(
        net,
        vpc("fw1", "fw", US, "100.64.0.0/24"),
        vpc("fw2", "fw", EU, "100.64.1.0/24"),
        vpc("us", "prod", US, "10.1.0.0/16"),
        vpc("eu", "prod", AP, "10.2.0.0/16"),
        vpc("eu_too", "prod", AP, "10.3.0.0/16"),
    )


def test_e4_single_hop() -> None:
    tables = e4(E4_OVERRIDES)
    forward = go(tables, "eu", "us")
    assert forward.verdict is Verdict.REACHABLE and forward.groups == ("fw",)
    (walk,) = forward.walks
    assert walk.through == ("fw1", "us")
    back = reach_back(tables, "eu", forward)
    assert back is not None and [hop.edge for hop in back.walks[0].hops] == [US, US, AP]
    assert back.walks[0].through == ("fw1", "eu")
    assert hops(tables, "fw", US, "10.2.0.0/16", "group") == {f"the peering to {AP}"}


def test_e4_same_region_without_attachment_uses_the_override() -> None:
    answer = go(e4(E4_OVERRIDES), "eu", "eu_too")
    assert answer.verdict is Verdict.REACHABLE and {walk.through[0] for walk in answer.walks} == {"fw2"}


def test_e4_without_override_the_choice_is_open_yet_inspected() -> None:
    answer = go(e4([item for item in E4_OVERRIDES if item[0] != [AP]]), "eu", "eu_too")
    assert answer.verdict is Verdict.REACHABLE and answer.groups == ("fw",)
    assert {walk.through[0] for walk in answer.walks} == {"fw1", "fw2"}


def test_override_to_an_edge_without_attachment_is_undecided() -> None:
    answer = go(e4([([AP], AP)]), "eu", "eu_too")
    assert answer.verdict is Verdict.UNDECIDED and "override" in answer.sentence


def test_single_hop_without_override_takes_the_only_end_with_an_attachment() -> None:
    answer = go(e4([]), "eu", "us")
    assert {walk.through for walk in answer.walks} == {("fw1", "us")}


# --- E5 ---------------------------------------------------------------------------------------------------------


def e5(*attachments: Attachment, switches: Switches = DEFAULT) -> Tables:
    action = {
        "action": "send-via",
        "segment": "prod",
        "mode": "dual-hop",
        "when-sent-to": {"segments": ["dev"]},
        "via": {"network-function-groups": ["fw"]},
    }
    net = network(segments=[segment("prod"), segment("dev")], network_function_groups=[FW], segment_actions=[action])
    return tables_of(
        net,
        vpc("p1", "prod", US, "10.1.0.0/16"),
        vpc("p2", "prod", EU, "10.2.0.0/16"),
        vpc("d1", "dev", US, "10.3.0.0/16"),
        vpc("d2", "dev", EU, "10.4.0.0/16"),
        *attachments,
        switches=switches,
    )


@pytest.mark.parametrize(
    ("kind", "name", "edge", "to", "hop"),
    [
        ("segment", "prod", US, "10.1.0.0/16", "attachment `p1`"),
        ("segment", "prod", US, "10.2.0.0/16", f"the peering to {EU}"),
        ("segment", "prod", US, "10.3.0.0/16", f"group `fw` at {US}"),
        ("segment", "prod", US, "10.4.0.0/16", f"group `fw` at {US}"),
        ("segment", "dev", EU, "10.1.0.0/16", f"group `fw` at {EU}"),
        ("segment", "dev", EU, "10.2.0.0/16", f"group `fw` at {EU}"),
        ("segment", "dev", EU, "10.3.0.0/16", f"the peering to {US}"),
        ("group", "fw", US, "10.1.0.0/16", "attachment `p1`"),
        ("group", "fw", US, "10.3.0.0/16", "attachment `d1`"),
        ("group", "fw", US, "10.2.0.0/16", f"group `fw` at {EU}"),
        ("group", "fw", US, "10.4.0.0/16", f"group `fw` at {EU}"),
        ("group", "fw", EU, "10.3.0.0/16", f"group `fw` at {US}"),
    ],
)
def test_e5_dual_hop_tables(kind: str, name: str, edge: str, to: str, hop: str) -> None:
    assert hops(e5(*FIREWALLS), name, edge, to, kind) == {hop}


def test_e5_flows() -> None:
    tables = e5(*FIREWALLS)
    assert [walk.through for walk in go(tables, "p1", "d2").walks] == [("fw1", "fw2", "d2")]
    assert [walk.through for walk in go(tables, "p1", "d1").walks] == [("fw1", "d1")]
    assert [walk.through for walk in go(tables, "p1", "p2").walks] == [("p2",)]


def test_dual_hop_without_attachment_at_the_other_end_is_a_blackhole() -> None:
    answer = go(e5(FIREWALLS[0]), "p1", "d2")
    assert (answer.verdict, answer.reason) == (Verdict.BLOCKED, "blackhole")
    answer = go(e5(FIREWALLS[0]), "p2", "d2")
    assert (answer.verdict, answer.reason) == (Verdict.BLOCKED, "blackhole")


@pytest.mark.parametrize("source, to", [("p1", "d2"), ("d2", "p1"), ("p2", "d1"), ("d1", "p2")])
def test_dual_hop_is_inspected_at_both_edges_both_ways(source: str, to: str) -> None:
    """The page of the API: at the source edge and at the destination edge; an explicit A to B covers B to A."""
    answer = ask_path(e5(*FIREWALLS), source, to, Diagnostics())
    assert answer is not None and answer.trip is Trip.REACHABLE and answer.remarks == ()
    here, there = ("fw1", "fw2") if source[1] == "1" else ("fw2", "fw1")
    assert [walk.through for walk in answer.forward.walks] == [(here, there, to)]
    assert answer.back is not None and [walk.through for walk in answer.back.walks] == [(there, here, source)]


@pytest.mark.parametrize("source, to", [("p1", "d2"), ("d2", "p1"), ("p2", "d1"), ("d1", "p2"), ("p2", "d2")])
def test_one_edge_without_an_appliance_loses_dual_hop_traffic_both_ways(source: str, to: str) -> None:
    tables = e5(FIREWALLS[0])
    answer = go(tables, source, to)
    assert (answer.verdict, answer.reason) == (Verdict.BLOCKED, "blackhole")
    assert go(tables, "p1", "d1").verdict is Verdict.REACHABLE


def test_dual_hop_return_switch() -> None:
    one, both = e5(*FIREWALLS, switches=DEFAULT.choosing("dual-hop-return", "one")), e5(*FIREWALLS)
    assert [walk.through for walk in go(one, "d2", "p1").walks] == [("fw2", "p1")]
    assert [walk.through for walk in go(both, "d2", "p1").walks] == [("fw2", "fw1", "p1")]


# --- send-to ----------------------------------------------------------------------------------------------------


def egress(
    *attachments: Attachment, overrides: Sequence[Mapping[str, Any]] = (), extra: Sequence[Mapping[str, Any]] = ()
) -> Tables:
    via = {"network-function-groups": ["fw"], "with-edge-overrides": list(overrides)}
    net = network(
        edges=[US, EU, AP],
        segments=[segment("spokes", isolate_attachments=True), segment("hub")],
        network_function_groups=[FW],
        segment_actions=[{"action": "send-to", "segment": "spokes", "via": via}, share("hub", "spokes"), *extra],
    )
    spokes = (
        vpc("s1", "spokes", US, "10.1.0.0/16"),
        vpc("s2", "spokes", US, "10.2.0.0/16"),
        vpc("s3", "spokes", AP, "10.3.0.0/16"),
        vpc("h", "hub", US, "10.9.0.0/16"),
    )
    return tables_of(net, *spokes, *attachments)


def test_send_to_leaves_by_the_local_appliance() -> None:
    answer = go(egress(*FIREWALLS), "s1", "198.51.100.7")
    assert answer.verdict is Verdict.REACHABLE and answer.groups == ("fw",)
    assert {walk.delivered_to for walk in answer.walks} == {"fw1"}
    assert go(egress(*FIREWALLS), "s1", "2001:db8::1").verdict is Verdict.REACHABLE
    assert [walk.through for walk in go(egress(*FIREWALLS), "s1", "h").walks] == [("h",)]


def test_send_to_without_local_attachment() -> None:
    override = {"edge-sets": [[AP]], "use-edge-location": EU}
    chosen = go(egress(*FIREWALLS, overrides=[override]), "s3", "198.51.100.7")
    assert {walk.delivered_to for walk in chosen.walks} == {"fw2"}
    unknown = go(egress(*FIREWALLS), "s3", "198.51.100.7")
    assert {walk.delivered_to for walk in unknown.walks} == {"fw1", "fw2"}


def test_send_to_an_empty_group_is_a_blackhole() -> None:
    answer = go(egress(), "s1", "198.51.100.7")
    assert (answer.verdict, answer.reason) == (Verdict.BLOCKED, "blackhole")


def test_send_to_gives_isolated_spokes_no_path() -> None:
    """AWS's traffic tables of central egress: within the isolated segment and between segments that share nothing it is blocked."""
    answer = go(egress(*FIREWALLS), "s1", "s2")
    assert (answer.verdict, answer.reason) == (Verdict.BLOCKED, "left")
    assert "traffic leaves at `fw1`" in answer.sentence and any("sends back" in note for note in answer.notes)
    hole = {
        "action": "create-route",
        "segment": "spokes",
        "destination-cidr-blocks": ["10.0.0.0/8"],
        "destinations": ["blackhole"],
    }
    tables = egress(*FIREWALLS, extra=[hole])
    assert go(tables, "s1", "s2").verdict is Verdict.BLOCKED
    assert go(tables, "s1", "h").verdict is Verdict.REACHABLE


def test_the_appliance_reaches_the_segment_behind_it() -> None:
    answer = go(egress(*FIREWALLS), "fw2", "s1")
    assert answer.verdict is Verdict.REACHABLE and not answer.inspected
