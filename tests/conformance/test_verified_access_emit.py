"""Emitted Cedar decides the samples of the Verified Access reference (sections 1 to 3) as they have to be decided."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.engines.cedar.decide import decide, parse_policies
from policyc.engines.trace import Decision
from policyc.ir.authz import Atom, Constant, Op, Policy, Statement
from policyc.ir.build import build_program
from policyc.ir.program import Program
from policyc.model.types import GROUP, Named
from policyc.model.values import Group, Resource
from policyc.targets.cedar_documents.emit import emit_policy
from policyc.targets.cedar_documents.limits import MOST_TESTS
from policyc.targets.cedar_documents.validate import context_schema, faults
from policyc.targets.verified_access import TARGET
from policyc.targets.verified_access.scope import facts, trust_types
from policyc.text import Span
from tests.alone import checked, words_of

WORDS = words_of(TARGET)

HEAD = """module a
group finance = idc_group("c242c5b0-6081-1845-6fa8-6e0d9513c107")
group operators = oidc_group("operators")
resource staff: verified_access.group {
  trust: { idc: iam_identity_center, okta: oidc, jamf: jamf, crwd: crowdstrike, jumpcloud: jumpcloud }
}
"""

#: The samples of sections 2.1, 2.3 and 2.5.
IDC = {
    "user": {"user_id": "u", "user_name": "alice", "email": {"address": "a@ex.com", "verified": True}},
    "groups": {"c242c5b0-6081-1845-6fa8-6e0d9513c107": {"group_name": "finance"}},
}
HTTP = {
    "http_method": "GET",
    "hostname": "example.com",
    "path": "app/images",
    "query": "value1=1&value2=2",
    "x_forwarded_for": "17.7.7.1",
    "port": 443,
    "user_agent": "Mozilla/5.0",
    "client_ip": "15.248.6.6",
}
JAMF = {"iss": "c", "iat": 1, "exp": 2, "sub": "d", "groups": ["1"], "risk": "LOW", "osv": "14.5"}
CRWD = {
    "assessment": {"overall": 82, "os": 80, "sensor_config": 90, "version": "3.4"},
    "cid": "c",
    "platform": "Windows 11",
    "typ": "crowdstrike-zta+jwt",
}
JUMPCLOUD = {"device": {"is_managed": True}, "org_id": "o", "system": "s"}


def emitted(folder: Path, statements: str) -> str:
    (folder / "a.policy").write_text(
        f"{HEAD}policy p for verified_access on staff {{\n{statements}\n}}\n", encoding="utf-8"
    )
    diagnostics = Diagnostics()
    program = checked(TARGET, folder, diagnostics, "a.policy")
    assert list(diagnostics) == []
    (document,) = TARGET.emit(program, diagnostics)
    return document.text


def allowed(folder: Path, condition: str, context: Mapping[str, Any], effect: str = "allow") -> bool:
    """Whether the one statement matches; a deny stands beside an allow of everything."""
    text = f'{effect} "a" {{ when {condition} }}' + (' allow "b" { when true }' if effect == "deny" else "")
    answer = decide(parse_policies(emitted(folder, text)), context)
    assert answer.failed == ()
    return (answer.decision is Decision.ALLOW) is (effect == "allow")


@pytest.mark.parametrize(
    ("condition", "context", "holds"),
    [
        # [ex] example 1: Identity Center group by id and verified address
        ("finance in idc.groups and idc.user.email.verified", {"idc": IDC}, True),
        ("finance in idc.groups and idc.user.email.verified", {"idc": {**IDC, "groups": {}}}, False),
        ("finance in idc.groups", {}, False),
        ("finance not in idc.groups", {}, True),
        # [ex] example 2: a set of groups
        ("operators in okta.groups", {"okta": {"groups": ["operators", "dev"]}}, True),
        ("operators in okta.groups", {"okta": {"groups": ["dev"]}}, False),
        ('any okta.groups in ["x", "dev"]', {"okta": {"groups": ["dev"]}}, True),
        ('all okta.groups in ["x", "dev"]', {"okta": {"groups": ["dev"]}}, True),
        ('all okta.groups in ["x", "dev"]', {"okta": {"groups": ["dev", "y"]}}, False),
        ('all okta.groups in ["x", "dev"]', {"okta": {"groups": []}}, False),
        ('all okta.groups in ["x", "dev"]', {"okta": {}}, False),
        ('not (all okta.groups in ["x", "dev"])', {"okta": {"groups": []}}, True),
        # [ex] examples 3 and 4: scores and addresses
        ("crwd.assessment.overall > 50", {"crwd": CRWD}, True),
        ("crwd.assessment.overall <= 50", {"crwd": CRWD}, False),
        ("not (crwd.assessment.overall > 50)", {}, True),
        ('http_request.client_ip == "15.248.6.6"', {"http_request": HTTP}, True),
        ('http_request.client_ip in "15.248.0.0/16"', {"http_request": HTTP}, True),
        ('http_request.client_ip not in "15.248.0.0/16"', {"http_request": HTTP}, False),
        ('http_request.client_ip in "15.248.0.0/16"', {"http_request": {**HTTP, "client_ip": "2001:db8::1"}}, False),
        ('http_request.client_ip == "2001:DB8:0:0::1"', {"http_request": {**HTTP, "client_ip": "2001:db8::1"}}, True),
        ('http_request.client_ip == "2001:db8::1"', {"http_request": {**HTTP, "client_ip": "2001:db8:0::1"}}, True),
        ('http_request.client_ip == "2001:db8::1"', {"http_request": HTTP}, False),
        ('tcp_flow.client_ip == "172.154.16.9"', {"tcp_flow": {"client_ip": "172.154.16.9"}}, True),
        # [third] device posture
        ('jamf.risk in ["LOW", "SECURE"]', {"jamf": JAMF}, True),
        ('jamf.osv like "14.*"', {"jamf": JAMF}, True),
        ('"1" in jamf.groups', {"jamf": JAMF}, True),
        ('crwd.platform == "Windows 11"', {"crwd": CRWD}, True),
        ("jumpcloud.device.is_managed", {"jumpcloud": JUMPCLOUD}, True),
        ("jumpcloud.device.is_managed != true", {"jumpcloud": {"device": {}}}, True),
        # [short] either of two providers
        (
            'finance in idc.groups and (crwd.assessment.overall > 50 or jamf.risk == "LOW")',
            {"idc": IDC, "jamf": JAMF},
            True,
        ),
        (
            'finance in idc.groups and (crwd.assessment.overall > 50 or jamf.risk == "LOW")',
            {"idc": IDC, "crwd": CRWD},
            True,
        ),
        ('finance in idc.groups and (crwd.assessment.overall > 50 or jamf.risk == "LOW")', {"idc": IDC}, False),
        # request data
        ("http_request.http_method == GET", {"http_request": HTTP}, True),
        ("http_request.http_method not in [GET, HEAD]", {"http_request": HTTP}, False),
        ('http_request.path like "app/*"', {"http_request": HTTP}, True),
        ('http_request.path like "APP/*"', {"http_request": HTTP}, False),
        ("exists http_request.user_agent", {"http_request": HTTP}, True),
        ("exists http_request.user_agent", {"http_request": {}}, False),
        ("not exists http_request.user_agent", {}, True),
        # a port is a number on one page and text in a log sample, 2.1 and 2.2
        ("http_request.port == 443", {"http_request": HTTP}, True),
        ("http_request.port == 443", {"http_request": {**HTTP, "port": "443"}}, True),
        ("http_request.port != 443", {"http_request": {**HTTP, "port": "443"}}, False),
        ("tcp_flow.destination_port in [22, 2222]", {"tcp_flow": {"destination_port": "22"}}, True),
        ("tcp_flow.destination_port in [22, 2222]", {"tcp_flow": {"destination_port": 2222}}, True),
        ("tcp_flow.destination_port in [22, 2222]", {"tcp_flow": {"destination_port": 23}}, False),
    ],
)
@pytest.mark.parametrize("effect", ["allow", "deny"])
def test_conditions(tmp_path: Path, condition: str, context: Mapping[str, Any], holds: bool, effect: str) -> None:
    assert allowed(tmp_path, condition, context, effect) is holds


def test_a_deny_does_not_fail_open_where_trust_data_is_missing(tmp_path: Path) -> None:
    """AWS's own forbid example (L16) is skipped without the identity; ours denies."""
    text = emitted(
        tmp_path,
        'allow "all" { when true } deny "posts" { when http_request.http_method == POST and "Administrator" not in okta.groups }',
    )
    answer = decide(parse_policies(text), {"http_request": {**HTTP, "http_method": "POST"}})
    assert (answer.decision, answer.failed) == (Decision.DENY, ())


