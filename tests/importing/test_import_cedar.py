"""Cedar texts of Verified Access become policies of the language and are built as the same texts again."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyc.diagnostics import Diagnostics
from policyc.importing.documents import Imported, import_documents
from policyc.importing.drafts import Given
from policyc.importing.modules import Layout
from policyc.text import Source
from tests.importing.round_trip import ROOT, assert_laid_out, built

GOLDEN = sorted((Path(__file__).parent.parent / "golden" / "verified_access_emit" / "expected").glob("*.cedar"))
HEAD = "permit (principal, action, resource) when { "


def cedar(text: str, **trust: str) -> tuple[Imported | None, Diagnostics]:
    diagnostics = Diagnostics()
    given = [Given(Source("d.cedar", text), "", "", "d")]
    return import_documents(given, Layout(file="d.policy"), ROOT, diagnostics, trust), diagnostics


def policy(text: str, **trust: str) -> str:
    found, diagnostics = cedar(text, **trust)
    assert found is not None, [(item.message, item.span) for item in diagnostics]
    assert_laid_out(found)
    return found.files["d.policy"]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_texts_that_build_wrote_come_back_byte_by_byte(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found, diagnostics = cedar(text, **{"my-idp": "oidc"})
    assert found is not None and list(diagnostics) == []
    assert_laid_out(found)
    assert built(found) == {"d.cedar": text}


def test_denies_within_permits_are_denies_again() -> None:
    text = next(path for path in GOLDEN if path.stem == "staff_policy").read_text(encoding="utf-8")
    shown = policy(text)
    assert shown.count("\n  deny ") == 3
    assert '  /// They have not been mended for years.\n  deny "retired browsers" {\n' in shown


def test_comments_and_names_are_kept() -> None:
    shown = policy(
        "// policyc: trust idc=iam_identity_center\n// Only the front desk.\n// They sit in the hall.\n"
        + HEAD
        + '\n  // nobody else\n  context.idc.user.user_name == "desk"\n};\n// reviewed in May\n'
    )
    assert 'allow "Only the front desk."' in shown
    for line in ("/// They sit in the hall.", "/// nobody else", "/// reviewed in May"):
        assert line in shown
    assert "trust: { idc: iam_identity_center }" in shown


def test_an_id_is_the_label() -> None:
    assert 'allow "desk" {' in policy('@id("desk")\n' + HEAD + 'context.http_request.http_method == "GET" };')


def test_claims_get_the_type_that_they_are_compared_with() -> None:
    tests = 'context.okta.team == "a" && context.okta.roles.contains("b") && context.okta.level > 3 && context.okta.active == true'
    shown = policy(HEAD + tests + " };", okta="oidc")
    for claim in ("okta.team: string", "okta.roles: string_set", "okta.level: int", "okta.active: bool"):
        assert claim in shown


def test_a_forbid_that_could_fail_is_told_to_be_stricter() -> None:
    text = (
        HEAD
        + 'context.http_request.http_method == "GET" };\n// browsers\nforbid (principal, action, resource) when { context.http_request.user_agent like "*MSIE*" };'
    )
    found, _ = cedar(text)
    assert found is not None
    assert [item.stricter for item in found.policies] == [("browsers",)]


VPN = """// healthy
permit (principal, action, resource)
when
{
  context has crowdstrike &&
  context.crowdstrike has assessment &&
  context.crowdstrike.assessment has overall &&
  context.crowdstrike.assessment.overall > 50 &&
  context has connection &&
  context.connection has platform &&
  context.connection.platform == "windows" &&
  context has saml &&
  context.saml has memberOf &&
  context.saml.memberOf.contains("Engineering")
};
"""


def test_device_posture_policies_come_back_byte_by_byte() -> None:
    found, diagnostics = cedar(VPN)
    assert found is not None, list(diagnostics)
    assert built(found) == {"d.cedar": VPN}
    shown = found.files["d.policy"]
    assert "policy d for client_vpn on d_endpoint {" in shown
    for field in ("trust: [crowdstrike]", "login: [saml]", "signals: { connection.platform: string }"):
        assert field in shown


def test_data_that_no_endpoint_has_is_refused() -> None:
    found, diagnostics = cedar(VPN.replace("crowdstrike", "okta"))
    assert found is None
    assert {item.rule for item in diagnostics} == {"not-importable"}


@pytest.mark.parametrize(
    ("text", "rule", "at"),
    [
        (HEAD + 'context.corp.team == "a" };', "not-importable", "corp"),
        (
            HEAD + "context.http_request.path == context.http_request.hostname };",
            "not-importable",
            "context.http_request.path == context.http_request.hostname",
        ),
        (HEAD, "cedar-syntax", ""),
    ],
)
def test_what_cannot_be_said_is_refused_at_its_place(text: str, rule: str, at: str) -> None:
    found, diagnostics = cedar(text)
    assert found is None
    items = [(item.rule, text[item.span.start : item.span.end]) for item in diagnostics if item.span is not None]
    assert items and all(name == rule for name, _ in items)
    assert items[0][1] == at or not at
