"""`who` as `Principal` elements and tests beside them (IAM reference section 4, Lattice reference section 4)."""

from __future__ import annotations

from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Who
from policyc.model.values import Principal
from policyc.targets.iam_documents.conditions import condition_block, place
from policyc.targets.iam_documents.principals import ALL_KINDS, lower_who
from policyc.text import Span

SHOP, OTHER = "111122223333", "444455556666"
WHERE = Span("a.policy", 3, 8)


def principal(kind: str, *args: str) -> Principal:
    return Principal(kind, args)


ROLE = principal("role", SHOP, "order-service")
NIGHT = principal("role", SHOP, "batch/*")
ANN = principal("user", SHOP, "ann")
SESSION = principal("session", SHOP, "batch/night", "s1")
FEDERATED = principal("federated_user", SHOP, "bob")
ACCOUNT = principal("account", OTHER)
EC2 = principal("service", "ec2.amazonaws.com")
CDN = principal("cloudfront", SHOP, "E2ABCDEF123456")
ANYONE, ANONYMOUS, SIGNED = principal("anyone"), principal("anonymous"), principal("authenticated")


def lowered(*principals: Principal, negated: bool = False, partition: str = "aws") -> list[tuple[Any, Any]]:
    """The element and the condition block of every alternative."""
    diagnostics = Diagnostics()
    found = lower_who(Who(principals, negated, WHERE), partition, ALL_KINDS, WHERE, diagnostics)
    assert found is not None, list(diagnostics)
    out = []
    for callers in found:
        placed = place(callers.tests, None, diagnostics)
        assert placed is not None
        element = callers.element if callers.element == "*" else dict(callers.element or ())
        out.append((element, condition_block(placed)))
    return out


IAM = f"arn:aws:iam::{SHOP}"
POSITIVE: list[tuple[tuple[Principal, ...], list[tuple[Any, Any]]]] = [
    ((ROLE,), [({"AWS": (f"{IAM}:role/order-service",)}, {})]),
    ((ANN, ROLE), [({"AWS": (f"{IAM}:role/order-service", f"{IAM}:user/ann")}, {})]),
    # the ARN of a session has no path
    ((SESSION,), [({"AWS": (f"arn:aws:sts::{SHOP}:assumed-role/night/s1",)}, {})]),
    ((FEDERATED,), [({"AWS": (f"arn:aws:sts::{SHOP}:federated-user/bob",)}, {})]),
    ((ACCOUNT,), [({"AWS": (f"arn:aws:iam::{OTHER}:root",)}, {})]),
    ((EC2,), [({"Service": ("ec2.amazonaws.com",)}, {})]),
    ((ROLE, EC2), [({"AWS": (f"{IAM}:role/order-service",), "Service": ("ec2.amazonaws.com",)}, {})]),
    ((principal("canonical_user", "abc"),), [({"CanonicalUser": ("abc",)}, {})]),
    ((ANYONE,), [("*", {})]),
    ((ANYONE, ROLE), [("*", {})]),
    ((ANONYMOUS, SIGNED), [("*", {})]),
    # both spellings of the word occur in AWS's samples, so letter case must not matter
    ((SIGNED,), [("*", {"StringNotEqualsIgnoreCase": {"aws:PrincipalType": "anonymous"}})]),
    ((ANONYMOUS,), [("*", {"StringEqualsIgnoreCase": {"aws:PrincipalType": "anonymous"}})]),
    # a principal takes no partial wildcard
    ((NIGHT,), [("*", {"ArnLike": {"aws:PrincipalArn": f"{IAM}:role/batch/*"}})]),
    (
        (ROLE, NIGHT),
        [
            ({"AWS": (f"{IAM}:role/order-service",)}, {}),
            ("*", {"ArnLike": {"aws:PrincipalArn": f"{IAM}:role/batch/*"}}),
        ],
    ),
    (
        (CDN,),
        [
            (
                {"Service": ("cloudfront.amazonaws.com",)},
                {"StringEquals": {"aws:SourceArn": f"arn:aws:cloudfront::{SHOP}:distribution/E2ABCDEF123456"}},
            )
        ],
    ),
]


@pytest.mark.parametrize(("principals", "expected"), POSITIVE)
def test_named_callers(principals: tuple[Principal, ...], expected: list[tuple[Any, Any]]) -> None:
    assert lowered(*principals) == expected


