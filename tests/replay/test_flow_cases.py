"""Flow logs of every origin against the route tables of one core network, each with the answer that follows from the documentation of its fields.

The network: `dev` holds a (10.1.0.0/16, 2001:db8:1::/48) and b (10.2.0.0/16, 2001:db8:2::/48), `prod` holds c (10.3.0.0/16), and nothing is shared.
So a and b reach one another, and c nobody.

Sources: https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html (fields, `traffic-path`, NODATA and SKIPDATA),
https://docs.aws.amazon.com/vpc/latest/tgw/tgw-flow-logs.html (fields of transit gateways; all of them without a format of one's own).
"""

from __future__ import annotations

import io
import json
from random import Random
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.replay.askers.known import Known
from policyc.replay.askers.networks import OfNetwork
from policyc.replay.askers.said import Many
from policyc.replay.reading import Log
from policyc.replay.report.plain import as_json
from policyc.replay.report.replay import Replay
from policyc.replay.tally import Tally, replay
from policyc.targets.cloud_wan.check import check_document
from policyc.targets.cloud_wan.inventory_file import read_inventory
from policyc.targets.cloud_wan.questions import situate
from policyc.text import Source

POLICY = {
    "version": "2025.11",
    "core-network-configuration": {"asn-ranges": ["64512-64555"], "edge-locations": [{"location": "us-east-1"}]},
    "segments": [
        {"name": "dev", "require-attachment-acceptance": False},
        {"name": "prod", "require-attachment-acceptance": False},
    ],
    "attachment-policies": [
        {
            "rule-number": 100,
            "condition-logic": "or",
            "conditions": [{"type": "tag-exists", "key": "segment"}],
            "action": {"association-method": "tag", "tag-value-of-key": "segment"},
        }
    ],
}
ATTACHED = {
    name: {
        "type": "vpc",
        "region": "us-east-1",
        "id": f"attachment-{name}",
        "resource_id": f"vpc-{name}",
        "tags": {"segment": segment},
        "cidrs": cidrs,
    }
    for name, segment, cidrs in (
        ("a", "dev", ["10.1.0.0/16", "2001:db8:1::/48"]),
        ("b", "dev", ["10.2.0.0/16", "2001:db8:2::/48"]),
        ("c", "prod", ["10.3.0.0/16"]),
    )
}


@pytest.fixture(scope="module")
def network() -> OfNetwork:
    found = Diagnostics()
    document = check_document(Source("core.json", json.dumps(POLICY)), found)
    inventory = read_inventory([Source("attachments.json", json.dumps({"attachments": ATTACHED}))], found)
    assert document is not None, list(found)
    assert inventory is not None, list(found)
    return OfNetwork(situate(document, inventory))


REPRODUCED, CONTRADICTED, SILENT = "reproduced", "contradicted", "silent"
V2 = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)
V3 = "vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr srcaddr dstaddr action log-status"
V5 = "vpc-id srcaddr dstaddr pkt-srcaddr pkt-dstaddr flow-direction traffic-path action log-status"
V8 = f"{V5} reject-reason"
V10 = f"{V8} encryption-status resource-id"
TGW = "tgw-attachment-id tgw-pair-attachment-id tgw-src-vpc-id srcaddr dstaddr packets log-status packets-lost-no-route packets-lost-blackhole packets-lost-mtu-exceeded flow-direction"
TRANSIT = "6 TransitGateway 111122223333 tgw-1 {at} 111122223333 111122223333 {src} {dst} subnet-1 subnet-2 eni-1 eni-2 az1 az2 {pair} {ends} 40000 443 6 {sent} 840 1793520000 1793520060 OK IPv4 {lost} 0 0 0 2 us-east-1 {direction} - -"
CORE = "core-network-arn core-network-src-attachment-id core-network-dst-attachment-id srcaddr dstaddr packets log-status packets-lost-no-route packets-lost-blackhole"


def line(fields: str, **values: str) -> str:
    held = {name.replace("_", "-"): value for name, value in values.items()}
    return " ".join(held.get(name, "OK" if name == "log-status" else "-") for name in fields.split())


def transit(ends: str, direction: str, lost: str = "0", **more: str) -> str:
    held = {"at": "attachment-a", "pair": "attachment-b", "src": "-", "dst": "-", "sent": "10", **more}
    return TRANSIT.format(ends=ends, direction=direction, lost=lost, **held)


