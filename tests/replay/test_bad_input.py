"""What is wrong with logs is counted and shown, by every engine alike, and the exit tells."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from policyc.__main__ import main
from tests.replay.test_kinds import http
from tests.replay.test_replay import auth, row

Run = Callable[..., tuple[int, dict[str, Any]]]
ENGINES = ("rows", "columns")


@pytest.fixture(params=ENGINES)
def run(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    if request.param == "columns":
        pytest.importorskip("duckdb")
        pytest.importorskip("pyarrow")
    monkeypatch.chdir(tmp_path)
    Path("p.json").write_text(auth("GET"))

    def go(*argv: str) -> tuple[int, dict[str, Any]]:
        flags = ("--service-policy", "p.json", "--network-auth", "none", "--format", "json", "--engine", request.param)
        status = main(["replay", "logs", *argv, *flags])
        return status, json.loads(capsys.readouterr().out)

    Path("logs").mkdir()
    return go


LINES = b"".join(json.dumps(row(requestId=f"r{n}")).encode() + b"\n" for n in range(20))


def test_all_that_can_go_wrong_with_files(run: Run) -> None:
    Path("logs/a.json").write_bytes(LINES + LINES[:40])
    Path("logs/b.json.gz").write_bytes(gzip.compress(LINES * 200)[:-12])
    Path("logs/c.json").write_bytes(b'{"x": "' + b"y" * 3_000_000 + b'"}\n' + LINES)
    Path("logs/d.json").write_text(json.dumps(http()) + "\n" + json.dumps(http(class_uid="208001")) + "\n")
    Path("logs/e.json").symlink_to("gone.json")
    Path("logs/f.zip").write_bytes(b"PK")
    Path("elsewhere").mkdir()
    Path("elsewhere/a.json").write_bytes(LINES)
    Path("logs/g").symlink_to(Path("elsewhere").resolve(), target_is_directory=True)
    status, data = run()
    told = {item["reason"]: item["count"] for item in data["unread"]}
    assert told["a line that is no JSON"] >= 1
    assert told["a line that is too long"] == 1
    assert told["a compressed file that is cut short or broken; what stands before was read"] == 1
    assert told["a file that is no regular one below the root"] == 1
    assert told["a file of a form that is not read"] == 1
    assert told["a folder that is a link, which is not followed"] == 1
    assert "it is of OCSF 0.1, which holds no trust context" in {item["reason"] for item in data["skipped"]}
    # the same twenty ids in every file
    assert (data["asked"], data["in_force"]["reproduced"]) == (20, 20)
    assert data["duplicates"] > 20
    assert status == 11
    assert run("--allow-unreadable")[0] == 0
    assert run("--fail-on", "unread")[0] == 1
    assert run("--fail-on", "unread:1000")[0] == 0


def test_a_table_needs_no_ending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Hive and Athena name files without one."""
    pq = pytest.importorskip("pyarrow.parquet")
    pa = pytest.importorskip("pyarrow")
    monkeypatch.chdir(tmp_path)
    Path("p.json").write_text(auth("GET"))
    pq.write_table(pa.Table.from_pylist([row()]), "000000_0")
    argv = ["replay", "000000_0", "--service-policy", "p.json", "--network-auth", "none", "--format", "json"]
    told = {}
    for engine in ("auto", "rows"):
        main([*argv, "--engine", engine])
        told[engine] = json.loads(capsys.readouterr().out)
    assert (told["auto"]["asked"], told["auto"]["unread"]) == (1, [])
    assert [item["reason"] for item in told["rows"]["unread"]] == [
        "a Parquet file, which columns alone read (`--engine columns`, with `policyc[replay]`)"
    ]


def test_times_of_no_clock_and_fields_of_another_type(run: Run) -> None:
    records = [
        row(startTime=time)
        for time in (
            "0000-00-00T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "2026-13-45T99:99:99Z",
            "2026-02-31T08:00:00Z",
            "2026-11-01T08:00:00",
            17619840,
            None,
            {"a": 1},
            "2026-11-01T08:00:00Z",
        )
    ]
    records += [
        row(requestPath=7),
        row(requestMethod=["GET"]),
        row(sourceVpcId={"id": 1}),
        row(callerPrincipalTags=[1]),
    ]
    Path("logs/a.json").write_text("".join(json.dumps(item) + "\n" for item in records))
    status, data = run()
    assert status == 0
    assert data["records"] == 13
    assert [(item["reason"], item["count"]) for item in data["odd"]] == [("the time is none", 6)]
    assert data["asked"] + sum(item["count"] for item in data["skipped"]) == 13


def test_a_file_that_vanishes_is_counted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("logs/a.json").write_bytes(LINES)
    Path("logs/b.json").write_bytes(LINES)
    before = Path.open

    def vanish(self: Path, *args: Any, **kwargs: Any) -> Any:
        if self.name == "b.json":
            raise FileNotFoundError(2, "No such file or directory")
        return before(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", vanish)
    _, data = run()
    assert (data["asked"], [item["reason"] for item in data["unread"]]) == (
        20,
        ["a file that cannot be read (no such file or directory)"],
    )
