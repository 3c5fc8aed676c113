"""Requests followed hop by hop: Object Lambda reference, sections 2, 2.1, 5, 8 and 10."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.engines.trace import Decision, GateTrace, Outcome, Verdict
from policyc.model.values import Principal

Lab = Any
Make = Callable[[str], Lab]

SHOP, OTHER = "111122223333", "444455556666"
OLAP_ARN = "arn:aws:s3-object-lambda:us-east-1:111122223333:accesspoint/photos-resized"
AP_ARN = "arn:aws:s3:us-east-1:111122223333:accesspoint/photos-ap"
FUNCTION_ARN = "arn:aws:lambda:us-east-1:111122223333:function:resize-image:7"
ALICE, STRANGER = Principal("user", (SHOP, "alice")), Principal("user", (SHOP, "bob"))
FOREIGNER = Principal("role", (OTHER, "partner"))
CDN, OTHER_CDN = (Principal("cloudfront", (SHOP, name)) for name in ("E2ABCDEF123456", "E9ABCDEF123456"))
ANONYMOUS = Principal("anonymous", ())
NOTHING = {"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}

AP, BUCKET = "photo_ap.supporting_access_point_policy", "photos.bucket_policy"
FUNCTION, ROLE = "resize.function_policy", "resize.execution_role_policy"
ALICE_READS = (
    '\npolicy p for object_lambda on resized { allow "alice" { who alice can GetObject, ListBucket, PutObject } }\n'
)


def allow(actions: str | list[str], resources: str | list[str], **condition: Any) -> dict[str, Any]:
    out: dict[str, Any] = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return {**out, "Condition": condition["condition"]} if condition else out


def hop(outcome: Outcome, name: str) -> GateTrace:
    found = [gate for gate in outcome.gates if name in (gate.name, gate.kind) or name in gate.name.split(" ")]
    assert len(found) == 1, [gate.name for gate in outcome.gates]
    return found[0]


def verdicts(outcome: Outcome) -> list[str]:
    return [gate.verdict.value for gate in outcome.gates]


KINDS = ["object_lambda_access_point", "function", "supporting_access_point", "bucket", "execution_role"]

# --- the CloudFront chain ---------------------------------------------------------------------------------------


def test_cloudfront_reads_through_five_hops(lab: Make, plain: str, cdn_policy: str) -> None:
    outcome = lab(plain + cdn_policy).ask("resized", CDN, "GetObject")
    assert outcome.decision is Decision.ALLOW
    assert [gate.kind for gate in outcome.gates] == KINDS
    assert verdicts(outcome) == ["allow"] * 5
    first = hop(outcome, "resized_images")
    assert first is hop(outcome, "resized")
    assert [trace.label for trace in first.decided_by] == ["cdn-reads"]
    assert outcome.deciding == outcome.gates[0].name


def test_another_distribution_is_refused_at_the_first_hop(lab: Make, plain: str, cdn_policy: str) -> None:
    made = lab(plain + cdn_policy)
    for caller in (OTHER_CDN, Principal("cloudfront", (OTHER, "E2ABCDEF123456"))):
        outcome = made.ask("resized", caller, "GetObject")
        assert (outcome.decision, outcome.error) == (Decision.DENY, "403 AccessDenied")
        assert verdicts(outcome) == ["implicit deny"]
        nearest = outcome.gates[0].nearest
        assert nearest is not None
        assert [reason.subject for reason in nearest.misses] == ["aws:SourceArn"]
        assert made.text[nearest.span.start :].startswith('allow "cdn-reads"')


def test_cloudfront_has_no_way_round(lab: Make, plain: str, cdn_policy: str) -> None:
    made = lab(plain + cdn_policy)
    for resource in ("photo_ap", "photos"):
        outcome = made.ask(resource, CDN, "GetObject")
        assert (outcome.decision, outcome.error) == (Decision.DENY, "403 AccessDenied"), resource


def test_cloudfront_lists_nothing(lab: Make, everything: str, cdn_policy: str) -> None:
    assert lab(everything + cdn_policy).ask("resized", CDN, "ListObjectsV2", None).decision is Decision.DENY


@pytest.mark.parametrize(
    ("missing", "refused_at", "error"),
    [
        ("resized.access_point_policy", "object_lambda_access_point", "403 AccessDenied"),
        (FUNCTION, "function", "403 LambdaPermissionError"),
        (AP, "supporting_access_point", "500 LambdaResponseNotReceived"),
        (BUCKET, "bucket", "500 LambdaResponseNotReceived"),
    ],
)
def test_each_missing_document_refuses_at_its_hop(
    lab: Make, plain: str, cdn_policy: str, missing: str, refused_at: str, error: str
) -> None:
    outcome = lab(plain + cdn_policy).without(missing).ask("resized", CDN, "GetObject")
    assert (outcome.decision, outcome.error) == (Decision.DENY, error)
    assert outcome.gates[-1].kind == refused_at
    assert outcome.deciding == outcome.gates[-1].name
    assert bool(outcome.notes) is error.startswith("500")


def test_an_account_in_the_delegation_leaves_cloudfront_out(lab: Make, plain: str, cdn_policy: str) -> None:
    def by_account(data: dict[str, Any]) -> None:
        data["Statement"][0]["Principal"] = {"AWS": f"arn:aws:iam::{SHOP}:root"}

    made = lab(plain + cdn_policy).with_text(BUCKET, by_account)
    assert hop(made.ask("resized", CDN, "GetObject"), "bucket").verdict is Verdict.IMPLICIT_DENY


def test_a_delegation_to_another_account_refuses(lab: Make, plain: str, cdn_policy: str) -> None:
    def elsewhere(data: dict[str, Any]) -> None:
        data["Statement"][0]["Condition"] = {"StringEquals": {"s3:DataAccessPointAccount": OTHER}}

    made = lab(plain + cdn_policy).with_text(BUCKET, elsewhere)
    assert hop(made.ask("resized", CDN, "GetObject"), "bucket").verdict is Verdict.IMPLICIT_DENY


def test_source_arn_behind_the_first_hop_is_not_known(lab: Make, plain: str, cdn_policy: str) -> None:
    def by_distribution(data: dict[str, Any]) -> None:
        arn = f"arn:aws:cloudfront::{SHOP}:distribution/E2ABCDEF123456"
        data["Statement"][0]["Condition"]["StringEquals"] = {"aws:SourceArn": arn}

    outcome = lab(plain + cdn_policy).with_text(AP, by_distribution).ask("resized", CDN, "GetObject")
    assert outcome.decision is Decision.UNDECIDED
    assert outcome.missing == ("aws:SourceArn",)
    assert hop(outcome, "supporting_access_point").verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("switch", ["account", "distribution"])
def test_function_source_is_believed_and_named(lab: Make, plain: str, cdn_policy: str, switch: str) -> None:
    text = plain.replace("function: resize }", f"function: resize, function_source: {switch} }}")
    outcome = lab(text + cdn_policy).ask("resized", CDN, "GetObject")
    assert outcome.decision is Decision.ALLOW
    assert "function_source" in hop(outcome, "function").switches


# --- which hops a call passes (section 5) -----------------------------------------------------------------------

T = ["allow", "allow", "allow", "allow"]
CALLS = {
    "GetObject": ([*T, "allow"], "s3-object-lambda:GetObject"),
    "HeadObject": ([*T, "skipped"], "s3-object-lambda:GetObject"),
    "ListObjects": ([*T, "skipped"], "s3-object-lambda:ListBucket"),
    "ListObjectsV2": ([*T, "skipped"], "s3-object-lambda:ListBucket"),
    "ListBucket": ([*T, "skipped"], "s3-object-lambda:ListBucket"),
    "PutObject": (["allow", "skipped", "allow", "allow"], "s3-object-lambda:PutObject"),
    "CreateMultipartUpload": (["allow", "skipped", "allow", "allow"], "s3-object-lambda:PutObject"),
    "UploadPart": (["allow", "skipped", "allow", "allow"], "s3-object-lambda:PutObject"),
}


@pytest.mark.parametrize("call", CALLS)
def test_hops_of_a_call(lab: Make, everything: str, call: str) -> None:
    wanted, action = CALLS[call]
    outcome = lab(everything + ALICE_READS).ask("resized", ALICE, call)
    assert outcome.decision is Decision.ALLOW
    assert verdicts(outcome) == wanted
    (reason,) = [item for item in outcome.gates[0].decided_by[0].reasons if item.part == "action"]
    assert reason.actual == (action,)


@pytest.mark.parametrize("call", ["HeadObject", "ListObjects", "ListObjectsV2"])
def test_calls_that_are_not_transformed_skip_the_function(lab: Make, plain: str, call: str) -> None:
    made = lab(plain + ALICE_READS).without(FUNCTION)
    outcome = made.ask("resized", ALICE, call)
    assert outcome.decision is Decision.ALLOW
    assert hop(outcome, "function").verdict is Verdict.SKIPPED
    refused = made.without(AP).with_identity(ALICE, NOTHING).ask("resized", ALICE, call)
    assert (refused.decision, refused.error, refused.notes) == (Decision.DENY, "403 AccessDenied", ())


def test_list_needs_the_bare_access_point_and_get_the_objects(lab: Make, everything: str) -> None:
    outcome = lab(everything + ALICE_READS)
    listing = hop(outcome.ask("resized", ALICE, "ListObjectsV2", None), "supporting_access_point")
    reading = hop(outcome.ask("resized", ALICE, "GetObject", "a/b.jpg"), "supporting_access_point")
    seen = [
        next(reason.actual for reason in gate.decided_by[0].reasons if reason.part == "resource")
        for gate in (listing, reading)
    ]
    assert seen == [(AP_ARN,), (f"{AP_ARN}/object/a/b.jpg",)]


def test_one_list_call_transformed_makes_list_bucket_ambiguous(lab: Make, plain: str) -> None:
    made = lab(
        plain.replace("function: resize }", "function: resize, actions: [GetObject, ListObjectsV2] }") + ALICE_READS
    )
    diagnostics = Diagnostics()
    assert made.try_ask(diagnostics, "resized", ALICE, "ListBucket", None) is None
    assert [item.rule for item in diagnostics] == ["ambiguous-operation"]
    assert hop(made.ask("resized", ALICE, "ListObjects", None), "function").verdict is Verdict.SKIPPED
    assert hop(made.ask("resized", ALICE, "ListObjectsV2", None), "function").verdict is Verdict.ALLOW


def test_a_version_asks_for_the_versioned_permission(lab: Make, plain: str) -> None:
    made = lab(plain + ALICE_READS).with_identity(ALICE, NOTHING)
    refused = made.ask("resized", ALICE, "GetObject", olap__version_id="v1")
    assert refused.decision is Decision.DENY
    body = 'allow "v" { who alice can GetObjectVersion when olap.version_id == "v1" }'
    versioned = lab(plain + f"\npolicy p for object_lambda on resized {{ {body} }}\n")
    assert versioned.ask("resized", ALICE, "GetObject", olap__version_id="v1").decision is Decision.ALLOW
    assert versioned.ask("resized", ALICE, "GetObjectVersion").decision is Decision.UNDECIDED
    other = versioned.with_identity(ALICE, NOTHING).ask("resized", ALICE, "GetObjectVersion", olap__version_id="v2")
    assert other.decision is Decision.DENY


# --- callers of the account and of others (section 2.1) ---------------------------------------------------------


def everything_for(statements: str = "GetObject") -> list[dict[str, Any]]:
    """An identity policy after AWS's own example: function and access point only through Object Lambda."""
    via = {"ForAnyValue:StringEquals": {"aws:CalledVia": ["s3-object-lambda.amazonaws.com"]}}
    return [
        allow("lambda:InvokeFunction", FUNCTION_ARN, condition=via),
        allow(f"s3:{statements}", f"{AP_ARN}/object/*", condition=via),
        allow(f"s3-object-lambda:{statements}", OLAP_ARN),
    ]


