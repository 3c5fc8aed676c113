"""Values of another type than documented: an allow that meets one where it needs the documented type does not apply, a deny does.

What fails in Cedar and what is plainly false is section 3 of the Verified Access reference; that it skips a forbid which fails too.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.engines.cedar.decide import decide, parse_policies
from policyc.engines.trace import Decision, Outcome, Verdict
from policyc.ir.program import Program
from policyc.model.values import Scalar
from policyc.simulation.runner import run_tests
from policyc.targets.base import Document, Request
from policyc.targets.cedar_documents.limits import MOST_TESTS
from policyc.targets.verified_access import TARGET
from tests.alone import checked

FINANCE = "c242c5b0-6081-1845-6fa8-6e0d9513c107"
HEAD = f"""module a
group finance = idc_group("{FINANCE}")
resource staff: verified_access.group {{
  trust: {{ idc: iam_identity_center, okta: oidc, identity: oidc, crwd: crowdstrike, jamf: jamf }},
  claims: {{ identity.roles: string_set }}
}}
resource web: verified_access.endpoint {{ group: staff, protocol: https }}
"""


def built(folder: Path, statements: str, more: str = "") -> tuple[Program, Diagnostics]:
    text = f"{HEAD}policy p for verified_access on staff {{\n{statements}\n}}\n{more}"
    (folder / "a.policy").write_text(text, encoding="utf-8")
    diagnostics = Diagnostics()
    program = checked(TARGET, folder, diagnostics, "a.policy")
    return program, diagnostics


def document(folder: Path, statements: str) -> Document:
    program, diagnostics = built(folder, statements)
    assert list(diagnostics) == []
    (found,) = TARGET.emit(program, diagnostics)
    return found


def decision(folder: Path, statements: str, context: Mapping[str, Any]) -> Decision:
    answer = decide(parse_policies(document(folder, statements).text), context)
    assert [failure for failure in answer.failed if failure.effect == "forbid"] == []
    return answer.decision


POST = {"http_request": {"http_method": "POST"}}
#: AWS's own forbid (reference, section 9, number 6), in the language
ADMINISTRATORS = """allow "everybody" { when true }
deny "posts" { when http_request.http_method == POST and "Administrator" not in identity.roles }"""


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({**POST, "identity": {"roles": ["Administrator", "Reader"]}}, Decision.ALLOW),
        ({**POST, "identity": {"roles": ["Reader"]}}, Decision.DENY),
        ({**POST, "identity": {"roles": []}}, Decision.DENY),
        ({**POST, "identity": {"roles": [7, "Administrator"]}}, Decision.ALLOW),
        # absent: the negated test is true
        ({**POST, "identity": {}}, Decision.DENY),
        (POST, Decision.DENY),
        # one text, a number, a record where a list is documented: the deny has no answer, and denies
        ({**POST, "identity": {"roles": "Administrator"}}, Decision.DENY),
        ({**POST, "identity": {"roles": 1}}, Decision.DENY),
        ({**POST, "identity": {"roles": {"Administrator": True}}}, Decision.DENY),
        # from left to right: no POST, so nobody asks for roles
        ({"http_request": {"http_method": "GET"}, "identity": {"roles": "Administrator"}}, Decision.ALLOW),
    ],
)
def test_the_role_administrator_forbid_never_fails_open(
    tmp_path: Path, context: Mapping[str, Any], expected: Decision
) -> None:
    assert decision(tmp_path, ADMINISTRATORS, context) is expected


@pytest.mark.parametrize(
    ("condition", "context"),
    [
        ('"staff" in okta.groups', {"okta": {"groups": "staff"}}),
        ('any okta.groups in ["staff", "b"]', {"okta": {"groups": "staff"}}),
        ('all okta.groups in ["staff", "b"]', {"okta": {"groups": "staff"}}),
        ("finance in idc.groups", {"idc": {"groups": [FINANCE]}}),
        (f'idc.groups["{FINANCE}"].group_name == "x"', {"idc": {"groups": {FINANCE: "x"}}}),
        (f'idc.groups["{FINANCE}"].group_name == "x"', {"idc": {"groups": [FINANCE]}}),
        ("crwd.assessment.overall < 50", {"crwd": {"assessment": {"overall": "82"}}}),
        ("crwd.assessment.overall < 50", {"crwd": {"assessment": {"overall": True}}}),
        ("crwd.assessment.overall < 50", {"crwd": {"assessment": "82"}}),
        ("exists crwd.assessment.overall", {"crwd": {"assessment": [82]}}),
        ('crwd.assessment.version == "3.4"', {"crwd": {"assessment": 3}}),
        ("idc.user.email.verified", {"idc": {"user": {"email": "a@example.com"}}}),
        ('okta.email like "*@example.com"', {"okta": {"email": ["a@example.com"]}}),
        ('okta.email like "*@example.com"', {"okta": {"email": {"address": "a@example.com"}}}),
        ('http_request.client_ip in "10.0.0.0/8"', {"http_request": {"client_ip": "10.1.1.1:443"}}),
        ('http_request.client_ip in "10.0.0.0/8"', {"http_request": {"client_ip": "::ffff:10.1.1.1"}}),
        ('http_request.client_ip in "10.0.0.0/8"', {"http_request": {"client_ip": "10.1.1.1, 192.0.2.1"}}),
        ('http_request.client_ip in "10.0.0.0/8"', {"http_request": {"client_ip": 10}}),
        ('http_request.client_ip == "2001:db8::7"', {"http_request": {"client_ip": "::ffff:10.1.1.1"}}),
    ],
)
@pytest.mark.parametrize("form", ["{}", "not ({})"])
def test_a_test_without_an_answer(tmp_path: Path, condition: str, context: Mapping[str, Any], form: str) -> None:
    """Neither it nor its negation allows, and both deny."""
    test = form.format(condition)
    assert decision(tmp_path, f'allow "a" {{ when {test} }}', context) is Decision.DENY
    denied = f'allow "all" {{ when true }} deny "a" {{ when {test} }}'
    assert "forbid (" not in document(tmp_path, denied).text
    assert decision(tmp_path, denied, context) is Decision.DENY
    # another allow is not touched by an allow without an answer
    assert decision(tmp_path, f'allow "a" {{ when {test} }} allow "b" {{ when true }}', context) is Decision.ALLOW


@pytest.mark.parametrize(
    ("condition", "context"),
    [
        ('jamf.risk == "HIGH"', {"jamf": {"risk": 5}}),
        ('jamf.risk in ["HIGH", "MEDIUM"]', {"jamf": {"risk": ["HIGH"]}}),
        ('okta.email == "a@example.com"', {"okta": {"email": {"address": "a@example.com"}}}),
        ("okta.email_verified", {"okta": {"email_verified": "true"}}),
        ('http_request.client_ip == "10.1.1.1"', {"http_request": {"client_ip": "::ffff:10.1.1.1"}}),
        ("http_request.port == 443", {"http_request": {"port": True}}),
        ("crwd.assessment.overall == 50", {"crwd": {"assessment": {"overall": "50"}}}),
    ],
)
def test_equality_across_types_is_plainly_false(tmp_path: Path, condition: str, context: Mapping[str, Any]) -> None:
    everybody = 'allow "all" { when true } '
    assert decision(tmp_path, f'allow "a" {{ when {condition} }}', context) is Decision.DENY
    assert decision(tmp_path, f'allow "a" {{ when not ({condition}) }}', context) is Decision.ALLOW
    assert decision(tmp_path, f'{everybody}deny "a" {{ when {condition} }}', context) is Decision.ALLOW
    assert decision(tmp_path, f'{everybody}deny "a" {{ when not ({condition}) }}', context) is Decision.DENY


@pytest.mark.parametrize(
    ("deny", "stays"),
    [
        ("true", True),
        ('jamf.risk == "HIGH"', True),
        ('jamf.risk not in ["LOW", "SECURE"]', True),
        ("not exists okta.sub and http_request.http_method in [POST, PUT]", True),
        ("exists idc.groups", True),
        ('http_request.client_ip == "10.1.1.1"', True),
        ("http_request.port != 443", True),
        ('http_request.client_ip == "2001:db8::1"', False),
        ('http_request.user_agent like "*MSIE*"', False),
        ("jamf.iat < 100", False),
        ('"1" in jamf.groups', False),
        ("finance not in idc.groups", False),
        ("not exists idc.user.user_name", False),
        ('jamf.risk == "HIGH" or crwd.assessment.overall == 1', False),
    ],
)
def test_a_deny_that_cannot_fail_stays_a_forbid(tmp_path: Path, deny: str, stays: bool) -> None:
    text = document(tmp_path, f'allow "a" {{ when exists okta.sub }} deny "d" {{ when {deny} }}').text
    assert ("forbid (" in text) is stays
    assert ("  // unless: d\n" in text) is not stays
    assert ("// d: written into each permit as a condition, because" in text) is not stays
    # nothing is allowed anyway, so there is nothing to write it into
    alone = document(tmp_path, f'deny "d" {{ when {deny} }}')
    assert "forbid (" in alone.text and "unless" not in alone.text
    assert not any("written into" in item.message for item in alone.added)


def test_every_permit_gets_every_deny_that_could_fail(tmp_path: Path) -> None:
    found = document(
        tmp_path,
        """deny "first" { when okta.email like "*@old.example.com" }
        allow "a" { when okta.sub == "x" or jamf.risk == "LOW" }
        allow "b" { when true }
        deny "stays" { when jamf.risk == "HIGH" }
        deny "last" { when http_request.client_ip not in "10.0.0.0/8" }""",
    )
    assert parse_policies(found.text).effects == ("permit", "permit", "forbid")
    lines = found.text.splitlines()
    places = {
        label: [int(entry.pointer.removeprefix("line ")) for entry in found.map if entry.label == label]
        for label in ("first", "last", "stays")
    }
    assert [len(places[label]) for label in ("first", "last", "stays")] == [3, 3, 1]
    for label in ("first", "last"):
        above = [lines[line - 2] for line in places[label] if lines[line - 1].startswith("  ")]
        assert above == [f"  // unless: {label}"] * 2
    told = [item.message for item in found.added if item.message.startswith("written into each permit")]
    assert [message.split(" where ")[1] for message in told] == [
        "`okta.email` is not text",
        "`http_request.client_ip` is not a bare address",
    ]


@pytest.mark.parametrize(
    ("groups", "expected"), [({"x": "text"}, Decision.ALLOW), ({"x": {}}, Decision.ALLOW), ("text", Decision.ALLOW)]
)
def test_a_guard_before_a_disjunction_asks_nothing_that_its_sides_would_not(
    tmp_path: Path, groups: object, expected: Decision
) -> None:
    """Both sides name a group's name, yet neither gets there for this user, so a strange record does not matter."""
    name = f'idc.groups["{FINANCE}"].group_name'
    sides = f'(okta.sub == "x" and {name} == "x") or (okta.sub == "y" and {name} == "y")'
    context = {"okta": {"sub": "z"}, "idc": {"groups": groups}}
    assert decision(tmp_path, f'allow "a" {{ when true }} deny "d" {{ when {sides} }}', context) is expected
    context = {"okta": {"sub": "y"}, "idc": {"groups": "text"}}
    assert decision(tmp_path, f'allow "a" {{ when true }} deny "d" {{ when {sides} }}', context) is Decision.DENY


