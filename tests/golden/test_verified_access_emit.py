"""The documents of `verified_access_emit/input.policy`, byte by byte, with what lowering added and where lines came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyc.diagnostics import Diagnostics
from policyc.ir.program import Program
from policyc.targets.verified_access import TARGET
from tests.alone import checked

FOLDER = Path(__file__).parent / "verified_access_emit"


@pytest.fixture(scope="module")
def program() -> Program:
    diagnostics = Diagnostics()
    built = checked(TARGET, FOLDER, diagnostics, "input.policy")
    assert list(diagnostics) == []
    return built


def test_documents(program: Program) -> None:
    documents = {Path(item.path).name: item for item in TARGET.emit(program, Diagnostics())}
    expected = {file.name: file.read_text(encoding="utf-8") for file in (FOLDER / "expected").glob("*.cedar")}
    assert {name: item.text for name, item in documents.items()} == expected
    assert {item.role for item in documents.values()} == {"group", "endpoint"}
    assert all(item.kind == "" and item.quota is None for item in documents.values())


def test_additions(program: Program) -> None:
    lines = [
        f"{item.path} {entry.pointer}: {entry.message}\n"
        for item in TARGET.emit(program, Diagnostics())
        for entry in item.added
    ]
    assert "".join(lines) == (FOLDER / "expected" / "added.txt").read_text(encoding="utf-8")


def test_the_map_leads_from_each_part_to_its_source(program: Program) -> None:
    """A statement of the text to its statement; a deny that is written into the permits from each of them, and from its own place."""
    source = program.sources["input.policy"]
    for document in TARGET.emit(program, Diagnostics()):
        lines = document.text.splitlines()
        policy = next(policy for policy in program.policies if policy.name == document.owner)
        assert {entry.label for entry in document.map} == {statement.label for statement in policy.statements}
        for entry in document.map:
            at = int(entry.pointer.removeprefix("line ")) - 1
            word = {"permit": "allow", "forbid": "deny"}.get(lines[at].split(" ")[0], "deny")
            assert source.text[entry.span.start :].startswith(f'{word} "{entry.label}"')
            if lines[at].startswith(" "):
                assert lines[at - 1] == f"  // unless: {entry.label}"
            elif lines[at].startswith("//"):
                assert lines[at].startswith(f"// {entry.label}: written into each permit")
    moved = [
        (item.path, [entry.pointer for entry in item.map if entry.label == "retired browsers"])
        for item in TARGET.emit(program, Diagnostics())
    ]
    assert moved[0] == ("verified_access/staff_policy.cedar", ["line 24", "line 44", "line 58"])
