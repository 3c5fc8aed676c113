"""What two versions of a document have in common, which no question needs to spell out before it matters.

Statements that stand in both versions are one atom per effect, "one of them matches". A proof without their meaning is a proof; a
request that was found is held against them by the engine that decides, and only those that it meets are spelled out.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace

from policyc.analysis.conditions import readings
from policyc.analysis.contents import content_of
from policyc.analysis.formula import FALSE, Lit
from policyc.analysis.question import Space
from policyc.analysis.solver import Solution
from policyc.engines.iam.document import Document
from policyc.engines.proofs.texts import ANYTHING, Pattern, simplest
from policyc.holes import has_hole
from policyc.ir.authz import Glob, Policy, Resources, Statement, Tokens, Variable
from policyc.record import record


@record
class Split:
    """The statements of two versions: those of the old one alone, of the new one alone, and of both. One that differs in its resources is
    in two of these, each time with the resources that it is there for."""

    old: tuple[Statement, ...]
    new: tuple[Statement, ...]
    both: tuple[Statement, ...]


def split(old: Policy, new: Policy) -> Split:
    """What stands in both versions, in whatever order and however the resources are spread over statements."""
    before, after = _groups(old), _groups(new)
    gone: list[Statement] = []
    more: list[Statement] = []
    both: list[Statement] = []
    for key, statements in after.items():
        twins = before.pop(key, ())
        if not twins:
            more += statements
        elif key[-1] is not None:  # the resources are part of what is alike
            both += statements
        else:
            first, second = _patterns(twins), _patterns(statements)
            if first.keys() == second.keys() or _meaning(twins) == _meaning(statements):
                both += statements
                continue
            gone += _only(twins, first.keys() - second.keys())
            more += _only(statements, second.keys() - first.keys())
            both += _only(statements, first.keys() & second.keys())
    gone += (statement for statements in before.values() for statement in statements)
    return Split(tuple(gone), tuple(more), tuple(both))


def _groups(policy: Policy) -> dict[tuple[Hashable, ...], list[Statement]]:
    """Statements by everything but the list of their resources."""
    out: dict[tuple[Hashable, ...], list[Statement]] = {}
    for item in policy.statements:
        found = item.resources
        listed = found is not None and not found.negated and bool(found.patterns)
        key = (content_of(item)[0], None if listed else (found,))
        out.setdefault(key, []).append(item)
    return out


def _patterns(statements: Iterable[Statement]) -> dict[Tokens, Glob]:
    return {glob.tokens: glob for item in statements if item.resources is not None for glob in item.resources.patterns}


def _only(statements: Iterable[Statement], wanted: Iterable[Tokens]) -> Iterable[Statement]:
    """The statements for some of their resources; without those that have none of them."""
    kept = frozenset(wanted)
    for item in statements:
        assert item.resources is not None
        left = tuple(glob for glob in item.resources.patterns if glob.tokens in kept)
        if len(left) == len(item.resources.patterns):
            yield item
        elif left:
            yield replace(item, resources=Resources(left, span=item.resources.span))


def _meaning(statements: Sequence[Statement]) -> object:
    """The resources of statements that allow or deny together, in the least pieces; statements with variables or open values mean only
    themselves."""
    texts: list[Pattern] = []
    fields: list[Pattern] = []
    for tokens in _patterns(statements):
        if any(isinstance(token, Variable) or (isinstance(token, str) and has_hole(token)) for token in tokens):
            return id(statements)
        text, field = readings(tokens)
        if text == ANYTHING:  # which asks for no resource at all
            return True
        texts.append(text)
        fields.append(text if field is None else field)
    return simplest(texts), simplest(fields)


@record
class Rest:
    """The atom that one of the statements matches that stand in both versions; `after` of them are spelled out already."""

    at: int
    effect: str
    after: int = 0


class Unchanged:
    """The statements of one effect that stand in both versions of a document, which is the one at place `at`; `means` gives the literal of a
    statement."""

    __slots__ = ("_left", "_met", "atom", "document", "facts", "means", "space", "statements")

    def __init__(
        self,
        space: Space,
        at: int,
        effect: str,
        statements: Sequence[Statement],
        document: Document,
        means: Callable[[Statement], Lit],
    ) -> None:
        self.space, self.document, self.means = space, document, means
        self.statements = statements
        self.atom: Lit = space.formula.atom(Rest(at, effect)) if self.statements else FALSE
        self.facts: list[Lit] = []
        self._left = {self.atom: Rest(at, effect)} if self.statements else {}
        self._met: set[int] = set()

    def spell_out(self, solution: Solution) -> bool:
        """Say what some more of the statements are where a solution hangs on that one of them matches; False where it does not."""
        held = next((atom for atom in self._left if solution.holds(atom)), None)
        if held is None:
            return False
        rest = self._left.pop(held)
        formula, end = self.space.formula, max(2 * rest.after, 16)
        found = [self._literal(at) for at in range(rest.after, min(end, len(self.statements)))]
        if end < len(self.statements):
            more = Rest(rest.at, rest.effect, end)
            atom = formula.atom(more)
            self._left[atom] = more
            found.append(atom)
        self.facts.append(formula.implies(held, formula.some(found)))
        return True

    @property
    def others(self) -> Iterable[Lit]:
        """That one of the statements matches that are not spelled out, where some are: a request is sought without them first."""
        return [atom for atom, rest in self._left.items() if rest.after]

    def meet(self, solution: Solution, matching: int) -> bool:
        """Say what the statements are that match a request (as bits of their places) of which a solution says that none does; False where
        there are none."""
        if solution.holds(self.atom) is not False:
            return False
        met = [at for at, item in enumerate(self.statements) if matching >> item.index & 1 and at not in self._met]
        for at in met:
            self._literal(at)
        return bool(met)

    def spell_all(self) -> bool:
        """Say what all of the statements are; False where that was said."""
        left = len(self._met) < len(self.statements) or bool(self._left)
        found = [self._literal(at) for at in range(len(self.statements))]
        formula = self.space.formula
        self.facts.extend(formula.implies(held, formula.some(found)) for held in self._left)
        self._left.clear()
        return left

    def _literal(self, at: int) -> Lit:
        """The literal of a statement, which means that one of them matches."""
        found = self.means(self.statements[at])
        if at not in self._met:
            self._met.add(at)
            self.facts.append(self.space.formula.implies(found, self.atom))
        return found
