"""One mistake in a document of each kind, planted in six carriers: found once, at its line of the file; and nothing in the right one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from policyc.__main__ import main

#: kind -> type and property in CloudFormation, resource and argument in Terraform, group and kind and place in Kubernetes
PLACES = {
    "bucket": (
        "AWS::S3::BucketPolicy PolicyDocument",
        "aws_s3_bucket_policy policy",
        "s3.aws.upbound.io BucketPolicy policy",
    ),
    "trust": (
        "AWS::IAM::Role AssumeRolePolicyDocument",
        "aws_iam_role assume_role_policy",
        "iam.aws.upbound.io Role assumeRolePolicy",
    ),
    "scp": (
        "AWS::Organizations::Policy Content",
        "aws_organizations_policy content",
        "organizations.aws.upbound.io Policy content",
    ),
    "identity": ("AWS::IAM::ManagedPolicy PolicyDocument", "aws_iam_policy policy", "iam.aws.upbound.io Policy policy"),
    "auth-policy": (
        "AWS::VpcLattice::AuthPolicy Policy",
        "aws_vpclattice_auth_policy policy",
        "vpclattice.aws.upbound.io AuthPolicy policy",
    ),
    "key": ("AWS::KMS::Key KeyPolicy", "aws_kms_key policy", "kms.aws.upbound.io Key policy"),
}
RIGHT = {
    "bucket": """{
  "Version": "2012-10-17",
  "Statement": [{
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
    "Action": ["s3:GetObject", "s3:PutObject"],
    "Resource": "arn:aws:s3:::acme-photos/*",
    "Condition": {
      "StringEquals": {
        "aws:PrincipalOrgID": "o-a1b2c3d4e5"
      }
    }
  }]
}""",
    "trust": """{
  "Version": "2012-10-17",
  "Statement": [{
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
    "Action": "sts:AssumeRole",
    "Condition": {"StringEquals": {"sts:ExternalId": "x1"}}
  }]
}""",
    "scp": """{
  "Version": "2012-10-17",
  "Statement": [{
    "Effect": "Deny",
    "NotAction": ["iam:*", "sts:*"],
    "Resource": "*",
    "Condition": {"StringNotEquals": {"aws:RequestedRegion": "us-east-1"}}
  }]
}""",
    "identity": """{
  "Version": "2012-10-17",
  "Statement": [{
    "Effect": "Allow",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::acme-photos/*"
  }]
}""",
    "auth-policy": """{
  "Version": "2012-10-17",
  "Statement": [{
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
    "Action": "vpc-lattice-svcs:Invoke",
    "Resource": "*",
    "Condition": {"StringEquals": {"vpc-lattice-svcs:RequestMethod": "GET"}}
  }]
}""",
    "key": """{
  "Version": "2012-10-17",
  "Statement": [{
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
    "Action": "kms:*",
    "Resource": "*"
  }, {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
    "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
    "Resource": "*"
  }]
}""",
}
#: kind, what is right, what is planted, the finding
MISTAKES = [
    ("bucket", '"s3:PutObject"', '"s3:PutObjct"', "unknown-action"),
    ("bucket", '"StringEquals"', '"StringEqual"', "invalid-condition-operator"),
    ("bucket", '"aws:PrincipalOrgID"', '"aws:PrincipleOrgID"', "unknown-condition-key"),
    ("trust", '"Allow"', '"Alow"', "invalid-effect"),
    ("trust", "444455556666:root", "44445555666:root", "invalid-principal-format"),
    ("scp", '"us-east-1"', '"us-eest-1"', "value-never-matches"),
    ("scp", '"NotAction": [', '"NotActions": [', "invalid-policy-element"),
    ("identity", '"s3:GetObject"', '"s3:GetObjects"', "unknown-action"),
    ("identity", "arn:aws:s3:::acme", "arn:aws:s3::acme", "missing-arn-field"),
    ("auth-policy", '"GET"', '"get"', "value-never-matches"),
    ("auth-policy", "vpc-lattice-svcs:Invoke", "vpc-lattice:Invoke", "unsupported-action-in-policy"),
    ("key", '"kms:Decrypt"', '"kms:Decrpyt"', "unknown-action"),
]


def _indented(text: str, by: int) -> str:
    return "\n".join(" " * by + line for line in text.split("\n"))


def _head(kind: str, type_: str) -> str:
    more = "      Type: SERVICE_CONTROL_POLICY\n" if kind == "scp" else ""
    return f"Resources:\n  A:\n    Type: {type_}\n    Properties:\n{more}"


def _flow(kind: str, text: str) -> tuple[str, str]:
    type_, at = PLACES[kind][0].split()
    return "t.yaml", f"{_head(kind, type_)}      {at}:\n{_indented(text, 8)}\n"


def _block(kind: str, text: str) -> tuple[str, str]:
    type_, at = PLACES[kind][0].split()
    return "t.yaml", f"{_head(kind, type_)}      {at}: |\n{_indented(text, 8)}\n"


def _sub(kind: str, text: str) -> tuple[str, str]:
    type_, at = PLACES[kind][0].split()
    return "t.yaml", f"{_head(kind, type_)}      {at}: !Sub |\n{_indented(text, 8)}\n"


def _heredoc(kind: str, text: str) -> tuple[str, str]:
    type_, at = PLACES[kind][1].split()
    return "main.tf", f'resource "{type_}" "a" {{\n  {at} = <<-EOT\n{_indented(text, 4)}\n  EOT\n}}\n'


def _encoded(kind: str, text: str) -> tuple[str, str]:
    type_, at = PLACES[kind][1].split()
    return "main.tf", f'resource "{type_}" "a" {{\n  {at} = jsonencode({text})\n}}\n'


def _manifest(kind: str, text: str) -> tuple[str, str]:
    group, type_, at = PLACES[kind][2].split()
    head = f"apiVersion: {group}/v1beta1\nkind: {type_}\nmetadata: {{name: a}}\nspec:\n  forProvider:\n    {at}: |\n"
    return "m.yaml", f"{head}{_indented(text, 6)}\n"


CARRIERS: list[Callable[[str, str], tuple[str, str]]] = [_flow, _block, _sub, _heredoc, _encoded, _manifest]


def _told(name: str, text: str, capsys: pytest.CaptureFixture[str]) -> list[tuple[str, int]]:
    Path(name).write_text(text, encoding="utf-8")
    main(["check", "--no-cache", "--format", "json", name])
    found = json.loads(capsys.readouterr().out)
    assert found["inside"]["documents"] == 1 and found["inside"]["unreadable"] == []
    return [
        (item["rule"], item["location"]["start"]["line"])
        for item in found["findings"]
        if item["severity"] in ("error", "warning")
    ]


def _rows() -> Iterator[tuple[Callable[[str, str], tuple[str, str]], str, str, str, str]]:
    for carrier in CARRIERS:
        yield from ((carrier, *row) for row in MISTAKES)


@pytest.mark.parametrize(("carrier", "kind", "right", "planted", "rule"), list(_rows()))
def test_a_planted_mistake_is_found_at_its_line(
    carrier: Callable[[str, str], tuple[str, str]],
    kind: str,
    right: str,
    planted: str,
    rule: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert RIGHT[kind].count(right) == 1
    name, text = carrier(kind, RIGHT[kind].replace(right, planted))
    line = next(number for number, one in enumerate(text.split("\n"), 1) if planted in one)
    assert _told(name, text, capsys) == [(rule, line)]


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("kind", sorted(RIGHT))
def test_nothing_is_said_of_the_right_one(
    carrier: Callable[[str, str], tuple[str, str]],
    kind: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert _told(*carrier(kind, RIGHT[kind]), capsys) == []
