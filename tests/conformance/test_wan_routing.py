"""Routing policies and prefix lists on every association, what far sides hear, and the switches: Cloud WAN reference, sections
3.8, 3.10, 3.11 and 3.13 E8."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.engines.wan.attachments import Announced, Attachment
from policyc.engines.wan.core import TableName, build_core
from policyc.engines.wan.outbound import Heard, told_to
from policyc.engines.wan.prefixes import Prefix, parse_prefix
from policyc.engines.wan.reach import Target, Verdict, build_tables, reach
from policyc.engines.wan.switches import DEFAULT, Switches
from policyc.engines.wan.tables import Row, Tables
from policyc.ir.network import AttachmentType, CoreNetwork
from policyc.syntax.json_text import from_plain
from policyc.targets.cloud_wan.read import read_value
from policyc.targets.cloud_wan.validate import validate_network
from policyc.text import Span

AT = Span("policy.json", 0, 0)
US, EU, AP, SA = "us-east-1", "eu-west-1", "ap-southeast-2", "sa-east-1"
ASNS = {US: 64512, EU: 64513, AP: 64514, SA: 64515}


def network(names: Sequence[str], actions: Sequence[dict[str, Any]] = (), **parts: Any) -> CoreNetwork:
    document = {
        "version": "2025.11",
        "core-network-configuration": {
            "asn-ranges": ["64512-64600"],
            "edge-locations": [{"location": edge, "asn": asn} for edge, asn in ASNS.items()],
        },
        "segments": [{"name": name, "require-attachment-acceptance": False} for name in names],
        "segment-actions": list(actions),
        "attachment-policies": [
            {
                "rule-number": 1,
                "conditions": [{"type": "tag-exists", "key": "s"}],
                "action": {"association-method": "tag", "tag-value-of-key": "s"},
            }
        ],
        **{key.replace("_", "-"): value for key, value in parts.items()},
    }
    diagnostics = Diagnostics()
    found = read_value(from_plain(document, AT), diagnostics, "core")
    assert found is not None and validate_network(found, diagnostics), [item.message for item in diagnostics]
    return found


def policy(name: str, direction: str, *rules: tuple[list[tuple[str, Any]], str, Any]) -> dict[str, Any]:
    return {
        "routing-policy-name": name,
        "routing-policy-direction": direction,
        "routing-policy-number": 1,
        "routing-policy-rules": [
            {
                "rule-number": number * 10,
                "rule-definition": {
                    "match-conditions": [{"type": kind, "value": value} for kind, value in matches],
                    "condition-logic": "and",
                    "action": {"type": action} | ({} if value is None else {"value": value}),
                },
            }
            for number, (matches, action, value) in enumerate(rules, 1)
        ],
    }


def labelled(*policies: str) -> list[dict[str, Any]]:
    return [
        {
            "rule-number": 1,
            "conditions": [{"type": "routing-policy-label", "value": "x"}],
            "action": {"associate-routing-policies": list(policies)},
        }
    ]


def share(name: str, other: str, *policies: str) -> dict[str, Any]:
    extra = {"routing-policy-names": list(policies)} if policies else {}
    return {"action": "share", "mode": "attachment-route", "segment": name, "share-with": [other], **extra}


def on_pair(name: str, location: str, peer: str, *policies: str) -> dict[str, Any]:
    pair = {"edge-location": location, "peer-edge-location": peer, "routing-policy-names": list(policies)}
    return {"action": "associate-routing-policy", "segment": name, "edge-location-association": pair}


def block(text: str) -> Prefix:
    found = parse_prefix(text)
    assert found is not None
    return found


def attachment(
    name: str,
    segment: str,
    region: str | tuple[str, ...],
    *cidrs: str,
    kind: AttachmentType = "vpc",
    as_path: tuple[int, ...] | None = None,
    label: str = "",
    id: str = "",
) -> Attachment:
    routes = tuple(Announced(block(cidr), as_path) for cidr in cidrs)
    regions = (region,) if isinstance(region, str) else region
    return Attachment(name, kind, regions, tags=(("s", segment),), label=label, routes=routes, id=id)


def tables_of(
    net: CoreNetwork,
    *attachments: Attachment,
    switches: Switches = DEFAULT,
    lists: Mapping[str, Sequence[Prefix]] | None = None,
) -> Tables:
    return build_tables(build_core(net, attachments, switches, lists))


def row(tables: Tables, segment: str, edge: str, cidr: str) -> Row | None:
    return tables.table(TableName("segment", segment), edge).row(block(cidr))


def heard(tables: Tables, name: str) -> dict[str, Heard]:
    return {str(item.prefix): item for item in told_to(tables, tables.core.associations[name]) if not item.refused}


IN_8 = [("prefix-in-cidr", "10.0.0.0/8")]
ALL = [("prefix-in-cidr", "0.0.0.0/0")]


# --- what far sides hear ----------------------------------------------------------------------------------------


def test_a_vpn_hears_local_and_remote_routes_with_the_edge_in_front() -> None:
    tables = tables_of(
        network(["s"]),
        attachment("v", "s", US, "10.1.0.0/16"),
        attachment("w", "s", EU, "10.2.0.0/16"),
        attachment("vpn", "s", US, "192.168.0.0/16", kind="site-to-site-vpn", as_path=(65001,)),
    )
    told = heard(tables, "vpn")
    assert {name: item.paths[0].as_path for name, item in told.items()} == {
        "10.1.0.0/16": (64512,),
        "10.2.0.0/16": (64512, 64513),
    }
    assert heard(tables, "v") == {}


def test_a_direct_connect_gateway_hears_each_edges_local_routes_only() -> None:
    tables = tables_of(
        network(["s"]),
        attachment("v", "s", US, "10.1.0.0/16"),
        attachment("w", "s", EU, "10.2.0.0/16"),
        attachment("x", "s", AP, "10.3.0.0/16"),
        attachment("dx", "s", (US, EU), "192.168.0.0/16", kind="direct-connect-gateway", as_path=(65001,)),
    )
    found = told_to(tables, tables.core.associations["dx"])
    assert {(item.edge, str(item.prefix)) for item in found} == {(US, "10.1.0.0/16"), (EU, "10.2.0.0/16")}


def summarizing(*more: tuple[list[tuple[str, Any]], str, Any]) -> dict[str, Any]:
    return policy("p", "outbound", ([("prefix-in-cidr", "10.20.0.0/16")], "summarize", "10.0.0.0/8"), *more)


def far_side(*more: tuple[list[tuple[str, Any]], str, Any]) -> dict[str, Heard]:
    net = network(["s"], routing_policies=[summarizing(*more)], attachment_routing_policy_rules=labelled("p"))
    return heard(
        tables_of(
            net,
            attachment("v", "s", US, "10.20.1.0/24"),
            attachment("w", "s", EU, "10.20.2.0/24"),
            attachment("o", "s", US, "172.16.0.0/24"),
            attachment("vpn", "s", US, "192.168.0.0/16", kind="site-to-site-vpn", as_path=(65001,), label="x"),
        ),
        "vpn",
    )


def test_an_aggregate_stands_for_its_members() -> None:
    told = far_side()
    assert set(told) == {"10.0.0.0/8", "172.16.0.0/24"}
    aggregate = told["10.0.0.0/8"]
    assert {str(item) for item in aggregate.replaces} == {"10.20.1.0/24", "10.20.2.0/24"}
    assert [(p.as_path, p.med, p.preference, p.communities) for p in aggregate.paths] == [
        ((64512,), 100, 0, frozenset())
    ]
    assert aggregate.doubts == ()


def test_e8_a_drop_after_the_summary_leaves_nothing() -> None:
    assert far_side((ALL, "drop", None)) == {}
    assert set(far_side(([("prefix-equals", "10.0.0.0/8")], "allow", None), (ALL, "drop", None))) == {"10.0.0.0/8"}


def test_static_blackholes_are_not_told() -> None:
    actions = [
        {
            "action": "create-route",
            "segment": "s",
            "destination-cidr-blocks": ["10.0.0.0/8"],
            "destinations": ["blackhole"],
        }
    ]
    tables = tables_of(network(["s"], actions), attachment("vpn", "s", US, kind="site-to-site-vpn"))
    assert heard(tables, "vpn") == {}


def test_a_static_route_is_told_to_the_peer_of_its_own_next_hop() -> None:
    """Section 3.8: with an attachment destination the prefix is advertised to that attachment's peer."""
    to = "attachment-0123456789abcdef0"
    actions = [
        {"action": "create-route", "segment": "s", "destination-cidr-blocks": ["172.16.0.0/12"], "destinations": [to]}
    ]
    tables = tables_of(
        network(["s"], actions),
        attachment("vpn", "s", US, "192.168.0.0/16", kind="site-to-site-vpn", as_path=(65001,), id=to),
        attachment("other", "s", US, kind="site-to-site-vpn"),
    )
    assert set(heard(tables, "vpn")) == {"172.16.0.0/12"}
    assert set(heard(tables, "other")) == {"172.16.0.0/12", "192.168.0.0/16"}
    assert heard(tables, "vpn")["172.16.0.0/12"].paths[0].as_path == (64512,)


