"""Log files as records, in a stream: whatever they are packed in, and everything that cannot be read counted.

Source: access log reference, sections 1.1 and 7 (layouts, types that break readers).
"""

from __future__ import annotations

import codecs
import gzip
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import BufferedReader, BytesIO, RawIOBase
from itertools import islice
from typing import Any, Final, NamedTuple

from policyc.replay.csv_rows import LINE_FIELD, CsvRows, csv_form
from policyc.replay.kinds.registry import KINDS, MARKS
from policyc.replay.recorded import ReadLine
from policyc.replay.tabular import record_of

#: bytes of one line; longer ones are no records
LONGEST_LINE: Final = 1024 * 1024
#: objects and lists inside one another; what is nested deeper is no record, however much a reader could take
DEEPEST: Final = 400
#: bytes of a file that is one value (an array, `{"Records": …}`), which is read whole
LARGEST_VALUE: Final = 256 * 1024 * 1024
CUT_SHORT: Final = "a compressed file that is cut short or broken; what stands before was read"
_NO_RECORD: Final = "an entry that is no record"
_LACKS: Final = "a line that lacks fields"
#: how a Parquet file begins
PARQUET: Final = b"PAR1"
_GZIP: Final = b"\x1f\x8b"
_SKIPPED_ENDINGS: Final = (".orc", ".avro", ".zip", ".zst", ".bz2")
#: keys under which files and answers hold their records
HOLDERS: Final = ("Records", "records", "events", "logEvents", "results", "QueryResultRows")
#: what the readers of columns take beside JSON: commas that nothing follows, and numbers that are none
_LENIENT: Final = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])|(?i:(?<![\w.])[+-]?(?:nan|inf(?:inity)?)(?![\w.]))')
#: how a file that is one list begins
LIST: Final = re.compile(rb'\s*(?:\{\s*"(' + "|".join(HOLDERS).encode() + rb')"\s*:\s*)?\[\s*(?=\{)')
#: how JSON writes halves of signs, and what they are then
_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]")
_HALVES: Final = re.compile("[\ud800-\udfff]")
_PART: Final = 8 * 1024 * 1024
_UNZIPPED: Final = 8 * 1024
#: of a text of JSON what tells how deep it nests: what opens and closes, and the texts between
_NESTING: Final = re.compile(rb'"[^"]*"?|[{}\[\]]')
_NOTHING: Final = bytes(byte for byte in range(256) if byte not in b'"{}[]')
_ESCAPED: Final = re.compile(rb"\\.", re.DOTALL)
#: the time that an export of CloudWatch Logs has before each record, and `aws logs tail`, with the log's stream behind a time with an offset
_STAMP: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z?\s|[+-]\d\d:\d\d (\S+ )?)")
#: the most of a line that is looked at for that
_LONGEST_STAMP: Final = 600
#: an answer of CloudWatch Logs as text (`--output text`): the line of the pages beside it, how each event begins, and where the record then stands by
#: the number of fields
_TOKENS: Final = re.compile(rb"b/[^\s]+\tf/[^\s]+")
_EVENT: Final = b"EVENTS\t"
_OF_EVENT: Final = {4: 2, 6: 4}
#: where an event of CloudWatch Logs, or a row of CloudTrail Lake, has its record as text
HELD_IN: Final = ("message", "eventJson")


class Place(NamedTuple):
    """Where a record stands: the file as it was named, and its line or number from 1; 0 in a table whose rows have no numbers."""

    file: str
    number: int

    def __str__(self) -> str:
        return f"{self.file}:{self.number}" if self.number else self.file


#: of a line that is a record, or that tells the form of those below it, something stands in it; lines that are read at once where many have nothing of that
_TELLING: Final = re.compile(
    rb"(?i)[{\[\"]|\tf/|" + "|".join(re.escape(mark) for mark in (*MARKS, LINE_FIELD)).encode()
)
_TOGETHER: Final = 1_000
_NO_JSON: Final = "a line that is no JSON"


