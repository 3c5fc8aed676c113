"""Logs of every kind in columns: the same report as record by record, byte for byte, whatever stands in them and in the policies."""

from __future__ import annotations

import gzip
import io
import json
import os
from random import Random
from typing import Any

import pytest

pytest.importorskip("duckdb")
pytest.importorskip("pyarrow")

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.switches import DEFAULT
from policyc.replay.askers.cedar import OfCedar
from policyc.replay.askers.documents import OfDocuments
from policyc.replay.askers.known import Known, read_known
from policyc.replay.askers.said import Asker, Many
from policyc.replay.columns import run as running
from policyc.replay.columns.others import nested
from policyc.replay.columns.run import ColumnReplayer, replay_files
from policyc.replay.kinds.registry import KINDS
from policyc.replay.kinds.s3_access import TEXT_FIELDS
from policyc.replay.reading import DEEPEST, Log
from policyc.replay.recorded import Kind, text_of
from policyc.replay.report.plain import as_json
from policyc.replay.report.replay import Replay
from policyc.replay.tally import Tally, replay
from policyc.replay.window import EVER, Window
from policyc.simulation.documents.attached import Attached, read_attached
from policyc.syntax.cedar_text import parse_cedar
from policyc.targets.base import NoRequest
from policyc.targets.cedar_documents.protocol import Providers, no_files
from policyc.targets.cedar_texts import logging
from policyc.text import Source
from tests.property.drawing import cases, seeds

CASES = int(os.environ.get("POLICYC_CASES", "900"))
NOTHING = Known({}, {})
ROLE = "arn:aws:iam::111122223333:role/"
KEYS = ("open/1", "open/2", "closed/1", "a*", "ä", "open/ü%20x", "${a}", "", "-", "a b", "x", "a?b", "open%252F1")
ODD: tuple[Any, ...] = (None, "", "-", "null", 5, 1.50, True, [], ["x"], {}, {"a": 1}, "x", " x ", float("nan"), 10**30)
TIMES = ("2026-11-01T08:00:00Z", "2026-11-01T09:30:00Z", "2026-10-01T00:00:00Z", "yesterday", None, "")
WINDOWS = (EVER, EVER, EVER, Window(since="2026-11-01T00:00:00"), Window("2026-11-01T09:00:00", "2026-11-02T00:00:00"))


