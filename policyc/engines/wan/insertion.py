"""Service insertion: the rows that `send-to` and `send-via` write into segment tables and into function groups' tables.

Source: Cloud WAN reference, sections 3.9 and 3.13 (E4, E5). The order in which the service prefers Regions by default is not
published, so wherever it decides a row has one option per Region.
"""

from __future__ import annotations

from collections.abc import Container, Hashable, Iterator, Mapping, Sequence
from typing import Final

from policyc.engines.wan.core import Core, NextHop, Origin, TableName
from policyc.engines.wan.mesh import Span
from policyc.engines.wan.origins import Entry, Routes
from policyc.engines.wan.paths import Path
from policyc.engines.wan.prefixes import DEFAULT_V4, DEFAULT_V6, Prefix
from policyc.engines.wan.rows import Fate, Fates, Option, Row, Rows, Sheet, arrange, best_options, distinct, peering
from policyc.engines.wan.tables import Overlay, Tables
from policyc.ir.network import EdgeOverride, SendTo, SendVia
from policyc.record import record

_NO_MEMBER = "group `{}` has no attachment at {}"


@record
class Inspection:
    """The edges of which one inspects a flow; empty means that the traffic is lost. `doubt` says why not even that is known."""

    edges: tuple[str, ...]
    doubt: str = ""


def insert_services(tables: Tables) -> None:
    """Write the rows of every `send-via`, then of every `send-to`, then the tables of the function groups."""
    actions = tables.core.network.actions
    routes = _Routes(tables)
    for action in actions:
        if isinstance(action, SendVia):
            inspector = _Inspector(tables.core, action)
            for other in tables.core.network.redirected(action):
                _redirect(tables, routes, inspector, action.segment.text, other)
                if other != action.segment.text:
                    _redirect(tables, routes, inspector, other, action.segment.text)
    for action in actions:
        if isinstance(action, SendTo):
            _send_to(tables, action)
    for group, segments in _behind(tables.core).items():
        for segment, second in segments.items():
            _deliver(tables, routes, group, segment, second)


@record
class _Exits:
    """Prefixes of a segment that leave its mesh alike: `spans` tells where from each edge; without spans at `edges` only."""

    prefixes: dict[Prefix, None]
    edges: tuple[str, ...]
    origins: tuple[Origin, ...] = ()
    best: Mapping[str, tuple[Path, ...]] | None = None

    def ends(self, edge: str) -> tuple[str, ...]:
        """The edges at which they may leave as seen from `edge`."""
        best = self.best.get(edge) if self.best is not None else None
        return self.edges if not best else _ends(self.origins, best)


def _ends(origins: Sequence[Origin], best: Sequence[Path]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(origins[path.source].edge for path in best))


class _Routes:
    """Each segment's attachment routes as function groups see them: policies on edge pairs do not act there (reference, section
    3.9)."""

    __slots__ = ("_exits", "_tables")

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._exits: dict[str, list[_Exits]] = {}

    def of(self, segment: str) -> Routes:
        return self._tables.domains.plain_routes(segment)

    def exits(self, segment: str) -> list[_Exits]:
        """The prefixes of a segment by where they leave its mesh."""
        found = self._exits.get(segment)
        if found is None:
            kinds: dict[object, _Exits] = {}
            for prefix, entry in self.of(segment).items():
                edges = tuple(dict.fromkeys(origin.edge for origin in entry.origins))
                key = edges if len(edges) == 1 else (edges, id(entry.choices))
                kind = kinds.get(key)
                if kind is None:
                    kind = kinds[key] = _Exits({}, edges) if len(edges) == 1 else self._several(edges, entry)
                kind.prefixes[prefix] = None
            found = self._exits[segment] = list(kinds.values())
        return found

    def _several(self, edges: tuple[str, ...], entry: Entry) -> _Exits:
        spans = self._tables.core.spans(entry.choices)
        return _Exits({}, edges, entry.origins, {edge: span.best for span in spans for edge in span.edges})


