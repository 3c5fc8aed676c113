"""A core network with its attachments in place: the ground that route tables are computed on."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from policyc.engines.wan.associate import Association, Associator, Standing
from policyc.engines.wan.attachments import Announced, Attachment
from policyc.engines.wan.mesh import Span, find_spans
from policyc.engines.wan.paths import DYNAMIC, LOCAL_VPC, UNSTATED_ASN, Choice, Path, local_rank
from policyc.engines.wan.prefixes import Prefix, shorten
from policyc.engines.wan.routing_policies import (
    ATTRIBUTE_ACTIONS,
    COMMUNITY_ACTIONS,
    PrefixList,
    PrefixLists,
    Sieve,
    Surroundings,
    apply_policies,
)
from policyc.engines.wan.switches import DEFAULT, Switches
from policyc.ir.network import (
    DIRECTIONS,
    AssociatePolicies,
    CoreNetwork,
    Direction,
    RoutingPolicy,
    Segment,
    Share,
    Word,
)
from policyc.record import field, light, record


class TableName(NamedTuple):
    """A routing domain: a segment, the table of a function group, or (`own`) a segment's attachment routes without isolation,
    which carry what another segment took over from it."""

    kind: Literal["segment", "group", "own"]
    name: str

    def __str__(self) -> str:
        return f"{'group' if self.kind == 'group' else 'segment'} {self.name}"


@light
class NextHop:
    """Where a route leads: an attachment, the same or another table at another edge, a function group, or nowhere.

    `name` is the attachment or the function group, `edge` the edge it is at or leads to. `table` is another table that looks the
    packet up next: at the other end of a peering (None is the table of the same name there), behind a group, or (kind `segment`)
    the segment that a summary was shared by. A group without one is where traffic leaves the core network (`send-to`).
    """

    kind: Literal["attachment", "edge", "group", "segment", "blackhole"]
    name: str = ""
    edge: str = ""
    table: TableName | None = None

    def following(self, here: TableName) -> TableName | None:
        """The table that looks the packet up next after one in table `here`; None where it leaves."""
        return self.table if self.kind != "edge" or self.table is not None else here

    def __str__(self) -> str:
        match self.kind:
            case "attachment":
                return f"attachment `{self.name}`"
            case "edge":
                return f"the peering to {self.edge}"
            case "group":
                return f"group `{self.name}` at {self.edge}"
            case "segment":
                return f"the routes of {self.table}"
            case "blackhole":
                return "blackhole"


@light
class Origin:
    """Where a route of one prefix enters a segment: the edge, the next hop there, and why it is there. `giver` is the segment that
    shares it."""

    edge: str
    hop: NextHop
    why: str
    attachment: str = ""
    giver: str = ""


@record(frozen=False)
class _Places:
    """The working attachments by segment and by function group and edge, all by id, and the edges of segments."""

    segments: dict[str, list[Attachment]] = field(default_factory=dict)
    groups: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    ids: dict[str, Association] = field(default_factory=dict)
    edges: dict[str, tuple[str, ...]] = field(default_factory=dict)
    known_edges: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)


class _Label(NamedTuple):
    """The routing policies that a label brings, and what they ask of prefixes."""

    policies: list[RoutingPolicy]
    sieve: Sieve


class _Spans(NamedTuple):
    """The spans of choices, as a list and by edge. The choices stand beside them so that their id stays their own."""

    choices: Mapping[str, Choice]
    spans: tuple[Span, ...]
    at: Mapping[str, Span]


@record
class Pairs:
    """The routing policies on a segment's edge pairs by (location, peer, direction), and what they ask of prefixes; `acting` are
    the (sender, receiver) between which any acts, and `key` names the policies."""

    policies: Mapping[tuple[str, str, Direction], list[RoutingPolicy]]
    sieve: Sieve
    acting: frozenset[tuple[str, str]]

    @property
    def key(self) -> Hashable:
        return tuple([(*pair, *(policy.name.text for policy in some)) for pair, some in self.policies.items()])


@record(frozen=False)
class Core:
    """The network, who is attached where, and what simulation was told. Made by `build_core`.

    `looping` are the ASNs that a far side may find though it is its own (see `outbound`); `settled` is what the mesh makes of equal origins, `paths`
    what an edge takes in of equal routes; `places` finds attachments by where they are, `labels`
    and `paired` the policies on attachments and edge pairs; `spanned` remembers spans, `owned` who states a prefix, by its IP version and length, numbered;
    `givers` remembers who offers routes to a segment.
    """

    network: CoreNetwork
    associations: Mapping[str, Association]
    lists: PrefixLists
    switches: Switches
    around: Surroundings
    asns: Mapping[str, int] = field(default_factory=dict)
    settled: dict[object, Mapping[str, Choice]] = field(default_factory=dict)
    places: _Places = field(default_factory=lambda: _Places())
    paths: dict[object, Path | None] = field(default_factory=dict)
    labels: dict[object, _Label] = field(default_factory=dict)
    paired: dict[str, Pairs] = field(default_factory=dict)
    spanned: dict[int, _Spans] = field(default_factory=dict)
    looping: frozenset[int] | None = None
    owned: dict[tuple[int, int], dict[Prefix, list[tuple[int, Association]]]] = field(default_factory=dict)
    givers: dict[str, list[str]] = field(default_factory=dict)

    def adopt(self, other: Core) -> bool:
        """Use what was worked out for another core, where routes fare alike by the same rules; whether they do. Segments and their actions
        may differ, who is where, and routing policies that only one of them has and no label brings."""
        mine, theirs = ({item.name.text: item for item in core.network.routing_policies} for core in (self, other))
        if self._rules() != other._rules() or any(mine[name] != theirs[name] for name in mine.keys() & theirs.keys()):
            return False
        self.settled, self.paths, self.labels, self.spanned = other.settled, other.paths, other.labels, other.spanned
        self.places.known_edges = other.places.known_edges
        return True

    def _rules(self) -> tuple[object, ...]:
        """What decides how a route fares, whichever segment it is in."""
        network, configuration = self.network, self.network.configuration
        grounds = network.version, configuration.edges, configuration.asn_ranges, self.switches, self.lists
        return *grounds, network.label_rules, self._labelled_policies()

    def _labelled_policies(self) -> list[RoutingPolicy | None]:
        return [self.network.routing_policy(word.text) for rule in self.network.label_rules for word in rule.policies]

    def told_policies(self) -> list[RoutingPolicy]:
        """The policies that decide what far sides of attachments are told."""
        found = (item for item in self._labelled_policies() if item is not None and item.direction == "outbound")
        return list(dict.fromkeys(found))

    def tells_as(self, other: Core) -> bool:
        """Whether equal rows are told alike to far sides of attachments that are in the same place, at an edge of both."""
        policies = self.network.label_rules, self._labelled_policies()
        if policies != (other.network.label_rules, other._labelled_policies()):
            return False
        if (self.switches, self.lists, self.around.unpinned) != (other.switches, other.lists, other.around.unpinned):
            return False
        return all(self.asns[edge] == other.asns[edge] for edge in self.asns.keys() & other.asns.keys())

    def owners(self, prefix: Prefix) -> list[Association]:
        """Whoever states a block that covers the prefix, in the order of the inventory; a default route belongs to nobody."""
        if not self.owned:
            for at, item in enumerate(self.associations.values()):
                for own in item.attachment.prefixes:
                    self.owned.setdefault((own.family, own.length), {}).setdefault(own, []).append((at, item))
        found: dict[int, Association] = {}
        for (family, length), owned in self.owned.items():
            if family == prefix.family and 0 < length <= prefix.length:
                found.update(owned.get(shorten(prefix, length), ()))
        return [found[at] for at in sorted(found)]

    @property
    def attachments(self) -> Iterable[Attachment]:
        return (item.attachment for item in self.associations.values())

    def by_id(self, attachment_id: str) -> Association | None:
        """The attachment that a static route names."""
        return self.places.ids.get(attachment_id)

    def edges_of(self, segment: str) -> tuple[str, ...]:
        """The edges of a segment; segments at the same edges get the same object."""
        found = self.places.edges.get(segment)
        if found is None:
            declared = self.network.segment(segment)
            edges = () if declared is None else self.network.edges_of(declared)
            found = self.places.edges[segment] = self.places.known_edges.setdefault(edges, edges)
        return found

    def members(self, segment: str) -> list[Attachment]:
        """The working attachments of a segment, in order of declaration."""
        return self.places.segments.get(segment, [])

    def group_members(self, group: str, edge: str) -> list[str]:
        """The names of a function group's working attachments at an edge."""
        return self.places.groups.get((group, edge), [])

    def group_edges(self, group: str) -> list[str]:
        """The edges at which a function group has an attachment, in order of the network."""
        return [edge for edge in self.network.locations if self.group_members(group, edge)]

    def spans(self, choices: Mapping[str, Choice]) -> tuple[Span, ...]:
        """The edges by what they make of a prefix."""
        return self._spanned(choices).spans

    def span(self, choices: Mapping[str, Choice], edge: str) -> Span | None:
        """What an edge makes of a prefix; None where the segment has no table."""
        return self._spanned(choices).at.get(edge)

    def _spanned(self, choices: Mapping[str, Choice]) -> _Spans:
        found = self.spanned.get(id(choices))
        if found is None:
            spans = find_spans(choices)
            at = {edge: span for span in spans for edge in span.edges}
            found = self.spanned[id(choices)] = _Spans(choices, spans, at)
        return found

    # --- routing policies -------------------------------------------------------------------------------------

    def policies(self, names: Iterable[Word], direction: Direction) -> list[RoutingPolicy]:
        found = (self.network.routing_policy(word.text) for word in names)
        return [policy for policy in found if policy is not None and policy.direction == direction]

    def label_policies(self, attachment: Attachment, edge: str, direction: Direction) -> list[RoutingPolicy]:
        """The policies that an attachment's label brings at an edge; edges of a rule matter for Direct Connect alone."""
        return [] if not attachment.label else self._label(attachment, edge, direction).policies

    def label_sieve(self, attachment: Attachment, edge: str, direction: Direction) -> Sieve:
        """What those policies ask of prefixes."""
        return self._label(attachment, edge, direction).sieve

    def _label(self, attachment: Attachment, edge: str, direction: Direction) -> _Label:
        direct = attachment.type == "direct-connect-gateway"
        key = (attachment.label, edge if direct else "", direction)
        found = self.labels.get(key)
        if found is None:
            policies = self._labelled(attachment.label, edge, direction, direct)
            found = self.labels[key] = _Label(policies, Sieve(policies, self.around))
        return found

    def _labelled(self, label: str, edge: str, direction: Direction, direct: bool) -> list[RoutingPolicy]:
        out: list[RoutingPolicy] = []
        for rule in sorted(self.network.label_rules, key=lambda item: item.number.value):
            if label not in (word.text for word in rule.labels):
                continue
            if direct and rule.edges and edge not in (word.text for word in rule.edges):
                continue
            out += [policy for policy in self.policies(rule.policies, direction) if policy not in out]
            if self.switches.several_label_rules == "first":
                break
        return out

    def share_policies(self, into: str, out_of: str) -> list[RoutingPolicy]:
        """The policies on routes that segment `into` takes from segment `out_of` by any share."""
        out: list[RoutingPolicy] = []
        for action in self.shares():
            if not action.policies or action.segment.text not in (into, out_of):
                continue
            others = self.network.members(action.with_segments, without=action.segment.text)
            found: list[RoutingPolicy] = []
            if action.segment.text == into and out_of in others:
                found = self.policies(action.policies, "inbound")
            if action.segment.text == out_of and into in others:
                found = self.policies(action.policies, "outbound")
            out += [policy for policy in found if policy not in out]
        return out

    def shares(self) -> list[Share]:
        return [action for action in self.network.actions if isinstance(action, Share)]

    def shared_with(self, segment: str) -> list[str]:
        """The segments whose attachment routes are offered to `segment`, before filters."""
        found = self.givers.get(segment)
        if found is None:
            found = self.givers[segment] = self._shared_with(segment)
        return found

    def _shared_with(self, segment: str) -> list[str]:
        out: list[str] = []
        for action in self.shares():
            others = self.network.members(action.with_segments, without=action.segment.text)
            if action.segment.text == segment:
                out += others
            elif segment in others:
                out.append(action.segment.text)
        return [name for name in dict.fromkeys(out) if name != segment]

    def admits(self, into: str, out_of: str) -> bool:
        """Whether the filters of the importing segment (and of the other one, by switch) let routes in."""
        pairs = [(into, out_of)]
        if self.switches.filter_direction == "both":
            pairs.append((out_of, into))
        return all(self._lets_in(self.network.segment(mine), other) for mine, other in pairs)

    def _lets_in(self, segment: Segment | None, other: str) -> bool:
        if segment is None:
            return False
        if segment.allow_filter:
            return other in (word.text for word in segment.allow_filter)
        return other not in (word.text for word in segment.deny_filter)

    def pairs(self, segment: str) -> Pairs:
        """The policies on edge pairs of a segment."""
        found = self.paired.get(segment)
        if found is None:
            found = self.paired[segment] = self._find_pairs(segment)
        return found

    def _find_pairs(self, segment: str) -> Pairs:
        found: dict[tuple[str, str, Direction], list[RoutingPolicy]] = {}
        for action in self.network.actions:
            if isinstance(action, AssociatePolicies) and action.segment.text == segment:
                for direction in DIRECTIONS:
                    policies = self.policies(action.policies, direction)
                    if policies:
                        key = (action.location.text, action.peer.text, direction)
                        found.setdefault(key, []).extend(policies)
        acting = frozenset((here, there) if way == "outbound" else (there, here) for here, there, way in found)
        return Pairs(found, Sieve((policy for some in found.values() for policy in some), self.around), acting)

    # --- origins ----------------------------------------------------------------------------------------------

    def own_path(self, attachment: Attachment, edge: str, route: Announced, source: int) -> Path | None:
        """One announced route as its edge takes it in, after the policies of the attachment's label; None when they drop it."""
        answers: tuple[bool | None, ...] = ()
        if attachment.label:
            answers = self._label(attachment, edge, "inbound").sieve.answers(route.prefix)
        key = (attachment.type, attachment.label, edge, route.as_path, route.med, route.communities, source, answers)
        if key not in self.paths:
            self.paths[key] = self._own_path(attachment, edge, route, source)
        return self.paths[key]

    def _own_path(self, attachment: Attachment, edge: str, route: Announced, source: int) -> Path | None:
        vpc = attachment.type == "vpc"
        as_path = route.as_path if route.as_path is not None else () if vpc else (UNSTATED_ASN,)
        soft = () if vpc or route.as_path is not None else (_UNSTATED,)
        # Communities travel in 2025.11 alone, and on VPN and Connect attachments alone (reference, sections 1.1 and 3.10).
        tagged = attachment.type in _TAGGED and self.network.version.text != "2021.12"
        communities: frozenset[str] = route.communities if tagged else frozenset()
        path = Path(
            source,
            LOCAL_VPC if vpc else DYNAMIC,
            as_path,
            route.med,
            0,
            communities,
            local_rank(attachment.type),
            soft=soft,
        )
        policies = self.label_policies(attachment, edge, "inbound")
        without = ATTRIBUTE_ACTIONS if vpc else frozenset() if tagged else COMMUNITY_ACTIONS
        return apply_policies(policies, path, route.prefix, self.around, without)


