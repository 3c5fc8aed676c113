"""Routing domains: what each segment knows of its own attachments, of segments that share with it, and by static routes.

Most prefixes belong to one segment and come over alike. What becomes of those is worked out once per kind (equal origins, equal
answers to routing policies) and written on one sheet for all segments that take them over in the same way. Prefixes that several segments
announce, static routes and what a summary touches are worked out one by one. Source: Cloud WAN reference, sections 3.4 to 3.8 and 3.12.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

from policyc.engines.wan.core import Core
from policyc.engines.wan.origins import Entry, Origins, Routes, add_own, own_routes, spread
from policyc.engines.wan.prefixes import Prefix, parse_prefix
from policyc.engines.wan.routing_policies import Sieve
from policyc.engines.wan.rows import Fates, Rows, Sheet, read_spans
from policyc.engines.wan.shares import Leaked, find_taking, leak, taken_origins, taken_whole
from policyc.engines.wan.statics import add_statics
from policyc.ir.network import RoutingPolicy
from policyc.record import field, record


@record(frozen=False)
class Domain:
    """One segment: `visible` its own routes that its attachments see, `taken` the sheets of other segments' routes that come in
    by kind, `mixed` the prefixes that were worked out one by one, which stand in place of all others."""

    visible: Mapping[Prefix, Entry]
    own: Sheet
    taken: dict[str, Sheet] = field(default_factory=dict)
    mixed: Routes = field(default_factory=dict)
    worked: Sheet = field(default_factory=Sheet)
    common: Rows | None = None

    def sheet(self, prefix: Prefix, owners: Iterable[str]) -> Sheet | None:
        """The sheet that has the rows of a prefix, which these segments announce; None where there are none."""
        if prefix in self.mixed:
            return self.worked if prefix in self.worked.common else None
        found = (self.own, *(self.taken[name] for name in owners if name in self.taken))
        return next((sheet for sheet in found if prefix in sheet.common), None)

    def at(self, edge: str) -> Rows:
        """Every row at an edge, in a mapping of its own."""
        if self.common is None:
            self.common = {}
            for sheet in (*self.taken.values(), self.own):
                self.common.update(sheet.common)
        rows = self.common.copy()
        for sheet in (*self.taken.values(), self.own):
            sheet.patch(rows, edge)
        if self.mixed:
            for prefix in self.mixed:
                rows.pop(prefix, None)
            rows.update(self.worked.at(edge))
        return rows


@record(frozen=False)
class Domains:
    """Every segment of a core network. `own` holds each segment's attachment routes before isolation. `owners` are the segments
    that announce a prefix, `several` the prefixes with more than one origin, `contested` those of more than one segment."""

    core: Core
    own: dict[str, Routes] = field(default_factory=dict)
    domains: dict[str, Domain] = field(default_factory=dict)
    owners: dict[Prefix, tuple[str, ...]] = field(default_factory=dict)
    several: list[Prefix] = field(default_factory=list)
    contested: list[Prefix] = field(default_factory=list)
    leaked: dict[Hashable, Leaked] = field(default_factory=dict)
    sheets: dict[object, Sheet] = field(default_factory=dict)

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

    def taken_several(self, segment: str) -> Routes:
        """The prefixes with several origins in one other segment, as they come in from there."""
        domain, out = self.domains[segment], Routes()
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
        found = self.sheets.get(segment)
        if found is None:
            found = self.sheets[segment] = write_sheet(self.core, self.own[segment])
        return found


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


def build_domains(core: Core) -> Domains:
    """Every segment's routes without service insertion."""
    domains = Domains(core)
    names = list(dict.fromkeys(segment.name.text for segment in core.network.segments))
    for name in names:
        domains.own[name] = own_routes(core, name)
    holders: dict[Prefix, list[str]] = {}
    for name, routes in domains.own.items():
        for prefix in routes:
            holders.setdefault(prefix, []).append(name)
    domains.owners = {prefix: tuple(found) for prefix, found in holders.items()}
    domains.contested = [prefix for prefix, found in holders.items() if len(found) > 1]
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
    whole = core.pairs(name).sieve.summarizes
    taken = [] if whole else [other for other in givers if not Sieve(policies[other], core.around).summarizes]
    wanted = None if whole else _special(domains, name, visible, givers, taken, policies)
    everything = Origins()
    add_own(core, name, everything, transit_only=isolated, only=wanted)
    for other in givers:
        leak(core, name, other, domains.own[other], everything, policies[other], wanted)
    add_statics(core, name, everything)
    mixed = spread(core, name, everything)
    if whole:
        visible, own = {}, Sheet()
    else:
        own = write_sheet(core, visible) if isolated else domains.own_sheet(name)
    sheets = {other: _taken_sheet(domains, name, other, policies[other]) for other in taken}
    return Domain(visible, own, sheets, mixed, write_sheet(core, mixed))


def _special(
    domains: Domains,
    name: str,
    visible: Mapping[Prefix, Entry],
    givers: Sequence[str],
    taken: Sequence[str],
    policies: Mapping[str, Sequence[RoutingPolicy]],
) -> set[Prefix]:
    """The prefixes of a segment that have to be worked out one by one."""
    statics = Origins()
    add_statics(domains.core, name, statics)
    out = set(statics.origins)
    for other in givers:
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


def _taken_sheet(domains: Domains, into: str, out_of: str, policies: Sequence[RoutingPolicy]) -> Sheet:
    """The routes of a segment as another takes them over; segments that take them over alike have one sheet, and rows that no
    policy changes stand on all sheets alike."""
    core, taking = domains.core, find_taking(domains.core, domains.leaked, into, out_of, policies)
    sheet = domains.sheets.get((out_of, taking.context))
    if sheet is not None:
        return sheet
    plain = domains.sheets.get((out_of, taking.plain)) if taking.alike else None
    sheet = domains.sheets[out_of, taking.context] = Sheet()
    made: dict[tuple[object, ...], tuple[Leaked, Fates]] = {}
    for prefix, entry in domains.own[out_of].items():
        if plain is not None and taking.sieve.passes(prefix) and taken_whole(entry):
            sheet.borrow(plain, prefix, entry.origins[0].edge)
            continue
        answers = taking.sieve.answers(prefix)
        key = (id(entry.choices), answers, *map(id, entry.origins))
        found = made.get(key)
        if found is None:
            leaked = taking.leaked(prefix, entry, answers)
            taken = taken_origins(out_of, entry.origins, leaked)
            found = made[key] = (leaked, read_spans(taken, core.spans(leaked.choices)))
        if found[0].dropped:
            core.dropped += [(entry.origins[at].attachment, prefix) for at in found[0].dropped]
        sheet.add(prefix, found[1])
    return sheet
