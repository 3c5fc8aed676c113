"""Documents in Terraform files through the real `check`: each form of each kind, right and wrong, with the finding and its line."""

from __future__ import annotations

from typing import Any

import pytest

SERVICE = """
resource "aws_vpclattice_service" "orders" {
  name      = "orders"
  auth_type = "AWS_IAM"
}
"""

#: one auth policy per form; `@@` is the action, which stands in a line of its own
AUTH_FORMS = {
    "jsonencode": """
resource "aws_vpclattice_auth_policy" "p" {
  resource_identifier = aws_vpclattice_service.orders.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:role/orders" }
      Action =
      "vpc-lattice-svcs:@@"
      Resource = "${aws_vpclattice_service.orders.arn}/*"
    }]
  })
}
""".replace("Action =\n     ", "Action ="),
    "heredoc": """
resource "aws_vpclattice_auth_policy" "p" {
  resource_identifier = aws_vpclattice_service.orders.id
  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [{
        "Effect": "Allow",
        "Principal": {"AWS": "${var.role}"},
        "Action": "vpc-lattice-svcs:@@",
        "Resource": "${aws_vpclattice_service.orders.arn}/stock/$${aws:PrincipalTag/team}"
      }]
    }
  EOT
}
""",
    "data": """
data "aws_iam_policy_document" "p" {
  statement {
    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.caller.arn]
    }
    actions = ["vpc-lattice-svcs:@@"]
    resources = ["${aws_vpclattice_service.orders.arn}/*"]
  }
}
resource "aws_vpclattice_auth_policy" "p" {
  resource_identifier = aws_vpclattice_service.orders.arn
  policy              = data.aws_iam_policy_document.p.json
}
""",
    "data-in-another": """
data "aws_iam_policy_document" "base" {
  statement {
    principals {
      type        = "AWS"
      identifiers = [var.caller_arn]
    }
    actions = ["vpc-lattice-svcs:@@"]
    resources = ["*"]
  }
}
data "aws_iam_policy_document" "p" {
  source_policy_documents = [data.aws_iam_policy_document.base.json]
}
resource "aws_vpclattice_auth_policy" "p" {
  resource_identifier = aws_vpclattice_service.orders.arn
  policy              = data.aws_iam_policy_document.p.minified_json
}
""",
    "locals": """
locals {
  action = "vpc-lattice-svcs:@@"
  policy = jsonencode(merge(local.head, { Statement = [local.statement] }))
  head   = { Version = "2012-10-17" }
  statement = {
    Effect    = "Allow"
    Principal = { AWS = formatlist("arn:aws:iam::%s:role/app", [var.account]) }
    Action    = local.action
    Resource  = format("%s/*", aws_vpclattice_service.orders.arn)
  }
}
resource "aws_vpclattice_auth_policy" "p" {
  resource_identifier = aws_vpclattice_service.orders.arn
  policy              = local.policy
}
""",
    "for-each": """
resource "aws_vpclattice_auth_policy" "p" {
  for_each            = { a = "one", b = "two" }
  resource_identifier = aws_vpclattice_service.orders.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for path in ["/x", "/y"] : {
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::111122223333:role/${each.value}" }
      Action    = "vpc-lattice-svcs:@@"
      Resource  = "${aws_vpclattice_service.orders.arn}${path}"
    }]
  })
}
""",
    "module": """
module "auth" {
  source  = "./auth"
  service = aws_vpclattice_service.orders.arn
  action  = "vpc-lattice-svcs:@@"
}
=== auth/main.tf
variable "service" {}
variable "action" {}
resource "aws_vpclattice_auth_policy" "p" {
  resource_identifier = var.service
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { AWS = "arn:aws:iam::111122223333:role/app" }, Action = var.action, Resource = "${var.service}/*" }]
  })
}
""",
    "file": """
resource "aws_vpclattice_auth_policy" "p" {
  resource_identifier = aws_vpclattice_service.orders.arn
  policy              = file("${path.module}/files/auth.json")
}
=== files/auth.json
{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/a"},
  "Action": "vpc-lattice-svcs:@@",
  "Resource": "*"}}
""",
    "templatefile": """
resource "aws_vpclattice_auth_policy" "p" {
  resource_identifier = aws_vpclattice_service.orders.arn
  policy              = templatefile("${path.module}/auth.tftpl", { arns = ["arn:aws:iam::111122223333:role/a", var.other] })
}
=== auth.tftpl
{"Version": "2012-10-17", "Statement": [
%{ for at, arn in arns ~}
{"Effect": "Allow", "Principal": {"AWS": "${arn}"},
 "Action": "vpc-lattice-svcs:@@",
 "Resource": "*"}%{ if at == 0 },%{ endif }
%{ endfor ~}
]}
""",
    "json-form": """
=== more.tf.json
{"variable": {"account": {"type": "string"}},
 "resource": {"aws_vpclattice_auth_policy": {"p": {
  "resource_identifier": "${aws_vpclattice_service.orders.arn}",
  "policy": "${jsonencode({Version = \\"2012-10-17\\", Statement = [local.statement]})}"}}},
 "locals": {"statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::${var.account}:role/x"},
  "Action": "vpc-lattice-svcs:@@",
  "Resource": "*"}}}
""",
}


