"""A condition whose operator is missing is a syntax error, and the check of the mended tree goes on."""

from __future__ import annotations

from pathlib import Path

from policyc.diagnostics import Diagnostics
from policyc.targets.program import load_program

TEXT = """resource staff: verified_access.group {
  trust: { idc: iam_identity_center, jamf: jamf },
resource payroll: verified_access.endpoint {
  group: staff,
policy payroll_access for verified_access on payroll {
  allow "finance" {
    when finance
 idc.groups and jamf.risk in ["LOW", "SECURE"]"""


def test_a_missing_operator_before_an_attribute_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.policy").write_text(TEXT, encoding="utf-8")
    diagnostics = Diagnostics()
    load_program(tmp_path, [tmp_path / "a.policy"], {}, diagnostics)
    said = [item for item in diagnostics if item.rule == "syntax-error"]
    assert any(item.span is not None and TEXT[item.span.start :].startswith("idc") for item in said)
