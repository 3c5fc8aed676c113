"""Slow, obvious route tables of a core network: the oracle for the tables of the engine.

Every prefix of every segment at every edge is worked out by itself, in the order of section 3.12 of the Cloud WAN reference: origins, shares, statics,
an exchange of announcements edge by edge, then the rows of service insertion one by one (section 3.9). It shares with the engine
where attachments are, which policies are bound where, what one policy does to one route, and how static routes begin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from policyc.engines.wan.core import Core, NextHop, Origin, TableName
from policyc.engines.wan.origins import Origins, add_own
from policyc.engines.wan.paths import DYNAMIC, RANK_SWITCH, Choice, Path, exported, merge
from policyc.engines.wan.prefixes import DEFAULT_V4, DEFAULT_V6, Prefix
from policyc.engines.wan.routing_policies import transform
from policyc.engines.wan.statics import add_statics
from policyc.ir.network import Direction, EdgeOverride, SendTo, SendVia

Hop = tuple[str, str, str, TableName | None]


class Cell(NamedTuple):
    """One row: the possible next hops with every reason for each, and the doubts."""

    options: frozenset[tuple[Hop, str]]
    doubts: frozenset[str]

    @property
    def hops(self) -> frozenset[Hop]:
        return frozenset(hop for hop, _ in self.options)


@dataclass
class Known:
    """One prefix of a segment: where it begins and what each edge chose."""

    origins: list[Origin]
    best: dict[str, list[Path]]
    doubts: dict[str, tuple[str, ...]]


@dataclass
class Table:
    """The options (next hop, why) and doubts of each prefix."""

    rows: dict[Prefix, tuple[list[tuple[Hop, str]], list[str]]] = field(default_factory=dict)
    inserted: set[Prefix] = field(default_factory=set)

    def lay(self, prefix: Prefix, options: list[tuple[Hop, str]], doubts: Sequence[str], clash: str) -> None:
        """Add a row; where one stands already that leads elsewhere, both are possible."""
        old, known = self.rows.get(prefix, (options, []))
        unlike = {hop for hop, _ in old} != {hop for hop, _ in options}
        open_ = "not published" if prefix in self.inserted else "the switch `inserted-route-rank`"
        doubt = [f"{clash.format(prefix)}, and which wins is {open_}"] if unlike else []
        if clash:
            self.inserted.add(prefix)
        self.rows[prefix] = ([*old, *options], [*known, *doubts, *doubt])


def slow_tables(core: Core) -> dict[tuple[TableName, str], dict[Prefix, Cell]]:
    """Every table of segments and function groups, by name and edge."""
    names = [segment.name.text for segment in core.network.segments]
    own = {name: _segment(core, name, _own(core, name)) for name in names}
    tables: dict[tuple[TableName, str], Table] = {}
    for name in names:
        found = _own(core, name, transit_only=core.network.segment(name).isolated)  # type: ignore[union-attr]
        for other in core.shared_with(name):
            if core.admits(name, other):
                _leak(core, name, other, own[other], found)
        add_statics(core, name, found)
        table = TableName("segment", name)
        for edge in core.edges_of(name):
            tables[table, edge] = Table()
        for prefix, known in _segment(core, name, found).items():
            for edge in core.edges_of(name):
                if known.best[edge] or known.doubts[edge]:
                    tables[table, edge].lay(prefix, _options(known, edge, table), known.doubts[edge], "")
    _insert(core, {name: _segment(core, name, _own(core, name), plain=True) for name in names}, tables)
    return {
        place: {prefix: Cell(frozenset(options), frozenset(doubts)) for prefix, (options, doubts) in table.rows.items()}
        for place, table in tables.items()
    }


def _options(known: Known, edge: str, table: TableName) -> list[tuple[Hop, str]]:
    best = known.best[edge]
    kinds = {path.kind for path in best}
    # Paths of several kinds are never equal: how local preference ranks decides between them.
    ranked = len(kinds) > 1 and any(path.preference for path in best)
    out = []
    for path in best:
        origin = known.origins[path.source]
        hop = ("edge", "", path.via, table) if path.via else plain_hop(origin.hop, table)
        out.append((hop, f"{origin.why}, {RANK_SWITCH}" if ranked else origin.why))
    return out


def plain_hop(hop: NextHop, table: TableName) -> Hop:
    """A next hop of a table, with the table at the end of a peering spelt out."""
    return (hop.kind, hop.name, hop.edge, hop.following(table))


def _own(core: Core, name: str, *, transit_only: bool = False) -> Origins:
    found = Origins()
    add_own(core, name, found, transit_only=transit_only)
    return found


# --- the mesh ---------------------------------------------------------------------------------------------------


def _segment(core: Core, name: str, found: Origins, *, plain: bool = False) -> dict[Prefix, Known]:
    """Every prefix over the mesh, then the aggregates that edge pairs announce, one round after the routes they stand for."""
    edges = core.edges_of(name)
    policies = {} if plain else core.pairs(name).policies
    out: dict[Prefix, Known] = {}
    changed = list(found.origins)
    told: set[tuple[Prefix, str, str]] = set()
    for _ in range(len(edges) + 1):
        for prefix in changed:
            out[prefix] = _exchange(core, edges, policies, prefix, found)
        changed = []
        for (sender, receiver, direction), bound in policies.items():
            if direction != "outbound" or sender not in edges or receiver not in edges:
                continue
            for prefix, known in list(out.items()):
                for path in known.best[sender]:
                    outcome = transform(bound, path, prefix, core.around)
                    key = (outcome.prefix, sender, receiver)
                    if outcome.prefix == prefix or outcome.path is None or path.pinned or key in told:
                        continue
                    told.add(key)
                    heard = Path(
                        found.next_source(outcome.prefix),
                        DYNAMIC,
                        (core.asns[sender], *outcome.path.as_path),
                        outcome.path.med,
                        0,
                        outcome.path.communities,
                        doubts=outcome.path.doubts,
                    )
                    kept = _act(core, policies, (receiver, sender, "inbound"), outcome.prefix, heard)
                    if kept is not None:
                        hop = NextHop("edge", "", sender)
                        why = f"aggregate made at {sender}"
                        found.add(outcome.prefix, Origin(receiver, hop, why), kept)
                        changed.append(outcome.prefix)
        if not changed:
            break
    return out


Bound = Mapping[tuple[str, str, Direction], Sequence[object]]


def _act(core: Core, policies: Bound, key: tuple[str, str, Direction], prefix: Prefix, path: Path) -> Path | None:
    outcome = transform(policies.get(key, ()), path, prefix, core.around)  # type: ignore[arg-type]
    return outcome.path if outcome.prefix == prefix else None


def _exchange(core: Core, edges: Sequence[str], policies: Bound, prefix: Prefix, found: Origins) -> Known:
    """What comes of every rank that local preference may have."""
    rank = core.switches.local_preference_rank
    ranks = ("before-as-path", "before-vpc", "before-static") if rank == "undecided" else (rank,)
    worlds = [_exchange_by(core, edges, policies, prefix, found, place) for place in ranks]
    return Known(
        found.origins[prefix],
        {edge: list(dict.fromkeys(path for world in worlds for path in world.best[edge])) for edge in edges},
        {edge: merge(*(world.doubts[edge] for world in worlds)) for edge in edges},
    )


def _exchange_by(
    core: Core, edges: Sequence[str], policies: Bound, prefix: Prefix, found: Origins, place: str
) -> Known:
    """Announcements until nothing changes: everybody tells everybody else what it may have chosen."""
    local = found.paths.get(prefix, {})
    best: dict[str, list[Path]] = {edge: _choose(local.get(edge, []), {}, place) for edge in edges}
    heard: dict[str, dict[str, tuple[list[Path], bool]]] = {}
    for _ in range(2 * len(edges) + 5):
        heard = {}
        for edge in edges:
            heard[edge] = {}
            for peer in edges:
                if peer == edge:
                    continue
                sent = [_sent(core, policies, prefix, path, peer, edge) for path in best[peer]]
                kept = [path for path in sent if path is not None]
                if kept:
                    heard[edge][peer] = (list(dict.fromkeys(kept)), None in sent)
        following = {edge: _choose(local.get(edge, []), heard[edge], place) for edge in edges}
        if following == best:
            break
        best = following
    else:
        raise AssertionError("the edges do not settle")
    doubts = {}
    for edge in edges:
        candidates = (*local.get(edge, ()), *(path for paths, _ in heard[edge].values() for path in paths))
        doubts[edge] = merge(Choice.of(candidates, tuple(best[edge])).doubts, found.doubts.get(prefix, ()))
    return Known(found.origins[prefix], best, doubts)


def _sent(core: Core, policies: Bound, prefix: Prefix, path: Path, sender: str, receiver: str) -> Path | None:
    """What a peer takes in: not a blackhole, not what has been there, after the policies of both sides."""
    if path.pinned:
        return None
    left = _act(core, policies, (sender, receiver, "outbound"), prefix, path)
    if left is None or core.asns[receiver] in left.as_path:
        return None
    return _act(core, policies, (receiver, sender, "inbound"), prefix, exported(left, sender, core.asns[sender]))


def _choose(local: Sequence[Path], heard: Mapping[str, tuple[list[Path], bool]], place: str) -> list[Path]:
    """Every path that no other is certain to beat. A peer sends one of its paths, and never competes with itself."""

    def beaten(path: Path, peer: str) -> bool:
        mine = path.at_best(place)
        if any(other.bound(place) < mine for other in local):
            return True
        return any(
            not perhaps_none and all(other.bound(place) < mine for other in paths)
            for name, (paths, perhaps_none) in heard.items()
            if name != peer
        )

    out = [path for path in local if not beaten(path, "")]
    return out + [path for name, (paths, _) in heard.items() for path in paths if not beaten(path, name)]


# --- shares -----------------------------------------------------------------------------------------------------


def _leak(core: Core, into: str, out_of: str, routes: Mapping[Prefix, Known], found: Origins) -> None:
    """Attachment routes handed over where they begin, or from the giver's copy where the taker has no table there."""
    mine, policies = core.edges_of(into), core.share_policies(into, out_of)
    for prefix, known in routes.items():
        if not set(mine) & set(core.edges_of(out_of)):
            given = [path for edge in {origin.edge for origin in known.origins} for path in known.best[edge]]
            if any(transform(policies, path, prefix, core.around).path is not None for path in given):
                found.doubt(
                    prefix,
                    "the two segments of the share have no edge in common, and whether it carries routes then is not published",
                )
        begins = list(dict.fromkeys(origin.edge for origin in known.origins))
        for edge in begins if set(begins) <= set(mine) else core.edges_of(out_of):
            for path in known.best.get(edge, []) if edge in mine else []:
                origin = known.origins[path.source]
                if path.via and origin.edge in mine:
                    continue
                source = found.next_source(prefix)
                owner = found.owner(prefix, origin.attachment, origin.edge)
                more = (
                    ()
                    if origin.attachment
                    else ("whether an aggregate of an edge pair crosses a share is not published",)
                )
                doubts = merge(path.doubts, known.doubts[edge], more)
                taken = replace(path, source=source, owner=None if owner == source else owner, via="", doubts=doubts)
                aggregated = origin.hop.kind == "edge" and origin.hop.table is None
                away = path.via or (origin.hop.edge if aggregated else "")
                hop = NextHop("edge", "", away, TableName("own", out_of)) if away else origin.hop
                moved = Origin(edge, hop, f"{origin.why}, shared by `{out_of}`", origin.attachment)
                outcome = transform(policies, taken, prefix, core.around)
                if outcome.path is not None and outcome.prefix == prefix:
                    found.add(prefix, moved, outcome.path)
                elif outcome.path is not None:
                    _summarize(core, out_of, edge, outcome.prefix, outcome.path, prefix, taken, moved, found)


