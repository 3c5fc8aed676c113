"""Running a scenario: its documents or its project are read once, then each case is asked and compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.engines.trace import Outcome
from policyc.ir.program import Program
from policyc.model.files import read_source, stays_inside
from policyc.record import field, record
from policyc.simulation.answer import answer_fully
from policyc.simulation.documents.ask import ask
from policyc.simulation.documents.attached import LEVELS, Attached, is_nothing, nothing_attached, read_attached
from policyc.simulation.documents.chains import caller_document, is_chain
from policyc.simulation.documents.question import PolicyContext, Question, Who
from policyc.simulation.keyword import matches_keyword
from policyc.simulation.references import PlainText
from policyc.simulation.request_text import PlainRequest, bind
from policyc.simulation.runner import TestResult, story, unmet
from policyc.simulation.scenario.cases import Case, Values, read_cases
from policyc.simulation.scenario.coverage import Coverage, iam_documents
from policyc.simulation.scenario.shape import read_tree
from policyc.syntax.json_text import JsonArray, JsonObject, JsonString, JsonValue
from policyc.targets.base import Document
from policyc.targets.switches import iam_switches
from policyc.text import Source, Span

#: roles that may stand beside a project, whose own documents they do not replace
BESIDE_PROJECT: Final = frozenset({"boundary", "session", "scp", "rcp"})
Loaded = tuple[Program, Sequence[Document]]
Load = Callable[[tuple[str, ...], Diagnostics], Loaded | None]
"""Reads a project: the paths that the scenario names (none: the configured ones); None after an error."""


@record(frozen=False)
class Ran:
    """What came of a scenario: `findings` when it could not be run at all."""

    results: list[TestResult] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    findings: Diagnostics = field(default_factory=Diagnostics)


@record
class Surroundings:
    """Where a scenario runs: `root` holds every file that it may name."""

    root: Path
    switches: Mapping[str, str]
    load: Load
    keyword: str = ""


def run_scenario(source: Source, around: Surroundings, coverage: Coverage | None = None) -> Ran:
    """Every case of one scenario file."""
    ran = Ran(sources={source.file: source})
    tree = read_tree(source, ran.findings)
    if tree is None:
        return ran
    given = _documents(tree, around, ran)
    project = _is_project(tree, ran.findings)
    situation = _situation(tree, given, around.switches)
    kind = "project" if project else "chain" if is_chain(situation) else "iam"
    cases = read_cases(tree, kind, ran.findings)
    loaded = around.load(_texts(tree.get("project")), ran.findings) if project and not ran.findings.has_errors else None
    if ran.findings.has_errors or (project and loaded is None):
        return ran
    if loaded is not None:
        ran.sources |= dict(loaded[0].sources)
    if coverage is not None:
        for document in [item.compiled for item in given] + list(iam_documents(loaded[1] if loaded else ())):
            coverage.add_document(document)
    beside = [caller_document(item) for item in given]
    for case in cases:
        if matches_keyword(around.keyword, f"{source.file} {case.label}"):
            asker = _InProject(*loaded, beside) if loaded is not None else _InDocuments(situation)
            ran.results.append(_run(case, source.file, asker, coverage))
    return ran


# --- what is asked ----------------------------------------------------------------------------------------------


def _is_project(tree: JsonObject, diagnostics: Diagnostics) -> bool:
    """Whether declared resources are asked, not raw documents."""
    documents = tree.get("documents")
    roles = list(documents.members) if isinstance(documents, JsonObject) else []
    raw = [member for member in roles if member.key not in BESIDE_PROJECT]
    if tree.get("project") is None and (raw or tree.get("arns") is not None or _asks_actions(tree)):
        return False
    for member in raw:
        diagnostics.error(
            "malformed-scenario",
            f"`{member.key}` cannot stand beside a project, which has its own documents",
            member.key_span,
            "leave it out, or leave `project` out",
        )
    return True


def _asks_actions(tree: JsonObject) -> bool:
    """Whether some request states an action of IAM, which no project's request does."""
    lists = (tree.get("requests"), tree.get("matrix"))
    holders = [item for value in lists if isinstance(value, JsonArray) for item in value.items]
    holders += [value for value in (tree.get("defaults"),) if value is not None]
    return any(isinstance(item, JsonObject) and item.get("action") is not None for item in holders)


def _situation(tree: JsonObject, given: Sequence[Attached], switches: Mapping[str, str]) -> PolicyContext:
    return PolicyContext(tuple(given), _named(tree.get("arns")), _named(tree.get("settings")), switches)


def _named(value: JsonValue | None) -> dict[str, PlainText]:
    members = value.members if isinstance(value, JsonObject) else ()
    return {
        item.key: PlainText(item.value.value, item.value.span) for item in members if isinstance(item.value, JsonString)
    }


