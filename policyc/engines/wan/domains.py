"""Routing domains: what each segment knows of its own attachments, of segments that share with it, and by static routes.

Most prefixes have one origin and come over unchanged. Those are kept once, in the segment that owns them, and what another
segment makes of them is worked out when somebody looks: by kind of origin, not by prefix. Prefixes that several segments announce, static routes and
shares with routing policies are worked out one by one. Source: Cloud WAN reference, sections 3.4 to 3.8 and 3.12.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from policyc.engines.wan.core import Core, NextHop, Origin, TableName
from policyc.engines.wan.origins import Entry, Origins, Routes, add_own, own_routes, spread
from policyc.engines.wan.paths import DYNAMIC, STATIC, Choice, Path, merge
from policyc.engines.wan.prefixes import Prefix, parse_prefix
from policyc.engines.wan.routing_policies import transform
from policyc.ir.network import BLACKHOLE, CreateRoute, RoutingPolicy


@dataclass(slots=True)
class Domain:
    """One segment: `visible` its own routes that its attachments see, `taken` the segments whose routes come in unchanged,
    `mixed` the prefixes that were worked out one by one."""

    visible: Mapping[Prefix, Entry]
    taken: tuple[str, ...] = ()
    mixed: Routes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Leaked:
    """What a kind of origin becomes in another segment: where it is handed over (edge, peering or empty), and the choices there."""

    places: tuple[tuple[str, str], ...]
    choices: Mapping[str, Choice]


@dataclass(slots=True)
class Domains:
    """Every segment of a core network. `own` holds each segment's attachment routes before isolation; `factored` False works out
    every prefix of every segment one by one, which is slow and gives the same. `owners` are the segments that announce a prefix,
    `several` the prefixes with more than one origin."""

    core: Core
    factored: bool = True
    own: dict[str, Routes] = field(default_factory=dict)
    domains: dict[str, Domain] = field(default_factory=dict)
    owners: dict[Prefix, tuple[str, ...]] = field(default_factory=dict)
    several: list[Prefix] = field(default_factory=list)
    leaked: dict[object, _Leaked] = field(default_factory=dict)

    def entry(self, segment: str, prefix: Prefix) -> Entry | None:
        """What a segment knows of exactly this prefix."""
        domain = self.domains[segment]
        found = domain.mixed.get(prefix) or domain.visible.get(prefix)
        if found is not None:
            return found
        for owner in self.owners.get(prefix, ()):
            if owner in domain.taken:
                return self._leak_one(segment, owner, prefix)
        return None

    def prefixes(self, segment: str) -> Iterator[Prefix]:
        """Every prefix that a segment may know, each once."""
        domain = self.domains[segment]
        yield from domain.mixed
        for source in (domain.visible, *(self.own[name] for name in domain.taken)):
            if domain.mixed:
                yield from (prefix for prefix in source if prefix not in domain.mixed)
            else:
                yield from source

    def sources(self, segment: str) -> list[Mapping[Prefix, Entry]]:
        """The maps that together hold every prefix of a segment."""
        domain = self.domains[segment]
        return [domain.mixed, domain.visible, *(self.own[name] for name in domain.taken)]

    def _leak_one(self, into: str, out_of: str, prefix: Prefix) -> Entry | None:
        """A route with one origin in a segment that takes it unchanged. INVARIANT: routes of several origins are in `mixed`."""
        entry = self.own[out_of][prefix]
        origin = entry.origins[0]
        key = (id(self.core.edges_of(into)), id(self.core.edges_of(out_of)), id(entry.choices), origin.edge)
        found = self.leaked.get(key)
        if found is None:
            found = self.leaked[key] = self._leak_kind(into, out_of, prefix, entry)
        if not found.places:
            return None
        why = _shared_why(origin, out_of)
        own = TableName("own", out_of)
        origins = tuple(
            Origin(edge, NextHop("edge", "", via, own) if via else origin.hop, why, origin.attachment)
            for edge, via in found.places
        )
        return Entry(origins, found.choices)

    def _leak_kind(self, into: str, out_of: str, prefix: Prefix, entry: Entry) -> _Leaked:
        found = Origins()
        leak_entry(self.core, into, out_of, prefix, entry, found, ())
        routes = spread(self.core, into, found)
        if prefix not in routes:
            return _Leaked((), {})
        places = []
        for origin in found.origins[prefix]:
            peering = origin.hop.edge if origin.hop.table == TableName("own", out_of) else ""
            places.append((origin.edge, peering))
        return _Leaked(tuple(places), routes[prefix].choices)


def build_domains(core: Core, *, factored: bool = True) -> Domains:
    """Every segment's routes without service insertion."""
    domains = Domains(core, factored)
    names = list(dict.fromkeys(segment.name.text for segment in core.network.segments))
    for name in names:
        domains.own[name] = own_routes(core, name)
    holders: dict[Prefix, list[str]] = {}
    for name, routes in domains.own.items():
        for prefix in routes:
            holders.setdefault(prefix, []).append(name)
    domains.owners = {prefix: tuple(found) for prefix, found in holders.items()}
    domains.several = [
        prefix for prefix, found in holders.items() if len(found) > 1 or len(domains.own[found[0]][prefix].origins) > 1
    ]
    for name in names:
        domains.domains[name] = _domain(domains, name)
    return domains