def inspected(*policies: dict[str, Any], actions: Sequence[dict[str, Any]] = (), **parts: Any) -> CoreNetwork:
    """Segment `s` sends what leaves the network to group `fw`, which attachments tagged `fn` join."""
    rules = [
        {
            "rule-number": 1,
            "conditions": [{"type": "tag-exists", "key": "fn"}],
            "action": {"add-to-network-function-group": "fw"},
        },
        {
            "rule-number": 2,
            "conditions": [{"type": "tag-exists", "key": "s"}],
            "action": {"association-method": "tag", "tag-value-of-key": "s"},
        },
    ]
    send = {"action": "send-to", "segment": "s", "via": {"network-function-groups": ["fw"]}}
    return network(
        ["s"],
        [send, *actions],
        routing_policies=list(policies),
        attachment_policies=rules,
        network_function_groups=[{"name": "fw", "require-attachment-acceptance": False}],
        **parts,
    )


def test_routing_policies_do_not_act_on_what_a_function_groups_attachment_hears() -> None:
    """Section 3.10: not supported for function groups."""
    net = inspected(policy("p", "outbound", (IN_8, "drop", None)), attachment_routing_policy_rules=labelled("p"))
    appliance = Attachment("fw", "connect", (US,), tags=(("fn", "x"),), label="x")
    tables = tables_of(net, attachment("v", "s", US, "10.1.0.0/16"), appliance)
    assert set(heard(tables, "fw")) == {"10.1.0.0/16"}


