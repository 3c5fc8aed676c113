"""A declared group goes through a predicate's parameter, a `let` and a set, and stays of its kind: `group` is a type."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyc.diagnostics import Diagnostics
from policyc.targets.program import emit_documents, load_program

UUID = "b4c8e438-20a1-70b2-1111-5f0e6d3a9c11"
HEAD = f"""group finance = idc_group("{UUID}")
group ops = oidc_group("ops")
let known: set[group] = [finance]
resource staff: verified_access.group {{ trust: {{ idc: iam_identity_center, okta: oidc }} }}
predicate member(g: group) = g in idc.groups
predicate in_okta(g: group) = g in okta.groups
predicate some(g: set[group]) = any okta.groups in g
predicate mail(text: string) = okta.email == text
"""


def compile_text(folder: Path, condition: str) -> tuple[str, list[str]]:
    """The Cedar text of one allow and the names of the errors."""
    (folder / "a.policy").write_text(
        f'{HEAD}policy p for verified_access on staff {{ allow "a" {{ when {condition} }} }}\n', encoding="utf-8"
    )
    diagnostics = Diagnostics()
    program = load_program(folder, [folder / "a.policy"], {}, diagnostics)
    if diagnostics.has_errors:
        return "", [item.rule for item in diagnostics]
    (document,) = emit_documents(program, diagnostics)["verified_access"]
    return document.text, []


@pytest.mark.parametrize(
    ("condition", "test"),
    [
        ("member(finance)", f'context.idc.groups has "{UUID}"'),
        (f'member(idc_group("{UUID}"))', f'context.idc.groups has "{UUID}"'),
        ("in_okta(ops)", 'context.okta.groups.contains("ops")'),
        ("some([ops])", 'context.okta.groups.contains("ops")'),
        ("any idc.groups in known", f'context.idc.groups has "{UUID}"'),
    ],
)
def test_a_group_stands_for_its_id_wherever_it_is_passed(tmp_path: Path, condition: str, test: str) -> None:
    text, errors = compile_text(tmp_path, condition)
    assert errors == []
    assert test in text


@pytest.mark.parametrize(
    ("condition", "rule"),
    [("in_okta(finance)", "group-kind"), ("mail(ops)", "type-mismatch"), ('member("ops")', "type-mismatch")],
)
def test_a_group_of_another_kind_and_text_for_a_group_are_errors(tmp_path: Path, condition: str, rule: str) -> None:
    assert compile_text(tmp_path, condition) == ("", [rule])
