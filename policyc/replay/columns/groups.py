"""Rows that classes are made of: those alike in all that a class tells are one line of numbers, and become classes at the end."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from policyc.replay.classes import MOST_CALLERS, MOST_PATHS, MOST_PLACES, Class, ClassKey, caller_hash, merge_classes
from policyc.replay.columns.batch import TIME, Batch
from policyc.replay.columns.coding import cut_paths, path_forms
from policyc.replay.columns.combine import gathered, unique_rows
from policyc.replay.columns.corpus import FILE, NUMBER, Requests
from policyc.replay.columns.hours import ranked
from policyc.replay.columns.told import Told
from policyc.replay.reading import Place
from policyc.replay.recorded import NOBODY
from policyc.replay.tally import Tally
from policyc.targets.lattice.access_log import read_caller

Ints = np.ndarray[Any, Any]
#: lines of numbers that are held before alike ones are put together
_MOST_LINES: Final = 2_000_000
#: what a line tells: the answer, the caller, the method, the service, the path, how often, the first and last time, the first places
_COUNT, _FIRST, _LAST, _PLACES = 5, 6, 7, 8
_WIDTH: Final = _PLACES + MOST_PLACES
_NONE: Final = -1
_LATE: Final = np.iinfo(np.int64).max
#: where who, what and where stand in the key of a class
_NAMES: Final = ClassKey._fields.index("who")
Key: TypeAlias = "tuple[str, ...]"
#: tens of thousands are made: `Place(…)` and `ClassKey(…)` take several times as long
_place: Callable[[tuple[str, int]], Place] = partial(tuple.__new__, Place)
_key: Callable[[Key], ClassKey] = partial(tuple.__new__, ClassKey)


class _Names:
    """Texts by number."""

    def __init__(self) -> None:
        self.numbers: dict[str | None, int] = {}
        self.texts: list[str | None] = []

    def number(self, text: str | None) -> int:
        found = self.numbers.get(text)
        if found is None:
            found = self.numbers[text] = len(self.texts)
            self.texts.append(text)
        return found

    def in_order(self) -> tuple[list[str], Ints]:
        """The texts in order, and the place that each number has there."""
        order = sorted(range(len(self.texts)), key=lambda at: self.texts[at] or "")
        places = np.empty(len(order), np.int64)
        places[order] = np.arange(len(order))
        return [self.texts[at] or "" for at in order], places

    def of(self, values: Sequence[str | None]) -> Ints:
        return np.fromiter(map(self.number, values), np.int64, len(values))


class Groups:
    """The lines so far. Numbers of callers, methods, services, paths, times and files are those of `names`."""

    def __init__(self, tally: Tally, told: Sequence[Told]) -> None:
        self.tally, self.told = tally, told
        self.users, self.methods, self.services, self.forms, self.times, self.files = (_Names() for _ in range(6))
        self.lines: list[Ints] = []
        self.count = 0

    def add(self, batch: Batch, answers: Ints, rows: Ints) -> None:
        """Rows of a batch, with the number of the answer to each."""
        columns = [(batch.columns[name], names) for name, names in self._columns().items()]
        codes = [gathered(column.codes, rows) for column, _ in columns]
        paths = batch.columns["requestPath"]
        used = _used(codes[-1], len(paths.values) + 1)
        form_of, forms = self._forms(paths.values, used)
        codes[-1] = gathered(form_of, codes[-1])
        sizes = [len(self.told), *(len(column.values) + 1 for column, _ in columns[:-1]), len(forms)]
        order, starts = _sorted_alike([answers, *codes], sizes)
        ends = np.r_[starts[1:], len(order)]
        lines = np.full((len(starts), _WIDTH), _NONE, np.int64)
        heads = order[starts]
        lines[:, 0] = answers[heads]
        for at, ((column, names), held) in enumerate(zip(columns[:-1], codes), 1):
            lines[:, at] = _renumbered(held[heads], column.values, names)
        lines[:, 4] = self.forms.of(forms)[codes[-1][heads]]
        lines[:, _COUNT] = ends - starts
        ranks, times = ranked(batch.columns[TIME])
        rank = gathered(ranks, batch.columns[TIME].codes[rows[order]])
        last = np.maximum.reduceat(rank, starts)
        first = np.minimum.reduceat(np.where(rank < 0, len(times), rank), starts)
        self._set_times(lines, first, last, times)
        file = self.files.number(batch.file) << FILE
        for place in range(MOST_PLACES):
            has = np.flatnonzero(starts + place < ends)
            lines[has, _PLACES + place] = file | batch.numbers[rows[order[starts[has] + place]]]
        self._keep(lines)

    def add_requests(self, item: Requests, answers: Ints, rows: Ints) -> None:
        """Distinct requests, with the number of the answer to each."""
        columns = item.columns
        paths = columns["requestPath"]
        form_of, forms = self._forms(paths.values, _used(paths.codes[rows], len(paths.values) + 1))
        lines = np.full((len(rows), _WIDTH), _NONE, np.int64)
        lines[:, 0] = answers
        for at, name in enumerate(("user", "requestMethod", "serviceArn"), 1):
            lines[:, at] = _renumbered(columns[name].codes[rows], columns[name].values, self._columns()[name])
        lines[:, 4] = self.forms.of(forms)[form_of[paths.codes[rows]]]
        lines[:, _COUNT] = item.counts[rows]
        self._set_times(lines, item.first[rows], item.last[rows], item.times)
        files = np.array([self.files.number(name) for name in item.files], np.int64) << FILE
        places = item.places[rows]
        lines[:, _PLACES:] = np.where(places < 0, _NONE, files[places >> FILE] | (places & NUMBER))
        self._keep(lines)

    def _set_times(self, lines: Ints, first: Ints, last: Ints, times: pa.Array) -> None:
        for at, found in ((_FIRST, first), (_LAST, last)):
            has = np.flatnonzero((found >= 0) & (found < len(times)))
            lines[has, at] = _renumbered(found[has], times, self.times)

    def _keep(self, lines: Ints) -> None:
        self.lines.append(lines)
        self.count += len(lines)
        if self.count > _MOST_LINES:
            self.finish()

    def _columns(self) -> dict[str, _Names]:
        return {
            "user": self.users,
            "requestMethod": self.methods,
            "serviceArn": self.services,
            "requestPath": self.forms,
        }

    def _forms(self, paths: pa.Array, used: Ints) -> tuple[Ints, Sequence[str | None]]:
        """For each code of a path that is used the number of what is told of it, and the texts that are told."""
        make = cut_paths if self.tally.identities else path_forms
        told = pc.dictionary_encode(make(_taken(paths, used)))
        count = len(told.dictionary)
        lut = np.zeros(len(paths) + 1, np.int64)
        lut[used] = told.indices.fill_null(count).to_numpy(zero_copy_only=False)
        return lut, [*told.dictionary.to_pylist(), None]

    # --- classes ----------------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Put the lines into the classes of the tally."""
        if not self.lines:
            return
        # many small objects that stay: looking for cycles among them takes longer than making them
        collects = gc.isenabled()
        gc.disable()
        try:
            self._finish()
        finally:
            if collects:
                gc.enable()

    def _finish(self) -> None:
        lines = np.concatenate(self.lines)
        self.lines, self.count = [], 0
        tally = self.tally
        times, rank = self.times.in_order()
        for column in (_FIRST, _LAST):
            has = lines[:, column] >= 0
            lines[has, column] = rank[lines[has, column]]
        files, rank = self.files.in_order()
        places = lines[:, _PLACES:]
        np.copyto(places, (rank[places >> FILE] << FILE) | (places & NUMBER), where=places >= 0)
        who = [(text and read_caller(text)) or NOBODY for text in self.users.texts]
        hashes = [caller_hash(text) for text in who]
        # callers and places that are shown alike are one
        shown_who, who_of = _folded([tally.shown(text) for text in who])
        methods, method_of = _folded([text or "connect" for text in self.methods.texts])
        shown_where, where_of = _folded([tally.shown(text or "") for text in self.services.texts])
        self.forms.number(None)
        forms, form_of = _folded([text or "" for text in self.forms.texts])
        bare = np.array([text is None for text in self.methods.texts], bool)
        lines[:, 4] = np.where(bare[lines[:, 2]], forms.index(""), form_of[lines[:, 4]])
        names = [who_of[lines[:, 1]], method_of[lines[:, 2]], where_of[lines[:, 3]]]
        for table, keys, key_of in self._filed():
            key = key_of[lines[:, 0]]
            rows = np.flatnonzero(key != _NONE)
            if not len(rows):
                continue
            classes, _, of = unique_rows(np.stack([key[rows], *(column[rows] for column in names)], axis=1))
            named = [
                _key((*keys[at][0], shown_who[caller], methods[method], shown_where[where], *keys[at][1]))
                for at, caller, method, where in classes.tolist()
            ]
            merge_classes(table, _classes(named, lines[rows], of, hashes, forms, times, files))

    def _filed(self) -> list[tuple[dict[ClassKey, Class], list[tuple[Key, Key]], Ints]]:
        """The tables, what stands before and behind who, what and where in the keys of each, and which of those the classes of each answer have."""
        held: dict[int, tuple[dict[ClassKey, Class], dict[tuple[Key, Key], int], Ints]] = {}
        for number, told in enumerate(self.told):
            for table, key in () if told.said is None else self.tally.filed(told.kind, told.verdict, *told.said):
                _, keys, key_of = held.setdefault(id(table), (table, {}, np.full(len(self.told), _NONE)))
                key_of[number] = keys.setdefault((key[:_NAMES], key[_NAMES + 3 :]), len(keys))
        return [(table, list(keys), key_of) for table, keys, key_of in held.values()]


