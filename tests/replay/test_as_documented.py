"""Small logs in the forms that AWS writes and people make of them, and broken ones, with what has to come of them worked out by hand.

The policies: a service lets `app` of its account GET, a bucket lets everybody read below `open/` and refuses all else, a group lets finance in. `asked`,
`allow`, `deny` are counts; `skipped` and `unread` are parts of reasons with counts.
"""

from __future__ import annotations

import gzip
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from policyc.replay import reading
from policyc.replay.columns import run as running
from tests.replay.test_kinds import BUCKET, event, http
from tests.replay.test_replay import Run, row, run

__all__ = ["run"]
APP = "arn:aws:sts::111122223333:assumed-role/app/s1"
GET, POST = row(resolvedUser=APP, requestMethod="GET"), row(resolvedUser=APP, requestMethod="POST")
ONE, TWO = json.dumps(GET), json.dumps(POST)
SERVICE = {
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
            "Action": "vpc-lattice-svcs:Invoke",
            "Resource": "*",
            "Condition": {"StringEquals": {"vpc-lattice-svcs:RequestMethod": "GET"}},
        }
    ]
}
OPEN = {
    "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{BUCKET}/open/*"},
        {"Effect": "Allow", "Principal": "*", "Action": "s3:ListBucket", "Resource": BUCKET},
        {"Effect": "Deny", "Principal": "*", "NotAction": ["s3:GetObject", "s3:ListBucket"], "Resource": f"{BUCKET}/*"},
        {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "NotResource": f"{BUCKET}/open/*"},
    ]
}
CEDAR = """permit(principal, action, resource)
when { context has idc && context.idc has groups && context.idc.groups has "11111111-1111-4111-8111-111111111111" };"""
FINANCE = {"idc": {"groups": {"11111111-1111-4111-8111-111111111111": {"group_name": "finance"}}}}
SALES = {"idc": {"groups": {"22222222-2222-4222-8222-222222222222": {"group_name": "sales"}}}}
OWNER = "0" * 64


def s3(
    key: str = "open/a",
    tail: str = "",
    *,
    operation: str = "REST.GET.OBJECT",
    result: str = "200 -",
    uri: str = "GET /",
) -> str:
    head = f"{OWNER} photos [01/Nov/2026:08:00:00 +0000] 192.0.2.3 - R{key} {operation} {key}"
    return f'{head} "{uri}" {result} 10 10 7 6{tail}'


def data_event(key: str = "open/a", **changes: Any) -> dict[str, Any]:
    held = {"bucketName": "photos", "key": key, **changes.pop("parameters", {})}
    return event(requestParameters=held, resources=[{"type": "AWS::S3::Object", "ARN": f"{BUCKET}/{key}"}], **changes)


def quoted(value: object) -> str:
    """A cell of CSV."""
    return '"' + str(value).replace('"', '""') + '"'


def lines(*items: Any) -> str:
    return "".join(f"{json.dumps(item)}\n" for item in items)


def answered(text: str) -> dict[str, Any]:
    """An event as `get-log-events` answers."""
    return {"timestamp": 1, "message": text, "ingestionTime": 2}


def subscribed(*texts: str, kind: str = "DATA_MESSAGE") -> dict[str, Any]:
    """A batch as a subscription of CloudWatch Logs sends it through Firehose."""
    events = [{"id": str(at), "timestamp": at, "message": text} for at, text in enumerate(texts)]
    return {"messageType": kind, "owner": "111122223333", "logGroup": "g", "logStream": "s", "logEvents": events}


def both(text: str) -> bytes:
    return text.encode()


