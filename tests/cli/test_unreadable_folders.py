"""A folder that cannot be read is told by every command that looks into folders: what lies in it was not looked at."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from policyc.cli.app import run

DOCUMENT = """{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "111122223333"},
 "Action": "vpc-lattice-svcs:Invoke", "Resource": "*"}]}"""

POLICY = """let shop: account = "111122223333"
resource stock: lattice.service { id: "svc-0123456789abcdef0", at: shop/us-west-2, auth: aws_iam }
policy p for lattice on stock { allow "a" { who role(shop, "orders") } }
"""


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a document in a folder and another folder that nobody may read."""
    for name in ("open", "closed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "auth.json").write_text(DOCUMENT, encoding="utf-8")
    (tmp_path / "open" / "p.policy").write_text(POLICY, encoding="utf-8")
    (tmp_path / "policyc.toml").write_text('[project]\npaths = ["open"]\n', encoding="utf-8")
    real = os.scandir

    def scandir(path: Any = ".") -> Any:
        if Path(os.fspath(path)).name == "closed":
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (["list", "."], 1),
        (["list", "closed"], 1),
        (["check", "."], 1),
        (["import", ".", "-o", "written"], 1),
        (["replay", "closed"], 4),
        (["replay", "."], 4),
    ],
    ids=lambda item: " ".join(item) if isinstance(item, list) else "",
)
def test_a_closed_folder_is_told(
    closed: Path, capsys: pytest.CaptureFixture[str], command: list[str], status: int
) -> None:
    found = run(command)
    told = capsys.readouterr()
    text = " ".join((told.out + told.err).split())
    assert "cannot be read" in text and "permission denied" in text and "closed" in text
    assert found == status


def test_what_can_be_read_is_listed_beside_it(closed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["list", "."])
    assert "open/auth.json:1" in capsys.readouterr().out
