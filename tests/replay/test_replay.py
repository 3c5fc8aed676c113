"""Recorded traffic: what a record tells, how logs are packed, and what is said of old and new policies."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from policyc.__main__ import main
from policyc.data import read_text
from policyc.replay.askers.said import Said
from policyc.replay.reading import LONGEST_LINE, Log, Place
from policyc.replay.recorded import Recorded
from policyc.replay.report.plain import as_csv
from policyc.replay.report.replay import Replay
from policyc.replay.tally import Tally
from policyc.targets.base import NoRequest
from policyc.targets.lattice.access_log import read_record, session_free
from tests.replay.test_kinds import http

ARN = "arn:aws:vpc-lattice:us-west-2:111122223333:"
SERVICE, NETWORK = ARN + "service/svc-0123456789abcdef0", ARN + "servicenetwork/sn-0123456789abcdef0"
ROLE = "arn:aws:sts::111122223333:assumed-role/orders/ana"
Run = Callable[..., tuple[int, str, str]]


def row(**changes: Any) -> dict[str, Any]:
    """A record as AWS writes it, absent values as `-`."""
    return {
        "serviceNetworkArn": NETWORK,
        "resolvedUser": ROLE,
        "callerPrincipalOrgID": "-",
        "authDeniedReason": "-",
        "failureReason": "-",
        "requestMethod": "GET",
        "requestPath": "/stock/1?x=1",
        "hostHeader": "stock.example.com",
        "userAgent": "-",
        "serviceArn": SERVICE,
        "sourceVpcArn": "arn:aws:ec2:us-west-2:111122223333:vpc/vpc-0123456789abcdef0",
        "sourceVpcId": "vpc-0123456789abcdef0",
        "startTime": "2026-11-01T08:00:00Z",
        **changes,
    }


# --- one record ----------------------------------------------------------------------------------------------------


def test_a_record_tells_what_it_tells() -> None:
    item = read_record(row(callerPrincipalTags='{"team": "a"}'))
    assert (item.who, item.can, item.path, item.verdict) == (ROLE, "GET", "/stock/1", "allow")
    assert dict(item.keys) == {
        "vpc-lattice-svcs:SourceVpc": "vpc-0123456789abcdef0",
        "vpc-lattice-svcs:SourceVpcOwnerAccount": "111122223333",
        "vpc-lattice-svcs:RequestHeader/host": "stock.example.com",
        "aws:PrincipalTag/team": "a",
    }


@pytest.mark.parametrize("absent", ["-", "null", "", None])
def test_an_absent_value_is_none(absent: str | None) -> None:
    item = read_record(row(sourceVpcId=absent, failureReason=absent, authDeniedReason=absent))
    assert "vpc-lattice-svcs:SourceVpc" not in dict(item.keys)
    assert item.denied == ""


@pytest.mark.parametrize(
    ("changes", "denied"),
    [
        ({"authDeniedReason": "Network", "failureReason": "ClientAccessDenied"}, "Network"),
        ({"failureReason": "ClientAccessDenied"}, "policy"),
        # a 403 of the application is no refusal by a policy
        ({"responseCode": 403}, ""),
    ],
)
def test_who_refused(changes: dict[str, Any], denied: str) -> None:
    assert read_record(row(**changes)).denied == denied


def test_a_connection_has_no_path() -> None:
    item = read_record(row(requestMethod="-", requestPath="-"))
    assert (item.can, item.path) == ("connect", "")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"resolvedUser": "Unknown"}, "could not be authenticated"),
        ({"resolvedUser": "nobody"}, "`nobody` is no ARN"),
        ({"serviceArn": "-"}, "names no service"),
    ],
)
def test_what_no_policy_decides(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(NoRequest, match=words):
        read_record(row(**changes))
    with pytest.raises(NoRequest, match="no access log record"):
        read_record({"class_uid": "3006"})


def test_an_anonymous_caller() -> None:
    assert read_record(row(resolvedUser="Anonymous")).who == "anonymous"


def test_with_auth_none_nobody_is_asked_who_calls() -> None:
    """Lattice reference, section 7: `-` with auth type NONE."""
    assert read_record(row(resolvedUser="-")).who == ""


def test_the_name_of_a_session_is_not_shown() -> None:
    assert session_free(ROLE) == "arn:aws:sts::111122223333:assumed-role/orders/*"
    assert session_free("arn:aws:iam::111122223333:user/ana") == "arn:aws:iam::111122223333:user/ana"


# --- files ---------------------------------------------------------------------------------------------------------

LINES = b"".join(json.dumps({"n": number}).encode() + b"\n" for number in range(3))
PLAIN = [{"n": number} for number in range(3)]
EVENTS = {"events": [{"timestamp": 1, "message": json.dumps(item), "ingestionTime": 2} for item in PLAIN]}


def read(data: bytes, name: str = "a.json") -> tuple[list[dict[str, Any]], Log]:
    log = Log()
    found = [item for item, _ in log.records([(name, io.BufferedReader(io.BytesIO(data)))])]  # type: ignore[arg-type]
    return found, log


@pytest.mark.parametrize(
    "data",
    [
        LINES,
        LINES.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + LINES,
        gzip.compress(LINES),
        json.dumps(PLAIN).encode(),
        json.dumps(PLAIN, indent=2).encode(),
        json.dumps({"Records": PLAIN}, indent=1).encode(),
        json.dumps({"Records": PLAIN}).encode(),
        json.dumps(EVENTS).encode(),
        LINES.decode().encode("utf-16"),
        b"".join(b"2026-11-01T08:00:00.000Z " + line + b"\n" for line in LINES.splitlines()),
        b"\n\n" + LINES,
    ],
    ids=[
        "lines",
        "crlf",
        "mark",
        "gzip",
        "array",
        "pretty",
        "records",
        "one line",
        "events",
        "utf-16",
        "export",
        "blank",
    ],
)
def test_however_records_are_packed(data: bytes) -> None:
    found, log = read(data)
    assert found == PLAIN
    assert not log.unread


@pytest.mark.parametrize(
    ("data", "count", "words"),
    [
        (LINES + b"{broken\n", 3, "no JSON"),
        (LINES + b'{"n": 1', 3, "no JSON"),
        (LINES + b'{"n": "' + b"x" * LONGEST_LINE + b'"}\n' + LINES, 6, "too long"),
        (gzip.compress(LINES * 1000)[:-20], None, "cut short"),
        (b"\x1f\x8bnonsense", 0, "cut short"),
        (b'["a", 1]', 0, "no record"),
        (b"[" * 100_000, 0, "nests too deep"),
        (b"\x00\xff" * 50, 0, "no JSON"),
    ],
    ids=["broken", "half", "long", "truncated", "no gzip", "values", "deep", "binary"],
)
def test_what_cannot_be_read_is_counted(data: bytes, count: int | None, words: str) -> None:
    found, log = read(data)
    assert count is None or len(found) == count
    assert sum(log.unread.values()) >= 1
    assert any(words in reason for reason in log.unread)
    assert set(log.examples) == set(log.unread)


def test_other_forms_are_told_and_not_guessed() -> None:
    found, log = read(b"ORC", "a.orc")
    assert (found, list(log.unread)) == ([], ["a file of a form that is not read"])
    assert any("policyc[replay]" in reason for reason in read(b"PAR1", "a.parquet")[1].unread)


# --- the command ---------------------------------------------------------------------------------------------------


def auth(*methods: str, resource: str = "*", **condition: str) -> str:
    tests = {"vpc-lattice-svcs:RequestMethod": list(methods), **condition}
    statement = {
        "Sid": "Read",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:role/orders"},
        "Action": "vpc-lattice-svcs:Invoke",
        "Resource": resource,
        "Condition": {"StringEquals": tests},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)

    def go(*argv: str) -> tuple[int, str, str]:
        status = main(["replay", *argv])
        told = capsys.readouterr()
        return status, told.out, told.err

    return go


def write(*records: dict[str, Any], name: str = "log.json") -> None:
    Path(name).write_text("".join(json.dumps(item) + "\n" for item in records))


FLAGS = ("--service-policy", "new.json", "--old-service-policy", "old.json", "--network-auth", "none")


def test_who_would_be_refused(run: Run) -> None:
    denied = {"authDeniedReason": "Service", "failureReason": "ClientAccessDenied"}
    write(*[row(requestId=f"r{n}", requestPath=f"/{n}") for n in range(4)], row(requestMethod="POST", **denied))
    Path("old.json").write_text(auth("GET"))
    Path("new.json").write_text(auth("GET", resource=SERVICE + "/1"))
    status, out, _ = run("log.json", *FLAGS, "--format", "json")
    data = json.loads(out)
    Draft202012Validator(json.loads(read_text("schemas/replay.schema.json"))).validate(data)
    assert status == 0
    assert (data["in_force"]["reproduced"], data["in_force"]["contradicted"]) == (5, 0)
    (found,) = data["new"]["classes"]
    assert (found["old"], found["new"], found["count"]) == ("allow", "deny", 3)
    assert found["who"] == "arn:aws:sts::111122223333:assumed-role/orders/*"
    # identifiers are left out of paths
    assert found["paths"] == [{"path": "/*", "count": 3}]
    assert "`Read` missed: resource" in found["missed"]
    assert [place["number"] for place in found["records"]] == [1, 3, 4]
    assert run("log.json", *FLAGS, "--fail-on", "newly-denied")[0] == 1
    assert run("log.json", *FLAGS, "--fail-on", "newly-allowed")[0] == 0


def test_what_a_record_does_not_tell_is_undecidable(run: Run) -> None:
    write(row())
    Path("old.json").write_text(auth("GET"))
    Path("new.json").write_text(auth("GET", **{"vpc-lattice-svcs:RequestHeader/x-team": "a"}))
    data = json.loads(run("log.json", *FLAGS, "--format", "json")[1])
    assert data["new"]["pairs"] == [{"recorded": "allow", "old": "allow", "new": "undecided", "count": 1}]
    assert any("x-team" in item["what"] for item in data["missing"])


@pytest.mark.parametrize("engine", ["rows", "columns"])
def test_what_would_be_refused_where_nothing_was_in_force(engine: str, run: Run) -> None:
    """Auth type NONE: the log names no caller. What hangs on none is decided, the rest waits for who calls."""
    if engine == "columns":
        pytest.importorskip("duckdb")
    nobody = {"resolvedUser": "-", "callerPrincipal": None}
    vpcs, ways = ("vpc-1", "vpc-2"), ("GET", "PUT", "POST")
    write(
        *[row(**nobody, sourceVpcId=vpc, requestMethod=way, requestId=vpc + way) for vpc in vpcs for way in ways],
        http(),
    )
    within = {"StringEquals": {"vpc-lattice-svcs:SourceVpc": "vpc-1", "vpc-lattice-svcs:RequestMethod": "GET"}}
    statements = [
        {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": within},
        {"Effect": "Deny", "NotPrincipal": {"AWS": "111122223333"}, "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"vpc-lattice-svcs:RequestMethod": "POST"}}},
        *json.loads(auth("PUT"))["Statement"],
    ]  # fmt: off
    Path("new.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    flags = ("--against", "none", "--network-auth", "none", "--format", "json", "--engine", engine)
    status, out, _ = run("log.json", "--policies", "new.json", *flags, "--fail-on", "newly-denied")
    data = json.loads(out)
    assert (data["in_force"]["reproduced"], status) == (6, 1)
    assert {(item["old"], item["new"]): item["count"] for item in data["new"]["pairs"]} == {
        ("allow", "allow"): 1, ("allow", "undecided"): 2, ("allow", "deny"): 3,
    }  # fmt: off
    assert [item["what"] for item in data["missing"]] == ["who"]
    assert {item["who"] for item in data["new"]["classes"]} == {"nobody named"}
    (told,) = data["skipped"]
    assert "that nothing was in force says nothing of a record of kind verified-access" in told["reason"]
    wrong = run("log.json", "--service-policy", "new.json", "--old-service-policy", "new.json", "--against", "none")
    assert (wrong[0], "says that no policy was in force" in wrong[2]) == (2, True)


@pytest.mark.parametrize("engine", ["rows", "columns"])
def test_a_network_was_guarded_and_its_services_were_not(engine: str, run: Run) -> None:
    """Auth type NONE on the service, a policy on its network: only the network asked who calls."""
    if engine == "columns":
        pytest.importorskip("duckdb")
    refused = {"authDeniedReason": "Network", "failureReason": "ClientAccessDenied"}
    write(row(), row(requestMethod="PUT"), row(requestMethod="POST", **refused))
    Path("network.json").write_text(auth("GET", "PUT"))
    Path("service.json").write_text(auth("GET", "POST"))
    given = ("--network-policy", "network.json", "--service-policy", "service.json", "--format", "json")
    data = json.loads(run("log.json", *given, "--old-service-auth", "none", "--engine", engine)[1])
    assert data["in_force"]["reproduced"] == 3
    assert {(item["recorded"], item["old"], item["new"]) for item in data["new"]["pairs"]} == {
        ("allow", "allow", "allow"), ("allow", "allow", "deny"), ("deny", "deny", "deny"),
    }  # fmt: off
    wrong = run("log.json", *given, "--old-service-auth", "aws-iam")
    assert (wrong[0], "did you mean `aws_iam`?" in " ".join(wrong[2].split())) == (2, True)


def test_a_success_shows_that_the_callers_own_policies_let_it(run: Run) -> None:
    denied = {"authDeniedReason": "Service", "failureReason": "ClientAccessDenied"}
    write(row(), row(requestMethod="POST", **denied))
    Path("old.json").write_text(auth("GET"))
    Path("new.json").write_text(auth("GET", "POST"))
    data = json.loads(run("log.json", *FLAGS, "--format", "json")[1])
    # nothing is known of the policies of a caller that was refused
    assert {(pair["old"], pair["new"]) for pair in data["new"]["pairs"]} == {("allow", "allow"), ("deny", "undecided")}


def test_a_log_that_says_otherwise_is_told_first(run: Run) -> None:
    write(row())
    Path("old.json").write_text(auth("PUT"))
    Path("new.json").write_text(auth("GET"))
    status, out, _ = run("log.json", *FLAGS)
    assert status == 0
    assert "0.0 % (0) reproduced" in out
    assert "100.0 % (1)" in out
    assert "logged allow, policies deny" in out
    assert "nothing is said: the log reproduces nothing" in " ".join(out.split())
    assert run("log.json", *FLAGS, "--fail-on", "contradicted")[0] == 1


def test_deliveries_and_strangers_are_counted(run: Run) -> None:
    write(row(requestId="a"), row(requestId="a"), {"class_uid": "3006"}, row(resolvedUser="Unknown"))
    Path("old.json").write_text(auth("GET"))
    status, out, _ = run("log.json", "--service-policy", "old.json", "--network-auth", "none")
    assert status == 0
    assert "1 delivered twice, counted once" in out
    assert "1 skipped: it is of no kind of log that is read (log.json:3)" in out
    assert "100.0 % (1) reproduced" in out


def test_a_project_answers_for_its_services(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "-q", "."]) == 0
    Path("logs").mkdir()
    caller = "arn:aws:sts::111122223333:assumed-role/order-service/s"
    service = ARN + "service/svc-0a1b2c3d4e5f67890"
    about = {
        "resolvedUser": caller,
        "serviceArn": service,
        "serviceNetworkArn": ARN + "servicenetwork/sn-0123456789abcdef0",
        "callerPrincipalOrgID": "o-a1b2c3d4e5",
        "sourceVpcId": "vpc-0a1b2c3d4e5f67890",
    }
    write(row(**about, requestPath="/stock/42"), row(serviceArn=SERVICE), name="logs/a.json")
    status, out, _ = run("logs")
    assert status == 0, out
    assert "100.0 % (1) reproduced" in out
    assert "the project declares no service with this id" in out


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["nowhere", "--service-policy", "old.json"], "`nowhere` does not exist"),
        (["/etc/hostname", "--service-policy", "old.json"], "outside the project root"),
        (["log.json", "--identity", "old.json"], "no policy given"),
        (["log.json", "--service-policy", "old.json", "--against", "x"], "documents take the place of a project"),
        (["log.json", "--policies", "old.json", "--against", "."], "`old.json` is one document, and `.` a project"),
    ],
)
def test_wrong_use(argv: list[str], words: str, run: Run) -> None:
    write(row())
    Path("old.json").write_text(auth("GET"))
    status, _, err = run(*argv)
    assert status == 2
    assert words in " ".join(err.split())


def test_a_log_without_requests_is_no_success(run: Run) -> None:
    Path("log.json").write_text("{}\n")
    Path("old.json").write_text(auth("GET"))
    assert run("log.json", "--service-policy", "old.json")[0] == 4


def test_a_csv_holds_no_formula() -> None:
    tally = Tally()
    said = Said("deny", "=HYPERLINK(1)", "", ())
    item = Recorded("vpc-lattice", "anonymous", "GET", SERVICE, "/", "", (), "allow", "", "")
    tally.count(item, said, said, Place("a", 1))
    assert ",'=HYPERLINK(1)," in as_csv(Replay(Log(), tally, False))


@pytest.mark.parametrize(("most", "status"), [("", 1), (":2", 1), (":3", 0), (":50%", 1), (":60%", 0), (":60.0%", 0)])
def test_how_much_may_be_newly_denied(most: str, status: int, run: Run) -> None:
    write(*[row(requestId=f"r{n}", requestPath=f"/{n}") for n in range(5)])
    Path("old.json").write_text(auth("GET"))
    statement = json.loads(auth("GET"))
    statement["Statement"][0]["Resource"] = [SERVICE + "/1", SERVICE + "/2"]
    Path("new.json").write_text(json.dumps(statement))
    assert run("log.json", *FLAGS, "--fail-on", f"newly-denied{most}")[0] == status


@pytest.mark.parametrize(
    "wanted", ["newly", "newly-denied:x", "newly-denied:-1", "newly-denied:1.5", "newly-denied:101%", "unread:nan"]
)
def test_how_much_has_to_be_a_number(wanted: str, run: Run) -> None:
    write(row())
    Path("old.json").write_text(auth("GET"))
    assert run("log.json", "--service-policy", "old.json", "--fail-on", wanted)[0] == 2


def test_patterns_and_folders_name_each_file_once(run: Run) -> None:
    Path("logs/day").mkdir(parents=True)
    write(row(), name="logs/day/a.json")
    write(row(), name="logs/b.json")
    Path("old.json").write_text(auth("GET"))
    flags = ("--service-policy", "old.json", "--network-auth", "none", "--format", "json")
    data = json.loads(run("logs/**/*.json", "logs", *flags)[1])
    assert (data["files"], data["records"]) == (2, 2)
    assert run("nothing/*.json", *flags)[0] == 2


def test_what_an_inventory_knows_of_a_caller_decides(run: Run) -> None:
    write(row())
    Path("old.json").write_text(auth("GET", **{"aws:PrincipalTag/team": "a"}))
    flags = ("log.json", "--service-policy", "old.json", "--network-auth", "none", "--format", "json")
    assert json.loads(run(*flags)[1])["in_force"]["undecidable"] == 1
    Path("known.json").write_text(json.dumps({"callers": {session_free(ROLE): {"aws:PrincipalTag/team": "a"}}}))
    assert json.loads(run(*flags, "--known", "known.json")[1])["in_force"]["reproduced"] == 1
    sessions = session_free(ROLE)
    wrong = (
        '{"people": {}}',
        '{"callers": {"app": {"aws:PrincipalTag/team": "a"}}}',
        *(
            json.dumps({"callers": {sessions: told}})
            for told in (
                {"aws:PrincipalTag/team": "a", "aws:principaltag/team": "b"},
                {"role": "app"},
                {"role": "arn:aws:iam::111122223333:role/path/another"},
                {"role": "arn:aws:iam::444455556666:role/path/" + sessions.split("/")[1]},
            )
        ),
        '{"accounts": {"shop": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}',
        '{"accounts": {"111122223333": {"role": "arn:aws:iam::111122223333:role/app"}}}',
        '{"accounts": {"111122223333": {"aws:PrincipalOrgID": 1}}}',
    )
    for text in wrong:
        Path("known.json").write_text(text)
        assert run(*flags, "--known", "known.json")[0] == 2
    role = "arn:aws:iam::111122223333:role/path/" + sessions.split("/")[1]
    Path("known.json").write_text(json.dumps({"callers": {sessions: {"role": role}}}))
    assert run(*flags, "--known", "known.json")[0] == 0


@pytest.mark.parametrize("engine", ["rows", "auto"])
def test_what_is_known_of_an_account_holds_for_its_callers(engine: str, run: Run) -> None:
    write(row(), row(resolvedUser=ROLE.replace("111122223333", "444455556666"), requestId="b"))
    document = json.loads(auth("GET", **{"aws:PrincipalOrgID": "o-a1b2c3d4e5"}))
    document["Statement"][0]["Principal"] = "*"
    Path("old.json").write_text(json.dumps(document))
    flags = (
        "log.json",
        "--service-policy",
        "old.json",
        "--network-auth",
        "none",
        "--format",
        "json",
        "--engine",
        engine,
    )
    Path("known.json").write_text('{"accounts": {"111122223333": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}')
    found = json.loads(run(*flags, "--known", "known.json")[1])["in_force"]
    assert (found["reproduced"], found["undecidable"]) == (1, 1)


def test_identities_are_shown_when_asked(run: Run) -> None:
    write(row(requestPath="/stock/42"))
    Path("old.json").write_text(auth("PUT"))
    flags = ("log.json", "--service-policy", "old.json", "--network-auth", "none")
    _, out, _ = run(*flags)
    assert "/stock/*" in out
    assert "orders/ana" not in out
    _, out, _ = run(*flags, "--show-identities")
    assert "/stock/42" in out
    assert "orders/ana" in out


def test_reasons_hold_no_text_of_the_log(run: Run) -> None:
    write(row(resolvedUser="ana@acme.example"))
    Path("old.json").write_text(auth("GET"))
    assert "ana@" not in run("log.json", "--service-policy", "old.json")[1]
    assert "ana@" in run("log.json", "--service-policy", "old.json", "--show-identities")[1]
