"""Batches of rows from files: lines of JSON by DuckDB, Parquet by Arrow. What is out of the ordinary is left to the reader of records."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from policyc.record import record
from policyc.replay.columns.batch import FIELDS, Batch, Rows
from policyc.replay.columns.forms import ALWAYS, FOREIGN, LENIENT, NAMES, Form, OfFlows, OfServices
from policyc.replay.columns.others import Records
from policyc.replay.kinds.flow_logs import FlowLogs, Names, layout
from policyc.replay.kinds.registry import kind_of
from policyc.replay.reading import DEEPEST, LONGEST_LINE, Place
from policyc.replay.tabular import record_of, text_in

#: bytes of lines that are read at once
BLOCK: Final = 32 * 1024 * 1024
_PIECE: Final = 1 << 17
#: rows of a table that are read at once
_MOST: Final = 1 << 20
_CASE: Final = np.uint8(ord("{") ^ ord("["))


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

    def take(self, file: str, block: bytes, start: int, form: Form) -> Taken | None:
        """A block whose first line has the number `start`; None when it is not of plain lines throughout."""
        data = np.frombuffer(block, np.uint8)
        ends = _ends(data)
        if not len(ends) or ends[-1] != len(data) - 1:
            ends = np.r_[ends, len(data)]
        starts = np.r_[0, ends[:-1] + 1]
        rows = np.flatnonzero((ends > starts) & (ends - starts <= LONGEST_LINE))
        offsets = np.r_[starts, len(data)].astype(np.int32)
        lines = pa.StringArray.from_buffers(len(starts), pa.py_buffer(offsets), pa.py_buffer(block))
        try:
            lines.validate(full=True)
        except pa.ArrowInvalid:
            return None
        if form.reads is not None:
            lines = pc.utf8_rtrim(lines, "\n")
        else:
            plain = (data[starts[rows]] == ord("{")) & _ends_whole(data, ends[rows])
            rows = rows[plain & ~_opens_much(data, starts, len(rows))[rows]]
        if len(rows) < len(starts):
            lines = lines.take(pa.array(rows))
        kept, columns = self._columns(lines, form)
        if columns is None:
            return None
        others = np.ones(len(starts), bool)
        others[rows[kept]] = False
        others &= ends > starts
        batch = form.batch(file, rows[kept] + start, columns)
        some = np.flatnonzero(others).tolist()
        return Taken(len(starts), batch, tuple((start + at, block[starts[at] : ends[at]]) for at in some))

    def entries(self, file: str, text: bytes, path: str, form: Form) -> Taken | None:
        """The entries of the list at a path of a text of JSON, numbered from 1; None when there is no such list."""
        offsets = pa.py_buffer(np.array([0, len(text)], np.int32))
        whole = pa.StringArray.from_buffers(1, offsets, pa.py_buffer(text))
        try:
            whole.validate(full=True)
            if pc.match_substring_regex(whole, LENIENT)[0].as_py():
                return None
            found = self._asked(whole, f"SELECT json_extract(line, '{path}[*]') AS items FROM lines")
        except (duckdb.Error, pa.ArrowException):
            return None
        items = found.column("items").combine_chunks()
        items = items.chunk(0) if isinstance(items, pa.ChunkedArray) else items
        held = items.flatten()
        held = held if pa.types.is_string(held.type) else held.cast(pa.string())
        many = pc.greater(pc.add(pc.count_substring(held, "{"), pc.count_substring(held, "[")), DEEPEST)
        if not len(held) or pc.any(many).as_py():
            return None
        kept, columns = self._columns(held, form)
        if columns is None:
            return None
        others = np.ones(len(held), bool)
        others[kept] = False
        batch = form.batch(file, kept + 1, columns)
        some = np.flatnonzero(others).tolist()
        return Taken(len(held), batch, tuple((at + 1, held[at].as_py().encode()) for at in some))

    def _columns(self, lines: pa.Array, form: Form) -> tuple[Rows, dict[str, pa.DictionaryArray] | None]:
        """The lines that columns tell of, by their places, and their columns; None for lines that DuckDB does not take."""
        rows = np.arange(len(lines))
        columns = form.fields(self._asked, lines)
        if columns is None:
            valid = self._asked(lines, "SELECT json_valid(line) AS ok FROM lines").column("ok").to_numpy()
            rows = np.flatnonzero(valid)
            columns = form.fields(self._asked, lines.filter(pa.array(valid)))
            if columns is None:
                return rows, None
        regular = form.regular(columns)
        if not regular.all():
            kept = pa.array(np.flatnonzero(regular))
            columns = {name: column.take(kept) for name, column in columns.items()}
        return rows[regular], columns

    def _asked(self, lines: pa.Array, query: str) -> Any:
        """What a query says of the lines."""
        self.connection.register("lines", pa.table({"line": lines}))
        try:
            return self.connection.sql(query).to_arrow_table()
        finally:
            self.connection.unregister("lines")


def _opens_much(data: Any, starts: Rows, lines: int) -> Any:
    """Which lines may nest deeper than records do, by how often they open an object or a list."""
    parts = (data[at : at + _PIECE] for at in range(0, len(data), _PIECE))  # what stays in the caches of a processor
    if sum(np.count_nonzero(_opening(part)) for part in parts) - lines < DEEPEST:
        return np.zeros(len(starts), bool)
    return np.add.reduceat(_opening(data).astype(np.int32), starts) > DEEPEST


def _opening(data: Any) -> Any:
    """Where a brace or a bracket opens: one sign but for the bit of the case."""
    return (data & ~_CASE) == ord("[")


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


# --- Parquet --------------------------------------------------------------------------------------------------------


#: rows of a table that columns tell of, what answers to them (None for records of a service), and records that stand between them
Part: TypeAlias = "tuple[Batch, Records | None, list[tuple[Place, dict[str, Any]]]]"


def parquet_batches(
    file: str,
    stream: Any,
    fields: Collection[str] = FIELDS,
    groups: Sequence[int] | None = None,
    flows: Callable[[Names], Records | None] = lambda names: None,
) -> Iterator[Part | tuple[Place, dict[str, Any]]]:
    """The rows of a Parquet file: parts where it holds records of a service or flows, else one record after the other.

    Names of columns count in any letter case, as tables of Glue and Athena write them in lower case. Raises pa.ArrowInvalid, OSError.
    """
    import pyarrow.parquet as pq

    held = pq.ParquetFile(stream)
    names = _spelled(held.schema_arrow.names)
    wanted = {name: names[name.lower()] for name in NAMES if name.lower() in names}
    if not {"serviceArn", "resolvedUser"} <= wanted.keys():
        if groups is None or 0 in groups:
            form = _form_of_flows(held.schema_arrow, flows)
            yield from _one_by_one(file, held) if form is None else _flows(file, held, form)
        return
    needed = {*fields, *ALWAYS}
    wanted = {name: held_as for name, held_as in wanted.items() if name in needed}
    texts = [name for name in wanted.values() if pa.types.is_string(held.schema_arrow.field(name).type)]
    held = pq.ParquetFile(stream, read_dictionary=texts)
    start = 1
    for group in range(held.num_row_groups):
        if groups is not None and group not in groups:
            start += held.metadata.row_group(group).num_rows
            continue
        large = held.metadata.row_group(group).num_rows > _MOST
        parts: Iterable[Any] = (
            held.iter_batches(_MOST, [group], list(wanted.values()))
            if large
            else (held.read_row_group(group, list(wanted.values())),)
        )
        for part in parts:
            yield _of_table(file, part, wanted, np.arange(start, start + part.num_rows)), None, []
            start += part.num_rows


def _form_of_flows(schema: pa.Schema, flows: Callable[[Names], Records | None]) -> OfFlows | None:
    """The form of a table of flows as lines would have it; None for other tables, and for columns that are neither texts nor whole numbers."""
    if any(len(name.split()) != 1 for name in schema.names) or not set(FOREIGN).isdisjoint(schema.names):
        return None
    first = " ".join(schema.names)
    names, reads = layout(first), FlowLogs().lines(first)
    plain = all(pa.types.is_string(kind) or pa.types.is_integer(kind) for kind in schema.types)
    if names is None or reads is None or not plain or not isinstance(kind_of(dict.fromkeys(schema.names)), FlowLogs):
        return None
    records = flows(names)
    return None if records is None else OfFlows(records, reads, names)


def _flows(file: str, held: Any, form: OfFlows) -> Iterator[Part]:
    """Rows that tell both addresses, by which flows are known, in columns; the others one by one."""
    start, own = 1, form.records.fields
    for part in held.iter_batches(_MOST):
        columns = dict(zip(form.layout, part.columns))
        whole = np.ones(part.num_rows, bool)
        for names in (own.who, own.place):
            whole &= np.logical_or.reduce([columns[name].is_valid().to_numpy(zero_copy_only=False) for name in names])
        rows, odd = np.flatnonzero(whole), np.flatnonzero(~whole)
        texts = {name: columns[name].take(pa.array(rows)).cast(pa.string()) for name in form.names}
        batch = form.batch(file, rows + start, {name: pc.dictionary_encode(text) for name, text in texts.items()})
        others = [record_of(row) for row in part.take(pa.array(odd)).to_pylist()]
        yield batch, form.records, [(Place(file, at), data) for at, data in zip((odd + start).tolist(), others)]
        start += part.num_rows


def _spelled(names: Sequence[str]) -> dict[str, str]:
    """Names of columns in lower case with their own; of two that differ in letter case alone the one that logs write, else the first."""
    first = {name.lower(): name for name in reversed(names)}
    return first | {name.lower(): name for name in names if name in NAMES}


def batch_of_table(file: str, table: Any, numbers: Rows) -> Batch:
    """Rows of a table that has records of a service, with their numbers in the file."""
    names = _spelled(table.column_names)
    return _of_table(file, table, {name: names[name.lower()] for name in NAMES if name.lower() in names}, numbers)


def _of_table(file: str, part: Any, wanted: Mapping[str, str], numbers: Rows) -> Batch:
    found: dict[str, pa.Array] = {}
    for name, held in wanted.items():
        column = part.column(held)
        column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        if isinstance(column, pa.ChunkedArray):
            column = column.unify_dictionaries().combine_chunks() if column.num_chunks != 1 else column.chunk(0)
        found[name] = column if pa.types.is_dictionary(column.type) else pc.dictionary_encode(_as_texts(name, column))
    return OfServices(tuple(wanted)).batch(file, numbers, found)


def _as_texts(name: str, column: pa.Array) -> pa.Array:
    """A column of another type as texts, as a record in JSON would have it."""
    kind = column.type
    if pa.types.is_string(kind):
        return column
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind) or pa.types.is_integer(kind):
        return column.cast(pa.string())
    if pa.types.is_timestamp(kind):
        return pc.strftime(column.cast(pa.timestamp("s", "UTC"), safe=False), format="%Y-%m-%dT%H:%M:%SZ")
    if pa.types.is_binary(kind):  # texts of writers that do not say that they are
        encoded = pc.dictionary_encode(column)
        return _texts_in(name, encoded.dictionary).take(encoded.indices)
    return _texts_in(name, column)


def _texts_in(name: str, column: pa.Array) -> pa.Array:
    return pa.array([text_in(name, item) for item in column.to_pylist()], pa.string())


def _one_by_one(file: str, held: Any) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Records of other kinds."""
    number = 0
    for part in held.iter_batches(1 << 14):
        for row in part.to_pylist():
            number += 1
            yield Place(file, number), record_of(row)
