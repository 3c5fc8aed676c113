"""Documents that are read one after another remember together what was silent; what is said of each is what is said of it alone."""

from __future__ import annotations

import json
from itertools import permutations

import pytest

from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.engines.iam import findings
from policyc.engines.iam.document import compile_document
from policyc.engines.iam.findings import silent
from policyc.engines.iam.statement import Kind
from policyc.engines.iam.switches import DEFAULT
from policyc.record import replace
from policyc.syntax.json_text import parse_json
from policyc.text import Source

NEW, OLD = "2012-10-17", "2008-10-17"


def document(version: str | None, resource: str, test: dict[str, str], principal: bool = False) -> str:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource, "Condition": {"StringLike": test}}
    whole: dict[str, object] = {"Statement": [statement | ({"Principal": "*"} if principal else {})]}
    return json.dumps(whole | ({} if version is None else {"Version": version}))


VARIABLE = {"s3:prefix": "${aws:username}/*"}
#: texts that are silent in one of these and spoken of in another, or mean something else there
READ = [
    (document(NEW, "arn:aws:s3:::b/*", VARIABLE), Kind.IDENTITY),
    (document(OLD, "arn:aws:s3:::b/*", VARIABLE), Kind.IDENTITY),
    (document(None, "arn:aws:s3:::b/*", VARIABLE, True), Kind.RESOURCE),
    (document(NEW, "arn:aws:s3", VARIABLE), Kind.IDENTITY),
    (document(NEW, "arn:aws:s3", VARIABLE, True), Kind.RESOURCE),
]


def told(text: str, kind: Kind, name: str) -> tuple[list[Diagnostic], object]:
    source, found = Source(name, text), Diagnostics()
    tree = parse_json(source, found)
    assert tree is not None
    made = compile_document(tree, kind, found)
    atoms = [atom.values for statement in (made.statements if made else ()) for atom in statement.conditions]
    return [replace(item, span=source.span(item.span.start, item.span.end)) for item in found if item.span], atoms


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    silent.cache_clear()


@pytest.mark.parametrize("order", list(permutations(range(len(READ)), 3)))
def test_what_was_silent_elsewhere_is_told_here(order: tuple[int, ...]) -> None:
    alone = []
    for at in order:
        silent.cache_clear()
        alone.append(told(*READ[at], f"{at}.json"))
    silent.cache_clear()
    assert [told(*READ[at], f"{at}.json") for at in order] == alone
    assert any(found for found, _ in alone) or set(order) <= {0, 3, 4}


def test_the_memory_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "_MOST_SILENT", 16)
    for number in range(50):
        told(document(NEW, f"arn:aws:s{number}:::b", {"s3:prefix": str(number)}), Kind.IDENTITY, "d.json")
        assert len(silent(Kind.IDENTITY, NEW, DEFAULT)) <= 16