def _members(core: Core, group: str) -> Hashable:
    """The appliances of a group at every edge."""
    return tuple([tuple(core.group_members(group, edge)) for edge in core.network.locations])


def _hop_via(group: str, edge: str) -> NextHop:
    return NextHop("group", group, edge, TableName("group", group))


# --- which edge inspects ----------------------------------------------------------------------------------------


def inspecting_edges(action: SendVia, present: Sequence[str], here: str, there: str) -> Inspection:
    """Where a flow from edge `here` to edge `there` meets the group first, seen from `here`; the group is at the edges of
    `present`."""
    group = action.groups[0].text
    if action.mode == "dual-hop":
        return Inspection((here,) if here in present else ())
    if here == there and here in present:
        return Inspection((here,))
    chosen = _override(action.overrides, here, there)
    if chosen:
        return _checked_override(group, chosen, present)
    if here == there:
        return Inspection(tuple(present))
    at_ends = tuple(edge for edge in (here, there) if edge in present)
    if at_ends or not present:
        return Inspection(at_ends)
    return Inspection(
        tuple(present),
        f"neither {here} nor {there} has an attachment of `{group}`, and what happens then is not published",
    )


def _override(overrides: Sequence[EdgeOverride], here: str, there: str) -> tuple[str, ...]:
    """The edges that overrides name for a flow; a set of three or more edges stands for any two of them."""
    found = []
    for item in overrides:
        for edges in item.edge_sets:
            named = {word.text for word in edges}
            if named == {here} if here == there else here in named and there in named:
                found.append(item.use.text)
    return tuple(dict.fromkeys(found))


def _checked_override(group: str, chosen: tuple[str, ...], present: Sequence[str]) -> Inspection:
    missing = [edge for edge in chosen if edge not in present]
    if not missing:
        return Inspection(chosen)
    if not present:
        return Inspection(())
    doubt = (
        f"an override prefers {missing[0]}, where `{group}` has no attachment, and what happens then is not published"
    )
    return Inspection(chosen, doubt)


# --- send-via ---------------------------------------------------------------------------------------------------


class _Inspector:
    """What one `send-via` writes into a table at an edge for destinations beyond other edges, worked out once."""

    __slots__ = ("_flows", "_hops", "_made", "_present", "_why", "action")

    def __init__(self, core: Core, action: SendVia) -> None:
        self.action = action
        self._present = core.group_edges(action.groups[0].text)
        self._why = f"send-via `{action.groups[0]}` ({action.mode})"
        self._hops: dict[str, Option] = {}
        self._flows: dict[tuple[str, str], Inspection] = {}
        self._made: dict[tuple[str, tuple[str, ...]], tuple[tuple[Option, ...], tuple[str, ...]]] = {}

    def options(self, here: str, ends: tuple[str, ...]) -> tuple[tuple[Option, ...], tuple[str, ...]]:
        """The possible next hops and the doubts."""
        found = self._made.get((here, ends))
        if found is None:
            found = self._made[here, ends] = self._work_out(here, ends)
        return found

    def _work_out(self, here: str, ends: Sequence[str]) -> tuple[tuple[Option, ...], tuple[str, ...]]:
        options: list[Option] = []
        doubts: list[str] = []
        for there in ends:
            found = self._inspection(here, there)
            options += [self._through(edge) for edge in found.edges if edge in self._present]
            if not found.edges:
                group = self.action.groups[0].text
                options.append(Option(NextHop("blackhole"), f"{self._why}: {_NO_MEMBER.format(group, here)}"))
            if found.doubt:
                doubts.append(found.doubt)
        return distinct(options), tuple(dict.fromkeys(doubts))

    def _inspection(self, here: str, there: str) -> Inspection:
        found = self._flows.get((here, there))
        if found is None:
            found = self._flows[here, there] = inspecting_edges(self.action, self._present, here, there)
        return found

    def _through(self, edge: str) -> Option:
        found = self._hops.get(edge)
        if found is None:
            found = self._hops[edge] = Option(_hop_via(self.action.groups[0].text, edge), self._why)
        return found


