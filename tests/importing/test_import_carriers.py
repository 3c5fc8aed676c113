"""What carries a document stays known: ids and names in policies that come from a pulled folder or from templates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policyc.cli.app import run
from policyc.data import read_text
from policyc.shape import misfits
from policyc.workspace.documents.pulled import LOCK, SCHEMA

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/deploy"
GROUP = f"arn:aws:ec2:us-west-2:{ACCOUNT}:verified-access-group/vagr-0123456789abcdef0"
ENDPOINT = f"arn:aws:ec2:us-west-2:{ACCOUNT}:verified-access-endpoint/vae-0123456789abcdef0"
OTHER = ENDPOINT.replace("vae-0", "vae-1")
BUCKET = "arn:aws:s3:::acme-photos"
TRUST = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
TLS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
BOUND = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


#: path -> text, kind, what carries it, revision
PULLED: dict[str, tuple[str, str, str, dict[str, str]]] = {
    "iam/trust.json": (document(TRUST), "trust", ROLE, {}),
    "iam/boundary.json": (document(BOUND), "boundary", ROLE, {"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/limits"}),
    "iam/inline-read.json": (document(BOUND), "identity", ROLE, {"PolicyName": "read"}),
    "s3/photos.json": (document(TLS), "bucket", BUCKET, {}),
    "org/scp-0.json": (document(BOUND), "scp", f"account:{ACCOUNT}", {"PolicyId": "p-a1b2c3d4"}),
    "va/vagr.cedar": (
        'permit (principal, action, resource)\nwhen { context.corp.dept == "it" };\n',
        "cedar",
        GROUP,
        {},
    ),
    "va/pay.cedar": (
        'permit (principal, action, resource)\nwhen { context.login.team == "pay" };\n',
        "cedar",
        ENDPOINT,
        {},
    ),
    "va/base.cedar": (
        'permit (principal, action, resource)\nwhen { context.corp.dept == "db" };\n',
        "cedar",
        OTHER,
        {},
    ),
}
#: what is known of Verified Access: neither name tells what provider it is
_TRUST = {"corp": "oidc", "login": "oidc"}
FACTS: dict[str, dict[str, Any]] = {
    GROUP: {"trust": _TRUST},
    ENDPOINT: {"trust": _TRUST, "group": GROUP.rpartition("/")[2], "protocol": "https"},
    OTHER: {"trust": _TRUST},
}


def pull(folder: Path) -> None:
    """A folder as `policyc aws pull` writes it."""
    for path, (text, _, _, _) in PULLED.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    lock = {
        "format_version": 1,
        "pulled_at": "2026-11-30T00:00:00+00:00",
        "accounts": [],
        "calls": {},
        "documents": {
            path: {
                "kind": kind,
                "target": "",
                "role": "",
                "resource": resource,
                "account": ACCOUNT,
                "region": "",
                "revision": revision,
                "sha256": "0" * 64,
            }
            for path, (_, kind, resource, revision) in PULLED.items()
        },
        "resources": {
            resource: {"type": "", "name": "", "facts": FACTS.get(resource, {}), "policies": {}, "unread": {}}
            for _, _, resource, _ in PULLED.values()
        },
        "files": [],
        "unread": [],
    }
    assert not misfits(lock, json.loads(read_text(SCHEMA)))
    (folder / LOCK).write_text(json.dumps(lock))


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def policies(folder: Path) -> str:
    return "\n".join(path.read_text() for path in sorted(folder.rglob("*.policy")))


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_a_pulled_folder_says_what_each_document_is_on(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pull(written / "live")
    assert run(("import", "live", "-o", "policies")) == 0
    assert "does not say what it is attached to" not in capsys.readouterr().err
    text = squeezed(policies(written / "policies"))
    for wanted in (
        f'{{ kind: trust, name: "{ROLE}" }}',
        f'{{ kind: boundary, name: "{ROLE}" }}',
        f'{{ kind: bucket, name: "{BUCKET}" }}',
        '{ kind: scp, name: "p-a1b2c3d4" }',
        'role(account_111122223333, "team/deploy")',
        'id: "vagr-0123456789abcdef0", at: account_111122223333/us-west-2,',
    ):
        assert wanted in text.replace(", }", " }"), wanted


def test_an_endpoint_shares_the_group_that_its_data_is_of(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pull(written / "live")
    assert run(("import", "live/va", "-o", "policies")) == 0
    text = squeezed(policies(written / "policies"))
    assert 'verified_access.endpoint { id: "vae-0123456789abcdef0", at: account_111122223333/us-west-2,' in text
    assert "group: vagr_group, protocol: https" in text
    assert "trust: { corp: oidc, login: oidc }" in text  # what both texts read
    # nothing tells what the other endpoint speaks; as the text of a group it would let in whom its own group refuses
    assert text.count("verified_access.endpoint {") == 2 and text.count("verified_access.group {") == 2
    assert "what the endpoint of `live/va/base.cedar` speaks is not known" in capsys.readouterr().err
    assert run(("build", "policies", "-o", "out")) == 0
    built = {path.name: squeezed(path.read_text()) for path in (written / "out").rglob("*.cedar")}
    assert '"pay"' in built["pay.cedar"] and '"it"' in built["vagr.cedar"] and '"db"' in built["base.cedar"]
    assert run(("check", "policies")) == 0, capsys.readouterr().out


STACK = """Resources:
  Deploy:
    Type: AWS::IAM::Role
    Properties:
      RoleName: deploy
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]}
  Photos: {Type: AWS::S3::Bucket, Properties: {BucketName: acme-photos}}
  PhotosPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Photos
      PolicyDocument: &tls {Version: "2012-10-17", Statement: [{Effect: Deny, Principal: "*", Action: "s3:*", Resource: "*", Condition: {Bool: {"aws:SecureTransport": "false"}}}]}
  OtherPolicy:
    Type: AWS::S3::BucketPolicy
    Properties: {Bucket: acme-logs, PolicyDocument: *tls}
  Nameless: {Type: AWS::S3::Bucket}
  NamelessPolicy:
    Type: AWS::S3::BucketPolicy
    Properties: {Bucket: !Ref Nameless, PolicyDocument: *tls}
