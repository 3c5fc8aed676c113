"""Where routes begin in a segment, and what the mesh of its edges makes of them.

Source: Cloud WAN reference, sections 3.4, 3.5 and 3.10. A prefix's way over the mesh depends on its origins alone (unless a
policy on an edge pair looks at prefixes), so equal origins are computed once.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

from policyc.engines.wan.core import Core, NextHop, Origin, Pairs
from policyc.engines.wan.mesh import Transfer, settle
from policyc.engines.wan.paths import DYNAMIC, Choice, Path, merge
from policyc.engines.wan.prefixes import Prefix
from policyc.engines.wan.routing_policies import transform
from policyc.ir.network import Direction
from policyc.record import field, light, record, replace


@light
class Entry:
    """One prefix of a segment: where it begins, and what each edge chose. Prefixes that fare alike have the same `choices` object."""

    origins: tuple[Origin, ...]
    choices: Mapping[str, Choice]


Routes = dict[Prefix, Entry]
#: attachments with a prefix of theirs
Dropped = list[tuple[str, Prefix]]


@record(frozen=False)
class Origins:
    """What begins where, by prefix, before the mesh; `dropped` is what a routing policy keeps from beginning there."""

    origins: dict[Prefix, list[Origin]] = field(default_factory=dict)
    paths: dict[Prefix, dict[str, list[Path]]] = field(default_factory=dict)
    doubts: dict[Prefix, tuple[str, ...]] = field(default_factory=dict)
    owners: dict[tuple[Prefix, str, str], int] = field(default_factory=dict)
    dropped: Dropped = field(default_factory=list)

    def owner(self, prefix: Prefix, attachment: str, edge: str) -> int:
        """The number of the first origin here that comes from an attachment at an edge; the next one when it is new."""
        return self.owners.setdefault((prefix, attachment, edge), self.next_source(prefix))

    def next_source(self, prefix: Prefix) -> int:
        return len(self.origins.get(prefix, ()))

    def add(self, prefix: Prefix, origin: Origin, path: Path) -> None:
        """INVARIANT: `path.source` is `next_source(prefix)`."""
        self.origins.setdefault(prefix, []).append(origin)
        self.paths.setdefault(prefix, {}).setdefault(origin.edge, []).append(path)

    def doubt(self, prefix: Prefix, reason: str) -> None:
        self.origins.setdefault(prefix, [])
        self.doubts[prefix] = merge(self.doubts.get(prefix, ()), (reason,))


def add_own(
    core: Core, segment: str, found: Origins, *, transit_only: bool = False, only: Container[Prefix] | None = None
) -> None:
    """Routes of the segment's attachments; `transit_only` keeps those of transit gateway route tables, which isolation lets in;
    `only` limits the prefixes."""
    edges = core.edges_of(segment)
    for attachment in core.members(segment):
        if transit_only and attachment.type != "transit-gateway-route-table":
            continue
        why = f"route of `{attachment.name}`"
        for edge in (region for region in attachment.regions if region in edges):
            hop = NextHop("attachment", attachment.name, edge)
            origin = Origin(edge, hop, why, attachment.name)
            for route in attachment.routes:
                if only is None or route.prefix in only:
                    path = core.own_path(attachment, edge, route, found.next_source(route.prefix))
                    if path is not None:
                        found.add(route.prefix, origin, path)
                    else:
                        found.dropped.append((attachment.name, route.prefix))


def own_routes(core: Core, segment: str, *, transit_only: bool = False, plain: bool = False) -> Routes:
    """The attachment routes of a segment over its mesh; `plain` without the policies on its edge pairs."""
    found = Origins()
    add_own(core, segment, found, transit_only=transit_only)
    return spread(core, segment, found, plain=plain)


def spread(core: Core, segment: str, found: Origins, *, plain: bool = False) -> Routes:
    """Each prefix over the mesh of the segment's edges, with the aggregates that policies on edge pairs make of them."""
    edges = core.edges_of(segment)
    asns = {edge: core.asns[edge] for edge in edges if edge in core.asns}
    pairs = core.pairs(segment)
    if plain or not pairs.policies:
        mesh = tuple(asns)
        return {prefix: _entry(core, mesh, asns, prefix, found) for prefix in found.origins}
    return _Meshed(core, asns, pairs, found).run()


