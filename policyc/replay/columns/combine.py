"""Numbers of several columns as one number for each combination that there is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from policyc.record import record

Ints = np.ndarray[Any, Any]
#: the largest table of combinations: what stays in the caches of a processor
_TABLE: Final = 1 << 20
_BLOCK: Final = 1 << 16
#: beyond it combinations are looked up by a hash
_LARGEST: Final = 1 << 25
_BITS: Final = 62


@record
class Combined:
    """`rows` is the number of each row's combination; `likenesses` has a line for each of those with the number in every column."""

    rows: Ints
    likenesses: Ints

    def counts(self, keep: Ints | None) -> Ints:
        """How many rows each combination has, of those that `keep` says."""
        return np.bincount(self.rows if keep is None else self.rows[keep], minlength=len(self.likenesses))


def gathered(values: Ints, codes: Ints) -> Ints:
    """`values` by row. The codes are known to lie within, which clipping does not look at again."""
    return np.take(values, codes, mode="clip")


def combined(columns: Sequence[tuple[Ints, Ints]]) -> Combined:
    """The combinations of some columns, each given as a number for each code, and the codes of the rows."""
    held = [_used(lut) for lut, _ in columns]
    code = _Code(len(columns[0][1]))
    order = sorted(range(len(columns)), key=lambda at: len(held[at][0]))
    for at in order:
        used, local = held[at]
        code.add(used, local, columns[at][1])
    code.squeeze()
    return Combined(code.rows, code.lines[:, np.argsort(order)])


def _used(lut: Ints) -> tuple[Ints, Ints]:
    """The numbers that come up, and for each code which of those it has."""
    used = np.flatnonzero(np.bincount(lut))
    place = np.zeros(int(used[-1]) + 1, np.int32)
    place[used] = np.arange(len(used), dtype=np.int32)
    return used, place[lut]


class _Code:
    """A number for each row that grows column by column. Its last digits are those of `digits` (the numbers that each may be), what is
    before them is the place of a line of numbers in `lines`."""

    def __init__(self, length: int) -> None:
        self.rows: Ints = np.zeros(length, np.int32)
        self.lines: Ints = np.zeros((1, 0), np.int64)
        self.digits: list[Ints] = []
        self.size = 1

    def add(self, used: Ints, local: Ints, codes: Ints) -> None:
        """One more column."""
        if len(used) > 1:
            if self.size * len(used) > _TABLE:
                self.squeeze()
            if self.size * len(used) > _LARGEST:
                self.rows = self.rows.astype(np.int64)
            narrow = local.astype(np.uint8 if len(used) <= 256 else np.int32)
            for start in range(0, len(codes), _BLOCK):  # what stays in the caches of a processor
                rows = self.rows[start : start + _BLOCK]
                rows *= len(used)
                rows += gathered(narrow, codes[start : start + _BLOCK])
        self.digits.append(used)
        self.size *= len(used)

    def squeeze(self) -> None:
        """The same combinations without those that no row has."""
        if self.size <= _LARGEST:
            used = np.flatnonzero(np.bincount(self.rows, minlength=self.size))
            lut = np.zeros(self.size, np.int32)
            lut[used] = np.arange(len(used), dtype=np.int32)
            self.rows = gathered(lut, self.rows)
        else:
            encoded = pc.dictionary_encode(pa.array(self.rows))
            self.rows, used = encoded.indices.to_numpy(), encoded.dictionary.to_numpy()
        columns = []
        for digit in reversed(self.digits):
            used, last = np.divmod(used, len(digit))
            columns.append(digit[last])
        self.lines = np.concatenate([self.lines[used], *(column[:, None] for column in reversed(columns))], axis=1)
        self.digits, self.size = [], len(self.lines)


def unique_rows(rows: Ints) -> tuple[Ints, Ints, Ints]:
    """The distinct rows of a table of whole numbers in the order of the first of each, where that is, and for each row which it is."""
    code = np.zeros(len(rows), np.int64)
    size = 1
    for column in rows.T:
        least = int(column.min()) if len(column) else 0
        width = int(column.max()) - least + 1 if len(column) else 1
        if width == 1:
            continue
        if (size * width).bit_length() > _BITS:
            known = pc.dictionary_encode(pa.array(code))
            code, size = known.indices.to_numpy().astype(np.int64), len(known.dictionary)
        code = code * width + (column - least)
        size *= width
    found = pc.dictionary_encode(pa.array(code))
    inverse = found.indices.to_numpy()
    first = np.empty(len(found.dictionary), np.int64)
    first[inverse[::-1]] = np.arange(len(rows))[::-1]
    return rows[first], first, inverse
