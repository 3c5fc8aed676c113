"""Chains of S3 Object Lambda that stand in one template or module are asked and compared through every hop (Object Lambda reference, sections 2 and 6)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.running import Run

STACK = """AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Photos:
    Type: AWS::S3::Bucket
  PhotosPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Photos
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: Delegate
            Effect: Allow
            Principal: { AWS: "*" }
            Action: "s3:*"
            Resource: [!GetAtt Photos.Arn, !Sub "${Photos.Arn}/*"]
            Condition: { StringEquals: { "s3:DataAccessPointAccount": !Ref AWS::AccountId } }
  Point:
    Type: AWS::S3::AccessPoint
    Properties:
      Name: photos
      Bucket: !Ref Photos
      Policy:
        Version: "2012-10-17"
        Statement:
          - Sid: Behind
            Effect: Allow
            Principal: { AWS: !GetAtt Reader.Arn }
            Action: "s3:GetObject"
            Resource: !Sub "${Point.Arn}/object/*"
            Condition: { "ForAnyValue:StringEquals": { "aws:CalledVia": s3-object-lambda.amazonaws.com } }
  Resize:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.13
      Handler: index.handler
      Role: !GetAtt ResizeRole.Arn
      Code: { ZipFile: "pass" }
  ResizeRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" }]
      Policies:
        - PolicyName: write
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{ Sid: Write, Effect: Allow, Action: "s3-object-lambda:WriteGetObjectResponse", Resource: "*" }]
  Reader:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{ Effect: Allow, Principal: { Service: ec2.amazonaws.com }, Action: "sts:AssumeRole" }]
      Policies:
        - PolicyName: read
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - { Sid: Run, Effect: Allow, Action: "lambda:InvokeFunction", Resource: !GetAtt Resize.Arn }
              - { Sid: Read, Effect: Allow, Action: "s3-object-lambda:Get*", Resource: !GetAtt Resized.Arn }
  Resized:
    Type: AWS::S3ObjectLambda::AccessPoint
    Properties:
      Name: resized
      ObjectLambdaConfiguration:
        SupportingAccessPoint: !GetAtt Point.Arn
        TransformationConfigurations:
          - Actions: [GetObject]
            ContentTransformation: { AwsLambda: { FunctionArn: !GetAtt Resize.Arn } }
  ResizedPolicy:
    Type: AWS::S3ObjectLambda::AccessPointPolicy
    Properties:
      ObjectLambdaAccessPoint: !Ref Resized
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - { Sid: Readers, Effect: Allow, Principal: { AWS: !GetAtt Reader.Arn }, Action: "s3-object-lambda:GetObject", Resource: !GetAtt Resized.Arn }
"""
MODULE = """data "aws_caller_identity" "me" {}
resource "aws_s3_bucket" "photos" { bucket = "acme-photos" }
resource "aws_s3_bucket_policy" "photos" {
  bucket = aws_s3_bucket.photos.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid = "Delegate", Effect = "Allow", Principal = { AWS = "*" }, Action = "s3:*"
      Resource  = [aws_s3_bucket.photos.arn, "${aws_s3_bucket.photos.arn}/*"]
      Condition = { StringEquals = { "s3:DataAccessPointAccount" = data.aws_caller_identity.me.account_id } }
    }]
  })
}
resource "aws_s3_access_point" "point" {
  name   = "photos"
  bucket = aws_s3_bucket.photos.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid = "Behind", Effect = "Allow", Principal = { AWS = aws_iam_role.reader.arn }, Action = "s3:GetObject"
      Resource  = "arn:aws:s3:eu-west-1:${data.aws_caller_identity.me.account_id}:accesspoint/photos/object/*"
      Condition = { "ForAnyValue:StringEquals" = { "aws:CalledVia" = "s3-object-lambda.amazonaws.com" } }
    }]
  })
}
resource "aws_lambda_function" "resize" {
  function_name = "resize"
  role          = aws_iam_role.resize.arn
  publish       = true
}
resource "aws_iam_role" "resize" {
  name = "resize"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}
resource "aws_iam_role_policy" "resize" {
  role   = aws_iam_role.resize.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Sid = "Write", Effect = "Allow", Action = "s3-object-lambda:WriteGetObjectResponse", Resource = "*" }] })
}
resource "aws_iam_role" "reader" {
  name = "reader"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}
