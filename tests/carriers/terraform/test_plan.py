"""Plans and states: `plan/plan.json` is what `terraform show -json` (1.11.4, provider 5.100.0) printed for `plan/main.tf`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent / "plan"
PLAN = (HERE / "plan.json").read_text(encoding="utf-8")
SECRET = "hunter2"


def line_of(text: str, words: str) -> int:
    return text[: text.index(words)].count("\n") + 1


def test_a_plan_by_itself(check: Any) -> None:
    checked = check(f"=== plan.json\n{PLAN}")
    _, marker, rest = PLAN.partition('"resource_changes"')
    deferred = line_of(PLAN, marker) + rest[: rest.index('"vpc-lattice-svcs:Invok"')].count("\n")
    method = [number for number, line in enumerate(PLAN.split("\n"), 1) if 'RequestMethod\\":\\"get' in line]
    changes = [number for number in method if number > line_of(PLAN, '"resource_changes"')][:2]
    assert checked.found == (
        f"plan.json:{deferred} invalid-action",
        *(f"plan.json:{number} value-never-matches" for number in changes),
    )
    # a text with one open part is open as a whole, and a sensitive one is not read
    assert {(item.name, item.reason) for item in checked.tally.unreadable} == {
        ("aws_iam_role_policy.open", "the document is known after apply"),
        ("aws_iam_role_policy.secret", "the document is sensitive"),
    }


def test_secrets_are_covered_where_reports_look(check: Any) -> None:
    assert SECRET in PLAN
    text = check(f"=== plan.json\n{PLAN}").sources["plan.json"].text
    assert SECRET not in text
    assert len(text) == len(PLAN) + (0 if PLAN.endswith("\n") else 1)
    assert json.loads(text)["format_version"] == "1.2"


def test_a_plan_beside_its_configuration_is_told_there(check: Any) -> None:
    source = (HERE / "main.tf").read_text(encoding="utf-8")
    checked = check(f"=== main.tf\n{source}=== plan.json\n{PLAN}")
    assert checked.found == (
        f"main.tf:{line_of(source, 'Invok')} invalid-action",
        f"main.tf:{line_of(source, chr(34) + 'get')} value-never-matches",
        f"main.tf:{line_of(source, 'Invoc')} invalid-action",
    )
    assert not [item for item in checked.tally.unreadable if item.file == "plan.json" and ".secret" not in item.name]


POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": "*", "Action": "vpc-lattice-svcs:Invok", "Resource": "*"},
    }
)


def state(**resource: Any) -> str:
    held = {
        "address": "module.a[0].aws_vpclattice_auth_policy.p",
        "mode": "managed",
        "type": "aws_vpclattice_auth_policy",
        "name": "p",
        "values": {"policy": POLICY, "resource_identifier": "svc-0123456789abcdef0"},
        **resource,
    }
    module = {"child_modules": [{"address": "module.a[0]", "resources": [held]}]}
    return json.dumps(
        {"format_version": "1.0", "terraform_version": "1.9.0", "values": {"root_module": module}}, indent=1
    )


def test_a_state(check: Any) -> None:
    text = state()
    assert f"state.json:{line_of(text, 'Invok')} invalid-action" in check(f"=== state.json\n{text}").found


@pytest.mark.parametrize("actions", [["delete"], ["forget"]])
def test_what_goes_away_is_not_judged(check: Any, actions: list[str]) -> None:
    change = {"actions": actions, "before": {"policy": POLICY}, "after": None, "after_unknown": {}}
    row = {"address": "aws_iam_policy.p", "mode": "managed", "type": "aws_iam_policy", "name": "p", "change": change}
    checked = check("=== plan.json\n" + json.dumps({"format_version": "1.2", "resource_changes": [row]}))
    assert checked.tally.documents == 0
    assert checked.found == ()


def test_an_unknown_element_of_a_list_is_a_hole_and_no_null(check: Any) -> None:
    statement = {"actions": ["s3:GetObject"], "resources": [None], "effect": None, "principals": [], "condition": []}
    change = {
        "actions": ["read"],
        "after": {"statement": [statement], "version": None},
        "after_unknown": {"json": True, "statement": [{"actions": [False], "resources": [True]}]},
    }
    row = {
        "address": "data.aws_iam_policy_document.d",
        "mode": "data",
        "type": "aws_iam_policy_document",
        "name": "d",
        "change": change,
    }
    checked = check("=== plan.json\n" + json.dumps({"format_version": "1.2", "resource_changes": [row]}))
    assert checked.found == ()
    assert (checked.tally.documents, checked.tally.unknown) == (1, 1)


def test_a_deferred_document_that_cannot_be_rebuilt_is_told(check: Any) -> None:
    text = PLAN.replace('"minified_json": true', '"other_json": true')
    assert text != PLAN
    lost = {item.name for item in check(f"=== plan.json\n{text}").tally.unreadable}
    assert "aws_vpclattice_auth_policy.orders" in lost


def test_a_version_that_nobody_knows_is_not_read(check: Any) -> None:
    checked = check('=== plan.json\n{"format_version": "7.0", "resource_changes": []}')
    assert [item.reason for item in checked.tally.unreadable] == ["its `format_version` is not known"]


def test_the_text_of_a_plan_for_people_is_refused() -> None:
    from policyc.carriers.embedded import Options
    from policyc.carriers.registry import carrier, recognized
    from policyc.diagnostics import Diagnostics
    from policyc.text import Source

    text = "Terraform will perform the following actions:\n\n  # aws_iam_policy.p will be created\n"
    assert recognized("plan.txt", text.encode()) == "terraform-plan"
    found = carrier("terraform-plan").carried(Source("plan.txt", text), Options(), Diagnostics())
    assert "terraform show -json" in found.unreadable[0].reason
    assert recognized("notes.txt", b"We run terraform by hand") == ""
