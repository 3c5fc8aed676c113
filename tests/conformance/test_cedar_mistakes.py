"""The mistakes L01 to L32 that people make in Verified Access policies, each found in Cedar text, or why it cannot be.

The list is section 8 of the Verified Access reference.
"""

from __future__ import annotations

import pytest

from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.syntax.cedar_text import parse_cedar
from policyc.targets.verified_access.read.decide import judge
from policyc.text import Source
from tests.cedar_texts import findings as found_in

TRUST = {"idc": "iam_identity_center", "okta": "oidc", "jamf": "jamf", "crwd": "crowdstrike", "jumpcloud": "jumpcloud"}
GROUP = "c242c5b0-6081-1845-6fa8-6e0d9513c107"
OPEN = "(principal, action, resource)"


def permit(condition: str) -> str:
    return f"permit {OPEN}\nwhen {{ {condition} }};\n"


def forbid(condition: str) -> str:
    return f'permit {OPEN} when {{ context.idc.groups has "{GROUP}" }};\nforbid {OPEN} when {{ {condition} }};\n'


def findings(text: str, trust: dict[str, str] | None = None) -> list[Diagnostic]:
    diagnostics = Diagnostics()
    diagnostics.extend(found_in(text, TRUST if trust is None else trust))
    return diagnostics.sorted()


def rules(text: str) -> set[str]:
    return {item.rule for item in findings(text) if item.severity is not Severity.INFO}


