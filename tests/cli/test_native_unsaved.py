"""A document that is not saved is checked as its text stands in the editor."""

from __future__ import annotations

from pathlib import Path

from policyc.diagnostics import Diagnostics
from policyc.workspace.documents.native_files import check_natives
from policyc.workspace.documents.native_settings import NativeSettings


def test_the_text_that_is_not_saved_is_the_one_that_is_checked(tmp_path: Path) -> None:
    (tmp_path / "role.json").write_text("{")
    typed = '{"Version": "2012-10-17", "Statement": []}'
    found = Diagnostics()
    sources = check_natives(
        tmp_path, [tmp_path / "role.json"], found, NativeSettings(), {"role.json": typed}.get
    ).sources
    assert sources["role.json"].text == typed
    assert not any(item.rule.startswith("json-") for item in found)
    check_natives(tmp_path, [tmp_path / "role.json"], found, NativeSettings())
    assert any(item.rule.startswith("json-") for item in found)
