"""Expressions of CloudFormation as what they stand for.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policyc.carriers.cloudformation import carried, recognize
from policyc.carriers.embedded import Carried, Options, PlacedText
from policyc.cli.app import run as run_command
from policyc.diagnostics import Diagnostics
from policyc.holes import shown
from policyc.text import Source

HEAD = """\
Parameters:
  Name: { Type: String, Default: orders }
  Stage: { Type: String, AllowedValues: [dev, prod] }
  Names: { Type: CommaDelimitedList }
  Only: { Type: String, AllowedValues: [one] }
Mappings:
  Places:
    eu: { bucket: photos-eu }
    us: { bucket: photos-us }
Conditions:
  Prod: !Equals [!Ref Stage, prod]
  Dev: !Equals [!Ref Stage, dev]
  Both: !And [!Condition Prod, !Condition Dev]
Resources:
  Stock: { Type: AWS::VpcLattice::Service, Properties: { AuthType: AWS_IAM } }
  Photos: { Type: AWS::S3::Bucket }
"""


def template(value: str) -> str:
    return f"""{HEAD}  It:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Statement:
          - Resource: {value}
"""


def read(text: str, **values: str) -> tuple[Carried, Diagnostics]:
    assert recognize("t.yaml", text.encode())
    found = Diagnostics()
    return carried(Source("t.yaml", text), Options(values), found), found


def resource(value: str, **values: str) -> list[object]:
    """What an expression becomes in each world, holes as people see them."""
    got, _ = read(template(value), **values)
    out = []
    for document in got.documents:
        assert not isinstance(document.content, PlacedText)
        plain = document.content.plain()["Statement"][0].get("Resource")
        out.append(json.loads(shown(json.dumps(plain, ensure_ascii=False))))
    return out


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("!Ref Name", "‹Name›"),
        ("!Ref Only", "one"),
        ("!Ref Photos", "‹Photos›"),
        ("!Ref Stock", "‹Stock.Arn›"),  # its reference is its ARN
        ("!GetAtt Stock.Arn", "‹Stock.Arn›"),
        ("!GetAtt [Stock, Arn]", "‹Stock.Arn›"),
        ("{ Fn::GetAtt: Stock.Arn }", "‹Stock.Arn›"),
        ('!Sub "${Stock.Arn}/*"', "‹Stock.Arn›/*"),
        ('!Sub "${Stock}/${AWS::Region}"', "‹Stock.Arn›/‹AWS::Region›"),
        ('!Sub "x/${!aws:username}"', "x/${aws:username}"),
        ('!Sub ["${a}-${b}", { a: x, b: !Ref Name }]', "x-‹Name›"),
        ('!Join ["/", [a, !Ref Name, "*"]]', "a/‹Name›/*"),
        ('!Join ["", [a, !Ref AWS::NoValue, b]]', "ab"),
        ("!Select [1, [a, b]]", "b"),
        ('!Select [5, !Split [":", "arn:aws:s3:::photos"]]', "photos"),
        ('!Select [1, !Split [":", !Ref Name]]', "‹item 1 of Split of Name›"),
        ("!FindInMap [Places, eu, bucket]", "photos-eu"),
        ("!FindInMap [Places, !Ref AWS::Region, bucket]", "‹FindInMap Places.AWS::Region.bucket›"),
        ("!ImportValue shared-arn", "‹ImportValue shared-arn›"),
        ('"{{resolve:ssm:/shop/arn}}"', "‹ssm:/shop/arn›"),
        ('!Sub "arn:aws:s3:::{{resolve:ssm:/${Name}/b}}/*"', "arn:aws:s3:::‹ssm:/${Name}/b›/*"),
        ('!Sub "{{resolve:ssm:/${Name}}}"', "‹ssm:/${Name}›"),
        ('!Join ["", ["{{resolve:ssm:/", !Ref Name, "}}"]]', "‹ssm:/${Name}›"),
        ("[!Ref Name, b]", ["‹Name›", "b"]),
        ("!Ref Names", "‹Names›"),
        ("111122223333", "111122223333"),
    ],
)
def test_an_expression(value: str, expected: object) -> None:
    assert resource(value) == [expected]


def test_a_list_with_no_value_lacks_the_item() -> None:
    assert resource("[!Ref AWS::NoValue, b]") == [["b"]]


def test_values_fill_holes() -> None:
    assert resource('!Sub "${Name}/${Stock.Arn}"', Name="n", **{"Stock.Arn": "arn:aws:x"}) == ["n/arn:aws:x"]
    assert resource("!Ref Names", Names="a, b") == [["a", "b"]]


def test_a_default_is_an_assumption_and_no_value() -> None:
    got, _ = read(template("!Ref Name"))
    hole = got.documents[0].holes["Name"]
    assert (hole.kind, hole.assumed) == ("string", "orders")


def test_conditions_make_worlds() -> None:
    value = '!If [Prod, "a", "b"]'
    got, _ = read(template(value))
    assert [document.world for document in got.documents] == ["when not `Prod`", "when `Prod`"]
    assert resource(value) == ["b", "a"]
    assert resource(value, Stage="prod") == ["a"]


def test_worlds_that_cannot_be_are_none() -> None:
    assert resource('!If [Both, "a", "b"]') == ["b"]  # one parameter is never two texts
    assert resource('!If [Prod, "a", !If [Dev, "b", "c"]]') == ["b", "a"]  # there are two stages


def test_worlds_that_do_not_differ_are_one() -> None:
    assert resource('!If [Prod, "a", "a"]') != []
    assert len(resource("x")) == 1


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("{ Fn::Transform: { Name: Mine } }", "macro"),
        ("{ Fn::Mystery: x }", "no function that is known"),
        ("!If [Nope, a, b]", "no condition `Nope`"),
        ("!FindInMap [Places, eu, nothing]", "the mapping has no"),
        ("!Select [7, [a]]", "item 7 of 1"),
    ],
)
def test_what_cannot_be_read_is_said(value: str, reason: str) -> None:
    got, _ = read(template(value))
    assert not got.documents
    assert reason in got.unreadable[0].reason


@pytest.mark.parametrize(
    ("type", "properties", "documents"),
    [
        ("AWS::S3::BucketPolicy", "{ Bucket: b, Policy: { Statement: STATEMENT } }", 0),
        (
            "AWS::IAM::Role",
            "{ AssumeRolePolicyDocument: { Statement: [] }, Policies: [{ PolicyDocumnt: { Statement: STATEMENT } }] }",
            1,
        ),
        ("AWS::IAM::ManagedPolicy", "{ PolicyDocument: { Statement: STATEMENT }, Description: { Effect: Allow } }", 1),
    ],
)
def test_a_policy_beside_the_property_for_it_is_not_read(type: str, properties: str, documents: int) -> None:
    statement = '[{ Effect: Allow, Action: "s3:*", Resource: "*" }]'
    got, _ = read(f"{HEAD}  It: {{ Type: {type}, Properties: {properties.replace('STATEMENT', statement)} }}\n")
    assert len(got.documents) == documents
    assert [item.reason.split(" at ")[0] for item in got.unreadable] == ["policies of this type stand"]


def test_a_policy_in_an_item_under_a_condition_is_read() -> None:
    policy = '{ PolicyName: x, PolicyDocument: { Statement: [{ Effect: Allow, Action: "s3:*", Resource: "*" }] } }'
    listed = f"!If [Prod, {policy}, !Ref AWS::NoValue]"
    got, _ = read(f"{HEAD}  It: {{ Type: AWS::IAM::User, Properties: {{ Policies: [{listed}] }} }}\n")
    assert len(got.documents) == 1 and not got.unreadable


def test_a_policy_variable_in_sub_is_a_mistake() -> None:
    got, found = read(template('!Sub "x/${aws:username}"'))
    assert [item.rule for item in found] == ["cloudformation-unescaped-variable"]
    assert got.documents


def test_a_name_that_is_nowhere_is_a_note() -> None:
    _, found = read(template("!Ref Nope"))
    assert [(item.rule, item.severity) for item in found] == [("cloudformation-unknown-name", "info")]


def test_loops_are_unrolled() -> None:
    text = f"""{HEAD}  Fn::ForEach::Each:
    - Who
    - [orders, stock]
    - "${{Who}}Policy":
        Type: AWS::IAM::ManagedPolicy
        Properties:
          PolicyDocument: {{ Statement: [{{ Resource: !Sub "arn:aws:s3:::${{Who}}/*" }}] }}
