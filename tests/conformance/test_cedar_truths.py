"""What Cedar text can never do, always does, or does only where nothing fails: found, placed, and worded as it is.

The cases follow the Verified Access reference: section 1.2 for operators, 2 for what a context holds, 3 for what fails.
"""

from __future__ import annotations

import pytest

from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from tests.cedar_texts import findings as found_in

TRUST = {"idc": "iam_identity_center", "o": "oidc", "jamf": "jamf", "crwd": "crowdstrike"}
GROUP = "c242c5b0-6081-1845-6fa8-6e0d9513c107"
OPEN = "(principal, action, resource)"
HOST = "context.http_request.hostname"
ADDRESS = "ip(context.http_request.client_ip)"
RISK = "context has jamf && context.jamf has risk && "
SCORE = "context has crwd && context.crwd has assessment && context.crwd.assessment has overall && "
SCORE_IS = "context.crwd.assessment.overall"
SETS = "context has o && context.o has groups && "


def permit(condition: str) -> str:
    return f"permit {OPEN} when {{ {condition} }};\n"


def forbid(condition: str) -> str:
    return f"forbid {OPEN} when {{ {condition} }};\n"


GET = permit('context.http_request.http_method == "GET"')


def findings(text: str, trust: dict[str, str] | None = None) -> list[Diagnostic]:
    diagnostics = Diagnostics()
    diagnostics.extend(found_in(text, TRUST if trust is None else trust))
    return diagnostics.sorted()


def found(text: str, trust: dict[str, str] | None = None) -> list[tuple[str, str]]:
    """Rule and text of all findings but notes."""
    return [
        (item.rule, text[item.span.start : item.span.end] if item.span is not None else "")
        for item in findings(text, trust)
        if item.severity is not Severity.INFO
    ]


#: condition, rule, the part that it is reported at
NEVER = [
    (f'{HOST} like "a*" && {HOST} like "b*"', "condition-never-holds", f'{HOST} like "b*"'),
    (f'{HOST} like "*.a.com" && {HOST} like "*.b.com"', "condition-never-holds", f'{HOST} like "*.b.com"'),
    (f'{HOST} == "abc" && {HOST} like "x*"', "condition-never-holds", f'{HOST} like "x*"'),
    (
        f'{HOST} like "*.example.com" && ["a", "b"].contains({HOST})',
        "condition-never-holds",
        f'["a", "b"].contains({HOST})',
    ),
    (f'{RISK}context.jamf.risk like "low*"', "value-never-matches", 'context.jamf.risk like "low*"'),
    (
        f'{ADDRESS}.isInRange(ip("10.0.0.0/8")) && {ADDRESS}.isInRange(ip("192.168.0.0/16"))',
        "condition-never-holds",
        f'{ADDRESS}.isInRange(ip("192.168.0.0/16"))',
    ),
    (
        f'{ADDRESS}.isInRange(ip("10.0.0.0/8")) && context.http_request.client_ip == "192.168.0.1"',
        "condition-never-holds",
        'context.http_request.client_ip == "192.168.0.1"',
    ),
    (f"{ADDRESS}.isIpv4() && {ADDRESS}.isIpv6()", "condition-never-holds", f"{ADDRESS}.isIpv6()"),
    (f'{ADDRESS} == ip("10.0.0.0/8")', "value-never-matches", f'{ADDRESS} == ip("10.0.0.0/8")'),
    ('context.http_request.client_ip == "10.0.0.0/8"', "value-never-matches", '"10.0.0.0/8"'),
    ('!(context has jamf) && context.jamf.risk == "LOW"', "condition-never-holds", 'context.jamf.risk == "LOW"'),
    (f'1 > 2 && {HOST} == "a"', "cedar-always-false", "1 > 2"),
    ('"a" like "b"', "cedar-always-false", '"a" like "b"'),
    (
        f'{SETS}context.o.groups.contains("x") && !context.o.groups.contains("x")',
        "condition-never-holds",
        'context.o.groups.contains("x")',
    ),
    (f"{SCORE}{SCORE_IS} > 80 && {SCORE_IS} < 50", "condition-never-holds", f"{SCORE_IS} < 50"),
    (f"{SCORE}{SCORE_IS} > 50 && {SCORE_IS} < 51", "condition-never-holds", f"{SCORE_IS} < 51"),
    (
        f'{RISK}(context.jamf.risk == "LOW" || {HOST} == "a") && context.jamf.risk == "HIGH" && {HOST} != "a"',
        "condition-never-holds",
        f'context.jamf.risk == "LOW" || {HOST} == "a") && context.jamf.risk == "HIGH" && {HOST} != "a"',
    ),
    (
        f'{HOST} == "a" || ({HOST} == "b" && ({HOST} == "c" || {HOST} == "d"))',
        "condition-never-holds",
        f'{HOST} == "b" && ({HOST} == "c" || {HOST} == "d")',
    ),
]


