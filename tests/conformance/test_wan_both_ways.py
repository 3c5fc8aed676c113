"""Paths there and back: IP versions, far sides that refuse their own ASN, ties, shares without a common edge, appliances that let
traffic out: Cloud WAN reference, sections 3.4 to 3.6, 3.9 to 3.12; RFC 4271, section 9.1.2."""

from __future__ import annotations

from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.engines.wan.attachments import Attachment
from policyc.engines.wan.core import TableName
from policyc.engines.wan.matrix import Flow, segment_matrix
from policyc.engines.wan.outbound import told_to
from policyc.engines.wan.paths import DYNAMIC, Path
from policyc.engines.wan.prefixes import Prefix, parse_prefix
from policyc.engines.wan.reach import Answer, Target, Verdict, reach, reach_back
from policyc.engines.wan.round_trip import RoundTrip, Trip
from policyc.engines.wan.routing_policies import Surroundings, transform
from policyc.engines.wan.switches import DEFAULT
from policyc.engines.wan.tables import Tables
from policyc.ir.network import AttachmentType
from policyc.record import replace
from policyc.targets.cloud_wan.questions import ask_path
from policyc.targets.cloud_wan.validate import validate_network
from tests.conformance.wan_networks import EU, US, attached, block, labelled, network, policy, share, tables_of


def ask(tables: Tables, source: str, to: str) -> tuple[Answer, Answer | None]:
    found = tables.core.associations.get(to)
    target = Target((block(to),)) if found is None else Target(found.attachment.prefixes, to)
    answer = reach(tables, source, target)
    return answer, reach_back(tables, source, answer)


VPN: AttachmentType = "site-to-site-vpn"
GATEWAY: AttachmentType = "transit-gateway-route-table"
NO_V4_BACK = [
    {
        "action": "create-route",
        "segment": "t",
        "destination-cidr-blocks": ["10.1.0.0/16"],
        "destinations": ["blackhole"],
    },
    share("s", "t"),
]
DUAL = ("10.1.0.0/16", "fd00:1::/56")


def test_the_way_back_has_the_ip_version_of_the_way_there() -> None:
    net = network(["s", "t"], NO_V4_BACK)
    tables = tables_of(net, attached("a", "s", US, *DUAL), attached("b", "t", EU, "10.2.0.0/16", "fd00:2::/56"))
    for address, verdict in (("fd00:2::1", Verdict.REACHABLE), ("10.2.0.1", Verdict.BLOCKED)):
        there, back = ask(tables, "a", address)
        assert there.verdict is Verdict.REACHABLE and back is not None and back.verdict is verdict
    there, back = ask(tables, "a", "b")
    assert there.verdict is Verdict.REACHABLE and back is not None and back.verdict is Verdict.PARTLY
    assert "IPv4 is blocked" in back.sentence and "IPv6 is reachable" in back.sentence
    found = RoundTrip(there, back)
    assert found.trip is Trip.PARTLY and found.by_family() == {4: Trip.ONE_WAY, 6: Trip.REACHABLE}
    assert [line.split(",")[0] for line in found.differences()] == ["IPv4: one-way", "IPv6: reachable"]


def test_only_ip_versions_that_both_ends_have_are_asked_about() -> None:
    net = network(["s", "t"], NO_V4_BACK)
    tables = tables_of(
        net,
        attached("a", "s", US, *DUAL),
        attached("six", "t", EU, "fd00:2::/56"),
        attached("four", "s", EU, "10.3.0.0/16"),
    )
    for source, to in (("a", "six"), ("six", "a")):
        there, back = ask(tables, source, to)
        assert (there.verdict, back and back.verdict) == (Verdict.REACHABLE, Verdict.REACHABLE)
    there, back = ask(tables, "four", "six")
    assert (there.verdict, there.reason, back) == (Verdict.BLOCKED, "no-common-version", None)
    there, back = ask(tables, "four", "fd00:2::1")
    assert (
        there.verdict is Verdict.REACHABLE
        and back is not None
        and (back.verdict, back.reason) == (Verdict.BLOCKED, "no-prefix")
    )


