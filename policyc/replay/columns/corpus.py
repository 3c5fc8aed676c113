"""A log that was read once: its distinct requests with how often and when they came, kept in a folder for the next policy.

What does not hang on policies is worked out when the log is read (what could not be read, which records were delivered twice, which requests are
alike in every field), so that policies are asked about distinct requests alone. The folder holds arrays and texts, no code, and the
identity of the files that it was made of: with other files, or files that have changed, it is not used.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from errno import EEXIST
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from policyc.bounded import read_regular
from policyc.record import record
from policyc.replay.classes import MOST_PLACES
from policyc.replay.columns.batch import FIELDS, TIME, Batch, Column, Rows
from policyc.replay.columns.combine import Ints, combined
from policyc.replay.columns.hours import hours_of, ranked
from policyc.replay.reading import Log, Place
from policyc.replay.recorded import Recorded
from policyc.replay.tally import Tally

_FORMAT: Final = 7
_ABOUT: Final = "corpus.json"
_LARGEST: Final = 1024 * 1024 * 1024
_OWN: Final = re.compile(r"corpus\.json|[0-9]{6}\.bin")
_COUNTS: Final = ("records", "duplicates")
_RECORDED: Final = ("kind", "who", "can", "where", "path", "network", "keys", "verdict", "id", "time", "refuser")
_REASONS: Final = ("skipped", "odd")
#: requests that are held before alike ones are put together, and that one part of a corpus may have
_MOST: Final = 3_000_000
#: a place is the number of its file and of its record in one number
FILE: Final = 40
NUMBER: Final = (1 << FILE) - 1
#: the fields that tell what came of a request
_OUTCOME: Final = ("failureReason", "authDeniedReason")
_ALIGNED: Final = 64
_OF_HOURS: Final = ("starts", "at", "counts", "outcomes", "totals", "odd")


@record
class Hours:
    """When requests came. The hours of a request are those of `at` (places in `names`) and `counts` from its place in `starts` to the next one.
    `totals` has for each kind of outcome the sum by hour; `outcomes` is the kind of each request. `odd` has a line for each
    request with times that are none: its row, how many, and the first place."""

    names: tuple[str, ...]
    starts: Ints
    at: Ints
    counts: Ints
    outcomes: Ints
    totals: Rows
    odd: Rows


@record
class Requests:
    """Distinct requests of some files. `columns` have one row for each; `counts` says how many records it stands for, `first` and `last` are the
    places of their times in `times`, which are in order (-1 for none), `places` its first records (-1 for none), in order."""

    files: tuple[str, ...]
    columns: Mapping[str, Column]
    counts: Ints
    first: Ints
    last: Ints
    places: Rows
    times: pa.StringArray
    hours: Hours

    def place(self, code: int) -> Place:
        """The place of a record by its number in `places`."""
        return Place(self.files[code >> FILE], code & NUMBER)

    @property
    def batch(self) -> Batch:
        """The requests as rows."""
        return Batch("", self.places[:, 0], self.columns)


@record
class _Rows:
    """What a table of requests is made of, alike ones not yet put together. `places` are rows with the place of a record, `hours` rows with the hour
    and how many, `odd` rows with how many times are none and the first place."""

    files: tuple[str, ...]
    columns: Mapping[str, Column]
    counts: Rows
    first: Ints
    last: Ints
    times: pa.StringArray
    places: tuple[Ints, Ints]
    names: tuple[str, ...]
    hours: tuple[Ints, Ints, Ints]
    odd: tuple[Ints, Ints, Ints]


def requests_of(batch: Batch, keep: Any) -> Requests:
    """The distinct requests of a batch, of the rows that `keep` says (None: all)."""
    held = batch if keep is None else batch.only(np.flatnonzero(keep))
    time = held.columns[TIME]
    ranks, times = ranked(time)
    rank = ranks[time.codes]
    names, hour_of = hours_of(time.values)
    hour, rows = hour_of[time.codes], np.arange(len(rank))
    known, odd = np.flatnonzero(hour < len(names)), np.flatnonzero(hour == len(names))
    one = np.ones(len(rank), np.int64)
    return _together(
        _Rows(
            (held.file,),
            {name: held.columns[name] for name in FIELDS},
            one,
            rank,
            rank,
            times,
            (rows, held.numbers),
            tuple(names),
            (known, hour[known], one[known]),
            (odd, one[odd], held.numbers[odd]),
        )
    )


def merged(items: Sequence[Requests]) -> Requests:
    """The requests of several parts, alike ones as one."""
    if len(items) == 1:
        return items[0]
    files = tuple(sorted({name for item in items for name in item.files}))
    times = pc.unique(pa.concat_arrays([item.times for item in items]))
    times = times.take(pc.sort_indices(times))
    names = tuple(sorted({name for item in items for name in item.hours.names}))
    parts: list[tuple[Ints, ...]] = []
    start = 0
    for item in items:
        rank = np.r_[pc.index_in(item.times, times).to_numpy(zero_copy_only=False), -1].astype(np.int64)
        file = np.array([files.index(name) for name in item.files], np.int64) << FILE
        hour = np.array([names.index(name) for name in item.hours.names], np.int64)
        row, at = np.nonzero(item.places >= 0)
        place, odd = item.places[row, at], item.hours.odd
        of = np.repeat(np.arange(len(item.counts)), np.diff(item.hours.starts))
        parts.append(
            (
                item.counts.astype(np.int64),
                rank[item.first],
                rank[item.last],
                row + start,
                file[place >> FILE] | (place & NUMBER),
                of + start,
                hour[item.hours.at] if len(hour) else of,
                item.hours.counts.astype(np.int64),
                odd[:, 0] + start,
                odd[:, 1],
                file[odd[:, 2] >> FILE] | (odd[:, 2] & NUMBER),
            )
        )
        start += len(item.counts)
    counts, first, last, row, place, *rest = (np.concatenate(some) for some in zip(*parts))
    columns = {name: _one([item.columns[name] for item in items]) for name in FIELDS}
    hours, odd_ones = (rest[0], rest[1], rest[2]), (rest[3], rest[4], rest[5])
    return _together(_Rows(files, columns, counts, first, last, times, (row, place), names, hours, odd_ones))


def _one(held: Sequence[Column]) -> Column:
    """Columns one behind the other."""
    encoded = pc.dictionary_encode(pa.concat_arrays([column.values for column in held]))
    numbers, start, codes = encoded.indices.to_numpy(zero_copy_only=False), 0, []
    for column in held:
        lut = np.r_[numbers[start : start + len(column.values)], np.int32(len(encoded.dictionary))]
        codes.append(lut.astype(np.int32)[column.codes])
        start += len(column.values)
    return Column(encoded.dictionary, np.concatenate(codes))


def _together(rows: _Rows) -> Requests:
    found = combined([(np.arange(len(c.values) + 1), c.codes) for c in rows.columns.values()])
    size, group = len(found.likenesses), found.rows
    columns = {name: _narrowed(c.values, found.likenesses[:, at]) for at, (name, c) in enumerate(rows.columns.items())}
    last = np.full(size, -1, np.int64)
    np.maximum.at(last, group, rows.last)
    first = np.full(size, len(rows.times), np.int64)
    np.minimum.at(first, group, np.where(rows.first < 0, len(rows.times), rows.first))
    first[first == len(rows.times)] = -1
    of = group[rows.places[0]]
    order = np.lexsort((rows.places[1], of))
    starts = np.searchsorted(of[order], np.arange(size + 1))
    places = np.full((size, MOST_PLACES), -1, np.int64)
    for at in range(MOST_PLACES):
        has = np.flatnonzero(starts[:-1] + at < starts[1:])
        places[has, at] = rows.places[1][order[starts[has] + at]]
    counts = np.bincount(group, rows.counts, size).astype(np.int64)
    return Requests(
        rows.files,
        columns,
        _narrow(counts),
        _narrow(first),
        _narrow(last),
        places,
        rows.times,
        _hours(rows, group, columns),
    )


def _hours(rows: _Rows, group: Ints, columns: Mapping[str, Column]) -> Hours:
    width = max(len(rows.names), 1)
    of, at, count = rows.hours
    key = group[of].astype(np.int64) * width + at
    order = np.argsort(key, kind="stable")
    key = key[order]
    heads = np.flatnonzero(np.r_[True, key[1:] != key[:-1]]) if len(key) else np.zeros(0, np.int64)
    counts = np.add.reduceat(count[order], heads) if len(key) else count
    pair, hour = np.divmod(key[heads], width)
    size = len(columns[_OUTCOME[0]].codes)
    outcomes = combined([(np.arange(len(columns[name].values) + 1), columns[name].codes) for name in _OUTCOME])
    table = np.bincount(outcomes.rows[pair] * width + hour, counts, len(outcomes.likenesses) * width)
    odd: dict[int, list[int]] = {}
    for one, number, place in zip(group[rows.odd[0]].tolist(), rows.odd[1].tolist(), rows.odd[2].tolist()):
        known = odd.setdefault(one, [one, 0, place])
        known[1] += number
        known[2] = min(known[2], place)
    return Hours(
        rows.names,
        _narrow(np.searchsorted(pair, np.arange(size + 1))),
        _narrow(hour),
        _narrow(counts),
        _narrow(outcomes.rows),
        table.astype(np.int64).reshape(-1, width),
        np.array(list(odd.values()), np.int64).reshape(-1, 3),
    )


def hours_by(hours: Hours, pairs: Rows, size: int) -> Rows:
    """Records by kind of answer and hour, when `pairs` has the kind of each request, of `size`. Of each kind of outcome the most common kind of
    answer follows from the sum, so that only requests with others are looked at."""
    width = hours.totals.shape[1]
    table = np.zeros((size, width), np.int64)
    weights = np.bincount(hours.outcomes * np.int64(size) + pairs, minlength=len(hours.totals) * size)
    common = weights.reshape(-1, size).argmax(axis=1)
    np.add.at(table, common, hours.totals)
    own = common[hours.outcomes]
    rows = np.flatnonzero(pairs != own)
    starts = hours.starts.astype(np.int64)
    lengths = np.diff(starts)[rows]
    places = np.repeat(starts[rows] - np.r_[0, np.cumsum(lengths)[:-1]], lengths) + np.arange(lengths.sum())
    at, counts = hours.at[places], hours.counts[places]
    moves = np.repeat((own[rows] * size + pairs[rows]) * width, lengths) + at
    moved = np.bincount(moves, counts, size * size * width).astype(np.int64).reshape(size, size, width)
    table += moved.sum(axis=0) - moved.sum(axis=1)
    return table


def _narrow(values: Ints) -> Ints:
    """The same numbers in as few bytes as hold them."""
    most, least = (int(values.max()), int(values.min())) if len(values) else (0, 0)
    kinds: tuple[Any, ...] = (np.int8, np.int16, np.int32) if least < 0 else (np.uint8, np.uint16, np.int32)
    return values.astype(next((kind for kind in kinds if most <= np.iinfo(kind).max), np.int64))


def _narrowed(values: pa.StringArray, codes: Rows) -> Column:
    """A column with only the texts that it has."""
    used = np.flatnonzero(np.bincount(codes, minlength=len(values) + 1)[: len(values)])
    lut = np.full(len(values) + 1, len(used), np.int32)
    lut[used] = np.arange(len(used), dtype=np.int32)
    return Column(values.take(pa.array(used)), _narrow(lut[codes]))


@dataclass
class Corpus:
    """What was read of a log: its requests by column, records of other forms one by one, and what is told whatever policies say."""

    log: Log = field(default_factory=Log)
    tally: Tally = field(default_factory=lambda: Tally(identities=True))
    requests: list[Requests] = field(default_factory=list)
    others: list[tuple[Recorded, Place]] = field(default_factory=list)

    def add(self, item: Requests) -> None:
        """More requests."""
        self.requests.append(item)
        if sum(len(part.counts) for part in self._small()) > _MOST:
            self.join()

    def join(self) -> None:
        """Put requests of several parts together, except of those that are large as it is."""
        small = self._small()
        if small:
            self.requests = [*(part for part in self.requests if len(part.counts) > _MOST // 2), merged(small)]

    def _small(self) -> list[Requests]:
        return [part for part in self.requests if len(part.counts) <= _MOST // 2]

    def tell(self, log: Log, tally: Tally) -> None:
        """Add what was told when the log was read."""
        log.merge(self.log)
        for name in _COUNTS:
            setattr(tally, name, getattr(tally, name) + getattr(self.tally, name))
        for reason, count in self.tally.skipped.items():
            tally.skip(reason, self.tally.examples[reason], count)
        for reason, count in self.tally.odd.items():
            tally.wonder(reason, self.tally.examples[reason], count)


# --- on disk --------------------------------------------------------------------------------------------------------


def identity(files: Iterable[tuple[str, str, int, str]]) -> list[Any]:
    """What tells whether files are those that a corpus was made of: their names, places, sizes, and stamps that change with them."""
    return [_FORMAT, *map(list, files)]


def save(folder: Path, corpus: Corpus, made_of: Sequence[Any]) -> None:
    """Write a corpus into a folder of its own (`is_free`), which it replaces. Raises OSError."""
    corpus.join()
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _fill(fresh, corpus, made_of)
        if not is_free(folder):
            raise FileExistsError(EEXIST, "it holds other files")
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def is_free(folder: Path) -> bool:
    """Whether a folder is not there yet, or holds nothing but a corpus. Raises OSError."""
    try:
        return all(_OWN.fullmatch(item.name) and item.is_file() for item in folder.iterdir())
    except FileNotFoundError:
        return True


def _fill(folder: Path, corpus: Corpus, made_of: Sequence[Any]) -> None:
    parts = []
    for number, item in enumerate(corpus.requests):
        path = folder / f"{number:06}.bin"
        with path.open("wb") as stream:
            arrays = _write(stream, _arrays(item))
        parts.append([item.files, item.hours.names, arrays, crc32(_whole(path))])
    about = {
        "made_of": list(made_of),
        "files": corpus.log.files,
        "unread": corpus.log.unread,
        "unread_examples": corpus.log.examples,
        **{name: getattr(corpus.tally, name) for name in (*_COUNTS, *_REASONS)},
        "examples": corpus.tally.examples,
        "others": [[_plain(item), place] for item, place in corpus.others],
        "parts": parts,
    }
    (folder / _ABOUT).write_text(json.dumps(about), "utf-8")


def load(folder: Path, made_of: Sequence[Any]) -> Corpus | None:
    """The corpus in a folder; None when there is none, it is broken, or it was made of other files."""
    try:
        about = json.loads(read_regular(folder / _ABOUT, _LARGEST))
        if about["made_of"] != json.loads(json.dumps(list(made_of))):
            return None
        corpus = Corpus()
        corpus.log.files = about["files"]
        corpus.log.unread.update(about["unread"])
        corpus.log.examples.update(about["unread_examples"])
        for name in _COUNTS:
            setattr(corpus.tally, name, about[name])
        for name in _REASONS:
            getattr(corpus.tally, name).update(about[name])
        corpus.tally.examples.update({reason: Place(*place) for reason, place in about["examples"].items()})
        for item, place in about["others"]:
            corpus.others.append((Recorded(**{**item, "keys": tuple(map(tuple, item["keys"]))}), Place(*place)))
        for number, (files, names, arrays, sum_of) in enumerate(about["parts"]):
            whole = _whole(folder / f"{number:06}.bin")
            if crc32(whole) != sum_of:
                return None
            corpus.requests.append(_requests(files, names, _read(whole, arrays)))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return corpus


def _plain(item: Recorded) -> dict[str, Any]:
    return {name: getattr(item, name) for name in _RECORDED}


def _write(stream: Any, arrays: Mapping[str, Ints]) -> list[Any]:
    """Arrays one behind the other; where each begins, its type and its shape come back."""
    held = []
    for name, values in arrays.items():
        stream.write(bytes(-stream.tell() % _ALIGNED))
        held.append([name, stream.tell(), values.dtype.str, values.shape])
        stream.write(np.ascontiguousarray(values).tobytes())
    return held


def _whole(path: Path) -> Any:
    """The bytes of a file, which stay there until they are looked at. Raises OSError."""
    return np.memmap(path, np.uint8, "r") if path.stat().st_size else np.zeros(0, np.uint8)


def _read(whole: Any, arrays: Sequence[Any]) -> dict[str, Ints]:
    """The arrays among the bytes of a file."""
    out = {}
    for name, start, kind, shape in arrays:
        size = int(np.prod(shape)) * np.dtype(kind).itemsize
        out[name] = np.asarray(whole[start : start + size]).view(kind).reshape(shape)
    return out


def _arrays(item: Requests) -> dict[str, Ints]:
    out = {name: getattr(item, name) for name in ("counts", "first", "last", "places")}
    out |= {f"hours.{name}": getattr(item.hours, name) for name in _OF_HOURS}
    out.update(_texts("times", item.times))
    for name, column in item.columns.items():
        out[f"{name}.codes"] = column.codes
        out.update(_texts(name, column.values))
    return out


def _texts(name: str, values: pa.StringArray) -> Iterator[tuple[str, Ints]]:
    """Texts as their bytes and where each ends."""
    held = [text.encode("utf-8", "surrogatepass") for text in values.to_pylist()]
    yield f"{name}.bytes", np.frombuffer(b"".join(held), np.uint8)
    yield f"{name}.ends", np.cumsum([0, *map(len, held)]).astype(np.int32)


def _requests(files: Sequence[str], names: Sequence[str], held: Mapping[str, Ints]) -> Requests:
    def texts(name: str) -> pa.StringArray:
        ends = held[f"{name}.ends"]
        return pa.StringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(held[f"{name}.bytes"]))

    return Requests(
        tuple(files),
        {name: Column(texts(name), held[f"{name}.codes"]) for name in FIELDS},
        held["counts"],
        held["first"],
        held["last"],
        held["places"],
        texts("times"),
        Hours(tuple(names), *(held[f"hours.{name}"] for name in _OF_HOURS)),
    )