def test_an_identity_policy_can_carry_everything_inside_the_account(lab: Make, plain: str, cdn_policy: str) -> None:
    made = lab(plain + cdn_policy).with_identity(STRANGER, *everything_for())
    outcome = made.ask("resized", STRANGER, "GetObject")
    assert outcome.decision is Decision.ALLOW
    assert made.ask("photo_ap", STRANGER, "GetObject").decision is Decision.DENY
    assert made.ask("photos", STRANGER, "GetObject").decision is Decision.DENY


@pytest.mark.parametrize(
    ("left_out", "kind", "error"),
    [
        (0, "function", "403 LambdaPermissionError"),
        (1, "supporting_access_point", "500 LambdaResponseNotReceived"),
        (2, "object_lambda_access_point", "403 AccessDenied"),
    ],
)
def test_each_part_of_the_identity_policy_is_needed(
    lab: Make, plain: str, cdn_policy: str, left_out: int, kind: str, error: str
) -> None:
    statements = everything_for()
    del statements[left_out]
    outcome = lab(plain + cdn_policy).with_identity(STRANGER, *statements).ask("resized", STRANGER, "GetObject")
    assert (outcome.decision, outcome.error) == (Decision.DENY, error)
    assert outcome.gates[-1].kind == kind


def test_without_identity_documents_only_resource_policies_are_known(lab: Make, plain: str, cdn_policy: str) -> None:
    made = lab(plain + cdn_policy)
    for resource in ("resized", "photo_ap", "photos"):
        outcome = made.ask(resource, STRANGER, "GetObject")
        assert outcome.decision is Decision.UNDECIDED, resource
        assert outcome.missing == (f"the identity policy of arn:aws:iam::{SHOP}:user/bob",)
    assert lab(plain + ALICE_READS).ask("resized", ALICE, "GetObject").decision is Decision.ALLOW


