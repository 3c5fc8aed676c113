"""The rules find in the imported policies what they find in the documents: over every document that the pages of the rules show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from policyc.importing.modules import Layout
from policyc.targets.iam_documents.kinds import KINDS
from tests.importing.round_trip import assert_laid_out, findings_of_documents, findings_of_policies, imported

RULES = Path(__file__).parent.parent / "rules"
_BLOCK = re.compile(r"^```json as=(?P<kind>\S+)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
#: pages with a document of which the policies tell more or less, and why
OTHERWISE = {
    "caller-contradicts-condition": "callers of two partitions stay raw in one of them, and nothing is known of raw callers",
    "presence-by-pattern": "the language asks for presence by `exists`: there a pattern for it is `condition-always-holds`",
    "resource-contradicts-condition": "the policy says which service it is on, and the document does not",
}


def documents() -> Iterator[tuple[str, str, str]]:
    for page in sorted(RULES.glob("*.md")):
        for at, found in enumerate(_BLOCK.finditer(page.read_text(encoding="utf-8"))):
            if found["kind"] in KINDS and page.stem not in OTHERWISE:
                yield f"{page.stem}-{at}", found["kind"], re.sub(r"\s*// finding:.*", "", found["text"])


#: what the reader finds, for the whole of a text
OF_THE_READER = """{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:GetRole",
  "Resource": ["arn:aws:iam::1234:role/x", "arn:aws:iam::111122223333:rol/x"]}]}"""
DOCUMENTS = [*documents(), ("account-that-is-none", "identity", OF_THE_READER)]


@pytest.mark.parametrize(("kind", "text"), [item[1:] for item in DOCUMENTS], ids=[item[0] for item in DOCUMENTS])
def test_the_same_findings_at_the_same_statements(kind: str, text: str) -> None:
    found = imported({"d.json": text}, kind, Layout(file="d.policy"))
    assert_laid_out(found)
    assert findings_of_policies(found) == findings_of_documents({"d.json": text}, kind)


def test_there_are_documents_to_look_at() -> None:
    assert len(DOCUMENTS) > 30
    assert all((RULES / f"{name}.md").is_file() for name in OTHERWISE)
