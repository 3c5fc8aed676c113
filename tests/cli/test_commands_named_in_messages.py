"""Every command that a message names can be typed: `policyc explain X` answers, and of the others command and options exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from policyc.cli.app import parser_of, run

ROOT = Path(__file__).parent.parent.parent
_COMMAND = re.compile(r"`policyc ([a-z][^`{]*)`")


def named() -> list[str]:
    """The commands, as they stand in the program and in the descriptions of its errors."""
    files = [*(ROOT / "policyc").rglob("*.py"), *(ROOT / "schemas").rglob("*.json")]
    return sorted({found.strip() for file in files for found in _COMMAND.findall(file.read_text(encoding="utf-8"))})


def test_there_are_such_commands() -> None:
    assert {"explain switches", "explain rules", "check"} <= set(named())


@pytest.mark.parametrize("command", [one for one in named() if re.fullmatch(r"explain [a-z_.]+", one)])
def test_what_explain_is_said_to_know_it_knows(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command.split()) == 0
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize("command", [one for one in named() if not one.startswith("explain ")])
def test_commands_and_their_options_exist(command: str) -> None:
    name, *words = command.split()
    known = parser_of(name)._option_string_actions
    assert all(word in known for word in words if word.startswith("-") and word != "-")
