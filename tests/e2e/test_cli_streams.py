"""Streams that are closed or full: the status says so, and nothing else changes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from policyc.cli import exits

ROOT = Path(__file__).parent.parent.parent
FULL = Path("/dev/full")
#: command lines that write a report, and their status when it can be written
WRITERS = {
    "-V": 0,
    "--help": 0,
    "check --help": 0,
    "check --no-cache": 0,
    "check": 0,
    "explain lattice": 0,
    "test": 0,
    "build --format sarif": 0,
    "simulate inventory --who order_fn --can GET --path /x": 10,
}
#: command lines that write nothing to standard output
SILENT = {"build -q": 0, "fmt": 0, "check --format concise": 0, "check --output report.txt": 0}

pytestmark = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("streams")
    assert shell(folder, "init -q", "")[0] == 0
    assert shell(folder, "check", "")[0] == 0  # from here on the cache answers `check`
    return folder


def shell(folder: Path, command: str, redirect: str) -> tuple[int, str]:
    environ = os.environ | {"PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(folder / "cache")}
    line = f'exec "{sys.executable}" -m policyc {command} {redirect}'
    done = subprocess.run(
        ["/bin/sh", "-c", line], cwd=folder, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("command", WRITERS)
@pytest.mark.parametrize("redirect", [">/dev/full", ">&-"])
def test_a_report_that_cannot_be_written_is_status_2_and_one_line(project: Path, command: str, redirect: str) -> None:
    status, err = shell(project, command, redirect)
    assert status == exits.WRONG_USE
    reason = "no space left on device" if "full" in redirect else "it is closed"
    assert err == f"error: standard output cannot be written: {reason}\n"


@pytest.mark.parametrize("command", SILENT)
@pytest.mark.parametrize("redirect", [">/dev/full", ">&-"])
def test_without_a_report_the_stream_does_not_matter(project: Path, command: str, redirect: str) -> None:
    status, err = shell(project, command, redirect)
    assert status == SILENT[command] and "error" not in err


@pytest.mark.parametrize(("at", "command"), [*enumerate([*WRITERS, *SILENT, "chekc"])])
def test_messages_that_cannot_be_written_change_nothing(project: Path, at: int, command: str) -> None:
    redirect = (">/dev/null 2>/dev/full", ">/dev/null 2>&-")[at % 2]
    assert shell(project, command, redirect)[0] == {**WRITERS, **SILENT, "chekc": 2}[command]


@pytest.mark.parametrize("command", ["check -", "fmt -", "simulate --request -", "lsp"])
def test_a_closed_standard_input_is_wrong_use(project: Path, command: str) -> None:
    status, err = shell(project, command, "<&-")
    assert status == exits.WRONG_USE and "error: standard input is closed" in err


def test_a_language_server_whose_answers_nobody_takes_ends(project: Path) -> None:
    asked = '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}'
    (project / "asked").write_bytes(f"Content-Length: {len(asked)}\r\n\r\n{asked}".encode())
    for redirect, reason in ((">/dev/full", "no space left on device"), (">&-", "is closed")):
        status, err = shell(project, "lsp", f"<asked {redirect}")
        assert status == exits.WRONG_USE and reason in err and "Traceback" not in err


def test_a_current_folder_that_is_gone_is_wrong_use(project: Path) -> None:
    line = f'rmdir "$PWD" && exec "{sys.executable}" -m policyc check'
    (project / "gone").mkdir()
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["/bin/sh", "-c", line],
        cwd=project / "gone",
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2 and "the current folder cannot be used" in done.stderr


def test_a_reader_that_goes_away_ends_the_run_quietly(project: Path) -> None:
    status, err = shell(project, "explain list", "| head -n 1 >/dev/null")
    assert status == 0 and err == ""
