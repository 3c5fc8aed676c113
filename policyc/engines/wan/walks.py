"""The ways of a packet through the tables of a core network: from next hop to next hop until it is delivered, dropped, going in
circles, or out of the core network. Source: Cloud WAN reference, section 3.12, step 10."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from policyc.engines.wan.associate import Association
from policyc.engines.wan.core import Core, TableName
from policyc.engines.wan.lookups import lookups_of
from policyc.engines.wan.paths import merge
from policyc.engines.wan.prefixes import Prefix
from policyc.engines.wan.tables import Option, Row, Tables
from policyc.record import light, replace

#: possible ways to one prefix that are followed before the answer is "undecided"
MAX_WALKS = 256


@light
class Hop:
    """One look-up: in which table at which edge, the prefix that matched, where it leads and why."""

    table: str
    edge: str
    prefix: str
    to: str
    why: str

    def sentence(self) -> str:
        return f"{self.table} at {self.edge}: {self.prefix} -> {self.to} ({self.why})"


@light
class Walk:
    """One possible way. `end` is `delivered`, `blackhole`, `no-route`, `loop`, `left` (out of the core network by an attachment that
    does not have the address), `not-advertised` or `not-announced` (the far side never hears of the route), `refused` (it hears of it and
    does not take it), or `unknown`; `delivered_to` an attachment; `groups` the function groups passed in order, `through` the attachments
    that the packet was handed to, `inspected_at` the edges at which groups saw it; `edge` is where it ends, `exit` tells that `send-to` let
    it out, `notes` are further facts."""

    end: str
    hops: tuple[Hop, ...]
    groups: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    delivered_to: str = ""
    doubts: tuple[str, ...] = ()
    edge: str = ""
    exit: bool = False
    notes: tuple[str, ...] = ()
    inspected_at: tuple[str, ...] = ()

    def sentence(self) -> str:
        steps = "; ".join(hop.sentence() for hop in self.hops)
        return f"{self.end}: {steps}" if steps else self.end

    def doubting(self, *doubts: str) -> Walk:
        return replace(self, end="unknown", doubts=merge(self.doubts, doubts))


def walks(tables: Tables, association: Association, prefix: Prefix) -> Iterator[Walk]:
    """Every possible way of a packet from an attachment to `prefix`; at most `MAX_WALKS` and one."""
    name, edges, spanning = start_of(tables, association)
    if spanning:
        heard = tuple(edge for edge in edges if is_local(_lookup(tables, name, edge, prefix), edge))
        edges = heard or edges[:1]
    stack = [_State(name, edge) for edge in reversed(edges)]
    count = 0
    while stack and count <= MAX_WALKS:
        state = stack.pop()
        row = _lookup(tables, state.table, state.edge, prefix)
        if row is None:
            count += 1
            yield _without_route(state)
            continue
        if spanning and not state.hops and not is_local(row, state.edge):
            count += 1
            yield _State(name, state.edge, (_hop(state, row, row.options[0]),) if row.options else ()).ended(
                "not-advertised"
            )
            continue
        finished, following = _step(tables, state, row)
        count += len(finished)
        yield from finished
        stack.extend(reversed(following))


class Start(NamedTuple):
    """How the packets of an attachment begin: the table that looks them up first, at which edges, and whether it is `spanning`: sends
    only to those of them that tell it of a route (a Direct Connect gateway)."""

    table: TableName
    edges: tuple[str, ...]
    spanning: bool


def start_of(tables: Tables, association: Association) -> Start:
    name, item = place_of(association), association.attachment
    present = tables.edges_of(name)
    edges = tuple(edge for edge in item.regions if edge in present) or item.regions[:1]
    return Start(name, edges, item.type == "direct-connect-gateway")


def place_of(association: Association) -> TableName:
    """The table that looks up what an attachment sends."""
    return TableName("group" if association.is_group else "segment", association.place)


def settled(tables: Tables, walk: Walk, prefix: Prefix, wanted: Collection[str]) -> Walk:
    """A delivery to somebody who does not have the address (`wanted` are the attachments that do; empty when nobody does).

    What `send-to` lets out does not come back. Anybody else may pass a packet on by the table of the own place: where that leads to
    the address nothing is certain, and where it does not the packet has left the core network.
    """
    if walk.end != "delivered" or not wanted or walk.delivered_to in wanted:
        return walk
    shown = ", ".join(f"`{name}`" for name in wanted)
    back = leads_on(tables, walk.delivered_to, walk.edge, prefix, wanted)
    if walk.exit:
        note = (
            f"the function group of `{walk.delivered_to}` has a route to {shown}, which counts only if `{walk.delivered_to}`"
            " sends back what `send-to` gave it"
        )
        return replace(walk, end="left", notes=(*walk.notes, note) if back else walk.notes)
    if back:
        return walk.doubting(f"it is handed to `{walk.delivered_to}`, which may or may not pass it on to {shown}")
    return replace(walk, end="left")


def leads_on(
    tables: Tables, name: str, edge: str, prefix: Prefix, wanted: Collection[str], seen: frozenset[str] = frozenset()
) -> bool:
    """Whether the core network may take a packet from an attachment, at an edge, to one of the wanted ones."""
    association = tables.core.associations[name]
    if not association.working:
        return False
    table = place_of(association)
    start = edge if edge in association.attachment.regions else association.attachment.regions[0]
    stack, count = [_State(table, start)], 0
    while stack and count <= MAX_WALKS:
        state = stack.pop()
        row = _lookup(tables, state.table, state.edge, prefix)
        if row is None:
            continue
        finished, following = _step(tables, state, row)
        count += len(finished)
        stack += following
        for walk in finished:
            other = walk.delivered_to
            if walk.end == "unknown" or other in wanted:
                return True
            onward = walk.end == "delivered" and not walk.exit and other != name and other not in seen
            if onward and leads_on(tables, other, walk.edge, prefix, wanted, seen | {name}):
                return True
    return count > MAX_WALKS


# --- step by step -----------------------------------------------------------------------------------------------


@light
class _State:
    """A packet on its way: the table and edge that look it up next, and what it has passed."""

    table: TableName
    edge: str
    hops: tuple[Hop, ...] = ()
    groups: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    seen: frozenset[tuple[TableName, str]] = frozenset()
    inspected_at: tuple[str, ...] = ()

    def ended(self, end: str, delivered_to: str = "", *, exit: bool = False) -> Walk:
        through = (
            (*self.through, delivered_to) if delivered_to and delivered_to not in self.through[-1:] else self.through
        )
        end = "unknown" if self.doubts else end
        at = self.inspected_at
        return Walk(end, self.hops, self.groups, through, delivered_to, self.doubts, self.edge, exit, inspected_at=at)


def _lookup(tables: Tables, name: TableName, edge: str, prefix: Prefix) -> Row | None:
    """The row at an edge; None too where the table does not exist."""
    return lookups_of(tables).of(prefix).row(name, edge)


def is_local(row: Row | None, edge: str) -> bool:
    """Whether an edge tells a Direct Connect gateway about a route: only when it leads to an attachment at that edge."""
    return row is not None and any(
        option.hop.kind != "edge" and option.hop.edge in ("", edge) for option in row.options
    )


def _without_route(state: _State) -> Walk:
    """A packet that no row matches: out of a function group it leaves by the appliance that it was handed to."""
    if state.table.kind == "group" and state.through:
        return state.ended("delivered", state.through[-1])
    return state.ended("no-route")


def _hop(state: _State, row: Row, option: Option) -> Hop:
    return Hop(str(state.table), state.edge, str(row.prefix), str(option.hop), option.why)


def _step(tables: Tables, state: _State, row: Row) -> tuple[list[Walk], list[_State]]:
    """One look-up: the walks that end here and the states that go on."""
    finished: list[Walk] = []
    following: list[_State] = []
    doubts = merge(state.doubts, row.doubts)
    place = (state.table, state.edge)
    if not row.options:
        return [replace(state, doubts=doubts).ended("no-route")], []
    for option in row.options:
        hop, hops = option.hop, (*state.hops, _hop(state, row, option))
        here = replace(state, hops=hops, doubts=doubts, seen=state.seen | {place})
        if place in state.seen:
            finished.append(here.ended("loop"))
        elif hop.kind == "blackhole":
            finished.append(here.ended("blackhole"))
        elif hop.kind == "attachment":
            finished.append(here.ended("delivered", hop.name))
        elif hop.kind in ("edge", "segment"):
            table = hop.following(state.table)
            assert table is not None
            following.append(replace(here, table=table, edge=hop.edge))
        elif hop.table is not None:
            following += _through_group(tables.core, here, hop.name, hop.edge)
        else:
            # `send-to`: the packet leaves by the appliance.
            inside = _through_group(tables.core, here, hop.name, hop.edge)
            finished += [each.ended("delivered", each.through[-1], exit=True) for each in inside]
    return finished, following


def _through_group(core: Core, state: _State, group: str, edge: str) -> list[_State]:
    """Into the group's attachment at an edge and out again into the group's table there."""
    groups = state.groups if group in state.groups else (*state.groups, group)
    return [
        replace(
            state,
            table=TableName("group", group),
            edge=edge,
            groups=groups,
            through=(*state.through, member),
            inspected_at=(*state.inspected_at, edge),
        )
        for member in core.group_members(group, edge)
    ]
