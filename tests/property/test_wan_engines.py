"""The quick ways of the network engine give what the slow ones give: rows that edges and tables share, the closed form of the mesh for one path, and attachments decided once per kind."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policyc.diagnostics import Diagnostics
from policyc.engines.wan.associate import Associator, associate
from policyc.engines.wan.attachments import Announced, Attachment
from policyc.engines.wan.candidates import Candidates, criteria, lost_at
from policyc.engines.wan.core import TableName, build_core
from policyc.engines.wan.fates import Fates, Senders
from policyc.engines.wan.lookups import Lookups
from policyc.engines.wan.matrix import Flow, segment_matrix
from policyc.engines.wan.mesh import Star, Transfer, find_spans, settle
from policyc.engines.wan.paths import DYNAMIC, LOCAL_VPC, Path
from policyc.engines.wan.prefixes import Prefix, shorten
from policyc.engines.wan.reach import Target, Verdict, build_tables, reach
from policyc.engines.wan.tables import Tables
from policyc.ir import network as ir
from policyc.targets.cloud_wan.inventory_file import read_inventory
from policyc.text import Source
from tests.property import slow_wan

CALM = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-2", "sa-east-1")
SEGMENTS = ("a", "b", "c")
WORD = ir.Word


def words(names: tuple[str, ...]) -> st.SearchStrategy[ir.Word]:
    return st.sampled_from(names).map(WORD)


segments = words(SEGMENTS)
sets = st.one_of(
    st.builds(ir.SegmentSet, st.just(False), st.lists(segments, min_size=1, max_size=2).map(tuple)),
    st.builds(ir.SegmentSet, st.just(True), st.lists(segments, max_size=1).map(tuple)),
)
policies = st.lists(words(("drop", "sum", "prepend", "listed")), max_size=2, unique_by=str).map(tuple)
overrides = st.lists(
    st.builds(
        ir.EdgeOverride,
        st.lists(st.lists(words(REGIONS), min_size=1, max_size=3).map(tuple), min_size=1, max_size=2).map(tuple),
        words(REGIONS),
    ),
    max_size=2,
).map(tuple)
blocks = st.integers(0, 3).map(lambda n: WORD(f"10.{n}.0.0/16"))
destinations = st.just((WORD("blackhole"),)) | st.integers(0, 6).map(lambda n: (WORD(f"attachment-{n:017x}"),))
actions = st.one_of(
    st.builds(ir.Share, segments, sets),
    st.builds(ir.Share, segments, sets, policies),
    st.builds(ir.CreateRoute, segments, st.lists(blocks, min_size=1, max_size=2).map(tuple), destinations),
    st.builds(ir.SendVia, segments, st.sampled_from(ir.MODES), st.just((WORD("fw"),)), st.none() | sets, overrides),
    st.builds(ir.SendTo, segments, st.just((WORD("fw"),)), st.none(), overrides),
    st.builds(ir.AssociatePolicies, segments, words(REGIONS[:2]), words(REGIONS[2:]), policies),
)


def rule(number: int, match: ir.RouteMatch, action: ir.RouteAction) -> ir.RouteRule:
    return ir.RouteRule(ir.Number(number), (match,), action, "and")


POLICIES = (
    ir.RoutingPolicy(
        WORD("drop"),
        "inbound",
        ir.Number(1),
        (rule(1, ir.RouteMatch("prefix-in-cidr", "10.1.0.0/16"), ir.RouteAction("drop")),),
    ),
    ir.RoutingPolicy(
        WORD("sum"),
        "outbound",
        ir.Number(2),
        (rule(1, ir.RouteMatch("prefix-in-cidr", "10.0.0.0/8"), ir.RouteAction("summarize", "10.0.0.0/8")),),
    ),
    ir.RoutingPolicy(
        WORD("prepend"),
        "inbound",
        ir.Number(3),
        (rule(1, ir.RouteMatch("asn-in-as-path", 65001), ir.RouteAction("prepend-asn-list", (65009,))),),
    ),
    ir.RoutingPolicy(
        WORD("listed"),
        "outbound",
        ir.Number(4),
        (
            rule(1, ir.RouteMatch("prefix-in-prefix-list", "some"), ir.RouteAction("drop")),
            rule(2, ir.RouteMatch("prefix-in-cidr", "10.2.0.0/15"), ir.RouteAction("set-med", 40)),
        ),
    ),
)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[ir.CoreNetwork, list[Attachment]]:
    """A network of four edges with attachments, some of which announce one prefix twice."""
    pinned = draw(st.booleans())
    edges = tuple(ir.Edge(WORD(r), ir.Number(64512 + i) if pinned else None) for i, r in enumerate(REGIONS))
    declared = tuple(
        ir.Segment(
            WORD(name),
            edges=draw(st.lists(words(REGIONS), max_size=4, unique_by=str).map(tuple)),
            isolate=draw(st.booleans()),
            acceptance=False,
            deny_filter=draw(st.lists(segments, max_size=1).map(tuple)),
        )
        for name in SEGMENTS
    )
    rules = (
        ir.AttachRule(ir.Number(1), (ir.AttachCondition("tag-exists", WORD("fn")),), ir.ToGroup(WORD("fw"))),
        ir.AttachRule(ir.Number(2), (ir.AttachCondition("any"),), ir.ToTag(WORD("s"))),
    )
    network = ir.CoreNetwork(
        WORD("2025.11"),
        ir.Configuration((ir.AsnRange(64512, 64600),), edges),
        declared,
        (ir.FunctionGroup(WORD("fw"), acceptance=False),),
        draw(st.lists(actions, max_size=5).map(tuple)),
        rules,
        (ir.LabelRule(ir.Number(1), (WORD("x"),), (WORD("drop"), WORD("prepend"))),),
        POLICIES,
    )
    return network, [attached(draw, index) for index in range(draw(st.integers(1, 8)))]


def attached(draw: st.DrawFn, index: int) -> Attachment:
    tags = (("fn", "x"),) if draw(st.integers(0, 4)) == 0 else (("s", draw(st.sampled_from(SEGMENTS))),)
    kind: ir.AttachmentType = draw(st.sampled_from(("vpc", "vpc", "connect", "transit-gateway-route-table")))
    second = draw(st.integers(0, 5))
    paths = st.sampled_from((None, (65001,), (65001, 65002), (64513,)))
    as_path = None if kind == "vpc" else draw(paths)
    routes = (
        Announced(Prefix(4, (10 << 24) + (second << 16), 16), as_path),
        Announced(Prefix(4, (10 << 24) + (1 << 16) + (index << 8), 24), as_path),
        *((Announced(Prefix(4, 10 << 24, 8), as_path),) if draw(st.integers(0, 5)) == 0 else ()),
    )
    several = st.lists(st.sampled_from(REGIONS), min_size=1, max_size=3, unique=True).map(tuple)
    direct = kind == "connect" and draw(st.booleans())
    regions = draw(several) if direct else (draw(st.sampled_from(REGIONS)),)
    label = draw(st.sampled_from(("", "", "x")))
    return Attachment(
        f"v{index}",
        "direct-connect-gateway" if direct else kind,
        regions,
        tags=tags,
        label=label,
        routes=routes,
        id=f"attachment-{index:017x}",
    )


@CALM
@given(worlds())
def test_shared_rows_equal_rows_worked_out_one_by_one(world: tuple[ir.CoreNetwork, list[Attachment]]) -> None:
    core = build_core(*world, lists={"some": [Prefix(4, (10 << 24) + (3 << 16), 16)]})
    tables, slow = build_tables(core), slow_wan.slow_tables(core)
    assert {(table.name, table.edge) for table in tables.every()} == slow.keys()
    for table in tables.every():
        wanted = slow[table.name, table.edge]
        assert table.rows.keys() == wanted.keys()
        for prefix, row in table.rows.items():
            options = {(slow_wan.plain_hop(option.hop, table.name), option.why) for option in row.options}
            # Of two reasons for one next hop a row keeps one.
            assert len(options) == len(wanted[prefix].hops) and options <= wanted[prefix].options
            assert set(row.doubts) == wanted[prefix].doubts
            assert row.prefix == prefix and table.lookup(prefix) is row


@CALM
@given(worlds())
def test_a_prefix_is_found_at_all_edges_as_at_each_of_them(world: tuple[ir.CoreNetwork, list[Attachment]]) -> None:
    tables = build_tables(build_core(*world, lists={"some": [Prefix(4, (10 << 24) + (3 << 16), 16)]}))
    lookups = Lookups(tables)
    everywhere = tables.every()
    for prefix in {*tables.known(), *(shorten(prefix, max(prefix.length - 1, 0)) for prefix in tables.known())}:
        finds = lookups.of(prefix)
        for table in everywhere:
            assert finds.row(table.name, table.edge) is table.lookup(prefix)
            assert set(finds.at(table.name)) == set(tables.edges_of(table.name))


@CALM
@given(worlds())
def test_verdicts_alone_are_those_of_whole_answers(world: tuple[ir.CoreNetwork, list[Attachment]]) -> None:
    tables = build_tables(build_core(*world, lists={"some": [Prefix(4, (10 << 24) + (3 << 16), 16)]}))
    for there in tables.core.attachments:
        target = Target(there.prefixes, there.name)
        fates = Fates(Senders(Lookups(tables)), target)
        for here in tables.core.attachments:
            fate = fates.of(here.name)
            if here is not there and fate is not None:
                answer = reach(tables, here.name, target)
                assert fate.verdict is answer.verdict
                assert fate.verdict is Verdict.BLOCKED or fate.groups == answer.groups
                assert fate.parts == tuple(part.verdict for part in answer.parts)
                if fate.verdict is Verdict.REACHABLE:
                    assert set(fate.inspected_at) == {walk.inspected_at for walk in answer.walks}


@CALM
@given(worlds())
def test_the_matrix_says_what_single_questions_say(world: tuple[ir.CoreNetwork, list[Attachment]]) -> None:
    network, attachments = world
    tables = build_tables(build_core(network, attachments))
    matrix = segment_matrix(tables)
    placed = [item for item in tables.core.associations.values() if item.working and not item.is_group]
    for one in placed:
        for other in placed:
            if one is other or one.attachment.type == "direct-connect-gateway":
                continue  # the far side of a Direct Connect gateway hears of local routes alone
            cell = matrix.cells[one.place, other.place]
            verdicts = {
                reach(tables, one.attachment.name, Target((prefix,), other.attachment.name)).verdict
                for prefix in other.attachment.prefixes
                if prefix in tables.own[other.place]  # a route that its own label drops is in no segment
            }
            if cell.flow is Flow.BLOCKED:
                assert Verdict.REACHABLE not in verdicts
            if cell.flow in (Flow.DIRECT, Flow.INSPECTED):
                assert Verdict.BLOCKED not in verdicts


def follow(
    tables: Tables, name: TableName, edge: str, prefix: Prefix, seen: frozenset[tuple[TableName, str]] = frozenset()
) -> set[tuple[str, bool]]:
    """Every end of a packet, with whether a group saw it: the segment that it is delivered to, `lost` or `unknown`."""
    row = tables.table(name, edge).lookup(prefix) if edge in tables.edges_of(name) else None
    if row is None or (name, edge) in seen:
        return {("lost", False)}
    if row.doubts:
        return {("unknown", False)}
    out: set[tuple[str, bool]] = set()
    for option in row.options:
        hop = option.hop
        table = hop.following(name)
        if hop.kind == "attachment":
            item = tables.core.associations[hop.name]
            if prefix in item.attachment.prefixes:
                out.add((item.place, False))
                continue
            # Somebody who does not have it may pass it on as the table of the own place leads.
            at = hop.edge if hop.edge in item.attachment.regions else item.attachment.regions[0]
            place = TableName("group" if item.is_group else "segment", item.place)
            onward = follow(tables, place, at, prefix, seen | {(name, edge)})
            out |= {("lost" if end == "lost" else "unknown", False) for end, _ in onward}
        elif hop.kind == "blackhole":
            out.add(("lost", False))
        elif table is None:
            out.add(("lost", False))  # what `send-to` lets out does not come back
        else:
            ends = follow(tables, table, hop.edge, prefix, seen | {(name, edge)})
            out |= {(end, by or hop.kind == "group") for end, by in ends}
    return out


def flow(lookups: list[set[tuple[str, bool]]], there: str) -> Flow:
    """What one cell of the matrix says of the ends of every look-up: several ends of one are the service's choice."""
    states = set()
    for ends in lookups:
        where = {end if end in ("unknown", there) else "lost" for end, _ in ends}
        states.add(where.pop() if len(where) == 1 else "unknown")
    if not states or "unknown" in states:
        return Flow.UNDECIDED if states else Flow.EMPTY
    if len(states) > 1:
        return Flow.PARTLY
    if states == {"lost"}:
        return Flow.BLOCKED
    return Flow.INSPECTED if all(by for ends in lookups for _, by in ends) else Flow.DIRECT


