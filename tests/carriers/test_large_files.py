"""A file that is too large to read is told when a policy seems to stand in it, wherever that is."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyc.__main__ import main
from policyc.workspace.documents import native_text
from policyc.workspace.documents.native_text import Sort, recognize

POLICY = b'{"Effect": "Allow", "Action": "*"}'


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native_text, "_LARGEST", 4_096)
    monkeypatch.setattr(native_text, "_PIECE", 1_024)


@pytest.mark.parametrize("at", [0, 1_010, 1_024, 3_000, 7_990])
def test_a_policy_is_seen_wherever_it_stands(at: int, tmp_path: Path) -> None:
    path = tmp_path / "big.json"
    path.write_bytes(b" " * at + POLICY + b" " * (8_000 - at))
    assert recognize(path) is Sort.INSIDE


def test_other_large_files_are_none_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "big.json"
    path.write_bytes(b'{"a": 1}' * 2_000)
    assert recognize(path) is Sort.OTHER


def test_check_does_not_call_it_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("big.json").write_bytes(b" " * 8_000 + POLICY)
    assert main(["check", "--no-cache", "."]) != 0
    assert "big.json" in "".join(capsys.readouterr())