def test_policies_on_edge_pairs_do_not_act_inside_function_groups_tables() -> None:
    """Section 3.9: routing policies do not act inside the tables of function groups."""
    net = inspected(policy("p", "inbound", (IN_8, "drop", None)), actions=[on_pair("s", EU, US, "p")])
    appliance = Attachment("fw", "vpc", (EU,), tags=(("fn", "x"),))
    tables = tables_of(net, attachment("v", "s", US, "10.1.0.0/16"), appliance)
    in_segment = row(tables, "s", EU, "10.1.0.0/16")
    in_group = tables.table(TableName("group", "fw"), EU).row(block("10.1.0.0/16"))
    assert in_segment is not None and {option.hop.edge for option in in_segment.options} == {AP, SA}
    assert in_group is not None and [option.hop.edge for option in in_group.options] == [US]


# --- shares -----------------------------------------------------------------------------------------------------


def shared(choice: str) -> Tables:
    net = network(["a", "b"], [share("a", "b", "p")], routing_policies=[summarizing()])
    return tables_of(
        net,
        attachment("v", "a", US, "10.20.1.0/24"),
        attachment("w", "b", US, "10.9.0.0/16"),
        switches=DEFAULT.choosing("summarize-on-share", choice),
    )


def test_a_summary_on_a_share_where_it_works() -> None:
    tables = shared("works")
    assert row(tables, "b", US, "10.20.1.0/24") is None
    found = row(tables, "b", US, "10.0.0.0/8")
    assert found is not None and found.doubts == () and found.options[0].hop.table == TableName("own", "a")
    answer = reach(tables, "w", Target((block("10.20.1.5"),)))
    assert answer.verdict is Verdict.REACHABLE and answer.walks[0].delivered_to == "v"
    gap = reach(tables, "w", Target((block("10.77.0.1"),)))
    assert (gap.verdict, gap.walks[0].end) == (Verdict.BLOCKED, "no-route")