@pytest.mark.parametrize(("condition", "rule", "place"), NEVER)
def test_what_never_holds_is_found_where_it_breaks(condition: str, rule: str, place: str) -> None:
    assert found(permit(condition)) == [(rule, place)]
    told = found(GET + forbid(condition))
    assert (rule, place) in told or ("cedar-forbid-fails-open", "context.jamf") in told


def test_what_contains_any_of_nothing_never_holds() -> None:
    assert found(permit(f"{SETS}context.o.groups.containsAny([])")) == [("condition-never-holds", "permit")]


#: condition, the rules beside `everyone-allowed` (which says the same of a whole permit), the part that the first of them is reported at
ALWAYS = [
    (f'{ADDRESS}.isInRange(ip("0.0.0.0/0")) || {ADDRESS}.isInRange(ip("::/0"))', [], None),
    ("2 > 1", ["cedar-always-true"], "2 > 1"),
    ('"abc" like "a*c"', ["cedar-always-true"], '"abc" like "a*c"'),
    ('["a"].contains("a")', ["cedar-always-true"], '["a"].contains("a")'),
    ("context has idc && context.idc.user has user_id", [], None),
    (f'{HOST} == "a" || {HOST} != "a"', [], None),
    ("context.idc.user.email.verified || !context.idc.user.email.verified", [], None),
    (f'{HOST} like "*"', [], None),
    (f"{SCORE}({SCORE_IS} > 50 || {SCORE_IS} <= 50)", ["condition-always-holds"], None),
    (
        f'{RISK}(context.jamf.risk == "HIGH" || ["LOW", "MEDIUM", "SECURE", "NOT_APPLICABLE"].contains(context.jamf.risk))',
        ["condition-always-holds"],
        None,
    ),
]


@pytest.mark.parametrize(("condition", "rules", "part"), ALWAYS)
def test_what_always_holds_is_found(condition: str, rules: list[str], part: str | None) -> None:
    told = found(permit(condition))
    assert [rule for rule, _ in told if rule != "everyone-allowed"] == rules
    assert part is None or (rules[0], part) in told
    of_device = "jamf" in condition or "crwd" in condition
    assert ("everyone-allowed" in {rule for rule, _ in told}) is not (of_device or rules == ["cedar-always-true"])


#: near misses of the above: nothing is claimed
OPEN_ENDED = [
    f'{HOST} like "a*" && {HOST} like "*b"',
    f'{HOST} like "a*" && {HOST} like "ab*"',
    f'{ADDRESS}.isInRange(ip("10.0.0.0/8")) && {ADDRESS}.isInRange(ip("10.1.0.0/16"))',
    f"{SCORE}({SCORE_IS} > 50 || {SCORE_IS} < 50)",
    f"{SCORE}{SCORE_IS} >= 1",
    f"{SCORE}{SCORE_IS} > 50 && {SCORE_IS} < 52",
    f'{RISK}(context.jamf.risk == "HIGH" || ["LOW", "MEDIUM", "SECURE"].contains(context.jamf.risk))',
    f'{RISK}context.jamf.risk like "*OW"',
    f'{SETS}context.o.groups.contains("x") && context.o.groups.contains("y")',
    'context has jamf && context.jamf has risk && context.jamf.risk != "LOW"',
    "context.o.a == context.o.b && context.o.b == context.o.c",
    f'context has o && context.o has x && context.o.x == "1" && {HOST} == "a"',
]


@pytest.mark.parametrize("condition", OPEN_ENDED)
def test_what_may_go_either_way_is_left_alone(condition: str) -> None:
    assert found(permit(condition)) == []


def test_an_unregistered_method_is_named() -> None:
    assert found(permit('context.http_request.http_method != "FOO"')) == [("odd-method", '"FOO"')]
    assert found(permit('context.http_request.http_method == "FOO"')) == [("odd-method", '"FOO"')]
    assert found(permit('context.http_request.http_method != "PROPFIND"')) == []


