"""Functions of many open questions as reduced ordered decision diagrams: what comes out for which values, exactly.

Every question has finitely many values. A diagram is a number: below `ENDS` an outcome by itself, above it a question with one diagram
for each of its values. Two functions that are the same have the same number, so a question that cannot matter is in no diagram.
Work is bounded: past the bound `TooManyCases` is raised, and whoever asks settles for less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

#: A function of the questions.
Diagram: TypeAlias = int

#: Outcomes are the numbers below this.
ENDS = 16
_MOST_QUESTIONS = 250


class TooManyCases(Exception):
    """The diagrams would get larger than the bound on work allows."""


class Diagrams:
    """A family of diagrams over one sequence of questions; `work` bounds how many cases are looked at in all, `most` the questions."""

    def __init__(self, work: int, most: int = _MOST_QUESTIONS) -> None:
        self._left, self._most = work, most
        self._sizes: list[int] = []
        self._nodes: list[tuple[int, tuple[Diagram, ...]]] = []
        self._numbers: dict[tuple[int, tuple[Diagram, ...]], Diagram] = {}
        self._done: dict[tuple[Diagram, tuple[Diagram, ...]], Diagram] = {}

    def question(self, size: int) -> int:
        """A new question with `size` values; the earlier a question is made the further up it stands."""
        if len(self._sizes) >= self._most:
            raise TooManyCases
        self._sizes.append(size)
        return len(self._sizes) - 1

    def ask(self, question: int, branches: Sequence[Diagram]) -> Diagram:
        """The function that goes by one question, then by the branch of its value; questions of branches come later."""
        first = branches[0]
        if all(branch == first for branch in branches):
            return first
        key = (question, tuple(branches))
        found = self._numbers.get(key)
        if found is None:
            self._spend(len(branches))
            found = self._numbers[key] = len(self._nodes) + ENDS
            self._nodes.append(key)
        return found

    def then(self, diagram: Diagram, after: tuple[Diagram, ...]) -> Diagram:
        """What comes out when each outcome of `diagram` goes on with the function of that place in `after`."""
        if diagram < ENDS:
            return after[diagram]
        key = (diagram, after)
        found = self._done.get(key)
        if found is None:
            first = min(self._nodes[part - ENDS][0] for part in (diagram, *after) if part >= ENDS)
            size = self._sizes[first]
            self._spend(size)
            branches = [
                self.then(self._with(diagram, first, value), tuple(self._with(part, first, value) for part in after))
                for value in range(size)
            ]
            found = self._done[key] = self.ask(first, branches)
        return found

    def merged(self, diagram: Diagram, ends: Mapping[int, int]) -> Diagram:
        """The same with some outcomes called like others."""
        return self.then(diagram, tuple(ends.get(end, end) for end in range(ENDS)))

    def node(self, diagram: Diagram) -> tuple[int, tuple[Diagram, ...]]:
        """The question of a diagram that is no outcome, and what it goes on with for each value."""
        return self._nodes[diagram - ENDS]

    def size(self, question: int) -> int:
        """How many values a question has."""
        return self._sizes[question]

    def outcomes(self, diagram: Diagram) -> frozenset[int]:
        """Everything that can come out."""
        return frozenset(part for part in self._parts(diagram) if part < ENDS)

    def questions(self, diagram: Diagram) -> frozenset[int]:
        """The questions that matter."""
        return frozenset(self._nodes[part - ENDS][0] for part in self._parts(diagram) if part >= ENDS)

    def example(self, diagram: Diagram, outcome: int) -> Mapping[int, int] | None:
        """Values of questions that lead to an outcome; None when nothing does. Questions left out may have any value."""
        holding: dict[Diagram, bool] = {}
        for part in sorted(self._parts(diagram)):  # branches are made before what branches
            inner = () if part < ENDS else self._nodes[part - ENDS][1]
            holding[part] = part == outcome or any(holding[branch] for branch in inner)
        if not holding[diagram]:
            return None
        chosen: dict[int, int] = {}
        while diagram >= ENDS:
            question, branches = self._nodes[diagram - ENDS]
            chosen[question] = next(value for value, branch in enumerate(branches) if holding[branch])
            diagram = branches[chosen[question]]
        return chosen

    def _with(self, diagram: Diagram, question: int, value: int) -> Diagram:
        if diagram < ENDS:
            return diagram
        top, branches = self._nodes[diagram - ENDS]
        return branches[value] if top == question else diagram

    def _parts(self, diagram: Diagram) -> set[Diagram]:
        seen = {diagram}
        work = [diagram]
        while work:
            part = work.pop()
            if part >= ENDS:
                fresh = set(self._nodes[part - ENDS][1]) - seen
                seen |= fresh
                work += fresh
        return seen

    def _spend(self, cost: int) -> None:
        self._left -= cost
        if self._left < 0:
            raise TooManyCases