def cloudtrail(random: Random) -> dict[str, Any]:
    key = random.choice(KEYS)
    arn = random.choice(["arn:aws:s3:::photos/" + key, "arn:aws:s3:::other/" + key, "arn:aws:s3:::photos"])
    identity = random.choice(
        [
            {
                "type": "AssumedRole",
                "arn": f"arn:aws:sts::111122223333:assumed-role/app/{random.choice('ab')}",
                "principalId": "AROA:" + random.choice("ab"),
                "sessionContext": {
                    "sessionIssuer": {"arn": ROLE + random.choice(["app", "path/app"])},
                    "attributes": {"mfaAuthenticated": random.choice(["true", "false"])},
                },
            },
            {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ana"},
            {"type": "AWSService", "invokedBy": random.choice(["cloudfront.amazonaws.com", ""])},
            {"type": "AWSAccount", "accountId": random.choice(["ANONYMOUS_PRINCIPAL", "444455556666"])},
            {"type": "AssumedRole", "arn": "arn:aws:sts::444455556666:assumed-role/app/x"},
        ]
    )
    held: dict[str, Any] = {
        "eventVersion": "1.11",
        "eventSource": "s3.amazonaws.com",
        "eventName": random.choice(["GetObject", "PutObject", "HeadObject", "ListObjects", "CopyObject", "Odd"]),
        "eventTime": random.choice(TIMES),
        "userIdentity": identity,
        "sourceIPAddress": random.choice(["10.0.0.1", "192.0.2.7", "s3.amazonaws.com"]),
        "userAgent": random.choice(["[a]", "b", "-"]),
        "requestParameters": random.choice([None, {"key": key}, {"key": key, "versionId": "v1"}, {"list-type": "2"}]),
        "resources": [
            {"type": "AWS::S3::Object", "ARN": arn},
            {"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::photos"},
        ],
        "managementEvent": False,
        "eventCategory": random.choice(["Data", "Data", "Data", "Insight", "Management"]),
    }
    if random.random() < 0.5:
        held["eventID"] = f"e{random.randrange(40)}"
    if random.random() < 0.3:
        held["errorCode"] = random.choice(["AccessDenied", "NoSuchKey", "InternalError"])
    if random.random() < 0.2:
        held["vpcEndpointId"] = "vpce-1"
    if random.random() < 0.2:
        held["eventContext"] = random.choice(
            [{"requestContext": {"aws:PrincipalOrgID": "o-1"}}, {"tagContext": {"principalTags": {"team": "a"}}}]
        )
    if random.random() < 0.1:
        held["additionalEventData"] = {"AuthenticationMethod": "QueryString", "SignatureVersion": "SigV4"}
    return held


def s3_access(random: Random) -> dict[str, Any]:
    return {
        "schema_version_id": "V_1_0",
        "bucket_owner_id": "a" * 64,
        "bucket_name": random.choice(["photos", "other"]),
        "request_time": random.choice(["2026-11-01T08:00:00+00:00", "2026-11-01T09:30:00Z", None]),
        "remote_ip": "10.0.0.1",
        "requester": random.choice(
            [None, "a" * 64, "svc:cloudfront.amazonaws.com", "arn:aws:sts::111122223333:assumed-role/app/b", "odd"]
        ),
        "request_id": random.choice([None, f"r{random.randrange(40)}"]),
        "operation": random.choice(
            ["REST.GET.OBJECT", "REST.PUT.OBJECT", "REST.COPY.OBJECT", "S3.EXPIRE.OBJECT", "odd"]
        ),
        "key": random.choice(KEYS),
        "request_uri": "GET /x HTTP/1.1",
        "http_status": random.choice(["200", 200, "403", "404", "500"]),
        "error_code": random.choice([None, "AccessDenied", "NoSuchKey", "-"]),
        "bytes_sent": 5,
        "object_size": 5,
        "total_time": 5,
        "turn_around_time": 5,
        "referer": random.choice([None, "https://x"]),
        "user_agent": random.choice([None, "a", 'b "c"', "b c"]),
        "version_id": random.choice([None, "v1"]),
        "host_id": "h",
        "signature_version": "SigV4",
        "cipher_suite": "c",
        "authentication_type": random.choice(["AuthHeader", "QueryString"]),
        "host_header": "h",
        "tls_version": random.choice(["TLSv1.2", "TLSv1.3"]),
        "access_point_arn": random.choice([None, None, "arn:aws:s3:us-west-2:111122223333:accesspoint/ap"]),
    }


def as_text(record: dict[str, Any], random: Random) -> str:
    """A line of a server access log. Source: the log format of Amazon S3."""
    held = {name: str(value if value is not None else "-") for name, value in record.items()}
    held["request_time"] = random.choice(
        ["[01/Nov/2026:08:00:00 +0000]", "[01/Nov/2026:09:30:00 +0000]", "[31/Feb/2026:09:30:00 +0000]", "[x]"]
    )
    held["key"] = (held["key"] or "-").replace(" ", "+")
    for name in ("request_uri", "referer", "user_agent"):
        held[name] = f'"{held[name]}"'
    words = [held.get(name, "-") for name in TEXT_FIELDS]
    end = random.choice([len(words), len(words), len(words), 18, 25, 11, 6])
    return " ".join(words[:end]) + random.choice(["", "", "", " new fields", " ", "\r"])


def verified_access(random: Random) -> dict[str, Any]:
    path = random.choice(["/app/1", "/app/2", "/admin", "", "x"])
    context = random.choice(
        [
            None,
            {},
            {"idc": {"user": {"email": {"address": random.choice(["a@x.example", "b@y.example"])}}, "groups": {}}},
            {
                "idc": {"user": {"email": {"address": "a@x.example"}}, "groups": {"g1": {"group_name": "n"}}},
                "http_request": {"path": path, "http_method": "GET"},
            },
        ]
    )
    return {
        "class_uid": random.choice(["3006", "3006", "3006", 3006, "3003", "208001", "1"]),
        "time": random.choice(["1793520000000", 1793525400000, "1790812800000", "soon", None]),
        "status_code": random.choice(["100", "100", "300", 300, "200", "800"]),
        "message": "",
        "metadata": {"uid": random.choice([f"m{random.randrange(40)}", None])},
        "http_request": {
            "http_method": random.choice(["GET", "POST"]),
            "url": {
                "hostname": random.choice(["app.example", "other.example"]),
                "path": path,
                "port": random.choice([443, "443"]),
            },
        },
        "src_endpoint": {"ip": random.choice(["10.0.0.1", "10.0.0.2"])},
        "device": {"ip": "10.0.0.1"},
        "actor": {"user": {"email_addr": random.choice(["a@x.example", "b@y.example", None])}},
        "data": random.choice(
            [{"context": context}, None, {"context": context, "authorizations": [{"decision": "Deny"}]}]
        ),
    }


MAKERS = {"cloudtrail": cloudtrail, "s3-access": s3_access, "verified-access": verified_access}


def disturbed(record: Any, random: Random) -> Any:
    """A record with something else in the place of one of its values, at any depth."""
    if isinstance(record, dict) and record and random.random() < 0.9:
        name = random.choice(list(record))
        if random.random() < 0.15:
            return {key: value for key, value in record.items() if key != name}
        return {**record, name: disturbed(record[name], random)}
    if isinstance(record, list) and record and random.random() < 0.7:
        return [disturbed(record[0], random), *record[1:]]
    return random.choice(ODD)


def some_record(kind: str, random: Random) -> dict[str, Any]:
    record = MAKERS[kind](random)
    while random.random() < 0.25:
        record = disturbed(record, random)
        record = record if isinstance(record, dict) else MAKERS[kind](random)
    if random.random() < 0.04:
        foreign = (
            {"Records": [MAKERS[kind](random)]}
            if random.random() < 0.5
            else {"message": json.dumps(MAKERS[kind](random))}
        )
        record = {**record, **foreign, "serviceArn": "x"} if random.random() < 0.5 else {**record, **foreign}
    return record


def line_of(record: dict[str, Any], random: Random) -> bytes:
    line = json.dumps(record, ensure_ascii=random.random() < 0.5).encode()
    match random.randrange(60):
        case 0:
            return line[: len(line) // 2]
        case 1:
            return b"\xff" + line
        case 2:
            return b""
        case 3:
            return b" " + line + b"\r"
        case 4:
            return line[:-1] + random.choice(
                [b", }", b', "eventName": "x"}', b', "x": nan}', b"}}", b', "key": "\\ud800"}']
            )
        case 5:
            return line + random.choice([b"", b" "]) + line
        case 6:
            return b"2026-11-01T08:00:00.000Z " + line
        case 7:
            return (
                line[:-1]
                + b', "deep": '
                + b'{"a":' * 300
                + b"[" * 90 * random.randrange(3)
                + b"]" * 0
                + b"1"
                + b"}" * 301
            )
        case 8:
            return line.replace(b": ", b" : ").replace(b"/", b"\\/")
    return line


def log_of(kind: str, random: Random) -> bytes:
    records = [some_record(kind, random) for _ in range(random.randrange(1, 40))]
    if random.random() < 0.4:
        entries: list[Any] = [record if random.random() < 0.95 else random.choice(ODD) for record in records]
        texts = [json.dumps(entry, ensure_ascii=random.random() < 0.5) for entry in entries]
        text = random.choice([",", ", ", ",\n"]).join(texts)
        whole = random.choice([f'{{"Records":[{text}]}}', f"[{text}]", f'{{"Records": [{text}], "x": 1}}'])
        match random.randrange(12):
            case 0:
                whole = whole[: len(whole) // 2]
            case 1:
                whole += random.choice([whole, "x", "\n" + whole, ",", " "])
            case 2:
                whole = whole.replace("]", ",]")
        return whole.encode("utf-8", "surrogatepass")
    if kind == "s3-access" and random.random() < 0.6:
        lines = [as_text(s3_access(random), random).encode() for _ in records]
        for at in range(len(lines)):
            if random.random() < 0.05:
                header = b"version srcaddr dstaddr " + b"x " * (len(lines[at].split()) - 3)
                lines[at] = random.choice([b"", b"nonsense", lines[at][:90], header, line_of(records[at], random)])
    else:
        lines = [line_of(record, random) for record in records]
    return b"\n".join(lines) + random.choice([b"\n", b""])


def bucket(random: Random) -> str:
    statements = []
    for number in range(random.randrange(1, 4)):
        item: dict[str, Any] = {
            "Sid": f"S{number}",
            "Effect": random.choice(["Allow", "Allow", "Deny"]),
            "Principal": random.choice(
                ["*", {"AWS": "111122223333"}, {"AWS": ROLE + "app"}, {"Service": "cloudfront.amazonaws.com"}]
            ),
            "Action": random.choice(["s3:*", "s3:GetObject", ["s3:ListBucket", "s3:PutObject"]]),
            "Resource": ["arn:aws:s3:::photos" + random.choice(["", "/*", "/open/*", "/open/?", "/${aws:username}/*"])],
        }
        tests: dict[str, dict[str, Any]] = {}
        for operator, key, value in random.sample(
            [
                ("IpAddress", "aws:SourceIp", "10.0.0.0/8"),
                ("StringLike", "aws:UserAgent", "a*"),
                ("Bool", "aws:MultiFactorAuthPresent", "true"),
                ("StringEquals", "s3:VersionId", "v1"),
                ("StringEquals", "aws:PrincipalTag/team", "a"),
                ("StringLike", "aws:userid", "*:a"),
                ("StringNotEquals", "s3:authType", "REST-HEADER"),
            ],
            random.randrange(0, 3),
        ):
            tests.setdefault(operator, {})[key] = value
        if tests:
            item["Condition"] = tests
        statements.append(item)
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def guard(random: Random) -> str:
    tests = [
        'context.idc.groups has "g1"',
        'context.idc.user.email.address like "*@x.example"',
        'context.http_request.path like "/app/*"',
        'context.http_request.http_method == "GET"',
        'context has idc && context.http_request.hostname == "app.example"',
        'ip(context.http_request.client_ip).isInRange(ip("10.0.0.1/32"))',
    ]
    return "".join(
        f"{random.choice(['permit', 'permit', 'forbid'])}(principal, action, resource) when {{ {' && '.join(random.sample(tests, 2))} }};\n"
        for _ in range(random.randrange(1, 3))
    )


def asker(kind: str, text: str) -> Asker:
    found = Diagnostics()
    if kind == "verified-access":
        source = Source("p.cedar", text)
        tree = parse_cedar(source, found)
        assert tree is not None
        given = Providers({"idc": "iam_identity_center"}, {}, no_files)
        return Many({kind: OfCedar({"": logging().guard_of({"group": (source, tree)}, given, {}, found)})})
    held = read_attached("bucket-policy", Source("p.json", text), 0, DEFAULT, found)
    assert isinstance(held, Attached), list(found)
    return Many(dict.fromkeys(("cloudtrail", "s3-access"), OfDocuments([held], {}, {})))


def report(
    data: bytes, columns: bool, old: Asker, new: Asker | None, identities: bool, known: Known, window: Window
) -> str:
    log, tally = Log(), Tally(identities)
    stream: Any = io.BufferedReader(io.BytesIO(data))  # type: ignore[arg-type]
    files = [("a.json", stream)]
    if columns:
        replay_files(files, ColumnReplayer(old, new, tally, known, window), log)
    else:
        replay(log.records(files), old, new, tally, known, window=window)
    return as_json(Replay(log, tally, new is not None))


@cases(max(15, CASES // 800), seeds())
def test_the_same_report_row_by_row(random: Random) -> None:
    running.BLOCK = random.choice([2_000, 20_000, 32 * 1024 * 1024])
    kind = random.choice(list(MAKERS))
    data = log_of(kind, random)
    make = guard if kind == "verified-access" else bucket
    texts = make(random), random.choice([None, make(random)])
    packed = gzip.compress(data) if random.random() < 0.2 else data
    packed = packed[:-20] if random.random() < 0.05 else packed
    identities, window = random.random() < 0.4, random.choice(WINDOWS)
    told = {
        "callers": {ROLE + "app": {"aws:PrincipalTag/team": "a"}},
        "users": {"a@x.example": {"idc": {"groups": {"g1": {}}}}},
    }
    known = read_known(told) if random.random() < 0.3 else NOTHING
    found = [
        report(packed, columns, *(text and asker(kind, text) for text in texts), identities, known, window)  # type: ignore[arg-type]
        for columns in (False, True)
    ]
    assert found[1] == found[0]


@cases(max(30, CASES // 20), seeds())
def test_a_record_is_read_from_the_fields_that_its_kind_names(random: Random) -> None:
    name = random.choice(list(MAKERS))
    kind = next(item for item in KINDS if item.name == name)
    data, fields = some_record(kind.name, random), kind.fields
    assert fields is not None
    if not kind.recognizes(data):
        return
    held = [
        (name, value) for name in (*fields.who, *fields.place, *fields.rest) if (value := at(data, name)) is not MISSING
    ]
    own = {name: data[name] for name in fields.marks}
    assert told(kind, {**own, **nested(held)}, text_of(data, *fields.id.split("."))) == told(kind, data, "")


MISSING = object()


def at(data: Any, name: str) -> Any:
    for step in name.split("."):
        if not isinstance(data, dict) or step not in data:
            return MISSING
        data = data[step]
    return data


def told(kind: Kind, data: dict[str, Any], id: str) -> object:
    try:
        item = kind.read(data)
    except NoRequest as error:
        return str(error)
    return (item.who, item.can, item.where, item.path, item.network, item.keys, item.verdict, item.id or id)


ONE = '{"eventVersion":"1","eventSource":"s3.amazonaws.com","eventName":"GetObject","eventTime":"2026-11-01T08:00:00Z",'
ONE += '"userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/ana"},'
ONE += '"resources":[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::photos/a"}],"x":%s}'
ALLOW = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}]}'


def holding(*records: str) -> str:
    return '{"Records":[' + ",".join(records) + "]}"


def both(data: bytes) -> dict[str, Any]:
    """The report of a log, which is the same record by record and in columns."""
    found = [report(data, columns, asker("cloudtrail", ALLOW), None, False, NOTHING, EVER) for columns in (False, True)]
    assert found[0] == found[1]
    whole: dict[str, Any] = json.loads(found[0])
    return whole


@pytest.mark.parametrize("holder", ["%s\n" + ONE % 1, '{"Records":[%s]}', "[%s]", "%s"])
@pytest.mark.parametrize(
    ("depth", "is_read"), [(DEEPEST - 1, True), (DEEPEST, False), (950, False), (1_100, False), (60_000, False)]
)
@pytest.mark.parametrize("pair", ["[]", ('{"a":', "}")], ids=["list", "object"])
def test_how_deep_a_record_may_nest_does_not_hang_on_the_reader(
    holder: str, depth: int, is_read: bool, pair: Any
) -> None:
    record = ONE % (pair[0] * depth + "1" + pair[1] * depth)
    inside = 1 if holder == "[%s]" else 2 if "Records" in holder else 0
    if is_read and inside:
        record = ONE % (pair[0] * (depth - inside) + "1" + pair[1] * (depth - inside))
    found = both((holder % record).encode())
    assert (sum(item["count"] for item in found["unread"]), found["asked"]) == (
        (0, 1 + holder.count("eventVersion")) if is_read else (1, holder.count("eventVersion"))
    )


def test_brackets_in_texts_are_no_nesting() -> None:
    text = json.dumps('[{"\\' * 1_000)
    assert both((ONE % text + "\n").encode())["asked"] == 1
    assert both((holding(ONE % text)).encode())["asked"] == 1


def test_a_list_on_one_line_that_is_longer_than_a_block() -> None:
    running.BLOCK = 2_000
    some = 2_500_000 // len(ONE)
    assert both((holding(*[ONE % 1] * some)).encode())["asked"] == some


@pytest.mark.parametrize("holder", ["%s\n%s\n%s\n", '{"Records":[%s,%s,%s]}'])
@pytest.mark.parametrize("cut", [10, 200])
def test_of_a_compressed_file_that_breaks_off_the_whole_records_are_read(holder: str, cut: int) -> None:
    random = Random(1)
    filled = [ONE % json.dumps("".join(random.choices("0123456789abcdef", k=4_000))) for _ in range(3)]
    found = both(gzip.compress((holder % tuple(filled)).encode())[: -cut - 1_000])
    assert found["asked"] == 2
    assert "a compressed file that is cut short or broken; what stands before was read" in [
        item["reason"] for item in found["unread"]
    ]


def test_half_a_line_of_text_is_no_record() -> None:
    """A line that lacks its last fields would be one."""
    line = as_text({**s3_access(Random(3)), "user_agent": "a"}, Random(3)).strip()
    packed = gzip.compress("\n".join([line] * 50).encode(), mtime=0)
    for cut in range(9, 40, 5):
        found = both(packed[:-cut])
        assert {item["reason"] for item in found["unread"]} <= {
            "a compressed file that is cut short or broken; what stands before was read",
            "a line that lacks fields",
        }


@pytest.mark.parametrize("kind", [*MAKERS, "text"])
def test_plain_records_are_asked_about_in_columns(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No record is taken one by one, so that the other tests compare two ways."""
    taken: list[Any] = []
    monkeypatch.setattr(ColumnReplayer, "take", lambda self, data, place: taken.append(data))
    monkeypatch.setattr(ColumnReplayer, "_read", lambda self, records: iter(taken.extend(records) or ()))
    random = Random(5)
    if kind == "text":
        line = as_text({**s3_access(random), "user_agent": "a b"}, Random(1)).strip()
        words = line.split(" ")
        assert len(words) > len(TEXT_FIELDS)
        data = "\n".join([line] * 20)
    else:
        data = "\n".join(json.dumps(MAKERS[kind](random)) for _ in range(20) if kind != "verified-access")
        if kind == "verified-access":
            data = "\n".join(json.dumps({**verified_access(random), "class_uid": "3006"}) for _ in range(20))
    make = guard if kind == "verified-access" else bucket
    name = "s3-access" if kind == "text" else kind
    found = json.loads(report(data.encode(), True, asker(name, make(random)), None, False, NOTHING, EVER))
    assert found["records"] == 20
    assert not taken
