"""How fast a core network is associated, tabled and asked, beside a plain `ipaddress` computation of the same run.

Run: `python tests/bench/wan.py [--small]`. The network has 40 segments on 20 edges and 5,000 attachments; every segment shares with
three hubs, some isolate, some attachments announce BGP routes with attributes, a few are labelled for a routing policy, and
static routes, a `send-via` and a `send-to` stand in it.
"""

from __future__ import annotations

import ipaddress
import sys
import time
from collections.abc import Callable
from typing import TypeVar

from policyc.engines.wan.associate import Associator
from policyc.engines.wan.attachments import Announced, Attachment
from policyc.engines.wan.core import TableName, build_core
from policyc.engines.wan.matrix import segment_matrix
from policyc.engines.wan.prefixes import Prefix
from policyc.engines.wan.reach import build_tables
from policyc.engines.wan.tables import Tables
from policyc.ir import network as ir

T = TypeVar("T")
WORD = ir.Word
HUBS = ("hub0", "hub1", "hub2")


def world(segments: int, edges: int, attachments: int) -> tuple[ir.CoreNetwork, list[Attachment]]:
    """A network and its attachments; every prefix is announced once."""
    regions = [f"region-{index}" for index in range(edges)]
    names = [*HUBS, *(f"s{index}" for index in range(segments - len(HUBS)))]
    configuration = ir.Configuration(
        (ir.AsnRange(64512, 65000),),
        tuple(ir.Edge(WORD(region), ir.Number(64512 + index)) for index, region in enumerate(regions)),
    )
    shares = tuple(ir.Share(WORD(hub), ir.SegmentSet(True)) for hub in HUBS)
    actions: tuple[ir.SegmentAction, ...] = (
        *shares,
        ir.CreateRoute(WORD("s0"), (WORD("192.168.0.0/16"),), (WORD("blackhole"),)),
        ir.SendVia(WORD("s1"), "dual-hop", (WORD("fw"),), ir.SegmentSet(False, (WORD("s2"),))),
        ir.SendTo(WORD("s3"), (WORD("out"),)),
    )
    drop = ir.RouteRule(
        ir.Number(1),
        (ir.RouteMatch("community-in-list", "65000:1"),),
        ir.RouteAction("set-local-preference", 300),
        "and",
    )
    network = ir.CoreNetwork(
        WORD("2025.11"), configuration,
        tuple(ir.Segment(WORD(name), isolate=index % 5 == 4, acceptance=False) for index, name in enumerate(names)),
        (ir.FunctionGroup(WORD("fw"), acceptance=False), ir.FunctionGroup(WORD("out"), acceptance=False)), actions,
        (
            ir.AttachRule(ir.Number(1), (ir.AttachCondition("tag-value", WORD("fn"), "equals", WORD("fw")),), ir.ToGroup(WORD("fw"))),
            ir.AttachRule(ir.Number(2), (ir.AttachCondition("tag-value", WORD("fn"), "equals", WORD("out")),), ir.ToGroup(WORD("out"))),
            ir.AttachRule(ir.Number(3), (ir.AttachCondition("tag-exists", WORD("s")),), ir.ToTag(WORD("s"))),
        ),
        (ir.LabelRule(ir.Number(1), (WORD("partner"),), (WORD("prefer"),)),),
        (ir.RoutingPolicy(WORD("prefer"), "inbound", ir.Number(1), (drop,)),),
    )  # fmt: skip
    found = [made(index, names, regions) for index in range(attachments)]
    for group in ("fw", "out"):
        found += [Attachment(f"{group}-{r}", "vpc", (r,), tags=(("fn", group),)) for r in regions]
    return network, found


