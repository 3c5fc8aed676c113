"""Traffic tables of AWS's published designs as matrices: what AWS calls blocked is blocked, not open.

Source: aws-samples/aws-cloud-wan-blueprints, patterns 3.1 and 3.2 (central egress), 4.2 (one IP version); Cloud WAN reference, last section.
"""

from __future__ import annotations

from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.engines.wan.matrix import Flow, segment_matrix
from policyc.engines.wan.reach import Target, Verdict, reach
from policyc.engines.wan.round_trip import Trip
from policyc.engines.wan.tables import Tables
from policyc.ir.network import CoreNetwork
from policyc.targets.cloud_wan.graph import draw_graph
from policyc.targets.cloud_wan.graph_text import matrix_text
from policyc.targets.cloud_wan.probes import probe
from policyc.targets.cloud_wan.questions import ask_path
from tests.conformance.wan_networks import EU, US, attached, block, labelled, network, policy, share, tables_of

ISOLATED = {"name": "production", "isolate-attachments": True}
APPLIANCES = (attached("fw1", "", US, tag="fw"), attached("fw2", "", EU, tag="fw"))


def exit_of(segment: str, **more: Any) -> dict[str, Any]:
    return {"action": "send-to", "segment": segment, "via": {"network-function-groups": ["fw"], **more}}


def flows(net: CoreNetwork) -> dict[tuple[str, str], Flow]:
    return {pair: cell.flow for pair, cell in segment_matrix(probe(net)).cells.items()}


EGRESS = {
    ("production", "production"): Flow.BLOCKED,
    ("production", "development"): Flow.BLOCKED,
    ("development", "production"): Flow.BLOCKED,
    ("development", "development"): Flow.DIRECT,
}


@pytest.mark.parametrize("more", [{}, {"with-edge-overrides": [{"edge-sets": [[EU]], "use-edge-location": US}]}])
def test_central_egress_joins_no_segments(more: dict[str, Any]) -> None:
    net = network([ISOLATED, "development"], [exit_of("production", **more), exit_of("development", **more)])
    assert flows(net) == EGRESS
    text = matrix_text(draw_graph(probe(net), assumed=True))
    assert "?" not in text.split("\n\n")[0] and "traffic leaves at fw: production to production" in text


@pytest.mark.parametrize("other", [[], [exit_of("vault")]])
@pytest.mark.parametrize("to", ["v", "10.3.200.4"])
def test_what_send_to_lets_out_is_no_path_to_a_segment_that_shares_nothing(other: list[Any], to: str) -> None:
    net = network(["apps", "vault"], [exit_of("apps"), *other])
    tables = tables_of(
        net, attached("a", "apps", US, "10.1.0.0/16"), attached("v", "vault", US, "10.3.0.0/16"), *APPLIANCES
    )
    answer = ask_path(tables, "a", to, Diagnostics())
    assert answer is not None and answer.trip is Trip.BLOCKED
    assert (
        "traffic leaves at `fw1`" in answer.forward.sentence
        and "shares no routes with `vault`" in answer.forward.sentence
    )
    assert bool(answer.forward.notes) is bool(other)
    internet = ask_path(tables, "a", "198.51.100.7", Diagnostics())
    assert internet is not None and internet.trip is Trip.REACHABLE


def static(segment: str, to: str, cidr: str = "0.0.0.0/0") -> dict[str, Any]:
    return {"action": "create-route", "segment": segment, "destination-cidr-blocks": [cidr], "destinations": [to]}


@pytest.mark.parametrize("joined, verdict", [(True, Verdict.UNDECIDED), (False, Verdict.BLOCKED)])
def test_the_end_of_a_static_route_passes_on_what_its_own_segment_leads_to(joined: bool, verdict: Verdict) -> None:
    """The firewall of AWS's static design stands in a segment of its own; whether that one leads on decides."""
    wall = attached("wall", "walls", US, "100.64.0.0/24", id="attachment-0000000000000000a")
    actions = [static("apps", wall.id), *([share("walls", "vault")] if joined else [])]
    tables = tables_of(
        network(["apps", "vault", "walls"], actions),
        attached("a", "apps", US, "10.1.0.0/16"),
        attached("v", "vault", US, "10.3.0.0/16"),
        wall,
    )
    answer = reach(tables, "a", Target((block("10.3.0.0/16"),), "v"))
    assert answer.verdict is verdict
    cell = segment_matrix(tables).cells["apps", "vault"]
    assert cell.flow is (Flow.UNDECIDED if joined else Flow.BLOCKED)


def one_version(tables_way: str = "inbound") -> Tables:
    rules = [policy("noSix", 1, "drop", cidr="::/0", way=tables_way)]
    act = share("legacy", "apps") | {"routing-policy-names": ["noSix"]}
    return tables_of(
        network(["apps", "legacy"], [act], routing_policies=rules),
        attached("a", "apps", US, "10.1.0.0/16", "2001:db8:1::/48"),
        attached("l", "legacy", EU, "10.2.0.0/16", "2001:db8:2::/48"),
    )


