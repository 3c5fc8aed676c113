"""A sound core network, and the edits that plant something into it."""

from __future__ import annotations

import json
from typing import Any

from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.text import Source
from policyc.workspace.documents.native_settings import NativeSettings
from policyc.workspace.documents.native_texts import check_texts
from tests.conformance.wan_documents import CONFIG, POLICY, RULE, Edit, both, set_at

REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-2")
OVERRIDES = [{"edge-sets": [list(REGIONS)], "use-edge-location": REGIONS[0]}]
MATCHES = ("routing-policies", 0, "routing-policy-rules", 0, "rule-definition", "match-conditions")


def sound() -> dict[str, Any]:
    """A core network with segments, a filter and rules by tag, type, Region, account and resource."""

    def rule(number: int, segment: str, *conditions: dict[str, str]) -> dict[str, Any]:
        action = {"association-method": "constant", "segment": segment}
        return {"rule-number": number, "condition-logic": "and", "conditions": list(conditions), "action": action}

    drop = {
        "match-conditions": [prefix("in-cidr", "10.20.0.0/16")],
        "condition-logic": "and",
        "action": {"type": "drop"},
    }
    return {
        "version": "2025.11",
        "core-network-configuration": {
            "asn-ranges": ["64512-64555"],
            "inside-cidr-blocks": ["10.0.0.0/16"],
            "edge-locations": [{"location": region, "asn": 64512 + at} for at, region in enumerate(REGIONS)],
        },
        "segments": [{"name": name, "isolate-attachments": name == "prod"} for name in ("prod", "dev", "shared")],
        "network-function-groups": [{"name": "inspect", "require-attachment-acceptance": True}],
        "segment-actions": [
            {
                "action": "share",
                "mode": "attachment-route",
                "segment": "shared",
                "share-with": ["prod", "dev"],
                "routing-policy-names": ["few"],
            },
            {
                "action": "send-via",
                "segment": "prod",
                "mode": "dual-hop",
                "when-sent-to": {"segments": ["dev"]},
                "via": {"network-function-groups": ["inspect"]},
            },
        ],
        "attachment-policies": [
            {
                "rule-number": 10,
                "conditions": [tag("function", "inspect")],
                "action": {"add-to-network-function-group": "inspect"},
            },
            rule(20, "prod", tag("env", "prod"), of("account-id", "111122223333")),
            rule(30, "dev", tag("env", "dev"), of("region", "us-east-1"), of("attachment-type", "vpc")),
            rule(40, "shared", of("resource-id", "vpc-0a1b2c3d4e5f67890")),
        ],
        "routing-policies": [
            {
                "routing-policy-name": "few",
                "routing-policy-direction": "inbound",
                "routing-policy-number": 10,
                "routing-policy-rules": [{"rule-number": 1, "rule-definition": drop}],
            }
        ],
    }


def tag(key: str, value: str, operator: str = "equals") -> dict[str, str]:
    return {"type": "tag-value", "key": key, "operator": operator, "value": value}


def of(kind: str, value: str, operator: str = "equals") -> dict[str, str]:
    return {"type": kind, "operator": operator, "value": value}


def prefix(kind: str, value: str) -> dict[str, str]:
    return {"type": f"prefix-{kind}", "value": value}


def found(document: dict[str, Any]) -> list[Diagnostic]:
    told = Diagnostics()
    text = json.dumps(document)
    check_texts([(Source("core.json", text), ".json")], told, NativeSettings(), {"core.json": "core-network"})
    return told.sorted()


def edge(location: str) -> Edit:
    return set_at(CONFIG, "edge-locations", 3, {"location": location})


def condition(rule: int, at: int, value: dict[str, Any]) -> Edit:
    return set_at(RULE, rule, "conditions", at, value)


