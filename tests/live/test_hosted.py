"""Drift and plans of templates, modules and manifests: what they leave open of their account, their Region and their resources is what AWS has."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.fake.storage import function_arn
from tests.live.world import APP, CEDAR, GROUP, NETWORK_POLICY, ORDERS, World, allow, document

Run = Callable[..., tuple[int, str, str]]
RESIZE = function_arn("resize")

TEMPLATE = """
Parameters:
  Team: {Type: String}
Resources:
  Mesh:
    Type: AWS::VpcLattice::ServiceNetwork
    Properties: {Name: mesh, AuthType: AWS_IAM}
  MeshAuth:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: !Ref Mesh
      Policy:
        Version: "2012-10-17"
        Statement:
          - {Sid: Members, Effect: Allow, Principal: "*", Action: "vpc-lattice-svcs:Invoke", Resource: "*", Condition: {StringEquals: {"aws:PrincipalOrgID": o-a1b2c3d4e5}}}
  Orders:
    Type: AWS::VpcLattice::Service
    Properties: {Name: orders, AuthType: AWS_IAM}
  OrdersAuth:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: !Ref Orders
      Policy:
        Version: "2012-10-17"
        Statement:
          - Sid: App
            Effect: Allow
            Principal: {AWS: !Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/app"}
            Action: "vpc-lattice-svcs:Invoke"
            Resource: !If [Here, !Sub "${Orders.Arn}/*", !Sub "${Orders.Arn}/elsewhere"]
  Group:
    Type: AWS::EC2::VerifiedAccessGroup
    Properties:
      VerifiedAccessInstanceId: vai-0123456789abcdef0
      Description: workforce
      PolicyDocument: |
        permit (principal, action, resource)
        when { context.idc.groups has "c242c5b0-6081-1845-6fa8-6e0d9513c107" };
  Call:
    Type: AWS::Lambda::Permission
    Properties: {Action: "lambda:InvokeFunction", FunctionName: resize, Principal: !Sub "arn:aws:iam::${AWS::AccountId}:role/app"}
Conditions:
  Here: !Equals [!Ref "AWS::Region", us-west-2]
"""

MODULE = f"""
data "aws_caller_identity" "me" {{}}
resource "aws_vpclattice_service" "orders" {{
  name      = "orders"
  auth_type = "AWS_IAM"
}}
resource "aws_vpclattice_auth_policy" "orders" {{
  resource_identifier = aws_vpclattice_service.orders.arn
  policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{
      Sid       = "App"
      Effect    = "Allow"
      Principal = {{ AWS = "arn:aws:iam::${{data.aws_caller_identity.me.account_id}}:role/app" }}
      Action    = "vpc-lattice-svcs:Invoke"
      Resource  = "${{aws_vpclattice_service.orders.arn}}/*"
    }}]
  }})
}}
resource "aws_verifiedaccess_group" "work" {{
  verifiedaccess_instance_id = "vai-0123456789abcdef0"
  description                = "workforce"
  policy_document            = {json.dumps(CEDAR)}
}}
resource "aws_networkmanager_core_network" "core" {{
  global_network_id = "global-network-0123456789abcdef0"
  tags              = {{ Name = "core" }}
}}
resource "aws_networkmanager_core_network_policy_attachment" "core" {{
  core_network_id = aws_networkmanager_core_network.core.id
  policy_document = jsonencode({json.dumps(NETWORK_POLICY)})
}}
"""


def told(found: tuple[int, str, str]) -> tuple[int, str]:
    return found[0], " ".join((found[1] + found[2]).split())


@pytest.mark.parametrize(("name", "text"), [("stack.yaml", TEMPLATE), ("main.tf", MODULE)])
@pytest.mark.parametrize("pulled", [False, True])
def test_what_a_host_leaves_open_is_what_aws_has(
    name: str, text: str, pulled: bool, there: World, policyc: Run
) -> None:
    Path(name).write_text(text)
    where: tuple[str, ...] = ()
    if pulled:
        assert policyc("aws", "pull", "-o", "live")[0] == 0
        where = ("--live", "live")
    assert told(policyc("aws", "drift", name, *where)) == (0, "the same for all requests")
    there.lattice.put_auth_policy(ORDERS.rpartition("/")[2], json.dumps(document(allow("App", "*"))))
    there.ec2.policies[GROUP] = {"PolicyEnabled": True, "PolicyDocument": CEDAR.replace("c242", "d242")}
    if pulled:
        assert policyc("aws", "pull", "-o", "live")[0] == 0
    status, out = told(policyc("aws", "drift", name, *where))
    assert status == 1 and "because `App`" in out and "d242c5b0" in out


def test_statements_of_a_policy_that_has_others_from_elsewhere(there: World, policyc: Run) -> None:
    Path("stack.yaml").write_text(TEMPLATE)
    there.functions.policies[RESIZE] = json.dumps(
        document(allow("Other", {"AWS": APP.replace("app", "other")}, "lambda:InvokeFunction", RESIZE))
    )
    status, out = told(policyc("aws", "drift", "stack.yaml"))
    assert status == 1 and "newly denied" in out and "because `Call` (allow) is gone" in out
    assert "role/other" not in out  # whoever wrote that, it is not for this template to say
    assert policyc("aws", "plan", "stack.yaml", "-o", "p.json")[0] == 1
    assert policyc("aws", "apply", "p.json", "--yes")[0] == 0
    sids = [item["Sid"] for item in json.loads(there.functions.policies[RESIZE])["Statement"]]
    assert sids == ["Other", "Call"]
    assert policyc("aws", "drift", "stack.yaml")[0] == 0
    assert policyc("aws", "rollback", "p.json.record", "--yes")[0] == 0
    assert [item["Sid"] for item in json.loads(there.functions.policies[RESIZE])["Statement"]] == ["Other"]
    more = TEMPLATE.replace(
        "Conditions:",
        "  Again:\n    Type: AWS::Lambda::Permission\n    Properties: {Action: 'lambda:InvokeFunction', FunctionName: resize, Principal: s3.amazonaws.com}\nConditions:",
    )
    Path("stack.yaml").write_text(more)
    status, out = told(policyc("aws", "drift", "stack.yaml"))
    assert "Call and 1 more of its function (function)" in out and "`Again` (allow) is gone" in out


def test_what_nothing_on_aws_tells_is_asked_for(there: World, policyc: Run) -> None:
    Path("stack.yaml").write_text(TEMPLATE.replace('role/app"}', 'role/${Team}"}'))
    status, out = told(policyc("aws", "drift", "stack.yaml"))
    assert status == 11 and "OrdersAuth (document) not compared: `Team` is not known; give `--bind NAME=VALUE`" in out
    assert told(policyc("aws", "drift", "stack.yaml", "--bind", "Team=app")) == (0, "the same for all requests")
    status, out = told(policyc("aws", "plan", "stack.yaml", "--bind", "Team=other"))
    assert status == 1 and "role/other" in out
    # what is said goes before what AWS has
    status, out = told(policyc("aws", "drift", "stack.yaml", "--bind", "Team=app", "--bind", "AWS::Region=eu-west-1"))
    assert status == 1 and "lost the resource" not in out and "/elsewhere" in out


def test_what_goes_by_a_description_or_a_tag(there: World, policyc: Run) -> None:
    Path("stack.yaml").write_text(TEMPLATE.replace("Description: workforce", "Description: somebody else's"))
    status, out = told(policyc("aws", "drift", "stack.yaml"))
    assert (
        status == 11
        and "no group of Verified Access goes by the name `somebody else's`; give its `id`, or `--map`" in out
    )
    # the tag goes before the description, and what it is here is not known
    tags = "Description: workforce\n      Tags: [{Key: Name, Value: !Ref Team}]"
    Path("stack.yaml").write_text(TEMPLATE.replace("Description: workforce", tags))
    assert (
        "nothing says which resource carries it; give `--map Group=ARN`"
        in told(policyc("aws", "drift", "stack.yaml"))[1]
    )
    assert told(policyc("aws", "drift", "stack.yaml", "--map", f"Group={GROUP}")) == (0, "the same for all requests")
    Path("stack.yaml").write_text(TEMPLATE)
    there.ec2.add_group("vagr-0123456789abcdef1", "vai-0123456789abcdef0", CEDAR, "workforce")
    assert "2 resources have its name; give `--map`" in told(policyc("aws", "drift", "stack.yaml"))[1]


def test_the_policy_of_a_gateway_is_that_of_its_network(there: World, policyc: Run) -> None:
    policy = document(allow("Members", "*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}))
    target = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "mesh"}
    manifest = {
        "apiVersion": "application-networking.k8s.aws/v1alpha1",
        "kind": "IAMAuthPolicy",
        "metadata": {"name": "members", "namespace": "shop"},
        "spec": {"targetRef": target, "policy": json.dumps(policy)},
    }
    Path("policy.json").write_text(json.dumps(manifest))
    assert told(policyc("aws", "drift", "policy.json")) == (0, "the same for all requests")
    target["kind"] = "HTTPRoute"  # how its service is called is not documented
    Path("policy.json").write_text(json.dumps(manifest))
    status, out = told(policyc("aws", "drift", "policy.json"))
    assert status == 11 and "nothing says which resource carries it; give `--map shop/members=ARN`" in out


#: a role and a function of one name, references among all that there is, and an alias of the function
CHAIN = """
Resources:
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: acme-photos}}
  BucketPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Effect: Allow, Principal: {AWS: "*"}, Action: "s3:*", Resource: !Sub "${Bucket.Arn}/*", Condition: {StringEquals: {"s3:DataAccessPointAccount": !Ref "AWS::AccountId"}}}
  Ap:
    Type: AWS::S3::AccessPoint
    Properties:
      Bucket: !Ref Bucket
      Name: photos-ap
      Policy:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {AWS: !GetAtt App.Arn}
            Action: "s3:GetObject"
            Resource: !Sub "arn:aws:s3:${AWS::Region}:${AWS::AccountId}:accesspoint/photos-ap/object/*"
            Condition: {"ForAnyValue:StringEquals": {"aws:CalledVia": [s3-object-lambda.amazonaws.com]}}
  Ol:
    Type: AWS::S3ObjectLambda::AccessPoint
    Properties:
      Name: resized
      ObjectLambdaConfiguration:
        SupportingAccessPoint: !GetAtt Ap.Arn
        TransformationConfigurations: [{Actions: [GetObject], ContentTransformation: {AwsLambda: {FunctionArn: !GetAtt Fn.Arn}}}]
  OlPolicy:
    Type: AWS::S3ObjectLambda::AccessPointPolicy
    Properties:
      ObjectLambdaAccessPoint: !Ref Ol
      PolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {AWS: !GetAtt App.Arn}, Action: "s3-object-lambda:GetObject", Resource: !GetAtt Ol.Arn}]
  Fn: {Type: AWS::Lambda::Function, Properties: {FunctionName: resize, Role: !GetAtt Worker.Arn}}
  Invoke:
    Type: AWS::Lambda::Permission
    Properties: {Action: "lambda:InvokeFunction", FunctionName: !GetAtt Fn.Arn, Principal: !GetAtt App.Arn}
  App:
    Type: AWS::IAM::Role
    Properties:
      RoleName: app
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]}
  Worker:
    Type: AWS::IAM::Role
    Properties:
      RoleName: resize
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]}
      Policies:
        - {PolicyName: write, PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3-object-lambda:WriteGetObjectResponse", Resource: "*"}]}}
"""
CHAIN_MODULE = """
resource "aws_iam_role" "app" {
  name = "app"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}
resource "aws_s3_access_point" "ap" {
  bucket = "acme-photos"
  name   = "photos-ap"
}
resource "aws_s3control_access_point_policy" "ap" {
  access_point_arn = aws_s3_access_point.ap.arn
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect    = "Allow"
    Principal = { AWS = aws_iam_role.app.arn }
    Action    = "s3:GetObject"
    Resource  = "${aws_s3_access_point.ap.arn}/object/*"
    Condition = { "ForAnyValue:StringEquals" = { "aws:CalledVia" = "s3-object-lambda.amazonaws.com" } }
  }] })
}
resource "aws_s3control_object_lambda_access_point" "ol" {
  name = "resized"
}
resource "aws_s3control_object_lambda_access_point_policy" "ol" {
  name = aws_s3control_object_lambda_access_point.ol.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect    = "Allow"
    Principal = { AWS = aws_iam_role.app.arn }
    Action    = "s3-object-lambda:GetObject"
    Resource  = aws_s3control_object_lambda_access_point.ol.arn
  }] })
}
resource "aws_lambda_function" "fn" {
  function_name = "resize"
}
resource "aws_lambda_permission" "call" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.fn.function_name
  principal     = aws_iam_role.app.arn
}
"""


@pytest.mark.parametrize(("name", "text"), [("stack.yaml", CHAIN), ("main.tf", CHAIN_MODULE)])
def test_references_to_what_other_documents_are_on(name: str, text: str, there: World, policyc: Run) -> None:
    Path(name).write_text(text)
    there.functions.aliases = {"resize": ["live"]}
    status, out = told(policyc("aws", "drift", name))
    assert status == 0 and out.startswith("the same for all requests"), out
    key = "olap:resized"
    there.control.policies[key] = there.control.policies[key].replace("role/app", "role/other")
    status, out = told(policyc("aws", "drift", name))
    assert status == 1 and "newly denied who arn:aws:iam::111122223333:role/app what s3-object-lambda:GetObject" in out


def test_permissions_that_are_not_for_functions_are_not_compared(there: World, policyc: Run) -> None:
    layer = {
        "Action": "lambda:GetLayerVersion",
        "LayerVersionArn": RESIZE.replace("function:resize", "layer:x:1"),
        "Principal": "*",
    }
    bus = {"StatementId": "x", "Statement": allow("B", "*", "events:PutEvents", "*")}
    stack = {
        "L": {"Type": "AWS::Lambda::LayerVersionPermission", "Properties": layer},
        "B": {"Type": "AWS::Events::EventBusPolicy", "Properties": bus},
    }
    Path("stack.json").write_text(json.dumps({"Resources": stack}))
    status, out = told(policyc("aws", "drift", "stack.json"))
    assert status == 11 and out.count("it is one statement of a policy, which may have others from elsewhere") == 2


def test_manifests_and_pulumi_name_what_they_make(there: World, policyc: Run) -> None:
    group = {"description": "workforce", "policyDocument": CEDAR}
    trust = document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    upbound = {"apiVersion": "ec2.aws.upbound.io/v1beta1", "kind": "VerifiedAccessGroup"}
    ack = {"apiVersion": "iam.services.k8s.aws/v1alpha1", "kind": "Role"}
    manifests = [
        {**upbound, "metadata": {"name": "w"}, "spec": {"forProvider": group}},
        {
            **ack,
            "metadata": {"name": "app-role"},
            "spec": {"name": "app", "assumeRolePolicyDocument": json.dumps(trust)},
        },
    ]
    Path("all.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests}))
    status, out = told(policyc("aws", "drift", "all.json"))
    assert status == 0 and out.startswith("the same for all requests"), out
    pulumi = {
        "name": "x",
        "runtime": "yaml",
        "resources": {"g": {"type": "aws:verifiedaccess:Group", "properties": group}},
    }
    Path("Pulumi.yaml").write_text(json.dumps(pulumi))
    assert told(policyc("aws", "drift", "Pulumi.yaml")) == (0, "the same for all requests")
