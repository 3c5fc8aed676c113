"""A batch of rows against answers: likenesses gathered over dictionary codes, each combination asked once, rows counted by their answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from policyc.record import record
from policyc.replay.askers.said import Said
from policyc.replay.classes import MOST_PLACES
from policyc.replay.columns.coding import Coder, Codes, PathCoder, path_forms
from policyc.replay.columns.likeness import Likeness
from policyc.replay.reading import Place
from policyc.replay.recorded import TIME_PATTERN, Recorded
from policyc.replay.tally import NO_TIME, Replayer
from policyc.targets.base import NoRequest
from policyc.targets.lattice.access_log import read_tags
from policyc.targets.lattice.words import HEADER_KEYS

Rows = np.ndarray[Any, np.dtype[np.int64]]
#: fields of a record that an answer may hang on
FIELDS: Final = (
    *("serviceArn", "user", "requestMethod", "requestPath", "serviceNetworkArn", "failureReason", "authDeniedReason"),
    *("callerPrincipalOrgID", "sourceVpcId", "sourceVpcArn", "hostHeader", "userAgent", "callerPrincipalTags"),
)
ID: Final = "requestId"
TIME: Final = "startTime"
#: the largest table of combinations
_LARGEST: Final = 1 << 24


@record
class Batch:
    """Rows of one file: each field as a dictionary array of texts (None for absent), and the number of each row in the file."""

    file: str
    numbers: Rows
    columns: Mapping[str, pa.DictionaryArray]

    def data(self, row: int) -> dict[str, Any]:
        """One row as a record."""
        found = {name: column[row].as_py() for name, column in self.columns.items()}
        return {**found, "resolvedUser": found["user"]}


@record
class _Answer:
    """What is said to a combination: an answer of old and new policies with the log's verdict, or the reason why there is none (`early` when
    the record itself is the reason)."""

    said: tuple[Said, Said] | None
    verdict: str
    reason: str
    early: bool
    shows: bool


class Kernel:
    """The columns of VPC Lattice records under the policies of a replayer."""

    def __init__(self, replayer: Replayer, likeness: Likeness, read: Callable[[dict[str, Any]], Recorded]) -> None:
        self.replayer, self.read = replayer, read
        self.kind = ""
        verbatim: Callable[[str], str] = lambda value: value  # noqa: E731
        likes: dict[str, Callable[[str], Any]] = {
            "serviceArn": likeness.of_service,
            "user": likeness.of_caller,
            "requestMethod": verbatim,
            "serviceNetworkArn": likeness.of_network,
            "failureReason": lambda value: value == "ClientAccessDenied",
            "authDeniedReason": lambda value: True,
            "callerPrincipalOrgID": lambda value: likeness.of_key("aws:PrincipalOrgID", value),
            "sourceVpcId": lambda value: likeness.of_key("vpc-lattice-svcs:SourceVpc", value),
            "sourceVpcArn": lambda value: _of_account(likeness, value),
            "hostHeader": lambda value: likeness.of_key(f"{HEADER_KEYS}host", value),
            "userAgent": lambda value: likeness.of_key(f"{HEADER_KEYS}user-agent", value),
            "callerPrincipalTags": lambda value: tuple(
                sorted(((key, likeness.of_key(key, item)) for key, item in read_tags(value).items()), key=str)
            ),
        }
        self.paths = PathCoder(likeness)
        self.coders: dict[str, Coder] = {name: Coder(like) for name, like in likes.items()} | {
            "requestPath": self.paths
        }
        self.answers: dict[tuple[int, ...], int] = {}
        self.told: list[_Answer] = []

    # --- answers ----------------------------------------------------------------------------------------------------

    def answer(self, batch: Batch) -> np.ndarray[Any, np.dtype[np.int32]]:
        """The number of the answer to each row, an index of `told`."""
        services = batch.columns["serviceArn"].dictionary.to_pylist()
        self.paths.see([service for service in services if service])
        luts = [
            (coder.codes(batch.columns[name].dictionary), batch.columns[name]) for name, coder in self.coders.items()
        ]
        code, first = _combined(luts, len(batch.numbers))
        likes = (
            np.stack([lut[_indices(column)[first]] for lut, column in luts], axis=1) if len(first) else np.empty((0, 0))
        )
        lut = np.empty(len(first), np.int32)
        for at, key in enumerate(map(tuple, likes.tolist())):
            found = self.answers.get(key)
            if found is None:
                found = self.answers[key] = len(self.told)
                self.told.append(self._ask(key))
            lut[at] = found
        return lut[code]

    def _ask(self, key: tuple[int, ...]) -> _Answer:
        """The answer to a combination, asked with the first value of each likeness: few different ones, which the askers then know."""
        data: dict[str, Any] = {name: coder.samples[at] for at, (name, coder) in zip(key, self.coders.items())}
        try:
            item = self.read({**data, "resolvedUser": data["user"]})
        except NoRequest as error:
            return _Answer(None, "", str(error), True, False)
        self.kind = item.kind
        said = self.replayer.answers(item)
        if isinstance(said, str):
            return _Answer(None, item.verdict, said, False, False)
        old, new = said
        against = bool(item.verdict) and old.decision not in ("undecided", item.verdict)
        return _Answer(said, item.verdict, "", False, against or old.decision != new.decision or old.way != new.way)

    # --- counting ---------------------------------------------------------------------------------------------------

    def count(
        self,
        batch: Batch,
        answers: np.ndarray[Any, np.dtype[np.int32]],
        keep: np.ndarray[Any, np.dtype[np.bool_]] | None,
    ) -> None:
        """Count the rows that `keep` says (None: all)."""
        tally = self.replayer.tally
        taken = answers if keep is None else answers[keep]
        counts = np.bincount(taken, minlength=len(self.told))
        for number in np.flatnonzero(counts).tolist():
            told, count = self.told[number], int(counts[number])
            if told.said is None:
                row = int(np.flatnonzero((answers == number) if keep is None else (answers == number) & keep)[0])
                tally.skip(told.reason, Place(batch.file, int(batch.numbers[row])), count)
            else:
                tally.sum(self.kind, told.verdict, *told.said, count)
        self._hours(batch, answers, keep)
        shows = np.array([told.shows for told in self.told], bool)
        rows = np.flatnonzero(shows[answers] if keep is None else shows[answers] & keep)
        if len(rows):
            self._file(batch, answers, rows)

    def _hours(
        self,
        batch: Batch,
        answers: np.ndarray[Any, np.dtype[np.int32]],
        keep: np.ndarray[Any, np.dtype[np.bool_]] | None,
    ) -> None:
        """Rows by hour and pair of decisions; and times that are none."""
        tally = self.replayer.tally
        column = batch.columns[TIME]
        hours, hour_of = _hours_of(column.dictionary)
        kinds: dict[tuple[str, str, str], int] = {}
        pair_of = np.array(
            [
                -1
                if told.said is None
                else kinds.setdefault((told.verdict, told.said[0].decision, told.said[1].decision), len(kinds))
                for told in self.told
            ],
            np.int64,
        )
        pairs = pair_of[answers]
        asked = pairs >= 0 if keep is None else (pairs >= 0) & keep
        places = hour_of[_indices(column)]
        width = len(hours) + 2
        table = np.bincount((pairs * width + places)[asked], minlength=len(kinds) * width).reshape(-1, width)
        for kind, at in kinds.items():
            for hour in np.flatnonzero(table[at, : len(hours)]).tolist():
                tally.hours[(hours[hour], *kind)] += int(table[at, hour])
        odd = int(table[:, len(hours)].sum())
        if odd:
            row = int(np.flatnonzero(asked & (places == len(hours)))[0])
            tally.wonder(NO_TIME, Place(batch.file, int(batch.numbers[row])), odd)

    def _file(self, batch: Batch, answers: np.ndarray[Any, np.dtype[np.int32]], rows: Rows) -> None:
        """Rows that a class is made of: alike in the answer and in all that a class tells."""
        parts = [batch.columns[name] for name in ("user", "requestMethod", "serviceArn")]
        paths = batch.columns["requestPath"]
        parts.append(paths if self.replayer.tally.identities else path_forms(paths))
        code = answers[rows].astype(np.int64)
        for column in parts:
            code = _dense(code * (len(column.dictionary) + 1) + _indices(column)[rows])
        times, ranks = _ranked(batch.columns[TIME], rows)
        order = np.argsort(code, kind="stable")
        starts = np.flatnonzero(np.r_[True, np.diff(code[order]) != 0])
        ends = np.r_[starts[1:], len(order)]
        sorted_ranks = ranks[order]
        last = np.maximum.reduceat(sorted_ranks, starts)
        first = np.minimum.reduceat(np.where(sorted_ranks < 0, len(times), sorted_ranks), starts)
        for at, (start, end) in enumerate(zip(starts.tolist(), ends.tolist())):
            held = rows[order[start : min(end, start + MOST_PLACES)]].tolist()
            self._add(
                batch,
                answers,
                held,
                end - start,
                *(times[r] if 0 <= r < len(times) else "" for r in (first[at], last[at])),
            )

    def _add(self, batch: Batch, answers: Any, rows: Sequence[int], count: int, first: str, last: str) -> None:
        told = self.told[answers[rows[0]]]
        assert told.said is not None
        item = self.read(batch.data(rows[0]))
        places = [Place(batch.file, int(batch.numbers[row])) for row in rows]
        old, new = told.said
        self.replayer.tally.show(item, old, new, places, count, first, last)


def _of_account(likeness: Likeness, arn: str) -> Any:
    fields = arn.split(":")
    return likeness.of_key("vpc-lattice-svcs:SourceVpcOwnerAccount", fields[4]) if len(fields) > 5 and fields[4] else ()


def _indices(column: pa.DictionaryArray) -> Rows:
    """The codes of a column; the number of its values stands for an absent one."""
    indices = column.indices
    if indices.null_count:
        indices = indices.fill_null(len(column.dictionary))
    found: Rows = indices.to_numpy(zero_copy_only=False)
    return found


def _combined(luts: Sequence[tuple[Codes, pa.DictionaryArray]], length: int) -> tuple[Rows, Rows]:
    """A number from 0 for each combination of likenesses of a batch, by row, and the first row of each."""
    code: Rows = np.zeros(length, np.int64)
    radix = 1
    for lut, column in sorted(luts, key=lambda pair: len(pair[0])):
        used, local = np.unique(lut, return_inverse=True)
        if len(used) == 1:
            continue
        if radix * len(used) > _LARGEST:
            code = _dense(code)
            radix = int(code.max()) + 1 if length else 1
        code *= len(used)
        code += local.astype(np.int64)[_indices(column)]
        radix *= len(used)
    code = _dense(code, radix)
    first = np.empty(int(code.max()) + 1 if length else 0, np.int64)
    first[code[::-1]] = np.arange(length - 1, -1, -1)
    return code, first


def _dense(code: Rows, radix: int | None = None) -> Rows:
    """The same numbers without gaps, from 0 in their order."""
    if not len(code):
        return code
    most = int(code.max()) + 1 if radix is None else radix
    if most <= _LARGEST:
        seen = np.zeros(most, bool)
        seen[code] = True
        return (np.cumsum(seen, dtype=np.int64) - 1)[code]
    return np.unique(code, return_inverse=True)[1].astype(np.int64)


def _hours_of(values: pa.Array) -> tuple[list[str], Rows]:
    """The hours among distinct times; for each time the number of its hour, that of all hours for a time that is none, and one more
    for an absent one, which comes last."""
    good = _good_times(values)
    hours = pc.dictionary_encode(pc.if_else(good, pc.utf8_slice_codeunits(values, 0, 13), pa.scalar(None, pa.string())))
    count = len(hours.dictionary)
    found = hours.indices.fill_null(count).to_numpy(zero_copy_only=False).astype(np.int64)
    return hours.dictionary.to_pylist(), np.r_[found, count + 1]


def _good_times(values: pa.Array) -> pa.Array:
    return pc.match_substring_regex(values, rf"\A(?:{TIME_PATTERN})\z")


def _ranked(column: pa.DictionaryArray, rows: Rows) -> tuple[list[str], Rows]:
    """The distinct times of rows in order, and the rank of each row's, -1 for one that has none."""
    used, local = np.unique(_indices(column)[rows], return_inverse=True)
    values = column.dictionary
    present = used[used < len(values)]
    taken = values.take(pa.array(present))
    good = _good_times(taken).to_numpy(zero_copy_only=False)
    texts = taken.to_pylist()
    order = sorted(range(len(texts)), key=texts.__getitem__)
    order = [at for at in order if good[at]]
    rank = np.full(len(used), -1, np.int64)
    for place, at in enumerate(order):
        rank[at] = place
    return [texts[at] for at in order], rank[local]
