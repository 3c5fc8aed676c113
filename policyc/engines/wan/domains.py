"""Routing domains: what each segment knows of its own attachments, of segments that share with it, and by static routes.

Most prefixes belong to one segment and come over alike. What becomes of those is worked out once per kind (equal origins, equal
answers to routing policies) and written on one sheet for all segments that take them over in the same way. Prefixes that several segments
announce, static routes and what a summary touches are worked out one by one. Source: Cloud WAN reference, sections 3.4 to 3.8 and 3.12.

A segment's domain is worked out when somebody looks into it first. What is the same in a network that was worked out before (`like`) is
the same object, so that whoever compares the two sees at once where nothing differs.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

from policyc.engines.wan.associate import Association
from policyc.engines.wan.core import Core
from policyc.engines.wan.origins import Dropped, Entry, Origins, Routes, add_own, own_routes, spread
from policyc.engines.wan.prefixes import Prefix, parse_prefix
from policyc.engines.wan.routing_policies import Sieve
from policyc.engines.wan.rows import Fates, Rows, Sheet, read_spans
from policyc.engines.wan.shares import Leaked, find_taking, leak, taken_origins, taken_whole
from policyc.engines.wan.statics import add_statics
from policyc.ir.network import CreateRoute, RoutingPolicy
from policyc.record import field, record


@record(frozen=False)
class Domain:
    """One segment: `visible` its own routes that its attachments see, `taken` the sheets of other segments' routes that come in
    by kind, `mixed` the prefixes that were worked out one by one, which stand in place of all others. `dropped` is what a routing policy
    kept out of `mixed`."""

    visible: Mapping[Prefix, Entry]
    own: Sheet
    taken: Mapping[str, TakenSheet] = field(default_factory=dict)
    mixed: Routes = field(default_factory=dict)
    worked: Sheet = field(default_factory=Sheet)
    dropped: Dropped = field(default_factory=list)
    common: Rows | None = None

    def sheet(self, prefix: Prefix, owners: Iterable[str]) -> Sheet | None:
        """The sheet that has the rows of a prefix, which these segments announce; None where there are none."""
        if prefix in self.mixed:
            return self.worked if prefix in self.worked.common else None
        found = (self.own, *(self.taken[name].sheet for name in owners if name in self.taken))
        return next((sheet for sheet in found if prefix in sheet.common), None)

    def sheets(self) -> tuple[Sheet, ...]:
        """The rows of what was not worked out one by one."""
        return *(taken.sheet for taken in self.taken.values()), self.own

    def at(self, edge: str) -> Rows:
        """Every row at an edge, in a mapping of its own."""
        sheets = self.sheets()
        if self.common is None:
            self.common = {}
            for sheet in sheets:
                self.common.update(sheet.common)
        rows = self.common.copy()
        for sheet in sheets:
            sheet.patch(rows, edge)
        if self.mixed:
            for prefix in self.mixed:
                rows.pop(prefix, None)
            rows.update(self.worked.at(edge))
        return rows


@record
class TakenSheet:
    """The `routes` of one segment as others take them over, and those that a routing policy of the share dropped."""

    routes: Routes
    sheet: Sheet
    dropped: Dropped


@record
class _Own:
    """A segment's attachment routes before isolation, and those that a routing policy dropped."""

    routes: Routes
    dropped: Dropped


@record
class _Terms:
    """What a segment's domain is worked out from, beside the routes of its own and of `givers`, which share by `policies`. `statics` are the
    static routes with those to whom they lead."""

    isolated: bool
    edges: tuple[str, ...]
    givers: tuple[str, ...]
    policies: tuple[list[RoutingPolicy], ...]
    pairs: Hashable
    statics: tuple[tuple[CreateRoute, tuple[Association | None, ...]], ...]


