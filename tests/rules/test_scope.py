"""How far each rule looks (`SCOPE`): what one says that looks at one document alone, it says of that document among all others too."""

from __future__ import annotations

from functools import cache

import pytest

from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.lint.needs import looks_at_all, looks_at_others
from policyc.lint.raw.sets import joined
from policyc.lint.registry import RULES, _module, rule
from policyc.targets.iam_documents.kinds import KINDS
from policyc.text import Source
from policyc.workspace.documents.native_json import stated
from policyc.workspace.documents.native_settings import NativeSettings
from policyc.workspace.documents.native_texts import check_texts
from tests.rules.test_lint_rules import ALL_CASES, MARKS

ALONE = frozenset(name for name in RULES if not looks_at_others(name))
#: every document on the page of a rule, with its kind
DOCUMENTS = [
    (f"{case.rule}-{case.number}-{at}", kind, MARKS.sub(lambda mark: " " * len(mark[0]), text))
    for case in ALL_CASES
    if case.kind
    for at, (kind, text) in enumerate([*case.documents, (case.kind, case.text)])
]


def found(documents: list[tuple[str, str, str]]) -> list[Diagnostic]:
    texts = [
        (Source(f"{name}{'.cedar' if kind == 'cedar' else '.json'}", text), ".cedar" if kind == "cedar" else ".json")
        for name, kind, text in documents
    ]
    kinds = {source.file: kind for (source, _), (_, kind, _) in zip(texts, documents, strict=True) if kind in KINDS}
    told = Diagnostics()
    check_texts(texts, told, NativeSettings(select=ALONE), kinds)
    return told.sorted()


@cache
def found_alone() -> tuple[Diagnostic, ...]:
    return tuple(item for document in DOCUMENTS for item in found([document]))


@pytest.mark.parametrize("name", RULES)
def test_a_rule_says_how_far_it_looks(name: str) -> None:
    assert _module(name).SCOPE in ("document", "tied", "set")
    assert looks_at_others(name) is (rule(name).scope != "document")
    assert looks_at_all(name) is (rule(name).scope == "set")


@pytest.mark.parametrize("step", [1, -2])
def test_among_others_a_document_has_the_findings_that_it_has_alone(step: int) -> None:
    policies = [
        policy
        for name, kind, text in DOCUMENTS
        if kind in KINDS and (policy := stated(Source(f"{name}.json", text), NativeSettings(kind=kind))) is not None
    ]
    some = DOCUMENTS[::step]
    assert all(
        old is new for old, new in zip(policies, joined(policies), strict=True)
    )  # none is another's network here
    names = {f"{name}{'.cedar' if kind == 'cedar' else '.json'}" for name, kind, _ in some}
    alone = [item for item in found_alone() if item.span is not None and item.span.file in names]
    assert found(some) == sorted(alone, key=Diagnostic.sort_key)
    assert len(alone) > 50