def single_hop(sets: list[Any]) -> dict[str, Any]:
    """The second action, in the mode in which one edge inspects."""
    return {
        "action": "send-via",
        "segment": "prod",
        "mode": "single-hop",
        "when-sent-to": {"segments": ["dev"]},
        "via": {
            "network-function-groups": ["inspect"],
            "with-edge-overrides": [{"edge-sets": sets, "use-edge-location": REGIONS[0]}],
        },
    }


def summed(block: str) -> Edit:
    """The filter is one of summaries, for its routes of 10.20.0.0/16."""
    action = {"type": "summarize", "value": block}
    return both(
        set_at(POLICY, 0, "routing-policy-direction", "outbound"),
        set_at(POLICY, 0, "routing-policy-rules", 0, "rule-definition", "action", action),
    )


def pair(one: int, other: int) -> dict[str, Any]:
    where = {"edge-location": REGIONS[one], "peer-edge-location": REGIONS[other], "routing-policy-names": ["few"]}
    return {"action": "associate-routing-policy", "segment": "prod", "edge-location-association": where}


def prepend(kind: str) -> dict[str, Any]:
    """The second rule of the filter: a longer path for what its first rule sums up, or for the sum."""
    rule = {"match-conditions": [prefix(kind, "10.20.0.0/16")], "condition-logic": "and"}
    return {"rule-number": 2, "rule-definition": rule | {"action": {"type": "prepend-asn-list", "value": [65100]}}}


#: a rule for attachments that a rule for their types may take
LATER = {
    "rule-number": 30,
    "conditions": [{"type": "tag-exists", "key": "env"}],
    "action": {"association-method": "tag", "tag-value-of-key": "env"},
}

SHARED: dict[str, Any] = {"action": {"association-method": "constant", "segment": "shared"}}
#: a group for what leaves, and who joins it
EGRESS = both(
    set_at("network-function-groups", 1, {"name": "egress", "require-attachment-acceptance": True}),
    set_at(
        RULE,
        4,
        {
            "rule-number": 5,
            "conditions": [tag("function", "egress")],
            "action": {"add-to-network-function-group": "egress"},
        },
    ),
)


def keep(_: dict[str, Any]) -> None:
    """The sound network as it is."""


def by_tag(asked: str, key: str) -> dict[str, Any]:
    action = {"association-method": "tag", "tag-value-of-key": key, "require-acceptance": True}
    return {"rule-number": 50, "conditions": [{"type": "tag-exists", "key": asked}], "action": action}


def way_out(group: str, sent_to: dict[str, Any] | None = None) -> dict[str, Any]:
    overrides = [{"edge-sets": [[region] for region in REGIONS], "use-edge-location": REGIONS[0]}]
    via = {"network-function-groups": [group], "with-edge-overrides": overrides}
    return {"action": "send-to", "segment": "dev", "via": via} | ({} if sent_to is None else {"when-sent-to": sent_to})


def acting(*actions: tuple[str, Any], match: dict[str, str] | None = None) -> Edit:
    """The filter with one rule for each action, all for the same routes."""
    rules = []
    for number, (kind, value) in enumerate(actions, 1):
        action = {"type": kind} | ({} if value is None else {"value": value})
        definition = {"match-conditions": [match or prefix("in-cidr", "10.20.0.0/16")], "condition-logic": "and"}
        rules.append({"rule-number": number, "rule-definition": definition | {"action": action}})
    return set_at(POLICY, 0, "routing-policy-rules", rules)


def labelled(*rules: tuple[str, tuple[str, ...]]) -> Edit:
    """A label rule for each label, at some edges or at all."""
    found: list[dict[str, Any]] = []
    for at, (label, edges) in enumerate(rules):
        conditions = [{"type": "routing-policy-label", "value": label}]
        action = {"associate-routing-policies": ["few"]}
        found.append({"rule-number": at + 1, "conditions": conditions, "action": action})
        if edges:
            found[-1]["edge-locations"] = list(edges)
    return set_at("attachment-routing-policy-rules", found)


#: what goes wrong, the edit that plants it, the one finding that tells it, and the right sibling
