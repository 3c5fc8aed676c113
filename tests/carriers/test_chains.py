"""Object Lambda chains in templates: what stands behind an access point is what the template says, however many buckets and functions there are.

Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistS3AndCustomOrigins.html: CloudFront needs every hop's policy.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from policyc.__main__ import main

TEMPLATE = """\
Resources:
  Photos: {Type: AWS::S3::Bucket}
  Logs: {Type: AWS::S3::Bucket}
  LogsPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Logs
      PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: logging.s3.amazonaws.com}, Action: "s3:PutObject", Resource: !Sub "${Logs.Arn}/*", Condition: {StringEquals: {"aws:SourceAccount": !Ref "AWS::AccountId"}}}]}
  PhotosPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Photos
      PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {AWS: "*"}, Action: "*", Resource: [!GetAtt Photos.Arn, !Sub "${Photos.Arn}/*"], Condition: {StringEquals: {"s3:DataAccessPointAccount": !Ref "AWS::AccountId"}}}]}
  Point:
    Type: AWS::S3::AccessPoint
    Properties:
      Bucket: !Ref Photos
      Name: photos
      Policy: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: @POINT@}, Action: "s3:*", Resource: [!Sub "arn:aws:s3:${AWS::Region}:${AWS::AccountId}:accesspoint/photos", !Sub "arn:aws:s3:${AWS::Region}:${AWS::AccountId}:accesspoint/photos/object/*"], Condition: {"ForAnyValue:StringEquals": {"aws:CalledVia": s3-object-lambda.amazonaws.com}}}]}
  Resize: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt Role.Arn}}
  Other: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt Role.Arn}}
  Live: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref Resize, FunctionVersion: "1", Name: live}}
  ForOther:
    Type: AWS::Lambda::Permission
    Properties: {Action: "lambda:InvokeFunction", FunctionName: !GetAtt Other.Arn, Principal: s3.amazonaws.com, SourceAccount: !Ref "AWS::AccountId"}
  ForCloudFront:
    Type: AWS::Lambda::Permission
    Properties: {Action: "lambda:InvokeFunction", FunctionName: !Ref @FUNCTION@, Principal: cloudfront.amazonaws.com, SourceAccount: !Ref "AWS::AccountId"}
  ForApi:
    Type: AWS::Lambda::Permission
    Properties: {Action: "lambda:InvokeFunction", FunctionName: !Ref @FUNCTION@, Principal: apigateway.amazonaws.com, SourceAccount: !Ref "AWS::AccountId"}
  Resized:
    Type: AWS::S3ObjectLambda::AccessPoint
    Properties:
      Name: resized
      ObjectLambdaConfiguration:
        SupportingAccessPoint: @SUPPORTING@
        TransformationConfigurations:
          - Actions: [GetObject]
            ContentTransformation: {AwsLambda: {FunctionArn: !Ref Live}}
  ResizedPolicy:
    Type: AWS::S3ObjectLambda::AccessPointPolicy
    Properties:
      ObjectLambdaAccessPoint: !Ref Resized
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {Service: cloudfront.amazonaws.com}
            Action: s3-object-lambda:Get*
            Resource: !GetAtt Resized.Arn
            Condition: {StringEquals: {"aws:SourceArn": !Sub "arn:aws:cloudfront::${AWS::AccountId}:distribution/E1A2B3C4D5E6F7"}}
"""
RIGHT = {
    "POINT": "cloudfront.amazonaws.com",
    "FUNCTION": "Resize",
    "SUPPORTING": '!Sub "arn:aws:s3:${AWS::Region}:${AWS::AccountId}:accesspoint/${Point}"',
}
#: the principal of the policy in front
FRONT = TEMPLATE[: TEMPLATE.index("            Principal: {Service: cloudfront")].count("\n") + 1


@pytest.fixture
def found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., list[str]]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")

    def check(**words: str) -> list[str]:
        text = TEMPLATE
        for name, word in {**RIGHT, **words}.items():
            text = text.replace(f"@{name}@", word)
        Path("stack.yaml").write_text(text, encoding="utf-8")
        main(["check", "stack.yaml", "--format", "concise"])
        return [line for line in capsys.readouterr().out.splitlines() if "hop-" in line]

    return check


def test_a_whole_chain_is_silent(found: Callable[..., list[str]]) -> None:
    assert found() == []


@pytest.mark.parametrize("supporting", ["!GetAtt Point.Arn", "arn:aws:s3:us-east-1:111122223333:accesspoint/photos"])
def test_the_access_point_is_found_however_it_is_named(found: Callable[..., list[str]], supporting: str) -> None:
    assert found(SUPPORTING=supporting) == []
    (said,) = found(SUPPORTING=supporting, POINT="logging.s3.amazonaws.com")
    assert said.startswith(f"stack.yaml:{FRONT}:") and "hop-refuses-caller" in said


def test_permissions_of_another_function_do_not_count(found: Callable[..., list[str]]) -> None:
    (said,) = found(FUNCTION="Other")
    assert said.startswith(f"stack.yaml:{FRONT}:") and "hop-not-given" in said and "the function" in said


def test_a_hop_that_lets_somebody_else_in(found: Callable[..., list[str]]) -> None:
    (said,) = found(POINT="logging.s3.amazonaws.com")
    assert said.startswith(f"stack.yaml:{FRONT}:") and "hop-refuses-caller" in said
