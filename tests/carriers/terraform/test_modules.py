"""Modules, variables, worlds, what stands around documents, and comments that say what is meant."""

from __future__ import annotations

from typing import Any

import pytest

from policyc.carriers.terraform.tfvars import variable_texts
from policyc.diagnostics import Diagnostics
from policyc.report.tally import closing_line
from policyc.text import Source

OPEN = """
variable "method" {}
resource "aws_vpclattice_auth_policy" "p" {
  resource_identifier = aws_vpclattice_service.orders.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::111122223333:role/app" }
      Action    = "vpc-lattice-svcs:Invoke"
      Resource  = "*"
      Condition = { StringEquals = { "vpc-lattice-svcs:RequestMethod" = var.method } }
    }]
  })
}
"""
NEVER = "value-never-matches"


def test_an_open_variable_is_no_finding(check: Any) -> None:
    checked = check(OPEN)
    assert checked.found == ()
    assert (checked.tally.documents, checked.tally.unknown) == (1, 1)


def test_a_value_that_is_given_fills_it(check: Any) -> None:
    assert [row.split()[1] for row in check(OPEN, {"var.method": "get"}).found] == [NEVER]
    assert check(OPEN, {"method": "GET"}).found == ()


@pytest.mark.parametrize("name", ["terraform.tfvars", "more.auto.tfvars"])
def test_a_file_of_values_is_where_its_finding_stands(check: Any, name: str) -> None:
    assert check(f'=== main.tf{OPEN}=== {name}\n\nmethod = "get"\n').found == (f"{name}:2 {NEVER}",)


def test_a_later_file_of_values_wins(check: Any) -> None:
    text = f'=== main.tf{OPEN}=== terraform.tfvars\nmethod = "get"\n=== a.auto.tfvars\nmethod = "GET"\n'
    assert check(text).found == ()


def test_a_json_file_of_values(check: Any) -> None:
    text = f'=== main.tf{OPEN}=== terraform.tfvars.json\n{{\n  "method": "get"\n}}\n'
    assert check(text).found == (f"terraform.tfvars.json:2 {NEVER}",)


def test_values_for_bindings() -> None:
    found = variable_texts(Source("x.tfvars", 'a = "x"\nb = ["y", 1]\nc = true\n'), Diagnostics())
    assert found == {"var.a": "x", "var.b": '["y", 1]', "var.c": "true"}


def test_a_sensitive_variable_stays_open(check: Any) -> None:
    secret = OPEN.replace('variable "method" {}', 'variable "method" {\n  sensitive = true\n  default = "get"\n}')
    checked = check(secret)
    assert checked.found == ()
    assert checked.tally.unknown == 1


def test_a_default_stands_where_it_is_written(check: Any) -> None:
    text = OPEN.replace('variable "method" {}', 'variable "method" {\n  default = "get"\n}')
    assert check(text).found == (f"main.tf:3 {NEVER}",)


MODULE = """=== main.tf
module "a" {
  source   = "./m"
  for_each = { one = "GET", two = "get" }
  method   = each.value
}
=== m/main.tf""" + OPEN.replace("aws_vpclattice_service.orders.arn", '"svc-0123456789abcdef0"')


def test_a_module_has_the_values_of_its_caller(check: Any) -> None:
    assert check(MODULE).found == (f"main.tf:3 {NEVER}",)


def test_an_output_of_a_module_reaches_a_document(check: Any) -> None:
    text = f'=== main.tf{OPEN.replace("var.method", "module.m.method")}module "m" {{\n  source = "./m"\n}}\n'
    assert check(text + '=== m/out.tf\noutput "method" {\n  value = lower("GET")\n}\n').found == (
        f"m/out.tf:2 {NEVER}",
    )


def test_a_module_from_a_registry_about_policies_is_not_read(check: Any) -> None:
    checked = check(
        'module "lattice" {\n  source = "acme/vpc-lattice/aws"\n}\nmodule "vpc" {\n  source = "acme/vpc/aws"\n}\n'
    )
    assert [(item.line, item.reason) for item in checked.tally.unreadable] == [
        (1, "module from a registry; `terraform init` fetches it")
    ]


