"""Repositories of tools whose files are not read as they are: nothing in them passes for checked."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import indent

import pytest

from policyc.cli.app import run

SERVERLESS = """service: images
provider:
  name: aws
  iam:
    role:
      statements:
        - Effect: Allow
          Action: s3:GetObject
          Resource: ${self:custom.bucket}
resources:
  Resources:
    Bucket: { Type: AWS::S3::Bucket }
"""
NESTED = """stack:
  Resources:
    P:
      Type: AWS::IAM::ManagedPolicy
      Properties:
        PolicyDocument: {Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "*"}]}
"""
INNER = NESTED.removeprefix("stack:\n")
STACK_SET = f"""Resources:
  S:
    Type: AWS::CloudFormation::StackSet
    Properties:
      StackSetName: s
      PermissionModel: SELF_MANAGED
      TemplateBody: |
{indent(INNER, "      ")}"""
#: the same document with a line for each member
DOCUMENT = """        PolicyDocument:
                Statement:
                  - Action: s3:GetObject
                    Effect: Allow
                    Resource: "*"
"""
INCLUDE = 'Fn::Transform: {Name: AWS::Include, Parameters: {Location: "s3://b/p.yaml"}}'
ONE = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}'
MANIFESTS = f"""apiVersion: iam.services.k8s.aws/v1alpha1
kind: Policy
metadata: {{name: p}}
spec: {{policyDocument: '{ONE}'}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: c}}
data: {{p.json: '{ONE}'}}
"""
ASTRAY = f"""Resources:
  P:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolcyDocument: '{ONE}'
