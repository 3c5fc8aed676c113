"""Forty broken lines of every log among whole ones: each is asked about or counted with its reason, by each engine alike, and nothing hides what lies behind it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from io import BufferedReader, BytesIO
from typing import Any

import pytest

pytest.importorskip("duckdb")
pytest.importorskip("pyarrow")

from policyc.replay.askers.known import Known
from policyc.replay.askers.said import Said, Unguarded
from policyc.replay.reading import LineReader, Log
from policyc.replay.recorded import Recorded
from policyc.replay.window import EVER
from tests.replay.test_as_documented import data_event, quoted, s3
from tests.replay.test_kinds import http
from tests.replay.test_other_columns import report
from tests.replay.test_real_looking import lattice


class Everybody(Unguarded):
    """Lets everybody in: what counts here is what is asked at all."""

    def answer(self, item: Recorded) -> Said | str:
        return Said("allow", "nobody", "", ())


def flow(number: int) -> str:
    return f"2 111122223333 eni-0a 10.0.0.{number % 200} 10.1.0.9 443 {number} 6 10 840 1793520000 1793520060 ACCEPT OK"


def row(number: int) -> str:
    return ",".join(map(quoted, lattice(number).values()))


def as_json(make: Callable[[int], dict[str, Any]]) -> Callable[[int], str]:
    return lambda number: json.dumps(make(number))


V2 = (
    *("version", "account_id", "interface_id", "srcaddr", "dstaddr", "srcport", "dstport"),
    *("protocol", "packets", "bytes", "start", "end", "action", "log_status"),
)
#: log -> its lines by number, and the first line of its files
LOGS: dict[str, tuple[Callable[[int], str], str]] = {
    "VPC Lattice": (as_json(lattice), ""),
    "Verified Access": (as_json(lambda number: http(metadata={"uid": f"u{number}"})), ""),
    "CloudTrail": (as_json(lambda number: data_event(f"open/{number}", eventID=str(number))), ""),
    "S3 in lines of text": (lambda number: s3(f"open/{number}", ' "-" "x" - H SigV4 - - h TLSv1.2 -'), ""),
    "flow logs": (flow, ""),
    "flow logs as JSON": (as_json(lambda number: dict(zip(V2, flow(number).split()))), ""),
    "CSV": (row, ",".join(lattice(0))),
}
CSV_HEAD = LOGS["CSV"][1].encode()
#: what no line of any log is
JUNK = (
    *("{", "}", "[", "]", "{}", "[]", "[[]]", "[1]", "{]", '"', "'", "null", "true", "7", "NaN", "-1e999", '"text"', "\x00", "\ufeff", "\ufffe"),
    *("\u2028", "\x1b[31m", "<html>", "%PDF-1.7", "#Version: 1.0", "{'a': 1}", '{"a": 1,}', '{"a": NaN}', "[" * 2_000, '{"a":' * 2_000, "=cmd|x", ","),
    *('","', "a b c", "{{}}", '{"Records": []}', '{"message": "x"}', '{"message": {}}', "x" * 1_100_000),
)  # fmt: skip


def broken(line: str) -> Iterator[bytes]:
    """A line cut off, with a part of it twice, with signs that do not belong there, and with values of other types."""
    whole = line.encode()
    size = len(whole)
    yield from (whole[: size * part // 7] for part in range(1, 7))
    yield from (whole[size * part // 5 :] for part in range(1, 5))
    yield whole + whole[size // 2 :]
    for sign in (b'"', b"\\", b"\x00", b"\xff", b"\xe2\x80", b" ", b"{", b","):
        yield whole[: size // 2] + sign + whole[size // 2 :]
    if line.startswith("{"):
        held = json.loads(line)
        for value in (None, 7, True, [], {}, ["x"], {"x": {}}, "x" * 5_000, "\ud800", "-"):
            yield json.dumps(dict.fromkeys(held, value)).encode()
            yield json.dumps(held | {next(reversed(held)): value, next(iter(held)): value}).encode()


@pytest.mark.parametrize(("make", "first"), LOGS.values(), ids=LOGS)
def test_each_broken_line_is_counted(make: Callable[[int], str], first: str) -> None:
    bad = [*broken(make(0)), *(text.encode("utf-8", "surrogatepass") for text in JUNK)]
    assert len(bad) >= 40
    lines = [first.encode()] if first else [make(1).encode()]
    for number, item in enumerate(bad, 2):
        lines += [item, make(number).encode()]
    data = b"\n".join(lines) + b"\n"
    texts = [report(data, columns, Everybody(), None, True, Known({}, {}), EVER) for columns in (False, True)]
    assert texts[0] == texts[1]
    found = json.loads(texts[0])
    told = {name: sum(item["count"] for item in found[name]) for name in ("unread", "skipped")}
    whole = len(bad) + (not first)
    # a list without entries holds no record, a broken line may hold several, or one that is whole but for its end
    blank = sum(not item.strip() or item in (b"[]", b'{"Records": []}') for item in bad)
    assert found["asked"] >= whole, told
    assert found["asked"] + found["duplicates"] + told["unread"] + told["skipped"] >= whole + len(bad) - blank, told
    assert found["records"] == found["asked"] + found["duplicates"] + told["skipped"]


def test_many_lines_of_no_log_are_counted_at_once_and_hide_nothing() -> None:
    junk = [b"nothing at all", b"", b"  ", b"a,b,c"] * 700
    lines = [*junk, b"b/12\tf/34", CSV_HEAD, row(1).encode(), b"x", as_json(lattice)(2).encode(), *junk]
    log = Log()
    found = [place.number for _, place in log.values("f", BufferedReader(BytesIO(b"\n".join(lines))))]
    assert found == [len(junk) + 3, len(junk) + 5]
    assert log.unread == {"a line that is no JSON": 1_400, "a line that lacks fields": 1_401}
    assert log.examples["a line that is no JSON"] == "f:1"


@pytest.mark.parametrize(("make", "first"), LOGS.values(), ids=LOGS)
def test_what_is_passed_over_tells_nothing(make: Callable[[int], str], first: str) -> None:
    reader = LineReader(Log(), "f")
    assert not any(reader.pass_over(1, [b"x\n", line.encode()]) for line in (make(1), make(1).upper(), first) if line)
    assert reader.pass_over(1, [b"x\n", b"\n"])
