"""The syntax tree of what stands inside a `network`: a topology with ordered rules.

Names of segments, groups, filters and so on are `Ident`s: they live in the network, not in the module. Few files hold networks, so only
what reads, prints or lowers them imports this.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from policyc.record import field, record
from policyc.syntax.expression_nodes import Expr, Ident, Int, Range, Str
from policyc.text import Span


@record
class NetAsns:
    """`asns 64512..64555, 4200000000..4200000010`."""

    ranges: tuple[Range, ...]
    span: Span = field(compare=False)


@record
class NetInsideCidrs:
    """`inside cidrs "10.0.0.0/16"`, for the network or inside one edge."""

    cidrs: tuple[Expr, ...]
    span: Span = field(compare=False)


@record
class NetSwitch:
    """`option vpn_ecmp off`; the name as written."""

    name: Ident
    value: bool
    span: Span = field(compare=False)


@record
class NetEdge:
    """One of `edges us-east-1 { asn 64512  inside cidrs "…" }, eu-west-1`."""

    location: Expr
    asn: Int | None
    inside_cidrs: NetInsideCidrs | None
    span: Span = field(compare=False)


@record
class NetEdges:
    edges: tuple[NetEdge, ...]
    span: Span = field(compare=False)


@record
class NetFlag:
    """`isolate`, `no isolate`, `require acceptance`, `no acceptance` (name `acceptance`)."""

    name: Literal["isolate", "acceptance"]
    value: bool
    span: Span = field(compare=False)


@record
class NetDescribe:
    """`describe "text"`."""

    text: Str
    span: Span = field(compare=False)


@record
class NetLocations:
    """`edges us-east-1, eu-west-1` inside a segment or a label rule."""

    locations: tuple[Expr, ...]
    span: Span = field(compare=False)


@record
class NetImportFilter:
    """`deny from a, b` or `allow from a, b` inside a segment."""

    word: Literal["deny", "allow"]
    segments: tuple[Ident, ...]
    span: Span = field(compare=False)


@record
class NetSegment:
    name: Ident
    options: tuple[NetFlag | NetDescribe | NetLocations | NetImportFilter, ...]
    span: Span = field(compare=False)
    doc: str = field(default="", compare=False)


@record
class NetFunctionGroup:
    name: Ident
    options: tuple[NetFlag | NetDescribe, ...]
    span: Span = field(compare=False)
    doc: str = field(default="", compare=False)


@record
class NetSegments:
    """A list of segment names, `*`, or `* except a, b` (names hold the exceptions then)."""

    every: bool
    names: tuple[Ident, ...]
    span: Span = field(compare=False)


@record
class NetPolicies:
    """`apply drop_secondary, prefer_dx` inside a share."""

    names: tuple[Ident, ...]
    span: Span = field(compare=False)


@record
class NetShare:
    """`share services with production, development { apply p  describe "…" }`."""

    segment: Ident
    with_segments: NetSegments
    options: tuple[NetPolicies | NetDescribe, ...]
    span: Span = field(compare=False)


@record
class NetOverride:
    """`edge [us-east-1, eu-west-1] use us-east-1`; several lists (`edge [a, b], [c] use d`) share one target."""

    edge_sets: tuple[tuple[Expr, ...], ...]
    use: Expr
    span: Span = field(compare=False)


@record
class NetMode:
    """`mode single_hop` or `mode dual_hop`."""

    name: Ident
    span: Span = field(compare=False)


@record
class NetSend:
    """`send via firewalls from development to production { … }` or `send to firewalls from development`.

    `groups` keeps every named group, though the service takes one.
    """

    kind: Literal["via", "to"]
    groups: tuple[Ident, ...]
    segment: Ident
    to: NetSegments | None
    options: tuple[NetMode | NetOverride | NetDescribe, ...]
    span: Span = field(compare=False)


@record
class NetRoute:
    """`route production "0.0.0.0/0" -> blackhole { describe "…" }`; `blackhole` is a `Ref` of that word, an attachment id a
    string or a `let`."""

    segment: Ident
    cidrs: tuple[Expr, ...]
    destinations: tuple[Expr, ...]
    options: tuple[NetDescribe, ...]
    span: Span = field(compare=False)


@record
class NetApply:
    """`apply p, q in production from us-east-1 to eu-west-1`: routing policies on an edge pair.

    `location` is the edge that applies them (the document's `edge-location`), `peer` the other one.
    """

    policies: tuple[Ident, ...]
    segment: Ident
    location: Expr
    peer: Expr
    options: tuple[NetDescribe, ...]
    span: Span = field(compare=False)


@record
class NetToSegment:
    """`-> segment production { require acceptance }`."""

    segment: Ident
    options: tuple[NetFlag | NetDescribe, ...]
    span: Span = field(compare=False)


@record
class NetToTag:
    """`-> tag "segment"`: the segment whose name is the tag's value."""

    key: Str
    options: tuple[NetFlag | NetDescribe, ...]
    span: Span = field(compare=False)


@record
class NetToGroup:
    """`-> group firewalls`."""

    group: Ident
    options: tuple[NetFlag | NetDescribe, ...]
    span: Span = field(compare=False)


@record
class NetAttachRule:
    """`100: tag["segment"] == "production" -> segment production`; `condition` is None for `otherwise`."""

    number: Int
    condition: Expr | None
    destination: NetToSegment | NetToTag | NetToGroup
    span: Span = field(compare=False)
    doc: str = field(default="", compare=False)


@record
class NetAttach:
    """`attach { … }`: the association rules."""

    rules: tuple[NetAttachRule, ...]
    span: Span = field(compare=False)


@record
class NetLabelRule:
    """`100: "dxLabel", "other" -> p, q { edges us-east-1 }` in `labels { … }`."""

    number: Int
    labels: tuple[Str, ...]
    policies: tuple[Ident, ...]
    options: tuple[NetLocations | NetDescribe, ...]
    span: Span = field(compare=False)


@record
class NetLabels:
    """`labels { … }`: routing policies by attachment routing label."""

    rules: tuple[NetLabelRule, ...]
    span: Span = field(compare=False)


@record
class NetAction:
    """`drop`, `allow`, `summarize "10.0.0.0/8"`, `prepend_asns [64512]`, `set_med 100` …; `value` None when it takes none."""

    name: Ident
    value: Expr | None
    span: Span = field(compare=False)


@record
class NetFilterRule:
    """`100: prefix == "10.100.0.0/16" -> drop`; `condition` is None for `otherwise`."""

    number: Int
    condition: Expr | None
    action: NetAction
    span: Span = field(compare=False)


@record
class NetFilter:
    """`filter no_secondary direction inbound number 100 { … }`: one routing policy."""

    name: Ident
    direction: Ident
    number: Int
    options: tuple[NetDescribe, ...]
    rules: tuple[NetFilterRule, ...]
    span: Span = field(compare=False)
    doc: str = field(default="", compare=False)


NetItem: TypeAlias = (
    NetAsns
    | NetInsideCidrs
    | NetSwitch
    | NetEdges
    | NetSegment
    | NetFunctionGroup
    | NetShare
    | NetSend
    | NetRoute
    | NetApply
    | NetAttach
    | NetLabels
    | NetFilter
)