_TAGGED: Final = ("site-to-site-vpn", "connect")
_UNSTATED: Final = "an attachment that announces it does not state the AS path"


def build_core(
    network: CoreNetwork,
    attachments: Sequence[Attachment],
    switches: Switches = DEFAULT,
    lists: PrefixLists | None = None,
) -> Core:
    """The core network with every attachment associated. Names of attachments are unique; `lists` by alias."""
    decide = Associator(network, switches)
    return place_core(network, [decide(item) for item in attachments], switches, lists)


def place_core(
    network: CoreNetwork,
    associations: Sequence[Association],
    switches: Switches = DEFAULT,
    lists: PrefixLists | None = None,
) -> Core:
    """The core network with attachments where somebody put them."""
    found = {item.attachment.name: item for item in associations}
    asns = {
        edge.location.text: edge.asn.value if edge.asn is not None else UNSTATED_ASN - 1 - index
        for index, edge in enumerate(network.configuration.edges)
    }
    pinned = all(edge.asn is not None for edge in network.configuration.edges)
    around = Surroundings(
        {alias: PrefixList(blocks) for alias, blocks in (lists or {}).items()},
        () if pinned else network.configuration.asn_ranges,
        switches.prefix_list_entries,
    )
    return Core(network, found, lists or {}, switches, around, asns, places=_find_places(found.values()))


def _find_places(associations: Iterable[Association]) -> _Places:
    found = _Places()
    for item in associations:
        if item.attachment.id:
            found.ids.setdefault(item.attachment.id, item)
        if item.standing is Standing.SEGMENT:
            found.segments.setdefault(item.place, []).append(item.attachment)
        elif item.standing is Standing.GROUP:
            for edge in item.attachment.regions:
                found.groups.setdefault((item.place, edge), []).append(item.attachment.name)
    return found
