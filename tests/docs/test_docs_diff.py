"""The pages on `diff`, `prove` and Terraform: their documents are asked by their commands, and the output stands there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from policyc.__main__ import main

DOCS = Path(__file__).parents[2] / "docs"
_JSON = re.compile(r"`(\w+\.(?:json|tf|policy))`:\n\n```(?:json|hcl|policy)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("diff.md", ["old.json", "new.json"]),
        ("prove.md", ["shop.policy", "bucket.json"]),
        ("who.md", ["shop.policy"]),
        ("terraform.md", ["main.tf"]),
    ],
)
def test_commands_of_the_page(
    page: str, names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (DOCS / page).read_text(encoding="utf-8")
    documents = _JSON.findall(text)
    assert [name for name, _ in documents] == names
    for name, body in documents:
        Path(name).write_text(body, encoding="utf-8")
    commands = [part for block in _CONSOLE.findall(text) for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]
    assert commands
    for part in commands:
        command, _, expected = part.partition("\n")
        main(shlex.split(command)[1:])
        assert capsys.readouterr().out == expected
