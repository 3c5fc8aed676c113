"""Services of VPC Lattice that stand in one template, module or plan are asked and compared through all that the same files say of their requests: network and service,
and what callers carry and are bound by (Lattice reference, sections 1 and 5; IAM evaluation reference, section 10)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.running import Run

STACK = """Parameters: {Elsewhere: {Type: String}}
Resources:
  Mesh:
    Type: AWS::VpcLattice::ServiceNetwork
    Properties: {Name: mesh, AuthType: AWS_IAM}
  Stock:
    Type: AWS::VpcLattice::Service
    Properties: {Name: stock, AuthType: AWS_IAM}
  Link:
    Type: AWS::VpcLattice::ServiceNetworkServiceAssociation
    Properties: {ServiceIdentifier: !Ref Stock, ServiceNetworkIdentifier: !Ref Mesh}
  MeshAuth:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: !Ref Mesh
      Policy:
        Version: "2012-10-17"
        Statement: [{Sid: Org, Effect: Allow, Principal: "*", Action: "vpc-lattice-svcs:Invoke", Resource: "*"}]
  StockAuth:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: !Ref Stock
      Policy:
        Version: "2012-10-17"
        Statement:
          - {Sid: Read, Effect: Allow, Principal: {AWS: !GetAtt Reader.Arn}, Action: "vpc-lattice-svcs:Invoke", Resource: !Sub "${Stock.Arn}/*"}
  Limit:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement: [{Sid: Bound, Effect: Allow, Action: "vpc-lattice-svcs:*", Resource: "*"}]
  Reader:
    Type: AWS::IAM::Role
    Properties:
      PermissionsBoundary: !Ref Limit
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]
      Policies:
        - PolicyName: call
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{Sid: Call, Effect: Allow, Action: "vpc-lattice-svcs:Invoke", Resource: !Sub "${Stock.Arn}/orders/*"}]
"""
CONTROL = """  Never:
    Type: AWS::Organizations::Policy
    Properties:
      Type: SERVICE_CONTROL_POLICY
      TargetIds: [TARGET]
      Content:
        Version: "2012-10-17"
        Statement: [{Sid: Kept, Effect: Deny, Action: "vpc-lattice-svcs:Invoke", Resource: "*"}]