# --- statements together ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        GET + forbid('!(context.http_request.http_method == "POST")'),
        permit(f'{HOST} == "abc"') + forbid(f'{HOST} like "a*"'),
        permit(f'{HOST} == "a" || {HOST} == "b"') + forbid(f'{HOST} == "a"') + forbid(f'{HOST} == "b"'),
        permit(f'{HOST} == "a"') + f'forbid {OPEN} unless {{ {HOST} == "b" }};',
        permit(f'{RISK}context.jamf.risk == "HIGH"') + forbid(f'{RISK}["HIGH", "MEDIUM"].contains(context.jamf.risk)'),
    ],
)
def test_a_permit_that_forbids_outweigh_is_found(text: str) -> None:
    assert ("allow-covered-by-deny", "permit") in found(text)


@pytest.mark.parametrize(
    "text",
    [
        # where the score is absent, Cedar skips the forbid and the permit stands
        permit(f'{HOST} == "abc"') + forbid(f'{HOST} like "a*" && {SCORE_IS} > -1'),
        permit(f'{HOST} like "a*"') + forbid(f'{HOST} == "abc"'),
        permit(f'{HOST} == "a" || {HOST} == "c"') + forbid(f'{HOST} == "a"') + forbid(f'{HOST} == "b"'),
    ],
)
def test_a_permit_with_something_left_is_not(text: str) -> None:
    assert "allow-covered-by-deny" not in {rule for rule, _ in found(text)}


def test_statements_that_mean_the_same_are_found() -> None:
    one, other = permit(f'{HOST} == "a" || {HOST} == "b"'), permit(f'["a", "b"].contains({HOST})')
    assert found(one + other) == [("redundant-statement", "permit")]
    wide = permit(f'{HOST} like "*.example.com"')
    (item,) = findings(wide + permit(f'{HOST} == "a.example.com"'))
    assert (item.rule, item.span is not None and item.span.start) == ("redundant-statement", len(wide))
    assert found(wide + permit(f'{HOST} == "a.example.org"')) == []


def test_permits_that_together_take_in_everybody() -> None:
    text = GET + permit('context.http_request.http_method != "GET"')
    (item,) = findings(text)
    assert item.rule == "everyone-allowed"
    assert found(text + forbid(f'{HOST} == "a"')) == []


def test_a_text_without_permit_lets_in_nobody() -> None:
    assert found(forbid(f'{HOST} == "a"')) == [("policy-allows-nobody", "forbid")]


# --- what is said is so -----------------------------------------------------------------------------------------


def test_who_gets_in_without_a_device_is_not_said_of_its_data() -> None:
    condition, path = 'context.jamf.risk like "*"', "context.jamf.risk"
    told = {item.rule: item for item in findings(permit(condition))}
    assert "everyone-allowed" not in told
    item = told["condition-always-holds"]
    assert item.message == f"every value passes this test, so it only asks whether `{path}` is there"
    assert f" has {path.rpartition('.')[2]}`" in item.help


def test_a_forbid_cannot_fail_where_it_is_never_read() -> None:
    text = GET + forbid(f'{HOST} == "a" && {HOST} == "b" && context.jamf.risk == "HIGH"')
    assert "cedar-forbid-fails-open" not in {rule for rule, _ in found(text)}


def test_what_one_alternative_asks_for_is_not_known_behind_both() -> None:
    """Either side of `||` may be what holds, so only what both ask for is there."""
    text = GET + forbid(
        f'((context has jamf && context.jamf has risk) || {HOST} == "a") && context.jamf.risk == "HIGH"'
    )
    assert ("cedar-forbid-fails-open", "context.jamf") in found(text)
    both = GET + forbid(
        f'((context has jamf && context.jamf has risk) || ({HOST} == "a" && context has jamf && context.jamf has risk)) '
        '&& context.jamf.risk == "HIGH"'
    )
    assert found(both) == []


def test_every_failing_read_of_a_forbid_is_reported() -> None:
    text = GET + forbid('context.jamf.risk == "HIGH" || context.crwd.platform == "macOS" || context.o.sub == "x"')
    assert [place for rule, place in found(text) if rule == "cedar-forbid-fails-open"] == [
        "context.jamf",
        "context.crwd",
        "context.o",
    ]


def test_undeclared_data_proves_nothing() -> None:
    assert found(permit('context.x.a like "a*" || context.x.b > 1'), {}) == [("cedar-permit-dies", "context.x.a")]
    assert found(permit('context.x.a == "a" && context.x.a == "b"'), {}) == [
        ("condition-never-holds", 'context.x.a == "b"')
    ]