#: id, text, rule, the piece of text that the finding points at
FOUND = [
    (
        "L01",
        permit('context.idc.user.email.address.contains("@example.com")'),
        "cedar-type-mismatch",
        "context.idc.user.email.address.contains",
    ),
    ("L02", permit("context.jumpcloud.org_id == 'abc'"), "cedar-quotes", "'abc'"),
    ("L02", permit("context.jumpcloud.org_id == “abc”"), "cedar-quotes", "“abc”"),
    (
        "L03",
        permit('context.idc.groups.contains("finance")'),
        "cedar-type-mismatch",
        'context.idc.groups.contains("finance")',
    ),
    ("L04", permit('context.idc.groups has "finance"'), "cedar-group-name", '"finance"'),
    ("L05", permit('context.okta.groups has "finance"'), "cedar-type-mismatch", 'context.okta.groups has "finance"'),
    ("L05", permit('context.okta.groups == "finance"'), "cedar-unlike-kinds", 'context.okta.groups == "finance"'),
    ("L06", permit(f'context.idc.user.groups has "{GROUP}"'), "cedar-unknown-attribute", "groups"),
    ("L06", permit('context.idc.email == "a@example.com"'), "cedar-unknown-attribute", "email"),
    ("L06", permit('context.okta.claims.department == "x"'), "cedar-wrapped-claims", "claims"),
    ("L07", permit('context.identity.email == "a@example.com"'), "cedar-unknown-root", "identity"),
    (
        "L08",
        permit('context.jamf.risk in ["LOW", "SECURE"]'),
        "cedar-type-mismatch",
        'context.jamf.risk in ["LOW", "SECURE"]',
    ),
    (
        "L09",
        permit('context.crwd.assessment.overall == "pass"'),
        "cedar-unlike-kinds",
        'context.crwd.assessment.overall == "pass"',
    ),
    ("L09", permit("context.crwd.overall_assessment > 50"), "cedar-unknown-attribute", "overall_assessment"),
    ("L10", permit("context.crwd.assessent.overall > 50"), "cedar-unknown-attribute", "assessent"),
    ("L10", permit('context.http_request.method == "GET"'), "cedar-unknown-attribute", "method"),
    ("L11", permit("context.time.hour > 8"), "cedar-unknown-root", "time"),
    ("L11", permit('context.http_request.country == "DE"'), "cedar-unknown-attribute", "country"),
    ("L12", permit('context.okta.email.endsWith("@example.com")'), "cedar-unknown-method", "endsWith"),
    ("L12", permit('context.okta.email.toLower() == "x"'), "cedar-unknown-method", "toLower"),
    ("L12", permit("context.okta.exists()"), "cedar-unknown-method", "exists"),
    ("L13", '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]}', "cedar-not-cedar", "{"),
    ("L13", '"permit (principal, action, resource);"', "cedar-not-cedar", '"'),
    ("L14", permit('context.idc.user.email != ""'), "cedar-unlike-kinds", 'context.idc.user.email != ""'),
    ("L15", f"permit {OPEN};", "everyone-allowed", "permit"),
    ("L15", permit("true"), "everyone-allowed", "permit"),
    ("L15", permit('context.http_request.http_method != "INVALID_METHOD"'), "value-never-matches", '"INVALID_METHOD"'),
    ("L15", permit("principal in [principal]"), "cedar-always-true", "principal in"),
    ("L15", permit("context has idc && context.idc.user has user_id"), "everyone-allowed", "context"),
    (
        "L16",
        forbid('context has jamf && context.jamf has osv && decimal(context.jamf.osv).lessThan(decimal("14.0"))'),
        "cedar-forbid-fails-open",
        "decimal(context.jamf.osv)",
    ),
    (
        "L16",
        forbid("context has crwd && context.crwd has exp && context.crwd.exp * 10000000000000 > 300"),
        "cedar-forbid-fails-open",
        "context.crwd.exp * 10000000000000",
    ),
    ("L16", forbid("context.http_request.port > 1024"), "cedar-forbid-fails-open", "context.http_request.port"),
    (
        "L16",
        forbid('ip(context.http_request.hostname).isInRange(ip("10.0.0.0/8"))'),
        "cedar-forbid-fails-open",
        "ip(context.http_request.hostname)",
    ),
    (
        "L16",
        forbid('context.http_request.http_method == "POST" && !(context.okta.groups.contains("Administrator"))'),
        "cedar-forbid-fails-open",
        "context.okta",
    ),
    (
        "L17",
        permit(f'context.jamf.risk == "LOW" || context.idc.groups has "{GROUP}"'),
        "cedar-permit-dies",
        "context.jamf",
    ),
    (
        "L18",
        permit('context.idc.user.email.address like "*example.com" && context.idc.user.email.verified'),
        "email-pattern-without-domain",
        '"*example.com"',
    ),
    (
        "L19",
        permit('context.http_request.user_agent like "*Firefox*"'),
        "client-controlled-data",
        "context.http_request.user_agent",
    ),
    (
        "L20",
        permit('ip(context.http_request.x_forwarded_for).isInRange(ip("10.0.0.0/8"))'),
        "cedar-address-list",
        "ip(context.http_request.x_forwarded_for)",
    ),
    (
        "L20",
        forbid(
            'context.http_request has x_forwarded_for && ip(context.http_request.x_forwarded_for).isInRange(ip("10.0.0.0/8"))'
        ),
        "cedar-address-list",
        "ip(context.http_request.x_forwarded_for)",
    ),
    ("L21", permit('context.http_request.client_ip == "10.0.0.0/8"'), "value-never-matches", '"10.0.0.0/8"'),
    (
        "L21",
        permit('["10.0.0.300", "10.0.0.3"].contains(context.http_request.client_ip)'),
        "value-never-matches",
        '"10.0.0.300"',
    ),
    (
        "L21",
        permit('context.http_request.client_ip like "10.1.*"'),
        "cedar-address-as-text",
        'context.http_request.client_ip like "10.1.*"',
    ),
    ("L22", permit('context.jamf.osv > "14.0"'), "cedar-type-mismatch", 'context.jamf.osv > "14.0"'),
    (
        "L22",
        permit('decimal(context.jamf.osv).greaterThan(decimal("14.0"))'),
        "cedar-may-fail",
        "decimal(context.jamf.osv)",
    ),
    (
        "L23",
        permit('context has jamf && context.jamf has risk && context.jamf.risk like "low*"'),
        "value-never-matches",
        'context.jamf.risk like "low*"',
    ),
    ("L23", permit('context.jamf.risk == "low"'), "value-never-matches", '"low"'),
    ("L23", permit('["LOW", "Medium"].contains(context.jamf.risk)'), "value-never-matches", '"Medium"'),
    ("L23", permit('context.crwd.platform == "Windows"'), "value-never-matches", '"Windows"'),
    (
        "L24",
        permit("context.tcp_flow.destination_port == 22"),
        "cedar-port-form",
        "context.tcp_flow.destination_port == 22",
    ),
    ("L24", permit('context.http_request.port == "443"'), "cedar-port-form", 'context.http_request.port == "443"'),
    (
        "L24",
        permit('context.http_request.port == 443 || context.http_request.port == "8443"'),
        "cedar-port-form",
        "context.http_request.port == 443",
    ),
    (
        "L24",
        permit('context.http_request.port == 443 || context.http_request.port == "8443"'),
        "cedar-port-form",
        'context.http_request.port == "8443"',
    ),
    (
        "L25",
        permit('["a@x.example"].contains(context.idc.user.email.address) || context.idc.user.email.verified'),
        "unverified-email",
        '["a@x.example"].contains',
    ),
    (
        "L25",
        permit('context.idc.user.email.address == "a@x.example" && context.idc.user.email.verified == false'),
        "unverified-email",
        "context.idc.user.email.address ==",
    ),
    (
        "L25",
        permit(
            '(context.okta.email == "a@x.example" && context.okta.email_verified) || context.okta.email == "b@x.example"'
        ),
        "unverified-email",
        "context.okta.email ==",
    ),
    (
        "L25",
        permit('context.okta.email like "*@example.com"'),
        "unverified-email",
        'context.okta.email like "*@example.com"',
    ),
    ("L26", 'permit (principal == User::"a", action, resource);', "cedar-outside-subset", 'principal == User::"a"'),
    ("L26", "permit (principal == ?principal, action, resource);", "cedar-outside-subset", "principal == ?principal"),
    ("L26", permit('principal != User::"alice"'), "cedar-outside-subset", 'principal != User::"alice"'),
    ("L26", forbid('context has jamf || action in Action::"x"'), "cedar-outside-subset", 'action in Action::"x"'),
    (
        "L26",
        f'{permit("true")}forbid (principal == User::"a", action, resource);',
        "cedar-outside-subset",
        'principal == User::"a"',
    ),
    ("L27", permit('context.my-idp.email == "x"'), "cedar-attribute-name", "my-idp"),
    ("L27", permit('context.okta.cognito:groups.contains("x")'), "cedar-attribute-name", "cognito:groups"),
    ("L29", permit("${maintenance_mode} == false"), "template-in-text", "${maintenance_mode}"),
    ("L29", permit("false == false"), "cedar-always-true", "false == false"),
    ("L29", permit('context.idc.groups has "%GROUP_ID%"'), "template-in-text", '"%GROUP_ID%"'),
    ("L29", permit('context.idc.groups has "$(GROUP_ID)"'), "template-in-text", '"$(GROUP_ID)"'),
    ("L29", permit('context.idc.groups has "@@GROUP_ID@@"'), "template-in-text", '"@@GROUP_ID@@"'),
    ("L32", permit('principal == User"ana"'), "cedar-syntax", 'User"ana"'),
    ("L32", permit('action in [Action"GET"]'), "cedar-syntax", 'Action"GET"'),
    ("L29", permit('context.crwd.cid == "{{ customer }}"'), "template-in-text", '"{{ customer }}"'),
    ("L29", permit('context.<ref>.risk == "LOW"'), "template-in-text", "<ref>"),
    ("L29", permit("context.crwd.assessment.overall > <threshold>"), "template-in-text", "<threshold>"),
    ("L30", permit('context.jamf.risk == "LOW"') * 2, "redundant-statement", "permit"),
    (
        "L30",
        permit('context.jamf.risk == "LOW"') + permit('context.jamf.osv like "14.*" && context.jamf.risk == "LOW"'),
        "redundant-statement",
        "permit",
    ),
    (
        "L30",
        permit('context.jamf.risk == "LOW" && context.jamf.risk == "SECURE"'),
        "condition-never-holds",
        'context.jamf.risk == "SECURE"',
    ),
    (
        "L30",
        permit("context.crwd.assessment.overall > 100"),
        "value-never-matches",
        "context.crwd.assessment.overall > 100",
    ),
    (
        "L30",
        permit("context.crwd.assessment.overall > 80 && context.crwd.assessment.overall < 50"),
        "condition-never-holds",
        "context.crwd.assessment.overall < 50",
    ),
    (
        "L30",
        permit("context.crwd.assessment.overall >= -5"),
        "value-never-matches",
        "context.crwd.assessment.overall >= -5",
    ),
    ("L31", permit('context.http_request.path like "/admin*"'), "path-slash-undecided", "context.http_request.path"),
    ("L32", permit('actor.user.email == "x"'), "cedar-unknown-variable", "actor"),
    ("L32", permit('user.email == "x"'), "cedar-unknown-variable", "user"),
    ("L32", permit('principal.email == "x"'), "cedar-no-entities", "email"),
]


