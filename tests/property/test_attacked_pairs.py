"""Pairs of documents that somebody would choose who wants to hear a false "same", answered by hand from the IAM evaluation reference (sections 4 to 9)."""

from __future__ import annotations

from typing import Any

import pytest

from policyc.analysis.compare import compare
from tests.bench.diff import version

Body = dict[str, Any]
ORG, TAG, TAGS, MANY = "aws:PrincipalOrgID", "aws:PrincipalTag/X", "aws:TagKeys", "aws:PrincipalOrgPaths"
NOW, ARN, IP, COUNT, MFA = (
    "aws:CurrentTime",
    "aws:PrincipalArn",
    "aws:SourceIp",
    "s3:max-keys",
    "aws:MultiFactorAuthPresent",
)
TLS, USER, OWN = "aws:SecureTransport", "aws:username", "arn:aws:s3:::b/${aws:username}/*"
ACME = "o-a1b2c3d4e5"
NEVER = {"StringEquals": {TAG: "a"}, "Null": {TAG: "true"}}
#: conditions of one statement on either side; an empty one always holds
SAME: list[tuple[Body, Body]] = [
    ({"StringNotEquals": {ORG: ACME}}, {"StringNotEqualsIfExists": {ORG: ACME}}),
    ({"NumericEquals": {COUNT: "10"}}, {"NumericEquals": {COUNT: "1.0e1"}}),
    ({"NumericLessThan": {COUNT: "10"}}, {"NumericLessThanEquals": {COUNT: 9}}),
    ({"DateLessThan": {NOW: "1704067200"}}, {"DateLessThan": {NOW: "2024-01-01T01:00:00+01:00"}}),
    ({"DateLessThan": {NOW: "2024-01-01"}}, {"NumericLessThan": {"aws:EpochTime": "1704067200"}}),
    ({"DateGreaterThan": {NOW: "2024-01-01"}}, {"DateGreaterThanIfExists": {NOW: "2024-01-01T00:00:00Z"}}),
    ({"Bool": {TLS: "false"}}, {"BoolIfExists": {TLS: False}}),
    ({"StringEquals": {"AWS:principalORGID": ACME}}, {"StringEquals": {ORG: ACME}}),
    ({"StringEquals": {"aws:PrincipalTag/Team": "a"}}, {"StringEquals": {"aws:PrincipalTag/team": "a"}}),
    ({"IpAddress": {IP: ["10.0.0.0/9", "10.128.0.0/9"]}}, {"IpAddress": {IP: "10.1.2.3/8"}}),
    ({"IpAddress": {IP: "2001:db8::/32"}}, {"IpAddress": {IP: "2001:0DB8:0::/32"}}),
    ({"StringLike": {TAG: "a${*}b"}}, {"StringEquals": {TAG: "a${*}b"}}),
    ({"StringLike": {TAG: "*"}}, {"Null": {TAG: "false"}}),
    ({"StringNotLike": {TAG: "*"}}, {"Null": {TAG: "true"}}),
    ({"StringLike": {TAG: "*?*?"}}, {"StringLike": {TAG: "??*"}}),
    ({"StringEquals": {USER: "a"}}, {"ArnLike": {ARN: ["arn:aws:iam::*:user/a", "arn:aws:iam::*:user/*/a"]}}),
    ({"StringEquals": {"aws:PrincipalAccount": "111122223333"}}, {"ArnLike": {ARN: "arn:aws:*::111122223333:*"}}),
    ({"StringEquals": {TAG: "${aws:PrincipalTag/x}"}}, {"StringEquals": {TAG: "${aws:principaltag/X}"}}),
    ({"ForAnyValue:StringEquals": {TAGS: []}}, NEVER),
    ({"StringEquals": {"aws:SourceVpc": "vpc-1"}, "IpAddress": {IP: "10.0.0.0/8"}}, NEVER),
]
DIFFERENT: list[tuple[Body, Body]] = [
    ({"ForAllValues:StringEquals": {TAGS: "a"}}, {"ForAllValues:StringEquals": {TAGS: "a"}, "Null": {TAGS: "false"}}),
    # several values fail every test of one
    ({"StringEquals": {MANY: "o-a1b2c3d4e5/r-ab12/"}}, {"ForAnyValue:StringEquals": {MANY: "o-a1b2c3d4e5/r-ab12/"}}),
    ({"StringNotEquals": {TAGS: "a"}}, {"ForAllValues:StringNotEquals": {TAGS: "a"}}),
    ({"StringLike": {TAGS: "*"}}, {"Null": {TAGS: "false"}}),
    ({"ForAnyValue:StringNotEquals": {TAGS: "a"}}, {"ForAllValues:StringNotEquals": {TAGS: "a"}}),
    ({"ForAnyValue:StringEqualsIfExists": {TAGS: "a"}}, {"ForAnyValue:StringEquals": {TAGS: "a"}}),
    ({"ForAllValues:StringLike": {TAGS: "a*"}, "Null": {TAGS: "false"}}, {"ForAnyValue:StringLike": {TAGS: "a*"}}),
    # a path may hold colons, which no wildcard of an ARN operator crosses
    ({"ArnLike": {ARN: "arn:aws:iam::*:role/x"}}, {"StringLike": {ARN: "arn:aws:iam::*:role/x"}}),
    ({"StringEquals": {USER: "a"}}, {"ArnLike": {ARN: "arn:aws:iam::*:user/a"}}),
    ({"StringEquals": {"aws:PrincipalAccount": "111122223333"}}, {"ArnLike": {ARN: "arn:aws:iam::111122223333:*"}}),
    ({"ArnLike": {"x:y": "*"}}, {"Null": {"x:y": "false"}}),
    ({"NumericLessThan": {"x:y": "10"}}, {"NumericLessThanEquals": {"x:y": "9"}}),
    ({"DateLessThan": {NOW: "1704067200"}}, {"DateLessThanEquals": {NOW: "2024-01-01T00:00:00Z"}}),
    ({"Bool": {MFA: "false"}}, {"BoolIfExists": {MFA: "false"}}),
    ({"StringEquals": {TAG: "a"}}, {"StringEquals": {TAG: "A"}}),
    ({"StringEquals": {TAG: "\u00e9"}}, {"StringEquals": {TAG: "e\u0301"}}),
    ({"StringEqualsIgnoreCase": {TAG: "stra\u00dfe"}}, {"StringEqualsIgnoreCase": {TAG: "STRASSE"}}),
    ({"IpAddress": {IP: "10.0.0.0/8"}}, {"IpAddress": {IP: "::ffff:10.0.0.0/104"}}),
    ({"IpAddress": {IP: "0.0.0.0/0"}}, {"IpAddress": {IP: ["0.0.0.0/0", "::/0"]}}),
    ({"NotIpAddress": {IP: "128.0.0.0/1"}}, {"IpAddress": {IP: "0.0.0.0/1"}}),
    ({"IpAddressIfExists": {IP: "10.0.0.0/8"}}, {"IpAddress": {IP: "10.0.0.0/8"}}),
    ({"StringEquals": {TAG: "a*b"}}, {"StringLike": {TAG: "a*b"}}),
    ({"StringLike": {TAG: "a*b*c"}}, {"StringLike": {TAG: "a*c"}}),
    ({"StringEquals": {TAG: ""}}, {"Null": {TAG: "true"}}),
    (
        {"StringEquals": {"s3:prefix": "${aws:PrincipalTag/p, 'x'}"}},
        {"StringEquals": {"s3:prefix": "${aws:PrincipalTag/p}"}},
    ),
    ({"Null": {ORG: "true"}}, {"Null": {"aws:PrincipalAccount": "true"}}),
    ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:*"}}, {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}),
]
#: elements of one statement beside the condition; None leaves one out
ELEMENTS: list[tuple[Body, Body, bool]] = [
    ({"Resource": "arn:aws:s3:::b/*"}, {"Resource": ["arn:aws:s3:::b/", "arn:aws:s3:::b/?*"]}, True),
    ({"Resource": "arn:aws:s3:::b/a*"}, {"Resource": "arn:aws:s3:::b/a?"}, False),
    ({"Resource": "arn:aws:s3:::b/${*}"}, {"Resource": "arn:aws:s3:::b/*"}, False),
    ({"Resource": OWN}, {"Resource": "arn:aws:s3:::b/${aws:UserName}/*"}, True),
    ({"Resource": OWN}, {"Resource": "arn:aws:s3:::b/*"}, False),
    ({"Action": "s3:Get*"}, {"Action": "s3:get*"}, True),
    ({"Action": "s3:*"}, {"Action": "*"}, True),
    ({"Action": "s3:GetObject*"}, {"Action": ["s3:GetObject", "s3:GetObject?*"]}, True),
    ({"Principal": {"AWS": "111122223333"}}, {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}, True),
    ({"Principal": "*"}, {"Principal": {"AWS": "*"}}, True),
]