@pytest.mark.parametrize("form", AUTH_FORMS)
@pytest.mark.parametrize("right", [True, False])
def test_an_auth_policy_in_each_form(check: Any, form: str, right: bool) -> None:
    whole = f"=== main.tf{SERVICE}" + AUTH_FORMS[form].replace("@@", "Invoke" if right else "Invok")
    checked = check(whole)
    assert not checked.tally.unreadable
    assert checked.tally.documents == 1
    wrong = {row for row in checked.found if "invalid-action" in row}
    assert wrong == ({_place(whole, 'vpc-lattice-svcs:Invok"') + " invalid-action"} if not right else set())
    assert set(checked.found) == wrong


def _place(whole: str, words: str) -> str:
    """`file:line` of the one line that holds some words."""
    file, line = "", 0
    for text in whole.split("\n"):
        if text.startswith("=== "):
            file, line = text[4:], 0
            continue
        line += 1
        if words in text:
            return f"{file}:{line}"
    raise AssertionError(words)


#: other kinds: resource, the wrong word, the rule, what stands in its place when it is right
KINDS = {
    "cedar-heredoc": (
        """
resource "aws_verifiedaccess_group" "staff" {
  verifiedaccess_instance_id = aws_verifiedaccess_instance.main.id
  policy_document            = <<-EOT
    permit (principal, action, resource)
    when { context.http_request.@@ == "${var.method}" };
  EOT
}
""",
        "http_methd",
        "cedar-unknown-attribute",
        "http_method",
    ),
    "core-network-heredoc": (
        """
resource "aws_networkmanager_core_network_policy_attachment" "core" {
  core_network_id = aws_networkmanager_core_network.core.id
  policy_document = <<EOT
{"version": "2021.12",
 "core-network-configuration": {"asn-ranges": ["64512-64555"], "edge-locations": [{"location": "us-east-1"}]},
 "segments": [{"name": "prod"}],
 "segment-actions": [{"action": "share", "mode": "attachment-route",
   "segment": "@@", "share-with": "*"}]}
EOT
}
""",
        "prd",
        "network-unknown-name",
        "prod",
    ),
    "core-network-data": (
        """
data "aws_networkmanager_core_network_policy_document" "core" {
  core_network_configuration {
    asn_ranges = ["64512-64555"]
    edge_locations {
      location = "us-east-1"
    }
  }
  segments {
    name = "prod"
  }
  segment_actions {
    action     = "share"
    mode       = "attachment-route"
    segment    = "@@"
    share_with = ["*"]
  }
}
resource "aws_networkmanager_core_network_policy_attachment" "core" {
  core_network_id = aws_networkmanager_core_network.core.id
  policy_document = data.aws_networkmanager_core_network_policy_document.core.json
}
""",
        "prd",
        "network-unknown-name",
        "prod",
    ),
    "trust": (
        """
resource "aws_iam_role" "r" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:@@" }]
  })
}
""",
        "AssumeRol",
        "unknown-action",
        "AssumeRole",
    ),
    "inline": (
        """
resource "aws_iam_role" "r" {
  inline_policy {
    name = "x"
    policy = jsonencode({
      Version   = "2012-10-17"
      Statement = [{ Effect = "Allow", Action = "s3:@@", Resource = "${aws_s3_bucket.b.arn}/*" }]
    })
  }
}
""",
        "GetObjct",
        "unknown-action",
        "GetObject",
    ),
    "awscc-nested": (
        """
resource "awscc_iam_role" "r" {
  policies = [{
    policy_name     = "x"
    policy_document = jsonencode({
      Version   = "2012-10-17"
      Statement = [{ Effect = "Allow", Action = "s3:@@", Resource = "${aws_s3_bucket.b.arn}/*" }]
    })
  }]
}
""",
        "GetObjct",
        "unknown-action",
        "GetObject",
    ),
    "bucket": (
        """
resource "aws_s3_bucket_policy" "b" {
  bucket = aws_s3_bucket.b.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Deny", Principal = "*", Action = "s3:@@", Resource = "${aws_s3_bucket.b.arn}/*" }]
  })
}
""",
        "GetObjct",
        "unknown-action",
        "GetObject",
    ),
    "permission": (
        """
resource "aws_lambda_permission" "p" {
  statement_id   = "olap"
  action         = "lambda:@@"
  function_name  = aws_lambda_function.f.function_name
  principal      = "arn:aws:iam::111122223333:role/reader"
}
""",
        "InvokeFunctio",
        "unknown-action",
        "InvokeFunction",
    ),
    "layer": (
        """
resource "aws_lambda_layer_version_permission" "p" {
  statement_id   = "shared"
  layer_name     = aws_lambda_layer_version.shared.layer_name
  version_number = 3
  action         = "lambda:@@"
  principal      = "111122223333"
}
""",
        "GetLayerVersio",
        "unknown-action",
        "GetLayerVersion",
    ),
    "unused-data": (
        """
data "aws_iam_policy_document" "handed_out" {
  statement {
    actions   = ["s3:@@"]
    resources = ["${var.bucket_arn}/*"]
  }
}
output "json" { value = data.aws_iam_policy_document.handed_out.json }
""",
        "GetObjct",
        "unknown-action",
        "GetObject",
    ),
    "scp": (
        """
resource "aws_organizations_policy" "p" {
  name    = "x"
  content = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Deny", Action = "s3:@@", Resource = "*" }]
  })
}
""",
        "DeleteBuckt",
        "unknown-action",
        "DeleteBucket",
    ),
}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("right", [True, False])
def test_every_other_kind(check: Any, name: str, right: bool) -> None:
    text, wrong, rule, word = KINDS[name]
    whole = "=== main.tf" + text.replace("@@", word if right else wrong)
    checked = check(whole)
    assert not checked.tally.unreadable
    assert checked.tally.documents == 1
    expected = set() if right else {f"{_place(whole, wrong)} {rule}"}
    assert set(checked.found) == expected