@pytest.mark.parametrize(
    ("pattern", "value", "matches"),
    [
        ("\\*", "*", True),
        ("\\*", "a", False),
        ("a\\?", "a?", True),
        ("a\\?", "ab", False),
        ("\\\\\\\\*", "\\x", True),
        ("*.example.com", "x.example.com", True),
        ("*.example.com", "xexample.com", False),
        ("*", "", True),
        ("\\u{e4}*", "äb", True),
        ("a*", "a\nb", True),
        ('*\\"*', 'a"b', True),
    ],
)
def test_patterns(tmp_path: Path, pattern: str, value: str, matches: bool) -> None:
    assert allowed(tmp_path, f'okta.email like "{pattern}"', {"okta": {"email": value}}) is matches


def test_text_cannot_leave_its_comment_or_its_literal(tmp_path: Path) -> None:
    text = emitted(
        tmp_path,
        '/// first\n/// }; permit (principal, action, resource);\nallow "a // \\"; permit" { when okta.email == "\\" || true || \\"" }',
    )
    parsed = parse_policies(text)
    assert parsed.effects == ("permit",)
    assert decide(parsed, {"okta": {"email": "x"}}).decision is Decision.DENY
    assert decide(parsed, {"okta": {"email": '" || true || "'}}).decision is Decision.ALLOW


