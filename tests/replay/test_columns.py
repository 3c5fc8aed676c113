"""Columns say what records one by one say: the same report, byte for byte, whatever stands in a log and in the policies."""

from __future__ import annotations

import gzip
import io
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest

pytest.importorskip("duckdb")
pytest.importorskip("pyarrow")

import pyarrow as pa
import pyarrow.parquet as pq

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.globs import compile_glob, wildcard_tokens
from policyc.engines.iam.switches import DEFAULT
from policyc.replay.askers.documents import OfDocuments
from policyc.replay.askers.known import Known, read_known
from policyc.replay.askers.said import Unguarded
from policyc.replay.columns import run as running
from policyc.replay.columns.batch import Batch, cleaned
from policyc.replay.columns.coding import fits
from policyc.replay.columns.corpus import Corpus, load, save
from policyc.replay.columns.likeness import Walk
from policyc.replay.columns.run import ColumnReplayer, Reader, replay_corpus, replay_files
from policyc.replay.columns.seen import SeenIds, hashes
from policyc.replay.columns.sources import parquet_batches
from policyc.replay.kinds.cloudtrail import CloudTrail
from policyc.replay.reading import LONGEST_LINE, Log
from policyc.replay.report.plain import as_json
from policyc.replay.report.replay import Replay
from policyc.replay.tally import Tally, replay
from policyc.replay.window import EVER, Window
from policyc.simulation.documents.attached import Attached, read_attached
from policyc.text import Source
from tests.property.drawing import cases, seeds

CASES = int(os.environ.get("POLICYC_CASES", "900"))
NOTHING = Known({}, {})
ACCOUNTS = ("111122223333", "444455556666")
SERVICES = tuple(
    f"arn:aws:vpc-lattice:us-west-2:{account}:service/svc-{n}23456789abcdef0" for n in range(3) for account in ACCOUNTS
)
NETWORKS = ("arn:aws:vpc-lattice:us-west-2:111122223333:servicenetwork/sn-0123456789abcdef0", "-", "nonsense")
CALLERS = (
    *(
        f"arn:aws:sts::{account}:assumed-role/{role}/{session}"
        for account in ACCOUNTS
        for role in ("app", "app-1", "ops")
        for session in ("a", "b")
    ),
    "arn:aws:iam::111122223333:user/ana",
    "arn:aws:iam::111122223333:role/path/app",
    *("Anonymous", "Unknown", "-", "somebody", "null", " arn:aws:iam::444455556666:root "),
)
PATHS = (
    "/",
    "/a",
    "/a/1",
    "/a/1/b",
    "/ab",
    "/A/1",
    "/a?x=1",
    "/a#b",
    "a",
    "-",
    "/é/1",
    "/a\nb",
    "/a/{x}",
    "/x[1]",
    "/a:b/1",
    "",
    "LatticePath?:/a/2",
)
WINDOWS = (
    EVER,
    EVER,
    Window(since="2026-11-01T00:00:00"),
    Window(until="2026-11-01T09:00:00"),
    Window("2026-11-01T09:30:00", "2026-11-02T00:00:00"),
)
METHODS = ("GET", "POST", "-", "get", "BREW")
VALUES = ("x", "X", "y1", "-", None, "", "null", " x ", 5, True, {"a": 1}, ["x"], "{x}")
PIECES = ("*", "/*", "/a", "/a/*", "/a/?", "*1", "/*/1", "/é/*", "/x[*", "/a:*")