class Log:
    """The records of some files. `files` counts those that were read, `unread` what was not, by the reason; places of the first of each
    reason are in `examples`."""

    def __init__(self) -> None:
        self.files = 0
        self.unread: Counter[str] = Counter()
        self.examples: dict[str, str] = {}

    def miss(self, reason: str, place: Place | str, count: int = 1) -> None:
        """Something could not be read."""
        self.unread[reason] += count
        if reason not in self.examples:
            self.examples[reason] = str(place)

    def merge(self, other: Log) -> None:
        """Add what was read of later files."""
        self.files += other.files
        self.unread.update(other.unread)
        for reason, place in other.examples.items():
            self.examples.setdefault(reason, place)

    def records(self, files: Iterable[tuple[str, BufferedReader]]) -> Iterator[tuple[dict[str, Any], Place]]:
        """Every record with its place; `files` are names with streams, which are closed."""
        for name, stream in files:
            with self.reading(name, stream):
                if not self.refused(name, stream.peek(4)):
                    inner = unpacked(stream)
                    yield from self.values(name, inner)
                    if is_cut_short(inner):
                        self.miss(CUT_SHORT, name)

    @contextmanager
    def reading(self, name: str, stream: BufferedReader) -> Iterator[None]:
        """One file: what is wrong with it is counted, and the stream is closed."""
        self.files += 1
        with stream:
            try:
                yield
            except OSError as error:
                self.miss(f"a file that cannot be read ({(error.strerror or str(error)).lower()})", name)

    def refused(self, name: str, head: bytes = b"") -> bool:
        """Whether the file is of a form that is not read, which is counted."""
        if name.endswith(_SKIPPED_ENDINGS):
            self.miss("a file of a form that is not read", name)
            return True
        if name.endswith(".parquet") or head.startswith(PARQUET):
            self.miss("a Parquet file, which columns alone read (`--engine columns`, with `policyc[replay]`)", name)
            return True
        return False

    def values(self, name: str, stream: BufferedReader) -> Iterator[tuple[dict[str, Any], Place]]:
        """The records of an unpacked stream."""
        first = stream.readline(LONGEST_LINE + 1)
        encoding = _encoding(first)
        if encoding == "utf-16":
            rest = stream.read(LARGEST_VALUE + 1)
            if len(rest) > LARGEST_VALUE:
                self.miss("a file in UTF-16 that is too large", name)
                return
            yield from self._lines(name, _decoded_lines(first + rest))
            return
        first = first.removeprefix(codecs.BOM_UTF8)
        lines = _chain(first, stream)
        if not is_whole(first) and first.lstrip()[:1] in (b"{", b"["):
            whole = _as_far_as_it_goes(first, stream)
            if len(whole) <= LARGEST_VALUE and (found := _values(whole)):
                yield from self._sequence(found, name)
            elif len(whole) <= LARGEST_VALUE and (head := LIST.match(whole)) is not None:
                some, _ = sequence(whole[head.end() :], ",")
                yield from self._held(some, name)
                self.miss("a list of records that is cut short or broken; what stands before was read", name)
            else:
                yield from self._lines(name, _rest(whole, stream))
            return
        yield from self._lines(name, lines)

    def _lines(self, name: str, lines: Iterable[bytes]) -> Iterator[tuple[dict[str, Any], Place]]:
        reader = LineReader(self, name)
        number, coming = 1, iter(lines)
        while some := list(islice(coming, _TOGETHER if reader.in_vain > _TOGETHER else 1)):
            if not reader.pass_over(number, some):
                for at, line in enumerate(some, number):
                    yield from reader.take(at, line)
            number += len(some)
        yield from reader.end()

    def _sequence(self, values: Sequence[Any], name: str) -> Iterator[tuple[dict[str, Any], Place]]:
        """The records of a file that is one value, or several one behind the other."""
        if len(values) == 1:
            yield from self._held(values[0], name)
            return
        for number, value in enumerate(values, 1):
            yield from self.value(value, Place(name, number))

    def line(self, text: bytes, place: Place) -> Iterator[tuple[dict[str, Any], Place]]:
        """The records of one line of JSON, or of several values without a line break between them, as Firehose may write them, perhaps with a comma."""
        found = parsed(text)
        if found is not None:
            yield from self.value(found, place)
            return
        values, rest = sequence(text, ",")
        for value in values:
            yield from self.value(value, place)
        if rest or not values:
            self.miss("a line that nests too deep" if is_deep(text) else _NO_JSON, place)

    def value(self, found: Any, place: Place) -> Iterator[tuple[dict[str, Any], Place]]:
        """The records of one value."""
        if isinstance(found, dict) and not holds_records(found):
            item = _message(_one(found))
            if item is None:
                self.miss(_NO_RECORD, place)
            else:
                yield item, place
        else:
            yield from self._held(found, place.file)

    def _held(self, value: Any, name: str) -> Iterator[tuple[dict[str, Any], Place]]:
        """The records in one value: an array, an object that holds one, or a record by itself."""
        if isinstance(value, dict):
            held = next((value[key] for key in HOLDERS if isinstance(value.get(key), list)), [value])
        else:
            held = value if isinstance(value, list) else [value]
        for number, item in enumerate(held, 1):
            if isinstance(item, dict | list | str):
                yield from self.entry(item, Place(name, number))
            else:
                self.miss(_NO_RECORD, Place(name, number))

    def entry(self, item: Any, place: Place) -> Iterator[tuple[dict[str, Any], Place]]:
        """The record that an entry of a list is, or holds; those of a list in a list."""
        whole = _one(item)
        found = _record_in(whole) if isinstance(whole, str) else _message(whole)
        if found is not None:
            yield found, place
        elif isinstance(whole, list) and whole:
            for part in whole:
                yield from self.entry(part, place)
        else:
            self.miss(_NO_RECORD, place)


