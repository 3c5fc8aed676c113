"""`simulate` of raw JSON documents without any policy file: who may, why not, and on which switch it hangs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from policyc.__main__ import main
from policyc.data import read_text
from tests.cli.raw_documents import AWAY, BUCKET, HOME, INVOKE, NETWORK, ORG, ROLE, SERVICE, allow, asked, outcome, save
from tests.running import Run

# --- simulate: IAM ----------------------------------------------------------------------------------------------


READ = ("--action", "s3:GetObject", "--resource-arn", f"{BUCKET}/cats/1.jpg", "--resource-account", HOME)
GET = allow("s3:GetObject", f"{BUCKET}/*")
TO_ROLE = allow("s3:GetObject", f"{BUCKET}/*", {"AWS": ROLE})
NO = allow("s3:*", "*", None, None, "Deny")
ALL = allow("*")
STRANGER, NO_IDENTITY = f"arn:aws:iam::{AWAY}:role/app", ("--identity", "none")
# fact, documents by role, caller, extra flags, status
IAM: list[tuple[str, dict[str, list[Any]], str, tuple[str, ...], int]] = [
    ("10.1 default deny", {}, ROLE, NO_IDENTITY, 10),
    ("nothing said of the identity policy", {}, ROLE, (), 11),
    ("10.1 identity", {"identity": [GET]}, ROLE, (), 0),
    ("10.3 resource alone", {"bucket-policy": [TO_ROLE]}, ROLE, (), 0),
    ("10.3 account delegates", {"bucket-policy": [allow("s3:*", "*", {"AWS": HOME})]}, ROLE, NO_IDENTITY, 10),
    ("10.3 delegated to what is not said", {"bucket-policy": [allow("s3:*", "*", {"AWS": HOME})]}, ROLE, (), 11),
    ("10.4 across accounts", {"bucket-policy": [allow("s3:*", "*", {"AWS": AWAY})]}, STRANGER, NO_IDENTITY, 10),
    ("10.4 other side not said", {"bucket-policy": [allow("s3:*", "*", {"AWS": AWAY})]}, STRANGER, (), 11),
    ("10.4 refused whatever the other side says", {}, STRANGER, (), 10),
    ("public bucket", {"bucket-policy": [allow("s3:*", "*", "*")]}, "anonymous", (), 0),
    ("public bucket, blocked", {"bucket-policy": [allow("s3:*", "*", "*")]}, "anonymous", ("--bucket-block", "on"), 10),
    ("or perhaps", {"bucket-policy": [allow("s3:*", "*", "*")]}, "anonymous", ("--bucket-block", "unknown"), 11),
    ("its own account", {"bucket-policy": [allow("s3:*", "*", "*")]}, ROLE, ("--bucket-block", "on"), 0),
    (
        "10.4 both sides",
        {"bucket-policy": [allow("s3:*", "*", {"AWS": AWAY})], "identity": [GET]},
        f"arn:aws:iam::{AWAY}:role/app",
        (),
        0,
    ),
    ("10.1 boundary", {"identity": [GET], "boundary": [allow("ec2:*")]}, ROLE, (), 10),
    ("10.1 session", {"identity": [GET], "session": [allow("ec2:*")]}, ROLE, (), 10),
    ("10.1 SCP", {"identity": [GET], "scp": [ALL, NO]}, ROLE, (), 10),
    ("10.5 SCP allows", {"identity": [GET], "scp": [ALL]}, ROLE, (), 0),
    ("10.5 RCP", {"identity": [GET], "rcp": [allow("s3:*", "*", "*", None, "Deny")]}, ROLE, (), 10),
    ("10.1 explicit deny", {"identity": [GET, NO]}, ROLE, (), 10),
    ("10.2 anonymous", {"bucket-policy": [allow("s3:GetObject", "*", "*")]}, "anonymous", (), 0),
    (
        "10.2 service",
        {"bucket-policy": [allow("s3:GetObject", "*", {"Service": "cloudfront.amazonaws.com"})]},
        "cloudfront.amazonaws.com",
        (),
        0,
    ),
    (
        "8.3 stated key",
        {"identity": [allow("s3:GetObject", "*", None, ORG)]},
        ROLE,
        ("--set", "aws:PrincipalOrgID=o-a1b2c3d4e5"),
        0,
    ),
    ("8.3 absent key", {"identity": [allow("s3:GetObject", "*", None, ORG)]}, ROLE, (), 10),
    (
        "unknown key",
        {"identity": [allow("s3:GetObject", "*", None, ORG)]},
        ROLE,
        ("--unknown", "aws:PrincipalOrgID"),
        11,
    ),
    (
        "8.3 stated absent",
        {"identity": [allow("s3:GetObject", "*", None, {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}})]},
        ROLE,
        ("--absent", "aws:SourceVpce"),
        0,
    ),
    (
        "many values",
        {"identity": [allow("s3:GetObject", "*", None, {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}})]},
        ROLE,
        ("--set", "aws:TagKeys=a", "--set", "aws:TagKeys=c"),
        10,
    ),
]


@pytest.mark.parametrize(("fact", "documents", "who", "extra", "status"), IAM, ids=[row[0] for row in IAM])
def test_iam(
    run: Run, fact: str, documents: dict[str, list[Any]], who: str, extra: tuple[str, ...], status: int
) -> None:
    ran = run("simulate", *asked(documents), *READ, "--who", who, *extra, "--format", "json")
    assert ran.status == status, ran.out + ran.err
    data = json.loads(ran.out)
    Draft202012Validator(json.loads(read_text("schemas/outcome.schema.json"))).validate(data)
    for gate in data["gates"]:
        for statement in gate["statements"]:
            assert statement["location"]["file"].endswith(".json") and statement["location"]["start"]["line"] >= 1


def test_trust_policies_and_identity_providers(run: Run) -> None:
    saml = f"arn:aws:iam::{HOME}:saml-provider/corp"
    trust = {"Effect": "Allow", "Principal": {"Federated": saml}, "Action": "sts:AssumeRoleWithSAML"}
    flags = ("--trust-policy", save("t.json", trust), "--resource-arn", ROLE)
    assert run("simulate", *flags, "--action", "sts:AssumeRoleWithSAML", "--who", saml).status == 0
    assert run("simulate", *flags, "--action", "sts:AssumeRoleWithSAML", "--who", saml + "2").status == 10
    # a trust policy has to allow even inside the account (section 11)
    whole = ("--identity", save("i.json", ALL))
    assert run("simulate", *flags, *whole, "--action", "sts:AssumeRole", "--who", ROLE).status == 10


def test_questions_that_cannot_be_asked(run: Run) -> None:
    flags = ("--identity", save("i.json", ALL))
    for argv, message in (
        ((*READ[:2],), "does not say `who`"),
        ((*READ, "--who", "bob"), "`bob` is no caller"),
        (("--action", "s3:*", *READ[2:], "--who", ROLE), "`s3:*` is not one action"),
        ((*READ[:2], "--resource-arn", "b", "--who", ROLE), "not the ARN of one resource"),
        ((*READ, "--who", ROLE, "--set", "team=a"), "no condition key"),
        ((*READ, "--who", ROLE, "--can", "GET"), "belongs to a chain"),
        ((*READ, "--who", ROLE, "--bucket-policy", "i.json"), "has no `Principal`"),
        (("--service-arn", SERVICE, "--action", "s3:GetObject", "--who", ROLE), "states what it does with `can`"),
        (("--service-arn", "arn:aws:s3:::b", "--who", ROLE), "is not the ARN for `--service-arn`"),
        (("--service-policy", save("s.json", allow(INVOKE, "*", "*")), "--who", ROLE), "needs the ARN of its service"),
    ):
        ran = run("simulate", *flags, *argv)
        assert ran.status == 2 and message in " ".join(ran.err.split()), (argv, ran.err)
    assert run("simulate", "--identity", "nowhere.json", *READ, "--who", ROLE).status == 2


# --- explaining -------------------------------------------------------------------------------------------------


def test_explain_leads_with_the_one_thing_to_change(run: Run) -> None:
    flags = (
        "--identity",
        save("i.json", {"Sid": "Read"} | allow("s3:GetObject", "*", None, ORG)),
        *READ,
        "--who",
        ROLE,
    )
    ran = run("simulate", *flags, "--explain")
    assert ran.out.startswith("change: `Read` at identity policy would allow but for its condition:")
    assert "[not] condition: aws:PrincipalOrgID is absent" in ran.out and "[matched] action:" in ran.out
    assert all(len(line) <= 80 for line in ran.out.splitlines())
    data = json.loads(run("simulate", *flags, "--explain", "--why-not", "Read", "--format", "json").out)
    Draft202012Validator(json.loads(read_text("schemas/outcome.schema.json"))).validate(data)
    assert "aws:PrincipalOrgID" in data["change"]
    [why] = data["why_not"]
    assert [reason["matched"] for reason in why["statement"]["reasons"]] == [True, True, False]
    allowed = run("simulate", *flags, "--set", "aws:PrincipalOrgID=o-a1b2c3d4e5", "--explain")
    assert allowed.status == 0 and "change:" not in allowed.out


def test_why_not_shows_every_part_with_pattern_and_value(run: Run) -> None:
    flags = (
        "--identity",
        save("i.json", {"Sid": "Read"} | allow("s3:PutObject", f"{BUCKET}/dogs/*")),
        *READ,
        "--who",
        ROLE,
    )
    ran = run("simulate", *flags, "--why-not", "Read")
    assert ran.status == 10
    assert "pattern s3:PutObject" in ran.out and "value   s3:GetObject" in ran.out and "at      i.json:7:14" in ran.out
    assert f"pattern {BUCKET}/dogs/*" in ran.out
    assert run("simulate", *flags, "--why-not", "i.json#1").status == 10
    wrong = run("simulate", *flags, "--why-not", "Reed")
    assert wrong.status == 2 and "did you mean `Read`?" in wrong.err


def test_an_undecided_answer_names_what_to_state(run: Run) -> None:
    flags = (
        "--identity",
        save("i.json", allow("s3:GetObject", "*", None, ORG)),
        *READ,
        "--who",
        ROLE,
        "--unknown",
        "*",
    )
    assert run("simulate", *flags, "--explain").out.startswith("change: state `aws:PrincipalOrgID`")


# --- switches ---------------------------------------------------------------------------------------------------


def test_switches_are_listed_set_and_named(run: Run) -> None:
    listed = run("explain", "switches").out
    for name in (
        "bare-ipv6",
        "rule-prefix",
        "identity-policy-on-access-point-alone",
        "endpoint-policy-alone",
        "filter-direction",
    ):
        assert f"  {name}: " in listed
    assert "no-match (default)" in listed and "source: " in listed
    flags = (
        "--identity",
        save("i.json", allow("s3:GetObject", "*", None, {"StringEquals": {"t:k": "a"}})),
        *READ,
        "--who",
        ROLE,
    )
    several = ("--set", "t:k=a", "--set", "t:k=b")
    ran = run("simulate", *flags, *several)
    assert ran.status == 10 and "many-values-without-prefix" in ran.out
    Path("policyc.toml").write_text('[switches]\nmany-values-without-prefix = "any"\n', encoding="utf-8")
    assert run("simulate", *flags, *several).status == 0


@pytest.mark.parametrize(
    ("text", "rule", "help"),
    [
        ('bare-ipv7 = "128"', "unknown-switch", "did you mean `bare-ipv6`?"),
        ("bare-ipv6 = 64", "unknown-choice", "`128`, `32`"),
        ('erroring-forbid = "deny"', "unknown-switch", "remove it"),
        ("bare-ipv6 = true", "invalid-setting", "policyc explain"),
    ],
)
def test_bad_switches_are_located(run: Run, text: str, rule: str, help: str) -> None:
    Path("policyc.toml").write_text(f"[switches]\n{text}\n", encoding="utf-8")
    ran = run("check", save("i.json", ALL))
    assert ran.status == 2 and f"error[{rule}]" in ran.err and "policyc.toml:2:1" in ran.err and help in ran.err


# --- a compiled document and a raw one mean the same ------------------------------------------------------------


def test_what_a_project_emits_answers_the_same_as_the_project(run: Run) -> None:
    shop = """
    let shop: account = "111122223333"
    principal app = role(shop, "app")
    resource mesh: lattice.service_network { id: "sn-0123456789abcdef0", at: shop/us-west-2, auth: aws_iam }
    resource api: lattice.service { id: "svc-0123456789abcdef0", at: shop/us-west-2, auth: aws_iam, network: mesh }
    policy guard for lattice on mesh { allow "org" { who anyone  when aws.PrincipalOrgID == "o-a1b2c3d4e5" } }
    policy api_auth for lattice on api {
      allow "read" { who app  can GET, HEAD  path "/stock/*" }
      deny "secret" { who anyone  path "/stock/secret" }
    }
    policy calls for identity on app { allow "call" { can GET, POST  on api } }
    """
    Path("shop.policy").write_text(shop, encoding="utf-8")
    assert run("build", "-q").status == 0
    raw = (
        "--service-arn",
        SERVICE,
        "--network-arn",
        NETWORK,
        "--service-policy",
        "out/lattice/api_auth.json",
        "--network-policy",
        "out/lattice/guard.json",
        "--identity",
        "out/identity/calls.json",
    )
    seen = set()
    for verb in ("GET", "HEAD", "POST"):
        for path in ("/stock/1", "/stock/secret", "/"):
            for org in ("o-a1b2c3d4e5", "o-zzzzzzzzzz"):
                asked = ("--who", ROLE, "--can", verb, "--path", path)
                one = outcome(run, "api", *asked, "--set", f"aws.PrincipalOrgID={org}")
                two = outcome(run, *raw, *asked, "--set", f"aws:PrincipalOrgID={org}")
                assert one[0] == two[0], (verb, path, org)
                assert [gate["verdict"] for gate in one[1]["gates"]] == [gate["verdict"] for gate in two[1]["gates"]]
                assert one[1]["error"] == two[1]["error"]
                seen.add(one[0])
    assert seen == {0, 10}


def test_a_caller_without_a_policy_is_no_caller_of_which_nothing_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    anyone = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    (tmp_path / "auth.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [anyone]}))
    service = "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890"
    asked = ("simulate", "--service-policy", "auth.json", "--network-auth", "none", "--service-arn", service)
    caller = ("--who", "arn:aws:iam::111122223333:role/app", "--can", "GET", "--path", "/")
    assert main([*asked, *caller]) == 11
    assert main([*asked, *caller, "--identity", "none"]) == 10
    assert "no identity-based policy allows" in capsys.readouterr().out
    # a bucket policy is given or not: there is no such word for it
    assert main([*asked, *caller, "--boundary", "none"]) == 2
