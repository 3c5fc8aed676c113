"""Which rules a program needs (`NEEDS`, `schemas/rule_needs.json`): those that are left out would find nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from policyc.data import data_root, read_text
from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.lint import registry
from policyc.lint.examples import FILES
from policyc.lint.needs import FILE, WORDS
from policyc.lint.raw.rules import lint_documents
from policyc.lint.registry import RULES, families, run_rules
from policyc.syntax.json_text import parse_json
from policyc.targets.iam_documents.kinds import KINDS
from policyc.targets.iam_documents.read import read_policy
from policyc.targets.program import emit_documents, load_program
from policyc.targets.registry import resource_types
from policyc.text import Source
from policyc.workspace.documents.native_settings import NativeSettings
from policyc.workspace.documents.native_texts import check_texts
from tests.rules.test_lint_rules import ALL_CASES, MARKS, Case

#: every program of these folders, besides the cases of all rules
PROJECTS = sorted(
    {path.parent for folder in ("policies", "tests/golden") for path in (data_root() / folder).rglob("*.policy")}
)


def findings_of_case(case: Case, folder: Path) -> Callable[[], Diagnostics]:
    """What finds everything that all rules say of a case."""
    found = Diagnostics()
    if not case.kind:
        for file, body in (*FILES.items(), *case.others, ("case.policy", case.text)):
            (folder / file).write_text(body, encoding="utf-8")
        program = load_program(folder, [Path("case.policy")], {}, found)
        documents = emit_documents(program, found)
        return lambda: _filled(lambda told: run_rules(program, documents, told))
    if case.kind == "cedar":
        source = Source("case.cedar", _unmarked(case.text))
        return lambda: _filled(lambda told: check_texts([(source, ".cedar")], told, NativeSettings()))
    policies, sources = [], []
    for number, (kind, text) in enumerate([*case.documents, (case.kind, case.text)]):
        source = Source(f"{kind}-{number}.json", _unmarked(text))
        tree = parse_json(source, found)
        assert tree is not None
        policies.append(read_policy(tree, KINDS[kind], source.file))
        sources.append(source)
    return lambda: _filled(lambda told: lint_documents(policies, sources, told))


def _unmarked(text: str) -> str:
    return MARKS.sub(lambda mark: " " * len(mark[0]), text)


def _filled(fill: Callable[[Diagnostics], None]) -> Diagnostics:
    found = Diagnostics()
    fill(found)
    return found


def held_against_all(find: Callable[[], Diagnostics], monkeypatch: pytest.MonkeyPatch) -> list[Diagnostic]:
    """The findings, which are the same when every rule of the families runs."""
    chosen = list(find())

    def all_of(present: frozenset[str], _traits: frozenset[str]) -> list[str]:
        return [name for name in RULES if families()[name] in present]

    with monkeypatch.context() as patched:
        patched.setattr(registry, "rules_for", all_of)
        assert chosen == list(find())
    return chosen


@pytest.mark.parametrize("name", RULES)
def test_a_rule_left_out_of_its_cases_and_of_others_would_find_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    for case in ALL_CASES:
        if case.rule == name:
            (folder := tmp_path / str(case.number)).mkdir()
            told += held_against_all(findings_of_case(case, folder), monkeypatch)
    assert name in {item.rule for item in told}


@pytest.mark.parametrize("folder", PROJECTS, ids=lambda folder: folder.name)
def test_a_rule_left_out_of_a_project_would_find_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = sorted(path.relative_to(folder) for path in folder.glob("*.policy"))
    program = load_program(folder, names, {}, Diagnostics())
    held_against_all(lambda: _filled(lambda told: run_rules(program, (), told)), monkeypatch)


def test_every_trait_that_a_rule_needs_is_one_that_programs_have() -> None:
    needs = json.loads(read_text(FILE))["needs"]
    assert needs.keys() <= set(RULES)
    known = {*WORDS, *KINDS, "cedar", *resource_types()}
    for name, items in needs.items():
        for trait in (trait for item in items for trait in item):
            assert trait in known or ":" in trait or trait.startswith(("http_request", "tcp_flow")), (name, trait)
        assert all(items), name


def test_a_rule_that_the_file_lacks_always_runs() -> None:
    assert registry.may_speak("a-new-rule", ())
    assert not registry.may_speak("unused-import", ())
