"""Rows of a batch by their answer: counted, by hour, and those that the report tells of handed on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from policyc.record import record
from policyc.replay.columns.batch import ID, TIME, Batch, Column, Rows, texts
from policyc.replay.columns.combine import Combined, gathered
from policyc.replay.columns.hours import hours_of
from policyc.replay.columns.seen import Hashes, together
from policyc.replay.columns.told import Told
from policyc.replay.reading import Place
from policyc.replay.tally import NO_TIME, Replayer, outcome

Keep = np.ndarray[Any, np.dtype[np.bool_]]


@record
class Answers:
    """The answers to a batch: `codes` are the combinations of its rows, `lut` the number of the answer to each."""

    codes: Combined
    lut: np.ndarray[Any, np.dtype[np.int32]]

    def rows(self) -> np.ndarray[Any, np.dtype[np.int32]]:
        """The number of the answer to each row."""
        return gathered(self.lut, self.codes.rows)

    def of(self, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Something that each answer has, by row."""
        return gathered(values[self.lut], self.codes.rows)


class Counting(ABC):
    """What is said to rows, and how many there are of each. `told` are the answers so far."""

    def __init__(self, replayer: Replayer) -> None:
        self.replayer = replayer
        self.told: list[Told] = []

    def prepared(self, batch: Batch) -> Batch:
        """A batch as it is answered."""
        return batch

    @abstractmethod
    def answer(self, batch: Batch) -> Answers:
        """The answers to a batch that is prepared."""

    @abstractmethod
    def requested(self, batch: Batch, answers: Answers) -> dict[str, Column]:
        """Who asked for what: the parts of a delivery (`DELIVERY`) that are neither id, time nor outcome."""

    def deliveries(self, batch: Batch, answers: Answers, rows: Rows) -> Hashes:
        """A number for what tells the deliveries of the record of each row."""
        verdicts = texts([told.verdict for told in self.told], answers.rows())
        own = {"id": batch.columns[ID], "time": batch.columns[TIME], "verdict": verdicts}
        return together({**own, **self.requested(batch, answers)}, rows)

    @abstractmethod
    def show(self, batch: Batch, answers: Rows, rows: Rows) -> None:
        """Rows that the report tells of, with the number of the answer to each."""

    def finish(self) -> None:  # noqa: B027 - those that count as they go have nothing to put
        """Put what was counted into the classes of the tally."""

    # --- counting ---------------------------------------------------------------------------------------------------

    def early(self) -> Keep:
        """Which answers are that the record itself is no request."""
        return np.array([told.early for told in self.told], bool)

    def count(self, batch: Batch, answers: Answers, keep: Keep | None) -> None:
        """Count the rows that `keep` says (None: all)."""
        tally = self.replayer.tally
        counts = np.zeros(len(self.told), np.int64)
        np.add.at(counts, answers.lut, answers.codes.counts(keep))
        for number in np.flatnonzero(counts).tolist():
            told, count = self.told[number], int(counts[number])
            if told.said is None:
                rows = answers.rows() == number
                row = int(np.flatnonzero(rows if keep is None else rows & keep)[0])
                tally.skip(told.reason, Place(batch.file, int(batch.numbers[row])), count)
            else:
                tally.sum(told.kind, told.verdict, *told.said, count)
        self._hours(batch, answers, keep)
        shows = np.array([told.shows for told in self.told], bool)
        if counts[shows].any():
            shown = answers.of(shows)
            rows = np.flatnonzero(shown if keep is None else shown & keep)
            self.show(batch, gathered(answers.lut, answers.codes.rows[rows]), rows)

    def add_hours(self, table: Rows, kinds: Mapping[str, int], hours: Sequence[str]) -> None:
        for kind, at in kinds.items():
            for hour in np.flatnonzero(table[at, : len(hours)]).tolist():
                self.replayer.tally.hours[hours[hour], kind] += int(table[at, hour])

    def _hours(self, batch: Batch, answers: Answers, keep: Keep | None) -> None:
        """Rows by hour and what becomes of them; and times that are none."""
        tally = self.replayer.tally
        column = batch.columns[TIME]
        hours, hour_of = hours_of(column.values)
        kinds: dict[str, int] = {}
        width = len(hours) + 2
        starts = (
            np.array([0 if told.said is None else 1 + kind_of(kinds, told) for told in self.told], np.int32) * width
        )
        places = answers.of(starts)
        places += gathered(hour_of, column.codes)
        table = np.bincount(places if keep is None else places[keep], minlength=(len(kinds) + 1) * width)
        table = table.reshape(-1, width)[1:]
        self.add_hours(table, kinds, hours)
        odd = int(table[:, len(hours)].sum())
        if odd:
            rows = (places >= width) & (places % width == len(hours))
            row = int(np.flatnonzero(rows if keep is None else rows & keep)[0])
            tally.wonder(NO_TIME, Place(batch.file, int(batch.numbers[row])), odd)


def kind_of(kinds: dict[str, int], told: Told) -> int:
    """The number of what becomes of records with an answer, a new one for what has none."""
    assert told.said is not None
    return kinds.setdefault(outcome(told.verdict, *told.said), len(kinds))
