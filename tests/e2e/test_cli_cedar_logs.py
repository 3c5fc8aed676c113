"""Access log records on the command line: several of them, an endpoint of the project in place of texts, notes that matter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.running import Run

PROJECT = """\
group engineering = oidc_group("engineering")
resource staff: verified_access.group { trust: { idp: oidc }, references: { idp: "corp-idp" } }
resource wiki: verified_access.endpoint { group: staff, protocol: https, domain: "wiki.example.com" }
resource bare: verified_access.endpoint { group: staff, protocol: https }
policy staff_in for verified_access on staff { allow "engineers" { when engineering in idp.groups } }
policy wiki_in for verified_access on wiki { allow "reads" { when http_request.http_method == GET } }
"""
ENGINEERS = """\
permit (principal, action, resource)
when { context has idp && context.idp has groups && context.idp.groups.contains("engineering") };
"""


def entry(groups: list[str], code: str = "100", method: str = "GET", provider: str = "idp") -> dict[str, Any]:
    """A record as AWS's page on OCSF 1.0.0-rc.2 shows one, with trust context."""
    return {
        "class_uid": "3006",
        "status_code": code,
        "http_request": {"http_method": method, "url": {"hostname": "wiki.example.com", "path": "/", "port": 443}},
        "src_endpoint": {"ip": "192.0.2.7"},
        "data": {
            "context": {
                provider: {"email": "ana@example.com", "groups": groups},
                "http_request": {"http_method": method, "hostname": "wiki.example.com", "port": "443"},
            }
        },
    }


@pytest.fixture
def run(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "200")
    return run


def save(name: str, data: object) -> str:
    Path(name).write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return name


def lines(*records: object) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


AGREED = (entry(["engineering"]), entry(["sales"], "300"))


@pytest.mark.parametrize("text", [lines(*AGREED), json.dumps(list(AGREED)), "\n" + lines(*AGREED) + "\n"])
def test_each_record_has_an_answer(run: Any, text: str) -> None:
    save("g.cedar", ENGINEERS)
    words = ("simulate", "--group-policy", "g.cedar", "--log", save("log.jsonl", text))
    ran = run(*words)
    assert ran.status == 0
    assert "record 1: allow" in ran.out and "record 2: deny" in ran.out
    assert ran.out.endswith("2 records: 2 as the log says\n")
    data = json.loads(run(*words, "--format", "json").out)
    assert [(item["record"], item["log"], item["decision"]) for item in data["records"]] == [
        (1, "allow", "allow"),
        (2, "deny", "deny"),
    ]


def test_what_differs_from_the_log_is_exit_1_and_what_is_open_11(run: Any) -> None:
    save("g.cedar", ENGINEERS)
    words = ("simulate", "--group-policy", "g.cedar", "--log")
    ran = run(*words, save("log.jsonl", lines(entry(["sales"], "100"), *AGREED)))
    assert ran.status == 1 and "3 records: 2 as the log says, 1 not as the log says" in ran.out
    off = {**entry(["engineering"]), "data": None}
    ran = run(*words, save("log.jsonl", lines(off, *AGREED)))
    assert ran.status == 11 and "1 undecided" in ran.out


def test_records_that_no_policy_decided_are_skipped_aloud(run: Any) -> None:
    save("g.cedar", ENGINEERS)
    words = ("simulate", "--group-policy", "g.cedar", "--log")
    ran = run(*words, save("log.jsonl", lines(entry([], "800"), *AGREED)))
    assert ran.status == 0 and "3 records: 2 as the log says, 1 skipped" in ran.out
    assert "log.jsonl:1:1:" in ran.err and "still logging in" in ran.err
    ran = run(*words, save("log.jsonl", lines(entry([], "800"), entry([], "200"))))
    assert ran.status == 2


def test_a_line_that_is_no_json_is_told_at_its_place(run: Any) -> None:
    save("g.cedar", ENGINEERS)
    ran = run("simulate", "--group-policy", "g.cedar", "--log", save("log.jsonl", lines(*AGREED) + "{oops\n"))
    assert ran.status == 2 and "log.jsonl:3" in ran.err


