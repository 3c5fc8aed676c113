"""A replay of a table on Apache Spark: whatever Spark reads as a table (Hive, Glue, Parquet, Iceberg) and any other frame of its own.

Every partition is a task with the kernel of columns. Rows with an id that several rows have are few: they come back to the driver, which takes them one
by one in the order of their files, so that a record that was delivered twice counts once, whatever partition it lies in.
"""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from policyc.replay.reading import Log, Place
from policyc.replay.spark import Task
from policyc.replay.tabular import record_of
from policyc.replay.tally import Replayer, Tally

_MARKS: Final = ("servicearn", "resolveduser")
#: where the id of a record stands, by log
_IDS: Final = ("requestid", "eventid", "request_id")
_FILE, _ROW, _ID = "policyc_file", "policyc_row", "policyc_id"
_OUT: Final = "counted BINARY, file STRING, number LONG, record STRING"
#: rows that are asked about at once
_MANY: Final = 200_000


def replay_frame(frame: Any, name: str, task: Task) -> tuple[Log, Tally]:
    """The count of all rows of a `pyspark.sql.DataFrame`, and what was read; `name` is what people call it. Places are those in the files of the
    table where Spark knows them."""
    from pyspark.sql import functions as F

    held, has_files = _with_places(frame, F)
    shared = _shared(held)
    base = str(Path.cwd())

    def work(batches: Iterable[Any]) -> Iterator[Any]:
        return _work(batches, task, shared, name, base)

    log, tally = Log(), Tally(task.identities)
    files: set[str] = set()
    again: list[tuple[str, int, str]] = []
    for row in held.mapInArrow(work, _OUT).toLocalIterator():
        if row.counted is None:
            again.append((row.file, row.number, row.record))
        else:
            # made by a worker of this very session
            read, found = pickle.loads(row.counted)
            files |= read
            tally.merge(found)
    last = Replayer(task.old, task.new, tally, task.known, window=task.window)
    for file, number, text in sorted(again):
        last.take(json.loads(text), Place(file, number))
    if has_files:
        files |= {_named(path, base) for path in frame.inputFiles()}
    log.files = len(files) or 1
    return log, tally


def _with_places(frame: Any, F: Any) -> tuple[Any, bool]:
    """The columns that are read, with the file and the number of each row; without where Spark does not know them."""
    from pyspark.errors import AnalysisException

    columns = [*(F.col(f"`{name}`") for name in _wanted(frame.columns)), _id_of(frame, F).alias(_ID)]
    for row in ("_metadata.row_index", None):
        number = F.lit(-1).cast("long") if row is None else F.col(row)
        try:
            held = frame.select(*columns, F.col("_metadata.file_path").alias(_FILE), number.alias(_ROW))
            held.schema  # noqa: B018 - asks Spark whether there are such columns
        except AnalysisException:
            continue
        return held, True
    return frame.select(*columns, F.lit("").alias(_FILE), F.lit(-1).cast("long").alias(_ROW)), False


def _wanted(columns: list[str]) -> list[str]:
    """Of a table of VPC Lattice only what is read of it."""
    from policyc.replay.columns.forms import NAMES

    known = {name.lower() for name in NAMES}
    return [name for name in columns if name.lower() in known] if _is_lattice(columns) else columns


def _is_lattice(columns: Iterable[str]) -> bool:
    return set(_MARKS) <= {name.lower() for name in columns}


def _id_of(frame: Any, F: Any) -> Any:
    """The id of each record; that of Verified Access stands in an object, or in a text that holds one."""
    held = {name.lower(): name for name in frame.columns}
    name = next((held[name] for name in _IDS if name in held), None)
    if name is not None:
        return F.col(f"`{name}`").cast("string")
    if "metadata" not in held:
        return F.lit(None).cast("string")
    if frame.schema[held["metadata"]].dataType.typeName() == "string":
        return F.get_json_object(held["metadata"], "$.uid")
    return F.col(f"{held['metadata']}.uid").cast("string")


def _shared(held: Any) -> frozenset[int]:
    """The numbers of ids that several rows have."""
    ids = held.select(_ID).mapInArrow(_numbers, "id LONG")
    return frozenset(row.id for row in ids.groupBy("id").count().where("count > 1").select("id").toLocalIterator())


def _numbers(batches: Iterable[Any]) -> Iterator[Any]:
    import pyarrow as pa

    for batch in batches:
        numbers, known = _hashed(batch.column(0))
        yield pa.record_batch([pa.array(numbers[known])], names=["id"])


