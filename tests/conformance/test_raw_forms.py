"""`raw(…)`: what stands in a document as it is written, and where it may stand. Source: docs/language.md, "Raw forms"."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import policyc
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


#: what a raw form says -> the finding on it, as on the document that says the same
WORDS = {
    'who orders  when raw("NumericEquals", port, ["https"])': "type-mismatch-number",
    'who orders  when raw("Bool", aws.SecureTransport, ["yes"])': "type-mismatch-boolean",
    'who orders  when raw("BinaryEquals", aws.PrincipalTag["a"], ["!!"])': "type-mismatch-string",
    'who orders  when raw("DateLessThan", aws.CurrentTime, ["1767225600000"])': "invalid-date-value",
    'who orders  when raw("StringEquals", query["a"], ["x"])': "missing-qualifier",
    'who orders  when raw("StringEquals", aws.PrincipalOrgPaths, ["o-a1b2c3d4e5/r-ab12/"])': "missing-qualifier",
    'who orders  when raw("ForAllValues:Null", query["a"], ["true"])': "null-with-qualifier",
    'who orders  when raw("StringEquals", aws.PrincipalTag["a"], [])': "empty-array-condition",
    'who orders  when raw("StringEquals", key["s3:prefix"], ["x"])': "key-not-carried",
    'who orders  when key["s3:prefix"] == "x"': "key-not-carried",
    'who orders  when key["s3:prefix"] != "x"': "key-not-carried",
    'who raw("AWS", "*")': "open-to-anonymous",
    'who raw("AWS", "444455556666")  when aws.PrincipalAccount == "111122223333"': "caller-contradicts-condition",
    'who orders  when raw("StringEquals", aws.PrincipalTag["a"], ["${aws:username, \'nobody\'}"])': "",
    'who orders  when raw("ForAnyValue:StringEquals", query["a"], ["x"])': "",
    'who raw("AWS", "444455556666")': "",
}


def test_raw_words_are_held_against_what_is_known(tmp_path: Path) -> None:
    statements = [f'allow "s{at}" {{ {body}  can GET  path "/{at}" }}\n' for at, body in enumerate(WORDS)]
    text = HEAD + "policy p for lattice on front {\n" + "".join(statements) + "}\n"
    (tmp_path / "p.policy").write_text(text)
    first = text[: text.index('allow "s0"')].count("\n") + 1
    found: dict[int, set[str]] = {}
    for item in policyc.load(tmp_path / "p.policy").check():
        if item.place is not None and item.place.line >= first:
            found.setdefault(item.place.line - first, set()).add(item.rule)
    wanted = {at: {rule} for at, rule in enumerate(WORDS.values()) if rule}
    assert found == wanted


def test_not_principal_of_everybody_refuses_nobody(tmp_path: Path) -> None:
    body = 'policy p for lattice on front { deny "d" { who not raw("AWS", "*")  can GET }  allow "a" { who orders  can GET } }'
    (tmp_path / "p.policy").write_text(HEAD + body)
    assert "allow-covered-by-deny" not in {item.rule for item in policyc.load(tmp_path / "p.policy").check()}


def test_an_identity_policy_is_held_against_whom_it_is_on(tmp_path: Path) -> None:
    lines = [
        'allow "by-name" { can GET  on front  when aws.username == "bob" }',
        'allow "other" { can PUT  on front  when aws.PrincipalArn == "arn:aws:iam::111122223333:role/other" }',
        'allow "source" { can POST  on front  when exists aws.SourceArn }',
        'allow "own" { can HEAD  on front  when aws.PrincipalAccount == "111122223333" }',
    ]
    (tmp_path / "p.policy").write_text(HEAD + "policy p for identity on orders {\n" + "\n".join(lines) + "\n}\n")
    found = [item.place for item in policyc.load(tmp_path / "p.policy").check() if "contradicts" in item.rule]
    start = HEAD.count("\n") + 2
    assert [place.line - start for place in found if place is not None] == [0, 1, 2]