@CALM
@given(worlds())
def test_the_matrix_equals_following_every_prefix_from_every_edge_where_somebody_is(
    world: tuple[ir.CoreNetwork, list[Attachment]],
) -> None:
    network, attachments = world
    tables = build_tables(build_core(network, attachments))
    cells = segment_matrix(tables).cells
    for here in tables.domains.names:
        name = TableName("segment", here)
        senders = {region for item in tables.core.members(here) for region in item.regions}
        edges = [edge for edge in tables.edges_of(name) if edge in senders] or tables.edges_of(name)
        for there in tables.domains.names:
            lookups = {
                version: [
                    follow(tables, name, edge, prefix)
                    for prefix in tables.own[there]
                    if prefix.family == version
                    for edge in edges
                ]
                for version in (4, 6)
            }
            assert cells[here, there].flow is flow(lookups[4] + lookups[6], there), (here, there)
            for version, some in lookups.items():
                assert cells[here, there].flow_of(version) is flow(some, there), (here, there, version)


def test_a_cell_does_not_depend_on_the_order_of_attachments() -> None:
    """`a` and `b` share nothing; `a` has 10.0.0.0/8 itself, so that 10.1.0.0/16 of `b` leaves by someone in `a` and 11.1.0.0/16 goes nowhere."""
    network = ir.CoreNetwork(
        WORD("2025.11"),
        ir.Configuration((ir.AsnRange(64512, 64600),), (ir.Edge(WORD(REGIONS[0]), ir.Number(64512)),)),
        tuple(ir.Segment(WORD(name), acceptance=False) for name in ("a", "b")),
        attach_rules=(ir.AttachRule(ir.Number(1), (ir.AttachCondition("any"),), ir.ToTag(WORD("s"))),),
    )

    def vpc(name: str, segment: str, prefix: Prefix) -> Attachment:
        return Attachment(name, "vpc", REGIONS[:1], tags=(("s", segment),), routes=(Announced(prefix),))

    wide = vpc("wide", "a", Prefix(4, 10 << 24, 8))
    some = [
        vpc("one", "b", Prefix(4, (10 << 24) + (1 << 16), 16)),
        vpc("two", "b", Prefix(4, (11 << 24) + (1 << 16), 16)),
    ]
    for items in ([wide, *some], [wide, *some[::-1]]):
        assert segment_matrix(build_tables(build_core(network, items))).cells["a", "b"].flow is Flow.BLOCKED