def test_files_that_declare_the_same_are_each_read_by_themselves(check: Any) -> None:
    """Terraform takes no two of them into one module; folders of examples hold such files."""
    block = OPEN.replace("var.method", "local.m").replace('variable "method" {}', 'locals { m = "%s" }')
    files = {"a": "GET", "b": "get", "c": "post", "other": ""}
    text = "".join(
        f"=== {name}.tf{block % method if method else chr(10) + 'locals {}'}" for name, method in files.items()
    )
    checked = check(text)
    assert checked.found == (f"b.tf:1 {NEVER}", f"c.tf:1 {NEVER}")
    assert not checked.tally.unreadable


def test_a_second_block_of_one_name_in_a_file_is_counted_as_not_read(check: Any) -> None:
    checked = check(OPEN + OPEN.replace('variable "method" {}', ""))
    assert [item.line for item in checked.tally.unreadable] == [18]
    assert "second time" in checked.tally.unreadable[0].reason


def test_a_module_that_init_brought_is_read(check: Any) -> None:
    listed = '{"Modules": [{"Key": "", "Dir": "."}, {"Key": "a", "Source": "acme/policy/aws", "Dir": ".terraform/modules/a"}]}'
    text = '=== main.tf\nmodule "a" {\n  source = "acme/policy/aws"\n  method = "get"\n}\n=== .terraform/modules/modules.json\n'
    text += listed + "\n=== .terraform/modules/a/main.tf" + OPEN
    checked = check(text)
    assert checked.found == (f"main.tf:3 {NEVER}",)
    assert not checked.tally.unreadable


def test_each_way_of_a_condition_is_looked_at(check: Any) -> None:
    text = OPEN.replace("= var.method", '= var.method == "x" ? "GET" : "get"')
    checked = check(text)
    assert checked.found == (f"main.tf:12 {NEVER}",)
    assert checked.tally.documents == 1


def test_a_comment_with_a_reason_says_that_a_finding_is_meant(check: Any) -> None:
    text = OPEN.replace("var.method", '"get"')
    head = 'resource "aws_vpclattice_auth_policy"'
    assert check(text).found == (f"main.tf:12 {NEVER}",)
    meant = f"# policyc: ignore[{NEVER}] nobody asks\n{head}"
    assert check(text.replace(head, meant)).found == ()
    without = f"# policyc: ignore[{NEVER}]\n{head}"
    assert check(text.replace(head, without)).found != ()


SERVICE = 'resource "aws_vpclattice_service" "orders" {\n  name      = "orders"\n  auth_type = "AWS_IAM"\n}\n'
GATE = "auth-without-policy"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(SERVICE, True, id="no-policy"),
        pytest.param(SERVICE.replace("AWS_IAM", "NONE"), False, id="no-auth"),
        pytest.param(SERVICE.replace('"AWS_IAM"', "var.auth"), False, id="auth-not-known"),
        pytest.param(SERVICE.replace('"AWS_IAM"', 'var.on ? "AWS_IAM" : "NONE"'), False, id="auth-on-a-condition"),
        pytest.param(SERVICE + OPEN, False, id="policy"),
        pytest.param(SERVICE + OPEN.replace("aws_vpclattice_service.orders.arn", "var.service"), False, id="on-a-hole"),
        pytest.param(SERVICE + 'module "m" {\n  source = "acme/lattice/aws"\n}\n', False, id="module-not-here"),
    ],
)
def test_a_gate_without_a_policy(check: Any, text: str, told: bool) -> None:
    assert any(GATE in row for row in check(text).found) is told


