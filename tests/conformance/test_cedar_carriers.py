"""Cedar text beside policy files: whose text it is, what `[lint]` says of it, and how findings in it are silenced."""

from __future__ import annotations

import pytest

from policyc.diagnostics import Severity
from policyc.workspace.documents.native_settings import NativeSettings
from tests.cedar_texts import findings

OPEN = "(principal, action, resource)"
EMAIL = f'permit {OPEN}\nwhen {{ context.okta.email like "*@example.com" }};\n'
TRUST = {"okta": "oidc"}


def rules(text: str, settings: NativeSettings | None = None) -> list[str]:
    return [item.rule for item in findings(text, TRUST, settings=settings)]


@pytest.mark.parametrize(
    "settings",
    [
        NativeSettings(trust=TRUST, ignore=frozenset({"unverified-email"})),
        NativeSettings(trust=TRUST, select=frozenset({"everyone-allowed"})),
        NativeSettings(trust=TRUST, per_path=(("*.cedar", frozenset({"unverified-email"})),)),
    ],
)
def test_the_configuration_reaches_cedar_text(settings: NativeSettings) -> None:
    assert rules(EMAIL) == ["unverified-email"]
    assert rules(EMAIL, settings) == []


def test_doubts_of_the_reader_are_chosen_as_rules_are_and_its_errors_stay() -> None:
    doubt = f"permit {OPEN} when {{ context.http_request.port == 443 }};\n"
    chosen = NativeSettings(trust=TRUST, select=frozenset({"unverified-email"}))
    assert rules(doubt) == ["cedar-port-form"]
    assert rules(doubt, chosen) == []
    assert rules(doubt, NativeSettings(trust=TRUST, select=frozenset({"cedar-port-form"}))) == ["cedar-port-form"]
    wrong = f'permit {OPEN} when {{ context.http_request.method == "GET" }};\n'
    assert rules(wrong, chosen) == ["cedar-unknown-attribute"]


def test_a_severity_is_chosen_for_cedar_text_too() -> None:
    settings = NativeSettings(trust=TRUST, severity={"unverified-email": "info"})
    assert [item.severity for item in findings(EMAIL, settings=settings)] == [Severity.INFO]


@pytest.mark.parametrize(
    "text",
    [
        "// policyc: ignore-file[unverified-email] the provider verifies\n" + EMAIL,
        EMAIL.replace("\nwhen", "\n// policyc: ignore[unverified-email] the provider verifies\nwhen"),
        '@id("a")\n' + EMAIL.replace("};", "}; // policyc: ignore[unverified-email] the provider verifies"),
        '// policyc: ignore[unverified-email] the provider verifies\n// more words\n@id("a")\n' + EMAIL,
    ],
)
def test_comments_cover_the_text_the_line_or_the_statement(text: str) -> None:
    assert [rule for rule in rules(text) if rule != "cedar-outside-subset"] == []


def test_a_comment_on_the_text_stands_above_its_statements() -> None:
    text = EMAIL + "// policyc: ignore-file[unverified-email] the provider verifies\n"
    assert rules(text) == ["unverified-email", "malformed-suppression"]


def test_a_certain_error_stays_and_the_rule_of_a_document_goes() -> None:
    wrong = f"// policyc: trust jamf=jamf\n// policyc: ignore[cedar-unlike-kinds] meant\npermit {OPEN} when {{ context.jamf.risk == 1 }};\n"
    assert sorted(rules(wrong)) == ["cedar-unlike-kinds", "malformed-suppression"]
    spelled = f'// policyc: trust jamf=jamf\n// policyc: ignore[value-never-matches] meant\npermit {OPEN} when {{ context.jamf.risk == "low" }};\n'
    assert rules(spelled) == []
    dead = f'// policyc: trust jamf=jamf\n// policyc: ignore[condition-never-holds] a placeholder\npermit {OPEN} when {{ context.jamf.risk == "LOW" && context.jamf.risk == "HIGH" }};\n'
    assert rules(dead) == []


@pytest.mark.parametrize("root", ["saml", "connection", '"active-directory"', '"mutual-authentication"'])
def test_data_that_only_client_vpn_has_tells_whose_text_it_is(root: str) -> None:
    read = f"context[{root}]" if root.startswith('"') else f"context.{root}"
    text = f'permit {OPEN} when {{ {read}.x == "a" && context.jamf.risk == "LOW" }};\n'
    (item,) = findings(text)
    assert (item.rule, item.severity) == ("kind-guessed", Severity.INFO)
    assert "Client VPN" in item.message and "policyc: trust" in item.help


@pytest.mark.parametrize(
    ("test", "found"),
    [
        ("context.crowdstrike.assessment.overall > 150", ["value-never-matches"]),
        ('context.jamf.risk == "low"', ["value-never-matches"]),
        ('context.nowhere.x == "a"', ["cedar-unknown-root"]),
        ("context.jamf.diskEncryptionEnabled == true", []),  # in an example of AWS's guide, and in no list of it
        ("context.crowdstrike.assessment.overall > 80", []),
    ],
)
def test_text_of_client_vpn_is_held_against_its_own_data(test: str, found: list[str]) -> None:
    text = f'permit {OPEN} when {{ context has saml && context.saml.memberOf.contains("a") && {test} }};\n'
    assert [item.rule for item in findings(text) if item.rule != "kind-guessed"] == found


def test_request_data_is_that_of_verified_access() -> None:
    text = f'permit {OPEN} when {{ context has saml && context.http_request.http_method == "GET" }};\n'
    assert [item.rule for item in findings(text)] == ["cedar-trust-not-declared"]


def test_a_name_that_a_group_may_choose_tells_nothing() -> None:
    assert [item.rule for item in findings(f'permit {OPEN} when {{ context.jamf.risk == "LOW" }};\n')] == [
        "cedar-trust-not-declared"
    ]
    declared = f'// policyc: trust saml=oidc\npermit {OPEN} when {{ context.saml.groups.contains("a") }};\n'
    assert [item.rule for item in findings(declared)] == []