def _classes(
    keys: Sequence[ClassKey],
    lines: Ints,
    of: Ints,
    hashes: Sequence[int],
    forms: Sequence[str],
    times: Sequence[str],
    files: Sequence[str],
) -> dict[ClassKey, Class]:
    """Lines summed for each class; `of` is the number of the class of each."""
    # the first places of a class are among those of the lines that begin first
    order = np.lexsort((lines[:, _PLACES], of))
    of, lines = of[order], lines[order]
    starts = np.flatnonzero(np.r_[True, of[1:] != of[:-1]])
    counts = np.add.reduceat(lines[:, _COUNT], starts).tolist()
    firsts = np.minimum.reduceat(np.where(lines[:, _FIRST] < 0, len(times), lines[:, _FIRST]), starts).tolist()
    lasts = np.maximum.reduceat(lines[:, _LAST], starts).tolist()
    times = [*times, ""]  # where no record has a time the first is the one behind, the last the one before
    paths, path_starts = _counted(of, lines[:, 4], lines[:, _COUNT], forms)
    callers, caller_starts = _distinct(of, lines[:, 1], hashes)
    places, place_starts = _first_places(lines[:, _PLACES:], starts, files)
    found = list(
        map(
            Class,
            keys,
            counts,
            map(times.__getitem__, firsts),
            map(times.__getitem__, lasts),
            [dict(paths[start:end]) for start, end in pairwise(path_starts)],
            [places[start:end] for start, end in pairwise(place_starts)],
            [set(callers[start:end]) for start, end in pairwise(caller_starts)],
        )
    )
    many = (np.diff(path_starts) > MOST_PATHS) | (np.diff(caller_starts) > MOST_CALLERS)
    for at in np.flatnonzero(many).tolist():
        found[at].cut()
    return dict(zip(keys, found))