class LineReader:
    """The lines of one file, one by one: which form lines of plain text have is told by one of them."""

    def __init__(self, log: Log, name: str) -> None:
        self.log, self.name = log, name
        self.plain: ReadLine | None = None
        #: the lines so far of a row of CSV that goes over several, and their bytes
        self.row: list[tuple[int, bytes]] = []
        self.size = 0
        #: how many lines there were, one behind the other, that tell nothing
        self.in_vain = 0

    def pass_over(self, number: int, lines: Sequence[bytes]) -> bool:
        """Whether lines are counted as none of a log without a look at each: there were many such before them, and none of them can tell more."""
        if len(lines) == 1 or self.plain is not None or self.row:
            return False
        if _TELLING.search(b"".join(lines)) is not None or is_too_long(max(lines, key=len)):
            self.in_vain = 0
            return False
        told = [at for at, line in enumerate(lines, number) if not line.isspace()]
        if told:
            self.log.miss(_NO_JSON, Place(self.name, told[0]), len(told))
        return True

    def take(self, number: int, line: bytes) -> Iterator[tuple[dict[str, Any], Place]]:
        """The records of a line."""
        log, place = self.log, Place(self.name, number)
        is_half = isinstance(self.plain, CsvRows) and line.count(b'"') % 2 == 1
        if self.row or (is_half and not is_too_long(line)):
            self.row.append((number, line))
            self.size += len(line)
            if (is_half and len(self.row) > 1) or self.size > LONGEST_LINE:
                yield from self.end(is_half)
            return
        if is_too_long(line):
            log.miss("a line that is too long", place)
            return
        if not line.strip() or _TOKENS.fullmatch(line.rstrip()):
            return
        text = _record_part(line)
        if text[:1] in (b"{", b"["):
            yield from log.line(text, place)
            return
        if text[:1] == b'"' and self.plain is None and isinstance(parsed(text), str):
            yield from log.entry(parsed(text), place)
            return
        can_tell = _TELLING.search(text) is not None
        if self.plain is None and not can_tell:
            self.in_vain += 1
            log.miss(_NO_JSON, place)
            return
        self.in_vain = 0
        words = _words(text)
        data, form = None if self.plain is None else self.plain(words), None
        if data is None and can_tell:
            # one line tells the form of those below it, and files that were put together have several
            form = text_form(words)
            self.plain = form or self.plain
            data = None if self.plain is None else self.plain(words)
        if data is not None:
            yield dict(data), place
        elif form is None:
            none = _NO_JSON if b'","' not in text else "a line of CSV below no names of fields of a log that is read"
            if isinstance(self.plain, CsvRows) and self.plain.is_row(words):
                none = _NO_RECORD
            elif self.plain is not None:
                none = _LACKS
            log.miss(none, place)

    def end(self, is_whole: bool = False) -> Iterator[tuple[dict[str, Any], Place]]:
        """The record of the lines that are one row. Where they are none the first one is broken, and the others are read by themselves."""
        held, self.row, self.size = self.row, [], 0
        if not held:
            return
        place, words = Place(self.name, held[0][0]), _words(_record_part(b"".join(line for _, line in held)))
        if is_whole and isinstance(self.plain, CsvRows) and self.plain.is_row(words):
            data = self.plain(words)
            if data is None:
                self.log.miss(_NO_RECORD, place)
            else:
                yield dict(data), place
            return
        self.log.miss(_LACKS, place)
        for number, line in held[1:]:
            yield from self.take(number, line)


