"""A replay in columns: file by file and block by block, with the reader of records for whatever is out of the ordinary."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from io import BufferedReader, RawIOBase
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
from policyc.replay.columns.hours import outside_of
from policyc.replay.columns.kernel import Answers, Keep, Kernel
from policyc.replay.columns.likeness import Likeness
from policyc.replay.columns.seen import Hashes, SeenIds, hashes
from policyc.replay.columns.sources import BLOCK, Lines, Taken, parquet_batches
from policyc.replay.kinds.lattice import Lattice
from policyc.replay.kinds.registry import kind_of
from policyc.replay.reading import CUT_SHORT, LONGEST_LINE, LineReader, Log, Place, Readable, unpacked
from policyc.replay.recorded import Recorded
from policyc.replay.tally import MANY_IDS, Replayer, Tally
from policyc.replay.window import EVER, OUTSIDE, Window
from policyc.targets.base import NoRequest
from policyc.targets.lattice.access_log import is_record

_PARQUET: Final = b"PAR1"
_PART: Final = 8 << 20
_NONE: Final[Mapping[int, Iterable[tuple[dict[str, Any], Place]]]] = MappingProxyType({})


class ColumnReplayer(Replayer):
    """Asks about columns where there are some, and about records one by one elsewhere; ids are held against one another across both."""

    def __init__(self, old: Asker, new: Asker | None, tally: Tally, known: Known, window: Window = EVER) -> None:
        super().__init__(old, new, tally, known, window=window)
        sides = old.side(), None if new is None else new.side()
        likeness = Likeness([side for side in sides if side is not None], known.callers, tally.identities)
        self.kernel = Kernel(self, likeness, sides, Lattice().read)
        self.ids = SeenIds()

    def is_new(self, id: str, place: Place) -> bool:
        return not id or bool(self.first(place.file, hashes(pa.array([id])), np.array([place.number]))[0])

    def first(self, file: str, ids: Hashes, numbers: Rows) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which ids were not there before; the others are counted. `numbers` are those of their records in the file."""
        if self.ids.is_full:
            self.tally.wonder(MANY_IDS, Place(file, int(numbers[0])), len(ids))
        found = self.ids.first(ids)
        self.tally.duplicates += int((~found).sum())
        return found

    def take_batch(self, batch: Batch, others: Mapping[int, Iterable[tuple[dict[str, Any], Place]]] = _NONE) -> None:
        """Rows of columns, and records that stand between them by their line."""
        length = len(batch.numbers)
        answers = self.kernel.answer(batch) if length else None
        self.tally.records += length
        odd = [(number, item) for number, some in others.items() for item in self._read(some)]
        if answers is not None and not self.window.is_open:
            batch, answers = self._inside(batch, answers)
        ids = batch.columns[ID]
        if ids.is_absent and not any(item[0].id for _, item in odd):
            keep = None
            for _, (item, place) in odd:
                self.ask(item, place)
        else:
            early = np.zeros(0, bool) if answers is None else answers.of(self.kernel.early())
            keep = self._deliveries(batch, early, odd)
        if answers is not None:
            self.count(batch, answers, keep)

    def _inside(self, batch: Batch, answers: Answers) -> tuple[Batch, Answers]:
        """The rows of the time that is asked about, and those that are no requests whenever they were; the others are counted."""
        time = batch.columns[TIME]
        outside = outside_of(time.values, self.window)[time.codes] & ~answers.of(self.kernel.early())
        if not outside.any():
            return batch, answers
        numbers = batch.numbers[outside]
        self.tally.skip(OUTSIDE, Place(batch.file, int(numbers[0])), len(numbers))
        rows = np.flatnonzero(~outside)
        return batch.only(rows), Answers(Combined(answers.codes.rows[rows], answers.codes.likenesses), answers.lut)

    def count(self, batch: Batch, answers: Answers, keep: Keep | None) -> None:
        """Rows of columns that were not there before."""
        self.kernel.count(batch, answers, keep)

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
        self, batch: Batch, early: np.ndarray[Any, np.dtype[np.bool_]], odd: list[tuple[int, tuple[Recorded, Place]]]
    ) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which rows were not delivered before. Records between them are taken in their order, and asked about."""
        ids = batch.columns[ID]
        rows = np.flatnonzero(~early & (ids.codes < len(ids.values)))
        held = [(number, item, place) for number, (item, place) in odd if item.id]
        others = hashes(pa.array([item.id for _, item, _ in held], pa.string()))
        told = np.r_[hashes(ids.values)[ids.codes[rows]], others]
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

    def count(self, batch: Batch, answers: Answers, keep: Keep | None) -> None:
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
    if stream.peek(4)[:4] == _PARQUET:
        try:
            for part in ahead(parquet_batches(name, stream, replayer.kernel.fields, groups)):
                if isinstance(part, Batch):
                    replayer.take_batch(part)
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
    first = reader.next()
    if not _is_of_service(first):
        for data, place in log.values(name, BufferedReader(_Joined(first, reader))):
            replayer.take(data, place)
            watch(replayer.tally)
    else:
        known = LineReader(log, name)
        for block, number, taken in ahead(_taken(name, first, reader, lines, replayer.kernel.fields)):
            _block(block, number, taken, replayer, known)
            watch(replayer.tally)
    if reader.cut_short:
        log.miss(CUT_SHORT, name)


def _taken(
    name: str, block: bytes, reader: _Blocks, lines: Lines, fields: Collection[str]
) -> Iterator[tuple[bytes, int, Taken | None]]:
    """Blocks of whole lines with the number of the first one, and what they came to in columns."""
    number = 1
    while block:
        taken = lines.take(name, block, number, fields)
        yield block, number, taken
        number += block.count(b"\n") if taken is None else taken.count
        block = reader.next()


def _block(block: bytes, number: int, taken: Taken | None, replayer: ColumnReplayer, known: LineReader) -> None:
    if taken is not None:
        replayer.take_batch(taken.batch, {at: known.take(at, line) for at, line in taken.others})
        return
    for at, line in enumerate(block.splitlines(keepends=True), number):
        for data, place in known.take(at, line):
            replayer.take(data, place)


def _is_of_service(block: bytes) -> bool:
    """Whether lines begin with a whole record of a service."""
    try:
        found = json.loads(block[: block.find(b"\n") + 1 or len(block)].decode("utf-8"))
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and is_record(found)


class _Blocks:
    """A stream in blocks that end where a line does. What follows a fault in a compressed stream is cut off, and `cut_short` tells it."""

    def __init__(self, stream: Readable) -> None:
        self.stream = stream
        self.rest = b""
        self.cut_short = self.ended = False

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
        self.rest = b""
        return b"".join(parts)

    def _read(self) -> bytes:
        try:
            part = self.stream.read1(_PART)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            self.cut_short, part = True, b""
        self.ended = not part
        return part


class _Joined(RawIOBase):
    """A block that was read already, and the blocks behind it."""

    def __init__(self, first: bytes, blocks: _Blocks) -> None:
        self.held, self.blocks = memoryview(first), blocks

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        if not len(self.held):
            self.held = memoryview(self.blocks.next())
        size = min(len(target), len(self.held))
        target[:size] = self.held[:size]
        self.held = self.held[size:]
        return size