@pytest.mark.parametrize(
    ("name", "text", "rule", "place"), FOUND, ids=[f"{row[0]}-{row[2]}-{at}" for at, row in enumerate(FOUND)]
)
def test_the_mistake_is_found(name: str, text: str, rule: str, place: str) -> None:
    found = [item for item in findings(text) if item.rule == rule and item.severity is not Severity.INFO]
    assert found, [item.rule for item in findings(text)]
    pointed = [text[item.span.start : item.span.end] for item in found if item.span is not None]
    assert any(shown.startswith(place) for shown in pointed), pointed
    assert all(item.help for item in found)


def test_every_mistake_has_its_test() -> None:
    # L28 (a missing group or endpoint policy) is a matter of two documents: see the test below.
    assert {row[0] for row in FOUND} | {"L28"} == {f"L{number:02d}" for number in range(1, 33)}


def test_l28_cannot_be_seen_in_one_document() -> None:
    """Whether the other policy of a pair exists is not in the text; asking a request with the pair tells."""
    source = Source("endpoint.cedar", permit('context.jamf.risk == "LOW"'))
    assert rules(source.text) == set()
    document = parse_cedar(source, Diagnostics())
    assert document is not None
    outcome = judge(None, (source, document), {"jamf": {"risk": "LOW"}}, ())
    assert outcome.decision == "deny"
    assert outcome.gates[0].switches == ("endpoint-policy-alone",)


