"""Shares: what becomes of the routes of one segment in another. Source: Cloud WAN reference, sections 3.6, 3.10 and 3.12."""

from __future__ import annotations

from collections.abc import Container, Hashable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from policyc.engines.wan.core import Core, NextHop, Origin, TableName
from policyc.engines.wan.mesh import Star
from policyc.engines.wan.origins import Entry, Origins, Routes, spread
from policyc.engines.wan.paths import DYNAMIC, Choice, Path, merge
from policyc.engines.wan.prefixes import Prefix
from policyc.engines.wan.routing_policies import Sieve, transform
from policyc.ir.network import RoutingPolicy
from policyc.record import light, record, replace


class _Place(NamedTuple):
    """Where a route is handed over: the edge, the peering that the giver's copy came by (or nothing), and which of its origins
    it is."""

    edge: str
    via: str
    origin: int


@light
class Leaked:
    """What a kind of route becomes in another segment: where it is handed over and the choices there, and the origins whose
    route a policy dropped."""

    places: tuple[_Place, ...]
    choices: Mapping[str, Choice]
    dropped: tuple[int, ...] = ()


@record
class Taking:
    """How one segment takes over the routes of another: alike to others with the same `context`, which is `plain` where no policy
    acts. `policies` are those of the share; `sieve` asks what they and those on the taker's edge pairs ask; `alike` tells that
    both are at the same edges; `known` remembers what became of kinds of route."""

    core: Core
    known: dict[Hashable, Leaked]
    into: str
    out_of: str
    policies: Sequence[RoutingPolicy]
    context: Hashable
    plain: Hashable
    sieve: Sieve
    alike: bool

    def leaked(self, prefix: Prefix, entry: Entry, answers: tuple[bool | None, ...]) -> Leaked:
        """What a kind of route becomes; `answers` are the prefix's to `sieve`."""
        kind = (self.context, id(entry.choices), answers, _pattern(entry.origins))
        found = self.known.get(kind)
        if found is None:
            found = taken_whole(entry) if self.alike and self.sieve.passes(prefix) else None
            if found is None:
                found = _leak_kind(self.core, self.into, self.out_of, prefix, entry, self.policies)
            self.known[kind] = found
        return found


def find_taking(
    core: Core, known: dict[Hashable, Leaked], into: str, out_of: str, policies: Sequence[RoutingPolicy]
) -> Taking:
    """How `into` takes over the routes of `out_of`; `known` remembers what became of kinds of route."""
    pairs, mine, theirs = core.pairs(into), core.edges_of(into), core.edges_of(out_of)
    plain = (id(mine), id(theirs))
    context = (*plain, tuple(policy.name.text for policy in policies), pairs.key)
    sieve = Sieve((*policies, *(one for some in pairs.policies.values() for one in some)), core.around)
    return Taking(core, known, into, out_of, policies, context, (*plain, (), ()), sieve, mine is theirs)


def taken_whole(entry: Entry) -> Leaked | None:
    """What a route of one attachment becomes in a segment at the same edges when no policy acts on it: the same."""
    origin = entry.origins[0]
    if not isinstance(entry.choices, Star) or not origin.attachment:
        return None
    return Leaked((_Place(origin.edge, "", 0),), entry.choices)


def _pattern(origins: Sequence[Origin]) -> tuple[tuple[str, bool, int], ...]:
    """What matters of origins beside their choices: the edges, whether an attachment stands behind them, and which are one."""
    if len(origins) == 1:
        return ((origins[0].edge, bool(origins[0].attachment), 0),)
    first: dict[tuple[str, str], int] = {}
    return tuple(
        (origin.edge, bool(origin.attachment), first.setdefault((origin.attachment, origin.edge), at))
        for at, origin in enumerate(origins)
    )


def taken_origins(out_of: str, origins: Sequence[Origin], leaked: Leaked) -> tuple[Origin, ...]:
    return tuple([_taken_origin(out_of, origins[place.origin], place.edge, place.via) for place in leaked.places])


def _taken_origin(out_of: str, origin: Origin, edge: str, via: str) -> Origin:
    away = via or (origin.hop.edge if origin.hop.kind == "edge" and origin.hop.table is None else "")
    hop = NextHop("edge", "", away, TableName("own", out_of)) if away else origin.hop
    return Origin(edge, hop, f"{origin.why}, shared by `{out_of}`", origin.attachment, out_of)


def _leak_kind(
    core: Core, into: str, out_of: str, prefix: Prefix, entry: Entry, policies: Sequence[RoutingPolicy]
) -> Leaked:
    """One route by itself in a segment that takes it over."""
    found = Origins()
    places: list[_Place] = []
    dropped: list[int] = []
    for offer in _offers(core, into, out_of, prefix, entry, found):
        kept = transform(policies, offer.taken, prefix, core.around).path
        if kept is None:
            dropped.append(offer.origin)
        else:
            places.append(_Place(offer.edge, offer.before.via, offer.origin))
            found.add(prefix, _taken_origin(out_of, entry.origins[offer.origin], offer.edge, offer.before.via), kept)
    if _apart(core, into, out_of) and not _drops(core, prefix, entry, policies):
        found.doubt(prefix, _APART_DOUBT)
    routes = spread(core, into, found)
    choices = routes[prefix].choices if prefix in routes else _NOWHERE
    return Leaked(tuple(places), choices, tuple(dropped))