def test_only_the_portable_subset_is_emitted(tmp_path: Path) -> None:
    """Section 1.2: no extended `has`, no `isEmpty`, no variadic `isInRange`, no annotation, no constrained scope."""
    text = emitted(
        tmp_path,
        """allow "a" { when all okta.groups in ["x"] and exists idc.user.email.address and http_request.client_ip in ["10.0.0.0/8", "192.0.2.0/24"] }""",
    )
    assert "isEmpty" not in text and "@" not in text and "has idc.user" not in text
    assert text.count("isInRange(ip(") == text.count("isInRange(") == 2
    assert text.count("(principal, action, resource)") == 1


# --- the data -------------------------------------------------------------------------------------------------------

#: Section 2.3 to 2.5, typed from the reference.
DOCUMENTED = {
    "iam_identity_center": "user.user_id user.user_name user.email.address user.email.verified:bool groups:group* "
    "groups[].group_name",
    "oidc": "sub email name given_name middle_name family_name nickname preferred_username profile zoneinfo locale "
    "email_verified:bool exp:int updated_at:int groups* additional_user_context.aud additional_user_context.iss "
    "additional_user_context.sub additional_user_context.ver additional_user_context.exp:int "
    "additional_user_context.iat:int additional_user_context.groups*",
    "jamf": "iss sub iat:int exp:int groups* risk osv",
    "crowdstrike": "assessment.overall:int assessment.os:int assessment.sensor_config:int assessment.version cid jwk_url "
    "serial_number sub iat:int exp:int platform typ",
    "jumpcloud": "device.is_managed:bool durt_id iss org_id sub system iat:int exp:int",
}
REQUEST = {
    "http_request": "http_method hostname path query x_forwarded_for port user_agent client_ip",
    "tcp_flow": "destination_ip destination_port client_ip",
}
SPAN = Span("a.policy", 0, 1)


def test_every_documented_attribute_is_known() -> None:
    assert set(trust_types()) == set(DOCUMENTED)
    for kind, listed in DOCUMENTED.items():
        wanted = {}
        for item in listed.split():
            name, _, type_name = item.removesuffix("*").partition(":")
            wanted[name] = (type_name or "string", item.endswith("*"))
        found = {
            name: (entry["type"], entry.get("many", False)) for name, entry in trust_types()[kind].attributes.items()
        }
        assert found == wanted
        assert all(
            entry["doc"] and entry["source"].startswith("https://") for entry in trust_types()[kind].attributes.values()
        )
    names = {f"{root}.{name}" for root, listed in REQUEST.items() for name in listed.split()}
    assert set(TARGET.vocabulary().attributes) == names


