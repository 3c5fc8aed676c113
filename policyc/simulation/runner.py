"""Inline tests: run each, and say for every expectation that failed what happened instead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.engines.trace import Decision, GateTrace, Outcome, Verdict
from policyc.ir.program import BoundTest, Program
from policyc.packages import MissingPackage
from policyc.record import record
from policyc.simulation.answer import answer, assuming
from policyc.simulation.keyword import matches_keyword
from policyc.simulation.request import RequestBuilder
from policyc.syntax import nodes
from policyc.targets.base import Document, DocumentSet, Request
from policyc.text import Span


@record
class TestResult:
    """One inline test: whether every expectation held, and the findings that say why not."""

    __test__ = False  # for test collectors: this is data

    label: str
    file: str
    span: Span
    passed: bool
    findings: tuple[Diagnostic, ...]
    expectations: int


Observe = Callable[[Outcome], None]


def run_tests(
    program: Program, documents: Sequence[Document], keyword: str = "", observe: Observe | None = None
) -> list[TestResult]:
    """Run the tests whose label fits `keyword` (words with `and`, `or`, `not`; empty for all), in order of file and place.

    Raises ValueError when `keyword` cannot be read.
    """
    held = DocumentSet.of(documents)
    return [run_test(program, held, test, observe) for test in select_tests(program.tests, keyword)]


def select_tests(tests: Iterable[BoundTest], keyword: str) -> list[BoundTest]:
    """The tests whose label or file fits `keyword`."""
    if not keyword:
        return list(tests)
    return [test for test in tests if matches_keyword(keyword, f"{test.file} {test.node.label.value}")]


def run_test(
    program: Program, documents: Sequence[Document], test: BoundTest, observe: Observe | None = None
) -> TestResult:
    """Run one test; `observe` gets to see each answer. A test that expects nothing fails: it could not tell a wrong policy from a right one."""
    diagnostics = Diagnostics()
    label = test.node.label
    if any(isinstance(step, nodes.OnStep) for step in test.node.steps):
        expectations = _run_network(program, test, diagnostics)
    else:
        expectations = _Run(program, documents, test, diagnostics, observe).run()
    if expectations == 0 and not diagnostics.has_errors:
        diagnostics.error("test-without-expectation", "the test expects nothing", label.span, "end it with `expect …`")
    return TestResult(
        label.value, test.file, label.span, not diagnostics.has_errors, tuple(diagnostics.sorted()), expectations
    )


def _run_network(program: Program, test: BoundTest, diagnostics: Diagnostics) -> int:
    from policyc.targets.cloud_wan.steps import run_network_steps
    from policyc.targets.switches import wan_switches

    results = run_network_steps(program, test, diagnostics, wan_switches(program.switches))
    for result in results:
        if not result.passed:
            diagnostics.error("test-failed", result.message, result.span, "correct the network, or the expectation")
    return len(results)


@record(frozen=False)
class _Run:
    program: Program
    documents: Sequence[Document]
    test: BoundTest
    diagnostics: Diagnostics
    observe: Observe | None = None
    request: Request | None = None

    def run(self) -> int:
        outcome: Outcome | None = None
        requested = failed = False
        expectations = 0
        unused: nodes.RequestStep | None = None
        for step in self.test.node.steps:
            match step:
                case nodes.RequestStep():
                    self._unused(unused)
                    requested, unused = True, step
                    outcome = self._ask(step)
                    failed = outcome is None
                case nodes.ExpectDecision():
                    expectations += 1
                    unused = None
                    if outcome is not None:
                        self._expect(step, outcome)
                    elif not requested and not failed:
                        self.diagnostics.error(
                            "misplaced-step",
                            "there is no request that this could be about",
                            step.span,
                            "write a `request` before it",
                        )
                case _:
                    expectations += 1
                    self.diagnostics.error(
                        "misplaced-step",
                        "this is about a network, and the test names none",
                        step.span,
                        "write `on NETWORK { attachment … }` before it",
                    )
        self._unused(unused)
        return expectations

    def _unused(self, step: nodes.RequestStep | None) -> None:
        if step is not None:
            self.diagnostics.error(
                "test-without-expectation",
                "nothing is expected of this request",
                step.resource.span,
                "write `expect …` after it",
            )

    def _ask(self, step: nodes.RequestStep) -> Outcome | None:
        request = RequestBuilder(self.program, self.test.scope, self.diagnostics).from_step(step)
        if request is None:
            return None
        self.request = request
        try:
            outcome = answer(self.program, self.documents, request, self.diagnostics)
        except MissingPackage as missing:
            self.diagnostics.error("missing-package", str(missing), step.resource.span, missing.help)
            return None
        if outcome is not None and self.observe is not None:
            self.observe(outcome)
        return outcome

    def _expect(self, step: nodes.ExpectDecision, outcome: Outcome) -> None:
        problem = unmet(step, outcome)
        if problem is not None:
            if self.request is not None:
                outcome = assuming(self.program, self.documents, self.request, outcome)
            self.diagnostics.add(Diagnostic("test-failed", problem, step.span, story(outcome), Severity.ERROR))


def unmet(step: nodes.ExpectDecision, outcome: Outcome) -> str | None:
    """Why an outcome is not what was expected, or None when it is. An expectation of one gate may hold though others are open."""
    open_elsewhere = step.at is not None and outcome.decision is Decision.UNDECIDED
    if outcome.decision != step.decision and not open_elsewhere:
        return f"expected {step.decision}, got {outcome.decision.value}"
    gates = [gate for gate in outcome.gates if step.at is None or is_gate(gate, step.at.text)]
    if step.at is not None and not gates:
        names = ", ".join(f"`{gate.name}`" for gate in outcome.gates)
        return f"the request passes no gate `{step.at.text}`" + (f"; its gates are {names}" if names else "")
    if step.by is None:
        return None if step.at is None else _unmet_at(step, gates)
    if step.by == "default":
        if any(gate.verdict is Verdict.IMPLICIT_DENY for gate in gates):
            return None
        return f"expected {step.decision} by default" + _at(step) + ", but no gate refused for want of an allow"
    wanted = step.by.value
    verdict = {"allow": Verdict.ALLOW, "deny": Verdict.EXPLICIT_DENY}.get(step.decision)
    deciding = [statement for gate in gates if gate.verdict is verdict for statement in gate.decided_by]
    if any(statement.label == wanted for statement in deciding):
        return None
    seen = ", ".join(f"`{statement.label}`" for statement in deciding) or "no statement"
    return f"expected {step.decision} by `{wanted}`{_at(step)}, but {seen} decided"


def _unmet_at(step: nodes.ExpectDecision, gates: Sequence[GateTrace]) -> str | None:
    if any(gate.verdict.decision.value == step.decision and gate.verdict is not Verdict.SKIPPED for gate in gates):
        return None
    return f"expected {step.decision}{_at(step)}, but that gate says {gates[0].verdict.value}"


def _at(step: nodes.ExpectDecision) -> str:
    return f" at `{step.at.text}`" if step.at is not None else ""


def is_gate(gate: GateTrace, name: str) -> bool:
    """Whether people mean this gate by `name`: the policy, the resource, or the kind."""
    return name in (gate.name, gate.kind) or name in gate.name.split(" ")


def story(outcome: Outcome) -> str:
    """One line that says what each gate did and what the nearest statement missed."""
    parts = [f"{gate.name}: {gate.verdict.value}" for gate in outcome.gates]
    for gate in outcome.gates:
        if gate.verdict is Verdict.IMPLICIT_DENY and gate.nearest is not None and gate.nearest.misses:
            parts.append(f"`{gate.nearest.label}` missed because {gate.nearest.misses[0].sentence()}")
            break
    if outcome.missing:
        parts.append("the request does not state " + ", ".join(outcome.missing))
    if outcome.assumed:
        parts.append("assumed absent: " + ", ".join(outcome.assumed))
    return "; ".join(parts) or "the request passes no gate"
