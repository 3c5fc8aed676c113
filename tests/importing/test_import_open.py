"""Values that a template leaves open become parameters, and a template that is written from these says the same as the first."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.holes import mark
from policyc.importing.opening import places_in
from policyc.syntax.parser import parse
from policyc.text import Source
from tests.emitting.reading import plain, read_back
from tests.running import Told

TEMPLATE = """\
Parameters:
  OrgId: { Type: String, Default: o-a1b2c3d4e5 }
  Team: { Type: String }
  CallerName: { Type: String }
  Secret: { Type: String, NoEcho: true }
  Vpcs: { Type: CommaDelimitedList }
Resources:
  Stock: { Type: AWS::VpcLattice::Service, Properties: { AuthType: AWS_IAM } }
  Fn: { Type: AWS::IAM::Role, Properties: {} }
  StockAuth:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: !Ref Stock
      Policy:
        Version: "2012-10-17"
        Statement:
          - Sid: Orders
            Effect: Allow
            Principal: { AWS: PRINCIPAL }
            Action: vpc-lattice-svcs:Invoke
            Resource: !Sub "${Stock.Arn}/stock/*"
            Condition: { StringEquals: { aws:PrincipalOrgID: !Ref OrgId, "aws:PrincipalTag/team": VALUE } }
"""
PLAIN = '!Sub "arn:aws:iam::${AWS::AccountId}:role/${CallerName}"'


def template(principal: str = PLAIN, value: str = "!Ref Team") -> None:
    Path("stack.yaml").write_text(TEMPLATE.replace("PRINCIPAL", principal).replace("VALUE", value), encoding="utf-8")


def read(file: str, values: Mapping[str, str]) -> Any:
    (document,) = read_back({file: Path(file).read_text(encoding="utf-8")}, values)
    assert not document.holes
    return plain(document)


BOUND = {
    "OrgId": "o-zzzzzzzzzz",
    "Team": "red",
    "CallerName": "orders",
    "AWS::AccountId": "444455556666",
    "AWS::Region": "eu-west-1",
}


def test_a_template_goes_through_the_language_and_comes_back(told: Told) -> None:
    template()
    assert told("import", "stack.yaml", "-o", "auth.policy")[0] == 0
    assert told("fmt", "--check", "auth.policy")[0] == 0
    status, said = told("build", "auth.policy", "--to", "cloudformation")
    assert status == 0, said
    arn = "arn:aws:vpc-lattice:eu-west-1:444455556666:service/svc-0123456789abcdef0"
    first = read("stack.yaml", {**BOUND, "Stock.Arn": arn})
    again = {"Account": "444455556666", "Region": "eu-west-1", "StockId": "svc-0123456789abcdef0"}
    assert read("out/cloudformation/lattice/stock_auth.yaml", {**BOUND, **again}) == first


def test_types_defaults_and_comments(told: Told) -> None:
    template()
    told("import", "stack.yaml", "-o", "auth.policy")
    text = Path("auth.policy").read_text(encoding="utf-8")
    found = dict(re.findall(r"/// (.*)\nparam (.*)", text))
    assert found == {
        "`AWS::AccountId` of stack.yaml.": "account_: account",
        "`AWS::Region` of stack.yaml.": "region_: region",
        "`CallerName` of stack.yaml.": "caller_name: string",
        "`OrgId` of stack.yaml.": 'org_id_: org_id = "o-a1b2c3d4e5"',
        "`Team` of stack.yaml.": "team: string",
        "The id in `Stock.Arn` of stack.yaml.": "stock_id: string",
    }
    diagnostics = Diagnostics()
    parse(Source("auth.policy", text), diagnostics)
    assert list(diagnostics) == []


@pytest.mark.parametrize(
    ("principal", "value", "reason"),
    [(PLAIN, "!Ref Secret", "`Secret` is a secret"), (PLAIN, '!Join [",", !Ref Vpcs]', "is open")],
)
def test_what_has_no_word_is_told_and_left(told: Told, principal: str, value: str, reason: str) -> None:
    template(principal, value)
    status, said = told("import", "stack.yaml")
    if reason == "is open":  # a text made of a list is a text
        assert (status, "param join" in said) == (0, True), said
        return
    assert status == 1
    assert "not imported: stack.yaml:" in said
    assert reason in said


def test_a_value_that_is_no_text_is_told_by_its_own_name(told: Told) -> None:
    Path("core.tpl").write_text('{"version": "2021.12", "core-network-configuration": {"asn-ranges": ${asns}}}')
    Path("main.tf").write_text(
        'variable "asns" {}\nresource "aws_networkmanager_core_network_policy_attachment" "a" {\n  core_network_id = "c"\n'
        '  policy_document = templatefile("core.tpl", { asns = jsonencode(var.asns) })\n}\n'
    )
    status, said = told("import", "main.tf")
    assert status == 1 and ": `jsonencode(var.asns)` stands for a value that is no text" in said, said


def test_a_list_is_a_set(told: Told) -> None:
    template()
    text = Path("stack.yaml").read_text(encoding="utf-8")
    text = text.replace("aws:PrincipalOrgID: !Ref OrgId", "vpc-lattice-svcs:SourceVpc: !Ref Vpcs")
    Path("stack.yaml").write_text(text, encoding="utf-8")
    status, said = told("import", "stack.yaml", "-o", "auth.policy")
    assert status == 0, said
    text = Path("auth.policy").read_text(encoding="utf-8")
    assert "param vpcs: set[vpc_id]\n" in text
    assert "when source.vpc in vpcs\n" in text
    assert told("build", "auth.policy", "--to", "cloudformation")[0] == 0
    template_ = Path("out/cloudformation/lattice/stock_auth.yaml").read_text(encoding="utf-8")
    assert "  Vpcs:\n    Type: CommaDelimitedList\n" in template_
    assert "vpc-lattice-svcs:SourceVpc: !Ref Vpcs\n" in template_


def test_comments_above_a_statement_are_kept(told: Told) -> None:
    template()
    text = Path("stack.yaml").read_text(encoding="utf-8")
    lines = "          # Orders read stock,\n          # policyc: ignore[bare-service-arn] meant\n          # and nothing else.\n"
    Path("stack.yaml").write_text(text.replace("          - Sid", f"{lines}          - Sid"), encoding="utf-8")
    status, said = told("import", "stack.yaml")
    assert status == 0
    assert '  /// Orders read stock,\n  /// and nothing else.\n  allow "Orders" {\n' in said


def test_what_was_left_is_counted(told: Told) -> None:
    template()
    Path("other.yaml").write_text(
        TEMPLATE.replace("PRINCIPAL", PLAIN).replace("VALUE", "!Ref Secret"), encoding="utf-8"
    )
    status, said = told("import", ".", "-o", "policies")
    assert status == 0
    assert said.endswith("1 document in 1 file; 1 not imported\n")


def test_the_partition_is_taken_for_granted_aloud(told: Told) -> None:
    template('!Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/x"')
    status, said = told("import", "stack.yaml", "-o", "auth.policy")
    assert status == 0
    assert "`AWS::Partition` is taken for `aws`" in said


def test_attributes_of_resources_that_are_roles(told: Told) -> None:
    template("!GetAtt Fn.Arn")
    status, said = told("import", "stack.yaml")
    assert status == 0
    assert "principal fn_name_role = role(account_, fn_name)\n" in said


def test_terraform(told: Told) -> None:
    Path("main.tf").write_text(
        'variable "org" { type = string }\n'
        'resource "aws_vpclattice_service" "stock" {\n  name = "stock"\n  auth_type = "AWS_IAM"\n}\n'
        'resource "aws_vpclattice_auth_policy" "stock" {\n'
        "  resource_identifier = aws_vpclattice_service.stock.arn\n"
        '  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Sid = "A", Effect = "Allow", Principal = "*",\n'
        '    Action = "vpc-lattice-svcs:Invoke", Resource = "${aws_vpclattice_service.stock.arn}/*",\n'
        '    Condition = { StringEquals = { "aws:PrincipalOrgID" = var.org } } }] })\n}\n',
        encoding="utf-8",
    )
    status, said = told("import", "main.tf", "-o", "auth.policy")
    assert status == 0, said
    text = Path("auth.policy").read_text(encoding="utf-8")
    assert sorted(re.findall(r"param (\w+: \w+)", text)) == [
        "org: org_id",
        "stock_account: account",
        "stock_id: string",
        "stock_region: region",
    ]
    assert told("build", "auth.policy", "--to", "terraform")[0] == 0
    files = {path.name: path.read_text(encoding="utf-8") for path in Path("out/terraform").glob("*.tf")}
    arn = "arn:aws:vpc-lattice:eu-west-1:444455556666:service/svc-0123456789abcdef0"
    values = {"var.org": "o-zzzzzzzzzz", "var.stock_account": "444455556666", "var.stock_region": "eu-west-1"}
    (again,) = read_back(files, {**values, "var.stock_id": "svc-0123456789abcdef0"})
    (first,) = read_back(
        {"main.tf": Path("main.tf").read_text(encoding="utf-8")},
        {"var.org": "o-zzzzzzzzzz", "aws_vpclattice_service.stock.arn": arn},
    )
    assert plain(again) == plain(first)


def test_what_stands_around_a_hole_tells_its_type() -> None:
    tree = json.loads(
        json.dumps(
            {
                "Principal": {"AWS": f"arn:aws:iam::{mark('a')}:role/x"},
                "Resource": f"arn:{mark('p')}:vpc-lattice:{mark('r')}:{mark('b')}:service/{mark('n')}",
                "Condition": {"StringEquals": {"aws:PrincipalOrgID": mark("o"), "aws:SourceVpc": [mark("v")]}},
            }
        )
    )
    assert places_in(tree) == {
        "a": "account",
        "p": "partition",
        "r": "region",
        "b": "account",
        "o": "org_id",
        "v": "vpc_id",
    }


def test_open_places_of_a_core_network_become_parameters(told: Told) -> None:
    condition = {"type": "account-id", "operator": "equals", "value": {"Ref": "Spoke"}}
    network: dict[str, Any] = {
        "version": "2021.12",
        "core-network-configuration": {
            "asn-ranges": ["64512-64555"],
            "edge-locations": [{"location": {"Ref": "Home"}}],
        },
        "segments": [{"name": "prod", "edge-locations": [{"Ref": "Home"}]}],
        "segment-actions": [
            {
                "action": "create-route",
                "segment": "prod",
                "destination-cidr-blocks": [{"Ref": "Lan"}],
                "destinations": ["blackhole"],
            }
        ],
        "attachment-policies": [
            {
                "rule-number": 100,
                "conditions": [condition],
                "action": {"association-method": "constant", "segment": "prod"},
            }
        ],
    }
    properties = {"GlobalNetworkId": "g", "PolicyDocument": network}
    template = {
        "Parameters": {name: {"Type": "String"} for name in ("Home", "Spoke", "Lan", "Key")},
        "Resources": {"Core": {"Type": "AWS::NetworkManager::CoreNetwork", "Properties": properties}},
    }
    Path("t.json").write_text(json.dumps(template))
    status, out = told("import", "t.json", "-o", "core.policy")
    assert status == 0 and "not imported" not in out
    text = Path("core.policy").read_text()
    assert "param home: region" in text and "edges home\n" in text and "account == spoke -> segment prod" in text
    values = {"Home": "us-east-1", "Spoke": "111122223333", "Lan": "10.9.0.0/16"}
    assert told("build", "core.policy", *(f"--param={name.lower()}={value}" for name, value in values.items()))[0] == 0
    wanted = json.dumps(network)
    for name, value in values.items():
        wanted = wanted.replace(json.dumps({"Ref": name}), json.dumps(value))
    assert json.loads(Path("out/cloudwan/core.json").read_text()) == json.loads(wanted)
    # the key of a tag is a word of the document, which no parameter can stand for
    action = {"association-method": "tag", "tag-value-of-key": {"Ref": "Key"}}
    network["attachment-policies"] = [{"rule-number": 100, "conditions": [{"type": "any"}], "action": action}]
    Path("t.json").write_text(json.dumps(template))
    status, out = told("import", "t.json")
    assert status == 1 and "no word for a text of which a part is open: `Key` of t.json" in out


def test_a_hole_with_colons_in_its_name_counts_as_one_part() -> None:
    tree = {"Resource": f"arn:{mark('AWS::Partition')}:sqs:{mark('AWS::Region')}:{mark('Publisher')}:q"}
    assert places_in(tree) == {"AWS::Partition": "partition", "AWS::Region": "region", "Publisher": "account"}


@pytest.mark.parametrize("first", [True, False])
def test_one_place_tells_what_a_hole_is_in_all(first: bool) -> None:
    whole = {"Statement": {"Principal": {"AWS": mark("a")}, "Resource": mark("r")}}
    part = {
        "Statement": {
            "Principal": {"AWS": f"arn:aws:iam::{mark('a')}:root"},
            "Condition": {"ArnLike": {"aws:SourceArn": mark("r")}},
        }
    }
    assert places_in(*((whole, part) if first else (part, whole))) == {"a": "account", "r": "arn"}


ROLE = """\
Parameters: { It: { Type: String }, N: { Type: Number } }
Resources:
  Fn: { Type: AWS::Serverless::Function, Properties: {} }
  Stream: { Type: AWS::Kinesis::Stream }
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [{ Sid: T, Effect: Allow, Principal: WHO, Action: "sts:AssumeRole" }] }
      Policies:
        - PolicyName: P
          PolicyDocument: { Version: "2012-10-17", Statement: [{ Sid: A, Effect: Allow, Action: ACTION, Resource: WHAT, Condition: { StringEquals: { aws:PrincipalAccount: VALUE } } }] }
