"""What a record of each kind of log tells, as the services document it."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import pytest

from policyc.replay.kinds.registry import KINDS, kind_of
from policyc.replay.reading import Log
from policyc.replay.recorded import Recorded, is_time, path_form, redacted
from policyc.targets.base import NoRequest

BUCKET = "arn:aws:s3:::photos"
OLAP = "arn:aws:s3-object-lambda:us-west-2:111122223333:accesspoint/resized"
ROLE = "arn:aws:iam::111122223333:role/service/site"


def read(data: Mapping[str, Any]) -> Recorded:
    kind = kind_of(data)
    assert kind is not None
    return kind.read(data)


def lines(*texts: str) -> tuple[list[dict[str, Any]], Log]:
    log = Log()
    stream: Any = io.BufferedReader(io.BytesIO("\n".join(texts).encode()))  # type: ignore[arg-type]
    return [item for item, _ in log.records([("a.log", stream)])], log


# --- Verified Access ------------------------------------------------------------------------------------------------


def http(**changes: Any) -> dict[str, Any]:
    return {
        "class_uid": "3006",
        "status_code": "100",
        "time": "1668580194344",
        "metadata": {"uid": "u-1", "version": "1.0.0-rc.2"},
        "proxy": {"uid": "vai-1"},
        "actor": {"user": {"email_addr": "ana@acme.example"}},
        "http_request": {"http_method": "GET", "url": {"hostname": "pay.acme.example", "path": "/x", "port": 443}},
        "src_endpoint": {"ip": "203.0.113.7"},
        "data": {"context": {"idc": {"groups": {"a": {"group_name": "x"}}}, "http_request": {"path": "/x"}}},
        **changes,
    }


def test_a_verified_access_record() -> None:
    item = read(http())
    assert (item.kind, item.who, item.can, item.where) == (
        "verified-access",
        "ana@acme.example",
        "GET",
        "pay.acme.example",
    )
    assert (item.verdict, item.id, item.time) == ("allow", "u-1", "2022-11-16T06:29:54.344Z")
    assert dict(item.keys)["data.context.idc"] == '{"groups": {"a": {"group_name": "x"}}}'
    assert dict(item.keys)["data.context.http_request.path"] == '"/x"'
    assert read(http(status_code="300")).verdict == "deny"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"class_uid": "208001"}, "OCSF 0.1, which holds no trust context"),
        ({"status_code": "200"}, "authentication was refused"),
        ({"status_code": "800"}, "still logging in"),
        ({"status_code": "000"}, "unknown"),
        ({"status_code": "77"}, "none of a policy's decisions"),
    ],
)
def test_verified_access_records_that_no_policy_decided(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(NoRequest, match=words):
        read(http(**changes))


@pytest.mark.parametrize(("decisions", "verdict"), [(["Allow"], "allow"), (["Allow", "Deny"], "deny"), ([], "")])
def test_of_connections_the_authorizations_count(decisions: list[str], verdict: str) -> None:
    data = {
        "class_uid": 3003,
        "time": 1,
        "status_code": "100",
        "device": {"ip": "10.1.1.1"},
        "dst_endpoint": {"ip": "10.0.0.1", "port": 22},
        "data": {"authorizations": [{"decision": word} for word in decisions]},
    }
    item = read(data)
    assert (item.verdict, item.can, item.where, item.who) == (verdict, "connect", "10.0.0.1", "10.1.1.1")
    assert read({**data, "user": {"email_addr": "ana@acme.example"}}).who == "ana@acme.example"
    assert {read({**data, "data": {"authorizations": odd}}).verdict for odd in (7, True, "allow", {"a": 1}, [7])} == {
        ""
    }


# --- CloudTrail -----------------------------------------------------------------------------------------------------


def event(**changes: Any) -> dict[str, Any]:
    return {
        "eventVersion": "1.11",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "eventTime": "2026-11-01T08:00:00Z",
        "eventID": "e-1",
        "eventCategory": "Data",
        "sourceIPAddress": "203.0.113.7",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": "AROAEXAMPLE:ana",
            "arn": "arn:aws:sts::111122223333:assumed-role/site/ana",
            "accountId": "111122223333",
            "sessionContext": {
                "sessionIssuer": {"type": "Role", "arn": ROLE},
                "attributes": {"mfaAuthenticated": "false"},
            },
        },
        "requestParameters": {"bucketName": "photos", "key": "cats/1.jpg"},
        "additionalEventData": {"SignatureVersion": "SigV4", "AuthenticationMethod": "AuthHeader"},
        "tlsDetails": {"tlsVersion": "TLSv1.3"},
        "resources": [
            {"type": "AWS::S3::Object", "ARN": f"{BUCKET}/cats/1.jpg"},
            {"type": "AWS::S3::Bucket", "ARN": BUCKET},
        ],
        **changes,
    }


def test_a_data_event_keeps_the_path_of_the_role() -> None:
    item = read(event())
    assert (item.kind, item.who, item.can, item.where, item.path) == (
        "cloudtrail",
        ROLE,
        "GetObject",
        BUCKET,
        "cats/1.jpg",
    )
    assert dict(item.keys) == {
        "aws:SourceIp": "203.0.113.7",
        "aws:MultiFactorAuthPresent": "false",
        "aws:userid": "AROAEXAMPLE:ana",
        "s3:authType": "REST-HEADER",
        "s3:signatureversion": "AWS4-HMAC-SHA256",
        "s3:TlsVersion": "1.3",
    }


def test_the_access_point_is_what_was_asked() -> None:
    item = read(event(resources=[{"type": "AWS::S3ObjectLambda::AccessPoint", "ARN": OLAP}]))
    assert (item.where, item.path, dict(item.keys)["s3-object-lambda:TlsVersion"]) == (OLAP, "cats/1.jpg", "1.3")


def test_keys_that_cloudtrail_was_told_to_write_down() -> None:
    context = {
        "requestContext": {"aws:SourceVpc": "vpc-0123456789abcdef0"},
        "tagContext": {"principalTags": {"team": "a"}, "resourceTags": [{"arn": BUCKET, "tags": {"tier": "b"}}]},
    }
    told = dict(read(event(eventContext=context)).keys)
    assert told["aws:SourceVpc"] == "vpc-0123456789abcdef0"
    assert (told["aws:PrincipalTag/team"], told["aws:ResourceTag/tier"]) == ("a", "b")


def test_a_call_through_an_endpoint_has_no_address() -> None:
    told = dict(read(event(vpcEndpointId="vpce-1", sourceIPAddress="10.0.0.1")).keys)
    assert (told["aws:SourceVpce"], "aws:SourceIp" in told) == ("vpce-1", False)
    # a service's name stands where an address would
    assert "aws:SourceIp" not in dict(read(event(sourceIPAddress="lambda.amazonaws.com")).keys)


def test_list_calls_are_told_apart() -> None:
    assert read(event(eventName="ListObjects", requestParameters={"list-type": "2"})).can == "ListObjectsV2"
    assert read(event(eventName="ListObjects", requestParameters={})).can == "ListObjects"


@pytest.mark.parametrize(("error", "verdict"), [(None, "allow"), ("AccessDenied", "deny"), ("NoSuchKey", "allow")])
def test_errors_of_events(error: str | None, verdict: str) -> None:
    assert read(event(errorCode=error)).verdict == verdict


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"eventCategory": "Management"}, "no data event"),
        ({"resources": []}, "nothing of an Object Lambda chain"),
        ({"resources": "photos"}, "nothing of an Object Lambda chain"),
        ({"errorCode": "InternalError"}, "does not tell"),
        ({"userIdentity": {"type": "AWSAccount", "accountId": "444455556666"}}, "by an account alone"),
        ({"userIdentity": None}, "does not say who called"),
    ],
)
def test_events_that_no_policy_decided(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(NoRequest, match=words):
        read(event(**changes))


# --- S3 server access logs ------------------------------------------------------------------------------------------

OWNER = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
LINE = (
    f"{OWNER} photos [06/Feb/2026:00:00:38 +0000] 192.0.2.3 arn:aws:sts::111122223333:assumed-role/site/ana 3E57427F3EXAMPLE "
    'REST.GET.OBJECT cats/1%2520a.jpg "GET /photos/cats/1.jpg HTTP/1.1" 200 - 113 113 7 6 "-" "S3Console/0.4 \\"x\\"" - '
    "s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader "
    "photos.s3.us-west-1.amazonaws.com TLSv1.2 - - us-west-1 later"
)


def test_a_line_of_a_server_access_log() -> None:
    (data,), log = lines(LINE)
    assert not log.unread
    item = read(data)
    assert (item.kind, item.who, item.can) == (
        "s3-access",
        "arn:aws:sts::111122223333:assumed-role/site/ana",
        "GetObject",
    )
    assert (item.where, item.path, item.verdict, item.time) == (BUCKET, "cats/1 a.jpg", "allow", "2026-02-06T00:00:38Z")
    assert dict(item.keys)["s3:TlsVersion"] == "1.2"


def test_lines_that_end_too_early_are_counted() -> None:
    found, log = lines(LINE, LINE[:120], LINE)
    assert len(found) == 2
    assert log.unread == {"a line that lacks fields": 1}


def test_the_same_as_json() -> None:
    item = read(
        {
            "schema_version_id": "V_1_0",
            "bucket_name": "photos",
            "requester": None,
            "operation": "REST.PUT.OBJECT",
            "key": "a%20b",
            "http_status": 403,
            "error_code": "AccessDenied",
            "request_time": "2026-02-06T00:00:38Z",
            "access_point_arn": "arn:aws:s3:us-west-2:111122223333:accesspoint/photos",
        }
    )
    assert (item.who, item.can, item.verdict, item.path) == ("anonymous", "PutObject", "deny", "a%20b")
    assert item.where == "arn:aws:s3:us-west-2:111122223333:accesspoint/photos"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("arn:aws:sts::111122223333:assumed-role/site/ana", OWNER, "canonical id"),
        ("REST.GET.OBJECT", "S3.EXPIRE.OBJECT", "S3 itself did it"),
        ("REST.GET.OBJECT", "S3.DELETE.OBJECT", "S3 itself"),
        (" 200 - ", " 403 InvalidAccessKeyId ", "does not tell"),
        (" 200 - ", " 500 InternalError ", "does not tell"),
    ],
)
def test_server_access_records_that_no_policy_decided(old: str, new: str, words: str) -> None:
    (data,), _ = lines(LINE.replace(old, new, 1))
    with pytest.raises(NoRequest, match=words):
        read(data)


# --- flow logs ------------------------------------------------------------------------------------------------------

V2 = "2 111122223333 eni-0123456789abcdef0 10.1.0.5 10.2.0.9 40000 443 6 10 840 1761984000 1761984060 ACCEPT OK"
TGW = "version tgw-src-vpc-id tgw-attachment-id srcaddr dstaddr packets start log-status packets-lost-no-route packets-lost-blackhole"


def test_flow_lines_without_a_header() -> None:
    (data,), log = lines(V2)
    item = read(data)
    assert not log.unread
    # that a packet left an interface does not tell whether it arrived
    assert (item.who, item.where, item.verdict, item.time) == ("10.1.0.5", "10.2.0.9", "", "2025-11-01T08:00:00Z")


def test_a_header_names_the_fields_and_drops_are_refusals() -> None:
    found, log = lines(
        TGW,
        "6 vpc-a tgw-attach-1 10.1.0.5 10.2.0.9 7 1761984000 OK 0 0",
        "6 vpc-a tgw-attach-1 10.1.0.5 10.3.0.9 7 1761984000 OK 7 0",
        "6 - tgw-attach-2 10.9.0.5 10.3.0.9 7 1761984000 OK 0 7",
        "short line",
    )
    assert [read(item).verdict for item in found] == ["allow", "deny", "deny"]
    # without a direction the attachment may be the one where the packet leaves
    assert [dict(read(item).keys).get("source") for item in found] == ["vpc-a", "vpc-a", None]
    assert log.unread == {"a line that lacks fields": 1}


def test_files_that_were_put_together_have_several_headers() -> None:
    found, log = lines(
        TGW, "6 vpc-a t 10.1.0.5 10.2.0.9 7 1 OK 0 0", "srcaddr dstaddr action", "10.1.0.5 10.2.0.9 ACCEPT"
    )
    assert len(found) == 2
    assert not log.unread


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (V2.replace("ACCEPT OK", "REJECT OK"), "security group"),
        (V2.replace("ACCEPT OK", "- NODATA").replace("10.1.0.5 10.2.0.9", "- -"), "NODATA"),
        (V2.replace("10.2.0.9", "nowhere"), "an address of it is none"),
        (V2.replace("10.2.0.9", "-"), "no address"),
    ],
)
def test_flows_that_no_route_decided(line: str, words: str) -> None:
    (data,), _ = lines(line)
    with pytest.raises(NoRequest, match=words):
        read(data)


def test_what_arrives_at_an_interface_has_arrived() -> None:
    head = "pkt-srcaddr srcaddr dstaddr vpc-id flow-direction action"
    (arrived, left), _ = lines(
        head, "10.1.0.5 10.5.0.1 10.2.0.9 vpc-b ingress ACCEPT", "10.1.0.5 10.1.0.5 10.2.0.9 vpc-a egress ACCEPT"
    )
    assert (read(arrived).who, read(arrived).verdict, read(arrived).keys) == ("10.1.0.5", "allow", ())
    assert (read(left).verdict, read(left).keys) == ("", (("source", "vpc-a"),))


# --- all kinds ------------------------------------------------------------------------------------------------------


def test_every_kind_has_a_name_of_its_own() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)


def test_a_message_of_cloudwatch_may_be_text() -> None:
    events = {"events": [{"timestamp": 1, "message": V2}, {"timestamp": 1, "message": "hello"}]}
    found, log = lines(json.dumps(events))
    assert [read(item).who for item in found] == ["10.1.0.5"]
    assert log.unread == {"an entry that is no record": 1}


@pytest.mark.parametrize(
    "data",
    [
        {"class_uid": "3006", "time": [], "status_code": {}},
        {"class_uid": "3003", "time": None, "data": {"authorizations": "x"}},
        {"eventVersion": 1, "eventSource": 2, "eventName": {}, "resources": [1, {"type": "AWS::S3::Object", "ARN": 5}]},
        {"bucket_name": 1, "requester": [], "operation": "REST.GET.OBJECT", "http_status": 200},
        {"srcaddr": 1, "dstaddr": {}},
        {"serviceArn": [], "resolvedUser": {"a": 1}},
        {"serviceArn": "x", "resolvedUser": 7},
    ],
)
def test_fields_of_another_type_are_no_crash(data: dict[str, Any]) -> None:
    try:
        read(data)
    except NoRequest as error:
        assert str(error)


@pytest.mark.parametrize(
    ("who", "shown"),
    [
        ("ana@acme.example", "*@acme.example"),
        ("arn:aws:sts::111122223333:assumed-role/orders/ana", "arn:aws:sts::111122223333:assumed-role/orders/*"),
        ("arn:aws:iam::111122223333:user/people/ana", "arn:aws:iam::111122223333:user/*"),
        ("arn:aws-us-gov:sts::111122223333:federated-user/ana", "arn:aws-us-gov:sts::111122223333:federated-user/*"),
        ("203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:1:2::7", "2001:db8:1::/48"),
        ("arn:aws:iam::111122223333:role/app", "arn:aws:iam::111122223333:role/app"),
        ("anonymous", "anonymous"),
    ],
)
def test_who_is_shown_without_the_person(who: str, shown: str) -> None:
    assert redacted(who) == shown


@pytest.mark.parametrize(
    ("path", "shown"),
    [("/stock/42", "/stock/*"), ("/users/ana@acme.example/x", "/users/*/x"), ("/health", "/health"), ("", "")],
)
def test_paths_are_shown_without_identifiers(path: str, shown: str) -> None:
    assert path_form(path) == shown


def test_times() -> None:
    assert is_time("2026-11-01T08:00:00Z")
    assert is_time("2026-11-01T08:00:00.123Z")
    assert not any(
        map(
            is_time,
            ("", "2026-11-01", "1999-01-01T00:00:00Z", "9999-01-01T00:00:00Z", "=1", "2026-11-01T08:00:00+01:00"),
        )
    )
