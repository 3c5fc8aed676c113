"""A core network on three edges with what the Cloud WAN tests attach to it: tags place the attachments, nobody waits for acceptance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from policyc.diagnostics import Diagnostics
from policyc.engines.wan.attachments import Announced, Attachment
from policyc.engines.wan.core import build_core
from policyc.engines.wan.prefixes import Prefix, parse_prefix
from policyc.engines.wan.reach import build_tables
from policyc.engines.wan.switches import DEFAULT, Switches
from policyc.engines.wan.tables import Tables
from policyc.ir.network import AttachmentType, CoreNetwork
from policyc.syntax.json_text import from_plain
from policyc.targets.cloud_wan.read import read_value
from policyc.targets.cloud_wan.validate import validate_network
from policyc.text import Span

AT = Span("policy.json", 0, 0)
US, EU, AP = "us-east-1", "eu-west-1", "ap-southeast-2"
ASNS = {US: 64512, EU: 64513, AP: 64514}


def network(
    segments: Sequence[str | dict[str, Any]], actions: Sequence[dict[str, Any]] = (), **parts: Any
) -> CoreNetwork:
    document = {
        "version": "2025.11",
        "core-network-configuration": {
            "asn-ranges": ["64512-64600"],
            "edge-locations": [{"location": edge, "asn": asn} for edge, asn in ASNS.items()],
        },
        "segments": [
            {"require-attachment-acceptance": False} | ({"name": item} if isinstance(item, str) else item)
            for item in segments
        ],
        "segment-actions": list(actions),
        "network-function-groups": [{"name": "fw", "require-attachment-acceptance": False}],
        "attachment-policies": [
            {
                "rule-number": 1,
                "conditions": [{"type": "tag-exists", "key": "fw"}],
                "action": {"add-to-network-function-group": "fw"},
            },
            {
                "rule-number": 2,
                "conditions": [{"type": "tag-exists", "key": "s"}],
                "action": {"association-method": "tag", "tag-value-of-key": "s"},
            },
        ],
        **{key.replace("_", "-"): value for key, value in parts.items()},
    }
    diagnostics = Diagnostics()
    found = read_value(from_plain(document, AT), diagnostics, "core")
    assert found is not None and validate_network(found, diagnostics), [item.message for item in diagnostics]
    return found


def policy(
    name: str, number: int, action: str, value: Any = None, cidr: str = "0.0.0.0/0", way: str = "inbound"
) -> dict[str, Any]:
    rule = {
        "match-conditions": [{"type": "prefix-in-cidr", "value": cidr}],
        "condition-logic": "and",
        "action": {"type": action} | ({} if value is None else {"value": value}),
    }
    return {
        "routing-policy-name": name,
        "routing-policy-direction": way,
        "routing-policy-number": number,
        "routing-policy-rules": [{"rule-number": 1, "rule-definition": rule}],
    }


def labelled(*policies: str) -> list[dict[str, Any]]:
    condition = {"type": "routing-policy-label", "value": "x"}
    return [{"rule-number": 1, "conditions": [condition], "action": {"associate-routing-policies": list(policies)}}]


def share(name: str, *others: str) -> dict[str, Any]:
    return {"action": "share", "mode": "attachment-route", "segment": name, "share-with": list(others)}


def block(text: str) -> Prefix:
    found = parse_prefix(text)
    assert found is not None
    return found


def attached(
    name: str,
    segment: str,
    region: str,
    *cidrs: str,
    kind: AttachmentType = "vpc",
    as_path: tuple[int, ...] | None = None,
    med: int = 100,
    label: str = "",
    id: str = "",
    tag: str = "s",
) -> Attachment:
    routes = tuple(Announced(block(cidr), as_path, med) for cidr in cidrs)
    return Attachment(name, kind, (region,), tags=((tag, segment),), label=label, routes=routes, id=id)


def tables_of(net: CoreNetwork, *attachments: Attachment, switches: Switches = DEFAULT) -> Tables:
    return build_tables(build_core(net, attachments, switches))