#: one request that deleted two objects, and two versions of one (https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html)
BATCH = [
    s3(key, f' "-" "x" {version} H SigV4 - - h TLSv1.2 -\n', operation="BATCH.DELETE.OBJECT", result="204 -").replace(f"R{key}", "R1")
    for key, version in (("open/a", "-"), ("open/b", "v1"), ("open/b", "v2"))
]  # fmt: off
FORMS: list[tuple[str, bytes, dict[str, Any]]] = [
    # --- VPC Lattice: S3, CloudWatch, Firehose
    ("lines", both(f"{ONE}\n{TWO}\n"), {"allow": 1, "deny": 1}),
    ("no line break at the end", both(f"{ONE}\n{TWO}"), {"allow": 1, "deny": 1}),
    ("gzip of two members", gzip.compress(both(ONE + "\n")) + gzip.compress(both(TWO + "\n")), {"allow": 1, "deny": 1}),
    ("carriage returns", both(f"{ONE}\r\n{TWO}\r\n"), {"allow": 1, "deny": 1}),
    ("mark of UTF-8", b"\xef\xbb\xbf" + both(f"{ONE}\n{TWO}\n"), {"allow": 1, "deny": 1}),
    ("marks in the middle of joined files", b"\xef\xbb\xbf" + both(ONE) + b"\n\xef\xbb\xbf" + both(TWO), {"allow": 1, "deny": 1}),
    ("PowerShell", f"{ONE}\r\n{TWO}\r\n".encode("utf-16"), {"allow": 1, "deny": 1}),
    ("PowerShell, big end first", b"\xfe\xff" + f"{ONE}\n{TWO}\n".encode("utf-16-be"), {"allow": 1, "deny": 1}),
    ("export of CloudWatch", both(f"2026-11-01T08:00:00.000Z {ONE}\n2026-11-01T08:00:01.000Z {TWO}\n"), {"allow": 1, "deny": 1}),
    ("get-log-events", both(json.dumps({"events": [answered(ONE), answered(TWO)], "nextForwardToken": "f"}, indent=2)), {"allow": 1, "deny": 1}),
    ("two answers of get-log-events in one file", both("".join(json.dumps({"events": [answered(t)]}, indent=2) + "\n" for t in (ONE, TWO))), {"allow": 1, "deny": 1}),
    ("filter-log-events", both(json.dumps({"events": [{**answered(ONE), "logStreamName": "s", "eventId": "1"}], "searchedLogStreams": []})), {"allow": 1}),
    ("get-log-events as text", both(f"b/1/s\tf/1/s\nEVENTS\t1\t{ONE}\t1\nEVENTS\t1\t{TWO}\t1\n"), {"allow": 1, "deny": 1}),
    ("filter-log-events as text", both(f"EVENTS\t3\t1\tstream\t{ONE}\t1\nEVENTS\t4\t1\tstream\t{TWO}\t1\n"), {"allow": 1, "deny": 1}),
    ("the messages alone, by --query", both(json.dumps([ONE, TWO, "END of it"])), {"allow": 1, "deny": 1, "unread": {"an entry that is no record": 1}}),
    ("the messages alone, line by line", both(f"{json.dumps(ONE)}\n{json.dumps(TWO)}\n"), {"allow": 1, "deny": 1}),
    ("aws logs tail", both(f"2026-11-01T08:00:00.123000+00:00 a/stream {ONE}\n2026-11-01T08:00:01+00:00 a/stream {TWO}\n"), {"allow": 1, "deny": 1}),
    ("aws logs tail, short", both(f"2026-11-01T08:00:00 {ONE}\n2026-11-01T08:00:01 {TWO}\n"), {"allow": 1, "deny": 1}),
    ("get-query-results", both(json.dumps({"results": [[{"field": "@timestamp", "value": "x"}, {"field": "@message", "value": t}] for t in (ONE, TWO)], "status": "Complete"})), {"allow": 1, "deny": 1}),
    ("get-query-results by field", both(json.dumps({"results": [[{"field": k, "value": str(v)} for k, v in GET.items()]]})), {"allow": 1}),
    ("a subscription", both(json.dumps(subscribed(ONE, TWO))), {"allow": 1, "deny": 1}),
    ("subscriptions one behind the other", both(json.dumps(subscribed(ONE)) + json.dumps(subscribed(TWO))), {"allow": 1, "deny": 1}),
    ("a subscription that looks whether anybody is there", both(json.dumps(subscribed("CWL CONTROL MESSAGE: Checking health", kind="CONTROL_MESSAGE"))), {"unread": {"an entry that is no record": 1}}),
    ("Firehose without line breaks", both(ONE + TWO + ONE), {"allow": 2, "deny": 1}),
    ("Firehose, several on a line", both(f"{ONE}{TWO}\n{ONE} {TWO}\n"), {"allow": 2, "deny": 2}),
    ("an array", both(json.dumps([GET, POST])), {"allow": 1, "deny": 1}),
    ("an array over many lines", both(json.dumps([GET, POST], indent=1)), {"allow": 1, "deny": 1}),
    ("words for absent", both(lines(row(resolvedUser=APP, requestMethod="GET", authDeniedReason="null", failureReason="null"))), {"allow": 1}),
    ("a path with its form and a query", both(lines({**GET, "requestPath": "LatticePath?:/a?b=c"})), {"allow": 1}),
    ("nobody authenticated", both(lines({**GET, "resolvedUser": "Unknown"}, {**GET, "resolvedUser": "Anonymous"})), {"deny": 1, "skipped": {"could not be authenticated": 1}}),
    ("a resource configuration", both(lines({"resourceConfigurationArn": "arn:aws:vpc-lattice:us-west-2:111122223333:resourceconfiguration/rcfg-1"})), {"skipped": {"it is of a resource configuration": 1}}),
    ("CSV of Athena", both("".join(f"{','.join(map(quoted, row))}\n" for row in ([k.lower() for k in GET], GET.values(), POST.values()))), {"allow": 1, "deny": 1}),
    ("CSV of Logs Insights with carriage returns", both(f"@timestamp,@message\r\n2026-11-01 08:00:00.000,{quoted(ONE)}\r\n2026-11-01 08:00:00.000,{quoted(TWO)}\r\n"), {"allow": 1, "deny": 1}),
    ("CSV of Logs Insights by field", both(f"{','.join(GET)}\n{','.join(map(quoted, POST.values()))}\n"), {"deny": 1}),
    ("CSV whose message is no record", both('"@timestamp","@message"\n"x","hello"\n'), {"unread": {"an entry that is no record": 1}}),
    ("CSV with a message over several lines", both(f'"@timestamp","@message"\n"x",{quoted(json.dumps(json.loads(ONE), indent=1))}\n"x","Traceback\n at y"\n"x",{quoted(TWO)}\n'), {"allow": 1, "deny": 1, "unread": {"an entry that is no record": 1}}),
    ("CSV in UTF-16 with a message over several lines", f'"@timestamp","@message"\r\n"x",{quoted(json.dumps(json.loads(ONE), indent=1))}\r\n"x",{quoted(TWO)}\r\n'.encode("utf-16"), {"allow": 1, "deny": 1}),
    ("CSV of S3's own names, where nobody signed", both("bucket_name,request_time,requester,operation,key,http_status,error_code\nphotos,2026-11-01T08:00:00Z,,REST.GET.OBJECT,open/a,200,\n"), {"allow": 1}),
    ("lists in a list", both(f"[[{ONE}, {TWO}], [], [[{ONE}]], [7]]"), {"allow": 2, "deny": 1, "unread": {"an entry that is no record": 2}}),
    ("records with commas between them", both(f"{ONE},\n{TWO}, {ONE},\n{TWO}\n"), {"allow": 2, "deny": 2}),
    ("a record that is longer than lines are", both(f"{ONE}\n{ONE[:-1]}{' ' * reading.LONGEST_LINE}}}\n{TWO}\n"), {"allow": 1, "deny": 1, "unread": {"a line that is too long": 1}}),
    ("a line of S3 that begins within another", both(f"{s3()}\n{s3()[:100]}{s3('closed/b')}\n{s3('closed/c')}{s3('open/d')}\n"), {"allow": 1, "unread": {"a line that lacks fields": 2}}),
    ("lines of S3 below half a line", both(f"{s3()[50:]}\n{s3()}\n"), {"allow": 1, "unread": {"a line that is no JSON": 1}}),
    ("CSV with a quotation mark that nothing closes", both(f'"@timestamp","@message"\n"x,y\n"x",{quoted(ONE)}\n"x",{quoted(TWO)}\n'), {"allow": 1, "deny": 1, "unread": {"a line that lacks fields": 1}}),
    # --- Verified Access
    ("finance over HTTP", both(lines(http(data={"context": FINANCE}), http(metadata={"uid": "2"}, data={"context": SALES}))), {"allow": 1, "deny": 1}),
    ("numbers in place of texts", both(lines(http(class_uid=3006, status_code=100, time=1793520000000, data={"context": FINANCE}))), {"allow": 1}),
    ("no trust context", both(lines(http(data=None), http(metadata={"uid": "2"}, data={"access_path": "public"}))), {"undecided": 2}),
    ("TCP, whose status code means nothing", both(lines(http(class_uid="3003", status_code="200", data={"context": FINANCE, "authorizations": [{"decision": "Allow", "policy": {"name": "inline"}}]}))), {"allow": 1}),
    ("OCSF 0.1", both(lines({"class_uid": "208001", "time": "1793520000000", "status_code": "100", "unmapped": None})), {"skipped": {"it is of OCSF 0.1": 1}}),
    ("versions mixed", both(lines({"class_uid": 208001, "time": "1"}, http(data={"context": FINANCE}))), {"allow": 1, "skipped": {"it is of OCSF 0.1": 1}}),
    ("a scanner", both(lines(http(status_code="200", http_request={"http_method": "-", "url": {"port": -1}}))), {"skipped": {"authentication was refused": 1}}),
    # --- CloudTrail
    ("a file of CloudTrail", both(json.dumps({"Records": [data_event(), data_event("closed/b", eventID="2")]})), {"allow": 1, "deny": 1}),
    ("a digest beside it", both(json.dumps({"awsAccountId": "111122223333", "digestStartTime": "x", "digestS3Object": "k", "logFiles": []})), {"skipped": {"it is a digest": 1}}),
    ("an insight", both(json.dumps({"Records": [data_event(eventCategory="Insight")]})), {"skipped": {"it is no data event": 1}}),
    ("a management event", both(json.dumps({"Records": [data_event(eventCategory="Management", managementEvent=True)]})), {"skipped": {"it is no data event": 1}}),
    ("CloudTrail Lake", both(json.dumps({"QueryResultRows": [[{k: v if isinstance(v, str) else json.dumps(v)} for k, v in data_event().items()]]})), {"allow": 1}),
    ("HEAD is a read", both(json.dumps({"Records": [data_event(eventName="HeadObject")]})), {"allow": 1}),
    ("whole events of CloudTrail Lake", both(json.dumps({"QueryResultRows": [[{"eventJson": json.dumps(data_event())}]]})), {"allow": 1}),
    ("a version has a permission of its own", both(json.dumps({"Records": [data_event(parameters={"versionId": "v1"})]})), {"deny": 1}),
    ("a version beside none", both(json.dumps({"Records": [data_event(), data_event(eventID="2", parameters={"versionId": "v1"})]})), {"allow": 1, "deny": 1}),
    ("a list by its second form", both(json.dumps({"Records": [event(eventName="ListObjects", requestParameters={"bucketName": "photos", "list-type": "2"}, resources=[{"type": "AWS::S3::Bucket", "ARN": BUCKET}])]})), {"allow": 1}),
    ("a copy takes two permissions", both(json.dumps({"Records": [data_event(eventName="CopyObject")]})), {"skipped": {"it reads one thing and writes another": 1}}),
    ("a call that is not known", both(json.dumps({"Records": [data_event(eventName="FrobnicateObject")]})), {"skipped": {"what permission `…` takes is not known": 1}}),
    ("anybody", both(json.dumps({"Records": [data_event(userIdentity={"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"})]})), {"allow": 1}),
    # --- S3 server access logs
    ("a line of S3", both(s3() + "\n" + s3("closed/b") + "\n"), {"allow": 1, "deny": 1}),
    ("all fields", both(s3(tail=' "-" "aws-cli/2" - HOST= SigV4 ECDHE AuthHeader photos.s3.amazonaws.com TLSv1.3 - Yes us-west-2') + "\n"), {"allow": 1}),
    ("fields of the future", both(s3(tail=' "-" "aws-cli/2" - HOST= SigV4 ECDHE AuthHeader h TLSv1.3 - Yes us-west-2 new newer') + "\n"), {"allow": 1}),
    ("quotation marks in the user agent", both(s3(tail=' "-" "my "odd" agent\\" - H SigV4 - - h TLSv1.2 -') + "\n"), {"allow": 1}),
    ("quotation marks in the request", both(s3(uri='GET /open/a?x="y" HTTP/1.1', tail=' "http://a "b"" "x" -') + "\n"), {"allow": 1}),
    ("a version in the right field in spite of them", both(s3(tail=' "-" "a "b" c" v1 H SigV4 - - h TLSv1.2 -') + "\n"), {"deny": 1}),
    ("lifecycle", both(f"{OWNER} photos [01/Nov/2026:08:00:00 +0000] - AmazonS3 R S3.EXPIRE.OBJECT open/a - - - - 9 - - - - -\n"), {"skipped": {"S3 itself did it": 1}}),
    ("one of many deletes", both(s3(operation="BATCH.DELETE.OBJECT", uri="POST /?delete HTTP/1.1", result="204 -") + "\n"), {"deny": 1}),
    ("a bucket that is not there", both(s3(result="404 NoSuchBucket") + "\n"), {"skipped": {"its status does not tell": 1}}),
    ("a key in two layers of escapes", both(s3("open/my%2520cat.jpg") + "\n"), {"allow": 1}),
    ("JSON of S3 in CloudWatch", both(lines({"schema_version_id": "V_1_0", "bucket_name": "photos", "request_time": "2026-11-01T08:00:00+00:00", "requester": None, "operation": "REST.GET.OBJECT", "key": "open/a b", "http_status": 200, "request_id": "1"})), {"allow": 1}),
    ("CSV of the table that AWS has for Athena", both("bucket_name,requestdatetime,requester,requestid,operation,key,httpstatus,errorcode\n" + "".join(f"photos,01/Nov/2026:08:00:00 +0000,,{at},REST.GET.OBJECT,{key},200,-\n" for at, key in enumerate(("open/a", "closed/b")))), {"allow": 1, "deny": 1}),
    ("the two records of a copy", both(s3(operation="REST.COPY.OBJECT_GET") + "\n" + s3("open/b", operation="REST.COPY.OBJECT") + "\n" + s3("closed/c", operation="REST.COPY.PART_GET") + "\n"), {"allow": 1, "deny": 1, "skipped": {"it reads one thing and writes another": 1}}),
    # --- broken
    ("half a line at the end", both(f"{ONE}\n{ONE[:50]}"), {"allow": 1, "unread": {"a line that is no JSON": 1}}),
    ("half a line at the beginning", both(f"{ONE[50:]}\n{ONE}\n"), {"allow": 1, "unread": {"a line that is no JSON": 1}}),
    ("half a line where several stand", both(f"{ONE}{TWO}{ONE[:50]}\n"), {"allow": 1, "deny": 1, "unread": {"a line that is no JSON": 1}}),
    ("a list that breaks off", both(json.dumps({"Records": [GET, POST]})[:-30]), {"allow": 1, "unread": {"a list of records that is cut short": 1}}),
    ("a compressed list that breaks off", gzip.compress(both(json.dumps({"Records": [GET, POST] * 300}, indent=1)))[:-60], {"at_least": 500, "unread": {"a list of records that is cut short": 1, "a compressed file that is cut short": 1}}),
    ("zero bytes", both(f"{ONE}\n") + b"\0" * 5000 + both(f"\n{ONE}\n"), {"allow": 2, "unread": {"a line that is no JSON": 1}}),
    ("rows of another table that Athena wrote", both('"name","count"\n"x","1"\n'), {"unread": {"a line of CSV below no names": 2}}),
    ("rows of which some lack cells", both(f'{",".join(map(quoted, GET))}\n{",".join(map(quoted, GET.values()))}\n"GET"\n"a\n'), {"allow": 1, "unread": {"a line that lacks fields": 2}}),
    ("nothing", b"", {}),
    ("only line breaks", b"\n\n\r\n", {}),
    ("UTF-16 without a mark", f"{ONE}\n".encode("utf-16-le"), {"unread": {"a line that is no JSON": 2}}),
    ("compressed, and empty", gzip.compress(b""), {}),
    ("of another kind", both('{"level": "info"}\n[1, 2]\n"x"\n'), {"skipped": {"it is of no kind of log": 1}, "unread": {"an entry that is no record": 3}}),
    ("one field of another type", both(lines({**GET, "requestPath": {"a": 1}}, {**GET, "sourceVpcId": ["x"]}, {**GET, "userAgent": 7})), {"allow": 3}),
    ("a field named twice: the first one counts", both(f'{{"requestMethod": "GET", {TWO[1:]}\n'), {"allow": 1}),
    ("a comma that nothing follows", both(f"{ONE[:-1]},}}\n"), {"allow": 1}),
    ("delivered twice", both(lines({**GET, "requestId": "1"}, {**GET, "requestId": "1"})), {"allow": 1, "duplicates": 1}),
    ("one id with two outcomes", both(lines(*[{**GET, "requestId": "1", "authDeniedReason": was} for was in ("-", "Service")] * 2)), {"allow": 1, "undecided": 1, "duplicates": 2}),
    ("one id of two requests", both(lines(*[{**each, "requestId": "1"} for each in (GET, POST, {**GET, "requestPath": "/b"}, {**GET, "startTime": "2026-11-01T09:30:00Z"})] * 2)), {"allow": 3, "deny": 1, "duplicates": 4}),
    ("one id, and fields of another type between", both(lines(*[{**GET, "requestId": "1", "sourceVpcId": was} for was in ("-", ["x"], "-")])), {"allow": 1, "duplicates": 2}),
    ("a batch of objects that S3 deleted, and one file of it twice", both("".join(BATCH * 2)), {"deny": 3, "duplicates": 3}),
]  # fmt: off


