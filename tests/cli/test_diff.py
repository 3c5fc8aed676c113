"""`policyc diff` from the command line: worked changes with what a reviewer has to be told, statuses, formats, revisions, wrong use.

Expectations derive from IAM's evaluation logic (IAM evaluation reference, sections 3 to 8).
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from policyc.__main__ import main
from policyc.data import read_text

APP, OPS = "arn:aws:iam::111122223333:role/app", "arn:aws:iam::111122223333:role/ops"
READ = {
    "Sid": "Read",
    "Effect": "Allow",
    "Principal": {"AWS": APP},
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::b/*",
    "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
}
TLS = {
    "Sid": "Tls",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "*",
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def without(statement: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in statement.items() if name not in names}


@pytest.fixture
def diff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Compare two lists of statements; the status and the report as data."""
    monkeypatch.chdir(tmp_path)

    def run(old: list[Any], new: list[Any], *words: str) -> tuple[int, dict[str, Any]]:
        for name, statements in (("old.json", old), ("new.json", new)):
            Path(name).write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}), encoding="utf-8")
        status = main(["diff", "old.json", "new.json", "--format", "json", *words])
        written = capsys.readouterr()
        assert not written.err
        data = json.loads(written.out)
        Draft202012Validator(json.loads(read_text("schemas/changes.schema.json"))).validate(data)
        return status, data

    return run


def told(data: dict[str, Any]) -> list[tuple[str, str]]:
    return [(entry["change"], entry["statement"]) for item in data["documents"] for entry in item["changes"]]


def test_an_organization_condition_lost(diff: Any) -> None:
    status, data = diff([READ], [without(READ, "Condition")])
    assert (status, told(data)) == (1, [("newly allowed", "Read")])
    (entry,) = data["documents"][0]["changes"]
    assert entry["because"] == ["`Read` lost the condition `StringEquals aws:PrincipalOrgID: o-a1b2c3d4e5`"]
    assert (entry["who"], entry["what"], entry["where"]) == ([APP], ["s3:GetObject"], ["arn:aws:s3:::b/*"])
    assert (entry["old"], entry["new"]) == ("implicit deny", "allow")
    assert {item["part"]: item["value"] for item in entry["witness"]}["action"] == "s3:GetObject"


def granted(sid: str, *names: str) -> dict[str, Any]:
    """A statement of a function's policy, of which all others say the same but for who."""
    who = [f"arn:aws:iam::111122223333:role/{name}" for name in names]
    function = "arn:aws:lambda:us-west-2:111122223333:function:f"
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"AWS": who},
        "Action": "lambda:InvokeFunction",
        "Resource": function,
    }


@pytest.mark.parametrize(
    ("old", "new", "because"),
    [
        # what was one statement is several, of which each has a twin of its own or none
        ([granted("A", "x", "y")], [granted("P", "x"), granted("Q", "y"), granted("R", "z")], "`R` (allow) is new"),
        # the statement of the same label is the twin, so that it is nobody else's
        ([granted("A", "x"), granted("B", "y")], [granted("B", "x"), granted("C", "z")], "`C` (allow) is new"),
        ([granted("A", "x"), granted("B", "y")], [granted("C", "y", "z"), granted("D", "x")], f"`C` got the principal `{APP.replace('app', 'z')}`"),
    ],
)  # fmt: skip
def test_each_statement_has_one_twin(diff: Any, old: list[Any], new: list[Any], because: str) -> None:
    _, found = diff(old, new, "--as", "function")
    (gained,) = (item for item in found["documents"][0]["changes"] if item["change"] == "newly allowed")
    assert gained["because"] == [because]


def test_only_what_is_new_of_a_list_is_named(diff: Any) -> None:
    wider = {**READ, "Action": ["s3:GetObject", "s3:Put*", "s3:DeleteObject"], "Principal": {"AWS": [APP, OPS]}}
    _, data = diff([{**READ, "Action": ["s3:GetObject"], "Principal": {"AWS": [APP, OPS]}}], [wider])
    (entry,) = data["documents"][0]["changes"]
    assert entry["what"] == ["s3:Put*", "s3:DeleteObject"]
    assert entry["who"] == [APP, OPS]