# --- what a request is told ---------------------------------------------------------------------------------------

OUTSIDE = """allow "all" { when true }
deny "outside" { when http_request.client_ip not in "10.0.0.0/8" }
deny "old" { when http_request.user_agent like "*MSIE*" }"""


def ask(folder: Path, statements: str, values: Mapping[str, tuple[Scalar, ...]]) -> Outcome:
    program, diagnostics = built(folder, statements)
    request = Request(program.resources["a.policy#web"], None, None, None, values)
    outcome = TARGET.simulate(program, TARGET.emit(program, diagnostics), request, diagnostics)
    assert list(diagnostics) == [] and outcome is not None
    return outcome


def test_a_deny_without_an_answer_denies_by_its_label(tmp_path: Path) -> None:
    outcome = ask(tmp_path, OUTSIDE, {"http_request.client_ip": ("::ffff:10.1.1.1",)})
    gate = outcome.gates[0]
    assert (outcome.decision, gate.verdict, gate.switches) == (Decision.DENY, Verdict.EXPLICIT_DENY, ())
    assert gate.summary == "a deny applies; `outside` cannot be answered on these values, so it denies"
    (statement,) = gate.decided_by
    assert (statement.label, statement.effect, statement.matched) == ("outside", "deny", True)
    (reason,) = statement.reasons
    assert reason.sentence() == ('context.http_request.client_ip is `"::ffff:10.1.1.1"`, has to be `a bare address`')
    assert [item.matched for item in gate.statements] == [True, True, False]


