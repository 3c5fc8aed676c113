"""Documents that are there, asked: what AWS stores though it is malformed matches nothing; a template that nobody rendered leaves its
statement open (IAM evaluation and Lattice references, additions of 2026-11-29)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.engines.iam import Document, Kind, compile_document, decide, explain
from policyc.engines.trace import Verdict
from policyc.syntax.json_text import from_plain
from tests.conformance.iam_cases import HOME, NOWHERE, allow, ask, deny, policy, role

OPEN_DOOR = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}


def stored(plain: Any, kind: Kind = Kind.IDENTITY) -> Document:
    diagnostics = Diagnostics()
    found = compile_document(from_plain(plain, NOWHERE), kind, diagnostics, stored=True)
    assert found is not None, [item.message for item in diagnostics]
    return found


#: `Action` as stored, whether s3:GetObject is among it
ACTIONS: list[tuple[Any, bool]] = [
    ("s3:GetObject,s3:PutObject", False),
    ("s3*", False),
    ("*s3", False),
    ("", False),
    ("s3:Get Object", False),
    (["s3:GetObject,s3:PutObject", "s3:Get*"], True),
    (["GetObject", "s3:PutObject"], False),
]


@pytest.mark.parametrize(("action", "among"), ACTIONS, ids=[json.dumps(row[0]) for row in ACTIONS])
def test_a_malformed_action_matches_nothing(action: Any, among: bool) -> None:
    wanted = Verdict.ALLOW if among else Verdict.IMPLICIT_DENY
    assert decide(stored(allow(Action=action)), ask()) is wanted
    others = {"Effect": "Allow", "NotAction": action, "Resource": "*"}
    assert decide(stored(policy(others)), ask()) is (Verdict.IMPLICIT_DENY if among else Verdict.ALLOW)


def test_check_reports_it_all_the_same() -> None:
    diagnostics = Diagnostics()
    plain = from_plain(allow(Action="s3:GetObject,s3:PutObject"), NOWHERE)
    assert compile_document(plain, Kind.IDENTITY, diagnostics) is None
    assert [item.rule for item in diagnostics] == ["invalid-action"]


#: a condition that `check` refuses and that is there all the same, the request's values, whether it holds
REFUSED_TESTS: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"Bool": {"t:k": ["true", "false"]}}, {"t:k": "false"}, True),
    ({"Bool": {"t:k": ["true", "false"]}}, {}, False),
    ({"Bool": {"t:k": "${t:j}"}}, {"t:k": "true", "t:j": "true"}, False),
    ({"IpAddress": {"t:k": "host"}}, {"t:k": "203.0.113.9"}, False),
    ({"IpAddress": {"t:k": ["host", "203.0.113.0/24"]}}, {"t:k": "203.0.113.9"}, True),
    ({"NotIpAddress": {"t:k": "host"}}, {"t:k": "203.0.113.9"}, False),
    ({"NotIpAddress": {"t:k": "host"}}, {}, True),
    ({"StringEquals": {"t:k": ["a", 1]}}, {"t:k": "1"}, True),
    ({"StringNotEquals": {"t:k": ["a", True]}}, {"t:k": "true"}, False),
    ({"NumericLessThan": {"t:k": "${t:j}"}}, {"t:k": "1", "t:j": "2"}, False),
    ({"BinaryEquals": {"t:k": "${t:j}"}}, {"t:k": "", "t:j": ""}, False),
    ({"StringEquals": {"aws:PrincipalTag/": "x"}}, {}, False),
    ({"StringNotEquals": {"nokey": "x"}}, {}, True),
    ({"DateLessThan": {"t:k": "2030-1-1t5:00+01"}}, {"t:k": "2030-01-01T03:59:59Z"}, True),
    ({"DateLessThan": {"t:k": "2030-1-1t5:00+01"}}, {"t:k": "2030-01-01T04:00:00Z"}, False),
]


@pytest.mark.parametrize(
    ("condition", "context", "holds"), REFUSED_TESTS, ids=[json.dumps(row[:2]) for row in REFUSED_TESTS]
)
def test_an_odd_test_says_what_it_says(condition: Any, context: Any, holds: bool) -> None:
    wanted = Verdict.ALLOW if holds else Verdict.IMPLICIT_DENY
    assert decide(stored(allow(Condition=condition, Sid="odd sid")), ask(context)) is wanted


#: a statement with a template in one of its elements -> what it says to a request that the others fit
TEMPLATES: dict[str, dict[str, Any]] = {
    "resource": allow(Resource="${service_arn}/*"),
    "account in a resource": allow(Resource="arn:aws:s3:::${AWS::AccountId}-logs/*"),
    "other resources": policy({"Effect": "Allow", "Action": "*", "NotResource": "${bucket}"}),
    "one of several": allow(Resource=["arn:aws:s3:::other/*", "${bucket}"]),
    "action": allow(Action="${service}:Get*"),
    "principal": allow(Principal={"AWS": "arn:aws:iam::${AWS::AccountId}:root"}),
    "value": allow(Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": "${org_id}"}}),
    "key": allow(Principal="*", Condition={"StringEquals": {"aws:PrincipalTag/${tag}": "a"}}),
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_nothing_is_decided_on_a_template(name: str) -> None:
    plain = TEMPLATES[name]
    kind = Kind.RESOURCE if "Principal" in plain["Statement"][0] else Kind.IDENTITY
    asked = ask({"aws:PrincipalOrgID": "o-a1b2c3d4e5"}, caller=role())
    assert decide(stored(plain, kind), asked) is Verdict.UNDECIDED
    trace = explain(stored(plain, kind), asked)
    assert "${" in trace.summary
    denied = json.loads(json.dumps(plain).replace('"Allow"', '"Deny"'))
    assert decide(stored(denied, kind), asked) is Verdict.IMPLICIT_DENY  # denied or not: nothing allows
    denied["Statement"].append(OPEN_DOOR if kind is Kind.RESOURCE else allow()["Statement"][0])
    assert decide(stored(denied, kind), asked) is Verdict.UNDECIDED


def test_what_the_other_elements_rule_out_stays_ruled_out() -> None:
    assert decide(stored(allow(Action="ec2:*", Resource="${bucket}")), ask()) is Verdict.IMPLICIT_DENY
    tagged = {"StringEquals": {"aws:PrincipalOrgID": "${org}", "aws:RequestedRegion": "eu-west-1"}}
    assert decide(stored(allow(Condition=tagged)), ask({"aws:RequestedRegion": "us-west-2"})) is Verdict.IMPLICIT_DENY
    both = policy(*allow(Resource="${bucket}")["Statement"], *allow()["Statement"])
    assert decide(stored(both), ask()) is Verdict.ALLOW
    assert decide(stored(policy(*both["Statement"], *deny()["Statement"])), ask()) is Verdict.EXPLICIT_DENY


@pytest.mark.parametrize("variable", ["${aws:username}", "${aws:PrincipalTag/team}", "${*}", "${aws:userid, 'x'}"])
def test_a_policy_variable_is_no_template(variable: str) -> None:
    held = stored(allow(Resource=f"arn:aws:s3:::{HOME}/{variable}"))
    assert held.statements[0].holes == ()