@pytest.mark.parametrize("engine", ["rows", "columns"])
@pytest.mark.parametrize(("name", "data", "wanted"), FORMS, ids=[name for name, *_ in FORMS])
def test_what_comes_of_a_log(engine: str, name: str, data: bytes, wanted: dict[str, Any], run: Run) -> None:
    if engine == "columns":
        pytest.importorskip("duckdb")
    Path("log.json").write_bytes(data)
    Path("service.json").write_text(json.dumps(SERVICE))
    Path("bucket.json").write_text(json.dumps(OPEN))
    Path("group.cedar").write_text(CEDAR)
    documents = ("--service-policy", "service.json", "--bucket-policy", "bucket.json", "--group-policy", "group.cedar")
    status, out, err = run("log.json", *documents, "--network-auth", "none", "--format", "json", "--engine", engine)
    found = json.loads(out)
    counts: dict[str, int] = {}
    for item in found["in_force"]["classes"]:
        counts[item["old"]] = counts.get(item["old"], 0) + item["count"]
    told = {
        "allow": found["in_force"]["reproduced"] + counts.get("allow", 0),
        "deny": counts.get("deny", 0),
        "undecided": found["in_force"]["undecidable"] + counts.get("undecided", 0),
        "duplicates": found["duplicates"],
    }
    if "at_least" in wanted:
        assert found["asked"] >= wanted["at_least"]
    else:
        # every record says that it went through: what the policies let in is reproduced
        assert told == {key: wanted.get(key, 0) for key in told}, (found, err)
    for key in ("skipped", "unread"):
        held = {item["reason"]: item["count"] for item in found[key]}
        assert len(held) == len(wanted.get(key, {})), held
        for words, count in wanted.get(key, {}).items():
            assert [number for reason, number in held.items() if reason.startswith(words) or words in reason] == [
                count
            ], held
    assert status == (4 if not found["asked"] else 11 if found["unread"] else 0)