ROUTING = """
data "aws_networkmanager_core_network_policy_document" "core" {
  version = "2025.11"
  core_network_configuration {
    asn_ranges  = ["64512-64555"]
    dns_support = true
    edge_locations {
      location = "us-east-1"
    }
  }
  segments {
    name = "prod"
  }
  routing_policies {
    routing_policy_name      = "prefer"
    routing_policy_direction = "inbound"
    routing_policy_number    = 100
    routing_policy_rules {
      rule_number = 1
      rule_definition {
        condition_logic = "or"
        match_conditions {
          type  = "@@"
          value = "65000"
        }
        action {
          type = "drop"
        }
      }
    }
  }
  attachment_routing_policy_rules {
    rule_number = 1
    conditions {
      type  = "routing-policy-label"
      value = "trusted"
    }
    action {
      associate_routing_policies = ["prefer"]
    }
  }
  attachment_policies {
    rule_number = 1
    conditions {
      type = "any"
    }
    action {
      association_method = "constant"
      segment            = "prod"
    }
  }
}
"""


def test_routing_policies_of_the_newer_version(check: Any) -> None:
    checked = check(ROUTING.replace("@@", "asn-in-as-path"))
    assert checked.tally.documents == 1
    assert checked.found == ()
    assert check(ROUTING.replace("@@", "asn-in-path")).found


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            'data "aws_iam_policy_document" "p" {\n  statement {\n    action = ["s3:GetObject"]\n  }\n}\n',
            "argument `action`",
        ),
        (
            'data "aws_iam_policy_document" "p" {\n  statements {\n    actions = ["s3:GetObject"]\n  }\n}\n',
            "block `statements`",
        ),
        (ROUTING.replace("segments {", "segmentation {"), "block `segmentation`"),
    ],
)
def test_what_is_not_known_is_never_left_out(check: Any, text: str, reason: str) -> None:
    (lost,) = check(text).tally.unreadable
    assert reason in lost.reason