#: policies that AWS and others publish as right; nothing serious may be said of them
CLEAN = [
    permit(f'context.idc.groups has "{GROUP}" && context.idc.user.email.verified == true'),
    permit(
        'context.okta.groups.contains("finance") && context.okta.email_verified == true && context.jamf.risk == "LOW"'
    ),
    permit("context.crwd.assessment.overall > 50"),
    permit('["LOW", "SECURE"].contains(context.jamf.risk)'),
    permit(
        f'context.idc.groups has "{GROUP}" && ((context has jamf && context.jamf has risk && context.jamf.risk == "LOW") || '
        "(context has crwd && context.crwd has assessment && context.crwd.assessment has overall && "
        "context.crwd.assessment.overall > 50))"
    ),
    forbid('ip(context.http_request.client_ip).isInRange(ip("10.0.0.0/8"))'),
    forbid('!(context has okta && context.okta has groups && context.okta.groups.contains("Administrator"))'),
    forbid('!(context has okta) || !(context.okta has groups) || !(context.okta.groups.contains("Administrator"))'),
    permit('["22", 22].contains(context.tcp_flow.destination_port)'),
    permit('context.http_request.path like "/app*" || context.http_request.path like "app*"'),
    permit('context.okta["https://example.com/role"] == "admin"'),
    # AWS's example for either of two devices: the key of the provider alone is asked for
    permit(
        f'context.idc.groups has "{GROUP}" && ((context has "crwd" && context.crwd.assessment.overall > 50) || '
        '(context has "jamf" && context.jamf.risk == "LOW"))'
    ),
    # one address is for a group of people, the other way in needs none
    permit(
        f'context.idc.groups has "{GROUP}" || (context.idc.user.email.address like "*@example.com" && '
        "context.idc.user.email.verified)"
    ),
    permit(
        'context.okta.email_verified && (context.okta.email like "*@a.example" || context.okta.email like "*@b.example")'
    ),
    permit(
        "context has crwd && context.crwd has exp && context.crwd has iat && context.crwd.exp - context.crwd.iat > 60"
    ),
    permit('context has http_request && context.http_request.hostname == "a"'),
]