def _hashed(texts: Any) -> Any:
    """A number for each id, and whether there is one."""
    import numpy as np

    from policyc.replay.columns.batch import cleaned
    from policyc.replay.columns.seen import hashes

    column = cleaned(texts)
    numbers = np.r_[hashes(column.values).view(np.int64), np.int64(0)]
    return numbers[column.codes], column.codes < len(column.values)


def _work(batches: Iterable[Any], task: Task, shared: frozenset[int], name: str, base: str) -> Iterator[Any]:
    """On a worker: the rows of a partition."""
    import pyarrow as pa

    from policyc.replay.columns.run import ColumnReplayer

    tally, files = Tally(task.identities), set[str]()
    replayer = ColumnReplayer(task.old, task.new, tally, task.known, task.window)
    for table in _large(batches):
        for file, rows in _by_file(table):
            named = _named(file, base) if file else name
            files |= {named} if file else set()
            yield from _take(rows, named, replayer, shared)
    replayer.kernel.finish()
    counted = pa.array([pickle.dumps((files, tally))], pa.binary())
    yield _batch(counted, [None], [None], [None])


def _batch(counted: Any, files: list[Any], numbers: list[Any], records: list[Any]) -> Any:
    import pyarrow as pa

    columns = [counted, pa.array(files, pa.string()), pa.array(numbers, pa.int64()), pa.array(records, pa.string())]
    return pa.record_batch(columns, names=["counted", "file", "number", "record"])


def _large(batches: Iterable[Any]) -> Iterator[Any]:
    """Batches put together."""
    import pyarrow as pa

    held: list[Any] = []
    for batch in batches:
        held.append(batch)
        if sum(len(item) for item in held) >= _MANY:
            yield pa.Table.from_batches(held)
            held = []
    if held:
        yield pa.Table.from_batches(held)


def _by_file(table: Any) -> Iterator[tuple[str, Any]]:
    """The rows of each file."""
    import pyarrow.compute as pc

    files = table.column(_FILE)
    for file in pc.unique(files).to_pylist():
        yield file, table.filter(pc.equal(files, file)).drop_columns([_FILE])


def _take(rows: Any, file: str, replayer: Any, shared: frozenset[int]) -> Iterator[Any]:
    """Ask about rows of one file; those whose id others have too come back."""
    import numpy as np
    import pyarrow as pa

    from policyc.replay.columns.sources import batch_of_table

    numbers = rows.column(_ROW).to_numpy() + 1
    ids, known = _hashed(rows.column(_ID).combine_chunks())
    apart = known & np.isin(ids, np.fromiter(shared, np.int64, len(shared)))
    rows = rows.drop_columns([_ROW, _ID])
    if apart.any():
        # a record of a service is one by the columns that its table has
        marks = {"serviceArn": None, "resolvedUser": None} if _is_lattice(rows.column_names) else {}
        held = [json.dumps({**marks, **record_of(row)}) for row in rows.filter(pa.array(apart)).to_pylist()]
        yield _batch(pa.nulls(len(held), pa.binary()), [file] * len(held), numbers[apart].tolist(), held)
        rows, numbers = rows.filter(pa.array(~apart)), numbers[~apart]
    if _is_lattice(rows.column_names):
        replayer.take_batch(batch_of_table(file, rows, numbers))
        return
    for number, row in zip(numbers.tolist(), rows.to_pylist()):
        replayer.take(record_of(row), Place(file, number))


def _named(path: str, base: str) -> str:
    """A file as people name it: of this machine as from the folder where the command runs."""
    parts = urlsplit(path)
    return os.path.relpath(unquote(parts.path), base) if parts.scheme == "file" else path


def of_days(frame: Any, task: Task) -> Any:
    """The rows of the partitions that may hold records of the time that is asked about, by columns of days."""
    from pyspark.sql import functions as F

    window = task.window
    held: Mapping[str, str] = {name.lower(): name for name in frame.columns}
    one = next((held[name] for name in ("day", "dt", "date") if name in held), None)
    if {"year", "month", "day"} <= held.keys():
        parts = [
            F.lpad(F.col(held[name]).cast("string"), size, "0")
            for name, size in (("year", 4), ("month", 2), ("day", 2))
        ]
        day = F.concat_ws("-", *parts)
    elif one is not None:
        day = F.translate(F.substring(F.col(one).cast("string"), 1, 10), "/", "-")
    else:
        return frame
    if window.since:
        frame = frame.where(day.isNull() | (day >= window.since[:10]))
    if window.until:
        frame = frame.where(day.isNull() | (F.date_format(F.date_sub(F.to_date(day), 1), "yyyy-MM-dd") < window.until))
    return frame
