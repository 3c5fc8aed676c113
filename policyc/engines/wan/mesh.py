"""The full mesh of edges for one prefix of one segment: every edge hands its best path to every other one.

Plain eBGP: the sender's ASN is put in front, a path that already holds the receiver's ASN is not taken, and an edge
relays what it heard. Source: Cloud WAN reference, section 3.5 (published captures of a network of four edges).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from policyc.engines.wan.paths import UNDECIDED, Choice, Offer, Path, choose, exported, merge

#: (sender, receiver, path) -> the path after the routing policies of that side, or None when dropped
Policy = Callable[[str, str, Path], Path | None]


@dataclass(frozen=True, slots=True)
class Transfer:
    """Routing policies on edge pairs: `leave` acts on what the sender hands out, `enter` on what the receiver takes in."""

    leave: Policy
    enter: Policy


UNSETTLED = "the edges do not agree on a stable choice"


def settle(
    edges: Sequence[str], asns: Mapping[str, int], local: Mapping[str, Sequence[Path]], transfer: Transfer | None = None,
    place: str = UNDECIDED,
) -> Mapping[str, Choice]:  # fmt: skip
    """The choice of each edge once nothing changes any more. `asns` has one ASN per edge; `local` the paths that begin at an
    edge; `place` is the rank of local preference."""
    alone = None if transfer is not None else _single(asns, local)
    if alone is not None:
        return Star(edges, asns, *alone)
    choices = {edge: choose(local.get(edge, ()), {}, place) for edge in edges}
    for _ in range(2 * len(edges) + 4):
        changed = False
        following: dict[str, Choice] = {}
        sent = {peer: _announce(choices[peer], peer, asns) for peer in edges} if transfer is None else {}
        for edge in edges:
            offers = {}
            for peer in edges:
                if peer != edge:
                    if transfer is None:
                        offer = _heard(sent[peer], asns[edge])
                    else:
                        offer = _offer(choices[peer], peer, edge, asns, transfer)
                    if offer.paths:
                        offers[peer] = offer
            following[edge] = choose(local.get(edge, ()), offers, place)
            changed = changed or following[edge] != choices[edge]
        choices = following
        if not changed:
            return choices
    return {edge: replace(choice, doubts=merge(choice.doubts, (UNSETTLED,))) for edge, choice in choices.items()}


def _single(asns: Mapping[str, int], local: Mapping[str, Sequence[Path]]) -> tuple[str, Path] | None:
    """The one path and its edge, when there is only one and no edge refuses it for its own ASN."""
    if len(local) != 1:
        return None
    ((edge, paths),) = local.items()
    if len(paths) != 1 or edge not in asns or paths[0].pinned:
        return None
    if len(set(asns.values())) < len(asns) or any(asn in paths[0].as_path for asn in asns.values()):
        return None
    return edge, paths[0]


class Star(Mapping[str, Choice]):
    """The settled mesh of one path: its own edge keeps it, every other edge hears it from there and, one ASN longer, from all
    others. Choices are made when somebody asks; `settle` finds the same step by step."""

    __slots__ = ("_asns", "_begins", "_edges", "_made", "_path", "_sent")

    def __init__(self, edges: Sequence[str], asns: Mapping[str, int], begins: str, path: Path) -> None:
        self._edges, self._asns, self._begins, self._path = edges, asns, begins, path
        self._sent = exported(path, begins, asns[begins])
        self._made: dict[str, Choice] = {}

    def __getitem__(self, edge: str) -> Choice:
        found = self._made.get(edge)
        if found is None:
            found = self._made[edge] = self._make(edge)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._edges)

    def __len__(self) -> int:
        return len(self._edges)

    def _make(self, edge: str) -> Choice:
        if edge not in self._asns:
            raise KeyError(edge)
        if edge == self._begins:
            return Choice((self._path,), (self._path,), self._path.doubts)
        heard = tuple(
            self._sent if peer == self._begins else exported(self._sent, peer, self._asns[peer])
            for peer in self._edges
            if peer != edge
        )
        return Choice(heard, (self._sent,), self._path.doubts)


def _announce(choice: Choice, sender: str, asns: Mapping[str, int]) -> Offer:
    """What an edge hands out to every other one alike, without policies on edge pairs."""
    kept = [path for path in choice.best if not path.pinned]
    paths = tuple(dict.fromkeys(exported(path, sender, asns[sender]) for path in kept))
    return Offer(paths, len(kept) < len(choice.best))


def _heard(offer: Offer, asn: int) -> Offer:
    """The part of an announcement that an edge takes: not what has been there."""
    kept = tuple(path for path in offer.paths if asn not in path.as_path)
    return offer if len(kept) == len(offer.paths) else Offer(kept, True)


def _offer(choice: Choice, sender: str, receiver: str, asns: Mapping[str, int], transfer: Transfer) -> Offer:
    paths: list[Path] = []
    missing = False
    for path in choice.best:
        sent = _sent(path, sender, receiver, asns, transfer)
        if sent is None:
            missing = True
        else:
            paths.append(sent)
    return Offer(tuple(dict.fromkeys(paths)), missing)


def _sent(path: Path, sender: str, receiver: str, asns: Mapping[str, int], transfer: Transfer) -> Path | None:
    if path.pinned:
        return None
    left = transfer.leave(sender, receiver, path)
    if left is None or asns[receiver] in left.as_path:
        return None
    return transfer.enter(sender, receiver, exported(left, sender, asns[sender]))