TRUST = """
resource "aws_verifiedaccess_trust_provider" "t" {
  policy_reference_name    = "idc"
  trust_provider_type      = "user"
  user_trust_provider_type = "iam-identity-center"
}
resource "aws_verifiedaccess_instance" "i" {}
resource "aws_verifiedaccess_instance_trust_provider_attachment" "a" {
  verifiedaccess_instance_id       = aws_verifiedaccess_instance.i.id
  verifiedaccess_trust_provider_id = aws_verifiedaccess_trust_provider.t.id
}
resource "aws_verifiedaccess_group" "g" {
  verifiedaccess_instance_id = aws_verifiedaccess_instance.i.id
  policy_document            = "permit(principal, action, resource) when { context.@@.user.email.address like \\"*@example.com\\" };"
}
"""


def test_the_trust_providers_of_an_instance_are_known(check: Any) -> None:
    wrong, right = (set(check(TRUST.replace("@@", name)).found) for name in ("idp", "idc"))
    assert "main.tf:14 cedar-unknown-root" in wrong - right


DOCUMENT = """
variable "account" { default = "" }
variable "region" { default = "" }
variable "suffix" { default = "" }
data "aws_iam_policy_document" "p" {
  statement {
    actions   = ["sqs:SendMessage"]
    resources = ["arn:aws:sqs:${var.region}:${var.account}:orders${var.suffix}"]
  }
}
resource "aws_iam_role" "r" {
  assume_role_policy = <<EOT
{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::${var.account}:root"}}]}
EOT
}
"""


def test_an_empty_default_in_a_field_of_an_arn_is_a_value_to_be_given(check: Any) -> None:
    got = check(DOCUMENT)
    assert got.found == () and got.tally.unknown == 2
    assert check(DOCUMENT, {"account": "1234"}).found != ()
    # elsewhere an empty default is what it says
    assert check(DOCUMENT.replace("sqs:SendMessage", "sqs:SendMessage${var.suffix}s")).found == (
        "main.tf:7 unknown-action",
    )


CALLED = """
=== main.tf
module "m" {
  source = "./m"
  policy = jsonencode({Version = "2012-10-17", Statement = [{Effect = "Allow", Principal = "*", Action = "vpc-lattice-svcs:Invoke", Resource = "${data.aws_caller_identity.me.arn}/*"}]})
}
=== m/main.tf
variable "policy" { default = null }
resource "aws_vpclattice_service_network" "n" {
  name      = "n"
  auth_type = "AWS_IAM"
}
resource "aws_vpclattice_auth_policy" "p" {
  count               = var.policy @@ ? 1 : 0
  resource_identifier = aws_vpclattice_service_network.n.arn
  policy              = var.policy
}
"""


@pytest.mark.parametrize(("test", "there"), [("!= null", True), ('!= ""', True), ("== null", False), ('== ""', False)])
def test_json_with_holes_is_a_text_that_is_there(check: Any, test: str, there: bool) -> None:
    assert any(GATE in row for row in check(CALLED.replace("@@", test)).found) is not there


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('"a-${var.open}"', {"a-b": None, "b": False, "": False, "a": False}),
        ('"${var.open}-z"', {"b-z": None, "-z": None, "z": False}),
        ('"a${var.open}b${var.open}c"', {"abc": None, "axbxc": None, "abd": False, "ac": False}),
    ],
)
def test_a_text_with_holes_is_no_text_that_it_cannot_be(check: Any, text: str, told: dict[str, bool | None]) -> None:
    for other, answer in told.items():
        got = check(
            'variable "open" {}\nresource "aws_iam_policy" "p" {\n'
            f'  count = {text} == "{other}" ? 1 : 0\n  policy = jsonencode({{Version = "2012-10-17", Statement = [{{Effect = "Allow", Action = "s3:Gett", Resource = "*"}}]}})\n}}\n'
        )
        assert (got.found == ()) is (answer is False), other


def test_a_resource_as_a_whole_is_not_null(check: Any) -> None:
    got = check(
        'resource "aws_sns_topic" "t" {}\nlocals {\n  topics = [for one in [aws_sns_topic.t, null] : one if one != null]\n}\n'
        'data "aws_iam_policy_document" "p" {\n  statement {\n    actions   = ["sns:Publish"]\n    resources = [for one in local.topics : one.arn]\n  }\n}\n'
    )
    assert got.found == () and got.tally.documents == 1


