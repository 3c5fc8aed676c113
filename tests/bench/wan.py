"""How fast a core network is associated, tabled and asked, beside a plain `ipaddress` computation of the same run.

Run: `python tests/bench/wan.py [--small] [--strict]`. The network has 40 segments on 20 edges and 5,000 attachments of all types, and
every feature that shapes a route: isolation, shares, filters, static routes and blackholes, `send-via` in both modes, `send-to`
with overrides, and routing policies on attachments, shares and edge pairs. Figures are CPU seconds, the best of a few runs, since
other work on the machine only adds; aims are those of the full size. `--strict` ends with 1 when one is missed.
"""

from __future__ import annotations

import gc
import ipaddress
import itertools
import sys
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from policyc.diagnostics import Diagnostics, Severity
from policyc.engines.wan.associate import Associator
from policyc.engines.wan.attachments import Announced, Attachment
from policyc.engines.wan.core import TableName, build_core
from policyc.engines.wan.matrix import segment_matrix
from policyc.engines.wan.prefixes import Prefix, format_prefix
from policyc.engines.wan.reach import build_tables
from policyc.engines.wan.tables import Row, Tables
from policyc.ir import network as ir
from policyc.targets.cloud_wan.validate import validate_network

T = TypeVar("T")
WORD = ir.Word
HUBS = ("hub0", "hub1", "hub2")
GROUPS = ("fw", "east", "out")
LISTS = {"lab": tuple(Prefix(4, (10 << 24) + (index * 64 << 8), 24) for index in range(150))}


# --- the network ------------------------------------------------------------------------------------------------


def words(*names: str) -> tuple[ir.Word, ...]:
    return tuple(map(WORD, names))


def rule(number: int, kind: ir.MatchType, value: str | int, action: ir.ActionType, *given: object) -> ir.RouteRule:
    return ir.RouteRule(ir.Number(number), (ir.RouteMatch(kind, value),), ir.RouteAction(action, *given), "and")  # type: ignore[arg-type]


def policies() -> tuple[ir.RoutingPolicy, ...]:
    found: dict[tuple[str, ir.Direction], tuple[ir.RouteRule, ...]] = {
        ("prefer", "inbound"): (rule(1, "community-in-list", "65000:1", "set-local-preference", 300),),
        ("noLabs", "inbound"): (rule(1, "prefix-in-prefix-list", "lab", "drop"),),
        ("coarse", "outbound"): (rule(1, "prefix-in-cidr", "10.0.0.0/8", "summarize", "10.0.0.0/8"),),
        ("trimmed", "inbound"): (
            rule(1, "prefix-in-cidr", "10.2.0.0/16", "drop"),
            rule(2, "asn-in-as-path", 65003, "prepend-asn-list", (65201, 65202)),
            rule(3, "prefix-in-cidr", "10.0.0.0/8", "add-community", "65000:9"),
        ),
        ("longer", "inbound"): (rule(1, "prefix-in-cidr", "10.1.0.0/16", "prepend-asn-list", (65203,)),),
        ("notThere", "outbound"): (rule(1, "prefix-in-cidr", "10.3.0.0/16", "drop"),),
    }
    return tuple(
        ir.RoutingPolicy(WORD(name), direction, ir.Number(number), rules)
        for number, ((name, direction), rules) in enumerate(found.items(), 1)
    )


