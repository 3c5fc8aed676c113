"""What `aws:userid` says of a caller, in proofs: the principal key values of the IAM User Guide ("Information available in all requests",
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable), for every request at once.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from policyc.analysis.question import Space
from policyc.analysis.witness import witness_of
from policyc.diagnostics import Diagnostics
from policyc.engines.iam.caller import CallerKind
from policyc.ir.authz import Policy
from policyc.syntax.json_text import parse_json
from policyc.targets.iam_documents.kinds import KINDS
from policyc.targets.iam_documents.read import read_policy
from policyc.text import Source

ROOT, USER, ROLE, FEDERATED, ANONYMOUS = (
    CallerKind.ROOT,
    CallerKind.USER,
    CallerKind.ROLE,
    CallerKind.FEDERATED,
    CallerKind.ANONYMOUS,
)


def bucket(principal: Any, *conditions: tuple[str, str, Any]) -> Policy:
    block: dict[str, dict[str, Any]] = {}
    for operator, key, values in conditions:
        block.setdefault(operator, {})[key] = values
    statement = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": {**statement, "Condition": block}})
    tree = parse_json(Source("b.json", text), Diagnostics())
    assert tree is not None
    return read_policy(tree, KINDS["bucket"], "b.json")


def who_may(policy: Policy) -> set[CallerKind]:
    """The kinds of caller with requests that the statement matches; of services AWS does not say what the value is."""
    space = Space((policy,))
    (statement,) = policy.statements
    found = set()
    for kind in space.callers.kinds:
        solution = space.ask(space.statement(statement), space.callers.kind(kind))
        if solution is not None:
            caller = witness_of(space, solution).request.caller
            assert caller.kind is kind
            found.add(kind)
    return found - {CallerKind.SERVICE}


@pytest.mark.parametrize(
    ("operator", "values", "kinds"),
    [
        ("StringLike", "AROA*:*", {ROLE}),
        ("StringLike", "AROA*", {ROLE}),
        ("StringLike", "AROAEXAMPLE:session", {ROLE}),
        ("StringEquals", "AIDAEXAMPLE", {USER}),
        ("StringLike", "AIDA*", {USER}),
        ("StringLike", "AIDA*:*", set()),
        ("StringEquals", "AROAEXAMPLE", set()),
        ("StringEquals", "111122223333", {ROOT}),
        ("StringLike", "1111*", {ROOT, FEDERATED}),
        ("StringLike", "111122223333:*", {FEDERATED}),
        ("StringLike", "111122223333?fed", {FEDERATED}),
        ("StringEquals", "anonymous", {ANONYMOUS}),
        ("StringLike", "*:admin", {ROLE, FEDERATED}),
        ("StringLike", "*", {ROOT, USER, ROLE, FEDERATED, ANONYMOUS}),
        ("StringNotLike", ["AROA*", "AIDA*"], {ROOT, FEDERATED, ANONYMOUS}),
        ("StringNotLike", ["*:*", "anonymous"], {ROOT, USER}),
        ("StringNotEqualsIgnoreCase", "ANONYMOUS", {ROOT, USER, ROLE, FEDERATED}),
    ],
)
def test_ids_belong_to_kinds_of_callers(operator: str, values: Any, kinds: set[CallerKind]) -> None:
    assert who_may(bucket("*", (operator, "aws:userid", values))) == kinds


@pytest.mark.parametrize(
    ("principal", "values", "met"),
    [
        ("arn:aws:iam::111122223333:root", "111122223333", True),
        ("arn:aws:iam::111122223333:root", "444455556666", False),
        ("arn:aws:sts::111122223333:federated-user/fed", "111122223333:fed", True),
        ("arn:aws:sts::111122223333:federated-user/fed", "111122223333:other", False),
        ("arn:aws:sts::111122223333:assumed-role/app/one", "*:one", True),
        ("arn:aws:sts::111122223333:assumed-role/app/one", "*:two", False),
        ("AROAEXAMPLE", "AROAEXAMPLE:x", True),
        ("AROAEXAMPLE", "AROAOTHER:x", False),
        ("AIDAEXAMPLE", "AIDAEXAMPLE", True),
        ("AIDAEXAMPLE", "AIDAOTHER", False),
    ],
)
def test_ids_go_with_what_names_the_caller(principal: str, values: str, met: bool) -> None:
    assert bool(who_may(bucket({"AWS": principal}, ("StringLike", "aws:userid", values)))) is met


def test_temporary_credentials_always_say_whether_there_was_mfa() -> None:
    """`aws:MultiFactorAuthPresent` is there in every request of a role or a federated user, as true or as false."""
    absent = bucket("*", ("Null", "aws:MultiFactorAuthPresent", "true"))
    assert who_may(absent) == {ROOT, USER, ANONYMOUS}


@pytest.mark.parametrize(
    ("conditions", "met"),
    [
        ([("Null", "aws:PrincipalOrgID", "true"), ("Null", "aws:PrincipalOrgPaths", "false")], False),
        ([("Null", "aws:PrincipalOrgID", "false"), ("Null", "aws:PrincipalOrgPaths", "true")], False),
        (
            [
                ("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"),
                ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-zzzzzzzzzz/*"),
            ],
            False,
        ),
        (
            [
                ("StringNotEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"),
                ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-a1b2c3d4e5/r-ab12/*"),
            ],
            False,
        ),
        (
            [
                ("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"),
                ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-*/r-ab12/*"),
            ],
            True,
        ),
    ],
)
def test_an_organization_and_its_paths_go_together(conditions: list[tuple[str, str, Any]], met: bool) -> None:
    """The path of an account begins with the id of its organization: `aws:PrincipalOrgPaths` in the IAM User Guide."""
    assert bool(who_may(bucket("*", *conditions))) is met
