"""Links in a circle and names that are too long are the user's mistakes, never internal errors."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.running import said as policyc

GOOD = 'let shop: account = "111122223333"\nresource r: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, auth: none }\n'
LONG = "a" * 5000


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "policyc.toml").write_text('[project]\nname = "x"\npaths = ["src"]\n', encoding="utf-8")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.policy").write_text(GOOD, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("command", [["check", "--no-cache"], ["check"], ["fmt", "--check"], ["build"], ["test"]])
def test_a_folder_may_hold_a_link_that_leads_in_a_circle(project: Path, command: list[str]) -> None:
    (project / "src" / "loop").symlink_to("loop")
    status, said = policyc(project, *command)
    assert status in (0, 1, 4), said
    assert "circle" not in said and "loop" not in said


def test_a_policy_file_that_is_a_circle_is_reported(project: Path) -> None:
    (project / "src" / "loop.policy").symlink_to("loop.policy")
    status, said = policyc(project, "check")
    assert status == 1 and "`loop.policy`" in said


def test_a_circle_named_on_the_command_line_is_wrong_use(project: Path) -> None:
    (project / "loop").symlink_to("loop")
    status, said = policyc(project, "check", "loop")
    assert status == 2 and "`loop`" in said


def test_a_configured_path_that_is_too_long_does_not_exist(project: Path) -> None:
    (project / "policyc.toml").write_text(f'[project]\npaths = ["{LONG}"]\n', encoding="utf-8")
    status, said = policyc(project, "check")
    assert status == 2 and "missing-path" in said


def test_an_import_that_is_too_long_is_reported(project: Path) -> None:
    (project / "src" / "a.policy").write_text(f'use "{LONG}.policy" {{ x }}\n' + GOOD, encoding="utf-8")
    status, said = policyc(project, "check")
    assert status == 1 and "internal error" not in said


@pytest.mark.parametrize("name", [LONG, "loop"])
@pytest.mark.parametrize("key", ["project", "documents"])
def test_a_scenario_that_names_such_a_path_is_reported(project: Path, name: str, key: str) -> None:
    (project / "loop").symlink_to("loop")
    asked = {"resource": "r", "expect": "allow"} if key == "project" else {"action": "s3:GetObject", "expect": "deny"}
    scenario = {key: [name] if key == "project" else {"identity": name}, "requests": [asked]}
    (project / "s.json").write_text(json.dumps(scenario), encoding="utf-8")
    status, said = policyc(project, "test", "s.json")
    assert status in (1, 2) and "internal error" not in said
    assert any(rule in said for rule in ("path-outside-root", "missing-path", "missing-file", "unreadable-file")), said


@pytest.mark.parametrize(
    "argv",
    [
        ["check", LONG],
        ["check", f"{LONG}.json"],
        ["check", "--root", LONG],
        ["check", "--config", LONG],
        ["check", "--output", LONG],
        ["check", "--output", f"x/{LONG}/y"],
        ["check", "-", "--stdin-filename", f"{LONG}.policy"],
        ["fmt", LONG],
        ["test", LONG],
        ["simulate", "--request", LONG],
        ["simulate", "r", "--in", LONG],
        ["simulate", "--identity", LONG, "--who", "x", "--action", "s3:x"],
        ["simulate", "--group-policy", f"{LONG}.cedar", "--context", LONG],
        ["routes", f"{LONG}.json"],
        ["graph", f"{LONG}.json", "--attachments", LONG],
        ["build", "--diff", LONG],
        ["init", LONG],
        ["explain", LONG],
    ],
    ids=lambda argv: " ".join(argv)[:40],
)
def test_a_name_that_is_too_long_is_wrong_use(project: Path, argv: list[str]) -> None:
    status, said = policyc(project, *argv)
    assert status == 2 and "internal error" not in said


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
@pytest.mark.parametrize("command", [["check", "--no-cache"], ["fmt", "--check"], ["build"], ["test"]])
def test_a_folder_that_may_not_be_read_is_reported(project: Path, command: list[str]) -> None:
    (project / "src" / "hidden").mkdir(mode=0)
    try:
        status, said = policyc(project, *command)
        assert status == 1 and "unreadable-file" in said
    finally:
        (project / "src" / "hidden").chmod(0o700)


def test_a_root_that_is_no_folder_is_the_one_mistake(project: Path) -> None:
    status, said = policyc(project, "check", "--root", "nope")
    assert status == 2 and "`nope` is no folder" in said and "1 error" in said


def test_a_pipe_called_like_a_policy_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.policy")
    status, said = policyc(tmp_path, "check", "x.policy")
    assert status == 1 and "`x.policy` is no regular file" in said
