"""`policyc diff` of templates that have a service of VPC Lattice and its network: both policies have to allow, so both are asked together.

Expectations derive from VPC Lattice's rule that a request passes where the network's policy and the service's both allow it, and that an auth type of
NONE asks nobody (https://docs.aws.amazon.com/vpc-lattice/latest/ug/auth-policies.html).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policyc.__main__ import main

ORG = "aws:PrincipalOrgID: o-a1b2c3d4e5"
GET = "vpc-lattice-svcs:RequestMethod: GET"
TEMPLATE = f"""Resources:
  Mesh:
    Type: AWS::VpcLattice::ServiceNetwork
    Properties: {{Name: mesh, AuthType: AWS_IAM}}
  Stock:
    Type: AWS::VpcLattice::Service
    Properties: {{Name: stock, AuthType: AWS_IAM}}
  Link:
    Type: AWS::VpcLattice::ServiceNetworkServiceAssociation
    Properties: {{ServiceIdentifier: !Ref Stock, ServiceNetworkIdentifier: !Ref Mesh}}
  MeshAuth:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: !Ref Mesh
      Policy:
        Version: "2012-10-17"
        Statement:
          - Sid: org
            Effect: Allow
            Principal: "*"
            Action: vpc-lattice-svcs:Invoke
            Resource: "*"
            Condition: {{StringEquals: {{{ORG}}}}}
  StockAuth:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: !Ref Stock
      Policy:
        Version: "2012-10-17"
        Statement:
          - Sid: read
            Effect: Allow
            Principal: "*"
            Action: vpc-lattice-svcs:Invoke
            Resource: !Sub "${{Stock.Arn}}/*"
            Condition: {{StringEquals: {{{GET}}}}}
"""
SECOND = """  Other:
    Type: AWS::VpcLattice::ServiceNetwork
    Properties: {Name: other, AuthType: AWS_IAM}
  Link2:
    Type: AWS::VpcLattice::ServiceNetworkServiceAssociation
    Properties: {ServiceIdentifier: !Ref Stock, ServiceNetworkIdentifier: !Ref Other}
"""
TERRAFORM = """
resource "aws_vpclattice_service_network" "mesh" {
  name      = "mesh"
  auth_type = "AWS_IAM"
}
resource "aws_vpclattice_service" "stock" {
  name      = "stock"
  auth_type = "AWS_IAM"
}
resource "aws_vpclattice_service_network_service_association" "link" {
  service_identifier         = aws_vpclattice_service.stock.id
  service_network_identifier = aws_vpclattice_service_network.mesh.id
}
resource "aws_vpclattice_auth_policy" "mesh" {
  resource_identifier = aws_vpclattice_service_network.mesh.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "org", Effect = "Allow", Principal = "*", Action = "vpc-lattice-svcs:Invoke", Resource = "*"
      Condition = { StringEquals = { "aws:PrincipalOrgID" = "o-a1b2c3d4e5" } }
    }]
  })
}
resource "aws_vpclattice_auth_policy" "stock" {
  resource_identifier = aws_vpclattice_service.stock.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "read", Effect = "Allow", Principal = "*", Action = "vpc-lattice-svcs:Invoke"
      Resource  = "${aws_vpclattice_service.stock.arn}/*"
      Condition = { StringEquals = { "vpc-lattice-svcs:RequestMethod" = "GET" } }
    }]
  })
}
"""


@pytest.fixture
def diff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Compare two files of one name; the status, and the changes of each document that changes or is open by its name."""
    monkeypatch.chdir(tmp_path)

    def run(old: str, new: str, *words: str, name: str = "stack.yaml") -> tuple[int, dict[str, list[str]]]:
        for side, text in (("old", old), ("new", new)):
            Path(side).mkdir(exist_ok=True)
            Path(side, name).write_text(text, encoding="utf-8")
        status = main(["diff", "old", "new", "--format", "json", *words])
        documents = json.loads(capsys.readouterr().out)["documents"]
        return status, {
            item["name"].partition("#")[2]: [one["change"] for one in item["changes"]]
            for item in documents
            if item["changes"] or item["open"]
        }

    return run


