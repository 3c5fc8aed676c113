"""Auth policies become policies of the language and are built as the same documents again."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from policyc.importing.modules import Layout
from tests.importing.round_trip import (
    assert_laid_out,
    built,
    findings_of_documents,
    findings_of_policies,
    imported,
    refused,
)

GOLDEN = Path(__file__).parent.parent / "golden" / "lattice_emit" / "expected" / "lattice"
SERVICE = "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890"
ORDERS = {"AWS": "arn:aws:iam::111122223333:role/orders"}
ONE = Layout(file="d.policy")


def document(*statements: object, version: str = "2012-10-17") -> str:
    return json.dumps({"Version": version, "Statement": list(statements)})


def statement(**changes: object) -> dict[str, object]:
    base = {"Effect": "Allow", "Principal": ORDERS, "Action": "vpc-lattice-svcs:Invoke", "Resource": f"{SERVICE}/*"}
    return {name: value for name, value in {"Sid": "Only", **base, **changes}.items() if value is not None}


def body(text: str) -> str:
    """The statements of a policy file without their frame, in one line."""
    return re.sub(r"\s+", " ", text[text.index("policy ") :])


def minified(text: str) -> str:
    return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))


def test_documents_that_build_wrote_come_back_byte_by_byte() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in GOLDEN.glob("*.json")}
    assert len(texts) >= 5
    for layout in (Layout(folder="policies"), Layout(file="all.policy")):
        found = imported(texts, layout=layout)
        assert_laid_out(found)
        assert built(found) == {file: minified(text) for file, text in texts.items()}


def test_nothing_raw_is_needed_for_documents_that_build_wrote() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in GOLDEN.glob("*.json")}
    assert not any(
        "raw(" in text
        for text in imported({file: text.replace("${$}{x}", "x") for file, text in texts.items()}).files.values()
    )
    # a meant `${x}` is escaped there; in the language's words it would look like a placeholder, which is told
    assert [file for file, text in imported(texts).files.items() if "raw(" in text] == [
        "policies/inventory_auth.policy"
    ]


def test_documents_that_build_wrote_keep_their_findings() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in GOLDEN.glob("*.json")}
    found = findings_of_documents(texts)
    assert len(found) > 2
    assert findings_of_policies(imported(texts)) == found


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, 'allow "Only" { who orders }'),
        ({"Effect": "Deny"}, 'deny "Only" { who orders }'),
        ({"Principal": "*"}, 'allow "Only" { who anyone }'),
        ({"Principal": {"AWS": "111122223333"}}, 'allow "Only" { who account(account_111122223333) }'),
        ({"Principal": {"Service": "ec2.amazonaws.com"}}, 'allow "Only" { who service("ec2.amazonaws.com") }'),
        ({"Principal": {"AWS": "AROAEXAMPLE1234567890"}}, 'allow "Only" { who raw("AWS", "AROAEXAMPLE1234567890") }'),
        ({"Resource": f"{SERVICE}/stock/*"}, 'allow "Only" { who orders path "/stock/*" }'),
        (
            {"Condition": {"StringEquals": {"vpc-lattice-svcs:RequestMethod": ["GET", "HEAD"]}}},
            'allow "Only" { who orders can GET, HEAD }',
        ),
        (
            {"Condition": {"StringNotEquals": {"VPC-Lattice-svcs:requestmethod": "GET"}}},
            'allow "Only" { who orders can not GET }',
        ),
        (
            {"Condition": {"StringEquals": {"vpc-lattice-svcs:SourceVpc": "vpc-0a1b2c3d"}}},
            'allow "Only" { who orders when source.vpc == vpc_0a1b2c3d }',
        ),
        (
            {"Principal": "*", "Condition": {"StringNotEqualsIgnoreCase": {"aws:PrincipalType": "Anonymous"}}},
            'allow "Only" { who authenticated }',
        ),
        (
            {"Condition": {"StringEqualsIgnoreCase": {"aws:PrincipalTag/team": "web"}}},
            'allow "Only" { who orders when raw("StringEqualsIgnoreCase", aws.PrincipalTag["team"], ["web"]) }',
        ),
        (
            {"Condition": {"StringEquals": {"ec2:SourceInstanceARN": "a"}}},
            'allow "Only" { who orders when key["ec2:SourceInstanceARN"] == "a" }',
        ),
        (
            {"Condition": {"StringLike": {"vpc-lattice-svcs:RequestHeader/x-team": "${aws:PrincipalTag/team}-*"}}},
            'allow "Only" { who orders when raw("StringLike", header["x-team"], ["${aws:PrincipalTag/team}-*"]) }',
        ),
        (
            {"Action": "vpc-lattice-svcs:*"},
            f'allow "Only" {{ who orders can raw("vpc-lattice-svcs:*") on raw("{SERVICE}/*") }}',
        ),
        (
            {"Effect": "Deny", "Principal": None, "NotPrincipal": ORDERS},
            'deny "Only" { who not raw("AWS", "arn:aws:iam::111122223333:role/orders") }',
        ),
        (
            {"Action": None, "NotAction": "s3:*", "Resource": None, "NotResource": "arn:aws:s3:::*"},
            'allow "Only" { who orders can not raw("s3:*") on not raw("arn:aws:s3:::*") }',
        ),
    ],
)
def test_a_statement_is_said_in_words_where_there_are_some(changes: dict[str, object], wanted: str) -> None:
    text = document(statement(**changes))
    found = imported({"d.json": text}, "auth-policy", ONE)
    assert_laid_out(found)
    shown = body(found.files["d.policy"])
    assert re.sub(r"([\[(]) | ,?(?=[\])])|,(?= [\])])", r"\1", shown).split("{ ", 1)[1].removesuffix(" } ") == wanted


def test_ids_get_one_name_wherever_they_stand() -> None:
    vpc = {"StringEquals": {"vpc-lattice-svcs:SourceVpc": "vpc-0a1b2c3d"}}
    texts = {
        "a.json": document(statement(Condition=vpc)),
        "b.json": document(statement(Condition=vpc, Resource=f"{SERVICE[:-1]}1/*")),
    }
    found = imported(texts)
    assert sorted(found.files) == ["policies/a.policy", "policies/b.policy", "policies/shared.policy"]
    assert found.files["policies/shared.policy"].count('"vpc-0a1b2c3d"') == 1
    assert (
        'use "policies/shared.policy" { account_111122223333, orders, vpc_0a1b2c3d }'
        in found.files["policies/a.policy"]
    )


def test_a_document_of_the_old_version_keeps_its_plain_dollars() -> None:
    text = document(statement(Condition={"StringLike": {"aws:username": "${aws:username}*"}}), version="2008-10-17")
    (again,) = json.loads(built(imported({"d.json": text}, "auth-policy", ONE))["d.json"])["Statement"]
    assert again["Condition"] == {"StringLike": {"aws:username": "${$}{aws:username}*"}}


def test_where_nothing_says_what_a_document_is_attached_to_the_ids_are_zeros() -> None:
    found = imported({"d.json": document(statement(Resource="*"))}, "auth-policy", ONE)
    assert 'id: "svc-00000000000000000"' in found.files["d.policy"]
    assert [item.unplaced for item in found.policies] == ["d_service"]
    assert "0000000000" not in built(found)["d.json"]


@pytest.mark.parametrize(
    ("text", "kind", "rule", "at"),
    [
        ("{", "", "json-unclosed", ""),
        ("[]", "", "unknown-document", ""),
        (document(statement(Effect="Maybe")), "auth-policy", "invalid-effect", '"Maybe"'),
        (document(statement(Principal={"AWS": []})), "auth-policy", "not-importable", ""),
    ],
)
def test_what_cannot_be_imported_is_refused_at_its_place(text: str, kind: str, rule: str, at: str) -> None:
    found = refused(text, kind)
    assert [name for name, _ in found] == [rule]
    assert at in found[0][1]
