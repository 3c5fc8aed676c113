"""A network of four edges in four states, as published captures of live route tables show such networks to behave: Cloud WAN
reference, sections 3.5 and 3.13 E7. Names, ASNs and prefixes are made up.

Two transit gateways lead to each of two offices. Without a policy the far office is a tie; a policy on edge pairs that looks at one ASN
lengthens too much and makes new ties; one that looks at two ASNs decides; a lost attachment brings a tie back.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.engines.wan.core import TableName
from policyc.engines.wan.outbound import told_to
from policyc.engines.wan.prefixes import Prefix, parse_prefix
from policyc.engines.wan.reach import Target, Verdict, reach
from policyc.engines.wan.tables import Tables
from policyc.syntax.json_text import from_plain
from policyc.targets.cloud_wan.inventory_file import read_inventory
from policyc.targets.cloud_wan.questions import situate
from policyc.targets.cloud_wan.read import read_value
from policyc.targets.cloud_wan.validate import validate_network
from policyc.text import Source, Span

# Each office has a pair of edges; the second of the pair is meant as the spare.
NORTH, NORTH2, SOUTH, SOUTH2 = "eu-north-1", "ca-central-1", "sa-east-1", "ap-southeast-2"
EDGE = {NORTH: 64801, NORTH2: 64802, SOUTH: 64803, SOUTH2: 64804}
GATEWAY = {NORTH: 64901, NORTH2: 64902, SOUTH: 64903, SOUTH2: 64904}
NORTH_ASN, SOUTH_ASN, EXTRA = 65101, 65102, 4200000777
OFFICE = {NORTH: ("172.20.0.0/16", NORTH_ASN), SOUTH: ("172.21.0.0/16", SOUTH_ASN)}
OFFICE |= {NORTH2: OFFICE[NORTH], SOUTH2: OFFICE[SOUTH]}
VPC = {edge: f"10.{number}.0.0/16" for number, edge in enumerate(EDGE, 31)}
BEHIND = {edge: f"10.{number}.0.0/16" for number, edge in enumerate(EDGE, 131)}
#: (receiver, peer): what comes from the spare of the other side
PAIRS = ((NORTH, SOUTH2), (NORTH2, SOUTH2), (SOUTH, NORTH2), (SOUTH2, NORTH2))
BLUNT = [[EDGE[NORTH2]], [EDGE[SOUTH2]]]
SHARP = [[spare, office] for spare in (EDGE[NORTH2], EDGE[SOUTH2]) for office in (NORTH_ASN, SOUTH_ASN)]


def document(conditions: list[list[int]]) -> dict[str, Any]:
    """One segment; each condition is a set of ASNs that one inbound rule on every pair of `PAIRS` looks for."""
    found: dict[str, Any] = {
        "version": "2025.11",
        "core-network-configuration": {
            "asn-ranges": ["64801-64810"],
            "edge-locations": [{"location": edge, "asn": asn} for edge, asn in EDGE.items()],
        },
        "segments": [{"name": "work", "require-attachment-acceptance": False}],
        "attachment-policies": [
            {
                "rule-number": 10,
                "conditions": [{"type": "tag-value", "key": "zone", "operator": "equals", "value": "work"}],
                "action": {"association-method": "constant", "segment": "work"},
            }
        ],
    }
    rules = [
        {
            "rule-number": 10 * number,
            "rule-definition": {
                "condition-logic": "and",
                "match-conditions": [{"type": "asn-in-as-path", "value": asn} for asn in asns],
                "action": {"type": "prepend-asn-list", "value": [EXTRA]},
            },
        }
        for number, asns in enumerate(conditions, 1)
    ]
    if rules:
        found["routing-policies"] = [
            {
                "routing-policy-name": "lastResort",
                "routing-policy-direction": "inbound",
                "routing-policy-number": 5,
                "routing-policy-rules": rules,
            }
        ]
        found["segment-actions"] = [
            {
                "action": "associate-routing-policy",
                "segment": "work",
                "edge-location-association": {
                    "edge-location": edge,
                    "peer-edge-location": peer,
                    "routing-policy-names": ["lastResort"],
                },
            }
            for edge, peer in PAIRS
        ]
    return found


def name(kind: str, edge: str) -> str:
    return f"{kind} {edge}"


def situation(conditions: list[list[int]], *lost: str) -> Tables:
    """The tables with every attachment, as AWS lists them, but the gateways of the `lost` edges."""
    listed, routes = [], {}
    for number, edge in enumerate(EDGE):
        for kind, aws in (("vpc", "VPC"), ("gateway", "TRANSIT_GATEWAY_ROUTE_TABLE")):
            if kind == "gateway" and edge in lost:
                continue
            identity = f"attachment-{kind[0].encode().hex()}{number:015x}"
            tags = [{"Key": "zone", "Value": "work"}, {"Key": "Name", "Value": name(kind, edge)}]
            listed.append(
                {
                    "AttachmentId": identity,
                    "AttachmentType": aws,
                    "State": "AVAILABLE",
                    "EdgeLocation": edge,
                    "OwnerAccountId": "111122223333",
                    "SegmentName": "work",
                    "Tags": tags,
                }
            )
            prefix, asn = OFFICE[edge]
            routes[identity] = (
                {"cidrs": [VPC[edge]]}
                if kind == "vpc"
                else {
                    "routes": [
                        {"prefix": BEHIND[edge], "as_path": [GATEWAY[edge]]},
                        {"prefix": prefix, "as_path": [GATEWAY[edge], asn]},
                    ]
                }
            )
    diagnostics = Diagnostics()
    at = Span("core.json", 0, 0)
    network = read_value(from_plain(document(conditions), at), diagnostics, "core")
    assert network is not None and validate_network(network, diagnostics), [item.message for item in diagnostics]
    texts = ({"Attachments": listed}, {"attachments": routes})
    sources = [Source(f"{number}.json", json.dumps(text)) for number, text in enumerate(texts)]
    inventory = read_inventory(sources, diagnostics)
    assert inventory is not None and not diagnostics.has_errors, [item.message for item in diagnostics]
    return situate(network, inventory)


def block(text: str) -> Prefix:
    found = parse_prefix(text)
    assert found is not None
    return found


def hops(tables: Tables, edge: str, prefix: str) -> set[str]:
    """Every possible next hop: the attachment's name, or the edge that a peering leads to."""
    row = tables.table(TableName("segment", "work"), edge).row(block(prefix))
    if row is None:
        return set()
    assert row.doubts == ()
    return {option.hop.name or option.hop.edge for option in row.options}


