"""`check` of policies with parameters that nobody gave a value: what holds whatever they are, once, and nothing about samples."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policyc.__main__ import main

HEAD = """param shop: account
param stage: enum { dev, prod }
resource stock: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, auth: aws_iam }
"""
TEST = 'test "t" { request stock { who: anonymous, can: GET, path: "/a" }  expect deny }\n'


@pytest.mark.parametrize(
    ("statement", "rules"),
    [
        ('who role(shop, concat("orders-", stage))', []),
        ("who anyone", ["unused-declaration", "open-to-anonymous"]),
        # in one world only: no finding
        ('who anyone when aws.PrincipalOrgID == "o-a1b2c3d4e5" or stage == dev', []),
        ('who role(shop, "a") when request_header["x"] == "b"', ["unknown-attribute"]),
    ],
)
def test_what_holds_for_every_value(
    statement: str,
    rules: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    text = f'{HEAD}policy stock_auth for lattice on stock {{ allow "a" {{ {statement} }} }}\n{TEST}'
    Path("a.policy").write_text(text, encoding="utf-8")
    status = main(["check", "--no-cache", "--format", "json", "a.policy"])
    found = [(item["rule"], item["severity"]) for item in json.loads(capsys.readouterr().out)["findings"]]
    assert status == (1 if rules else 0)
    assert [rule for rule, _ in found if rule != "missing-parameter"] == rules
    assert [severity for rule, severity in found if rule == "missing-parameter"] == ["info"]
    assert main(["build", "a.policy"]) == 1


TWO = """param near: account
param far: account
resource mesh: lattice.service_network { id: "sn-0a1b2c3d4e5f67890", at: near/us-west-2, auth: aws_iam }
resource stock: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: near/us-west-2, network: mesh, auth: aws_iam }
principal one = role(%s, "orders")
principal other = role(%s, "%s")
policy mesh_auth for lattice on mesh { allow "a" { who one } }
policy stock_auth for lattice on stock { allow "b" { who other } }
"""


@pytest.mark.parametrize(
    ("network", "service", "name", "blocked"),
    [
        ("near", "far", "orders", False),  # they may be one account
        ('"111122223333"', "far", "orders", False),  # or this one
        ("far", "far", "orders", False),
        ("near", "far", "others", True),
        ('"111122223333"', '"444455556666"', "orders", True),
    ],
)
def test_values_that_may_be_the_same(
    network: str,
    service: str,
    name: str,
    blocked: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.policy").write_text(TWO % (network, service, name), encoding="utf-8")
    main(["check", "--no-cache", "--format", "json", "a.policy"])
    rules = [item["rule"] for item in json.loads(capsys.readouterr().out)["findings"]]
    assert ("blocked-by-network" in rules) is blocked, rules


def test_what_an_open_arn_names_may_be_in_an_open_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.policy").write_text(
        """param home: account
param farm: arn
resource farm_role: iam_document.carrier { kind: trust }
policy farm_trust for iam_document on farm_role {
  allow "a" {
    who service("deadline.amazonaws.com")
    can raw("sts:AssumeRole")
    when aws.SourceAccount == home
    when aws.SourceArn == farm
  }
}
"""
    )
    assert main(["check", "--no-cache", "a.policy"]) == 0, capsys.readouterr().out