def holds_records(value: dict[str, Any]) -> bool:
    """Whether an object holds a list of records."""
    return any(isinstance(value.get(key), list) for key in HOLDERS)


def words_of(line: bytes) -> str:
    """A line of text as it is read, without what stands before and behind it; empty for one of JSON."""
    text = _record_part(line)
    return "" if text[:1] in (b"{", b"[") else _words(text)


def text_form(line: str) -> ReadLine | None:
    """What reads the lines of a file of plain text that begins with this one; None for a text of no known kind."""
    own = next((form for kind in KINDS if (form := kind.lines(line)) is not None), None)
    return csv_form(line, _record_in) if own is None and "," in line else own


def _words(text: bytes) -> str:
    return text.decode("utf-8", "replace").rstrip("\r\n")


def _record_part(line: bytes) -> bytes:
    """A line without the time that an export of CloudWatch Logs has before it."""
    text = line.removeprefix(codecs.BOM_UTF8).lstrip()
    if text[:1].isdigit():
        found = _STAMP.match(text[:_LONGEST_STAMP].decode("latin-1"))
        return text if found is None else text[found.end() :].lstrip()
    if text.startswith(_EVENT):
        fields = text.split(b"\t")
        return fields[_OF_EVENT[len(fields)]] if len(fields) in _OF_EVENT else text
    return text


def _one(item: Any) -> Any:
    """A row of Logs Insights (`{"field": …, "value": …}`) or of CloudTrail Lake (objects of one key) as one object; anything else as it is."""
    if not (isinstance(item, list) and item and all(isinstance(part, dict) for part in item)):
        return item
    if all(part.keys() == {"field", "value"} for part in item):
        row = {str(part["field"]): part["value"] for part in item}
        return {"message": row[LINE_FIELD]} if LINE_FIELD in row else row
    row = {name: value for part in item for name, value in part.items()}
    return record_of(row) if len(row) == len(item) else item


def _message(item: Any) -> dict[str, Any] | None:
    """The record in an event as `get-log-events` answers, or the record itself; None for an event that holds none."""
    if not isinstance(item, dict):
        return None
    text = next((item[name] for name in HELD_IN if name in item), None)
    return _record_in(text) if isinstance(text, str) and len(item) <= 5 else item


def _record_in(text: str) -> dict[str, Any] | None:
    """The record in a line of a log, None where it holds none."""
    if text.lstrip()[:1] == "{":
        found = parsed(text.encode("utf-8", "replace"))
        return found if isinstance(found, dict) else None
    form = text_form(text) if len(text.split(maxsplit=1)) > 1 else None
    data = None if form is None else form(text)
    return None if data is None else dict(data)


class _Unzipped(RawIOBase):
    """What a compressed stream holds, as far as it goes. It comes in small parts: of one that is broken the whole part is lost."""

    def __init__(self, stream: BufferedReader) -> None:
        self.inner = gzip.GzipFile(fileobj=stream)
        self.cut_short = False

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        try:
            part = b"" if self.cut_short else self.inner.read1(min(len(target), _UNZIPPED))
        except (EOFError, zlib.error, gzip.BadGzipFile):
            self.cut_short, part = True, b""
        target[: len(part)] = part
        return len(part)


def unpacked(stream: BufferedReader) -> BufferedReader:
    """What a stream holds, whether it is compressed or not."""
    return BufferedReader(_Unzipped(stream), _UNZIPPED) if stream.peek(2)[:2] == _GZIP else stream


def is_cut_short(stream: BufferedReader) -> bool:
    """Whether an unpacked stream ended before its end. What stands behind the last whole line then tells nothing."""
    return getattr(stream.raw, "cut_short", False) is True


def _chain(first: bytes, stream: BufferedReader) -> Iterator[bytes]:
    """The lines of a stream, each cut off where it is too long; the rest of such a line is read over."""
    line = first
    while line and not (is_cut_short(stream) and not (line.endswith(b"\n") or is_too_long(line))):
        yield line
        while len(line) > LONGEST_LINE and not line.endswith(b"\n"):
            line = stream.readline(LONGEST_LINE + 1)
            if not line:
                return
        line = stream.readline(LONGEST_LINE + 1)


