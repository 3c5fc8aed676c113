"""One way to reach a prefix from an edge, and which of several is best.

Source: Cloud WAN reference, section 3.11: static, then VPC of the same Region, then the shorter AS path, then the lower MED, then
the kind of attachment; what is equal after that is picked by the service in a way that nobody publishes. Local
preference stands before the AS path, as in ordinary BGP; against static and VPC routes its rank is open, so that every rank
gives a possible outcome.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from policyc.engines.wan.attachments import DEFAULT_MED
from policyc.ir.network import AttachmentType
from policyc.record import light, replace

STATIC: Final = 0
LOCAL_VPC: Final = 1
DYNAMIC: Final = 2
#: the rank of local preference when nobody chose one
UNDECIDED: Final = "undecided"
#: the ranks that it may have; without a choice the first is what a path's place is told by
RANKS: Final = ("before-as-path", "before-vpc", "before-static")
_LEADING: Final = ("before-vpc", "before-static")
#: stands in an AS path for ASNs that nobody stated
UNSTATED_ASN: Final = -1

#: a place in a contest; the lowest wins
Bound: TypeAlias = tuple[int, int, int, int, int, int]
_LAST: Final[Bound] = (DYNAMIC + 1, 0, 0, 0, 0, 0)


@light
class Path:
    """A candidate as one edge sees it.

    `source` numbers the origin of the path among the origins of its prefix; paths with equal `owner` come from the same attachment
    at the same edge in the end, though a share handed them over at several edges. `via` is the edge that it was heard from, empty at the
    origin's own edge. `rank` is the range of places that it may take in the last rule (0 is best): a range because AWS
    does not say whether a Direct Connect route keeps its place on other edges. `doubts` say why it may not
    exist at all, `soft` why its attributes may differ; soft doubts matter only in a contest. A `pinned` path is not
    handed on to other edges (a blackhole).
    """

    source: int
    kind: int
    as_path: tuple[int, ...] = ()
    med: int = DEFAULT_MED
    preference: int = 0
    communities: frozenset[str] = frozenset()
    rank: tuple[int, int] = (3, 3)
    via: str = ""
    doubts: tuple[str, ...] = ()
    soft: tuple[str, ...] = ()
    pinned: bool = False
    owner: int | None = None

    def doubting(self, reason: str) -> Path:
        return replace(self, doubts=merge(self.doubts, (reason,)))

    def bound(self, place: str) -> Bound:
        """The path's place among others, at its worst; the lowest is chosen. `place` is where local preference ranks (see
        `switches`)."""
        return *self._key(place), self.rank[1]

    def at_best(self, place: str) -> Bound:
        """The path's place among others, at its best."""
        return *self._key(place), self.rank[0]

    def _key(self, place: str) -> tuple[int, int, int, int, int]:
        lead = 0
        if self.preference and place in _LEADING:
            lead = -self.preference if place == "before-static" or self.kind != STATIC else 0
        kind = self.kind
        if place == "before-vpc" and kind != STATIC:
            return (
                LOCAL_VPC,
                lead,
                kind,
                len(self.as_path) if kind == DYNAMIC else 0,
                self.med if kind == DYNAMIC else 0,
            )
        if place == "before-static":
            return (lead, kind, 0, len(self.as_path) if kind == DYNAMIC else 0, self.med if kind == DYNAMIC else 0)
        if kind != DYNAMIC:
            return (kind, 0, 0, 0, 0)
        return (kind, -self.preference, 0, len(self.as_path), self.med)


def merge(*parts: Sequence[str]) -> tuple[str, ...]:
    """Texts in order, each once."""
    return tuple(dict.fromkeys(item for part in parts for item in part))


_LOCAL_RANK: Final[dict[AttachmentType, int]] = {
    "direct-connect-gateway": 0,
    "connect": 1,
    "site-to-site-vpn": 2,
    "transit-gateway-route-table": 3,
    "vpc": 3,
}


def local_rank(kind: AttachmentType) -> tuple[int, int]:
    """The place of an attachment's own routes at its own edge in the last rule."""
    rank = _LOCAL_RANK[kind]
    return (rank, rank)


