"""The documents of `lattice_emit/input.policy`, byte by byte: auth policies and the identity policy that goes with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policyc.data import read_text
from policyc.diagnostics import Diagnostics
from policyc.ir.program import Program
from policyc.shape import misfits
from policyc.targets.base import Document
from policyc.targets.program import load_program
from policyc.targets.registry import target

FOLDER = Path(__file__).parent / "lattice_emit"


@pytest.fixture(scope="module")
def program() -> Program:
    diagnostics = Diagnostics()
    loaded = load_program(FOLDER, [FOLDER / "input.policy"], {}, diagnostics)
    assert list(diagnostics) == []
    return loaded


@pytest.fixture(scope="module")
def documents(program: Program) -> list[Document]:
    diagnostics = Diagnostics()
    found = [item for name in ("lattice", "identity") for item in target(name).emit(program, diagnostics)]
    assert list(diagnostics) == []
    return found


def test_documents(documents: list[Document]) -> None:
    expected = {
        f"{file.parent.name}/{file.name}": json.loads(file.read_text(encoding="utf-8"))
        for file in (FOLDER / "expected").glob("*/*.json")
    }
    assert {item.path: json.loads(item.text) for item in documents} == expected


def test_the_text_is_the_expected_files_without_their_spaces(documents: list[Document]) -> None:
    """The order of keys and values counts too; the expected files are indented for people."""
    for item in documents:
        held = json.loads((FOLDER / "expected" / item.path).read_text(encoding="utf-8"))
        assert item.text == json.dumps(held, ensure_ascii=False, separators=(",", ":"))
        assert "\n" not in item.text


def test_additions(documents: list[Document]) -> None:
    lines = [f"{item.path} {entry.pointer}: {entry.message}\n" for item in documents for entry in item.added]
    assert "".join(lines) == (FOLDER / "expected" / "added.txt").read_text(encoding="utf-8")


def test_every_document_fits_its_schema_and_its_quota(documents: list[Document]) -> None:
    for item in documents:
        schema = json.loads(read_text(f"schemas/{item.kind}.schema.json"))
        assert misfits(json.loads(item.text), schema) == []
        assert item.quota is not None
        assert item.quota.counted <= item.quota.limit
        if item.role != "identity":
            assert item.quota.counted == len(item.text.encode())


def test_the_map_leads_from_each_statement_to_its_source(program: Program, documents: list[Document]) -> None:
    text = program.sources["input.policy"].text
    for item in documents:
        statements = json.loads(item.text)["Statement"]
        assert [entry.pointer for entry in item.map] == [f"/Statement/{index}" for index in range(len(statements))]
        for entry, statement in zip(item.map, statements):
            shown = text[entry.span.start : entry.span.end]
            assert shown.startswith(statement["Effect"].lower())
            assert f'"{entry.label}"' in shown


def test_whose_documents_they_are(documents: list[Document]) -> None:
    assert {item.path: (item.role, item.attached_to) for item in documents} == {
        "lattice/mesh_guard.json": ("network", "input.policy#mesh"),
        "lattice/inventory_auth.json": ("service", "input.policy#inventory"),
        "lattice/tunnel_auth.json": ("service", "input.policy#tunnel"),
        "lattice/rates_auth.json": ("service", "input.policy#rates"),
        "lattice/both_auth.json": ("service", "input.policy#both"),
        "identity/order_calls.json": ("identity", "arn:aws:iam::111122223333:role/order-service"),
    }