def _first_places(places: Ints, starts: Ints, files: Sequence[str]) -> tuple[list[Place], Sequence[int]]:
    """The first places of each class, one class behind the other; where those of each begin. The lines are in the order of their first ones."""
    ends = np.r_[starts[1:], len(places)]
    table = np.full((len(starts), MOST_PLACES * MOST_PLACES), _LATE, np.int64)
    for at in range(MOST_PLACES):
        has = np.flatnonzero(starts + at < ends)
        some = places[starts[has] + at]
        table[has, at * MOST_PLACES : (at + 1) * MOST_PLACES] = np.where(some < 0, _LATE, some)
    table.sort(axis=1)
    again = table[:, 1:] == table[:, :-1]
    if (again & (table[:, 1:] != _LATE)).any():  # rows that lie in no file have one place
        table[:, 1:][again] = _LATE
        table.sort(axis=1)
    table = table[:, :MOST_PLACES]
    held = table != _LATE
    first = table[held]
    named = np.array(files, object)[first >> FILE].tolist()
    made = map(_place, zip(named, (first & NUMBER).tolist()))
    return list(made), np.r_[0, np.cumsum(held.sum(axis=1))].tolist()


def _distinct(of: Ints, users: Ints, hashes: Sequence[int]) -> tuple[list[int], Sequence[int]]:
    """The hashes of the distinct callers of each class, one class behind the other; where those of each begin."""
    classes, users = np.divmod(np.unique(of.astype(np.int64) * len(hashes) + users), len(hashes))
    starts = np.searchsorted(classes, np.arange(int(of[-1]) + 2))
    return np.array(hashes, np.uint64)[users].tolist(), starts.tolist()


