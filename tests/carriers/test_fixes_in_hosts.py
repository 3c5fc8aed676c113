"""Fixes inside host files: a word is mended in the quotes that the host has around it, and left where the host writes it in parts."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyc.__main__ import main

_YAML = """\
Resources:
  B:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: acme-photos
      PolicyDocument:
        Version: 2012-10-17   # kept
        Statement:
          - Effect: allow
            Principal: {Aws: "111122223333"}
            Action: [s3:GetObjekt, 's3:PutObjekt']
            Resource: !Sub "arn:aws:s3::111122223333:acme-photos/*"
            Condition:
              StringIs: {"aws:PrincipalOrgId2": o-a1b2c3d4e5}
"""
_HCL = """\
resource "aws_s3_bucket_policy" "b" {
  bucket = "acme-photos"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow" # kept
      Principal = { Aws = "111122223333" }
      Action    = ["s3:GetObjekt"]
      Resource  = "arn:aws:s3::111122223333:acme-photos/*"
      Condition = { StringIs = { "aws:PrincipalOrgId2" = "o-a1b2c3d4e5" } }
    }]
  })
}
"""
_CEDAR = """\
resource "aws_verifiedaccess_group" "g" {
  policy_document = <<EOT
permit (principal, action, resource) when { context.http_request.method == 'GETT' };
EOT
}
"""
#: a word -> the word that is meant, over all hosts
_RIGHT = (
    ("Effect: allow", "Effect: Allow"),
    ("Aws", "AWS"),
    ("GetObjekt", "GetObject"),
    ("PutObjekt", "PutObject"),
    ("arn:aws:s3::111122223333:", "arn:aws:s3:::"),
    ("StringIs", "StringEquals"),
    ("aws:PrincipalOrgId2", "aws:PrincipalOrgID"),
    ("http_request.method", "http_request.http_method"),
    ("'GETT'", '"GET"'),
)


def _mended(name: str, text: str, folder: Path, *more: str) -> str:
    (folder / name).write_text(text, encoding="utf-8")
    main(["check", str(folder / name), "--root", str(folder), "--unsafe-fixes", "--no-cache", *more])
    return (folder / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "text"), [("a.yaml", _YAML), ("a.tf", _HCL), ("b.tf", _CEDAR)])
def test_a_word_is_mended_and_nothing_else(name: str, text: str, tmp_path: Path) -> None:
    wanted = text
    for wrong, right in _RIGHT:
        wanted = wanted.replace(wrong, right)
    assert _mended(name, text, tmp_path) == wanted


@pytest.mark.parametrize(
    "written",
    [
        pytest.param('Action: !Join ["", ["s3:Get", "Objekt"]]', id="in parts"),
        pytest.param("Action: >-\n              s3:GetObjekt", id="folded"),
        pytest.param('Action: "s3:GetObje\\u006bt"', id="escaped"),
    ],
)
def test_what_does_not_stand_there_literally_is_left(written: str, tmp_path: Path) -> None:
    text = _YAML.split("          - Effect")[0] + (
        '          - Effect: Allow\n            Principal: {AWS: "111122223333"}\n'
        f'            {written}\n            Resource: "arn:aws:s3:::acme-photos/*"\n'
    )
    assert _mended("a.yaml", text, tmp_path) == text


_REST = '"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-photos/*"'
_OPEN = '{"Version": "2012-10-17", "Statement": [{'


@pytest.mark.parametrize(
    ("name", "text", "right"),
    [
        ("first.json", f'{_OPEN}"Principal": {{"AWS": "*"}}, {_REST}}}]}}', f"{_OPEN}{_REST}}}]}}"),
        ("last.json", f'{_OPEN}{_REST},\n  "Principal": "*"\n}}]}}', f"{_OPEN}{_REST}\n}}]}}"),
        ("middle.json", f'{_OPEN}"Sid": "A", "Principal": "*",\n  {_REST}}}]}}', f'{_OPEN}"Sid": "A", {_REST}}}]}}'),
        (
            "flow.yaml",
            "Resources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument: "
            + f'{_OPEN}"Principal": "*", {_REST}}}]}}\n',
            "Resources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument: "
            + f"{_OPEN}{_REST}}}]}}\n",
        ),
    ],
)
def test_a_member_goes_with_one_comma(name: str, text: str, right: str, tmp_path: Path) -> None:
    assert _mended(name, text, tmp_path, *(["--as", "identity"] if name.endswith(".json") else [])) == right


@pytest.mark.parametrize(
    ("listed", "right"),
    [
        ('["s3:GetObject", "s3:Get*"]', '["s3:Get*"]'),
        ('["s3:Get*",\n   "s3:GetObject"]', '["s3:Get*"]'),
        ('["s3:Get*", "s3:GetObject", "s3:PutObject"]', '["s3:Get*", "s3:PutObject"]'),
        ('["s3:Get*", "s3:Get*"]', '["s3:Get*"]'),
    ],
)
def test_a_value_that_says_nothing_more_goes_safely(listed: str, right: str, tmp_path: Path) -> None:
    text = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": %s, "Resource": "arn:aws:s3:::acme-photos/*"}]}'
    (tmp_path / "a.json").write_text(text % listed, encoding="utf-8")
    main(["check", str(tmp_path / "a.json"), "--root", str(tmp_path), "--fix", "--no-cache", "--as", "identity"])
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == text % right


def test_a_redundant_statement_goes_in_terraform(tmp_path: Path) -> None:
    one = '{ Effect = "Allow", Action = "s3:Get*", Resource = "arn:aws:s3:::acme-photos/*" }'
    two = '{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::acme-photos/*" }'
    text = 'resource "aws_iam_policy" "p" {\n  policy = jsonencode({ Version = "2012-10-17", Statement = [%s] })\n}\n'
    assert _mended("a.tf", text % f"{one}, {two}", tmp_path) == text % one


def test_a_member_that_is_no_json_is_left(tmp_path: Path) -> None:
    """In YAML blocks and in HCL a member is more than its text from key to value."""
    text = (
        "Resources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n        Version: '2012-10-17'\n"
        "        Statement:\n          - Effect: Allow\n            Principal: '*'\n            Action: s3:GetObject\n"
        "            Resource: arn:aws:s3:::acme-photos/*\n"
    )
    assert _mended("block.yaml", text, tmp_path) == text