def test_what_lies_behind_a_value_that_is_too_large(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A first line that is broken does not hide what comes after the most that is read at once."""
    monkeypatch.setattr(reading, "LARGEST_VALUE", 5_000)
    monkeypatch.setattr(reading, "_PART", 700)
    monkeypatch.setattr(running, "BLOCK", 2_000)
    Path("service.json").write_text(json.dumps(SERVICE))
    Path("log.json").write_text('{"broken\n' + (ONE + "\n") * 50)
    for engine in ("rows", "columns"):
        argv = ("--service-policy", "service.json", "--network-auth", "none", "--format", "json", "--engine", engine)
        found = json.loads(run("log.json", *argv)[1])
        assert (found["asked"], [item["count"] for item in found["unread"]]) == (50, [1])


def test_a_bomb_is_one_line_that_is_too_long(run: Run) -> None:
    """200 MB of one sign in 200 KB, read in pieces that are thrown away."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1) as stream:
        stream.write(both(ONE + "\n"))
        for _ in range(200):
            stream.write(b"x" * (1 << 20))
        stream.write(both("\n" + ONE + "\n"))
    Path("log.json.gz").write_bytes(out.getvalue())
    Path("service.json").write_text(json.dumps(SERVICE))
    for engine in ("rows", "columns"):
        argv = ("--service-policy", "service.json", "--network-auth", "none", "--format", "json", "--engine", engine)
        found = json.loads(run("log.json.gz", *argv)[1])
        assert found["asked"] == 2
        assert [(item["reason"], item["count"]) for item in found["unread"]] == [("a line that is too long", 1)]


#: who refused by the log, what else it says, and what that is to a service whose policy lets GET in, in a network with auth NONE, of
#: callers of whose own policies nothing is known
REFUSALS = (
    (GET, "Network", {}, "contradicted"),
    (GET, "network", {"serviceNetworkArn": "-"}, "contradicted"),
    (GET, "Service", {}, "contradicted"),
    (GET, "Identity", {}, "undecidable"),
    (GET, "-", {}, "undecidable"),
    (POST, "Network", {}, "contradicted"),
    (POST, "Service", {}, "reproduced"),
    (POST, "Identity", {}, "reproduced"),
    (POST, "Another", {}, "reproduced"),
    (POST, "Service", {"responseCode": 403}, "reproduced"),
    (POST, "Service", {"responseCode": 200, "grpcResponseCode": 7}, "reproduced"),
    (POST, "Service", {"responseCode": 200}, "skipped"),
    (POST, "-", {"responseCode": "204", "failureReason": "ClientAccessDenied"}, "skipped"),
    (POST, "Service", {"failureReason": "TargetDataTimeout"}, "skipped"),
)


@pytest.mark.parametrize("engine", ["rows", "columns"])
def test_the_gate_that_the_log_names(engine: str, run: Run) -> None:
    if engine == "columns":
        pytest.importorskip("duckdb")
    Path("service.json").write_text(json.dumps(SERVICE))
    rows = [{**item, "failureReason": "ClientAccessDenied", "authDeniedReason": reason, **more} for item, reason, more, _ in REFUSALS]  # fmt: off
    Path("log.json").write_text("".join(f"{json.dumps(item)}\n" for item in rows))
    options = ("--service-policy", "service.json", "--network-auth", "none", "--show-identities", "--format", "json")
    _, out, err = run("log.json", *options, "--engine", engine)
    found, wanted = json.loads(out), Counter(item[-1] for item in REFUSALS)
    told = {name: found["in_force"][name] for name in ("contradicted", "undecidable", "reproduced")}
    assert {**told, "skipped": sum(item["count"] for item in found["skipped"])} == wanted, err
    against = {place["number"] for item in found["in_force"]["classes"] for place in item["records"]}
    assert against <= {at for at, item in enumerate(REFUSALS, 1) if item[-1] == "contradicted"}