def statement(**rest: Any) -> Body:
    held = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", **rest}
    return {name: value for name, value in held.items() if value not in (None, {})}


def same(old: list[Body], new: list[Body]) -> bool:
    found = [compare([version(one, "bucket")], [version(other, "bucket")]) for one, other in ((old, new), (new, old))]
    assert found[0].same is found[1].same
    return found[0].same


@pytest.mark.parametrize(("old", "new"), SAME)
def test_the_same(old: Body, new: Body) -> None:
    assert same([statement(Condition=old)], [statement(Condition=new)])


@pytest.mark.parametrize(("old", "new"), DIFFERENT)
def test_not_the_same(old: Body, new: Body) -> None:
    assert not same([statement(Condition=old)], [statement(Condition=new)])


@pytest.mark.parametrize(("old", "new", "expected"), ELEMENTS)
def test_elements(old: Body, new: Body, expected: bool) -> None:
    assert same([statement(**old)], [statement(**new)]) is expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            {"Condition": {"StringEqualsIfExists": {ORG: ACME}}},
            [{"Condition": {"StringEquals": {ORG: ACME}}}, {"Condition": {"Null": {ORG: "true"}}}],
            True,
        ),
        ({"Resource": None, "NotResource": "arn:aws:s3:::b/*"}, [{"Resource": "*"}, {"Effect": "Deny"}], False),
        (
            {"Action": None, "NotAction": "s3:DeleteObject"},
            [{"Action": "s3:*"}, {"Effect": "Deny", "Action": "s3:DeleteObject"}],
            False,
        ),
        ({}, [{}, {"Effect": "Deny", "Condition": NEVER}], True),
        (
            {},
            [{}, {"Effect": "Deny", "Principal": None, "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:role/a"}}],
            False,
        ),
        (
            {"Condition": {"ForAllValues:StringEquals": {TAGS: ["a", "b"]}}},
            [{}, {"Effect": "Deny", "Condition": {"ForAnyValue:StringNotEquals": {TAGS: ["a", "b"]}}}],
            False,
        ),
    ],
)
def test_one_statement_and_several(old: Body, new: list[Body], expected: bool) -> None:
    assert same([statement(**old)], [statement(**item) for item in new]) is expected


