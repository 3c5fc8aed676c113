"""Policies as AWS's guides write them, which hold no mistake, and their kind with one slip in it.

Sources: IAM evaluation reference, sections 7 to 13; the guides of AWS KMS (default key policy), Amazon SNS (default topic policy), Amazon ECR
(repository policies), API Gateway (resource policies), Systems Manager (public parameters), Amazon S3 and IAM (home folders).
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics, Severity
from policyc.engines.iam.templates import unrendered
from policyc.lint.raw.check import check_tree
from policyc.lint.raw.rules import lint_documents
from policyc.syntax.json_text import parse_json
from policyc.targets.iam_documents import arns
from policyc.text import Source

ACCOUNT = {"AWS": "arn:aws:iam::111122223333:root"}
ROLE = {"AWS": "arn:aws:iam::111122223333:role/app"}
API = "execute-api:Invoke"
OUTSIDE = {"StringNotEquals": {"aws:SourceVpc": "vpc-1a2b3c4d"}}


def statement(action: Any, resource: Any = "*", principal: Any = None, condition: Any = None, **more: Any) -> Any:
    found = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource, "Condition": condition}
    return {name: value for name, value in (found | more).items() if value is not None}


def rules(kind: str, *statements: Any) -> list[str]:
    """The ids of errors and warnings, sorted."""
    diagnostics = Diagnostics()
    source = Source("p.json", json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=1))
    tree = parse_json(source, diagnostics)
    assert tree is not None
    policy = check_tree(source, tree, kind, diagnostics)
    lint_documents([policy] if policy is not None else [], [source], diagnostics)
    return sorted(item.rule for item in diagnostics if item.severity is not Severity.INFO)


@pytest.mark.parametrize(
    ("kind", "statements"),
    [
        ("identity", [statement(["s3:ListAllMyBuckets", "s3:GetBucketLocation"], "arn:aws:s3:::*")]),
        ("identity", [statement("ssm:GetParameter", "arn:aws:ssm:eu-west-1::parameter/aws/service/*")]),
        (
            "key",
            [
                statement("kms:*", principal=ACCOUNT, Sid="Enable IAM User Permissions"),
                statement(["kms:Encrypt", "kms:Decrypt"], principal=ROLE, Sid="Allow use of the key"),
            ],
        ),
        ("resource", [statement(["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], None, ACCOUNT)]),
        (
            "resource",
            [statement(API, "execute-api:/*", "*"), statement(API, "execute-api:/*", "*", OUTSIDE, Effect="Deny")],
        ),
        (
            "resource",
            [
                statement(
                    "SNS:Publish",
                    "arn:aws:sns:us-east-2:444455556666:news",
                    {"AWS": "*"},
                    {"StringEquals": {"AWS:SourceOwner": "444455556666"}},
                )
            ],
        ),
        (
            "scp",
            [
                statement(
                    None,
                    condition={
                        "StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "us-gov-west-1", "il-central-1"]},
                        "ArnNotLike": {"aws:PrincipalARN": ["arn:aws:iam::*:role/admin"]},
                    },
                    Effect="Deny",
                    NotAction=["iam:*", "organizations:*", "sts:*", "s3:GetAccountPublic*"],
                )
            ],
        ),
        (
            "identity",
            [
                statement(
                    "secretsmanager:*",
                    condition={
                        "ForAllValues:StringEquals": {"aws:TagKeys": ["project", "team"]},
                        "StringEquals": {"aws:RequestTag/project": "${aws:PrincipalTag/project}"},
                    },
                )
            ],
        ),
    ],
)
def test_what_the_guides_write_is_left_alone(kind: str, statements: list[Any]) -> None:
    assert rules(kind, *statements) == []


@pytest.mark.parametrize(
    ("kind", "one", "rule"),
    [
        ("scp", statement(None, Effect="Deny", NotAction=["iam:*", "sns:Publissh"]), "unknown-action"),
        ("scp", statement(None, Effect="Deny", NotAction=["organisations:*"]), "unknown-service"),
        ("identity", statement("s3:*", None, NotResource="arn:aws:s3:eu-west-1::photos/*"), "arn-region-not-allowed"),
        (
            "identity",
            statement("sqs:*", None, NotResource="arn:aws:sqs:eu-wset-1:111122223333:q"),
            "invalid-arn-region",
        ),
        (
            "identity",
            statement("sqs:*", condition={"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}),
            "forallvalues-with-single-valued-key",
        ),
        ("identity", statement("s3:ListAllMyBuckets", "arn:aws:s3:::photos"), "action-not-for-resource"),
        ("identity", statement("ssm:GetParameter", "arn:aws:ssm:eu-west-1::parameter/mine"), "undocumented-arn"),
        ("resource", statement("sqs:SendMessage", None, ROLE), "missing-resource"),
        ("resource", statement("sqs:SendMessage", "{{ queue_arn }}", ROLE), "invalid-arn-prefix"),
        ("identity", statement(API, "execute-apis:/*"), "invalid-arn-prefix"),
    ],
)
def test_one_slip_is_one_finding(kind: str, one: Any, rule: str) -> None:
    assert rules(kind, one) == [rule]


def test_the_key_beside_null_is_meant() -> None:
    condition = {
        "ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"},
        "Null": {"aws:PrincipalOrgID": "false"},
    }
    assert rules("identity", statement("sqs:*", condition=condition)) == []


def test_braces_that_nobody_closes_take_no_longer_than_others() -> None:
    """A scan from each to the end would take minutes here."""
    text = "arn:aws:s3:::photos/" + "${" * 200_000
    assert unrendered(text) is None
    assert unrendered("${}" + text) is None
    assert arns.glob(text) == text
    assert rules("identity", statement("s3:GetObject", "arn:aws:s3:::photos/" + "${a:" * 20_000)) == [
        "missing-brace-in-variable",
        "policy-size-exceeds-quota",
    ]
    assert re.fullmatch(r"\$\{x\}", unrendered("${x}" + text) or "")
