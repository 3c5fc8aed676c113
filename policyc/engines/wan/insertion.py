"""Service insertion: the rows that `send-to` and `send-via` write into segment tables and into function groups' tables.

Source: Cloud WAN reference, sections 3.9 and 3.13 (E4, E5). The order in which the service prefers Regions by default is not
published, so wherever it decides a row has one option per Region.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from policyc.engines.wan.core import Core, NextHop, Origin, TableName
from policyc.engines.wan.origins import Entry
from policyc.engines.wan.paths import Choice
from policyc.engines.wan.prefixes import DEFAULT_V4, DEFAULT_V6, Prefix
from policyc.engines.wan.tables import Option, Overlay, Row, Tables, distinct
from policyc.ir.network import EdgeOverride, SendTo, SendVia

_NO_MEMBER = "group `{}` has no attachment at {}"


@dataclass(frozen=True, slots=True)
class Inspection:
    """The edges of which one inspects a flow; empty means that the traffic is lost. `doubt` says why not even that is known."""

    edges: tuple[str, ...]
    doubt: str = ""


def insert_services(tables: Tables) -> None:
    """Write the rows of every `send-via`, then of every `send-to`, then the tables of the function groups."""
    for action in tables.core.network.actions:
        if isinstance(action, SendVia):
            for other in tables.core.network.redirected(action):
                _redirect(tables, action, action.segment.text, other)
                if other != action.segment.text:
                    _redirect(tables, action, other, action.segment.text)
    for action in tables.core.network.actions:
        if isinstance(action, SendTo):
            _send_to(tables, action)
    for group, segments in _behind(tables.core).items():
        for segment, second in segments.items():
            _deliver(tables, group, segment, second)


def _hop_via(group: str, edge: str) -> NextHop:
    return NextHop("group", group, edge, TableName("group", group))


# --- which edge inspects ----------------------------------------------------------------------------------------


def inspecting_edges(core: Core, action: SendVia, here: str, there: str) -> Inspection:
    """Where a flow from edge `here` to edge `there` meets the group first, seen from `here`."""
    group = action.groups[0].text
    present = core.group_edges(group)
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
            names = {word.text for word in edges}
            if names == {here} if here == there else {here, there} <= names:
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


def _redirect(tables: Tables, action: SendVia, source: str, target: str) -> None:
    """Rows in the tables of `source` for the attachment routes of `target`."""
    core = tables.core
    segment = core.network.segment(source)
    if segment is None:
        return
    if source == target and not segment.isolated:
        tables.notes.append(
            f"segment `{source}` is not isolated, so its own traffic takes the direct route past `{action.groups[0]}`"
        )
        return
    filtered = not core.admits(source, target) and source != target
    made: dict[tuple[int, tuple[str, ...], str], tuple[tuple[Option, ...], tuple[str, ...]]] = {}

    def make(prefix: Prefix, entry: Entry | None, edge: str) -> Row:
        assert entry is not None
        key = (id(entry.choices), tuple(origin.edge for origin in entry.origins), edge)
        found = made.get(key)
        if found is None:
            row = _inspected(core, action, prefix, edge, origin_edges(entry.origins, entry.choices, edge))
            doubts = row.doubts
            if filtered:
                doubts = (*doubts, f"whether the filter of `{source}` stops inserted routes is not published")
            found = made[key] = (row.options, doubts)
        return Row(prefix, *found)

    tables.overlay(
        TableName("segment", source),
        Overlay(tables.own[target], core.edges_of(source), make, "{} has a direct and an inserted route"),
    )


def origin_edges(origins: Sequence[Origin], choices: Mapping[str, Choice], edge: str) -> tuple[str, ...]:
    """The edges at which a prefix may leave the mesh as seen from `edge`: the origins of the best paths there, or all
    origins where the owning segment has no table."""
    choice = choices.get(edge)
    found = [origins[path.source].edge for path in choice.best] if choice is not None and choice.best else None
    return tuple(dict.fromkeys(found if found is not None else [origin.edge for origin in origins]))


def _inspected(core: Core, action: SendVia, prefix: Prefix, here: str, ends: Sequence[str]) -> Row:
    group = action.groups[0].text
    options: list[Option] = []
    doubts: list[str] = []
    for there in ends:
        found = inspecting_edges(core, action, here, there)
        why = f"send-via `{group}` ({action.mode})"
        options += [Option(_hop_via(group, edge), why) for edge in found.edges if edge in core.group_edges(group)]
        if not found.edges:
            options.append(Option(NextHop("blackhole"), f"{why}: {_NO_MEMBER.format(group, here)}"))
        if found.doubt:
            doubts.append(found.doubt)
    return Row(prefix, distinct(options), tuple(dict.fromkeys(doubts)))


# --- send-to ----------------------------------------------------------------------------------------------------


def _send_to(tables: Tables, action: SendTo) -> None:
    core = tables.core
    group = action.groups[0].text
    present = core.group_edges(group)

    def make(prefix: Prefix, entry: Entry | None, edge: str) -> Row:
        found = _default_edges(action, edge, present)
        options = [Option(NextHop("group", group, at), f"send-to `{group}`") for at in found.edges if at in present]
        if not found.edges:
            options = [Option(NextHop("blackhole"), f"send-to `{group}`, which has no attachment")]
        return Row(prefix, tuple(options), (found.doubt,) if found.doubt else ())

    tables.overlay(
        TableName("segment", action.segment.text),
        Overlay(
            {DEFAULT_V4: None, DEFAULT_V6: None}, core.edges_of(action.segment.text), make,
            "{} has a route of its own and one of `send-to`",
        ),
    )  # fmt: skip


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

    By the published tables a dual-hop action gives the second hop to the segments that it sends to; a switch gives it to the
    sending segment too.
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


def _deliver(tables: Tables, group: str, segment: str, second: bool) -> None:
    """Rows in every table of `group` for a segment's attachment routes; `second` sends remote ones through the group again."""
    core = tables.core
    present = core.group_edges(group)
    name = TableName("group", group)

    def make(prefix: Prefix, entry: Entry | None, edge: str) -> Row:
        assert entry is not None
        row = _delivery(prefix, entry.origins, entry.choices, edge, name)
        if second:
            row = _second_hop(row, origin_edges(entry.origins, entry.choices, edge), edge, group, present)
        return row

    clash = f"{{}} stands in two segments behind group `{group}`"
    tables.overlay(name, Overlay(tables.own.get(segment, {}), core.network.locations, make, clash))