def test_an_identity_policy_without_s3_reads_nothing(lab: Make, plain: str, cdn_policy: str) -> None:
    made = lab(plain + cdn_policy).with_identity(STRANGER, NOTHING)
    for resource in ("resized", "photo_ap", "photos"):
        outcome = made.ask(resource, STRANGER, "GetObject")
        assert (outcome.decision, outcome.gates[0].verdict) == (Decision.DENY, Verdict.IMPLICIT_DENY), resource


PARTNER = '\npolicy p for object_lambda on resized { allow "partner" { who role(other, "partner") can GetObject } }\n'


def test_across_accounts_both_sides_must_allow_at_every_hop(lab: Make, plain: str) -> None:
    made = lab(plain + PARTNER)
    assert (
        made.with_identity(FOREIGNER, *everything_for()).ask("resized", FOREIGNER, "GetObject").decision
        is Decision.ALLOW
    )
    assert made.ask("resized", FOREIGNER, "GetObject").decision is Decision.UNDECIDED
    for left_out, kind in enumerate(["function", "supporting_access_point", "object_lambda_access_point"]):
        statements = everything_for()
        del statements[left_out]
        outcome = made.with_identity(FOREIGNER, *statements).ask("resized", FOREIGNER, "GetObject")
        assert outcome.decision is Decision.DENY
        assert outcome.gates[-1].kind == kind