def _redirect(tables: Tables, routes: _Routes, inspector: _Inspector, source: str, target: str) -> None:
    """Rows in the tables of `source` for the attachment routes of `target`."""
    core = tables.core
    segment = core.network.segment(source)
    if segment is None:
        return
    if source == target and not segment.isolated:
        passed = inspector.action.groups[0]
        tables.notes.append(
            f"segment `{source}` is not isolated, so its own traffic takes the direct route past `{passed}`"
        )
        return
    group, filtered = inspector.action.groups[0].text, tuple[str, ...]()
    if source != target and not core.admits(source, target):
        filtered = (f"whether the filter of `{source}` stops inserted routes is not published",)

    def at(edge: str) -> Rows:
        rows: Rows = {}
        for exits in routes.exits(target):
            options, doubts = inspector.options(edge, exits.ends(edge))
            doubts += filtered
            for prefix in exits.prefixes:
                rows[prefix] = Row(prefix, options, doubts)
        return rows

    tables.overlay(
        TableName("segment", source),
        Overlay(
            routes.of(target),
            core.edges_of(source),
            at,
            "{} has a direct and an inserted route",
            (inspector.action, _members(core, group), filtered),
        ),
    )


# --- send-to ----------------------------------------------------------------------------------------------------


_DEFAULTS: Final[Mapping[Prefix, None]] = {DEFAULT_V4: None, DEFAULT_V6: None}


def _send_to(tables: Tables, action: SendTo) -> None:
    core = tables.core
    group = action.groups[0].text
    present = core.group_edges(group)

    def at(edge: str) -> Rows:
        found = _default_edges(action, edge, present)
        options = [Option(NextHop("group", group, at), f"send-to `{group}`") for at in found.edges if at in present]
        if not found.edges:
            options = [Option(NextHop("blackhole"), f"send-to `{group}`, which has no attachment")]
        doubts = (found.doubt,) if found.doubt else ()
        return {prefix: Row(prefix, tuple(options), doubts) for prefix in (DEFAULT_V4, DEFAULT_V6)}

    tables.overlay(
        TableName("segment", action.segment.text),
        Overlay(
            _DEFAULTS,
            core.edges_of(action.segment.text),
            at,
            "{} has a route of its own and one of `send-to`",
            (action, _members(core, group)),
        ),
    )


def _default_edges(action: SendTo, edge: str, present: Sequence[str]) -> Inspection:
    """The local attachment, else the override that names this edge, else one of all."""
    if edge in present:
        return Inspection((edge,))
    chosen = tuple(
        dict.fromkeys(
            item.use.text
            for item in action.overrides
            if any(edge in (w.text for w in edges) for edges in item.edge_sets)
        )
    )
    if chosen:
        return _checked_override(action.groups[0].text, chosen, present)
    return Inspection(tuple(present))


# --- function groups --------------------------------------------------------------------------------------------


def _behind(core: Core) -> dict[str, dict[str, bool]]:
    """The segments whose routes each group's tables hold, and whether their remote routes take a second hop.

    A dual-hop action gives the second hop to the segments that it sends to and to the sending one; a switch takes it from the latter.
    """
    out: dict[str, dict[str, bool]] = {}
    for action in core.network.actions:
        if isinstance(action, SendTo):
            out.setdefault(action.groups[0].text, {}).setdefault(action.segment.text, False)
        elif isinstance(action, SendVia):
            segments = out.setdefault(action.groups[0].text, {})
            dual = action.mode == "dual-hop"
            source = dual and core.switches.dual_hop_return == "both"
            segments[action.segment.text] = segments.get(action.segment.text, False) or source
            for target in core.network.redirected(action):
                segments[target] = segments.get(target, False) or dual
    return out