"""
STACK = {
    "deployment": {
        "resources": [
            {
                "urn": "urn:pulumi:d::p::aws:iam/policy:Policy::p",
                "type": "aws:iam/policy:Policy",
                "inputs": {"polcy": ONE},
            }
        ]
    }
}
MISSPELT = f'resource "aws_iam_policy" "p" {{\n  polcy = <<E\n{ONE}\nE\n}}\n'


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)

    def done(name: str, text: str | bytes, where: str = ".") -> tuple[int, str]:
        Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
        status = run(("check", "--no-cache", where))
        found = capsys.readouterr()
        return status, found.out + found.err

    return done


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        (
            "serverless.yml",
            SERVERLESS.replace("statements", "others"),
            "serverless.yml:7 (a policy at a place that is not read",
        ),
        (
            "serverless.yml",
            SERVERLESS.replace("  Resources:", "  - ${file(more.ts)}\n  - Resources:").replace(
                "    Bucket", "      Bucket"
            ),
            "serverless.yml:11 (`resources` comes from elsewhere",
        ),
        ("stacks.yaml", NESTED, "stacks.yaml:6 (it is no template: no `Resources` stand at its top)"),
        ("stacks.yaml", NESTED.replace("Effect: Allow", 'Effect: "Deny"'), "1 not readable"),
        ("set.yaml", STACK_SET, "set.yaml:7 (a template inside a text"),
        ("set.yaml", STACK_SET.replace(f"{INNER.splitlines()[-1]}", DOCUMENT), "set.yaml:7 (a template inside a text"),
        ("set.yaml", f"Resources:\n  {INCLUDE}\n", "set.yaml:2 (a macro (`Fn::Transform`) writes resources)"),
        (
            "p.yaml",
            f"Resources:\n  P: {{Type: AWS::IAM::ManagedPolicy, Properties: {{PolicyDocument: {{{INCLUDE}}}}}}}\n",
            "p.yaml:2 (a macro",
        ),
        (
            "p.yaml",
            f"Resources:\n  P: {{Type: AWS::IAM::ManagedPolicy, Properties: {{{INCLUDE}}}}}\n",
            "p.yaml:2 (it is what",
        ),
        ("p.yaml", ASTRAY, "p.yaml:5 (policies of this type stand at `PolicyDocument`)"),
        ("p.yaml", ASTRAY.replace(f"'{ONE}'", ONE), "p.yaml:5 (policies of this type"),
        ("p.yaml", ASTRAY.replace(ONE, "permit(principal, action, resource);"), "p.yaml:5 (policies of this type"),
        (
            "m.yaml",
            MANIFESTS.partition("---")[0].replace("policyDocument", "polcyDocument"),
            "m.yaml:4 (policies of this type stand at `spec.policyDocument`)",
        ),
        ("stack.json", json.dumps(STACK), "stack.json:1 (policies of this type stand at `policy`)"),
        ("main.tf", MISSPELT, "main.tf:2 (policies of this type stand at `policy`)"),
        (
            "main.tf",
            MISSPELT.replace("aws_iam_policy", "aws_iam_role")
            .replace("polcy = <<E", "inline_policy {\n  plcy = <<E")
            .replace("\nE\n", "\nE\n}\n"),
            "main.tf:3 (policies of this type stand at `assume_role_policy` or `inline_policy.policy`)",
        ),
        (
            "main.tf",
            MISSPELT.replace("polcy", f"policy = jsonencode({ONE})\n  extra"),
            "main.tf:3 (policies of this type",
        ),
        ("m.yaml", MANIFESTS, "m.yaml:9 (a manifest of a kind that is not read)"),
        (
            "m.yaml",
            MANIFESTS.partition("---")[0].replace(ONE, "${data.aws_iam_policy_document.p.json}"),
            "m.yaml:4 (another tool puts the document in",
        ),
        (
            "Pulumi.yaml",
            f"name: x\nruntime: yaml\nresources: {{p: {{type: 'aws:iot:Policy', properties: {{policy: {{'fn::toJSON': {ONE}}}}}}}}}\n",
            "Pulumi.yaml:3 (a policy of a type that is not read)",
        ),
        (
            "Pulumi.yaml",
            f"variables:\n  v: {ONE}\nresources: {{p: {{type: 'aws:iam:Policy', properties: {{policy: '${{w}}'}}}}}}\n",
            "Pulumi.yaml:2 (a policy at a place that is not read",
        ),
        (
            "terragrunt.hcl",
            f"inputs = {{\n  policy = <<EOT\n{ONE}\nEOT\n}}\n",
            "terragrunt.hcl (in a form that is not read)",
        ),
        (
            "env.hcl",
            'inputs = { policy = { Statement = [{ Effect = "Allow" }] } }\n',
            "env.hcl (in a form that is not read)",
        ),
        ("policy.json.j2", ONE.replace("*", "{{ bucket }}"), "policy.json.j2 (in a form that is not read)"),
        ("play.yml", f"- iam_policy: {{policy_json: '{ONE}'}}\n", "play.yml (in a form that is not read)"),
    ],
)
def test_what_is_no_template_is_not_passed_over(check, name: str, text: str, told: str) -> None:  # type: ignore[no-untyped-def]
    for where in (".", name):
        status, said = check(name, text, where)
        assert status == 1 and told in " ".join(said.split()), said


def test_what_protects_a_stack_is_no_policy_of_iam(check) -> None:  # type: ignore[no-untyped-def]
    data = {
        "Statement": [{"Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": "LogicalResourceId/Db"}]
    }
    assert "nothing found" in check("stack-policy.json", json.dumps(data))[1]
    assert "no document that policyc knows" in check("stack-policy.json", json.dumps(data), "stack-policy.json")[1]


def test_a_program_beside_what_is_read_is_told(check) -> None:  # type: ignore[no-untyped-def]
    Path("app").mkdir()
    Path("app", "cdk.json").write_text("{}")
    status, said = check("p.json", ONE)
    assert status == 0 and "policy-in-program" in said and "`app/cdk.json`" in said
    Path("app", "cdk.out").mkdir()
    synthesized = {"Resources": {"P": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": ONE}}}}
    Path("app", "cdk.out", "A.template.json").write_text(json.dumps(synthesized))
    assert "policy-in-program" not in check("p.json", ONE)[1]


def test_a_file_of_that_tool_without_policies_is_nobodys_business(check) -> None:  # type: ignore[no-untyped-def]
    status, said = check("serverless.yml", SERVERLESS.replace("statements", "tags").replace("Effect: Allow", "Name: x"))
    assert status in (0, 4) and "not readable" not in said


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("cdk.json", "`cdk synth`"),
        ("Pulumi.yaml", "`pulumi preview --json`"),
        ("terragrunt.hcl", "`terragrunt show -json`"),
    ],
)
def test_a_program_that_writes_policies_is_told_where_they_are(check, name: str, told: str) -> None:  # type: ignore[no-untyped-def]
    status, said = check(name, "{}")
    assert status == 4 and told in said
    Path("inner").mkdir()
    Path(name).rename(f"inner/{name}")
    assert told in check("other.json", "{}")[1]
    Path("inner", name).unlink()
    assert told not in check("other.json", "{}")[1]


@pytest.mark.parametrize(
    "mention", ["# was: ${file(old.yml)}", "custom: {plugin: '${file(old.yml)}', gone: '${file(gone.yml)}'}"]
)
def test_a_file_that_a_service_names_and_takes_no_policy_from_is_told_once(check, mention: str) -> None:  # type: ignore[no-untyped-def]
    Path("old.yml").write_text("- Effect: Allow\n  Action: '*'\n  Resource: '*'\n")
    status, said = check(
        "serverless.yml", SERVERLESS.replace("${self:custom.bucket}", "arn:aws:s3:::b/*") + mention + "\n"
    )
    assert status == 1
    assert "1 not readable: old.yml:1 (a policy at a place that is not read" in " ".join(said.split())


def test_a_test_of_a_configuration_is_nobodys_business(check) -> None:  # type: ignore[no-untyped-def]
    text = f'run "x" {{\n  variables {{\n    policy = <<EOT\n{ONE}\nEOT\n  }}\n}}\n'
    assert check("main.tftest.hcl", text)[0] == 4


GRANTS = """Transform: AWS::Serverless-2016-10-31
Resources:
  B: { Type: AWS::S3::Bucket, Connectors: CONNECTORS }
  F:
    Type: AWS::Serverless::TYPE
    Properties:
      Policies: POLICIES
  P:
    Type: AWS::IAM::ManagedPolicy
    Properties: { PolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "s3:ListBucket", Resource: "*" }] } }