"""
_STATEMENT = '{Effect = "Deny", Principal = "*", Action = "s3:*", Resource = "*", Condition = {Bool = {"aws:SecureTransport" = "false"}}}'
MODULE = f"""
locals {{ tls = jsonencode({{Version = "2012-10-17", Statement = [{_STATEMENT}]}}) }}
resource "aws_iam_role" "deploy" {{
  name               = "deploy"
  assume_role_policy = jsonencode({{Version = "2012-10-17", Statement = [{{Effect = "Allow", Principal = {{Service = "ec2.amazonaws.com"}}, Action = "sts:AssumeRole"}}]}})
}}
resource "aws_s3_bucket" "photos" {{ bucket = "acme-photos" }}
resource "aws_s3_bucket_policy" "photos" {{
  bucket = aws_s3_bucket.photos.id
  policy = local.tls
}}
resource "aws_s3_bucket_policy" "logs" {{
  bucket = "acme-logs"
  policy = local.tls
}}
resource "aws_s3_bucket" "each" {{
  for_each = toset(["a", "b"])
  bucket   = "acme-${{each.key}}"
}}
resource "aws_s3_bucket_policy" "each" {{
  for_each = aws_s3_bucket.each
  bucket   = each.value.id
  policy   = local.tls
}}
"""


@pytest.mark.parametrize(
    ("file", "text", "more"),
    [
        ("stack.yaml", STACK, ["kind: bucket"]),
        ("main.tf", MODULE, [f'kind: bucket, name: "acme-{name}"' for name in "ab"]),
    ],
)
def test_a_template_that_writes_a_name_keeps_it(
    written: Path, capsys: pytest.CaptureFixture[str], file: str, text: str, more: list[str]
) -> None:
    (written / file).write_text(text)
    assert run(("import", file)) == 0
    lines = [squeezed(line) for line in capsys.readouterr().out.splitlines() if "iam_document.carrier {" in line]
    found = sorted(line.partition("{ ")[2].removesuffix(" }") for line in lines)
    assert found == [
        *more,
        'kind: bucket, name: "acme-logs"',
        'kind: bucket, name: "acme-photos"',
        'kind: trust, name: "deploy"',
    ]


STACK = """Resources:
  Auth:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: !Ref Stock
      Policy:
        Version: "2012-10-17"
        Statement: [{Sid: orders, Effect: Allow, Principal: "*", Action: vpc-lattice-svcs:Invoke, Resource: "*"}]
  Stock: {Type: AWS::VpcLattice::Service, Properties: {Name: stock@@}}
"""


@pytest.mark.parametrize(
    ("auth", "asks"),
    [("", False), (", AuthType: NONE", False), (", AuthType: AWS_IAM", True), (", AuthType: !Ref How", True)],
)
def test_a_service_of_a_template_that_asks_no_policy_stays_so(
    auth: str, asks: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("stack.yaml").write_text(STACK.replace("@@", auth), encoding="utf-8")
    assert run(["import", "stack.yaml", "-o", "p.policy"]) == 0
    assert ("auth: aws_iam" in Path("p.policy").read_text(encoding="utf-8")) is asks
