"""What the API gives back: findings, answers, test results and built documents, frozen and without a truth value that could mislead."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar, overload

from policyc.diagnostics import Diagnostic, Severity
from policyc.engines.trace import Decision, GateTrace, Outcome
from policyc.text import Source, Span

if TYPE_CHECKING:
    from policyc.report.options import Options
    from policyc.report.tally import Tally
    from policyc.report.tests import TestResult

T = TypeVar("T")


class PolicyError(Exception):
    """What was asked cannot be done; `findings` say why, each at its place. The message is the first error with its place and help."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        first = next(iter(findings.errors or findings), None)
        more = len(findings.errors) - 1
        text = "nothing was found" if first is None else first.sentence
        super().__init__(text + (f" (and {more} more)" if more > 0 else ""))


@dataclass(frozen=True, slots=True)
class Place:
    """Lines and columns count from 1, the end is behind the last character."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `rule` is the name that `policyc explain` knows; `place` is None when there is no text to point at."""

    rule: str
    severity: Severity
    message: str
    help: str
    place: Place | None

    @property
    def sentence(self) -> str:
        """`file:line:column: error[rule]: message; help: …` on one line."""
        where = f"{self.place}: " if self.place else ""
        return f"{where}{self.severity.value}[{self.rule}]: {self.message}; help: {self.help}"

    def __str__(self) -> str:
        return self.sentence


class _Several(Sequence[T]):
    """A fixed sequence; not a truth value, because "none found" and "nothing looked at" must not be confused."""

    __slots__ = ("_items",)

    def __init__(self, items: Iterable[T]) -> None:
        self._items = tuple(items)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...
    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        return self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._items == other._items

    def __hash__(self) -> int:
        return hash(self._items)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self._items)!r})"


class Findings(_Several[Finding]):
    """Findings in the order of file and place. `ok` says that there is no error and no warning, and that every policy was read."""

    __slots__ = ("_diagnostics", "_sources", "_tally")

    def __init__(
        self, diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source], tally: Tally | None = None
    ) -> None:
        self._diagnostics = tuple(sorted(diagnostics, key=Diagnostic.sort_key))
        self._sources = sources
        self._tally = tally
        super().__init__(finding_of(item, sources) for item in self._diagnostics)

    @property
    def errors(self) -> tuple[Finding, ...]:
        return self._of(Severity.ERROR)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return self._of(Severity.WARNING)

    @property
    def notes(self) -> tuple[Finding, ...]:
        return self._of(Severity.INFO)

    @property
    def unreadable(self) -> tuple[str, ...]:
        """The policies in other files that are there and were not read, each as `file:line (reason)`."""
        return () if self._tally is None else tuple(item.sentence for item in self._tally.unreadable)

    @property
    def ok(self) -> bool:
        return not self.errors and not self.warnings and not self.unreadable

    def _of(self, severity: Severity) -> tuple[Finding, ...]:
        return tuple(item for item in self if item.severity is severity)

    def render(self, format: str = "human", width: int = 80) -> str:
        """The findings as `policyc check --format` writes them, without colour. Raises ValueError for a format that there is not."""
        from policyc.report.registry import formats, renderer, serves

        if not serves(format, "findings"):
            raise ValueError(
                f"there is no format `{format}` for findings; write one of {', '.join(formats('findings'))}"
            )
        return renderer("findings", format)(self._diagnostics, self._sources, _options(width, self._tally))

    def to_dict(self) -> dict[str, Any]:
        """The shape of `schemas/report.schema.json`."""
        data: dict[str, Any] = json.loads(self.render("json"))
        return data

    def __str__(self) -> str:
        return self.render()

    def _repr_html_(self) -> str:
        rows = [(item.severity.value, item.rule, str(item.place or ""), item.message, item.help) for item in self]
        return _table(("severity", "rule", "place", "message", "help"), rows)