def test_whole_sections_of_a_core_network_may_be_open(check: Any) -> None:
    """Holes for arrays and objects: nothing follows from them, and what is written beside them is still checked."""
    text = """
=== main.tf
resource "aws_networkmanager_core_network_policy_attachment" "core" {
  core_network_id = aws_networkmanager_core_network.core.id
  policy_document = templatefile("${path.module}/core.tftpl", { edges = var.edges, more = var.more, rules = var.rules, action = var.action })
}
=== core.tftpl
{
  "version": "2021.12",
  "core-network-configuration": {"asn-ranges": ["64512-64555"], "edge-locations": ${jsonencode(edges)}},
  "segments": [{"name": "prod"}, ${more}],
  "shared-segments": [],
  "attachment-policies": [{"rule-number": 1, "conditions": ${rules}, "action": ${action}}]
}
"""
    checked = check(text)
    assert checked.found == ("core.tftpl:5 network-unknown-key",)


def test_a_name_for_what_is_open_does_not_count_for_the_size(check: Any) -> None:
    text = """
variable "the_number_of_a_build_account_that_is_told_from_outside" { type = string }
resource "aws_iam_role" "r" {
  assume_role_policy = jsonencode({Version = "2012-10-17", Statement = [{
    Effect = "Allow"
    Action = "sts:AssumeRole"
    Principal = {AWS = [for n in range(40) : "arn:aws:iam::${var.the_number_of_a_build_account_that_is_told_from_outside}:role/r${n}"]}
  }]})
}
"""
    assert check(text).found == ()
    assert check(text.replace("range(40)", "range(90)")).found == ("main.tf:4 policy-size-exceeds-quota",)


def _written(**more: str) -> str:
    """A policy document with two statements of one `Sid`, and what stands in the second."""
    body = "\n".join(more.values())
    return f"""=== main.tf
data "aws_iam_policy_document" "d" {{
  statement {{
    sid       = "Read"
    actions   = ["s3:GetObjct"]
    resources = ["*"]
  }}
  statement {{
    sid       = "Read"
    actions   = ["s3:PutObject"]
    resources = ["*"]
{body}
  }}
}}
resource "aws_iam_role_policy" "r" {{
  role   = "app"
  policy = data.aws_iam_policy_document.d.json
}}
"""


def test_statements_of_one_name_are_both_read(check: Any) -> None:
    # the provider refuses the second; what it leaves out of neither is left out here
    assert set(check(_written()).found) == {"main.tf:4 unknown-action", "main.tf:8 unique-sids-required"}


def test_an_error_hides_nothing_else(check: Any) -> None:
    text = """
    condition {
      test     = "StringEqual"
      variable = "aws:PrincipalOrgID"
      values   = ["o-a1b2c3d4e5"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["yes"]
    }"""
    assert set(check(_written(more=text)).found) == {
        "main.tf:4 unknown-action",
        "main.tf:8 unique-sids-required",
        "main.tf:13 invalid-condition-operator",
        "main.tf:20 type-mismatch-boolean",
    }