"""


@pytest.mark.parametrize(
    ("policies", "connectors", "type", "told"),
    [
        ("[S3ReadPolicy: {BucketName: !Ref B}, AmazonSQSFullAccess]", "{}", "Function", "`S3ReadPolicy`"),
        ("{DynamoDBCrudPolicy: {TableName: t}}", "{}", "StateMachine", "`DynamoDBCrudPolicy`"),
        ("[]", "{C: {Properties: {Destination: {Id: F}}}}", "Function", "`B.C`"),
        ("[]", "{}", "Connector", "`F`"),
        ("[AmazonSQSFullAccess, !Ref X, !If [A, arn, !Ref AWS::NoValue]]", "{}", "Function", ""),
        ('{Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:ListBucket", Resource: "*"}]}', "{}", "Function", ""),
        ('[Statement: [{Effect: Allow, Action: "s3:ListBucket", Resource: "*"}]]', "{}", "Function", ""),
    ],
)  # fmt: skip
def test_what_sam_grants_in_its_own_words_is_told(  # type: ignore[no-untyped-def]
    check, policies: str, connectors: str, type: str, told: str
) -> None:
    text = GRANTS.replace("POLICIES", policies).replace("CONNECTORS", connectors).replace("TYPE", type)
    said = " ".join(check("t.yaml", text)[1].split())
    assert (f"what SAM grants for {told} is not read" in said) is bool(told), said
    assert ("what SAM grants" in said) is bool(told)


def test_what_is_written_twice_in_a_resource_without_policies_is_nobodys_business(check) -> None:  # type: ignore[no-untyped-def]
    group = "  G: { Type: AWS::EC2::SecurityGroup, Properties: { GroupName: a, GroupName: a } }\n"
    text = GRANTS.replace("POLICIES", "[]").replace(", Connectors: CONNECTORS", "").replace("TYPE", "Function") + group
    status, said = check("t.yaml", text)
    assert "json-duplicate-key" not in said and "not readable" not in said and status == 0, said


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    ("name", "text"),
    [("p.json", '{"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}'), ("t.yaml", NESTED)],
)
def test_what_a_shell_writes_in_utf_16_is_told(check, name: str, text: str, codec: str) -> None:  # type: ignore[no-untyped-def]
    status, said = check(name, text.encode(codec))
    assert status == 1 and "error[not-utf-8]" in said and "UTF-16" in said


_LOOP = "a: ${self:custom.b}\n  b: ${self:custom.a}\n  c: ${self:custom}"
_ONES = [f"${{self:custom.v{at}}}" for at in range(12)]
_WIDE = "v0: [x, y]\n" + "".join(f"  v{at}: {json.dumps([one] * 8)}\n" for at, one in enumerate(_ONES, 1))
_LONG = "v0: abcdefgh\n" + "".join(f"  v{at}: {one * 8}\n" for at, one in enumerate(_ONES, 1))


@pytest.mark.parametrize(
    ("custom", "name", "known"),
    [(_LOOP, "a", False), (_LOOP, "c", False), (_WIDE, "v12", False), (_LONG, "v12", False), (_WIDE, "v0", True)],
)
def test_variables_of_a_service_end(check, custom: str, name: str, known: bool) -> None:  # type: ignore[no-untyped-def]
    text = f"custom:\n  {custom}\n" + SERVERLESS.replace("self:custom.bucket", f"self:custom.{name}")
    _, said = check("serverless.yml", text)
    assert ("with unknown values" in said or "not readable" in said) is not known, said


def test_the_names_that_are_shown_take_values_in_a_service(check) -> None:  # type: ignore[no-untyped-def]
    text = SERVERLESS.replace("${self:custom.bucket}", "arn:aws:s3:::b-${aws:region}-${aws:accountId}/*")
    assert "1 with unknown values" in check("serverless.yml", text)[1]
    bound = ("--bind", "AWS::AccountId=111122223333", "--bind", "AWS::Region=eu-west-1")
    assert run(("check", "--no-cache", *bound, "serverless.yml")) == 0