paths = st.builds(
    Path,
    st.just(0),
    st.sampled_from((LOCAL_VPC, DYNAMIC)),
    st.lists(st.integers(65001, 65003), max_size=3).map(tuple),
    st.integers(99, 101),
    st.sampled_from((0, 0, 200)),
    rank=st.sampled_from(((0, 0), (2, 2), (3, 3))),
    doubts=st.sampled_from(((), ("a doubt",))),
    soft=st.sampled_from(((), ("an attribute",))),
)


@CALM
@given(worlds())
def test_candidates_tell_what_rows_hold(world: tuple[ir.CoreNetwork, list[Attachment]]) -> None:
    """What is chosen or possible are the next hops of the row; nothing has been at the edge that hears it."""
    tables = build_tables(build_core(*world))
    finder = Candidates(tables)
    for table in tables.every():
        found = list(finder.of(table))
        assert [row for row, _ in found] == [table.rows[prefix] for prefix in sorted(table.rows)]
        for row, some in found:
            standing = {item.standing for item in some}
            assert {item.hop for item in some if item.standing != "lost"} == {option.hop for option in row.options}
            assert ("chosen" in standing) <= (len(row.options) == 1 and not row.doubts)
            assert [item.standing for item in some].count("chosen") <= 1
            assert all(item.reason for item in some if item.standing != "chosen")
            asn = tables.core.asns.get(table.edge)
            assert all(asn not in item.path.as_path for item in some if item.path is not None and item.via)


