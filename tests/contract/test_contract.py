"""The contract over the registry, and over back ends that break one part of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Policy
from policyc.ir.program import Program
from policyc.targets.base import Document, Native
from policyc.targets.program import emit_documents, load_program
from policyc.targets.registry import TARGETS, back_end, networks, resource_types, target
from tests.contract.contract import lacking

ROOT = Path(__file__).parents[2]


@cache
def examples() -> Program:
    diagnostics = Diagnostics()
    program = load_program(ROOT, sorted((ROOT / "policies").rglob("*.policy")), {}, diagnostics)
    assert not diagnostics.has_errors
    return program


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_every_back_end_keeps_the_contract(name: str) -> None:
    assert list(lacking(back_end(name), examples())) == []


@pytest.mark.parametrize("name", sorted(set(TARGETS) - networks()))
def test_every_example_is_answered(name: str) -> None:
    """Each inline test of the examples asks, and each answer names its gates; every target that takes requests is asked."""
    from policyc.simulation.runner import run_tests

    diagnostics = Diagnostics()
    documents = [item for group in emit_documents(examples(), diagnostics).values() for item in group]
    asked = [
        test
        for test in examples().tests
        if any(
            (found := examples().resources.get(word)) is not None and resource_types()[found.type].target == name
            for word in _addressed(test)
        )
    ]
    takes = any(kind.target == name and kind.requests for kind in resource_types().values())
    assert bool(asked) is takes
    seen: list[Any] = []
    program = examples()
    results = run_tests(replace(program, tests=tuple(asked)), documents, "", seen.append)
    assert all(result.passed for result in results)
    assert all(outcome.gates for outcome in seen) and len(seen) >= len(asked)


def _addressed(test: Any) -> list[str]:
    ids = {resource.name: resource.id for resource in examples().resources.values()}
    steps = [getattr(step, "resource", None) for step in test.node.steps]
    return [ids[str(getattr(step, "text", ""))] for step in steps if getattr(step, "text", "") in ids]


# --- it can fail ------------------------------------------------------------------------------------------------


class Changed:
    """A target with one part replaced."""

    def __init__(self, inner: Any, parts: Mapping[str, Any]) -> None:
        self._inner, self._parts = inner, parts

    def __getattr__(self, name: str) -> Any:
        return self._parts[name] if name in self._parts else getattr(self._inner, name)


def _emit(change: Any) -> Any:
    def emit(program: Program, diagnostics: Diagnostics) -> Sequence[Document]:
        return [change(item) for item in target("lattice").emit(program, diagnostics)]

    return emit


def _read(change: Any) -> Any:
    def read(native: Native, diagnostics: Diagnostics) -> Policy | None:
        found = target("lattice").read(native, diagnostics)
        return None if found is None else change(found)

    return read


def _without_places(policy: Policy) -> Policy:
    return replace(policy, statements=tuple(replace(item, span=None) for item in policy.statements))


NUMBERS = count()


@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        ({"folder": "nowhere"}, "no vocabulary.json in schemas/nowhere"),
        ({"name": "nobody"}, "the vocabulary is that of lattice"),
        ({"name": "nobody"}, "no docs/targets/nobody.md"),
        ({"name": "nobody"}, "`explain` does not know nobody"),
        ({"name": "nobody"}, "no example under policies/"),
        ({"called": ""}, "no name"),
        ({"document": ""}, "policies become no kind of document"),
        ({"emit": lambda program, diagnostics: ()}, "no document comes of the examples"),
        ({"emit": _emit(lambda item: replace(item, text=f"{next(NUMBERS)}\n"))}, "two runs write different documents"),
        ({"emit": _emit(lambda item: replace(item, kind="lattice/unheard"))}, "has no schema"),
        ({"emit": _emit(lambda item: replace(item, kind="identity/policy"))}, "of the kind of another target"),
        ({"emit": _emit(lambda item: replace(item, text='{"Version": 1}\n'))}, "document-breaks-schema"),
        ({"kinds": {}}, "is of no kind that it reads"),
        ({"read": lambda native, diagnostics: None}, "is not read"),
        ({"read": lambda native, diagnostics: None}, "is refused without a word"),
        ({"read": _read(lambda policy: replace(policy, statements=policy.statements[1:]))}, "parts are written, and"),
        ({"read": _read(_without_places)}, "does not stand at its place"),
        ({"scope": lambda on, resources: {}}, "sees no attribute"),
        (
            {"vocabulary": lambda: target("lattice").vocabulary().altered(hints={}, clauses={"who": "forbidden"})},
            "clauses has no doc or source",
        ),
        (
            {
                "vocabulary": lambda: (
                    target("lattice")
                    .vocabulary()
                    .altered(
                        attributes={
                            name: replace(item, source="")
                            for name, item in target("lattice").vocabulary().attributes.items()
                        }
                    )
                )
            },
            "method has no doc or source",
        ),
    ],
)
def test_a_broken_back_end_is_told(parts: Mapping[str, Any], fault: str) -> None:
    broken: Any = Changed(target("lattice"), parts)
    found = []
    for one in lacking(broken, examples()):
        found.append(one)
        if fault in one:
            return
    pytest.fail(f"not told: {found}")
