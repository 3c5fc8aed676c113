"""`[lint]` of policyc.toml counts for native documents too: warnings can be ignored or raised, errors stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyc.__main__ import main

OPEN = """{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*",
  "Action": "vpc-lattice-svcs:Invoke", "Resource": "*"}]}"""


def check(folder: Path, monkeypatch: pytest.MonkeyPatch, config: str, text: str = OPEN) -> int:
    (folder / "auth.json").write_text(text)
    (folder / "policyc.toml").write_text(config)
    monkeypatch.chdir(folder)
    return int(main(["check", "auth.json", "--as", "auth-policy"]))


def test_a_warning_can_be_ignored_or_turned_into_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert check(tmp_path, monkeypatch, "") == 1
    assert check(tmp_path, monkeypatch, '[lint]\nignore = ["open-to-anonymous"]\n') == 0
    assert check(tmp_path, monkeypatch, '[lint.severity]\nopen-to-anonymous = "info"\n') == 0


def test_an_error_cannot_be_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = OPEN.replace('"Effect": "Allow", ', "")
    assert check(tmp_path, monkeypatch, '[lint]\nignore = ["missing-effect", "open-to-anonymous"]\n', broken) == 1
