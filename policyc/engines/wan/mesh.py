"""The full mesh of edges for one prefix of one segment: every edge hands its best path to every other one.

Plain eBGP: the sender's ASN is put in front, a path that already holds the receiver's ASN is not taken, and an edge
relays what it heard. Source: Cloud WAN reference, section 3.5 (published captures of a network of four edges).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from functools import reduce
from typing import NamedTuple

from policyc.engines.wan.paths import (
    DYNAMIC,
    RANKS,
    UNDECIDED,
    Choice,
    Offer,
    Path,
    contest,
    contested,
    exported,
    merge,
    weigh,
)
from policyc.record import record, replace

#: (sender, receiver, path) -> the path after the routing policies of that side, or None when dropped
Policy = Callable[[str, str, Path], Path | None]


@record
class Transfer:
    """Routing policies on edge pairs: `leave` acts on what the sender hands out, `enter` on what the receiver takes in. `pairs` are
    the (sender, receiver) that have any; None means all."""

    leave: Policy
    enter: Policy
    pairs: Container[tuple[str, str]] | None = None


UNSETTLED = "the edges do not agree on a stable choice"


class Span(NamedTuple):
    """Edges that make the same of a prefix: their best paths and doubts (see `Choice`)."""

    edges: tuple[str, ...]
    best: tuple[Path, ...]
    doubts: tuple[str, ...]


def settle(
    edges: Sequence[str],
    asns: Mapping[str, int],
    local: Mapping[str, Sequence[Path]],
    transfer: Transfer | None = None,
    place: str = UNDECIDED,
) -> Mapping[str, Choice]:
    """The choice of each edge once nothing changes any more. `asns` has one ASN per edge; `local` the paths that begin at an
    edge; `place` is the rank of local preference: where it matters and nobody chose one, each rank gives a possible outcome."""
    found = _settle(edges, asns, local, transfer, place)
    if place != UNDECIDED or not _contested(found, local, transfer):
        return found
    worlds = [_settle(edges, asns, local, transfer, rank) for rank in RANKS]
    return {edge: reduce(Choice.joined, [world[edge] for world in worlds]) for edge in edges}


def _contested(found: Mapping[str, Choice], local: Mapping[str, Sequence[Path]], transfer: Transfer | None) -> bool:
    """Whether the rank of local preference may matter at any edge. Nothing that crosses edges has any, unless a policy there sets it."""
    if transfer is None:
        return any(contested(paths) for paths in local.values())
    return any(contested(choice.candidates) for choice in found.values())


def _settle(
    edges: Sequence[str],
    asns: Mapping[str, int],
    local: Mapping[str, Sequence[Path]],
    transfer: Transfer | None,
    place: str,
) -> Mapping[str, Choice]:
    if transfer is None and _open(asns, local):
        begins = [edge for edge in edges if local.get(edge)]
        if len(begins) == 1 and len(local[begins[0]]) == 1:
            return Star(edges, asns, begins[0], local[begins[0]][0])
        return Settled(edges, asns, local, begins, place)
    return _Exchange(edges, asns, local, transfer, place).run()


def _open(asns: Mapping[str, int], local: Mapping[str, Sequence[Path]]) -> bool:
    """Whether every edge takes in every path of others and hands on what it chose, so that relays never win: what a third edge
    relays, everybody hears from its own edge too, one ASN shorter."""
    numbers = set(asns.values())
    if len(numbers) < len(asns):
        return False
    for edge, paths in local.items():
        if edge not in asns or any(path.pinned or not numbers.isdisjoint(path.as_path) for path in paths):
            return False
        # Of two local routes one may be handed on, whose AS path did not count at home.
        if len(paths) > 1 and len({(len(path.as_path), path.med) for path in paths if path.kind != DYNAMIC}) > 1:
            return False
    return True


def find_spans(choices: Mapping[str, Choice]) -> tuple[Span, ...]:
    """The edges by what they make of a prefix: those with a route before those without, and then the most before the others."""
    if isinstance(choices, Star | Settled):
        return choices.spans()
    found: dict[tuple[tuple[Path, ...], tuple[str, ...]], list[str]] = {}
    for edge, choice in choices.items():
        found.setdefault((choice.best, choice.doubts), []).append(edge)
    spans = [Span(tuple(edges), best, doubts) for (best, doubts), edges in found.items()]
    return tuple(sorted(spans, key=lambda span: (not (span.best or span.doubts), -len(span.edges))))


class _Asked(Mapping[str, Choice]):
    """Choices by edge, made when somebody asks."""

    __slots__ = ("_edges", "_made")
    _edges: Sequence[str]
    _made: dict[str, Choice]

    def __getitem__(self, edge: str) -> Choice:
        found = self._made.get(edge)
        if found is None:
            found = self._made[edge] = self._make(edge)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._edges)

    def __len__(self) -> int:
        return len(self._edges)

    @abstractmethod
    def _make(self, edge: str) -> Choice: ...


class Star(_Asked):
    """The settled mesh of one path that every edge takes in: its own edge keeps it, every other edge hears it from there and, one
    ASN longer, from all others. Choices are made when somebody asks; the exchange finds the same step by step."""

    __slots__ = ("_asns", "_begins", "_path", "_sent")

    def __init__(self, edges: Sequence[str], asns: Mapping[str, int], begins: str, path: Path) -> None:
        self._edges, self._asns, self._begins, self._path = edges, asns, begins, path
        self._sent = exported(path, begins, asns[begins])
        self._made: dict[str, Choice] = {}

    def spans(self) -> tuple[Span, ...]:
        doubts = self._path.doubts
        others = tuple(edge for edge in self._edges if edge != self._begins)
        own = Span((self._begins,), (self._path,), doubts)
        return (Span(others, (self._sent,), doubts), own) if others else (own,)

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


class Settled(_Asked):
    """The settled mesh of paths that every edge takes in (see `_open`): the edges where one begins settle among themselves, and
    all others choose alike from what those send. Choices are made when somebody asks, as in a `Star`."""

    __slots__ = ("_asns", "_best", "_local", "_rest")

    def __init__(
        self,
        edges: Sequence[str],
        asns: Mapping[str, int],
        local: Mapping[str, Sequence[Path]],
        begins: Sequence[str],
        place: str,
    ) -> None:
        self._edges, self._asns, self._local = edges, asns, local
        self._made: dict[str, Choice] = {}
        exchange = _Exchange(begins, asns, local, None, place)
        self._best = {edge: (choice.best, choice.doubts) for edge, choice in exchange.run().items()}
        offers = {edge: exchange.told(edge, best) for edge, (best, _) in self._best.items()}
        heard = tuple(path for offer in offers.values() for path in offer.paths)
        rest = Choice.of(heard, contest(weigh((), place), offers))
        self._rest = (rest.best, rest.doubts)

    def spans(self) -> tuple[Span, ...]:
        others = tuple(edge for edge in self._edges if edge not in self._best)
        own = (Span((edge,), best, doubts) for edge, (best, doubts) in self._best.items())
        return (Span(others, *self._rest), *own) if others else tuple(own)

    def _make(self, edge: str) -> Choice:
        asn = self._asns[edge]
        candidates = [*self._local.get(edge, ())]
        for peer in self._edges:
            if peer != edge:
                best, _ = self._best.get(peer, self._rest)
                sent = dict.fromkeys(exported(path, peer, self._asns[peer]) for path in best)
                candidates += [path for path in sent if asn not in path.as_path]
        return Choice(tuple(candidates), *self._best.get(edge, self._rest))


# --- the exchange step by step ----------------------------------------------------------------------------------


class _Exchange:
    """Rounds of announcements until no edge changes its choice. Paths that an edge hands on again stay the same objects, so
    that a round without change is found quickly."""

    __slots__ = ("asns", "edges", "local", "place", "sent", "transfer", "weighed")

    def __init__(
        self,
        edges: Sequence[str],
        asns: Mapping[str, int],
        local: Mapping[str, Sequence[Path]],
        transfer: Transfer | None,
        place: str,
    ) -> None:
        self.edges, self.asns, self.transfer, self.place = edges, asns, transfer, place
        self.local = {edge: weigh(local.get(edge, ()), place) for edge in edges}
        #: what the sender makes of a path, kept with the path so that its id stays its own
        self.sent: dict[tuple[int, str], tuple[Path, Path]] = {}
        self.weighed: dict[tuple[str, tuple[int, ...]], tuple[Offer, tuple[Path, ...]]] = {}

    def run(self) -> Mapping[str, Choice]:
        best: dict[str, tuple[Path, ...]] = {edge: contest(self.local[edge], {}) for edge in self.edges}
        heard: dict[str, dict[str, Offer]] = {}
        for _ in range(2 * len(self.edges) + 4):
            heard = self._announce(best)
            following = {edge: contest(self.local[edge], heard[edge]) for edge in self.edges}
            if following == best:
                return {edge: self._choice(edge, heard[edge], best[edge]) for edge in self.edges}
            best = following
        heard = self._announce(best)
        choices = {edge: self._choice(edge, heard[edge], best[edge]) for edge in self.edges}
        return {edge: replace(choice, doubts=merge(choice.doubts, (UNSETTLED,))) for edge, choice in choices.items()}

    def _choice(self, edge: str, heard: Mapping[str, Offer], best: tuple[Path, ...]) -> Choice:
        candidates = (*self.local[edge].paths, *(path for offer in heard.values() for path in offer.paths))
        return Choice.of(candidates, best)

    def _announce(self, best: Mapping[str, tuple[Path, ...]]) -> dict[str, dict[str, Offer]]:
        """What every edge hears from its peers, by receiver and sender; a peer that sends nothing is left out."""
        told = {edge: self.told(edge, paths) for edge, paths in best.items() if paths}
        been = {edge: {asn for path in offer.paths for asn in path.as_path} for edge, offer in told.items()}
        transfer = self.transfer
        pairs: Container[tuple[str, str]] = () if transfer is None else transfer.pairs or ()
        every = transfer is not None and transfer.pairs is None
        out: dict[str, dict[str, Offer]] = {}
        for edge in self.edges:
            mine, asn = out.setdefault(edge, {}), self.asns[edge]
            for peer, offer in told.items():
                if peer == edge:
                    continue
                if transfer is not None and (every or (peer, edge) in pairs):
                    offer = self._negotiated(best[peer], peer, edge, transfer)
                elif asn in been[peer]:
                    offer = self._taken(offer, asn)
                if offer.paths:
                    mine[peer] = offer
        return out

    def told(self, sender: str, best: tuple[Path, ...]) -> Offer:
        """What an edge hands out to every other one alike, without policies on edge pairs."""
        key = (sender, tuple(map(id, best)))
        found = self.weighed.get(key)
        if found is None:
            kept = [path for path in best if not path.pinned]
            paths = tuple(dict.fromkeys(self._exported(path, sender) for path in kept))
            found = self.weighed[key] = (weigh(paths, self.place, len(kept) < len(best)), best)
        return found[0]

    def _exported(self, path: Path, sender: str) -> Path:
        found = self.sent.get((id(path), sender))
        if found is None:
            found = self.sent[id(path), sender] = (exported(path, sender, self.asns[sender]), path)
        return found[0]

    def _taken(self, offer: Offer, asn: int) -> Offer:
        """The part of an announcement that an edge takes: not what has been there."""
        return weigh([path for path in offer.paths if asn not in path.as_path], self.place, perhaps_none=True)

    def _negotiated(self, best: Sequence[Path], sender: str, receiver: str, transfer: Transfer) -> Offer:
        """What a peer takes over a pair that has routing policies."""
        paths: list[Path] = []
        missing = False
        for path in best:
            left = None if path.pinned else transfer.leave(sender, receiver, path)
            if left is not None and self.asns[receiver] in left.as_path:
                left = None
            kept = None if left is None else transfer.enter(sender, receiver, self._exported(left, sender))
            if kept is None:
                missing = True
            else:
                paths.append(kept)
        return weigh(tuple(dict.fromkeys(paths)), self.place, missing)