A, B, C = "10.1.0.5", "10.2.0.9", "10.3.0.7"
AB, AC = {"srcaddr": A, "dstaddr": B}, {"srcaddr": A, "dstaddr": C}
ACCEPT = {"action": "ACCEPT"}
OUT, IN = {"flow_direction": "egress", **ACCEPT}, {"flow_direction": "ingress", **ACCEPT}

CASES: list[tuple[str, str, str, str]] = [
    # VPC, the default format: what an interface accepted does not say whether it arrived
    ("v2 without header", "", f"2 111122223333 eni-1 {A} {B} 4 443 6 10 840 1793520000 1793520060 ACCEPT OK", SILENT),
    ("v2", V2, line(V2, **AB, **ACCEPT), SILENT),
    ("v2 refused by a security group", V2, line(V2, **AB, action="REJECT"), "security group"),
    ("v2 without traffic", V2, line(V2, log_status="NODATA"), "NODATA"),
    ("v2 with records left out", V2, line(V2, log_status="SKIPDATA"), "SKIPDATA"),
    ("v2 within one VPC", V2, line(V2, srcaddr=A, dstaddr="10.1.9.9", **ACCEPT), "stays with one attachment"),
    ("v2 from nowhere that is given", V2, line(V2, srcaddr="192.0.2.1", dstaddr=B, **ACCEPT), "no attachment"),
    ("v2 without an address", V2, line(V2, srcaddr=A, **ACCEPT), "no address"),
    ("v2 with a name for an address", V2, line(V2, srcaddr="host", dstaddr=B, **ACCEPT), "an address of it is none"),
    ("v2 IPv6", V2, line(V2, srcaddr="2001:db8:1::5", dstaddr="2001:db8:2::9", **ACCEPT), SILENT),
    ("v2 that lacks fields", V2, "2 111122223333 eni-1", "lacks fields"),
    # v3: the addresses of the packet, behind an interface that stands for others (NAT, a load balancer)
    (
        "v3 behind NAT",
        V3,
        line(V3, vpc_id="vpc-a", srcaddr="10.1.0.99", dstaddr=C, pkt_srcaddr=A, pkt_dstaddr=B, **ACCEPT),
        SILENT,
    ),
    (
        "v3 behind NAT, to its own VPC",
        V3,
        line(V3, vpc_id="vpc-a", **AB, pkt_srcaddr=A, pkt_dstaddr="10.1.0.6", **ACCEPT),
        "stays with one attachment",
    ),
    ("v3 without packet addresses", V3, line(V3, vpc_id="vpc-a", **AB, **ACCEPT), SILENT),
    (
        "packet addresses alone",
        "vpc-id pkt-srcaddr pkt-dstaddr flow-direction action",
        f"vpc-b {A} {B} ingress ACCEPT",
        REPRODUCED,
    ),
    ("one end alone", "vpc-id srcaddr action", "vpc-a 10.1.0.5 ACCEPT", "no JSON"),
    # v5: the direction, and the way out
    ("v5 leaves", V5, line(V5, vpc_id="vpc-a", **AB, **OUT, traffic_path="1"), SILENT),
    ("v5 arrives", V5, line(V5, vpc_id="vpc-b", **AB, **IN), REPRODUCED),
    ("v5 arrives where it cannot", V5, line(V5, vpc_id="vpc-c", **AC, **IN), CONTRADICTED),
    (
        "v5 IPv6 arrives",
        V5,
        line(V5, vpc_id="vpc-b", srcaddr="2001:db8:1::5", dstaddr="2001:db8:2::9", **IN),
        REPRODUCED,
    ),
    (
        "v5 by an internet gateway",
        V5,
        line(V5, vpc_id="vpc-a", srcaddr=A, dstaddr="198.51.100.7", **OUT, traffic_path="8"),
        "by a gateway",
    ),
    ("v5 by a peering", V5, line(V5, vpc_id="vpc-a", **AC, **OUT, traffic_path="4"), "a peering"),
    (
        "v5 by a gateway endpoint",
        V5,
        line(V5, vpc_id="vpc-a", srcaddr=A, dstaddr="198.51.100.7", **OUT, traffic_path="7"),
        "an endpoint",
    ),
    ("v5 underscores, as in Parquet", V5.replace("-", "_"), line(V5, vpc_id="vpc-b", **AB, **IN), REPRODUCED),
    (
        "v8 refused by a block of public access",
        V8,
        line(V8, vpc_id="vpc-a", **AB, flow_direction="egress", action="REJECT", reject_reason="BPA"),
        "public access",
    ),
    ("v10 arrives", V10, line(V10, vpc_id="vpc-b", **AB, **IN, encryption_status="0"), REPRODUCED),
    (
        "a format of one's own in another order",
        "dstaddr action vpc-id flow-direction srcaddr",
        f"{B} ACCEPT vpc-b ingress {A}",
        REPRODUCED,
    ),
    # transit gateways: drops for want of a route are told
    ("transit, all fields without header", "", transit(f"{A} {B}", "ingress"), REPRODUCED),
    ("transit, no route", "", transit(f"{A} {C}", "ingress", "10"), REPRODUCED),
    ("transit, no route where there is one", "", transit(f"{A} {B}", "ingress", "10"), CONTRADICTED),
    (
        "transit, where it leaves",
        "",
        transit(f"192.0.2.1 {B}", "egress", at="attachment-b", pair="attachment-a"),
        REPRODUCED,
    ),
    (
        "transit, by the VPC",
        TGW,
        line(TGW, tgw_src_vpc_id="vpc-a", **AB, packets="3", packets_lost_no_route="0"),
        REPRODUCED,
    ),
    (
        "transit, a blackhole",
        TGW,
        line(TGW, tgw_src_vpc_id="vpc-a", **AC, packets="3", packets_lost_blackhole="3"),
        REPRODUCED,
    ),
    (
        "transit, a packet that was too large",
        TGW,
        line(TGW, tgw_src_vpc_id="vpc-a", **AB, packets="3", packets_lost_mtu_exceeded="3"),
        REPRODUCED,
    ),
    ("transit, nothing passed", TGW, line(TGW, tgw_src_vpc_id="vpc-a", **AB, packets="0"), SILENT),
    (
        "transit, a count that is no number",
        TGW,
        line(TGW, tgw_src_vpc_id="vpc-a", **AB, packets="3", packets_lost_no_route="1e3"),
        "is no number",
    ),
    (
        "transit, an attachment without direction",
        TGW,
        line(TGW, tgw_attachment_id="attachment-b", **AC, packets="3"),
        CONTRADICTED,
    ),
    ("transit, without traffic", TGW, line(TGW, log_status="NODATA"), "NODATA"),
    # core networks
    ("core network", CORE, line(CORE, core_network_src_attachment_id="attachment-a", **AB, packets="2"), REPRODUCED),
    (
        "core network, no route",
        CORE,
        line(CORE, core_network_src_attachment_id="attachment-a", **AC, packets_lost_no_route="2"),
        REPRODUCED,
    ),
    ("core network, not correlated", CORE, line(CORE, **AB, log_status="INCOMPLETEDATA"), "INCOMPLETEDATA"),
    (
        "core network, not correlated, underscores",
        CORE.replace("-", "_"),
        line(CORE, **AB, log_status="INCOMPLETEDATA"),
        "INCOMPLETEDATA",
    ),
    (
        "core network, an attachment that is not given",
        CORE,
        line(CORE, core_network_src_attachment_id="attachment-x", **AB, packets="2"),
        REPRODUCED,
    ),
]


