"""What an endpoint of Verified Access speaks decides which request data its policy has: an HTTP request or a TCP flow, never both."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policyc.__main__ import main

TEMPLATE = """Resources:
  G:
    Type: AWS::EC2::VerifiedAccessGroup
    Properties: {{VerifiedAccessInstanceId: vai-0123456789abcdef0}}
  E:
    Type: AWS::EC2::VerifiedAccessEndpoint
    Properties:
      VerifiedAccessGroupId: !Ref G
      {options}
      PolicyDocument: |
        permit(principal, action, resource)
        when {{ {test} }};
"""
TERRAFORM = """resource "aws_verifiedaccess_group" "g" {{
  verifiedaccess_instance_id = "vai-0123456789abcdef0"
}}
resource "aws_verifiedaccess_endpoint" "e" {{
  verified_access_group_id = aws_verifiedaccess_group.g.id
  {options}
  policy_document = <<EOT
permit(principal, action, resource)
when {{ {test} }};
EOT
}}
"""
METHOD = 'context.http_request.http_method == "GET"'
ADDRESS = 'context.tcp_flow.client_ip == "10.0.0.1"'
GUARDED = f"context has tcp_flow && {ADDRESS}"
CLOUDFORMATION = {
    "LoadBalancerOptions: {Protocol: https}": "http",
    "NetworkInterfaceOptions: {Protocol: http, Port: 80}": "http",
    "NetworkInterfaceOptions: {Protocol: tcp}": "tcp",
    "CidrOptions: {Protocol: tcp}": "tcp",
    "RdsOptions: {Protocol: tcp}": "tcp",
    "EndpointType: cidr": "tcp",
    "LoadBalancerOptions: {Protocol: !Ref What}": "",
    "EndpointType: load-balancer": "",
}
HCL = {
    'load_balancer_options {\n    protocol = "https"\n  }': "http",
    'network_interface_options {\n    protocol = "tcp"\n  }': "tcp",
    'rds_options {\n    protocol = "tcp"\n  }': "tcp",
    'endpoint_type = "cidr"': "tcp",
    "load_balancer_options {\n    protocol = var.what\n  }": "",
}


@pytest.mark.parametrize(
    ("host", "options", "spoken"),
    [*(("t.yaml", *row) for row in CLOUDFORMATION.items()), *(("main.tf", *row) for row in HCL.items())],
)
@pytest.mark.parametrize("test", [METHOD, ADDRESS, GUARDED])
def test_the_policy_of_an_endpoint(
    host: str,
    options: str,
    spoken: str,
    test: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(host).write_text((TEMPLATE if host == "t.yaml" else TERRAFORM).format(options=options, test=test), "utf-8")
    main(["check", "--no-cache", "--format", "json", "."])
    found = [item["rule"] for item in json.loads(capsys.readouterr().out)["findings"]]
    wrong = (test, spoken) in ((METHOD, "tcp"), (ADDRESS, "http"))
    assert ("cedar-unknown-attribute" in found) is wrong, found


def test_the_policy_of_a_group_has_what_its_endpoints_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = TEMPLATE.format(options="CidrOptions: {Protocol: tcp}", test=ADDRESS)
    text = text.replace(
        "{VerifiedAccessInstanceId: vai-0123456789abcdef0}",
        f"\n      PolicyDocument: |\n        permit(principal, action, resource)\n        when {{ {METHOD} }};",
    )
    Path("t.yaml").write_text(text, encoding="utf-8")
    main(["check", "--no-cache", "--format", "json", "."])
    assert "cedar-unknown-attribute" not in capsys.readouterr().out