"""
    got, _ = read(text)
    assert [document.name for document in got.documents] == ["ordersPolicy", "stockPolicy"]
    assert [d.content.plain()["Statement"][0]["Resource"] for d in got.documents] == [  # type: ignore[union-attr]
        "arn:aws:s3:::orders/*",
        "arn:aws:s3:::stock/*",
    ]
    lost, _ = read(text.replace("[orders, stock]", "!Ref Names"))
    assert "not known" in lost.unreadable[0].reason
    other, _ = read(text.replace("[orders, stock]", "!Ref Names").replace("IAM::ManagedPolicy", "EC2::Subnet"))
    assert not other.unreadable  # no policy could be among what it writes


def test_loops_within_loops_are_unrolled() -> None:
    text = f"""{HEAD}  Fn::ForEach::Stages:
    - Stage
    - [dev, prod]
    - Fn::ForEach::Each:
      - Who
      - [orders, stock]
      - "${{Stage}}${{Who}}":
          Type: AWS::IAM::ManagedPolicy
          Properties:
            PolicyDocument: {{ Statement: [{{ Resource: !Sub "arn:aws:s3:::${{Stage}}-${{Who}}/*" }}] }}
      "${{Stage}}Topic": {{ Type: AWS::SNS::Topic }}
"""
    got, _ = read(text)
    assert [document.name for document in got.documents] == ["devorders", "devstock", "prodorders", "prodstock"]
    assert got.documents[3].content.plain()["Statement"][0]["Resource"] == "arn:aws:s3:::prod-stock/*"  # type: ignore[union-attr]
    lost, _ = read(text.replace("[orders, stock]", "!Ref Names"))
    assert ["not known" in item.reason for item in lost.unreadable] == [True]
    many = ", ".join(f"n{number}" for number in range(150))
    full, _ = read(text.replace("[orders, stock]", f"[{many}]").replace("[dev, prod]", f"[{many}]"))
    assert "more than 2,000" in full.unreadable[0].reason


def test_a_permission_is_a_statement() -> None:
    text = f"""{HEAD}  It:
    Type: AWS::Lambda::Permission
    Properties:
      Action: lambda:InvokeFunction
      FunctionName: orders
      Principal: s3.amazonaws.com
      SourceArn: arn:aws:s3:::photos
      SourceAccount: !Ref AWS::AccountId