def made(index: int, names: list[str], regions: list[str]) -> Attachment:
    """One attachment: mostly VPCs, every tenth a Connect with BGP attributes, some of those labelled."""
    prefix = Prefix(4, (10 << 24) + (index << 8), 24)
    segment, region = names[index % len(names)], regions[index // len(names) % len(regions)]
    if index % 10:
        kind: ir.AttachmentType = "vpc"
        route, label = Announced(prefix), ""
    else:
        route = Announced(prefix, (65001 + index % 7, 65100), 100, frozenset({f"65000:{index % 3}"}))
        kind, label = "connect", "partner" if index % 40 == 0 else ""
    return Attachment(
        f"a{index}", kind, (region,), "111122223333", None, (("s", segment), ("Name", f"a{index}")), label, "available",
        (route,), f"attachment-{index:017x}",
    )  # fmt: skip


def timed(action: Callable[[], T]) -> tuple[float, T]:
    started = time.perf_counter()
    result = action()
    return time.perf_counter() - started, result


def every_route(tables: Tables) -> int:
    """Make every row of every table; the number of rows."""
    count = 0
    for name in tables.names():
        for edge in tables.edges_of(name):
            count += len(tables.table(name, edge).rows)
    return count


def resolve(tables: Tables) -> int:
    """Settle what every segment makes of every prefix, once per kind of origin; the number of routes that are settled by it."""
    count = 0
    for name in tables.domains.domains:
        edges = len(tables.core.edges_of(name))
        for prefix in tables.domains.prefixes(name):
            tables.domains.entry(name, prefix)
            count += edges
    return count


def naive(network: ir.CoreNetwork, attachments: list[Attachment]) -> int:
    """Shares alone with `ipaddress`: every segment's prefixes at every edge in a dict of its own."""
    members: dict[str, list[Attachment]] = {}
    for item in attachments:
        members.setdefault(item.tag("s") or "", []).append(item)
    count = 0
    for segment in network.segments:
        name = segment.name.text
        others = [one.name.text for one in network.segments] if name in HUBS else [name, *HUBS]
        for edge in network.locations:
            table = {}
            for other in others:
                for item in members.get(other, ()):
                    for route in item.routes:
                        block = ipaddress.ip_network((route.prefix.bits, route.prefix.length))
                        table[block] = (item.name, item.regions[0] == edge)
            count += len(table)
    return count


def main(arguments: list[str]) -> int:
    sizes = (8, 4, 400) if "--small" in arguments else (40, 20, 5000)
    network, attachments = world(*sizes)
    print(f"{sizes[2]} attachments, {sizes[0]} segments, {sizes[1]} edges")
    plain, plain_routes = timed(lambda: naive(network, attachments))
    print(f"naive ipaddress, shares alone      {plain:8.3f} s  {plain_routes:>9,} routes")
    built, tables = timed(lambda: build_tables(build_core(network, attachments)))
    print(f"all route tables, ready to look up {built:8.3f} s  ratio {plain / built:5.1f}")
    settled, count = timed(lambda: resolve(tables))
    print(
        f"  + every route settled            {built + settled:8.3f} s  {count:>9,} routes  ratio {plain / (built + settled):5.1f}"
    )
    listed, rows = timed(lambda: every_route(tables))
    print(
        f"  every row written out            {listed:8.3f} s  {rows:>9,} rows  {listed / max(rows, 1) * 1e6:.1f} us each"
    )
    looked, _ = timed(
        lambda: [
            tables.table(TableName("segment", "hub0"), e).lookup(a.routes[0].prefix)
            for a in attachments[: sizes[2] // 10]
            for e in network.locations
        ]
    )
    each = looked / (sizes[2] // 10 * sizes[1])
    print(f"look-up by longest prefix          {each * 1e6:8.1f} us")
    half_network, half = world(sizes[0], sizes[1], sizes[2] // 2)
    less, small = timed(lambda: build_tables(build_core(half_network, half)))
    less += timed(lambda: resolve(small))[0]
    print(f"half the attachments               {less:8.3f} s  growth {(built + settled) / less:4.2f} (2 is linear)")
    pairs, matrix = timed(lambda: segment_matrix(tables))
    print(f"all pairs of segments              {pairs:8.3f} s  {len(matrix.cells):>9,} pairs")
    many = attachments * (100_000 // len(attachments) + 1)
    decided, _ = timed(lambda: list(map(Associator(network), many[:100_000])))
    print(f"association of 100,000             {decided:8.3f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
