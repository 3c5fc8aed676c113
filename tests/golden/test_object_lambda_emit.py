"""The documents of `object_lambda_emit/input.policy`, byte by byte once indented, and what lowering added to them.

Two Object Lambda access points share a supporting access point and a bucket: each resource has one document.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policyc.diagnostics import Diagnostics
from policyc.ir.program import Program
from policyc.targets.object_lambda import TARGET
from policyc.targets.schema_check import check_documents
from tests.alone import checked

FOLDER = Path(__file__).parent / "object_lambda_emit"


@pytest.fixture(scope="module")
def program() -> Program:
    diagnostics = Diagnostics()
    built = checked(TARGET, FOLDER, diagnostics, "input.policy")
    assert list(diagnostics) == []
    return built


def test_documents(program: Program) -> None:
    diagnostics = Diagnostics()
    documents = TARGET.emit(program, diagnostics)
    check_documents(documents, diagnostics, thorough=True)
    assert list(diagnostics) == []
    expected = {file.name: file.read_text(encoding="utf-8") for file in (FOLDER / "expected").glob("*.json")}
    seen = {Path(item.path).name: json.dumps(json.loads(item.text), indent=2) + "\n" for item in documents}
    assert seen == expected
    assert all(item.text == json.dumps(json.loads(item.text), separators=(",", ":")) for item in documents)


def test_additions(program: Program) -> None:
    lines = [
        f"{item.path} {entry.pointer}: {entry.message}\n"
        for item in TARGET.emit(program, Diagnostics())
        for entry in item.added
    ]
    assert "".join(lines) == (FOLDER / "expected" / "added.txt").read_text(encoding="utf-8")


def test_the_map_leads_from_each_statement_to_its_source(program: Program) -> None:
    text = program.sources["input.policy"].text
    for document in TARGET.emit(program, Diagnostics()):
        pointers = {entry.pointer for entry in document.map}
        assert pointers == {f"/Statement/{at}" for at in range(len(json.loads(document.text)["Statement"]))}
        for entry in document.map:
            made = entry.label in ("delegate-to-access-points", "answer-transformed-gets")
            assert text[entry.span.start :].startswith("resource" if made else f'allow "{entry.label}"') or (
                text[entry.span.start :].startswith('deny "old-tls"')
            )
