"""The commands of docs/templates.md print what the page says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from policyc.__main__ import main

PAGE = (Path(__file__).parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")
FILES = re.compile(r"^```\w+ file=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUNS = [
    (command, output)
    for block in re.findall(r"^```console\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    for command, output in re.findall(r"^\$ policyc (.*)\n((?:(?!\$ ).*\n?)*)", block, re.MULTILINE)
    if output
]


@pytest.mark.parametrize(("command", "output"), RUNS, ids=[command for command, _ in RUNS])
def test_a_command_prints_what_the_page_says(
    command: str, output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in FILES.findall(PAGE):
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    main(shlex.split(command))
    assert capsys.readouterr().out == output


def test_there_are_some() -> None:
    assert len(RUNS) == 3
