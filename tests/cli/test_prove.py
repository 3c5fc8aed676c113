"""`policyc prove --that …`: each guarantee held and broken, by what AWS documents of the keys (IAM evaluation reference, sections 4, 8 and 9)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policyc.__main__ import main
from policyc.data import read_json
from policyc.shape import misfits

BASE = {"Sid": "S", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
ORG = "o-a1b2c3d4e5"
TLS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "*",
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def when(**blocks: dict[str, Any]) -> dict[str, Any]:
    return {**BASE, "Condition": blocks}


#: conditions that leave a policy with an open principal private, and some that do not
#: (https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html, "The meaning of public")
FIXED = [
    ("IpAddress", "aws:SourceIp", ["203.0.113.0/24", "10.0.0.0/8", "2001:db8::/32"]),
    ("StringEquals", "aws:SourceVpc", "vpc-91237329"),
    ("StringLike", "aws:SourceVpce", "vpce-1a2b3c4d"),
    ("ArnEquals", "aws:SourceArn", "arn:aws:cloudfront::111122223333:distribution/EDFDVBD6EXAMPLE"),
    ("StringEquals", "AWS:SourceAccount", "111122223333"),
    ("StringEquals", "aws:SourceOwner", "111122223333"),
    ("StringEquals", "aws:userid", "AIDAEXAMPLEID"),
    ("StringEquals", "s3:DataAccessPointAccount", "111122223333"),
    ("ArnLike", "s3:DataAccessPointArn", "arn:aws:s3:us-west-2:111122223333:accesspoint/*"),
    ("StringEquals", "aws:VpceOrgID", "o-a1b2c3d4e5"),
    ("ForAnyValue:StringLike", "aws:SourceOrgPaths", "o-a1b2c3d4e5/r-ab12/*"),
    ("ArnEquals", "aws:SourceVpcArn", "arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-91237329"),
]
NOT_FIXED = [
    ("IpAddress", "aws:SourceIp", "0.0.0.0/0"),
    ("IpAddress", "aws:SourceIp", ["0.0.0.0/1", "128.0.0.0/1"]),
    ("IpAddress", "aws:SourceIp", "8.0.0.0/7"),
    ("IpAddress", "aws:SourceIp", "2001::/31"),
    ("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"),
    ("StringLike", "aws:SourceVpc", "vpc-*"),
    ("StringNotEquals", "aws:SourceVpc", "vpc-91237329"),
    ("StringEqualsIfExists", "aws:SourceVpce", "vpce-1a2b3c4d"),
    ("ArnLike", "aws:SourceArn", "arn:aws:cloudfront::*:distribution/*"),
    ("StringLike", "aws:SourceAccount", "*"),
    ("ArnLike", "s3:DataAccessPointArn", "arn:aws:s3:us-west-2:*:accesspoint/shop"),
    ("StringLike", "aws:VpceOrgID", "o-*"),
    ("ForAnyValue:StringLike", "aws:VpceOrgPaths", "o-*/r-ab12/*"),
    ("StringLike", "aws:Referer", "https://www.example.com/*"),
    ("StringEquals", "aws:UserAgent", "secret"),
    ("Bool", "aws:SecureTransport", "true"),
    ("StringEquals", "aws:PrincipalTag/team", "${s3:ExistingObjectTag/team}"),
]
ROLE = "arn:aws:iam::111122223333:role/shop"
SERVICE = {**BASE, "Principal": {"Service": "logging.s3.amazonaws.com"}}
CASES = [
    ("public", [BASE], False),
    ("public", [when(StringEquals={"aws:PrincipalOrgID": ORG})], True),
    ("public", [when(StringEqualsIfExists={"aws:PrincipalOrgID": ORG})], False),
    ("public", [when(**{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"{ORG}/*"}})], True),
    ("public", [when(**{"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": f"{ORG}/*"}})], False),
    ("organization_only", [when(**{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"{ORG}/*"}})], True),
    ("organization_only", [when(**{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-zzzzzzzzzz/*"}})], False),
    ("public", [when(StringEquals={"aws:PrincipalAccount": "111122223333"})], True),
    # KMS takes no request without a signature, S3 does
    (
        "public",
        [{**when(ArnEqualsIfExists={"aws:PrincipalArn": ROLE}), "Action": "kms:Decrypt", "Resource": "*"}],
        True,
    ),
    ("public", [when(ArnEqualsIfExists={"aws:PrincipalArn": ROLE})], False),
    ("public", [when(StringLike={"aws:PrincipalAccount": "*"})], False),
    ("public", [{**BASE, "Principal": {"AWS": "111122223333"}}], True),
    ("public", [when(StringNotEquals={"aws:PrincipalAccount": "111122223333"})], False),
    # any organization is everybody's
    ("public", [BASE, {**BASE, "Effect": "Deny", "Condition": {"Null": {"aws:PrincipalOrgID": "true"}}}], False),
    ("public", [when(StringLike={"aws:PrincipalOrgID": "o-*"})], False),
    ("public", [BASE, {**BASE, "Effect": "Deny", "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": ORG}}}], True),
    # what AWS calls fixed values is not public
    *(("public", [when(**{operator: {key: value}})], True) for operator, key, value in FIXED),
    *(("public", [when(**{operator: {key: value}})], False) for operator, key, value in NOT_FIXED),
    ("public", [when(StringEquals={"aws:SourceVpc": "vpc-91237329"}), {**BASE, "Action": "s3:ListBucket"}], False),
    ("public", [{**BASE, "Principal": {"CanonicalUser": "79a59df900b949e55d96a1e698fbaced" * 2}}], True),
    ("public", [{**BASE, "Principal": {"Service": "cloudtrail.amazonaws.com"}}], True),
    ("cross_account", [{**BASE, "Principal": {"AWS": "arn:aws:iam::111122223333:role/a"}}], True),
    ("cross_account", [{**BASE, "Principal": {"AWS": ["111122223333", "444455556666"]}}], False),
    ("cross_account", [when(ArnLike={"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"})], True),
    ("cross_account", [when(ArnLike={"aws:PrincipalArn": "arn:aws:iam::1111*:role/*"})], False),
    ("confused_deputy", [SERVICE], False),
    ("confused_deputy", [{**SERVICE, "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}], True),
    (
        "confused_deputy",
        [{**SERVICE, "Condition": {"StringEqualsIfExists": {"aws:SourceAccount": "111122223333"}}}],
        False,
    ),
    ("confused_deputy", [{**SERVICE, "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}}], True),
    ("organization_only", [when(StringEquals={"aws:PrincipalOrgID": ORG})], True),
    ("organization_only", [when(StringEquals={"aws:PrincipalOrgID": [ORG, "o-zzzzzzzzzz"]})], False),
    ("organization_only", [when(StringNotEquals={"aws:PrincipalOrgID": ORG})], False),
    ("tls_only", [BASE], False),
    ("tls_only", [BASE, TLS], True),
    ("tls_only", [BASE, {**TLS, "Action": "s3:PutObject"}], False),
    ("tls_only", [when(Bool={"aws:SecureTransport": "true"})], True),
]


@pytest.mark.parametrize(("name", "statements", "holds"), CASES)
def test_guarantee(
    name: str,
    statements: list[Any],
    holds: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("b.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}), encoding="utf-8")
    words = ["--account", "111122223333"] if name == "cross_account" else []
    words += ["--organization", ORG] if name == "organization_only" else []
    assert main(["prove", "--that", name, "b.json", "--format", "json", *words]) == (0 if holds else 1)
    (proof,) = json.loads(capsys.readouterr().out)["proofs"]
    (claim,) = proof["claims"]
    assert (claim["holds"], claim["request"] is None, proof["state"]) == (holds, holds, "holds" if holds else "broken")


def test_what_is_said_of_callers_is_not_asked_of_identity_policies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    identity = {key: value for key, value in BASE.items() if key != "Principal"}
    Path("i.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [identity]}), encoding="utf-8")
    assert main(["prove", "--that", "public", "i.json"]) == 4
    assert main(["prove", "--that", "tls_only", "i.json"]) == 1
    capsys.readouterr()


def test_what_is_said_of_callers_is_refused_of_texts_that_have_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("group.cedar").write_text("permit (principal, action, resource);\n")
    assert main(["prove", "--that", "cross_account", "--account", "111122223333", "group.cedar"]) == 2
    said = "`cross_account` says nothing of `group.cedar`: nobody asks there as a caller of an account"
    assert said in " ".join(capsys.readouterr().err.split())
    Path("b.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [BASE]}), encoding="utf-8")
    assert main(["prove", "--that", "cross_account", "--account", "111122223333", "."]) == 1
    assert capsys.readouterr().err == f"{said}\n"


VERIFIED, GET, OURS = (
    "context.idc.user.email.verified",
    'context.http_request.http_method == "GET"',
    'context.idc.user.email.address like "*@x"',
)


@pytest.mark.parametrize(
    ("condition", "forbidden", "holds"),
    [
        ("", "", False),
        (GET, "", False),
        (VERIFIED, "", True),
        (f"{VERIFIED} || !{VERIFIED}", "", False),
        (f"{GET} || {VERIFIED}", "", False),
        (f"{GET} && {VERIFIED}", "", True),
        (GET, f"!({OURS})", True),
        (GET, f'!({OURS}) && context.http_request.hostname != "open.x"', False),
        (f"if {GET} then {OURS} else !({OURS})", "", True),
    ],
)
def test_a_text_that_is_public_lets_somebody_in_whatever_is_said_of_who_asks(
    condition: str, forbidden: str, holds: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "permit (principal, action, resource)" + (f" when {{ {condition} }};\n" if condition else ";\n")
    text += f"forbid (principal, action, resource) when {{ {forbidden} }};\n" if forbidden else ""
    (tmp_path / "group.cedar").write_text(text)
    words = [
        "--root",
        str(tmp_path),
        "--trust",
        "idc=iam_identity_center",
        "--format",
        "json",
        str(tmp_path / "group.cedar"),
    ]
    assert main(["prove", "--that", "public", *words]) == (0 if holds else 1)
    told = json.loads(capsys.readouterr().out)
    assert [item["claims"][0]["holds"] for item in told["proofs"]] == [holds]
    assert not misfits(told, read_json("schemas/proofs.schema.json"))


@pytest.mark.parametrize(
    ("principal", "holds"),
    [
        ("!Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root'", True),  # whatever account that is, it is named
        ("!Sub 'arn:aws:iam::${Other}:role/x'", True),
        ("!Ref Other", None),  # may be `*`
        ("['*', !Sub 'arn:aws:iam::${Other}:role/x']", False),
    ],
)
def test_a_caller_whose_account_a_template_leaves_open_is_named(
    principal: str,
    holds: bool | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    statement = f"{{Effect: Allow, Action: 'kms:Decrypt', Resource: '*', Principal: {{AWS: {principal}}}}}"
    Path("t.yaml").write_text(
        "Parameters: {Other: {Type: String}}\nResources:\n  Key:\n    Type: AWS::KMS::Key\n    Properties:\n"
        f"      KeyPolicy: {{Version: '2012-10-17', Statement: [{statement}]}}\n"
    )
    main(["prove", "--that", "public", "--format", "json", "t.yaml"])
    assert [item["claims"][0]["holds"] for item in json.loads(capsys.readouterr().out)["proofs"]] == [holds]


def test_the_project_at_hand_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a path every document counts; the organization that only some of them name is that of all."""
    monkeypatch.chdir(tmp_path)
    member, anybody = when(StringEquals={"aws:PrincipalOrgID": ORG}), BASE
    Path("a").mkdir()
    for name, statement in (("a/member.json", member), ("anybody.json", anybody)):
        Path(name).write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}), encoding="utf-8")
    assert main(["prove", "--that", "organization_only", "--format", "json"]) == 1
    found = [item["claims"][0] for item in json.loads(capsys.readouterr().out)["proofs"]]
    assert {(item["on"], item["holds"]) for item in found} == {("a/member.json", True), ("anybody.json", False)}
    assert {text for item in found for text in item["given"]} == {f"the organization is {ORG}"}
    Path("other.json").write_text(
        json.dumps({"Version": "2012-10-17", "Statement": [when(StringEquals={"aws:PrincipalOrgID": "o-zzzzzzzzzz"})]}),
        encoding="utf-8",
    )
    assert main(["prove", "--that", "organization_only"]) == 2  # whose is `anybody.json`?
    assert "`anybody.json` does not name exactly one" in " ".join(capsys.readouterr().err.split())
    monkeypatch.chdir(tmp_path / "a")
    assert main(["prove", "--that", "organization_only"]) == 0
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    assert main(["prove", "--that", "public"]) == 4