@record(frozen=False)
class Domains:
    """Every segment of a core network. `own` holds each segment's attachment routes before isolation. `owners` are the segments
    that announce a prefix, `several` the prefixes with more than one origin, `contested` those of more than one segment. What is kept by the
    id of routes holds them too, so that the id stays their own."""

    core: Core
    names: tuple[str, ...]
    like: Domains | None = None
    own: dict[str, Routes] = field(default_factory=dict)
    owners: dict[Prefix, tuple[str, ...]] = field(default_factory=dict)
    several: list[Prefix] = field(default_factory=list)
    contested: list[Prefix] = field(default_factory=list)
    leaked: dict[Hashable, Leaked] = field(default_factory=dict)
    sheets: dict[int, tuple[Routes, Sheet]] = field(default_factory=dict)
    taken: dict[object, TakenSheet] = field(default_factory=dict)
    plain: dict[str, Routes] = field(default_factory=dict)
    made: dict[str, Domain] = field(default_factory=dict)
    begun: dict[str, _Own] = field(default_factory=dict)
    dropped: dict[str | None, dict[str, list[Prefix]]] = field(default_factory=dict)

    def of(self, segment: str) -> Domain:
        found = self.made.get(segment)
        if found is None:
            known = self.like
            if known is not None and self._same(segment, known):
                found = known.of(segment)
            else:
                found = _domain(self, segment)
            self.made[segment] = found
        return found

    def every(self) -> Iterator[tuple[str, Domain]]:
        return ((name, self.of(name)) for name in self.names)

    def givers(self, segment: str) -> tuple[str, ...]:
        """The segments that share with one, and that its filters let in."""
        core = self.core
        return tuple([other for other in core.shared_with(segment) if core.admits(segment, other)])

    def extra(self, segment: str) -> Iterable[Prefix]:
        """The prefixes of a segment that may begin with none of the attachments: static routes and summaries."""
        core = self.core
        policies = [policy for other in self.givers(segment) for policy in core.share_policies(segment, other)]
        if core.pairs(segment).sieve.summarizes or Sieve(policies, core.around).summarizes:
            return self.of(segment).mixed
        statics = Origins()
        add_statics(core, segment, statics)
        return statics.origins

    def prefixes(self, segment: str) -> Iterator[Prefix]:
        """Every prefix that a segment may know, each once."""
        domain = self.of(segment)
        yield from domain.mixed
        for source in (domain.visible, *(self.own[name] for name in domain.taken)):
            if domain.mixed:
                yield from (prefix for prefix in source if prefix not in domain.mixed)
            else:
                yield from source

    def sources(self, segment: str) -> list[Mapping[Prefix, Entry]]:
        """The maps that together hold every prefix of a segment."""
        domain = self.of(segment)
        return [domain.mixed, domain.visible, *(self.own[name] for name in domain.taken)]

    def taken_several(self, segment: str) -> Routes:
        """The prefixes with several origins in one other segment, as they come in from there."""
        domain, out = self.of(segment), Routes()
        for prefix in self.several:
            for owner in self.owners[prefix]:
                entry = self.own[owner][prefix]
                if owner in domain.taken and prefix not in domain.mixed and len(entry.origins) > 1:
                    taking = find_taking(
                        self.core, self.leaked, segment, owner, self.core.share_policies(segment, owner)
                    )
                    leaked = taking.leaked(prefix, entry, taking.sieve.answers(prefix))
                    out[prefix] = Entry(taken_origins(owner, entry.origins, leaked), leaked.choices)
        return out

    def own_sheet(self, segment: str) -> Sheet:
        """A segment's attachment routes before isolation."""
        routes = self.own[segment]
        found = self.sheets.get(id(routes))
        if found is None:
            found = self.sheets[id(routes)] = routes, write_sheet(self.core, routes)
        return found[1]

    def plain_routes(self, segment: str) -> Routes:
        """A segment's attachment routes without the policies on its edge pairs."""
        found = self.plain.get(segment)
        if found is None:
            known = self.like
            if not self.core.pairs(segment).policies:
                found = self.own.get(segment, {})
            elif known is not None and self._same_own(segment, known):
                found = known.plain_routes(segment)
            else:
                found = own_routes(self.core, segment, plain=True)
            self.plain[segment] = found
        return found

    def dropped_of(self, attachment: str, segment: str | None) -> list[Prefix]:
        """The prefixes of an attachment that a routing policy drops on their way into a segment (None: anywhere)."""
        known = self.dropped.get(segment)
        if known is None:
            known = self.dropped[segment] = {}
            domains = [self.of(name) for name in (self.names if segment is None else (segment,))]
            every = [*(own.dropped for own in self.begun.values()), *(domain.dropped for domain in domains)]
            every += [taken.dropped for domain in domains for taken in domain.taken.values()]
            for name, prefix in (pair for some in every for pair in some):
                known.setdefault(name, []).append(prefix)
        return known.get(attachment, [])

    # --- what is as it was before ---------------------------------------------------------------------------------

    def _same_own(self, segment: str, other: Domains) -> bool:
        return segment in other.own and self.own.get(segment) is other.own[segment]

    def _same(self, segment: str, other: Domains) -> bool:
        """Whether a segment has the domain that it has in another network."""
        if not self._same_own(segment, other):
            return False
        terms = self._terms(segment)
        return terms == other._terms(segment) and all(self._same_own(name, other) for name in terms.givers)

    def _terms(self, segment: str) -> _Terms:
        core, declared = self.core, self.core.network.segment(segment)
        assert declared is not None
        givers = self.givers(segment)
        return _Terms(
            declared.isolated,
            core.edges_of(segment),
            givers,
            tuple([core.share_policies(segment, other) for other in givers]),
            core.pairs(segment).key,
            tuple(
                (action, tuple(core.by_id(word.text) for word in action.destinations))
                for action in core.network.actions
                if isinstance(action, CreateRoute) and action.segment.text == segment
            ),
        )


