"""What `build --diff` says of the documents themselves, and of the edges that are updated: AWS's page on the regional scope of changes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from policyc.cli.network_diff import comparison_lines
from policyc.diagnostics import Diagnostics
from policyc.ir.network import CoreNetwork
from policyc.syntax.json_text import from_plain
from policyc.targets.cloud_wan.compare import Change, Comparison
from policyc.targets.cloud_wan.configuration_diff import ConfigurationChange, changed_configuration
from policyc.targets.cloud_wan.read import read_value
from tests.conformance.wan_networks import AP, AT, EU, US, attached

ALL = (US, EU, AP)
WALL = "attachment-0000000000000000a"
DOCUMENT: dict[str, Any] = {
    "version": "2025.11",
    "core-network-configuration": {
        "asn-ranges": ["64512-64600"],
        "inside-cidr-blocks": ["10.0.0.0/16"],
        "edge-locations": [{"location": edge, "asn": 64512 + at} for at, edge in enumerate(ALL)],
    },
    "segments": [{"name": "a", "edge-locations": [US, EU]}, {"name": "b", "deny-filter": ["a"]}],
    "network-function-groups": [{"name": "fw", "require-attachment-acceptance": False}],
    "segment-actions": [
        {"action": "share", "mode": "attachment-route", "segment": "a", "share-with": ["b"]},
        {
            "action": "create-route",
            "segment": "a",
            "destination-cidr-blocks": ["10.0.0.0/8"],
            "destinations": ["blackhole"],
        },
        {"action": "create-route", "segment": "b", "destination-cidr-blocks": ["0.0.0.0/0"], "destinations": [WALL]},
        {
            "action": "associate-routing-policy",
            "segment": "b",
            "edge-location-association": {"edge-location": US, "peer-edge-location": AP, "routing-policy-names": ["p"]},
        },
    ],
    "attachment-policies": [
        {
            "rule-number": 10,
            "conditions": [{"type": "tag-exists", "key": "s"}],
            "action": {"association-method": "tag", "tag-value-of-key": "s"},
        }
    ],
    "attachment-routing-policy-rules": [
        {
            "rule-number": 10,
            "conditions": [{"type": "routing-policy-label", "value": "x"}],
            "action": {"associate-routing-policies": ["q"]},
        }
    ],
    "routing-policies": [
        {
            "routing-policy-name": name,
            "routing-policy-direction": "inbound",
            "routing-policy-number": number,
            "routing-policy-rules": [
                {
                    "rule-number": 1,
                    "rule-definition": {
                        "match-conditions": [{"type": "prefix-equals", "value": "10.1.0.0/16"}],
                        "condition-logic": "and",
                        "action": {"type": "drop"},
                    },
                }
            ],
        }
        for name, number in (("p", 1), ("q", 2))
    ],
}
ATTACHED = (attached("wall", "b", AP, id=WALL), attached("v", "a", EU, "10.1.0.0/16", label="x"))


def read(document: dict[str, Any]) -> CoreNetwork:
    diagnostics = Diagnostics()
    found = read_value(from_plain(document, AT), diagnostics, "core")
    assert found is not None, [item.message for item in diagnostics]
    return found


def changes(edit: Callable[[dict[str, Any]], Any], known: bool = True) -> list[ConfigurationChange]:
    after = copy.deepcopy(DOCUMENT)
    edit(after)
    return compared(DOCUMENT, after, known)


def compared(before: dict[str, Any], after: dict[str, Any], known: bool = True) -> list[ConfigurationChange]:
    return list(changed_configuration(read(before), read(after), ATTACHED if known else None, (EU,)))


def config(document: dict[str, Any]) -> Any:
    return document["core-network-configuration"]


Edit = Callable[[dict[str, Any]], Any]
ROWS: list[tuple[Edit, str, tuple[str, ...]]] = [
    (lambda d: d.update({"version": "2021.12"}), "version", ALL),
    (lambda d: config(d).update({"vpn-ecmp-support": False}), "vpn-ecmp-support", ALL),
    (lambda d: config(d).update({"dns-support": False}), "dns-support", ALL),
    (
        lambda d: config(d).update({"security-group-referencing-support": True}),
        "security-group-referencing-support",
        ALL,
    ),
    (lambda d: config(d).update({"asn-ranges": ["64512-64700"]}), "asn-ranges", ()),
    (lambda d: config(d).update({"inside-cidr-blocks": ["10.0.0.0/15"]}), "inside-cidr-blocks", ()),
    (lambda d: config(d)["edge-locations"].pop(), f"edge {AP}", ALL),
    (lambda d: config(d)["edge-locations"][1].update({"asn": 64590}), f"edge {EU}, asn", (EU,)),
    (
        lambda d: d["segments"][0].update({"require-attachment-acceptance": False}),
        "segment a, require-attachment-acceptance",
        (),
    ),
    (lambda d: d["segments"][0].update({"description": "x"}), "segment a, description", ()),
    (lambda d: d["segments"][0].update({"isolate-attachments": True}), "segment a, isolate-attachments", (US, EU)),
    (lambda d: d["segments"][0].update({"edge-locations": [US, AP]}), "segment a, edge-locations", ALL),
    (lambda d: d["segments"][1].pop("deny-filter"), "segment b, deny-filter", ALL),
    (lambda d: d["segments"].append({"name": "c", "edge-locations": [AP]}), "segment c", (AP,)),
    (
        lambda d: d["network-function-groups"].append({"name": "g", "require-attachment-acceptance": True}),
        "function group g",
        ALL,
    ),
    (
        lambda d: d["network-function-groups"][0].update({"require-attachment-acceptance": True}),
        "function group fw, require-attachment-acceptance",
        (),
    ),
    (lambda d: d["segment-actions"].pop(0), "share of a", ALL),
    (
        lambda d: d["segment-actions"][1].update({"destination-cidr-blocks": ["10.0.0.0/9"]}),
        "create-route of a, destination-cidr-blocks",
        (US, EU),
    ),
    (lambda d: d["segment-actions"][1].update({"description": "x"}), "create-route of a, description", ()),
    (lambda d: d["segment-actions"].pop(2), "create-route of b", (AP,)),
    (lambda d: d["segment-actions"].pop(3), "associate-routing-policy of b", (US, AP)),
    (lambda d: d["attachment-policies"][0].update({"rule-number": 20}), "attachment rule 10", (EU,)),
    (lambda d: d["attachment-policies"][0].update({"description": "x"}), "attachment rule 10, description", ()),
    (lambda d: d["attachment-routing-policy-rules"].pop(), "label rule 10", (EU,)),
    (
        lambda d: d["routing-policies"][0].update({"routing-policy-number": 9}),
        "routing policy p, routing-policy-number",
        (US, AP),
    ),
    (
        lambda d: d["routing-policies"][1].update({"routing-policy-number": 9}),
        "routing policy q, routing-policy-number",
        (EU,),
    ),
]


@pytest.mark.parametrize("edit, subject, edges", ROWS)
def test_every_key_is_told_with_the_edges_that_it_touches(edit: Edit, subject: str, edges: tuple[str, ...]) -> None:
    found = changes(edit)
    assert found[0].subject == subject
    assert found[0].edges == tuple(edge for edge in ALL if edge in edges)
    assert found[0].every is (edges == ALL) and found[0].before != found[0].after
    assert {item.subject for item in found} <= {subject, "attachment rule 20"}


@pytest.mark.parametrize(
    "edit",
    [
        lambda d: None,
        lambda d: d["segments"].reverse(),
        lambda d: d["segment-actions"].reverse(),
        lambda d: d["segments"][0]["edge-locations"].reverse(),
        lambda d: d["routing-policies"].reverse(),
    ],
)
def test_order_that_has_no_meaning_is_no_change(edit: Edit) -> None:
    assert changes(edit) == []


#: keys that say what the service takes without them
DEFAULTS: list[Edit] = [
    lambda d: config(d).update({"vpn-ecmp-support": True}),
    lambda d: config(d).update({"dns-support": True}),
    lambda d: config(d).update({"security-group-referencing-support": False}),
    lambda d: d["segments"][0].update({"isolate-attachments": False}),
    lambda d: d["segments"][0].update({"require-attachment-acceptance": True}),
    lambda d: d["segments"][0].update({"description": ""}),
    lambda d: d["segments"][0].update({"edge-locations": [AP, US, EU]}),
    lambda d: d["attachment-policies"][0]["action"].update({"require-acceptance": False}),
]


@pytest.mark.parametrize("edit", DEFAULTS)
def test_a_default_that_is_stated_is_no_change(edit: Edit) -> None:
    plain = copy.deepcopy(DOCUMENT)
    del plain["segments"][0]["edge-locations"]
    stated = copy.deepcopy(plain)
    edit(stated)
    assert stated != plain
    assert compared(plain, stated) == compared(stated, plain) == []


def test_what_is_dropped_says_what_the_service_takes_instead() -> None:
    before = copy.deepcopy(DOCUMENT)
    before["segments"][0]["isolate-attachments"] = True
    (found,) = compared(before, DOCUMENT)
    assert (found.before, found.after) == ("true", "not stated (false)")


def test_the_acceptance_of_a_function_group_has_no_default_that_aws_states() -> None:
    after = copy.deepcopy(DOCUMENT)
    del after["network-function-groups"][0]["require-attachment-acceptance"]
    (found,) = compared(DOCUMENT, after)
    assert (found.before, found.after) == ("false", "not stated")


def test_what_hangs_on_attachments_that_nobody_named_is_said_to() -> None:
    (found,) = changes(lambda d: d["segment-actions"].pop(2), known=False)
    assert found.edges is None and "attachments concerned" in found.sentence()


def test_the_default_of_a_key_that_is_not_stated_is_shown() -> None:
    (found,) = changes(lambda d: config(d).update({"vpn-ecmp-support": False}))
    assert found.sentence() == "vpn-ecmp-support: not stated (true) -> false (updates every edge)"


def test_more_changes_than_anybody_reads_are_summed_up() -> None:
    """120 rows of reachability and 110 moves: by what becomes of what and between which places, every kind with its number of ways."""
    opened = [
        Change("reach", f"v{at} to w{at}", "blocked", "reachable", ("segment a", f"segment b{at % 6}"), 10)
        for at in range(119)
    ]
    closed = Change("reach", "x to y", "reachable", "blocked", ("segment c", "segment d"), 7)
    moves = tuple(Change("association", f"v{at}", "segment a", "nowhere") for at in range(110))
    assert comparison_lines(Comparison((), moves, (*opened, closed), False), 100) == [
        "configuration: no change",
        "associations: 110 changes",
        "  segment a -> nowhere: 110 attachments, as v0, v1, v2",
        "reachability: 120 changes",
        "  1,197 ways from an attachment to another, or to a block, change:",
        "  blocked -> reachable: 1,190 ways between 6 pairs of places",
        *(f"      segment a to segment b{at}: 200, as v{at} to w{at}" for at in range(4)),
        "      and 2 pairs of places more",
        "  reachable -> blocked: 7 ways between 1 pair of places",
        "      segment c to segment d: 7, as x to y",
        "  `--format json` lists all 120",
    ]
    few = comparison_lines(Comparison((), (), (closed,), False), 100)
    assert few[-1] == "  x to y: reachable -> blocked"