_NOWHERE: Final[Mapping[str, Choice]] = {}


def _apart(core: Core, into: str, out_of: str) -> bool:
    """Whether two segments have no edge at which routes could be handed over (reference, section 3.6: unverified)."""
    return set(core.edges_of(into)).isdisjoint(core.edges_of(out_of))


def _drops(core: Core, prefix: Prefix, entry: Entry, policies: Sequence[RoutingPolicy]) -> bool:
    """Whether the policies of a share let none of the giver's routes to a prefix pass."""
    begins = dict.fromkeys(origin.edge for origin in entry.origins)
    paths = [path for edge in begins for path in entry.choices[edge].best]
    return all(transform(policies, path, prefix, core.around).path is None for path in paths)


class _Offer(NamedTuple):
    """A route that may be handed over at an edge: which of the giver's origins, as the giver has it, and as it is taken."""

    edge: str
    origin: int
    before: Path
    taken: Path


def _offers(core: Core, into: str, out_of: str, prefix: Prefix, entry: Entry, found: Origins) -> Iterator[_Offer]:
    """One attachment route of a segment for another at the edges that both have. INVARIANT: the caller adds what it takes to
    `found` before it asks for the next.

    A route is handed over where it begins; only when the taking segment has no table at that edge, the copy that the other
    segment's mesh carried to a common edge is handed over there (reference, section 3.6, inferred).
    """
    mine = core.edges_of(into)
    begins = dict.fromkeys(origin.edge for origin in entry.origins)
    for edge in begins if all(edge in mine for edge in begins) else core.edges_of(out_of):
        span = core.span(entry.choices, edge) if edge in mine else None
        doubts = () if span is None else span.doubts
        for path in span.best if span is not None else ():
            origin = entry.origins[path.source]
            if path.via and origin.edge in mine:
                continue
            source = found.next_source(prefix)
            owner = found.owner(prefix, origin.attachment, origin.edge)
            more = merge(doubts, () if origin.attachment else (_AGGREGATE_DOUBT,))
            first = None if owner == source else owner
            taken = path
            if (path.source, path.owner, path.via) != (source, first, "") or not set(more) <= set(path.doubts):
                taken = replace(path, source=source, owner=first, via="", doubts=merge(path.doubts, more))
            yield _Offer(edge, path.source, path, taken)


def leak(
    core: Core,
    into: str,
    out_of: str,
    routes: Routes,
    found: Origins,
    policies: Sequence[RoutingPolicy],
    only: Container[Prefix] | None,
) -> None:
    """Routes of one segment into another one by one; `only` limits the prefixes."""
    apart = _apart(core, into, out_of)
    for prefix, entry in routes.items():
        if only is not None and prefix not in only:
            continue
        if apart and not _drops(core, prefix, entry, policies):
            found.doubt(prefix, _APART_DOUBT)
        for offer in _offers(core, into, out_of, prefix, entry, found):
            origin = entry.origins[offer.origin]
            outcome = transform(policies, offer.taken, prefix, core.around)
            if outcome.path is None:
                found.dropped.append((origin.attachment, prefix))
            elif outcome.prefix == prefix:
                found.add(prefix, _taken_origin(out_of, origin, offer.edge, offer.before.via), outcome.path)
            else:
                _hand_over_summary(core, out_of, prefix, origin, offer, outcome.prefix, outcome.path, found)


_APART_DOUBT = (
    "the two segments of the share have no edge in common, and whether it carries routes then is not published"
)
#: origins of no attachment are aggregates that an edge pair made
_AGGREGATE_DOUBT = "whether an aggregate of an edge pair crosses a share is not published"
_SUMMARY_DOUBT = "whether a summary on a share announces its aggregate is not published"


def _hand_over_summary(
    core: Core,
    out_of: str,
    prefix: Prefix,
    origin: Origin,
    offer: _Offer,
    aggregate: Prefix,
    path: Path,
    found: Origins,
) -> None:
    """An aggregate leads into the other segment's own routes at the edge; each edge announces it once."""
    chosen, edge = core.switches.summarize_on_share, offer.edge
    if chosen != "works":
        kept = offer.taken if chosen == "nothing" else offer.taken.doubting(_SUMMARY_DOUBT)
        found.add(prefix, _taken_origin(out_of, origin, edge, offer.before.via), kept)
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
    found.add(aggregate, Origin(edge, hop, f"aggregate of what `{out_of}` shares", "", out_of), told)
