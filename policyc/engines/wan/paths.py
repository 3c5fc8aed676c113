"""One way to reach a prefix from an edge, and which of several is best.

Source: Cloud WAN reference, section 3.11: static, then VPC of the same Region, then the shorter AS path, then the lower MED, then
the kind of attachment; what is equal after that is picked by the service in a way that nobody publishes. Local
preference stands between VPC and AS path, as in ordinary BGP; against static and VPC routes its rank is open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from policyc.engines.wan.attachments import DEFAULT_MED
from policyc.ir.network import AttachmentType

STATIC: Final = 0
LOCAL_VPC: Final = 1
DYNAMIC: Final = 2
#: the rank of local preference when nobody chose one
UNDECIDED: Final = "undecided"
_LEADING: Final = ("before-vpc", "before-static")
#: stands in an AS path for ASNs that nobody stated
UNSTATED_ASN: Final = -1


@dataclass(frozen=True, slots=True)
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

    def beats(self, other: Path, place: str = UNDECIDED) -> bool:
        """Whether this path is chosen over the other for certain; `place` is where local preference ranks (see `switches`)."""
        mine, theirs = self._key(place), other._key(place)
        return mine < theirs or (mine == theirs and self.rank[1] < other.rank[0])

    def bound(self, place: str) -> tuple[tuple[int, int, int, int, int], int]:
        """The path's place among others, at its worst; the lowest is best."""
        return self._key(place), self.rank[1]

    def loses_to(self, bound: tuple[tuple[int, int, int, int, int], int], place: str) -> bool:
        """Whether something of that bound is chosen over this path for certain."""
        mine = self._key(place)
        return bound[0] < mine or (bound[0] == mine and bound[1] < self.rank[0])

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
    "direct-connect-gateway": 0, "connect": 1, "site-to-site-vpn": 2, "transit-gateway-route-table": 3, "vpc": 3,
}  # fmt: skip


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
        path.source, DYNAMIC, (asn, *path.as_path), path.med, 0, path.communities, rank, sender, path.doubts, soft,
        owner=path.owner,
    )  # fmt: skip


_PREFERENCE_DOUBT: Final = "whether local preference crosses edges is not published"
_RANK_DOUBT: Final = "how local preference ranks against static and VPC routes is not published"


@dataclass(frozen=True, slots=True)
class Choice:
    """What one edge makes of a prefix: all `candidates`, those that may be `best` (one of them is), and doubts."""

    candidates: tuple[Path, ...]
    best: tuple[Path, ...]
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """What one peer may have sent: one of `paths`, or nothing when `perhaps_none`."""

    paths: tuple[Path, ...]
    perhaps_none: bool


def choose(local: Sequence[Path], offers: Mapping[str, Offer], place: str = UNDECIDED) -> Choice:
    """The paths that may be best, whatever the peers picked among equals; `place` as for `Path.beats`.

    INVARIANT: a path that the service could pick is never left out; one that it could not pick may stay in.
    """
    rivals = _Rivals(local, offers, place)
    best = [path for path in local if not rivals.beat(path, "")]
    for peer, offer in offers.items():
        best += [path for path in offer.paths if not rivals.beat(path, peer)]
    candidates = (*local, *(path for offer in offers.values() for path in offer.paths))
    return Choice(candidates, tuple(best), _doubts(candidates, best, place))


class _Rivals:
    """What a path has to measure up to: the best local path, and of each peer that is sure to send one the worst that it may
    send. The two lowest of those are enough, as a peer does not compete with itself."""

    __slots__ = ("first", "local", "place", "second")

    def __init__(self, local: Sequence[Path], offers: Mapping[str, Offer], place: str) -> None:
        self.place = place
        self.local = min((path.bound(place) for path in local), default=None)
        bounds = sorted(
            (max(path.bound(place) for path in offer.paths), peer)
            for peer, offer in offers.items()
            if offer.paths and not offer.perhaps_none
        )
        self.first = bounds[0] if bounds else None
        self.second = bounds[1] if len(bounds) > 1 else None

    def beat(self, path: Path, peer: str) -> bool:
        """Whether a path of `peer` (empty: a local one) is certainly not chosen."""
        if self.local is not None and path.loses_to(self.local, self.place):
            return True
        rival = self.second if self.first is not None and self.first[1] == peer else self.first
        return rival is not None and path.loses_to(rival[0], self.place)


def _doubts(candidates: Sequence[Path], best: Sequence[Path], place: str) -> tuple[str, ...]:
    """Doubts about any candidate, since a doubtful one might be the better or might be missing."""
    if not best:
        return ()
    if best[0].kind != DYNAMIC:
        hard = merge(*(path.doubts for path in best))
        contested = place == UNDECIDED and any(path.preference for path in candidates if path.kind == DYNAMIC)
        return merge(hard, (_RANK_DOUBT,)) if contested else hard
    hard = merge(*(path.doubts for path in candidates))
    if len({path.source if path.owner is None else path.owner for path in candidates}) > 1:
        return merge(hard, *(path.soft for path in candidates))
    return hard
