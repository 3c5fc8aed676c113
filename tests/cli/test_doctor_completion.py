"""`doctor` and `completion`: what helpers and shells ask."""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from policyc.__main__ import main
from policyc.cli import doctor
from policyc.cli.app import COMMANDS
from policyc.cli.completion import SHELLS


def facts(capsys: pytest.CaptureFixture[str], status: int) -> dict[str, tuple[str, str]]:
    assert main(["doctor", "--format", "json"]) == status
    data = json.loads(capsys.readouterr().out)
    return {f"{item['group']} {item['name']}": (item["value"], item["help"]) for item in data["facts"]}


def test_all_is_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "-q", str(tmp_path)]) == 0
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path.parent))
    told = facts(capsys, 0)
    assert told["project policy files"] == ("2", "")
    assert told["project root"][0] == f"~/{tmp_path.name}"
    assert told["packages cedarpy"][0][0].isdigit()


def test_what_is_off_has_a_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policyc.toml").write_text("[nonsense]\n")

    def nothing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(doctor, "version", nothing)
    told = facts(capsys, 1)
    assert "nonsense" in told["project mistake"][0]
    assert told["packages cedarpy"][1] == "without it Cedar text cannot be judged: `pip install cedarpy`"
    # what an extra brings may be missing
    assert told["packages pygls"] == ("not installed; for texts in an editor", "")


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_is_in_the_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in COMMANDS)
    assert "--baseline" in text


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_commands_options_and_values(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "bash"]) == 0
    script = capsys.readouterr().out

    def offered(*words: str) -> set[str]:
        line = f"COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; _shtab_policyc; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        done = subprocess.run(["bash", "-c", script + "\n" + line], capture_output=True, text=True, check=False)
        return set(done.stdout.split())

    assert offered("policyc", "che") == {"check"}
    assert {"--base", "--baseline"} <= offered("policyc", "check", "--bas")
    assert "sarif" in offered("policyc", "check", "--format", "s")
    assert offered("policyc", "check", "--as", "auth") == {"auth-policy"}


@pytest.mark.parametrize("shell", SHELLS)
def test_what_a_shell_shows_beside_words_is_text_for_people(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "{formats}" not in script
    assert "bash, zsh, fish" not in script  # each of them is offered already


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish")
def test_fish_completes_commands_and_values(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "fish"]) == 0
    script = capsys.readouterr().out

    def offered(line: str) -> list[str]:
        asked = ["fish", "-c", f'{script}\ncomplete -C "{line}"']
        done = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=30)
        return [one.partition("\t")[0] for one in done.stdout.splitlines()]

    assert offered("policyc che") == ["check"]
    assert "sarif" in offered("policyc check --format ")


def test_an_unknown_shell(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "nu"]) == 2
    assert "choose one of" in capsys.readouterr().err