@pytest.mark.parametrize(
    ("missing", "kind"),
    [
        ("resized.access_point_policy", "object_lambda_access_point"),
        (FUNCTION, "function"),
        (AP, "supporting_access_point"),
        (BUCKET, "bucket"),
    ],
)
def test_across_accounts_the_resource_side_is_needed(lab: Make, plain: str, missing: str, kind: str) -> None:
    made = lab(plain + PARTNER).without(missing)
    for known in (made, made.with_identity(FOREIGNER, *everything_for())):
        outcome = known.ask("resized", FOREIGNER, "GetObject")
        assert outcome.decision is Decision.DENY
        assert outcome.gates[-1].kind == kind


def test_a_foreigner_with_rights_of_its_own_reads_no_original(lab: Make, plain: str, cdn_policy: str) -> None:
    made = lab(plain + cdn_policy).with_identity(FOREIGNER, allow("s3:*", "*"))
    for resource in ("photo_ap", "photos"):
        assert made.ask(resource, FOREIGNER, "GetObject").decision is Decision.DENY


def test_bucket_of_another_account_needs_its_delegation(lab: Make, plain: str) -> None:
    text = plain.replace('"acme-photos", at: shop/', '"acme-photos", at: other/')
    made = lab(text + ALICE_READS)
    assert made.ask("resized", ALICE, "GetObject").decision is Decision.ALLOW
    refused = made.without(BUCKET).with_identity(ALICE, allow("*", "*")).ask("resized", ALICE, "GetObject")
    assert (refused.decision, refused.gates[-1].kind) == (Decision.DENY, "bucket")