def record(random: Random) -> Any:
    """A line's value: mostly a record of a service, now and then something else."""
    if random.random() < 0.03:
        return random.choice(
            [{}, [], {"class_uid": "3006"}, {"Records": [{"serviceArn": "x", "resolvedUser": "-"}]}, 7, "x"]
        )
    held: dict[str, Any] = {
        "serviceArn": random.choice(SERVICES),
        "resolvedUser": random.choice(CALLERS),
        "requestMethod": random.choice(METHODS),
        "requestPath": random.choice(PATHS),
        "serviceNetworkArn": random.choice(NETWORKS),
        "startTime": random.choice(
            ["2026-11-01T08:00:00Z", "2026-11-01T09:30:00.5Z", "yesterday", None, "2026-10-01T00:00:00Z"]
        ),
    }
    if random.random() < 0.3:
        held |= {
            "authDeniedReason": random.choice(["Service", "Network", "Identity", "network", "-"]),
            "failureReason": random.choice(["ClientAccessDenied", "TargetDataTimeout", "other", "-"]),
            "responseCode": random.choice([403, 200, "200", " 200 ", 200.0, 404, True, None, [200]]),
            "grpcResponseCode": random.choice([None, "-", 7, {}]),
        }
    for name in ("callerPrincipalOrgID", "sourceVpcId", "hostHeader", "userAgent", "callerPrincipal"):
        if random.random() < 0.4:
            held[name] = random.choice(VALUES)
    if random.random() < 0.3:
        held["sourceVpcArn"] = f"arn:aws:ec2:us-west-2:{random.choice(ACCOUNTS)}:vpc/vpc-1"
    if random.random() < 0.3:
        held["callerPrincipalTags"] = random.choice([{"team": "a"}, '{"team": "b"}', "-", "{", {"team": 7}, []])
    if random.random() < 0.5:
        held["requestId"] = f"r{random.randrange(60)}"
    for name in list(held):
        if random.random() < 0.02:
            held[name] = random.choice(VALUES)
    return held


