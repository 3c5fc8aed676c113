"""One refused word hides nothing else: what is wrong with a document is told beside the errors for which AWS would not save it, whatever those words are meant to be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics, Severity
from policyc.text import Source
from policyc.workspace.documents.native_settings import NativeSettings
from policyc.workspace.documents.native_texts import check_texts
from tests.conformance.test_planted_in_iam import PLANTED, RIGHT, told

ROLE = {"AWS": "arn:aws:iam::111122223333:role/app"}
PHOTOS = "arn:aws:s3:::acme-photos/*"
#: what no statement settles where one of them may be anything
HANGS_ON_ALL = {"policy-allows-nobody"}


def with_refused(row: dict[str, Any], statement: Any) -> dict[str, Any]:
    document = row["document"]
    held = document["Statement"]
    return {**row, "document": {**document, "Statement": [*(held if isinstance(held, list) else [held]), statement]}}


def rules(row: dict[str, Any]) -> set[str]:
    return {item.rule for item in told(row) if item.severity is not Severity.INFO}


@pytest.mark.parametrize(
    "row", [row for row in PLANTED if "Statement" in row["document"]][::3], ids=lambda row: row["mistake"]
)
def test_a_mistake_is_told_beside_a_statement_that_is_none(row: dict[str, Any]) -> None:
    assert rules(with_refused(row, "no statement")) == {*row["rules"], "data-type-mismatch"} - HANGS_ON_ALL


@pytest.mark.parametrize("number", range(0, len(RIGHT), 3))
def test_nothing_follows_from_a_statement_that_is_none(number: int) -> None:
    assert rules(with_refused(RIGHT[number], "no statement")) == {"data-type-mismatch"}


def allow(**changed: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": ROLE, "Action": "s3:GetObject", "Resource": PHOTOS, **changed}
    return {name: value for name, value in statement.items() if value is not None}


TWICE = [
    ("effect and action", [allow(Effect="Alow", Action="s3:GetObjct")], ["invalid-effect", "unknown-action"]),
    (
        "effect that may be either, so that nobody is let in for certain",
        [allow(Effect="Maybe", Principal="*")],
        ["invalid-effect"],
    ),
    (
        "operator read as the one that is meant",
        [allow(Condition={"StringEqals": {"aws:PrincipalOrgID": "o-abc"}})],
        ["invalid-condition-operator", "value-never-matches"],
    ),
    (
        "operator that is none, so that its test may hold or fail",
        [allow(Principal="*", Condition={"Xyzzy": {"aws:PrincipalOrgID": "o-abc"}})],
        ["invalid-condition-operator"],
    ),
    (
        "principal and key",
        [allow(Principal={"AWS": "arn:aws:iam::111122223333:role/*"}, Condition={"StringEquals": {"aws:PrincipalOrgID": "o-abc"}})],
        ["unsupported-wildcard-in-principal", "value-never-matches"],
    ),
    (
        "an address that is none may be any, so that the allow is open to nobody in particular",
        [allow(Principal="*", Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0-203.0.113.9"}})],
        ["type-mismatch-ip-range"],
    ),
    (
        "a caller that a template should have filled in",
        [allow(Principal={"AWS": "arn:aws:iam::${ACCOUNT_ID}:role/app"}, Action="s3:GetObjct")],
        ["template-in-text", "unknown-action"],
    ),
    (
        "another statement is judged as it stands",
        [allow(Resource=5), allow(Principal="*", Action="s3:PutObject")],
        ["anonymous-admitted", "data-type-mismatch"],
    ),
    (
        "a deny with a refused test may turn everybody away",
        [allow(Principal="*"), allow(Effect="Deny", Principal="*", Condition={"Xyzzy": {"aws:PrincipalOrgID": "o-abc"}})],
        ["invalid-condition-operator"],
    ),
    (
        "element without a name of its own",
        [allow(Actions="s3:GetObjct", Action=None)],
        ["invalid-policy-element", "unknown-action"],
    ),
    (
        "both forms: neither counts",
        [allow(NotAction="s3:DeleteObject", Resource="arn:aws:s3::acme-photos/*")],
        ["missing-arn-field", "unsupported-element-combination"],
    ),
    ("no action, which may be one that nobody calls unsigned", [allow(Action=None, Principal="*")], ["missing-action"]),
]  # fmt: skip


@pytest.mark.parametrize(("statements", "wanted"), [row[1:] for row in TWICE], ids=[row[0] for row in TWICE])
def test_two_mistakes_are_two_findings(statements: list[Any], wanted: list[str]) -> None:
    row = {"kind": "bucket", "document": {"Version": "2012-10-17", "Statement": statements}}
    assert sorted(rules(row)) == wanted


SLIPS = [
    ("a comma before the end", '"s3:GetObject"', '["s3:GetObjct",]', ["json-trailing-comma", "unknown-action"]),
    ("a comment", '"s3:GetObject"', '/* read */ "s3:GetObjct"', ["json-comment", "unknown-action"]),
    ("single quotes", '"s3:GetObject"', "'s3:GetObjct'", ["json-single-quotes", "unknown-action"]),
    ("a missing comma", '"s3:GetObject",', '"s3:GetObjct" ', ["json-syntax-error", "unknown-action"]),
    ("a word of another language", '"s3:GetObject"', '"s3:GetObjct", "Condition": {"Bool": {"aws:SecureTransport": True}}',
     ["json-syntax-error", "unknown-action"]),
    ("two slips", '"s3:GetObject",', "['s3:GetObjct',] ", ["json-single-quotes", "json-syntax-error", "json-trailing-comma", "unknown-action"]),
    ("a key twice, and either may be meant", '"s3:GetObject"', '"s3:GetObjct", "Action": "s3:PutObjct"', ["json-duplicate-key"]),
    ("a brace that is not there", '"s3:GetObject"', '{"s3:GetObjct"', ["json-syntax-error"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "wanted"), [row[1:] for row in SLIPS], ids=[row[0] for row in SLIPS])
def test_text_that_is_nearly_json_is_read_as_what_is_meant(old: str, new: str, wanted: list[str]) -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": [allow()]})
    assert old in text
    found = Diagnostics()
    check_texts([(Source("p.json", text.replace(old, new)), ".json")], found, NativeSettings(), {"p.json": "bucket"})
    assert sorted({item.rule for item in found}) == wanted
