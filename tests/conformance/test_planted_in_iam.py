"""Documents of every kind with one mistake each, and right ones beside them: the mistakes are found as what they are, the right ones yield nothing.

One document a line; `planted_in_iam.jsonl` says what is wrong with each (from AWS's guides and from reports of people whom it happened to), and as which findings that is told.
Sources: IAM evaluation reference; https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html;
the guides of the services for the right ones.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics, Severity
from policyc.text import Source
from policyc.workspace.documents.native_settings import NativeSettings
from policyc.workspace.documents.native_texts import check_texts

HERE = Path(__file__).parent


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (HERE / name).read_text(encoding="utf-8").splitlines()]


PLANTED, RIGHT = rows("planted_in_iam.jsonl"), rows("right_in_iam.jsonl")


def told(row: dict[str, Any]) -> Diagnostics:
    found = Diagnostics()
    check_texts(
        [(Source("p.json", json.dumps(row["document"])), ".json")], found, NativeSettings(), {"p.json": row["kind"]}
    )
    return found


@pytest.mark.parametrize("row", PLANTED, ids=lambda row: row["mistake"])
def test_a_mistake_is_told_as_what_it_is(row: dict[str, Any]) -> None:
    found = [item for item in told(row) if item.severity is not Severity.INFO]
    assert sorted({item.rule for item in found}) == row["rules"]
    assert all(item.span is not None and item.help for item in found)


@pytest.mark.parametrize("number", range(len(RIGHT)))
def test_a_right_document_yields_nothing(number: int) -> None:
    assert [item.message for item in told(RIGHT[number])] == []