@CALM
@given(paths, paths, st.sampled_from(("undecided", "before-as-path", "before-vpc", "before-static")))
def test_the_step_at_which_a_path_loses_is_where_its_place_differs(one: Path, other: Path, place: str) -> None:
    assert (criteria(one, place, 1) < criteria(other, place, 0)) is (one.bound(place) < other.at_best(place))
    if one.bound(place) < other.at_best(place):
        assert lost_at(one, other, place)


@CALM
@given(paths, st.integers(2, 5), st.data())
def test_the_closed_form_of_one_path_equals_the_exchange(path: Path, count: int, data: st.DataObject) -> None:
    edges = [f"e{index}" for index in range(count)]
    asns = {edge: 64512 + index for index, edge in enumerate(edges)}
    local = {data.draw(st.sampled_from(edges)): (path,)}
    star = settle(edges, asns, local)
    plain = Transfer(leave=lambda _s, _r, item: item, enter=lambda _s, _r, item: item)
    slow = settle(edges, asns, local, plain)
    assert isinstance(star, Star) and not isinstance(slow, Star)
    for edge in edges:
        assert star[edge].best == slow[edge].best
        assert set(star[edge].candidates) == set(slow[edge].candidates)
        assert star[edge].doubts == slow[edge].doubts


@CALM
@given(st.lists(paths, min_size=1, max_size=5), st.integers(2, 5), st.data())
def test_the_closed_form_of_several_paths_equals_the_exchange(
    some: list[Path], count: int, data: st.DataObject
) -> None:
    edges = [f"e{index}" for index in range(count)]
    asns = {edge: 64512 + index for index, edge in enumerate(edges)}
    local: dict[str, list[Path]] = {}
    for at, path in enumerate(some):
        # One origin in ten has been at an edge already, which leaves the closed form.
        been = (data.draw(st.sampled_from((64512, *[65005] * 9))),)
        local.setdefault(data.draw(st.sampled_from(edges)), []).append(
            replace(path, source=at, as_path=(*path.as_path, *been))
        )
    plain = Transfer(leave=lambda _s, _r, item: item, enter=lambda _s, _r, item: item)
    quick, slow = settle(edges, asns, local), settle(edges, asns, local, plain)
    spans = {edge: span for span in find_spans(quick) for edge in span.edges}
    assert quick.keys() == slow.keys() == spans.keys()
    for edge in edges:
        assert set(quick[edge].best) == set(slow[edge].best) == set(spans[edge].best)
        assert set(quick[edge].candidates) == set(slow[edge].candidates)
        assert set(quick[edge].doubts) == set(slow[edge].doubts) == set(spans[edge].doubts)


