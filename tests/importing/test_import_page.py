"""docs/import.md: its documents are written down and its commands run one after the other, with the output that the page shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from policyc.__main__ import main

PAGE = Path(__file__).parents[2] / "docs" / "import.md"
_BLOCK = re.compile(r"^```(json|cedar|yaml|console)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    commands = 0
    for kind, name, text in _BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if kind != "console":
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
            continue
        for block in re.split(r"^\$ policyc ", text, flags=re.MULTILINE)[1:]:
            command, _, wanted = block.partition("\n")
            status = main(shlex.split(command))
            shown = capsys.readouterr()
            assert (shown.out + shown.err, status) == (wanted, 0), command
            commands += 1
    assert commands >= 5
