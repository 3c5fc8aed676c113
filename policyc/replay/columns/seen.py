"""Ids of records as numbers of 64 bits, so that tens of millions can be held against one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from policyc.replay.columns.batch import Column
from policyc.replay.columns.combine import gathered
from policyc.replay.recorded import DELIVERY, Recorded
from policyc.replay.tally import MOST_IDS

Hashes = np.ndarray[Any, np.dtype[np.uint64]]
_FACTORS: Final = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))
_HALF: Final = np.uint64(32)
_BLOCK: Final = 1 << 16
_EMPTY: Final = pa.array([""])
#: what the number of each part of a delivery is multiplied with: odd, and no two alike
_WEIGHTS: Final = {part: np.uint64(0xD6E8FEB86659FD93 * (2 * at + 1) % 2**64) for at, part in enumerate(DELIVERY)}


class SeenIds:
    """The ids that were there. Sorted runs, each at least twice as long as the next, are merged as they grow."""

    def __init__(self) -> None:
        self.runs: list[Hashes] = []
        self.count = 0

    @property
    def is_full(self) -> bool:
        return self.count >= MOST_IDS

    def first(self, hashes: Hashes) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which of the ids, in this order, were not there before; those are from now on."""
        distinct, at = np.unique(hashes, return_index=True)
        known = np.zeros(len(distinct), bool)
        for run in self.runs:
            places = np.minimum(np.searchsorted(run, distinct), len(run) - 1)
            known |= run[places] == distinct
        out = np.zeros(len(hashes), bool)
        out[at[~known]] = True
        new = distinct[~known]
        if len(new) and not self.is_full:
            self.count += len(new)
            self.runs.append(new)
            while len(self.runs) > 1 and len(self.runs[-2]) < 2 * len(self.runs[-1]):
                last = self.runs.pop()
                self.runs[-1] = np.sort(np.concatenate([self.runs[-1], last]), kind="stable")
        return out


def deliveries(items: Sequence[Recorded]) -> Hashes:
    """A number for what tells the deliveries of each record (`Recorded.delivery`)."""
    told = zip(*(item.delivery for item in items))
    texts = {part: pa.array(some, pa.string()) for part, some in zip(DELIVERY, told)}
    rows = np.arange(len(items), dtype=np.int32)
    return together({part: Column(some, rows) for part, some in texts.items()}, rows)


def together(parts: Mapping[str, Column], rows: Any) -> Hashes:
    """The same number for rows of columns, each part of a delivery a column; a part that is not given is empty throughout."""
    out = np.zeros(len(rows), np.uint64)
    held: list[tuple[Hashes, Any]] = []
    for part, weight in _WEIGHTS.items():
        column = parts.get(part)
        if column is None:
            out += hashes(_EMPTY) * weight
        else:
            told = np.r_[hashes(column.values), hashes(_EMPTY)] * weight
            held.append((told, column.codes if len(rows) == len(column.codes) else column.codes[rows]))
    for start in range(0, len(rows), _BLOCK):  # what stays in the caches of a processor
        block = out[start : start + _BLOCK]
        for told, codes in held:
            block += gathered(told, codes[start : start + _BLOCK])
    return out


def hashes(texts: pa.Array) -> Hashes:
    """A number for each text, the same wherever it stands. The array has no nulls."""
    texts = texts.cast(pa.large_string())
    offsets = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset : texts.offset + len(texts) + 1]
    data = np.frombuffer(texts.buffers()[2] or b"", np.uint8)
    out = np.empty(len(texts), np.uint64)
    lengths = np.diff(offsets)
    for length in np.unique(lengths).tolist():
        rows = np.flatnonzero(lengths == length)
        words = -(-length // 8)
        padded = np.zeros((len(rows), max(words, 1) * 8), np.uint8)
        if length:
            padded[:, :length] = data[offsets[:-1][rows][:, None] + np.arange(length)]
        out[rows] = _mixed(padded.view(np.uint64), length)
    return out


def _mixed(words: np.ndarray[Any, np.dtype[np.uint64]], length: int) -> Hashes:
    state = np.full(len(words), np.uint64(length) ^ _FACTORS[1], np.uint64)
    for at in range(words.shape[1]):
        state ^= words[:, at]
        state *= _FACTORS[0]
        state ^= state >> _HALF
        state *= _FACTORS[1]
        state ^= state >> _HALF
    return state
