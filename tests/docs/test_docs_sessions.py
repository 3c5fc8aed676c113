"""The tutorial, the page on replays and the how-tos are typed in as they stand: files are written, commands run in order in one empty folder, outputs compared.

A block with a file's name behind its language (```json auth.json) is that file from there on. A `console` block holds commands
behind `$ ` with what they print; `policyc` runs in this process, `git` outside. `POLICYC_UPDATE=1` writes the outputs anew.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from policyc.__main__ import main

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ["tutorial.md", "replay.md", *sorted(f"how-to/{page.name}" for page in (DOCS / "how-to").glob("*.md"))]
_BLOCK = re.compile(r"^```(?P<info>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_GIT = {
    "GIT_AUTHOR_NAME": "Ana",
    "GIT_AUTHOR_EMAIL": "ana@example.com",
    "GIT_COMMITTER_NAME": "Ana",
    "GIT_COMMITTER_EMAIL": "ana@example.com",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def typed(page: str, say: Callable[[str], str]) -> str:
    """The page with the outputs that its commands have now."""

    def block(found: re.Match[str]) -> str:
        language, _, name = found["info"].partition(" ")
        if name:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text(found["text"], encoding="utf-8")
        if language != "console":
            return found[0]
        commands = [part.partition("\n")[0] for part in re.split(r"^\$ ", found["text"], flags=re.MULTILINE)[1:]]
        return "```console\n" + "".join(f"$ {command}\n{say(command)}" for command in commands) + "```"

    return _BLOCK.sub(block, page)


@pytest.mark.parametrize("name", PAGES)
def test_page(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "stock"
    place.mkdir()
    monkeypatch.chdir(place)
    for variable, value in {**_GIT, "COLUMNS": "80", "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}.items():
        monkeypatch.setenv(variable, value)

    def say(command: str) -> str:
        program, *words = shlex.split(command, comments=True)
        if program == "git":
            done = subprocess.run([program, *words], capture_output=True, text=True, check=True)
            return done.stdout
        assert program == "policyc", command
        status = main([*words, *(["--no-cache"] if words[0] == "check" else [])])
        assert status not in (2, 3), capsys.readouterr()
        return capsys.readouterr().out

    text = (DOCS / name).read_text(encoding="utf-8")
    now = typed(text, say)
    if os.environ.get("POLICYC_UPDATE") == "1":
        (DOCS / name).write_text(now, encoding="utf-8", newline="\n")
    assert now == text, "what stands there is not what is printed: run with POLICYC_UPDATE=1"


def test_links_lead_somewhere() -> None:
    for page in [DOCS.parent / "README.md", *DOCS.glob("*.md"), *(DOCS / "how-to").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert "://" in target or (page.parent / target).exists(), f"{page.name}: {target}"