def test_an_account_as_caller_list_delegates_to_its_identity_policies(lab: Make, plain: str) -> None:
    made = lab(plain + '\npolicy p for object_lambda on resized { allow "shop" { who account(shop) can GetObject } }\n')
    assert made.ask("resized", STRANGER, "GetObject").decision is Decision.UNDECIDED
    assert made.with_identity(STRANGER, NOTHING).ask("resized", STRANGER, "GetObject").decision is Decision.DENY
    assert (
        made.with_identity(STRANGER, *everything_for()).ask("resized", STRANGER, "GetObject").decision is Decision.ALLOW
    )


def test_sessions_of_a_role_are_covered(lab: Make, plain: str) -> None:
    made = lab(plain + '\npolicy p for object_lambda on resized { allow "r" { who reader can GetObject } }\n')
    session = Principal("session", (SHOP, "reader", "s1"))
    assert made.ask("resized", session, "GetObject").decision is Decision.ALLOW
    other = Principal("session", (SHOP, "writer", "s1"))
    assert made.with_identity(other, NOTHING).ask("resized", other, "GetObject").decision is Decision.DENY


# --- who is served at all ---------------------------------------------------------------------------------------


def test_unsigned_and_plain_http_requests_are_refused(lab: Make, plain: str) -> None:
    text = '\npolicy p for object_lambda on resized { allow "a" { who anyone can GetObject when aws.PrincipalOrgID == org } }\n'
    made = lab(plain + text)
    unsigned = made.ask("resized", ANONYMOUS, "GetObject")
    assert (unsigned.decision, unsigned.error) == (Decision.DENY, "403 AccessDenied")
    insecure = made.ask("resized", ALICE, "GetObject", aws__PrincipalOrgID="o-a1b2c3d4e5", aws__SecureTransport=False)
    assert (insecure.decision, insecure.error) == (Decision.DENY, "403 AccessDenied")
    assert made.ask("resized", ALICE, "GetObject", aws__PrincipalOrgID="o-a1b2c3d4e5").decision is Decision.ALLOW


@pytest.mark.parametrize("resource", ["photos", "photo_ap"])
def test_unsigned_callers_read_no_original(lab: Make, plain: str, cdn_policy: str, resource: str) -> None:
    assert lab(plain + cdn_policy).ask(resource, ANONYMOUS, "GetObject").decision is Decision.DENY


# --- conditions and what travels (section 8) --------------------------------------------------------------------


def gated(condition: str, effect: str = "") -> str:
    return f'\npolicy p for object_lambda on resized {{ allow "x" {{ who alice can GetObject, ListBucket when {condition} }} {effect} }}\n'


def test_a_key_that_every_request_has_must_be_stated(lab: Make, plain: str) -> None:
    made = lab(plain + gated("olap.tls_version >= 1.2")).with_identity(ALICE, NOTHING)
    unstated = made.ask("resized", ALICE, "GetObject")
    assert (unstated.decision, unstated.missing) == (Decision.UNDECIDED, ("s3-object-lambda:TlsVersion",))
    assert made.ask("resized", ALICE, "GetObject", olap__tls_version="1.3").decision is Decision.ALLOW
    assert made.ask("resized", ALICE, "GetObject", olap__tls_version="1.1").decision is Decision.DENY


def test_an_optional_key_that_is_not_stated_is_absent(lab: Make, plain: str) -> None:
    made = lab(plain + gated("olap.signature_age < 600000")).with_identity(ALICE, NOTHING)
    assert made.ask("resized", ALICE, "GetObject").decision is Decision.DENY
    assert made.ask("resized", ALICE, "GetObject", olap__signature_age=5000).decision is Decision.ALLOW


def test_a_source_address_is_checked_once(lab: Make, plain: str) -> None:
    made = lab(plain + gated('aws.SourceIp in "203.0.113.0/24"')).with_identity(ALICE, NOTHING)
    assert made.ask("resized", ALICE, "GetObject", aws__SourceIp="203.0.113.9").decision is Decision.ALLOW
    refused = made.ask("resized", ALICE, "GetObject", aws__SourceIp="198.51.100.9")
    assert (refused.decision, len(refused.gates)) == (Decision.DENY, 1)