def log_of(random: Random) -> bytes:
    lines = []
    for _ in range(random.randrange(1, 60)):
        line = json.dumps(record(random), ensure_ascii=random.random() < 0.5).encode()
        odd = random.random()
        if odd < 0.02:
            line = line[: len(line) // 2]
        elif odd < 0.03:
            line = b"\xff" + line
        elif odd < 0.04:
            line = b""
        elif odd < 0.05:
            line = b"  " + line + b"\r"
        elif odd < 0.06:
            line = line[:-1] + random.choice(
                [b", }", b', "requestPath": "/b/9"}', b', "x": [1,]}', b', "x": NaN}', b"}}"]
            )
        elif odd < 0.07:
            line += (
                random.choice([b"", b" ", b"\t"])
                + json.dumps(record(random)).encode()
                + random.choice([b"", b"{", b"\xef\xbb\xbf"])
            )
        elif odd < 0.075:
            line = b"\xef\xbb\xbf" + line
        elif odd < 0.08:
            line = b'{"x": "' + b"x" * LONGEST_LINE + b'"}'
        lines.append(line)
    return b"\n".join(lines) + (b"\n" if random.random() < 0.8 else b"")


def document(random: Random) -> str:
    statements = []
    for number in range(random.randrange(1, 5)):
        service = random.choice([*SERVICES, "arn:aws:vpc-lattice:*:*:service/*", "*"])
        resources = [f"{service}{random.choice(PIECES)}" for _ in range(random.randrange(1, 3))]
        who = random.choice(
            [
                "*",
                {"AWS": "111122223333"},
                {"AWS": "arn:aws:iam::111122223333:role/app"},
                {"AWS": CALLERS[0]},
                {"AWS": "*"},
            ]
        )
        item: dict[str, Any] = {
            "Sid": f"S{number}",
            "Effect": random.choice(["Allow", "Allow", "Deny"]),
            "Principal": who,
            "Action": "vpc-lattice-svcs:Invoke",
            "Resource": resources,
        }
        tests: dict[str, dict[str, Any]] = {}
        for _ in range(random.randrange(0, 3)):
            key, values = random.choice(
                [
                    ("aws:PrincipalArn", ["arn:aws:iam::*:role/app*", "arn:aws:iam::111122223333:user/*"]),
                    ("aws:PrincipalOrgID", ["x", "y1"]),
                    ("aws:PrincipalTag/team", ["a", "b", "7"]),
                    ("aws:PrincipalAccount", [ACCOUNTS[0]]),
                    ("vpc-lattice-svcs:RequestPath", ["/a*", "/a/?", "*1", "/é/1"]),
                    ("vpc-lattice-svcs:RequestMethod", ["GET", "POST"]),
                    ("vpc-lattice-svcs:SourceVpc", ["x", "${aws:PrincipalTag/team}"]),
                    ("vpc-lattice-svcs:SourceVpcOwnerAccount", [ACCOUNTS[1]]),
                    ("vpc-lattice-svcs:ServiceNetworkArn", [NETWORKS[0]]),
                    ("vpc-lattice-svcs:RequestHeader/user-agent", ["x", "y?"]),
                    ("vpc-lattice-svcs:RequestHeader/x-team", ["x"]),
                ]
            )
            operator = random.choice(
                [
                    "StringLike",
                    "StringEquals",
                    "StringNotLike",
                    "StringLikeIfExists",
                    "StringEqualsIgnoreCase",
                    "ForAnyValue:StringLike",
                    "Null",
                ]
            )
            tests.setdefault(operator, {})[key] = (
                "true" if operator == "Null" else random.sample(values, random.randrange(1, len(values) + 1))
            )
        if tests:
            item["Condition"] = tests
        statements.append(item)
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def other_documents(random: Random) -> list[tuple[str, str, int]]:
    """Documents beside the service's: of its network, of the caller and of its organization, with every element of a statement turned
    around now and then, and with variables."""
    out = []
    for role, level in (("network-policy", 0), ("identity", 0), ("boundary", 0), ("scp", 1), ("scp", 2)):
        if random.random() < 0.6:
            continue
        data = json.loads(document(random))
        for item in data["Statement"]:
            if role != "network-policy":
                del item["Principal"]
            elif random.random() < 0.2:
                item["NotPrincipal"] = item.pop("Principal")
                item["Effect"] = "Deny"
            if random.random() < 0.2:
                item["NotResource"] = item.pop("Resource")
            elif random.random() < 0.1:
                item["Resource"] = [f"{random.choice(SERVICES)}/${{aws:PrincipalTag/team}}/*"]
            if random.random() < 0.15:
                item["NotAction"] = random.choice(["s3:*", "vpc-lattice-svcs:*"])
                del item["Action"]
        out.append((role, json.dumps({**data, "Version": "2012-10-17"}), level))
    return out


def several(service: str, others: list[tuple[str, str, int]], words: dict[str, str]) -> OfDocuments:
    found = Diagnostics()
    given = [read_attached("service-policy", Source("p.json", service), 0, DEFAULT, found)]
    given += [
        read_attached(role, Source(f"{role}{at}.json", text), level, DEFAULT, found)
        for at, (role, text, level) in enumerate(others)
    ]
    return OfDocuments([item for item in given if isinstance(item, Attached)], words, {})


def asker(text: str, words: dict[str, str]) -> OfDocuments | Unguarded:
    """Who answers for a document; no text says that nothing was in force."""
    if not text:
        return Unguarded()
    found = Diagnostics()
    given = read_attached("service-policy", Source("p.json", text), 0, DEFAULT, found)
    assert isinstance(given, Attached), list(found)
    return OfDocuments([given], words, {})


def by_rows(
    data: bytes,
    old: str,
    new: str | None,
    words: dict[str, str],
    identities: bool,
    known: Known = NOTHING,
    window: Window = EVER,
) -> str:
    log, tally = Log(), Tally(identities)
    stream: Any = io.BufferedReader(io.BytesIO(data))  # type: ignore[arg-type]
    before, after = asker(old, words), None if new is None else asker(new, words)
    replay(log.records([("a.json", stream)]), before, after, tally, known, window=window)
    return as_json(Replay(log, tally, new is not None))


def by_columns(
    data: bytes,
    old: str,
    new: str | None,
    words: dict[str, str],
    identities: bool,
    known: Known = NOTHING,
    window: Window = EVER,
) -> str:
    log, tally = Log(), Tally(identities)
    before, after = asker(old, words), None if new is None else asker(new, words)
    replayer = ColumnReplayer(before, after, tally, known, window)
    stream: Any = io.BufferedReader(io.BytesIO(data))  # type: ignore[arg-type]
    replay_files([("a.json", stream)], replayer, log, lambda _: None)
    return as_json(Replay(log, tally, new is not None))


@cases(max(12, CASES // 800), seeds())
def test_the_same_report_row_by_row(random: Random) -> None:
    running.BLOCK = random.choice([2_000, 20_000, 32 * 1024 * 1024])
    data, new = log_of(random), document(random)
    old = document(random) if random.random() < 0.8 else ""
    words = {"network-auth": "none"} | ({"service-auth": "none"} if random.random() < 0.1 else {})
    packed = gzip.compress(data) if random.random() < 0.2 else data
    identities = random.random() < 0.3
    of_role = {"callers": {"arn:aws:sts::111122223333:assumed-role/app/*": {"aws:PrincipalTag/team": "b"}}}
    of_account = {"accounts": {random.choice(ACCOUNTS): {"aws:PrincipalOrgID": "x", "aws:PrincipalTag/team": "a"}}}
    known = random.choice(
        [NOTHING, NOTHING, read_known(of_role), read_known(of_account), read_known({**of_role, **of_account})]
    )
    window = random.choice(WINDOWS)
    wanted = by_rows(packed, old, new, words, identities, known, window)
    assert by_columns(packed, old, new, words, identities, known, window) == wanted


@cases(max(12, CASES // 800), seeds())
def test_the_same_report_of_a_log_that_was_read_before(random: Random) -> None:
    running.BLOCK = random.choice([2_000, 32 * 1024 * 1024])
    data, old, new = log_of(random), document(random), document(random)
    words, identities = {"network-auth": "none"}, random.random() < 0.3
    read, window = Corpus(), random.choice(WINDOWS)
    stream: Any = io.BufferedReader(io.BytesIO(data))  # type: ignore[arg-type]
    replay_files([("a.json", stream)], Reader(read, window), read.log)
    with TemporaryDirectory() as made:
        folder = Path(made, "log")
        save(folder, read, ["a.json"])
        assert load(folder, ["b.json"]) is None
        corpus = load(folder, ["a.json"])
        assert corpus is not None
        log, tally = Log(), Tally(identities)
        replay_corpus(corpus, ColumnReplayer(asker(old, words), asker(new, words), tally, NOTHING), log)
    assert as_json(Replay(log, tally, True)) == by_rows(data, old, new, words, identities, window=window)


@cases(max(12, CASES // 800), seeds())
def test_the_same_report_of_documents_of_every_kind(random: Random) -> None:
    running.BLOCK = 32 * 1024 * 1024
    data = log_of(random)
    sides = [(document(random), other_documents(random)) for _ in range(2)]
    words = {"network-auth": "none"} if random.random() < 0.7 else {}
    reports = []
    for columns in (False, True):
        log, tally = Log(), Tally(False)
        old, new = (several(service, others, words) for service, others in sides)
        stream: Any = io.BufferedReader(io.BytesIO(data))  # type: ignore[arg-type]
        if columns:
            replay_files([("a.json", stream)], ColumnReplayer(old, new, tally, NOTHING), log, lambda _: None)
        else:
            replay(log.records([("a.json", stream)]), old, new, tally, NOTHING)
        reports.append(as_json(Replay(log, tally, True)))
    assert reports[0] == reports[1]


@cases(max(200, CASES // 10), seeds())
def test_what_is_left_of_a_pattern(random: Random) -> None:
    pattern = "".join(random.choice("ab*?") for _ in range(random.randrange(0, 7)))
    begin, end = ("".join(random.choice("ab") for _ in range(random.randrange(0, 5))) for _ in range(2))
    tokens = wildcard_tokens(pattern)
    (left,) = Walk([tokens]).behind(begin)
    assert any(compile_glob(rest).matches(end) for rest in left) is compile_glob(tokens).matches(begin + end)


@cases(max(50, CASES // 50), seeds())
def test_patterns_over_many_texts(random: Random) -> None:
    letters = "ab/.*?[\\é^$\n"
    texts = ["".join(random.choice(letters) for _ in range(random.randrange(0, 6))) for _ in range(20)]
    pattern = "".join(random.choice(letters) for _ in range(random.randrange(0, 6)))
    tokens = wildcard_tokens(pattern)
    glob = compile_glob(tokens)
    assert fits(pa.array(texts, pa.string()), tokens).tolist() == [glob.matches(text) for text in texts]


@cases(max(50, CASES // 50), seeds())
def test_ids_that_were_there(random: Random) -> None:
    seen, known = SeenIds(), set[str]()
    for _ in range(random.randrange(1, 8)):
        texts = ["x" * random.randrange(0, 20) + str(random.randrange(0, 40)) for _ in range(random.randrange(1, 50))]
        wanted = []
        for text in texts:
            wanted.append(text not in known)
            known.add(text)
        assert seen.first(hashes(pa.array(texts))).tolist() == wanted


def test_values_are_cleaned_once() -> None:
    column = pa.array(["a", " a", "-", None, "null", "", "b\x1f", "é\u00a0"])
    found = cleaned(column)
    texts = [*found.values.to_pylist(), None]
    assert [texts[code] for code in found.codes] == ["a", "a", None, None, None, None, "b", "é"]


# --- Parquet --------------------------------------------------------------------------------------------------------


def row(**changes: Any) -> dict[str, Any]:
    held = {
        "serviceArn": SERVICES[0],
        "resolvedUser": CALLERS[0],
        "requestMethod": "GET",
        "requestPath": "/a/1",
        "startTime": "2026-11-01T08:00:00Z",
    }
    return {**held, **changes}


POLICY = json.dumps(
    {"Statement": [{"Sid": "S", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": f"{SERVICES[0]}/a/*"}]}
)
OTHER = POLICY.replace("/a/*", "/b/*")


@pytest.mark.parametrize("lower", [False, True])
def test_parquet_says_what_json_says(lower: bool) -> None:
    rows = [row(requestPath=path, requestId=f"r{at % 5}", callerPrincipal=None) for at, path in enumerate(PATHS)]
    rows += [row(resolvedUser="-", callerPrincipal=CALLERS[3]), row(authDeniedReason="Service")]
    data = b"".join(json.dumps(item).encode() + b"\n" for item in rows)
    names = dict.fromkeys(name for item in rows for name in item)
    table = pa.table(
        {name.lower() if lower else name: pa.array([item.get(name) for item in rows], pa.string()) for name in names}
    )
    out = io.BytesIO()
    pq.write_table(table, out, row_group_size=7)
    words = {"network-auth": "none"}
    assert by_columns(out.getvalue(), POLICY, OTHER, words, False) == by_rows(data, POLICY, OTHER, words, False)


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.large_string(), pa.string_view()])
def test_parquet_has_texts_of_several_types(kind: Any) -> None:
    """Impala and Hive write texts as bytes, others as texts of another layout; a name without capitals may stand beside that of the log."""
    rows = [row(requestPath=path) for path in PATHS]
    data = b"".join(json.dumps(item).encode() + b"\n" for item in rows)
    table = pa.Table.from_pylist(rows)
    out = io.BytesIO()
    table = table.cast(pa.schema([(name, kind) for name in table.column_names]))
    pq.write_table(table.append_column("requestpath", pa.array(["/other"] * len(rows))), out)
    words = {"network-auth": "none"}
    assert by_columns(out.getvalue(), POLICY, OTHER, words, False) == by_rows(data, POLICY, OTHER, words, False)


@pytest.mark.parametrize("value", [["/a/1"], {"a": "/a/1"}, 7, True, b"\xff"])
def test_parquet_has_no_text_where_json_has_none(value: Any) -> None:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([row(requestPath=value)]), out)
    data = json.dumps(row(requestPath="\ufffd" if isinstance(value, bytes) else value)).encode()
    words = {"network-auth": "none"}
    assert by_columns(out.getvalue(), POLICY, OTHER, words, False) == by_rows(data, POLICY, OTHER, words, False)


def test_parquet_of_another_kind_is_read_record_by_record() -> None:
    out = io.BytesIO()
    pq.write_table(pa.table({"srcaddr": ["10.0.0.1"], "dstaddr": ["10.0.0.2"], "log_status": ["OK"]}), out)
    found = json.loads(by_columns(out.getvalue(), POLICY, None, {}, False))
    assert [item["reason"] for item in found["skipped"]] == [
        "documents by themselves are not asked about flow-logs records of this kind of resource; give a project"
    ]


def test_a_broken_parquet_file_is_counted() -> None:
    found = json.loads(by_columns(b"PAR1" + b"x" * 100, POLICY, None, {}, False))
    assert found["unread"][0]["reason"].startswith("a Parquet file that is broken")


def test_numbers_of_rows_are_places() -> None:
    rows = [row(requestPath="/a/1"), row(requestPath="/c"), row(requestPath="/a/2")]
    data = b"\n".join(json.dumps(item).encode() for item in rows)
    found = json.loads(by_columns(data, POLICY, None, {"network-auth": "none"}, False))
    assert [item["records"] for item in found["in_force"]["classes"]] == [[{"file": "a.json", "number": 2}]]


def test_parquet_of_other_logs_as_tables_have_it() -> None:
    """Names in lower case, an object as a struct and one as a text of JSON, a time of its own type, a map, null for what is not there."""
    rows = [
        {
            "eventversion": "1.11",
            "eventsource": "s3.amazonaws.com",
            "eventname": "GetObject",
            "eventtime": datetime(2026, 11, 1, 8, tzinfo=UTC),
            "eventid": "e-1",
            "useridentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ana", "invokedby": None},
            "requestparameters": '{"bucketName": "photos", "key": "cats/1.jpg", "versionId": "v1"}',
            "resources": [{"type": "AWS::S3::Object", "arn": "arn:aws:s3:::photos/cats/1.jpg"}],
            "eventcontext": {"requestcontext": [("aws:PrincipalOrgID", "o-a1b2c3d4e5")]},
            "errorcode": None,
        }
    ]
    context = pa.struct({"requestcontext": pa.map_(pa.string(), pa.string())})
    table = pa.Table.from_pylist([{**item, "eventcontext": None} for item in rows])
    held = table.set_column(
        table.column_names.index("eventcontext"), "eventcontext", pa.array([rows[0]["eventcontext"]], context)
    )
    out = io.BytesIO()
    pq.write_table(held, out)
    found = list(parquet_batches("a.parquet", io.BytesIO(out.getvalue())))
    assert len(found) == 1 and not isinstance(found[0], Batch)
    item = CloudTrail().read(found[0][1])
    assert (item.who, item.where, item.path, item.time, item.id, item.verdict) == (
        "arn:aws:iam::111122223333:user/ana",
        "arn:aws:s3:::photos",
        "cats/1.jpg",
        "2026-11-01T08:00:00Z",
        "e-1",
        "allow",
    )
    assert dict(item.keys) == {"s3:VersionId": "v1", "aws:PrincipalOrgID": "o-a1b2c3d4e5"}