NEGATED: list[tuple[tuple[Principal, ...], list[tuple[Any, Any]]]] = [
    ((ROLE,), [("*", {"ArnNotEquals": {"aws:PrincipalArn": f"{IAM}:role/order-service"}})]),
    ((NIGHT,), [("*", {"ArnNotLike": {"aws:PrincipalArn": f"{IAM}:role/batch/*"}})]),
    (
        (ROLE, NIGHT, ACCOUNT),
        [
            (
                "*",
                {
                    "ArnNotEquals": {"aws:PrincipalArn": f"{IAM}:role/order-service"},
                    "ArnNotLike": {"aws:PrincipalArn": f"{IAM}:role/batch/*"},
                    "StringNotEquals": {"aws:PrincipalAccount": OTHER},
                },
            )
        ],
    ),
    ((EC2,), [("*", {"StringNotEquals": {"aws:PrincipalServiceName": "ec2.amazonaws.com"}})]),
    ((ANONYMOUS,), [("*", {"StringNotEqualsIgnoreCase": {"aws:PrincipalType": "anonymous"}})]),
    ((SIGNED,), [("*", {"StringEqualsIgnoreCase": {"aws:PrincipalType": "anonymous"}})]),
    # neither that service nor that distribution: two alternatives
    (
        (CDN,),
        [
            ("*", {"StringNotEquals": {"aws:PrincipalServiceName": "cloudfront.amazonaws.com"}}),
            ("*", {"StringNotEquals": {"aws:SourceArn": f"arn:aws:cloudfront::{SHOP}:distribution/E2ABCDEF123456"}}),
        ],
    ),
]


@pytest.mark.parametrize(("principals", "expected"), NEGATED)
def test_everyone_but(principals: tuple[Principal, ...], expected: list[tuple[Any, Any]]) -> None:
    assert lowered(*principals, negated=True) == expected


def test_the_partition_is_that_of_the_resource() -> None:
    assert lowered(ROLE, partition="aws-cn") == [({"AWS": (f"arn:aws-cn:iam::{SHOP}:role/order-service",)}, {})]
    assert lowered(NIGHT, negated=True, partition="aws-us-gov") == [
        ("*", {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws-us-gov:iam::{SHOP}:role/batch/*"}})
    ]


def test_a_dollar_in_a_path_is_no_variable() -> None:
    odd = principal("role", SHOP, "p${x}/a*")
    assert lowered(odd) == [("*", {"ArnLike": {"aws:PrincipalArn": f"{IAM}:role/p${{$}}{{x}}/a*"}})]


REFUSED = [
    ("nobody", (ANYONE,), True, ALL_KINDS),
    ("nobody", (ANONYMOUS, SIGNED), True, ALL_KINDS),
    # `root` in Principal stands for the account, which is more than the word says
    ("principal-not-expressible", (principal("root", SHOP),), False, ALL_KINDS),
    ("principal-not-expressible", (principal("session", SHOP, "a", "s*"),), False, ALL_KINDS),
    ("principal-not-expressible", (SESSION,), True, ALL_KINDS),
    ("principal-not-expressible", (principal("canonical_user", "abc"),), True, ALL_KINDS),
    ("principal-not-expressible", (principal("role", SHOP, "/a"),), False, ALL_KINDS),
    ("principal-not-expressible", (principal("role", SHOP, "a//b"),), False, ALL_KINDS),
    ("principal-not-expressible", (principal("role", SHOP, "a b"),), False, ALL_KINDS),
    ("principal-not-expressible", (principal("user", SHOP, ""),), False, ALL_KINDS),
    ("principal-not-expressible", (CDN,), False, frozenset({"role"})),
]


@pytest.mark.parametrize(("rule", "principals", "negated", "kinds"), REFUSED)
def test_refusals(rule: str, principals: tuple[Principal, ...], negated: bool, kinds: frozenset[str]) -> None:
    diagnostics = Diagnostics()
    assert lower_who(Who(principals, negated, WHERE), "aws", kinds, None, diagnostics) is None
    assert [(item.rule, item.span, bool(item.help)) for item in diagnostics] == [(rule, WHERE, True)]


def test_callers_that_were_refused_where_they_are_declared_are_not_refused_again() -> None:
    diagnostics = Diagnostics()
    assert lower_who(Who((), False, WHERE), "aws", ALL_KINDS, None, diagnostics) is None
    assert not len(diagnostics)


def test_long_names_are_checked_in_line_with_their_length() -> None:
    diagnostics = Diagnostics()
    lower_who(Who((principal("role", SHOP, "a/" * 20_000 + " "),)), "aws", ALL_KINDS, WHERE, diagnostics)
    assert diagnostics.has_errors