@pytest.mark.parametrize(
    ("groups", "method", "status", "gate"),
    [(["engineering"], "GET", 0, ""), (["sales"], "GET", 10, "staff_in"), (["engineering"], "POST", 10, "wiki_in")],
)
def test_a_declared_endpoint_is_asked_with_the_projects_texts(
    run: Any, groups: list[str], method: str, status: int, gate: str
) -> None:
    save("p.policy", PROJECT)
    record = save("r.json", entry(groups, "100" if status == 0 else "300", method, "corp-idp"))
    ran = run("simulate", "wiki", "--log", record)
    assert ran.status == status
    assert gate in ran.out and "as the policies do" in ran.out


def test_what_is_no_endpoint_or_has_other_words_is_refused(run: Any) -> None:
    save("p.policy", PROJECT)
    record = save("r.json", entry(["engineering"]))
    assert run("simulate", "staff", "--log", record).status == 2
    assert "did you mean `wiki`" in run("simulate", "wikki", "--log", record).err
    assert "--can" in run("simulate", "wiki", "--log", record, "--can", "GET").err
    assert run("simulate", "--log", record).status == 2


def test_only_what_a_text_reads_is_noted(run: Any) -> None:
    record = save("r.json", entry(["engineering"]))
    save("g.cedar", ENGINEERS)
    ran = run("simulate", "--group-policy", "g.cedar", "--log", record)
    assert "http_request.path" not in ran.out and "client_ip" not in ran.out
    save("g.cedar", 'permit (principal, action, resource) when { context.http_request.path == "/" };')
    ran = run("simulate", "--group-policy", "g.cedar", "--log", record)
    assert "`http_request.path` is taken from the record's" in ran.out and "client_ip" not in ran.out
    save("g.cedar", 'permit (principal, action, resource) when { context.http_request.http_method == "GET" };')
    ran = run("simulate", "--group-policy", "g.cedar", "--log", save("r.json", {**entry([]), "data": None}))
    assert "IncludeTrustContext" not in ran.out, "the text reads no trust data"


# --- claims and groups ----------------------------------------------------------------------------------------------


def test_a_sample_of_claims_by_flag_and_by_comment(run: Any) -> None:
    save("claims.json", {"sub": "u1", "level": "gold"})
    save("g.cedar", 'permit (principal, action, resource) when { context.idp.level == "gold" };')
    assert run("check", "g.cedar", "--claims", "idp=claims.json").status == 0
    text = (
        '// policyc: claims idp=claims.json\npermit (principal, action, resource) when { context.idp.levl == "gold" };'
    )
    ran = run("check", save("h.cedar", text), "--format", "concise")
    assert ran.status == 1 and "claim-not-in-sample" in ran.out
    ran = run("check", save("h.cedar", text.replace("=claims.json", "=../claims.json")))
    assert ran.status == 1 and "outside-root" in ran.out
    assert run("check", "g.cedar", "--claims", "idp=missing.json").status == 2


def test_kinds_that_a_sample_tells_make_answers_definite(run: Any) -> None:
    """AWS's samples alone show that `email_verified` is true or false, so text is possible until the user's own sample says so."""
    save("claims.json", {"email_verified": True})
    save("c.json", {"idp": {"email": "ana@example.com"}})
    flag = "context.idp.email_verified"
    save(
        "g.cedar",
        f"// policyc: trust idp=oidc\npermit (principal, action, resource) when {{ {flag} == true || {flag} == false }};",
    )
    words = ("simulate", "--group-policy", "g.cedar", "--context", "c.json", "--unknown", "idp.email_verified")
    assert run(*words).status == 11
    assert run(*words, "--claims", "idp=claims.json").status == 0


def test_the_matrix_notes_groups_that_nobody_declares(run: Any) -> None:
    save("p.policy", PROJECT)
    people = {"users": {"ana": {"idp.groups": ["enginering"]}, "bo": {"idp.groups": ["engineering", "chess"]}}}
    ran = run("matrix", save("users.json", people))
    assert ran.status == 0
    assert "no file declares a group `enginering`" in ran.err and "did you mean `engineering`?" in ran.err
    assert "no file declares the group `chess`" in ran.err
    assert (
        "undeclared-group"
        not in run("matrix", save("users.json", {"users": {"bo": {"idp.groups": ["engineering"]}}})).err
    )