def write_sheet(core: Core, routes: Mapping[Prefix, Entry]) -> Sheet:
    """The rows of routes as their mesh settled them."""
    sheet = Sheet()
    made: dict[tuple[int, ...], Fates] = {}
    for prefix, entry in routes.items():
        key = (id(entry.choices), *map(id, entry.origins))
        fates = made.get(key)
        if fates is None:
            fates = made[key] = read_spans(entry.origins, core.spans(entry.choices))
        sheet.add(prefix, fates)
    return sheet


def build_domains(core: Core, like: Domains | None = None) -> Domains:
    """Every segment's routes without service insertion. What is the same in `like` is taken from there."""
    names = tuple(dict.fromkeys(segment.name.text for segment in core.network.segments))
    domains = Domains(core, names)
    if like is not None and core.adopt(like.core):
        domains.like, domains.leaked, domains.sheets, domains.taken = like, like.leaked, like.sheets, like.taken
    for name in names:
        begun = domains.begun[name] = _begin(domains, name)
        domains.own[name] = begun.routes
    known = domains.like
    if known is not None and known.names == names and all(domains._same_own(name, known) for name in names):
        domains.owners, domains.contested, domains.several = known.owners, known.contested, known.several
        return domains
    holders: dict[Prefix, list[str]] = {}
    for name, routes in domains.own.items():
        for prefix in routes:
            holders.setdefault(prefix, []).append(name)
    domains.owners = {prefix: tuple(found) for prefix, found in holders.items()}
    domains.contested = [prefix for prefix, found in holders.items() if len(found) > 1]
    domains.several = [
        prefix for prefix, found in holders.items() if len(found) > 1 or len(domains.own[found[0]][prefix].origins) > 1
    ]
    return domains


def _begin(domains: Domains, name: str) -> _Own:
    core, known = domains.core, domains.like
    if known is not None and name in known.begun and core.edges_of(name) is known.core.edges_of(name):
        members, others = core.members(name), known.core.members(name)
        alike = len(members) == len(others) and all(one is other for one, other in zip(members, others, strict=True))
        if alike and core.pairs(name).key == known.core.pairs(name).key:
            return known.begun[name]
    found = Origins()
    add_own(core, name, found)
    return _Own(spread(core, name, found), found.dropped)