"""
MODULE = """resource "aws_vpclattice_service" "stock" {
  name      = "stock"
  auth_type = "AWS_IAM"
}
resource "aws_vpclattice_auth_policy" "stock" {
  resource_identifier = aws_vpclattice_service.stock.arn
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Sid = "Read", Effect = "Allow", Principal = { AWS = aws_iam_role.reader.arn }, Action = "vpc-lattice-svcs:Invoke", Resource = "*" }
  ] })
}
"""
CALLERS = """resource "aws_iam_role" "reader" {
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}
resource "aws_iam_role_policy" "reader" {
  role   = aws_iam_role.reader.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Sid = "Call", Effect = "Allow", Action = "vpc-lattice-svcs:Invoke", Resource = "${aws_vpclattice_service.stock.arn}/orders/*" }
  ] })
}
"""
BOUND, TAKEN = "      PermissionsBoundary: !Ref Limit\n", 'Resource: !Sub "${Stock.Arn}/orders/*"'


@pytest.fixture
def room(tmp_path: Path) -> Path:
    (tmp_path / "policyc.toml").write_text("")
    (tmp_path / "stack.yaml").write_text(STACK)
    return tmp_path


def compared(room: Path, run: Run, *sides: str) -> tuple[list[str], list[str]]:
    """What is told of the service: its changes, and what is open."""
    for name, text in zip(("old", "new"), sides, strict=True):
        (room / f"{name}.yaml").write_text(text)
    told: Any = run(
        "diff", "--root", str(room), "--format", "json", *(str(room / f"{one}.yaml") for one in ("old", "new"))
    ).json()
    found = [item for item in told["documents"] if item["name"] == "Stock"]
    return [one["change"] for item in found for one in item["changes"]], [one for item in found for one in item["open"]]


@pytest.mark.parametrize(
    ("old", "new", "changes", "open"),
    [
        ("", "", [], False),
        # what the callers' own policies do not allow, nobody else has to
        ('Resource: !Sub "${Stock.Arn}/*"', 'Resource: !Sub "${Stock.Arn}/orders/*"', [], False),
        (TAKEN, 'Resource: !Sub "${Stock.Arn}/*"', ["newly allowed"], False),
        ('Sid: Bound, Effect: Allow, Action: "vpc-lattice-svcs:*"', 'Sid: Bound, Effect: Allow, Action: "s3:*"', ["newly denied"], False),
        (BOUND, "", [], False),
        # one boundary that is not there to read
        ("PermissionsBoundary: !Ref Limit", "PermissionsBoundary: !Ref Elsewhere", [], True),
        # a name that AWS makes up, and a pattern that may mean it: nothing is proven of it
        ('Sid: Org, Effect: Allow, Principal: "*"', 'Sid: Org, Condition: {ArnLike: {"aws:PrincipalArn": "arn:aws:iam::*:role/reader*"}}, Effect: Allow, Principal: "*"', [], True),
        ('Sid: Org, Effect: Allow, Principal: "*"', 'Sid: Org, Condition: {ArnLike: {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}, Effect: Allow, Principal: "*"', [], False),
        # an account that is written may be the stack's own, and nothing else changes
        ('Principal: "*"', 'Principal: {AWS: "arn:aws:iam::111122223333:root"}', ["newly denied"], False),
    ],
)  # fmt: skip
def test_a_service_is_compared_with_what_its_callers_carry(
    room: Path, run: Run, old: str, new: str, changes: list[str], open: bool
) -> None:
    assert old in STACK
    found = compared(room, run, STACK, STACK.replace(old, new, 1))
    assert (found[0], bool(found[1])) == (changes, open), found


def test_a_control_policy_of_an_account_bears_on_its_callers(room: Path, run: Run) -> None:
    control = STACK + CONTROL.replace("TARGET", '"111122223333"')
    assert compared(room, run, STACK, control)[0] == ["newly denied"]
    assert compared(room, run, STACK, STACK + CONTROL.replace("TARGET", "ou-ab12-cdefgh34")) == ([], [])
    for target, words in (('"111122223333"', "unless `Kept`"), ("ou-ab12-cdefgh34", "policy `Never` (attached to ou-")):
        (room / "stack.yaml").write_text(STACK + CONTROL.replace("TARGET", target))
        told = run("who", "--root", str(room), f"{room / 'stack.yaml'}#Stock").out
        assert words in " ".join(told.split()), told


@pytest.mark.parametrize(
    ("old", "new", "path", "status"),
    [
        ("", "", "/orders/1", 0),
        ("", "", "/other", 10),
        ('Action: "vpc-lattice-svcs:*"', 'Action: "s3:*"', "/orders/1", 10),
        ("!Ref Limit", "!Ref Elsewhere", "/orders/1", 11),
        (BOUND, "", "/orders/1", 0),
        ("AuthType: AWS_IAM}\n  Stock:", "AuthType: NONE}\n  Stock:", "/orders/1", 0),
    ],
)
def test_a_request_meets_all_of_it(room: Path, run: Run, old: str, new: str, path: str, status: int) -> None:
    (room / "stack.yaml").write_text(STACK.replace(old, new))
    asked = ("--who", "Reader", "--can", "GET", "--path", path)
    answer = run("simulate", "--root", str(room), f"{room / 'stack.yaml'}#Stock", *asked)
    assert answer.status == status, answer.out + answer.err


def test_who_and_prove_through_all_of_it(room: Path, run: Run) -> None:
    (room / "g.policy").write_text('prove "orders" {\n  no request to Stock is allowed\n}\n')
    given = ("prove", "--root", str(room), "--guarantees", str(room / "g.policy"), str(room / "stack.yaml"))
    assert run(*given).status == 1
    told: Any = run("who", "--root", str(room), "--format", "json", f"{room / 'stack.yaml'}#Stock").json()
    (held,) = told["resources"][0]["classes"]
    assert (held["who"], held["where"]) == (["‹Reader.Arn›"], ["‹Stock.Arn›/*"])
    assert held["needs"] == ["as far as the identity policies of ‹Reader.Arn› allow it by `Call`"]
    (room / "stack.yaml").write_text(STACK.replace("vpc-lattice-svcs:*", "s3:*"))
    assert "1 holds" in run(*given).out


def test_nothing_is_proven_of_an_account_that_is_not_known(room: Path, run: Run) -> None:
    """The stack's own account may be the one that is named, or another."""
    for account in ("111122223333", "444455556666", "999900001111"):
        told: Any = run("prove", "--root", str(room), "--that", "cross_account", "--account", account, "--format", "json", str(room / "stack.yaml")).json()  # fmt: skip
        assert [claim["holds"] for item in told["proofs"] for claim in item["claims"] if claim["on"] == "Stock"] == [
            None
        ]


