"""Holes in documents: whatever the engine decides with a hole it decides with every value of it, and a finding that a hole leaves standing
stands with every value too.

The oracle is the document with the hole filled.
"""

from __future__ import annotations

import json
import os
import random
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.engines.iam import Kind, Request, caller_from_arn, compile_document, decide
from policyc.engines.trace import Verdict
from policyc.holes import filled, mark, unfilled
from policyc.syntax.json_text import from_plain
from policyc.text import Span

CASES = int(os.environ.get("POLICYC_CASES", "1500"))
NOWHERE = Span("p.json", 0, 0)
ACCOUNTS = ("111122223333", "444455556666")
HOLES = {
    "Account": ("????????????", ACCOUNTS),
    "Arn": ("arn:aws:s3:::*", ("arn:aws:s3:::photos", "arn:aws:s3:::x/y", "arn:aws:s3:::")),
    "Name": ("", ("photos", "x", "photos/a", "*", "", "arn:aws:s3:::photos")),
    "Id": ("id-*", ("id-1", "id-", "id-1/2")),
}
MARKS = {name: mark(name, like) for name, (like, _) in HOLES.items()}
RESOURCES = [
    "arn:aws:s3:::photos/a",
    "arn:aws:s3:::photos",
    "arn:aws:s3:::x/y/a",
    "arn:aws:s3:::id-1/2",
    "arn:aws:s3:::id-1",
]
PATTERNS = [
    "*",
    "arn:aws:s3:::photos/*",
    MARKS["Arn"],
    MARKS["Arn"] + "/*",
    "arn:aws:s3:::" + MARKS["Name"],
    "arn:aws:s3:::" + MARKS["Name"] + "/*",
    "arn:aws:s3:::" + MARKS["Id"] + "*",
    "arn:aws:s3:::" + MARKS["Id"] + "/" + MARKS["Name"],
    "arn:aws:s3:::${aws:PrincipalAccount}/" + MARKS["Name"],
]
ACTIONS = ["*", "s3:GetObject", "s3:Get*", "s3:" + MARKS["Name"], MARKS["Name"], "s3:Put*"]
PRINCIPALS = [
    "*",
    {"AWS": "*"},
    {"AWS": ACCOUNTS[0]},
    {"AWS": MARKS["Account"]},
    {"AWS": f"arn:aws:iam::{MARKS['Account']}:role/app"},
    {"AWS": f"arn:aws:iam::{ACCOUNTS[0]}:role/{MARKS['Id']}"},
    {"AWS": [f"arn:aws:iam::{ACCOUNTS[1]}:root", f"arn:aws:iam::{MARKS['Account']}:user/u"]},
]
TESTS: list[tuple[str, str, list[Any]]] = [
    ("StringEquals", "aws:PrincipalAccount", [ACCOUNTS[0], MARKS["Account"]]),
    ("StringNotEquals", "aws:PrincipalAccount", [ACCOUNTS[1], MARKS["Account"]]),
    ("StringLike", "t:k", ["a*", MARKS["Id"] + "*", "x" + MARKS["Name"]]),
    ("StringNotLike", "t:k", [MARKS["Id"] + "/*", MARKS["Name"]]),
    ("ArnLike", "aws:PrincipalArn", [f"arn:aws:iam::{MARKS['Account']}:role/*", MARKS["Arn"]]),
    ("NumericLessThan", "t:n", ["5", MARKS["Name"]]),
    ("Null", "t:k", ["true", MARKS["Name"]]),
    ("Bool", "t:b", ["true", MARKS["Name"]]),
]
CALLERS = [
    caller_from_arn(f"arn:aws:iam::{account}:{rest}", session=session)
    for account in ACCOUNTS
    for rest, session in (("role/app", "s"), ("role/id-1", ""), ("user/u", ""), ("root", ""))
]
VALUES = {"t:k": ["a", "id-1/x", "xphotos", "photos"], "t:n": ["3", "9"], "t:b": ["true", "false"]}


def statement(pick: random.Random) -> dict[str, Any]:
    some = pick.sample
    out: dict[str, Any] = {"Effect": pick.choice(["Allow", "Allow", "Deny"])}
    out[pick.choice(["Principal", "Principal", "Principal", "NotPrincipal"])] = pick.choice(PRINCIPALS)
    out[pick.choice(["Action", "Action", "Action", "NotAction"])] = some(ACTIONS, pick.randint(1, 2))
    out[pick.choice(["Resource", "Resource", "Resource", "NotResource"])] = some(PATTERNS, pick.randint(1, 2))
    block: dict[str, dict[str, Any]] = {}
    for operator, key, values in some(TESTS, pick.choice([0, 0, 1, 2])):
        block.setdefault(operator, {})[key] = pick.choice(values)
    if block:
        out["Condition"] = block
    return out


def compiled(text: str) -> Any:
    tree = from_plain(json.loads(text), NOWHERE)
    return compile_document(tree, Kind.RESOURCE, Diagnostics(), stored=True)


@pytest.mark.parametrize("seed", range(8))
def test_a_decision_with_holes_holds_for_every_value(seed: int) -> None:
    pick = random.Random(seed)
    decided = 0
    for _ in range(max(20, CASES // 40)):
        body = {"Version": "2012-10-17", "Statement": [statement(pick) for _ in range(pick.randint(1, 3))]}
        text = json.dumps(body, ensure_ascii=False)
        opened = compiled(text)
        assert opened is not None
        asked = Request.of(
            pick.choice(["s3:GetObject", "s3:PutObject"]),
            pick.choice(RESOURCES),
            pick.choice(CALLERS),
            {key: pick.choice(values) for key, values in VALUES.items() if pick.random() < 0.6},
        )
        verdict = decide(opened, asked)
        if verdict is Verdict.UNDECIDED:
            continue
        decided += 1
        for _ in range(6):
            values = {name: pick.choice(possible) for name, (_, possible) in HOLES.items()}
            whole = compiled(filled(text, values))
            if whole is not None:  # with some values the service would not store it
                said = decide(whole, asked)
                # that nothing allows is an implicit deny, though a deny may be there as well
                same = {verdict, Verdict.EXPLICIT_DENY} if verdict is Verdict.IMPLICIT_DENY else {verdict}
                assert said in same, (text, values, asked)
    assert decided


def test_the_same_hole_in_request_and_pattern_is_one_value() -> None:
    body = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": MARKS["Arn"] + "/a/*"},
    }
    document = compiled(json.dumps(body, ensure_ascii=False))
    for rest, expected in (("/a/b", Verdict.ALLOW), ("/b", Verdict.IMPLICIT_DENY)):
        asked = Request.of("s3:GetObject", MARKS["Arn"] + rest, CALLERS[0])
        assert decide(document, asked) is expected
    other = Request.of("s3:GetObject", mark("Other", "arn:aws:s3:::*") + "/a/b", CALLERS[0])
    assert decide(document, other) is Verdict.UNDECIDED
    foreign = Request.of("s3:GetObject", "arn:aws:sqs:eu-west-1:111122223333:q", CALLERS[0])
    assert decide(document, foreign) is Verdict.IMPLICIT_DENY


def test_a_value_in_place_of_a_hole_is_neither_a_part_of_a_word_nor_the_service_of_a_key() -> None:
    values = {"P": "aws", "Stage": "dev", "Name": "value-of-name"}
    told = {
        "arn:aws:s3:::value-of-name-dev/dev": "arn:‹P›:s3:::‹Name›-dev/‹Stage›",
        "StringEquals aws:SourceVpc: dev": "StringEquals aws:SourceVpc: ‹Stage›",
    }
    assert {text: unfilled(text, values) for text in told} == told
