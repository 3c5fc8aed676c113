"""A caller of whom not everything is said: the session of a role, and the path of a session's role (reference 4.1, 4.4, 9;
Lattice reference, additions of 2026-11-29). What hangs on it is undecided; what does not stays decided."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from policyc.engines.iam import Caller, Document, Kind, caller_from_arn, decide
from policyc.engines.iam.role_path import with_role_path
from policyc.engines.trace import Verdict
from tests.conformance.iam_cases import AWAY, HOME, ROLE, ROOT, SESSION, USER, allow, ask, deny, document, policy

NAMELESS = caller_from_arn(ROLE)
OTHER_SESSION = f"arn:aws:sts::{HOME}:assumed-role/r/other"
OTHER_ROLE = f"arn:aws:sts::{HOME}:assumed-role/rr/s"

#: a statement about principals -> what it says to a role of which no session was named
OF_A_ROLE: dict[str, tuple[dict[str, Any], Verdict]] = {
    "deny for one session": (deny(Principal={"AWS": SESSION}), Verdict.IMPLICIT_DENY),
    "allow for one session": (allow(Principal={"AWS": SESSION}), Verdict.UNDECIDED),
    "allow for a session of another role": (allow(Principal={"AWS": OTHER_ROLE}), Verdict.IMPLICIT_DENY),
    "allow for the role and one session": (allow(Principal={"AWS": [ROLE, SESSION]}), Verdict.ALLOW),
    "allow for all but one session": (allow(NotPrincipal={"AWS": SESSION}), Verdict.UNDECIDED),
    "deny to all but one session": (
        policy(
            {"Effect": "Deny", "NotPrincipal": {"AWS": [SESSION, ROLE, ROOT]}, "Action": "*", "Resource": "*"},
            {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
        ),
        Verdict.UNDECIDED,
    ),
    "deny to all but the role": (deny(NotPrincipal={"AWS": [ROLE, ROOT]}), Verdict.EXPLICIT_DENY),
    "deny for one session beside an allow": (
        policy(
            {"Effect": "Deny", "Principal": {"AWS": SESSION}, "Action": "*", "Resource": "*"},
            {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
        ),
        Verdict.UNDECIDED,
    ),
    "by source identity": (
        allow(Principal="*", Condition={"StringEquals": {"aws:SourceIdentity": "jo"}}),
        Verdict.UNDECIDED,
    ),
    "by user id": (allow(Principal="*", Condition={"StringLike": {"aws:userid": "*:s"}}), Verdict.UNDECIDED),
    "user id present": (allow(Principal="*", Condition={"Null": {"aws:userid": "false"}}), Verdict.ALLOW),
}


@pytest.mark.parametrize("name", OF_A_ROLE)
def test_a_role_has_a_session_of_which_nothing_is_known(name: str) -> None:
    plain, expected = OF_A_ROLE[name]
    assert decide(document(plain, Kind.RESOURCE), ask(caller=NAMELESS)) is expected


def test_an_answer_for_no_session_is_the_answer_for_every_session() -> None:
    """For statements about principals alone: known for the role exactly where every session gets the same."""
    listed = [SESSION, OTHER_SESSION, ROLE, ROOT, "*"]
    for effect, element, first, second in product(("Allow", "Deny"), ("Principal", "NotPrincipal"), listed, listed):
        statement = {"Effect": effect, element: {"AWS": [first, second]}, "Action": "*", "Resource": "*"}
        open_door = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
        held = document(policy(statement, open_door) if effect == "Deny" else policy(statement), Kind.RESOURCE)
        each = {decide(held, ask(caller=caller_from_arn(ROLE, session=name))) for name in ("s", "other", "third")}
        expected = each.pop() if len(each) == 1 else Verdict.UNDECIDED
        assert decide(held, ask(caller=NAMELESS)) is expected, statement


OF_A_SESSION = caller_from_arn(SESSION)


def principal_arn_is(operator: str, *values: str) -> Document:
    return document(allow(Principal="*", Condition={operator: {"aws:PrincipalArn": list(values)}}), Kind.RESOURCE)


#: documents -> the path of the role behind `assumed-role/r/s`, None where it stays unknown
PATHS: dict[str, tuple[Document, str | None]] = {
    "principal without a path": (document(allow(Principal={"AWS": f"arn:aws:iam::{HOME}:role/r"}), Kind.RESOURCE), "/"),
    "principal with a path": (document(allow(Principal={"AWS": ROLE}), Kind.RESOURCE), "/app/"),
    "value with a path": (principal_arn_is("ArnEquals", ROLE), "/app/"),
    "value in a negated test": (principal_arn_is("ArnNotEquals", ROLE), "/app/"),
    "two roles of the name": (principal_arn_is("ArnEquals", ROLE, f"arn:aws:iam::{HOME}:role/r"), None),
    "role of another account": (principal_arn_is("ArnEquals", f"arn:aws:iam::{AWAY}:role/app/r"), "/"),
    "role whose name only ends so": (principal_arn_is("ArnEquals", f"arn:aws:iam::{HOME}:role/app/xr"), "/"),
    "any path": (principal_arn_is("ArnLike", f"arn:aws:iam::{HOME}:role/*"), "/"),
    "paths that begin so": (principal_arn_is("ArnLike", f"arn:aws:iam::{HOME}:role/app/*"), None),
    "names that begin so": (principal_arn_is("ArnLike", f"arn:aws:iam::{HOME}:role/r*"), None),
    "names that end otherwise": (principal_arn_is("ArnLike", f"arn:aws:iam::{HOME}:role/*z"), "/"),
    "users only": (principal_arn_is("ArnLike", f"arn:aws:iam::{HOME}:user/*"), "/"),
    "as text": (principal_arn_is("StringLike", f"arn:aws:iam::{HOME}:role/*/r"), None),
    "any case": (principal_arn_is("StringEqualsIgnoreCase", f"ARN:aws:iam::{HOME}:ROLE/team/X"), "/"),
    "nothing asked": (document(allow(Principal="*"), Kind.RESOURCE), "/"),
}


@pytest.mark.parametrize("name", PATHS)
def test_the_role_of_a_session_is_the_one_that_is_named(name: str) -> None:
    held, expected = PATHS[name]
    assert with_role_path(OF_A_SESSION, [held]).path == expected


def test_an_inventory_tells_the_path_as_well() -> None:
    assert with_role_path(OF_A_SESSION, [], [ROLE, USER]).path == "/app/"


@pytest.mark.parametrize(
    ("principal", "expected"),
    [(ROLE, Verdict.ALLOW), (f"arn:aws:iam::{HOME}:role/r", Verdict.ALLOW), (f"{ROLE}/x", Verdict.IMPLICIT_DENY)],
)
def test_a_session_matches_its_role_with_any_path(principal: str, expected: Verdict) -> None:
    held = document(allow(Principal={"AWS": principal}), Kind.RESOURCE)
    assert decide(held, ask(caller=OF_A_SESSION)) is expected


def test_a_path_that_nobody_told_is_not_invented() -> None:
    held = principal_arn_is("ArnLike", f"arn:aws:iam::{HOME}:role/app/*")
    caller: Caller = with_role_path(OF_A_SESSION, [held])
    assert decide(held, ask(caller=caller)) is Verdict.UNDECIDED
