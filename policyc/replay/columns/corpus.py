"""A log that was read once: its distinct requests with how often and when they came, kept in a folder for the next policy.

What does not hang on policies is worked out when the log is read (what could not be read, which records were delivered twice, which requests are
alike in every field), so that policies are asked about distinct requests alone. The folder holds arrays and texts, no code, and the
identity of the files that it was made of: with other files, or files that have changed, it is not used.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from policyc.record import record
from policyc.replay.classes import MOST_PLACES
from policyc.replay.columns.batch import FIELDS, TIME, Batch, Column, Rows
from policyc.replay.columns.combine import combined
from policyc.replay.columns.hours import hours_of, ranked
from policyc.replay.reading import Log, Place
from policyc.replay.recorded import Recorded
from policyc.replay.tally import Tally

_FORMAT: Final = 2
_ABOUT: Final = "corpus.json"
_COUNTS: Final = ("records", "duplicates")
_RECORDED: Final = ("kind", "who", "can", "where", "path", "network", "keys", "verdict", "id", "time")
_REASONS: Final = ("skipped", "odd")


@record
class Requests:
    """The distinct requests of some rows. `batch` has one row for each, with the number of the first row that it stands for; `counts` how many
    rows, `first` and `last` the places of their times in `times` (-1 for none), `places` the numbers of their first rows (-1 for
    none). `hours` has a line for each request and hour: its row, the hour's place in `hour_names` (the next place for times that are none, the one
    behind it for absent ones), how many, and the number of the first."""

    batch: Batch
    counts: Rows
    first: Rows
    last: Rows
    places: Rows
    times: pa.StringArray
    hours: Rows
    hour_names: tuple[str, ...]


def requests_of(batch: Batch, keep: Any) -> Requests:
    """The distinct requests of a batch, of the rows that `keep` says (None: all)."""
    rows = np.arange(len(batch.numbers)) if keep is None else np.flatnonzero(keep)
    numbers = batch.numbers[rows]
    columns = {name: batch.columns[name] for name in FIELDS}
    found = combined([(np.arange(len(c.values) + 1), c.codes[rows]) for c in columns.values()])
    size = len(found.likenesses)
    kept = {name: _narrowed(columns[name].values, found.likenesses[:, at]) for at, name in enumerate(columns)}
    time = batch.columns[TIME]
    ranks, times = ranked(time)
    rank = ranks[time.codes[rows]]
    last = np.full(size, -1, np.int64)
    np.maximum.at(last, found.rows, rank)
    first = np.full(size, len(times), np.int64)
    np.minimum.at(first, found.rows, np.where(rank < 0, len(times), rank))
    first[first == len(times)] = -1
    order = np.argsort(found.rows, kind="stable")
    starts = np.searchsorted(found.rows[order], np.arange(size + 1))
    places = np.full((size, MOST_PLACES), -1, np.int64)
    for at in range(MOST_PLACES):
        has = np.flatnonzero(starts[:-1] + at < starts[1:])
        places[has, at] = numbers[order[starts[has] + at]]
    names, hour_of = hours_of(time.values)
    width = len(names) + 2
    pair, heads, counts = np.unique(
        found.rows.astype(np.int64) * width + hour_of[time.codes[rows]], return_index=True, return_counts=True
    )
    hours = np.stack([pair // width, pair % width, counts, numbers[heads]], axis=1)
    return Requests(
        Batch(batch.file, places[:, 0], kept), np.diff(starts), first, last, places, times, hours, tuple(names)
    )


def _narrowed(values: pa.StringArray, codes: Rows) -> Column:
    """A column with only the texts that it has."""
    used, local = np.unique(codes, return_inverse=True)
    held = used[used < len(values)]
    return Column(values.take(pa.array(held)), local.astype(np.int32))


@dataclass
class Corpus:
    """What was read of a log: its requests by column, records of other forms one by one, and what is told whatever policies say."""

    log: Log = field(default_factory=Log)
    tally: Tally = field(default_factory=lambda: Tally(identities=True))
    requests: list[Requests] = field(default_factory=list)
    others: list[tuple[Recorded, Place]] = field(default_factory=list)

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
    """Write a corpus into a folder of its own, which it replaces. Raises OSError."""
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for number, item in enumerate(corpus.requests):
        with (fresh / f"{number:06}.npz").open("wb") as stream:
            np.savez(stream, **_arrays(item))
    about = {
        "made_of": list(made_of),
        "files": corpus.log.files,
        "unread": corpus.log.unread,
        "unread_examples": corpus.log.examples,
        **{name: getattr(corpus.tally, name) for name in (*_COUNTS, *_REASONS)},
        "examples": corpus.tally.examples,
        "others": [[_plain(item), place] for item, place in corpus.others],
        "batches": [[item.batch.file, item.hour_names] for item in corpus.requests],
    }
    (fresh / _ABOUT).write_text(json.dumps(about), "utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)


def load(folder: Path, made_of: Sequence[Any]) -> Corpus | None:
    """The corpus in a folder; None when there is none, it is broken, or it was made of other files."""
    try:
        about = json.loads((folder / _ABOUT).read_text("utf-8"))
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
        for number, (file, names) in enumerate(about["batches"]):
            with np.load(folder / f"{number:06}.npz", allow_pickle=False) as held:
                corpus.requests.append(_requests(file, names, held))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return corpus


def _plain(item: Recorded) -> dict[str, Any]:
    return {name: getattr(item, name) for name in _RECORDED}


def _arrays(item: Requests) -> dict[str, Any]:
    out = {
        "counts": item.counts,
        "first": item.first,
        "last": item.last,
        "places": item.places,
        "hours": item.hours,
        **dict(_texts("times", item.times)),
    }
    for name, column in item.batch.columns.items():
        out[f"{name}.codes"] = column.codes
        out.update(_texts(name, column.values))
    return out


def _texts(name: str, values: pa.StringArray) -> Iterator[tuple[str, Any]]:
    """Texts as their bytes and where each ends."""
    held = [text.encode("utf-8", "surrogatepass") for text in values.to_pylist()]
    yield f"{name}.bytes", np.frombuffer(b"".join(held), np.uint8)
    yield f"{name}.ends", np.cumsum([0, *map(len, held)]).astype(np.int32)


def _requests(file: str, names: Sequence[str], held: Mapping[str, Any]) -> Requests:
    def texts(name: str) -> pa.StringArray:
        ends = held[f"{name}.ends"]
        return pa.StringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(held[f"{name}.bytes"]))

    columns = {name: Column(texts(name), held[f"{name}.codes"]) for name in FIELDS}
    batch = Batch(file, held["places"][:, 0], columns)
    return Requests(
        batch, held["counts"], held["first"], held["last"], held["places"], texts("times"), held["hours"], tuple(names)
    )
