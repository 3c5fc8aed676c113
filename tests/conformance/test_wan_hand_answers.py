"""Questions to small core networks with the answer worked out by hand from AWS's rules; each group says from which.

Sections are those of the Cloud WAN reference: 3.4 inside one segment, 3.6 shares, 3.7 filters, 3.8 static routes, 3.9 service insertion,
3.10 routing policies, 3.11 the best route.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.engines.wan.attachments import Attachment
from policyc.engines.wan.reach import Target, reach
from policyc.engines.wan.round_trip import Trip
from policyc.ir.network import CoreNetwork
from policyc.record import replace
from policyc.targets.cloud_wan.changed_ways import where_inspected
from policyc.targets.cloud_wan.compare import compare
from policyc.targets.cloud_wan.crowds import crossings, find_crowd
from policyc.targets.cloud_wan.inventory_file import Inventory
from policyc.targets.cloud_wan.questions import ask_path, situate
from policyc.targets.cloud_wan.what_if import Supposed, suppose
from tests.conformance.wan_networks import AP, EU, US, attached, labelled, network, policy, share

YES, ONE_WAY, PARTLY, NO, OPEN = Trip.REACHABLE, Trip.ONE_WAY, Trip.PARTLY, Trip.BLOCKED, Trip.UNDECIDED
APART = {"name": "apps", "isolate-attachments": True}
BOTH = ("apps", "tools", "vault")
#: two VPCs in `apps`, one in `tools`, one in `vault`
PEOPLE = (
    attached("a1", "apps", US, "10.1.0.0/16"),
    attached("a2", "apps", EU, "10.2.0.0/16"),
    attached("t", "tools", EU, "10.3.0.0/16"),
    attached("v", "vault", AP, "10.4.0.0/16"),
)
WALL = attached("wall", "vault", US, "100.64.0.0/24", id="attachment-0000000000000000a")
HOLE = "blackhole"


def static(segment: str, cidr: str, to: str) -> dict[str, Any]:
    return {"action": "create-route", "segment": segment, "destination-cidr-blocks": [cidr], "destinations": [to]}


def via(segment: str, to: str, mode: str = "dual-hop", *sets: Sequence[str], use: str = "") -> dict[str, Any]:
    overrides = {"with-edge-overrides": [{"edge-sets": [list(item) for item in sets], "use-edge-location": use}]}
    return {
        "action": "send-via",
        "segment": segment,
        "mode": mode,
        "when-sent-to": {"segments": [to]},
        "via": {"network-function-groups": ["fw"]} | (overrides if use else {}),
    }


def of(kind: str, value: str, operator: str = "equals", **key: str) -> dict[str, Any]:
    return {"type": kind, "operator": operator, "value": value, **key}


def walls(*regions: str) -> tuple[Attachment, ...]:
    return tuple(attached(f"fw-{region}", "", region, tag="fw") for region in regions)


def ask(net: CoreNetwork, attachments: Sequence[Attachment], source: str, to: str) -> Trip:
    diagnostics = Diagnostics()
    found = ask_path(situate(net, Inventory(tuple(attachments))), source, to, diagnostics)
    assert found is not None, [item.message for item in diagnostics]
    return found.trip


Question = tuple[str, str, Trip]
GROUPS: dict[str, tuple[CoreNetwork, Sequence[Attachment], list[Question]]] = {
    # 3.4, 3.6: one table per segment; a share joins two segments and no third one; addresses and blocks by what covers them
    "shares": (
        network(BOTH, [share("tools", "apps", "vault")]),
        PEOPLE,
        [
            ("a1", "a2", YES),
            ("a1", "t", YES),
            ("t", "v", YES),
            ("a1", "v", NO),
            ("v", "a2", NO),
            ("a1", "10.3.200.1", YES),
            ("a1", "10.9.0.1", NO),
            ("a1", "10.2.0.0/15", YES),
            ("v", "10.2.0.0/15", PARTLY),
            ("a1", "10.4.0.0/16", NO),
            ("t", "10.4.5.6", YES),
        ],
    ),
    # 3.4: isolated attachments see what is shared in, and are seen there; not one another
    "isolation": (
        network([APART, "tools", "vault"], [share("tools", "apps")]),
        PEOPLE,
        [("a1", "a2", NO), ("a1", "t", YES), ("t", "a2", YES), ("a1", "10.2.0.9", NO)],
    ),
    # 3.4: routes of transit gateway route tables enter an isolated segment; towards them isolation holds
    "isolation and a transit gateway": (
        network([APART]),
        (PEOPLE[0], attached("tgw", "apps", EU, "172.16.0.0/16", kind="transit-gateway-route-table", as_path=(65001,))),
        [("a1", "tgw", ONE_WAY), ("tgw", "a1", NO)],
    ),
    # 3.7: a deny filter keeps out what comes in, so that the other side still has the routes
    "a deny filter": (
        network([{"name": "apps", "deny-filter": ["tools"]}, "tools", "vault"], [share("tools", "apps")]),
        PEOPLE,
        [("a1", "t", NO), ("t", "a1", ONE_WAY), ("a1", "a2", YES)],
    ),
    "an allow filter": (
        network(["apps", {"name": "tools", "allow-filter": ["vault"]}, "vault"], [share("tools", "apps", "vault")]),
        PEOPLE,
        [("t", "a1", NO), ("a1", "t", ONE_WAY), ("t", "v", YES)],
    ),
    # 3.11, 3.8: the longest prefix wins, then a static route; a blackhole of a part takes that part, from answers too, and a wider one nothing
    "a blackhole for a part": (
        network(BOTH, [static("apps", "10.2.5.0/24", HOLE)]),
        PEOPLE,
        [("a1", "10.2.5.1", NO), ("a1", "10.2.6.1", YES), ("a1", "a2", PARTLY), ("a2", "a1", PARTLY)],
    ),
    "a blackhole as long": (
        network(BOTH, [static("apps", "10.2.0.0/16", HOLE)]),
        PEOPLE,
        [("a1", "a2", NO), ("a2", "a1", ONE_WAY)],
    ),
    "a wider blackhole": (
        network(BOTH, [share("tools", "apps"), static("apps", "10.0.0.0/8", HOLE)]),
        PEOPLE,
        [("a1", "a2", YES), ("a1", "10.9.0.1", NO), ("t", "a2", YES), ("t", "10.9.0.1", NO)],
    ),
    # 3.8: the end of a static route may stand in another segment; the answer needs a route of its own
    "a static route without a way back": (
        network(BOTH, [static("apps", "0.0.0.0/0", WALL.id)]),
        (*PEOPLE, WALL),
        [("a1", "198.51.100.7", ONE_WAY), ("a2", "198.51.100.7", ONE_WAY), ("t", "198.51.100.7", NO)],
    ),
    "a static route with a way back": (
        network(BOTH, [share("vault", "apps"), static("apps", "0.0.0.0/0", WALL.id)]),
        (*PEOPLE, WALL),
        [("a1", "198.51.100.7", YES), ("a1", "v", YES), ("a1", "t", NO)],
    ),
    # 3.11: a part of a VPC's block that somebody outside announces takes that part; a block around it takes nothing
    "a more specific announcement": (
        network(BOTH),
        (*PEOPLE, attached("vpn", "apps", US, "10.2.5.0/24", kind="site-to-site-vpn", as_path=(65001,))),
        [("a1", "10.2.5.9", YES), ("a1", "10.2.6.9", YES), ("a1", "a2", PARTLY), ("a2", "a1", PARTLY)],
    ),
    "a wider announcement": (
        network(BOTH),
        (*PEOPLE, attached("vpn", "apps", US, "10.0.0.0/8", kind="site-to-site-vpn", as_path=(65001,))),
        [("a1", "a2", YES), ("a1", "10.77.0.1", YES), ("t", "10.77.0.1", NO)],
    ),
    # an IP version that only one side has is no common one
    "address families": (
        network(BOTH),
        (
            attached("both", "apps", US, "10.1.0.0/16", "2001:db8:1::/48"),
            attached("four", "apps", EU, "10.2.0.0/16"),
            attached("six", "apps", EU, "2001:db8:2::/48"),
        ),
        [("both", "four", YES), ("both", "six", YES), ("four", "six", NO), ("both", "2001:db8:2::9", YES)],
    ),
    # 3.10: an inbound policy of a share acts on routes into the segment that shares, one address family by itself
    "one family is filtered": (
        network(
            BOTH,
            [share("apps", "tools") | {"routing-policy-names": ["noSix"]}],
            routing_policies=[policy("noSix", 1, "drop", cidr="::/0")],
        ),
        (
            attached("a", "apps", US, "10.1.0.0/16", "2001:db8:1::/48"),
            attached("t", "tools", EU, "10.3.0.0/16", "2001:db8:3::/48"),
        ),
        [
            ("a", "10.3.0.1", YES),
            ("a", "2001:db8:3::1", NO),
            ("t", "2001:db8:1::1", ONE_WAY),
            ("t", "10.1.0.1", YES),
            ("a", "t", PARTLY),
        ],
    ),
    # 3.10: a label's inbound policy keeps routes out of the core network, its outbound one from the far side
    "what comes in is filtered": (
        network(
            BOTH,
            routing_policies=[policy("cut", 1, "drop", cidr="192.168.0.0/15")],
            attachment_routing_policy_rules=labelled("cut"),
        ),
        (PEOPLE[0], attached("c", "apps", EU, "192.168.0.0/16", kind="connect", as_path=(65001,), label="x")),
        [("a1", "c", NO), ("c", "a1", ONE_WAY)],
    ),
    "what goes out is filtered": (
        network(
            BOTH,
            routing_policies=[policy("cut", 1, "drop", cidr="10.0.0.0/8", way="outbound")],
            attachment_routing_policy_rules=labelled("cut"),
        ),
        (PEOPLE[0], attached("c", "apps", EU, "192.168.0.0/16", kind="connect", as_path=(65001,), label="x")),
        [("a1", "c", ONE_WAY), ("c", "a1", NO)],
    ),
    "a VPC's route is filtered": (
        network(
            BOTH,
            routing_policies=[policy("cut", 1, "drop", cidr="10.2.0.0/15")],
            attachment_routing_policy_rules=labelled("cut"),
        ),
        (PEOPLE[0], attached("b", "apps", EU, "10.2.0.0/16", label="x")),
        [("a1", "b", NO), ("b", "a1", ONE_WAY)],
    ),
    # 3.9: dual-hop passes an appliance at both edges; one that lacks it drops the packet, in either direction
    "dual-hop": (
        network(BOTH, [via("apps", "tools"), via("tools", "vault")]),
        (*PEOPLE, attached("a3", "apps", AP, "10.5.0.0/16"), *walls(US, EU)),
        [
            ("a1", "t", YES),
            ("t", "a1", YES),
            ("a2", "t", YES),
            ("a3", "t", NO),
            ("t", "a3", NO),
            ("a1", "a2", YES),
            ("a1", "v", NO),
        ],
    ),
    "dual-hop with one appliance": (
        network(BOTH, [via("apps", "tools")]),
        (*PEOPLE, *walls(EU)),
        [("a1", "t", NO), ("a2", "t", YES)],
    ),
    # 3.9: single-hop passes one appliance: the preferred one, the only one of the two edges, or either of them
    "single-hop with an override": (
        network(BOTH, [via("apps", "tools", "single-hop", (US, EU), (EU,), use=AP)]),
        (*PEOPLE, *walls(AP)),
        [("a1", "t", YES), ("a2", "t", YES), ("t", "a1", YES)],
    ),
    "single-hop at the only appliance": (
        network(BOTH, [via("apps", "tools", "single-hop")]),
        (*PEOPLE, *walls(US)),
        [("a1", "t", YES), ("t", "a1", YES)],
    ),
    "single-hop at either appliance": (
        network(BOTH, [via("apps", "tools", "single-hop")]),
        (*PEOPLE, *walls(US, EU)),
        [("a1", "t", YES)],
    ),
    # 3.2: a tag that names no segment, and a segment that is not at the attachment's edge
    "nowhere": (
        network(["apps", {"name": "tools", "edge-locations": [US]}]),
        (*PEOPLE[:3], attached("lost", "nosuch", US, "10.8.0.0/16")),
        [("a1", "lost", NO), ("lost", "a1", NO), ("a1", "t", NO), ("t", "a2", NO)],
    ),
}
ROWS = [(name, *question) for name, (_, _, questions) in GROUPS.items() for question in questions]


@pytest.mark.parametrize(
    ("group", "source", "to", "trip"), ROWS, ids=[f"{row[0]}: {row[1]} to {row[2]}" for row in ROWS]
)
def test_the_answer_is_that_worked_out_by_hand(group: str, source: str, to: str, trip: Trip) -> None:
    net, attachments, _ = GROUPS[group]
    assert ask(net, attachments, source, to) is trip


INSPECTED = network(BOTH, [via("apps", "tools")])
SUPPOSITIONS = [
    # an appliance goes: its Region loses the traffic that needs it
    (Supposed(without=[f"fw-{US}"]), "a1", "t", YES, NO),
    (Supposed(without=[f"fw-{US}"]), "a2", "t", YES, YES),
    # an edge goes with all that is there
    (Supposed(without_edges=[AP]), "a1", "t", YES, YES),
    (Supposed(without_edges=[EU]), "a1", "a2", YES, NO),
    # a tag moves an attachment: out of the inspected pair, into it, nowhere
    (Supposed(tags=["t.s=apps"]), "a1", "t", YES, YES),
    (Supposed(tags=["v.s=tools"]), "a1", "v", NO, NO),
    (Supposed(tags=["a2.s=nosuch"]), "a1", "a2", YES, NO),
    # one more attachment, one more appliance, and a part of a block that somebody new announces
    (Supposed(added=[f"name=n,type=vpc,region={EU},tag.s=tools,cidr=10.9.0.0/16"]), "a1", "n", NO, YES),
    (Supposed(tags=["v.s=tools"], added=[f"name=fw3,type=vpc,region={AP},tag.fw=x"]), "a1", "v", NO, YES),
    (Supposed(added=[f"name=n,type=vpc,region={US},tag.s=apps,cidr=10.2.5.0/24"]), "a1", "a2", YES, PARTLY),
]


@pytest.mark.parametrize(("supposed", "source", "to", "before", "after"), SUPPOSITIONS)
def test_what_is_supposed_changes_what_the_rules_say(
    supposed: Supposed, source: str, to: str, before: Trip, after: Trip
) -> None:
    diagnostics = Diagnostics()
    worlds = suppose(INSPECTED, Inventory((*PEOPLE, *walls(US, EU))), supposed, diagnostics)
    assert worlds is not None, [item.message for item in diagnostics]
    assert tuple(ask(world.network, world.inventory.attachments, source, to) for world in worlds) == (before, after)


@pytest.mark.parametrize(("source", "reason"), [("a1", "shares no routes"), ("t", "a routing policy drops")])
def test_a_policy_of_a_share_between_others_is_no_reason(source: str, reason: str) -> None:
    joined = share("tools", "vault") | {"routing-policy-names": ["cut"]}
    net = network(BOTH, [joined], routing_policies=[policy("cut", 1, "drop", cidr="10.0.0.0/8")])
    found = ask_path(situate(net, Inventory(PEOPLE)), source, "v", Diagnostics())
    assert found is not None and found.trip is NO and reason in found.forward.sentence


def test_a_filter_is_told_where_a_policy_of_a_share_between_others_drops_the_route_too() -> None:
    segments = [{"name": "apps", "deny-filter": ["vault"]}, *BOTH[1:]]
    joined = share("tools", "vault") | {"routing-policy-names": ["cut"]}
    cut = policy("cut", 1, "drop", cidr="10.0.0.0/8")
    net = network(segments, [joined, share("apps", "vault")], routing_policies=[cut])
    found = ask_path(situate(net, Inventory(PEOPLE)), "a1", "v", Diagnostics())
    assert found is not None and found.trip is NO
    assert found.forward.sentence == "a filter keeps the routes of `vault` out of segment `apps`"


GUARDED = network(["apps", "tools", {"name": "vault", "require-attachment-acceptance": True}])
LET_IN = replace(PEOPLE[3], state="available")


@pytest.mark.parametrize("state", [None, "available"])
@pytest.mark.parametrize(
    ("tag", "source", "to", "after"),
    [
        ("a1.s=vault", "a1", "v", NO),
        ("a1.s=vault", "a1", "a2", YES),
        ("a1.s=tools", "a1", "t", YES),
        ("v.s=apps", "v", "a1", YES),
    ],
)
def test_a_tag_change_waits_where_its_segment_wants_acceptance(
    state: str | None, tag: str, source: str, to: str, after: Trip
) -> None:
    people = (*(replace(item, state=state) for item in PEOPLE[:3]), LET_IN)
    worlds = suppose(GUARDED, Inventory(people), Supposed(tags=[tag]), Diagnostics())
    assert worlds is not None and ask(worlds[1].network, worlds[1].inventory.attachments, source, to) is after


def test_acceptance_that_is_wanted_from_now_on_leaves_who_is_there() -> None:
    people = tuple(replace(item, state=None) for item in PEOPLE)
    found = compare(network(["apps", "tools", "vault"]), GUARDED, Inventory(people))
    assert len(found.configuration) == 1 and not found.associations and not found.reach


def test_far_sides_that_are_nowhere_from_now_on_send_nothing() -> None:
    loose = [
        {
            "rule-number": 1,
            "conditions": [of("region", EU)],
            "action": {"association-method": "tag", "tag-value-of-key": "s"},
        }
    ]
    people = [
        attached(name, "apps", edge, f"10.{at}.0.0/16", kind="connect", as_path=(65001,))
        for at, (name, edge) in enumerate((("one", US), ("two", US), ("three", EU)))
    ]
    there, gone = network(BOTH), network(BOTH, attachment_policies=loose)
    for before, after, told in ((there, gone, ("not known", "blocked")), (gone, there, ("blocked", "not known"))):
        found = compare(before, after, Inventory(tuple(people)))
        assert [change.subject for change in found.associations] == ["one", "two"]
        # where all are there, whether they take one another's routes, whose paths hold their own ASN, is an open question
        assert {(change.before, change.after) for change in found.reach} == {told}


@pytest.mark.parametrize(
    ("net", "here", "there", "bare"),
    [
        (network(BOTH, [via("apps", "tools")]), "apps", "tools", set()),
        (network(BOTH, [via("apps", "tools"), share("tools", "apps")]), "apps", "apps", {("a1", "a2"), ("a2", "a1")}),
        (network([APART, "tools", "vault"], [via("apps", "apps")]), "apps", "apps", set()),
        (network(BOTH, [share("tools", "apps")]), "tools", "apps", {("t", "a1"), ("t", "a2")}),
        (network(BOTH), "apps", "vault", set()),
    ],
    ids=["between", "beside", "within", "none", "apart"],
)
def test_what_arrives_without_inspection(net: CoreNetwork, here: str, there: str, bare: set[tuple[str, str]]) -> None:
    tables = situate(net, Inventory((*PEOPLE, *walls(US, EU))))
    found = crossings(tables, find_crowd(tables, here) or [], find_crowd(tables, there) or [])
    told = [item for item in found if item.arrives and item.uninspected]
    assert {
        (one.name, other.name) for item in told for one in item.sending for other in item.receiving if one is not other
    } == bare


#: an attachment of the function group at two edges is one member with two Regions
SPANNING = replace(walls(US)[0], type="direct-connect-gateway", regions=(US, EU))


@pytest.mark.parametrize("group", [walls(US, EU), (SPANNING,)], ids=["two appliances", "one at two edges"])
def test_a_packet_is_seen_at_the_edges_that_it_passes(group: tuple[Attachment, ...]) -> None:
    tables = situate(INSPECTED, Inventory((*PEOPLE, *group)))
    answers = [reach(tables, "a1", Target(item.prefixes, item.name)) for item in PEOPLE[1:3]]
    assert [where_inspected(answer) for answer in answers] == ["", f" at {US} and {EU}"]
