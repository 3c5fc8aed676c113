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

    def beats(self, other: Path) -> bool:
        """Whether this path is chosen over the other for certain."""
        mine, theirs = self._key(), other._key()
        return mine < theirs or (mine == theirs and self.rank[1] < other.rank[0])

    def _key(self) -> tuple[int, int, int, int]:
        if self.kind != DYNAMIC:
            return (self.kind, 0, 0, 0)
        return (self.kind, -self.preference, len(self.as_path), self.med)


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


def choose(local: Sequence[Path], offers: Mapping[str, Offer]) -> Choice:
    """The paths that may be best, whatever the peers picked among equals.

    INVARIANT: a path that the service could pick is never left out; one that it could not pick may stay in.
    """
    best = [path for path in local if not _beaten(path, "", local, offers)]
    for peer, offer in offers.items():
        best += [path for path in offer.paths if not _beaten(path, peer, local, offers)]
    candidates = (*local, *(path for offer in offers.values() for path in offer.paths))
    return Choice(candidates, tuple(best), _doubts(candidates, best))


def _beaten(path: Path, peer: str, local: Sequence[Path], offers: Mapping[str, Offer]) -> bool:
    if any(rival.beats(path) for rival in local):
        return True
    return any(
        name != peer
        and not offer.perhaps_none
        and bool(offer.paths)
        and all(rival.beats(path) for rival in offer.paths)
        for name, offer in offers.items()
    )


def _doubts(candidates: Sequence[Path], best: Sequence[Path]) -> tuple[str, ...]:
    """Doubts about any candidate, since a doubtful one might be the better or might be missing."""
    if not best:
        return ()
    if best[0].kind != DYNAMIC:
        hard = merge(*(path.doubts for path in best))
        contested = any(path.preference for path in candidates if path.kind == DYNAMIC)
        return merge(hard, (_RANK_DOUBT,)) if contested else hard
    hard = merge(*(path.doubts for path in candidates))
    if len({path.source if path.owner is None else path.owner for path in candidates}) > 1:
        return merge(hard, *(path.soft for path in candidates))
    return hard