@pytest.mark.parametrize(
    ("operator", "old", "new", "shown"),
    [
        (
            "StringEquals",
            "o-a1b2c3d4e5",
            ["o-a1b2c3d4e5", "o-b1b2c3d4e5", "o-c1b2c3d4e5"],
            "o-b1b2c3d4e5, o-c1b2c3d4e5",
        ),
        ("StringLike", "o-a*", ["o-*", "o-a1*"], "o-*"),
        ("StringEqualsIfExists", ["o-a1b2c3d4e5"], ["o-a1b2c3d4e5", "o-b1b2c3d4e5"], "o-b1b2c3d4e5"),
        # a list of what is kept out is one condition
        (
            "StringNotEquals",
            ["o-a1b2c3d4e5", "o-b1b2c3d4e5"],
            ["o-a1b2c3d4e5", "o-c1b2c3d4e5"],
            "o-a1b2c3d4e5, o-c1b2c3d4e5",
        ),
    ],
)
def test_only_what_is_new_of_the_values_is_named(diff: Any, operator: str, old: Any, new: Any, shown: str) -> None:
    sides = [[{**READ, "Condition": {operator: {"aws:PrincipalOrgID": values}}}] for values in (old, new)]
    _, data = diff(*sides)
    entry = next(item for item in data["documents"][0]["changes"] if item["change"] == "newly allowed")
    assert entry["conditions"] == [f"{operator} aws:PrincipalOrgID: {shown}"]


def test_a_wildcard_widened(diff: Any) -> None:
    _, data = diff([READ], [{**READ, "Resource": "arn:aws:s3:::b*"}])
    assert told(data) == [("newly allowed", "Read")]
    witness = {item["part"]: item["value"] for item in data["documents"][0]["changes"][0]["witness"]}
    assert witness["resource"].startswith("arn:aws:s3:::b") and not witness["resource"].startswith("arn:aws:s3:::b/")


def test_a_deny_removed_and_added(diff: Any) -> None:
    _, data = diff([READ, TLS], [READ])
    assert told(data) == [("newly allowed", "Read"), ("no longer blocked", "Tls")]
    assert data["documents"][0]["changes"][0]["other_statement"] == "Tls"
    _, data = diff([READ], [READ, TLS])
    assert told(data) == [("newly denied", "Read"), ("newly blocked", "Tls")]


def test_fail_on_allow_minds_new_access_only(diff: Any) -> None:
    assert diff([READ, TLS], [READ], "--fail-on", "allow")[0] == 1
    assert diff([READ], [READ, TLS], "--fail-on", "allow")[0] == 0
    assert diff([READ], [READ, TLS])[0] == 1