def test_one_ip_version_goes_one_way() -> None:
    """Pattern 4.2: dual-stack to a segment that hears one version; AWS calls the other blocked."""
    tables = one_version()
    six = ask_path(tables, "a", "2001:db8:2::9", Diagnostics())
    four = ask_path(tables, "a", "10.2.0.9", Diagnostics())
    both = ask_path(tables, "a", "l", Diagnostics())
    assert six is not None and six.trip is Trip.ONE_WAY
    assert four is not None and four.trip is Trip.REACHABLE
    assert both is not None and both.trip is Trip.PARTLY and both.by_family() == {4: Trip.REACHABLE, 6: Trip.ONE_WAY}
    matrix = segment_matrix(tables)
    assert matrix.one_way_families("apps", "legacy") == (6,) and not matrix.one_way("apps", "legacy")
    assert matrix.cells["legacy", "apps"].families == ((4, Flow.DIRECT), (6, Flow.BLOCKED))
    text = matrix_text(draw_graph(tables, assumed=False))
    assert "legacy reaches apps only: IPv4\n" in text and "apps to legacy is one way by IPv6" in text


def test_a_prefix_that_is_filtered_before_an_inspection_is_told_so() -> None:
    """Pattern 4.3: only primary blocks pass to the other segment, inspected; AWS says of the secondary ones that the policy filters them."""
    primary = policy("primary", 1, "drop", cidr="100.64.0.0/10")
    act = {"action": "send-via", "segment": "apps", "mode": "dual-hop", "when-sent-to": {"segments": ["vault"]}}
    net = network(
        ["apps", "vault"],
        [act | {"via": {"network-function-groups": ["fw"]}}],
        routing_policies=[primary],
        attachment_routing_policy_rules=labelled("primary"),
    )
    tables = tables_of(
        net,
        attached("a", "apps", US, "10.1.0.0/16", "100.64.0.0/24", label="x"),
        attached("v", "vault", EU, "10.2.0.0/16", "100.64.1.0/24", label="x"),
        *APPLIANCES,
    )
    for one, other, secondary, primaries in (
        ("a", "v", "100.64.1.9", "10.2.0.9"),
        ("v", "a", "100.64.0.9", "10.1.0.9"),
    ):
        dropped = ask_path(tables, one, secondary, Diagnostics())
        passed = ask_path(tables, one, primaries, Diagnostics())
        assert dropped is not None and dropped.forward.sentence == f"a routing policy drops the route to `{other}`"
        assert passed is not None and passed.forward.sentence == f"delivered to `{other}`, inspected by `fw`"


def test_one_prefix_that_is_filtered_is_told_by_itself() -> None:
    """Pattern 4.1: secondary blocks stay at home. Nothing of that is unpublished, so nothing is undecided."""
    rules = [policy("secondary", 1, "drop", cidr="100.64.0.0/10")]
    labels = [
        {
            "rule-number": 1,
            "conditions": [{"type": "routing-policy-label", "value": "x"}],
            "action": {"associate-routing-policies": ["secondary"]},
        }
    ]
    tables = tables_of(
        network(["apps"], routing_policies=rules, attachment_routing_policy_rules=labels),
        attached("a", "apps", US, "10.1.0.0/24", "100.64.0.0/16", label="x"),
        attached("b", "apps", EU, "10.2.0.0/24", "100.64.0.0/16", label="x"),
    )
    found = ask_path(tables, "a", "b", Diagnostics())
    assert found is not None and found.trip is Trip.PARTLY
    told = list(found.differences())
    assert any(line.startswith("to 10.2.0.0/24: reachable") for line in told)
    assert any(line.startswith("to 100.64.0.0/16: blocked, a routing policy drops") for line in told)


def test_made_up_attachments_have_private_addresses() -> None:
    """A blackhole for the private ranges means them; a filter for a part of one does not."""
    net = network(
        [ISOLATED, "hub"],
        [exit_of("production"), static("production", "blackhole", "10.0.0.0/8"), share("hub", "production")],
    )
    found = flows(net)
    assert found["production", "production"] is Flow.BLOCKED and found["production", "hub"] is Flow.DIRECT


def dual_hop(to: str) -> dict[str, Any]:
    return {
        "action": "send-via",
        "segment": "apps",
        "mode": "dual-hop",
        "when-sent-to": {"segments": [to]},
        "via": {"network-function-groups": ["fw"]},
    }


@pytest.mark.parametrize(("sender", "flow"), [(US, Flow.INSPECTED), ("ap-southeast-2", Flow.PARTLY)])
def test_an_edge_where_nobody_is_counts_for_nothing(sender: str, flow: Flow) -> None:
    """Dual-hop needs an appliance in every Region concerned; the third Region has none, which matters once somebody is there."""
    tables = tables_of(
        network(["apps", "vault"], [dual_hop("vault")]),
        attached("a", "apps", US, "10.1.0.0/16"),
        attached("b", "apps", sender, "10.2.0.0/16"),
        attached("v", "vault", EU, "10.3.0.0/16"),
        *APPLIANCES,
    )
    assert segment_matrix(tables).cells["apps", "vault"].flow is flow
    assert segment_matrix(tables).cells["vault", "apps"].flow is flow
