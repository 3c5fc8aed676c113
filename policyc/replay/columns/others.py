"""Records of logs other than those of VPC Lattice in columns: what a record's answer hangs on is a caller, a resource and a few other fields, and
each combination of those is read and asked once, as its first record would be by itself.

Callers and resources that policies cannot tell apart (`Asker.caller`, `Asker.place`) are one. Why a request cannot be asked hangs on its own values, so
such records are told apart by all their fields.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa

from policyc.record import record, replace
from policyc.replay.classes import MOST_PLACES
from policyc.replay.columns.batch import ID, TIME, Batch, Codes, Column, Rows
from policyc.replay.columns.combine import Combined, combined
from policyc.replay.columns.counting import Answers, Counting
from policyc.replay.columns.hours import ranked
from policyc.replay.columns.told import Told
from policyc.replay.reading import Place, parsed
from policyc.replay.recorded import Fields, Kind, Recorded, path_form
from policyc.replay.tally import Replayer
from policyc.targets.base import NoRequest

#: what stands for the fields of one part in a batch
WHO, PLACE, REST = "who", "place", "rest"
_PARTS: Final = (WHO, PLACE, REST)
#: values of the fields of one part that are remembered from batch to batch
_KNOWS_MOST: Final = 400_000
_MOST_TEXT: Final = 64 * 1024 * 1024
_EMPTY: Final = pa.array([], pa.string())


#: the likeness of a value, and the texts of it that reports show
_Look: TypeAlias = Callable[[dict[str, Any]], tuple[Hashable, tuple[str, str]]]
_UNSHOWN: Final = ("", "")


@record
class _Value:
    """The fields of one part of some record as columns have them, and what reports show of it: the caller and nothing else, or the resource and the
    path."""

    held: tuple[str | None, ...]
    shown: tuple[str, str]


class _Part:
    """One part of the fields, with a number for each of its values that was met."""

    def __init__(self, fields: Sequence[str], decode: Callable[[str], Any], look: _Look | None) -> None:
        self.fields, self.decode, self.look = tuple(fields), decode, look
        self.known: dict[tuple[str | None, ...], int] = {}
        self.size = 0
        self.values: list[_Value] = []
        self.likenesses: dict[Hashable, int] = {}
        self.likeness_of: list[int] = []

    def numbers(self, batch: Batch) -> Codes:
        """The number of the value of each row."""
        if not len(batch.numbers):
            return np.zeros(0, np.int32)
        columns = [batch.columns[name] for name in self.fields]
        found = combined([(np.arange(len(column.values) + 1), column.codes) for column in columns])
        texts = [[*column.values.to_pylist(), None] for column in columns]
        numbers = [self._number(tuple(map(list.__getitem__, texts, line))) for line in found.likenesses.tolist()]
        return np.array(numbers, np.int32)[found.rows]

    def _number(self, key: tuple[str | None, ...]) -> int:
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = len(self.values)
            self.size += sum(len(text) for text in key if text is not None)
            likeness, shown = ((found,), _UNSHOWN) if self.look is None else self.look(nested(self.data(key)))
            self.values.append(_Value(key, shown))
            self.likeness_of.append(self.likenesses.setdefault(likeness, len(self.likenesses)))
        return found

    def data(self, held: tuple[str | None, ...]) -> list[tuple[str, Any]]:
        """The fields of a value as a record has them."""
        return [(name, self.decode(text)) for name, text in zip(self.fields, held) if text is not None]


class Records(Counting):
    """The columns of records of one kind. `decode` makes of a text of a column what a record has there."""

    def __init__(self, replayer: Replayer, kind: Kind, fields: Fields, decode: Callable[[str], Any]) -> None:
        super().__init__(replayer)
        self.kind, self.fields = kind, fields
        self.askers = [kept.asker for kept in (replayer.old, replayer.new) if kept is not None]
        #: whether requests that cannot be asked are told apart by all that they hold
        self.quotes = any(asker.quotes(kind.name) for asker in self.askers)
        rest = [name for name, keys in fields.rest.items() if not keys or any(map(self._reads, keys))]
        self.names = {WHO: fields.who, PLACE: fields.place, REST: tuple(rest)}
        self.decode = decode
        self.parts: dict[str, _Part] = {}
        self.answers: dict[tuple[int, int, int], int] = {}
        self.numbers_of: dict[tuple[Told, str, str], int] = {}
        #: a request of each answer
        self.samples: list[Recorded | None] = []
        self._begin()

    def _begin(self) -> None:
        looks: dict[str, _Look | None] = {WHO: self._caller, PLACE: self._resource, REST: None}
        self.parts = {name: _Part(self.names[name], self.decode, look) for name, look in looks.items()}
        self.answers = {}

    @property
    def wanted(self) -> list[str]:
        """The fields that are read, each once."""
        return list(dict.fromkeys(name for names in self.names.values() for name in names))

    def _reads(self, key: str) -> bool:
        return any(asker.reads(key) for asker in self.askers)

    def _caller(self, data: dict[str, Any]) -> tuple[Hashable, tuple[str, str]]:
        try:
            who = self.fields.caller(data)
        except NoRequest as error:
            return (str(error),), _UNSHOWN
        item = self._probe(who, "", "")
        filled = self.replayer.known.fill(item)
        keys = filled.keys if filled is not item else ()
        return (filled.who if keys else "", keys, *[asker.caller(filled) for asker in self.askers]), (who, "")

    def _resource(self, data: dict[str, Any]) -> tuple[Hashable, tuple[str, str]]:
        try:
            where, path, more = self.fields.resource(data)
        except NoRequest as error:
            return (str(error),), _UNSHOWN
        item = self._probe("", where, path)
        return (more, *[asker.place(item) for asker in self.askers]), (where, path)

    def _probe(self, who: str, where: str, path: str) -> Recorded:
        return Recorded(self.kind.name, who, "", where, path, "", (), "", "", "")

    # --- answers ----------------------------------------------------------------------------------------------------

    def prepared(self, batch: Batch) -> Batch:
        """The rows with the number of what each part has."""
        parts = self.parts.values()
        if sum(len(part.values) for part in parts) > _KNOWS_MOST or sum(part.size for part in parts) > _MOST_TEXT:
            self._begin()
        columns = {name: Column(_EMPTY, part.numbers(batch)) for name, part in self.parts.items()}
        return Batch(batch.file, batch.numbers, {**columns, ID: batch.columns[ID], TIME: batch.columns[TIME]})

    def answer(self, batch: Batch) -> Answers:
        """The answers to a batch that is prepared."""
        held = np.stack([batch.columns[name].codes for name in _PARTS], axis=1)
        luts = [np.array(self.parts[name].likeness_of, np.int64) for name in _PARTS]
        found = combined(list(zip(luts, held.T)))
        first = np.empty(len(found.likenesses), np.int64)
        first[found.rows[::-1]] = np.arange(len(held))[::-1]
        numbers = np.empty(len(first), np.int64)
        for at, (line, row) in enumerate(zip(found.likenesses.tolist(), first.tolist())):
            key = tuple(line)
            known = self.answers.get(key)
            if known is None:
                known = self.answers[key] = self._answer(held[row].tolist())
            numbers[at] = known
        out = numbers[found.rows]
        refused = np.array([told.said is None and not told.early for told in self.told], bool)[out]
        if self.quotes and refused.any():
            rows = np.flatnonzero(refused)
            own = combined([(np.arange(int(column.max()) + 1), column[rows]) for column in held.T])
            told = [self._answer(line) for line in own.likenesses.tolist()]
            out[rows] = np.array(told, np.int64)[own.rows]
        count = len(self.told)
        return Answers(Combined(out, np.arange(count)[:, None]), np.arange(count, dtype=np.int32))

    def _answer(self, numbers: Sequence[int]) -> int:
        """The number of the answer to a record with these values of its parts."""
        parts = [(self.parts[name], at) for name, at in zip(_PARTS, numbers)]
        data = nested([pair for part, at in parts for pair in part.data(part.values[at].held)])
        told, item = self._told({**dict.fromkeys(self.fields.marks), **data})
        key = (told, "", "") if item is None else (told, item.can, item.version)
        found = self.numbers_of.get(key)
        if found is None:
            found = self.numbers_of[key] = len(self.told)
            self.told.append(told)
            self.samples.append(item)
        return found

    def _told(self, data: dict[str, Any]) -> tuple[Told, Recorded | None]:
        try:
            item = self.kind.read(data)
        except NoRequest as error:
            return Told(self.kind.name, None, "", str(error), True, False), None
        said = self.replayer.answers(item)
        if isinstance(said, str):
            return Told(self.kind.name, None, item.verdict, said, False, False), item
        old, new = said
        against = old.contradicts(item.verdict)
        changes = old.decision != new.decision or old.way != new.way
        return Told(self.kind.name, said, item.verdict, "", False, against or changes), item

    def requested(self, batch: Batch, answers: Answers) -> dict[str, Column]:
        told = [("", "") if item is None else (item.can, item.version) for item in self.samples]
        rows = answers.rows()
        can, version = (Column(pa.array(some, pa.string()), rows) for some in zip(*told))
        who, where, path = (
            Column(
                pa.array([value.shown[at] for value in self.parts[name].values], pa.string()), batch.columns[name].codes
            )
            for name, at in ((WHO, 0), (PLACE, 0), (PLACE, 1))
        )
        return {"who": who, "path": path, "can": can, "where": where, "version": version}

    # --- what the report tells of -------------------------------------------------------------------------------------

    def show(self, batch: Batch, answers: Rows, rows: Rows) -> None:
        tally = self.replayer.tally
        who, place = (batch.columns[name].codes[rows] for name in (WHO, PLACE))
        forms: dict[tuple[str, str], int] = {}
        of_place = np.zeros(int(place.max()) + 1, np.int64)
        for at in np.unique(place).tolist():
            where, path = self.parts[PLACE].values[at].shown
            of_place[at] = forms.setdefault((where, path if tally.identities else path_form(path)), len(forms))
        form, shown = of_place[place], list(forms)
        order = np.lexsort((form, who, answers))
        answers, who, form, rows = answers[order], who[order], form[order], rows[order]
        differ = (answers[1:] != answers[:-1]) | (who[1:] != who[:-1]) | (form[1:] != form[:-1])
        starts = np.flatnonzero(np.r_[True, differ])
        ends = [*starts[1:].tolist(), len(rows)]
        ranks, times = ranked(batch.columns[TIME])
        rank = ranks[batch.columns[TIME].codes[rows]]
        last = np.maximum.reduceat(rank, starts).tolist()
        first = np.minimum.reduceat(np.where(rank < 0, len(times), rank), starts).tolist()
        for at, (start, end) in enumerate(zip(starts.tolist(), ends)):
            sample, said = self.samples[answers[start]], self.told[answers[start]].said
            assert sample is not None and said is not None
            where, path = shown[form[start]]
            item = replace(sample, who=self.parts[WHO].values[who[start]].shown[0], where=where, path=path)
            places = [Place(batch.file, int(batch.numbers[row])) for row in rows[start : min(end, start + MOST_PLACES)]]
            begin, until = (times[first[at]].as_py(), times[last[at]].as_py()) if last[at] >= 0 else ("", "")
            tally.show(item, said[0], said[1], places, end - start, begin, until)


def nested(fields: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Fields by their paths as the record that has them."""
    out: dict[str, Any] = {}
    for name, value in fields:
        *steps, last = name.split(".")
        inner = out
        for step in steps:
            inner = inner.setdefault(step, {})
        inner[last] = value
    return out


def decoded(text: str) -> Any:
    """The value of a field that is a text of JSON."""
    return parsed(text.encode("utf-8", "surrogatepass"))