def actions(names: Sequence[str], regions: Sequence[str]) -> tuple[ir.SegmentAction, ...]:
    """Every kind of segment action. Segments s1, s2 and s5 take part in dual-hop, s6 and those from s9 on in single-hop."""
    east = words(*[name for name in names if name.startswith("s") and name[1:].isdigit() and int(name[1:]) >= 9][:12])
    overrides = tuple(
        ir.EdgeOverride((words(one, other),), WORD(regions[0])) for one, other in itertools.pairwise(regions[1:])
    )
    exits = tuple(ir.EdgeOverride((words(edge),), WORD(regions[0])) for edge in regions[1 : len(regions) // 2 : 2])
    return (
        ir.Share(WORD("hub0"), ir.SegmentSet(True)),
        ir.Share(WORD("hub1"), ir.SegmentSet(True, words("hub0")), words("trimmed")),
        ir.Share(WORD("hub2"), ir.SegmentSet(True, words("hub0", "hub1", *names[-3:]))),
        ir.CreateRoute(WORD("s0"), words("192.168.0.0/16", "10.4.0.0/24"), words("blackhole")),
        ir.CreateRoute(WORD("s4"), words("172.16.0.0/12"), words(attachment_id(0), attachment_id(1))),
        ir.SendVia(WORD("s1"), "dual-hop", words("fw"), ir.SegmentSet(False, words("s2", "s5"))),
        ir.SendVia(WORD("s6"), "single-hop", words("east"), ir.SegmentSet(False, (*words("s6"), *east)), overrides),
        ir.SendTo(WORD("s3"), words("out"), None, exits),
        ir.SendTo(WORD("s1"), words("out")),
        ir.SendTo(WORD("s6"), words("east"), None, exits),
        ir.AssociatePolicies(WORD("s7"), WORD(regions[0]), WORD(regions[1]), words("longer")),
        ir.AssociatePolicies(WORD("hub2"), WORD(regions[2]), WORD(regions[3]), words("notThere")),
    )


def attachment_id(index: int) -> str:
    return f"attachment-{index:017x}"


def world(segments: int, edges: int, attachments: int) -> tuple[ir.CoreNetwork, list[Attachment]]:
    """A network and its attachments."""
    regions = [
        f"{area}-{side}-{number}"
        for number in (1, 2)
        for area in ("us", "eu", "ap", "sa", "af")
        for side in ("east", "west")
    ][:edges]
    names = [*HUBS, *(f"s{index}" for index in range(segments - len(HUBS)))]
    configuration = ir.Configuration(
        (ir.AsnRange(64512, 65000),),
        tuple(ir.Edge(WORD(region), ir.Number(64512 + index)) for index, region in enumerate(regions)),
    )
    filters = {
        "s8": {"deny_filter": words("hub2")},
        "s2": {"allow_filter": words("hub0", "hub1")},
        "s4": {"edges": words(*regions[:3])},
    }
    network = ir.CoreNetwork(
        WORD("2025.11"),
        configuration,
        tuple(
            ir.Segment(WORD(name), isolate=index % 5 == 4 or name == "s6", acceptance=False, **filters.get(name, {}))
            for index, name in enumerate(names)
        ),
        tuple(ir.FunctionGroup(WORD(name), acceptance=False) for name in GROUPS),
        actions(names, regions),
        (
            *(
                ir.AttachRule(
                    ir.Number(at),
                    (ir.AttachCondition("tag-value", WORD("fn"), "equals", WORD(name)),),
                    ir.ToGroup(WORD(name)),
                )
                for at, name in enumerate(GROUPS, 1)
            ),
            ir.AttachRule(ir.Number(9), (ir.AttachCondition("tag-exists", WORD("s")),), ir.ToTag(WORD("s"))),
        ),
        (
            ir.LabelRule(ir.Number(1), words("partner"), words("prefer", "coarse")),
            ir.LabelRule(ir.Number(2), words("lab"), words("noLabs")),
        ),
        policies(),
    )
    found = [made(index, names, regions) for index in range(attachments)]
    # Inspection stands at all edges but one, at every third, and at every second.
    for group, places in (("fw", regions[:-1]), ("east", regions[::3]), ("out", regions[::2])):
        found += [Attachment(f"{group}-{r}", "vpc", (r,), tags=(("fn", group),)) for r in places]
    return network, found


def made(index: int, names: Sequence[str], regions: Sequence[str]) -> Attachment:
    """One attachment: mostly VPCs, every tenth another type with BGP attributes; one in fifty announces its neighbour's prefix
    too, and one in ten has an IPv6 block."""
    own = Prefix(4, (10 << 24) + (index << 8), 24)
    segment, at = names[index % len(names)], index // len(names) % len(regions)
    where: tuple[str, ...] = (regions[at],)
    prefixes = [own]
    if index % 50 == 7:
        prefixes.append(Prefix(4, own.bits + 256, 24))
    if index % 10 == 5:
        prefixes.append(Prefix(6, (0x20010DB8 << 96) + (index << 64), 64))
    kind: ir.AttachmentType = "vpc"
    label = "lab" if index % 8 == 3 else ""
    bgp: tuple[tuple[int, ...] | None, int, frozenset[str]] = (None, 100, frozenset())
    if index % 10 == 0:
        kind = ("connect", "site-to-site-vpn", "connect", "transit-gateway-route-table")[index // 10 % 4]  # type: ignore[assignment]
        if index % 130 == 0:
            kind, where = "direct-connect-gateway", tuple(sorted({regions[at], regions[at - 3], regions[at - 5]}))
        bgp = ((65001 + index % 7, 65100), 50 + index % 3 * 50, frozenset({f"65000:{index % 3}"}))
        label = "partner" if index % 40 == 0 else ""
    return Attachment(
        f"a{index}",
        kind,
        where,
        "111122223333",
        None,
        (("s", segment), ("Name", f"a{index}")),
        label,
        "available",
        tuple(Announced(prefix, *bgp) for prefix in prefixes),
        attachment_id(index),
    )


# --- what is measured -------------------------------------------------------------------------------------------


def best(action: Callable[[], T], runs: int = 3) -> tuple[float, T]:
    """The least CPU time of a few runs, and the last result."""
    times = []
    for _ in range(runs):
        result = None
        gc.collect()
        started = time.process_time()
        result = action()
        times.append(time.process_time() - started)
    assert result is not None
    return min(times), result


def settle(network: ir.CoreNetwork, attachments: Sequence[Attachment]) -> Tables:
    """Every table of every segment and function group at every edge, with every row."""
    tables = build_tables(build_core(network, attachments, lists=LISTS))
    tables.every()
    return tables


def enumerate_rows(tables: Tables) -> list[tuple[TableName, str, Prefix, Row]]:
    """Every row of every table as an object of its own with its next hops."""
    return [(table.name, table.edge, prefix, row) for table in tables.every() for prefix, row in table.rows.items()]


def naive(network: ir.CoreNetwork, attachments: Sequence[Attachment]) -> int:
    """Shares and isolation alone, by `ipaddress`, table by table: what is local goes to its attachment, all else to the edge with
    the shortest AS path. The number of rows."""
    members: dict[str, list[Attachment]] = {}
    for item in attachments:
        members.setdefault(item.tag("s") or "", []).append(item)
    count = 0
    for segment in network.segments:
        others = [name for name in members if name in HUBS or segment.name.text in HUBS]
        if not segment.isolated and segment.name.text not in others:
            others.append(segment.name.text)
        for edge in network.edges_of(segment):
            table: dict[object, tuple[int, str]] = {}
            for item in (item for other in others for item in members.get(other, ())):
                for route in item.routes:
                    block = ipaddress.ip_network(format_prefix(route.prefix))
                    local = edge in item.regions
                    found = (len(route.as_path or ()) + (not local), item.name if local else item.regions[0])
                    if block not in table or found < table[block]:
                        table[block] = found
            count += len(table)
    return count


class Aims:
    """The figures with what they are to be; `missed` counts. Figures of a small network have no aims."""

    def __init__(self, judged: bool) -> None:
        self.judged, self.missed = judged, 0

    def show(self, what: str, figure: float, unit: str, more: str = "", most: float | None = None) -> None:
        verdict = ""
        if most is not None and self.judged:
            self.missed += figure >= most
            verdict = f"  aim < {most:g}: {'met' if figure < most else 'MISSED'}"
        print(f"{what:44} {figure:8.3f} {unit:2}  {more:34}{verdict}".rstrip())


def main(arguments: list[str]) -> int:
    small = "--small" in arguments
    sizes = (14, 5, 400) if small else (40, 20, 5000)
    aims = Aims(not small)
    network, attachments = world(*sizes)
    diagnostics = Diagnostics()
    validate_network(network, diagnostics)
    # The 40 segments stand beside the function groups, which count too: 3 more than the service takes.
    refused = [item for item in diagnostics if item.severity is Severity.ERROR and item.rule != "network-quota"]
    if refused:
        sys.exit(f"the service would refuse the network: {[item.message for item in refused]}")
    print(f"{sizes[2]} attachments, {sizes[0]} segments, {sizes[1]} edges; CPU seconds, best of 3")
    plain, routes = best(lambda: naive(network, attachments), 1)
    aims.show("naive, by ipaddress, shares and isolation", plain, "s", f"{routes:,} rows")
    took, tables = best(lambda: settle(network, attachments))
    rows = sum(len(table.rows) for table in tables.every())
    aims.show("all tables, every row settled", took, "s", f"{rows:,} rows in {len(tables.every())} tables", 0.5)
    aims.show("  as a part of the naive computation", took / plain, "", f"{plain / took:.1f} times as fast", 1)
    listed, found = best(lambda: enumerate_rows(tables))
    aims.show("  every row listed besides", listed, "s", f"{len(found):,} rows", 1)
    del found
    several = sum(len(row.options) > 1 for table in tables.every() for row in table.rows.values())
    inserted = sum(
        any(option.hop.kind == "group" for option in row.options)
        for table in tables.every()
        for row in table.rows.values()
    )
    print(f"  of these {inserted:,} lead to a function group, {several:,} have several possible next hops")
    twice_network, twice = world(sizes[0], sizes[1], sizes[2] * 2)
    more, _ = best(lambda: settle(twice_network, twice))
    aims.show("twice the attachments", more, "s", "")
    aims.show("  growth, where 2 is linear", more / took, "", "4 would be quadratic", 3)
    asked = [attachment.routes[0].prefix for attachment in attachments[: sizes[2] // 10]]
    hubs = [tables.table(TableName("segment", "hub0"), edge) for edge in network.locations]
    looked, _ = best(lambda: [table.lookup(prefix) for prefix in asked for table in hubs])
    aims.show("one look-up by longest prefix", looked / len(asked) / len(hubs) * 1e6, "us")
    pairs, matrix = best(lambda: segment_matrix(tables))
    aims.show("all pairs of segments", pairs, "s", f"{len(matrix.cells):,} pairs", 1)
    many = [*attachments * (100_000 // len(attachments) + 1)][:100_000]
    decided, _ = best(lambda: list(map(Associator(network), many)))
    aims.show("association of 100,000 with tags", decided, "s", "", 1)
    if aims.missed:
        print(f"{aims.missed} aims missed")
    return 1 if aims.missed and "--strict" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