def test_a_summary_on_a_share_where_it_does_nothing_or_nobody_knows() -> None:
    nothing = shared("nothing")
    assert row(nothing, "b", US, "10.0.0.0/8") is None and row(nothing, "b", US, "10.20.1.0/24") is not None
    unknown = shared("undecided")
    for cidr in ("10.0.0.0/8", "10.20.1.0/24"):
        found = row(unknown, "b", US, cidr)
        assert found is not None and found.doubts
    assert row(unknown, "a", US, "10.9.0.0/16") == row(nothing, "a", US, "10.9.0.0/16")


def test_prefix_lists_decide_where_their_contents_are_known() -> None:
    listed = policy("p", "inbound", ([("prefix-in-prefix-list", "corp")], "drop", None))
    net = network(["a", "b"], [share("a", "b", "p")], routing_policies=[listed])
    both = (attachment("v", "b", US, "10.1.0.0/16", "10.2.0.0/16"), attachment("w", "a", US, "10.9.0.0/16"))
    known = tables_of(net, *both, lists={"corp": [block("10.1.0.0/16")]})
    assert row(known, "a", US, "10.1.0.0/16") is None
    kept = row(known, "a", US, "10.2.0.0/16")
    assert kept is not None and kept.doubts == ()
    unknown = row(tables_of(net, *both), "a", US, "10.1.0.0/16")
    assert unknown is not None and "prefix" not in unknown.options[0].why and unknown.doubts


@pytest.mark.parametrize("reading, kept", [("undecided", None), ("exact", True), ("longer", False)])
@pytest.mark.parametrize("entry", ["10.0.0.0/8", "0.0.0.0/0"])
def test_whether_an_entry_of_a_prefix_list_covers_longer_prefixes_is_a_switch(
    reading: str, kept: bool | None, entry: str
) -> None:
    listed = policy("p", "inbound", ([("prefix-in-prefix-list", "corp")], "drop", None))
    net = network(["a", "b"], [share("a", "b", "p")], routing_policies=[listed])
    tables = tables_of(
        net,
        attachment("v", "b", US, "10.1.0.0/16"),
        attachment("w", "b", US, "2001:db8::/56"),
        switches=DEFAULT.choosing("prefix-list-entries", reading),
        lists={"corp": [block(entry)]},
    )
    found = row(tables, "a", US, "10.1.0.0/16")
    assert (None if found is not None and found.doubts else found is not None) is kept
    other = row(tables, "a", US, "2001:db8::/56")
    assert other is not None and other.doubts == ()


