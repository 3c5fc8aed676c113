"""The Boolean skeleton of a question: literals over AND gates and atoms.

A literal is an int, its negation the negative one, as SAT solvers write them. Gates are shared: the same conjunction is one variable.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Final, TypeAlias

Lit: TypeAlias = int
TRUE: Final = 1
FALSE: Final = -1
#: the meaning of the atom under which loose atoms are exact
EXACTLY: Final = "exactly"


class Formula:
    """Variables from 1; variable 1 is true. `clauses` are those that say what each gate means, in the order in which they came."""

    __slots__ = ("_atoms", "_gates", "clauses", "count", "exact", "gates", "meanings")

    def __init__(self) -> None:
        self.count = 1
        self.gates: dict[int, tuple[Lit, ...]] = {}
        self.meanings: dict[int, Hashable] = {}
        self.exact: dict[int, Lit] = {}
        self.clauses: list[list[Lit]] = [[TRUE]]
        self._atoms: dict[Hashable, int] = {}
        self._gates: dict[tuple[Lit, ...], int] = {}

    def atom(self, meaning: Hashable) -> Lit:
        """The variable of something that holds or not; the same meaning is the same variable."""
        found = self._atoms.get(meaning)
        if found is None:
            self.count += 1
            found = self._atoms[meaning] = self.count
            self.meanings[found] = meaning
        return found

    def loose(self, name: Hashable, exact: Lit) -> Lit:
        """An atom that is `exact` wherever EXACTLY is assumed, and may be anything elsewhere: what holds without that is proven for more
        than `exact` can say."""
        found, exactly = self.atom(name), self.atom(EXACTLY)
        if found not in self.exact:
            self.exact[found] = exact
            self.clauses += [[-exactly, -found, exact], [-exactly, found, -exact]]
        return found

    def every(self, items: Iterable[Lit]) -> Lit:
        """The conjunction."""
        parts = set(items)
        parts.discard(TRUE)
        if FALSE in parts or any(-item in parts for item in parts):
            return FALSE
        if len(parts) < 2:
            return next(iter(parts), TRUE)
        key = tuple(sorted(parts))
        found = self._gates.get(key)
        if found is None:
            self.count += 1
            found = self._gates[key] = self.count
            self.gates[found] = key
            self.clauses.extend([-found, item] for item in key)
            self.clauses.append([found, *(-item for item in key)])
        return found

    def some(self, items: Iterable[Lit]) -> Lit:
        """The disjunction."""
        return -self.every(-item for item in items)

    def implies(self, first: Lit, second: Lit) -> Lit:
        return -self.every((first, -second))

    def same(self, first: Lit, second: Lit) -> Lit:
        return self.every((self.implies(first, second), self.implies(second, first)))

    def at_most_one(self, items: Iterable[Lit]) -> Lit:
        """Whether no two of them hold, in a number of gates that grows with their count."""
        held, seen = [], FALSE
        for item in items:
            held.append(-self.every((item, seen)))
            seen = self.some((seen, item))
        return self.every(held)
