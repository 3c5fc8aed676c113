"""The line that says how far long work is: on a terminal, after a second, wiped at the end; nowhere else."""

from __future__ import annotations

import io
import os
import pty
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from policyc.cli import progress
from policyc.cli.app import run
from policyc.cli.console import Console
from policyc.cli.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CI", "GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION", "TERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "60")


def shown(stream: io.StringIO, seconds: list[float], *told: tuple[str, int, int], quiet: bool = False) -> str:
    clock: Iterator[float] = iter([0.0, *seconds])
    with Progress(Console(None, stream, quiet=quiet), lambda: next(clock)) as telling:
        for what, done, total in told:
            telling(what, done, total)
    return stream.getvalue()


THREE = (("pairs", 10, 40), ("pairs", 20, 40), ("pairs", 30, 40))


def test_nothing_is_said_within_a_second() -> None:
    assert shown(Terminal(), [0.1, 0.5, 0.99], *THREE) == ""


def test_later_one_line_is_written_over_and_wiped() -> None:
    text = shown(Terminal(), [0.5, 1.5, 3.0], *THREE)
    assert text == "\r\x1b[Kpairs: 20 of 40\r\x1b[Kpairs: 30 of 40\r\x1b[K"


def test_lines_keep_a_pace() -> None:
    assert shown(Terminal(), [2.0, 2.1, 2.15], *THREE) == "\r\x1b[Kpairs: 10 of 40\r\x1b[K"


def test_without_a_total_it_says_how_fast() -> None:
    assert shown(Terminal(), [2.0], ("records", 5000, 0)) == "\r\x1b[Krecords: 5,000, 2,500 a second\r\x1b[K"


def test_a_long_or_hostile_text_stays_on_its_line() -> None:
    text = shown(Terminal(), [2.0], ("x" * 100 + "\x1b[2J", 0, 0))
    assert text == "\r\x1b[K" + "x" * 59 + "\r\x1b[K"
    assert "\x1b[2J" not in shown(Terminal(), [2.0], ("\x1b[2J", 0, 0))


def test_pipes_quiet_runs_and_build_servers_see_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(io.StringIO(), [2.0, 3.0, 4.0], *THREE) == ""
    assert shown(Terminal(), [2.0, 3.0, 4.0], *THREE, quiet=True) == ""
    monkeypatch.setenv("TERM", "dumb")
    assert shown(Terminal(), [2.0, 3.0, 4.0], *THREE) == ""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("CI", "true")
    assert shown(Terminal(), [2.0, 3.0, 4.0], *THREE) == ""


def test_a_terminal_that_is_gone_stops_nothing() -> None:
    class Gone(Terminal):
        def write(self, text: str) -> int:
            raise OSError(5, "Input/output error")

    shown(Gone(), [2.0, 3.0, 4.0], *THREE)


EXAMPLE = Path(__file__).parents[1] / "golden" / "cloudwan_emit" / "every_form" / "output.json"


def test_a_comparison_tells_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`build --diff` on a real terminal, with patience taken away: the line comes up, and the report is whole behind it."""
    monkeypatch.setattr(progress, "_PATIENCE", -1.0)
    monkeypatch.setattr(progress, "_PACE", 0.0)
    monkeypatch.chdir(tmp_path)
    shutil.copy(EXAMPLE, "core.json")
    Path("inv.json").write_text(
        '{"attachments": {"a": {"type": "vpc", "region": "us-east-1", "cidrs": ["10.0.0.0/16"]}}}'
    )
    main, side = pty.openpty()
    out = io.StringIO()
    monkeypatch.setattr("sys.stdout", out)
    with os.fdopen(side, "w", encoding="utf-8") as stream:
        monkeypatch.setattr("sys.stderr", stream)
        status = run(["build", "--diff", "core.json", "--network", "core.json", "--attachments", "inv.json"])
        told = ""
        while "2 of 2" not in told or not told.endswith("\r\x1b[K"):
            told += os.read(main, 10_000).decode()
    os.close(main)
    assert (status, out.getvalue().count("no change")) == (0, 3)
    assert "networks put together: 1 of 2" in told
