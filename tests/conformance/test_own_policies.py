"""Whether a resource's own policy must allow is a property of what is asked (IAM evaluation reference, section 11 and additions)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policyc.data import read_text
from policyc.diagnostics import Diagnostics
from policyc.engines.iam.caller import caller_from_arn
from policyc.engines.iam.switches import Switches
from policyc.engines.trace import Decision, GateTrace, Outcome, Verdict
from policyc.simulation.documents.ask import ask
from policyc.simulation.documents.attached import read_attached
from policyc.simulation.documents.flags import read_question
from policyc.targets.iam_documents.own_policy import Rule, needs_no_permission, own_policy
from policyc.text import Source

HOME, AWAY = "111122223333", "444455556666"
USER, ROLE = f"arn:aws:iam::{HOME}:user/u", f"arn:aws:iam::{HOME}:role/deploy"
KEY = f"arn:aws:kms:eu-west-1:{HOME}:key/0a1b2c3d-1111-2222-3333-444455556666"
POINT = f"arn:aws:s3:us-west-2:{HOME}:accesspoint/photos"
SERVICE = f"arn:aws:vpc-lattice:us-west-2:{HOME}:service/svc-0123456789abcdef0"
OLAP = f"arn:aws:s3-object-lambda:us-west-2:{HOME}:accesspoint/resized"

#: action, resource, document that is the resource's own, its rule
KINDS = [
    ("kms:Decrypt", KEY, "key-policy", Rule.MUST_ALLOW),
    ("KMS:decrypt", KEY.replace("arn:aws:", "arn:aws-cn:"), "key-policy", Rule.MUST_ALLOW),
    (
        "kms:CreateAlias",
        KEY.replace("key/0a1b2c3d-1111-2222-3333-444455556666", "alias/a"),
        "resource-policy",
        Rule.MAY,
    ),
    ("kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:alias/a", "key-policy", Rule.MUST_ALLOW),
    ("kms:GenerateDataKeyPair", "arn:aws:kms:eu-west-1:111122223333:alias/a", "key-policy", Rule.MUST_ALLOW),
    ("sts:AssumeRole", ROLE, "trust-policy", Rule.MUST_ALLOW),
    ("sts:AssumeRoleWithWebIdentity", ROLE, "trust-policy", Rule.MUST_ALLOW),
    ("sts:TagSession", ROLE, "trust-policy", Rule.MUST_ALLOW),
    ("iam:GetRole", ROLE, "resource-policy", Rule.MAY),
    ("vpc-lattice-svcs:Invoke", f"{SERVICE}/stock", "service-policy", Rule.EVERY),
    ("vpc-lattice-svcs:Connect", SERVICE, "service-policy", Rule.EVERY),
    ("vpc-lattice:GetService", SERVICE, "resource-policy", Rule.MAY),
    ("s3:GetObject", f"{POINT}/object/k", "access-point-policy", Rule.MAY),
    ("s3:GetObject", "arn:aws:s3:::b/k", "bucket-policy", Rule.MAY),
    ("lambda:InvokeFunction", f"arn:aws:lambda:us-west-2:{HOME}:function:f:1", "function-policy", Rule.MAY),
    ("s3-object-lambda:GetObject", OLAP, "object-lambda-policy", Rule.MAY),
    ("sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{HOME}:q", "resource-policy", Rule.MAY),
]


@pytest.mark.parametrize(("action", "resource", "document", "rule"), KINDS)
def test_the_kind_of_resource_says_whose_policy_it_is(action: str, resource: str, document: str, rule: Rule) -> None:
    found = own_policy(action, resource)
    assert (found.document, found.rule) == (document, rule)


def test_every_row_has_its_source() -> None:
    table = json.loads(read_text("schemas/iam/own_policies.json"))
    assert all(row["source"].startswith("https://") for row in [*table["rows"], *table["without_permission"]])


def policy(action: str, principal: Any = None, effect: str = "Allow") -> str:
    statement: dict[str, Any] = {"Effect": effect, "Action": action}
    statement |= {"Resource": "*"} if principal is None or not action.startswith("sts:") else {}
    statement |= {} if principal is None else {"Principal": principal}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def answer(action: str, resource: str, who: str = USER, **documents: str) -> Outcome:
    diagnostics = Diagnostics()
    given = []
    for role, text in documents.items():
        found = read_attached(role.replace("_", "-"), Source(f"{role}.json", text), 1, Switches(), diagnostics)
        assert found is not None, [item.message for item in diagnostics]
        given.append(found)
    texts = {"who": who, "action": action, "resource-arn": resource, "resource-account": HOME}
    question, situation, _ = read_question(texts, (), (), (), given, {}, diagnostics)
    outcome = ask(situation, question, diagnostics)
    assert outcome is not None, [item.message for item in diagnostics]
    return outcome


#: what is given -> the decision, and what an undecided one lacks
ANSWERS: dict[str, tuple[str, str, dict[str, str], Decision, str]] = {
    "key without its policy": ("kms:Decrypt", KEY, {"identity": policy("kms:*")}, Decision.UNDECIDED, "key policy"),
    "key without any policy": ("kms:Decrypt", KEY, {}, Decision.UNDECIDED, "key policy"),
    "denied whatever the key says": (
        "kms:Decrypt",
        KEY,
        {"identity": policy("kms:*", effect="Deny")},
        Decision.DENY,
        "",
    ),
    "outside the boundary, which a key policy for the user may pass": (
        "kms:Decrypt",
        KEY,
        {"identity": policy("kms:*"), "boundary": policy("s3:*")},
        Decision.UNDECIDED,
        "key policy",
    ),
    "no SCP allows it": ("kms:Decrypt", KEY, {"identity": policy("kms:*"), "scp": policy("s3:*")}, Decision.DENY, ""),
    "key policy by its own option": (
        "kms:Decrypt",
        KEY,
        {"identity": policy("kms:*"), "key_policy": policy("kms:*", {"AWS": ROLE})},
        Decision.DENY,
        "",
    ),
    "key policy as a resource policy": (
        "kms:Decrypt",
        KEY,
        {"identity": policy("kms:*"), "resource_policy": policy("kms:*", {"AWS": ROLE})},
        Decision.DENY,
        "",
    ),
    "key policy that leaves it to the account": (
        "kms:Decrypt",
        KEY,
        {"identity": policy("kms:*"), "resource_policy": policy("kms:*", {"AWS": HOME})},
        Decision.ALLOW,
        "",
    ),
    "role without its trust policy": (
        "sts:AssumeRole",
        ROLE,
        {"identity": policy("sts:AssumeRole")},
        Decision.UNDECIDED,
        "trust policy of the role",
    ),
    "role that trusts the caller": (
        "sts:AssumeRole",
        ROLE,
        {"trust_policy": policy("sts:AssumeRole", {"AWS": USER})},
        Decision.ALLOW,
        "",
    ),
    "service of Lattice": (
        "vpc-lattice-svcs:Invoke",
        f"{SERVICE}/stock",
        {"identity": policy("vpc-lattice-svcs:*")},
        Decision.UNDECIDED,
        "auth policy of the service",
    ),
    "service of Lattice whose policy does not stand in for the caller's": (
        "vpc-lattice-svcs:Invoke",
        f"{SERVICE}/stock",
        {"resource_policy": policy("vpc-lattice-svcs:*", "*")},
        Decision.UNDECIDED,
        "identity policy of the caller",
    ),
    "service of Lattice without the network's policy": (
        "vpc-lattice-svcs:Invoke",
        f"{SERVICE}/stock",
        {"identity": policy("vpc-lattice-svcs:*"), "resource_policy": policy("vpc-lattice-svcs:*", "*")},
        Decision.UNDECIDED,
        "auth policy of the service network",
    ),
    "access point without its bucket": (
        "s3:GetObject",
        f"{POINT}/object/k",
        {"identity": policy("s3:*"), "access_point_policy": policy("s3:*", "*")},
        Decision.UNDECIDED,
        "bucket policy behind the access point",
    ),
    "bucket, which need not have a policy": (
        "s3:GetObject",
        "arn:aws:s3:::b/k",
        {"identity": policy("s3:*")},
        Decision.ALLOW,
        "",
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_policy_that_has_to_allow_and_was_not_given_leaves_it_open(name: str) -> None:
    action, resource, documents, decision, lacks = ANSWERS[name]
    outcome = answer(action, resource, **documents)
    assert outcome.decision is decision
    assert not lacks or lacks in outcome.missing
    assert outcome.deciding in {gate.name for gate in outcome.gates}


def test_a_policy_of_another_resource_is_refused() -> None:
    diagnostics = Diagnostics()
    given = read_attached("key-policy", Source("k.json", policy("kms:*", "*")), 0, Switches(), diagnostics)
    assert given is not None
    texts = {"who": USER, "action": "s3:GetObject", "resource-arn": "arn:aws:s3:::b/k"}
    question, situation, _ = read_question(texts, (), (), (), [given], {}, diagnostics)
    assert ask(situation, question, diagnostics) is None
    assert [item.rule for item in diagnostics] == ["policy-of-another-resource"]


@pytest.mark.parametrize(
    ("action", "who", "free"),
    [
        ("sts:GetCallerIdentity", USER, True),
        ("sts:getcalleridentity", ROLE, True),
        ("sts:GetSessionToken", USER, True),
        ("sts:GetSessionToken", ROLE, False),
        ("sts:GetFederationToken", USER, False),
    ],
)
def test_some_calls_need_no_permission_and_cannot_be_denied(action: str, who: str, free: bool) -> None:
    assert bool(needs_no_permission(action, caller_from_arn(who))) is free
    outcome = answer(action, "*", who, identity=policy("sts:*", effect="Deny"))
    assert outcome.decision is (Decision.ALLOW if free else Decision.DENY)


@pytest.mark.parametrize(
    ("action", "resource", "said"),
    [
        ("s3:GetObject", "arn:aws:s3:::acme-photos", "`arn:${Partition}:s3:::${BucketName}/${ObjectName}`"),
        ("s3:ListBucket", "arn:aws:s3:::acme-photos/a", "`arn:${Partition}:s3:::${BucketName}`"),
        ("sts:AssumeRole", USER, "role/${RoleNameWithPath}`"),
        ("sqs:SendMessage", f"arn:aws:sns:eu-west-1:{HOME}:t", "sqs:${Region}"),
        ("s3:GetObjekt", "arn:aws:s3:::acme-photos/a", "no action is called `s3:GetObjekt`"),
        ("s3:GetObject", "arn:aws-cn:s3:::acme-photos/a", "no request leaves it for `aws-cn`"),
        ("s3:GetObject", "arn:aws:s3:::acme-photos/a", ""),
        ("s3:GetObject", f"{POINT}/object/a", ""),
        ("kms:ListKeys", "*", ""),
        ("ec2:RunInstances", f"arn:aws:ec2:eu-west-1:{HOME}:instance/i-0a1b2c3d4e5f67890", ""),
    ],
)
def test_a_request_that_aws_never_has_is_told(action: str, resource: str, said: str) -> None:
    notes = [
        note
        for note in answer(action, resource, identity=policy("*")).notes
        if "no request" in note or "no action" in note
    ]
    assert len(notes) == bool(said) and all(said in note for note in notes), notes


RESERVED = f"arn:aws:iam::{HOME}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0a1b2c3d4e5f6a7b"
LINKED = f"arn:aws:iam::{HOME}:role/aws-service-role/sso.amazonaws.com/AWSServiceRoleForSSO"
MANAGED = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ALIAS = f"arn:aws:kms:eu-west-1:{HOME}:alias/"


@pytest.mark.parametrize(
    ("action", "resource", "who", "allowed"),
    [
        ("iam:CreatePolicyVersion", MANAGED, USER, False),
        ("iam:deletepolicy", MANAGED, ROLE, False),
        (
            "iam:SetDefaultPolicyVersion",
            "arn:aws-cn:iam::aws:policy/service-role/X",
            f"arn:aws:iam::{HOME}:root",
            False,
        ),
        ("iam:GetPolicyVersion", MANAGED, USER, True),
        ("iam:ListEntitiesForPolicy", MANAGED, USER, True),
        ("iam:CreatePolicyVersion", f"arn:aws:iam::{HOME}:policy/Mine", USER, True),
        ("iam:PutRolePolicy", RESERVED, USER, False),
        ("iam:UpdateAssumeRolePolicy", RESERVED, USER, False),
        ("iam:UpdateRole", RESERVED, LINKED, True),
        ("iam:GetRole", RESERVED, USER, True),
        ("iam:AttachRolePolicy", LINKED, USER, False),
        ("iam:UpdateRoleDescription", LINKED, USER, True),
        ("iam:AttachRolePolicy", ROLE, USER, True),
        ("kms:DeleteAlias", f"{ALIAS}aws/s3", USER, False),
        ("kms:CreateAlias", f"{ALIAS}aws/mine", USER, False),
        ("kms:DeleteAlias", f"{ALIAS}mine", USER, True),
        ("kms:DeleteAlias", f"{ALIAS}awsome", USER, True),
    ],
)
def test_nobody_can_allow_what_aws_keeps_to_itself(action: str, resource: str, who: str, allowed: bool) -> None:
    outcome = answer(action, resource, who, identity=policy("*"))
    assert outcome.decision is (Decision.ALLOW if allowed else Decision.DENY)
    assert allowed or outcome.deciding == "AWS"
    denied = answer(action, resource, who, identity=policy("*", effect="Deny"))
    assert denied.decision is Decision.DENY and denied.deciding != "AWS"


@pytest.mark.parametrize(
    ("action", "resource", "document", "signed"),
    [
        ("kms:Decrypt", KEY, "key_policy", True),
        ("sts:AssumeRole", f"arn:aws:iam::{HOME}:role/deploy", "trust_policy", True),
        ("s3:GetObject", "arn:aws:s3:::acme-photos/a", "bucket_policy", False),
    ],
)
def test_some_services_take_no_request_without_a_signature(
    action: str, resource: str, document: str, signed: bool
) -> None:
    outcome = answer(action, resource, "anonymous", **{document: policy(action, "*")})
    assert outcome.decision is (Decision.DENY if signed else Decision.ALLOW)
    assert (outcome.deciding == "AWS") is signed


@pytest.mark.parametrize("resource", ["arn:aws:s3:::b/*", "arn:aws:s3:::b?/k", "arn:aws:sqs:*:111122223333:q", "b/k"])
def test_a_request_is_about_one_resource(resource: str) -> None:
    diagnostics = Diagnostics()
    texts = {"who": USER, "action": "s3:GetObject", "resource-arn": resource}
    question, situation, _ = read_question(texts, (), (), (), [], {}, diagnostics)
    assert ask(situation, question, diagnostics) is None
    assert [item.rule for item in diagnostics] == ["not-one-resource"]


@pytest.mark.parametrize(
    ("action", "rules"),
    [("kms:Decrypt", ["not-one-resource"]), ("sts:AssumeRole", ["not-one-resource"]), ("s3:ListAllMyBuckets", [])],
)
def test_no_resource_is_asked_where_the_action_has_none(action: str, rules: list[str]) -> None:
    diagnostics = Diagnostics()
    question, situation, _ = read_question(
        {"who": USER, "action": action, "resource-arn": "*"}, (), (), (), [], {}, diagnostics
    )
    assert (ask(situation, question, diagnostics) is None) is bool(rules)
    assert [item.rule for item in diagnostics] == rules


@pytest.mark.parametrize(
    ("action", "decision"),
    [
        ("sts:GetCallerIdentity", Decision.ALLOW),
        ("s3:ListAllMyBuckets", Decision.ALLOW),
        ("ec2:DescribeInstances", Decision.DENY),
        ("s3:GetObject", None),
        ("nosuch:Thing", None),
    ],
)
def test_an_action_of_no_resource_needs_none_stated(action: str, decision: Decision | None) -> None:
    diagnostics = Diagnostics()
    held = read_attached("identity", Source("identity.json", policy("s3:*")), 1, Switches(), diagnostics)
    assert held is not None
    question, situation, _ = read_question({"who": USER, "action": action}, (), (), (), [held], {}, diagnostics)
    outcome = ask(situation, question, diagnostics)
    assert (None if outcome is None else outcome.decision) is decision
    assert [item.rule for item in diagnostics] == ([] if decision else ["incomplete-question"])
    assert outcome is None or not any("resource" in note for note in outcome.notes)


def test_a_real_star_in_a_key_is_written_as_in_policies() -> None:
    held = policy("s3:*").replace('"*"', '"arn:aws:s3:::b/a${*}b"')
    assert answer("s3:GetObject", "arn:aws:s3:::b/a${*}b", identity=held).decision is Decision.ALLOW
    assert answer("s3:GetObject", "arn:aws:s3:::b/axb", identity=held).decision is Decision.DENY


@pytest.mark.parametrize(
    ("name", "kind", "title"),
    [
        ("identity policy", "identity", "identity policy"),
        ("service control policy 2", "scp", "service control policy 2"),
        ("network", "network", "network"),
        ("access-point", "supporting_access_point", "supporting access point"),
        ("stock_auth on stock", "service", "service stock_auth on stock"),
        ("photos", "bucket", "bucket photos"),
    ],
)
def test_a_gate_is_named_without_saying_a_word_twice(name: str, kind: str, title: str) -> None:
    assert GateTrace(name, kind, Verdict.ALLOW, "").title == title