@dataclass(frozen=True)
class Answer:
    """The answer to one request. There are three decisions, so it is no truth value: ask `allowed`, `denied` or `undecided`."""

    outcome: Outcome = field(repr=False)
    sources: Mapping[str, Source] = field(default_factory=dict, repr=False, compare=False, hash=False)

    @property
    def decision(self) -> Decision:
        return self.outcome.decision

    @property
    def allowed(self) -> bool:
        return self.decision is Decision.ALLOW

    @property
    def denied(self) -> bool:
        return self.decision is Decision.DENY

    @property
    def undecided(self) -> bool:
        return self.decision is Decision.UNDECIDED

    @property
    def gates(self) -> tuple[GateTrace, ...]:
        """Every policy on the way of the request, in the order of evaluation."""
        return self.outcome.gates

    @cached_property
    def gate(self) -> GateTrace | None:
        """The gate that settled it."""
        from policyc.report.outcome import deciding_gate

        return deciding_gate(self.outcome)

    @property
    def by(self) -> str | None:
        """The label of the statement that settled it; None for a refusal by default and for an open answer."""
        gate = self.gate
        return gate.decided_by[0].label if gate is not None and gate.decided_by else None

    @property
    def missing(self) -> tuple[str, ...]:
        """What an undecided request lacks."""
        return self.outcome.missing

    @property
    def assumed(self) -> tuple[str, ...]:
        """What was taken to be absent because nobody stated it, where another decision could come of it."""
        return self.outcome.assumed

    @property
    def notes(self) -> tuple[str, ...]:
        return self.outcome.notes

    def explain(self, width: int = 80) -> str:
        """Why, as `policyc simulate --explain` tells it."""
        from policyc.report.explain_tree import render_change, render_tree
        from policyc.report.outcome import render_outcome

        options = _options(width)
        parts = (
            render_outcome(self.outcome, self.sources, options),
            render_change(self.outcome, options),
            render_tree(self.outcome, self.sources, options),
        )
        return "\n".join(part for part in parts if part)

    def to_dict(self) -> dict[str, Any]:
        """The shape of `schemas/outcome.schema.json`."""
        from policyc.report.outcome import outcome_data

        return outcome_data(self.outcome, self.sources)

    def __bool__(self) -> NoReturn:
        raise TypeError("an answer is allow, deny or undecided: ask `.allowed`, `.denied` or `.undecided`")

    def __repr__(self) -> str:
        gate = self.gate
        at = f" at {gate.title}" if gate is not None else ""
        return f"<Answer {self.decision.value}{f' by {self.by}' if self.by else ''}{at}>"

    def __str__(self) -> str:
        from policyc.report.outcome import render_outcome

        return render_outcome(self.outcome, self.sources, _options(80))

    def _repr_html_(self) -> str:
        rows = [
            (gate.title, gate.verdict.value, ", ".join(item.label for item in gate.decided_by), gate.summary)
            for gate in self.gates
        ]
        return f"<p><b>{escape(self.decision.value)}</b></p>" + _table(("gate", "verdict", "statement", "why"), rows)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request in plain values, and its answer."""

    request: Mapping[str, Any]
    answer: Answer


class Answers(_Several[Asked]):
    """The answers to many requests, in their order."""

    __slots__ = ()

    def to_dicts(self) -> list[dict[str, Any]]:
        """One flat row for each request: what was asked, `decision`, `by` and `gate`."""
        return [
            {
                **item.request,
                "decision": item.answer.decision.value,
                "by": item.answer.by,
                "gate": item.answer.gate.name if item.answer.gate else None,
            }
            for item in self
        ]

    def _repr_html_(self) -> str:
        rows = self.to_dicts()
        names = tuple(dict.fromkeys(name for row in rows for name in row))
        return _table(names, [tuple(str(row.get(name, "")) for name in names) for row in rows])


@dataclass(frozen=True, slots=True)
class BuiltDocument:
    """One native document. `kind` names its schema (empty for Cedar text), `attached_to` the resource or principal that carries it."""

    path: str
    kind: str
    text: str
    attached_to: str

    @property
    def data(self) -> Any:
        """The parsed JSON. Raises ValueError for Cedar text."""
        return json.loads(self.text)

    def __str__(self) -> str:
        return self.text


class Build(_Several[BuiltDocument]):
    """Every document of a build, in a stable order."""

    __slots__ = ()

    def __contains__(self, item: object) -> bool:
        return any(document is item or document.path == item for document in self)

    def document(self, path: str) -> BuiltDocument:
        """The document with that path relative to the output folder, such as `lattice/inventory_auth.json`. Raises KeyError."""
        for document in self:
            if document.path == path:
                return document
        raise KeyError(path)


@dataclass(frozen=True, slots=True)
class TestAnswer:
    """One test of a project: its label, where it stands, and why it failed."""

    __test__ = False  # for test collectors: this is data

    label: str
    place: Place | None
    outcome: Literal["passed", "failed"]
    findings: Findings

    @property
    def passed(self) -> bool:
        return self.outcome == "passed"


class TestRun(_Several[TestAnswer]):
    """The tests that ran. `ok` says that there were some and that all passed."""

    __test__ = False
    __slots__ = ()

    @property
    def failed(self) -> tuple[TestAnswer, ...]:
        return tuple(item for item in self if not item.passed)

    @property
    def ok(self) -> bool:
        return len(self) > 0 and not self.failed

    def _repr_html_(self) -> str:
        rows = [(item.outcome, item.label, str(item.place or "")) for item in self]
        return _table(("outcome", "test", "place"), rows)


def finding_of(item: Diagnostic, sources: Mapping[str, Source]) -> Finding:
    return Finding(item.rule, item.severity, item.message, item.help, place_of(item.span, sources))


def place_of(span: Span | None, sources: Mapping[str, Source]) -> Place | None:
    """Line and column of a span; None without a span or when the text is not at hand."""
    source = None if span is None else sources.get(span.file)
    if span is None or source is None:
        return None
    start, end = source.position(span.start), source.position(span.end)
    return Place(span.file, start.line, start.column, end.line, end.column)


def test_answer(result: TestResult, sources: Mapping[str, Source]) -> TestAnswer:
    found = Findings(result.findings, sources)
    return TestAnswer(result.label, place_of(result.span, sources), "passed" if result.passed else "failed", found)


def _options(width: int, tally: Tally | None = None) -> Options:
    from policyc.report.options import Options

    return Options(width=width, color=False, tally=tally)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table without a style sheet or a script, so that it takes the colours of the page; every text is escaped."""
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>" for row in rows)
    return f'<table class="policyc"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'
