"""Three newcomers' walks: `walks/*.sh` are scripts for a shell; here they run in this process, each command with the status and words behind it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from policyc.__main__ import main

WALKS = sorted((Path(__file__).parent / "walks").glob("*.sh"))
_HERE = re.compile(r"^cat > (?P<name>\S+) <<'EOF'\n(?P<text>.*?)^EOF$", re.MULTILINE | re.DOTALL)
_STEP = re.compile(r"^(?P<command>policyc .*?)\s+# (?P<status>\d+): (?P<words>.+)$", re.MULTILINE)


@pytest.mark.parametrize("walk", WALKS, ids=lambda path: path.stem)
def test_walk(walk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    script = walk.read_text(encoding="utf-8")
    for file in _HERE.finditer(script):
        Path(file["name"]).write_text(file["text"], encoding="utf-8")
    told, _, answer = _HERE.sub("", script).partition("# the answer\n")
    before, last = list(_STEP.finditer(told)), list(_STEP.finditer(answer))
    assert len(before) >= 3
    assert len(last) == 1
    assert len(before) + 1 == script.count("\npolicyc "), "a command without status and words"
    for step in (*before, *last):
        status = main(shlex.split(step["command"])[1:])
        shown = capsys.readouterr()
        assert status == int(step["status"]), f"{step['command']}\n{shown.out}{shown.err}"
        assert step["words"] in shown.out, f"{step['command']}\n{shown.out}"
    # no step fails before the answer
    assert {step["status"] for step in before} == {"0"}
