"""What an editor offers inside of documents in JSON, YAML and HCL while they are typed. `§` marks the place."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyc.editor.complete import Item, complete
from policyc.editor.session import Session

_JSON = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", %s}]}'
_WHOLE = _JSON.replace(", %s", "")
_YAML = """Resources:
  Auth:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: svc-0a1b2c3d4e5f67890
      Policy:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: "*"
            Action: vpc-lattice-svcs:Invoke
            Resource: "*"
"""
_HCL = """resource "aws_vpclattice_auth_policy" "orders" {
  resource_identifier = "svc-0a1b2c3d4e5f67890" # it's the shop's
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Principal = "*"
      Action = "vpc-lattice-svcs:Invoke"
      Resource = "*"
    }]
  })
}
"""
_DATA = """data "aws_iam_policy_document" "orders" {
  statement {
    effect    = "Allow"
    actions   = ["s3:GetObject"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceVpc"
      values   = ["vpc-0a1b2c3d4e5f67890"]
    }
  }
}
"""
_CORE = """{
  "version": "2021.12",
  "core-network-configuration": {"asn-ranges": ["64512-64555"], "edge-locations": [{"location": "us-east-1"}]},
  "segments": [{"name": "prod"}],
  "segment-actions": [{"action": "share", "mode": "attachment-route", "segment": "prod", "share-with": "*"}]
}
"""


def offered(tmp_path: Path, file: str, saved: str, old: str, new: str) -> tuple[list[Item], str, int]:
    """The offers in a file that was saved whole and in which `old` became `new`."""
    assert old in saved
    path = tmp_path / file
    path.write_text(saved)
    marked = saved.replace(old, new, 1)
    session = Session()
    session.put(str(path), marked.replace("§", ""))
    state, name = session.quick(str(path))
    return complete(state, name, marked.index("§")), marked.replace("§", ""), marked.index("§")


@pytest.mark.parametrize(
    ("file", "saved", "old", "new", "some", "never"),
    [
        ("a.json", _WHOLE, '"s3:GetObject"', '"s3:Get§"', {"s3:GetObject", "s3:PutObject"}, {"Allow", "s3:"}),
        ("a.json", _WHOLE, '"s3:GetObject"', '"§', {"s3:", "vpc-lattice-svcs:"}, {"s3:GetObject"}),
        ("a.json", _WHOLE, '"s3:GetObject"', '["s3:GetObject", "sqs:§', {"sqs:SendMessage"}, {"s3:GetObject"}),
        ("a.json", _WHOLE, '"Allow"', '"§"', {"Allow", "Deny"}, {"Effect"}),
        ("a.json", _WHOLE, '"Resource"', '"§": "*", "Resource"', {"Condition", "NotAction"}, {"Allow"}),
        ("a.json", _WHOLE, '"Resource"', '"Principal": {"§', {"AWS", "Service", "Federated"}, {"Effect"}),
        ("a.json", _WHOLE, '"Resource"', '"Condition": {"§', {"StringEquals", "NumericLessThan"}, {"NullIfExists"}),
        (
            "a.json",
            _WHOLE,
            '"Resource"',
            '"Condition": {"ForAllValues:§',
            {"ForAllValues:StringEquals"},
            {"StringEquals"},
        ),
        (
            "a.json",
            _WHOLE,
            '"Resource"',
            '"Condition": {"Bool": {"aws:§"}}, "Resource"',
            {"aws:SecureTransport"},
            {"Bool"},
        ),
        ("a.json", _WHOLE, '"Resource"', '"Condition": {"Bool": {"s3:§', {"s3:prefix"}, {"aws:SourceVpc"}),
        # the values of a condition are nobody's words
        (
            "a.json",
            _WHOLE,
            '"Resource"',
            '"Condition": {"StringEquals": {"aws:SourceVpc": "§',
            set(),
            {"aws:SourceVpc", "AWS"},
        ),
        (
            "a.yaml",
            _YAML,
            "Action: vpc-lattice-svcs:Invoke",
            "Action: vpc-lattice-svcs:§",
            {"vpc-lattice-svcs:Invoke"},
            {"s3:"},
        ),
        (
            "a.yaml",
            _YAML,
            "Action: vpc-lattice-svcs:Invoke",
            "Action:\n              - §",
            {"vpc-lattice-svcs:"},
            {"Effect"},
        ),
        (
            "a.yaml",
            _YAML,
            "Action: vpc-lattice-svcs:Invoke",
            "Action:\n            - s3:§",
            {"s3:GetObject"},
            {"Effect"},
        ),
        (
            "a.yaml",
            _YAML,
            "Action: vpc-lattice-svcs:Invoke",
            "Action: [s3:GetObject, sqs:§",
            {"sqs:SendMessage"},
            {"s3:"},
        ),
        ("a.yaml", _YAML, "Effect: Allow", "Effect: §", {"Allow", "Deny"}, {"Action"}),
        ("a.yaml", _YAML, "- Effect: Allow", "- §", {"Effect", "Condition"}, {"Allow"}),
        ("a.yaml", _YAML, 'Principal: "*"', "Con§", {"Condition"}, {"Allow"}),
        ("a.yaml", _YAML, 'Principal: "*"', "Condition:\n              §", {"StringEquals"}, {"Effect"}),
        (
            "a.yaml",
            _YAML,
            'Principal: "*"',
            "Condition:\n              Bool:\n                aws:§",
            {"aws:SecureTransport"},
            {"Bool"},
        ),
        ("a.yaml", _YAML, 'Principal: "*"', "Principal:\n              §", {"AWS"}, {"Effect"}),
        ("a.yaml", _YAML, "Type: AWS", "Type: §AWS", set(), {"Allow", "Effect"}),
        ("a.yaml", _YAML, "          - Effect", "          # s3:§\n          - Effect", set(), {"s3:GetObject"}),
        ("a.tf", _HCL, '"vpc-lattice-svcs:Invoke"', '"vpc-lattice-svcs:§"', {"vpc-lattice-svcs:Invoke"}, {"s3:"}),
        ("a.tf", _HCL, 'Principal = "*"', "§", {"Condition", "Principal"}, {"Allow"}),
        ("a.tf", _HCL, 'Principal = "*"', 'Condition = { Bool = { "aws:§', {"aws:SecureTransport"}, {"Bool"}),
        ("a.tf", _HCL, 'Effect = "Allow"', 'Effect = "§"', {"Deny"}, {"Effect"}),
        ("a.tf", _HCL, "resource_identifier", "§resource_identifier", set(), {"Effect"}),
        ("a.tf", _DATA, '"s3:GetObject"', '"s3:§"', {"s3:GetObject"}, {"Effect"}),
        ("a.tf", _DATA, '"StringEquals"', '"§"', {"StringEquals"}, {"aws:SourceVpc"}),
        ("a.tf", _DATA, '"aws:SourceVpc"', '"§"', {"aws:SourceVpc"}, {"StringEquals"}),
        ("a.tf", _DATA, '"AWS"', '"§"', {"AWS", "Service"}, {"Allow"}),
        ("a.tf", _DATA, '"Allow"', '"§"', {"Allow", "Deny"}, {"Effect"}),
        (
            "a.json",
            _CORE,
            '"name": "prod"',
            '"name": "prod", "§',
            {"isolate-attachments", "edge-locations"},
            {"share-with"},
        ),
        ("a.json", _CORE, '"action": "share"', '"action": "§"', {"share", "send-via"}, {"segment"}),
        ("a.json", _CORE, '"asn-ranges"', '"§": true, "asn-ranges"', {"vpn-ecmp-support"}, {"segments"}),
        ("a.json", _CORE, '"segments"', '"§": [], "segments"', {"attachment-policies"}, {"isolate-attachments"}),
    ],
)
def test_offers_inside_of_documents(
    tmp_path: Path, file: str, saved: str, old: str, new: str, some: set[str], never: set[str]
) -> None:
    items, text, at = offered(tmp_path, file, saved, old, new)
    told = {item.text for item in items}
    assert some <= told and not never & told
    assert bool(told) == bool(some)
    # what is offered takes the place of the word alone: no quote, no blank, and no colon behind a key
    assert all(item.start <= at <= item.end and not set(text[item.start : item.end]) & set("\"' \n,") for item in items)


def test_nothing_in_a_file_that_has_no_policy(tmp_path: Path) -> None:
    assert offered(tmp_path, "a.json", '{"Effect": "x"}', '"x"', '"§"')[0] == []
