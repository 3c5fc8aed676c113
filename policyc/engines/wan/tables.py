"""Route tables per segment and edge: own routes, shares with their filters and policies, static routes, the mesh.

Source: Cloud WAN reference, sections 3.4 to 3.8 and 3.12. A prefix's way over the mesh depends on its origins alone
(unless a policy on an edge pair looks at prefixes), so equal origins are computed once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from policyc.engines.wan.core import Core, NextHop, Origin, TableName
from policyc.engines.wan.mesh import Transfer, settle
from policyc.engines.wan.paths import STATIC, Choice, Path, merge
from policyc.engines.wan.prefixes import WIDTH, Prefix, parse_prefix
from policyc.engines.wan.routing_policies import apply_policies
from policyc.ir.network import BLACKHOLE, CreateRoute, Direction, RoutingPolicy


@dataclass(frozen=True, slots=True)
class Option:
    """One possible next hop of a row, why it is there, and the path behind it (None for what is no BGP path)."""

    hop: NextHop
    why: str
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One prefix in one table. Exactly one of `options` is in force, and which is not known when there are several; with
    `doubts` none may be right."""

    prefix: Prefix
    options: tuple[Option, ...]
    doubts: tuple[str, ...] = ()

    def joined(self, other: Row, doubt: str = "") -> Row:
        """Both rows' options as possible outcomes."""
        doubts = merge(self.doubts, other.doubts, (doubt,) if doubt else ())
        return Row(self.prefix, distinct((*self.options, *other.options)), doubts)


def distinct(options: Iterable[Option]) -> tuple[Option, ...]:
    """One option per next hop."""
    options = tuple(options)
    if len(options) < 2:
        return options
    return tuple({option.hop: option for option in reversed(list(options))}.values())[::-1]


@dataclass(slots=True)
class RouteTable:
    """The rows of one table at one edge, found by longest prefix."""

    rows: dict[Prefix, Row] = field(default_factory=dict)
    _lengths: dict[int, list[int]] | None = None

    def put(self, row: Row) -> None:
        self.rows[row.prefix] = row
        self._lengths = None

    def lookup(self, prefix: Prefix) -> Row | None:
        """The row of the longest prefix that covers the whole of `prefix`."""
        if self._lengths is None:
            lengths: dict[int, set[int]] = {4: set(), 6: set()}
            for item in self.rows:
                lengths[item.family].add(item.length)
            self._lengths = {family: sorted(found, reverse=True) for family, found in lengths.items()}
        width = WIDTH[prefix.family]
        for length in self._lengths[prefix.family]:
            if length <= prefix.length:
                shift = width - length
                row = self.rows.get(Prefix(prefix.family, prefix.bits >> shift << shift, length))
                if row is not None:
                    return row
        return None


#: Origins of a prefix and the choice of each edge.
Routes = dict[Prefix, tuple[tuple[Origin, ...], Mapping[str, Choice]]]


@dataclass(slots=True)
class Tables:
    """Every table of the core network by name and edge; `own` holds each segment's attachment routes before isolation."""

    core: Core
    own: dict[str, Routes] = field(default_factory=dict)
    tables: dict[tuple[TableName, str], RouteTable] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def table(self, name: TableName, edge: str) -> RouteTable:
        return self.tables.setdefault((name, edge), RouteTable())


def segment_tables(core: Core) -> Tables:
    """The tables of every segment without service insertion."""
    tables = Tables(core)
    for segment in core.network.segments:
        tables.own[segment.name.text] = _own_routes(core, segment.name.text)
    for segment in core.network.segments:
        _fill(tables, segment.name.text)
    _doubt_summaries(tables)
    return tables


# --- origins ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Origins:
    """What begins where, by prefix, before the mesh."""

    origins: dict[Prefix, list[Origin]] = field(default_factory=dict)
    paths: dict[Prefix, dict[str, list[Path]]] = field(default_factory=dict)
    doubts: dict[Prefix, tuple[str, ...]] = field(default_factory=dict)
    owners: dict[tuple[Prefix, str, str], int] = field(default_factory=dict)

    def owner(self, prefix: Prefix, attachment: str, edge: str) -> int:
        """The number of the first origin here that comes from an attachment at an edge; the next one when it is new."""
        return self.owners.setdefault((prefix, attachment, edge), self.next_source(prefix))

    def next_source(self, prefix: Prefix) -> int:
        return len(self.origins.get(prefix, ()))

    def add(self, prefix: Prefix, origin: Origin, path: Path) -> None:
        """INVARIANT: `path.source` is `next_source(prefix)`."""
        self.origins.setdefault(prefix, []).append(origin)
        self.paths.setdefault(prefix, {}).setdefault(origin.edge, []).append(path)

    def doubt(self, prefix: Prefix, reason: str) -> None:
        self.origins.setdefault(prefix, [])
        self.doubts[prefix] = merge(self.doubts.get(prefix, ()), (reason,))


