"""Code in the documentation: every `policy` block parses, and those marked `policy check` are whole programs without findings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from policyc.__main__ import main
from policyc.diagnostics import Diagnostics
from policyc.syntax.parser import parse
from policyc.text import Source

ROOT = Path(__file__).parents[2]
#: the pages of findings have tests of their own: `test_finding_pages.py`, `tests/rules`
PAGES = sorted([*(page for page in (ROOT / "docs").rglob("*.md") if page.parent.name != "rules"), ROOT / "README.md"])
_BLOCK = re.compile(r"^```policy(?P<mark>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
MARKS = ("", "check")


def blocks() -> Iterator[tuple[str, str, str]]:
    """(place, mark, text) of every block."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in _BLOCK.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            yield f"{page.relative_to(ROOT).as_posix()}:{line}", found["mark"].strip(), found["text"]


BLOCKS = list(blocks())
WHOLE = [block for block in BLOCKS if block[1] == "check"]


#: what a block may be: a file, or a piece that stands in one of these places
PLACES = (
    "{}",
    "policy page for lattice on page {{\n{}\n}}",
    'policy page for lattice on page {{ allow "page" {{\n{}\n}} }}',
    'network page for cloudwan version "2025.11" {{\n{}\n}}',
)


@pytest.mark.parametrize("block", BLOCKS, ids=[block[0] for block in BLOCKS])
def test_block_parses(block: tuple[str, str, str]) -> None:
    place, mark, text = block
    assert mark in MARKS or mark.endswith(".policy"), f"{place}: unknown mark `{mark}`"
    found = [_mistakes(place, pattern.format(text)) for pattern in (PLACES[:1] if mark else PLACES)]
    assert [] in found, found[0]


def _mistakes(place: str, text: str) -> list[str]:
    diagnostics = Diagnostics()
    parse(Source(place, text), diagnostics)
    return [f"{item.rule}: {item.message}" for item in diagnostics]


@pytest.mark.parametrize("block", WHOLE, ids=[block[0] for block in WHOLE])
def test_whole_program_checks_clean(
    block: tuple[str, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "page.policy").write_text(block[2], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    status = main(["check", "--no-cache", "--format", "concise"])
    shown = capsys.readouterr()
    assert status == 0, shown.out + shown.err
    if "\ntest " in block[2] or block[2].startswith("test "):
        status = main(["test", "--format", "concise"])
        shown = capsys.readouterr()
        assert status == 0, shown.out + shown.err


def test_every_target_has_a_whole_program() -> None:
    """Each page of a target shows one that checks, builds and tests."""
    for page in sorted((ROOT / "docs" / "targets").glob("*.md")):
        place = page.relative_to(ROOT).as_posix()
        assert any(block[0].startswith(place) for block in WHOLE), f"{place} has no `policy check` block"
