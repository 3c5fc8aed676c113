"""`policyc import` from templates and manifests: what can be taken out whole becomes policies, the rest is told."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from policyc.__main__ import main

Run = Callable[..., tuple[int, str, str]]
SERVICE = "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0123456789abcdef0"
TEMPLATE = """Parameters:
  Team: {Type: String}
Resources:
  OrdersAuth:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: svc-0123456789abcdef0
      Policy:
        Version: "2012-10-17"
        Statement:
          - Sid: Read
            Effect: Allow
            Principal: {AWS: !Sub "arn:aws:iam::111122223333:role/team-${Team}"}
            Action: vpc-lattice-svcs:Invoke
            Resource: "*"
"""
MANIFEST = """apiVersion: application-networking.k8s.aws/v1alpha1
kind: IAMAuthPolicy
metadata: {name: stock}
spec:
  targetRef: {group: gateway.networking.k8s.io, kind: HTTPRoute, name: stock}
  policy: |
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*",
      "Action": "vpc-lattice-svcs:Invoke", "Resource": "*"}]}
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stack.yaml").write_text(TEMPLATE)

    def go(*argv: str) -> tuple[int, str, str]:
        status = main(list(argv))
        told = capsys.readouterr()
        return status, told.out, " ".join(told.err.split())

    return go


def test_a_value_that_is_not_known_becomes_a_parameter(run: Run) -> None:
    status, out, _ = run("import", "stack.yaml")
    assert status == 0
    assert "param team: string\n" in out and 'role(account_111122223333, concat("team-", team))' in out
    assert run("import", "stack.yaml", "-o", "policies")[0] == 0
    assert run("check", "policies", "--no-cache")[0] == 0
    status, out, _ = run("build", "policies")
    assert status == 1 and "missing-parameter" in out
    assert run("build", "policies", "--param", "team=orders")[0] == 0
    (built,) = Path("out/lattice").glob("*.json")
    assert "arn:aws:iam::111122223333:role/team-orders" in built.read_text()


def test_with_its_value_it_builds_the_same_document(run: Run) -> None:
    status, _, err = run("import", ".", "-o", "policies", "--bind", "Team=orders", "--on", f"stack.yaml={SERVICE}")
    assert status == 0, err
    assert "svc-0123456789abcdef0" in Path("policies/orders_auth.policy").read_text()
    assert Path("policies/orders_auth.policy").is_file()
    assert run("build", "policies")[0] == 0
    (built,) = Path("out/lattice").glob("*.json")
    (statement,) = json.loads(built.read_text())["Statement"]
    assert statement["Sid"] == "Read"
    assert statement["Principal"] == {"AWS": "arn:aws:iam::111122223333:role/team-orders"}


def test_what_lies_beside_it_is_imported_all_the_same(run: Run) -> None:
    Path("k8s").mkdir()
    Path("k8s/auth.yaml").write_text(MANIFEST)
    Path("notes.yaml").write_text("a: 1\n")
    status, _, err = run("import", ".", "-o", "policies")
    assert status == 0
    assert "3 files" in err
    written = sorted(path.name for path in Path("policies").rglob("*.policy"))
    assert written == ["orders_auth.policy", "shared.policy", "stock.policy"]


def test_text_that_the_language_has_no_words_for_is_told_and_left(run: Run) -> None:
    Path("group.yaml").write_text(
        "Resources:\n  Group:\n    Type: AWS::EC2::VerifiedAccessGroup\n    Properties:\n      PolicyDocument: |\n"
        '        permit(principal, action, resource) when { context.idc.user.email.address.contains("@") };\n'
    )
    Path("k8s.yaml").write_text(MANIFEST)
    status, _, err = run("import", ".", "-o", "policies")
    assert status == 0
    assert "not imported: group.yaml:5 Group: " in err
    written = sorted(path.name for path in Path("policies").rglob("*.policy"))
    assert written == ["orders_auth.policy", "shared.policy", "stock.policy"]


def test_the_name_of_the_file_is_no_other_place(run: Run) -> None:
    # standard output has a name of its own inside
    status, out, err = run("import", "stack.yaml", "-o", "imported.policy", "--bind", "Team=orders")
    assert status == 0, err
    assert "policy orders_auth" not in out
    assert "policy orders_auth" in Path("imported.policy").read_text()


