"""Statements for what a log saw let in: they check clean, their tests pass, and they let in what was seen."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from policyc.__main__ import main
from policyc.replay.kinds.lattice import Lattice
from policyc.replay.suggest import Evidence, patterns_of, plain_form, suggestion
from tests.replay.test_replay import ARN, ROLE, SERVICE, auth, row

Run = Callable[..., tuple[int, str, str]]
USER = "arn:aws:iam::444455556666:user/ana"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def go(*argv: str) -> tuple[int, str, str]:
        status = main(list(argv))
        told = capsys.readouterr()
        return status, told.out, told.err

    return go


def write_log() -> None:
    denied = {"authDeniedReason": "Service", "failureReason": "ClientAccessDenied"}
    records = [
        *(row(requestPath=f"/stock/{n}", requestMethod=method) for n in range(5) for method in ("GET", "HEAD")),
        row(resolvedUser=USER, requestPath="/stock/1"),
        row(resolvedUser=USER, requestPath="/stock/1", requestMethod="HEAD"),
        row(resolvedUser="Anonymous", requestPath="/health"),
        row(requestPath='/odd "path"${x}/*'),
        row(requestMethod="-", requestPath="-", serviceArn=ARN + "service/svc-1123456789abcdef0"),
        row(requestMethod="DELETE", **denied),
        row(requestMethod="b r e w"),
        row(requestMethod="PROPFIND"),
        # what everybody may ask for covers the place that `/deep/*` lies below
        row(resolvedUser="Anonymous", requestPath="/deep", requestMethod="PATCH"),
        *(row(requestPath=f"/deep/{n}", requestMethod="PATCH") for n in range(2)),
    ]
    Path("log.json").write_text("".join(json.dumps(item) + "\n" for item in records))


def test_a_suggestion_checks_clean_and_its_tests_pass(run: Run) -> None:
    write_log()
    status, text, _ = run("replay", "log.json", "--suggest")
    assert status == 0
    assert 'path "/stock/*"' in text
    assert "more than was seen" in text
    assert "DELETE" not in text
    assert "2 records left out: its method is none that a policy can name." in text
    Path("suggested.policy").write_text(text)
    status, out, err = run("check", "--no-cache", "suggested.policy", "--format", "concise")
    assert (status, [line for line in out.splitlines() if "error" in line or "suppression" in line]) == (0, []), (
        out + err
    )
    status, out, _ = run("test", "suggested.policy")
    assert status == 0, out
    assert run("fmt", "--check", "suggested.policy")[0] == 0


def test_a_file_stays_where_there_is_nothing_to_suggest(run: Run) -> None:
    Path("log.json").write_text(json.dumps(row(authDeniedReason="Service")) + "\n")
    Path("mine.policy").write_text("// mine\n")
    assert run("replay", "log.json", "--suggest", "--output", "mine.policy")[0] == 4
    assert run("replay", "gone.json", "--suggest", "--output", "mine.policy")[0] == 2
    assert run("check", "empty", "--output", "mine.policy")[0] == 2
    assert Path("mine.policy").read_text() == "// mine\n"


def test_callers_with_the_same_methods_and_paths_share_a_statement(run: Run) -> None:
    records = [row(requestPath=f"/stock/{n}", resolvedUser=who) for n in range(3) for who in (ROLE, USER)]
    Path("log.json").write_text("".join(json.dumps(item) + "\n" for item in records))
    _, text, _ = run("replay", "log.json", "--suggest")
    assert text.count("allow ") == 2  # the statement, and its test
    assert 'who role(account_111122223333, "orders"), user(account_444455556666, "ana")' in text
    assert "6 records, from 2026-11-01T08:00:00Z" in text


def test_what_in_force_decided_nothing(run: Run) -> None:
    document = json.loads(auth("GET"))
    document["Statement"].append({**document["Statement"][0], "Sid": "Unused", "Resource": SERVICE + "/never"})
    Path("old.json").write_text(json.dumps(document))
    Path("log.json").write_text(json.dumps(row()))
    _, text, _ = run("replay", "log.json", "--suggest", "--service-policy", "old.json", "--network-auth", "none")
    assert "// In force, and deciding no record of this log: Unused" in text
    assert "`Read` at service old.json on service decided 1, the last one at 2026-11-01T08:00:00Z" in text


def test_values_in_force_that_nothing_met(run: Run) -> None:
    document = json.loads(auth("GET", "PATCH"))
    (statement,) = document["Statement"]
    statement["Principal"]["AWS"] = [statement["Principal"]["AWS"], "arn:aws:iam::111122223333:role/gone"]
    statement["Resource"] = [f"{SERVICE}/stock/*", f"{SERVICE}/carts/*"]
    Path("old.json").write_text(json.dumps(document))
    records = [
        row(),
        row(requestMethod="PATCH", startTime="2026-11-20T10:00:00Z"),
        row(startTime="2026-11-05T08:00:00Z"),
    ]
    Path("log.json").write_text("".join(json.dumps(item) + "\n" for item in records))
    _, text, _ = run("replay", "log.json", "--suggest", "--service-policy", "old.json", "--network-auth", "none")
    unmet = [line for line in text.splitlines() if "met by no record" in line]
    assert unmet == [
        "// In force, and met by no record of this log: principal `arn:aws:iam::111122223333:role/gone` of Read",
        f"// In force, and met by no record of this log: resource `{SERVICE}/carts/*` of Read",
    ]
    assert (
        "// In force: vpc-lattice-svcs:RequestMethod `GET` of Read was last met at 2026-11-05T08:00:00Z, 15 days before the end of the log"
        in text
    )
    assert "decided 3, the last one at 2026-11-20T10:00:00Z\n" in text


def test_without_evidence_nothing_is_suggested(run: Run) -> None:
    Path("log.json").write_text(json.dumps(row(authDeniedReason="Service")))
    assert run("replay", "log.json", "--suggest")[:2] == (4, "")


@pytest.mark.parametrize(
    ("path", "form"),
    [("/stock/42", "/stock/*"), ('/a/"b"', "/a/*"), ("/${x}/y", "/*/y"), ("/a/*", "/a/*"), ("/health", "/health")],
)
def test_paths_hold_nothing_that_the_language_reads(path: str, form: str) -> None:
    assert plain_form(path) == form


def test_forms_that_others_cover_are_left_out() -> None:
    assert patterns_of(["/a/*", "/a/*/b", "/a/x", "/b", "/b/c"]) == ("/a/*", "/b", "/b/c")


def test_a_pattern_takes_the_place_of_what_it_covers_whatever_is_longer() -> None:
    assert patterns_of(["/", "/*"]) == ("/*",)
    assert patterns_of(["/a/*", "/a/b", "/a/*/c", "/ab"]) == ("/a/*", "/ab")
    assert patterns_of(["/*/x", "/*/x/*/x"]) == ("/*/x",)


@pytest.mark.parametrize(
    ("who", "path", "words"),
    [
        ("assumed-role/AWSReservedSSO_Admin_0123456789abcdef/ana", "/a", "a path that no session tells"),
        ("assumed-role/AWSServiceRoleForECS/x", "/a", "a path that no session tells"),
        ("assumed-role/app/x", "", "its path is none"),
        ("assumed-role/app/x", "-", "its path is none"),
        ("assumed-role/app/x", "a", "its path is none"),
    ],
)
def test_what_no_statement_would_let_in_is_left_out_and_told(who: str, path: str, words: str) -> None:
    evidence = Evidence()
    data = {
        "serviceArn": "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0123456789abcdef0",
        "resolvedUser": f"arn:aws:sts::111122223333:{who}",
        "requestMethod": "GET",
        "requestPath": path,
    }
    evidence.add(Lattice().read(data))
    assert not evidence.seen
    assert [words in reason for reason in evidence.left_out] == [True]


def test_each_path_method_and_caller_has_its_evidence() -> None:
    evidence = Evidence()
    for who, method, path in (
        *[("app", "GET", f"/a/{n}") for n in (1, 2)],
        *[("app", "PUT", path) for path in ("/a/3", "/b")],
        *[("ops", method, path) for method in ("GET", "PUT") for path in ("/a/1", "/b")],
        ("app", "GET", "/b"),
    ):
        data = {
            "serviceArn": "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0123456789abcdef0",
            "resolvedUser": f"arn:aws:sts::111122223333:assumed-role/{who}/x",
            "requestMethod": method,
            "requestPath": path,
        }
        evidence.add(Lattice().read(data))
    text = suggestion(evidence)
    assert "/// 9 records." in text
    assert "/// By path: /a/* 5, /b 4." in text
    assert "/// By method: GET 5, PUT 4." in text
    assert '/// By caller: role(account_111122223333, "app") 5, role(account_111122223333, "ops") 4.' in text