"""
    got, _ = read(text)
    document = got.documents[0]
    assert document.kind == "function"
    assert not isinstance(document.content, PlacedText)
    statement = document.content.plain()["Statement"][0]
    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    assert shown(statement["Resource"]) == "arn:‹AWS::Partition›:lambda:‹AWS::Region›:‹AWS::AccountId›:function:orders"
    assert statement["Condition"]["ArnLike"] == {"AWS:SourceArn": "arn:aws:s3:::photos"}
    assert shown(statement["Condition"]["StringEquals"]["AWS:SourceAccount"]) == "‹AWS::AccountId›"


def test_inline_policies_of_sam() -> None:
    text = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Policies:
        - AmazonS3ReadOnlyAccess
        - S3ReadPolicy: { BucketName: photos }
        - Version: "2012-10-17"
          Statement: [{ Effect: Allow, Action: s3:GetObject, Resource: "*" }]
"""
    got, found = read(text)
    assert [(document.kind, document.name) for document in got.documents] == [("identity", "F.3")]
    assert [item.rule for item in found] == ["policy-of-unknown-type"]  # the template of SAM


def test_what_the_template_says_of_gates() -> None:
    text = f"""{HEAD}  Mesh: {{ Type: AWS::VpcLattice::ServiceNetwork, Properties: {{ AuthType: NONE }} }}
  Open: {{ Type: AWS::VpcLattice::Service, Properties: {{ AuthType: !Ref Name }} }}
  Link:
    Type: AWS::VpcLattice::ServiceNetworkServiceAssociation
    Properties: {{ ServiceIdentifier: !Ref Stock, ServiceNetworkIdentifier: !GetAtt Mesh.Arn }}
"""
    got, _ = read(text)
    gates = [item for item in got.companions if item.type.startswith("lattice.")]
    assert {item.name: (dict(item.fields), dict(item.links)) for item in gates} == {
        "Stock": ({"auth": "aws_iam"}, {"network": "Mesh"}),
        "Mesh": ({"auth": "none"}, {}),
    }


def test_the_line_of_code_that_made_a_resource() -> None:
    entries = [
        {
            "type": "aws:cdk:creationStack",
            "data": ["at new Shop (/build/7f/lib/shop.ts:12:5)", "at node_modules/x.js:1:1"],
        },
        {"type": "aws:cdk:logicalId", "data": "It"},
    ]
    files = {"cdk.out/Shop.metadata.json": json.dumps({"/Shop/It": entries})}
    body = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Statement": []}}}
    source = Source("cdk.out/Shop.template.json", json.dumps({"Resources": {"It": body}}))
    got = carried(source, Options(read=files.get), Diagnostics())
    assert got.documents[0].also == "lib/shop.ts:12"


def test_a_condition_key_that_is_open_is_no_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = """Parameters: { Oidc: { Type: String } }
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Fn::Sub: |
          {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::${AWS::AccountId}:oidc-provider/${Oidc}"},
           "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {"${Oidc}:aud": "sts.amazonaws.com", "${Oidc}:sub": "system:serviceaccount:a:b"}}}]}
"""
    (tmp_path / "t.yaml").write_text(text)
    assert run_command(("check", "--root", str(tmp_path), str(tmp_path / "t.yaml"))) == 0, capsys.readouterr().out