def test_wrong_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    Path("b.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [BASE]}), encoding="utf-8")
    for words in (
        ["b.json"],
        ["--that", "private", "b.json"],
        ["--that", "cross_account", "b.json"],
        ["--that", "cross_account", "--account", "12", "b.json"],
        ["--that", "organization_only", "b.json"],
        ["--that", "public", "none.json"],
    ):
        assert main(["prove", *words]) == 2, words
        assert "error" in capsys.readouterr().err


CEDAR = """permit(principal, action, resource) when { context.idc.user.email.verified == true };
@id("risk")
forbid(principal, action, resource) when { context.jamf.risk == "HIGH" };
"""
#: a text, a claim on it, and what the claim comes to (https://docs.cedarpolicy.com/auth/authorization.html: a forbid wins, a policy that cannot be
#: evaluated is skipped; https://docs.aws.amazon.com/verified-access/latest/ug/auth-policies.html: AWS denies then)
CLAIMS = [
    (CEDAR, "every request where not idc.user.email.verified is deny", "holds"),
    (CEDAR, 'every request where jamf.risk == "HIGH" is deny', "holds"),
    (CEDAR, 'every request where idc.user.email.verified and jamf.risk == "LOW" is allow', "holds"),
    (CEDAR, "every request where idc.user.email.verified is allow", "broken"),
    (CEDAR, 'no request where idc.user.email.address like "*@x.com" is allowed', "broken"),
    (CEDAR, 'no request where not idc.user.email.verified is allowed by "permit 1"', "holds"),
    # a test without a documented kind may fail, and nobody lets such requests in for certain
    (CEDAR + "forbid(principal, action, resource) when { context.x.age > 5 };", 'every request where jamf.risk == "HIGH" is deny', "holds"),
    (CEDAR + "forbid(principal, action, resource) when { context.x.age > 5 && false };", 'every request where idc.user.email.verified and jamf.risk == "LOW" is allow', "not settled"),
    # nothing is like that
    (CEDAR, 'every request where jamf.risk == "LOW" and jamf.risk == "HIGH" is deny', "broken"),
    (CEDAR, "every request where okta.level == 1 is deny", "broken"),
    (CEDAR, "every request who anonymous is deny", "broken"),
    (CEDAR, "every request where idc.user.email.verified is deny at group", "broken"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "claim", "state"), CLAIMS)
def test_claims_on_cedar_texts(
    text: str,
    claim: str,
    state: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("group.cedar").write_text(text, encoding="utf-8")
    Path("org.policy").write_text(f'prove "it" {{ {claim} }}', encoding="utf-8")
    words = ["prove", "--guarantees", "org.policy", "group.cedar", "--format", "json"]
    status = main([*words, "--trust", "idc=iam_identity_center", "--trust", "jamf=jamf"])
    (proof,) = json.loads(capsys.readouterr().out)["proofs"]
    assert (proof["state"], status) == (state, {"holds": 0, "broken": 1, "not settled": 11}[state])
