"""Every lint rule: its documentation, its two examples, and the cases of `<rule>.md` beside this file.

A case file holds ```policy blocks, each a whole file beside `shop.policy`; a line that a finding starts on ends in
`// finding: rule-name`. A block opened as ```policy file=name.policy is another file for the blocks after it; one opened as
```json as=KIND is an IAM document of that kind, one opened as ```cedar a Cedar text, marked alike (the marks are taken out before it is read). A
document with file=name.json is checked together with the next one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.engines.iam.document import compile_document
from policyc.lint.examples import FILES
from policyc.lint.raw.rules import lint_documents
from policyc.lint.registry import RULES, Settings, rule, run_rules
from policyc.lint.rule import HEADINGS
from policyc.syntax.json_text import parse_json
from policyc.targets.iam_documents.kinds import KINDS
from policyc.targets.iam_documents.read import read_policy
from policyc.targets.program import emit_documents, load_program
from policyc.text import Source
from policyc.workspace.documents.native_settings import NativeSettings
from policyc.workspace.documents.native_texts import check_texts

HERE = Path(__file__).parent
BLOCK = re.compile(r"^```(?:policy|json as=(\S+)|(cedar))(?: file=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = re.compile(r"// finding: ([a-z-]+)$")
MARKS = re.compile(r"// finding: [a-z-]+ *$", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    rule: str
    number: int
    text: str
    others: tuple[tuple[str, str], ...]
    kind: str = ""
    documents: tuple[tuple[str, str], ...] = ()

    def expected(self) -> list[tuple[int, str]]:
        return [
            (number, found[1])
            for number, line in enumerate(self.text.splitlines(), 1)
            if (found := MARK.search(line.rstrip()))
        ]


def cases(name: str) -> Iterator[Case]:
    others: list[tuple[str, str]] = []
    documents: list[tuple[str, str]] = []
    path = HERE / f"{name}.md"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    for number, (native, cedar, file, body) in enumerate(BLOCK.findall(text), 1):
        kind = native or cedar
        if file:
            documents += [(kind, body)] if kind else []
            others += [] if kind else [(file, body)]
        else:
            yield Case(name, number, body, tuple(others), kind, tuple(documents))
            documents = []


ALL_CASES = [case for name in RULES for case in cases(name)]


def lint(tmp_path: Path, text: str, name: str, others: tuple[tuple[str, str], ...] = ()) -> list[Diagnostic]:
    """The findings of one rule in `case.policy`; the program has to compile and its documents to be emitted."""
    for file, body in (*FILES.items(), *others, ("case.policy", text)):
        (tmp_path / file).write_text(body, encoding="utf-8")
    diagnostics = Diagnostics()
    program = load_program(tmp_path, [Path("case.policy")], {}, diagnostics)
    assert not diagnostics.has_errors, "\n".join(f"{item.rule}: {item.message}" for item in diagnostics)
    documents = emit_documents(program, diagnostics)
    assert not diagnostics.has_errors, "\n".join(f"{item.rule}: {item.message}" for item in diagnostics)
    found = Diagnostics()
    run_rules(program, documents, found, Settings(select=frozenset({name})))
    for item in found:
        check_style(item)
    return [item for item in found if item.span is not None and item.span.file == "case.policy"]


def lint_cedar(text: str, name: str) -> list[Diagnostic]:
    """The findings of one rule in a Cedar text."""
    source = Source("case.cedar", MARKS.sub(lambda mark: " " * len(mark[0]), text))
    found = Diagnostics()
    check_texts([(source, ".cedar")], found, NativeSettings(select=frozenset({name})))
    for item in found:
        check_style(item)
    return [item for item in found if item.rule == name]


def lint_documents_of(documents: Sequence[tuple[str, str]], name: str) -> list[Diagnostic]:
    """The findings of one rule in IAM documents (kind, text) that are checked together; the engine's reader has to take each."""
    policies, sources = [], []
    for number, (kind, text) in enumerate(documents):
        source = Source(f"{kind}-{number}.json", MARKS.sub(lambda mark: " " * len(mark[0]), text))
        diagnostics = Diagnostics()
        tree = parse_json(source, diagnostics)
        assert tree is not None
        compile_document(tree, KINDS[kind].engine, diagnostics)
        assert not diagnostics.has_errors, "\n".join(f"{item.rule}: {item.message}" for item in diagnostics)
        policies.append(read_policy(tree, KINDS[kind], source.file))
        sources.append(source)
    found = Diagnostics()
    lint_documents(policies, sources, found, Settings(select=frozenset({name})))
    for item in found:
        check_style(item)
    return list(found)


