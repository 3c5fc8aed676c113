"""`raw(…)`: what stands in a document as it is written, and where it may stand. Source: docs/language.md, "Raw forms"."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.targets.program import emit_documents, load_program
from policyc.workspace.compile import is_raw

HEAD = """let shop: account = "111122223333"
principal orders = role(shop, "orders")
resource front: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, auth: aws_iam }
"""


def compiled(text: str) -> tuple[list[Any], Diagnostics]:
    diagnostics = Diagnostics()
    root = Path("/nowhere")
    program = load_program(root, [root / "p.policy"], {}, diagnostics, {"p.policy": HEAD + text}.get)
    if diagnostics.has_errors:
        return [], diagnostics
    documents = [item for group in emit_documents(program, diagnostics).values() for item in group]
    assert all(is_raw(item) for item in documents)
    return [json.loads(item.text)["Statement"] for item in documents], diagnostics


def lattice(effect: str, body: str) -> str:
    return f'policy p for lattice on front {{ {effect} "a" {{ {body} }} }}'


def test_every_part_stands_in_the_document_as_it_is_written() -> None:
    body = """who orders, raw("AWS", "AROAEXAMPLE")  can raw("vpc-lattice-svcs:I*")  on raw("*"), raw("arn:aws:s3:::${aws:username}/*")
      when raw("ForAllValues:StringLikeIfExists", aws.PrincipalTag["team"], ["b*", "a", "${aws:username}"])
       and raw("NumericEquals", key["acme:Level"], [])"""
    ((found,),), _ = compiled(lattice("allow", body))
    assert found == {
        "Sid": "A",
        "Effect": "Allow",
        "Principal": {"AWS": ["AROAEXAMPLE", "arn:aws:iam::111122223333:role/orders"]},
        "Action": "vpc-lattice-svcs:I*",
        "Resource": ["*", "arn:aws:s3:::${aws:username}/*"],
        "Condition": {
            "ForAllValues:StringLikeIfExists": {"aws:PrincipalTag/team": ["${aws:username}", "a", "b*"]},
            "NumericEquals": {"acme:Level": []},
        },
    }


def test_not_raw_is_the_other_element() -> None:
    body = 'who not raw("AWS", "*")  can not raw("s3:*")  on not raw("arn:aws:s3:::*")'
    ((found,),), _ = compiled(lattice("deny", body))
    assert found == {
        "Sid": "A",
        "Effect": "Deny",
        "NotPrincipal": {"AWS": "*"},
        "NotAction": "s3:*",
        "NotResource": "arn:aws:s3:::*",
    }


def test_words_and_raw_tests_stand_beside_one_another() -> None:
    body = 'who anyone  can GET  path "/a"  when raw("StringEqualsIgnoreCase", aws.PrincipalTag["team"], ["a"]) or source.vpc == "vpc-0a1b2c3d"'
    (found,), _ = compiled(lattice("allow", body))
    assert [list(item["Condition"]) for item in found] == [["StringEquals", "StringEqualsIgnoreCase"], ["StringEquals"]]


def test_identity_policies_take_raw_actions_and_resources() -> None:
    text = 'policy p for identity on orders { allow "a" { can raw("s3:GetObject")  on raw("arn:aws:s3:::photos/*") } }'
    ((found,),), _ = compiled(text)
    assert (found["Action"], found["Resource"]) == ("s3:GetObject", "arn:aws:s3:::photos/*")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (lattice("allow", 'who raw("AWS")'), "wrong-arguments"),
        (lattice("allow", 'who anyone  can raw("")  on raw("*")'), "wrong-arguments"),
        (lattice("allow", 'who anyone  can raw("a:b")'), "misplaced-raw-form"),
        (lattice("allow", 'who anyone  can raw("a:b"), GET  on raw("*")'), "misplaced-raw-form"),
        (lattice("allow", 'who anyone  on raw("*"), front'), "misplaced-raw-form"),
        (lattice("allow", 'who anyone  on raw("*")  path "/a"'), "misplaced-raw-form"),
        (lattice("deny", 'who not raw("AWS", "*"), orders'), "misplaced-raw-form"),
        (lattice("allow", 'who anyone  when raw("StringIs", aws.userid, ["a"])'), "unknown-raw-operator"),
        (lattice("allow", 'who anyone  when raw("StringLike", aws.userid)'), "wrong-arguments"),
        (lattice("allow", 'who anyone  when not raw("StringLike", aws.userid, ["a"])'), "wrong-arguments"),
        (lattice("allow", 'who anyone  when raw("StringLike", aws.nothing, ["a"])'), "unknown-attribute"),
        ('policy p for identity on orders { allow "a" { can invoke  on raw("*") } }', "misplaced-raw-form"),
        (
            'resource g: verified_access.group {}\npolicy p for verified_access on g { allow "a" { when raw("a", "b", "c") } }',
            "wrong-arguments",
        ),
    ],
)
def test_what_has_no_place_in_a_document_is_refused(text: str, rule: str) -> None:
    _, diagnostics = compiled(text)
    assert [item.rule for item in diagnostics] == [rule]
    assert all(item.span is not None for item in diagnostics)


def test_a_declaration_called_raw_comes_first() -> None:
    text = 'predicate raw(v: string) = v == "a"\n' + lattice("allow", "who anyone  when raw(aws.userid)")
    diagnostics = Diagnostics()
    root = Path("/nowhere")
    load_program(root, [root / "p.policy"], {}, diagnostics, {"p.policy": HEAD + text}.get)
    assert list(diagnostics) == []