def test_an_explicit_deny_at_the_first_hop(lab: Make, plain: str) -> None:
    deny = 'deny "outside" { who anyone unless aws.PrincipalOrgID == org }'
    made = lab(plain + gated("aws.SecureTransport == true", deny))
    outcome = made.ask("resized", ALICE, "GetObject", aws__PrincipalOrgID="o-zzzzzzzzzz")
    assert outcome.decision is Decision.DENY
    assert outcome.gates[0].verdict is Verdict.EXPLICIT_DENY
    assert [trace.label for trace in outcome.gates[0].decided_by] == ["outside"]
    assert made.ask("resized", ALICE, "GetObject", aws__PrincipalOrgID="o-a1b2c3d4e5").decision is Decision.ALLOW


def changed(condition: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    def edit(data: dict[str, Any]) -> None:
        data["Statement"][0]["Condition"] = condition

    return edit


@pytest.mark.parametrize("document", [AP, FUNCTION])
@pytest.mark.parametrize(
    ("condition", "decision"),
    [
        ({"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f67890"}}, Decision.DENY),
        ({"StringEquals": {"aws:SourceVpc": "vpc-0a1b2c3d4e5f67890"}}, Decision.DENY),
        ({"Bool": {"aws:ViaAWSService": "true"}}, Decision.ALLOW),
        ({"Bool": {"aws:ViaAWSService": "false"}}, Decision.DENY),
        ({"StringEquals": {"aws:CalledViaLast": "s3-object-lambda.amazonaws.com"}}, Decision.ALLOW),
        ({"ForAnyValue:StringEquals": {"aws:CalledVia": "s3.amazonaws.com"}}, Decision.DENY),
        ({"StringEquals": {"aws:PrincipalAccount": SHOP}}, Decision.ALLOW),
        ({"NumericGreaterThanEquals": {"s3-object-lambda:TlsVersion": "1.2"}}, Decision.DENY),
        ({"StringLike": {"aws:UserAgent": "cli*"}}, Decision.UNDECIDED),
    ],
)
def test_what_the_later_hops_see(
    lab: Make, plain: str, document: str, condition: dict[str, Any], decision: Decision
) -> None:
    made = lab(plain + ALICE_READS).with_identity(ALICE, NOTHING).with_text(document, changed(condition))
    outcome = made.ask(
        "resized",
        ALICE,
        "GetObject",
        aws__SourceVpce="vpce-0a1b2c3d4e5f67890",
        aws__SourceVpc="vpc-0a1b2c3d4e5f67890",
        olap__tls_version="1.3",
        aws__UserAgent="cli/2",
    )
    assert outcome.decision is decision


def test_the_source_address_of_a_presigned_url_is_not_known(lab: Make, plain: str) -> None:
    condition = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    made = lab(plain + ALICE_READS).with_identity(ALICE, NOTHING).with_text(AP, changed(condition))
    transformed = made.ask("resized", ALICE, "GetObject", aws__SourceIp="203.0.113.9")
    assert transformed.decision is Decision.UNDECIDED
    assert transformed.missing == ("aws:SourceIp",)
    plain_call = made.ask("resized", ALICE, "HeadObject", aws__SourceIp="203.0.113.9")
    assert plain_call.decision is Decision.ALLOW


def test_called_via_is_absent_at_the_first_hop(lab: Make, plain: str) -> None:
    via = {"ForAnyValue:StringEquals": {"aws:CalledVia": "s3-object-lambda.amazonaws.com"}}
    made = lab(plain + ALICE_READS).with_identity(ALICE, NOTHING)
    outcome = made.with_text("resized.access_point_policy", changed(via)).ask("resized", ALICE, "GetObject")
    assert (outcome.decision, len(outcome.gates)) == (Decision.DENY, 1)


