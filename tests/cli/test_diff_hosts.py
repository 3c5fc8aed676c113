"""Documents inside other files are not compared, and a change of such a file is never called no change."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyc.__main__ import main

TEMPLATE = """Resources:
  A:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: svc-0123456789abcdef0
      Policy: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: %s, Action: "*", Resource: "*"}]}
"""
CLOSED, OPEN = (TEMPLATE.replace("%s", who) for who in ('{AWS: "111122223333"}', '"*"'))


@pytest.fixture
def sides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in (("old", CLOSED), ("new", OPEN)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "stack.yaml").write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ("old", "new", 11),
        ("old/stack.yaml", "new/stack.yaml", 11),
        ("old", "old", 0),
        ("old/stack.yaml", "old/stack.yaml", 0),
    ],
)
def test_a_changed_template_is_not_settled(
    old: str, new: str, status: int, sides: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", old, new]) == status
    told = capsys.readouterr().out
    assert ("the same for all requests" in told) == (status == 0)
    assert ("compared as text only" in " ".join(told.split())) == (status == 11)
