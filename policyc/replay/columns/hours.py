"""Times of records: which are some, in which hour, in which order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from policyc.replay.columns.batch import Codes, Column, Rows
from policyc.replay.recorded import TIME_PATTERN
from policyc.replay.window import Window


def hours_of(values: pa.Array) -> tuple[list[str], Codes]:
    """The hours among distinct times; for each time the number of its hour, that of all hours for a time that is none, and one more
    for an absent one, which comes last."""
    good = _good(values)
    hours = pc.dictionary_encode(pc.if_else(good, pc.utf8_slice_codeunits(values, 0, 13), pa.scalar(None, pa.string())))
    count = len(hours.dictionary)
    found = hours.indices.fill_null(count).to_numpy(zero_copy_only=False).astype(np.int32)
    return hours.dictionary.to_pylist(), np.r_[found, np.int32(count + 1)].astype(np.int32)


def outside_of(values: pa.Array, window: Window) -> Any:
    """For each code whether its time lies outside; a time that is none does not, nor does an absent one."""
    moments = pc.utf8_slice_codeunits(values, 0, 19)
    found = pc.less(moments, window.since) if window.since else pc.is_null(values)
    if window.until:
        found = pc.or_(found, pc.greater_equal(moments, window.until))
    return np.r_[pc.and_(found, _good(values)).to_numpy(zero_copy_only=False).astype(bool), False]


def ranked(column: Column) -> tuple[Rows, pa.Array]:
    """For each code the rank of its time, -1 for one that is none; and the texts in order."""
    values = column.values
    order = pc.sort_indices(values).to_numpy()
    ranks = np.full(len(values) + 1, -1, np.int64)
    ranks[order] = np.arange(len(order))
    ranks[:-1][~_good(values).to_numpy(zero_copy_only=False).astype(bool)] = -1
    return ranks, values.take(pa.array(order))


def _good(values: pa.Array) -> Any:
    """Which texts are times."""
    return pc.match_substring_regex(values, rf"\A(?:{TIME_PATTERN})\z")
