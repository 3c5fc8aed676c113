"""`policyc replay` as a command: documents by `--policies`, a log that is kept, a run that is interrupted."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from policyc.__main__ import main
from policyc.cli.progress import Progress
from tests.replay.test_kinds import BUCKET, event
from tests.replay.test_replay import Run, auth, row, run, write

__all__ = ["run"]
FLAGS = ("--network-auth", "none", "--format", "json")


def test_documents_by_themselves(run: Run) -> None:
    write(row(), row(requestMethod="POST"))
    Path("old.json").write_text(auth("GET", "POST"))
    Path("new.json").write_text(auth("GET"))
    short = run("log.json", "--policies", "new.json", "--against", "old.json", *FLAGS)
    assert short == run("log.json", "--service-policy", "new.json", "--old-service-policy", "old.json", *FLAGS)
    assert [item["new"] for item in json.loads(short[1])["new"]["classes"]] == ["deny"]


def test_a_document_of_a_bucket_by_itself(run: Run) -> None:
    write(event())
    text = auth("GET").replace("vpc-lattice-svcs:Invoke", "s3:GetObject")
    held = json.loads(text)
    held["Statement"][0] |= {"Principal": "*", "Resource": f"{BUCKET}/*", "Condition": {}}
    Path("bucket.json").write_text(json.dumps(held))
    by_kind = run("log.json", "--policies", "bucket.json", "--format", "json")
    assert by_kind == run("log.json", "--bucket-policy", "bucket.json", "--format", "json")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("--against", "missing"), "`missing` does not exist"),
        (("--policies", "new.json", "--against", "missing"), "`missing` does not exist"),
        (("--against", "new.json"), "`new.json` is one document, and the new policies are a project"),
        (
            ("--policies", "new.json", "--against", "bucket.json"),
            "`new.json` is a service policy, and `bucket.json` a bucket policy",
        ),
        (("--policies", "plain.json"), "`plain.json` does not say what it is on"),
    ],
)
def test_what_cannot_be_compared(argv: tuple[str, ...], words: str, run: Run) -> None:
    write(row())
    Path("new.json").write_text(auth("GET"))
    Path("bucket.json").write_text(auth("GET").replace("vpc-lattice-svcs:Invoke", "s3:GetObject"))
    Path("plain.json").write_text(auth("GET").replace("vpc-lattice-svcs:", "").replace("Invoke", "*"))
    status, _, told = run("log.json", *argv)
    assert (status, words in " ".join(told.split())) == (2, True), told


def test_a_log_without_policies_leads_on(run: Run) -> None:
    write(row())
    status, _, told = run("log.json")
    assert (status, "`--policies PATH`" in told, "`--suggest`" in told) == (4, True, True)


@pytest.mark.parametrize("engine", ["rows", "columns"])
def test_an_interrupted_run_tells_what_was_read(engine: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("duckdb")
    for name in ("a.json", "b.json", "c.json"):
        write(row(requestMethod="POST"), name=name)
    Path("old.json").write_text(auth("GET", "POST"))
    Path("new.json").write_text(auth("GET"))

    def interrupt(self: Progress, what: str, count: int, *more: Any) -> None:
        if count >= 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(Progress, "__call__", interrupt)
    status, out, _ = run(".", "--policies", "new.json", "--against", "old.json", "--engine", engine, *FLAGS)
    data = json.loads(out)
    assert (status, data["complete"], data["records"]) == (130, False, 2)
    assert [item["count"] for item in data["new"]["classes"]] == [2]


def test_what_a_pulled_folder_knows_of_callers(run: Run) -> None:
    role = "arn:aws:iam::111122223333:role/shop/orders"
    facts = {"there": True, "tags": {"team": "shop"}, "boundary": None, "identity": []}
    gone = {"there": False, "tags": {"team": "shop"}}
    held = {"type": "iam.role", "name": "orders", "policies": {}, "unread": {}}
    resources = {role: {**held, "facts": facts}, role.replace("orders", "gone"): {**held, "facts": gone}}
    lock = {"format_version": 1, "pulled_at": "2026-11-01T00:00:00Z", "accounts": [], "calls": {}, "documents": {}}
    Path("inventory").mkdir()
    Path("inventory/live.lock.json").write_text(json.dumps({**lock, "resources": resources, "files": [], "unread": []}))
    write(row())
    document = json.loads(auth("GET"))
    tests = {"aws:PrincipalTag/team": "shop", "aws:PrincipalArn": role}
    document["Statement"][0] |= {"Principal": "*", "Condition": {"StringEquals": tests}}
    Path("policy.json").write_text(json.dumps(document))
    argv = ("log.json", "--policies", "policy.json", *FLAGS)
    counts = [json.loads(run(*argv, *more)[1])["in_force"] for more in ((), ("--known", "inventory"))]
    assert [(item["reproduced"], item["undecidable"]) for item in counts] == [(0, 1), (1, 0)]
    status, _, told = run(*argv, "--known", ".")
    assert (status, "`.` was not pulled from AWS" in told) == (2, True)


def test_the_rows_of_a_report_as_parquet(run: Run) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    write(row(), row(requestMethod="POST"), row(requestMethod="POST", requestPath="/other"))
    Path("old.json").write_text(auth("GET", "POST"))
    Path("new.json").write_text(auth("GET"))
    argv = ("log.json", "--policies", "new.json", "--against", "old.json", "--network-auth", "none", "--format", "csv")
    _, text, _ = run(*argv, "--parquet", "rows.parquet")
    rows = pq.read_table("rows.parquet").to_pylist()
    assert [{name: str(value) for name, value in item.items()} for item in rows] == list(
        csv.DictReader(io.StringIO(text))
    )
    assert rows[0]["count"] == 2
    assert run(*argv, "--parquet", "missing/rows.parquet")[0] == 2


def test_a_log_is_kept_until_it_changes(run: Run) -> None:
    pytest.importorskip("duckdb")
    write(*(row(requestPath=f"/{n}") for n in range(4)), row(requestMethod="POST"))
    Path("policy.json").write_text(auth("GET"))
    argv = ("log.json", "--policies", "policy.json", *FLAGS)
    plain, first = run(*argv), run(*argv, "--cache", "kept")
    log = Path("log.json")
    held, stamp = log.read_bytes(), log.stat()
    log.write_bytes(held.replace(b"GET", b"PUT"))
    os.utime(log, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    # the same size and time: what was kept is asked, for other policies too
    assert plain == first == run(*argv, "--cache", "kept")
    os.utime(log, ns=(stamp.st_atime_ns, stamp.st_mtime_ns + 1))
    assert run(*argv, "--cache", "kept") == run(*argv) != first
    # what is broken is read anew, and nothing of somebody else's goes
    Path("kept/000000.bin").write_bytes(bytes(Path("kept/000000.bin").stat().st_size))
    assert run(*argv, "--cache", "kept") == run(*argv)
    Path("kept/mine.txt").write_text("keep me")
    for folder in ("kept", "."):
        status, _, err = run(*argv, "--cache", folder)
        assert (status, "holds other files than a kept log" in " ".join(err.split())) == (2, True)
    assert Path("kept/mine.txt").read_text() == "keep me"
    assert main(["replay", "-", "--policies", "policy.json", "--cache", "new"]) == 2
    assert main(["replay", *argv[:3], "--engine", "rows", "--cache", "kept"]) == 2


def test_what_leads_on_from_documents(run: Run) -> None:
    write(row())
    Path("live").mkdir()
    Path("live/live.lock.json").write_text("{}")
    status, _, told = run("log.json", "--policies", "live")
    assert status == 4 and "policyc import FOLDER -o POLICIES" in " ".join(told.split())
    Path("stack.yaml").write_text(STACK)
    status, _, told = run("log.json", "--policies", "stack.yaml")
    assert status == 2 and "`stack.yaml#NAME` for one inside of a template" in " ".join(told.split())
    flags = ("log.json", "--service-policy", "stack.yaml#Auth", "--network-auth", "none", "--format", "json")
    # the control policy bears on some callers of a log, and nobody says on which
    status, _, told = run(*flags)
    assert status == 2 and "not known for every record: the service control policy `Guard`" in " ".join(told.split())
    assert "`--scp`, `--rcp` or `--boundary`" in told
    assert json.loads(run(*flags, "--scp", "stack.yaml#Guard")[1])["in_force"]["contradicted"] == 1
    Path("stack.yaml").write_text(STACK.partition("  Guard:")[0])
    assert json.loads(run(*flags)[1])["in_force"]["reproduced"] == 1


STACK = """
Resources:
  Orders: {Type: AWS::VpcLattice::Service, Properties: {Name: orders, AuthType: AWS_IAM}}
  Auth:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: !Ref Orders
      Policy: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: "*", Action: "vpc-lattice-svcs:Invoke", Resource: "*"}]}
  Guard:
    Type: AWS::Organizations::Policy
    Properties:
      Name: guard
      Type: SERVICE_CONTROL_POLICY
      TargetIds: ["111122223333"]
      Content: {Version: "2012-10-17", Statement: [{Effect: Deny, Action: "vpc-lattice-svcs:*", Resource: "*"}]}
"""