@pytest.mark.parametrize(("head", "text", "wanted"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_a_flow_says_of_the_tables(head: str, text: str, wanted: str, network: OfNetwork) -> None:
    log, tally = Log(), Tally()
    data = "\n".join(filter(None, (head, text))).encode()
    stream: Any = io.BufferedReader(io.BytesIO(data))
    replay(log.records([("flows.log", stream)]), Many({"flow-logs": network}), None, tally, Known({}, {}))
    counts = {REPRODUCED: tally.reproduced, CONTRADICTED: tally.contradicted, SILENT: tally.silent, "open": tally.open}
    if wanted in counts:
        assert counts == {**dict.fromkeys(counts, 0), wanted: 1}, (tally, log.unread)
    else:
        assert tally.asked == 0
        reasons = [*log.unread, *tally.skipped]
        assert any(wanted in reason for reason in reasons), reasons


#: what may stand in a field, and lines that may stand between
ODD = (
    "-",
    "null",
    "x",
    "-5",
    "0",
    "7",
    "1.5",
    "ü",
    "REJECT",
    "egress",
    "NODATA",
    A,
    C,
    "::1",
    "vpc-b",
    '"',
    "a b",
    "2026-11-01T08:00:00Z",
)
OTHER_TYPES: tuple[Any, ...] = (None, 7, -1, 1.5, True, [], {}, ["x"], {"x": 1}, "", " 4", "\ud800", 'a"b', 10**30)
BETWEEN = (
    "",
    "{",
    "[1]",
    "x y z",
    "b/1\tf/1",
    '{"srcaddr": "10.1.0.5", "dstaddr": "10.2.0.9", "packets": 3}',
    f"2026-11-01T08:00:00Z {V2}",
)


def in_columns(data: bytes, network: OfNetwork) -> tuple[Log, Tally]:
    pytest.importorskip("duckdb")
    pytest.importorskip("pyarrow")
    from policyc.replay.columns.run import ColumnReplayer, replay_files

    log, tally = Log(), Tally()
    stream: Any = io.BufferedReader(io.BytesIO(data))
    replay_files([("f", stream)], ColumnReplayer(Many({"flow-logs": network}), None, tally, Known({}, {})), log)
    return log, tally


def test_flows_in_columns_are_told_as_line_by_line(network: OfNetwork) -> None:
    """The cases one behind the other, drawn with slips: other layouts, words too many and too few, lines of other forms between them."""
    random, width = Random(5), len(CASES)
    for _ in range(8):
        drawn = list[str]()
        for at in random.choices(range(width), k=random.choice((1, 1, 2, 3))):
            _, head, text, _ = CASES[at]
            rows = [text, *text.split("\n")] * random.randrange(1, 5)
            for row in rows:
                words = row.split(" ")
                if random.random() < 0.4:
                    words[random.randrange(len(words))] = random.choice(ODD)
                if random.random() < 0.1:
                    words.append("more")
                drawn += [head] * (random.random() < 0.3 or not drawn) + [random.choice((" ", " ", "  ")).join(words)]
                drawn += [random.choice(BETWEEN)] * (random.random() < 0.1)
        data = "\n".join(filter(None, drawn)).encode()
        log, tally = Log(), Tally()
        stream: Any = io.BufferedReader(io.BytesIO(data))
        replay(log.records([("f", stream)]), Many({"flow-logs": network}), None, tally, Known({}, {}))
        told = in_columns(data, network)
        assert (as_json(Replay(log, tally, False)), log.unread) == (as_json(Replay(*told, False)), told[0].unread), data


def test_flows_in_tables_are_told_as_row_by_row(network: OfNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cases as Parquet and JSON: names with underscores, counts as numbers, and values that are odd or not there."""
    pytest.importorskip("duckdb")
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    from policyc.replay.columns.run import ColumnReplayer

    random, columned = Random(6), ColumnReplayer.records_of
    heads = [head for head in dict.fromkeys(head for _, head, _, _ in CASES) if head and len(head.split()) > 1]
    for head in heads:
        names = head.replace("-", "_").split()
        lines = [text.split(" ") for _, other, text, _ in CASES if other == head] * 3
        rows = [dict(zip(names, line)) for line in lines if len(line) == len(names)]
        for row in rows[len(rows) // 3 :]:
            row[random.choice(names)] = random.choice((None, None, *ODD))
        columns = {name: pa.array([row[name] for row in rows], pa.string()) for name in names}
        for name, column in columns.items():
            if random.random() < 0.5 and all(text is None or (text.isdigit() and text.isascii()) for text in column.to_pylist()):  # fmt: off
                columns[name] = column.cast(pa.int64())
        out = io.BytesIO()
        pq.write_table(pa.table(columns), out)
        items: list[dict[str, Any]] = pa.table(columns).to_pylist()
        for item in items[len(items) // 2 :]:
            item[random.choice(names)] = random.choice(OTHER_TYPES)
        lines_of_json = "\n".join(map(json.dumps, items)).encode()
        for data in (out.getvalue(), lines_of_json, json.dumps({"Records": items}).encode()):
            told = in_columns(data, network)
            monkeypatch.setattr(ColumnReplayer, "records_of", lambda *_: None)
            log, tally = in_columns(data, network)
            monkeypatch.setattr(ColumnReplayer, "records_of", columned)
            texts = [(as_json(Replay(*one, False)), one[0].unread) for one in ((log, tally), told)]
            assert texts[0] == texts[1], data
