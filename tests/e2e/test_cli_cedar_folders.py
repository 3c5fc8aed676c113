"""Cedar text is found in folders as policy files are; what `build` wrote is left out, and other endings are told by `--as`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.running import said as policyc

#: `user.email` is a record (reference: verified-access, 2.3), so this never holds
WRONG = '// policyc: trust idc=iam_identity_center\npermit (principal, action, resource) when { context.idc.user.email == "x" };\n'
RIGHT = '// policyc: trust jamf=jamf\npermit (principal, action, resource)\nwhen { context has jamf && context.jamf has risk && context.jamf.risk == "LOW" };\n'
POLICY = """resource g: verified_access.group { trust: { jamf: jamf } }
policy p for verified_access on g { allow "healthy" { when jamf.risk == "LOW" } }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "access").mkdir()
    return tmp_path


def test_a_faulty_text_in_a_folder_is_found(folder: Path) -> None:
    (folder / "access" / "group.cedar").write_text(WRONG, encoding="utf-8")
    status, said = policyc(folder, "check")
    assert status == 1 and "access/group.cedar:2:" in said and "cedar-unlike-kinds" in said


def test_beside_policy_files_too_and_remembered_until_it_changes(folder: Path) -> None:
    (folder / "a.policy").write_text(POLICY, encoding="utf-8")
    text = folder / "access" / "group.cedar"
    text.write_text(RIGHT, encoding="utf-8")
    assert policyc(folder, "check")[0] == 0
    assert policyc(folder, "check")[0] == 0
    text.write_text(WRONG, encoding="utf-8")
    assert policyc(folder, "check")[0] == 1
    text.unlink()
    assert policyc(folder, "check")[0] == 0


def test_a_text_that_comes_is_seen_behind_a_remembered_result(folder: Path) -> None:
    (folder / "a.policy").write_text(POLICY, encoding="utf-8")
    assert policyc(folder, "check")[0] == 0
    (folder / "access" / "group.cedar").write_text(WRONG, encoding="utf-8")
    assert policyc(folder, "check")[0] == 1


def test_what_build_wrote_is_not_searched(folder: Path) -> None:
    (folder / "a.policy").write_text(POLICY, encoding="utf-8")
    assert policyc(folder, "build")[0] == 0
    assert list((folder / "out").rglob("*.cedar"))
    status, said = policyc(folder, "check", "--no-cache", "-q")
    assert status == 0 and "out/" not in said
    assert "out/" not in policyc(folder, "fmt", "--check")[1]


def test_fmt_lays_out_texts_in_folders(folder: Path) -> None:
    text = folder / "access" / "group.cedar"
    text.write_text("permit(principal,action,resource);\n", encoding="utf-8")
    assert policyc(folder, "fmt", "--check")[0] == 1
    assert policyc(folder, "fmt")[0] == 0
    assert policyc(folder, "fmt", "--check")[0] == 0


def test_a_text_with_another_ending_is_told_by_as(folder: Path) -> None:
    (folder / "policy.txt").write_text(WRONG, encoding="utf-8")
    status, said = policyc(folder, "check", "--as", "cedar", "policy.txt")
    assert status == 1 and "policy.txt:2:" in said


def test_an_empty_folder_is_not_clean(folder: Path) -> None:
    assert policyc(folder, "check")[0] == 4