@pytest.mark.parametrize(
    ("operator", "key", "value", "change"),
    [
        # a key has values of its kind only, also where it is tested as text: no text beside them shows a change
        ("StringLike", "aws:CurrentTime", "2024-*", "newly allowed"),
        ("StringLike", "aws:CurrentTime", "*T12:*Z", "newly allowed"),
        ("StringLike", "aws:CurrentTime", "never*", ""),
        ("StringEquals", "aws:CurrentTime", "today", ""),
        ("StringNotLike", "aws:CurrentTime", "2*", "newly allowed"),
        ("StringLike", "aws:SourceIp", "10.1.*", "newly allowed"),
        ("StringLike", "aws:SourceIp", "example*", ""),
        ("StringLike", "s3:max-keys", "1*", "newly allowed"),
        ("StringEquals", "s3:max-keys", "many", ""),
    ],
)
def test_a_key_tested_as_text_keeps_its_kind(diff: Any, operator: str, key: str, value: str, change: str) -> None:
    status, data = diff([TLS], [TLS, {**READ, "Condition": {operator: {key: value}}}], "--as", "bucket")
    assert (status, told(data)) == ((1, [(change, "Read")]) if change else (0, []))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([READ, TLS], [TLS, READ]),
        ([READ], [{**READ, "Resource": ["arn:aws:s3:::b/", "arn:aws:s3:::b/?*"]}]),
        ([{**READ, "Action": "*"}], [{**READ, "Action": "s3:*"}]),
        ([{**READ, "Action": "s3:GETOBJECT"}], [READ]),
        ([{**READ, "Principal": {"AWS": [APP, OPS]}}], [READ, {**READ, "Sid": "Ops", "Principal": {"AWS": OPS}}]),
        (
            [{**READ, "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}],
            [{**READ, "Condition": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/9", "10.128.0.0/9"]}}}],
        ),
        (
            [{**READ, "Principal": "*", "Condition": {"ArnEquals": {"aws:PrincipalArn": APP}}}],
            [{**READ, "Principal": {"AWS": "*"}, "Condition": {"StringLike": {"aws:PrincipalArn": APP}}}],
        ),
        (
            [{**READ, "Condition": {"StringLike": {"aws:PrincipalTag/team": "${aws:PrincipalTag/unit}-*"}}}, TLS],
            [TLS, {**READ, "Condition": {"StringLike": {"aws:PrincipalTag/team": "${aws:PrincipalTag/unit}-*"}}}],
        ),
    ],
)
def test_the_same_for_all_requests(diff: Any, old: list[Any], new: list[Any]) -> None:
    status, data = diff(old, new, "--as", "bucket")
    assert (status, data["same"]) == (0, True)


def test_a_star_inside_is_no_cover_of_another(diff: Any) -> None:
    """`b/a*` holds more than `b/a?`, though the text of the first fits the second."""
    old, new = {**READ, "Resource": "arn:aws:s3:::b/a?"}, {**READ, "Resource": "arn:aws:s3:::b/a*"}
    assert told(diff([old], [new])[1]) == [("newly allowed", "Read")]


def test_arn_like_stops_at_colons_and_string_like_does_not(diff: Any) -> None:
    def by(operator: str) -> dict[str, Any]:
        return {**READ, "Condition": {operator: {"aws:SourceArn": "arn:aws:sns:*:111122223333:t"}}}

    status, data = diff([by("ArnLike")], [by("StringLike")])
    assert (status, told(data)) == (1, [("newly allowed", "Read")])


def test_policy_variables_are_tried_with_values(diff: Any) -> None:
    identity = without(READ, "Principal", "Condition")
    old, new = (
        {**identity, "Resource": "arn:aws:s3:::b/${aws:username}/*"},
        {**identity, "Resource": "arn:aws:s3:::b/*"},
    )
    status, data = diff([old], [new])
    assert (status, told(data), data["settled"]) == (1, [("newly allowed", "Read")], True)


SERVICE = "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890"
GET = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
INVOKE = {**GET, "Action": "vpc-lattice-svcs:Invoke", "Resource": f"{SERVICE}/*"}
OWN = without(GET, "Principal")
TAGGED = {"StringEquals": {"aws:ResourceTag/p": "${aws:PrincipalTag/p}"}}
BY_PATH = {"Condition": {"StringLike": {"vpc-lattice-svcs:RequestPath": "/a/*"}}}
NO_VPCE = {"aws:SourceVpce": "vpce-1"}
BEFORE_2026 = {"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}


def epoch(operator: str, value: object) -> dict[str, Any]:
    return {operator: {"aws:EpochTime": str(value)}}


@pytest.mark.parametrize(
    ("kind", "old", "new", "changes"),
    [
        # what a variable stands for is some text, which the request has: sections 5.4 and 5.5 of the IAM evaluation reference
        (
            "identity",
            {**OWN, "Resource": "arn:aws:s3:::b/${aws:PrincipalTag/T}"},
            {**OWN, "Resource": "arn:aws:s3:::b/${aws:principaltag/t}"},
            [],
        ),
        ("identity", {**OWN, "Resource": "arn:aws:s3:::b/${aws:username}/*"}, OWN, ["newly allowed"]),
        (
            "identity",
            {**OWN, "Condition": TAGGED},
            {**OWN, "Condition": {**TAGGED, "Null": {"aws:PrincipalTag/p": "false"}}},
            [],
        ),
        # the path of a request is the end of its resource, and the bare ARN is no resource of `Invoke`: Lattice reference, section 1
        ("auth-policy", {**INVOKE, **BY_PATH}, {**INVOKE, "Resource": f"{SERVICE}/a/*"}, []),
        ("auth-policy", INVOKE, {**INVOKE, "Resource": SERVICE}, ["newly denied"]),
        ("auth-policy", INVOKE, {**INVOKE, "Condition": {"Null": {"vpc-lattice-svcs:RequestMethod": "false"}}}, []),
        # a negated operator is true of an absent key with `IfExists` and without
        (
            "bucket",
            {**GET, "Condition": {"StringNotEqualsIfExists": NO_VPCE}},
            {**GET, "Condition": {"StringNotEquals": NO_VPCE}},
            [],
        ),
        # `aws:EpochTime` is `aws:CurrentTime` in seconds: 1767225600 is the start of 2026 (sections 8.3 and 9)
        ("bucket", {**GET, "Condition": BEFORE_2026}, {**GET, "Condition": epoch("NumericLessThan", 1767225600)}, []),
        ("bucket", {**GET, "Condition": BEFORE_2026}, {**GET, "Condition": epoch("DateLessThan", "2026-01-01")}, []),
        (
            "bucket",
            {**GET, "Condition": BEFORE_2026},
            {**GET, "Condition": epoch("NumericLessThanEquals", 1767225600)},
            ["newly allowed"],
        ),
        (
            "bucket",
            {**GET, "Condition": {**BEFORE_2026, **epoch("NumericGreaterThan", 1767225600)}},
            {**GET, "Condition": {"Bool": {"aws:SecureTransport": "none"}}},
            [],
        ),
        (
            "bucket",
            {**GET, "Condition": {"DateLessThan": {"aws:CurrentTime": "-1"}}},
            {**GET, "Condition": epoch("NumericLessThan", -1.5)},
            [],
        ),
        (
            "bucket",
            {**GET, "Condition": {"IpAddress": {"aws:SourceIp": ["0.0.0.0/0", "::/0"]}}},
            GET,
            ["newly allowed"],
        ),
    ],
)
def test_judged_by_hand(diff: Any, kind: str, old: Any, new: Any, changes: list[str]) -> None:
    data = diff([old], [new], "--as", kind)[1]
    assert ([name for name, _ in told(data)], data["settled"]) == (changes, True)


def test_what_is_not_understood_is_not_settled(diff: Any) -> None:
    status, data = diff(
        [{**READ, "Resource": "arn:aws:s3:::${bucket.name}/*"}], [{**READ, "Resource": "arn:aws:s3:::b/*"}]
    )
    assert status in (1, 11)
    # two tests that are not understood are not one
    for one, other in (
        ({"NumericEquals": {"aws:PrincipalAccount": "1"}}, {"NumericEquals": {"aws:PrincipalAccount": "2"}}),
        ({"StringLike": {"aws:EpochTime": "17*"}}, {"StringLike": {"aws:EpochTime": "18*"}}),
        ({"StringEquals": {"aws:userid": "${s3:x}*"}}, {"StringLike": {"aws:userid": "${s3:x}*"}}),
    ):
        assert not diff([{**GET, "Condition": one}], [{**GET, "Condition": other}], "--as", "bucket")[1]["same"]
    mixed = {
        **READ,
        "Condition": {"NumericLessThan": {"s3:max-keys": "10"}, "DateLessThan": {"s3:max-keys": "2020-01-01"}},
    }
    status, data = diff([mixed], [{**mixed, "Resource": "arn:aws:s3:::c/*"}])
    assert (status, data["settled"], data["same"]) == (11, False, False)
    assert "tested as" in data["documents"][0]["open"][0]


def test_wrong_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.json").write_text('{"Statement": []}', encoding="utf-8")
    Path("bad.json").write_text("{", encoding="utf-8")
    Path("odd.json").write_text("{}", encoding="utf-8")
    for words in (
        ["a.json"],
        ["a.json", "nothing.json"],
        ["a.json", "bad.json"],
        ["a.json", "odd.json"],
        ["..", "a.json"],
    ):
        assert main(["diff", *words]) == 2, words
        assert "error" in capsys.readouterr().err


def git(*words: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *words], check=True, capture_output=True
    )


POLICY = """
let shop: account = "111122223333"
let org: org_id = "o-a1b2c3d4e5"
resource mesh: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, auth: aws_iam }
policy mesh_auth for lattice on mesh {
  allow "readers" { who authenticated  can GET  when aws.PrincipalOrgID == org }
}
"""


def test_revisions_and_built_documents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "shop" / "mesh.policy"
    file.parent.mkdir()
    file.write_text(POLICY, encoding="utf-8")
    (tmp_path / "policyc.toml").write_text('[project]\npaths = ["shop"]\n', encoding="utf-8")
    (tmp_path / "copy").mkdir()  # no part of the project: two policies of one name would be an error
    (tmp_path / "copy" / "mesh.policy").write_text(POLICY, encoding="utf-8")
    git("init", "-q", ".")
    git("add", "-A")
    git("commit", "-qm", "one")
    assert main(["build", "-q"]) == 0
    assert main(["diff", "out", "."]) == 0
    file.write_text(POLICY.replace(" when aws.PrincipalOrgID == org", ""), encoding="utf-8")
    assert main(["diff", "out", "."]) == 1
    for words in (["HEAD:", "."], ["HEAD:shop", "shop"], ["HEAD.."]):
        capsys.readouterr()
        assert main(["diff", *words]) == 1, words
        assert "aws:PrincipalOrgID" in capsys.readouterr().out
    git("commit", "-qam", "two")
    assert main(["diff", "HEAD..HEAD"]) == 0
    assert main(["diff", "HEAD~1..HEAD", "--format", "markdown"]) == 1
    assert "newly allowed" in capsys.readouterr().out
    assert main(["diff", "HEAD..HEAD~1", "--fail-on", "allow"]) == 0
    assert main(["diff", "nowhere..HEAD"]) == 2
    # what `HEAD` has beyond the branch that left before it is no change of that branch
    git("branch", "side", "HEAD~1")
    assert main(["diff", "side..HEAD"]) == 1
    assert main(["diff", "side...HEAD"]) == 1
    assert main(["diff", "HEAD..side", "--fail-on", "change"]) == 1
    capsys.readouterr()
    assert main(["diff", "HEAD...side", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["old"] == "HEAD...side:"
    assert main(["diff", "HEAD...nowhere"]) == main(["diff", "...HEAD"]) == 2


def test_a_document_that_goes_denies_what_it_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for side in ("a", "b"):
        (tmp_path / side).mkdir()
        (tmp_path / side / "one.json").write_text(
            json.dumps({"Version": "2012-10-17", "Statement": [READ]}), encoding="utf-8"
        )
    (tmp_path / "a" / "two.json").write_text(
        json.dumps({"Version": "2012-10-17", "Statement": [READ]}), encoding="utf-8"
    )
    assert main(["diff", "a", "b"]) == 1
    out = capsys.readouterr().out
    assert "two.json (bucket, removed)" in out and "newly denied" in out
    assert "one.json" not in out


def test_networks_are_compared_by_their_own_means(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    network: dict[str, Any] = {
        "version": "2021.12",
        "core-network-configuration": {"asn-ranges": ["64512-64555"], "edge-locations": [{"location": "us-east-1"}]},
        "segments": [{"name": "prod"}],
    }
    Path("old.json").write_text(json.dumps(network), encoding="utf-8")
    Path("new.json").write_text(
        json.dumps({**network, "segments": [{"name": "prod", "isolate-attachments": True}]}), encoding="utf-8"
    )
    assert main(["diff", "old.json", "new.json"]) == 1
    assert "prod" in capsys.readouterr().out
    assert main(["diff", "old.json", "old.json"]) == 0


MESH = """
let shop: account = "111122223333"
let org: org_id = "o-a1b2c3d4e5"
resource web: lattice.service_network {{ id: "sn-0a1b2c3d4e5f67890", at: shop/us-west-2, auth: {auth} }}
resource stock: lattice.service {{ id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, network: web, auth: aws_iam }}
policy web_guard for lattice on web {{
  allow "members" {{ who authenticated  when aws.PrincipalOrgID == org }}
}}
policy stock_auth for lattice on stock {{
  allow "readers" {{ who {who}  can GET }}
}}
"""


def test_the_whole_way_to_a_service_is_one_decision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A service that opens to everybody lets in only whom its network lets in: every gate has to allow (VPC Lattice's guide)."""
    monkeypatch.chdir(tmp_path)
    role = 'role("111122223333", "app")'
    variants = {"old": ("aws_iam", role), "wide": ("aws_iam", "authenticated"), "open": ("none", role)}
    for name, (auth, who) in variants.items():
        (tmp_path / name).mkdir()
        text = MESH.format(auth=auth, who=who)
        if auth == "none":  # a policy on a network without auth is a mistake
            text = text.split("policy web_guard")[0] + "policy stock_auth" + text.split("policy stock_auth")[1]
        (tmp_path / name / "mesh.policy").write_text(text, encoding="utf-8")
    assert main(["diff", "old", "wide", "--format", "json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)["documents"]
    assert (found["name"], found["kind"]) == ("stock", "lattice.service")
    (entry,) = found["changes"]
    witness = {item["part"]: item["value"] for item in entry["witness"]}
    assert entry["change"] == "newly allowed" and witness["aws:PrincipalOrgID"] == "o-a1b2c3d4e5"
    assert main(["diff", "old", "wide", "--document", "--format", "json"]) == 1
    alone = json.loads(capsys.readouterr().out)["documents"]
    witness = {item["part"]: item["value"] for item in alone[0]["changes"][0]["witness"]}
    assert alone[0]["name"] == "lattice/stock_auth.json" and "aws:PrincipalOrgID" not in witness
    assert main(["diff", "old", "open"]) == 1  # the network asks nobody any more
    assert "newly allowed" in capsys.readouterr().out


def test_many_questions_about_a_set_are_told_apart(diff: Any) -> None:
    def some(number: int) -> dict[str, Any]:
        return {**READ, "Sid": f"S{number}", "Condition": {"ForAnyValue:StringLike": {"aws:TagKeys": f"k{number}*"}}}

    listed = [some(number) for number in range(12)]
    assert diff(listed, listed[::-1])[1]["same"]
    together = {
        **READ,
        "Condition": {"ForAnyValue:StringLike": {"aws:TagKeys": [f"k{number}*" for number in range(12)]}},
    }
    assert diff(listed, [together])[1]["same"]
    assert told(diff(listed[1:], [together])[1]) == [("newly allowed", "Read")]


def test_no_input_runs_away(diff: Any) -> None:
    """A number that no memory holds, and patterns whose automaton is large: an answer or none, within the budget."""
    huge = {**READ, "Condition": {"NumericLessThan": {"s3:max-keys": "1e999999999"}}}
    status, data = diff([huge], [READ])
    assert (status, data["settled"]) == (11, False)
    assert "too large" in data["documents"][0]["open"][0]
    many = ["arn:aws:s3:::b/*a" + "?" * 8, "arn:aws:s3:::b/*b" + "?" * 7]
    other = ["arn:aws:s3:::b/*a" + "?" * 7 + end for end in "ab"]
    assert diff([{**READ, "Resource": many}], [{**READ, "Resource": other}])[0] in (1, 11)


def test_an_account_and_its_role_are_granted_different_things(diff: Any) -> None:
    """An allow that names the account leaves it to the role's own policies, one that names the role does not (section 10.2)."""
    account = {**without(READ, "Condition"), "Principal": {"AWS": "111122223333"}}
    both = [account, {**account, "Sid": "Role", "Principal": {"AWS": APP}}]
    status, data = diff([account], both)
    assert (status, told(data)) == (1, [("newly granted", "Role")])
    (found,) = data["documents"][0]["changes"]
    assert (found["old"], found["new"]) == ("allow if the caller's own policies do", "allow within the caller's limits")
    assert told(diff(both, [account])[1]) == [("no longer granted", "Role")]
    assert diff([account], both, "--fail-on", "allow")[0] == 1
    session = {"AWS": "arn:aws:sts::111122223333:assumed-role/app/s"}
    found = diff([both[1]], [both[1], {**both[1], "Sid": "Session", "Principal": session}])[1]
    # the ARN of a session leaves out the path of its role, so it may be one of another role
    assert told(found) == [("newly allowed", "Session"), ("newly granted", "Session")]


def test_an_auth_policy_leaves_it_to_the_caller_anyway(diff: Any) -> None:
    account = {
        "Effect": "Allow",
        "Principal": {"AWS": "111122223333"},
        "Action": "vpc-lattice-svcs:Invoke",
        "Resource": "*",
    }
    status, _ = diff([account], [account, {**account, "Principal": {"AWS": APP}}], "--as", "auth-policy")
    assert status == 0


def test_a_deny_that_many_allows_meet_is_told_after_a_few(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Three of the allows with what they lose, the others as one class; together they are all that changed."""
    allows = [
        {
            "Sid": f"Team{at}",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::111122223333:role/team{at}"},
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::b/{at}/*",
        }
        for at in range(9)
    ]
    deny = {
        "Sid": "Tls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    for name, statements in (("old", allows), ("new", [*allows, deny])):
        text = json.dumps({"Version": "2012-10-17", "Statement": statements})
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    words = ["diff", "--root", str(tmp_path), str(tmp_path / "old.json"), str(tmp_path / "new.json")]
    assert main([*words, "--format", "json"]) == 1
    (document,) = json.loads(capsys.readouterr().out)["documents"]
    denied = [item for item in document["changes"] if item["change"] == "newly denied"]
    assert len(denied) == 4
    assert denied[-1]["where"] == ["arn:aws:s3:::b/*"]


def test_causes_are_told_by_what_they_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A condition that got other values and one that is gone are two causes; what widens an allow is no cause of a refusal."""
    allow: dict[str, Any] = {
        "Sid": "Read",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::b/*",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5", "aws:SourceVpc": "vpc-0a1b2c3d"}},
    }
    deny = {
        "Sid": "Tls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    wider = {
        **allow,
        "Principal": {"AWS": ["arn:aws:iam::111122223333:role/app", "arn:aws:iam::111122223333:role/ops"]},
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": ["o-a1b2c3d4e5", "o-bbbbbbbbbb"]}},
    }
    for name, statements in (("old", [allow]), ("new", [wider, deny])):
        text = json.dumps({"Version": "2012-10-17", "Statement": statements})
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    words = ["diff", "--root", str(tmp_path), str(tmp_path / "old.json"), str(tmp_path / "new.json")]
    assert main([*words, "--format", "json"]) == 1
    (document,) = json.loads(capsys.readouterr().out)["documents"]
    causes = {item["change"]: item["because"] for item in document["changes"]}
    assert causes["newly denied"] == ["`Tls` (deny) is new"]
    assert causes["newly allowed"][1:] == [
        "`Read` got the value `o-bbbbbbbbbb` in `StringEquals aws:PrincipalOrgID`",
        "`Read` lost the condition `StringEquals aws:SourceVpc: vpc-0a1b2c3d`",
    ]
