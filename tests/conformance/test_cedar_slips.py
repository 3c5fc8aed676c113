"""What is written down wrong in Cedar text: swapped ranges, stars under `==`, patterns without one, whole lists, bare presence, hosts.

Each finding is told, and what its help says to write is taken without a word.
"""

from __future__ import annotations

import pytest

from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.text import Source
from policyc.workspace.mending import settled
from tests.cedar_texts import findings as found_in

TRUST = {"idp": "oidc", "idc": "iam_identity_center", "jamf": "jamf"}
IP, HOST = "context.http_request.client_ip", "context.http_request.hostname"
PORT, PATH = "context.http_request.port", "context.http_request.path"
VERIFIED = " && context.idp.email_verified == true"


def findings(condition: str, effect: str = "permit") -> list[Diagnostic]:
    diagnostics = Diagnostics()
    diagnostics.extend(found_in(f"{effect} (principal, action, resource) when {{ {condition} }};\n", TRUST))
    return diagnostics.sorted()


@pytest.mark.parametrize(
    ("rule", "wrong", "right"),
    [
        ("cedar-swapped-range", f'ip("10.0.0.0/8").isInRange(ip({IP}))', f'ip({IP}).isInRange(ip("10.0.0.0/8"))'),
        ("cedar-swapped-range", f'ip("2001:db8::/32").isInRange(ip({IP}))', f'ip({IP}).isInRange(ip("2001:db8::/32"))'),
        (
            "wildcard-without-like",
            'context.idp.email == "*@example.com"' + VERIFIED,
            'context.idp.email like "*@example.com"' + VERIFIED,
        ),
        (
            "wildcard-without-like",
            '["*@example.com"].contains(context.idp.email)' + VERIFIED,
            'context.idp.email like "*@example.com"' + VERIFIED,
        ),
        ("wildcard-without-like", 'context.idp.groups.contains("ops-*")', 'context.idp.groups.contains("ops")'),
        (
            "pattern-without-star",
            'context.idp.email like "@example.com"' + VERIFIED,
            'context.idp.email like "*@example.com"' + VERIFIED,
        ),
        (
            "pattern-without-star",
            'context.idc.user.email.address like "example.com" && context.idc.user.email.verified',
            'context.idc.user.email.address like "*@example.com" && context.idc.user.email.verified',
        ),
        ("pattern-without-star", f'{HOST} like ".example.com"', f'{HOST} like "*.example.com"'),
        ("pattern-without-star", 'context.jamf.osv like "14.5"', 'context.jamf.osv == "14.5"'),
        ("cedar-set-equality", 'context.idp.groups == ["ops"]', 'context.idp.groups.contains("ops")'),
        (
            "cedar-set-equality",
            'context.idp.additional_user_context.groups == ["ops", "dev"]',
            'context.idp.additional_user_context.groups.containsAll(["ops", "dev"])',
        ),
        ("cedar-set-equality", '["ops"] == context.jamf.groups', 'context.jamf.groups.contains("ops")'),
        (
            "cedar-unknown-variable",
            'context.jamf.risk == "LOW" && context.jamf.osv == null',
            'context.jamf.risk == "LOW" && !(context.jamf has osv)',
        ),
        (
            "cedar-unknown-variable",
            'context.jamf.risk == "LOW" && context.jamf.osv != nil',
            'context.jamf.risk == "LOW" && context.jamf has osv',
        ),
        ("cedar-unknown-method", 'context.jamf.osv.startsWith("14.")', 'context.jamf.osv like "14.*"'),
        ("cedar-unknown-method", f'{PATH}.endsWith(".html")', f'{PATH} like "*.html"'),
        ("cedar-type-mismatch", 'context.jamf.groups in ["ops"]', 'context.jamf.groups.containsAny(["ops"])'),
        ("cedar-port-form", f"{PORT} == 8443", f'[8443, "8443"].contains({PORT})'),
        (
            "cedar-type-mismatch",
            'context.idc.groups.contains("c242c5b0-6081-1845-6fa8-6e0d9513c107")',
            'context.idc.groups has "c242c5b0-6081-1845-6fa8-6e0d9513c107"',
        ),
        (
            "unverified-email",
            'context.idc.user.email.address == "ana@example.com" && !context.idc.user.email.verified',
            'context.idc.user.email.address == "ana@example.com" && context.idc.user.email.verified == true',
        ),
        ("cedar-literal", r'context.jamf.osv like "14\.*"', 'context.jamf.osv like "14.*"'),
        (
            "cedar-unlike-kinds",
            'context.idc.groups == ["c242c5b0-6081-1845-6fa8-6e0d9513c107"]',
            'context.idc.groups has "c242c5b0-6081-1845-6fa8-6e0d9513c107"',
        ),
        ("not-a-host-name", f'{HOST} == "https://app.example.com"', f'{HOST} == "app.example.com"'),
        ("not-a-host-name", f'["app.example.com:8443"].contains({HOST})', f'["app.example.com"].contains({HOST})'),
        ("not-a-host-name", f'{HOST} == "app.example.com/wiki"', f'{HOST} == "app.example.com"'),
        ("not-a-host-name", f'{HOST} == "10.0.0.1"', f'{HOST} == "app.example.com"'),
        ("not-a-host-name", f'{HOST} like "http://*.example.com"', f'{HOST} like "*.example.com"'),
        ("everyone-allowed", "context has idp", 'context has idp && context.idp.groups.contains("x")'),
        ("everyone-allowed", "context has idp && context.idp has email", 'context.idp.groups.contains("x")'),
        ("everyone-allowed", "context.idp has groups", 'context.idp.groups.contains("x")'),
        ("everyone-allowed", "context has jamf", 'context has jamf && context.jamf.risk == "LOW"'),
        ("value-never-matches", f'{PORT} == "https"', f'[443, "443"].contains({PORT})'),
        ("value-never-matches", f"{PORT} == 70000", f'[7000, "7000"].contains({PORT})'),
        ("value-never-matches", f'{IP} == "10.0.0.0/8"', f'ip({IP}).isInRange(ip("10.0.0.0/8"))'),
        ("wildcard-without-like", f'{PATH} == "/wiki/*"', f'{PATH} like "/wiki/*" || {PATH} like "wiki/*"'),
        ("cedar-unknown-root", 'context.jamf_pro.risk == "LOW"', 'context.jamf.risk == "LOW"'),
    ],
)
def test_a_slip_is_found_and_its_remedy_is_taken(rule: str, wrong: str, right: str) -> None:
    told = [item for item in findings(wrong) if item.severity is not Severity.INFO]
    assert [item.rule for item in told] == [rule]
    assert [item.rule for item in findings(right) if item.severity is not Severity.INFO] == []