"""


@pytest.mark.parametrize(
    ("holes", "lines"),
    [
        ({"WHO": "{ AWS: !Ref It }"}, ["param it: string", 'who raw("AWS", it)']),
        ({"WHO": '{ AWS: [!ImportValue r, "arn:aws:iam::111122223333:root"] }'}, ['who raw("AWS", import_value_r), account']),
        ({"WHO": "{ Federated: !Ref It }"}, ['who raw("Federated", it)']),
        ({"WHO": "{ Service: !Ref It }"}, ["param it: service_principal", "who service(it)"]),
        ({"WHO": '{ Service: !Sub "ec2.${AWS::URLSuffix}" }'}, ['who service("ec2.amazonaws.com")', "is taken for `amazonaws.com`"]),
        ({"WHO": '{ AWS: !Sub "arn:${AWS::Partition}:iam::${It}:root" }'}, ["param it: account", "who account(it)"]),
        ({"WHO": "{ AWS: !Ref It }", "WHAT": '!Sub "arn:aws:sqs:us-west-2:${It}:q"'}, ["param it: account", "who account(it)"]),
        ({"WHAT": "!Ref It"}, ["on raw(it)"]),
        ({"WHAT": '!Sub "${It}/index/*"'}, ['on raw(concat(it, "/index/*"))']),
        ({"WHAT": "!GetAtt Stream.Arn"}, ["param stream: arn", "on raw(stream)"]),
        ({"WHAT": '!Sub "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:q"'}, ["param region_: region", "param account_: account"]),
        ({"WHAT": "!GetAtt Fn.Arn", "ACTION": "lambda:InvokeFunction"}, ["can InvokeFunction", "on fn_name"]),
        ({"VALUE": "!Ref N"}, ["param n: string", "when aws.PrincipalAccount == n"]),
    ],
)  # fmt: skip
def test_what_is_open_as_a_whole(told: Told, holes: dict[str, str], lines: list[str]) -> None:
    known = {
        "WHO": "{ Service: ec2.amazonaws.com }",
        "ACTION": "kinesis:GetRecords",
        "WHAT": '"*"',
        "VALUE": '"111122223333"',
    }
    text = ROLE
    for name, value in {**known, **holes}.items():
        text = text.replace(name, value)
    Path("t.yaml").write_text(text)
    status, out = told("import", "t.yaml")
    assert status == 0 and "not imported" not in out, out
    for line in lines:
        assert line in out, out
    assert told("import", "t.yaml", "-o", "out.policy")[0] == 0
    status, said = told("build", "out.policy", "--to", "cloudformation")
    assert status == 0, said
    templates = [item.read_text(encoding="utf-8") for item in Path("out").rglob("*.yaml")]
    assert len(templates) == 2 and not any("sample" in item for item in templates)


MODULE = """\
data "aws_iam_policy_document" "p" {
  statement {
    sid       = "A"
    actions   = ["s3:GetObject"]
    resources = [aws_s3_bucket.b.arn]
    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalAccount"
      values   = [111122223333, VALUE]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = [true]
    }
  }
}
resource "aws_iam_policy" "p" { policy = data.aws_iam_policy_document.p.json }
"""


def test_one_module_has_one_parameter_for_one_thing(told: Told) -> None:
    Path("a.tf").write_text('variable "n" { type = number }\n' + MODULE.replace("VALUE", "var.n"))
    Path("b.tf").write_text(MODULE.replace("VALUE", 'split(":", var.n)[0]').replace('"p"', '"q"').replace(".p.", ".q."))
    Path("c.tf").write_text('resource "aws_s3_bucket" "b" {}\n')
    status, out = told("import", ".")
    assert status == 0 and "not imported" not in out, out
    assert out.count("param b_name: string") + out.count("param b_id: string") + out.count("param b: string") == 1
    assert 'in ["111122223333", n]' in out and out.count("when aws.SecureTransport") == 2


def test_a_broken_file_of_a_folder_keeps_nobody_back(told: Told) -> None:
    Path("good.json").write_text(
        '{"Version": "2012-10-17", "Statement": [{"Sid": "A", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}'
    )
    Path("bad.yaml").write_text(
        "Resources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Type: AWS::IAM::ManagedPolicy\n   broken: [\n"
    )
    Path("latin.yaml").write_bytes(b"Resources:\n  P:\n    Type: AWS::IAM::ManagedPolicy # \x93\n")
    Path("wan.json").write_text(json.dumps(NETWORK))
    status, out = told("import", ".", "-o", "policies")
    assert status == 0 and "not imported: bad.yaml:" in out and "1 document in 1 file; 3 not imported" in out
    assert out.count("not imported: latin.yaml: `latin.yaml` is not UTF-8") == 1
    assert "not imported: wan.json: the language has no words for the name `not-secured`\n" in out
    assert told("import", "bad.yaml")[0] == 1
    assert told("import", "wan.json", "good.json")[1].count("--> wan.json:1:") == 1


NETWORK = {
    "version": "2021.12",
    "core-network-configuration": {"asn-ranges": ["64512-64555"], "edge-locations": [{"location": "us-east-1"}]},
    "segments": [{"name": "not-secured"}],
}


def test_what_is_wrong_in_a_named_template_is_told_at_its_line(told: Told) -> None:
    Path("t.yaml").write_text(CONDITIONAL.replace("ACTION", '"s3:ListBucket"').replace("Sid: T,", "Sid: T, Sid: U,"))
    status, out = told("import", "t.yaml")
    assert status == 1 and "--> t.yaml:7:" in out


CONDITIONAL = """\
Parameters: { Stage: { Type: String } }
Conditions: { Prod: !Equals [!Ref Stage, prod] }
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [{ Sid: T, Effect: Allow, Principal: { Service: ec2.amazonaws.com }, Action: "sts:AssumeRole" }] }
      Policies:
        - !If [Prod, { PolicyName: P, PolicyDocument: { Version: "2012-10-17", Statement: [{ Sid: A, Effect: Allow, Action: ACTION, Resource: "*" }] } }, !Ref AWS::NoValue]
