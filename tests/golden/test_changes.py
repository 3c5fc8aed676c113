"""Worked changes: what `diff` says of each, as a reviewer reads it. `docs/changes.md` is made of them; `POLICYC_UPDATE=1` writes it again."""

from __future__ import annotations

import difflib
import os
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from policyc.__main__ import main

HERE = Path(__file__).parent / "changes"
PAGE = Path(__file__).parents[2] / "docs" / "changes.md"
CASES = sorted(folder for folder in HERE.iterdir() if folder.is_dir())
HEAD = """# Worked changes

What [`policyc diff`](diff.md) says of changes that reviewers meet. The files are in `tests/golden/changes`, and each output is what the command
prints.
"""
#: what a page shows of a file that is long
_CONTEXT = 2


def told(folder: Path) -> tuple[str, str, str]:
    """The title of a change, why it matters, and the command."""
    title, why, command = (folder / "about.md").read_text(encoding="utf-8").strip().split("\n\n")
    return title, why, command.strip()


def difference(folder: Path) -> Iterator[str]:
    """What changes in the files, as people see it in a pull request; nothing for a file that knows both sides."""
    before = sorted((folder / "old").iterdir()) if (folder / "old").is_dir() else sorted(folder.glob("old.*"))
    for old in before:
        new = folder / "new" / old.name if old.parent != folder else folder / old.name.replace("old.", "new.")
        lines = [path.read_text(encoding="utf-8").splitlines() for path in (old, new)]
        yield from list(difflib.unified_diff(*lines, old.name, new.name, lineterm="", n=_CONTEXT))[2:]


@pytest.fixture
def output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What each command prints, in a folder of its own."""
    found = {}
    for folder in CASES:
        here = tmp_path / folder.name
        shutil.copytree(folder, here)
        monkeypatch.chdir(here)
        status = main(shlex.split(told(folder)[2])[1:])
        written = capsys.readouterr()
        assert status in (0, 1) and not written.err, (folder.name, status, written.err)
        assert (status == 0) == (written.out == "the same for all requests\n"), folder.name
        found[folder.name] = written.out
    return found


def test_the_page_shows_what_the_commands_print(output: dict[str, str]) -> None:
    parts = [HEAD]
    for folder in CASES:
        title, why, command = told(folder)
        shown = "\n".join(difference(folder))
        block = f"```diff\n{shown}\n```\n\n" if shown else ""
        parts.append(f"## {title}\n\n{why}\n\n{block}```console\n$ {command}\n{output[folder.name]}```\n")
    page = "\n".join(parts)
    if os.environ.get("POLICYC_UPDATE"):
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page


def test_there_are_twenty_and_each_is_told_once() -> None:
    assert len(CASES) >= 20
    assert len({told(folder)[0] for folder in CASES}) == len(CASES)


def test_lines_fit_a_terminal(output: dict[str, str]) -> None:
    """Lines without a long word in them stay within 80 columns."""
    for name, text in output.items():
        for line in text.splitlines():
            assert len(line) <= 80 or max(map(len, line.split())) > 40, (name, line)
