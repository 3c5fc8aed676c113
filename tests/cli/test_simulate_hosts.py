"""Questions to documents inside templates and configurations: which document is meant, and what the ARN of a resource, or its name, tells of open values."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from policyc.__main__ import main

Run = Callable[..., tuple[int, str]]
TERRAFORM = """\
resource "aws_vpclattice_service" "stock" {
  name      = "stock"
  auth_type = "AWS_IAM"
}
resource "aws_vpclattice_auth_policy" "stock" {
  resource_identifier = aws_vpclattice_service.stock.arn
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = "A", Effect = "Allow", Principal = "*", Action = "vpc-lattice-svcs:Invoke", Resource = "${aws_vpclattice_service.stock.@@}" }]
  })
}
resource "aws_iam_role_policy" "orders" {
  role = "orders"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = "B", Effect = "Allow", Action = "vpc-lattice-svcs:Invoke", Resource = "${aws_vpclattice_service.stock.arn}/*" }]
  })
}
resource "aws_vpclattice_auth_policy" "other" {
  resource_identifier = "svc-0a1b2c3d4e5f67890"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Principal = "*", Action = "*", Resource = "*" }] })
}
"""
TEMPLATE = """\
Resources:
  Stock: { Type: AWS::VpcLattice::Service, Properties: { Name: stock, AuthType: AWS_IAM } }
  StockAuth:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: !Ref Stock
      Policy:
        Version: "2012-10-17"
        Statement: [{ Sid: A, Effect: Allow, Principal: "*", Action: "vpc-lattice-svcs:Invoke", Resource: !Sub "${Stock.Arn}@@" }]
  Orders:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: orders
      PolicyDocument:
        Version: "2012-10-17"
        Statement: [{ Sid: B, Effect: Allow, Action: "vpc-lattice-svcs:Invoke", Resource: !Sub "${Stock.Arn}/*" }]
"""
ARN = "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0123456789abcdef0"
ASK = ("--network-auth", "none", "--who", "arn:aws:iam::111122223333:role/orders", "--can", "GET", "--path", "/x")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> tuple[int, str]:
        status = main(["simulate", *words])
        captured = capsys.readouterr()
        return status, captured.out + captured.err

    return call


@pytest.mark.parametrize(
    "called", ["aws_vpclattice_auth_policy.stock", "stock", "aws_vpclattice_auth_policy.other", "other"]
)
@pytest.mark.parametrize("arn", ["aws_vpclattice_service.stock", "stock", "‹aws_vpclattice_service.stock.arn›", ARN])
@pytest.mark.parametrize(("path", "status"), [("arn}/*", 0), ("arn}", 10)])
def test_terraform(run: Run, called: str, arn: str, path: str, status: int) -> None:
    Path("main.tf").write_text(TERRAFORM.replace("@@}", path), encoding="utf-8")
    if called.endswith("other"):
        if arn == ARN:
            assert run("--service-policy", f"main.tf#{called}", "--service-arn", arn, *ASK)[0] == 10
        else:  # it is on another service
            told = run("--service-policy", f"main.tf#{called}", "--service-arn", arn, *ASK)
            assert told[0] == 2 and "is not the ARN" in told[1]
        return
    found = run("--service-policy", f"main.tf#{called}", "--identity", "main.tf#orders", "--service-arn", arn, *ASK)
    assert found[0] == status, found[1]


@pytest.mark.parametrize("arn", ["Stock", "‹Stock.Arn›", ARN])
@pytest.mark.parametrize(("path", "status"), [("/*", 0), ("", 10)])
def test_cloudformation(run: Run, arn: str, path: str, status: int) -> None:
    Path("stack.yaml").write_text(TEMPLATE.replace("@@", path), encoding="utf-8")
    found = run("--service-policy", "stack.yaml", "--identity", "stack.yaml#Orders", "--service-arn", arn, *ASK)
    assert found[0] == status, found[1]


def test_what_is_open_in_another_template_stays_open(run: Run) -> None:
    Path("stack.yaml").write_text(TEMPLATE.replace("@@", "/*"), encoding="utf-8")
    Path("other.yaml").write_text(TEMPLATE.replace("@@", "/*"), encoding="utf-8")
    found = run("--service-policy", "stack.yaml", "--identity", "other.yaml#Orders", "--service-arn", ARN, *ASK)
    assert found[0] == 11 and "‹Stock.Arn›" in found[1]


def test_an_ending_that_several_have_is_no_name(run: Run) -> None:
    text = TERRAFORM.replace("@@", "arn") + TERRAFORM.replace("@@", "arn").replace("_service", "_service_network")
    Path("main.tf").write_text(
        text.replace('"aws_vpclattice_auth_policy" "stock"', '"awscc_vpclattice_auth_policy" "stock"', 1),
        encoding="utf-8",
    )
    status, said = run("--service-policy", "main.tf#stock", "--service-arn", ARN, *ASK)
    assert status == 2 and "several documents" in said
