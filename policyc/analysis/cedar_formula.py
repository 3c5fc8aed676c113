"""Cedar texts as formulas: what each statement comes to (holds, or fails to be evaluated), over the ways that attributes can be.

The tests of the texts are diagrams over a few questions each (`policyc.engines.cedar.encoding`); what joins them is put together by Cedar's
rules, left to right with short circuit, as gates. A SAT solver then answers for all ways at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policyc.analysis.formula import FALSE, TRUE, Formula, Lit
from policyc.analysis.solver import Opaque, Solution, Tested
from policyc.engines.cedar.decide import PartialEvaluation, PolicyText
from policyc.engines.cedar.diagrams import ENDS, Diagram
from policyc.engines.cedar.encoding import FAILED, HOLDS
from policyc.engines.cedar.predicates import Path
from policyc.engines.proofs.domains import Fits
from policyc.engines.proofs.texts import Pattern, exactly
from policyc.record import record
from policyc.syntax.cedar_nodes import And, Expr, If, Not, Or, Statement
from policyc.targets.cedar_documents.facts import cedar_path


@record
class Way:
    """The atom that a question has one of its values: an attribute is in one of its ways, a list has an element."""

    question: int
    value: int


@record
class Truth:
    """Whether a condition holds, and whether its evaluation fails; neither where it is false."""

    holds: Lit
    fails: Lit


@record
class Ends:
    """How a text ends, as literals, and what each statement comes to."""

    allowed: Lit
    unsure: Lit
    forbidden: Lit
    unpermitted: Lit
    statements: tuple[Truth, ...]

    def of(self, end: str) -> Lit:
        """The literal of an end by its name."""
        found: Lit = getattr(self, end)
        return found


class CedarFormula:
    """The formulas of texts that one `partial` was made for."""

    __slots__ = ("_conditions", "_diagrams", "_ways", "apart", "formula", "partial", "paths")

    def __init__(self, partial: PartialEvaluation) -> None:
        self.partial = partial
        self.formula = Formula()
        self._ways: dict[int, list[Lit]] = {}
        self._diagrams: dict[tuple[Diagram, int], Lit] = {}
        self._conditions: dict[Expr, Truth] = {}
        #: the attributes whose texts are found for the patterns that they fit, by the names of their values, and that these are none of those that
        #: have a way of their own
        self.paths: dict[str, Path] = {}
        self.apart: list[Lit] = []

    def ends(self, text: PolicyText) -> Ends:
        """How a text ends."""
        formula = self.formula
        parts = [
            self._statement(item, scopes) for item, scopes in zip(text.document.statements, text.scopes, strict=True)
        ]
        both = list(zip(text.effects, parts, strict=True))
        permitted = formula.some(part.holds for effect, part in both if effect == "permit")
        forbidden = formula.some(part.holds for effect, part in both if effect == "forbid")
        failing = formula.some(part.fails for effect, part in both if effect == "forbid")
        granted = formula.every((permitted, -forbidden))
        return Ends(
            formula.every((granted, -failing)),
            formula.every((granted, failing)),
            forbidden,
            formula.every((-permitted, -forbidden)),
            tuple(parts),
        )

    def chosen(self, solution: Solution) -> dict[int, int]:
        """A value for each question that matters to a solution."""
        out: dict[int, int] = {}
        for question, lits in self._ways.items():
            held = [solution.holds(abs(lit)) for lit in lits]
            if len(lits) == 2:  # one variable
                if held[0] is not None:
                    out[question] = 0 if held[0] else 1
            elif True in held:
                out[question] = held.index(True)
            elif False in held:
                out[question] = max(at for at, item in enumerate(held) if item is None)
        return out

    def doubts(self, solution: Solution) -> frozenset[int]:
        """The questions of a solution that tests without a form ask."""
        encoding = self.partial.encoding
        return frozenset(self.chosen(solution)) & (encoding.wild.keys() - encoding.patterns.keys())

    def texts(self, solution: Solution) -> dict[Path, str]:
        """The texts of a solution, by their attributes."""
        return {self.paths[key]: text for (key, _), text in solution.values.items()}

    # --- parts --------------------------------------------------------------------------------------------------

    def _statement(self, statement: Statement, scopes: Sequence[str]) -> Truth:
        parts = [Truth(self._is(self.partial.caller_diagram(text), HOLDS), FALSE) for text in scopes]
        for clause in statement.clauses:
            found = self._truth(clause.body)
            parts.append(found if clause.kind == "when" else self._not(found))
        return self._all(parts)

    def _truth(self, node: Expr) -> Truth:
        found = self._conditions.get(node)
        if found is None:
            found = self._conditions[node] = self._joined(node)
        return found

    def _joined(self, node: Expr) -> Truth:
        every, some = self.formula.every, self.formula.some
        match node:
            case And(items):
                return self._all([self._truth(item) for item in items])
            case Or(items):
                return self._not(self._all([self._not(self._truth(item)) for item in items]))
            case Not(of):
                return self._not(self._truth(of))
            case If(test, then, otherwise):
                asked, yes, no = self._truth(test), self._truth(then), self._truth(otherwise)
                lacks = self._not(asked).holds
                return Truth(
                    some((every((asked.holds, yes.holds)), every((lacks, no.holds)))),
                    some((asked.fails, every((asked.holds, yes.fails)), every((lacks, no.fails)))),
                )
            case _:
                diagram = self.partial.diagram(node)
                return Truth(self._is(diagram, HOLDS), self._is(diagram, FAILED))

    def _not(self, found: Truth) -> Truth:
        return Truth(self.formula.every((-found.holds, -found.fails)), found.fails)

    def _all(self, parts: Sequence[Truth]) -> Truth:
        """All of them, the later ones looked at only behind those that hold."""
        reached, fails = TRUE, FALSE
        for part in parts:
            fails = self.formula.some((fails, self.formula.every((reached, part.fails))))
            reached = self.formula.every((reached, part.holds))
        return Truth(reached, fails)

    def _is(self, diagram: Diagram, end: int) -> Lit:
        """Whether a diagram comes to an end."""
        if diagram < ENDS:
            return TRUE if diagram == end else FALSE
        key = (diagram, end)
        if key not in self._diagrams:
            question, branches = self.partial.diagrams.node(diagram)
            lits = self._values(question)
            self._diagrams[key] = self.formula.some(
                self.formula.every((lit, self._is(branch, end))) for lit, branch in zip(lits, branches, strict=True)
            )
        return self._diagrams[key]

    def _values(self, question: int) -> list[Lit]:
        """The literals of a question's values, of which exactly one holds."""
        known = self._ways.get(question)
        if known is None:
            size = self.partial.diagrams.size(question)
            known = self._ways[question] = list(self._atoms(question, size))
            if size > 2:
                self.formula.clauses.append(list(known))
                self.formula.clauses.append([self.formula.at_most_one(known)])
        return known

    def _atoms(self, question: int, size: int) -> Iterator[Lit]:
        wild = question in self.partial.encoding.wild
        for value in range(size):
            if size == 2 and value == 1:
                yield -self.formula.atom(self._meaning(question, 0, wild))
            else:
                yield self.formula.atom(self._meaning(question, value, wild))

    def _meaning(self, question: int, value: int, wild: bool) -> Way | Opaque | Tested:
        if question in self.partial.encoding.patterns:
            slot, pattern = self.partial.encoding.patterns[question]
            name = cedar_path(slot.path)
            if name not in self.paths:
                self.paths[name] = slot.path
                texts = sorted(point for point in slot.points if isinstance(point, str))
                self.apart += [-self.formula.atom(Tested((name, 0), Fits(exactly(text)))) for text in texts]
            return Tested((name, 0), Fits(tuple(part for piece in pattern for part in _read(piece))))
        return Opaque(f"{question} {value}") if wild else Way(question, value)


def _read(piece: str | None) -> Pattern:
    """A part of a pattern: a text, or any run of characters."""
    return (("*", ""),) if piece is None else exactly(piece)
