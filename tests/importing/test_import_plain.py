"""Documents of the kinds that no other target writes: bucket, trust, service control and other policies become policies and come back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from policyc.__main__ import main
from policyc.diagnostics import Diagnostics
from policyc.engines.iam.document import compile_document
from policyc.importing.modules import Layout
from policyc.syntax.json_text import parse_json
from policyc.targets.iam_documents.kinds import KINDS
from policyc.targets.iam_documents.raising import meaning
from policyc.targets.iam_documents.read import read_policy
from policyc.text import Source
from tests.importing.round_trip import assert_laid_out, built, imported

GOLDEN = Path(__file__).parent.parent / "golden" / "object_lambda_emit" / "expected"
GOLDEN_KINDS = {
    "access_point_policy": "object-lambda",
    "supporting_access_point_policy": "access-point",
    "bucket_policy": "bucket",
    "function_policy": "function",
    "execution_role_policy": "identity",
}
_BUCKET = ["arn:aws:s3:::acme-photos", "arn:aws:s3:::acme-photos/*"]
_OIDC = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
_TLS = {"Bool": {"aws:SecureTransport": "false"}}
#: what the documentation of each service shows, in the canonical form of `build`
DOCUMENTS: Mapping[str, list[dict[str, object]]] = {
    "bucket": [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": _BUCKET, "Condition": _TLS},
        {
            "Effect": "Deny",
            "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root"},
            "NotAction": "s3:GetObject",
            "NotResource": "arn:aws:s3:::acme-photos/public/*",
        },
        {
            "Effect": "Allow",
            "Principal": {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"},
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::acme-photos/${aws:username}/*",
        },
    ],
    "trust": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
        {
            "Effect": "Allow",
            "Principal": {"Federated": _OIDC},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
                "StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/*:ref:refs/heads/main"},
            },
        },
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {"StringEquals": {"sts:ExternalId": "x"}},
        },
    ],
    "scp": [
        {
            "Effect": "Deny",
            "NotAction": ["iam:*", "sts:*"],
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "us-west-2"]}},
        },
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
    ],
    "rcp": [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
                "StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"},
            },
        }
    ],
    "access-point": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:us-west-2:111122223333:accesspoint/photos/object/*",
        }
    ],
    "object-lambda": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
            "Action": "s3-object-lambda:GetObject",
            "Resource": "arn:aws:s3-object-lambda:us-west-2:111122223333:accesspoint/resized",
        }
    ],
    "function": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "lambda:InvokeFunction",
            "Resource": "arn:aws:lambda:us-west-2:111122223333:function:resize",
            "Condition": {
                "ArnLike": {"aws:SourceArn": "arn:aws:s3:::acme-photos"},
                "StringEquals": {"aws:SourceAccount": "111122223333"},
            },
        }
    ],
    "key": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
            "Resource": "*",
            "Condition": {"StringEquals": {"kms:ViaService": "s3.us-west-2.amazonaws.com"}},
        },
    ],
    "endpoint": [
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "*",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
        }
    ],
    "boundary": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
    "session": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-photos/*"}],
    "resource": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": "arn:aws:sqs:us-west-2:111122223333:jobs",
            "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:events:us-west-2:111122223333:rule/nightly"}},
        }
    ],
}


def text_of(statements: list[dict[str, object]]) -> str:
    """The document as `build` lays it out."""
    held = [{"Sid": f"S{at}", **statement} for at, statement in enumerate(statements, 1)]
    return json.dumps({"Version": "2012-10-17", "Statement": held}, separators=(",", ":"))


def meant(text: str, kind: str) -> list[object]:
    tree = parse_json(Source("d.json", text), Diagnostics())
    assert tree is not None
    return [meaning(one) for one in read_policy(tree, KINDS[kind], "d.json").statements]


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"auth-policy", "identity"}))
def test_every_kind_comes_back_byte_by_byte(kind: str) -> None:
    text = text_of(DOCUMENTS[kind])
    found = Diagnostics()
    tree = parse_json(Source("d.json", text), found)
    assert tree is not None and compile_document(tree, KINDS[kind].engine, found) is not None
    assert [item.message for item in found if item.severity.value == "error"] == []
    again = imported({"d.json": text}, kind, Layout(file="d.policy"))
    assert_laid_out(again)
    assert built(again) == {"d.json": text}


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.name)
def test_every_document_of_a_chain_comes_back(path: Path) -> None:
    kind = GOLDEN_KINDS[path.name.split(".")[1]]
    text = path.read_text(encoding="utf-8")
    again = imported({"d.json": text}, kind, Layout(file="d.policy"))
    assert_laid_out(again)
    (mine,) = built(again).values()
    assert meant(mine, kind) == meant(text, kind)


def test_order_and_spelling_of_others_lose_no_meaning() -> None:
    text = """{"Version": "2008-10-17", "Id": "old", "Statement": {"Principal": {"AWS": "*"}, "Effect": "Deny",
      "Resource": ["arn:aws:s3:::b/*", "arn:aws:s3:::b"], "Action": ["s3:PutObject", "s3:Get*"],
      "Condition": {"StringNotLike": {"aws:userId": ["AROAEXAMPLE:*", "AIDAEXAMPLE"]}}}}"""
    again = imported({"d.json": text}, "bucket", Layout(file="d.policy"))
    (mine,) = built(again).values()
    assert meant(mine, "bucket") == meant(text, "bucket")
    assert 'name: "arn:aws:s3:::b"' in again.files["d.policy"]


def test_what_is_built_is_known_by_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shape of a service control policy tells no more than that it is one for callers."""
    monkeypatch.chdir(tmp_path)
    Path("scp.json").write_text(text_of(DOCUMENTS["scp"]), encoding="utf-8")
    assert main(["import", "scp.json", "--as", "scp", "-o", "one/org.policy"]) == 0
    assert main(["build", "one", "-o", "out"]) == 0
    assert main(["import", "out", "-o", "two/org.policy"]) == 0
    assert "kind: scp" in Path("two/org.policy").read_text(encoding="utf-8")


