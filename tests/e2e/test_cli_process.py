"""What only a real process shows: pipes that close, encodings, start-up imports."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from policyc.__main__ import main
from tests.bench.startup import FILE

ROOT = Path(__file__).parent.parent.parent
HEAVY = (
    "argparse",
    "dataclasses",
    "inspect",
    "pathlib",
    "tomllib",
    "lark",
    "jsonschema",
    "cedarpy",
    "boto3",
    "policyc.diagnostics",
)


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    environ = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    return environ | {"PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(tmp_path / "cache")} | more


def start(tmp_path: Path, *argv: str, **more: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "policyc", *argv],
        cwd=tmp_path,
        env=environment(tmp_path, **more),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def finish(process: subprocess.Popen[bytes]) -> tuple[int, bytes, bytes]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def loaded_by(tmp_path: Path, *argv: str) -> set[str]:
    code = (
        "import sys; from policyc.__main__ import main; status = main(sys.argv[1:]); "
        "print('\\n'.join(sys.modules), file=sys.stderr); sys.exit(status)"
    )
    ran = subprocess.run(
        [sys.executable, "-S", "-c", code, *argv],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(ran.stderr.splitlines())


def test_version_imports_nothing_heavy(tmp_path: Path) -> None:
    loaded = loaded_by(tmp_path, "--version")
    assert not loaded & {*HEAVY, "json", "re", "hashlib"}
    assert {name for name in loaded if name.startswith("policyc.")} <= {"policyc.__main__", "policyc.version"}


def test_a_first_check_makes_no_dataclass(tmp_path: Path) -> None:
    """`policyc.record` and its `replace` do in less time what dataclasses do."""
    (tmp_path / "one.policy").write_text(FILE, encoding="utf-8")
    assert not loaded_by(tmp_path, "check", "--no-cache") & {"dataclasses", "inspect", "ast", "difflib"}


def test_a_remembered_check_imports_nothing_heavy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "-q"]) == 0
    first = finish(start(tmp_path, "check"))
    assert first[0] == 0, first
    # `-c` puts another folder on sys.path than `-m`, so the memory is filled once more in the same way.
    again = [sys.executable, "-c", "from policyc.__main__ import main; main(['check'])"]
    subprocess.run(again, cwd=tmp_path, env=environment(tmp_path), check=True, capture_output=True, timeout=60)
    probe = "import sys; from policyc.__main__ import main; main(['check']); print(*sys.modules, sep='\\n', file=sys.stderr)"
    ran = subprocess.run(
        [sys.executable, "-c", probe],
        cwd=tmp_path,
        env=environment(tmp_path),
        check=True,
        capture_output=True,
        timeout=60,
    )
    assert ran.stdout == first[1]
    modules = set(ran.stderr.decode().splitlines())
    assert {name for name in modules if name.startswith("policyc.")} == {
        "policyc.__main__",
        "policyc.bounded",
        "policyc.cli",
        "policyc.cli.cache",
        "policyc.cli.terminal",
        "policyc.version",
        "policyc.workspace",
        "policyc.workspace.places",
    }


def test_a_closed_pipe_is_quiet(tmp_path: Path) -> None:
    process = start(tmp_path, "explain", "list")
    assert process.stdout is not None and process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    err = process.stderr.read()
    status = process.wait(timeout=60)
    process.stderr.close()
    assert process.stdin is not None
    process.stdin.close()
    assert err == b"" and status in (0, 141)


def test_a_report_is_utf_8_whatever_the_terminal_s_encoding(tmp_path: Path) -> None:
    (tmp_path / "x.policy").write_text("module x\nlet 倉庫: string = 1\n", encoding="utf-8")
    status, out, err = finish(start(tmp_path, "check", PYTHONIOENCODING="ascii"))
    assert status == 1 and err == b"" and "倉庫".encode() in out


def test_the_module_and_odd_working_folders(tmp_path: Path) -> None:
    folder = tmp_path / "with space 倉 ' \" $"
    folder.mkdir()
    assert finish(start(folder, "init"))[0] == 0
    assert finish(start(folder, "check"))[0] == 0
    assert finish(start(folder, "build"))[0] == 0