def _domain(domains: Domains, name: str) -> Domain:
    core = domains.core
    segment = core.network.segment(name)
    assert segment is not None
    isolated = segment.isolated
    visible = own_routes(core, name, transit_only=True) if isolated else domains.own[name]
    givers = [other for other in core.shared_with(name) if core.admits(name, other)]
    policies = {other: core.share_policies(name, other) for other in givers}
    found = Origins()
    add_statics(core, name, found)
    if core.edge_policies(name) or not domains.factored:
        wanted: Container[Prefix] | None = None
        taken: tuple[str, ...] = ()
    else:
        wanted = _special(domains, visible, givers, policies, found)
        taken = tuple(other for other in givers if not policies[other])
    everything = Origins()
    add_own(core, name, everything, transit_only=isolated, only=wanted)
    for other in givers:
        only = wanted if other in taken else None
        _leak(domains, name, other, everything, policies[other], only)
    add_statics(core, name, everything)
    return Domain({} if wanted is None else visible, taken, spread(core, name, everything))


def _special(
    domains: Domains, visible: Mapping[Prefix, Entry], givers: Sequence[str],
    policies: Mapping[str, Sequence[RoutingPolicy]], statics: Origins,
) -> set[Prefix]:  # fmt: skip
    """The prefixes of a segment that have to be worked out one by one."""
    out = set(statics.origins)
    for other in givers:
        if policies[other]:
            out |= domains.own[other].keys()
            for policy in policies[other]:
                for rule in policy.rules:
                    aggregate = parse_prefix(str(rule.action.value)) if rule.action.type == "summarize" else None
                    if aggregate is not None:
                        out.add(aggregate)
    for prefix in domains.several:
        owners = [owner for owner in domains.owners[prefix] if owner in policies]
        alone = len(owners) + (prefix in visible) < 2
        if not alone or any(len(domains.own[owner][prefix].origins) > 1 for owner in owners):
            out.add(prefix)
    return out


# --- shares -----------------------------------------------------------------------------------------------------


def _leak(
    domains: Domains, into: str, out_of: str, found: Origins, policies: Sequence[RoutingPolicy],
    only: Container[Prefix] | None,
) -> None:  # fmt: skip
    for prefix, entry in domains.own[out_of].items():
        if only is None or prefix in only:
            leak_entry(domains.core, into, out_of, prefix, entry, found, policies)


