"""Coverage by doing: a small program per entry of a vocabulary, checked, emitted and asked twice.

An entry is covered when its program has no error, its native word stands in an emitted document, and two requests that
differ in it alone get different answers. What the tool refuses has to be refused by the named rule.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from policyc.diagnostics import Diagnostics
from policyc.simulation.runner import run_tests
from policyc.targets.base import Document
from policyc.targets.program import emit_documents, load_program
from policyc.targets.schema_check import check_documents


@dataclass(frozen=True)
class Row:
    """One line of the table: what was shown about an entry."""

    parsed: str
    emitted: str
    simulated: str


@dataclass(frozen=True)
class Claim:
    """One entry and how to prove it.

    `text` is a whole program; its inline tests state the answers that must differ. `find` gives what an emitted document
    says about the entry, or an empty text. `simulated` is what the table says when the tests hold; without tests it has to
    give a reason. `refused` names the rule that has to refuse the program instead. `beside` are documents that somebody else
    put on its resources, `files` further files of the project: (name, text).
    """

    section: str
    entry: str
    text: str
    find: Callable[[Document], str] | None = None
    document: str = ""
    simulated: str = "yes"
    emitted: str = ""
    refused: str = ""
    tests: int = 2
    proof: Callable[[Claim], Row] | None = None
    beside: tuple[tuple[str, str, str], ...] = ()
    files: tuple[tuple[str, str], ...] = ()

    @property
    def id(self) -> str:
        return f"{self.section}: {self.entry}"


@dataclass
class Built:
    """A program that was compiled: documents by path, rule names of errors, results of its tests."""

    documents: dict[str, Document]
    errors: list[str]
    messages: list[str]
    failed: list[str]
    passed: int
    labels: list[str] = field(default_factory=list)


def compile_text(
    text: str, beside: tuple[tuple[str, str, str], ...] = (), files: tuple[tuple[str, str], ...] = ()
) -> Built:
    """Check, emit and test one program; `beside` are documents that others put on its resources: (resource, role, JSON)."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        for name, told in (("probe.policy", text), *files):
            (root / name).write_text(told, encoding="utf-8")
        diagnostics = Diagnostics()
        program = load_program(root, [root / "probe.policy"], {}, diagnostics)
        documents: list[Document] = []
        if not diagnostics.has_errors:
            documents = [item for group in emit_documents(program, diagnostics).values() for item in group]
        if not diagnostics.has_errors:
            check_documents(documents, diagnostics, thorough=True)
        found = [item for item in diagnostics.sorted() if item.severity == "error"]
        rules, messages = [item.rule for item in found], [f"{item.rule}: {item.message}" for item in found]
        if rules:
            return Built({}, rules, messages, [], 0)
        for name, role, held in beside:
            on = program.resources[f"probe.policy#{name}"]
            path = f"object_lambda/{name}.json"
            documents.append(Document(path, "object_lambda/given", held, name, on.id, role, on.span))
        results = run_tests(program, documents)
        failed = [
            f"{result.label}: {finding.message} ({finding.help})"
            for result in results
            for finding in result.findings
            if not result.passed
        ]
        passed = sum(1 for result in results if result.passed)
        return Built({item.path: item for item in documents}, [], [], failed, passed)


def prove(claim: Claim) -> Row:
    """The row that the program earns; an AssertionError says what does not hold."""
    if claim.proof is not None:
        return claim.proof(claim)
    built = compile_text(claim.text, claim.beside, claim.files)
    if claim.refused:
        assert claim.refused in built.errors, f"not refused by {claim.refused}: {built.messages or 'no error'}"
        return Row(f"refused: `{claim.refused}`", "", "")
    assert not built.errors, built.messages
    emitted = claim.emitted
    if claim.find is not None:
        chosen = [item for path, item in built.documents.items() if path.startswith(claim.document)]
        assert chosen, f"no document {claim.document} among {sorted(built.documents)}"
        said = [text for item in chosen for text in [claim.find(item)] if text]
        assert said, f"not in {[item.text for item in chosen]}"
        emitted = emitted or said[0]
    assert emitted, "the claim does not say what is emitted"
    assert not built.failed, built.failed
    assert built.passed == claim.tests, f"{built.passed} tests, not {claim.tests}"
    return Row("yes", emitted, claim.simulated)


def unproven(section: str, entry: str) -> Claim:
    """A claim that fails, for an entry of a vocabulary that nobody has shown to work yet."""

    def proof(claim: Claim) -> Row:
        raise AssertionError(f"nothing shows that `{claim.entry}` is parsed, emitted and simulated: add a claim")

    return Claim(section, entry, "", proof=proof)


# --- finding things in documents --------------------------------------------------------------------------------


def statements(document: Document) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(document.text)["Statement"]
    return found


def condition_key(key: str) -> Callable[[Document], str]:
    """Finds the operators under which a document tests a condition key."""

    def find(document: Document) -> str:
        operators = [
            operator
            for statement in statements(document)
            for operator, tests in statement.get("Condition", {}).items()
            if key in tests
        ]
        return f"`{operators[0]}` `{key}`" if operators else ""

    return find


def action(name: str, key: str = "", value: str = "") -> Callable[[Document], str]:
    """Finds an action, together with a test of a key when the verb needs one."""

    def find(document: Document) -> str:
        for statement in statements(document):
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            tested = not key or any(tests.get(key) == value for tests in statement.get("Condition", {}).values())
            if name in actions and tested:
                return f"`{name}`" + (f" with `{value}`" if key else "")
        return ""

    return find


def text_with(needle: str) -> Callable[[Document], str]:
    """Finds a piece of the document's text."""
    return lambda document: f"`{needle}`" if needle in document.text else ""


def walk_keys(schema: dict[str, Any]) -> Iterator[str]:
    """Every property name of a JSON Schema, at any depth."""
    stack: list[Any] = [schema]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            yield from node.get("properties", {})
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)