resource "aws_iam_role_policy" "reader" {
  role   = aws_iam_role.reader.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Sid = "Run", Effect = "Allow", Action = "lambda:InvokeFunction", Resource = aws_lambda_function.resize.qualified_arn },
    { Sid = "Read", Effect = "Allow", Action = "s3-object-lambda:Get*", Resource = aws_s3control_object_lambda_access_point.resized.arn }
  ] })
}
resource "aws_s3control_object_lambda_access_point" "resized" {
  name = "resized"
  configuration {
    supporting_access_point = aws_s3_access_point.point.arn
    transformation_configuration {
      actions = ["GetObject"]
      content_transformation {
        aws_lambda { function_arn = aws_lambda_function.resize.qualified_arn }
      }
    }
  }
}
resource "aws_s3control_object_lambda_access_point_policy" "resized" {
  name = aws_s3control_object_lambda_access_point.resized.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Sid = "Readers", Effect = "Allow", Principal = { AWS = aws_iam_role.reader.arn }, Action = "s3-object-lambda:GetObject", Resource = aws_s3control_object_lambda_access_point.resized.arn }
  ] })
}
"""
HOST = "aws_s3control_object_lambda_access_point.resized"


@pytest.fixture
def room(tmp_path: Path) -> Path:
    (tmp_path / "policyc.toml").write_text("")
    (tmp_path / "stack.yaml").write_text(STACK)
    folder = tmp_path / "infra"
    folder.mkdir()
    head, role, rest = MODULE.partition('resource "aws_iam_role" "reader"')
    (folder / "storage.tf").write_text(head)
    (folder / "callers.tf").write_text(role + rest)
    return tmp_path


#: what one change does to a request that went through: the hop that then refuses it
BREAKS = (
    ("", "", 0, ""),
    ("- { Sid: Run,", "- { Sid: Run, Condition: { Bool: { 'aws:ViaAWSService': false } },", 10, "function Resize"),
    ("function:*", "", 0, ""),
    ("s3-object-lambda.amazonaws.com }", "s3.amazonaws.com }", 10, "supporting_access_point Point"),
    ("Ref AWS::AccountId }", "Ref Other }", 11, "bucket Photos"),
    ('"s3-object-lambda:WriteGetObjectResponse"', '"s3:GetObject"', 10, "execution_role"),
    ("FunctionArn: !GetAtt Resize.Arn", "FunctionArn: !Sub '${Resize.Arn}:7'", 10, "function Resize"),
    ("Actions: [GetObject]", "Actions: [ListObjectsV2]", 0, ""),
)


@pytest.mark.parametrize(("old", "new", "status", "hop"), BREAKS)
def test_a_request_meets_every_hop(room: Path, run: Run, old: str, new: str, status: int, hop: str) -> None:
    (room / "stack.yaml").write_text("Parameters: { Other: { Type: String } }\n" + STACK.replace(old, new))
    asked = ("--who", "Reader", "--can", "GetObject", "--path", "cats/1.jpg")
    answer = run("simulate", "--root", str(room), f"{room / 'stack.yaml'}#Resized", *asked)
    assert (answer.status, hop in answer.out) == (status, True), answer.out + answer.err


def test_a_module_of_several_files_is_one_chain(room: Path, run: Run) -> None:
    asked = ("--who", "aws_iam_role.reader", "--can", "GetObject", "--path", "cats/1.jpg")
    answer = run("simulate", "--root", str(room), f"{room / 'infra/callers.tf'}#resized", *asked)
    assert answer.status == 0, answer.out + answer.err
    assert "infra/storage.tf:" in answer.out  # the places of policies in other files
    for path, name in (("infra", f"callers.tf#{HOST}"), ("infra/callers.tf", HOST)):
        (found,) = [item for item in _reached(run, room, path) if item["on"] == name]
        assert found["complete"]
        assert found["classes"][0]["who"] == ["arn:aws:iam::111122223333:role/reader"]


def _reached(run: Run, room: Path, path: str) -> Any:
    return run("who", "--root", str(room), "--format", "json", str(room / path)).json()["resources"]


def test_who_and_prove_go_through_every_hop(room: Path, run: Run) -> None:
    (room / "g.policy").write_text(
        'prove "chain" {\n  every request to Resized who role("111122223333", "reader") can GetObject is allow\n'
        "  no request to Resized who anonymous is allowed\n}\n"
    )
    given = ("prove", "--root", str(room), "--guarantees", str(room / "g.policy"), str(room / "stack.yaml"))
    assert run(*given).status == 0
    found = [item for item in _reached(run, room, "stack.yaml") if item["on"] == "Resized"]
    assert found[0]["given"] == ["‹AWS::AccountId› is 111122223333"]
    (room / "stack.yaml").write_text(STACK.replace("lambda:InvokeFunction", "lambda:GetFunction"))
    broken = run(*given)
    assert (broken.status, "not so for `Resized`" in broken.out) == (1, True), broken.out


def test_which_hop_makes_the_difference(room: Path, run: Run) -> None:
    for old, new, status, words in (
        ("lambda:InvokeFunction", "lambda:GetFunction", 1, "newly denied"),
        ('Action: "s3:GetObject"', 'Action: "s3:Get*"', 1, "at the supporting access point `Point`"),
        ("SupportingAccessPoint: !GetAtt Point.Arn", 'SupportingAccessPoint: !Sub "${Point.Arn}"', 0, "the same for"),
        ("[!GetAtt Photos.Arn, ", "[", 0, "Resized"),
        # callers of the account need their own policies at the other hops alone then, or at one more
        ('Principal: { AWS: !GetAtt Reader.Arn }, Action: "s3-object', 'Principal: "*", Action: "s3-object', 1, "newly granted"),
        ("Actions: [GetObject]", "Actions: [GetObject, HeadObject]", 1, "no longer granted"),
    ):  # fmt: skip
        (room / "new.yaml").write_text(STACK.replace(old, new))
        answer = run("diff", "--root", str(room), str(room / "stack.yaml"), str(room / "new.yaml"))
        text = " ".join(answer.out.split())
        assert words in text, answer.out
        assert answer.status == status or old.startswith("["), answer.out


def test_chains_that_lead_elsewhere_are_compared(room: Path, run: Run) -> None:
    """Through another bucket: the same as before where its policy says the same, and denied where it has none for it."""
    moved = STACK.replace("  Photos:\n", "  Other: { Type: AWS::S3::Bucket }\n  Photos:\n", 1)
    moved = moved.replace("Bucket: !Ref Photos", "Bucket: !Ref Other")
    for text, denied in ((moved.replace("Photos.Arn", "Other.Arn"), False), (moved, True)):
        (room / "new.yaml").write_text(text)
        answer = run("diff", "--root", str(room), "--format", "json", str(room / "stack.yaml"), str(room / "new.yaml"))
        (chain,) = [item for item in answer.json()["documents"] if item["name"] == "Resized"]  # type: ignore[attr-defined]
        assert "it leads through arn:aws:s3:::other" in chain["sentences"][0]
        told = ["newly denied", "no longer granted"] if denied else []
        assert ([item["change"] for item in chain["changes"]], chain["open"]) == (told, [])


def test_what_is_not_known_as_a_whole_is_told(room: Path, run: Run) -> None:
    (room / "stack.yaml").write_text(
        STACK.replace("Bucket: !Ref Photos\n      Policy:", "Bucket: elsewhere\n      Policy:")
    )
    answer = run("simulate", "--root", str(room), f"{room / 'stack.yaml'}#Resized", "--can", "GetObject")
    assert (answer.status, "not known as a whole" in answer.err) == (2, True), answer.err


@pytest.mark.parametrize("wrong", ["RoleName: [one, two]", "RoleName: {}", "Path: [/a/, /b/]", "Path: 5"])
def test_a_name_that_is_none_is_no_crash(room: Path, run: Run, wrong: str) -> None:
    old = "Type: AWS::IAM::Role\n    Properties:\n"
    assert old in STACK
    (room / "stack.yaml").write_text(STACK.replace(old, f"{old}      {wrong}\n"))
    assert run("check", "--root", str(room), str(room / "stack.yaml")).status in (0, 1)


def test_an_account_that_nobody_wrote_is_told() -> None:
    from policyc.workspace.documents.home import Home

    text = "arn:aws:iam::111122223333:role/app"
    assert list(Home([text]).given()) == ["the account that this is for is 444455556666"]
    assert list(Home([text], "111122223333").given()) == []