def _entry(core: Core, mesh: tuple[str, ...], asns: Mapping[str, int], prefix: Prefix, found: Origins) -> Entry:
    paths = found.paths.get(prefix, {})
    local = tuple((edge, tuple(paths[edge])) for edge in (paths if len(paths) < 2 else sorted(paths)))
    key = (mesh, local)
    choices = core.settled.get(key)
    if choices is None:
        choices = core.settled[key] = settle(mesh, asns, dict(local), None, core.switches.local_preference_rank)
    return Entry(tuple(found.origins[prefix]), _with_doubts(choices, found.doubts.get(prefix, ())))


def _with_doubts(choices: Mapping[str, Choice], doubts: tuple[str, ...]) -> Mapping[str, Choice]:
    if not doubts:
        return choices
    return {edge: replace(item, doubts=merge(item.doubts, doubts)) for edge, item in choices.items()}


# --- policies on edge pairs -------------------------------------------------------------------------------------


@record(frozen=False)
class _Meshed:
    """The mesh with policies on edge pairs. An aggregate begins at the edge that hears it, one round after the routes that it
    stands for."""

    core: Core
    asns: Mapping[str, int]
    pairs: Pairs
    found: Origins

    def run(self) -> Routes:
        out: Routes = {}
        changed = list(self.found.origins)
        told: set[tuple[Prefix, str, str]] = set()
        for _ in range(len(self.asns) + 1):
            for prefix in changed:
                out[prefix] = self._settle(prefix)
            if not self.pairs.sieve.summarizes:
                break
            changed = self._summarize({prefix: out[prefix] for prefix in changed}, told)
            if not changed:
                break
        return out

    def _settle(self, prefix: Prefix) -> Entry:
        """Prefixes that no policy can match fare as in a mesh without any; those that policies cannot tell apart fare alike."""
        sieve = self.pairs.sieve
        if sieve.passes(prefix):
            return _entry(self.core, tuple(self.asns), self.asns, prefix, self.found)
        local = tuple((edge, tuple(paths)) for edge, paths in sorted(self.found.paths.get(prefix, {}).items()))
        key = (tuple(self.asns), self.pairs.key, local, sieve.answers(prefix))
        choices = self.core.settled.get(key)
        if choices is None:
            transfer = Transfer(
                leave=lambda sender, receiver, path: self._act((sender, receiver, "outbound"), prefix, path),
                enter=lambda sender, receiver, path: self._act((receiver, sender, "inbound"), prefix, path),
                pairs=self.pairs.acting,
            )
            rank = self.core.switches.local_preference_rank
            choices = self.core.settled[key] = settle(tuple(self.asns), self.asns, dict(local), transfer, rank)
        return Entry(tuple(self.found.origins[prefix]), _with_doubts(choices, self.found.doubts.get(prefix, ())))

    def _act(self, key: tuple[str, str, Direction], prefix: Prefix, path: Path) -> Path | None:
        policies = self.pairs.policies.get(key)
        if not policies:
            return path
        outcome = transform(policies, path, prefix, self.core.around)
        return outcome.path if outcome.prefix == prefix else None

    def _summarize(self, routes: Routes, told: set[tuple[Prefix, str, str]]) -> list[Prefix]:
        """Add the aggregates of these routes as origins; the prefixes that have new ones."""
        changed: dict[Prefix, None] = {}
        for (sender, receiver, direction), policies in self.pairs.policies.items():
            if direction == "outbound" and receiver in self.asns and sender in self.asns:
                for prefix, entry in routes.items():
                    for path in entry.choices[sender].best:
                        outcome = transform(policies, path, prefix, self.core.around)
                        key = (outcome.prefix, sender, receiver)
                        if (
                            outcome.prefix != prefix
                            and outcome.path is not None
                            and key not in told
                            and not path.pinned
                        ):
                            told.add(key)
                            if self._announce(outcome.prefix, outcome.path, sender, receiver):
                                changed[outcome.prefix] = None
        return list(changed)

    def _announce(self, aggregate: Prefix, path: Path, sender: str, receiver: str) -> bool:
        heard = Path(
            self.found.next_source(aggregate),
            DYNAMIC,
            (self.asns[sender], *path.as_path),
            path.med,
            0,
            path.communities,
            doubts=path.doubts,
        )
        kept = self._act((receiver, sender, "inbound"), aggregate, heard)
        if kept is None:
            return False
        hop = NextHop("edge", "", sender)
        self.found.add(aggregate, Origin(receiver, hop, f"aggregate made at {sender}"), kept)
        return True