def test_a_deny_that_matches_is_named_though_it_stands_in_the_permits(tmp_path: Path) -> None:
    values: dict[str, tuple[Scalar, ...]] = {
        "http_request.client_ip": ("10.1.1.1",),
        "http_request.user_agent": ("MSIE 6",),
    }
    gate = ask(tmp_path, OUTSIDE, values).gates[0]
    assert (gate.verdict, gate.summary) == (Verdict.EXPLICIT_DENY, "a deny matches")
    assert [item.label for item in gate.decided_by] == ["old"]
    assert gate.decided_by[0].reasons[0].actual == ('"MSIE 6"',)
    allowed = ask(tmp_path, OUTSIDE, {"http_request.client_ip": ("10.1.1.1",)})
    assert [item.label for item in allowed.gates[0].decided_by] == ["all"]


def test_an_allow_without_an_answer_says_what_it_missed(tmp_path: Path) -> None:
    inside = 'allow "inside" { when http_request.client_ip in "10.0.0.0/8" }'
    gate = ask(tmp_path, inside, {"http_request.client_ip": ("10.1.1.1:443",)}).gates[0]
    assert gate.verdict is Verdict.IMPLICIT_DENY
    assert gate.summary == "no allow matches; `inside` cannot be answered on these values, so it does not allow"
    assert gate.nearest is not None
    assert [(reason.actual, reason.expected) for reason in gate.nearest.misses] == [
        (('"10.1.1.1:443"',), ("a bare address",))
    ]


