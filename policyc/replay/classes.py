"""Records that are alike, counted: what is kept of them is the same in whatever order, and in however many parts, they come."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final, NamedTuple

from policyc.replay.reading import Place

#: places of records that a class keeps: the first ones by file and number
MOST_PLACES: Final = 3
#: forms of paths that a class counts: the first ones in the order of the alphabet
MOST_PATHS: Final = 1_000
#: callers that are told apart, to say how many a class has; beyond it the number is estimated
MOST_CALLERS: Final = 1_024
_ALL_HASHES: Final = 2**64


class ClassKey(NamedTuple):
    """What makes records alike: the same change for the same caller, method and place, decided in the same way."""

    kind: str
    recorded: str
    old: str
    new: str
    who: str
    can: str
    where: str
    by: str
    missed: str

    @property
    def before(self) -> str:
        return so_far(self.recorded, self.old)


def so_far(recorded: str, old: str) -> str:
    """What came of records so far: what the policies in force decide, and where that is not known what the log says."""
    return recorded or old if old == "undecided" else old


class Sums(NamedTuple):
    """So many records with some paths of some callers; `first` and `last` are times, empty for none, `places` the first of theirs."""

    number: int
    first: str
    last: str
    paths: Mapping[str, int]
    places: Sequence[Place]
    callers: Collection[int]


def caller_hash(who: str) -> int:
    """A number for a caller, the same everywhere; who it was does not follow from it alone."""
    return int.from_bytes(blake2b(who.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


@dataclass(slots=True)
class Class:
    """The records of one key. `paths` counts forms of paths, `callers` holds numbers of distinct callers (the least ones), `first` and
    `last` are times as logs write them, empty where no record has one."""

    key: ClassKey
    count: int = 0
    first: str = ""
    last: str = ""
    paths: dict[str, int] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)
    callers: set[int] = field(default_factory=set)

    def take(self, sums: Sums) -> None:
        """More records."""
        self._add(*sums)
        if len(self.paths) > 2 * MOST_PATHS or len(self.callers) > 2 * MOST_CALLERS:
            self.cut()

    def merge(self, other: Class) -> None:
        """The records of another part with the same key."""
        self._add(other.count, other.first, other.last, other.paths, other.places, other.callers)
        self.cut()

    def _add(
        self,
        count: int,
        first: str,
        last: str,
        paths: Mapping[str, int],
        places: Sequence[Place],
        callers: Collection[int],
    ) -> None:
        self.count += count
        if first:
            self.first = min(self.first or first, first)
            self.last = max(self.last, last)
        for path, number in paths.items():
            self.paths[path] = self.paths.get(path, 0) + number
        self.callers.update(callers)
        if places and (len(self.places) < MOST_PLACES or places[0] < self.places[-1]):
            self.places = sorted({*self.places, *places})[:MOST_PLACES]

    def cut(self) -> None:
        """Keep so many paths and callers as are told."""
        if len(self.paths) > MOST_PATHS:
            self.paths = {path: self.paths[path] for path in sorted(self.paths)[:MOST_PATHS]}
        if len(self.callers) > MOST_CALLERS:
            self.callers = set(sorted(self.callers)[:MOST_CALLERS])

    @property
    def distinct_callers(self) -> int:
        """How many callers there are; an estimate where there are very many."""
        least = sorted(self.callers)[:MOST_CALLERS]
        return len(least) if len(least) < MOST_CALLERS else round((MOST_CALLERS - 1) * _ALL_HASHES / (least[-1] + 1))

    def most_common_paths(self, most: int) -> list[tuple[str, int]]:
        """The paths with most records, in an order that does not hang on how they came."""
        kept = sorted(self.paths)[:MOST_PATHS]
        return sorted(((path, self.paths[path]) for path in kept), key=lambda pair: (-pair[1], pair[0]))[:most]


def ordered(classes: Iterable[Class]) -> list[Class]:
    """The largest class first."""
    return sorted(classes, key=lambda item: (-item.count, item.key))


def merge_classes(into: dict[ClassKey, Class], others: dict[ClassKey, Class]) -> None:
    """Add the classes of another part."""
    for key, item in others.items():
        if key in into:
            into[key].merge(item)
        else:
            into[key] = item
