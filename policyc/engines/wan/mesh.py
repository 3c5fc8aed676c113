"""The full mesh of edges for one prefix of one segment: every edge hands its best path to every other one.

Plain eBGP: the sender's ASN is put in front, a path that already holds the receiver's ASN is not taken, and an edge
relays what it heard. Source: Cloud WAN reference, section 3.5 (published captures of a network of four edges).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from policyc.engines.wan.paths import Choice, Offer, Path, choose, exported, merge

#: (sender, receiver, path) -> the path after the routing policies of that side, or None when dropped
Policy = Callable[[str, str, Path], Path | None]


@dataclass(frozen=True, slots=True)
class Transfer:
    """Routing policies on edge pairs: `leave` acts on what the sender hands out, `enter` on what the receiver takes in."""

    leave: Policy
    enter: Policy


UNSETTLED = "the edges do not agree on a stable choice"


def settle(
    edges: Sequence[str], asns: Mapping[str, int], local: Mapping[str, Sequence[Path]], transfer: Transfer | None = None
) -> dict[str, Choice]:
    """The choice of each edge once nothing changes any more. `asns` has one ASN per edge; `local` the paths that begin at an edge."""
    choices = {edge: choose(local.get(edge, ()), {}) for edge in edges}
    for _ in range(2 * len(edges) + 4):
        changed = False
        following: dict[str, Choice] = {}
        for edge in edges:
            offers = {}
            for peer in edges:
                if peer != edge:
                    offer = _offer(choices[peer], peer, edge, asns, transfer)
                    if offer.paths:
                        offers[peer] = offer
            following[edge] = choose(local.get(edge, ()), offers)
            changed = changed or following[edge] != choices[edge]
        choices = following
        if not changed:
            return choices
    return {edge: replace(choice, doubts=merge(choice.doubts, (UNSETTLED,))) for edge, choice in choices.items()}


def _offer(choice: Choice, sender: str, receiver: str, asns: Mapping[str, int], transfer: Transfer | None) -> Offer:
    paths: list[Path] = []
    missing = False
    for path in choice.best:
        sent = _sent(path, sender, receiver, asns, transfer)
        if sent is None:
            missing = True
        else:
            paths.append(sent)
    return Offer(tuple(dict.fromkeys(paths)), missing)


def _sent(path: Path, sender: str, receiver: str, asns: Mapping[str, int], transfer: Transfer | None) -> Path | None:
    if path.pinned:
        return None
    left = path if transfer is None else transfer.leave(sender, receiver, path)
    if left is None or asns[receiver] in left.as_path:
        return None
    sent = exported(left, sender, asns[sender])
    return sent if transfer is None else transfer.enter(sender, receiver, sent)
