"""Identity Center groups go by the ids that the Identity Store writes; a placeholder for one is a template, not a name.

The form is `([0-9a-f]{10}-|)` and a UUID in either case: https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_Group.html
"""

from __future__ import annotations

import pytest

from policyc.diagnostics import Severity
from policyc.model.literals import misfit
from policyc.model.types import shapes
from tests.cedar_texts import findings

LOWER = "b4c8e438-20a1-70b2-1111-5f0e6d3a9c11"
TRUST = {"idc": "iam_identity_center", "jamf": "jamf", "idp": "oidc"}


def found(condition: str) -> dict[str, Severity]:
    found = findings(f"permit (principal, action, resource) when {{ {condition} }};\n", TRUST)
    return {item.rule: item.severity for item in found}


@pytest.mark.parametrize(
    "text",
    [
        LOWER,
        LOWER.upper(),
        f"0a1b2c3d4e-{LOWER}",
        f"0a1b2c3d4e-{LOWER.upper()}",
        "B4C8E438-20a1-70B2-1111-5f0e6d3a9c11",
    ],
)
def test_an_id_of_the_identity_store_is_taken(text: str) -> None:
    assert misfit(shapes()["idc_group_id"], text) is None
    assert Severity.ERROR not in found(f'context.idc.groups has "{text}"').values()


@pytest.mark.parametrize(
    "text",
    [
        "finance",
        f"0A1B2C3D4E-{LOWER}",
        f"0a1b2c3d4-{LOWER}",
        f"-{LOWER}",
        LOWER[:-1],
        f"{LOWER} ",
        LOWER.replace("-", ""),
    ],
)
def test_anything_else_is_none(text: str) -> None:
    assert misfit(shapes()["idc_group_id"], text) is not None
    assert found(f'context.idc.groups has "{text}"')["cedar-group-name"] is Severity.ERROR


@pytest.mark.parametrize(
    "condition",
    [
        'context.idc.groups has "${finance_group_id}"',
        'context.idc.groups has "{{ .Values.group }}"',
        'context.idc.groups has "<finance group id>"',
        'context.idc.groups["${finance}"].group_name == "finance"',
        'context.jamf.risk == "${level}"',
        '["LOW", "{{level}}"].contains(context.jamf.risk)',
        'context["${reference}"].level == "a"',
        'context has "${reference}"',
        'ip(context.http_request.client_ip).isInRange(ip("${office}"))',
        '"${maintenance}" == "true"',
        'context.http_request.http_method == "%{method}"',
        'context.http_request.client_ip == "${address}"',
    ],
)
def test_a_placeholder_is_told_as_such_and_nothing_is_decided_on_it(condition: str) -> None:
    told = found(condition)
    assert told.pop("template-in-text") is Severity.WARNING
    assert told.keys() <= {"cedar-address-as-text"}, "the comparison as text is a note of its own"
