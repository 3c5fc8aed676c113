"""A small core network and lists of attachments to it."""

from __future__ import annotations

import json
from typing import Any

from policyc.diagnostics import Diagnostics
from policyc.ir.network import CoreNetwork
from policyc.syntax.json_text import from_plain
from policyc.targets.cloud_wan.inventory_file import Inventory, read_inventory
from policyc.targets.cloud_wan.read import read_value
from policyc.text import Source, Span

US, EU = "us-east-1", "eu-west-1"


def read(*documents: Any) -> tuple[Inventory | None, list[str]]:
    diagnostics = Diagnostics()
    sources = [Source(f"f{at}.json", json.dumps(document)) for at, document in enumerate(documents)]
    found = read_inventory(sources, diagnostics)
    assert (found is None) is diagnostics.has_errors
    return found, [item.rule for item in diagnostics]


def inventory(*documents: Any) -> Inventory:
    found, rules = read(*documents)
    assert found is not None and rules == []
    return found


def network(**parts: Any) -> CoreNetwork:
    document = {
        "version": "2025.11",
        "core-network-configuration": {
            "asn-ranges": ["64512-64600"],
            "edge-locations": [{"location": US, "asn": 64512}, {"location": EU, "asn": 64513}],
        },
        "segments": [{"name": name, "require-attachment-acceptance": False} for name in ("a", "b")],
        "network-function-groups": [{"name": "fw", "require-attachment-acceptance": False}],
        "attachment-policies": [
            {
                "rule-number": 10,
                "conditions": [{"type": "tag-exists", "key": "fn"}],
                "action": {"add-to-network-function-group": "fw"},
            },
            {
                "rule-number": 20,
                "conditions": [{"type": "tag-exists", "key": "s"}],
                "action": {"association-method": "tag", "tag-value-of-key": "s"},
            },
        ],
        **{key.replace("_", "-"): value for key, value in parts.items()},
    }
    found = read_value(from_plain(document, Span("p.json", 0, 0)), Diagnostics(), "p")
    assert found is not None
    return found


def item(name: str, where: str, region: str = US, **more: Any) -> dict[str, Any]:
    tags = {"fn": "x"} if where == "fw" else {"s": where}
    return {"name": name, "type": "vpc", "region": region, "tags": tags, "cidrs": [], **more}


VIA = {
    "action": "send-via",
    "segment": "a",
    "mode": "dual-hop",
    "when-sent-to": {"segments": ["b"]},
    "via": {"network-function-groups": ["fw"]},
}
TO = {"action": "send-to", "segment": "a", "via": {"network-function-groups": ["fw"]}}
OVERRIDE = {"edge-sets": [[US, EU]], "use-edge-location": EU}
SINGLE = VIA | {"mode": "single-hop", "via": {"network-function-groups": ["fw"], "with-edge-overrides": [OVERRIDE]}}
SHARED = {"action": "share", "mode": "attachment-route", "segment": "a", "share-with": ["b"]}
