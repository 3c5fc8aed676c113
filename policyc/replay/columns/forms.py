"""Forms of lines and lists as columns: which fields are taken out of a text, and which rows are plain enough for it.

What is not (another kind of record among them, a quotation mark where none should be, values that readers take in different ways) is left to the reader of
records, so that both say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from policyc.replay.columns.batch import FIELDS, ID, TIME, Batch, Column, Rows, absent, cleaned, either
from policyc.replay.columns.others import Records, decoded
from policyc.replay.kinds.flow_logs import Names, layout, spelled
from policyc.replay.kinds.registry import KINDS
from policyc.replay.kinds.s3_access import ANOTHER, TEXT_FIELDS
from policyc.replay.reading import HOLDERS, text_form, words_of
from policyc.replay.recorded import TIME_PATTERN, ReadLine, utc
from policyc.targets.lattice.access_log import REACHED, REFUSED, is_answered

#: asks DuckDB about the column `line` of the table `lines`
Ask: TypeAlias = Callable[[pa.Array, str], Any]
Flags: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]
#: fields that tell whether somebody answered
_CODE, _OF_GRPC = "responseCode", "grpcResponseCode"
NAMES: Final = (
    *(name for name in FIELDS if name != "user"),
    *("resolvedUser", "callerPrincipal", ID, TIME, _CODE, _OF_GRPC),
)
#: fields of a record that are read whatever policies read
ALWAYS: Final = (ID, TIME, "serviceArn", "resolvedUser", "callerPrincipal", _CODE, _OF_GRPC)
#: a field that may hold another record, in an object of few fields
_MESSAGE: Final = "message"
_MOST_AROUND: Final = 5
#: fields by which a record is of another kind, or holds records
FOREIGN: Final = (
    *HOLDERS,
    *("serviceArn", "resourceConfigurationArn", "class_uid", "digestS3Object", "eventVersion", "bucket_name"),
)
#: ids and times that need no reader, and values that readers take in different ways
_SIMPLE: Final = r'\A(?:"[^"\\]*"|[0-9]{1,18}|null)\z'
_ODD: Final = r"(?i)(?:\A|[:\[,]\s*)[+-]?(?:nan|inf)"


class Form(Protocol):
    """How records stand in lines. `records` is what answers to them, None for those of VPC Lattice."""

    @property
    def records(self) -> Records | None: ...

    @property
    def reads(self) -> ReadLine | None:
        """What makes a record of a line by itself; None for lines of JSON."""

    def ends(self, line: bytes) -> bool:
        """Whether a line among them tells that the lines below it have another form."""

    def fields(self, ask: Ask, lines: pa.Array) -> dict[str, pa.DictionaryArray] | None:
        """The fields of some lines, in the order of the lines; None when one of them is no JSON."""

    def regular(self, found: Mapping[str, pa.DictionaryArray]) -> Flags:
        """Which rows the columns tell of."""

    def batch(self, file: str, numbers: Rows, found: Mapping[str, pa.Array]) -> Batch:
        """The rows as a batch."""


class _OfJson:
    reads: ReadLine | None = None

    def ends(self, line: bytes) -> bool:
        return False


class OfServices(_OfJson):
    """Records of VPC Lattice as objects of JSON; `wanted` are the fields that an answer hangs on."""

    def __init__(self, wanted: Collection[str] = FIELDS) -> None:
        self.wanted = {*wanted, *ALWAYS}
        self.records = None
        self.names = [name for name in NAMES if name in self.wanted]

    def fields(self, ask: Ask, lines: pa.Array) -> dict[str, pa.DictionaryArray] | None:
        shape = ", ".join(f'"{name}": "VARCHAR"' for name in self.names)
        try:
            table = ask(lines, f"SELECT json_transform(line, '{{{shape}}}') AS found FROM lines")
        except duckdb.Error:
            return None
        parts = [part.flatten() for part in table.column("found").chunks]
        return {
            name: _encoded(pa.chunked_array([part[at] for part in parts], pa.string()))
            for at, name in enumerate(self.names)
        }

    def regular(self, found: Mapping[str, pa.DictionaryArray]) -> Flags:
        regular = _flags(pc.is_valid(found["serviceArn"])) & _flags(pc.is_valid(found["resolvedUser"]))
        for name, column in found.items():
            if name != "callerPrincipalTags":
                # an object or a list, which is no text; a text that begins like one is looked at by itself
                regular &= ~_by_value(column, lambda values: pc.match_substring_regex(values, r"\A\s*[\[{]"))
        return regular

    def batch(self, file: str, numbers: Rows, found: Mapping[str, pa.Array]) -> Batch:
        """The caller stands in one of two fields, and what nobody reads is left out."""
        whole = {
            name: cleaned(found[name]) if name in self.wanted and name in found else absent(len(numbers))
            for name in NAMES
        }
        user = either(whole.pop("resolvedUser"), whole.pop("callerPrincipal"))
        whole |= _outcome(whole, whole.pop(_CODE), whole.pop(_OF_GRPC))
        return Batch(file, numbers, {**whole, "user": user, TIME: moments(whole[TIME], utc)})


def _outcome(columns: Mapping[str, Column], code: Column, of_grpc: Column) -> dict[str, Column]:
    """What the fields that tell the outcome are where somebody answered what policies refused: a failure of another kind."""
    failure, reason = (columns[name] for name in ("failureReason", "authDeniedReason"))
    answers = np.array([is_answered(text, "") for text in code.values.to_pylist()] + [False])
    refusals = np.array([text == REFUSED for text in failure.values.to_pylist()] + [False])
    if not answers.any() or (not refusals.any() and reason.is_absent):
        return {}
    refused = refusals[failure.codes] | (reason.codes < len(reason.values))
    odd = refused & answers[code.codes] & (of_grpc.codes == len(of_grpc.values))
    if not odd.any():
        return {}
    made = {}
    for name, column, text in (("failureReason", failure, REACHED), ("authDeniedReason", reason, REFUSED)):
        values = [*column.values.to_pylist(), text]
        absent = len(column.values)
        codes = np.where(column.codes == absent, absent + 1, column.codes)
        codes[odd if name == "failureReason" else odd & (column.codes == absent)] = absent
        made[name] = Column(pa.array(values, pa.string()), codes)
    return made


class OfObjects(_OfJson):
    """Records of another kind as objects of JSON. Every column has texts of JSON."""

    def __init__(self, records: Records) -> None:
        self.records = records
        fields = records.fields
        own = {fields.id, fields.time, *fields.marks}
        self.foreign = [name for name in FOREIGN if name not in own]
        self.names = list(dict.fromkeys([*records.wanted, *own, *self.foreign, _MESSAGE]))

    def fields(self, ask: Ask, lines: pa.Array) -> dict[str, pa.DictionaryArray] | None:
        paths = ", ".join("'$." + ".".join(f'"{step}"' for step in name.split(".")) + "'" for name in self.names)
        columns = ", ".join(f"found[{at}] AS c{at}" for at in range(1, len(self.names) + 1))
        try:
            table = ask(lines, f"SELECT {columns} FROM (SELECT json_extract(line, [{paths}]) AS found FROM lines)")
        except duckdb.Error:
            return None
        return {name: _encoded(table.column(at)) for at, name in enumerate(self.names)}

    def regular(self, found: Mapping[str, pa.DictionaryArray]) -> Flags:
        fields = self.records.fields
        first, *others = fields.marks
        regular = _by_value(
            found[first], lambda values: pa.array(self._recognized(first, others, values.to_pylist()), pa.bool_())
        )
        for name in others:
            regular &= _flags(pc.is_valid(found[name]))
        for name in self.foreign:
            regular &= ~_flags(pc.is_valid(found[name]))
        for name in (fields.id, fields.time):
            simple = _by_value(found[name], lambda values: pc.match_substring_regex(values, _SIMPLE))
            regular &= simple | ~_flags(pc.is_valid(found[name]))
        for name in self.records.wanted:
            regular &= ~_by_value(found[name], lambda values: pc.match_substring_regex(values, _ODD))
        around = _flags(pc.is_valid(found[_MESSAGE]))
        if around.any():
            regular &= ~around | (self._width(found) > _MOST_AROUND)
        return regular

    def _recognized(self, mark: str, others: Sequence[str], values: Sequence[str | None]) -> list[bool]:
        rest = dict.fromkeys(others)
        return [value is not None and self.records.kind.recognizes({mark: decoded(value), **rest}) for value in values]

    def _width(self, found: Mapping[str, pa.DictionaryArray]) -> Any:
        """How many fields the objects have at least."""
        tops: dict[str, Flags] = {}
        for name, column in found.items():
            top = name.partition(".")[0]
            valid = _flags(pc.is_valid(column))
            tops[top] = tops[top] | valid if top in tops else valid
        return np.stack(list(tops.values())).sum(axis=0)

    def batch(self, file: str, numbers: Rows, found: Mapping[str, pa.Array]) -> Batch:
        fields = self.records.fields
        columns = {name: _column(found[name]) for name in self.records.wanted}
        for known, name in ((ID, fields.id), (TIME, fields.time)):
            column = found[name]
            columns[known] = cleaned(
                pa.DictionaryArray.from_arrays(column.indices, pc.utf8_trim(column.dictionary, '"'))
            )
        return Batch(file, numbers, {**columns, TIME: moments(columns[TIME], fields.moment)})


class OfText:
    """S3 server access logs as lines of text, of which those are taken that have quotation marks only around the request, the referer and the
    user agent: three pairs, between which and in which fields are words."""

    def __init__(self, records: Records, reads: ReadLine) -> None:
        self.records, self.reads = records, reads
        fields = records.fields
        self.names = [name for name in TEXT_FIELDS if name in {*records.wanted, *fields.marks, fields.id, fields.time}]

    def fields(self, ask: Ask, lines: pa.Array) -> dict[str, pa.DictionaryArray]:
        plain = _flags(pc.match_substring_regex(lines, r"\A[0-9a-f]{64} [\x20-\x7e]*\z"))
        plain &= ~_flags(pc.match_substring_regex(lines, ANOTHER))
        lines = pc.if_else(pa.array(plain), lines, pa.scalar("", lines.type))
        quoted, ok = _split(lines, '"', _PIECES)
        columns: dict[str, pa.Array] = {}
        for piece, names, size in _WORDS:
            words, whole = _split(quoted[piece], " ", size)
            ok &= whole
            for name, word in zip(names, words):  # what lies between quotation marks begins and ends with a space
                ok &= _flags(pc.not_equal(word, "") if name else pc.equal(word, ""))
            columns.update({name: word for name, word in zip(names, words) if name})
        for piece, name in _QUOTED.items():
            columns[name] = quoted[piece]
        ok &= _flags(pc.match_substring_regex(columns["http_status"], r"\A(?:[0-9]{3}|-)\z"))
        ok &= _flags(pc.match_substring_regex(columns["clock"], r"\A\[[^\]]+\z"))
        ok &= _flags(pc.match_substring_regex(columns["zone"], r"\A[^\]]*\]\z"))
        columns["request_time"] = pc.binary_join_element_wise(
            pc.utf8_slice_codeunits(columns["clock"], 1), pc.utf8_rtrim(columns["zone"], "]"), " "
        )
        keep = pa.array(ok)
        return {name: _encoded(pc.if_else(keep, columns[name], pa.scalar(None, pa.string()))) for name in self.names}

    def ends(self, line: bytes) -> bool:
        words = words_of(line)
        own = next((kind for kind in KINDS if kind.lines(words) is not None), None)
        return own is not None and own.name != self.records.kind.name

    def regular(self, found: Mapping[str, pa.DictionaryArray]) -> Flags:
        return _flags(pc.is_valid(found["bucket_name"]))

    def batch(self, file: str, numbers: Rows, found: Mapping[str, pa.Array]) -> Batch:
        fields = self.records.fields
        columns = {
            name: _column(found[name]) if name in found else absent(len(numbers)) for name in self.records.wanted
        }
        columns |= {ID: cleaned(found[fields.id]), TIME: moments(cleaned(found[fields.time]), fields.moment)}
        return Batch(file, numbers, columns)


class OfFlows:
    """Flow logs as lines of words with a space between them, `layout` the names of what they tell."""

    def __init__(self, records: Records, reads: ReadLine | None, layout: Names) -> None:
        self.records, self.reads, self.layout = records, reads, layout
        self.names = [name for name in layout if name in {*records.wanted, records.fields.time}]

    def ends(self, line: bytes) -> bool:
        words = words_of(line)
        return text_form(words) is not None and layout(words) != self.layout

    def fields(self, ask: Ask, lines: pa.Array) -> dict[str, pa.DictionaryArray] | None:
        plain = _flags(pc.match_substring_regex(lines, r"\A[^\s\"{\[][\x21-\x7e]*(?: [\x21-\x7e]+)+\z"))
        plain &= ~_flags(
            pc.match_substring_regex(lines, r"\A[0-9]{4}-|[^\x20-\x7e]")
        )  # what may be a time before the line
        lines = pc.if_else(pa.array(plain), lines, pa.scalar("", lines.type))
        words, ok = _split(lines, " ", len(self.layout))
        ok &= _flags(pc.not_equal(pc.replace_substring(words[0], "_", "-"), self.layout[0]))
        keep, held = pa.array(ok), dict(zip(self.layout, words))
        return {name: _encoded(pc.if_else(keep, held[name], pa.scalar(None, pa.string()))) for name in self.names}

    def regular(self, found: Mapping[str, pa.DictionaryArray]) -> Flags:
        return _flags(pc.is_valid(found[self.names[0]]))

    def batch(self, file: str, numbers: Rows, found: Mapping[str, pa.Array]) -> Batch:
        fields, nothing = self.records.fields, absent(len(numbers))
        columns = {name: _column(found[name]) for name in self.records.wanted}
        columns |= {name: made(columns[name], shorter) for name, shorter in fields.shorter.items()}
        time = moments(cleaned(found[fields.time]), fields.moment) if fields.time in found else nothing
        return Batch(file, numbers, {**columns, ID: nothing, TIME: time})


class OfFlowObjects(OfFlows):
    """Flow logs as objects of JSON that all have the same fields, named `keys`; the values are texts of visible signs and whole numbers."""

    def __init__(self, records: Records, keys: Sequence[str]) -> None:
        super().__init__(records, None, tuple(map(spelled, keys)))
        self.keys = {name: key for name, key in zip(self.layout, keys) if name in self.names}
        self.own = " ".join(sorted(keys))

    def ends(self, line: bytes) -> bool:
        return False

    def fields(self, ask: Ask, lines: pa.Array) -> dict[str, pa.DictionaryArray] | None:
        paths = ", ".join(f"""'$."{key}"'""" for key in self.keys.values())
        columns = ", ".join(f"found[{at}] AS c{at}" for at in range(1, len(self.keys) + 1))
        found = f"SELECT json_keys(line) AS own, json_extract(line, [{paths}]) AS found FROM lines"
        try:
            table = ask(lines, f"SELECT array_to_string(list_sort(own), ' ') AS own, {columns} FROM ({found})")
        except duckdb.Error:
            return None
        held = {name: _encoded(table.column(at)) for at, name in enumerate(self.names, 1)}
        ok = _flags(pc.equal(table.column("own"), self.own))
        for column in held.values():
            plain = _by_value(column, lambda values: pc.match_substring_regex(values, _PLAIN))
            ok &= plain | ~_flags(pc.is_valid(column))
        keep = pa.array(ok)
        for name, column in held.items():
            texts = pc.utf8_trim(column.dictionary, '"')
            texts = pc.if_else(pc.equal(column.dictionary, "null"), pa.scalar(None, pa.string()), texts)
            held[name] = _encoded(pc.if_else(keep, texts.take(column.indices), pa.scalar(None, pa.string())))
        return held

    def regular(self, found: Mapping[str, pa.DictionaryArray]) -> Flags:
        told = np.ones(len(found[self.names[0]]), bool)
        for names in (self.records.fields.who, self.records.fields.place):
            told &= np.logical_or.reduce([_flags(pc.is_valid(found[name])) for name in names])
        return told


#: the values of such objects
_PLAIN: Final = r'\A(?:"[\x21\x23-\x5b\x5d-\x7e]+"|[0-9]{1,18}|null)\z'
#: the pieces of a line between its quotation marks, those with words with the names of the words (and how many there are at least)
_PIECES: Final = 7
_QUOTED: Final = {3: "referer", 5: "user_agent"}
_HEAD: Final = (
    "bucket_owner_id",
    "bucket_name",
    "clock",
    "zone",
    "remote_ip",
    "requester",
    "request_id",
    "operation",
    "key",
    "",
)
_MIDDLE: Final = ("", "http_status", "error_code", "bytes_sent", "object_size", "total_time", "turn_around_time", "")
_TAIL: Final = ("", *TEXT_FIELDS[TEXT_FIELDS.index("version_id") : TEXT_FIELDS.index("access_point_arn") + 1])
_WORDS: Final = ((0, _HEAD, len(_HEAD)), (2, _MIDDLE, len(_MIDDLE)), (4, ("", ""), 2), (6, _TAIL, -len(_TAIL)))


def _split(texts: pa.Array, sign: str, size: int) -> tuple[list[pa.Array], Flags]:
    """The pieces of texts between signs, empty where there are not `size` of them (at least so many for a negative number), and where there are."""
    parts = pc.split_pattern(texts, sign)
    lengths = pc.list_value_length(parts).fill_null(0).to_numpy(zero_copy_only=False)
    ok = lengths == size if size > 0 else lengths >= -size
    size = abs(size)
    starts = parts.offsets.to_numpy()[:-1].astype(np.int64)
    pieces = []
    for at in range(size):
        piece = pc.fill_null(parts.values.take(pa.array(starts + at, mask=~ok)), "")
        pieces.append(piece)
    return pieces, ok


def moments(column: Column, moment: Callable[[str], str]) -> Column:
    """Times as every log writes them. Those that are one already are most, and need no look at each."""
    good = pc.match_substring_regex(column.values, rf"\A(?:{TIME_PATTERN})\z")
    if pc.all(good).as_py() is not False:
        return column
    return made(column, moment)


def made(column: Column, of: Callable[[str], str]) -> Column:
    """A column of what is made of its texts."""
    texts = [of(text) for text in column.values.to_pylist()]
    encoded = pc.dictionary_encode(pa.array(texts, pa.string()))
    lut = np.r_[encoded.indices.to_numpy(zero_copy_only=False), np.int32(len(encoded.dictionary))].astype(np.int32)
    return Column(encoded.dictionary, lut[column.codes])


def _encoded(column: Any) -> pa.DictionaryArray:
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    return pc.dictionary_encode(column if pa.types.is_string(column.type) else column.cast(pa.string()))


def _column(held: pa.DictionaryArray) -> Column:
    """A column as it is: which texts say that there is none is for the reader of records."""
    codes = held.indices.fill_null(len(held.dictionary)).to_numpy(zero_copy_only=False)
    return Column(held.dictionary, codes)


def _by_value(column: pa.DictionaryArray, test: Callable[[pa.Array], Any]) -> Flags:
    """Which rows have a value that passes a test."""
    values = np.r_[_flags(test(column.dictionary)), False]
    if not values.any():
        return np.zeros(len(column), bool)
    found: Flags = values[column.indices.fill_null(len(column.dictionary)).to_numpy(zero_copy_only=False)]
    return found


def _flags(found: Any) -> Flags:
    found = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
    flags: Flags = found.fill_null(False).to_numpy(zero_copy_only=False).astype(bool)
    return flags


#: what DuckDB takes in a list and the reader of records may not
LENIENT: Final = r"(?i),\s*[}\]]|[:\[,]\s*[+-]?(?:nan|inf(?:inity)?)\s*[,}\]]"
