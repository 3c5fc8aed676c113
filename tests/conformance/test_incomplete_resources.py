"""A resource whose required field was refused has no ARN: its policies are not asked for limits, and nothing crashes."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyc.diagnostics import Diagnostics
from policyc.targets.program import load_program

REST = """
principal caller = role("444455556666", "caller")
policy guard for lattice on inventory { allow "all" { who anyone } }
policy calls for identity on caller { allow "call" { can invoke on inventory } }
"""
CASES = {
    # an account number of eleven digits
    'let shop: account = "11112222333"\n'
    'resource inventory: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, auth: aws_iam }': {
        "malformed-value"
    },
    'resource inventory: lattice.service { id: "svc-XYZ", at: "111122223333"/us-west-2, auth: aws_iam }': {
        "malformed-value"
    },
    'resource inventory: lattice.service { id: "svc-0a1b2c3d4e5f67890", auth: aws_iam }': {"missing-field"},
}


@pytest.mark.parametrize("declaration", CASES)
def test_only_the_refused_field_is_reported(declaration: str, tmp_path: Path) -> None:
    (tmp_path / "a.policy").write_text(declaration + REST, encoding="utf-8")
    diagnostics = Diagnostics()
    load_program(tmp_path, [tmp_path / "a.policy"], {}, diagnostics)
    assert {item.rule for item in diagnostics if item.severity == "error"} == CASES[declaration]
