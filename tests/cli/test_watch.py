"""`--watch`: what runs again, when, and how it ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from threading import Timer

import pytest

from policyc.__main__ import main
from policyc.cli import watch


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "-q"]) == 0
    return tmp_path / "policies" / "shop.policy"


def rounds(monkeypatch: pytest.MonkeyPatch, *edits: tuple[Path, str, str]) -> list[list[str]]:
    """Let the file system tell of these edits, one after another, and then end."""
    asked: list[list[str]] = []

    def changes(folders: list[str]) -> Iterator[list[str]]:
        asked.append(folders)
        for path, old, new in edits:
            text = path.read_text()
            assert old in text
            path.write_text(text.replace(old, new))
            yield [path.name]

    monkeypatch.setattr(watch, "changes", changes)
    return asked


def test_each_change_is_a_run_of_its_own(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rounds(monkeypatch, (project, "== mesh_vpc", "== mesh_vpd"), (project, "== mesh_vpd", "== mesh_vpc"))
    assert main(["check", "--watch"]) == 0
    shown = capsys.readouterr()
    assert [line for line in shown.out.splitlines() if "no findings" in line or line.startswith("error[")] == [
        "2 files, 3 documents: no findings",
        "error[unknown-name]: unknown name `mesh_vpd`",
        "2 files, 3 documents: no findings",
    ]
    assert shown.err.count("changed: shop.policy\n") == 2
    assert not (project.parents[1] / ".policyc-cache").exists()


def test_on_a_terminal_it_says_that_it_waits(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(watch, "is_terminal", lambda out: True)
    rounds(monkeypatch, (project, "== mesh_vpc", "== mesh_vpd"))
    assert main(["check", "--watch"]) == 1
    assert capsys.readouterr().err.count("waiting for a change; Ctrl-C ends\n") == 2


def test_tests_run_again(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    rounds(monkeypatch, (project, "expect allow", "expect deny"))
    assert main(["test", "--watch", "--format", "concise"]) == 1
    shown = capsys.readouterr().out
    assert shown.count(": pass: the order function reads stock") == 1
    assert ": fail: the order function reads stock" in shown


def test_a_configuration_that_is_wrong_for_a_moment(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = project.parents[1] / "policyc.toml"
    config.write_text("[project]\n")
    rounds(monkeypatch, (config, "[project]", "[projct]"), (config, "[projct]", "[project]"))
    assert main(["check", "--watch"]) == 0
    shown = capsys.readouterr()
    assert "unknown-setting" in shown.err
    assert shown.out.count("no findings") == 2


def test_what_is_watched(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = rounds(monkeypatch)
    main(["check", "--watch"])
    monkeypatch.chdir(project.parent)
    main(["check", "--watch", "shop.policy"])
    assert asked == [[str(tmp_path)], [str(tmp_path)]]


@pytest.mark.parametrize(
    "words", [["--format", "json"], ["--output", "report.txt"], ["--fix"], ["-", "--as", "auth-policy"]]
)
def test_what_makes_no_sense(
    words: list[str], project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rounds(monkeypatch)
    assert main(["check", "--watch", *words]) == 2
    assert "`--watch`" in capsys.readouterr().err


def test_without_the_package(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    assert main(["check", "--watch"]) == 2
    assert "pip install 'policyc[watch]'" in capsys.readouterr().err


@pytest.mark.skipif(find_spec("watchfiles") is None, reason="needs watchfiles")
def test_a_file_that_really_changes_and_ctrl_c(project: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "policyc", "check", "--watch"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=project.parents[1],
        # tests that run in the background have Ctrl-C ignored, and what they start inherits that
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    end = Timer(120, process.kill)  # of a busy machine
    end.start()
    assert process.stdout is not None
    text = project.read_text()
    line = process.stdout.readline()
    assert "no findings" in line
    project.write_text(text.replace("== mesh_vpc", "== mesh_vpe"))
    while line and "mesh_vpe" not in line:
        line = process.stdout.readline()
    assert line
    process.send_signal(signal.SIGINT)
    assert process.wait(120) == 130
    end.cancel()
    process.stdout.close()
    assert process.stderr is not None
    process.stderr.close()