def leak_entry(
    core: Core, into: str, out_of: str, prefix: Prefix, entry: Entry, found: Origins, policies: Sequence[RoutingPolicy]
) -> None:
    """One attachment route of a segment into another at the edges that both have.

    A route is handed over where it begins; only when the taking segment has no table at that edge, the copy that the other
    segment's mesh carried to a common edge is handed over there (reference, section 3.6, inferred).
    """
    mine = core.edges_of(into)
    begins = dict.fromkeys(origin.edge for origin in entry.origins)
    for edge in begins if all(edge in mine for edge in begins) else core.edges_of(out_of):
        choice = entry.choices.get(edge) if edge in mine else None
        doubts = () if choice is None else choice.doubts
        for path in choice.best if choice is not None else ():
            origin = entry.origins[path.source]
            if path.via and origin.edge in mine:
                continue
            source = found.next_source(prefix)
            owner = found.owner(prefix, origin.attachment, origin.edge)
            taken = replace(
                path,
                source=source,
                owner=None if owner == source else owner,
                via="",
                doubts=merge(path.doubts, doubts, () if origin.attachment else (_AGGREGATE_DOUBT,)),
            )
            if not policies:
                _hand_over(into, out_of, prefix, origin, edge, path, taken, found)
                continue
            outcome = transform(policies, taken, prefix, core.around)
            if outcome.path is None:
                core.dropped.append((origin.attachment, prefix))
            elif outcome.prefix == prefix:
                _hand_over(into, out_of, prefix, origin, edge, path, outcome.path, found)
            else:
                _hand_over_summary(core, out_of, edge, outcome.prefix, outcome.path, prefix, taken, found, origin, path)


def _hand_over(
    into: str, out_of: str, prefix: Prefix, origin: Origin, edge: str, path: Path, taken: Path, found: Origins
) -> None:
    hop = origin.hop if not path.via else NextHop("edge", "", path.via, TableName("own", out_of))
    why = _shared_why(origin, out_of)
    found.add(prefix, Origin(edge, hop, why, origin.attachment), taken)


def _shared_why(origin: Origin, out_of: str) -> str:
    return f"{origin.why}, shared by `{out_of}`"


#: origins of no attachment are aggregates that an edge pair made
_AGGREGATE_DOUBT = "whether an aggregate of an edge pair crosses a share is not published"
_SUMMARY_DOUBT = "whether a summary on a share announces its aggregate is not published"


def _hand_over_summary(
    core: Core, out_of: str, edge: str, aggregate: Prefix, path: Path, prefix: Prefix, plain: Path, found: Origins,
    origin: Origin, before: Path,
) -> None:  # fmt: skip
    """An aggregate leads into the other segment's own routes at the edge; each edge announces it once."""
    chosen = core.switches.summarize_on_share
    if chosen != "works":
        kept = plain if chosen == "nothing" else plain.doubting(_SUMMARY_DOUBT)
        _hand_over("", out_of, prefix, origin, edge, before, kept, found)
    if chosen == "nothing":
        return
    table = TableName("own", out_of)
    if any(item.edge == edge and item.hop.table == table for item in found.origins.get(aggregate, ())):
        return
    doubts = path.doubts if chosen == "works" else merge(path.doubts, (_SUMMARY_DOUBT,))
    told = Path(
        found.next_source(aggregate), DYNAMIC, path.as_path, path.med, path.preference, path.communities, doubts=doubts
    )
    hop = NextHop("segment", "", edge, table)
    found.add(aggregate, Origin(edge, hop, f"aggregate of what `{out_of}` shares"), told)


# --- static routes ----------------------------------------------------------------------------------------------


def add_statics(core: Core, segment: str, found: Origins) -> None:
    """The routes of `create-route` as origins."""
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
                    _add_static(core, destination.text, prefix, edges, found)


def _add_static(core: Core, attachment_id: str, prefix: Prefix, edges: Sequence[str], found: Origins) -> None:
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
