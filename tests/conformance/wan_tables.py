"""Core networks, attachments and their route tables, in few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policyc.diagnostics import Diagnostics
from policyc.engines.wan.attachments import Announced, Attachment
from policyc.engines.wan.core import TableName, build_core
from policyc.engines.wan.prefixes import Prefix, parse_prefix
from policyc.engines.wan.reach import Answer, Target, build_tables, reach
from policyc.engines.wan.switches import DEFAULT, Switches
from policyc.engines.wan.tables import Tables
from policyc.ir.network import CoreNetwork
from policyc.syntax.json_text import from_plain
from policyc.targets.cloud_wan.read import read_value
from policyc.targets.cloud_wan.validate import validate_network
from policyc.text import Span

AT = Span("policy.json", 0, 0)
US, EU, AP = "us-east-1", "eu-west-1", "ap-southeast-2"


def network(**parts: Any) -> CoreNetwork:
    """A valid network of the given parts; keys use `_` for `-`."""
    edges = parts.pop("edges", [US, EU])
    document: dict[str, Any] = {
        "version": "2025.11",
        "core-network-configuration": {
            "asn-ranges": ["64512-64600"],
            "edge-locations": [edge if isinstance(edge, dict) else {"location": edge} for edge in edges],
        },
        "attachment-policies": [
            {
                "rule-number": 10,
                "conditions": [{"type": "tag-exists", "key": "group"}],
                "action": {"add-to-network-function-group": "fw"},
            },
            {
                "rule-number": 20,
                "conditions": [{"type": "tag-exists", "key": "segment"}],
                "action": {"association-method": "tag", "tag-value-of-key": "segment"},
            },
        ],
        **{key.replace("_", "-"): value for key, value in parts.items()},
    }
    if "network-function-groups" not in document:
        document["attachment-policies"].pop(0)
    diagnostics = Diagnostics()
    result = read_value(from_plain(document, AT), diagnostics, "core")
    assert result is not None and not diagnostics.has_errors, [item.message for item in diagnostics]
    assert validate_network(result, diagnostics), [item.message for item in diagnostics]
    return result


def segment(name: str, **parts: Any) -> dict[str, Any]:
    return {"name": name, "require-attachment-acceptance": False, **{k.replace("_", "-"): v for k, v in parts.items()}}


FW = {"name": "fw", "require-attachment-acceptance": False}


def prefix(text: str) -> Prefix:
    found = parse_prefix(text)
    assert found is not None
    return found


def vpc(name: str, where: str, region: str, *cidrs: str, id: str = "") -> Attachment:
    tags = (("group", "fw"),) if where == "fw" else (("segment", where),)
    routes = tuple(Announced(prefix(cidr)) for cidr in cidrs)
    return Attachment(name, "vpc", (region,), "111122223333", f"arn:{name}", tags, "", None, routes, id)


def share(name: str, *others: str) -> dict[str, Any]:
    return {"action": "share", "mode": "attachment-route", "segment": name, "share-with": list(others)}


def tables_of(net: CoreNetwork, *attachments: Attachment, switches: Switches = DEFAULT) -> Tables:
    return build_tables(build_core(net, attachments, switches))


def hops(tables: Tables, name: str, edge: str, to: str, kind: str = "segment") -> set[str]:
    """The possible next hops of one row as text; empty without a row."""
    row = tables.table(TableName("segment" if kind == "segment" else "group", name), edge).lookup(prefix(to))
    return set() if row is None else {str(option.hop) for option in row.options}


def go(tables: Tables, source: str, to: str) -> Answer:
    known = tables.core.associations.get(to)
    target = Target((prefix(to),)) if known is None else Target(known.attachment.prefixes, to)
    return reach(tables, source, target)


def e1(*actions: Mapping[str, Any]) -> Tables:
    net = network(
        segments=[segment("dev", isolate_attachments=True), segment("hub")],
        segment_actions=[share("hub", "dev"), *actions],
    )
    return tables_of(
        net,
        vpc("a", "dev", US, "10.1.0.0/16"),
        vpc("b", "dev", EU, "10.2.0.0/16"),
        vpc("c", "hub", US, "10.9.0.0/16", id="attachment-0123456789abcdef0"),
    )


FIREWALLS = (vpc("fw1", "fw", US, "100.64.0.0/24"), vpc("fw2", "fw", EU, "100.64.1.0/24"))