# --- the far side's own ASN -------------------------------------------------------------------------------------


def pair(kind: AttachmentType, *, label: str = "", second: int = 65010) -> tuple[Attachment, Attachment, Attachment]:
    return (
        attached("one", "s", US, "10.1.0.0/16", kind=kind, as_path=(65010,), label=label),
        attached("two", "s", EU, "10.2.0.0/16", kind=kind, as_path=(second, 65020), label=label),
        attached("vpc", "s", US, "10.3.0.0/16"),
    )


def test_a_transit_gateway_refuses_paths_that_hold_its_own_asn() -> None:
    tables = tables_of(network(["s"]), *pair(GATEWAY))
    there, _ = ask(tables, "one", "two")
    assert (there.verdict, there.reason) == (Verdict.BLOCKED, "refused") and "65010" in there.sentence
    told = {str(item.prefix): item for item in told_to(tables, tables.core.associations["one"])}
    assert "65010" in told["10.2.0.0/16"].refused and told["10.3.0.0/16"].refused == ""
    assert ask(tables, "one", "vpc")[0].verdict is Verdict.REACHABLE
    # What one hears of the other is no matter to a VPC.
    there, back = ask(tables, "vpc", "two")
    assert there.verdict is Verdict.REACHABLE and back is not None and back.verdict is Verdict.REACHABLE


def test_gateways_with_asns_of_their_own_hear_one_another() -> None:
    tables = tables_of(network(["s"]), *pair(GATEWAY, second=65011))
    there, back = ask(tables, "one", "two")
    assert there.verdict is Verdict.REACHABLE and back is not None and back.verdict is Verdict.REACHABLE


@pytest.mark.parametrize("kind", [VPN, "connect"])
@pytest.mark.parametrize(
    "choice, wanted", [("undecided", Verdict.UNDECIDED), ("refuse", Verdict.BLOCKED), ("accept", Verdict.REACHABLE)]
)
def test_other_far_sides_may_be_told_to_take_them(kind: AttachmentType, choice: str, wanted: Verdict) -> None:
    tables = tables_of(network(["s"]), *pair(kind), switches=DEFAULT.choosing("far-side-loops", choice))
    there, _ = ask(tables, "one", "two")
    assert there.verdict is wanted
    assert ("`far-side-loops`" in there.sentence) is (choice == "undecided")


@pytest.mark.parametrize("action", ["remove-asn-list", "replace-asn-list"])
def test_outbound_policies_that_take_the_asn_away_cure_it(action: str) -> None:
    net = network(
        ["s"],
        routing_policies=[policy("p", 1, action, [65010], way="outbound")],
        attachment_routing_policy_rules=labelled("p"),
    )
    tables = tables_of(net, *pair(GATEWAY, label="x"))
    there, back = ask(tables, "one", "two")
    assert there.verdict is Verdict.REACHABLE and back is not None and back.verdict is Verdict.REACHABLE


def test_a_wider_route_that_is_taken_leads_there_too() -> None:
    tables = tables_of(
        network(["s"]), *pair(GATEWAY), attached("out", "s", US, "0.0.0.0/0", kind=VPN, as_path=(65030,))
    )
    assert ask(tables, "one", "two")[0].verdict is Verdict.REACHABLE


# --- ties, shares, filters --------------------------------------------------------------------------------------


def test_a_tie_with_two_ends_has_the_way_back_from_both() -> None:
    def tie(*actions: dict[str, Any]) -> Answer | None:
        tables = tables_of(
            network(["s", "t"], [share("s", "t"), *actions]),
            attached("a", "s", US, "10.1.0.0/16"),
            attached("x", "t", EU, "10.9.0.0/16", kind=VPN, as_path=(65001,)),
            attached("y", "s", EU, "10.9.0.0/16", kind=VPN, as_path=(65002,)),
        )
        there, back = ask(tables, "a", "10.9.0.1")
        assert there.verdict is Verdict.REACHABLE and {walk.delivered_to for walk in there.walks} == {"x", "y"}
        return back

    both = tie()
    assert both is not None and both.verdict is Verdict.REACHABLE
    hole = {
        "action": "create-route",
        "segment": "t",
        "destination-cidr-blocks": ["10.1.0.0/16"],
        "destinations": ["blackhole"],
    }
    one = tie(hole)
    assert one is not None and one.verdict is Verdict.UNDECIDED and "`x`" in one.sentence and "`y`" in one.sentence