@pytest.mark.parametrize("text", CLEAN)
def test_right_policies_are_left_alone(text: str) -> None:
    assert rules(text) == set()


def test_without_declared_providers_the_gap_is_said() -> None:
    found = findings(permit('context.jamf.risk == "low"'), {})
    assert [(item.rule, item.severity) for item in found] == [("cedar-trust-not-declared", Severity.INFO)]
    assert "`// policyc: trust jamf=jamf`" in found[0].help


def test_a_comment_declares_providers() -> None:
    text = '// policyc: trust dev=jamf "my-idp"=oidc\n' + permit(
        'context.dev.risk == "low" || context["my-idp"].x == 1'
    )
    assert "value-never-matches" in {item.rule for item in findings(text, {})}
    assert "cedar-unknown-root" not in {item.rule for item in findings(text, {})}


@pytest.mark.parametrize(
    ("comment", "rule"),
    [
        ("// policyc: trust idc=iam_identity_centre", "unknown-trust-type"),
        ("// policyc: trust", "cedar-trust-comment"),
        ("// policyc: trust idc", "cedar-trust-comment"),
        ("// policyc: trust http_request=oidc", "reserved-reference"),
    ],
)
def test_a_wrong_declaration_is_reported(comment: str, rule: str) -> None:
    assert rule in {item.rule for item in findings(f"{comment}\n{permit('context.http_request.port == 1')}", {})}


def test_a_forbid_that_cannot_fire() -> None:
    assert rules(forbid("false")) == {"cedar-always-false"}
    assert rules(permit("!true")) == {"cedar-always-false"}
    chosen = 'if context.http_request.port == 443 then context.http_request.http_method == "GET" else false'
    assert "cedar-always-false" not in rules(permit(chosen))
    assert "cedar-always-false" in rules(permit(chosen.replace("else false", "else 1 > 2")))
    assert rules(forbid("true")) == {"allow-covered-by-deny"}
    assert "allow-covered-by-deny" in rules(
        permit('context.jamf.risk == "LOW"') + f'forbid {OPEN} when {{ context.jamf.risk == "LOW" }};'
    )


def test_several_statements_can_be_wrong_at_once() -> None:
    text = permit("'a' == 1") + permit("user.x") + permit("context.a.startsWith(1)")
    assert [item.rule for item in findings(text)] == ["cedar-quotes", "cedar-unknown-variable", "cedar-unknown-method"]


def test_a_missing_semicolon_has_a_fix() -> None:
    text = f"permit {OPEN}\npermit {OPEN};"
    (found,) = [item for item in findings(text) if item.severity is Severity.ERROR]
    assert (found.rule, found.fix is not None) == ("cedar-missing-semicolon", True)
    assert found.span is not None and found.span.start == len(f"permit {OPEN}")


IGNORED = permit('context.okta.email like "*@example.com"')


@pytest.mark.parametrize(
    "text",
    [
        "// policyc: ignore[unverified-email] the provider verifies every address\n" + IGNORED,
        IGNORED.replace("};", "}; // policyc: ignore[unverified-email] the provider verifies every address"),
    ],
)
def test_a_doubt_can_be_silenced_with_a_reason(text: str) -> None:
    assert rules(IGNORED) == {"unverified-email"}
    assert rules(text) == set()


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("// policyc: ignore[unverified-email]", {"suppression-without-reason"}),
        ("// policyc: ignore[cedar-port-form] because", {"unused-suppression", "unverified-email"}),
        ("// policyc: ignore[cedar-nothing] because", {"suppression-of-unknown-rule", "unverified-email"}),
        ("// policyc: ignore it", {"malformed-suppression", "unverified-email"}),
    ],
)
def test_a_wrong_suppression_is_reported(comment: str, expected: set[str]) -> None:
    assert rules(f"{comment}\n{IGNORED}") == expected