def exported(path: Path, sender: str, asn: int) -> Path:
    """The path as the peers of `sender` hear it: the sender's ASN in front, no longer local."""
    soft = path.soft
    if path.preference:
        soft = merge(soft, (_PREFERENCE_DOUBT,))
    rank = (0, 3) if path.rank[0] == 0 else (3, 3)
    return Path(
        path.source,
        DYNAMIC,
        (asn, *path.as_path),
        path.med,
        0,
        path.communities,
        rank,
        sender,
        path.doubts,
        soft,
        owner=path.owner,
    )


_PREFERENCE_DOUBT: Final = "whether local preference crosses edges is not published"
RANK_SWITCH: Final = "as the switch `local-preference-rank` decides"


def contested(paths: Iterable[Path]) -> bool:
    """Whether the rank of local preference may matter between paths: one has it, and one is static or a VPC's."""
    found = tuple(paths)
    if len(found) < 2 or not any(path.preference for path in found):
        return False
    return any(path.kind != DYNAMIC for path in found)


def unsettled(best: Sequence[Path]) -> str:
    """The named question that several best paths leave open; empty for plain equals."""
    return RANK_SWITCH if len(best) > 1 and contested(best) else ""


@light
class Choice:
    """What one edge makes of a prefix: all `candidates`, those that may be `best` (one of them is), and doubts."""

    candidates: tuple[Path, ...]
    best: tuple[Path, ...]
    doubts: tuple[str, ...] = ()

    @classmethod
    def of(cls, candidates: tuple[Path, ...], best: tuple[Path, ...]) -> Choice:
        """A choice with the doubts that its candidates bring."""
        return cls(candidates, best, _doubts(candidates, best))

    def joined(self, other: Choice) -> Choice:
        """Both as possible outcomes."""
        candidates = tuple(dict.fromkeys((*self.candidates, *other.candidates)))
        best = tuple(dict.fromkeys((*self.best, *other.best)))
        return Choice(candidates, best, merge(self.doubts, other.doubts))


class Offer(NamedTuple):
    """What one peer may have sent: one of `paths`, or nothing when `perhaps_none`. `places` are what each path comes to at its
    best, `first` the first of them; of what each comes to at its worst, `best` is the first and `worst` the last."""

    paths: tuple[Path, ...]
    places: tuple[Bound, ...]
    first: Bound
    best: Bound
    worst: Bound
    perhaps_none: bool


def weigh(paths: Sequence[Path], place: str = UNDECIDED, perhaps_none: bool = False) -> Offer:
    """Paths with their places in a contest; `place` as for `Path.bound`."""
    places = tuple([path.at_best(place) for path in paths])
    bounds = [path.bound(place) for path in paths]
    return Offer(
        tuple(paths),
        places,
        min(places, default=_LAST),
        min(bounds, default=_LAST),
        max(bounds, default=_LAST),
        perhaps_none,
    )


def contest(local: Offer, heard: Mapping[str, Offer]) -> tuple[Path, ...]:
    """The paths that may be best, whatever the peers picked among equals: a path must measure up to the best local path, and to
    the worst that any other peer may have sent which is sure to send one.

    INVARIANT: a path that the service could pick is never left out; one that it could not pick may stay in.
    """
    first, second, leader = _LAST, _LAST, ""
    for peer, offer in heard.items():
        if not offer.perhaps_none and offer.worst < second:
            if offer.worst < first:
                first, second, leader = offer.worst, first, peer
            else:
                second = offer.worst
    best = _measuring_up(local, min(local.best, first))
    for peer, offer in heard.items():
        bar = min(local.best, second if peer == leader else first)
        if offer.first <= bar:
            best += _measuring_up(offer, bar)
    return tuple(best)


def _measuring_up(offer: Offer, bar: Bound) -> list[Path]:
    return [path for path, place in zip(offer.paths, offer.places, strict=True) if place <= bar]


def _doubts(candidates: Sequence[Path], best: Sequence[Path]) -> tuple[str, ...]:
    """Doubts about any candidate, since a doubtful one might be the better or might be missing."""
    if not best:
        return ()
    if best[0].kind != DYNAMIC:
        return merge(*(path.doubts for path in best))
    hard = merge(*(path.doubts for path in candidates))
    if len({path.source if path.owner is None else path.owner for path in candidates}) > 1:
        return merge(hard, *(path.soft for path in candidates))
    return hard
