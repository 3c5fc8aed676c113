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


NEVER = OPEN.replace(
    '"Resource": "*"', '"Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalType": "anonymous"}}'
)


@pytest.mark.parametrize(
    ("config", "status"),
    [
        ("", 1),
        ('select = ["header-as-proof"]', 0),
        ('select = ["value-never-matches"]', 1),
        ('select = ["header-as-proof", "all"]', 1),
        ('ignore = ["value-never-matches", "condition-never-holds"]', 0),
        ('severity = { value-never-matches = "info" }', 0),
    ],
)
def test_rules_are_chosen_as_for_policy_files(
    config: str, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert check(tmp_path, monkeypatch, f"[lint]\n{config}\n", NEVER) == status


NETWORK = """{"version": "2021.12",
  "core-network-configuration": {"asn-ranges": ["64512-64555"], "edge-locations": [{"location": "us-east-1"}]},
  "segments": [{"name": "prod"}]}"""


def test_rules_are_chosen_for_core_networks_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def rules(config: str) -> str:
        (tmp_path / "core.json").write_text(NETWORK)
        (tmp_path / "policyc.toml").write_text(config)
        monkeypatch.chdir(tmp_path)
        main(["check", "core.json"])
        return capsys.readouterr().out

    assert "segment-nobody-joins" in rules("")
    assert "segment-nobody-joins" in rules('[lint]\nselect = ["segment-nobody-joins"]\n')
    assert "segment-nobody-joins" not in rules('[lint]\nselect = ["lonely-segment"]\n')


PER_PATH = '[lint.per-path."{}"]\nignore = ["{}"]\nreason = "the price list is public"\n'


@pytest.mark.parametrize(
    ("config", "status"),
    [
        (PER_PATH.format("auth.json", "open-to-anonymous"), 0),
        (PER_PATH.format("*.json", "open-to-anonymous"), 0),
        (PER_PATH.format("other/*.json", "open-to-anonymous"), 1),
        (PER_PATH.format("auth.json", "header-as-proof"), 1),
        ('[lint.per-path."auth.json"]\nignore = ["open-to-anonymous"]\n', 2),
        ('[lint.per-path."auth.json"]\nignores = ["open-to-anonymous"]\nreason = "x"\n', 2),
    ],
)
def test_findings_that_are_meant_in_one_file(
    config: str, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reason is needed, and only the files and rules that are named are silent."""
    assert check(tmp_path, monkeypatch, config) == status


def test_an_error_stays_in_a_file_with_meant_findings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = OPEN.replace('"Effect": "Allow", ', "")
    assert check(tmp_path, monkeypatch, PER_PATH.format("auth.json", "missing-effect"), broken) == 1