def _own_origins(core: Core, segment: str, found: _Origins, *, transit_only: bool = False) -> None:
    """Routes of the segment's attachments; `transit_only` keeps those of transit gateway route tables, which isolation lets in."""
    edges = core.edges_of(segment)
    for attachment in core.members(segment):
        if transit_only and attachment.type != "transit-gateway-route-table":
            continue
        for edge in (region for region in attachment.regions if region in edges):
            for route in attachment.routes:
                path = core.own_path(attachment, edge, route, found.next_source(route.prefix))
                if path is not None:
                    hop = NextHop("attachment", attachment.name, edge)
                    found.add(route.prefix, Origin(edge, hop, f"route of `{attachment.name}`", attachment.name), path)


def _own_routes(core: Core, segment: str) -> Routes:
    found = _Origins()
    _own_origins(core, segment, found)
    return _mesh(core, segment, found)


def _mesh(core: Core, segment: str, found: _Origins) -> Routes:
    """Each prefix over the mesh of the segment's edges."""
    edges = core.edges_of(segment)
    asns = {edge: core.asns[edge] for edge in edges if edge in core.asns}
    known = tuple(asns)
    policies = core.edge_policies(segment)
    out: Routes = {}
    for prefix, origins in found.origins.items():
        local = {edge: tuple(paths) for edge, paths in found.paths.get(prefix, {}).items()}
        key = (known, tuple(sorted(local.items(), key=lambda item: item[0])), (segment, prefix) if policies else None)
        choices = core.settled.get(key)
        if choices is None:
            transfer = _transfer(core, segment, prefix) if policies else None
            choices = core.settled[key] = settle(known, asns, local, transfer)
        doubts = found.doubts.get(prefix, ())
        if doubts:
            choices = {edge: replace(item, doubts=merge(item.doubts, doubts)) for edge, item in choices.items()}
        out[prefix] = (tuple(origins), choices)
    return out


def _transfer(core: Core, segment: str, prefix: Prefix) -> Transfer:
    found: dict[tuple[str, str, Direction], list[RoutingPolicy]] = {}
    for action in core.edge_policies(segment):
        pair = (action.location.text, action.peer.text)
        for direction in ("inbound", "outbound"):
            policies = core.policies(action.policies, direction)
            found.setdefault((*pair, direction), []).extend(policies)
    act = partial(_act, found, prefix, core)
    return Transfer(
        leave=lambda sender, receiver, path: act((sender, receiver, "outbound"), path),
        enter=lambda sender, receiver, path: act((receiver, sender, "inbound"), path),
    )


def _act(
    found: Mapping[tuple[str, str, Direction], Sequence[RoutingPolicy]], prefix: Prefix, core: Core,
    key: tuple[str, str, Direction], path: Path,
) -> Path | None:  # fmt: skip
    policies = found.get(key, ())
    return apply_policies(policies, path, prefix, core.around) if policies else path


# --- one segment ------------------------------------------------------------------------------------------------


def _fill(tables: Tables, name: str) -> None:
    core = tables.core
    segment = core.network.segment(name)
    assert segment is not None
    found = _Origins()
    _own_origins(core, name, found, transit_only=segment.isolated)
    for other in core.shared_with(name):
        if core.admits(name, other):
            _leak(tables, name, other, found)
    _statics(core, name, found)
    table = TableName("segment", name)
    at = {edge: tables.table(table, edge) for edge in core.edges_of(name)}
    hops = {edge: NextHop("edge", "", edge, table) for edge in at}
    for prefix, (origins, choices) in _mesh(core, name, found).items():
        for edge, choice in choices.items():
            row = _row(prefix, origins, choice, hops)
            if row.options or row.doubts:
                at[edge].put(row)


def _row(prefix: Prefix, origins: Sequence[Origin], choice: Choice, hops: Mapping[str, NextHop]) -> Row:
    """The row that a choice comes to; `hops` are the peerings by edge."""
    options = []
    for path in choice.best:
        origin = origins[path.source]
        options.append(Option(hops[path.via] if path.via else origin.hop, origin.why, path))
    return Row(prefix, distinct(options), choice.doubts)


