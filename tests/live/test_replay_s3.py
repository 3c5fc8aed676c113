"""Logs that lie in S3: moto's server on loopback as S3, in the layouts that AWS writes."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from policyc.aws import objects
from policyc.aws.objects import NoAddress, stored_below
from policyc.aws.session import Access
from policyc.replay.window import EVER, Window
from tests.live.fake.core import REGION
from tests.replay.test_replay import auth, row

Run = Callable[..., tuple[int, str, str]]
pytestmark = [pytest.mark.usefixtures("hurry"), pytest.mark.filterwarnings("ignore")]
LAYOUT = "prod/AWSLogs/111122223333/VpcLattice/AccessLogs/us-west-2/2026/{:02}/{:02}/svc-0123456789abcdef0/{}.json.gz"
HIVE = "hive/aws-account-id=111122223333/year=2026/month={:02}/day={:02}/{}.json.gz"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    try:
        host, port = running.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        running.stop()


def put(client: Any, key: str, *records: Any) -> None:
    text = "".join(json.dumps(item) + "\n" for item in records)
    client.put_object(Bucket="logs", Key=key, Body=gzip.compress(text.encode()) if key.endswith(".gz") else text)


@pytest.fixture(scope="module")
def bucket(server: str) -> Any:
    """A bucket with the records of five days around the end of October."""
    client = boto3.client(
        "s3", REGION, endpoint_url=server, aws_access_key_id="testing", aws_secret_access_key="testing"
    )
    client.create_bucket(Bucket="logs", CreateBucketConfiguration={"LocationConstraint": REGION})
    for number, (month, day) in enumerate(((10, 30), (10, 31), (11, 1), (11, 2), (11, 3))):
        records = [row(startTime=f"2026-{month:02}-{day:02}T{h:02}:00:00Z", requestId=f"{number}-{h}") for h in (1, 23)]
        for layout in (LAYOUT, HIVE, HIVE.replace("hive", "changes"), HIVE.replace("hive", "goes")):
            put(client, layout.format(month, day, number), *records)
    # delivered late: in the folder of the next day
    put(client, LAYOUT.format(11, 2, "late"), row(startTime="2026-11-01T23:59:59Z", requestId="late"))
    client.put_object(Bucket="logs", Key="prod/", Body=b"")
    return client


@pytest.fixture
def replay(bucket: Any, server: str, policyc: Run) -> Callable[..., tuple[int, Any, str]]:
    objects._sessions.cache_clear()
    Path("p.json").write_text(auth("GET"))

    def run(*words: str) -> tuple[int, Any, str]:
        flags = ("--policies", "p.json", "--network-auth", "none", "--endpoint-url", server, "--format", "json")
        status, out, err = policyc("replay", *words, *flags)
        return status, json.loads(out) if out.startswith("{") else out, err

    return run


@pytest.mark.parametrize("engine", ["rows", "columns"])
@pytest.mark.parametrize("where", ["s3://logs/prod", "s3://logs/prod/AWSLogs/*/VpcLattice/", "s3://logs/hive/"])
def test_the_records_of_some_days(engine: str, where: str, replay: Callable[..., Any]) -> None:
    late = "hive" not in where
    status, data, _ = replay(where, "--engine", engine)
    assert (status, data["asked"], data["files"]) == (0, 10 + late, 5 + late)
    status, data, _ = replay(where, "--engine", engine, "--since", "2026-10-31", "--until", "2026-11-01")
    assert (status, data["asked"]) == (0, 4 + late)
    # the day behind is read for what came late, and what lies outside is told
    assert data["files"] == 3 + late
    assert [(item["reason"], item["count"]) for item in data["skipped"]] == [
        ("it is of another time than the one that was asked for", 2)
    ]
    status, data, _ = replay(where, "--engine", engine, "--since", "2026-11-01T23:00:00Z", "--until", "2026-11-01")
    assert data["asked"] == 1 + late


def test_only_folders_of_those_days_are_listed(bucket: Any, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = []
    call = objects.Sessions.call

    def spy(self: Any, client: str, method: str, region: str, **params: Any) -> Any:
        listed.append(params["Prefix"])
        return call(self, client, method, region, **params)

    monkeypatch.setattr(objects.Sessions, "call", spy)
    found = stored_below(
        Access(endpoint=server), "s3://logs/prod/", Window("2026-11-02T00:00:00", "2026-11-03T00:00:00")
    )
    assert [item.key.rpartition("/")[2] for item in found] == ["3.json.gz", "late.json.gz", "4.json.gz"]
    assert not any("/10/" in prefix or prefix.endswith("/11/01/") for prefix in listed)


def test_the_same_report_as_of_a_copy(bucket: Any, replay: Callable[..., Any]) -> None:
    for item in bucket.list_objects_v2(Bucket="logs", Prefix="prod/AWS")["Contents"]:
        path = Path(item["Key"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bucket.get_object(Bucket="logs", Key=item["Key"])["Body"].read())
    for words in ((), ("--since", "2026-11-01"), ("--until", "2026-10-31")):
        there, here = replay("s3://logs/prod", *words)[1], replay("prod", *words)[1]
        assert json.dumps(there).replace("s3://logs/", "") == json.dumps(here)


def test_a_kept_log_knows_when_an_object_has_changed(bucket: Any, replay: Callable[..., Any]) -> None:
    pytest.importorskip("duckdb")
    words = ("s3://logs/changes/", "--cache", "kept")
    assert replay(*words)[1]["asked"] == 10
    assert replay(*words) == replay("s3://logs/changes/")
    assert replay(*words, "--since", "2026-11-01")[1]["asked"] == 6
    put(bucket, HIVE.replace("hive", "changes").format(11, 3, 4), row(startTime="2026-11-03T00:00:00Z"))
    assert replay(*words)[1]["asked"] == 9


def test_parquet(bucket: Any, replay: Callable[..., Any]) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([row(requestPath=f"/{n}") for n in range(50)]), out, row_group_size=20)
    bucket.put_object(Bucket="logs", Key="p/a.parquet", Body=out.getvalue())
    assert replay("s3://logs/p/a.parquet")[1]["asked"] == 50


def test_a_transfer_that_breaks_off_goes_on_where_it_did(
    bucket: Any, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import ResponseStreamingError
    from botocore.response import StreamingBody

    body = bytes(range(256)) * 40
    bucket.put_object(Bucket="logs", Key="big", Body=body)
    monkeypatch.setattr(objects, "_CHUNK", 1000)
    whole = StreamingBody.iter_chunks
    asked: list[int] = []

    def broken(self: Any, chunk_size: int = 1024) -> Iterator[bytes]:
        asked.append(chunk_size)
        for number, chunk in enumerate(whole(self, chunk_size)):
            if number == 3 and len(asked) < 3:
                raise ResponseStreamingError(error="gone")
            yield chunk

    monkeypatch.setattr(StreamingBody, "iter_chunks", broken)
    (item,) = stored_below(Access(endpoint=server), "s3://logs/big", EVER)
    with objects.opened(Access(endpoint=server), item) as stream:
        assert stream.read() == body
    assert len(asked) == 3
    monkeypatch.setattr(StreamingBody, "iter_chunks", lambda self, size=0: iter(()))
    with pytest.raises(OSError, match="the transfer breaks off"):
        objects.opened(Access(endpoint=server), item)


def test_objects_that_go_or_change_are_counted(
    bucket: Any, replay: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched = objects.fetched

    def after(access: Access, items: Any) -> Any:
        bucket.delete_object(Bucket="logs", Key=HIVE.replace("hive", "goes").format(10, 30, 0))
        put(bucket, HIVE.replace("hive", "goes").format(10, 31, 1), row())
        return fetched(access, items)

    monkeypatch.setattr(objects, "fetched", after)
    _, data, _ = replay("s3://logs/goes")
    assert (data["asked"], {item["reason"] for item in data["unread"]}) == (
        6,
        {
            "a file that cannot be read (not there (NoSuchKey))",
            "a file that cannot be read (changed by somebody else (PreconditionFailed))",
        },
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("s3://none/x",), "`s3://none/x` cannot be listed: not there (NoSuchBucket)"),
        (("s3://logs/nothing",), "there is no object at `s3://logs/nothing`"),
        (("s3://",), "`s3://` is no address of S3"),
        (("s3://logs/", "--since", "yesterday"), "`yesterday` is no day"),
        (("s3://logs/", "--since", "2026-11-02", "--until", "2026-11-01"), "`--since` is not before `--until`"),
    ],
)
def test_what_cannot_be_read(words: tuple[str, ...], told: str, replay: Callable[..., Any]) -> None:
    status, _, err = replay(*words)
    assert (status, told in " ".join(err.split())) == (2, True), err


def test_patterns_and_exact_keys(server: str, bucket: Any) -> None:
    for key in ("a/x.json", "a/xy.json", "ab/x.json", "a/b/x.json", "a[1]/x"):
        bucket.put_object(Bucket="logs", Key=key, Body=b"x")

    def keys(text: str) -> list[str]:
        return [item.key for item in stored_below(Access(endpoint=server), f"s3://logs/{text}", EVER)]

    assert keys("a") == ["a/b/x.json", "a/x.json", "a/xy.json"]
    assert keys("a/x.json") == ["a/x.json"]
    assert keys("a*/x.json") == ["a/x.json", "ab/x.json"]
    assert keys("a/**/x.json") == ["a/b/x.json", "a/x.json"]
    assert keys("a/?.json") == ["a/x.json"]
    assert keys("*/b") == ["a/b/x.json"]
    assert keys("a/[!a]*.json") == ["a/x.json", "a/xy.json"]
    with pytest.raises(NoAddress):
        keys("").append(stored_below(Access(endpoint=server), "s3:///x", EVER)[0].key)


def test_what_it_takes(policyc: Run) -> None:
    policy = json.loads(policyc("aws", "permissions", "replay")[1])
    assert {action for item in policy["Statement"] for action in item["Action"]} == {"s3:GetObject", "s3:ListBucket"}
