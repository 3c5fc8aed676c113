"""Is there a request that makes a formula true? A SAT solver proposes, the domains of the keys confirm with values or refute with a
lemma, and so on until both agree.

Of each proposal only the literals that make the formula true are looked at, so that few tests reach the domains. The budget is
counted in steps: past it `TooLarge` is raised, and nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from policyc.analysis.formula import EXACTLY, TRUE, Formula, Lit
from policyc.engines.proofs.budget import Steps, TooLarge
from policyc.engines.proofs.domains import Domain, Test, passes
from policyc.packages import MissingPackage
from policyc.record import record

#: a value of a key: the key, and which of its values
Slot = tuple[str, int]
#: conflicts that the SAT solver may have in one go, and what they may cost: each takes longer the more clauses there are
_CONFLICTS: Final = 20_000
_PROPAGATIONS: Final = 20_000_000
#: gates that are looked at in the time of one step
_VISITS: Final = 8
#: steps of one question
BUDGET: Final = 200_000


@record
class Tested:
    """The atom that the value of a slot passes a test."""

    slot: Slot
    test: Test


@record
class Present:
    """The atom that a slot has a value."""

    slot: Slot


@record
class Opaque:
    """An atom of which nothing is known but that it is the same wherever it stands; `name` says what it is, for people, and `of` tells apart
    those that people see as one."""

    name: str
    of: object = None


@record
class Solution:
    """What makes a formula true: values of the slots that matter, which atoms matter and how, and the tests that each value had to
    pass or fail."""

    values: Mapping[Slot, str]
    atoms: Mapping[Lit, bool]

    def holds(self, atom: Lit) -> bool | None:
        """Whether an atom has to hold; None where it does not matter."""
        return self.atoms.get(atom)


class Solver:
    """One formula and its domains. Questions are asked under assumptions, and what is learned serves the next."""

    __slots__ = (
        "_engine",
        "_found",
        "_indices",
        "_known",
        "_seen",
        "domain_of",
        "domains",
        "formula",
        "steps",
        "weights",
    )

    def __init__(self, formula: Formula, domain_of: Callable[[str], Domain], budget: int = BUDGET) -> None:
        self.formula, self.domain_of, self.steps = formula, domain_of, Steps(budget)
        self.domains: dict[str, Domain] = {}
        self._indices: dict[str, set[int]] = {}
        #: values that were found, by the slot and the literals that they make true
        self._found: dict[tuple[Slot, frozenset[Lit]], str] = {}
        self._known = self._seen = 0
        self.weights: dict[int, int] = {}
        self._engine: Any = None

    def solve(self, wanted: Sequence[Lit], beside: Sequence[Lit] = ()) -> Solution | None:
        """A request for which all of `wanted` hold, or None: proven that there is none. It is looked for among those for which `beside` holds too, which
        the solution names only where it has to. Raises TooLarge, Unmodelled."""
        engine = self._ready()
        while True:
            self.steps.take()
            engine.conf_budget(min(_CONFLICTS, 1 + _PROPAGATIONS // len(self.formula.clauses)))
            found = engine.solve_limited(assumptions=[*wanted, *beside], expect_interrupt=True)
            if found is None:
                raise TooLarge
            if not found:
                return None
            model = engine.get_model()
            needed = self._needed(wanted, model)
            values: dict[Slot, str] = {}
            lemmas: list[list[Lit]] = []
            for slot, goals in self._goals(needed).items():
                key = slot, frozenset([lit for _, lit in goals])
                if (value := self._found.get(key)) is None:
                    domain, tests = self._domain(slot), [goal for goal, _ in goals]
                    value = domain.value(tests, self.steps)
                    if value is None:
                        for reason in domain.reasons(tests, self.steps):
                            lemmas.extend(self._lemma((slot[0], index), reason) for index in self._indices[slot[0]])
                        continue
                    self._found[key] = value
                values[slot] = value
            if not lemmas:
                return Solution(values, {abs(lit): lit > 0 for lit in needed})
            for lemma in lemmas:
                engine.add_clause(lemma)

    def _ready(self) -> Any:
        """The SAT solver with all clauses that there are by now."""
        if self._engine is None:
            try:
                from pysat.solvers import Solver as Sat  # type: ignore[import-untyped]
            except ImportError:
                raise MissingPackage("python-sat") from None

            self._engine = Sat(name="minisat22")
        clauses = self.formula.clauses
        if self._known < len(clauses):
            self._engine.append_formula(clauses[self._known :])
            self._engine.set_phases([-variable for variable in range(2, self.formula.count + 1)])
            self._known = len(clauses)
            for variable in range(self._seen + 1, self.formula.count + 1):
                self._learn_of(self.formula.meanings.get(variable))
            self._seen = self.formula.count
        return self._engine

    def truth(self, lit: Lit, solution: Solution) -> bool | None:
        """Whether a literal is true of a solution, by the values that it has; None where they do not tell."""
        known: dict[int, bool | None] = {}
        work = [abs(lit)]
        while work:
            variable = work[-1]
            parts = self.formula.gates.get(variable)
            if parts is None:
                known[variable] = self._told(variable, solution)
            elif missing := [abs(part) for part in parts if abs(part) not in known]:
                work += missing
                continue
            else:
                told = [_signed(part, known[abs(part)]) for part in parts]
                known[variable] = False if False in told else None if None in told else True
            work.pop()
        return _signed(lit, known[abs(lit)])

    def _told(self, variable: int, solution: Solution) -> bool | None:
        """Whether an atom is true of a solution."""
        if variable == TRUE:
            return True
        meaning = self.formula.meanings.get(variable)
        if isinstance(meaning, Tested) and meaning.slot in solution.values:
            return passes(meaning.test, solution.values[meaning.slot])
        return solution.atoms.get(variable)

    def close(self) -> None:
        """Give the memory of the SAT solver back."""
        if self._engine is not None:
            self._engine.delete()
            self._engine = None

    def _domain(self, slot: Slot) -> Domain:
        return self.domains[slot[0]]

    def _learn_of(self, meaning: object) -> None:
        """Take note of a new atom: its test belongs to the domain of its key."""
        if isinstance(meaning, Tested):
            key, index = meaning.slot
            if key not in self.domains:
                self.domains[key] = self.domain_of(key)
                self._indices[key] = set()
            self.domains[key].tests[meaning.test] = None
            self._indices[key].add(index)

    def _goals(self, needed: Iterable[Lit]) -> dict[Slot, list[tuple[tuple[Test, bool], Lit]]]:
        goals: dict[Slot, list[tuple[tuple[Test, bool], Lit]]] = {}
        for lit in needed:
            meaning = self.formula.meanings.get(abs(lit))
            if isinstance(meaning, Tested):
                goals.setdefault(meaning.slot, []).append(((meaning.test, lit > 0), lit))
        return goals

    def _lemma(self, slot: Slot, reason: Sequence[tuple[Test, bool]]) -> list[Lit]:
        """What a reason says of one value of its key."""
        atom = self.formula.atom
        return [-atom(Tested(slot, test)) if passes else atom(Tested(slot, test)) for test, passes in reason]

    def _needed(self, wanted: Sequence[Lit], model: Sequence[int]) -> list[Lit]:
        """Literals of atoms that make all of `wanted` true in the model, few of them."""
        gates = self.formula.gates
        exact = self.formula.exact if self.formula.exact and self.formula.atom(EXACTLY) in wanted else {}
        done: set[int] = set()
        atoms: list[Lit] = []
        work = list(wanted)
        choices: list[int] = []
        held: set[int] = set()
        while work or choices:
            if work:
                lit = work.pop()
                variable = abs(lit)
                if variable in done:
                    continue
                done.add(variable)
                parts = gates.get(variable)
                if variable in exact:
                    work.append(exact[variable] if lit > 0 else -exact[variable])
                elif parts is None:
                    atoms.append(lit)
                    held.add(lit)
                elif lit > 0:
                    work.extend(parts)
                else:
                    choices.append(variable)
                continue
            best, cost = 0, 1 << 60
            for part in gates[choices.pop()]:
                # a part of a false conjunction that is false in the model
                if model[abs(part) - 1] != part:
                    if abs(part) in done:
                        best = 0
                        break
                    weight = self._weight(-part)
                    if weight < cost:
                        best, cost = -part, weight
            if best:
                work.append(best)
        self.steps.take(1 + len(done) // _VISITS)
        return atoms

    def _weight(self, lit: Lit) -> int:
        """What it costs to make a literal true, roughly: tests that the domains then have to look at."""
        known = self.weights.get(lit)
        if known is not None:
            return known
        parts = self.formula.gates.get(abs(lit))
        if parts is None:
            meaning = self.formula.meanings.get(abs(lit))
            weight = (3 if lit > 0 else 2) if isinstance(meaning, Tested) else 40 if isinstance(meaning, Opaque) else 1
        elif lit > 0:
            weight = 1 + 2 * len(parts)
        else:
            weight = 3
        self.weights[lit] = weight
        return weight


def _signed(lit: Lit, told: bool | None) -> bool | None:
    return told if told is None or lit > 0 else not told