@pytest.mark.parametrize(
    ("name", "text", "part", "other"),
    [
        ("stack.yaml", TEMPLATE, GET, f"{GET}, {ORG}"),
        (
            "main.tf",
            TERRAFORM,
            '"vpc-lattice-svcs:RequestMethod" = "GET"',
            '"vpc-lattice-svcs:RequestMethod" = "GET", "aws:PrincipalOrgID" = "o-a1b2c3d4e5"',
        ),
    ],
)
def test_what_the_network_asks_already_is_no_change(diff: Any, name: str, text: str, part: str, other: str) -> None:
    new = text.replace(part, other)
    assert new != text
    assert diff(text, new, name=name) == (0, {})
    assert diff(text, new, "--document", name=name)[0] == 1


def test_a_wider_service_shows_within_what_the_network_allows(diff: Any) -> None:
    wider = TEMPLATE.replace(GET, "vpc-lattice-svcs:RequestMethod: [GET, POST]")
    assert diff(TEMPLATE, wider) == (1, {"Stock": ["newly allowed"]})


@pytest.mark.parametrize(("asked", "change"), [(False, "newly allowed"), (True, "newly denied")])
def test_a_network_that_asks_nobody(diff: Any, asked: bool, change: str) -> None:
    """The texts of the policies are the same, and every request passes the network all the same."""
    nobody = TEMPLATE.replace("{Name: mesh, AuthType: AWS_IAM}", "{Name: mesh, AuthType: NONE}")
    sides = (nobody, TEMPLATE) if asked else (TEMPLATE, nobody)
    assert diff(*sides) == (1, {"Stock": [change]})


def test_a_wider_network_changes_nothing_behind_a_service_that_asks_for_more(diff: Any) -> None:
    """The network's policy is told by itself, since other services may stand behind it."""
    strict = TEMPLATE.replace(GET, f"{GET}, {ORG}")
    wider = strict.replace(f"            Condition: {{StringEquals: {{{ORG}}}}}\n", "")
    assert wider != strict
    assert diff(strict, wider) == (1, {"MeshAuth": ["newly allowed"]})


def test_a_service_in_two_networks_is_compared_by_itself(diff: Any) -> None:
    old, new = (text + SECOND for text in (TEMPLATE, TEMPLATE.replace(GET, f"{GET}, {ORG}")))
    assert diff(old, new) == (1, {"StockAuth": ["newly denied"]})


def test_a_network_that_is_not_in_the_template_is_not_guessed(diff: Any) -> None:
    alone = TEMPLATE.replace("ServiceNetworkIdentifier: !Ref Mesh", "ServiceNetworkIdentifier: sn-0123456789abcdef0")
    assert diff(alone, alone.replace(GET, f"{GET}, {ORG}")) == (1, {"StockAuth": ["newly denied"]})


def test_a_service_that_a_policy_names_may_be_this_one(diff: Any) -> None:
    """A deny of one service by its ARN: whether it is this one is not known before there is a stack, and if it is, that is blocked."""
    named = "arn:aws:vpc-lattice:eu-west-1:111122223333:service/svc-0a1b2c3d4e5f67890/*"
    deny = f"""          - Sid: closed
            Effect: Deny
            Principal: "*"
            Action: vpc-lattice-svcs:Invoke
            Resource: {named}
  StockAuth:
"""
    status, found = diff(TEMPLATE, TEMPLATE.replace("  StockAuth:\n", deny))
    assert (status, found["Stock"]) == (1, ["newly blocked"])


def test_a_policy_of_the_network_that_goes_leaves_nobody_in(diff: Any) -> None:
    start, _, rest = TEMPLATE.partition("  MeshAuth:\n")
    status, found = diff(TEMPLATE, start + "  StockAuth:\n" + rest.partition("  StockAuth:\n")[2])
    assert (status, found["Stock"]) == (1, ["newly denied"])
