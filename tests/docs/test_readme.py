"""The first page: its commands are run as they stand, and print what stands there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from policyc.__main__ import main

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
_CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = [part.partition("\n") for block in _CONSOLE.findall(TEXT) for part in block.split("$ ")[1:]]


@pytest.mark.parametrize(("command", "expected"), [(command, told) for command, _, told in COMMANDS])
def test_commands(
    command: str, expected: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "80")
    program, *words = shlex.split(command)
    assert program == "policyc"
    main([*words, *(["--no-cache"] if words[0] == "check" else [])])
    assert capsys.readouterr().out == expected


def test_there_are_some() -> None:
    assert {command.split()[1] for command, _, _ in COMMANDS} == {"check", "diff"}


def test_every_command_that_is_named_exists() -> None:
    from policyc.cli.app import COMMANDS as KNOWN

    blocks = "\n".join(re.findall(r"^```[a-z]*\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))
    named = set(re.findall(r"policyc ([a-z]+)", blocks)) | set(re.findall(r"`policyc ([a-z]+)", TEXT))
    assert named <= set(KNOWN), named - set(KNOWN)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#]+)\)", TEXT))))
def test_links_lead_somewhere(target: str) -> None:
    assert (ROOT / target).exists()
