"""One finding for one mistake: what follows from a wrong value is not said beside it, unless the cause is left out of the findings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.lint.raw.rules import lint_documents
from policyc.lint.registry import Settings
from policyc.syntax.json_text import parse_json
from policyc.targets.iam_documents.kinds import KINDS
from policyc.targets.iam_documents.read import read_policy
from policyc.text import Source


def found(effect: str, condition: dict[str, Any], *, ignored: tuple[str, ...] = ()) -> list[str]:
    """The warnings and errors on an auth policy for everyone with one condition."""
    statement = {"Effect": effect, "Principal": "*", "Action": "*", "Resource": "*", "Condition": condition}
    source = Source("auth.json", json.dumps({"Version": "2012-10-17", "Statement": statement}))
    tree = parse_json(source, Diagnostics())
    assert tree is not None
    policy = read_policy(tree, KINDS["auth-policy"], source.file)
    diagnostics = Diagnostics()
    lint_documents([policy], [source], diagnostics, Settings(ignore=frozenset(ignored)))
    return sorted(item.rule for item in diagnostics if item.severity.value != "info")


@pytest.mark.parametrize("operator", ["StringNotEquals", "StringNotLike", "StringNotEqualsIfExists"])
def test_a_test_with_a_wrong_value_is_one_mistake(operator: str) -> None:
    condition = {operator: {"aws:PrincipalType": "anonymous"}}
    assert found("Allow", condition) == ["value-never-matches"]
    consequences = found("Allow", condition, ignored=("value-never-matches",))
    assert "negated-test-admits-anonymous" in consequences, "leaving out the cause does not hide who gets in"


def test_a_condition_that_nobody_passes_for_its_value_is_one_mistake() -> None:
    assert "value-never-matches" in found("Deny", {"StringEquals": {"aws:PrincipalType": "anonymous"}})
    assert "condition-never-holds" not in found("Deny", {"StringEquals": {"aws:PrincipalType": "anonymous"}})


def test_a_right_value_beside_another_mistake_hides_nothing() -> None:
    """The wrong value of one test says nothing of another test."""
    condition = {
        "StringNotEquals": {"aws:PrincipalTag/team": "interns"},
        "StringEquals": {"vpc-lattice-svcs:RequestMethod": ["GET", "get"]},
    }
    assert found("Allow", condition) == ["negated-test-admits-anonymous", "value-never-matches"]
