"""The examples of outsiders.md: what is right is silent, and the one wrong word is found once, at its line, whatever form the policy has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from policyc.cli.app import run

PAGE = Path(__file__).with_name("outsiders.md").read_text(encoding="utf-8")
_USUAL = ("s3:GetObject", "s3:GetObjekt", "unknown-action")


class Example:
    """One repository: `files` by name, the words and the rule, and the place where the wrong one has to be told."""

    def __init__(self, text: str) -> None:
        self.files = {found[1]: found[2] for found in re.finditer(r"^```\w+ (\S+)\n(.*?)^```$", text, re.M | re.S)}
        word = re.search(r"^word: (\S+) / (\S+) (\S+)$", text, re.M)
        self.right, self.wrong, self.rule = word.groups() if word else _USUAL
        file, held = next((name, held) for name, held in self.files.items() if "@@" in held)
        at = re.search(r"^at (\S+)$", text, re.M)
        self.place = at[1] if at else f"{file}:{held[: held.index('@@')].count(chr(10)) + 1}"
        self.told = "no finding" not in text
        self.wrong_only = "skip right" in text
        lost = re.search(r"^unreadable (\d+)$", text, re.M)
        self.unreadable = int(lost[1]) if lost else 0


def _examples() -> Iterator[object]:
    for part in re.split(r"^## ", PAGE, flags=re.M)[1:]:
        yield pytest.param(Example(part), id=part.partition("\n")[0])


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)

    def done(example: Example, word: str) -> list[str]:
        for name, text in example.files.items():
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text(text.replace("@@", word), encoding="utf-8")
        roots = {name.partition("/")[0] if "/" in name else "." for name in example.files}
        run(("check", "--no-cache", "--format", "json", "." if "." in roots else roots.pop()))
        found = json.loads(capsys.readouterr().out)
        assert found["inside"]["documents"] >= 1 and len(found["inside"]["unreadable"]) == example.unreadable
        return [
            f"{item['location']['file']}:{item['location']['start']['line']} {item['rule']}"
            for item in found["findings"]
            if item["severity"] in ("error", "warning")
        ]

    return done


@pytest.mark.parametrize("example", list(_examples()))
def test_the_wrong_word_is_found_and_nothing_else(told, example: Example) -> None:  # type: ignore[no-untyped-def]
    if not example.wrong_only:
        assert told(example, example.right) == []
    assert told(example, example.wrong) == ([f"{example.place} {example.rule}"] if example.told else [])
