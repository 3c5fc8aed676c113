"""Rows of a log as columns: distinct texts, and for each row which of them it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from policyc.record import record
from policyc.replay.recorded import ABSENT

Codes = np.ndarray[Any, np.dtype[np.int32]]
Rows = np.ndarray[Any, np.dtype[np.int64]]
#: fields of a record that an answer may hang on
FIELDS: Final = (
    *("serviceArn", "user", "requestMethod", "requestPath", "serviceNetworkArn", "failureReason", "authDeniedReason"),
    *("callerPrincipalOrgID", "sourceVpcId", "sourceVpcArn", "hostHeader", "userAgent", "callerPrincipalTags"),
)
ID: Final = "requestId"
TIME: Final = "startTime"


@record
class Column:
    """`values` are distinct texts, `codes` has the number of each row's; the one behind the last stands for an absent text."""

    values: pa.StringArray
    codes: Codes

    @property
    def is_absent(self) -> bool:
        """Whether no row can have a text."""
        return not len(self.values)


@record
class Batch:
    """Rows of one file, and the number of each row in the file."""

    file: str
    numbers: Rows
    columns: Mapping[str, Column]

    def only(self, rows: Rows) -> Batch:
        """Some of the rows."""
        columns = {name: Column(column.values, column.codes[rows]) for name, column in self.columns.items()}
        return Batch(self.file, self.numbers[rows], columns)


def texts(values: Sequence[str], codes: Codes) -> Column:
    """A column of texts that need not differ."""
    return Column(pa.array(values, pa.string()), codes)


def replaced(column: Column, value: Callable[[str], str], absent: str) -> Column:
    """A column with another text for each of its own, and one where it has none."""
    return texts([*map(value, column.values.to_pylist()), absent], column.codes)


def absent(length: int) -> Column:
    """A column that is not there."""
    return Column(pa.array([], pa.string()), np.broadcast_to(np.int32(0), length))


def cleaned(column: pa.Array) -> Column:
    """A column of texts without the ways in which logs write that there is none."""
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column)
    values, indices = column.dictionary, column.indices
    texts = values if pa.types.is_string(values.type) else values.cast(pa.string())
    codes = (indices.fill_null(len(texts)) if indices.null_count else indices).to_numpy(zero_copy_only=False)
    trimmed = _stripped(texts)
    gone = pc.is_in(trimmed, value_set=pa.array(sorted(ABSENT)))
    if trimmed is texts and not pc.any(gone).as_py() and not texts.null_count:
        return Column(texts, codes)
    again = pc.dictionary_encode(pc.if_else(gone, pa.scalar(None, pa.string()), trimmed))
    count = len(again.dictionary)
    lut = np.full(len(texts) + 1, count, np.int32)
    lut[:-1] = again.indices.fill_null(count).to_numpy(zero_copy_only=False)
    return Column(again.dictionary, np.take(lut, codes, mode="clip"))


def either(first: Column, second: Column) -> Column:
    """The texts of one column, and where it has none those of another."""
    if second.is_absent or not (first.codes == len(first.values)).any():
        return first
    encoded = pc.dictionary_encode(pa.concat_arrays([first.values, second.values]))
    lut = np.r_[encoded.indices.to_numpy(zero_copy_only=False), np.int32(len(encoded.dictionary))].astype(np.int32)
    codes = np.where(first.codes == len(first.values), second.codes + len(first.values), first.codes)
    return Column(encoded.dictionary, lut[codes])


def _stripped(texts: pa.Array) -> pa.Array:
    """Texts without space around them, as Python takes it; the array itself where there is none."""
    if pc.any(pc.match_substring_regex(texts, r"\A[\s\x00-\x1f]|[\s\x00-\x1f]\z")).as_py() or not is_ascii(texts):
        return pa.array([None if text is None else text.strip() for text in texts.to_pylist()], pa.string())
    return texts


def is_ascii(texts: pa.Array) -> bool:
    return bool(pc.all(pc.string_is_ascii(texts)).as_py() is not False)
