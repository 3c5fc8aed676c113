"""Core networks: writing and reading are inverse, no input breaks the reader or the engine, and reachability without policies
equals a plain definition."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policyc.diagnostics import Diagnostics
from policyc.engines.wan.associate import Standing
from policyc.engines.wan.attachments import Announced, Attachment
from policyc.engines.wan.core import TableName, build_core
from policyc.engines.wan.prefixes import Prefix, count_pieces, fills, format_prefix, outermost, parse_prefix
from policyc.engines.wan.reach import Target, Verdict, build_tables, reach
from policyc.ir import network as ir
from policyc.syntax.json_text import from_plain
from policyc.targets.cloud_wan.read import read_document, read_value
from policyc.targets.cloud_wan.validate import validate_network
from policyc.text import Source, Span

CALM = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-2")
SEGMENTS = ("a", "b", "c", "d")
GROUPS = ("fw", "egress")
POLICIES = ("p", "q")

# --- documents --------------------------------------------------------------------------------------------------

words = st.text("abcXYZ019", min_size=1, max_size=6).map(ir.Word)
texts = st.none() | st.text(max_size=12).map(ir.Word)
segment_names = st.sampled_from(SEGMENTS).map(ir.Word)
group_names = st.sampled_from(GROUPS).map(ir.Word)
policy_names = st.sampled_from(POLICIES).map(ir.Word)
regions = st.sampled_from(REGIONS).map(ir.Word)
cidrs = st.builds(lambda second, length: ir.Word(f"10.{second}.0.0/{length}"), st.integers(0, 255), st.integers(16, 24))
flags = st.none() | st.booleans()
numbers = st.integers(1, 9999).map(ir.Number)
asns = st.integers(0, 4294967295)


def some(strategy: st.SearchStrategy[Any], least: int = 1, most: int = 3) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, min_size=least, max_size=most).map(tuple)


sets = st.one_of(
    st.builds(ir.SegmentSet, st.just(False), some(segment_names)),
    st.builds(ir.SegmentSet, st.just(True), some(segment_names, 0)),
)
overrides = some(st.builds(ir.EdgeOverride, some(some(regions)), regions), 0, 2)
segment_actions = st.one_of(
    st.builds(ir.Share, segment_names, sets, some(policy_names, 0), texts),
    st.builds(ir.CreateRoute, segment_names, some(cidrs), some(words), texts),
    st.builds(
        ir.SendVia,
        segment_names,
        st.sampled_from(ir.MODES),
        some(group_names, 1, 1),
        st.none() | sets,
        overrides,
        texts,
    ),
    st.builds(ir.SendTo, segment_names, some(group_names, 1, 1), st.none() | sets, overrides, texts),
    st.builds(ir.AssociatePolicies, segment_names, regions, regions, some(policy_names), texts),
)
# --- broken documents -------------------------------------------------------------------------------------------

SAMPLE = (Path(__file__).parents[1] / "golden" / "cloudwan_emit" / "every_form" / "output.json").read_text(
    encoding="utf-8"
)
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5)
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] + [place for key, item in entries for place in places(item, (*path, key))]


PLACES = [place for place in places(json.loads(SAMPLE)) if place]


@CALM
@given(st.sampled_from(PLACES), anything, st.booleans())
def test_a_replaced_value_is_read_or_reported(place: tuple[Any, ...], value: Any, remove: bool) -> None:
    document = json.loads(SAMPLE)
    at = document
    for key in place[:-1]:
        at = at[key]
    if remove:
        del at[place[-1]]
    else:
        at[place[-1]] = value
    diagnostics = Diagnostics()
    network = read_document(Source("x.json", json.dumps(document)), diagnostics)
    assert (network is None) is diagnostics.has_errors
    if network is not None:
        validate_network(network, diagnostics)
    assert all(item.span is not None and item.help for item in diagnostics)


@CALM
@given(st.integers(0, len(SAMPLE) - 1), st.integers(0, 40), st.text(max_size=8))
def test_broken_text_is_read_or_reported(start: int, length: int, insert: str) -> None:
    diagnostics = Diagnostics()
    text = SAMPLE[:start] + insert + SAMPLE[start + length :]
    network = read_document(Source("x.json", text), diagnostics)
    assert (network is None) is diagnostics.has_errors


@CALM
@given(anything)
def test_any_json_is_read_or_reported(value: Any) -> None:
    diagnostics = Diagnostics()
    network = read_value(from_plain(value, Span("x", 0, 0)), diagnostics)
    assert network is not None or diagnostics.has_errors


# --- the engine -------------------------------------------------------------------------------------------------


@st.composite
def worlds(draw: st.DrawFn, actions: st.SearchStrategy[Any]) -> tuple[ir.CoreNetwork, list[Attachment]]:
    """A network of three edges with attachments of distinct prefixes, placed by tag."""
    edges = tuple(ir.Edge(ir.Word(region)) for region in REGIONS)
    configuration = ir.Configuration((ir.AsnRange(64512, 64600),), edges)
    segments = tuple(
        ir.Segment(
            ir.Word(name),
            edges=draw(st.lists(regions, max_size=3, unique_by=str).map(tuple)),
            isolate=draw(flags),
            acceptance=False,
        )
        for name in SEGMENTS
    )
    rules = (
        ir.AttachRule(ir.Number(1), (ir.AttachCondition("tag-exists", ir.Word("fn")),), ir.ToGroup(ir.Word("fw"))),
        ir.AttachRule(ir.Number(2), (ir.AttachCondition("any"),), ir.ToTag(ir.Word("s"))),
    )
    network = ir.CoreNetwork(
        ir.Word("2025.11"),
        configuration,
        segments,
        (ir.FunctionGroup(ir.Word("fw"), acceptance=False),),
        draw(st.lists(actions, max_size=4).map(tuple)),
        rules,
    )
    attachments = []
    for index in range(draw(st.integers(2, 7))):
        fn = draw(st.integers(0, 4)) == 0
        tags = (("fn", "x"),) if fn else (("s", draw(st.sampled_from(SEGMENTS))),)
        routes = (Announced(Prefix(4, (10 << 24) + (index << 16), 16)),)
        kind: ir.AttachmentType = draw(st.sampled_from(("vpc", "vpc", "vpc", "connect")))
        region = draw(st.sampled_from(REGIONS))
        attachments.append(
            Attachment(f"v{index}", kind, (region,), tags=tags, routes=routes, id=f"attachment-{index:017x}")
        )
    return network, attachments


plain_shares = st.builds(ir.Share, segment_names, sets)


@CALM
@given(worlds(plain_shares))
def test_reachability_by_shares_alone_is_plain(world: tuple[ir.CoreNetwork, list[Attachment]]) -> None:
    """Two attachments meet when their segment is one that does not isolate, or when a share joins their segments at a common edge."""
    network, attachments = world
    tables = build_tables(build_core(network, attachments))
    associations = tables.core.associations
    working = [item for item in associations.values() if item.standing is Standing.SEGMENT]
    for one in working:
        for other in working:
            if one is other:
                continue
            joined = _joined(network, one.place, other.place)
            answer = reach(tables, one.attachment.name, Target(other.attachment.prefixes, other.attachment.name))
            assert answer.verdict is (Verdict.REACHABLE if joined else Verdict.BLOCKED), (
                one.attachment,
                other.attachment,
            )
            assert not answer.inspected


def _joined(network: ir.CoreNetwork, one: str, other: str) -> bool:
    mine, theirs = network.segment(one), network.segment(other)
    assert mine is not None and theirs is not None
    if one == other:
        return not mine.isolated
    shared = any(
        (action.segment.text == a and b != a and b in network.members(action.with_segments))
        for action in network.actions
        if isinstance(action, ir.Share)
        for a, b in ((one, other), (other, one))
    )
    return shared and bool(set(network.edges_of(mine)) & set(network.edges_of(theirs)))


wild_actions = st.one_of(
    plain_shares,
    st.builds(
        ir.SendVia, segment_names, st.sampled_from(ir.MODES), st.just((ir.Word("fw"),)), st.none() | sets, overrides
    ),
    st.builds(ir.SendTo, segment_names, st.just((ir.Word("fw"),)), st.none(), overrides),
    st.builds(
        ir.CreateRoute,
        segment_names,
        some(cidrs),
        st.just((ir.Word("blackhole"),)) | some(st.integers(0, 8).map(lambda n: ir.Word(f"attachment-{n:017x}")), 1, 2),
    ),
)


@CALM
@given(worlds(wild_actions))
def test_every_question_gets_an_answer_with_a_reason(world: tuple[ir.CoreNetwork, list[Attachment]]) -> None:
    network, attachments = world
    tables = build_tables(build_core(network, attachments))
    for source in attachments:
        for target in attachments:
            answer = reach(tables, source.name, Target(target.prefixes, target.name))
            assert answer.reason and answer.sentence
            if answer.verdict is Verdict.REACHABLE:
                assert {walk.delivered_to for walk in answer.walks} == {target.name}
                assert not any(walk.doubts for walk in answer.walks)
            if answer.verdict is Verdict.BLOCKED:
                assert all(walk.end not in ("delivered", "unknown") for walk in answer.walks)
            for walk in answer.walks:
                for group in walk.groups:
                    assert any(f"`{group}`" in hop.to for hop in walk.hops)


# --- prefixes ---------------------------------------------------------------------------------------------------

small = st.builds(
    lambda bits, length: Prefix(4, bits >> (32 - length) << (32 - length), length),
    st.integers(0, 2**32 - 1),
    st.integers(1, 32),
)


@given(small, small)
def test_prefixes_cover_what_their_addresses_say(one: Prefix, other: Prefix) -> None:
    assert one.covers(other) is (one.first <= other.first and other.last <= one.last)
    assert one.overlaps(other) is (one.first <= other.last and other.first <= one.last)
    assert parse_prefix(format_prefix(one)) == one


@given(st.lists(small, max_size=6))
def test_outermost_and_pieces(blocks: list[Prefix]) -> None:
    kept = outermost(blocks)
    assert all(any(keeper.covers(block) for keeper in kept) for block in blocks)
    assert not any(a.overlaps(b) for index, a in enumerate(kept) for b in kept[index + 1 :])
    assert count_pieces(blocks, 32) == sum(block.last - block.first + 1 for block in kept)
    assert fills(Prefix(4, 0, 0), blocks) is (count_pieces(blocks, 32) == 2**32)


def test_lookup_takes_the_longest_prefix() -> None:
    edges = (ir.Edge(ir.Word("us-east-1")),)
    network = ir.CoreNetwork(
        ir.Word("2025.11"),
        ir.Configuration((ir.AsnRange(64512, 64600),), edges),
        (ir.Segment(ir.Word("a"), acceptance=False),),
        attach_rules=(ir.AttachRule(ir.Number(1), (ir.AttachCondition("any"),), ir.ToSegment(ir.Word("a"))),),
    )
    blocks = ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "2001:db8::/32"]
    attachments = [
        Attachment(f"v{index}", "vpc", ("us-east-1",), routes=(Announced(parse_prefix(text) or Prefix(4, 0, 0)),))
        for index, text in enumerate(blocks)
    ]
    table = build_tables(build_core(network, attachments)).table(TableName("segment", "a"), "us-east-1")
    found = {}
    for text in ("10.9.9.9", "10.1.9.9", "10.1.2.3", "2001:db8::7", "192.0.2.1"):
        row = table.lookup(parse_prefix(text) or Prefix(4, 0, 0))
        found[text] = None if row is None else row.options[0].hop.name
    assert found == {"10.9.9.9": "v0", "10.1.9.9": "v1", "10.1.2.3": "v2", "2001:db8::7": "v3", "192.0.2.1": None}