def _summarize(
    core: Core,
    out_of: str,
    edge: str,
    aggregate: Prefix,
    path: Path,
    prefix: Prefix,
    plain: Path,
    moved: Origin,
    found: Origins,
) -> None:
    doubt = "whether a summary on a share announces its aggregate is not published"
    assert core.switches.summarize_on_share == "undecided"
    found.add(prefix, moved, plain.doubting(doubt))
    table = TableName("own", out_of)
    if not any(item.edge == edge and item.hop.table == table for item in found.origins.get(aggregate, ())):
        told = replace(path, source=found.next_source(aggregate), doubts=merge(path.doubts, (doubt,)), owner=None)
        hop = NextHop("segment", "", edge, table)
        found.add(aggregate, Origin(edge, hop, f"aggregate of what `{out_of}` shares"), told)


# --- service insertion ------------------------------------------------------------------------------------------


def _insert(
    core: Core, routes: Mapping[str, Mapping[Prefix, Known]], tables: dict[tuple[TableName, str], Table]
) -> None:
    for action in core.network.actions:
        if isinstance(action, SendVia):
            for other in core.network.redirected(action):
                pairs = {(action.segment.text, other), (other, action.segment.text)}
                for source, target in sorted(pairs, key=lambda pair: pair[0] != action.segment.text):
                    _send_via(core, action, source, target, routes, tables)
    for action in core.network.actions:
        if isinstance(action, SendTo):
            _send_to(core, action, tables)
    behind: dict[str, dict[str, bool]] = {}
    for action in core.network.actions:
        if isinstance(action, SendTo):
            behind.setdefault(action.groups[0].text, {}).setdefault(action.segment.text, False)
        elif isinstance(action, SendVia):
            mine = behind.setdefault(action.groups[0].text, {})
            mine.setdefault(action.segment.text, False)
            for target in core.network.redirected(action):
                mine[target] = mine.get(target, False) or action.mode == "dual-hop"
    for group, segments in behind.items():
        table = TableName("group", group)
        for edge in core.network.locations:
            tables[table, edge] = Table()
            for name, second in segments.items():
                for prefix, known in routes[name].items():
                    options, doubts = _delivered(core, group, known, edge, second)
                    clash = f"{{}} stands in two segments behind group `{group}`"
                    tables[table, edge].lay(prefix, options, doubts, clash)


