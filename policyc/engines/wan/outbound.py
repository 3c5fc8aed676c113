"""What the far side of an attachment hears: the routes that an edge hands to a VPN, Connect, transit gateway or Direct Connect
gateway, after the outbound policies of the attachment's label.

Source: Cloud WAN reference, sections 3.4 (a Direct Connect gateway hears each edge's local routes only), 3.8 (blackholes are not
propagated), 3.10 (summaries withdraw what they stand for) and 3.13 E8; RFC 4271, section 9.1.2 (nobody takes a path that holds the own
ASN). A VPC hears nothing: its route tables are its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Sequence
from typing import NamedTuple

from policyc.engines.wan.associate import Association
from policyc.engines.wan.attachments import Attachment
from policyc.engines.wan.core import Core, TableName
from policyc.engines.wan.paths import DYNAMIC, STATIC, Path, exported, merge
from policyc.engines.wan.prefixes import Prefix
from policyc.engines.wan.routing_policies import aggregates, transform
from policyc.engines.wan.tables import Row, Tables
from policyc.record import record, replace


@record
class Heard:
    """One route as the far side gets it at an edge. With several `paths` one of them is announced, and which is not known; with
    `doubts` it may not be announced, or not be taken. `replaces` are the routes that an aggregate stands for, `refused` says why the far
    side is sure not to take it."""

    edge: str
    prefix: Prefix
    paths: tuple[Path, ...]
    replaces: tuple[Prefix, ...] = ()
    doubts: tuple[str, ...] = ()
    refused: str = ""


def far_asn(attachment: Attachment) -> int | None:
    """The ASN of the far side: the first one of every path that it announces; None when they differ or one is not stated."""
    first = {route.as_path[0] if route.as_path else None for route in attachment.routes}
    return first.pop() if len(first) == 1 and attachment.type != "vpc" else None


def hears_less(core: Core, association: Association) -> bool:
    """Whether outbound policies, or its own ASN, may keep routes from the far side of an attachment."""
    attachment = association.attachment
    if attachment.type == "vpc" or association.is_group:
        return False
    if any(core.label_policies(attachment, edge, "outbound") for edge in attachment.regions):
        return True
    asn = far_asn(attachment)
    return asn is not None and _loops(core, attachment) != "accept" and asn in looping_asns(core)


def looping_asns(core: Core) -> frozenset[int]:
    """The ASNs that a far side may find in what it hears though it is its own: those that several attachments announce, those of edges, and
    those that a routing policy puts into paths."""
    if core.looping is None:
        seen = Counter(
            asn for item in core.attachments for asn in {asn for route in item.routes for asn in route.as_path or ()}
        )
        actions = (rule.action for policy in core.network.routing_policies for rule in policy.rules)
        values = [item.value for item in actions if item.type == "prepend-asn-list"]
        put = {number for value in values if isinstance(value, tuple) for number in value}
        core.looping = frozenset({asn for asn, count in seen.items() if count > 1} | put | set(core.asns.values()))
    return core.looping


def _loops(core: Core, attachment: Attachment) -> str:
    """What the far side does with a path that holds its own ASN. A transit gateway has no way to take it; other routers may be told to."""
    return "refuse" if attachment.type == "transit-gateway-route-table" else core.switches.far_side_loops


def told_to(tables: Tables, association: Association) -> list[Heard]:
    """Every route that is announced to the far side, those with it that it refuses."""
    return [heard for edge in announcing_edges(tables, association) for heard in edge.routes()]


def announcing_edges(tables: Tables, association: Association) -> list[AnnouncingEdge]:
    """The edges that announce something to the far side of an attachment."""
    attachment = association.attachment
    if attachment.type == "vpc" or not association.working:
        return []
    name = TableName("group" if association.is_group else "segment", association.place)
    edges = tables.edges_of(name)
    return [AnnouncingEdge(tables, association, name, edge) for edge in attachment.regions if edge in edges]


class _Piece(NamedTuple):
    """What comes of one next hop of a row: its aggregate (None: a route for the row's own prefix), the path as it is told, and doubts."""

    aggregate: Prefix | None
    path: Path
    doubts: tuple[str, ...]


class AnnouncingEdge:
    """What one edge announces to the far side of an attachment. Rows that lead alike are announced alike where their prefixes give the
    outbound policies the same answers, so that is worked out once. INVARIANT: the tables are not changed any more."""

    __slots__ = (
        "_asn",
        "_association",
        "_core",
        "_known",
        "_own",
        "_pieces",
        "_plain",
        "_policies",
        "_refuses",
        "_rows",
        "_shared",
        "_sieve",
        "_signs",
        "aggregates",
        "edge",
    )

    def __init__(self, tables: Tables, association: Association, name: TableName, edge: str) -> None:
        attachment, core = association.attachment, tables.core
        self.edge, self._core, self._association = edge, core, association
        self._rows = tables.table(name, edge).rows
        # Routing policies do not act on function groups (reference, section 3.10).
        self._policies = [] if association.is_group else core.label_policies(attachment, edge, "outbound")
        self._sieve = core.label_sieve(attachment, edge, "outbound") if self._policies else None
        self.aggregates = aggregates(self._policies)
        self._shared = shared_doubt(core, association)
        loops = _loops(core, attachment)
        self._asn = None if loops == "accept" else far_asn(attachment)
        self._refuses = loops == "refuse"
        self._own = attachment.name
        direct = attachment.type == "direct-connect-gateway"
        self._plain = not self._policies and not direct and self._asn != core.asns.get(edge)
        self._known: dict[Hashable, Heard | None] = {}
        self._pieces: dict[Hashable, tuple[_Piece, ...]] = {}
        self._signs: dict[Hashable, Heard | None] = {}

    def routes(self, only: Collection[Prefix] | None = None) -> list[Heard]:
        """The routes, of all rows or those of some prefixes, in order."""
        rows, found = self._rows, dict[Prefix, _Gathered]()
        for prefix in sorted(rows if only is None else (prefix for prefix in only if prefix in rows)):
            for aggregate, path, doubts in self._of(rows[prefix]):
                summed = aggregate is not None and aggregate != prefix
                at = aggregate if aggregate is not None else prefix
                gathered = found.get(at)
                if gathered is None:
                    found[at] = _Gathered([path], [prefix] if summed else [], doubts)
                else:
                    gathered.add(path, prefix if summed else None, doubts)
        return [self._judged(found[prefix].heard(self.edge, prefix)) for prefix in sorted(found)]

    def route(self, prefix: Prefix) -> Heard | None:
        """The route for a prefix; an aggregate with one of its members only, of those that settle whether it is announced."""
        heard = self._like(prefix)
        if heard is None or heard.prefix == prefix:
            return heard
        return Heard(self.edge, prefix, heard.paths, (), heard.doubts, heard.refused)

    @property
    def plain(self) -> tuple[int | None] | None:
        """The ASN of a far side that is told whatever is `plainly_told`; None where more decides."""
        return (self._asn,) if self._plain and not self._shared else None

    @property
    def policies(self) -> Hashable:
        """Equal for edges and far sides with the same policies of one network, which keeps what they ask."""
        return id(self._sieve)

    def asked(self, prefix: Prefix) -> Hashable:
        """What the policies ask of a prefix."""
        return () if self._sieve is None else self._sieve.answers(prefix)

    def tells_plainly(self, prefix: Prefix) -> bool:
        """Whether it is plain, without working it out, that the route for a prefix is announced and taken; most are so, by the thousand."""
        found = plainly_told(self._rows.get(prefix), prefix) if self.plain is not None else None
        return found is not None and self._own not in found.handed and self._asn not in found.asns

    def surely_tells(self, prefix: Prefix) -> bool:
        """Whether there is a route for a prefix that is sure to be announced and taken."""
        heard = self._like(prefix)
        return heard is not None and not heard.refused and not heard.doubts

    def sign(self, prefix: Prefix) -> Hashable:
        """Equal for prefixes that are announced alike, if none is an aggregate; None for one that has no row. Quicker than `kind`, and not
        for all of them. As for `_key`: the tables keep all rows, and rows that lead alike mostly have one object for that."""
        row = self._rows.get(prefix)
        if row is None:
            return None
        return id(row.options), row.doubts, self.asked(prefix)

    def kind(self, prefix: Prefix) -> Hashable:
        """As `sign`, for all that are told apart by nothing."""
        row = self._rows.get(prefix)
        return None if row is None else (self._key(row),)

    def _like(self, prefix: Prefix) -> Heard | None:
        """The route for a prefix, or for one that is announced alike."""
        if prefix in self.aggregates:
            return self._aggregate(prefix)
        sign = self.sign(prefix)
        if sign is None:
            return None
        if sign not in self._signs:
            key = self._key(self._rows[prefix])
            if key not in self._known:
                found = self.routes((prefix,))
                self._known[key] = next((heard for heard in found if heard.prefix == prefix), None)
            self._signs[sign] = self._known[key]
        return self._signs[sign]

    def _aggregate(self, prefix: Prefix) -> Heard | None:
        members: list[Prefix] = []
        if prefix not in self._rows:
            for row in self._rows.values():
                summed = [piece for piece in self._of(row) if piece.aggregate == prefix]
                members += [row.prefix] if summed else []
                if any(not piece.doubts for piece in summed):
                    members = [row.prefix]
                    break
        found = self.routes(members or None)
        return next((heard for heard in found if heard.prefix == prefix), None)

    def _of(self, row: Row) -> tuple[_Piece, ...]:
        key = self._key(row)
        found = self._pieces.get(key)
        if found is None:
            found = self._pieces[key] = tuple(self._announced(row))
        return found

    def _key(self, row: Row) -> Hashable:
        """What tells rows apart. The tables keep all rows, so that the ids of their next hops and paths stay their own."""
        options = row.options
        answers = () if self._sieve is None else self._answers(row.prefix)
        if len(options) == 1:
            return id(options[0].hop), id(options[0].path), row.doubts, answers
        return tuple([(id(option.hop), id(option.path)) for option in options]), row.doubts, answers

    def _answers(self, prefix: Prefix) -> Hashable:
        """What tells prefixes apart whose rows lead alike."""
        return () if self._sieve is None else prefix if prefix in self.aggregates else self._sieve.answers(prefix)

    def _announced(self, row: Row) -> Iterator[_Piece]:
        core, edge = self._core, self.edge
        for path, sure in _handed_on(row, self._association, edge):
            outcome = transform(self._policies, path, row.prefix, core.around)
            if outcome.path is not None:
                told = exported(outcome.path, edge, core.asns[edge]) if edge in core.asns else outcome.path
                doubts = merge(row.doubts, told.doubts, () if sure else (_UNSURE,), self._shared)
                yield _Piece(None if outcome.prefix == row.prefix else outcome.prefix, told, doubts)

    def _judged(self, heard: Heard) -> Heard:
        return heard if self._asn is None else _judged(heard, self._asn, self._refuses)


@record(frozen=False)
class _Gathered:
    """Routes of one prefix at one edge: members of one aggregate are told once; otherwise each is a possible outcome."""

    paths: list[Path]
    members: list[Prefix]
    doubts: tuple[str, ...]

    def add(self, path: Path, member: Prefix | None, doubts: tuple[str, ...]) -> None:
        summed = member is not None
        if summed and self.members:
            # One member that is sure to be there is enough for the aggregate to be announced.
            self.doubts = () if not self.doubts or not doubts else merge(self.doubts, doubts)
        else:
            mixed = summed != bool(self.members)
            self.doubts = merge(self.doubts, doubts, (_TWO_KINDS,) if mixed else ())
            if path not in self.paths:
                self.paths.append(path)
        if member is not None:
            self.members.append(member)

    def heard(self, edge: str, prefix: Prefix) -> Heard:
        return Heard(edge, prefix, tuple(self.paths), tuple(self.members), self.doubts)


def _judged(heard: Heard, asn: int, sure: bool) -> Heard:
    """The route as a far side with that ASN takes it; `sure` that it refuses paths that hold the ASN."""
    holding = sum(asn in path.as_path for path in heard.paths)
    if not holding:
        return heard
    text = f"the AS path holds {asn}, the far side's own ASN"
    if sure and holding == len(heard.paths):
        return replace(heard, refused=text)
    if not sure:
        text += ", and whether it refuses that is the switch `far-side-loops`"
    return replace(heard, doubts=merge(heard.doubts, (text,)))


_TWO_KINDS = "an aggregate and a route of its own have one prefix"
_UNSURE = "one of its possible next hops is not announced"


def _handed_on(row: Row, association: Association, edge: str) -> list[tuple[Path, bool]]:
    """The paths of a row that the edge hands on: not back to where they come from, unless they are static (reference, section 3.8);
    no blackholes; to a Direct Connect gateway local ones only."""
    name, direct = association.attachment.name, association.attachment.type == "direct-connect-gateway"
    kept: list[Path] = []
    for option in row.options:
        hop = option.hop
        static = option.path is not None and option.path.kind == STATIC
        back = hop.kind == "attachment" and hop.name == name and not static
        if back or hop.kind == "blackhole" or (direct and (hop.kind == "edge" or hop.edge not in ("", edge))):
            continue
        kept.append(option.path if option.path is not None else Path(0, DYNAMIC))
    return [(path, len(kept) == len(row.options)) for path in kept]


def shared_doubt(core: Core, association: Association) -> tuple[str, ...]:
    """Transit gateway route tables on one peering share the union of their outbound policies; which peering is not stated."""
    mine = association.attachment
    if mine.type != "transit-gateway-route-table":
        return ()
    policies = [] if association.is_group else core.label_policies(mine, mine.regions[0], "outbound")
    for other in core.members(association.place):
        if other is not mine and other.type == mine.type and set(other.regions) & set(mine.regions):
            for edge in mine.regions:
                if core.label_policies(other, edge, "outbound") != policies:
                    return (f"`{other.name}` has other outbound policies, and on one peering they count for both",)
    return ()


class Plain(NamedTuple):
    """What may keep somebody from being told of a route that is plainly told: an ASN in one of its paths, or that it leads to himself."""

    asns: frozenset[int]
    handed: frozenset[str]

    @classmethod
    def together(cls, every: Sequence[Plain]) -> Plain:
        """Of several routes what any of them says."""
        if all(one is every[0] for one in every):
            return every[0]
        return cls(frozenset().union(*(one.asns for one in every)), frozenset().union(*(one.handed for one in every)))


def plainly_told(row: Row | None, prefix: Prefix) -> Plain | None:
    """How far sides are told of a prefix that a row is found for; None where that is not plain."""
    if row is None or row.doubts or not row.options or row.prefix != prefix:
        return None
    asns: set[int] = set()
    handed: set[str] = set()
    for option in row.options:
        hop, path = option.hop, option.path
        if hop.kind == "blackhole" or (path is not None and path.doubts):
            return None
        if hop.kind == "attachment":
            handed.add(hop.name)
        if path is not None:
            asns.update(path.as_path)
    return Plain(frozenset(asns), frozenset(handed))
