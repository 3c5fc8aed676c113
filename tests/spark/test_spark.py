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

from policyc.replay.askers.documents import OfDocuments
from policyc.replay.askers.said import Said
from policyc.replay.columns.run import ColumnReplayer, replay_files
from policyc.replay.reading import Log
from policyc.replay.recorded import Recorded
from policyc.replay.report.html import as_html
from policyc.replay.report.plain import as_json
from policyc.replay.report.replay import Replay
from policyc.replay.spark import Task, parts_of, replay_on_spark
from policyc.replay.tally import Tally
from tests.replay.test_columns import NOTHING, OTHER, POLICY, asker, log_of, row

WORDS = {"network-auth": "none"}


@pytest.fixture(scope="session")
def session() -> Iterator[Any]:
    """Two workers; a task that fails is tried three times."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    made = (
        SparkSession.builder.master("local[2,3]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
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
    rows = [row(requestPath=f"/{'ab'[n % 2]}/{n}", requestId=f"r{n % 70}") for n in range(100)]
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
