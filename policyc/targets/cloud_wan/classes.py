"""Attachments that a comparison of two core networks need not tell apart: one of them answers for all.

Two attachments send alike when they start in the same table at the same edges, before and after. They receive alike when every
table of either network leads to both by the same kind of way: the same origins, choices and covering prefixes. What may be special
about an attachment (it is the way out of a static route, an appliance, hears less than all, or has other prefixes within its
own) gives it a class of its own, so that one answer stands for another only where the two cannot differ.

`differences` goes further: where no table on the way to a prefix differs between the two networks, nothing has to be asked.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Final

from policyc.engines.wan.associate import Association
from policyc.engines.wan.attachments import Attachment
from policyc.engines.wan.core import NextHop
from policyc.engines.wan.domains import Domain
from policyc.engines.wan.mesh import find_spans
from policyc.engines.wan.origins import Entry
from policyc.engines.wan.outbound import hears_less, looping_asns
from policyc.engines.wan.paths import Choice, Path
from policyc.engines.wan.prefixes import WIDTH, Prefix
from policyc.engines.wan.reach import MAX_WALKS, MAX_WALKS_OF_ALL
from policyc.engines.wan.routing_policies import Sieve
from policyc.engines.wan.tables import Tables
from policyc.ir.network import CreateRoute
from policyc.record import field, record

#: with more prefixes than this their number decides whether there are too many ways to follow
_MANY: Final = MAX_WALKS_OF_ALL // MAX_WALKS

Class = tuple[Attachment, ...]


def senders(old: Tables, new: Tables) -> list[Class]:
    """The attachments of an inventory in classes that reach the same."""
    found: dict[Hashable, list[Attachment]] = {}
    for item in new.core.attachments:
        places = tuple(position(tables.core.associations[item.name]) for tables in (old, new))
        alone = item.name if any(_hears_less(tables, item) for tables in (old, new)) else ""
        direct = item.type == "direct-connect-gateway"
        versions = frozenset(prefix.family for prefix in item.prefixes)
        found.setdefault((places, item.regions, direct, versions, alone), []).append(item)
    return [tuple(members) for members in found.values()]


def receivers(old: Tables, new: Tables) -> list[Class]:
    """The attachments of an inventory in classes that are reached alike."""
    items = list(new.core.attachments)
    views = [_View(old), _View(new, old if new.like is old else None)]
    found: dict[Hashable, list[Attachment]] = {}
    for item in items:
        key: Hashable = tuple(view.key(item) for view in views)
        found.setdefault(key, []).append(item)
    return [tuple(members) for members in found.values()]


def divided(tables: Tables, prefix: Prefix) -> bool:
    """Whether some table knows a part of the prefix by itself."""
    known = tables.known()
    at = bisect_right(known, prefix)
    return at < len(known) and prefix.covers(known[at])


def position(found: Association) -> tuple[str, str, bool]:
    """Where an attachment is and whether it carries traffic; the deciding rule is no part of it."""
    return found.standing.value, found.place, found.is_group


def _hears_less(tables: Tables, item: Attachment) -> bool:
    """Whether its far side may not hear or take everything, and so cannot send everywhere."""
    return hears_less(tables.core, tables.core.associations[item.name])


@record(frozen=False)
class _View:
    """How one network sees its attachments as destinations.

    Of tables that are `like` others, whose view stands beside it, only what differs is looked at: `changed` are the segments that do,
    and `same` tells that the prefixes do not.
    Where there are routing policies (`attributes`), BGP attributes count, and `sieve` tells what they ask of prefixes. `known` are
    all prefixes, `lengths` their mask lengths by IP version; `alone` names what is a way for others, `asns` are those that keep somebody from taking a path.
    """

    tables: Tables
    like: Tables | None = None
    attributes: bool = field(init=False)
    sieve: Sieve = field(init=False)
    known: Sequence[Prefix] = field(init=False)
    members: frozenset[Prefix] = field(init=False)
    lengths: Mapping[int, tuple[int, ...]] = field(init=False)
    alone: frozenset[str] = field(init=False)
    asns: frozenset[int] = field(init=False)
    same: bool = field(init=False)
    changed: frozenset[str] = field(init=False)
    mixed: Sequence[tuple[str, Domain]] = field(init=False)
    tokens: dict[int, tuple[Mapping[str, Choice], Hashable]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        policies = self.tables.core.network.routing_policies
        self.attributes = bool(policies)
        self.sieve = Sieve(policies, self.tables.core.around)
        self.known = self.tables.known()
        self.members = frozenset(self.known)
        self.lengths = {
            family: tuple(sorted({prefix.length for prefix in self.known if prefix.family == family}))
            for family in WIDTH
        }
        self.alone = frozenset(_ways(self.tables))
        self.same = self.like is not None and self.known == self.like.known()
        known = None if self.like is None else self.like.domains
        every = list(self.tables.domains.every())
        self.changed = frozenset(
            [name for name, domain in every if known is None or name not in known.names or known.of(name) is not domain]
        )
        self.mixed = [(name, domain) for name, domain in every if domain.mixed and name in self.changed]
        # Far sides refuse paths that hold their own.
        self.asns = frozenset(self.tables.core.asns.values()) | looping_asns(self.tables.core)

    def key(self, item: Attachment) -> Hashable:
        place = position(self.tables.core.associations[item.name])
        if item.name in self.alone or (not self.same and any(divided(self.tables, prefix) for prefix in item.prefixes)):
            return place, item.name
        signs = [self._sign(prefix, item.name) for prefix in item.prefixes]
        # Where prefixes fare differently their order tells which of them an answer is about.
        unlike = tuple(signs) if len(set(signs)) > 1 else frozenset(signs)
        return place, unlike, len(signs) if len(signs) > _MANY else bool(signs)

    def _sign(self, prefix: Prefix, owner: str) -> Hashable:
        """Everything that look-ups of a prefix depend on, with its owner left out."""
        domains = self.tables.domains
        entries: list[Hashable] = []
        for segment in domains.owners.get(prefix, ()):
            if segment not in self.changed:
                continue
            visible = domains.of(segment).visible.get(prefix)
            own = self._entry(domains.own[segment][prefix], owner)
            entries.append((segment, own, None if visible is None else self._entry(visible, owner)))
        mixed = tuple(
            (name, self._entry(domain.mixed[prefix], owner)) for name, domain in self.mixed if prefix in domain.mixed
        )
        wider = () if self.same else tuple(self._wider(prefix))
        answers = () if self.like is not None else self.sieve.answers(prefix)
        return prefix.family, answers, tuple(entries), mixed, wider

    def _wider(self, prefix: Prefix) -> Iterable[Prefix]:
        """The known prefixes that cover this one and are shorter."""
        for length in self.lengths[prefix.family]:
            if length >= prefix.length:
                break
            shift = WIDTH[prefix.family] - length
            found = Prefix(prefix.family, prefix.bits >> shift << shift, length)
            if found in self.members:
                yield found

    def _entry(self, entry: Entry, owner: str) -> Hashable:
        origins = tuple((item.edge, self._hop(item.hop, owner), item.attachment == owner) for item in entry.origins)
        return origins, self._token(entry.choices)

    def _hop(self, hop: NextHop, owner: str) -> Hashable:
        return (hop.kind, hop.edge) if hop.kind == "attachment" and hop.name == owner else hop

    def _token(self, choices: Mapping[str, Choice]) -> Hashable:
        """What the edges chose, the same for choices with the same effect."""
        found = self.tokens.get(id(choices))
        if found is None:
            found = self.tokens[id(choices)] = choices, self._make_token(choices)
        return found[1]

    def _make_token(self, choices: Mapping[str, Choice]) -> Hashable:
        spans = find_spans(choices)
        if self.attributes:
            return spans
        return tuple((span.edges, tuple(map(self._path, span.best)), span.doubts) for span in spans)

    def _path(self, path: Path) -> Hashable:
        """A path that no policy looks at. Edges do not take their own ASN, though its segment may have no table there."""
        return path.source, path.via, self.asns.intersection(path.as_path), path.doubts, path.soft


def _ways(tables: Tables) -> Iterable[str]:
    """Attachments that something leads to besides their own prefixes: appliances, and ways out of static routes."""
    core = tables.core
    for found in core.associations.values():
        if found.is_group:
            yield found.attachment.name
    for action in core.network.actions:
        if isinstance(action, CreateRoute):
            for word in action.destinations:
                target = core.by_id(word.text)
                if target is not None:
                    yield target.attachment.name