def test_who_asks_by_a_provider_signs_nothing() -> None:
    """`aws:PrincipalIsAWSService` is there for signed requests (IAM evaluation reference, section 9), and AssumeRoleWithWebIdentity is none
    (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html)."""
    allow = {
        "Effect": "Allow",
        "Principal": {"Federated": "accounts.google.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    deny = {**allow, "Effect": "Deny", "Condition": {"Bool": {"aws:PrincipalIsAWSService": "false"}}}
    assert compare([version([allow], "trust")], [version([allow, deny], "trust")]).same


INVOKE, PATH, METHOD = "vpc-lattice-svcs:Invoke", "vpc-lattice-svcs:RequestPath", "vpc-lattice-svcs:RequestMethod"
ROOT = {"AWS": "arn:aws:iam::111122223333:root"}


def test_a_request_to_a_service_names_it() -> None:
    """Whichever statement does not matter, a request to invoke asks for a service (Lattice reference, section 4)."""
    both = [
        {
            "Effect": "Allow",
            "Principal": ROOT,
            "Action": INVOKE,
            "Resource": ["arn:aws:vpc-lattice:*:*:service/*/a", "arn:*/A*"],
        },
        {
            "Effect": "Allow",
            "Principal": ROOT,
            "NotAction": "vpc-lattice-svcs:*",
            "Resource": "*/a",
            "Condition": {"StringNotEqualsIgnoreCase": {PATH: ["*", "/a"]}},
        },
    ]
    last = {"Effect": "Allow", "Principal": ROOT, "Action": INVOKE, "Resource": ["*", "arn:*/A*"]}
    old, new = (
        [
            *both,
            {
                **last,
                "Condition": {
                    "StringEqualsIgnoreCaseIfExists": {PATH: path},
                    "StringEquals": {"vpc-lattice-svcs:SourceVpcOwnerAccount": "111122223333"},
                },
            },
        ]
        for path in ("/*", ["*", "/A"])
    )
    found = compare([version(old)], [version(new)])
    assert found.settled and found.differences


def test_examples_are_what_readers_expect() -> None:
    """An action of the resource's service where any is allowed, and a method that there is."""
    where = [{"Effect": "Allow", "Action": ["*", INVOKE], "Resource": f"arn:aws:s3:::{name}/*"} for name in "ab"]
    (found,) = compare([version(where[:1], "identity")], [version(where, "identity")]).differences
    assert (found.witness.action, found.witness.resource) == ("s3:GetObject", "arn:aws:s3:::b/example")
    like = {"Effect": "Allow", "Principal": "*", "Action": INVOKE, "Resource": "*"}
    reads = {**like, "Condition": {"StringLike": {METHOD: ["G*", "H*"]}}}
    (found,) = compare([version([reads])], [version([like])]).differences
    assert found.witness.context[METHOD] == ("POST",)


#: conditions of Cedar over attributes that nobody documents; whether a permit under them is the same, and a forbid (a test that cannot be evaluated
#: fails: https://docs.cedarpolicy.com/policies/syntax-operators.html, and https://docs.cedarpolicy.com/policies/syntax-datatypes.html#datatype-ipaddr)
CEDAR: list[tuple[str, str, bool, bool]] = [
    ("context.x.a == 1 && context.y.b", "context.y.b && context.x.a == 1", True, False),
    ("context has x && context.x has a && context.x.a == 1", "context.x.a == 1", True, False),
    ("context.x.n > 5", "context.x.n >= 6", True, True),
    ('["a", "b"].contains(context.x.v)', 'context.x.v == "a" || context.x.v == "b"', True, True),
    ('context.x.s.containsAll(["a", "b"])', 'context.x.s.contains("a") && context.x.s.contains("b")', True, True),
    ('context.a.b == "x" || true', 'true || context.a.b == "x"', False, False),
    ('context.a.b == "x" && false', "false", True, False),
    ('context.a.b like "\\*"', 'context.a.b like "*"', False, False),
    ('context.a.b like "a*a"', 'context.a.b like "a*" && context.a.b like "*a"', False, False),
    ("context.a has b.c", "context.a has b && context.a.b has c", True, True),
    ('ip(context.a.b) == ip("10.0.0.1")', 'ip(context.a.b) == ip("10.0.0.1/32")', True, True),
    # what `ip` reads may be a block, which the two halves do not hold, and one of one address is another text
    ('ip(context.a.b) == ip("10.0.0.1")', 'context.a.b == "10.0.0.1"', False, False),
    (
        'ip(context.a.b).isInRange(ip("10.0.0.0/8"))',
        'ip(context.a.b).isInRange(ip("10.0.0.0/9")) || ip(context.a.b).isInRange(ip("10.128.0.0/9"))',
        False,
        False,
    ),
    ('ip(context.a.b).isInRange(ip("10.0.0.0/8"))', 'ip(context.a.b).isInRange(ip("10.0.0.0/7"))', False, False),
    ('ip(context.a.b) == ip("10.0.0.5/8")', 'ip(context.a.b) == ip("10.0.0.0/8")', False, False),
]


@pytest.mark.parametrize(("old", "new", "permit", "forbid"), CEDAR)
def test_cedar_texts(old: str, new: str, permit: bool, forbid: bool) -> None:
    from policyc.analysis.cedar import Gate, compare_cedar
    from policyc.engines.cedar.decide import parse_policies

    for form, expected in (("permit{0};", permit), ("permit(principal, action, resource);forbid{0};", forbid)):
        texts = [form.format(f"(principal, action, resource) when {{ {text} }}") for text in (old, new)]
        found = compare_cedar(*([Gate("g", parse_policies(text))] for text in texts))
        assert not found.open
        assert (not found.differences) is expected, form
