"""What the far side of an attachment hears: the routes that an edge hands to a VPN, Connect, transit gateway or Direct Connect
gateway, after the outbound policies of the attachment's label.

Source: Cloud WAN reference, sections 3.4 (a Direct Connect gateway hears each edge's local routes only), 3.8 (blackholes are not
propagated), 3.10 (summaries withdraw what they stand for) and 3.13 E8; RFC 4271, section 9.1.2 (nobody takes a path that holds the own
ASN). A VPC hears nothing: its route tables are its own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from policyc.engines.wan.associate import Association
from policyc.engines.wan.attachments import Attachment
from policyc.engines.wan.core import Core, TableName
from policyc.engines.wan.paths import DYNAMIC, STATIC, Path, exported, merge
from policyc.engines.wan.prefixes import Prefix
from policyc.engines.wan.routing_policies import Outcome, transform
from policyc.engines.wan.tables import Row, Tables
from policyc.ir.network import RoutingPolicy
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


def summed_up(core: Core, association: Association) -> bool:
    """Whether what the far side hears of a prefix hangs on other prefixes too."""
    mine = association.attachment
    policies = (policy for edge in mine.regions for policy in core.label_policies(mine, edge, "outbound"))
    return any(rule.action.type == "summarize" for policy in policies for rule in policy.rules)


def looping_asns(core: Core) -> frozenset[int]:
    """The ASNs that a far side may find in what it hears though it is its own: those that several attachments announce, those of edges, and
    those that a routing policy puts into paths."""
    if not core.asns_seen:
        for item in core.attachments:
            for asn in {asn for route in item.routes for asn in route.as_path or ()}:
                core.asns_seen[asn] = core.asns_seen.get(asn, 0) + 1
        actions = (rule.action for policy in core.network.routing_policies for rule in policy.rules)
        values = [item.value for item in actions if item.type == "prepend-asn-list"]
        put = {number for value in values if isinstance(value, tuple) for number in value}
        for number in (*put, *core.asns.values()):
            core.asns_seen[number] = core.asns_seen.get(number, 0) + 2
    return frozenset(asn for asn, count in core.asns_seen.items() if count > 1)


def _loops(core: Core, attachment: Attachment) -> str:
    """What the far side does with a path that holds its own ASN. A transit gateway has no way to take it; other routers may be told to."""
    return "refuse" if attachment.type == "transit-gateway-route-table" else core.switches.far_side_loops


def told_to(tables: Tables, association: Association, only: Collection[Prefix] | None = None) -> list[Heard]:
    """Every route that is announced to the far side, those with it that it refuses; `only` what comes of the rows of some prefixes."""
    attachment = association.attachment
    if attachment.type == "vpc" or not association.working:
        return []
    name = TableName("group" if association.is_group else "segment", association.place)
    out: list[Heard] = []
    for edge in attachment.regions:
        if edge in tables.edges_of(name):
            # Routing policies do not act on function groups (reference, section 3.10).
            policies = [] if association.is_group else tables.core.label_policies(attachment, edge, "outbound")
            out += _at_edge(tables, association, name, edge, policies, only)
    return out


def _at_edge(
    tables: Tables,
    association: Association,
    name: TableName,
    edge: str,
    policies: Sequence[RoutingPolicy],
    only: Collection[Prefix] | None,
) -> list[Heard]:
    core = tables.core
    found: dict[Prefix, Heard] = {}
    rows = tables.table(name, edge).rows
    wanted = sorted(rows if only is None else (prefix for prefix in only if prefix in rows))
    if not wanted:
        return []
    shared = _shared_doubt(core, association, policies)
    for prefix in wanted:
        row = rows[prefix]
        for path, sure in _announced(row, association, edge):
            outcome = transform(policies, path, prefix, core.around)
            if outcome.path is not None:
                told = exported(outcome.path, edge, core.asns[edge]) if edge in core.asns else outcome.path
                doubts = merge(row.doubts, told.doubts, () if sure else (_UNSURE,), shared)
                _add(found, Heard(edge, outcome.prefix, (told,), _replaced(outcome, prefix), doubts))
    asn, loops = far_asn(association.attachment), _loops(core, association.attachment)
    heard = [found[prefix] for prefix in sorted(found)]
    return heard if asn is None or loops == "accept" else [_judged(item, asn, loops == "refuse") for item in heard]


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


_UNSURE = "one of its possible next hops is not announced"


def _announced(row: Row, association: Association, edge: str) -> list[tuple[Path, bool]]:
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


def _replaced(outcome: Outcome, prefix: Prefix) -> tuple[Prefix, ...]:
    return () if outcome.prefix == prefix else (prefix,)


def _add(found: dict[Prefix, Heard], new: Heard) -> None:
    """Routes of one prefix: members of one aggregate are told once; otherwise each is a possible outcome."""
    old = found.get(new.prefix)
    if old is None:
        found[new.prefix] = new
        return
    if new.replaces and old.replaces:
        # One member that is sure to be there is enough for the aggregate to be announced.
        doubts = () if not old.doubts or not new.doubts else merge(old.doubts, new.doubts)
        found[new.prefix] = Heard(new.edge, new.prefix, old.paths, (*old.replaces, *new.replaces), doubts)
        return
    doubts = merge(old.doubts, new.doubts)
    if bool(new.replaces) != bool(old.replaces):
        doubts = merge(doubts, ("an aggregate and a route of its own have one prefix",))
    paths = old.paths + tuple(path for path in new.paths if path not in old.paths)
    found[new.prefix] = Heard(new.edge, new.prefix, paths, (*old.replaces, *new.replaces), doubts)


def _shared_doubt(core: Core, association: Association, policies: Sequence[RoutingPolicy]) -> tuple[str, ...]:
    """Transit gateway route tables on one peering share the union of their outbound policies; which peering is not stated."""
    mine = association.attachment
    if mine.type != "transit-gateway-route-table":
        return ()
    for other in core.members(association.place):
        if other is not mine and other.type == mine.type and set(other.regions) & set(mine.regions):
            for edge in mine.regions:
                if core.label_policies(other, edge, "outbound") != list(policies):
                    return (f"`{other.name}` has other outbound policies, and on one peering they count for both",)
    return ()
