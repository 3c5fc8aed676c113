"""Inline tests: run each, and say for every expectation that failed what happened instead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from policyc.diagnostics import Diagnostic, Diagnostics, Severity, did_you_mean
from policyc.engines.trace import Decision, GateTrace, Outcome, Verdict
from policyc.ir.program import BoundTest, Program, find_network
from policyc.packages import MissingPackage
from policyc.per_object import PerObject
from policyc.record import light, record
from policyc.simulation.keyword import matches_keyword
from policyc.simulation.request import RequestBuilder
from policyc.syntax import nodes
from policyc.targets.base import Document, DocumentSet, Request
from policyc.targets.registry import network, networks
from policyc.text import Span


@light
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
    answered = True
    if any(isinstance(step, nodes.OnStep) for step in test.node.steps):
        expectations = _run_network(program, test, diagnostics)
    else:
        run = _Run(program, documents, test, diagnostics, observe)
        expectations, answered = run.run(), run.answered
    if expectations == 0 and not diagnostics.has_errors:
        diagnostics.error("test-without-expectation", "the test expects nothing", label.span, "end it with `expect …`")
    passed = answered and not diagnostics.has_errors
    return TestResult(label.value, test.file, label.span, passed, tuple(diagnostics.sorted()), expectations)


def test_mistakes(program: Program, documents: Sequence[Document], test: BoundTest) -> tuple[Diagnostic, ...]:
    """What is wrong with a test whatever the policies say: names that nobody declares, fields and types that do not fit, steps that stand
    nowhere. What it expects is not looked at, but for the name of a gate or statement that there is not."""
    if any(isinstance(step, nodes.OnStep) for step in test.node.steps):
        return tuple(item for item in run_test(program, documents, test).findings if item.rule != "test-failed")
    diagnostics = Diagnostics()
    expectations = _Run(program, documents, test, diagnostics, asks=False).run()
    if expectations == 0 and not diagnostics.has_errors:
        return run_test(program, documents, test).findings
    if not diagnostics.has_errors and any(_names_nothing(program, step) for step in test.node.steps):
        return tuple(item for item in run_test(program, documents, test).findings if item.rule == "unknown-name")
    return tuple(diagnostics.sorted())


def _names_nothing(program: Program, step: nodes.Step) -> bool:
    """Whether a step expects something of a gate or statement that is not plainly one of the project's."""
    if not isinstance(step, nodes.ExpectDecision):
        return False
    if step.at is not None and step.at.text not in named_gates(program):
        return True
    return isinstance(step.by, nodes.Str) and step.by.value not in named_statements(program)


def named_gates(program: Program) -> frozenset[str]:
    """The policies and resources by whose name a gate can be called."""
    return _gates(program)


_gates: PerObject[Program, frozenset[str]] = PerObject(
    lambda program: frozenset(
        [*(item.name for item in program.policies), *(item.name for item in program.resources.values())]
    ),
    4,
)


def named_statements(program: Program) -> frozenset[str]:
    """The labels of all statements."""
    return _labels(program)


_labels: PerObject[Program, frozenset[str]] = PerObject(
    lambda program: frozenset(statement.label for policy in program.policies for statement in policy.statements), 4
)


def _run_network(program: Program, test: BoundTest, diagnostics: Diagnostics) -> int:
    named = next(step.network for step in test.node.steps if isinstance(step, nodes.OnStep))
    found = find_network(program, test.scope, named, Diagnostics())
    # of a network that nobody declares any target says so
    results = network(found.node.target.text if found else min(networks())).run_steps(program, test, diagnostics)
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
    asks: bool = True
    request: Request | None = None
    answered: bool = True

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
                    self.answered &= not failed
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
        if not self.asks:
            return None
        # the engines are loaded for answers alone: `check` looks at every test and asks none
        from policyc.simulation.answer import answer

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
        if problem is not None and not self._nameless(step, outcome):
            if self.request is not None:
                from policyc.simulation.answer import assuming

                outcome = assuming(self.program, self.documents, self.request, outcome)
            self.diagnostics.add(Diagnostic("test-failed", problem, step.span, story(outcome), Severity.ERROR))

    def _nameless(self, step: nodes.ExpectDecision, outcome: Outcome) -> bool:
        """Whether the expectation is about a gate or statement that there is not, reported."""
        at, by = step.at, step.by
        met = at is not None and any(is_gate(gate, at.text) for gate in outcome.gates)
        if at is not None and not met and at.text not in named_gates(self.program):
            names = [name for gate in outcome.gates for name in gate.name.split(" on ")]
            listed = ", ".join(f"`{name}`" for name in names)
            help = did_you_mean(at.text, names, f"the request's gates are {listed}")
            self.diagnostics.error("unknown-name", f"there is no gate `{at.text}`", at.span, help)
            return True
        if not isinstance(by, nodes.Str) or by.value in named_statements(self.program):
            return False
        labels = dict.fromkeys(item.label for gate in outcome.gates for item in gate.statements)
        if by.value in labels:
            return False
        help = did_you_mean(by.value, labels, "write the label of a statement, as it stands before its braces")
        self.diagnostics.error("unknown-name", f"no statement is called `{by.value}`", by.span, help)
        return True


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
