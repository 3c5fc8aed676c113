"""`build --diff` asks one attachment of a class for all of them: what it finds is what asking every pair finds."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policyc.engines.wan.attachments import Announced, Attachment
from policyc.engines.wan.core import build_core
from policyc.engines.wan.outbound import Heard, told_to
from policyc.engines.wan.prefixes import Prefix, parse_prefix
from policyc.engines.wan.reach import Target, build_tables, heard_by, reach
from policyc.engines.wan.tables import Tables
from policyc.ir import network as ir
from policyc.targets.cloud_wan.beginners import numbers
from policyc.targets.cloud_wan.changed_ways import changed_ways
from policyc.targets.cloud_wan.classes import senders
from policyc.targets.cloud_wan.compare import compare
from policyc.targets.cloud_wan.differences import changed_rows
from policyc.targets.cloud_wan.external_prefixes import changed_outside
from policyc.targets.cloud_wan.inventory_file import Inventory

CALM = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
REGIONS = ("us-east-1", "eu-west-1", "sa-east-1")
SEGMENTS = ("a", "b", "c")
WORD = ir.Word


def words(names: tuple[str, ...]) -> st.SearchStrategy[ir.Word]:
    return st.sampled_from(names).map(WORD)


segments = words(SEGMENTS)
sets = st.one_of(
    st.builds(ir.SegmentSet, st.just(False), st.lists(segments, min_size=1, max_size=2).map(tuple)),
    st.builds(ir.SegmentSet, st.just(True), st.lists(segments, max_size=1).map(tuple)),
)
policies = st.lists(words(("drop", "sum", "prepend", "veer")), max_size=1).map(tuple)
blocks = st.sampled_from(("10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "0.0.0.0/0")).map(WORD)
destinations = st.just((WORD("blackhole"),)) | st.integers(0, 6).map(lambda n: (WORD(f"attachment-{n:017x}"),))
overrides = st.lists(
    st.builds(ir.EdgeOverride, st.just(((WORD(REGIONS[0]), WORD(REGIONS[1])),)), words(REGIONS)), max_size=1
).map(tuple)
actions = st.one_of(
    st.builds(ir.Share, segments, sets, policies),
    st.builds(ir.CreateRoute, segments, st.lists(blocks, min_size=1, max_size=2).map(tuple), destinations),
    st.builds(ir.SendVia, segments, st.sampled_from(ir.MODES), st.just((WORD("fw"),)), st.none() | sets, overrides),
    st.builds(ir.SendTo, segments, st.just((WORD("fw"),)), st.none(), overrides),
    st.builds(ir.AssociatePolicies, segments, words(REGIONS[:1]), words(REGIONS[1:]), policies),
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
        (
            rule(1, ir.RouteMatch("prefix-in-cidr", "10.1.0.0/16"), ir.RouteAction("summarize", "10.1.0.0/16")),
            rule(2, ir.RouteMatch("asn-in-as-path", 65002), ir.RouteAction("drop")),
        ),
    ),
    ir.RoutingPolicy(
        WORD("hush"),
        "outbound",
        ir.Number(4),
        (
            rule(1, ir.RouteMatch("prefix-in-cidr", "10.2.0.0/16"), ir.RouteAction("drop")),
            rule(2, ir.RouteMatch("asn-in-as-path", 65001), ir.RouteAction("drop")),
        ),
    ),
    ir.RoutingPolicy(
        WORD("prepend"),
        "inbound",
        ir.Number(3),
        (rule(1, ir.RouteMatch("asn-in-as-path", 65001), ir.RouteAction("prepend-asn-list", (65009,))),),
    ),
)
#: a policy that no label brings
VEER = ir.RoutingPolicy(
    WORD("veer"),
    "inbound",
    ir.Number(5),
    (rule(1, ir.RouteMatch("prefix-in-cidr", "10.2.0.0/16"), ir.RouteAction("prepend-asn-list", (65001, 65001))),),
)


@st.composite
def networks(
    draw: st.DrawFn, *, kept: tuple[ir.SegmentAction, ...] = (), policies: tuple[ir.RoutingPolicy, ...] = POLICIES
) -> ir.CoreNetwork:
    """Three segments that differ in isolation, acceptance, filters and edges, and a few actions."""
    regions = draw(st.sampled_from((REGIONS, REGIONS, REGIONS[:2], REGIONS[::2])))
    edges = tuple(ir.Edge(WORD(region), ir.Number(64512 + REGIONS.index(region))) for region in regions)
    declared = tuple(
        ir.Segment(
            WORD(name),
            edges=draw(st.sampled_from(((), (), (WORD(REGIONS[0]),)))),
            isolate=draw(st.sampled_from((False, False, True))),
            acceptance=draw(st.sampled_from((False, False, False, True))),
            deny_filter=draw(st.sampled_from(((), (), (WORD("b"),)))),
        )
        for name in SEGMENTS
    )
    rules = (
        ir.AttachRule(ir.Number(1), (ir.AttachCondition("tag-exists", WORD("fn")),), ir.ToGroup(WORD("fw"))),
        ir.AttachRule(ir.Number(2), (ir.AttachCondition("any"),), ir.ToTag(WORD("s"))),
    )
    labels = (
        ir.LabelRule(ir.Number(1), (WORD("x"),), (WORD("drop"), WORD("prepend"))),
        ir.LabelRule(ir.Number(2), (WORD("y"),), (WORD("sum"), WORD("hush"))),
    )
    made = draw(st.lists(actions, max_size=4).map(tuple))
    return ir.CoreNetwork(
        WORD("2025.11"),
        ir.Configuration((ir.AsnRange(64512, 64600),), edges),
        declared,
        (ir.FunctionGroup(WORD("fw"), acceptance=False),),
        (*kept, *made),
        rules,
        labels,
        policies,
    )


@st.composite
def inventories(draw: st.DrawFn) -> Inventory:
    """Attachments of which most differ in name and prefix only."""
    return Inventory(tuple(attached(draw, index) for index in range(draw(st.integers(2, 10)))))


def attached(draw: st.DrawFn, index: int) -> Attachment:
    tags = (("fn", "x"),) if draw(st.integers(0, 6)) == 0 else (("s", draw(st.sampled_from(SEGMENTS))),)
    kind: ir.AttachmentType = draw(
        st.sampled_from(
            ("vpc", "vpc", "vpc", "vpc", "connect", "transit-gateway-route-table", "direct-connect-gateway")
        )
    )
    as_path = None if kind == "vpc" else draw(st.sampled_from((None, (65001,), (65002,), (64513,))))
    block = draw(st.sampled_from((1, 1, 2)))
    routes = [Announced(Prefix(4, (10 << 24) + (block << 16) + (index << 8), 24), as_path)]
    odd = draw(st.integers(0, 7))
    if odd == 0:
        routes.append(Announced(Prefix(4, (10 << 24) + (1 << 16), 16), as_path))
    elif odd == 1:
        routes.append(Announced(Prefix(4, (10 << 24) + (3 << 16), 24), as_path))
    elif odd == 2:
        routes = []
    version = draw(st.integers(0, 7))
    if version < 2:
        six = Announced(Prefix(6, (0xFD00 << 112) + (index << 72), 56), as_path)
        routes = [six] if version else [*routes, six]
    regions = REGIONS[:2] if kind == "direct-connect-gateway" else (draw(st.sampled_from(REGIONS[:2])),)
    label = draw(st.sampled_from(("", "", "", "x", "y")))
    return Attachment(
        f"v{index}", kind, regions, tags=tags, label=label, routes=tuple(routes), id=f"attachment-{index:017x}"
    )


def verdict(tables: Tables, here: Attachment, there: Attachment) -> str:
    answer = reach(tables, here.name, Target(there.prefixes, there.name))
    text = answer.verdict.value if answer.verdict.value != "undecided" else "not known"
    if answer.verdict.value == "partly":
        numbers = [str(at) for at, part in enumerate(answer.parts, 1) if part.verdict.value == "reachable"]
        text = f"reachable in part (prefix {', '.join(numbers)} of {len(answer.parts)})"
    return text + (f", inspected by {', '.join(answer.groups)}" if answer.groups and text != "blocked" else "")


def sites(tables: Tables, here: Attachment, there: Attachment) -> set[tuple[str, ...]]:
    """The edges at which appliances see the packet, for each possible way; empty where none does on any."""
    answer = reach(tables, here.name, Target(there.prefixes, there.name))
    walks = answer.walks if answer.verdict.value == "reachable" else ()
    found = {tuple(hop.to for hop in walk.hops if hop.to.startswith("group ")) for walk in walks}
    return found - {()} and found


def outside(tables: Tables, here: Attachment, address: Prefix) -> tuple[str, set[str]]:
    """The verdict for an address of nobody, by whom it is delivered and who inspects it on every way."""
    answer = reach(tables, here.name, Target((address,)))
    by = {walk.delivered_to for walk in answer.walks} if answer.verdict.value == "reachable" else set()
    return answer.verdict.value, by | set(answer.groups if by else ())


def hold_what_is_told(tables: Tables) -> None:
    """What a far side is told of one prefix is what it is told of it among all, but for the members of an aggregate."""

    def shown(item: Heard) -> object:
        return (item.edge, item.prefix, item.doubts, item.refused, None if item.replaces else item.paths)

    for association in tables.core.associations.values():
        told = heard_by(tables, association)
        if told is not None:
            every = told_to(tables, association)
            for prefix in {*tables.known(), *told.prefixes()}:
                assert [shown(item) for _, item in sorted(told.of(prefix), key=lambda pair: pair[0])] == [
                    shown(item) for item in every if item.prefix == prefix
                ]


@CALM
@given(st.data())
def test_one_of_a_class_answers_for_all(data: st.DataObject) -> None:
    inventory = data.draw(inventories())
    # without summaries a far side is asked about the prefixes that matter, and about no others
    known = data.draw(st.sampled_from((POLICIES, tuple(item for item in POLICIES if item.name.text != "sum"))))
    more = data.draw(st.sampled_from((known, (*known, VEER))))
    before = data.draw(networks(policies=known))
    after = data.draw(networks(kept=before.actions, policies=more))
    for tables in (build_tables(build_core(network, inventory.attachments)) for network in (before, after)):
        hold_what_is_told(tables)
    old = build_tables(build_core(before, inventory.attachments))
    like = data.draw(st.sampled_from((old, None)))
    new = build_tables(build_core(after, inventory.attachments), like)
    expected = {
        (here.name, there.name): (verdict(old, here, there), verdict(new, here, there))
        for here in inventory.attachments
        for there in inventory.attachments
        if here is not there
    }
    moved = {
        (here.name, there.name)
        for here in inventory.attachments
        for there in inventory.attachments
        if here is not there and sites(old, here, there) != sites(new, here, there)
    }
    found: dict[tuple[str, str], tuple[str, str]] = {}
    sent = senders(old, new)
    for sending, receiving, one, other in changed_ways(old, new, sent):
        for here in (item for at in numbers(sending) for item in sent[at]):
            for there in receiving:
                if here is not there:
                    assert (here.name, there.name) not in found
                    found[here.name, there.name] = one, other
    told = {pair for pair, change in expected.items() if change[0] != change[1]}
    assert set(found) == told | moved
    assert {pair: found[pair] for pair in told} == {pair: expected[pair] for pair in told}


#: addresses within the blocks that `networks` makes routes for, and one within none
PLACES = ("10.0.0.1", "10.1.0.1", "10.1.2.1", "10.1.9.9", "10.1.255.255", "10.255.0.1", "192.0.2.1", "0.0.0.0")


@CALM
@given(st.data())
def test_addresses_that_nobody_has_change_as_asking_for_each_of_them_says(data: st.DataObject) -> None:
    inventory = data.draw(inventories())
    before = data.draw(networks())
    after = data.draw(networks(kept=before.actions))
    old, new = (build_tables(build_core(network, inventory.attachments)) for network in (before, after))
    cut = sorted({prefix for tables in (old, new) for prefix in tables.known()} | {parse("10.1.0.0/16")})
    own = [prefix for item in inventory.attachments for prefix in item.prefixes if prefix.length]
    blocks = {(item.name, block) for sent, block, _, _ in changed_outside(old, new, senders(old, new)) for item in sent}
    for text in PLACES:
        address = parse(text)
        holding = [prefix for prefix in cut if prefix.covers(address)]
        if any(prefix.covers(address) for prefix in own) or not holding:
            continue
        block = max(holding, key=lambda prefix: prefix.length)
        for here in inventory.attachments:
            changes = outside(old, here, address) != outside(new, here, address)
            assert changes == ((here.name, block) in blocks), (here.name, text)


def parse(text: str) -> Prefix:
    found = parse_prefix(text)
    assert found is not None
    return found


def large(*more: ir.SegmentAction, regions: tuple[str, ...] = REGIONS) -> ir.CoreNetwork:
    """14 segments, one of which is shared with all."""
    edges = tuple(ir.Edge(WORD(region), ir.Number(64512 + index)) for index, region in enumerate(regions))
    rules = (ir.AttachRule(ir.Number(1), (ir.AttachCondition("any"),), ir.ToTag(WORD("s"))),)
    share = ir.Share(WORD("s0"), ir.SegmentSet(True))
    declared = tuple(ir.Segment(WORD(f"s{index}"), acceptance=False) for index in range(14))
    configuration = ir.Configuration((ir.AsnRange(64512, 64600),), edges)
    return ir.CoreNetwork(WORD("2025.11"), configuration, declared, (), (share, *more), rules)


#: ten attachments in each of the segments
CROWD = tuple(
    Attachment(
        f"v{index}",
        "vpc",
        (REGIONS[index // 14 % 3],),
        tags=(("s", f"s{index % 14}"),),
        routes=(Announced(Prefix(4, (10 << 24) + (index << 8), 24)),),
    )
    for index in range(420)
)
EVERYTHING = tuple(ir.Share(WORD(f"s{index}"), ir.SegmentSet(True)) for index in range(14))


def test_far_more_kinds_than_one_would_ask_by_hand() -> None:
    """A blackhole for one attachment's prefix is told for that one alone."""
    hole = ir.CreateRoute(WORD("s3"), (WORD("10.0.14.0/24"),), (WORD("blackhole"),))
    found = compare(large(), large(hole), Inventory(CROWD))
    assert found.associations == ()
    assert [change.sentence() for change in found.reach] == ["30 in segment s3 (v3, …) to v14: reachable -> blocked"]


