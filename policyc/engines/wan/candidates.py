"""Every candidate for a row of a route table, which of them is chosen, and by which step of route evaluation the others lose.

What an edge may hear is as in the service's own listing of routing information: each peer's choice, unless its AS path has
been at this edge. Source: Cloud WAN reference, sections 3.5, 3.6, 3.8, 3.9 and 3.11.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

from policyc.engines.wan.core import NextHop
from policyc.engines.wan.origins import Entry
from policyc.engines.wan.paths import DYNAMIC, RANK_SWITCH, STATIC, UNDECIDED, Choice, Path, contested, exported
from policyc.engines.wan.prefixes import Prefix
from policyc.engines.wan.routing_policies import transform
from policyc.engines.wan.rows import Row, distinct, peering
from policyc.engines.wan.shares import Taking, find_taking, taken_origins
from policyc.engines.wan.tables import RouteTable, Tables
from policyc.record import field, record, replace

Kind = Literal["local", "shared", "static", "service"]
Standing = Literal["chosen", "possible", "lost"]
#: the steps of reference, section 3.11, after the longest prefix; local preference has no published place
Step = Literal["static", "vpc", "local-preference", "as-path", "med", "attachment-type", "inserted"]
_STANDINGS: Final[tuple[Standing, ...]] = ("chosen", "possible", "lost")
NUMBERS: Final[dict[Step, int]] = {"static": 2, "vpc": 3, "as-path": 4, "med": 5, "attachment-type": 6}


@record
class Candidate:
    """One way to a prefix from one table. `kind` is the class of the route, `giver` the segment that shares it, `origin` the attachment
    behind it (empty for blackholes and aggregates), `via` the edge that it was heard from; `path` is None for what is inserted.

    `heard` is the path before the inbound policies of the edge itself (those of the attachment's label, or of the pair of edges), which
    `list-core-network-routing-information` shows; None where they change nothing. With `possible` it may be chosen, and `reason` says what decides; a `lost` one lost at `step`, and `reason` says to what.
    """

    kind: Kind
    origin: str
    giver: str
    hop: NextHop
    why: str
    path: Path | None
    via: str
    standing: Standing
    step: Step | Literal[""] = ""
    reason: str = ""
    heard: Path | None = None


@record(frozen=False)
class Candidates:
    """Finds the candidates of rows; `takings` remembers how segments take over routes."""

    tables: Tables
    takings: dict[tuple[str, str], Taking] = field(default_factory=dict)

    def of(self, table: RouteTable) -> Iterator[tuple[Row, list[Candidate]]]:
        """Each row of a table in order of prefix with its candidates: the chosen one first, then those that may be."""
        overlays = self.tables.overlays.get(table.name, ())
        laid = [overlay.at(table.edge) for overlay in overlays if table.edge in overlay.edges]
        for prefix in sorted(table.rows):
            row = table.rows[prefix]
            entry = self._entry(table.name.name, prefix) if table.name.kind == "segment" else None
            inserted = list(_inserted(row, [rows[prefix] for rows in laid if prefix in rows]))
            name = table.name.name
            direct = [] if entry is None else list(self._direct(name, table.edge, row, entry, bool(inserted)))
            yield row, sorted([*direct, *inserted], key=lambda item: _STANDINGS.index(item.standing))

    def _entry(self, segment: str, prefix: Prefix) -> Entry | None:
        """What a segment knows of a prefix by itself, by shares and by static routes."""
        domains = self.tables.domains
        domain = domains.of(segment)
        found = domain.mixed.get(prefix) or domain.visible.get(prefix)
        if found is not None:
            return found
        for owner in domains.owners.get(prefix, ()):
            if owner in domain.taken:
                entry, taking = domains.own[owner][prefix], self._taking(segment, owner)
                leaked = taking.leaked(prefix, entry, taking.sieve.answers(prefix))
                return Entry(taken_origins(owner, entry.origins, leaked), leaked.choices)
        return None

    def _taking(self, into: str, out_of: str) -> Taking:
        found = self.takings.get((into, out_of))
        if found is None:
            core = self.tables.core
            policies = core.share_policies(into, out_of)
            found = find_taking(core, self.tables.domains.leaked, into, out_of, policies)
            self.takings[into, out_of] = found
        return found

    # --- routes of the segment --------------------------------------------------------------------------------

    def _direct(self, segment: str, edge: str, row: Row, entry: Entry, inserted: bool) -> Iterator[Candidate]:
        choice = entry.choices.get(edge)
        if choice is None:
            return
        hops = {option.hop for option in row.options}
        place = self.tables.core.switches.local_preference_rank
        alternatives = _alternatives(choice)
        for path in choice.candidates:
            origin = entry.origins[path.source]
            hop = peering(path.via) if path.via else origin.hop
            kind: Kind = "static" if path.kind == STATIC else "shared" if origin.giver else "local"
            standing, step, reason = _verdict(choice, path, place)
            if path in alternatives and standing != "lost":
                standing, reason = "possible", f"which of its equal routes {path.via} hands on is not known"
            if inserted and standing != "lost":
                standing, step, reason = _beside(row, hop in hops, reason, "the inserted route comes first")
            elif standing == "chosen" and row.doubts:
                standing, reason = "possible", "; ".join(row.doubts)
            heard = self._heard(segment, edge, row.prefix, entry, path)
            yield Candidate(
                kind, origin.attachment, origin.giver, hop, origin.why, path, path.via, standing, step, reason, heard
            )

    def _heard(self, segment: str, edge: str, prefix: Prefix, entry: Entry, path: Path) -> Path | None:
        """A path before the edge's own inbound policies, where those change it."""
        core = self.tables.core
        if path.via:
            inbound = core.pairs(segment).policies.get((edge, path.via, "inbound"))
            sent = entry.choices.get(path.via) if inbound else None
            before = None if sent is None else self._sent(segment, edge, prefix, path, sent)
        else:
            found = core.associations.get(entry.origins[path.source].attachment)
            routes = () if found is None or path.kind != DYNAMIC else found.attachment.routes
            told = next((route for route in routes if route.prefix == prefix and route.as_path is not None), None)
            before = None
            if told is not None:
                communities = told.communities if path.communities or told.communities else path.communities
                before = replace(path, as_path=told.as_path or (), med=told.med, preference=0, communities=communities)
        return None if before is None or _attributes(before) == _attributes(path) else before

    def _sent(self, segment: str, edge: str, prefix: Prefix, path: Path, sent: Choice) -> Path | None:
        """What a peer sent of which an edge made a path."""
        core = self.tables.core
        policies = core.pairs(segment).policies
        for best in sent.best:
            left = transform(policies.get((path.via, edge, "outbound"), ()), best, prefix, core.around)
            if best.source == path.source and left.path is not None and left.prefix == prefix:
                heard = exported(left.path, path.via, core.asns[path.via])
                if transform(policies.get((edge, path.via, "inbound"), ()), heard, prefix, core.around).path == path:
                    return heard
        return None


def _attributes(path: Path) -> tuple[object, ...]:
    return path.as_path, path.med, path.preference, path.communities


def _inserted(row: Row, laid: Sequence[Row]) -> Iterator[Candidate]:
    """What service insertion wrote, one candidate for each next hop."""
    hops = {option.hop for option in row.options}
    for option in distinct([option for one in laid for option in one.options]):
        standing, step, reason = _beside(row, option.hop in hops, "", "the direct route comes first")
        origin = option.hop.name if option.hop.kind == "attachment" else ""
        yield Candidate("service", origin, "", option.hop, option.why, option.path, "", standing, step, reason)


def _beside(row: Row, kept: bool, reason: str, beaten: str) -> tuple[Standing, Step | Literal[""], str]:
    """What became of a candidate where a row may hold inserted routes: it is `kept` or not."""
    if not kept:
        return "lost", "inserted", f"{beaten} (switch `inserted-route-rank`)"
    if len(row.options) == 1 and not row.doubts:
        return ("possible", "", reason) if reason else ("chosen", "", "")
    return "possible", "", "; ".join(row.doubts) or reason or _OPEN


_OPEN: Final = "which one the service takes is not published"
_EQUAL: Final = "equal in every published step, and the service picks one (step 7)"


def _alternatives(choice: Choice) -> frozenset[Path]:
    """The candidates of peers that may send one of several."""
    by_peer: dict[str, list[Path]] = {}
    for path in choice.candidates:
        if path.via:
            by_peer.setdefault(path.via, []).append(path)
    return frozenset(path for some in by_peer.values() if len(some) > 1 for path in some)


def _verdict(choice: Choice, path: Path, place: str) -> tuple[Standing, Step | Literal[""], str]:
    """Whether a path is chosen, and else the step at which it loses."""
    if path in choice.best:
        if len(choice.best) == 1:
            return "chosen", "", ""
        ranked = place == UNDECIDED and contested(choice.best)
        return "possible", "", RANK_SWITCH if ranked else _EQUAL
    mine = path.at_best(place)
    better = next((one for one in choice.best if one.via != path.via and one.bound(place) < mine), None)
    better = better or next((one for one in choice.best if one.bound(place) < mine), None)
    if better is None:
        return "lost", "", "another candidate is better whatever the peers pick"
    step = lost_at(better, path, place)
    return "lost", step, _reason(step, better, path)


def lost_at(better: Path, path: Path, place: str) -> Step | Literal[""]:
    """The step of route evaluation at which one path beats another; `place` as for `Path.bound`."""
    for step, mine, other in zip(
        _order(better, place), criteria(better, place, 1), criteria(path, place, 0), strict=True
    ):
        if mine != other:
            return step
    return ""


def _order(better: Path, place: str) -> Sequence[Step]:
    kind: Step = "static" if better.kind == STATIC else "vpc"
    match place:
        case "before-static":
            return ("local-preference", kind, "as-path", "med", "attachment-type")
        case "before-vpc":
            return ("static", "local-preference", kind, "as-path", "med", "attachment-type")
        case _:
            return (kind, "local-preference", "as-path", "med", "attachment-type")


def criteria(path: Path, place: str, end: int) -> tuple[int, ...]:
    """What the steps compare, the lowest is best, in the order of the rank of local preference; `end` is 0 for the best place in the
    last step and 1 for the worst."""
    dynamic = path.kind == DYNAMIC
    rest = (len(path.as_path) if dynamic else 0, path.med if dynamic else 0, path.rank[end])
    match place:
        case "before-static":
            return (-path.preference, path.kind, *rest)
        case "before-vpc":
            static = path.kind == STATIC
            return (0 if static else 1, 0 if static else -path.preference, path.kind, *rest)
        case _:
            return (path.kind, -path.preference if dynamic else 0, *rest)


def _reason(step: Step | Literal[""], better: Path, path: Path) -> str:
    number = f" (step {NUMBERS[step]})" if step in NUMBERS else ""
    match step:
        case "static":
            return f"a static route comes first{number}"
        case "vpc":
            return f"a VPC's route of the same Region comes first{number}"
        case "local-preference":
            return f"local preference {path.preference} is lower than {better.preference}"
        case "as-path":
            return f"an AS path of {len(path.as_path)} is longer than one of {len(better.as_path)}{number}"
        case "med":
            return f"MED {path.med} is higher than {better.med}{number}"
        case "attachment-type":
            return f"the kind of attachment comes later{number}"
        case _:
            return "another candidate is better"