def expected(lost: tuple[str, ...], ties: dict[tuple[str, str], set[str]]) -> dict[tuple[str, str], set[str]]:
    """Every row: what is local stays local, all else leads to the edge where it begins, but for `ties`."""
    out: dict[tuple[str, str], set[str]] = {}
    for edge in EDGE:
        for home in EDGE:
            out[edge, VPC[home]] = {name("vpc", edge)} if edge == home else {home}
            behind = {name("gateway", edge)} if edge == home else {home}
            out[edge, BEHIND[home]] = set() if home in lost else behind
        for pair in ((NORTH, NORTH2), (SOUTH, SOUTH2)):
            here = edge in pair and edge not in lost
            open_ = {other for other in pair if other not in lost}
            out[edge, OFFICE[pair[0]][0]] = {name("gateway", edge)} if here else open_
    return out | ties


TIES: dict[tuple[str, str], set[str]] = {
    (edge, prefix): {NORTH, NORTH2} if home == NORTH2 else {SOUTH, SOUTH2}
    for edge, home in PAIRS
    for prefix in (VPC[home], BEHIND[home])
}
FIRST = {(edge, OFFICE[SOUTH][0]): {SOUTH} for edge in (NORTH, NORTH2)} | {
    (edge, OFFICE[NORTH][0]): {NORTH} for edge in (SOUTH, SOUTH2)
}
STATES: dict[str, tuple[list[list[int]], tuple[str, ...], dict[tuple[str, str], set[str]], int]] = {
    # conditions of the policy, lost gateways, rows that differ from the plain picture, number of ties
    "no policy": ([], (), {}, 4),
    "one ASN": (BLUNT, (), TIES | FIRST, 8),
    "two ASNs": (SHARP, (), FIRST, 0),
    "south lost": (SHARP, (SOUTH,), FIRST | {(edge, OFFICE[SOUTH][0]): {SOUTH, SOUTH2} for edge in (NORTH, NORTH2)}, 2),
}