def test_everything_shared_opens_each_segment_to_each_other_one() -> None:
    found = compare(large(), large(*EVERYTHING), Inventory(CROWD))
    told = {f"30 in segment s{one} (v{one}, …) to 30 in segment s{other} (v{other}, …): blocked -> reachable"
            for one in range(1, 14) for other in range(1, 14) if one != other}  # fmt: skip
    assert {change.sentence() for change in found.reach} == told
    assert len(found.reach) == len(told)


def test_an_edge_that_goes_cuts_off_those_at_it_and_nobody_else() -> None:
    found = compare(large(), large(regions=REGIONS[:2]), Inventory(CROWD))
    gone = {item.name for item in CROWD if item.regions == REGIONS[2:]}
    assert {change.subject for change in found.associations} == gone
    assert {(change.before, change.after) for change in found.reach} == {("reachable", "blocked")}
    pairs = 0
    for one in CROWD:
        for other in CROWD:
            place, towards = int(one.name[1:]) % 14, int(other.name[1:]) % 14
            open_ = place == towards or 0 in (place, towards)
            pairs += one is not other and open_ and (one.name in gone or other.name in gone)
    assert sum(change.ways for change in found.reach) == pairs


def test_places_with_the_same_changed_rows_share_them() -> None:
    """What all segments newly know of each other is kept once per kind of table, not once for each of them at each edge."""
    tables = [build_tables(build_core(network, CROWD)) for network in (large(), large(*EVERYTHING))]
    found = changed_rows(*tables, frozenset())
    assert len(found) == 13 * 3
    assert len({id(prefixes) for prefixes in found.values()}) == len(set(map(frozenset, found.values()))) == 13
    hole = ir.CreateRoute(WORD("s3"), (WORD("10.9.0.0/16"),), (WORD("blackhole"),))
    found = changed_rows(tables[0], build_tables(build_core(large(hole), CROWD)), frozenset())
    assert len(found) == 3
    assert len({id(prefixes) for prefixes in found.values()}) == 1