def test_a_module_of_several_files(room: Path, run: Run) -> None:
    for name, text in (("old", CALLERS), ("new", CALLERS.replace("/orders/*", "/*"))):
        (room / name).mkdir()
        (room / name / "main.tf").write_text(MODULE)
        (room / name / "callers.tf").write_text(text)
    answer = run("diff", "--root", str(room), str(room / "old"), str(room / "new"))
    assert "main.tf#aws_vpclattice_service.stock (lattice.service)\n  newly allowed" in answer.out, answer.out
    for path, status in (("/orders/1", 0), ("/other", 10)):
        asked = ("--who", "aws_iam_role.reader", "--can", "GET", "--path", path, "--network-auth", "none")
        found = run("simulate", "--root", str(room), f"{room / 'old/main.tf'}#aws_vpclattice_service.stock", *asked)
        assert found.status == status, found.out + found.err


MANIFESTS = """apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: orders, namespace: shop}
spec: {parentRefs: [{name: mesh, namespace: infra}]}
---
apiVersion: application-networking.k8s.aws/v1alpha1
kind: IAMAuthPolicy
metadata: {name: mesh-auth, namespace: infra}
spec:
  targetRef: {group: gateway.networking.k8s.io, kind: Gateway, name: mesh}
  policy: '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "vpc-lattice-svcs:Invoke", "Resource": "*",
    "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}]}'
---
apiVersion: application-networking.k8s.aws/v1alpha1
kind: IAMAuthPolicy
metadata: {name: orders-auth, namespace: shop}
spec:
  targetRef: {group: gateway.networking.k8s.io, kind: HTTPRoute, name: orders}
  policy: '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "vpc-lattice-svcs:Invoke", "Resource": "*"}]}'
"""


def test_a_route_of_kubernetes_behind_its_gateway(room: Path, run: Run) -> None:
    """A gateway is a service network, and a route one of its services (Lattice reference, section 8)."""
    file = room / "mesh.yaml"
    file.write_text(MANIFESTS)
    told: Any = run("who", "--root", str(room), "--format", "json", str(file)).json()
    (held,) = [item["classes"] for item in told["resources"] if item["on"] == "HTTPRoute shop/orders"]
    assert [one["conditions"] for one in held] == [["StringEquals aws:PrincipalOrgID: o-a1b2c3d4e5"]]
    imported = run("import", "--root", str(room), str(file)).out
    assert "lattice.service_network {" in imported and "network: infra_mesh" in imported
    file.write_text(MANIFESTS.replace("{name: mesh, namespace: infra}", "{name: other, namespace: infra}"))
    told = run("who", "--root", str(room), "--format", "json", str(file)).json()
    assert [item["on"] for item in told["resources"]] == ["infra/mesh-auth", "shop/orders-auth"]


FUNCTION = """Transform: AWS::Serverless-2016-10-31
Resources:
  Stock: {Type: AWS::VpcLattice::Service, Properties: {AuthType: AWS_IAM}}
  StockAuth:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: !Ref Stock
      Policy:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {AWS: !GetAtt ReadRole.Arn}, Action: "vpc-lattice-svcs:Invoke", Resource: "*"}]
  Read:
    Type: AWS::Serverless::Function
    Properties:
      Policies:
        - Version: "2012-10-17"
          Statement: [{Effect: Allow, Action: "vpc-lattice-svcs:Invoke", Resource: !Sub "${Stock.Arn}/orders/*"}]
"""