@pytest.mark.parametrize("state", STATES)
def test_every_row_of_every_edge(state: str) -> None:
    conditions, lost, differing, ties = STATES[state]
    tables = situation(conditions, *lost)
    wanted = expected(lost, differing)
    assert {key: hops(tables, *key) for key in wanted} == wanted
    assert sum(len(found) > 1 for found in wanted.values()) == ties
    assert len(wanted) == 40 and {str(prefix) for prefix in tables.known()} == {key[1] for key in wanted if wanted[key]}


def test_candidates_come_over_every_edge_that_has_not_been_passed() -> None:
    """What an edge may hear: directly, and relayed by each edge that does not learn the route from this one."""
    own = situation([]).own["work"]
    third = own[block(BEHIND[NORTH2])].choices[SOUTH]
    path = (EDGE[NORTH2], GATEWAY[NORTH2])
    assert {item.as_path for item in third.candidates} == {path, (EDGE[NORTH], *path), (EDGE[SOUTH2], *path)}
    assert {item.as_path for item in third.best} == {path}
    home = own[block(OFFICE[NORTH][0])].choices[NORTH]
    # The others lead to this edge or to the spare; what they learnt here never comes back.
    assert all(EDGE[NORTH] not in item.as_path for item in home.candidates)
    assert (GATEWAY[NORTH], NORTH_ASN) in {item.as_path for item in home.candidates}
    assert (EDGE[NORTH2], GATEWAY[NORTH2], NORTH_ASN) in {item.as_path for item in home.candidates}
    assert {(item.med, item.preference, item.communities) for item in home.candidates} == {(100, 0, frozenset())}
    vpc = own[block(VPC[NORTH])].choices[NORTH]
    assert [item.as_path for item in vpc.candidates] == [()]


def test_what_another_edge_put_in_front_is_relayed() -> None:
    """An inbound policy counts at its own edge and stays in what that edge hands on."""
    found = situation(BLUNT).own["work"][block(VPC[NORTH2])].choices[NORTH]
    assert {item.as_path for item in found.candidates if item.via == SOUTH} == {(EDGE[SOUTH], EXTRA, EDGE[NORTH2])}
    assert {item.as_path for item in found.best} == {(EDGE[NORTH2],)}


def test_the_paths_of_the_tie_after_a_loss() -> None:
    tables = situation(SHARP, SOUTH)
    row = tables.table(TableName("segment", "work"), NORTH).row(block(OFFICE[SOUTH][0]))
    assert row is not None
    rest = (EDGE[SOUTH2], GATEWAY[SOUTH2], SOUTH_ASN)
    assert {option.hop.edge: option.path.as_path for option in row.options if option.path} == {
        SOUTH: (EDGE[SOUTH], *rest),
        SOUTH2: (EXTRA, *rest),
    }
    answer = reach(tables, name("vpc", NORTH), Target((block("172.21.9.9"),)))
    assert answer.verdict is Verdict.REACHABLE
    assert {walk.delivered_to for walk in answer.walks} == {name("gateway", SOUTH2)}
    assert {tuple(hop.edge for hop in walk.hops) for walk in answer.walks} == {(NORTH, SOUTH, SOUTH2), (NORTH, SOUTH2)}


def test_what_a_gateway_hears() -> None:
    """Its edge's best paths with the edge in front, remote ones too, and nothing that came from the gateway itself."""
    south = {"no policy": {(SOUTH, GATEWAY[SOUTH]), (SOUTH2, GATEWAY[SOUTH2])}, "two ASNs": {(SOUTH, GATEWAY[SOUTH])}}
    for state, begins in south.items():
        tables = situation(STATES[state][0])
        told = {
            str(item.prefix): item
            for item in told_to(tables, tables.core.associations[name("gateway", NORTH)])
            if not item.refused
        }
        assert set(told) == {*VPC.values(), *BEHIND.values(), OFFICE[SOUTH][0]} - {BEHIND[NORTH]}
        assert [item.as_path for item in told[VPC[NORTH]].paths] == [(EDGE[NORTH],)]
        assert [item.as_path for item in told[BEHIND[SOUTH2]].paths] == [(EDGE[NORTH], EDGE[SOUTH2], GATEWAY[SOUTH2])]
        assert {item.as_path for item in told[OFFICE[SOUTH][0]].paths} == {
            (EDGE[NORTH], EDGE[edge], gateway, SOUTH_ASN) for edge, gateway in begins
        }
        assert all(item.doubts == () for item in told.values())