conditions = st.one_of(
    st.just(ir.AttachCondition("any")),
    st.builds(ir.AttachCondition, st.just("tag-exists"), words(("s", "t"))),
    st.builds(
        ir.AttachCondition,
        st.just("tag-value"),
        words(("s", "t")),
        st.sampled_from(ir.OPERATORS),
        words(("a", "B", "ab")),
    ),
    st.builds(
        ir.AttachCondition, st.just("resource-id"), st.none(), st.sampled_from(ir.OPERATORS), words(("vpc-1", "vpc-2"))
    ),
    st.builds(ir.AttachCondition, st.just("region"), st.none(), st.just("equals"), words(REGIONS)),
)
targets = st.one_of(
    st.builds(ir.ToSegment, segments, st.none() | st.booleans()),
    st.builds(ir.ToTag, words(("s", "t")), st.none()),
    st.builds(ir.ToGroup, st.just(WORD("fw")), st.none()),
)
tag_lists = st.lists(st.tuples(st.sampled_from(("s", "t", "u")), st.sampled_from(("a", "b", "ab", "AB"))), max_size=4)
attachments = st.builds(
    Attachment,
    st.just("x"),
    st.sampled_from(ir.ATTACHMENT_TYPES),
    st.sampled_from(REGIONS).map(lambda r: (r,)),
    st.sampled_from((None, "111122223333")),
    st.sampled_from((None, "vpc-1", "vpc-2")),
    tag_lists.map(tuple),
    state=st.sampled_from((None, "available", "pending_tag_acceptance")),
    current=st.sampled_from((None, ("a", False))),
)