"""


def test_a_statement_that_is_open_is_told_as_such(told: Told) -> None:
    Path("t.yaml").write_text(
        CONDITIONAL.replace("ACTION", '"s3:ListBucket"').replace("[{ Sid: A", "[!Ref Stage, { Sid: A")
    )
    _, out = told("import", "t.yaml")
    assert "not imported: t.yaml:9 R.P: a statement is ‹Stage›; give `--bind NAME=VALUE`\n" in out


def test_a_file_that_a_host_takes_in_is_one_document(told: Told) -> None:
    text = '{"Version": "2012-10-17", "Statement": [{"Sid": "A", "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}'
    Path("p.json").write_text(text)
    Path("main.tf").write_text('resource "aws_iam_policy" "p" {\n  policy = file("${path.module}/p.json")\n}\n')
    status, out = told("import", ".", "-o", "policies")
    assert status == 0 and out.endswith("1 document in 1 file\n"), out
    status, out = told("list", ".", "--exclude", "policies")
    assert status == 0 and len(out.splitlines()) == 1 and "main.tf:2" in out


def test_a_document_that_is_there_only_sometimes_is_imported_aloud(told: Told) -> None:
    Path("t.yaml").write_text(CONDITIONAL.replace("ACTION", '"s3:ListBucket"'))
    status, out = told("import", "t.yaml")
    assert status == 0 and 'can raw("s3:ListBucket")' in out and "not imported" not in out
    assert "`t.yaml:9 R.P` is imported as if it were always there: it is only when `Prod`" in out


def test_a_document_that_is_one_of_two_is_left(told: Told) -> None:
    Path("t.yaml").write_text(
        CONDITIONAL.replace("ACTION", '!If [Prod, "s3:ListBucket", "s3:*"]')
        .replace("!If [Prod, {", "!If [Other, {")
        .replace("Prod:", "Other: !Equals [!Ref AWS::Region, us-east-1], Prod:")
    )
    status, out = told("import", "t.yaml")
    assert status == 0 and out.count("it is another one under a condition") == 2