def test_a_score_as_text_denies(tmp_path: Path) -> None:
    weak = 'allow "all" { when true } deny "weak" { when crwd.assessment.overall < 50 }'
    gate = ask(tmp_path, weak, {"crwd.assessment.overall": ("82",)}).gates[0]
    assert gate.verdict is Verdict.EXPLICIT_DENY
    assert gate.decided_by[0].reasons[0].sentence() == (
        'context.crwd.assessment.overall is `"82"`, has to be `a number`'
    )


def test_an_unstated_value_leaves_the_answer_open_unless_a_deny_settles_it(tmp_path: Path) -> None:
    open_answer = ask(tmp_path, OUTSIDE, {})
    assert (open_answer.decision, open_answer.missing) == (Decision.UNDECIDED, ("http_request.client_ip",))
    assert [item.matched for item in open_answer.gates[0].statements] == [True, None, False]
    settled = ask(tmp_path, OUTSIDE, {"http_request.user_agent": ("MSIE",)})
    assert (settled.decision, settled.missing) == (Decision.DENY, ())
    assert [item.label for item in settled.gates[0].decided_by] == ["old"]


def test_a_deny_is_expected_by_its_label(tmp_path: Path) -> None:
    tests = """test "from outside" {
  request web { http_request.client_ip: "192.0.2.1" }
  expect deny by "outside" at p
  request web { http_request.client_ip: "::ffff:10.1.1.1" }
  expect deny by "outside" at p
  request web { http_request.client_ip: "10.1.1.1" }
  expect allow by "all"
}
"""
    program, diagnostics = built(tmp_path, OUTSIDE, tests)
    (result,) = run_tests(program, TARGET.emit(program, diagnostics))
    assert [item.message for item in result.findings] == []
    assert (result.passed, result.expectations) == (True, 3)


# --- limits -------------------------------------------------------------------------------------------------------


def test_a_permit_with_too_much_written_into_it(tmp_path: Path) -> None:
    """The deny with which a permit gets past the bound is named, at its label."""
    addresses = ", ".join(f'"192.0.{number}.0/24"' for number in range(100))
    denies = "\n".join(f'deny "d{part}" {{ when http_request.client_ip in [{addresses}] }}' for part in range(3))
    program, diagnostics = built(tmp_path, f'allow "a" {{ when true }}\n{denies}')
    assert list(diagnostics) == []
    (found,) = TARGET.emit(program, diagnostics)
    assert decide(parse_policies(found.text), {"http_request": {"client_ip": "192.0.99.7"}}).decision is Decision.DENY
    assert decide(parse_policies(found.text), {"http_request": {"client_ip": "10.1.1.1"}}).decision is Decision.ALLOW
    long = " and ".join(f'jamf.osv != "{number}"' for number in range(80))
    short = "\n".join(f'deny "s{part}" {{ when okta.email like "{part}@*" }}' for part in range(MOST_TESTS - 80))
    program, diagnostics = built(tmp_path, f'allow "a" {{ when {long} }}\n{short}')
    (problem,) = diagnostics
    text = program.sources["a.policy"].text
    assert problem.rule == "statement-too-large" and problem.span is not None
    assert text[problem.span.start : problem.span.end].startswith('"s')
    assert "`a`" in problem.message and [label.message for label in problem.labels] == ["the allow that gets too large"]