def test_a_suppression_ends_with_its_statement() -> None:
    text = "// policyc: ignore[unverified-email] verified upstream\n" + IGNORED
    assert rules(text + IGNORED.replace("example.com", "example.org")) == {"unverified-email"}


def test_a_test_for_one_provider_guards_no_other() -> None:
    assert "cedar-permit-dies" in rules(permit("context has jamf && context.crwd.assessment.overall > 50"))
    for right in ("context has crwd", 'context.jamf.risk == "LOW"', 'context has jamf && context.jamf.risk == "LOW"'):
        assert "cedar-permit-dies" not in rules(permit(f"{right} && context.crwd.assessment.overall > 50"))


def test_a_text_for_http_and_tcp_has_to_ask_which_it_has() -> None:
    bare = 'context.http_request.http_method == "GET" || context.tcp_flow.destination_ip == "10.0.0.1"'
    assert "cedar-permit-dies" in rules(permit(bare))
    asked = bare.replace("context.http", "context has http_request && context.http", 1)
    asked = asked.replace("context.tcp", "context has tcp_flow && context.tcp", 1)
    assert "cedar-permit-dies" not in rules(permit(asked))


def test_a_key_that_brings_its_data_is_noted_for_permits_and_counts_nothing_for_forbids() -> None:
    alternatives = (
        'context has crwd && context.crwd.assessment.overall > 50 || context has jamf && context.jamf.risk == "LOW"'
    )
    noted = [item for item in findings(permit(alternatives)) if item.rule == "cedar-permit-dies"]
    assert [item.severity for item in noted] == [Severity.INFO]
    assert "AWS's own example" in noted[0].message
    assert "cedar-forbid-fails-open" in rules(forbid(alternatives))
    # an OIDC provider may leave out any claim, and request data is not a device's
    for either in (
        'context has okta && context.okta.email == "x" || context has jamf',
        'context has http_request && context.http_request.query == "x" || context has tcp_flow',
    ):
        assert "cedar-permit-dies" in rules(permit(either))


def test_a_trailing_comma_is_newer_than_what_is_documented() -> None:
    for text in (permit('["a",].contains(context.http_request.hostname)'), "permit (principal, action, resource,);"):
        spans = [item.span for item in findings(text) if item.message.startswith("a comma")]
        assert [text[span.start : span.end] for span in spans if span is not None] == [","]
    assert not [
        item for item in findings(permit('["a"].contains(context.jamf.risk)')) if item.message.startswith("a comma")
    ]


def test_an_address_in_a_list_of_texts_is_noted_too() -> None:
    """But not one of IPv4, which has one spelling: AWS's own example compares it so."""
    text = permit('["10.1.2.3", "2001:db8::7"].contains(context.http_request.client_ip)')
    assert [(item.rule, item.severity) for item in findings(text)] == [("cedar-address-as-text", Severity.INFO)]
    for test in (
        '["10.1.2.3"].contains(context.http_request.client_ip)',
        'context.http_request.client_ip == "192.0.2.16"',
    ):
        assert findings(permit(f'context.okta.groups.contains("a") && {test}')) == []


@pytest.mark.parametrize(("second", "count"), [("/admin*", 1), ("/root*", 2)])
def test_what_statements_repeat_is_said_once(second: str, count: int) -> None:
    """A deny that is written into every permit is one doubt; another test is another one."""
    path = "context.http_request.path"
    deny = f'!(context has http_request && context.http_request has path && {path} like "{{}}")'
    text = "\n".join(
        permit(f'context.idc.groups has "{at}{GROUP[1:]}" && {deny.format(pattern)}')
        for at, pattern in enumerate(("/admin*", second))
    )
    assert [item.rule for item in findings(text)].count("path-slash-undecided") == count


@pytest.mark.parametrize(("operands", "severity"), [(25_001, Severity.ERROR), (10_001, Severity.WARNING), (300, None)])
def test_a_condition_without_end_is_refused_or_not_looked_into(operands: int, severity: Severity | None) -> None:
    text = permit(f"context has idc && {' && '.join(['true'] * operands)}")
    found = {item.severity for item in findings(text) if item.rule == "cedar-too-long"}
    assert found == ({severity} if severity is not None else set())