def _deliver(tables: Tables, routes: _Routes, group: str, segment: str, second: bool) -> None:
    """Rows in every table of `group` for a segment's attachment routes; `second` sends remote ones through the group again."""
    core, written = tables.core, list[Sheet]()

    def at(edge: str) -> Rows:
        if not written:
            known = None if second or core.pairs(segment).policies else tables.domains.own_sheet(segment)
            whole = known is not None and not known.missing and core.edges_of(segment) == core.network.locations
            written.append(
                known if known is not None and whole else _Delivery(core, group, second).write(routes.of(segment))
            )
        return written[0].at(edge)

    clash = f"{{}} stands in two segments behind group `{group}`"
    terms = second, core.edges_of(segment), core.pairs(segment).key, _members(core, group)
    tables.overlay(TableName("group", group), Overlay(routes.of(segment), core.network.locations, at, clash, terms))


class _Delivery:
    """The rows of a function group's tables towards attachments, at every edge of the network."""

    __slots__ = ("_core", "_group", "_hops", "_present", "_second")

    def __init__(self, core: Core, group: str, second: bool) -> None:
        self._core, self._group, self._second = core, group, second
        self._present = frozenset(core.group_edges(group))
        self._hops: dict[str, Option] = {}

    def write(self, routes: Mapping[Prefix, Entry]) -> Sheet:
        sheet = Sheet()
        made: dict[tuple[int, ...], Fates] = {}
        for prefix, entry in routes.items():
            key = (id(entry.choices), *map(id, entry.origins))
            fates = made.get(key)
            if fates is None:
                fates = made[key] = arrange(self._fates(entry))
            sheet.add(prefix, fates)
        return sheet

    def _fates(self, entry: Entry) -> list[Fate]:
        spans = [span for span in self._core.spans(entry.choices) if span.best]
        fates = [fate for span in spans for fate in self._of_span(entry.origins, span)]
        if sum(len(span.edges) for span in spans) < len(self._core.network.locations):
            fates += self._beyond(entry.origins, {edge for span in spans for edge in span.edges})
        return fates

    def _of_span(self, origins: Sequence[Origin], span: Span) -> Iterator[Fate]:
        if not self._second:
            yield Fate(span.edges, best_options(origins, span.best), span.doubts)
            return
        ends = _ends(origins, span.best)
        local = best_options(origins, [path for path in span.best if not path.via])
        together = tuple([edge for edge in span.edges if edge not in ends])
        for edges in (together, *((edge,) for edge in span.edges if edge in ends)):
            if edges:
                yield Fate(edges, self._passed(local, ends, edges), span.doubts)

    def _beyond(self, origins: Sequence[Origin], reached: Container[str]) -> Iterator[Fate]:
        """Where the segment has no route the group's table leads to where one begins."""
        begins = tuple(dict.fromkeys(origin.edge for origin in origins))
        beyond = [edge for edge in self._core.network.locations if edge not in reached]
        together = tuple(edge for edge in beyond if edge not in begins)
        for edges in (together, *((edge,) for edge in beyond if edge in begins)):
            options = distinct(
                [Option(origin.hop if origin.edge in edges else peering(origin.edge), origin.why) for origin in origins]
            )
            yield Fate(edges, self._passed(options, begins, edges) if self._second else options)

    def _passed(self, options: tuple[Option, ...], ends: Sequence[str], edges: Sequence[str]) -> tuple[Option, ...]:
        """With a second hop remote destinations go to the group's attachment at their own edge, or nowhere when it has none there."""
        local = [option for option in options if option.hop.kind == "attachment"]
        return distinct([*local, *(self._hop(end) for end in ends if end not in edges)])

    def _hop(self, end: str) -> Option:
        found = self._hops.get(end)
        if found is None:
            why, known = f"second hop of dual-hop at {end}", end in self._present
            found = self._hops[end] = Option(
                _hop_via(self._group, end) if known else NextHop("blackhole"),
                why if known else f"{why}: {_NO_MEMBER.format(self._group, end)}",
            )
        return found
