"""A replay in columns: file by file and block by block, with the reader of records for whatever is out of the ordinary."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from io import BufferedReader, BytesIO, RawIOBase
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pyarrow as pa

from policyc.replay.askers.known import Known
from policyc.replay.askers.said import Asker, Nobody
from policyc.replay.columns.ahead import ahead
from policyc.replay.columns.batch import ID, TIME, Batch, Rows
from policyc.replay.columns.combine import Combined
from policyc.replay.columns.corpus import Corpus, requests_of
from policyc.replay.columns.counting import Answers, Counting, Keep
from policyc.replay.columns.forms import FOREIGN, Form, OfFlowObjects, OfFlows, OfObjects, OfServices, OfText
from policyc.replay.columns.hours import outside_of
from policyc.replay.columns.kernel import Kernel
from policyc.replay.columns.likeness import Likeness
from policyc.replay.columns.others import Records, decoded
from policyc.replay.columns.seen import Hashes, SeenIds, deliveries
from policyc.replay.columns.sources import BLOCK, Lines, Taken, parquet_batches
from policyc.replay.kinds.flow_logs import FlowLogs, Names, fields_of, layout, spelled
from policyc.replay.kinds.lattice import Lattice
from policyc.replay.kinds.registry import kind_of
from policyc.replay.kinds.s3_access import S3Access
from policyc.replay.reading import (
    CUT_SHORT,
    HELD_IN,
    HOLDERS,
    LARGEST_VALUE,
    LIST,
    LONGEST_LINE,
    PARQUET,
    LineReader,
    Log,
    Place,
    holds_records,
    is_cut_short,
    parsed,
    sequence,
    unpacked,
)
from policyc.replay.recorded import Kind, Recorded
from policyc.replay.tally import MANY_IDS, Replayer, Tally
from policyc.replay.window import EVER, OUTSIDE, Window
from policyc.targets.base import NoRequest
from policyc.targets.lattice.access_log import is_record

_PART: Final = 8 << 20
#: names of fields that a path of JSON takes as they are
_FIELD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_NONE: Final[Mapping[int, Iterable[tuple[dict[str, Any], Place]]]] = MappingProxyType({})


class ColumnReplayer(Replayer):
    """Asks about columns where there are some, and about records one by one elsewhere; ids are held against one another across both."""

    def __init__(self, old: Asker, new: Asker | None, tally: Tally, known: Known, window: Window = EVER) -> None:
        super().__init__(old, new, tally, known, window=window)
        sides = old.side(), None if new is None else new.side()
        asked = [side for side in sides if side is not None]
        likeness = Likeness(asked, known.callers, tally.identities, known.accounts)
        self.kernel = Kernel(self, likeness, sides, Lattice().read)
        self.ids = SeenIds()
        self.others: dict[tuple[str, bool, Names], Records] = {}

    def records_of(self, kind: Kind, is_text: bool, names: Names = ()) -> Records | None:
        """The columns of another kind of log, of flow logs those of lines with fields of these `names`; None for one whose records are asked about
        one by one."""
        fields = fields_of(names) if names else kind.fields
        if fields is None:
            return None
        key = (kind.name, is_text, names)
        held = self.others.get(key)
        if held is None:
            decode: Callable[[str], Any] = str if is_text else decoded
            held = self.others[key] = Records(self, kind, fields, decode)
        return held

    def is_new(self, item: Recorded, place: Place) -> bool:
        return not item.id or bool(self.first(place.file, deliveries([item]), np.array([place.number]))[0])

    def first(self, file: str, ids: Hashes, numbers: Rows) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which deliveries were not there before; the others are counted. `numbers` are those of their records in the file."""
        if self.ids.is_full:
            self.tally.wonder(MANY_IDS, Place(file, int(numbers[0])), len(ids))
        found = self.ids.first(ids)
        self.tally.duplicates += int((~found).sum())
        return found

    def take_batch(
        self,
        batch: Batch,
        others: Mapping[int, Iterable[tuple[dict[str, Any], Place]]] = _NONE,
        counting: Counting | None = None,
    ) -> None:
        """Rows of columns, and records that stand between them by their line; `counting` tells the answers to rows, by itself those to
        records of VPC Lattice."""
        length = len(batch.numbers)
        counting = self.kernel if counting is None else counting
        batch = counting.prepared(batch)
        answers = counting.answer(batch) if length else None
        self.tally.records += length
        odd = [(number, item) for number, some in others.items() for item in self._read(some)]
        if answers is not None and not self.window.is_open:
            batch, answers = self._inside(batch, answers, counting.early())
        ids = batch.columns[ID]
        if ids.is_absent and not any(item[0].id for _, item in odd):
            keep = None
            for _, (item, place) in odd:
                self.ask(item, place)
        else:
            keep = self._deliveries(batch, answers, counting, odd)
        if answers is not None:
            self.count(batch, answers, keep, counting)

    def _inside(self, batch: Batch, answers: Answers, early: Keep) -> tuple[Batch, Answers]:
        """The rows of the time that is asked about, and those that are no requests whenever they were; the others are counted."""
        time = batch.columns[TIME]
        outside = outside_of(time.values, self.window)[time.codes] & ~answers.of(early)
        if not outside.any():
            return batch, answers
        numbers = batch.numbers[outside]
        self.tally.skip(OUTSIDE, Place(batch.file, int(numbers[0])), len(numbers))
        rows = np.flatnonzero(~outside)
        return batch.only(rows), Answers(Combined(answers.codes.rows[rows], answers.codes.likenesses), answers.lut)

    def count(self, batch: Batch, answers: Answers, keep: Keep | None, counting: Counting) -> None:
        """Rows of columns that were not there before."""
        counting.count(batch, answers, keep)

    def _read(self, records: Iterable[tuple[dict[str, Any], Place]]) -> Iterator[tuple[Recorded, Place]]:
        for data, place in records:
            self.tally.records += 1
            kind = kind_of(data)
            if kind is None:
                self.tally.skip("it is of no kind of log that is read", place)
                continue
            try:
                yield self.read(kind, data), place
            except NoRequest as error:
                self.tally.skip(str(error), place)

    def _deliveries(
        self, batch: Batch, answers: Answers | None, counting: Counting, odd: list[tuple[int, tuple[Recorded, Place]]]
    ) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which rows were not delivered before. Records between them are taken in their order, and asked about."""
        rows, own = np.zeros(0, np.int64), np.zeros(0, np.uint64)
        if answers is not None:
            ids = batch.columns[ID]
            rows = np.flatnonzero(~answers.of(counting.early()) & (ids.codes < len(ids.values)))
            own = counting.deliveries(batch, answers, rows)
        held = [(number, item, place) for number, (item, place) in odd if item.id]
        told = np.r_[own, deliveries([item for _, item, _ in held])]
        numbers = np.r_[batch.numbers[rows], np.array([number for number, _, _ in held], np.int64)]
        order = np.argsort(numbers, kind="stable")
        first = np.zeros(len(order), bool)
        if len(order):
            first[order] = self.first(batch.file, told[order], numbers[order])
        keep = np.ones(len(batch.numbers), bool)
        keep[rows] = first[: len(rows)]
        new = {id(held[at][1]) for at in np.flatnonzero(first[len(rows) :]).tolist()}
        for _, (item, place) in odd:
            if not item.id or id(item) in new:
                self.ask(item, place)
        return keep


class Reader(ColumnReplayer):
    """Reads a log into a corpus, of which policies are asked later."""

    def __init__(self, corpus: Corpus, window: Window = EVER) -> None:
        super().__init__(Nobody(), None, corpus.tally, Known({}, {}), window)
        self.corpus = corpus
        self.kernel.unread = set()

    def ask(self, item: Recorded, place: Place) -> None:
        self.corpus.others.append((item, place))

    def records_of(self, kind: Kind, is_text: bool, names: Names = ()) -> None:
        """Other logs are kept record by record."""

    def count(self, batch: Batch, answers: Answers, keep: Keep | None, counting: Counting) -> None:
        self.corpus.add(requests_of(batch, keep))


def replay_corpus(
    corpus: Corpus, replayer: ColumnReplayer, log: Log, watch: Callable[[Tally], None] = lambda tally: None
) -> None:
    """Ask about a log that was read before."""
    corpus.tell(log, replayer.tally)
    try:
        for item in corpus.requests:
            replayer.kernel.count_requests(item)
            watch(replayer.tally)
        for one, place in corpus.others:
            replayer.ask(one, place)
    finally:
        replayer.kernel.finish()


def replay_files(
    files: Iterable[tuple[str, BufferedReader]],
    replayer: ColumnReplayer,
    log: Log,
    watch: Callable[[Tally], None] = lambda tally: None,
    groups: Sequence[int] | None = None,
) -> None:
    """Ask about every record of some files; `watch` sees the count as it grows. `groups` are row groups of Parquet files, None for all."""
    lines = Lines()
    try:
        for name, stream in files:
            with log.reading(name, stream):
                _file(name, stream, replayer, log, lines, watch, groups)
                watch(replayer.tally)
    finally:
        replayer.kernel.finish()


def _file(
    name: str,
    stream: BufferedReader,
    replayer: ColumnReplayer,
    log: Log,
    lines: Lines,
    watch: Callable[[Tally], None],
    groups: Sequence[int] | None,
) -> None:
    if stream.peek(4)[:4] == PARQUET:
        try:
            flows = partial(replayer.records_of, FlowLogs(), True)
            for part in ahead(parquet_batches(name, stream, replayer.kernel.fields, groups, flows)):
                if len(part) == 3:
                    batch, records, others = part
                    replayer.take_batch(batch, {place.number: [(data, place)] for place, data in others}, records)
                else:
                    replayer.take(part[1], part[0])
                watch(replayer.tally)
        except (pa.ArrowException, ValueError) as error:
            log.miss(f"a Parquet file that is broken ({type(error).__name__})", name)
        return
    if name.endswith(".parquet"):
        log.miss("a Parquet file that is broken (no magic)", name)
        return
    if log.refused(name):
        return
    reader = _Blocks(unpacked(stream))
    form = _form_of(reader.head(), replayer)
    if form is None:
        if not _listed(name, reader, replayer, log, lines):
            for data, place in log.values(name, BufferedReader(_Whole(reader))):
                replayer.take(data, place)
                watch(replayer.tally)
    else:
        first = reader.next()
        known = LineReader(log, name)
        known.plain = form.reads
        for block, number, held in ahead(_taken(name, first, reader, lines, form)):
            _block(block, number, held, replayer, known, form)
            watch(replayer.tally)
        for data, place in known.end():
            replayer.take(data, place)
    if reader.cut_short:
        log.miss(CUT_SHORT, name)


def _form_of(block: bytes, replayer: ColumnReplayer) -> Form | None:
    """The form of lines that begin with a record of one; None for a text of no such lines."""
    line = _first_line(block)
    data = None if len(line) > LONGEST_LINE else parsed(line)
    if isinstance(data, dict):
        if is_record(data):
            return OfServices(replayer.kernel.fields)
        return _object_form(data, replayer)
    return _text_form(line.decode("ascii"), replayer) if data is None and line.isascii() else None


def _object_form(data: dict[str, Any], replayer: ColumnReplayer) -> Form | None:
    """The form of objects of which this one is the first; None for one of no kind that columns tell of."""
    kind = None if holds_records(data) else kind_of(data)
    if isinstance(kind, FlowLogs):
        names = tuple(map(spelled, data))
        plain = all(_FIELD.fullmatch(name) for name in data) and set(data).isdisjoint((*FOREIGN, *HELD_IN))
        own = replayer.records_of(kind, True, names) if plain else None
        return None if own is None else OfFlowObjects(own, list(data))
    records = None if kind is None else replayer.records_of(kind, False)
    return None if records is None else OfObjects(records)


def _text_form(line: str, replayer: ColumnReplayer) -> Form | None:
    """The form of lines of text, the first of which is this one."""
    if (reads := S3Access().lines(line)) is not None:
        records = replayer.records_of(S3Access(), True)
        return None if records is None else OfText(records, reads)
    names, reads = layout(line), FlowLogs().lines(line)
    if names is None or reads is None:
        return None
    records = replayer.records_of(FlowLogs(), True, names)
    return None if records is None else OfFlows(records, reads, names)


def _first_line(block: bytes) -> bytes:
    return block[: block.find(b"\n") + 1 or len(block)]


def _listed(name: str, reader: _Blocks, replayer: ColumnReplayer, log: Log, lines: Lines) -> bool:
    """Whether a file was one list of records of one kind, and was asked about. What was read of it is given back otherwise."""
    first = reader.rest
    head = LIST.match(first)
    if head is None or (head[1] is not None and head[1] != HOLDERS[0].encode()):
        return False
    some, _ = sequence(first[head.end() : head.end() + LONGEST_LINE], ",", 1)
    form = _object_form(some[0], replayer) if some and not is_record(some[0]) else None
    if form is None:
        return False
    parts, size = [reader.part()], 0
    while parts[-1] and size <= LARGEST_VALUE:
        size += len(parts[-1])
        parts.append(reader.part())
    whole = reader.rest = b"".join(parts)
    parts.clear()
    if size > LARGEST_VALUE or reader.cut_short:
        return False
    taken = lines.entries(name, whole, "$" if head[1] is None else f"$.{HOLDERS[0]}", form)
    if taken is None:
        return False
    others = {at: log.entry(parsed(text), Place(name, at)) for at, text in taken.others}
    replayer.take_batch(taken.batch, others, form.records)
    return True


def _taken(
    name: str, block: bytes, reader: _Blocks, lines: Lines, form: Form
) -> Iterator[tuple[bytes, int, Taken | None]]:
    """Blocks of whole lines with the number of the first one, and what they came to in columns."""
    number, is_plain = 1, True
    while block:
        taken = lines.take(name, block, number, form) if is_plain else None
        if taken is not None and any(form.ends(line) for _, line in taken.others):
            taken, is_plain = None, False  # from then on another form may have to be known
        yield block, number, taken
        number += block.count(b"\n") if taken is None else taken.count
        block = reader.next()


def _block(
    block: bytes, number: int, taken: Taken | None, replayer: ColumnReplayer, known: LineReader, form: Form
) -> None:
    if taken is not None:
        others = {at: known.take(at, line) for at, line in taken.others}
        replayer.take_batch(taken.batch, others, form.records)
        return
    for at, line in enumerate(BytesIO(block), number):
        for data, place in known.take(at, line):
            replayer.take(data, place)


class _Blocks:
    """A stream in blocks that end where a line does. What follows a fault in a compressed stream is cut off, and `cut_short` tells it."""

    def __init__(self, stream: BufferedReader) -> None:
        self.stream = stream
        self.rest = b""
        self.ended = False

    @property
    def cut_short(self) -> bool:
        return is_cut_short(self.stream)

    def head(self) -> bytes:
        """What the stream begins with, which stays to be read: its first line, where that is no longer than lines are."""
        while not self.ended and b"\n" not in self.rest and len(self.rest) <= LONGEST_LINE:
            self.rest += self._read()
        return self.rest

    def part(self) -> bytes:
        """What comes next as it is, empty at the end."""
        part, self.rest = self.rest, b""
        return part or (b"" if self.ended else self._read())

    def next(self) -> bytes:
        """The next block, empty at the end. Of a line that is too long only so much is kept that it is known for one."""
        parts, size = [self.rest], len(self.rest)
        while not self.ended:
            part = self._read()
            end = part.rfind(b"\n") + 1
            if end and size + len(part) >= BLOCK:
                self.rest = part[end:]
                return b"".join([*parts, memoryview(part)[:end]])
            parts.append(part)
            size += len(part)
            if size > BLOCK + LONGEST_LINE and b"\n" not in parts[-1]:
                whole = b"".join(parts)
                cut = whole.rfind(b"\n") + 1
                if len(whole) - cut > LONGEST_LINE:
                    parts = [whole[: cut + LONGEST_LINE + 1]]
                    size = len(parts[0])
        self.rest, whole = b"", b"".join(parts)
        end = whole.rfind(b"\n") + 1
        return whole[:end] if self.cut_short and len(whole) - end <= LONGEST_LINE else whole

    def _read(self) -> bytes:
        part = self.stream.read1(_PART)
        self.ended = not part
        return part


class _Whole(RawIOBase):
    """A stream of which something was read already."""

    def __init__(self, blocks: _Blocks) -> None:
        self.held, self.blocks = memoryview(b""), blocks

    @property
    def cut_short(self) -> bool:
        return self.blocks.cut_short

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        if not len(self.held):
            self.held = memoryview(self.blocks.part())
        size = min(len(target), len(self.held))
        target[:size] = self.held[:size]
        self.held = self.held[size:]
        return size