def _ends(known: Known, edge: str) -> list[str]:
    """The edges at which a prefix leaves the mesh as seen from an edge."""
    best = known.best.get(edge)
    origins = [known.origins[path.source] for path in best] if best else known.origins
    return list(dict.fromkeys(origin.edge for origin in origins))


def _send_via(
    core: Core,
    action: SendVia,
    source: str,
    target: str,
    routes: Mapping[str, Mapping[Prefix, Known]],
    tables: dict[tuple[TableName, str], Table],
) -> None:
    segment = core.network.segment(source)
    assert segment is not None
    if source == target and not segment.isolated:
        return
    group = action.groups[0].text
    table = TableName("segment", source)
    for edge in core.edges_of(source):
        for prefix, known in routes[target].items():
            options: list[tuple[Hop, str]] = []
            doubts: list[str] = []
            for there in _ends(known, edge):
                edges, doubt = _inspection(core, action, edge, there)
                why = f"send-via `{group}` ({action.mode})"
                present = core.group_edges(group)
                options += [(("group", group, at, TableName("group", group)), why) for at in edges if at in present]
                if not edges:
                    options.append((_NOWHERE, f"{why}: group `{group}` has no attachment at {edge}"))
                doubts += [doubt] if doubt else []
            if source != target and not core.admits(source, target):
                doubts.append(f"whether the filter of `{source}` stops inserted routes is not published")
            tables[table, edge].lay(prefix, options, doubts, "{} has a direct and an inserted route")


