"""Pairs of documents that are made to be hard: whatever they hold, the comparison ends, in steps that are counted, and claims nothing it has
not confirmed. The budgets are small, so that each pair takes a moment; the default one is 10 times as large.
"""

from __future__ import annotations

import itertools
import random
import string
from collections.abc import Iterator
from typing import Any

import pytest

from policyc.analysis import compare as comparing
from policyc.analysis.compare import compare
from policyc.analysis.solver import BUDGET
from tests.bench.diff import version

Body = dict[str, Any]
ROLES = [f"arn:aws:iam::111122223333:role/r{at}" for at in range(201)]


def allow(condition: Body | None = None, **rest: Any) -> Body:
    out = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*", **rest}
    return out if condition is None else {**out, "Condition": condition}


def deny(condition: Body | None = None, **rest: Any) -> Body:
    return {**allow(condition, **rest), "Effect": "Deny"}


def inside(texts: list[str]) -> list[str]:
    return [f"arn:aws:s3:::b/{text}" for text in texts]


def pairs() -> Iterator[tuple[str, list[Body], list[Body]]]:
    chance = random.Random(1)

    def stars(count: int, letters: str = string.ascii_lowercase, most: int = 3) -> list[str]:
        return ["*" + "".join(f"{chance.choice(letters)}*" for _ in range(most)) for _ in range(count)]

    tag, sets = "aws:PrincipalTag/t", "aws:TagKeys"
    many = stars(2000)
    yield "many patterns, one more", [allow(Resource=inside(many))], [allow(Resource=inside([*many, "z*y*"]))]
    yield "many patterns denied", [allow(), deny(Resource=inside(many))], [allow()]
    yield "many patterns of a tag", [allow({"StringLike": {tag: many}})], [allow({"StringNotLike": {tag: many}})]
    deep = stars(60, "ab", 8)
    yield (
        "deep patterns",
        [allow({"StringNotLike": {tag: deep}})],
        [allow({"StringNotLike": {tag: stars(60, "ab", 9)}})],
    )
    first, second = ({f"aws:PrincipalTag/k{at}": ["*a*b*", end] for at in range(500)} for end in ("*b*c*", "*b*d*"))
    yield "many negations", [allow({"StringNotLike": first})], [allow({"StringNotLike": second})]
    sides = [[deny({"StringNotLike": {f"aws:PrincipalTag/k{at % 7}": stars(2)}}) for at in range(200)] for _ in "ab"]
    yield "many denies by negations", [allow(), *sides[0]], [allow(), *sides[1]]
    sides = [[deny({"ForAllValues:StringLike": {sets: stars(3, "abcd")}}) for _ in range(100)] for _ in "ab"]
    yield "many quantifiers", [allow(), *sides[0]], [allow(), *sides[1]]
    both = [
        [
            allow({"ForAllValues:StringLike": {sets: stars(3)}, "ForAnyValue:StringNotLike": {sets: stars(3)}})
            for _ in range(100)
        ]
        for _ in "ab"
    ]
    yield "both quantifiers", both[0], both[1]
    ends = [["*" + "".join(chance.choice("ab") for _ in range(14)) for _ in range(300)] for _ in "ab"]
    yield "endings", [allow(Resource=inside(ends[0]))], [allow(Resource=inside(ends[1]))]
    counted = [inside([f"*{letter}" + "?" * size for size in range(20, 60)]) for letter in "ab"]
    yield "counting from the end", [allow(Resource=counted[0])], [allow(), deny(Resource=counted[1])]
    yield "a long chain", [allow(Resource=inside(["*a" * 400]))], [allow(Resource=inside(["*a" * 401]))]
    yield "callers", [allow(Principal={"AWS": ROLES[:-1]})], [allow(Principal={"AWS": ROLES[1:]})]
    days = [
        [
            allow({"DateLessThan": {"aws:CurrentTime": f"20{10 + at}-01-0{day}"}, "StringLike": {tag: stars(2)}})
            for at in range(60)
        ]
        for day in (1, 2)
    ]
    yield "dates", days[0], days[1]
    bits = [format(number, "09b") for number in range(512) if format(number, "b").count("1") % 2]
    odd = [allow({"StringEquals": {f"aws:PrincipalTag/b{at}": bit for at, bit in enumerate(row)}}) for row in bits]
    yield "parity", odd, [allow()]
    pigeons = [f"aws:PrincipalTag/p{at}" for at in range(11)]
    holes = [deny({"StringNotEquals": {key: [f"h{at}" for at in range(10)]}}) for key in pigeons]
    shared = itertools.product(itertools.combinations(pigeons, 2), range(10))
    holes += [deny({"StringEquals": dict.fromkeys(both, f"h{at}")}) for both, at in shared]
    yield "pigeons", holes, [allow(), *holes]
    named = ["${aws:PrincipalTag/a}*${aws:PrincipalTag/b}*", "${aws:PrincipalTag/b}*${aws:PrincipalTag/a}*"]
    lists = [[allow(Resource=inside([f"{name}{at}" for at in range(50)]))] for name in named]
    yield "variables", lists[0], lists[1]


@pytest.mark.parametrize(("old", "new"), [pytest.param(old, new, id=name) for name, old, new in pairs()])
def test_hostile_pairs_end(old: list[Body], new: list[Body]) -> None:
    found = compare([version(old, "bucket")], [version(new, "bucket")], budget=BUDGET // 10)
    assert found.settled or found.open
    assert not found.same  # none of them is seen to be


def test_a_key_may_be_tested_in_any_number_of_ways() -> None:
    """A hundred tests of one set, more than there are values told apart: a deny of its own is one class, and the same in other words is the same."""
    old = [allow({"ForAnyValue:StringLike": {"aws:TagKeys": [f"k{at}*", f"m{at}"]}}) for at in range(100)]
    found = compare(
        [version(old, "bucket")], [version([*old, deny({"Bool": {"aws:SecureTransport": "false"}})], "bucket")]
    )
    assert found.settled and found.differences
    split = [{**item, "Resource": text} for item in old for text in inside(["a", "a?*"])]
    whole = [{**item, "Resource": inside(["a*"])} for item in old]
    assert compare([version(whole, "bucket")], [version(split, "bucket")]).same


def test_values_of_variables_are_tried_once_for_all_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not once for each class: 300 statements with a variable each took minutes. Once for each question, of which there are four."""
    made: list[object] = []
    first = comparing._Comparison.__init__

    def counted(self: Any, *given: Any, **more: Any) -> None:
        made.append(self)
        first(self, *given, **more)

    monkeypatch.setattr(comparing._Comparison, "__init__", counted)
    sides = [
        [allow(Resource=f"arn:aws:s3:::b/${{aws:PrincipalTag/{name}}}/{end}") for name in "abcdefgh"]
        for end in ("*", "?*")
    ]
    found = compare(*([version(side, "bucket")] for side in sides))
    assert len(found.differences) > 7 and found.open
    assert len(made) <= 2 + 4