def lint_case(case: Case) -> list[Diagnostic]:
    """The findings in the last document of a case; those beside it are checked with it."""
    if case.kind == "cedar":
        return lint_cedar(case.text, case.rule)
    documents = [*case.documents, (case.kind, case.text)]
    own = f"{case.kind}-{len(documents) - 1}.json"
    return [item for item in lint_documents_of(documents, case.rule) if item.span and item.span.file == own]


def check_style(item: Diagnostic) -> None:
    assert item.rule != "rule-crashed", item.message
    assert item.message and item.help and item.span is not None, item
    assert not item.message.endswith(".") and not item.help.endswith("."), item
    assert not re.match(r"[A-Z]", item.message) and not re.match(r"[A-Z]", item.help), item
    assert item.message.count("`") % 2 == 0 and item.help.count("`") % 2 == 0, item


def lines(text: str, found: list[Diagnostic]) -> list[tuple[int, str]]:
    return sorted((text.count("\n", 0, item.span.start) + 1, item.rule) for item in found if item.span is not None)


@pytest.mark.parametrize("case", ALL_CASES, ids=lambda case: f"{case.rule}-{case.number}")
def test_case(case: Case, tmp_path: Path) -> None:
    if case.kind:
        found = lint_case(case)
    else:
        found = lint(tmp_path, case.text, case.rule, case.others)
    assert lines(case.text, found) == sorted(case.expected()), [item.message for item in found]


@pytest.mark.parametrize("name", RULES)
def test_every_rule_has_a_bad_and_a_good_case(name: str) -> None:
    expected = [case.expected() for case in cases(name)]
    assert any(expected), f"tests/rules/{name}.md has no bad case"
    assert not all(expected), f"tests/rules/{name}.md has no good case"
    assert {marked for case in expected for _, marked in case} == {name}


@pytest.mark.parametrize("name", RULES)
def test_the_bad_example_is_found(name: str, tmp_path: Path) -> None:
    assert example_findings(name, "Example", tmp_path)


@pytest.mark.parametrize("name", RULES)
def test_the_better_example_is_clean(name: str, tmp_path: Path) -> None:
    text = rule(name).example("Use instead")
    assert text.strip()
    assert [item.message for item in example_findings(name, "Use instead", tmp_path)] == []


def example_findings(name: str, heading: str, tmp_path: Path) -> list[Diagnostic]:
    documents = rule(name).example_documents(heading)
    return lint_documents_of(documents, name) if documents else lint(tmp_path, rule(name).example(heading), name)


@pytest.mark.parametrize("name", RULES)
def test_documentation_has_its_headings(name: str) -> None:
    doc = rule(name).doc
    headings = [line[3:] for line in doc.splitlines() if line.startswith("## ")]
    assert headings == list(HEADINGS)
    assert all(rule(name).section(heading) for heading in HEADINGS)
    assert rule(name).summary.endswith(".") and not rule(name).summary.startswith("#")
    assert re.fullmatch(r"(https://\S+\s*)+|The language itself; see docs/language.md.", rule(name).section("Source"))


def test_every_case_file_belongs_to_a_rule() -> None:
    assert {path.stem for path in HERE.glob("*.md")} == set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_no_rule_crashes_on_the_cases_of_another(name: str, tmp_path: Path) -> None:
    for number, text in enumerate(
        [case.text for case in cases(name) if case.kind != "cedar"] + [rule(name).example("Example")]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        for file, body in FILES.items():
            (folder / file).write_text(body, encoding="utf-8")
        (folder / "case.policy").write_text(text, encoding="utf-8")
        found = Diagnostics()
        run_rules(load_program(folder, [Path("case.policy")], {}, Diagnostics()), [], found)
        for item in found:
            check_style(item)


def test_the_worked_examples_give_no_finding_that_matters() -> None:
    diagnostics = Diagnostics()
    root = HERE.parent.parent
    program = load_program(root, [root / "policies"], {}, diagnostics)
    assert program.policies and program.networks and not diagnostics.has_errors
    found = Diagnostics()
    run_rules(program, [], found)
    assert [(item.rule, item.message) for item in found if item.severity is not Severity.INFO] == []