def test_a_prefix_counts_at_the_access_point(lab: Make, everything: str, cdn_policy: str) -> None:
    statements = [
        allow("lambda:InvokeFunction", FUNCTION_ARN),
        allow("s3:ListBucket", AP_ARN, condition={"StringLike": {"s3:prefix": "public/*"}}),
        allow("s3-object-lambda:ListBucket", OLAP_ARN),
    ]
    made = lab(everything + cdn_policy).with_identity(ALICE, *statements)
    assert made.ask("resized", ALICE, "ListObjectsV2", None, s3__prefix="public/cats").decision is Decision.ALLOW
    refused = made.ask("resized", ALICE, "ListObjectsV2", None, s3__prefix="private/")
    assert (refused.decision, refused.gates[-1].kind) == (Decision.DENY, "supporting_access_point")


# --- keys of objects --------------------------------------------------------------------------------------------


def test_an_unstated_key_matters_only_where_a_policy_looks_at_it(lab: Make, plain: str, cdn_policy: str) -> None:
    made = lab(plain + cdn_policy)
    assert made.ask("resized", CDN, "GetObject", None).decision is Decision.ALLOW
    scoped = everything_for()
    scoped[1]["Resource"] = f"{AP_ARN}/object/public/*"
    carried = made.with_identity(STRANGER, *scoped)
    assert carried.ask("resized", STRANGER, "GetObject", "public/a").decision is Decision.ALLOW
    assert carried.ask("resized", STRANGER, "GetObject", "private/a").decision is Decision.DENY
    unstated = carried.ask("resized", STRANGER, "GetObject", None)
    assert (unstated.decision, unstated.missing) == (Decision.UNDECIDED, ("path",))


@pytest.mark.parametrize(
    ("resource", "decision"),
    [
        ("arn:aws:s3:::acme-photos/*", Decision.ALLOW),
        ("arn:aws:s3:::acme-*", Decision.ALLOW),
        ("arn:aws:s3:::other/*", Decision.DENY),
        ("arn:aws:s3:::acme-photos/a*", Decision.UNDECIDED),
        ("arn:aws:s3:::*/a.jpg", Decision.UNDECIDED),
        ("arn:aws:s3:::acme-photos/?*", Decision.UNDECIDED),
        ("arn:aws:s3:::acme-photos", Decision.DENY),
        ("arn:aws:s3:::acme-photos/${aws:username}/*", Decision.UNDECIDED),
    ],
)
def test_patterns_and_an_unstated_key(
    lab: Make, plain: str, cdn_policy: str, resource: str, decision: Decision
) -> None:
    made = lab(plain + cdn_policy).with_identity(STRANGER, allow("s3:GetObject", resource))
    assert made.ask("photos", STRANGER, "GetObject", None).decision is decision