@pytest.mark.parametrize("type", ["Function", "StateMachine"])
@pytest.mark.parametrize(
    ("more", "path", "status"),
    [("", "/orders/1", 0), ("", "/other", 10), ("        - AWSLambdaBasicExecutionRole\n", "/orders/1", 11)],
)
def test_the_role_that_sam_makes(room: Path, run: Run, type: str, more: str, path: str, status: int) -> None:
    (room / "sam.yaml").write_text(FUNCTION.replace("Serverless::Function", f"Serverless::{type}") + more)
    asked = ("--who", "arn:aws:iam::111122223333:role/x" if more else "ReadRole", "--can", "GET", "--path", path)
    answer = run("simulate", "--root", str(room), f"{room / 'sam.yaml'}#Stock", *asked, "--network-auth", "none")
    assert answer.status == status, answer.out + answer.err
    text = run("import", "--root", str(room), str(room / "sam.yaml")).out
    assert "for identity on read_role_name_role" in text and "who read_role_name_role" in text


CHAIN = """Transform: AWS::Serverless-2016-10-31
Resources:
  Bucket: {Type: AWS::S3::Bucket}
  Point: {Type: AWS::S3::AccessPoint, Properties: {Bucket: !Ref Bucket, Name: point}}
  Olap:
    Type: AWS::S3ObjectLambda::AccessPoint
    Properties:
      Name: olap
      ObjectLambdaConfiguration:
        SupportingAccessPoint: !GetAtt Point.Arn
        TransformationConfigurations:
          - {Actions: [GetObject], ContentTransformation: {AwsLambda: {FunctionArn: !GetAtt Read.Arn}}}
"""
ALLOWED = 'Statement: [{Effect: Allow, Action: "%s", Resource: "*"}]'
INLINE = f"{{Version: '2012-10-17', {ALLOWED}}}"
BESIDE = f"""  More: {{Type: AWS::IAM::Policy, Properties: {{PolicyName: more, Roles: [!Ref ReadRole], PolicyDocument: {INLINE}}}}}
"""
READS, ANSWERS = "s3:GetObject", "s3-object-lambda:WriteGetObjectResponse"


@pytest.mark.parametrize(
    ("properties", "beside", "is_found"),
    [
        (f"Policies: [{INLINE % READS}]", "", True),
        (f"Policies: [{INLINE % ANSWERS}]", "", False),
        (f"Policies: [{INLINE % READS}]", BESIDE % ANSWERS, False),
        (f"Policies: [{INLINE % READS}, SomeManagedPolicy]", "", False),
        (f"Role: 'arn:aws:iam::111122223333:role/x', Policies: [{INLINE % READS}]", "", False),
    ],
)
def test_the_role_that_sam_makes_answers_for_objects(
    room: Path, run: Run, properties: str, beside: str, is_found: bool
) -> None:
    function = f"  Read: {{Type: AWS::Serverless::Function, Properties: {{{properties}}}}}\n"
    (room / "sam.yaml").write_text(CHAIN + function + beside)
    told = run("check", "--root", str(room), str(room / "sam.yaml"))
    assert ("role-answers-elsewhere" in told.out) is is_found, told.out


PERMISSION = """resource "aws_lambda_%s" "p" {
  statement_id = "p"
  principal    = "*"
  action       = "lambda:%s"
  %s
}
"""
URL = PERMISSION % ("permission", "InvokeFunction", 'function_name = "stock"\n  @@')
LAYER = PERMISSION % (
    "layer_version_permission",
    "GetLayerVersion",
    'layer_name = "arn:aws:lambda:eu-west-1:111122223333:layer:shared"\n  version_number = 3\n  @@',
)


@pytest.mark.parametrize(
    ("text", "more", "words"),
    [
        (URL, "invoked_via_function_url = true", ('raw("Bool", key["lambda:InvokedViaFunctionUrl"], ["true"])',)),
        (URL, 'principal_org_id = "o-a1b2c3d4e5"', ("when aws.PrincipalOrgID ==",)),
        (LAYER, 'organization_id = "o-a1b2c3d4e5"', ("when aws.PrincipalOrgID ==", ":layer:shared:3")),
        (LAYER, "", (":layer:shared:3",)),
        (URL.replace("aws_", "awscc_"), 'principal_org_id = "o-a1b2c3d4e5"', ("when aws.PrincipalOrgID ==",)),
    ],
)
def test_what_a_permission_tests(room: Path, run: Run, text: str, more: str, words: tuple[str, ...]) -> None:
    (room / "main.tf").write_text(text.replace("@@", more))
    written = run("import", "--root", str(room), str(room / "main.tf")).out
    assert all(word in written for word in words), written
    assert ("when" in written) is bool(more)