def test_one_owners_several_origins_reach_a_segment_that_takes_them_over() -> None:
    """A prefix that two attachments of one isolated segment announce equally well: the taking segment has both, by kind."""
    net = network(
        ["b"],
        [share("a", "b")],
        segments=[
            {"name": "a", "require-attachment-acceptance": False, "isolate-attachments": True},
            {"name": "b", "require-attachment-acceptance": False},
        ],
    )
    tables = tables_of(
        net,
        attachment("one", "a", US, "10.1.0.0/16", kind="connect", as_path=(65001,)),
        attachment("two", "a", EU, "10.1.0.0/16", kind="connect", as_path=(65002,)),
    )
    at_ap, at_us = (row(tables, "b", edge, "10.1.0.0/16") for edge in (AP, US))
    assert at_ap is not None and {option.hop.edge for option in at_ap.options} == {US, EU}
    assert at_us is not None and {option.hop.name for option in at_us.options} == {"one"}
    (entry,) = tables.domains.taken_several("b").values()
    assert {origin.attachment for origin in entry.origins} == {"one", "two"} and len(entry.choices[AP].best) == 2


# --- edge pairs -------------------------------------------------------------------------------------------------


def test_a_summary_on_an_edge_pair_is_heard_by_that_peer_and_relayed() -> None:
    net = network(["s"], [on_pair("s", US, EU, "p")], routing_policies=[summarizing()])
    tables = tables_of(net, attachment("v", "s", US, "10.20.1.0/24"), attachment("w", "s", US, "10.20.2.0/24"))
    at_eu = row(tables, "s", EU, "10.0.0.0/8")
    assert at_eu is not None and at_eu.doubts == ()
    assert [(option.hop.edge, option.path.as_path) for option in at_eu.options if option.path] == [(US, (64512,))]
    at_ap = row(tables, "s", AP, "10.0.0.0/8")
    assert at_ap is not None and at_ap.options[0].path is not None
    assert at_ap.options[0].path.as_path == (64513, 64512)
    assert row(tables, "s", US, "10.0.0.0/8") is None
    # The member is withdrawn on that pair only: Ireland hears it from the other edges, one ASN longer.
    member = row(tables, "s", EU, "10.20.1.0/24")
    assert member is not None and {option.hop.edge for option in member.options} == {AP, SA}
    assert reach(tables, "v", Target((block("10.20.2.1"),))).verdict is Verdict.REACHABLE


@pytest.mark.parametrize("direction, location, peer", [("outbound", US, EU), ("inbound", EU, US)])
def test_a_drop_on_an_edge_pair_leaves_the_detour(direction: str, location: str, peer: str) -> None:
    net = network(
        ["s"], [on_pair("s", location, peer, "p")], routing_policies=[policy("p", direction, (IN_8, "drop", None))]
    )
    found = row(tables_of(net, attachment("v", "s", US, "10.1.0.0/16")), "s", EU, "10.1.0.0/16")
    assert found is not None
    assert {(option.hop.edge, option.path.as_path) for option in found.options if option.path} == {
        (AP, (64514, 64512)),
        (SA, (64515, 64512)),
    }


# --- attributes -------------------------------------------------------------------------------------------------


def contest(action: str, value: Any, rank: str = "undecided", **second: Any) -> Row:
    """Two attachments at one edge announce one prefix; the policy acts on the first."""
    net = network(
        ["s"],
        routing_policies=[policy("p", "inbound", (IN_8, action, value))],
        attachment_routing_policy_rules=labelled("p"),
    )
    other: dict[str, Any] = {"kind": "connect", "as_path": (65002,)} | second
    found = row(
        tables_of(
            net,
            attachment("one", "s", US, "10.1.0.0/16", kind="connect", as_path=(65001,), label="x"),
            attachment("two", "s", US, "10.1.0.0/16", **other),
            switches=DEFAULT.choosing("local-preference-rank", rank),
        ),
        "s",
        US,
        "10.1.0.0/16",
    )
    assert found is not None
    return found


def winners(found: Row) -> set[str]:
    return {option.hop.name for option in found.options}


@pytest.mark.parametrize(
    "action, value, wanted",
    [
        ("prepend-asn-list", [65009], {"two"}),
        ("remove-asn-list", [65001], {"one"}),
        ("replace-asn-list", [65001], {"one", "two"}),
        ("set-med", "50", {"one"}),
        ("set-med", "150", {"two"}),
        ("set-local-preference", "300", {"one"}),
        ("add-community", "65000:1", {"one", "two"}),
        ("drop", None, {"two"}),
    ],
)
def test_what_an_action_does_to_a_contest(action: str, value: Any, wanted: set[str]) -> None:
    found = contest(action, value)
    assert winners(found) == wanted and found.doubts == ()


