"""Claims of OIDC providers in Cedar text: kinds are doubts until a sample tells them, and what the sample lacks is found.

Observed: Cognito sends `"email_verified": "true"`, Auth0 `updated_at` as a date, single groups come as text. AWS calls its own samples
illustrative (https://docs.aws.amazon.com/verified-access/latest/ug/trust-data.html).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.text import Source, Span
from tests.cedar_texts import findings as found_in

SAMPLE = {
    "sub": "u1",
    "email": "u1@example.com",
    "email_verified": "true",
    "updated_at": "2026-11-01T08:00:00Z",
    "group_membership": ["ops"],
    "roles": [],
    "address": {"country": "DE"},
    "cleared": None,
    "level": 3,
}


def findings(condition: str, *, sample: object = None, effect: str = "permit", head: str = "") -> list[Diagnostic]:
    diagnostics = Diagnostics()
    samples = {} if sample is None else {"idp": Source("claims.json", json.dumps(sample))}
    text = f"{head}{effect} (principal, action, resource) when {{ {condition} }};\n"
    diagnostics.extend(found_in(text, {"idp": "oidc", "idc": "iam_identity_center"}, samples))
    return diagnostics.sorted()


def told(condition: str, **given: object) -> dict[str, Severity]:
    return {item.rule: item.severity for item in findings(condition, **given)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("condition", "rule"),
    [
        ('context.idp.email_verified == "true"', "cedar-unlike-kinds"),
        ('context.idp.email_verified != "false"', "cedar-unlike-kinds"),
        ('context.idp.updated_at like "2026-*"', "cedar-type-mismatch"),
        ('context.idp.groups == "ops"', "cedar-unlike-kinds"),
        ('context.idp.groups like "*ops*"', "cedar-type-mismatch"),
        ('context.idp.email.contains("x")', "cedar-type-mismatch"),
        ("context.idp.sub > 5", "cedar-type-mismatch"),
        ('context.idp.additional_user_context.aud.contains("app")', "cedar-type-mismatch"),
        ('context.idp.additional_user_context == "x"', "cedar-unlike-kinds"),
        ('["1", "2"].contains(context.idp.exp)', "cedar-unlike-kinds"),
    ],
)
def test_a_kind_that_only_samples_show_is_a_doubt(condition: str, rule: str) -> None:
    assert told(condition)[rule] is Severity.WARNING
    silenced = findings(condition, head=f"// policyc: ignore[{rule}] our provider sends it so\n")
    assert not [item for item in silenced if item.rule in (rule, "unused-suppression", "malformed-suppression")]


@pytest.mark.parametrize(
    "condition",
    [
        'context.idp.email like "*@example.com" && [true, "true"].contains(context.idp.email_verified)',
        'context.idp.email_verified == true || context.idp.email_verified == "true"',
        '["ops"].contains(context.idp.level)',
    ],
)
def test_what_takes_both_kinds_or_is_in_no_sample_is_silent(condition: str) -> None:
    assert told(condition) == {}


def test_documented_data_stays_certain() -> None:
    assert told('context.idc.user.email.verified == "true"')["cedar-unlike-kinds"] is Severity.ERROR
    assert told('context.idp.email in ["a@example.com"]')["cedar-type-mismatch"] is Severity.ERROR
    comment = "// policyc: ignore[cedar-unlike-kinds] no\n"
    rules = [item.rule for item in findings('context.idc.user.email.verified == "true"', head=comment)]
    assert sorted(rules) == ["cedar-unlike-kinds", "malformed-suppression"]


# --- samples --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('context.idp.email_verified == "true"', {}),
        ("context.idp.email_verified == true", {"cedar-unlike-kinds": Severity.ERROR}),
        ('context.idp.updated_at like "2026-*"', {}),
        ('context.idp.level == "gold"', {"cedar-unlike-kinds": Severity.ERROR}),
        ('context.idp.address.country == "DE"', {}),
        ('context.idp.roles.contains("x")', {}),
        ('context.idp.cleared == "x"', {}),
        ('context.idp.groups.contains("ops")', {"claim-not-in-sample": Severity.WARNING}),
        ('context.idp.address.zip == "1"', {"claim-not-in-sample": Severity.WARNING}),
        ('context.idp has groups && context.idp.groups.contains("ops")', {"claim-not-in-sample": Severity.WARNING}),
    ],
)
def test_a_sample_tells_kinds_and_names(condition: str, expected: dict[str, Severity]) -> None:
    assert told(condition, sample=SAMPLE) == expected


def test_the_nearest_name_of_the_sample_is_offered_and_is_right() -> None:
    (item,) = findings('context.idp.emial == "u1@example.com" && context.idp.email_verified == "true"', sample=SAMPLE)
    assert (item.rule, item.help) == ("claim-not-in-sample", "did you mean `email`?")
    assert not findings('context.idp.email == "u1@example.com" && context.idp.email_verified == "true"', sample=SAMPLE)


@pytest.mark.parametrize(
    ("sample", "rule"),
    [
        (["a"], "malformed-sample"),
        ({"score": 1.5}, "malformed-sample"),
        ({"__entity": {"type": "A"}}, "malformed-sample"),
    ],
)
def test_a_sample_that_cedar_cannot_hold_is_refused(sample: object, rule: str) -> None:
    assert told('context.idp.sub == "u1"', sample=sample)[rule] is Severity.ERROR


def test_only_oidc_providers_have_samples() -> None:
    diagnostics = Diagnostics()
    text = (
        'permit (principal, action, resource) when { context.idc.groups has "b4c8e438-20a1-70b2-1111-5f0e6d3a9c11" };'
    )
    diagnostics.extend(found_in(text, {"idc": "iam_identity_center"}, {"idc": Source("claims.json", "{}")}))
    assert [item.rule for item in diagnostics] == ["closed-trust-type"]


def test_a_comment_names_a_sample(tmp_path: Path) -> None:
    opened: list[str] = []

    def open_file(name: str, span: Span, diagnostics: Diagnostics) -> Source | None:
        opened.append(name)
        return Source(name, json.dumps(SAMPLE))

    text = '// policyc: claims "my-idp"=samples/idp.json\npermit (principal, action, resource) when { context["my-idp"].level == 3 };'
    diagnostics = Diagnostics()
    diagnostics.extend(found_in(text, None, None, open_file))
    assert not list(diagnostics) and opened == ["samples/idp.json"], "the sample declares the provider as well"
    diagnostics = Diagnostics()
    diagnostics.extend(found_in(text.replace("idp.json", "idp.json and more"), None, None, open_file))
    assert "cedar-trust-comment" in {item.rule for item in diagnostics}
