"""The worked examples E1 to E8 of the Cloud WAN reference, section 3.13, and the routing facts of section 3.5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.engines.wan.attachments import Announced, Attachment
from policyc.engines.wan.core import TableName, build_core
from policyc.engines.wan.paths import Path
from policyc.engines.wan.prefixes import Prefix, parse_prefix
from policyc.engines.wan.reach import Answer, Target, Verdict, build_tables, reach, reach_back
from policyc.engines.wan.round_trip import Trip
from policyc.engines.wan.routing_policies import Surroundings, apply_policies
from policyc.engines.wan.switches import DEFAULT, Switches
from policyc.engines.wan.tables import Tables
from policyc.ir.network import CoreNetwork
from policyc.syntax.json_text import from_plain
from policyc.targets.cloud_wan.questions import ask_path
from policyc.targets.cloud_wan.read import read_value
from policyc.targets.cloud_wan.validate import validate_network
from policyc.text import Span

AT = Span("policy.json", 0, 0)
US, EU, AP = "us-east-1", "eu-west-1", "ap-southeast-2"


def network(**parts: Any) -> CoreNetwork:
    """A valid network of the given parts; keys use `_` for `-`."""
    edges = parts.pop("edges", [US, EU])
    document: dict[str, Any] = {
        "version": "2025.11",
        "core-network-configuration": {
            "asn-ranges": ["64512-64600"],
            "edge-locations": [edge if isinstance(edge, dict) else {"location": edge} for edge in edges],
        },
        "attachment-policies": [
            {
                "rule-number": 10,
                "conditions": [{"type": "tag-exists", "key": "group"}],
                "action": {"add-to-network-function-group": "fw"},
            },
            {
                "rule-number": 20,
                "conditions": [{"type": "tag-exists", "key": "segment"}],
                "action": {"association-method": "tag", "tag-value-of-key": "segment"},
            },
        ],
        **{key.replace("_", "-"): value for key, value in parts.items()},
    }
    if "network-function-groups" not in document:
        document["attachment-policies"].pop(0)
    diagnostics = Diagnostics()
    result = read_value(from_plain(document, AT), diagnostics, "core")
    assert result is not None and not diagnostics.has_errors, [item.message for item in diagnostics]
    assert validate_network(result, diagnostics), [item.message for item in diagnostics]
    return result


def segment(name: str, **parts: Any) -> dict[str, Any]:
    return {"name": name, "require-attachment-acceptance": False, **{k.replace("_", "-"): v for k, v in parts.items()}}


FW = {"name": "fw", "require-attachment-acceptance": False}


def prefix(text: str) -> Prefix:
    found = parse_prefix(text)
    assert found is not None
    return found


def vpc(name: str, where: str, region: str, *cidrs: str, id: str = "") -> Attachment:
    tags = (("group", "fw"),) if where == "fw" else (("segment", where),)
    routes = tuple(Announced(prefix(cidr)) for cidr in cidrs)
    return Attachment(name, "vpc", (region,), "111122223333", f"arn:{name}", tags, "", None, routes, id)


def share(name: str, *others: str) -> dict[str, Any]:
    return {"action": "share", "mode": "attachment-route", "segment": name, "share-with": list(others)}


def tables_of(net: CoreNetwork, *attachments: Attachment, switches: Switches = DEFAULT) -> Tables:
    return build_tables(build_core(net, attachments, switches))


def hops(tables: Tables, name: str, edge: str, to: str, kind: str = "segment") -> set[str]:
    """The possible next hops of one row as text; empty without a row."""
    row = tables.table(TableName("segment" if kind == "segment" else "group", name), edge).lookup(prefix(to))
    return set() if row is None else {str(option.hop) for option in row.options}


def go(tables: Tables, source: str, to: str) -> Answer:
    known = tables.core.associations.get(to)
    target = Target((prefix(to),)) if known is None else Target(known.attachment.prefixes, to)
    return reach(tables, source, target)


# --- E1 ---------------------------------------------------------------------------------------------------------


def e1(*actions: Mapping[str, Any]) -> Tables:
    net = network(
        segments=[segment("dev", isolate_attachments=True), segment("hub")],
        segment_actions=[share("hub", "dev"), *actions],
    )
    return tables_of(
        net,
        vpc("a", "dev", US, "10.1.0.0/16"),
        vpc("b", "dev", EU, "10.2.0.0/16"),
        vpc("c", "hub", US, "10.9.0.0/16", id="attachment-0123456789abcdef0"),
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


FIREWALLS = (vpc("fw1", "fw", US, "100.64.0.0/24"), vpc("fw2", "fw", EU, "100.64.1.0/24"))


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