def test_a_share_without_a_common_edge_is_not_known_to_carry_routes() -> None:
    """Section 3.6 leaves it open, and no filter is to blame."""
    net = network([{"name": "a", "edge-locations": [US]}, {"name": "b", "edge-locations": [EU]}], [share("a", "b")])
    tables = tables_of(net, attached("x", "a", US, "10.1.0.0/16"), attached("y", "b", EU, "10.2.0.0/16"))
    there, back = ask(tables, "x", "y")
    assert there.verdict is Verdict.UNDECIDED and back is None
    assert "no edge in common" in there.sentence and "filter" not in there.sentence
    assert segment_matrix(tables).cells["a", "b"].flow is Flow.UNDECIDED
    filtered = network(
        [{"name": "a", "edge-locations": [US], "deny-filter": ["b"]}, {"name": "b", "edge-locations": [EU]}],
        [share("a", "b")],
    )
    tables = tables_of(filtered, attached("x", "a", US, "10.1.0.0/16"), attached("y", "b", EU, "10.2.0.0/16"))
    there, _ = ask(tables, "x", "y")
    assert (there.verdict, there.reason) == (Verdict.BLOCKED, "filtered")


def test_e3_the_segment_between_is_named() -> None:
    net = network(["a", "b", "c"], [share("b", "a", "c")])
    tables = tables_of(net, attached("x", "a", US, "10.1.0.0/16"), attached("y", "c", US, "10.2.0.0/16"))
    there, _ = ask(tables, "x", "y")
    assert (there.verdict, there.reason) == (Verdict.BLOCKED, "no-share")
    assert "both share with `b`, and shares are not transitive" in there.sentence


# --- routing policies of one number -----------------------------------------------------------------------------


@pytest.mark.parametrize("numbers", [(20, 20), (10, 20), (20, 10)])
def test_policies_of_one_number_have_no_order(numbers: tuple[int, int]) -> None:
    """Section 3.10: by number, and `allow` and `drop` stop evaluation for later policies too."""
    rules = [policy("p", numbers[0], "drop"), policy("q", numbers[1], "allow", cidr="10.0.0.0/8")]
    net = network(["s"], routing_policies=rules, attachment_routing_policy_rules=labelled("p", "q"))
    tables = tables_of(net, attached("vpn", "s", US, "10.5.0.0/16", kind=VPN, as_path=(65001,), label="x"))
    row = tables.table(TableName("segment", "s"), US).row(block("10.5.0.0/16"))
    if numbers == (10, 20):
        assert row is None
    else:
        assert row is not None and bool(row.doubts) is (numbers == (20, 20))
    diagnostics = Diagnostics()
    validate_network(net, diagnostics)
    assert ("equal-policy-numbers" in {item.rule for item in diagnostics}) is (numbers == (20, 20))


def test_policies_of_one_number_whose_order_does_not_matter() -> None:
    rules = [policy("p", 5, "set-med", "70"), policy("q", 5, "prepend-asn-list", [65090])]
    net = network(["s"], routing_policies=rules, attachment_routing_policy_rules=labelled("p", "q"))
    tables = tables_of(net, attached("vpn", "s", US, "10.5.0.0/16", kind=VPN, as_path=(65001,), label="x"))
    row = tables.table(TableName("segment", "s"), US).row(block("10.5.0.0/16"))
    assert row is not None and row.doubts == () and row.options[0].path is not None
    assert (row.options[0].path.med, row.options[0].path.as_path) == (70, (65090, 65001))


def test_many_policies_of_one_number_are_not_tried_in_every_order() -> None:
    rules = [policy(f"p{number}", 5, "prepend-asn-list", [65100 + number]) for number in range(9)]
    net = network(["s"], routing_policies=rules)
    outcome = transform(net.routing_policies, Path(0, DYNAMIC), block("10.5.0.0/16"), Surroundings({}))
    assert outcome.path is not None and outcome.path.doubts


