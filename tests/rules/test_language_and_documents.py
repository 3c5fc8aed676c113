"""A policy in the language and the documents that it becomes get the same findings, by the rule: each rule on each policy of the case files,
as it stands and as what is emitted of it, which is read back like anybody's document."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from policyc.diagnostics import Diagnostics
from policyc.ir.program import Program
from policyc.lint.registry import RULES, Settings, run_rules
from policyc.targets.program import emit_documents, load_program
from policyc.text import Source
from policyc.workspace.documents.native_settings import NativeSettings
from policyc.workspace.documents.native_texts import check_texts
from tests.rules.test_lint_rules import FILES, Case, cases

#: why a rule may find another thing in one of the two
SOURCE = "it is about the text of a policy file, or its project"
WIRING = "what it needs to know of resources stands in no document"
CHAIN = "which documents belong to one chain is told by the declarations"
DIFFERENT = {
    "auth-without-policy": WIRING,
    "caller-without-identity-policy": WIRING,
    "claim-not-in-sample": "a declared claim stands in the group",
    "condition-always-holds": "what an endpoint always has is known from its protocol; alternatives become statements of their own",
    "condition-never-holds": "denies are written into permits; in Cedar the reader says what no documented value passes",
    "every-operation-allowed": CHAIN,
    "everyone-allowed": "a document does not say that another one narrows it",
    "function-cannot-answer": CHAIN,
    "get-and-head-apart": CHAIN,
    "group-without-policy": WIRING,
    "implied-test": "what two tests of a key come to may be written as one",
    "nobody-checks": WIRING,
    "one-list-call-transformed": CHAIN,
    "open-to-anonymous": "a network's policy may close what a service's opens, and which network that is stands in no document",
    "originals-readable-directly": CHAIN,
    "policy-not-active": WIRING,
    "policy-without-test": SOURCE,
    "reads-the-original": CHAIN,
    "redundant-value": "what stands twice is written once",
    "static-route-before-attachment": "the inventory is named in the project",
    "template-in-text": "a policy variable is plain text in the language, and its document says so",
    "unlabelled-statement": SOURCE,
    "unused-declaration": SOURCE,
    "unused-import": SOURCE,
    "unverified-email": "the group's policy may ask what the endpoint's does not",
}


def found_twice(case: Case, root: Path) -> tuple[bool, bool] | None:
    """Whether the rule of a case finds something in the policy, and in its documents; None for a policy with errors."""
    for name, body in (*FILES.items(), *case.others, ("case.policy", case.text)):
        (root / name).write_text(body, encoding="utf-8")
    diagnostics = Diagnostics()
    program = load_program(root, [root / "case.policy"], {}, diagnostics)
    if diagnostics.has_errors:
        return None
    documents = [item for held in emit_documents(program, diagnostics).values() for item in held]
    own, read = Diagnostics(), Diagnostics()
    run_rules(program, documents, own, Settings(select=frozenset({case.rule})))
    texts = [
        (Source(item.path, item.text), item.path[item.path.rindex(".") :])
        for item in documents
        if not item.kind.startswith("cloudwan/")
    ]
    check_texts(texts, read, NativeSettings(select=frozenset({case.rule}), trust=trust_of(program)))
    return tuple(any(item.rule == case.rule for item in found) for found in (own, read))  # type: ignore[return-value]


def trust_of(program: Program) -> dict[str, str]:
    """The trust providers of the groups by the names that their texts have for them."""
    found: dict[str, str] = {}
    for resource in program.resources.values():
        value = resource.get("trust") if resource.type == "verified_access.group" else None
        pairs = value.data if value is not None and isinstance(value.data, tuple) else ()
        found |= {str(name): str(word.data) for name, word in pairs}  # type: ignore[misc]
    return found


def pairs(name: str) -> Iterator[tuple[bool, bool]]:
    for case in cases(name):
        if not case.kind:
            with TemporaryDirectory() as folder:
                told = found_twice(case, Path(folder))
            if told is not None:
                yield told


@pytest.mark.parametrize("name", RULES)
def test_a_rule_finds_in_documents_what_it_finds_in_the_language(name: str) -> None:
    alike = all(own is read for own, read in pairs(name))
    assert alike is (name not in DIFFERENT), f"{name} {'no longer differs' if alike else 'differs'}"
