"""Which verbs of a declared resource any request of a caller gets, and which gate refuses where none does, over all requests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policyc.analysis.asking import is_caller
from policyc.analysis.formula import FALSE, TRUE, Lit
from policyc.analysis.solver import BUDGET
from policyc.analysis.ways import way_to
from policyc.analysis.ways.base import Gate
from policyc.analysis.witness import opaque_of
from policyc.engines.iam.caller import CallerKind
from policyc.engines.iam.principals import principal_arn
from policyc.engines.proofs.budget import TooLarge
from policyc.engines.proofs.domains import Unmodelled
from policyc.engines.trace import Decision
from policyc.holes import shown
from policyc.ir.authz import Always, Statement
from policyc.ir.program import Program
from policyc.model.values import Principal, Resource
from policyc.report.admission import Admission, Field
from policyc.targets.base import Document, DocumentSet

#: words for callers, which stand for nobody in particular
_GENERAL = ("anyone", "authenticated", "anonymous")


def admissions(
    program: Program, documents: Sequence[Document], resources: Sequence[Resource], budget: int = BUDGET
) -> list[Admission]:
    """A table for each resource whose requests have verbs and a way that is known."""
    held = DocumentSet.of(documents)
    found = (_Table(program, held, resource, budget).made() for resource in resources)
    return [item for item in found if item.verbs]


class _Table:
    def __init__(self, program: Program, documents: DocumentSet, resource: Resource, budget: int) -> None:
        self.program, self.documents, self.resource = program, documents, resource
        everything = Statement("allow", "asked", None, None, (), None, Always())
        self.way, self.inside = way_to(program, documents, resource, everything, budget)

    def made(self) -> Admission:
        way = self.way
        try:
            rows = list(self._rows())
            gates = [gate for gate in way.gates if gate.names or gate.allowed != TRUE]
            marks = [self._marks(lit) for _, lit in rows]
            verbs = [[self._asked(base, lit) for base in marks] for _, lit in way.verbs]
            passed = [[self._passed(base, gate) for gate in gates] for base in marks]
        finally:
            way.space.solver.close()
        groups: dict[tuple[Field, ...], list[str]] = {}
        for (name, _), fields in zip(way.verbs, verbs, strict=True):
            groups.setdefault(tuple(fields), []).append(name)
        return Admission(
            self.resource.name,
            self.resource.type,
            tuple(name for name, _ in rows),
            tuple(map(tuple, groups.values())),
            _heads(gates),
            {(row, at): fields[row] for at, fields in enumerate(groups) for row in range(len(rows))},
            {(row, at): field for row, fields in enumerate(passed) for at, field in enumerate(fields)},
        )

    # --- callers ------------------------------------------------------------------------------------------------

    def _rows(self) -> Iterator[tuple[str, Lit]]:
        """The callers that something on the way names, those that are not signed, and all others."""
        callers = self.way.space.callers
        place = self.resource.place
        partition = place.partition if place is not None else "aws"
        named: list[Lit] = []
        for name, principal in self._named():
            lit = is_caller(callers, principal, partition)
            named.append(lit)
            yield name, lit
        anonymous = callers.kind(CallerKind.ANONYMOUS)
        yield "anonymous", anonymous
        yield "any other caller", self.way.space.formula.every((-anonymous, *(-lit for lit in named)))

    def _named(self) -> Iterator[tuple[str, Principal]]:
        """Declared callers first, by their names."""
        lines = [line for gate in self.way.gates for line in (*gate.allows, *gate.denies)]
        written = {
            item.name: item
            for line in lines
            if line.statement.who is not None
            for item in line.statement.who.principals
            if item.kind not in _GENERAL
        }
        carrying = {document.attached_to for document in self.documents.with_role("identity")}
        for principal in self.program.principals:
            arn = principal_arn(principal)
            if principal.kind not in _GENERAL and (arn in written or arn in carrying):
                written.pop(arn, None)
                yield principal.name or arn, principal
        yield from ((shown(name), item) for name, item in written.items())

    # --- questions ----------------------------------------------------------------------------------------------

    def _marks(self, caller: Lit) -> tuple[Lit, ...]:
        return (self.inside, *self.way.world, caller)

    def _granted(self, marks: Sequence[Lit]) -> tuple[Lit, ...]:
        unknown = self.way.open_identity
        return tuple(marks) if unknown == FALSE else (*marks, unknown)

    def _asked(self, marks: Sequence[Lit], verb: Lit) -> Field:
        way = self.way
        base = (*marks, verb)
        try:
            solution = way.space.ask_known(*self._granted(base), way.allowed)
            if solution is not None:
                hangs_on = opaque_of(way.space, solution)
                if hangs_on:
                    return Field(Decision.UNDECIDED, f"it hangs on {', '.join(map(shown, hangs_on))}")
                if way.doubts:
                    return Field(Decision.UNDECIDED, "; ".join(way.doubts))
                return Field(Decision.ALLOW, self._condition(base))
            if way.space.ask(*self._granted(base)) is None:
                return Field(Decision.DENY, "no such request comes here")
            doubts = (*way.space.doubts(), *way.doubts)
            if doubts:
                return Field(Decision.UNDECIDED, "; ".join(doubts))
            return Field(Decision.DENY, self._refusal(base))
        except (TooLarge, Unmodelled) as reason:
            return Field(Decision.UNDECIDED, str(reason) or "the budget of steps ran out")

    def _condition(self, base: Sequence[Lit]) -> str:
        """Which of the callers it is, and what policies that nobody gave have to allow."""
        way, unknown = self.way, self.way.open_identity
        parts: list[str] = []
        if way.owner and self._meets(base, -way.inside) and not self._meets(base, way.allowed, -way.inside):
            parts.append(f"only callers of {way.owner}, as far as their own policies allow")
        elif unknown != FALSE and way.space.ask(*base, -unknown, way.allowed) is None:
            parts.append("the caller's own identity policies, which are not given, have to allow it")
        return "; ".join(parts)

    def _refusal(self, base: Sequence[Lit]) -> str:
        refusing = [gate for gate in self.way.gates if not self._meets(base, gate.allowed)]
        if not refusing:
            return "no request passes all gates at once"
        return "; ".join(self._said(base, gate) for gate in refusing)

    def _said(self, base: Sequence[Lit], gate: Gate) -> str:
        """What of a gate refuses: nothing allows, or what would is denied."""
        if gate.kind == "identity":
            return "the caller's identity policies allow none of it"
        title = f"`{gate.names[0]}`" if gate.names else gate.kind
        allows = [line for line in gate.allows if self._meets(base, line.lit)]
        if not allows:
            return f"no statement of {title} allows it" if gate.allows or gate.denies else f"{title} refuses everybody"
        denies = dict.fromkeys(
            line.label for line in gate.denies if all(self._meets(base, line.lit, item.lit) for item in allows)
        )
        labels = ", ".join(f"`{shown(label)}`" for label in denies)
        return f"{title} denies it by {labels}" if labels else f"{title} refuses it"

    def _passed(self, marks: Sequence[Lit], gate: Gate) -> Field:
        """Whether a gate by itself lets any request of the caller through."""
        if not gate.allows and not gate.denies and gate.allowed == TRUE:
            return Field(None, "it asks nobody")
        reached = (*marks, gate.reached)
        try:
            if not self._meets(reached):
                return Field(None, "no request of this caller gets here")
            if self._meets(reached, gate.allowed):
                return Field(Decision.ALLOW)
            return Field(Decision.DENY, self._said(reached, gate))
        except (TooLarge, Unmodelled) as reason:
            return Field(Decision.UNDECIDED, str(reason) or "the budget of steps ran out")

    def _meets(self, marks: Sequence[Lit], *wanted: Lit) -> bool:
        return self.way.space.ask(*self._granted(marks), *wanted) is not None


def _heads(gates: Sequence[Gate]) -> tuple[str, ...]:
    """What each gate stands at, as people call it; one that stands where another does goes by its first name, such as the role that a function runs with."""
    heads: list[str] = []
    for gate in gates:
        names = () if gate.kind == "identity" else gate.names
        heads.append(next((name for name in reversed(names) if name not in heads), gate.kind))
    return tuple(heads)