# --- service insertion ------------------------------------------------------------------------------------------


def test_traffic_that_an_appliance_lets_out_comes_back_by_it() -> None:
    """Section 3.9, send-to by an override: the way back begins at the appliance, and nothing about it is asymmetric."""
    action = {
        "action": "send-to",
        "segment": "s",
        "via": {
            "network-function-groups": ["fw"],
            "with-edge-overrides": [{"edge-sets": [[EU]], "use-edge-location": US}],
        },
    }
    tables = tables_of(
        network(["s"], [action]),
        attached("v", "s", EU, "10.1.0.0/16"),
        attached("fw1", "x", US, "100.64.0.0/16", tag="fw"),
    )
    answer = ask_path(tables, "v", "8.8.8.8", Diagnostics())
    assert answer is not None and answer.back is not None
    assert (answer.forward.verdict, answer.back.verdict) == (Verdict.REACHABLE, Verdict.REACHABLE)
    assert answer.remarks == () and list(answer.differences()) == [] and answer.trip is Trip.REACHABLE


@pytest.mark.parametrize("rank, wanted", [("undecided", None), ("inserted", True), ("direct", False)])
def test_a_transit_gateway_in_an_isolated_segment_that_inspects_itself_is_a_switch(
    rank: str, wanted: bool | None
) -> None:
    """Section 3.4 lets its routes into the isolated table, section 3.9 inserts others beside them."""
    action = {
        "action": "send-via",
        "segment": "s",
        "mode": "single-hop",
        "when-sent-to": {"segments": "*"},
        "via": {"network-function-groups": ["fw"]},
    }
    net = network([{"name": "s", "isolate-attachments": True}], [action])
    tables = tables_of(
        net,
        attached("v", "s", US, "10.1.0.0/16"),
        attached("gw", "s", US, "10.2.0.0/16", kind=GATEWAY, as_path=(65010,)),
        attached("fw1", "x", US, "100.64.0.0/16", tag="fw"),
        switches=DEFAULT.choosing("inserted-route-rank", rank),
    )
    there, _ = ask(tables, "v", "gw")
    if wanted is None:
        assert there.verdict is Verdict.UNDECIDED and "`inserted-route-rank`" in there.sentence
    else:
        assert there.verdict is Verdict.REACHABLE and there.inspected is wanted


def test_a_mask_with_a_leading_zero_is_no_prefix() -> None:
    assert parse_prefix("10.0.0.0/08") is None and parse_prefix("::/00") is None
    assert parse_prefix("0.0.0.0/0") == Prefix(4, 0, 0) and parse_prefix("10.0.0.0/8") == Prefix(4, 10 << 24, 8)


@pytest.mark.parametrize("on", [None, True, False])
def test_vpns_with_equal_routes_share_the_load_where_the_option_is_on(on: bool | None) -> None:
    """Sections 1.2 (on by default) and 3.11."""
    plain = network(["s"])
    net = replace(plain, configuration=replace(plain.configuration, vpn_ecmp=on))
    office = [attached(name, "s", US, "192.168.0.0/16", kind=VPN, as_path=(65001,)) for name in ("v1", "v2")]
    answer = reach(
        tables_of(net, attached("a", "s", US, "10.1.0.0/16"), *office), "a", Target((block("192.168.0.0/24"),))
    )
    assert answer.titles == ("possible way 1", "possible way 2")
    assert any("`v1` and `v2` share the load" in note for note in answer.notes) is (on is not False)


def test_the_ways_to_several_prefixes_are_no_choice_of_the_service() -> None:
    sender = attached("a", "s", US, "10.1.0.0/16", "2001:db8:1::/56")
    receiver = attached("b", "s", US, "10.2.0.0/16", "2001:db8:2::/56")
    answer = reach(tables_of(network(["s"]), sender, receiver), "a", Target(receiver.prefixes, "b"))
    assert answer.titles == ("by 10.2.0.0/16", "by 2001:db8:2::/56") and answer.verdict is Verdict.REACHABLE
