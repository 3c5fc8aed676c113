"""Spark says what one machine says, byte for byte: run by `make spark-test`, in an environment that has pyspark."""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

pytest.importorskip("pyspark")

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from policyc.__main__ import main
from policyc.diagnostics import Diagnostics
from policyc.engines.iam.switches import DEFAULT
from policyc.replay.askers.documents import OfDocuments
from policyc.replay.askers.said import Said
from policyc.replay.columns.run import ColumnReplayer, replay_files
from policyc.replay.reading import Log
from policyc.replay.recorded import Recorded
from policyc.replay.report.html import as_html
from policyc.replay.report.plain import as_json
from policyc.replay.report.replay import Replay
from policyc.replay.spark import Task, parts_of, replay_on_spark
from policyc.replay.spark_tables import replay_frame
from policyc.replay.tally import Tally
from policyc.replay.window import Window
from policyc.simulation.documents.attached import Attached, read_attached
from policyc.text import Source
from tests.replay.test_columns import NOTHING, OTHER, POLICY, asker, log_of, row
from tests.replay.test_kinds import BUCKET, event

WORDS = {"network-auth": "none"}


@pytest.fixture(scope="session")
def session() -> Iterator[Any]:
    """Two workers; a task that fails is tried three times."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    made = (
        SparkSession.builder.master("local[2,3]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        # a short life: what a compiler would win, it costs
        .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    made.sparkContext.setLogLevel("OFF")
    yield made
    made.stop()


def write_logs(folder: Path) -> list[tuple[str, str]]:
    """Files of all sorts; some records were delivered twice, in one file and in two."""
    for number in range(3):
        (folder / f"{number}.json").write_bytes(log_of(Random(number)) * 2)
    (folder / "3.json.gz").write_bytes(gzip.compress(log_of(Random(3))))
    (folder / "4.json.gz").write_bytes(gzip.compress(log_of(Random(4)) * 50)[:-30])
    rows = [row(requestPath=f"/{'ab'[n % 2]}/{n}", requestId=f"r{n}") for n in [*range(70), *range(30)]]
    pq.write_table(pa.Table.from_pylist(rows), folder / "5.parquet", row_group_size=30)
    (folder / "6.parquet").write_bytes(b"PAR1 and no more")
    (folder / "7.json").write_text(json.dumps({"Records": rows[:7]}))
    return [(path.name, str(path)) for path in sorted(folder.iterdir())]


def on_one_machine(files: list[tuple[str, str]], old: OfDocuments, new: OfDocuments) -> Replay:
    log, tally = Log(), Tally()
    replayer = ColumnReplayer(old, new, tally, NOTHING)
    replay_files([(name, io.BufferedReader(io.FileIO(path))) for name, path in files], replayer, log)
    return Replay(log, tally, True)


def test_the_same_report_byte_for_byte(session: Any, tmp_path: Path) -> None:
    files = write_logs(tmp_path)
    parts = parts_of(files)
    assert [part.group for part in parts if part.name == "5.parquet"] == [0, 1, 2, 3]
    log, tally = replay_on_spark(session, parts, Task(asker(POLICY, WORDS), asker(OTHER, WORDS), NOTHING, False))
    found, wanted = Replay(log, tally, True), on_one_machine(files, asker(POLICY, WORDS), asker(OTHER, WORDS))
    assert wanted.tally.duplicates > 0
    assert wanted.log.unread
    assert as_json(found) == as_json(wanted)
    assert as_html(found) == as_html(wanted)


# --- tables ---------------------------------------------------------------------------------------------------------


def write_table(folder: Path, lower: bool = False) -> list[Path]:
    """Files of a table in several row groups; some records were delivered twice, in one file and in two."""
    out = []
    days = ("2026-10-31", "2026-11-01", "2026-11-02")
    for number, day in enumerate(days):
        rows = [
            row(
                requestPath=f"/{'ab'[n % 2]}/{n}",
                requestId=f"r{n}",
                # what a file has of the one before it was delivered late
                startTime=f"{days[(n >= 145) + (n >= 285)]}T{n % 24:02}:00:00Z",
                resolvedUser=None if n % 17 == 0 else row()["resolvedUser"],
            )
            for n in (at % 145 + number * 140 for at in range(150))
        ]
        path = folder / f"day={day}" / "part-0.parquet"
        path.parent.mkdir(parents=True)
        table = pa.Table.from_pylist(rows)
        pq.write_table(
            table.rename_columns([n.lower() for n in table.column_names]) if lower else table, path, row_group_size=40
        )
        out.append(path)
    return out


@pytest.mark.parametrize("lower", [False, True])
def test_a_table_of_parquet_says_what_its_files_say(
    session: Any, lower: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    paths = write_table(tmp_path / "t", lower)
    frame = session.read.parquet(str(tmp_path / "t"))
    log, tally = replay_frame(frame, "logs.lattice", Task(asker(POLICY, WORDS), asker(OTHER, WORDS), NOTHING, False))
    files = [(os.path.relpath(path), str(path)) for path in sorted(paths)]
    wanted = on_one_machine(files, asker(POLICY, WORDS), asker(OTHER, WORDS))
    assert wanted.tally.duplicates > 0
    assert wanted.tally.asked == 425  # every 17th tells no caller, and is decided for whoever calls
    assert as_json(Replay(log, tally, True)) == as_json(wanted)


def test_rows_that_lie_in_no_file(session: Any, tmp_path: Path) -> None:
    """An existing frame, shuffled: the counts are the same, and the table is the place."""
    paths = write_table(tmp_path / "t")
    frame = session.read.parquet(str(tmp_path / "t")).repartition(5).localCheckpoint()
    log, tally = replay_frame(frame, "logs", Task(asker(POLICY, WORDS), asker(OTHER, WORDS), NOTHING, False))
    wanted = on_one_machine([(path.name, str(path)) for path in paths], asker(POLICY, WORDS), asker(OTHER, WORDS))
    # which of two deliveries comes first is not known there
    assert (tally.asked, tally.duplicates) == (wanted.tally.asked, wanted.tally.duplicates)
    assert [str(place) for place in tally.changed()[0].places] == ["logs"]
    assert log.files == 1


def test_a_table_of_the_session_by_its_name(
    session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command takes the session that there is, and only the partitions of the days that are asked about."""
    monkeypatch.chdir(tmp_path)
    write_table(tmp_path / "t")
    session.catalog.createTable("access", path=str(tmp_path / "t"), source="parquet")
    session.catalog.recoverPartitions("access")
    Path("p.json").write_text(POLICY)
    flags = ("--service-policy", "p.json", "--network-auth", "none", "--format", "json")

    def said(*argv: str) -> Any:
        capsys.readouterr()
        status = main(["replay", *argv, *flags])
        found = capsys.readouterr()
        return (status, json.loads(found.out)) if status == 0 else (status, " ".join(found.err.split()))

    wanted = said("t", "--engine", "columns")
    assert wanted[1]["asked"] == 425
    assert said("table:access", "--engine", "spark") == wanted
    assert said(f"table:parquet.`{tmp_path / 't'}`", "--engine", "spark") == wanted
    days = ("--since", "2026-11-01", "--until", "2026-11-01")
    assert said("table:access", "--engine", "spark", *days) == said("t", "--engine", "columns", *days)
    status, err = said("table:nothing", "--engine", "spark")
    assert (status, "Spark knows no table `nothing`" in err) == (2, True)
    assert said("table:access")[0] == 2
    assert said("table:access", "t", "--engine", "spark")[0] == 2


