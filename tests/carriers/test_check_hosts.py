"""Commands on folders with policies inside other files: what is found, what is said of the rest, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.running import Told

TEMPLATE = """\
Parameters:
  OrgId: {{ Type: String }}
Resources:
  Stock: {{ Type: AWS::VpcLattice::Service, Properties: {{ AuthType: AWS_IAM }} }}
  StockAuth:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: !Ref Stock
      Policy:
        Version: "2012-10-17"
        Statement:
          - Sid: orders
            Effect: Allow
            Principal: {{ AWS: !Sub "arn:aws:iam::${{AWS::AccountId}}:role/orders" }}
            Action: {action}
            Resource: !Sub "${{Stock.Arn}}{tail}"
            Condition: {{ StringEquals: {{ aws:PrincipalOrgID: !Ref OrgId }} }}
"""
INVOKE = "vpc-lattice-svcs:Invoke"


def template(action: str = INVOKE, tail: str = "/*") -> str:
    return TEMPLATE.format(action=action, tail=tail)


def test_the_closing_line_says_what_was_seen(told: Told) -> None:
    Path("stack.yaml").write_text(template(), encoding="utf-8")
    status, said = told("check", "stack.yaml")
    assert status == 0
    assert said.startswith("1 document in 1 file: no findings; 1 with unknown values")


def test_what_cannot_be_read_is_named_and_fails(told: Told) -> None:
    Path("stack.yaml").write_text(template().replace("AWS_IAM", "NONE"), encoding="utf-8")
    text = template().partition("      Policy:\n")[0] + "      Policy: !Ref Document\n"
    Path("b.yaml").write_text(text.replace("  OrgId:", "  Document:"), encoding="utf-8")
    status, said = told("check", "b.yaml")
    assert status == 1
    assert "1 not readable: b.yaml:9 (the document is ‹Document›)" in said
    assert told("check", "b.yaml", "--allow-unreadable")[0] == 0
    data = json.loads(told("check", "b.yaml", "--format", "json")[1])
    assert data["inside"]["unreadable"][0]["line"] == 9
    sarif = json.loads(told("check", "b.yaml", "--format", "sarif")[1])["runs"][0]
    note = sarif["invocations"][0]["toolExecutionNotifications"][0]
    assert note["locations"][0]["physicalLocation"]["region"]["startLine"] == 9


def test_a_finding_holds_whatever_the_values_are(told: Told) -> None:
    Path("stack.yaml").write_text(template(tail=""), encoding="utf-8")
    status, said = told("check", "stack.yaml", "--format", "concise")
    assert status == 1
    assert "stack.yaml:16:" in said and "[bare-service-arn]: `‹Stock.Arn›` has no path" in said


def test_values_are_bound(told: Told) -> None:
    Path("stack.yaml").write_text(template(action="!Ref OrgId"), encoding="utf-8")
    assert told("check", "stack.yaml")[0] == 0
    assert "[invalid-action]" in told("check", "stack.yaml", "--bind", "OrgId=vpc-lattice-svcs:Invok")[1]
    for data in (
        [{"ParameterKey": "OrgId", "ParameterValue": "vpc-lattice-svcs:Invok"}],
        {"Parameters": {"OrgId": "vpc-lattice-svcs:Invok"}},
        {"Stacks": [{"Outputs": [{"OutputKey": "OrgId", "OutputValue": "vpc-lattice-svcs:Invok"}]}]},
        {"OrgId": {"value": "vpc-lattice-svcs:Invok", "type": "string", "sensitive": False}},
        ["OrgId=vpc-lattice-svcs:Invok"],
    ):
        Path("values.json").write_text(json.dumps(data), encoding="utf-8")
        assert "[invalid-action]" in told("check", "stack.yaml", "--bindings", "values.json")[1]
    Path("values.json").write_text("[]", encoding="utf-8")
    assert told("check", "stack.yaml", "--bindings", "values.json")[0] == 2


def test_comments_and_metadata_say_what_is_meant(told: Told) -> None:
    text = template(tail="")
    comment = "          # policyc: ignore[bare-service-arn] connections only\n"
    Path("stack.yaml").write_text(text.replace("          - Sid", comment + "          - Sid"), encoding="utf-8")
    assert told("check", "stack.yaml")[0] == 0
    behind = text.replace('Arn}"', 'Arn}" # policyc: ignore[bare-service-arn] connections only')
    Path("stack.yaml").write_text(behind, encoding="utf-8")
    assert told("check", "stack.yaml")[0] == 0
    Path("stack.yaml").write_text(template().replace("          - Sid", comment + "          - Sid"), encoding="utf-8")
    assert "[unused-suppression]" in told("check", "stack.yaml")[1]
    meant = "    Metadata: { policyc: { ignore: [bare-service-arn] } }\n    Properties:\n      ResourceId"
    Path("stack.yaml").write_text(text.replace("    Properties:\n      ResourceId", meant), encoding="utf-8")
    assert told("check", "stack.yaml")[0] == 0


def test_folders_are_searched_by_content(told: Told) -> None:
    Path("infra/deep").mkdir(parents=True)
    Path("infra/deep/stack.yaml").write_text(template("vpc-lattice-svcs:Invok"), encoding="utf-8")
    Path("infra/compose.yaml").write_text("services: { web: { image: x } }\n", encoding="utf-8")
    Path("infra/broken.yaml").write_text("a: [\n", encoding="utf-8")
    Path("infra/package.json").write_text('{"name": "x"}', encoding="utf-8")
    Path("infra/ignored.yaml").write_text(template("vpc-lattice-svcs:Invok"), encoding="utf-8")
    Path("infra/.gitignore").write_text("ignored.yaml\n", encoding="utf-8")
    status, said = told("check", ".", "--format", "concise")
    assert status == 1
    assert said.count("[invalid-action]") == 1 and "infra/deep/stack.yaml:15:" in said
    assert "compose" not in said and "broken" not in said and "package" not in said
    assert "infra/ignored.yaml:15:" in told("check", "infra/ignored.yaml", "--format", "concise")[1]
    Path("policyc.toml").write_text('[project]\ninclude = ["infra/ignored.yaml"]\n', encoding="utf-8")
    assert told("check", ".", "--format", "concise")[1].count("[invalid-action]") == 2
    Path("policyc.toml").write_text('[project]\nexclude = ["infra/deep"]\n', encoding="utf-8")
    assert told("check", ".", "--format", "concise")[1].count("[invalid-action]") == 0


def test_a_named_file_that_holds_nothing_says_so(told: Told) -> None:
    Path("compose.yaml").write_text("services: {}\n", encoding="utf-8")
    status, said = told("check", "compose.yaml")
    assert status == 0 and "`compose.yaml` holds no policy that policyc knows" in said


def test_prose_is_read_on_request(told: Told) -> None:
    policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObjec", "Resource": "*"}}
    Path("notes.md").write_text(f"# Notes\n\n```json\n{json.dumps(policy)}\n```\n", encoding="utf-8")
    assert "[unknown-action]" not in told("check", ".")[1]
    assert "notes.md:4:" in told("check", ".", "--markdown", "--format", "concise")[1]
    answer = {"Role": {"RoleName": "app", "AssumeRolePolicyDocument": policy}}
    data = {"Name": "d", "Version": "2021-06-01", "Statement": [{"DataIdentifier": ["x"], "Operation": {"Deny": {}}}]}
    Path("notes.md").write_text(
        f"```json\n{json.dumps(answer)}\n```\n\n```\n{json.dumps(data)}\n```\n", encoding="utf-8"
    )
    status, said = told("check", "notes.md", "--markdown")
    assert status == 1 and "the policy stands inside another document" in said and "fence 2" not in said
    Path("notes.md").write_text(f"```yaml\nkind: IAMAuthPolicy\nspec:\n  policy: |\n    {json.dumps(policy)}\n```\n")
    status, said = told("check", "notes.md", "--markdown")
    assert status == 1 and "notes.md:2 (the policy stands inside another document)" in said


def test_fixes_touch_exact_literals_only(told: Told) -> None:
    cedar = "permit(principal, action, resource) when { context.http_request.http_method == 'GET' };"
    head = "Resources:\n  G:\n    Type: AWS::EC2::VerifiedAccessGroup\n    Properties:\n      PolicyDocument: "
    Path("a.yaml").write_text(f"{head}|\n        {cedar}\n", encoding="utf-8")
    found = json.loads(told("check", "a.yaml", "--format", "json")[1])["findings"]
    edit = found[0]["fix"]["edits"][0]
    assert (edit["location"]["start"]["line"], edit["replacement"]) == (6, '"GET"')
    Path("b.yaml").write_text(f"{head}{json.dumps(cedar)}\n", encoding="utf-8")
    assert json.loads(told("check", "b.yaml", "--format", "json")[1])["findings"][0]["fix"] is not None
    Path("c.yaml").write_text(head + "'" + cedar.replace("'", "''") + "'\n", encoding="utf-8")
    assert json.loads(told("check", "c.yaml", "--format", "json")[1])["findings"][0]["fix"] is None


def test_list_shows_every_document(told: Told) -> None:
    Path("stack.yaml").write_text(template(), encoding="utf-8")
    policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}
    Path("role.json").write_text(json.dumps(policy), encoding="utf-8")
    Path("group.cedar").write_text("permit(principal, action, resource);", encoding="utf-8")
    status, said = told("list", ".")
    assert status == 0
    lines = [line.split() for line in said.splitlines()]
    assert lines[0] == ["group.cedar:1", "cedar", "verified_access", "-", "known"]
    assert lines[1] == ["role.json:1", "identity", "identity", "-", "known"]
    assert lines[2][:6] == ["stack.yaml:10", "auth-policy", "lattice", "StockAuth", "on", "Stock"]
    data = json.loads(told("list", ".", "--format", "json")[1])["documents"]
    assert (data[2]["state"], sorted(data[2]["unknown"])) == (
        "unknown values",
        ["AWS::AccountId", "OrgId", "Stock.Arn"],
    )
    assert told("list", "group.cedar")[0] == 0
    Path("empty").mkdir()
    assert told("list", "empty")[0] == 4


WHO = ("--who", "arn:aws:iam::111122223333:role/orders", "--can", "GET", "--network-auth", "none")
ARN = "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0123456789abcdef0"


@pytest.mark.parametrize("service", [ARN, "Stock", "Stock.Arn", "‹Stock.Arn›"])
def test_a_document_in_a_template_is_asked(told: Told, service: str) -> None:
    identity = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": INVOKE, "Resource": "*"}}
    Path("id.json").write_text(json.dumps(identity), encoding="utf-8")
    Path("stack.yaml").write_text(template(tail="/orders/*"), encoding="utf-8")
    ask = (
        "simulate",
        "--identity",
        "id.json",
        "--service-policy",
        "stack.yaml#StockAuth",
        "--service-arn",
        service,
        *WHO,
    )
    org = ("--set", "aws:PrincipalOrgID=o-a1b2c3d4e5")
    status, said = told(*ask, "--path", "/orders/1", *org)
    assert status == 11 and "‹OrgId›" in said
    assert told(*ask, "--path", "/orders/1", *org, "--bind", "OrgId=o-a1b2c3d4e5")[0] == 0
    assert told(*ask, "--path", "/orders/1", *org, "--bind", "OrgId=o-0000000000")[0] == 10
    assert told(*ask, "--path", "/other", *org)[0] == 10  # whatever the organization is


def test_which_document_is_asked_has_to_be_told(told: Told) -> None:
    Path("stack.yaml").write_text(
        template() + template().partition("Resources:\n")[2].replace("Stock", "Shop"), encoding="utf-8"
    )
    status, said = told("simulate", "--service-policy", "stack.yaml", "--service-arn", ARN, "--path", "/x", *WHO)
    assert status == 2 and "`stack.yaml#StockAuth`, `stack.yaml#ShopAuth`" in said
    assert (
        "no document `Nope`"
        in told("simulate", "--service-policy", "stack.yaml#Nope", "--service-arn", ARN, "--path", "/x", *WHO)[1]
    )


def test_unknown_places_in_arns_are_no_mistakes(told: Told) -> None:
    resources = [
        "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:q",
        "arn:aws:dynamodb:${OrgId}:${AWS::AccountId}:table/${OrgId}",
        "arn:aws:s3-object-lambda:${AWS::Region}:${AWS::AccountId}:accesspoint/images",
    ]
    listed = "".join(f'\n              - !Sub "{text}"' for text in resources)
    text = template(action='["sqs:SendMessage", "dynamodb:GetItem", "s3-object-lambda:GetObject"]')
    text = text.replace("AWS::VpcLattice::AuthPolicy", "AWS::IAM::ManagedPolicy").replace(
        ' !Sub "${Stock.Arn}/*"', listed
    )
    text = text.replace("      Policy:", "      PolicyDocument:").replace("      ResourceIdentifier: !Ref Stock\n", "")
    text = text.replace('            Principal: { AWS: !Sub "arn:aws:iam::${AWS::AccountId}:role/orders" }\n', "")
    Path("stack.yaml").write_text(text.replace("AWS_IAM", "!Ref OrgId"), encoding="utf-8")
    status, said = told("check", "stack.yaml")
    assert status == 0, said


def test_policies_of_other_types_are_told(told: Told) -> None:
    statement = '{Effect: Allow, Action: "iot:*", Resource: "*"}'
    Path("stack.yaml").write_text(
        "Resources:\n  Things:\n    Type: AWS::IoT::Policy\n"
        f"    Properties: {{PolicyDocument: {{Version: '2012-10-17', Statement: [{statement}]}}}}\n",
        encoding="utf-8",
    )
    status, said = told("check", ".")
    assert status == 0
    assert "stack.yaml:2:3" in said and "a policy of `AWS::IoT::Policy` is not read" in said


def test_a_yaml_file_may_begin_with_a_brace(told: Told) -> None:
    Path("stack.yaml").write_text(
        "{Resources: {A: {Type: 'AWS::VpcLattice::AuthPolicy', Properties: {ResourceIdentifier: svc-0123456789abcdef0,\n"
        "  Policy: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: '*', Action: '*', Resource: '*'}]}}}}}\n",
        encoding="utf-8",
    )
    status, said = told("check", ".")
    assert status == 1
    assert "open-to-anonymous" in said and "stack.yaml:2:" in said


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("stack.yaml", "Resources:\n  - Type: AWS::VpcLattice::AuthPolicy\n"),
        ("stack.json", '{"Resources": [{"Type": "AWS::VpcLattice::AuthPolicy"}]}'),
    ],
)
def test_resources_in_a_list_are_an_error(told: Told, name: str, text: str) -> None:
    Path(name).write_text(text, encoding="utf-8")
    status, said = told("check", ".")
    assert status == 1 and "resources-not-a-mapping" in said and name in said


def test_a_wrong_file_of_values_is_named(told: Told) -> None:
    Path("stack.yaml").write_text(template(), encoding="utf-8")
    Path("values.json").write_text('{"OrgId":\n "x",}', encoding="utf-8")
    status, said = told("check", "stack.yaml", "--bindings", "values.json")
    assert status == 2 and "values.json:2" in said


@pytest.mark.parametrize("mark", ["#", "//"])
def test_comments_of_terraform_are_its_own(told: Told, mark: str) -> None:
    """Both marks of HCL silence; what looks like a comment inside a heredoc is the text's own."""
    text = (
        'resource "aws_verifiedaccess_group" "g" {\n  verifiedaccess_instance_id = "vai-0123456789abcdef0"\n'
        "  COMMENT\n  policy_document = <<EOT\nINSIDEpermit(principal, action, resource)\n"
        'when { context.http_request.user_agent like "*x*" };\nEOT\n}\n'
    )
    bare = text.replace("  COMMENT\n", "").replace("INSIDE", "")
    Path("main.tf").write_text(bare, encoding="utf-8")
    assert "[client-controlled-data]" in told("check", "main.tf")[1]
    comment = f"{mark} policyc: ignore[client-controlled-data] a kiosk browser"
    Path("main.tf").write_text(text.replace("COMMENT", comment).replace("INSIDE", ""), encoding="utf-8")
    assert told("check", "main.tf")[:1] == (0,), told("check", "main.tf")[1]
    inside = "// policyc: ignore[client-controlled-data] a kiosk browser\n"
    Path("main.tf").write_text(text.replace("  COMMENT\n", "").replace("INSIDE", inside), encoding="utf-8")
    assert told("check", "main.tf")[:1] == (0,), told("check", "main.tf")[1]


