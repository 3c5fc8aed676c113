"""Statements that may cover another are found without comparing all: none that covers it is left out, and few others come."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics, Severity
from policyc.ir.authz import Policy, Statement
from policyc.lint import coverers
from policyc.lint.coverers import Coverers
from policyc.lint.raw.rules import lint_documents
from policyc.lint.registry import Settings
from policyc.lint.told import covers
from policyc.syntax.json_text import parse_json
from policyc.targets.iam_documents.kinds import KINDS
from policyc.targets.iam_documents.read import read_policy
from policyc.text import Source
from tests.property import test_iam_lowering_diff as language
from tests.property.drawing import Data, cases, data, seeds
from tests.property.test_iam_read import document_of


def read(kind: str, document: dict[str, Any]) -> tuple[Policy, Source]:
    source = Source("d.json", json.dumps(document, ensure_ascii=False))
    tree = parse_json(source, Diagnostics())
    assert tree is not None
    return read_policy(tree, KINDS[kind], "d.json"), source


def hold(pairs: list[tuple[Policy, Statement]]) -> None:
    statements = [statement for _, statement in pairs]
    found = Coverers(statements)
    for policy, narrow in pairs:
        places = [next(at for at, one in enumerate(statements) if one is item) for item in found.of(narrow)]
        assert places == sorted(set(places))
        for place, wide in enumerate(statements):
            assert place in places or not covers(policy, wide, narrow), (wide, narrow)


def of(policies: list[Policy]) -> list[tuple[Policy, Statement]]:
    return [(policy, statement) for policy in policies for statement in policy.statements]


@cases(200, seeds())
def test_of_documents_none_is_left_out(draw: Random) -> None:
    hold(of([read(*document_of(draw))[0] for _ in range(4)]))


@cases(60, data())
def test_of_the_language_none_is_left_out(data: Data) -> None:
    hold(of([data.draw(language.policies()) for _ in range(4)]))


def statement(number: int, **more: Any) -> dict[str, Any]:
    named = {"Action": ["s3:GetObject"], "Resource": f"arn:aws:s3:::bucket{number % 50}/team{number}/*"}
    return {"Sid": f"S{number}", "Effect": "Allow", **named, **more}


@pytest.mark.parametrize(
    "more",
    [
        lambda number: {},
        lambda number: {"Resource": "*", "Action": f"s3:Get{number}Object"},
        lambda number: {"Resource": "*", "Principal": {"AWS": f"arn:aws:iam::111122223333:role/r{number}"}},
        lambda number: {"Resource": "*", "Principal": {"AWS": f"{number:012}"}},
        lambda number: {"Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": f"t{number}"}}},
    ],
    ids=["resources", "actions", "roles", "accounts", "conditions"],
)
def test_statements_that_name_different_things_are_not_compared(more: Any) -> None:
    kind = "bucket" if "Principal" in more(1) else "identity"
    policy, _ = read(kind, {"Version": "2012-10-17", "Statement": [statement(at, **more(at)) for at in range(1_000)]})
    found = Coverers(policy.statements)
    assert sum(1 for narrow in policy.statements for _ in found.of(narrow)) < 3_000


def test_statements_that_list_much_count_for_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverers, "MOST_PAIRS", 1_000)
    many = [f"s3:*{letter}*{number}" for number in range(10) for letter in "ab"]
    items = [statement(number, Resource="*", Action=many) for number in range(20)]
    policy, _ = read("identity", {"Version": "2012-10-17", "Statement": items})
    found = Coverers(policy.statements)
    # 20 by 20 actions are as much work as 100 pairs
    assert sum(1 for narrow in policy.statements for _ in found.of(narrow)) == 10


def test_past_the_bound_the_rule_says_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverers, "MOST_PAIRS", 100)
    tags = [{"StringLike": {"aws:PrincipalTag/team": f"t{number}x*"}} for number in range(40)]
    items = [statement(number, Resource="*", Condition=tags[number]) for number in range(40)]
    policy, source = read("identity", {"Version": "2012-10-17", "Statement": items})
    found = Diagnostics()
    lint_documents([policy], [source], found, Settings(select=frozenset({"redundant-statement"})))
    (note,) = found
    assert (note.rule, note.severity) == ("too-many-pairs", Severity.INFO)
    assert (
        note.span is not None and source.text[note.span.start : note.span.end] == '"S37"'
    )  # from the end, 40 pairs each