def _leak(tables: Tables, into: str, out_of: str, found: _Origins) -> None:
    """Attachment routes of one segment into another at the edges that both have.

    A route is handed over where it begins; only when the taking segment has no table at that edge, the copy that the other
    segment's mesh carried to a common edge is handed over there (reference, section 3.6, inferred).
    """
    core = tables.core
    mine = core.edges_of(into)
    policies = core.share_policies(into, out_of)
    common = [edge for edge in core.edges_of(out_of) if edge in mine]
    for prefix, (origins, choices) in tables.own[out_of].items():
        for edge in (item for item in common if item in choices):
            choice = choices[edge]
            for path in choice.best:
                origin = origins[path.source]
                if path.via and origin.edge in mine:
                    continue
                hop = origin.hop if not path.via else NextHop("edge", "", path.via, _transit(tables, out_of, prefix))
                taken = replace(
                    path,
                    source=found.next_source(prefix),
                    owner=found.owner(prefix, origin.attachment, origin.edge),
                    via="",
                    doubts=merge(path.doubts, choice.doubts),
                    soft=path.soft,
                )
                kept = apply_policies(policies, taken, prefix, core.around) if policies else taken
                if kept is None:
                    core.dropped.append((origin.attachment, prefix))
                else:
                    why = f"route of `{origin.attachment}`, shared by `{out_of}`"
                    found.add(prefix, Origin(edge, hop, why, origin.attachment), kept)


def _transit(tables: Tables, segment: str, prefix: Prefix) -> TableName:
    """The tables that carry a route of `segment` on for others, isolated or not, with the row for `prefix` in each."""
    name = TableName("own", segment)
    origins, choices = tables.own[segment][prefix]
    hops = {edge: NextHop("edge", "", edge, name) for edge in choices}
    for edge, choice in choices.items():
        if prefix not in tables.table(name, edge).rows:
            tables.table(name, edge).put(_row(prefix, origins, choice, hops))
    return name


def _statics(core: Core, segment: str, found: _Origins) -> None:
    edges = core.edges_of(segment)
    for action in core.network.actions:
        if not isinstance(action, CreateRoute) or action.segment.text != segment:
            continue
        for word in action.cidrs:
            prefix = parse_prefix(word.text)
            if prefix is None:
                continue
            for destination in action.destinations:
                if destination.text == BLACKHOLE:
                    for edge in edges:
                        path = Path(found.next_source(prefix), STATIC, pinned=True)
                        found.add(prefix, Origin(edge, NextHop("blackhole"), "static blackhole"), path)
                else:
                    _static(core, destination.text, prefix, edges, found)


def _static(core: Core, attachment_id: str, prefix: Prefix, edges: Sequence[str], found: _Origins) -> None:
    association = core.by_id(attachment_id)
    if association is None:
        found.doubt(prefix, f"the static route leads to `{attachment_id}`, which is not among the attachments given")
        return
    attachment = association.attachment
    if attachment.type in ("direct-connect-gateway", "transit-gateway-route-table"):
        found.doubt(prefix, f"`{attachment.name}` is a {attachment.type}, which takes no static route")
        return
    if not association.working:
        found.doubt(
            prefix, f"the static route leads to `{attachment.name}`, which carries no traffic: {association.sentence}"
        )
        return
    at = [edge for edge in attachment.regions if edge in edges]
    if not at:
        found.doubt(prefix, f"the static route leads to `{attachment.name}`, at an edge that the segment does not have")
    for edge in at:
        path = Path(found.next_source(prefix), STATIC)
        hop = NextHop("attachment", attachment.name, edge)
        found.add(prefix, Origin(edge, hop, f"static route to `{attachment.name}`", attachment.name), path)


# --- summaries --------------------------------------------------------------------------------------------------


def _doubt_summaries(tables: Tables) -> None:
    """An aggregate that a share or an edge pair may make is not computed, so its prefix is marked as doubtful."""
    core = tables.core
    for action in core.shares():
        for policy in core.policies(action.policies, "outbound"):
            for name in core.network.members(action.with_segments, without=action.segment.text):
                _doubt_summary(tables, policy, name)
    for segment in core.network.segments:
        for association in core.edge_policies(segment.name.text):
            for policy in core.policies(association.policies, "outbound"):
                _doubt_summary(tables, policy, segment.name.text)


def _doubt_summary(tables: Tables, policy: RoutingPolicy, segment: str) -> None:
    for rule in policy.rules:
        prefix = parse_prefix(str(rule.action.value)) if rule.action.type == "summarize" else None
        if prefix is None:
            continue
        reason = f"whether `{policy.name}` announces the aggregate {prefix} here is not computed"
        for edge in tables.core.edges_of(segment):
            table = tables.table(TableName("segment", segment), edge)
            row = table.rows.get(prefix, Row(prefix, ()))
            table.put(replace(row, doubts=merge(row.doubts, (reason,))))