@pytest.mark.parametrize(
    ("condition", "better"),
    [
        (f'ip("10.0.0.0/8").isInRange(ip({IP}))', f'ip({IP}).isInRange(ip("10.0.0.0/8"))'),
        ('context.idp.email like "@example.com"' + VERIFIED, 'context.idp.email like "*@example.com"' + VERIFIED),
        (f'{HOST} == "https://app.example.com:443/x"', f'{HOST} == "app.example.com"'),
    ],
)
def test_a_fix_writes_the_right_text(condition: str, better: str) -> None:
    text = f"permit (principal, action, resource) when {{ {condition} }};\n"
    (item,) = findings(condition)
    assert item.span is not None
    item = settled(item, {item.span.file: Source(item.span.file, text)})
    assert item.fix is not None
    for edit in item.fix.edits:
        text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
    assert text == f"permit (principal, action, resource) when {{ {better} }};\n"


@pytest.mark.parametrize(
    "condition",
    [
        f'ip("10.1.2.3").isInRange(ip({IP}))',  # one address lies in itself
        'ip("10.0.0.0/8").isInRange(ip("10.0.0.0/4"))',
        "context.idp.groups == []",
        'context.http_request.user_agent like "*MSIE*"',
        '!(context has jamf) && context.idp.groups.contains("x")',
        'context.idc.groups has "b4c8e438-20a1-70b2-1111-5f0e6d3a9c11"',
        "!(context.idp has suspended)",
    ],
)
def test_what_is_meant_is_left_alone(condition: str) -> None:
    slips = {"cedar-swapped-range", "wildcard-without-like", "pattern-without-star", "cedar-set-equality"}
    slips |= {"not-a-host-name", "everyone-allowed"}
    assert not slips & {item.rule for item in findings(condition)}


@pytest.mark.parametrize(
    ("condition", "help"),
    [
        ('context.iam_identity_center.user.user_name == "ann"', "IAM Identity Center is called `idc` here"),
        ('context.oidc.email like "*@example.com"', "an OpenID Connect provider is called `idp` here"),
        ('context.client_ip == "192.0.2.1"', "did you mean `http_request.client_ip` or `tcp_flow.client_ip`?"),
        ('context.idpp.email like "*@example.com"', "did you mean `idp`?"),
    ],
)
def test_of_a_root_that_nobody_has_only_that_is_told(condition: str, help: str) -> None:
    (item,) = findings(condition)
    assert (item.rule, item.help) == ("cedar-unknown-root", help)


def test_lists_have_no_patterns() -> None:
    (item,) = findings('context.idp.groups.contains("ops-*")')
    assert item.help == "name each value of the list, or drop the wildcard"


def test_a_forbid_may_ask_for_presence() -> None:
    assert "everyone-allowed" not in {item.rule for item in findings("context has idp", "forbid")}


def test_a_swapped_range_over_unknown_text_is_a_doubt() -> None:
    (item,) = (one for one in findings('ip("10.0.0.0/8").isInRange(ip(context.idp.home))') if "range" in one.rule)
    assert item.severity is Severity.WARNING
