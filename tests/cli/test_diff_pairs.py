"""A folder of templates against what is built in its place: documents are paired by what they say, then by their names."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyc.__main__ import main

TEMPLATE = """Resources:
  OrdersGuard:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: orders
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Sid: Tls, Effect: Deny, Principal: "*", Action: "s3:*", Resource: ["arn:aws:s3:::orders/*", "arn:aws:s3:::orders"], Condition: {Bool: {aws:SecureTransport: "false"}}}
  Deploy:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
        - PolicyName: read
          PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "sqs:Get*", Resource: "*"}]}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    Path("infra").mkdir()
    Path("infra/stack.yaml").write_text(TEMPLATE, encoding="utf-8")
    assert main(["import", "infra", "-o", "policies"]) == 0
    assert main(["build", "policies"]) == 0
    return tmp_path


def test_what_is_built_is_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    for sides in (("infra", "out"), ("policies", "infra/stack.yaml")):
        assert main(["diff", *sides]) == 0
        assert "same" in capsys.readouterr().out


def test_a_template_alone_is_paired_as_its_folder_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = Path("infra/stack.yaml").read_text(encoding="utf-8")
    Path("stack.yaml").write_text(text.replace("sqs:Get*", "sqs:*").replace("s3:*", "s3:Put*"), encoding="utf-8")
    capsys.readouterr()
    assert main(["diff", "out", "stack.yaml"]) == 1
    names = [line for line in capsys.readouterr().out.splitlines() if line.endswith(")") and line[:1].strip()]
    assert [name.partition(" -> ")[2] for name in names] == ["OrdersGuard (bucket)", "Deploy.read (identity)"]


def test_a_change_is_told_as_one_and_what_is_new_as_new(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = Path("infra/stack.yaml").read_text(encoding="utf-8")
    Path("infra/stack.yaml").write_text(text.replace("s3:*", "s3:Put*"), encoding="utf-8")
    built = next(Path("out").rglob("deploy*.trust.json"))
    built.rename(built.with_name("other.trust.json"))
    built.with_name("more.bucket.json").write_text(
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]}',
        encoding="utf-8",
    )
    capsys.readouterr()
    assert main(["diff", "infra", "out"]) == 1
    out = capsys.readouterr().out
    assert "stack.yaml#OrdersGuard -> iam_document/orders_guard.bucket.json (bucket)" in out
    assert "iam_document/more.bucket.json (bucket, added)" in out
    assert "Deploy" not in out
