"""The page on `diff`: its documents are compared by its commands, and the output stands there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from policyc.__main__ import main

PAGE = (Path(__file__).parents[2] / "docs" / "diff.md").read_text(encoding="utf-8")
_JSON = re.compile(r"`(\w+\.json)`:\n\n```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_commands_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    documents = _JSON.findall(PAGE)
    assert [name for name, _ in documents] == ["old.json", "new.json"]
    for name, text in documents:
        Path(name).write_text(text, encoding="utf-8")
    commands = [part for block in _CONSOLE.findall(PAGE) for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]
    assert commands
    for part in commands:
        command, _, expected = part.partition("\n")
        main(shlex.split(command)[1:])
        assert capsys.readouterr().out == expected
