"""A finding holds whatever an open value is; a value with which the service would refuse the document says nothing about it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policyc.__main__ import main

TEMPLATE = """Parameters:
  Team: {{Type: String}}
Resources:
  A:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: svc-0123456789abcdef0
      Policy:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {{AWS: {principal}}}
            Action: vpc-lattice-svcs:Invoke
            Resource: {resource}
            Condition: {{StringEquals: {{vpc-lattice-svcs:RequestMethod: {method}}}}}
"""
ROLE = "arn:aws:iam::111122223333:role/app"


@pytest.mark.parametrize(
    ("principal", "resource", "method", "rules"),
    [
        # `*` for the team would be no caller that the service takes
        ("!Sub 'arn:aws:iam::${AWS::AccountId}:role/orders-${Team}'", '"*"', "get", ["value-never-matches"]),
        ("!Sub 'arn:aws:iam::111122223333:role/${Team}'", '"*"', "get", ["value-never-matches"]),
        ("!Ref Team", '"*"', "get", ["value-never-matches"]),
        (ROLE, "!Sub '${Team}/*'", "get", ["value-never-matches"]),
        # the method may be a right one
        (ROLE, '"*"', "!Ref Team", []),
        ("!Sub 'arn:aws:iam::111122223333:role/${Team}'", '"*"', "GET", []),
    ],
)
def test_what_is_certain(
    principal: str,
    resource: str,
    method: str,
    rules: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.yaml").write_text(TEMPLATE.format(principal=principal, resource=resource, method=method))
    main(["check", "--no-cache", "--format", "json", "t.yaml"])
    assert [item["rule"] for item in json.loads(capsys.readouterr().out)["findings"]] == rules
