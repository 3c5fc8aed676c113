"""What a context leaves open for the tests of a text: each open attribute with the ways it can be, down to single attributes.

An attribute is `unknown` when it is there with a value that nobody states, `doubtful` when it may not be there at all. What lies below
either is open too: each attribute that a test reads there may be missing, unless it is documented to be always there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from policyc.engines.cedar.authorize import NotOpen
from policyc.engines.cedar.predicates import (
    Form,
    OfList,
    OfPair,
    OfValue,
    Path,
    Presence,
    Scalar,
    Test,
    form_of,
    literal_of,
)
from policyc.engines.cedar.values import About, Choice
from policyc.holes import has_escaped_hole
from policyc.record import field, record
from policyc.syntax.cedar_nodes import Expr, path_of


@record(frozen=False)
class Slot:
    """One open attribute. `pairs` compare it with another one. `question` and `choices` come from the tests that read it; `members` ask of a list which elements it has, `others`
    whether it has any that no test names."""

    path: Path
    optional: bool
    inside: dict[str, Slot] = field(default_factory=dict)
    tests: list[tuple[Test, OfValue | OfList]] = field(default_factory=list)
    pairs: list[OfPair] = field(default_factory=list)
    question: int = -1
    choices: tuple[Choice, ...] = ()
    loose: bool = False
    members: dict[tuple[type, Scalar], int] = field(default_factory=dict)
    others: int = -1

    @property
    def points(self) -> frozenset[Scalar]:
        """The values that tests compare it with."""
        return frozenset(point for _, form in self.tests if isinstance(form, OfValue) for point in form.points)


@record
class Marks:
    """The open attributes of a context, none of them below another. `sure` holds every path that is there although it is open."""

    open: frozenset[Path]
    sure: frozenset[Path]

    def over(self, path: Path) -> Path | None:
        """The open attribute that a path is, or lies in."""
        return next((path[:length] for length in range(1, len(path) + 1) if path[:length] in self.open), None)

    def within(self, path: Path) -> bool:
        """Whether something open lies below a path."""
        return any(len(mark) > len(path) and mark[: len(path)] == path for mark in self.open)

    def touched(self, test: Test) -> list[Path]:
        """The open attributes that a test reads something of."""
        found: dict[Path, None] = {}
        for read in test.reads if self.open else ():
            mark = self.over((*read.path, *read.names))
            if mark is not None:
                found[mark] = None
            elif not read.names:
                found |= dict.fromkeys(sorted(mark for mark in self.open if mark[: len(read.path)] == read.path))
        return list(found)


def mark(data: Mapping[str, Any], unknown: Iterable[Path], doubtful: Iterable[Path]) -> Marks:
    """What is open in a context. Raises NotOpen on an attribute that it states, or that lies below a value."""
    unknown = set(unknown)
    sure = {path[:length] for path in unknown for length in range(1, len(path) + 1)}
    found = set(unknown)
    for path in unknown:
        _first_missing(data, path)
    for path in doubtful:
        missing = _first_missing(data, path)
        found.add(next((part for part in prefixes(path) if len(part) >= len(missing) and part not in sure), path))
    return Marks(
        frozenset(path for path in found if not any(part in found for part in prefixes(path)[:-1])), frozenset(sure)
    )


def _first_missing(data: Mapping[str, Any], path: Path) -> Path:
    place: Any = data
    for length, step in enumerate(path, 1):
        if not isinstance(place, Mapping):
            raise NotOpen(path, "lies below a value")
        if step not in place:
            return path[:length]
        place = place[step]
    raise NotOpen(path, "is both stated and unknown")


def prefixes(path: Path) -> list[Path]:
    """The paths on the way to one, the shortest first, with itself."""
    return [path[:length] for length in range(1, len(path) + 1)]


# --- tests and the attributes that they read ------------------------------------------------------------------------


class Slots:
    """The open attributes that tests ask of in a way that has a form, as trees by their topmost."""

    def __init__(self, data: Mapping[str, Any], marks: Marks, about: About | None) -> None:
        self._data = data
        self._marks = marks
        self._about = about
        self.tops: dict[Path, Slot] = {}

    def add(self, test: Test) -> Form | None:
        """The form of a test, which counts from now on; None for one without."""
        if has_escaped_hole(test.text) or any(
            not read.names and self._marks.within(read.path) for read in test.reads
        ):  # a value that a host file leaves open may be any
            return None
        form = form_of(test.node, self._open_path, self._fixed)
        match form:
            case Presence(path, names):
                self.chain((*path, *names))
            case OfValue(path) | OfList(path):
                self.chain(path)[-1].tests.append((test, form))
            case OfPair(left, right):
                for path in (left, right):
                    self.chain(path)[-1].pairs.append(form)
        return form

    def chain(self, path: Path) -> list[Slot]:
        """The open attributes on the way to a path, the topmost first, the path's own last."""
        top = self._marks.over(path)
        if top is None:
            raise ValueError("the path is not open")
        slot = self.tops.setdefault(top, Slot(top, self.optional(top)))
        out = [slot]
        for length in range(len(top) + 1, len(path) + 1):
            part = path[:length]
            slot = slot.inside.setdefault(part[-1], Slot(part, self.optional(part)))
            out.append(slot)
        return out

    def optional(self, path: Path) -> bool:
        """Whether an open attribute may be missing: what a request leaves doubtful may, whatever is documented."""
        if path in self._marks.open:
            return path not in self._marks.sure
        documented = None if self._about is None else self._about(path)
        return path not in self._marks.sure and not (documented is not None and documented.always)

    def never_there(self, test: Test) -> bool:
        """Whether the test reads what is known not to be there, so that it fails."""
        return any(
            self._marks.over(read.path) is None and not self._marks.within(read.path) and not self._surely(read.path)
            for read in test.reads
        )

    def always_there(self, test: Test) -> bool:
        """Whether every attribute that the test reads is certainly there."""
        return all(self._surely(read.path) for read in test.reads)

    def _surely(self, path: Path) -> bool:
        top = self._marks.over(path)
        if top is not None:
            return not any(self.optional(part) for part in prefixes(path) if len(part) >= len(top))
        place: Any = self._data
        for step in path:
            place = place.get(step) if isinstance(place, Mapping) else None
        return place is not None or path in self._marks.sure or not path

    def all(self) -> Iterator[Slot]:
        """Every attribute, each before what lies in it."""
        work = list(reversed(self.tops.values()))
        while work:
            slot = work.pop()
            yield slot
            work.extend(reversed(slot.inside.values()))

    def _open_path(self, node: Expr) -> Path | None:
        path = path_of(node)
        return path if path and self._marks.over(path) is not None else None

    def _fixed(self, node: Expr) -> Scalar | None:
        literal = literal_of(node)
        if literal is not None:
            return literal
        path = path_of(node)
        if not path or self._marks.over(path) is not None:
            return None
        value: Any = self._data
        for step in path:
            value = value.get(step) if isinstance(value, Mapping) else None
        return value if isinstance(value, str | int) else None