def test_tables_of_other_logs(session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CloudTrail as Athena's table has it: names in lower case, objects as texts of JSON."""
    monkeypatch.chdir(tmp_path)
    events = [event(eventID=f"e{n}", eventTime=f"2026-11-01T0{n % 9}:00:00Z") for n in [*range(30), *range(10)]]
    rows = [
        {name.lower(): json.dumps(value) if isinstance(value, dict | list) else value for name, value in item.items()}
        for item in events
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "trail.parquet", row_group_size=15)
    (tmp_path / "trail.json").write_text(json.dumps({"Records": events}))
    allow = {
        "Statement": [{"Sid": "S", "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": f"{BUCKET}/*"}]
    }
    found = Diagnostics()
    given = read_attached("bucket-policy", Source("p.json", json.dumps(allow)), 0, DEFAULT, found)
    assert isinstance(given, Attached)
    bucket = OfDocuments([given], {}, {})
    task = Task(bucket, None, NOTHING, False)
    log, tally = replay_frame(session.read.parquet(str(tmp_path / "trail.parquet")), "trail", task)
    for name in ("trail.parquet", "trail.json"):
        local, counted = Log(), Tally()
        replay_files(
            [(name, io.BufferedReader(io.FileIO(name)))], ColumnReplayer(bucket, None, counted, NOTHING), local
        )
        assert (counted.asked, counted.duplicates) == (30, 10)
        assert as_json(Replay(log, tally, False)).replace("trail.parquet", name) == as_json(
            Replay(local, counted, False)
        )


def test_a_worker_that_dies_over_a_table(session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    paths = write_table(tmp_path / "t")
    dying = asker(POLICY, WORDS)
    dying.__class__ = Dying
    dying.marker = str(tmp_path / "died")
    window = Window("2026-11-01T00:00:00", "2026-11-02T12:00:00")
    log, tally = replay_frame(
        session.read.parquet(str(tmp_path / "t")), "t", Task(dying, asker(OTHER, WORDS), NOTHING, False, window)
    )
    assert (tmp_path / "died").exists()
    log_here, tally_here = Log(), Tally()
    replayer = ColumnReplayer(asker(POLICY, WORDS), asker(OTHER, WORDS), tally_here, NOTHING, window)
    files = [(os.path.relpath(path), io.BufferedReader(io.FileIO(path))) for path in paths]
    replay_files(files, replayer, log_here)
    assert as_json(Replay(log, tally, True)) == as_json(Replay(log_here, tally_here, True))


class Dying(OfDocuments):
    """Takes its worker down when it is asked for the first time."""

    marker = ""

    def answer(self, item: Recorded) -> Said | str:
        if not os.path.exists(self.marker):  # noqa: PTH110
            Path(self.marker).touch()
            os._exit(1)
        return super().answer(item)


def test_a_task_whose_worker_dies_is_done_again(session: Any, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    files = write_logs(logs)
    dying = asker(POLICY, WORDS)
    dying.__class__ = Dying
    dying.marker = str(tmp_path / "died")
    log, tally = replay_on_spark(session, parts_of(files), Task(dying, asker(OTHER, WORDS), NOTHING, False))
    assert (tmp_path / "died").exists()
    assert as_json(Replay(log, tally, True)) == as_json(
        on_one_machine(files, asker(POLICY, WORDS), asker(OTHER, WORDS))
    )