def _delivery(
    prefix: Prefix, origins: Sequence[Origin], choices: Mapping[str, Choice], edge: str, table: TableName
) -> Row:
    choice = choices.get(edge)
    options: list[Option] = []
    if choice is not None and choice.best:
        for path in choice.best:
            origin = origins[path.source]
            hop = origin.hop if not path.via else NextHop("edge", "", path.via, table)
            options.append(Option(hop, origin.why, path))
        return Row(prefix, distinct(options), choice.doubts)
    for origin in origins:
        hop = origin.hop if origin.edge == edge else NextHop("edge", "", origin.edge, table)
        options.append(Option(hop, origin.why))
    return Row(prefix, distinct(options))


def _second_hop(row: Row, ends: Sequence[str], edge: str, group: str, present: Sequence[str]) -> Row:
    """Remote destinations go to the group's attachment at their own edge, or nowhere when it has none there."""
    options = [option for option in row.options if option.hop.kind == "attachment"]
    for end in (item for item in ends if item != edge):
        why = f"second hop of dual-hop at {end}"
        hop = _hop_via(group, end) if end in present else NextHop("blackhole")
        options.append(Option(hop, why if end in present else f"{why}: {_NO_MEMBER.format(group, end)}"))
    return Row(row.prefix, distinct(options), row.doubts)
