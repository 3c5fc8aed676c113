"""A replay on Apache Spark: each file, and each row group of a Parquet file, is a task with the kernel of columns; the counts are merged exactly.

The askers travel to the workers with the task. A record that was delivered in two parts of the log counts in the first one: ids are held against
one another by a shuffle, and only parts with such a record are counted again.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from io import BufferedReader
from typing import Any, Final

from policyc.record import record
from policyc.replay.askers.known import Known
from policyc.replay.askers.said import Asker
from policyc.replay.reading import Log
from policyc.replay.tally import Tally
from policyc.replay.window import EVER, Window

_MAGIC: Final = b"PAR1"
_IN: Final = "number INT, name STRING, path STRING, rowgroup INT"
_OUT: Final = "number INT, id LONG, counted BINARY"


@record
class Part:
    """A part of a log: its number in the order of reading, its file as people know it and where it lies, and the row group, -1 for the whole
    file."""

    number: int
    name: str
    path: str
    group: int


def open_file(path: str) -> BufferedReader:
    """A file of this machine. Raises OSError."""
    return open(path, "rb")  # noqa: PTH123 - a worker may see another file system under the same path


@record
class Task:
    """What every worker needs."""

    old: Asker
    new: Asker | None
    known: Known
    identities: bool
    window: Window = EVER
    #: what opens a file by its path, on a worker as well
    open: Callable[[str], BufferedReader] = open_file


def parts_of(files: Iterable[tuple[str, str]], opens: Callable[[str], BufferedReader] = open_file) -> list[Part]:
    """The parts of some files, given as names and paths."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    out: list[Part] = []
    for name, path in files:
        groups = 0
        try:
            # an object would have to be fetched for it: each is one part
            if "://" not in path:
                with opens(path) as stream:
                    if stream.read(4) == _MAGIC:
                        groups = pq.ParquetFile(stream).num_row_groups
        except (OSError, pa.ArrowException):
            groups = 0  # whoever reads it counts it as broken
        out += [Part(len(out) + at, name, path, group) for at, group in enumerate(range(groups) if groups else [-1])]
    return out


def replay_on_spark(session: Any, parts: Sequence[Part], task: Task) -> tuple[Log, Tally]:
    """The count of all parts, and what was read. `session` is a `pyspark.sql.SparkSession`."""
    if not parts:
        return Log(), Tally(task.identities)
    told = _counted(session, parts, task, {}).persist()
    try:
        counted = {
            row.number: row.counted for row in told.where("counted IS NOT NULL").select("number", "counted").collect()
        }
        again = _later_deliveries(told)
    finally:
        told.unpersist()
    if again:
        some = [part for part in parts if part.number in again]
        rows = _counted(session, some, task, again).where("counted IS NOT NULL").select("number", "counted").collect()
        counted |= {row.number: row.counted for row in rows}
    log, tally = Log(), Tally(task.identities)
    for number in sorted(counted):
        # made by a worker of this very session
        read, found = pickle.loads(counted[number])
        log.merge(read)
        tally.merge(found)
    return log, tally


def _counted(session: Any, parts: Sequence[Part], task: Task, before: Mapping[int, Sequence[int]]) -> Any:
    """A row with the count of each part, and one for each id. `before` are ids that earlier parts have."""
    rows = [(part.number, part.name, part.path, part.group) for part in parts]
    frame = session.createDataFrame(rows, _IN).repartitionByRange(len(rows), "number")

    def work(batches: Iterable[Any]) -> Iterator[Any]:
        return _work(batches, task, before)

    return frame.mapInArrow(work, _OUT)


def _later_deliveries(told: Any) -> dict[int, list[int]]:
    """For each part the ids that an earlier one has too."""
    from pyspark.sql import functions as F

    ids = told.where("id IS NOT NULL").select("number", "id").distinct()
    shared = ids.groupBy("id").agg(F.min("number").alias("first"), F.count("*").alias("parts")).where("parts > 1")
    out: dict[int, list[int]] = {}
    for row in ids.join(shared, "id").where("number > first").select("number", "id").collect():
        out.setdefault(row.number, []).append(row.id)
    return out


def _work(batches: Iterable[Any], task: Task, before: Mapping[int, Sequence[int]]) -> Iterator[Any]:
    """On a worker: each part of the task's rows."""
    import numpy as np
    import pyarrow as pa

    from policyc.replay.columns.run import ColumnReplayer, replay_files
    from policyc.replay.columns.seen import Hashes

    class Recording(ColumnReplayer):
        """Tells the ids that it met."""

        met: list[Hashes]

        def first(self, file: str, ids: Hashes, numbers: Any) -> Any:
            self.met.append(ids)
            return super().first(file, ids, numbers)

    for batch in batches:
        for row in batch.to_pylist():
            log, tally = Log(), Tally(task.identities)
            replayer = Recording(task.old, task.new, tally, task.known, task.window)
            replayer.met = []
            known = np.array(sorted(before.get(row["number"], ())), np.int64).view(np.uint64)
            if len(known):
                replayer.ids.first(known)
            groups = None if row["rowgroup"] < 0 else [row["rowgroup"]]
            try:
                replay_files([(row["name"], task.open(row["path"]))], replayer, log, groups=groups)
            except OSError as error:
                log.miss(f"a file that cannot be read ({(error.strerror or str(error)).lower()})", row["name"])
            ids = np.unique(np.concatenate(replayer.met)).view(np.int64) if replayer.met else np.empty(0, np.int64)
            if row["rowgroup"] > 0:
                log.files = 0  # the file is counted with its first row group
            counted = pickle.dumps((log, tally))
            numbers = pa.array([row["number"]] * (1 + len(ids)), pa.int32())
            yield pa.record_batch(
                [
                    numbers,
                    pa.concat_arrays([pa.nulls(1, pa.int64()), pa.array(ids)]),
                    pa.array([counted] + [None] * len(ids), pa.binary()),
                ],
                names=["number", "id", "counted"],
            )
