"""Documents of core networks, byte by byte: one folder per case with `input.policy` and `output.json`."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyc.diagnostics import Diagnostics
from policyc.targets.cloud_wan.read import read_document
from policyc.targets.cloud_wan.validate import validate_network
from policyc.targets.program import load_program
from policyc.targets.registry import back_end
from policyc.targets.schema_check import check_documents
from policyc.text import Source

CASES = sorted(path for path in (Path(__file__).parent / "cloudwan_emit").iterdir() if path.is_dir())


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_golden(case: Path) -> None:
    diagnostics = Diagnostics()
    program = load_program(case, [Path("input.policy")], {}, diagnostics)
    (document,) = back_end("cloudwan").emit(program, diagnostics)
    check_documents([document], diagnostics, thorough=True)
    assert len(diagnostics) == 0, [item.message for item in diagnostics]
    assert document.text == (case / "output.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_golden_documents_read_back(case: Path) -> None:
    diagnostics = Diagnostics()
    text = (case / "output.json").read_text(encoding="utf-8")
    network = read_document(Source("output.json", text), diagnostics)
    assert network is not None and validate_network(network, diagnostics) and len(diagnostics) == 0