def _counted(of: Ints, forms: Ints, counts: Ints, texts: Sequence[str]) -> tuple[list[tuple[str, int]], Sequence[int]]:
    """For each class its forms of paths with how many records have each; where those of each class begin."""
    order = np.lexsort((forms, of))
    of, forms = of[order], forms[order]
    starts = np.flatnonzero(np.r_[True, (of[1:] != of[:-1]) | (forms[1:] != forms[:-1])])
    sums = np.add.reduceat(counts[order], starts).tolist()
    heads = of[starts]
    begins = np.flatnonzero(np.r_[True, heads[1:] != heads[:-1]]).tolist()
    return [(texts[form], sum) for form, sum in zip(forms[starts].tolist(), sums)], [*begins, len(sums)]


def _sorted_alike(columns: Sequence[Ints], sizes: Sequence[int]) -> tuple[Ints, Ints]:
    """Rows in an order in which those alike in every column stand together (each in the order it had), and where each such run begins."""
    length = len(columns[0])
    room = 62 - length.bit_length()
    key: Ints = np.zeros(length, np.int64)
    size = 1
    for column, most in zip(columns, sizes):
        if (size * most).bit_length() > room:
            encoded = pc.dictionary_encode(pa.array(key))
            key, size = encoded.indices.to_numpy().astype(np.int64), len(encoded.dictionary)
        key *= most
        key += column
        size *= most
    if size.bit_length() > room:
        key = pc.dictionary_encode(pa.array(key)).indices.to_numpy().astype(np.int64)
    bits = length.bit_length()
    key <<= bits
    key |= np.arange(length)
    key.sort()
    order = key & ((1 << bits) - 1)
    key >>= bits
    return order, np.flatnonzero(np.r_[True, key[1:] != key[:-1]])


def _used(codes: Ints, size: int) -> Ints:
    seen = np.zeros(size, bool)
    seen[codes] = True
    return np.flatnonzero(seen)


def _taken(values: pa.Array, codes: Ints) -> pa.Array:
    """Values by their codes; None for the one behind the last."""
    return values.take(pa.array(codes, mask=codes >= len(values)))


def _renumbered(codes: Ints, values: pa.Array, names: _Names) -> Ints:
    """The numbers that names have, in place of codes of values."""
    used = _used(codes, len(values) + 1)
    numbers = np.zeros(len(values) + 1, np.int64)
    numbers[used] = names.of(_taken(values, used).to_pylist())
    return numbers[codes]


def _folded(texts: Sequence[str]) -> tuple[list[str], Ints]:
    """The distinct texts, and which of them each one is."""
    numbers: dict[str, int] = {}
    places = np.fromiter((numbers.setdefault(text, len(numbers)) for text in texts), np.int64, len(texts))
    return list(numbers), places