def _domain(domains: Domains, name: str) -> Domain:
    core, terms = domains.core, domains._terms(name)
    visible = own_routes(core, name, transit_only=True) if terms.isolated else domains.own[name]
    policies = dict(zip(terms.givers, terms.policies, strict=True))
    whole = core.pairs(name).sieve.summarizes
    taken = [] if whole else [other for other in policies if not Sieve(policies[other], core.around).summarizes]
    wanted = None if whole else _special(domains, name, visible, taken, policies)
    everything = Origins()
    add_own(core, name, everything, transit_only=terms.isolated, only=wanted)
    for other in policies:
        leak(core, name, other, domains.own[other], everything, policies[other], wanted)
    add_statics(core, name, everything)
    mixed = spread(core, name, everything)
    if whole:
        visible, own = {}, Sheet()
    else:
        own = write_sheet(core, visible) if terms.isolated else domains.own_sheet(name)
    sheets = {other: policies[other] for other in taken}
    return Domain(visible, own, _Taken(domains, name, sheets), mixed, write_sheet(core, mixed), everything.dropped)


def _special(
    domains: Domains,
    name: str,
    visible: Mapping[Prefix, Entry],
    taken: Sequence[str],
    policies: Mapping[str, Sequence[RoutingPolicy]],
) -> set[Prefix]:
    """The prefixes of a segment that have to be worked out one by one."""
    statics = Origins()
    add_statics(domains.core, name, statics)
    out = set(statics.origins)
    for other in policies:
        if other not in taken:
            out |= domains.own[other].keys()
            for policy in policies[other]:
                for rule in policy.rules:
                    aggregate = parse_prefix(str(rule.action.value)) if rule.action.type == "summarize" else None
                    if aggregate is not None:
                        out.add(aggregate)
    for prefix in domains.contested:
        known = sum(owner in policies for owner in domains.owners[prefix])
        if known + (prefix in visible) > 1:
            out.add(prefix)
    return out


class _Taken(Mapping[str, TakenSheet]):
    """The sheets of other segments' routes, by segment, each written when somebody asks for it."""

    __slots__ = ("_domains", "_into", "_made", "_policies")

    def __init__(self, domains: Domains, into: str, policies: Mapping[str, Sequence[RoutingPolicy]]) -> None:
        self._domains, self._into, self._policies = domains, into, policies
        self._made: dict[str, TakenSheet] = {}

    def __getitem__(self, name: str) -> TakenSheet:
        found = self._made.get(name)
        if found is None:
            found = self._made[name] = _taken_sheet(self._domains, self._into, name, self._policies[name])
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._policies

    def __iter__(self) -> Iterator[str]:
        return iter(self._policies)

    def __len__(self) -> int:
        return len(self._policies)


def _taken_sheet(domains: Domains, into: str, out_of: str, policies: Sequence[RoutingPolicy]) -> TakenSheet:
    """The routes of a segment as another takes them over; segments that take them over alike have one sheet, and rows that no
    policy changes stand on all sheets alike."""
    core, taking = domains.core, find_taking(domains.core, domains.leaked, into, out_of, policies)
    routes = domains.own[out_of]
    found = domains.taken.get((id(routes), taking.context))
    if found is not None:
        return found
    plain = domains.taken.get((id(routes), taking.plain)) if taking.alike else None
    sheet, dropped = Sheet(), Dropped()
    domains.taken[id(routes), taking.context] = written = TakenSheet(routes, sheet, dropped)
    made: dict[tuple[object, ...], tuple[Leaked, Fates]] = {}
    for prefix, entry in routes.items():
        if plain is not None and taking.sieve.passes(prefix) and taken_whole(entry):
            sheet.borrow(plain.sheet, prefix, entry.origins[0].edge)
            continue
        answers = taking.sieve.answers(prefix)
        key = (id(entry.choices), answers, *map(id, entry.origins))
        kind = made.get(key)
        if kind is None:
            leaked = taking.leaked(prefix, entry, answers)
            origins = taken_origins(out_of, entry.origins, leaked)
            kind = made[key] = (leaked, read_spans(origins, core.spans(leaked.choices)))
        dropped += [(entry.origins[at].attachment, prefix) for at in kind[0].dropped]
        sheet.add(prefix, kind[1])
    return written
