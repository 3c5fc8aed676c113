"""The documents of the chain, hop by hop: Object Lambda reference, sections 3 to 8 and 12."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from policyc.targets.object_lambda import TARGET

Lab = Any
Make = Callable[[str], Lab]

OLAP_ARN = "arn:aws:s3-object-lambda:us-east-1:111122223333:accesspoint/photos-resized"
AP_ARN = "arn:aws:s3:us-east-1:111122223333:accesspoint/photos-ap"
FUNCTION_ARN = "arn:aws:lambda:us-east-1:111122223333:function:resize-image:7"
DISTRIBUTION = "arn:aws:cloudfront::111122223333:distribution/E2ABCDEF123456"
CALLED_VIA = {"ForAnyValue:StringEquals": {"aws:CalledVia": "s3-object-lambda.amazonaws.com"}}

OLAP, AP, BUCKET = "resized.access_point_policy", "photo_ap.supporting_access_point_policy", "photos.bucket_policy"
FUNCTION, ROLE = "resize.function_policy", "resize.execution_role_policy"


def policy(body: str, name: str = "p", on: str = "resized") -> str:
    return f"\npolicy {name} for object_lambda on {on} {{ {body} }}\n"


# --- the CloudFront chain (section 7) ---------------------------------------------------------------------------


def test_cloudfront_chain_has_all_five_documents(lab: Make, plain: str, cdn_policy: str) -> None:
    made = lab(plain + cdn_policy)
    assert [item.path for item in made.documents] == [
        f"object_lambda/{name}.json" for name in (AP, BUCKET, ROLE, FUNCTION, OLAP)
    ]
    assert made.statements(OLAP) == [
        {
            "Sid": "CdnReads",
            "Effect": "Allow",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": "s3-object-lambda:GetObject",
            "Resource": OLAP_ARN,
            "Condition": {"StringEquals": {"aws:SourceArn": DISTRIBUTION}},
        }
    ]
    assert made.statements(AP) == [
        {
            "Sid": "CdnReads",
            "Effect": "Allow",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": "s3:GetObject",
            "Resource": f"{AP_ARN}/object/*",
            "Condition": CALLED_VIA,
        }
    ]
    assert made.statements(BUCKET) == [
        {
            "Sid": "DelegateToAccessPoints",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": "s3:*",
            "Resource": ["arn:aws:s3:::acme-photos", "arn:aws:s3:::acme-photos/*"],
            "Condition": {
                "ArnLike": {"s3:DataAccessPointArn": AP_ARN},
                "StringEquals": {"s3:DataAccessPointAccount": "111122223333"},
            },
        }
    ]
    assert made.statements(FUNCTION) == [
        {
            "Sid": "CdnReads",
            "Effect": "Allow",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": "lambda:InvokeFunction",
            "Resource": FUNCTION_ARN,
        }
    ]
    assert made.statements(ROLE) == [
        {
            "Sid": "AnswerTransformedGets",
            "Effect": "Allow",
            "Action": "s3-object-lambda:WriteGetObjectResponse",
            "Resource": OLAP_ARN,
        }
    ]
    assert all(made.document(name)["Version"] == "2012-10-17" for name in (OLAP, AP, BUCKET, FUNCTION, ROLE))


def test_two_distributions_share_the_statement_behind_the_first_hop(lab: Make, plain: str) -> None:
    made = lab(
        plain
        + policy(
            'allow "one" { who cdn can GetObject } '
            'allow "two" { who cloudfront(other, "E9ABCDEF123456") can GetObject, GetObjectTagging }'
        )
    )
    assert len(made.statements(OLAP)) == 2
    (only,) = made.statements(AP)
    assert only["Action"] == ["s3:GetObject", "s3:GetObjectTagging"]
    labels = [entry.label for item in made.documents if item.path.endswith(f"{AP}.json") for entry in item.map]
    assert labels == ["one", "two"]
    assert len(made.statements(FUNCTION)) == 1


@pytest.mark.parametrize(
    ("switch", "condition"),
    [
        ("open", None),
        ("account", {"StringEquals": {"aws:SourceAccount": "111122223333"}}),
        (
            "distribution",
            {"ArnLike": {"aws:SourceArn": DISTRIBUTION}, "StringEquals": {"aws:SourceAccount": "111122223333"}},
        ),
    ],
)
def test_function_source_is_a_switch(
    lab: Make, plain: str, cdn_policy: str, switch: str, condition: dict[str, Any] | None
) -> None:
    made = lab(plain.replace("function: resize }", f"function: resize, function_source: {switch} }}") + cdn_policy)
    assert made.statements(FUNCTION)[0].get("Condition") == condition
    assert "aws:Source" not in str(made.statements(AP)) + str(made.statements(BUCKET))


# --- the operation table (section 5) ----------------------------------------------------------------------------

ON_OBJECTS = [
    "GetObject",
    "GetObjectAcl",
    "GetObjectLegalHold",
    "GetObjectRetention",
    "GetObjectTagging",
    "GetObjectVersion",
    "GetObjectVersionAcl",
    "GetObjectVersionTagging",
    "ListMultipartUploadParts",
    "AbortMultipartUpload",
    "DeleteObject",
    "DeleteObjectVersion",
    "PutObject",
    "PutObjectLegalHold",
    "PutObjectRetention",
    "RestoreObject",
    "DeleteObjectTagging",
    "DeleteObjectVersionTagging",
    "PutObjectTagging",
    "PutObjectVersionTagging",
    "PutObjectAcl",
    "PutObjectVersionAcl",
]
ON_ACCESS_POINT = ["ListBucket", "ListBucketVersions", "ListBucketMultipartUploads"]


@pytest.mark.parametrize("permission", ON_OBJECTS + ON_ACCESS_POINT)
def test_each_permission_and_its_twin(lab: Make, everything: str, permission: str) -> None:
    made = lab(everything + policy(f'allow "x" {{ who alice can {permission} }}'))
    (first,) = made.statements(OLAP)
    assert first["Action"] == f"s3-object-lambda:{permission}"
    assert first["Resource"] == OLAP_ARN
    assert first["Principal"] == {"AWS": "arn:aws:iam::111122223333:user/alice"}
    assert "Condition" not in first
    (third,) = made.statements(AP)
    assert third["Action"] == f"s3:{permission}"
    assert third["Resource"] == (AP_ARN if permission in ON_ACCESS_POINT else f"{AP_ARN}/object/*")
    assert third["Condition"] == CALLED_VIA
    runs_function = permission in ("GetObject", "GetObjectVersion", "ListBucket")
    assert any(item.path.endswith(f"{FUNCTION}.json") for item in made.documents) is runs_function


def test_the_table_covers_every_action() -> None:
    verbs = TARGET.vocabulary().resource_types["object_lambda.access_point"].verbs.values()
    actions = {verb.action.removeprefix("s3-object-lambda:") for verb in verbs}
    assert actions == {*ON_OBJECTS, *ON_ACCESS_POINT, "WriteGetObjectResponse"}
    assert len(actions) == 26


def test_object_and_list_actions_are_told_apart(lab: Make, everything: str) -> None:
    made = lab(everything + policy('allow "x" { who alice can GetObject, ListBucket }'))
    found = {item["Resource"]: item["Action"] for item in made.statements(AP)}
    assert found == {f"{AP_ARN}/object/*": "s3:GetObject", AP_ARN: "s3:ListBucket"}


def test_no_can_means_every_action(lab: Make, everything: str) -> None:
    made = lab(everything + policy('allow "x" { who alice }'))
    assert made.statements(OLAP)[0]["Action"] == "s3-object-lambda:*"
    found = {item["Resource"]: item["Action"] for item in made.statements(AP)}
    assert found[AP_ARN] == sorted(f"s3:{name}" for name in ON_ACCESS_POINT)
    assert found[f"{AP_ARN}/object/*"] == sorted(f"s3:{name}" for name in ON_OBJECTS)


def test_can_not_lists_the_rest_because_not_action_would_reach_administration(lab: Make, everything: str) -> None:
    made = lab(everything + policy('allow "x" { who alice can not PutObject }'))
    actions = made.statements(OLAP)[0]["Action"]
    assert "NotAction" not in made.statements(OLAP)[0]
    assert len(actions) == 25
    assert "s3-object-lambda:PutObject" not in actions


def test_answering_alone_asks_for_nothing_behind(lab: Make, plain: str) -> None:
    made = lab(plain + policy('allow "x" { who role(shop, "resize-role") can WriteGetObjectResponse }'))
    assert {item.role for item in made.documents} == {"object_lambda_access_point", "bucket", "execution_role"}


# --- the function (section 6) -----------------------------------------------------------------------------------


@pytest.mark.parametrize("qualifier", ["7", "live", ""])
def test_function_policy_names_exactly_the_configured_function(lab: Make, plain: str, qualifier: str) -> None:
    text = plain.replace('qualifier: "7", ', f'qualifier: "{qualifier}", ' if qualifier else "")
    made = lab(text + policy('allow "x" { who alice can GetObject }'))
    expected = "arn:aws:lambda:us-east-1:111122223333:function:resize-image" + (f":{qualifier}" if qualifier else "")
    assert made.statements(FUNCTION)[0]["Resource"] == expected


def test_function_policy_has_the_shape_of_add_permission(lab: Make, plain: str) -> None:
    made = lab(
        plain
        + policy('allow "x" { who alice, reader, account(other), cdn can GetObject when aws.SecureTransport == true }')
    )
    found = made.statements(FUNCTION)
    assert [item["Principal"] for item in found] == [
        {"AWS": "arn:aws:iam::111122223333:user/alice"},
        {"AWS": "arn:aws:iam::111122223333:role/reader"},
        {"AWS": "arn:aws:iam::444455556666:root"},
        {"Service": "cloudfront.amazonaws.com"},
    ]
    assert all("Condition" not in item for item in found)
    assert len({item["Sid"] for item in found}) == 4


def test_function_for_everyone_of_an_organization(lab: Make, plain: str) -> None:
    made = lab(plain + policy('allow "x" { who anyone can GetObject when aws.PrincipalOrgID == org }'))
    (only,) = made.statements(FUNCTION)
    assert only["Principal"] == "*"
    assert only["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
    assert made.statements(AP)[0]["Condition"] == {**CALLED_VIA, "StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}


def test_pattern_of_roles_delegates_to_the_account_at_the_function(flawed: Make, plain: str) -> None:
    made = flawed(plain + policy('allow "x" { who role(shop, "batch/*") can GetObject }'))
    assert made.rules == ["pattern-may-be-public"]
    assert made.statements(OLAP)[0]["Principal"] == "*"
    like = {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/batch/*"}}
    assert made.statements(OLAP)[0]["Condition"] == like
    assert made.statements(AP)[0]["Condition"] == {**like, **CALLED_VIA}
    assert made.statements(FUNCTION)[0]["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}


def test_untransformed_calls_need_no_function(lab: Make, plain: str) -> None:
    made = lab(plain + policy('allow "x" { who alice can ListBucket, PutObject }'))
    assert not [item for item in made.documents if item.role == "function"]


def test_execution_role_only_for_get(lab: Make, plain: str) -> None:
    made = lab(
        plain.replace("function: resize }", "function: resize, actions: [HeadObject, ListObjectsV2] }")
        + policy('allow "x" { who alice can GetObject, ListBucket }')
    )
    assert not [item for item in made.documents if item.role == "execution_role"]
    assert made.statements(FUNCTION)[0]["Resource"] == FUNCTION_ARN


# --- conditions (section 8) -------------------------------------------------------------------------------------


def test_keys_of_the_connection_stay_at_the_first_hop(lab: Make, plain: str) -> None:
    made = lab(
        plain
        + policy(
            'allow "x" { who alice can GetObject when aws.SourceIp in "203.0.113.0/24" and olap.tls_version >= 1.2'
            ' and aws.PrincipalTag["team"] == "web" }'
        )
    )
    assert made.statements(OLAP)[0]["Condition"] == {
        "IpAddress": {"aws:SourceIp": "203.0.113.0/24"},
        "NumericGreaterThanEquals": {"s3-object-lambda:TlsVersion": "1.2"},
        "StringEquals": {"aws:PrincipalTag/team": "web"},
    }
    assert made.statements(AP)[0]["Condition"] == {**CALLED_VIA, "StringEquals": {"aws:PrincipalTag/team": "web"}}
    (document,) = [item for item in made.documents if item.role == "supporting_access_point"]
    assert sum("`aws:SourceIp` is tested at" in item.message for item in document.added) == 1


def test_an_alternative_over_a_lost_key_is_not_asked_for_again(lab: Make, plain: str) -> None:
    made = lab(
        plain
        + policy(
            'allow "x" { who alice can GetObject when aws.SourceIp in "203.0.113.0/24" or aws.PrincipalTag["a"] == "b" }'
        )
    )
    assert len(made.statements(OLAP)) == 2
    assert [item["Condition"] for item in made.statements(AP)] == [CALLED_VIA]


def test_deny_acts_at_the_first_hop_only(lab: Make, plain: str) -> None:
    made = lab(
        plain + policy('allow "x" { who alice can GetObject } deny "y" { who anyone unless aws.PrincipalOrgID == org }')
    )
    assert [item["Effect"] for item in made.statements(OLAP)] == ["Allow", "Deny"]
    for name in (AP, BUCKET, FUNCTION, ROLE):
        assert [item["Effect"] for item in made.statements(name)] == ["Allow"]


def test_a_statement_that_never_applies_asks_for_nothing_behind(flawed: Make, plain: str) -> None:
    made = flawed(
        plain
        + policy(
            'allow "x" { who alice can GetObject } allow "never" { who reader can PutObject'
            ' when aws.SourceIp in "10.0.0.0/8" and aws.SourceIp in "192.168.0.0/16" }'
        )
    )
    assert made.rules == ["statement-never-applies"]
    assert "reader" not in "".join(item.text for item in made.documents)


# --- sharing (one document per resource) ------------------------------------------------------------------------

SECOND = (
    "resource thumbs: object_lambda.access_point"
    ' { name: "photos-thumbs", at: shop/us-east-1, supporting: photo_ap, function: resize }\n'
)


def test_two_access_points_share_what_lies_behind(lab: Make, plain: str, cdn_policy: str) -> None:
    made = lab(plain + SECOND + cdn_policy + policy('allow "thumb" { who alice can GetObject }', "q", "thumbs"))
    paths = [item.path for item in made.documents]
    assert len(paths) == len(set(paths)) == 6
    assert [item["Sid"] for item in made.statements(AP)] == ["CdnReads", "Thumb"]
    assert [item["Sid"] for item in made.statements(FUNCTION)] == ["CdnReads", "Thumb"]
    assert len(made.statements(BUCKET)) == 1
    assert made.statements(ROLE)[0]["Resource"] == [OLAP_ARN, OLAP_ARN.replace("resized", "thumbs")]


def test_two_policies_on_one_access_point_are_one_document(lab: Make, plain: str, cdn_policy: str) -> None:
    made = lab(plain + cdn_policy + policy('allow "cdn-reads" { who alice can GetObject }', "q"))
    assert [item["Sid"] for item in made.statements(OLAP)] == ["CdnReads", "CdnReads2"]
    (document,) = [item for item in made.documents if item.role == "object_lambda_access_point"]
    assert document.owner == "resized"


def test_access_points_of_one_bucket_are_delegated_to_together(lab: Make, plain: str, cdn_policy: str) -> None:
    more = (
        'resource second_ap: s3.access_point { name: "second-ap", at: shop/us-east-1, bucket: photos }\n'
        'resource foreign_ap: s3.access_point { name: "foreign-ap", at: other/us-east-1, bucket: photos }\n'
        'resource b: object_lambda.access_point { name: "olap-b", at: shop/us-east-1, supporting: second_ap, function: resize }\n'
        'resource c: object_lambda.access_point { name: "olap-c", at: shop/us-east-1, supporting: foreign_ap, function: resize }\n'
    )
    body = 'allow "x" { who alice can GetObject }'
    made = lab(plain + more + cdn_policy + policy(body, "pb", "b") + policy(body, "pc", "c"))
    found = {
        item["Condition"]["StringEquals"]["s3:DataAccessPointAccount"]: item["Condition"]["ArnLike"][
            "s3:DataAccessPointArn"
        ]
        for item in made.statements(BUCKET)
    }
    assert found == {
        "111122223333": [AP_ARN, "arn:aws:s3:us-east-1:111122223333:accesspoint/second-ap"],
        "444455556666": "arn:aws:s3:us-east-1:444455556666:accesspoint/foreign-ap",
    }


def test_partitions_follow_the_region(lab: Make, plain: str, cdn_policy: str) -> None:
    made = lab(plain.replace("us-east-1", "cn-north-1") + cdn_policy)
    for item in made.documents:
        assert "arn:aws:" not in item.text, item.path
        assert "arn:aws-cn:" in item.text


def test_same_input_same_bytes(lab: Make, everything: str, cdn_policy: str) -> None:
    first, second = lab(everything + cdn_policy), lab(everything + cdn_policy)
    assert [(item.path, item.text) for item in first.documents] == [(item.path, item.text) for item in second.documents]


def test_every_statement_points_to_its_source(lab: Make, everything: str, cdn_policy: str) -> None:
    made = lab(everything + cdn_policy)
    for item in made.documents:
        assert len(item.map) == len(
            made.document(item.path.removeprefix("object_lambda/").removesuffix(".json"))["Statement"]
        )
        for entry in item.map:
            text = made.text[entry.span.start : entry.span.end]
            assert text.startswith(("allow", "resource")), text


def test_quotas_are_counted_in_bytes(lab: Make, plain: str, cdn_policy: str) -> None:
    limits = {item.role: item.quota.limit if item.quota else None for item in lab(plain + cdn_policy).documents}
    assert limits == {
        "object_lambda_access_point": None,
        "supporting_access_point": 20480,
        "bucket": 20480,
        "function": 20480,
        "execution_role": 6144,
    }


def test_a_document_past_its_quota_is_an_error(flawed: Make, plain: str) -> None:
    users = ", ".join(f'user(shop, "u{number:04d}-{"x" * 40}")' for number in range(300))
    made = flawed(plain + policy(f'allow "x" {{ who {users} can GetObject }}'))
    assert "policy-size-exceeds-quota" in made.rules