def _encoding(head: bytes) -> str:
    """`utf-16` for what PowerShell writes, else `utf-8`."""
    return "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8"


def _decoded_lines(data: bytes) -> Iterator[bytes]:
    for line in data.decode("utf-16", "replace").split("\n"):
        yield f"{line}\n".encode("utf-8", "replace")


def is_too_long(line: bytes) -> bool:
    return len(line) - line.endswith(b"\n") > LONGEST_LINE


def is_whole(line: bytes) -> bool:
    return isinstance(parsed(line), dict)


def _as_far_as_it_goes(first: bytes, stream: BufferedReader) -> bytes:
    """What a stream holds, up to the most that is read whole."""
    parts, size = [first], len(first)
    while size <= LARGEST_VALUE and (part := stream.read1(_PART)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _rest(whole: bytes, stream: BufferedReader) -> Iterator[bytes]:
    """The lines of a text that was read, and of what lies behind it."""
    lines = list(BytesIO(whole))
    last = lines.pop() if lines and not whole.endswith(b"\n") else b""
    yield from lines
    yield from _chain(last + stream.readline(LONGEST_LINE + 1), stream)


def _first(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; of fields that it names twice the first one counts, in every engine."""
    found = dict(pairs)
    return found if len(found) == len(pairs) else dict(reversed(pairs))


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_first)


def _of_signs(value: Any) -> Any:
    """A value whose texts hold no half of a sign, which JSON can write and UTF-8 cannot."""
    match value:
        case str():
            return _HALVES.sub("\ufffd", value)
        case dict():
            return {_of_signs(name): _of_signs(item) for name, item in value.items()}
        case list():
            return [_of_signs(item) for item in value]
    return value


def is_deep(text: bytes) -> bool:
    """Whether a text of JSON nests deeper than records do."""
    if text.count(b"{") + text.count(b"[") <= DEEPEST:
        return False
    # texts without anything that matters here are most of a record, and fall out first
    bare = _ESCAPED.sub(b"", text).translate(None, _NOTHING).replace(b'""', b"")
    depth = 0
    for found in _NESTING.finditer(bare):
        depth += found[0] in b"{["
        if depth > DEEPEST:
            return True
        depth -= found[0] in b"}]"
    return False


def parsed(text: bytes) -> Any:
    """The value of a JSON text, None for what is none or nests too deep."""
    is_half = text[:1] in (b"{", b"[") and text.rstrip()[-1:] not in (b"}", b"]")
    if is_half or is_deep(text):
        return None
    words = text.decode("utf-8", "replace")
    try:
        found = _DECODER.decode(words)
        return _of_signs(found) if _HALF.search(words) else found
    except (ValueError, RecursionError):
        pass
    if len(text) > LONGEST_LINE:
        return None
    mended = _LENIENT.sub(lambda found: found[1] or ("" if found[0] == "," else "null"), words)
    try:
        return None if mended == words else _DECODER.decode(mended)
    except (ValueError, RecursionError):
        return None


def _values(text: bytes) -> Sequence[Any]:
    """The value of a text, or several that stand one behind the other without anything else; none for any other text."""
    found = parsed(text)
    if found is not None:
        return (found,)
    lines = text.split(b"\n")
    if max(map(len, lines)) > LONGEST_LINE and any(map(bytes.strip, lines[1:])):
        return ()  # lines of which one is too long
    values, rest = sequence(text)
    return () if rest else values


def sequence(text: bytes, between: str = "", most: int | None = None) -> tuple[list[Any], str]:
    """The objects that a text begins with (with nothing else than space, or some sign, `between` them; so many at `most`), and what is left of
    it."""
    words, at, found = text.decode("utf-8", "replace"), 0, list[Any]()
    while at < len(words) and len(found) != most:
        if words[at] in " \t\r\n" or words[at] == between:
            at += 1
            continue
        try:
            value, end = _DECODER.raw_decode(words, at)
        except (ValueError, RecursionError):
            return found, words[at:]
        if not isinstance(value, dict) or is_deep(words[at:end].encode("utf-8", "replace")):
            return found, words[at:] or " "
        found.append(_of_signs(value) if _HALF.search(words, at, end) else value)
        at = end
    return found, words[at:]
