"""docs/build-to.md: its policies are written down, its commands run one after the other, and the files that it shows are those that come out."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from policyc.__main__ import main

PAGE = Path(__file__).parents[2] / "docs" / "build-to.md"
_BLOCK = re.compile(r"^```(policy|yaml|hcl|console)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    commands = 0
    policies = iter(("policies/stock.policy", "decides/stages.policy"))
    for kind, name, text in _BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if kind == "policy":
            name = next(policies)
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        elif name.startswith("templates/"):
            (tmp_path / "templates").mkdir()
            (tmp_path / name).write_text(text, encoding="utf-8")
        elif kind != "console":
            assert (tmp_path / name).read_text(encoding="utf-8") == text, name
        else:
            for block in re.split(r"^\$ policyc ", text, flags=re.MULTILINE)[1:]:
                command, _, wanted = block.partition("\n")
                status = main(shlex.split(command))
                shown = capsys.readouterr()
                assert shown.out + shown.err == wanted, command
                assert status == (1 if "error" in wanted or "differs" in wanted else 0)
                commands += 1
    assert commands >= 4