REPLACED = """
variable "arn" {}
resource "aws_iam_policy" "p" {
  policy = replace(@@, "_BUCKET_", var.arn)
}
"""
_DOC = 'Version = "2012-10-17", Statement = [{Effect = "Allow", Action = "s3:GetObjekt", Resource = "_BUCKET_/*"}]'


@pytest.mark.parametrize(
    ("document", "line"),
    [
        (f"jsonencode({{{_DOC}}})", 4),
        (f'replace(jsonencode({{{_DOC}}}), "_BUCKET_", "_BUCKET_")', 4),
        (
            '"{\\"Version\\":\\"2012-10-17\\",\\"Statement\\":[{\\"Effect\\":\\"Allow\\",\\"Action\\":\\"s3:GetObjekt\\",\\"Resource\\":\\"_BUCKET_/*\\"}]}"',
            4,
        ),
    ],
)
def test_a_placeholder_that_is_replaced_by_a_hole_keeps_the_document(check: Any, document: str, line: int) -> None:
    got = check(REPLACED.replace("@@", document))
    assert got.found == (f"main.tf:{line} unknown-action",) and got.tally.unknown == 1 and not got.tally.unreadable


def test_the_policy_of_a_directory_bucket_is_about_s3_express(check: Any) -> None:
    text = """
resource "aws_s3_bucket_policy" "p" {
  bucket = "@@"
  policy = jsonencode({Version = "2012-10-17", Statement = [{Effect = "Allow", Principal = {AWS = "111122223333"}, Action = "s3express:CreateSession", Resource = "*"}]})
}
"""
    assert check(text.replace("@@", "photos--usw2-az1--x-s3")).found == ()
    assert check(text.replace("@@", "photos")).found == (
        "main.tf:4 unsupported-action-in-policy",
        "main.tf:4 resource-of-another-owner",
    )


def test_what_a_module_says_twice_is_said_once(check: Any) -> None:
    """Two calls of one folder are two documents at one place, and one module in it that is not read."""
    inner = OPEN.replace("aws_vpclattice_service.orders.arn", "var.id").replace("var.method", '"get"')
    inner = inner.replace("StringEquals", "StringEqals")
    called = 'module "{0}" {{\n  source = "./m"\n  id     = "svc-{0}"\n}}\n'
    remote = 'variable "id" {}\nmodule "lattice" {\n  source = "acme/vpc-lattice/aws"\n}\n'
    checked = check(f"=== main.tf\n{called.format('a')}{called.format('b')}=== m/main.tf{inner}{remote}")
    assert [row.split()[1] for row in checked.found] == ["invalid-condition-operator", NEVER]
    assert not any("(" in message for message in checked.said)
    assert closing_line(checked.tally, 1).count("m/main.tf:") == 1


def test_a_test_of_a_variable_stands_where_its_key_does(check: Any) -> None:
    """The default that it is compared with stands above, below or in another file."""
    text = """
=== main.tf
{above}resource "aws_vpclattice_service" "s" {{
  auth_type = "AWS_IAM"
}}
resource "aws_vpclattice_auth_policy" "p" {{
  resource_identifier = aws_vpclattice_service.s.arn
  policy = jsonencode({{ Version = "2012-10-17", Statement = [{{
    Effect = "Allow", Principal = "*", Action = "*", Resource = "*"
    Condition = {{ StringNotEquals = {{ "aws:PrincipalOrgID" = var.org }} }}
  }}] }})
}}
{below}"""
    org = 'variable "org" {\n  default = "o-a1b2c3d4e5"\n}\n'
    for above, below, line in ((org, "", 11), ("", org, 8), ("", f"=== org.tf\n{org}", 8)):
        found = check(text.format(above=above, below=below)).found
        assert f"main.tf:{line} negated-test-admits-anonymous" in found
