"""Policies that are no document of a configuration: each is told where it stands, and none that is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyc.cli.app import run
from tests.carriers.terraform.conftest import Check

#: a policy as an object and as a text
POLICY = 'jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:ListBucket", Resource = "*" }] })'
TEXT = """<<EOT
{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}
EOT
"""
READ = f"""
resource "aws_iam_policy" "read" {{
  policy = {POLICY}
}}
"""


@pytest.mark.parametrize("policy", [POLICY, TEXT], ids=["object", "text"])
@pytest.mark.parametrize("beside", ["", READ], ids=["alone", "beside one that is read"])
@pytest.mark.parametrize(
    "block", ['resource "acme_vault_policy" "p" {\n  policy = @@\n}\n', 'data "acme_rendered" "p" {\n  body = @@\n}\n']
)
def test_a_policy_of_a_type_that_nobody_knows_is_told(check: Check, block: str, beside: str, policy: str) -> None:
    found = check(block.replace("@@", policy) + beside, notes=True)
    assert found.found == ("main.tf:1 policy-of-unknown-type",)
    assert found.tally.documents == (1 if beside else 0)


@pytest.mark.parametrize("policy", [POLICY, TEXT], ids=["object", "text"])
@pytest.mark.parametrize("beside", ["", READ], ids=["alone", "beside one that is read"])
@pytest.mark.parametrize(
    "block",
    [
        'output "p" {\n  value = @@\n}\n',
        'module "p" {\n  source = "acme/thing/aws"\n  extra  = @@\n}\n',
        "locals {\n  p = @@\n}\n",
        'variable "p" {\n  default = @@\n}\n',
    ],
)
def test_a_policy_that_no_resource_takes_is_read(check: Check, block: str, beside: str, policy: str) -> None:
    found = check(block.replace("@@", policy.replace("s3:List", "s3:Lost")) + beside, notes=True)
    assert [one.partition(" ")[2] for one in found.found] == ["unknown-action"]
    assert found.tally.documents == (2 if beside else 1)


@pytest.mark.parametrize(
    "text",
    [
        READ,
        # what a document takes from elsewhere
        f'locals {{\n  p = {POLICY}\n}}\nresource "aws_iam_policy" "p" {{\n  policy = local.p\n}}\n',
        f'=== main.tf\nresource "aws_iam_policy" "p" {{\n  policy = local.p\n}}\n=== locals.tf\nlocals {{\n  p = {TEXT}}}\n',
        f'variable "p" {{\n  default = {TEXT}}}\nresource "aws_iam_policy" "p" {{\n  policy = var.p\n}}\n',
        f'=== main.tf\nmodule "m" {{\n  source = "./m"\n  p      = {POLICY}\n}}\n'
        '=== m/main.tf\nvariable "p" {}\nresource "aws_iam_policy" "p" {\n  policy = var.p\n}\n',
        f"{READ}# {POLICY}\n",
        READ.replace("  policy", '  description = "Effect: Allow for lists"\n  policy'),
        f'resource "aws_iam_role" "r" {{\n  dynamic "inline_policy" {{\n    for_each = [{POLICY}]\n    content {{\n      policy = inline_policy.value\n    }}\n  }}\n}}\n',
        f'resource "aws_iam_role" "r" {{\n  inline_policy = [{{ policy = {POLICY} }}]\n}}\n',
        f'{READ}variable "p" {{\n  description = "such as {{\\"Effect\\": \\"Allow\\"}}"\n  default = ""\n}}\n',
    ],
)
def test_what_is_read_is_not_told(check: Check, text: str) -> None:
    found = check(text, notes=True)
    assert found.found == ()
    assert (found.tally.documents, found.tally.unreadable) == (1, ())


ABSENT = f"""
variable "there" {{
  type    = bool
  default = false
}}
resource "aws_iam_policy" "a" {{
  COUNT
  policy = {POLICY}
}}
"""


@pytest.mark.parametrize(
    ("count", "told"),
    [
        ("count = var.there ? 1 : 0", True),
        ("for_each = var.there ? toset([1]) : toset([])", True),
        ("count = 0", True),
        ("count = var.there ? 0 : 1", False),
        ("count = data.acme_number.n.value", False),
        ("", False),
    ],
)
def test_what_is_not_there_is_told(check: Check, count: str, told: bool) -> None:
    found = check(ABSENT.replace("COUNT", count), notes=True)
    assert found.found == (("main.tf:6 policy-not-there",) if told else ())
    assert found.tally.documents == (0 if told else 1)


def test_a_module_that_is_called_twice_is_there_where_one_call_has_it(check: Check) -> None:
    inner = ABSENT.replace("COUNT", "count = var.there ? 1 : 0")
    calls = 'module "one" {\n  source = "./m"\n}\nmodule "two" {\n  source = "./m"\n  there  = @@\n}\n'
    both = check(f"=== main.tf\n{calls.replace('@@', 'true')}=== m/main.tf{inner}", notes=True)
    assert (both.found, both.tally.documents) == ((), 1)
    absent = calls.replace("@@", "false")
    for called in (absent, absent.replace("there  =", 'count = data.acme_number.n.value == "1" ? 1 : 0\n  there  =')):
        none = check(f"=== main.tf\n{called}=== m/main.tf{inner}", notes=True)
        assert (none.found, none.tally.documents) == (("m/main.tf:5 policy-not-there",), 0)


def test_values_make_it_be_there(check: Check) -> None:
    text = ABSENT.replace("COUNT", "count = var.there ? 1 : 0")
    assert check(text, {"var.there": "true"}, notes=True).tally.documents == 1


NETWORK = """jsonencode({
  version = "2021.12"
  core-network-configuration = { asn-ranges = ["64512-64555"], edge-locations = [{ location = "us-east-1" }] }
  segments = [{ name = "shared" }]
})"""


@pytest.mark.parametrize(
    ("block", "told"),
    [
        ('resource "aws_networkmanager_core_network" "n" {\n  base_policy_document = @@\n}\n', False),
        ('resource "aws_networkmanager_core_network_policy_attachment" "n" {\n  policy_document = @@\n}\n', True),
    ],
    ids=["base", "own"],
)
def test_a_base_policy_leads_nobody_anywhere(check: Check, block: str, told: bool) -> None:
    found = check(block.replace("@@", NETWORK), notes=True)
    assert found.tally.documents == 1
    assert [item.partition(" ")[2] for item in found.found] == (["segment-nobody-joins"] if told else [])


def test_what_a_document_says_tells_its_kind_where_its_block_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    gate = POLICY.replace("s3:ListBucket", "vpc-lattice-svcs:Invoke").replace("Effect", 'Principal = "*", Effect')
    (tmp_path / "main.tf").write_text(f"locals {{\n  a = {POLICY}\n  b = {TEXT}\n  c = {gate}\n}}\n", encoding="utf-8")
    run(("list", "main.tf"))
    assert [row.split()[1] for row in capsys.readouterr().out.splitlines()] == ["identity", "identity", "auth-policy"]