MESH = """\
Resources:
  Mesh: { Type: AWS::VpcLattice::ServiceNetwork, Properties: { AuthType: AWS_IAM } }
  Stock: { Type: AWS::VpcLattice::Service, Properties: { AuthType: NONE } }
  InMesh:
    Type: AWS::VpcLattice::ServiceNetworkServiceAssociation
    Properties: { ServiceIdentifier: !Ref Stock, ServiceNetworkIdentifier: !Ref Mesh }
  MeshAuth:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: !Ref Mesh
      Policy:
        Version: "2012-10-17"
        Statement:
          - Effect: EFFECT
            Principal: { AWS: "arn:aws:iam::111122223333:role/orders" }
            Action: vpc-lattice-svcs:Invoke
            Resource: "*"
"""


def test_a_policy_that_cannot_be_read_is_no_policy_that_is_missing(told: Told) -> None:
    """What carries it may well have one, and who hangs on that may well be checked."""
    text = template().replace("StringEquals:", "StringEqual:")
    for name, wrong in (("service.yaml", text), ("mesh.yaml", MESH.replace("EFFECT", "Alow"))):
        Path(name).write_text(wrong, encoding="utf-8")
        status, said = told("check", name, "--format", "json")
        rules = [item["rule"] for item in json.loads(said)["findings"]]
        assert status == 1
        assert rules in (["invalid-condition-operator"], ["invalid-effect"]), said
    for name, right in (("service.yaml", template()), ("mesh.yaml", MESH.replace("EFFECT", "Allow"))):
        Path(name).write_text(right, encoding="utf-8")
        assert told("check", name, "-q") == (0, "")
    Path("mesh.yaml").write_text(MESH.replace("EFFECT", "Allow").replace("AuthType: NONE", "AuthType: AWS_IAM"))
    assert "`Stock` checks callers and has no policy" in told("check", "mesh.yaml")[1]