@CALM
@given(
    st.lists(st.tuples(st.lists(conditions, min_size=1, max_size=2), targets, st.sampled_from(ir.LOGICS)), max_size=4),
    st.lists(attachments, min_size=1, max_size=6),
)
def test_deciding_once_per_kind_equals_deciding_each(rules: list[Any], items: list[Attachment]) -> None:
    network = ir.CoreNetwork(
        WORD("2025.11"),
        ir.Configuration((ir.AsnRange(64512, 64600),), tuple(ir.Edge(WORD(r)) for r in REGIONS)),
        tuple(ir.Segment(WORD(name), acceptance=name == "a") for name in SEGMENTS),
        (ir.FunctionGroup(WORD("fw")),),
        attach_rules=tuple(
            ir.AttachRule(ir.Number(at), tuple(some), target, logic)
            for at, (some, target, logic) in enumerate(rules, 1)
        ),
    )
    decide = Associator(network)
    assert [decide(item) for item in items] == [associate(network, item) for item in items]


# --- files of attachments ---------------------------------------------------------------------------------------

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5)
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
keys = st.sampled_from(
    (
        "AttachmentId",
        "AttachmentType",
        "EdgeLocation",
        "EdgeLocations",
        "Tags",
        "State",
        "ResourceArn",
        "SegmentName",
        "name",
        "type",
        "region",
        "regions",
        "tags",
        "cidrs",
        "routes",
        "label",
        "id",
        "state",
        "accepted",
        "current",
        "account",
    )
)
usual = st.sampled_from(
    ("VPC", "vpc", "us-east-1", ["us-east-1"], ["10.0.0.0/8"], {"a": "b"}, [{"prefix": "10.0.0.0/8"}], "x")
)
entries = st.dictionaries(keys, usual | anything, max_size=6)
files = st.one_of(
    anything,
    st.lists(entries, max_size=3),
    st.fixed_dictionaries({"Attachments": st.lists(entries, max_size=3)}, optional={"prefix_lists": anything}),
    st.fixed_dictionaries({"attachments": st.dictionaries(st.text(max_size=3), entries, max_size=3)}),
)


@CALM
@given(st.lists(files, min_size=1, max_size=2))
def test_any_file_of_attachments_is_read_or_reported(documents: list[Any]) -> None:
    diagnostics = Diagnostics()
    sources = [Source(f"{at}.json", json.dumps(document)) for at, document in enumerate(documents)]
    found = read_inventory(sources, diagnostics)
    assert (found is None) is diagnostics.has_errors
    assert all(item.help and item.message and not item.message.endswith(".") for item in diagnostics)
    if found is not None:
        names = [item.name for item in found.attachments]
        assert len(names) == len(set(names))
