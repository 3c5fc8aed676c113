"""The normal form of a core network: segments on edges, ordered association rules, segment actions and routing policies.

It holds every key of the core network policy documents 2021.12 and 2025.11 (Cloud WAN reference, section 1), so that a
document read into it and a `network` lowered to it are the same kind of thing. Names, CIDRs and Regions are `Word`s:
text with the place where it was written. Optional parts are None or an empty tuple when nobody wrote them; the
service's defaults are given by the `…_on` properties, never written in.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, get_args

from policyc.ir.origin import Origin
from policyc.record import field, record
from policyc.text import Span

VERSIONS: Final = ("2021.12", "2025.11")
BLACKHOLE: Final = "blackhole"

AttachmentType: TypeAlias = Literal[
    "vpc", "site-to-site-vpn", "connect", "transit-gateway-route-table", "direct-connect-gateway"
]
ATTACHMENT_TYPES: Final[tuple[AttachmentType, ...]] = get_args(AttachmentType)

ConditionType: TypeAlias = Literal[
    "any", "tag-exists", "tag-name", "tag-value", "resource-id", "region", "attachment-type", "account-id"
]
CONDITION_TYPES: Final[tuple[ConditionType, ...]] = get_args(ConditionType)
Operator: TypeAlias = Literal["equals", "not-equals", "contains", "begins-with"]
OPERATORS: Final[tuple[Operator, ...]] = get_args(Operator)
Logic: TypeAlias = Literal["and", "or"]
Mode: TypeAlias = Literal["single-hop", "dual-hop"]
Direction: TypeAlias = Literal["inbound", "outbound"]
LOGICS: Final[tuple[Logic, ...]] = get_args(Logic)
MODES: Final[tuple[Mode, ...]] = get_args(Mode)
DIRECTIONS: Final[tuple[Direction, ...]] = get_args(Direction)

MatchType: TypeAlias = Literal[
    "prefix-equals", "prefix-in-cidr", "prefix-in-prefix-list", "asn-in-as-path", "community-in-list", "med-equals"
]
MATCH_TYPES: Final[tuple[MatchType, ...]] = get_args(MatchType)
ActionType: TypeAlias = Literal[
    "drop",
    "allow",
    "summarize",
    "prepend-asn-list",
    "remove-asn-list",
    "replace-asn-list",
    "add-community",
    "remove-community",
    "set-med",
    "set-local-preference",
]
ACTION_TYPES: Final[tuple[ActionType, ...]] = get_args(ActionType)


@record
class Word:
    """A piece of text of the policy: a name, a Region, a CIDR, an attachment id."""

    text: str
    span: Span | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return self.text


@record
class Number:
    """A whole number of the policy: a rule number, an ASN."""

    value: int
    span: Span | None = field(default=None, compare=False)


@record
class AsnRange:
    """Autonomous system numbers from `low` up to but without `high` (the document's range is right-open)."""

    low: int
    high: int
    span: Span | None = field(default=None, compare=False)

    @property
    def text(self) -> str:
        return f"{self.low}-{self.high}"

    def __contains__(self, asn: int) -> bool:
        return self.low <= asn < self.high


@record
class Edge:
    """One edge location: a Region in which the core network is present."""

    location: Word
    asn: Number | None = None
    inside_cidrs: tuple[Word, ...] = ()
    span: Span | None = field(default=None, compare=False)


@record
class Configuration:
    """`core-network-configuration`. The three switches are None when left to the service."""

    asn_ranges: tuple[AsnRange, ...]
    edges: tuple[Edge, ...]
    inside_cidrs: tuple[Word, ...] = ()
    vpn_ecmp: bool | None = None
    dns: bool | None = None
    security_group_referencing: bool | None = None
    span: Span | None = field(default=None, compare=False)


@record
class Segment:
    """A routing domain. `edges` empty means every edge location."""

    name: Word
    description: Word | None = None
    edges: tuple[Word, ...] = ()
    isolate: bool | None = None
    acceptance: bool | None = None
    deny_filter: tuple[Word, ...] = ()
    allow_filter: tuple[Word, ...] = ()
    span: Span | None = field(default=None, compare=False)

    @property
    def isolated(self) -> bool:
        return self.isolate is True

    @property
    def acceptance_on(self) -> bool:
        """Whether attachments wait for acceptance; the service's default is yes."""
        return self.acceptance is not False


@record
class FunctionGroup:
    """A network function group: attachments of appliances that inspect or forward."""

    name: Word
    description: Word | None = None
    acceptance: bool | None = None
    span: Span | None = field(default=None, compare=False)


@record
class SegmentSet:
    """A list of segments, or every segment (`every`) but the named ones."""

    every: bool
    names: tuple[Word, ...] = ()
    span: Span | None = field(default=None, compare=False)


@record
class EdgeOverride:
    """Flows within one of `edge_sets` are inspected at `use`."""

    edge_sets: tuple[tuple[Word, ...], ...]
    use: Word
    span: Span | None = field(default=None, compare=False)


@record
class Share:
    """`share`: attachment routes in both directions between `segment` and each of `with_segments`."""

    segment: Word
    with_segments: SegmentSet
    policies: tuple[Word, ...] = ()
    description: Word | None = None
    span: Span | None = field(default=None, compare=False)


@record
class CreateRoute:
    """`create-route`: static routes. `destinations` are attachment ids, or the one word `blackhole`."""

    segment: Word
    cidrs: tuple[Word, ...]
    destinations: tuple[Word, ...]
    description: Word | None = None
    span: Span | None = field(default=None, compare=False)

    @property
    def blackhole(self) -> bool:
        return any(item.text == BLACKHOLE for item in self.destinations)


@record
class SendVia:
    """`send-via`: traffic between `segment` and `sent_to` passes a function group; None is the segment itself."""

    segment: Word
    mode: Mode
    groups: tuple[Word, ...]
    sent_to: SegmentSet | None = None
    overrides: tuple[EdgeOverride, ...] = ()
    description: Word | None = None
    span: Span | None = field(default=None, compare=False)


@record
class SendTo:
    """`send-to`: what `segment` has no other route for goes to a function group. `sent_to` is kept though the service
    ignores it."""

    segment: Word
    groups: tuple[Word, ...]
    sent_to: SegmentSet | None = None
    overrides: tuple[EdgeOverride, ...] = ()
    description: Word | None = None
    span: Span | None = field(default=None, compare=False)


@record
class AssociatePolicies:
    """`associate-routing-policy`: routing policies on the edge pair `location`, `peer` for one segment (2025.11)."""

    segment: Word
    location: Word
    peer: Word
    policies: tuple[Word, ...]
    description: Word | None = None
    span: Span | None = field(default=None, compare=False)


SegmentAction: TypeAlias = Share | CreateRoute | SendVia | SendTo | AssociatePolicies


@record
class AttachCondition:
    """One condition of an association rule. `key` is the tag's key, `operator` and `value` the comparison."""

    type: ConditionType
    key: Word | None = None
    operator: Operator | None = None
    value: Word | None = None
    span: Span | None = field(default=None, compare=False)

    def sentence(self) -> str:
        """The condition as people read it, such as ``tag `stage` equals `prod```."""
        if self.type == "any":
            return "any attachment"
        subject = f"tag `{self.key}`" if self.key is not None else self.type
        if self.operator is None:
            return f"{subject} exists"
        return f"{subject} {self.operator} `{self.value}`"

    def admits(self, value: str) -> bool:
        """Whether the comparison holds for a value that is there, letter case heeded."""
        wanted = "" if self.value is None else self.value.text
        match self.operator:
            case "equals":
                return value == wanted
            case "not-equals":
                return value != wanted
            case "contains":
                return wanted in value
            case "begins-with":
                return value.startswith(wanted)
            case None:
                return False


@record
class ToSegment:
    """`association-method: constant`."""

    segment: Word
    acceptance: bool | None = None


@record
class ToTag:
    """`association-method: tag`: the segment whose name is the value of tag `key`."""

    key: Word
    acceptance: bool | None = None


@record
class ToGroup:
    """`add-to-network-function-group`."""

    group: Word
    acceptance: bool | None = None


@record
class AttachRule:
    """One of `attachment-policies`. Conditions are flat; `logic` joins them and may be None for a single one."""

    number: Number
    conditions: tuple[AttachCondition, ...]
    action: ToSegment | ToTag | ToGroup
    logic: Logic | None = None
    description: Word | None = None
    span: Span | None = field(default=None, compare=False)

    @property
    def alternatives(self) -> list[tuple[AttachCondition, ...]]:
        """The sets of conditions of which each by itself makes the rule match."""
        return [(item,) for item in self.conditions] if self.logic == "or" else [self.conditions]


@record
class LabelRule:
    """One of `attachment-routing-policy-rules`: routing policies for attachments with one of `labels`. `edges` matters for
    Direct Connect attachments alone."""

    number: Number
    labels: tuple[Word, ...]
    policies: tuple[Word, ...]
    edges: tuple[Word, ...] = ()
    description: Word | None = None
    span: Span | None = field(default=None, compare=False)


@record
class RouteMatch:
    """One match condition of a routing policy rule; `value` is an int for `asn-in-as-path` and `med-equals`, else text."""

    type: MatchType
    value: str | int
    span: Span | None = field(default=None, compare=False)


@record
class RouteAction:
    """What a routing policy rule does: no value for `drop` and `allow`, a CIDR for `summarize`, ASNs for the lists, text
    `"65000:100"` for communities, an int for MED and local preference."""

    type: ActionType
    value: str | int | tuple[int, ...] | None = None
    span: Span | None = field(default=None, compare=False)

    @property
    def terminal(self) -> bool:
        return self.type in ("drop", "allow")


@record
class RouteRule:
    """One rule of a routing policy."""

    number: Number
    matches: tuple[RouteMatch, ...]
    action: RouteAction
    logic: Logic | None = None
    span: Span | None = field(default=None, compare=False)


@record
class RoutingPolicy:
    """Ordered rules over routes in one direction (2025.11)."""

    name: Word
    direction: Direction
    number: Number
    rules: tuple[RouteRule, ...]
    description: Word | None = None
    span: Span | None = field(default=None, compare=False)


@record
class CoreNetwork:
    """A whole core network policy. `name` is the language's or the file's name for it; the document has none. `origin` says what its
    author wrote, and so in whose words to speak of it."""

    version: Word
    configuration: Configuration
    segments: tuple[Segment, ...]
    groups: tuple[FunctionGroup, ...] = ()
    actions: tuple[SegmentAction, ...] = ()
    attach_rules: tuple[AttachRule, ...] = ()
    label_rules: tuple[LabelRule, ...] = ()
    routing_policies: tuple[RoutingPolicy, ...] = ()
    name: str = field(default="", compare=False)
    origin: Origin = field(default=Origin.LANGUAGE, compare=False)
    span: Span | None = field(default=None, compare=False)

    def segment(self, name: str) -> Segment | None:
        return next((item for item in self.segments if item.name.text == name), None)

    def group(self, name: str) -> FunctionGroup | None:
        return next((item for item in self.groups if item.name.text == name), None)

    def routing_policy(self, name: str) -> RoutingPolicy | None:
        return next((item for item in self.routing_policies if item.name.text == name), None)

    @property
    def locations(self) -> tuple[str, ...]:
        """The Regions of the edges, in the order of the document."""
        return tuple(edge.location.text for edge in self.configuration.edges)

    def edges_of(self, segment: Segment) -> tuple[str, ...]:
        """The edge locations that a segment has tables at."""
        return tuple(word.text for word in segment.edges) or self.locations

    def members(self, segments: SegmentSet, *, without: str = "") -> tuple[str, ...]:
        """The names that a set stands for, in the order of declaration; `without` is the segment that `*` leaves out.

        A name that is not declared is left out too (validation reports it).
        """
        named = {word.text for word in segments.names}
        if segments.every:
            return tuple(s.name.text for s in self.segments if s.name.text != without and s.name.text not in named)
        return tuple(dict.fromkeys(w.text for w in segments.names if self.segment(w.text) is not None))

    def redirected(self, action: SendVia) -> tuple[str, ...]:
        """The segments that a `send-via` covers; `*` includes the segment itself, and so does leaving it out."""
        if action.sent_to is None:
            return (action.segment.text,)
        return self.members(action.sent_to)

    def inspects_between(self, one: str, other: str) -> bool:
        """Whether a `send-via` leads from one segment to the other, which it does both ways."""
        sends = ((item.segment.text, self.redirected(item)) for item in self.actions if isinstance(item, SendVia))
        return any(
            other in there if one == sender else one in there for sender, there in sends if sender in (one, other)
        )