def test_a_deny_on_some_keys_leaves_an_unstated_key_open(lab: Make, plain: str, cdn_policy: str) -> None:
    denied = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-photos/secret/*"}
    made = lab(plain + cdn_policy).with_identity(STRANGER, allow("s3:GetObject", "*"), denied)
    assert made.ask("photos", STRANGER, "GetObject", None).decision is Decision.UNDECIDED
    assert made.ask("photos", STRANGER, "GetObject", "secret/a").decision is Decision.DENY
    assert made.ask("photos", STRANGER, "GetObject", "open/a").decision is Decision.ALLOW


# --- direct requests --------------------------------------------------------------------------------------------


def test_rights_on_the_access_point_alone_go_round_the_function(lab: Make, plain: str, cdn_policy: str) -> None:
    made = lab(plain + cdn_policy).with_identity(STRANGER, allow("s3:GetObject", f"{AP_ARN}/object/*"))
    outcome = made.ask("photo_ap", STRANGER, "GetObject")
    assert (outcome.decision, verdicts(outcome)) == (Decision.ALLOW, ["allow", "allow"])


def test_a_bucket_that_does_not_delegate_leaves_an_identity_policy_open(lab: Make, plain: str, cdn_policy: str) -> None:
    made = lab(plain + cdn_policy).without(BUCKET).with_identity(STRANGER, allow("s3:GetObject", f"{AP_ARN}/object/*"))
    outcome = made.ask("photo_ap", STRANGER, "GetObject")
    assert outcome.decision is Decision.UNDECIDED
    assert hop(outcome, "bucket").switches == ("identity-policy-on-access-point-alone",)
    both = made.with_identity(STRANGER, allow("s3:GetObject", "arn:aws:s3:::acme-photos/*"))
    assert both.ask("photo_ap", STRANGER, "GetObject").decision is Decision.ALLOW


def test_a_deny_on_the_bucket_counts_behind_the_access_point(lab: Make, plain: str, cdn_policy: str) -> None:
    denied = {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::acme-photos/*"}
    made = lab(plain + cdn_policy).with_identity(STRANGER, *everything_for(), denied)
    outcome = made.ask("resized", STRANGER, "GetObject")
    assert hop(outcome, "bucket").verdict is Verdict.EXPLICIT_DENY


def test_an_access_point_of_a_vpc(lab: Make, plain: str, cdn_policy: str) -> None:
    text = plain.replace("bucket: photos }", 'bucket: photos, vpc: "vpc-0a1b2c3d4e5f67890" }')
    made = lab(text + cdn_policy).with_identity(STRANGER, allow("s3:GetObject", f"{AP_ARN}/object/*"))
    assert made.ask("photo_ap", STRANGER, "GetObject").decision is Decision.DENY
    inside = made.ask("photo_ap", STRANGER, "GetObject", aws__SourceVpc="vpc-0a1b2c3d4e5f67890")
    assert inside.decision is Decision.ALLOW
    assert made.ask("resized", CDN, "GetObject").decision is Decision.UNDECIDED


def test_the_function_can_be_asked_directly(lab: Make, plain: str) -> None:
    made = lab(plain + ALICE_READS)
    assert made.ask("resize", ALICE, "InvokeFunction", None).decision is Decision.ALLOW
    assert made.ask("resize", FOREIGNER, "InvokeFunction", None).decision is Decision.DENY
    assert made.ask("resize", CDN, "InvokeFunction", None).decision is Decision.DENY


# --- the answer (hop 5) -----------------------------------------------------------------------------------------


def test_the_execution_role_answers(lab: Make, plain: str, cdn_policy: str) -> None:
    made = lab(plain + cdn_policy).without(ROLE)
    role = Principal("role", (SHOP, "resize-role"))
    unknown = made.ask("resized", CDN, "GetObject")
    assert unknown.decision is Decision.UNDECIDED
    assert unknown.missing == (f"the identity policy of arn:aws:iam::{SHOP}:role/resize-role",)
    refused = made.with_identity(role, NOTHING).ask("resized", CDN, "GetObject")
    assert (refused.decision, refused.error) == (Decision.DENY, "500 LambdaResponseNotReceived")
    granted = made.with_identity(role, allow("s3-object-lambda:WriteGetObjectResponse", "*"))
    assert granted.ask("resized", CDN, "GetObject").decision is Decision.ALLOW


def test_a_function_without_a_declared_role_has_its_document(lab: Make, plain: str, cdn_policy: str) -> None:
    made = lab(plain.replace(', role: role(shop, "resize-role")', "") + cdn_policy)
    assert made.ask("resized", CDN, "GetObject").decision is Decision.ALLOW
    assert made.without(ROLE).ask("resized", CDN, "GetObject").decision is Decision.UNDECIDED


# --- what a request must say ------------------------------------------------------------------------------------


def test_a_request_without_caller_is_undecided_and_without_verb_refused(lab: Make, plain: str, cdn_policy: str) -> None:
    made = lab(plain + cdn_policy)
    outcome = made.ask("resized", None, "GetObject")
    assert (outcome.decision, outcome.missing) == (Decision.UNDECIDED, ("who",))
    diagnostics = Diagnostics()
    assert made.try_ask(diagnostics, "resized", CDN, None) is None
    assert [item.rule for item in diagnostics] == ["request-without-verb"]


def test_a_refusal_behind_an_open_hop_decides(lab: Make, plain: str) -> None:
    made = lab(plain + gated("olap.tls_version >= 1.2")).with_identity(ALICE, NOTHING).without(FUNCTION)
    outcome = made.ask("resized", ALICE, "GetObject")
    assert verdicts(outcome) == ["undecided", "implicit deny"]
    assert (outcome.decision, outcome.error) == (Decision.DENY, "403 LambdaPermissionError")
