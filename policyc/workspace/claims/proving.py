"""`prove` blocks answered: each claim proven for all requests, or broken by one that the deciding engine confirms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from policyc.analysis.claims import About, bind_claim
from policyc.analysis.compare import Disagreement
from policyc.analysis.conditions import Bindings, some_bindings
from policyc.analysis.formula import FALSE, Lit
from policyc.analysis.guarantees import Guarantee, Named
from policyc.analysis.question import Space
from policyc.analysis.solver import BUDGET, Solution
from policyc.analysis.ways import way_to
from policyc.analysis.witness import opaque_of
from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.engines.proofs.budget import TooLarge
from policyc.engines.proofs.domains import Unmodelled
from policyc.engines.trace import Decision, Outcome, Verdict
from policyc.ir.authz import Always, Statement
from policyc.ir.program import BoundProof, Program
from policyc.model.scope import Scope
from policyc.model.values import Resource
from policyc.packages import MissingPackage
from policyc.record import replace
from policyc.report.proofs import ClaimAnswer, Proof, proof_of
from policyc.simulation.answer import answer
from policyc.simulation.keyword import matches_keyword
from policyc.simulation.request import RequestBuilder
from policyc.simulation.runner import is_gate, unmet
from policyc.syntax import nodes
from policyc.syntax.literals import quote
from policyc.syntax.parser import parse
from policyc.targets.base import Document, DocumentSet
from policyc.text import Source
from policyc.workspace.claims.paths import claim_text, formatted, prove_paths
from policyc.workspace.claims.spoken import Fields, in_words

_OUT_OF_STEPS = "the budget of steps ran out"
_UNCONFIRMED = "a request was found for which the engine needs to know more than can be stated"


def prove_all(program: Program, documents: Sequence[Document], keyword: str = "", budget: int = BUDGET) -> list[Proof]:
    """The proofs whose label or file fits `keyword`, in order of file and place. Raises ValueError when `keyword` cannot be read,
    `policyc.analysis.compare.Disagreement`."""
    held = DocumentSet.of(documents)
    chosen = [item for item in program.proofs if matches_keyword(keyword, f"{item.file} {item.node.label.value}")]
    return [prove_one(program, held, item, budget) for item in chosen]


def prove_one(program: Program, documents: Sequence[Document], proof: BoundProof, budget: int = BUDGET) -> Proof:
    """One `prove` block. A block without claims fails: it could not tell a wrong policy from a right one."""
    diagnostics = Diagnostics()
    label = proof.node.label
    answers: list[ClaimAnswer] = []
    for claim in proof.node.claims:
        try:
            answers += _claim(program, documents, proof, claim, budget, diagnostics)
        except MissingPackage as missing:
            diagnostics.error("missing-package", str(missing), claim.span, missing.help)
    return proof_of(label.value, label.span, answers, diagnostics)


def prove_guarantee(
    program: Program,
    documents: Sequence[Document],
    resource: Resource,
    guarantee: Guarantee,
    named: Named,
    budget: int = BUDGET,
) -> Proof:
    """Whether a declared resource keeps a guarantee by name, through its whole way. Raises `policyc.analysis.compare.Disagreement`."""
    scope = Statement("allow", guarantee.name, None, None, (), None, Always())
    about = About(resource, scope, "no", "allow", "", "", resource.span)
    label = nodes.Str(guarantee.name, resource.span)
    proof = BoundProof(nodes.Prove(label, (), resource.span), program.scopes[resource.file], resource.file)
    diagnostics = Diagnostics()
    asked = program, documents, proof, about, guarantee.says, budget, diagnostics
    answer = _Asked(*asked, within=lambda space: guarantee.breaks(space, named)).settle()
    if answer is not None and answer.holds is False and not answer.request:
        # no such request gets here at all
        answer = replace(answer, holds=True, answer="")
    found = [] if answer is None else [answer]
    return proof_of(f"{guarantee.name} of {resource.name}", resource.span, found, diagnostics)


def _claim(
    program: Program,
    documents: Sequence[Document],
    proof: BoundProof,
    claim: nodes.Claim,
    budget: int,
    diagnostics: Diagnostics,
) -> Iterable[ClaimAnswer]:
    if isinstance(claim, nodes.PathClaim):
        return prove_paths(program, documents, proof, claim, budget, diagnostics)
    bound = bind_claim(program, proof, claim, diagnostics) or ()
    text = claim_text(program, claim.span)
    asked = [_Asked(program, documents, proof, about, text, budget, diagnostics) for about in bound]
    if not claim.to:  # what is said of one gate or statement is about the resources that have it
        asked = [one for one in asked if one.is_about] or asked[:1]
    found = [one.settle() for one in asked]
    return [item for item in found if item is not None]


def answer_to(
    program: Program,
    documents: Sequence[Document],
    proof: BoundProof,
    about: About,
    text: str,
    budget: int,
    diagnostics: Diagnostics,
) -> ClaimAnswer | None:
    """The answer to a claim on one resource, as it is written in `text`; None after reporting a name in it that there is not. Raises
    `policyc.analysis.compare.Disagreement`."""
    return _Asked(program, documents, proof, about, text, budget, diagnostics).settle()


class _Asked:
    """One claim on one resource; `within` are those requests of it that are meant."""

    def __init__(
        self,
        program: Program,
        documents: Sequence[Document],
        proof: BoundProof,
        about: About,
        text: str,
        budget: int,
        diagnostics: Diagnostics,
        bindings: Bindings | None = None,
        within: Callable[[Space], Lit] | None = None,
    ) -> None:
        self.program, self.documents, self.proof, self.about = program, documents, proof, about
        self.diagnostics, self.text, self.budget = diagnostics, text, budget
        self.bindings, self.within = bindings, within
        self.way, self.scope = way_to(program, documents, about.resource, about.scope, budget, bindings)
        if within is not None:
            self.scope = self.way.space.formula.every((self.scope, within(self.way.space)))

    @property
    def is_about(self) -> bool:
        """Whether requests to the resource meet the gate, or the statement, that the claim names."""
        gate, label = self.about.gate, self.about.label
        if gate:
            return self.way.gate(gate) is not None
        return not label or any(item.statements(label) for item in self.way.gates)

    def settle(self) -> ClaimAnswer | None:
        """The answer; None after reporting a name in the claim that there is not."""
        try:
            return self._settle()
        except TooLarge:
            return self._open((_OUT_OF_STEPS,))
        except Unmodelled as reason:
            return self._open((str(reason),))
        finally:
            self.way.space.solver.close()

    def _settle(self) -> ClaimAnswer | None:
        wanted = self._breaking()
        if wanted is None:
            return None
        if self.way.doubts and self._doubt_decides():
            return self._open(self.way.doubts)
        hopeful = self.about.breaks == "deny"
        unknown = self.way.open_identity
        first, second = (unknown, -unknown) if hopeful and unknown != FALSE else (-unknown, unknown)
        solution, without = None, False
        if self.about.gate and not hopeful:  # one that gets through altogether shows best what a gate allows
            solution = self._ask(wanted, self.way.allowed, first) or self._ask(wanted, self.way.allowed)
        solution = solution or self._ask(wanted, first)
        if solution is None and unknown != FALSE:
            solution, without = self._ask(wanted, second), True
            if solution is not None and hopeful:
                return self._open_caller(solution)
        if solution is None:
            if self._ask(self.scope) is None:
                return self._answer(
                    False, answer=f"no request to `{self.about.resource.name}` is like that, so nothing is proven"
                )
            doubts = tuple(self.way.space.doubts()) + self.way.doubts
            return self._open(doubts) if doubts else self._answer(True)
        return self._confirmed(solution, without)

    def _doubt_decides(self) -> bool:
        return any("switch" in text for text in self.way.doubts)

    def _ask(self, *wanted: Lit) -> Solution | None:
        return self.way.space.ask_known(*wanted, *self.way.world)

    def _breaking(self) -> Lit | None:
        """The requests that break the claim; None after reporting a name that there is not."""
        about, way, formula = self.about, self.way, self.way.space.formula
        allowed = way.allowed
        if about.gate:
            gate = way.gate(about.gate)
            if gate is None:
                names = dict.fromkeys(name for item in way.gates for name in (*item.names, item.kind) if name)
                self.diagnostics.error(
                    "unknown-name",
                    f"requests to `{about.resource.name}` pass no gate `{about.gate}`",
                    about.span,
                    did_you_mean(about.gate, names, "their gates are " + ", ".join(f"`{name}`" for name in names)),
                )
                return None
            allowed = gate.allowed
        if about.label:
            lits = [lit for gate in way.gates for lit in gate.statements(about.label)]
            if not lits:
                labels = [line.label for gate in way.gates for line in gate.allows]
                self.diagnostics.error(
                    "unknown-name",
                    f"no statement that allows requests to `{about.resource.name}` is called `{about.label}`",
                    about.span,
                    did_you_mean(about.label, labels, "name a statement, or a policy without quotes"),
                )
                return None
            allowed = formula.every((allowed, formula.some(lits)))
        wanted = -allowed if about.breaks == "deny" else allowed
        return formula.every((self.scope, wanted))

    # --- answers ------------------------------------------------------------------------------------------------

    def _answer(self, holds: bool | None, **rest: object) -> ClaimAnswer:
        text = self.text
        return ClaimAnswer(
            text,
            self.about.resource.name,
            self.about.span,
            holds,
            given=self.way.given,
            **rest,  # type: ignore[arg-type]
        )

    def _open(self, reasons: tuple[str, ...]) -> ClaimAnswer:
        return self._answer(None, open=tuple(dict.fromkeys(reasons)))

    def _open_caller(self, solution: Solution) -> ClaimAnswer:
        who = dict(in_words(self.proof.scope, self.way.asking(solution).plain)).get("who", "the caller")
        return self._open((f"no identity policy of `{who}` is given, so what it allows is not known",))

    def _confirmed(self, solution: Solution, without: bool) -> ClaimAnswer:
        """The request that a solution means, asked of the engine; `without` tells that policies of the caller which nobody gave have to
        allow it."""
        unknown = opaque_of(self.way.space, solution)
        if unknown:
            return self._with_values() or self._open(unknown)
        asking = self.way.asking(solution)
        problems: list[str] = []
        for stated in dict.fromkeys((asking.plain, asking.fields)):
            fields, outcome, problem = spoken_to(
                self.program, self.documents, self.proof.scope, self.about.resource, stated
            )
            if outcome is None:
                problems.append(problem)
                continue
            if self._shows(outcome, without):
                return self._broken(fields, outcome)
            problems.append(
                f"{outcome.decision.value}: " + "; ".join(f"{g.name} {g.verdict.value}" for g in outcome.gates)
            )
            if outcome.decision is Decision.UNDECIDED:
                problems.append(_UNCONFIRMED)
            elif stated == asking.fields and not self.way.upper:
                shown = request_line(self.about.resource.name, fields)
                raise Disagreement(f"`{shown}` was found to break a claim, and the engine says {problems[-1]}")
        return self._open(tuple(dict.fromkeys(problems)))

    def _with_values(self) -> ClaimAnswer | None:
        """The claim broken where policy variables have one of a few values."""
        for bindings in some_bindings(self.way.space.policies) if self.bindings is None else ():
            asked = self.program, self.documents, self.proof, self.about, self.text, self.budget, self.diagnostics
            tried = _Asked(*asked, bindings, self.within).settle()
            if tried is not None and tried.holds is False and tried.request:
                return tried
        return None

    def _shows(self, outcome: Outcome, without: bool) -> bool:
        """Whether the engine's answer breaks the claim: for an allow, what only hangs on policies that nobody gave breaks it as well."""
        expectation = self._expectation()
        if self.about.gate:
            gates = [gate for gate in outcome.gates if is_gate(gate, self.about.gate)]
            return any(gate.verdict.decision.value == self.about.breaks for gate in gates)
        if self.about.label:
            if unmet(expectation, outcome) is None:
                return True
            allowing = [item for gate in outcome.gates if gate.verdict is Verdict.ALLOW for item in gate.decided_by]
            if not any(item.label == self.about.label for item in allowing):
                return False
        elif unmet(expectation, outcome) is None:
            return False
        if outcome.decision is not Decision.UNDECIDED:
            return not self.about.label
        doubtful = [gate for gate in outcome.gates if gate.verdict.decision is Decision.UNDECIDED]
        return without and self.about.breaks == "allow" and all(gate.wants for gate in doubtful)

    def _expectation(self) -> nodes.ExpectDecision:
        """What a test of one request says: the claim itself, or where it is about a statement that it does not allow, the opposite."""
        about, span = self.about, self.about.span
        if about.label:
            return nodes.ExpectDecision("allow", nodes.Str(about.label, span), None, span)
        decision = "allow" if about.breaks == "deny" else "deny"
        at = nodes.Ref((nodes.Field(about.gate, span),), span) if about.gate else None
        return nodes.ExpectDecision(decision, None, at, span)  # type: ignore[arg-type]

    def _answered(self, outcome: Outcome) -> Iterator[nodes.ExpectDecision]:
        """What is so today, nearest to the claim first: the block is a test that passes as it stands."""
        about, span = self.about, self.about.span
        if about.label:
            yield self._expectation()
        if about.gate:
            at = nodes.Ref((nodes.Field(about.gate, span),), span)
            for gate in outcome.gates:
                if is_gate(gate, about.gate):
                    yield nodes.ExpectDecision(gate.verdict.decision.value, None, at, span)
        yield nodes.ExpectDecision(outcome.decision.value, None, None, span)

    def _broken(self, fields: Fields, outcome: Outcome) -> ClaimAnswer:
        line = request_line(self.about.resource.name, fields)
        expectation = _written(next(item for item in self._answered(outcome) if unmet(item, outcome) is None))
        label = quote(f"{self.proof.node.label.value}: counterexample")
        text = f"test {label} {{ {line} {expectation} }}"
        said = f"`{self.about.gate}` says {self.about.breaks} to" if self.about.gate else ""
        answer = f"{said} one such request, which gets {_gets(outcome)}" if said else _told(outcome)
        return self._answer(False, request=line, answer=answer, test=formatted(text))


