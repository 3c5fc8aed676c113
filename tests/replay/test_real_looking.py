"""Files as they lie in buckets and come out of consoles: every record of them is asked about, or counted with its reason, by each engine."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

pytest.importorskip("duckdb")
pytest.importorskip("pyarrow")

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.switches import DEFAULT
from policyc.replay.askers.documents import OfDocuments
from policyc.replay.askers.known import Known
from policyc.replay.askers.said import Asker, Many
from policyc.replay.window import EVER
from policyc.simulation.documents.attached import Attached, read_attached
from policyc.text import Source
from tests.replay.test_other_columns import report


def asker() -> Asker:
    made: dict[str, Asker] = {}
    for role, action, kinds in (
        ("service-policy", "vpc-lattice-svcs:Invoke", ("vpc-lattice",)),
        ("bucket-policy", "s3:*", ("cloudtrail", "s3-access")),
    ):
        statement = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*"}
        text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        given = read_attached(role, Source("p.json", text), 0, DEFAULT, Diagnostics())
        assert isinstance(given, Attached)
        made |= dict.fromkeys(kinds, OfDocuments([given], {"network-auth": "none"}, {}))
    return Many(made)


def lattice(number: int, **more: Any) -> dict[str, Any]:
    return {
        "serviceArn": "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0123456789abcdef0",
        "resolvedUser": "arn:aws:sts::111122223333:assumed-role/orders/ana",
        "requestMethod": "GET",
        "requestPath": f"/stock/{number}",
        "failureReason": "-",
        "authDeniedReason": "-",
        "startTime": "2026-11-01T08:00:00Z",
        "requestId": f"r{number}",
        **more,
    }


def trail(number: int, **more: Any) -> dict[str, Any]:
    return {
        "eventVersion": "1.11",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "eventTime": "2026-11-01T08:00:00Z",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ana"},
        "resources": [{"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::photos/a"}],
        "eventCategory": "Data",
        "managementEvent": False,
        "eventID": f"e{number}",
        **more,
    }


def lines(*records: Any) -> str:
    return "".join(json.dumps(item) + "\n" for item in records)


TWO = lines(lattice(1), lattice(2))
ONE = json.dumps(lattice(1))
EVENT = {"timestamp": 1, "message": ONE}
S3 = f"""{"a" * 64} photos [01/Nov/2026:08:00:00 +0000] 10.0.0.1 arn:aws:iam::111122223333:user/ana R1 REST.GET.OBJECT a%2520b """
S3 += """"GET /photos/a%20b?x="y HTTP/1.1" 200 - 10 10 5 4 "-" "agent "quoted" (and spaces)" - host= SigV4 TLS AuthHeader h TLSv1.3 - - us-west-2"""
NO_JSON, NO_RECORD, NO_KIND = "a line that is no JSON", "an entry that is no record", "of no kind of log that is read"