def _documents(tree: JsonObject, around: Surroundings, ran: Ran) -> list[Attached]:
    documents = tree.get("documents")
    switches = iam_switches(around.switches)
    out: list[Attached] = []
    for member in documents.members if isinstance(documents, JsonObject) else ():
        for level, text in _files(member.value, member.key in LEVELS):
            bare = is_nothing(text.value, member.key, around.root)
            source = nothing_attached() if bare else _inside(text, around.root, ran)
            found = None if source is None else read_attached(member.key, source, level, switches, ran.findings)
            out += [] if found is None else [found]
    return out


def _files(value: JsonValue, leveled: bool) -> Iterator[tuple[int, JsonString]]:
    """Each file with its level, 0 where there are no levels."""
    items = value.items if isinstance(value, JsonArray) else (value,)
    for number, item in enumerate(items, 1):
        inner = item.items if isinstance(item, JsonArray) else (item,)
        yield from ((number if leveled else 0, text) for text in inner if isinstance(text, JsonString))


def _inside(name: JsonString, root: Path, ran: Ran) -> Source | None:
    """A file below the root; anything else is an error."""
    known = ran.sources.get(name.value)
    if known is not None:
        return known
    path = root / name.value
    if "\0" in name.value or not stays_inside(path, root.resolve()):
        ran.findings.error(
            "path-outside-root",
            f"`{name.value}` does not stay inside the project root",
            name.span,
            "write a path relative to the root, without `..`",
        )
        return None
    source = read_source(root, name.value, name.span, ran.findings)
    if source is not None:
        ran.sources[name.value] = source
    return source


def _texts(value: JsonValue | None) -> tuple[str, ...]:
    items = value.items if isinstance(value, JsonArray) else ()
    return tuple(item.value for item in items if isinstance(item, JsonString))


# --- asking -----------------------------------------------------------------------------------------------------


@record
class _InDocuments:
    situation: PolicyContext

    def ask(self, case: Case, diagnostics: Diagnostics) -> Outcome | None:
        fields, texts = case.fields, case.fields.texts
        _refuse(("resource",), bool(fields.attributes), "attributes", case, diagnostics)
        context = tuple((key, tuple(text.text for text in found or ())) for key, found in fields.context.values())
        question = Question(
            case.span,
            fields.who,
            texts.get("action"),
            texts.get("resource_arn"),
            texts.get("can"),
            texts.get("path"),
            context,
            fields.unknown,
        )
        return None if diagnostics.has_errors else ask(self.situation, question, diagnostics)


@record
class _InProject:
    program: Program
    documents: Sequence[Document]
    beside: Sequence[Document]

    def ask(self, case: Case, diagnostics: Diagnostics) -> Outcome | None:
        fields, texts = case.fields, case.fields.texts
        _refuse(("action", "resource_arn"), bool(fields.context), "context", case, diagnostics)
        resource = texts.get("resource")
        if resource is None:
            diagnostics.error("incomplete-question", "the request names no resource", case.span, "add `resource`")
        if diagnostics.has_errors or resource is None:
            return None
        who = fields.who
        extra = () if who is None else tuple(_caller_attributes(who, case.span))
        plain = PlainRequest(
            resource,
            None if who is None else who.name,
            texts.get("can"),
            texts.get("path"),
            (*fields.attributes.values(), *extra),
            fields.unknown,
        )
        request = bind(plain, self.program, diagnostics)
        if request is None:
            return None
        return answer_fully(self.program, [*self.documents, *self.beside], request, diagnostics)


def _caller_attributes(who: Who, span: Span) -> Iterator[Values]:
    """What AWS knows of a caller, by its names in the language: `aws:PrincipalTag/team` is `aws.PrincipalTag["team"]`."""
    for key, values in who.keys().items():
        name, slash, tag = key.partition("/")
        text = name.replace(":", ".") + (f'["{tag}"]' if slash else "")
        yield PlainText(text, span), tuple(PlainText(value, span) for value in values)


def _refuse(names: Sequence[str], other: bool, word: str, case: Case, diagnostics: Diagnostics) -> None:
    """Report fields that this kind of request does not have."""
    found = [name for name in names if name in case.fields.texts] + ([word] if other else [])
    for name in found:
        diagnostics.error(
            "malformed-scenario",
            f"`{name}` has no place in this scenario",
            case.span,
            "a project's requests have `resource`, `can`, `path` and `attributes`; those of raw documents `action`, `resource_arn`, `context`",
        )


def _run(case: Case, file: str, asker: _InDocuments | _InProject, coverage: Coverage | None) -> TestResult:
    diagnostics = Diagnostics()
    outcome = asker.ask(case, diagnostics)
    if outcome is not None and not diagnostics.has_errors:
        if coverage is not None:
            coverage.add_outcome(outcome)
        problem = unmet(case.expect, outcome)
        if problem is None and case.error and case.error not in outcome.error:
            problem = f"expected the caller to see `{case.error}`, but it sees `{outcome.error or 'no error'}`"
        if problem is not None:
            diagnostics.add(Diagnostic("test-failed", problem, case.expect.span, story(outcome), Severity.ERROR))
    return TestResult(case.label, file, case.span, not diagnostics.has_errors, tuple(diagnostics.sorted()), 1)