def test_the_rank_of_local_preference_against_a_vpc_is_a_switch() -> None:
    vpc: dict[str, Any] = {"kind": "vpc", "as_path": None}
    undecided = contest("set-local-preference", "300", **vpc)
    # Both are possible outcomes, and the row names the switch that decides.
    assert (winners(undecided), undecided.doubts) == ({"one", "two"}, ())
    assert all("`local-preference-rank`" in option.why for option in undecided.options)
    for rank, wanted in (("before-as-path", {"two"}), ("before-vpc", {"one"}), ("before-static", {"one"})):
        found = contest("set-local-preference", "300", rank, **vpc)
        assert (winners(found), found.doubts) == (wanted, ())


def test_the_rank_of_local_preference_against_a_static_route_is_a_switch() -> None:
    actions = [
        {
            "action": "create-route",
            "segment": "s",
            "destination-cidr-blocks": ["10.1.0.0/16"],
            "destinations": ["blackhole"],
        }
    ]
    policies = [policy("p", "inbound", (IN_8, "set-local-preference", "300"))]
    net = network(["s"], actions, routing_policies=policies, attachment_routing_policy_rules=labelled("p"))
    one = attachment("one", "s", US, "10.1.0.0/16", kind="connect", as_path=(65001,), label="x")
    open_ = row(tables_of(net, one), "s", US, "10.1.0.0/16")
    assert open_ is not None and {option.hop.kind for option in open_.options} == {"blackhole", "attachment"}
    # What is better than a static route reaches the other edges too.
    far = row(tables_of(net, one), "s", EU, "10.1.0.0/16")
    assert far is not None and {option.hop.kind for option in far.options} == {"blackhole"}
    for rank, kind in (("before-as-path", "blackhole"), ("before-vpc", "blackhole"), ("before-static", "attachment")):
        found = row(
            tables_of(net, one, switches=DEFAULT.choosing("local-preference-rank", rank)), "s", US, "10.1.0.0/16"
        )
        assert found is not None and {option.hop.kind for option in found.options} == {kind}, rank


def test_a_community_added_at_one_edge_is_matched_at_another() -> None:
    policies = [
        policy("mark", "inbound", (IN_8, "add-community", "65000:7")),
        policy("stop", "inbound", ([("community-in-list", "65000:7")], "drop", None)) | {"routing-policy-number": 2},
    ]
    actions = [on_pair("s", EU, US, "stop"), on_pair("s", EU, AP, "stop"), on_pair("s", EU, SA, "stop")]
    net = network(["s"], actions, routing_policies=policies, attachment_routing_policy_rules=labelled("mark"))
    tables = tables_of(
        net,
        attachment("one", "s", US, "10.1.0.0/16", kind="connect", as_path=(65001,), label="x"),
        attachment("two", "s", US, "172.16.0.0/16", kind="connect", as_path=(65002,)),
    )
    assert row(tables, "s", EU, "10.1.0.0/16") is None and row(tables, "s", EU, "172.16.0.0/16") is not None
    assert row(tables, "s", AP, "10.1.0.0/16") is not None