def test_what_an_endpoint_sees(tmp_path: Path) -> None:
    text = HEAD + (
        "resource web: verified_access.endpoint { group: staff, protocol: https }\n"
        "resource shell: verified_access.endpoint { group: staff, protocol: tcp }\n"
    )
    (tmp_path / "a.policy").write_text(text, encoding="utf-8")
    diagnostics = Diagnostics()
    resources = build_program(tmp_path, [tmp_path / "a.policy"], {}, WORDS, diagnostics).resources
    assert list(diagnostics) == []
    roots = {
        name: {attribute.split(".")[0] for attribute in TARGET.scope(resources[f"a.policy#{name}"], resources)}
        for name in ("staff", "web", "shell")
    }
    trust = {"idc", "okta", "jamf", "crwd", "jumpcloud"}
    assert roots["staff"] == trust | {"http_request", "tcp_flow"}
    assert roots["web"] == trust | {"http_request"}
    assert roots["shell"] == trust | {"tcp_flow"}


def test_every_attribute_is_emitted_and_validated(tmp_path: Path) -> None:
    """Cedar's strict validator accepts one test of each attribute; it also finds each one that loses its guards."""
    (tmp_path / "a.policy").write_text(HEAD, encoding="utf-8")
    resources = build_program(tmp_path, [tmp_path / "a.policy"], {}, WORDS, Diagnostics()).resources
    staff = resources["a.policy#staff"]
    known = facts(staff, resources)
    samples = {"int": 1, "port": 1, "bool": True, "ip": "10.0.0.1", "http_method": "GET", "string": "x", "group": "g-1"}
    for fact in known.values():
        kind = str(fact.attribute.type)
        value = fact.attribute.values[0] if fact.attribute.values else samples[kind]
        constant = Constant(GROUP, value, Group(fact.group, "g-1")) if kind == "group" else Constant(Named(kind), value)
        test = Atom(fact.attribute, Op.EQ, (constant,), "any" if fact.attribute.many else "")
        document = emit_policy(policy_of(staff, test), known, "group")
        assert document.text.count(" has ") >= len(fact.path)


def policy_of(on: Resource, test: Atom) -> Policy:
    return Policy(
        "p", "verified_access", on, (Statement("allow", "a", None, None, (), None, test, span=SPAN),), "a.policy", SPAN
    )


def test_the_validator_sees_missing_guards_and_wrong_types(tmp_path: Path) -> None:
    (tmp_path / "a.policy").write_text(HEAD, encoding="utf-8")
    resources = build_program(tmp_path, [tmp_path / "a.policy"], {}, WORDS, Diagnostics()).resources
    staff = resources["a.policy#staff"]
    known = facts(staff, resources)
    test = Atom(known["jamf.risk"].attribute, Op.EQ, (Constant(Named("string"), "LOW"),))
    schema = context_schema(policy_of(staff, test), known)
    good = 'permit (principal, action, resource) when { context has jamf && context.jamf has risk && context.jamf.risk == "LOW" };'
    assert list(faults(good, good, schema)) == []
    for bad in (
        good.replace("context.jamf has risk && ", ""),
        good.replace('== "LOW"', "== 3"),
        good.replace("jamf.risk ==", "jamf.rsk =="),
        good.replace("};", "}"),
    ):
        assert list(faults(bad, bad, schema)) != []


def test_the_largest_statement_is_still_decided(tmp_path: Path) -> None:
    """At the bound on tests Cedar neither gives up nor does its answer get too deep to read."""
    values = " and ".join(f'okta.email != "{number}"' for number in range((MOST_TESTS - 2) // 3))
    text = emitted(tmp_path, f'allow "a" {{ when exists okta.sub and {values} }}')
    assert decide(parse_policies(text), {"okta": {"sub": "s", "email": "x"}}).decision is Decision.ALLOW
    assert decide(parse_policies(text), {"okta": {"sub": "s", "email": "3"}}).decision is Decision.DENY
    unknown = decide(parse_policies(text), {"okta": {"sub": "s"}}, [("okta", "email")])
    assert unknown.missing == (("okta", "email"),)


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    statements = (
        'allow "a" { when (finance in idc.groups or operators in okta.groups) and jamf.risk in ["LOW", "SECURE"] }'
    )
    assert emitted(tmp_path, statements) == emitted(tmp_path, statements)


def test_a_project_without_policies_has_no_documents() -> None:
    assert list(TARGET.emit(Program({}, {}, {}, (), (), (), ()), Diagnostics())) == []
