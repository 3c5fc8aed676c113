"""Claims about any attachments that the rules of a core network admit, answered by hand before the product was asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from policyc.analysis.networks import Paths
from policyc.analysis.solver import BUDGET
from policyc.engines.wan.switches import DEFAULT
from policyc.ir.network import CoreNetwork
from tests.conformance.test_wan_hand_answers import APART, BOTH, HOLE, of, static, via
from tests.conformance.wan_networks import EU, US, labelled, network, policy, share

PROVEN, BROKEN, LEFT_OPEN, EMPTY = "proven", "broken", "left open", "nobody"
VPC = {"type": "attachment-type", "operator": "equals", "value": "vpc"}
ANYBODY = {"type": "any"}
FW = {
    "rule-number": 9,
    "conditions": [{"type": "tag-exists", "key": "fw"}],
    "action": {"add-to-network-function-group": "fw"},
}


def has(key: str) -> dict[str, Any]:
    return {"type": "tag-exists", "key": key}


def ruled(
    *rules: tuple[str, list[dict[str, Any]]],
    logic: str = "and",
    segments: Sequence[str | dict[str, Any]] = BOTH,
    actions: Sequence[dict[str, Any]] = (share("apps", "tools"),),
) -> CoreNetwork:
    """These rules in their order say who is in which segment."""
    found = [
        {"rule-number": 10 + at, "conditions": conditions, "action": {"association-method": "constant", "segment": to}}
        | ({"condition-logic": logic} if len(conditions) > 1 else {})
        for at, (to, conditions) in enumerate(rules)
    ]
    return network(segments, actions, attachment_policies=[*found, FW])


def filtered(*matches: tuple[str, str]) -> CoreNetwork:
    """`apps` takes from `tools` what a policy of their share does not drop."""
    dropped = policy("p", 1, "drop")
    dropped["routing-policy-rules"] = [
        {
            "rule-number": at,
            "rule-definition": {
                "match-conditions": [{"type": f"prefix-{kind}", "value": value}],
                "condition-logic": "and",
                "action": {"type": "drop"},
            },
        }
        for at, (kind, value) in enumerate(matches, 1)
    ]
    return network(BOTH, [share("apps", "tools") | {"routing-policy-names": ["p"]}], routing_policies=[dropped])


def out(segment: str) -> dict[str, Any]:
    return {"action": "send-to", "segment": segment, "via": {"network-function-groups": ["fw"]}}


def at_edges(name: str, *edges: str) -> dict[str, Any]:
    return {"name": name, "edge-locations": list(edges)}


PLAIN = network(BOTH, [share("tools", "apps", "vault")])
DENIED = network([{"name": "apps", "deny-filter": ["tools"]}, "tools"], [share("tools", "apps")])
ALLOWED = network([{"name": "apps", "allow-filter": ["tools"]}, *BOTH[1:]], [share("apps", "tools", "vault")])
SEEN = network(BOTH, [via("apps", "tools")])
EXCEPT = network(BOTH, [share("tools") | {"share-with": {"except": ["vault"]}}])
EXIT = network(BOTH, [out("apps")])
CUT = [policy("cut", 1, "drop", cidr="10.0.0.0/8")]
CUT_FROM_VAULT = share("apps", "vault") | {"routing-policy-names": ["cut"]}
ELSEWHERE = network(
    [{"name": "apps", "deny-filter": ["tools"]}, *BOTH[1:]],
    [share("apps", "tools"), CUT_FROM_VAULT],
    routing_policies=CUT,
)
LABELLED = network(
    [{"name": "apps", "deny-filter": ["tools"]}, *BOTH[1:]],
    [share("apps", "tools")],
    routing_policies=CUT,
    attachment_routing_policy_rules=labelled("cut"),
)
V4 = filtered(("in-cidr", "0.0.0.0/0"))
TYPES = ("vpc", "connect", "site-to-site-vpn", "transit-gateway-route-table", "direct-connect-gateway")
ID = "attachment-0123456789abcdef0"
#: a network, from where to where (and which function group is to see all of it), and what holds of all attachments that the rules admit
CLAIMS: list[tuple[str, CoreNetwork, tuple[Any, ...], str]] = [
    # 3.6: shares are not transitive
    ("two that share with a third", PLAIN, ("apps", "vault"), PROVEN),
    ("back", PLAIN, ("vault", "apps"), PROVEN),
    ("two that share", PLAIN, ("apps", "tools"), BROKEN),
    ("all but one, with that", EXCEPT, ("tools", "vault"), PROVEN),
    ("all but one, with another", EXCEPT, ("tools", "apps"), BROKEN),
    # 3.4: isolation lets in what transit gateways bring, and nothing else of the own segment
    ("isolated, any type", network([APART]), ("apps", "apps"), BROKEN),
    ("isolated VPCs", ruled(("apps", [has("a"), VPC]), segments=[APART], actions=()), ("apps", "apps"), PROVEN),
    ("one edge", network([at_edges("apps", US)]), ("apps", "apps"), BROKEN),
    # 3.7: a filter is the importing segment's
    ("denied", DENIED, ("apps", "tools"), PROVEN),
    ("denied the other way", DENIED, ("tools", "apps"), BROKEN),
    ("not among the allowed", ALLOWED, ("apps", "vault"), PROVEN),
    ("not among the allowed, back", ALLOWED, ("vault", "apps"), BROKEN),
    # 3.6: whether a share without a common edge carries routes is not published
    (
        "edges apart",
        network([at_edges("apps", US), at_edges("tools", EU)], [share("apps", "tools")]),
        ("apps", "tools"),
        LEFT_OPEN,
    ),
    (
        "one edge in common",
        network([at_edges("apps", US), at_edges("tools", US, EU)], [share("apps", "tools")]),
        ("apps", "tools"),
        BROKEN,
    ),
    # 3.2: the first rule that matches decides, so that later ones get what it leaves
    (
        "tags met together",
        ruled(("vault", [has("q")]), ("apps", [has("a")]), ("tools", [has("t")])),
        ("vault", "apps"),
        PROVEN,
    ),
    (
        "the one account that is left",
        ruled(("apps", [of("account-id", "111111111111", "not-equals")]), ("tools", [ANYBODY])),
        ("apps", "tools"),
        BROKEN,
    ),
    (
        "the one value that is left",
        ruled(("apps", [of("tag-value", "prod", "not-equals", key="env")]), ("tools", [ANYBODY])),
        ("tools", "apps"),
        BROKEN,
    ),
    (
        "another resource",
        ruled(("apps", [of("resource-id", "vpc-0a", "begins-with")]), ("tools", [ANYBODY])),
        ("apps", "tools"),
        BROKEN,
    ),
    (
        "another value",
        ruled(("vault", [of("tag-value", "x", "begins-with", key="s")]), ("tools", [has("s")]), ("apps", [has("a")])),
        ("apps", "tools"),
        BROKEN,
    ),
    (
        "a longer value",
        ruled(
            ("vault", [of("tag-value", "x", key="s")]),
            ("tools", [of("tag-value", "x", "begins-with", key="s")]),
            ("apps", [has("a")]),
        ),
        ("apps", "tools"),
        BROKEN,
    ),
    ("other Regions", ruled(("apps", [of("region", US)]), ("tools", [ANYBODY])), ("apps", "tools"), BROKEN),
    (
        "other types",
        ruled(("apps", [VPC, of("attachment-type", "connect")]), ("tools", [ANYBODY]), logic="or"),
        ("apps", "tools"),
        BROKEN,
    ),
    (
        "no type left",
        ruled(("apps", [of("attachment-type", kind) for kind in TYPES]), ("tools", [ANYBODY]), logic="or"),
        ("apps", "tools"),
        EMPTY,
    ),
    ("nothing left", ruled(("apps", [ANYBODY]), ("tools", [has("t")])), ("apps", "tools"), EMPTY),
    # 3.3: who has to be accepted may be
    (
        "accepted",
        network(["apps", {"name": "vault", "require-attachment-acceptance": True}], [share("apps", "vault")]),
        ("apps", "vault"),
        BROKEN,
    ),
    # 3.9: an inserted group sees both directions, of the two segments alone
    ("both hops", SEEN, ("apps", "tools", "fw"), PROVEN),
    ("both hops, back", SEEN, ("tools", "apps", "fw"), PROVEN),
    ("one hop", network(BOTH, [via("apps", "tools", "single-hop")]), ("apps", "tools", "fw"), PROVEN),
    ("within a segment", SEEN, ("apps", "apps", "fw"), BROKEN),
    (
        "within one that is isolated",
        ruled(("apps", [has("a"), VPC]), segments=[APART], actions=[via("apps", "apps")]),
        ("apps", "apps", "fw"),
        PROVEN,
    ),
    (
        "a share with another",
        network(BOTH, [via("apps", "tools"), share("apps", "vault")]),
        ("apps", "vault", "fw"),
        BROKEN,
    ),
    (
        "a share with the same",
        network(BOTH, [via("apps", "tools"), share("apps", "tools")]),
        ("apps", "tools", "fw"),
        LEFT_OPEN,
    ),
    ("two behind one group", network(BOTH, [via("apps", "tools"), via("apps", "vault")]), ("tools", "vault"), PROVEN),
    ("two in a row", network(BOTH, [via("apps", "tools"), via("tools", "vault")]), ("apps", "vault"), PROVEN),
    # central egress joins nobody, and leads to the appliance itself
    ("an exit", EXIT, ("apps", "vault"), PROVEN),
    ("an exit inspects nothing", EXIT, ("apps", "vault", "fw"), EMPTY),
    ("an exit for both", network(BOTH, [out("apps"), out("vault")]), ("apps", "vault"), PROVEN),
    ("to the appliance", EXIT, ("apps", "fw"), BROKEN),
    ("to an appliance of nobody", network(BOTH), ("apps", "fw"), PROVEN),
    # 3.10: prefixes of either version that no rule drops
    ("a part is dropped", filtered(("in-cidr", "10.0.0.0/8")), ("apps", "tools"), BROKEN),
    ("IPv4 is dropped", V4, ("apps", "tools"), BROKEN),
    ("dropped one way", V4, ("tools", "apps"), BROKEN),
    # not every prefix is tried
    (
        "all is dropped",
        filtered(("in-cidr", "0.0.0.0/0"), ("in-cidr", "::/0"), ("equals", "0.0.0.0/0"), ("equals", "::/0")),
        ("apps", "tools"),
        LEFT_OPEN,
    ),
    # 3.10: a policy bears on the two that share by it, and not on others; one of a label on whoever has it
    ("a policy between others", ELSEWHERE, ("apps", "tools"), PROVEN),
    ("a policy of a label", LABELLED, ("apps", "tools"), LEFT_OPEN),
    (
        "inspected by any group, whatever policies say",
        network(BOTH, [via("apps", "tools")], routing_policies=CUT, attachment_routing_policy_rules=labelled("cut")),
        ("tools", "apps", None),
        PROVEN,
    ),
    # 3.8: a blackhole leads to nobody, and loses to a longer prefix; an attachment may be anywhere
    (
        "a blackhole around",
        network(BOTH, [share("apps", "tools"), static("apps", "10.0.0.0/8", HOLE)]),
        ("apps", "tools"),
        BROKEN,
    ),
    ("a blackhole alone", network(BOTH, [static("apps", "10.9.0.0/16", HOLE)]), ("apps", "vault"), PROVEN),
    (
        "a blackhole beside a group",
        network(BOTH, [via("apps", "tools"), static("apps", "10.0.0.0/8", HOLE)]),
        ("apps", "tools", "fw"),
        PROVEN,
    ),
    ("an attachment", network(BOTH, [static("apps", "10.9.0.0/16", ID)]), ("apps", "vault"), LEFT_OPEN),
]


@pytest.mark.parametrize(("net", "claim", "holds"), [row[1:] for row in CLAIMS], ids=[row[0] for row in CLAIMS])
def test_a_claim_about_any_attachments_holds_as_worked_out_by_hand(
    net: CoreNetwork, claim: tuple[Any, ...], holds: str
) -> None:
    paths = Paths(net, DEFAULT, BUDGET)
    answer = paths.none(*claim) if len(claim) == 2 else paths.inspected(*claim)
    told = {True: PROVEN, False: BROKEN, None: LEFT_OPEN}[answer.holds]
    assert (EMPTY if answer.empty else told) == holds, (answer.open, answer.path)