@pytest.mark.parametrize(
    "kind, heeded",
    [
        ("connect", True),
        ("site-to-site-vpn", True),
        ("direct-connect-gateway", False),
        ("transit-gateway-route-table", False),
    ],
)
def test_communities_are_of_vpn_and_connect_attachments_alone(kind: AttachmentType, heeded: bool) -> None:
    """Section 3.10: neither what other attachments announce nor what a policy would add to their routes counts."""
    policies = [
        policy("tag", "inbound", (IN_8, "add-community", "65000:8")),
        policy("stop", "inbound", ([("community-in-list", "65000:7")], "drop", None)),
        policy("stopAdded", "inbound", ([("community-in-list", "65000:8")], "drop", None))
        | {"routing-policy-number": 2},
    ]
    actions = [share("a", "s", "stop"), share("b", "s", "stopAdded")]
    net = network(["s", "a", "b"], actions, routing_policies=policies, attachment_routing_policy_rules=labelled("tag"))
    routes = (Announced(block("10.1.0.0/16"), (65001,), communities=frozenset({"65000:7"})),)
    tables = tables_of(net, Attachment("one", kind, (US,), tags=(("s", "s"),), label="x", routes=routes))
    for name in ("a", "b"):
        assert (row(tables, name, US, "10.1.0.0/16") is None) is heeded


def test_communities_travel_in_version_2025_11_alone() -> None:
    """Section 1.1: the version switches their propagation on."""
    routes = (Announced(block("10.1.0.0/16"), (65001,), communities=frozenset({"65000:7"})),)
    one = Attachment("one", "connect", (US,), tags=(("s", "s"),), routes=routes)
    for version, wanted in (("2021.12", frozenset()), ("2025.11", frozenset({"65000:7"}))):
        found = row(tables_of(network(["s"], version=version), one), "s", EU, "10.1.0.0/16")
        assert found is not None and found.options[0].path is not None and found.options[0].path.communities == wanted


# --- four edges, section 3.5 ------------------------------------------------------------------------------------


def test_the_routing_facts_of_four_edges() -> None:
    """A transit gateway's route at its own edge, exported, relayed, and refused where its path has been."""
    tables = tables_of(
        network(["s"]),
        attachment("tgw", "s", US, "10.200.0.0/16", kind="transit-gateway-route-table", as_path=(65010, 65001)),
        attachment("vpc", "s", EU, "10.1.0.0/16"),
        attachment("back", "s", SA, "10.50.0.0/16", kind="connect", as_path=(65002, 64513)),
    )
    choices = tables.own["s"][block("10.200.0.0/16")].choices
    assert {path.as_path for path in choices[US].candidates} == {(65010, 65001)}
    assert {path.as_path for path in choices[AP].best} == {(64512, 65010, 65001)}
    assert {path.as_path for path in choices[AP].candidates} == {
        (64512, 65010, 65001),
        (64513, 64512, 65010, 65001),
        (64515, 64512, 65010, 65001),
    }
    for edge in (EU, AP, SA):
        assert {(path.med, path.preference) for path in choices[edge].candidates} == {(100, 0)}
        found = row(tables, "s", edge, "10.200.0.0/16")
        assert found is not None and [option.hop.edge for option in found.options] == [US] and found.doubts == ()
    # Ireland's own ASN is in the path, so Ireland has no candidate at all; the others have no doubt.
    assert tables.own["s"][block("10.50.0.0/16")].choices[EU].candidates == ()
    assert row(tables, "s", EU, "10.50.0.0/16") is None
    relayed = row(tables, "s", AP, "10.50.0.0/16")
    assert relayed is not None and [option.hop.edge for option in relayed.options] == [SA]
    # A VPC is exported with the edge's ASN alone and has no attributes at its own edge.
    own = row(tables, "s", EU, "10.1.0.0/16")
    far = row(tables, "s", US, "10.1.0.0/16")
    assert own is not None and own.options[0].path is not None and own.options[0].path.as_path == ()
    assert far is not None and far.options[0].path is not None and far.options[0].path.as_path == (64513,)


def test_a_segment_has_tables_at_its_edges_only() -> None:
    net = network([], segments=[{"name": "s", "edge-locations": [US, EU], "require-attachment-acceptance": False}])
    tables = tables_of(net, attachment("v", "s", US, "10.1.0.0/16"))
    assert tables.edges_of(TableName("segment", "s")) == (US, EU)
    assert row(tables, "s", AP, "10.1.0.0/16") is None and row(tables, "s", EU, "10.1.0.0/16") is not None
