"""The last look at documents: schema, quota, paths."""

from __future__ import annotations

import json

import pytest

from policyc.diagnostics import Diagnostics
from policyc.targets.base import Document, MapEntry, Quota
from policyc.targets.schema_check import check_documents
from policyc.text import Span

WHOLE, FIRST, SECOND = Span("a.policy", 0, 90), Span("a.policy", 10, 20), Span("a.policy", 30, 40)
GOOD = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "One", "Effect": "Allow", "Principal": "*", "Action": "vpc-lattice-svcs:Invoke", "Resource": "*"},
        {"Sid": "Two", "Effect": "Deny", "Principal": "*", "Action": "vpc-lattice-svcs:Invoke", "Resource": "*"},
    ],
}


def document(data: object, path: str = "lattice/a.json", **more: object) -> Document:
    entries = (MapEntry("/Statement/0", "one", FIRST), MapEntry("/Statement/1", "two", SECOND))
    text = data if isinstance(data, str) else json.dumps(data)
    return Document(path, "lattice/auth_policy", text, "a", "svc-1", "service", WHOLE, entries, **more)  # type: ignore[arg-type]


def found(*documents: Document, thorough: bool = False) -> list[tuple[str, Span | None]]:
    diagnostics = Diagnostics()
    check_documents(documents, diagnostics, thorough)
    return [(item.rule, item.span) for item in diagnostics]


@pytest.mark.parametrize("thorough", [False, True])
def test_a_good_document_passes_and_a_bad_one_points_at_its_statement(thorough: bool) -> None:
    assert found(document(GOOD), thorough=thorough) == []
    bad = json.loads(json.dumps(GOOD))
    bad["Statement"][1]["Effect"] = "Maybe"
    assert found(document(bad), thorough=thorough) == [("document-breaks-schema", SECOND)]
    assert found(document([]), thorough=thorough) == [("document-breaks-schema", WHOLE)]
    assert found(document("{"), thorough=thorough) == [("document-breaks-schema", WHOLE)]


def test_text_without_a_schema_is_left_to_its_target() -> None:
    cedar = Document("verified_access/a.cedar", "", "permit(principal, action, resource);", "a", "g", "group", WHOLE)
    assert found(cedar) == []


def test_the_quota_is_the_last_size_that_fits() -> None:
    assert found(document(GOOD, quota=Quota(10_240, 10_240, "bytes", "source"))) == []
    assert found(document(GOOD, quota=Quota(10_241, 10_240, "bytes", "source"))) == [
        ("policy-size-exceeds-quota", WHOLE)
    ]
