"""What IAM refuses on save is an error, and what it stores is none, however little it means (IAM evaluation reference, corrections).

Facts behind the rows: the service of an action has letters, digits, `-` and `.`, and one colon stands behind it, else nothing is looked at;
a resource is `*` or an ARN of a partition with a service; ARNs that are short are filled up unless a field is empty; only ARNs of
IAM and S3 are looked into; a condition's operator counts where it tests something; dates may be spelt in many ways; other services look
at their own words.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.text import Source
from policyc.workspace.documents.native_settings import NativeSettings
from policyc.workspace.documents.native_texts import check_texts

BUCKET = "arn:aws:s3:::acme-photos"
ROLE = "arn:aws:iam::111122223333:role/app"


def found(document: Any, kind: str = "identity") -> list[Diagnostic]:
    told = Diagnostics()
    check_texts(
        [(Source("p.json", json.dumps(document)), ".json")], told, NativeSettings(), {"p.json": kind} if kind else {}
    )
    return told.sorted()


def errors(document: Any, kind: str = "identity") -> list[str]:
    return [item.rule for item in found(document, kind) if item.severity is Severity.ERROR]


def document(**elements: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": BUCKET} | elements
    return {
        "Version": "2012-10-17",
        "Statement": {name: value for name, value in statement.items() if value is not None},
    }


def when(operator: str, value: Any, key: str = "aws:CurrentTime") -> dict[str, Any]:
    return document(Condition={operator: {key: value}})


STORED: list[dict[str, Any]] = [
    *(
        document(Action=action)
        for action in (
            "*",
            "*:*",
            "s3:",
            "s3:Get Object",
            "sqs: Send it",
            "nosuch:Thing",
            "s3.x:Get",
            "s3-y:*",
            "ec2:Nope",
            "S3:LISTBUCKET",
        )
    ),
    document(Action=["s3:ListBucket", "vpc-lattice-svcs:GetService"]),
    document(Action=None, NotAction="dynamodb:Get Item"),
    *(
        document(Action="*", Resource=arn)
        for arn in (
            "arn:aws:sqs",
            "arn:aws:sqs:us-east-1",
            "arn:aws:iam::aws:policy/X",
            "arn:aws:iam:::user/ana",
            "arn:aws:iam::111122223333:report/x",
            "arn:aws:iam::111122223333:*",
            "arn:aws:rds:region:*:*",
            "arn:aws:sns:us-east-1:account:alarms",
            "arn:aws:sqs:us-east-1:1111:q",
            "arn:aws:s33:::x",
            "arn:aws:S3:::x",
            "arn:aws:s3::111122223333:x",
            "arn:aws:dynamodb:us-east-1:111122223333:tables/x",
            "arn:aws-cn:s3:::x",
            "arn:*:s3:::x",
            "arn:aws:s3:eu-west-1:111122223333:accesspoint/x",
            "arn:aws:vpc-lattice:us-west-2:111122223333:service/orders",
        )
    ),
    *(
        when(operator, "x", key)
        for operator in ("StringEquals", "StringLikeIfExists")
        for key in ("team", "aws:", "aws:nosuch", "aws:RequestTag/")
    ),
    *(document(Condition=block) for block in ({}, {"StringIs": {}}, {"StringEquals": {}}, {"x": {}, "y": {}})),
    *(
        when("DateLessThan", value)
        for value in (
            "2030-01-01",
            "2030-01",
            "2030-1-1",
            "2030-01-01t9:00",
            "2030-01-01T09:00:00.123456789z",
            "2030-01-01T09:00+01",
            "2030-01-01T09:00:00+0100",
            "2030T",
            "1893456000",
            "9223372036854775807",
        )
    ),
    {"Version": "2012-10-17", "Id": "mine", "Statement": document()["Statement"]},
    document(Sid=""),
]

REFUSED: list[tuple[str, dict[str, Any]]] = [
    *(
        ("invalid-action", document(Action=action))
        for action in ("ListBucket", "", "s3", "s3:List:Bucket", "s3_x:Get", "a b:Get", "s3:Get,s3:Put", "\u00e9:Get")
    ),
    ("invalid-service-in-action", document(Action="s?:ListBucket")),
    ("invalid-service-in-action", document(Action=["s3:ListBucket", "ec2*:Run*"])),
    *(
        ("invalid-arn-prefix", document(Resource=text))
        for text in ("acme-photos", "", "?", "**", "acme*", "*acme", "aws:s3:::acme")
    ),
    *(
        ("missing-arn-field", document(Resource=text))
        for text in ("arn:aws", "arn:*", "arn:aws::x", "arn:aws:s3::x/*", "arn:aws:sqs::q*", "arn:aws:sqs:us-east-1:q")
    ),
    *(("invalid-partition", document(Resource=text)) for text in ("arn:amazon:s3:::x", "arn:s3:::x:y:z")),
    ("arn-region-not-allowed", document(Resource="arn:aws:s3:eu-west-1::acme-photos")),
    ("arn-region-not-allowed", document(Action="iam:GetRole", Resource="arn:aws:iam:us-east-1:111122223333:role/x")),
    ("invalid-arn-resource", document(Action="iam:GetRole", Resource="arn:aws:iam::111122223333:roles/x")),
    ("invalid-arn-resource", document(Action="iam:GetRole", Resource="arn:aws:iam::111122223333:r*")),
    ("invalid-condition-operator", when("StringIs", "x")),
    ("invalid-condition-operator", when("ForAnyValue::StringEquals", "x")),
    *(
        ("type-mismatch-date", when("DateLessThan", value))
        for value in (
            "soon",
            "2030-13-01",
            "2030-02-30",
            "2030-01-01T24:00",
            "2030-01-01T09:00:00+1",
            "2030-01-01T09:00:00.1234567890Z",
            "9223372036854775808",
            "01/02/2030",
            "2030-W01-1",
        )
    ),
    ("unsupported-sid", document(Sid="a_b")),
    ("unsupported-principal", document(Principal="*")),
]


@pytest.mark.parametrize("kind", ["identity", "boundary", "scp"])
def test_what_is_stored_is_no_error(kind: str) -> None:
    wrong = [(json.dumps(item), told) for item in STORED if (told := errors(item, kind))]
    assert wrong == []


@pytest.mark.parametrize(
    ("rule", "item"), REFUSED, ids=[f"{rule}-{number}" for number, (rule, _) in enumerate(REFUSED)]
)
def test_what_is_refused_is_one_error(rule: str, item: dict[str, Any]) -> None:
    assert errors(item) == [rule]


def test_a_mistake_in_what_is_stored_is_told_once() -> None:
    """A text that is none of its kind says nothing more: no second finding that no service has such an action, key or ARN."""
    for item in (
        document(Action="s3:Get Object"),
        when("StringEquals", "x", "aws:"),
        document(Resource="arn:aws:S3:::x"),
        when("StringEquals", "x", "aws:RequestTag/"),
    ):
        assert len(found(item)) == 1, found(item)


def test_other_services_look_at_their_words() -> None:
    def allow(action: str, arn: str) -> dict[str, Any]:
        return document(Action=action, Resource=arn, Principal={"AWS": ROLE})

    lattice = "arn:aws:vpc-lattice:us-west-2:111122223333:"
    assert errors(allow("vpc-lattice-svcs:Invok", f"{lattice}service/svc-0123456789abcdef0/*"), "auth-policy") == [
        "invalid-action"
    ]
    assert errors(allow("vpc-lattice-svcs:Invoke", f"{lattice}services/x"), "auth-policy") == ["invalid-arn-resource"]
    assert errors(allow("s3: Get", f"{BUCKET}/*"), "bucket") == ["invalid-action"]
    assert errors(allow("sqs:SendMessage", "arn:aws:sqs:us-east-1:1111:q"), "resource") == ["invalid-arn-account"]
    assert errors(document(Action="s3:GetObject", Resource=None, Principal={"AWS": ROLE}), "trust") == [
        "unsupported-action-in-policy"
    ]


def test_odd_dates_are_read_as_what_they_spell() -> None:
    from policyc.engines.iam.dates import parse_instant

    plain = parse_instant("2030-01-01T08:00:00Z")
    for odd in ("2030-1-1t8:0:0z", "2030-01-01T09:00+01", "2030-01-01T09+0100", "2030-01-01T03:00:00-05:00"):
        assert parse_instant(odd) == plain, odd
    assert parse_instant("0001-01-01") == parse_instant("01T") == -62135596800


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("20300101", "2030-01-01"),
        ("2030", "2030-01-01"),
        ("1893456000000", "1893456000"),
        ("2030-1-1", "2030-01-01T00:00:00Z"),
        ("2030-01-01t9:00:00.5+01", "2030-01-01T08:00:00.5Z"),
    ],
)
def test_a_date_that_is_hardly_meant_so(value: str, meant: str) -> None:
    (item,) = found(when("DateLessThan", value))
    assert item.rule == "invalid-date-value" and item.help == f"write `{meant}`"
    assert found(when("DateLessThan", meant)) == []


@pytest.mark.parametrize(
    ("item", "rules"),
    [
        ({"Version": "2012-10-17", "Statements": document()["Statement"]}, ["invalid-policy-element"]),
        ({"version": "2012-10-17", "statement": document()["Statement"]}, ["invalid-policy-element"] * 2),
        (document(Action=None, Actions="s3:ListBucket"), ["invalid-policy-element"]),
        (document(Effect=None, effect="Allow"), ["invalid-policy-element"]),
        (document(Resource=None, Resources=[BUCKET]), ["invalid-policy-element"]),
        (document(Comment="x"), ["invalid-policy-element"]),
    ],
)
def test_a_misspelt_element_is_one_mistake(item: dict[str, Any], rules: list[str]) -> None:
    assert [one.rule for one in found(item)] == rules


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("$(aws:username)", "${aws:username}"),
        ("{aws:PrincipalTag/team}", "${aws:PrincipalTag/team}"),
        ("$aws:username", "${aws:username}"),
    ],
)
def test_slips_in_variables(slip: str, meant: str) -> None:
    (told,) = found(document(Action="s3:GetObject", Resource=f"{BUCKET}/{slip}/*"))
    assert told.rule == "unknown-variable" and told.help == f"write `{BUCKET}/{meant}/*`"
    assert found(document(Action="s3:GetObject", Resource=f"{BUCKET}/{meant}/*")) == []


def test_a_key_of_several_values_is_no_variable() -> None:
    (told,) = found(document(Action="s3:GetObject", Resource=BUCKET + "/${aws:PrincipalOrgPaths}/*"))
    assert told.rule == "unknown-variable"


@pytest.mark.parametrize("text", ["a{b}", "{id}/x", "$x", "$(date)", "{proxy+}", "${aws:username}", "{x:y}"])
def test_braces_and_dollars_of_keys_are_left_alone(text: str) -> None:
    assert found(document(Action="s3:GetObject", Resource=f"{BUCKET}/{text}")) == []


def test_a_policy_is_about_one_bucket_point_or_function() -> None:
    def allow(kind: str, action: str, *arns: str) -> list[str]:
        return errors(document(Action=action, Resource=list(arns), Principal={"AWS": ROLE}), kind)

    point = "arn:aws:s3:us-west-2:111122223333:accesspoint/"
    function = "arn:aws:lambda:us-west-2:111122223333:function:"
    assert allow("bucket", "s3:*", BUCKET, f"{BUCKET}/*", "arn:aws:s3:::*") == []
    assert allow("bucket", "s3:*", BUCKET, "arn:aws:s3:::acme-videos/*") == ["resource-of-another-owner"]
    assert allow("bucket", "s3:*", "*") == ["resource-of-another-owner"]  # S3: "Policy has invalid resource"
    # S3: "Action does not apply to any resource(s) in statement"; IAM stores the same words in an identity policy
    for action, resource in (("s3:GetObject", BUCKET), ("s3:GetBucket*", f"{BUCKET}/*"), ("s3:Abort*", BUCKET)):
        assert allow("bucket", action, resource) == ["action-not-for-resource"]
        assert errors(document(Action=action, Resource=resource)) == []
    assert allow("bucket", "s3:Get*", BUCKET) == []
    assert allow("access-point", "s3:GetObject", f"{point}a/object/*", f"{point}b/object/*") == [
        "resource-of-another-owner"
    ]
    assert allow("function", "lambda:InvokeFunction", f"{function}a", f"{function}a:live") == []
    assert allow("function", "lambda:InvokeFunction", f"{function}a", f"{function}b") == ["resource-of-another-owner"]


@pytest.mark.parametrize(
    ("kind", "size", "severity"),
    [
        ("identity", 6144, None),
        ("identity", 6145, Severity.WARNING),
        ("identity", 10240, Severity.WARNING),
        ("identity", 10241, Severity.ERROR),
        ("boundary", 6144, None),
        ("boundary", 6145, Severity.ERROR),
        ("scp", 5120, None),
        ("scp", 5121, Severity.ERROR),
        ("session", 2048, None),
        ("session", 2049, Severity.ERROR),
        ("key", 32768, None),
        ("key", 32769, Severity.ERROR),
        ("endpoint", 20480, None),
        ("endpoint", 20481, Severity.ERROR),
    ],
)
def test_sizes(kind: str, size: int, severity: Severity | None) -> None:
    """Inline policies of a role may have 10,240 characters together, a managed one 6,144; a session's and an organization's count as sent, and so do those of keys and endpoints."""
    plain = json.dumps(document(Action="s3:GetObject", Resource=f"{BUCKET}/"), separators=(",", ":"))
    text = plain.replace("photos/", "photos/" + "a" * (size - len(plain)))
    told = Diagnostics()
    check_texts([(Source("p.json", text), ".json")], told, NativeSettings(), {"p.json": kind})
    assert [item.severity for item in told if item.rule == "policy-size-exceeds-quota"] == (
        [severity] if severity else []
    )


def test_principals_of_another_partition_and_canonical_users() -> None:
    def allow(principal: Any, action: str, arn: str, kind: str) -> list[str]:
        return [item.rule for item in found(document(Principal=principal, Action=action, Resource=arn), kind)]

    queue, canonical = "arn:aws:sqs:eu-west-1:111122223333:q", {"CanonicalUser": "79a5" * 16}
    assert allow({"AWS": [ROLE, ROLE.replace("aws", "aws-cn")]}, "sqs:SendMessage", queue, "resource") == [
        "principal-of-another-partition"
    ]
    assert allow({"AWS": ROLE.replace("aws", "aws-us-gov")}, "s3:GetObject", "arn:aws-us-gov:s3:::b/*", "bucket") == []
    assert allow(canonical, "sqs:SendMessage", queue, "resource") == ["canonical-user-outside-s3"]
    assert allow(canonical, "s3:GetObject", f"{BUCKET}/*", "bucket") == []
    assert allow({"CanonicalUser": "79a5"}, "s3:GetObject", f"{BUCKET}/*", "bucket") == ["invalid-principal-format"]


@pytest.mark.parametrize(
    ("action", "rules"),
    [
        ("ecr:BatchGetImage", []),
        (["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"], []),
        ("sts:AssumeRole", []),
        ("s3:GetObject", ["missing-resource"]),  # of a bucket
        (["sts:AssumeRole", "ecr:BatchGetImage"], ["unsupported-action-in-policy"]),
    ],
)
def test_a_policy_without_resources_is_of_a_role_or_stands_in_its_resource(action: Any, rules: list[str]) -> None:
    assert [item.rule for item in found(document(Action=action, Resource=None, Principal={"AWS": ROLE}), "")] == rules