_NOWHERE: Hop = ("blackhole", "", "", None)


def _inspection(core: Core, action: SendVia, here: str, there: str) -> tuple[list[str], str]:
    """The table of section 3.9: which edges may inspect a flow, and what is not even known of that."""
    group = action.groups[0].text
    present = core.group_edges(group)
    if action.mode == "dual-hop" or (here == there and here in present):
        return ([here] if here in present else []), ""
    sets = [(item.use.text, {word.text for word in edges}) for item in action.overrides for edges in item.edge_sets]
    chosen = [use for use, edges in sets if edges == {here, there} or (here != there and {here, there} < edges)]
    if chosen:
        return _overridden(group, chosen, present)
    if here == there:
        return present, ""
    ends = [edge for edge in (here, there) if edge in present]
    if ends or not present:
        return ends, ""
    return present, f"neither {here} nor {there} has an attachment of `{group}`, and what happens then is not published"


def _overridden(group: str, chosen: list[str], present: list[str]) -> tuple[list[str], str]:
    if not present:
        return [], ""
    away = [edge for edge in dict.fromkeys(chosen) if edge not in present]
    doubt = (
        f"an override prefers {away[0]}, where `{group}` has no attachment, and what happens then is not published"
        if away
        else ""
    )
    return list(dict.fromkeys(chosen)), doubt


def _send_to(core: Core, action: SendTo, tables: dict[tuple[TableName, str], Table]) -> None:
    group = action.groups[0].text
    present = core.group_edges(group)
    for edge in core.edges_of(action.segment.text):
        edges, doubt = present, ""
        naming = [item for item in action.overrides if _names(item, edge)]
        if edge in present:
            edges = [edge]
        elif naming:
            edges, doubt = _overridden(group, [item.use.text for item in naming], present)
        options: list[tuple[Hop, str]] = [
            (("group", group, at, None), f"send-to `{group}`") for at in edges if at in present
        ]
        if not edges:
            options = [(_NOWHERE, f"send-to `{group}`, which has no attachment")]
        for prefix in (DEFAULT_V4, DEFAULT_V6):
            table = tables[TableName("segment", action.segment.text), edge]
            table.lay(prefix, options, [doubt] if doubt else [], "{} has a route of its own and one of `send-to`")


def _names(item: EdgeOverride, edge: str) -> bool:
    return any(edge in [word.text for word in edges] for edges in item.edge_sets)


def _delivered(
    core: Core, group: str, known: Known, edge: str, second: bool
) -> tuple[list[tuple[Hop, str]], Sequence[str]]:
    """A row of a group's table: the attachment at this edge, else its peering, or the group again at the other end."""
    table = TableName("group", group)
    doubts: Sequence[str] = ()
    if known.best.get(edge):
        options = _options(known, edge, table)
        doubts = known.doubts[edge]
    else:
        options = [
            (plain_hop(origin.hop, table) if origin.edge == edge else ("edge", "", origin.edge, table), origin.why)
            for origin in known.origins
        ]
    if not second:
        return options, doubts
    out = [(hop, why) for hop, why in options if hop[0] == "attachment"]
    for end in _ends(known, edge):
        if end != edge:
            why = f"second hop of dual-hop at {end}"
            if end in core.group_edges(group):
                out.append((("group", group, end, table), why))
            else:
                out.append((_NOWHERE, f"{why}: group `{group}` has no attachment at {end}"))
    return out, doubts
