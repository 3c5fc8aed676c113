"""Batches of rows from files: lines of JSON by DuckDB, Parquet by Arrow. What is out of the ordinary is left to the reader of records."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from policyc.record import record
from policyc.replay.columns.batch import FIELDS, ID, TIME, Batch, Rows, absent, cleaned, either
from policyc.replay.reading import Place
from policyc.replay.tabular import record_of

#: bytes of lines that are read at once
BLOCK: Final = 32 * 1024 * 1024
_PIECE: Final = 1 << 17
NAMES: Final = (*(name for name in FIELDS if name != "user"), "resolvedUser", "callerPrincipal", ID, TIME)
#: fields of a record that are read whatever policies read
_ALWAYS: Final = (ID, TIME, "serviceArn", "resolvedUser", "callerPrincipal")


@record
class Taken:
    """What a block came to: how many lines it has, rows in columns, and lines that have to be read one by one (with their numbers)."""

    count: int
    batch: Batch
    others: tuple[tuple[int, bytes], ...]


class Lines:
    """Blocks of whole lines as batches."""

    def __init__(self, threads: int = 0) -> None:
        self.connection = duckdb.connect(":memory:")
        if threads:
            self.connection.execute(f"SET threads = {int(threads)}")

    def take(self, file: str, block: bytes, start: int, wanted: Collection[str] = FIELDS) -> Taken | None:
        """A block whose first line has the number `start`; None when it is not of plain lines of JSON throughout."""
        data = np.frombuffer(block, np.uint8)
        ends = _ends(data)
        if not len(ends) or ends[-1] != len(data) - 1:
            ends = np.r_[ends, len(data)]
        starts = np.r_[0, ends[:-1] + 1]
        rows = np.flatnonzero(ends > starts)
        offsets = np.r_[starts, len(data)].astype(np.int32)
        lines = pa.StringArray.from_buffers(len(starts), pa.py_buffer(offsets), pa.py_buffer(block))
        try:
            lines.validate(full=True)
        except pa.ArrowInvalid:
            return None
        plain = (data[starts[rows]] == ord("{")) & _ends_whole(data, ends[rows])
        odd = rows[~plain]
        rows = rows[plain]
        if len(rows) < len(starts):
            lines = lines.take(pa.array(rows))
        names = [name for name in NAMES if name in {*wanted, *_ALWAYS}]
        columns = self._fields(lines, names)
        if columns is None:
            valid = self._asked(lines, "SELECT json_valid(line) AS ok FROM lines").column("ok")
            ok = valid.to_numpy()
            odd = np.sort(np.r_[odd, rows[~ok]])
            rows, lines = rows[ok], lines.filter(pa.array(ok))
            columns = self._fields(lines, names)
            if columns is None:
                return None
        regular = _regular(columns)
        others = np.sort(np.r_[odd, rows[~regular]]).tolist()
        if not regular.all():
            kept = pa.array(np.flatnonzero(regular))
            columns = {name: column.take(kept) for name, column in columns.items()}
        batch = _batch(file, rows[regular] + start, columns, wanted)
        return Taken(len(starts), batch, tuple((start + at, block[starts[at] : ends[at]]) for at in others))

    def _fields(self, lines: pa.Array, names: Sequence[str]) -> dict[str, pa.DictionaryArray] | None:
        """Fields of the lines; None when a line is no JSON."""
        shape = ", ".join(f'"{name}": "VARCHAR"' for name in names)
        try:
            table = self._asked(lines, f"SELECT unnest(json_transform(line, '{{{shape}}}')) FROM lines")
        except duckdb.Error:
            return None
        return {name: pc.dictionary_encode(table.column(name).combine_chunks()) for name in names}

    def _asked(self, lines: pa.Array, query: str) -> Any:
        """What a query says of the lines."""
        self.connection.register("lines", pa.table({"line": lines}))
        try:
            return self.connection.sql(query).to_arrow_table()
        finally:
            self.connection.unregister("lines")


def _ends(data: Any) -> Rows:
    """Where lines end."""
    # what stays in the caches of a processor
    parts = [np.flatnonzero(data[at : at + _PIECE] == ord("\n")) + at for at in range(0, len(data), _PIECE)]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _ends_whole(data: Any, ends: Any) -> Any:
    """Which lines end in a brace, perhaps before a carriage return."""
    last = data[ends - 1]
    before = data[np.maximum(ends - 2, 0)]
    return (last == ord("}")) | ((last == 13) & (before == ord("}")))


def _regular(found: Mapping[str, pa.DictionaryArray]) -> Any:
    """Which rows are records of a service whose fields are texts."""
    regular = pc.is_valid(found["serviceArn"]).to_numpy(zero_copy_only=False) & pc.is_valid(
        found["resolvedUser"]
    ).to_numpy(zero_copy_only=False)
    for name, column in found.items():
        if name != "callerPrincipalTags":
            # an object or a list, which is no text; a text that begins like one is looked at by itself
            nested = pc.match_substring_regex(column.dictionary, r"\A\s*[\[{]")
            if pc.any(nested).as_py():
                regular &= ~nested.take(column.indices).fill_null(False).to_numpy(zero_copy_only=False)
    return regular


def _batch(file: str, numbers: Rows, found: Mapping[str, pa.Array], fields: Collection[str]) -> Batch:
    """Columns of a file as those of a batch: the caller stands in one of two fields, and what nobody reads is left out."""
    wanted = {*fields, *_ALWAYS}
    whole = {name: cleaned(found[name]) if name in wanted and name in found else absent(len(numbers)) for name in NAMES}
    user = either(whole.pop("resolvedUser"), whole.pop("callerPrincipal"))
    return Batch(file, numbers, {**whole, "user": user})


# --- Parquet --------------------------------------------------------------------------------------------------------


def parquet_batches(
    file: str, stream: Any, fields: Collection[str] = FIELDS, groups: Sequence[int] | None = None, most: int = 1 << 20
) -> Iterator[Batch | tuple[Place, dict[str, Any]]]:
    """The rows of a Parquet file: batches where it holds records of a service, else one record after the other.

    Names of columns count in any letter case, as tables of Glue and Athena write them in lower case. Raises pa.ArrowInvalid, OSError.
    """
    import pyarrow.parquet as pq

    held = pq.ParquetFile(stream)
    names = {name.lower(): name for name in held.schema_arrow.names}
    wanted = {name: names[name.lower()] for name in NAMES if name.lower() in names}
    if not {"serviceArn", "resolvedUser"} <= wanted.keys():
        if groups is None or 0 in groups:
            yield from _one_by_one(file, held)
        return
    needed = {*fields, *_ALWAYS}
    wanted = {name: held_as for name, held_as in wanted.items() if name in needed}
    texts = [name for name in wanted.values() if pa.types.is_string(held.schema_arrow.field(name).type)]
    held = pq.ParquetFile(stream, read_dictionary=texts)
    start = 1
    for group in range(held.num_row_groups):
        if groups is not None and group not in groups:
            start += held.metadata.row_group(group).num_rows
            continue
        large = held.metadata.row_group(group).num_rows > most
        parts: Iterable[Any] = (
            held.iter_batches(most, [group], list(wanted.values()))
            if large
            else (held.read_row_group(group, list(wanted.values())),)
        )
        for part in parts:
            yield _of_table(file, part, wanted, np.arange(start, start + part.num_rows))
            start += part.num_rows


def batch_of_table(file: str, table: Any, numbers: Rows) -> Batch:
    """Rows of a table that has records of a service, with their numbers in the file."""
    names = {name.lower(): name for name in table.column_names}
    return _of_table(file, table, {name: names[name.lower()] for name in NAMES if name.lower() in names}, numbers)


def _of_table(file: str, part: Any, wanted: Mapping[str, str], numbers: Rows) -> Batch:
    found: dict[str, pa.Array] = {}
    for name, held in wanted.items():
        column = part.column(held)
        column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        if isinstance(column, pa.ChunkedArray):
            column = column.unify_dictionaries().combine_chunks() if column.num_chunks != 1 else column.chunk(0)
        found[name] = column if pa.types.is_dictionary(column.type) else pc.dictionary_encode(_as_texts(column))
    return _batch(file, numbers, found, tuple(wanted))


def _as_texts(column: pa.Array) -> pa.Array:
    """A column of another type as texts, as a record in JSON would have it."""
    kind = column.type
    if pa.types.is_string(kind):
        return column
    if (
        pa.types.is_large_string(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_boolean(kind)
    ):
        return column.cast(pa.string())
    if pa.types.is_timestamp(kind):
        return pc.strftime(column.cast(pa.timestamp("s", "UTC"), safe=False), format="%Y-%m-%dT%H:%M:%SZ")
    if pa.types.is_map(kind):
        return pa.array([None if item is None else json.dumps(dict(item)) for item in column.to_pylist()], pa.string())
    return pa.array(
        [None if item is None else json.dumps(item, default=str) for item in column.to_pylist()], pa.string()
    )


def _one_by_one(file: str, held: Any) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Records of other kinds."""
    number = 0
    for part in held.iter_batches(1 << 14):
        for row in part.to_pylist():
            number += 1
            yield Place(file, number), record_of(row)