#: what a file holds, how many records of it are asked about, and the reasons for the others with how many there are
CASES: dict[str, tuple[bytes, int, dict[str, int]]] = {
    "lines": (TWO.encode(), 2, {}),
    "a mark of the encoding": (b"\xef\xbb\xbf" + TWO.encode(), 2, {}),
    "UTF-16": (TWO.encode("utf-16"), 2, {}),
    "UTF-16 without a mark": (TWO.encode("utf-16-be"), 0, {NO_JSON: 2}),
    "ends of lines of Windows": (TWO.replace("\n", "\r\n").encode(), 2, {}),
    "ends of lines of old": (TWO.replace("\n", "\r").encode(), 2, {}),
    "two compressed files as one": (
        gzip.compress(lines(lattice(1)).encode()) + gzip.compress(lines(lattice(2)).encode()),
        2,
        {},
    ),
    "the same request in two ways": (
        lines(lattice(1), lattice(1, authDeniedReason="Service"), lattice(2), lattice(1)).encode(),
        3,
        {"delivered twice": 1},
    ),
    "times of other forms": (
        lines(
            *(
                lattice(at, startTime=time)
                for at, time in enumerate(["2026-11-01T09:00:00+01:00", 1793520000, "1793520000000"])
            )
        ).encode(),
        3,
        {"the time is none": 0},
    ),
    "a record over many lines": (json.dumps(lattice(1), indent=2).encode(), 1, {}),
    "an array with holes": (json.dumps([lattice(1), None, lattice(2), 7]).encode(), 2, {NO_RECORD: 2}),
    "a resource configuration": (lines({"resourceConfigurationArn": "x"}).encode(), 0, {"resource configuration": 1}),
    "a subscription": (
        json.dumps({"messageType": "DATA_MESSAGE", "logEvents": [{"id": "1", **EVENT}]}).encode(),
        1,
        {},
    ),
    "the control message of a subscription": (
        json.dumps(
            {
                "messageType": "CONTROL_MESSAGE",
                "logEvents": [{"id": "", "timestamp": 1, "message": "CWL CONTROL MESSAGE"}],
            }
        ).encode(),
        0,
        {NO_RECORD: 1},
    ),
    "Firehose without line breaks": ((ONE + json.dumps(lattice(2))).encode(), 2, {}),
    "get-log-events": (json.dumps({"events": [EVENT], "nextForwardToken": "x"}).encode(), 1, {}),
    "Logs Insights": (
        json.dumps(
            {"results": [[{"field": "@timestamp", "value": "x"}, {"field": "@message", "value": ONE}]]}
        ).encode(),
        1,
        {},
    ),
    "an export of CloudWatch Logs": (f"2026-11-01T08:00:00.000Z {ONE}\n".encode(), 1, {}),
    "a table of CloudWatch's console": (
        ('timestamp,message\n1,"' + ONE.replace('"', '""') + '"\n').encode(),
        0,
        {NO_JSON: 2},
    ),
    "nothing": (b"", 0, {}),
    "an empty object": (b"{}", 0, {NO_KIND: 1}),
    "null": (b"null", 0, {NO_JSON: 1}),
    "no records": (b'{"Records":[]}', 0, {}),
    "null for records": (b'{"Records":null}', 0, {NO_KIND: 1}),
    "a digest": (
        json.dumps({"digestStartTime": "x", "digestS3Object": "y", "logFiles": []}).encode(),
        0,
        {"digest": 1},
    ),
    "insights": (json.dumps({"Records": [trail(1, eventCategory="Insight")]}).encode(), 0, {"no data event": 1}),
    "events that were added up": (
        json.dumps({"Records": [{"eventVersion": "1.0", "eventCategory": "Aggregated"}]}).encode(),
        0,
        {NO_KIND: 1},
    ),
    "a trail with nulls": (
        json.dumps({"Records": [None, trail(1), trail(2, userIdentity=None), trail(3, resources=None)]}).encode(),
        1,
        {NO_RECORD: 1, "does not say who called": 1, "nothing of an Object Lambda chain": 1},
    ),
    "a trail of an organization": (
        json.dumps(
            {"Records": [trail(1, recipientAccountId="1"), trail(2, sharedEventID="s", recipientAccountId="2")]}
        ).encode(),
        2,
        {},
    ),
    "CloudTrail Lake": (
        json.dumps(
            {
                "QueryResultRows": [
                    [
                        {name: value if isinstance(value, str) else json.dumps(value)}
                        for name, value in trail(1).items()
                        if name != "managementEvent"
                    ]
                ]
            }
        ).encode(),
        1,
        {},
    ),
    "quotation marks of clients": (S3.encode(), 1, {}),
    "fields that came later": (f'{S3} more "and more"'.encode(), 1, {}),
    "another time zone": (S3.replace("08:00:00 +0000", "10:00:00 +0200").encode(), 1, {"the time is none": 0}),
    "a day that no month has": (S3.replace("01/Nov", "31/Feb").encode(), 1, {"the time is none": 1}),
    "a page": (b"# title\ntext\n", 0, {NO_JSON: 2}),
    "a picture": (b"\x89PNG\r\n\x1a\nabc", 0, {NO_JSON: 3}),
    "a log of a load balancer": (
        b'https 2026-11-01T08:00:00Z app/lb 192.0.2.1:1 "GET https://x/ HTTP/1.1" "curl"\n',
        0,
        {NO_JSON: 1},
    ),
}


@pytest.mark.parametrize(("data", "asked", "others"), CASES.values(), ids=CASES)
def test_every_record_is_asked_about_or_told(data: bytes, asked: int, others: dict[str, int]) -> None:
    texts = [report(data, columns, asker(), None, True, Known({}, {}), EVER) for columns in (False, True)]
    assert texts[0] == texts[1]
    found = json.loads(texts[0])
    told = [item for name in ("unread", "skipped", "odd") for item in found[name]]
    told += [{"reason": "delivered twice", "count": found["duplicates"]}] if found["duplicates"] else []
    assert found["asked"] == asked
    assert {words: sum(item["count"] for item in told if words in item["reason"]) for words in others} == others, told
    assert sum(item["count"] for item in told) == sum(others.values()), told