MESH = """Resources:
  Mesh: {Type: AWS::VpcLattice::ServiceNetwork, Properties: {AuthType: AWS_IAM}}
  Orders: {Type: AWS::VpcLattice::Service, Properties: {AuthType: AWS_IAM}}
  Behind:
    Type: AWS::VpcLattice::ServiceNetworkServiceAssociation
    Properties: {ServiceIdentifier: !Ref Orders, ServiceNetworkIdentifier: !Ref Mesh}
  MeshAuth:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: !Ref Mesh
      Policy:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: "*", Action: vpc-lattice-svcs:Invoke, Resource: "*"}]
  OrdersAuth:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: !Ref Orders
      Policy:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {AWS: !GetAtt Web.Arn}, Action: vpc-lattice-svcs:Invoke, Resource: "*"}]
  Web:
    Type: AWS::IAM::Role
    Properties:
      RoleName: web
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {Service: ecs-tasks.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
        - PolicyName: call
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{Effect: Allow, Action: vpc-lattice-svcs:Invoke, Resource: !Sub "${Orders.Arn}/*"}]
"""


def test_what_hangs_together_in_a_template_does_so_in_the_policies(run: Run) -> None:
    Path("stack.yaml").write_text(MESH, encoding="utf-8")
    status, _, err = run("import", ".", "-o", "policies")
    assert (status, "attached to" in err) == (0, False)
    text = "".join(path.read_text(encoding="utf-8") for path in Path("policies").glob("*.policy"))
    (caller,) = re.findall(r'^principal (\w+) = role\(account_, "web"\)$', text, re.MULTILINE)
    assert f"for identity on {caller} {{" in text and f"who {caller}\n" in text
    assert "network: mesh" in text and "000000000000" not in text
    # the role that is let in is the one that may call
    assert run("check", "stack.yaml", "--no-cache")[0] == 0
    status, out, _ = run("check", "policies", "--no-cache", "--format", "concise")
    assert (status, [line for line in out.splitlines() if ": info[" not in line]) == (0, [])


VISITED = """Resources:
  Staff:
    Type: AWS::EC2::VerifiedAccessGroup
    Properties: {PolicyDocument: 'permit (principal, action, resource) when { context.idp.level == "high" };'}
  Pay:
    Type: AWS::EC2::VerifiedAccessEndpoint
    Properties:
      VerifiedAccessGroupId: !Ref Staff
      EndpointType: load-balancer
      LoadBalancerOptions: {Protocol: https}
      PolicyDocument: 'permit (principal, action, resource) when { context.http_request.http_method == "GET" };'
  Idp:
    Type: AWS::EC2::VerifiedAccessTrustProvider
    Properties: {TrustProviderType: user, UserTrustProviderType: oidc, PolicyReferenceName: idp}
"""


def test_the_policy_of_an_endpoint_is_that_of_no_group(run: Run) -> None:
    """As a group's it would let in whom the group refuses."""
    Path("stack.yaml").write_text(VISITED, encoding="utf-8")
    status, out, _ = run("import", "stack.yaml")
    told = " ".join(out.split())
    assert status == 0 and "group: staff_group, protocol: https" in told
    assert "for verified_access on staff_group" in told and "for verified_access on pay_endpoint" in told
    Path("stack.yaml").write_text(VISITED.replace("!Ref Staff", "vagr-0123456789abcdef0"), encoding="utf-8")
    status, out, err = run("import", "stack.yaml")
    assert (
        "for verified_access on pay_endpoint" in out
        and "pay_endpoint: verified_access.endpoint { group: pay_group" in " ".join(out.split())
    )
    assert "the group of `stack.yaml:11 Pay` is not known: one without a policy stands in its place" in err


def test_a_group_that_a_text_leaves_open_is_a_parameter(run: Run) -> None:
    text = VISITED.replace(
        "'permit (principal, action, resource) when { context.idp.level",
        '!Sub \'permit (principal, action, resource) when { context.idp.groups has "${Team}" && context.idp.user.user_name',
    )
    Path("stack.yaml").write_text(
        f"Parameters: {{Team: {{Type: String}}}}\n{text.replace('oidc', 'iam-identity-center')}", encoding="utf-8"
    )
    status, out, err = run("import", "stack.yaml")
    assert (status, "not imported" in err) == (0, False)
    assert re.search(r"^param (\w+): idc_group_id$", out, re.MULTILINE) and "in idp.groups" in out