#: what a template leaves open in a part of a text -> what the language says
PARTS = [
    ('!Sub "${Photos.Arn}/*"', 'raw(concat("arn:aws:s3:::", photos, "/*"))'),
    ('!Sub "arn:aws:s3:::${Photos}/${Stage}/*"', 'raw(concat("arn:aws:s3:::", photos, "/", stage, "/*"))'),
    ('!Join ["/", [!GetAtt Photos.Arn, !Ref Stage]]', 'raw(concat("arn:aws:s3:::", photos, "/", stage))'),
]


@pytest.mark.parametrize(("written", "said"), PARTS)
def test_open_parts_of_texts_are_joined(
    written: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    template = f"""Parameters:
  Stage: {{Type: String}}
Resources:
  Photos: {{Type: AWS::S3::Bucket}}
  Guard:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Photos
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {{Sid: Tls, Effect: Deny, Principal: "*", Action: "s3:*", Resource: {written}, Condition: {{Bool: {{aws:SecureTransport: "false"}}}}}}
          - {{Sid: App, Effect: Allow, Principal: {{AWS: !Sub "arn:aws:iam::${{AWS::AccountId}}:role/${{Stage}}-app"}}, Action: s3:GetObject, Resource: {written}}}
"""
    Path("stack.yaml").write_text(template, encoding="utf-8")
    assert main(["import", "stack.yaml", "-o", "policies"]) == 0
    text = Path("policies/guard.policy").read_text(encoding="utf-8")
    assert said in text and 'role(account_, concat(stage, "-app"))' in text
    assert main(["fmt", "--check", "policies"]) == 0
    assert main(["check", "policies"]) == 0
    capsys.readouterr()
    assert (
        main(["build", "policies", "--param", "account_=111122223333", "--param", "stage=dev", "--param", "photos=b"])
        == 0
    )
    made = json.loads(Path("out/iam_document/guard.bucket.json").read_text(encoding="utf-8"))
    assert made["Statement"][1]["Principal"] == {"AWS": "arn:aws:iam::111122223333:role/dev-app"}