def spoken_to(
    program: Program, documents: Sequence[Document], scope: Scope, resource: Resource, fields: Fields
) -> tuple[Fields, Outcome | None, str]:
    """What the engine says to a request, in the words of the file where that can be read there, with the fields as they were asked."""
    words = in_words(scope, fields)
    for stated in dict.fromkeys((words, fields)):
        outcome, problem = engine_says(program, documents, scope, resource, stated)
        if outcome is not None:
            return stated, outcome, problem
    return fields, None, problem


def engine_says(
    program: Program, documents: Sequence[Document], scope: Scope, resource: Resource, fields: Sequence[tuple[str, str]]
) -> tuple[Outcome | None, str]:
    """What the engine says to a request as it would be written; None with the reason where it cannot be asked."""
    source = Source("counterexample", f'test "it" {{ {request_line(resource.name, fields)} }}')
    found = Diagnostics()
    module = parse(source, found)
    request = None
    if not found.has_errors:
        (test,) = module.declarations
        assert isinstance(test, nodes.InlineTest)
        step = test.steps[0]
        assert isinstance(step, nodes.RequestStep)
        request = RequestBuilder(program, scope, found).from_record(resource, step.fields, step.span)
    outcome = None if request is None else answer(program, documents, request, found)
    return outcome, "; ".join(item.message for item in found)


def _told(outcome: Outcome) -> str:
    """The decision, and what settled it."""
    return f"one such request gets {_gets(outcome)}"


def _gets(outcome: Outcome) -> str:
    labels: list[str] = []
    for gate in outcome.gates:
        if gate.verdict.decision is outcome.decision:
            labels += [f"`{statement.label}`" for statement in gate.decided_by[:2]]
    if outcome.decision is Decision.UNDECIDED:
        wants = [want for gate in outcome.gates for want in gate.wants]
        wanted = " and ".join(dict.fromkeys(wants))
        return f"allow as soon as {wanted} allows it"
    by = f" by {', '.join(dict.fromkeys(labels))}" if labels else ""
    return f"{outcome.decision.value}{by}"


def _written(expectation: nodes.ExpectDecision) -> str:
    by = f" by {quote(expectation.by.value)}" if isinstance(expectation.by, nodes.Str) else ""
    at = f" at {expectation.at.text}" if expectation.at is not None else ""
    return f"expect {expectation.decision}{by}{at}"


def request_line(resource: str, fields: Sequence[tuple[str, str]]) -> str:
    inner = ", ".join(f"{name}: {value}" for name, value in fields)
    return f"request {resource} {{ {inner} }}" if inner else f"request {resource} {{}}"
