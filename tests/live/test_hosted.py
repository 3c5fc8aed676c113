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
