"""Conditions as IAM `Condition` blocks. Expectations come from the operator rules of AWS: an absent key fails a positive
operator, passes a negated one, passes `IfExists` and `ForAllValues`, fails `ForAnyValue`."""

from __future__ import annotations

from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import All, Always, AnyOf, Atom, Cond, Constant, Never, Op
from policyc.model.types import EnumOf, Named, Type
from policyc.model.vocabulary import Attribute
from policyc.targets.iam_documents.conditions import (
    ALWAYS,
    BUDGET,
    NEVER,
    condition_block,
    lower_condition,
    place,
    tidy,
)
from policyc.targets.iam_documents.operators import KeyTest
from policyc.text import Span

STRING, ARN, INT, BOOL = Named("string"), Named("arn"), Named("int"), Named("bool")
MOMENT, IP, DECIMAL = Named("datetime"), Named("ip"), Named("decimal")
WHERE = Span("a.policy", 7, 9)


def key(kind: Type, many: bool = False, name: str = "k") -> Attribute:
    return Attribute(name, f"t:{name}", kind, many)


def atom(kind: Type, op: Op, *values: Any, quantifier: str = "", negated: bool = False, name: str = "k") -> Atom:
    constants = tuple(Constant(kind, value) for value in values)
    return Atom(key(kind, bool(quantifier), name), op, constants, quantifier, negated, WHERE)  # type: ignore[arg-type]


def blocks(cond: Cond) -> list[Any]:
    """The `Condition` block of every alternative."""
    diagnostics = Diagnostics()
    alternatives = lower_condition(cond, None, diagnostics)
    assert alternatives is not None, list(diagnostics)
    placed = [place(conjunct, None, diagnostics) for conjunct in alternatives]
    assert not list(diagnostics)
    return [condition_block(conjunct) for conjunct in placed if conjunct is not None]


def refusal(cond: Cond) -> tuple[str, Span | None]:
    """The rule and the place of the one error."""
    diagnostics = Diagnostics()
    alternatives = lower_condition(cond, WHERE, diagnostics)
    if alternatives is not None:
        for conjunct in alternatives:
            place(conjunct, WHERE, diagnostics)
    (error,) = diagnostics
    assert error.severity == "error"
    assert error.help
    return error.rule, error.span


SINGLE = [
    (STRING, Op.EQ, ("a",), {"StringEquals": {"t:k": "a"}}, {"StringNotEquals": {"t:k": "a"}}),
    (STRING, Op.EQ, ("b", "a"), {"StringEquals": {"t:k": ["a", "b"]}}, {"StringNotEquals": {"t:k": ["a", "b"]}}),
    (EnumOf(("x", "y")), Op.EQ, ("x",), {"StringEquals": {"t:k": "x"}}, {"StringNotEquals": {"t:k": "x"}}),
    (Named("vpc_id"), Op.EQ, ("vpc-1",), {"StringEquals": {"t:k": "vpc-1"}}, {"StringNotEquals": {"t:k": "vpc-1"}}),
    (STRING, Op.LIKE, ("a*",), {"StringLike": {"t:k": "a*"}}, {"StringNotLike": {"t:k": "a*"}}),
    (
        ARN,
        Op.EQ,
        ("arn:aws:s3:::b",),
        {"ArnEquals": {"t:k": "arn:aws:s3:::b"}},
        {"ArnNotEquals": {"t:k": "arn:aws:s3:::b"}},
    ),
    (ARN, Op.LIKE, ("arn:*:s3:::b",), {"ArnLike": {"t:k": "arn:*:s3:::b"}}, {"ArnNotLike": {"t:k": "arn:*:s3:::b"}}),
    (INT, Op.EQ, (5,), {"NumericEquals": {"t:k": "5"}}, {"NumericNotEquals": {"t:k": "5"}}),
    (DECIMAL, Op.EQ, ("1.50",), {"NumericEquals": {"t:k": "1.50"}}, {"NumericNotEquals": {"t:k": "1.50"}}),
    (INT, Op.LT, (5,), {"NumericLessThan": {"t:k": "5"}}, {"NumericGreaterThanEqualsIfExists": {"t:k": "5"}}),
    (INT, Op.LE, (5,), {"NumericLessThanEquals": {"t:k": "5"}}, {"NumericGreaterThanIfExists": {"t:k": "5"}}),
    (INT, Op.GT, (5,), {"NumericGreaterThan": {"t:k": "5"}}, {"NumericLessThanEqualsIfExists": {"t:k": "5"}}),
    (INT, Op.GE, (5,), {"NumericGreaterThanEquals": {"t:k": "5"}}, {"NumericLessThanIfExists": {"t:k": "5"}}),
    # any bound passes: the loosest; none passes: beyond the loosest
    (INT, Op.LT, (5, 9), {"NumericLessThan": {"t:k": "9"}}, {"NumericGreaterThanEqualsIfExists": {"t:k": "9"}}),
    (INT, Op.GE, (5, 9), {"NumericGreaterThanEquals": {"t:k": "5"}}, {"NumericLessThanIfExists": {"t:k": "5"}}),
    (BOOL, Op.EQ, (True,), {"Bool": {"t:k": "true"}}, {"BoolIfExists": {"t:k": "false"}}),
    (BOOL, Op.EQ, (True, False), {"Null": {"t:k": "false"}}, {"Null": {"t:k": "true"}}),
    (
        MOMENT,
        Op.LT,
        ("2026-01-31",),
        {"DateLessThan": {"t:k": "2026-01-31T00:00:00Z"}},
        {"DateGreaterThanEqualsIfExists": {"t:k": "2026-01-31T00:00:00Z"}},
    ),
    (
        MOMENT,
        Op.EQ,
        ("2026-01-31T10:00:00+01:00",),
        {"DateEquals": {"t:k": "2026-01-31T09:00:00Z"}},
        {"DateNotEquals": {"t:k": "2026-01-31T09:00:00Z"}},
    ),
    (IP, Op.IN_CIDR, ("10.0.0.0/8",), {"IpAddress": {"t:k": "10.0.0.0/8"}}, {"NotIpAddress": {"t:k": "10.0.0.0/8"}}),
    (IP, Op.EQ, ("10.0.0.1",), {"IpAddress": {"t:k": "10.0.0.1/32"}}, {"NotIpAddress": {"t:k": "10.0.0.1/32"}}),
    (
        IP,
        Op.EQ,
        ("2001:db8::1",),
        {"IpAddress": {"t:k": "2001:db8::1/128"}},
        {"NotIpAddress": {"t:k": "2001:db8::1/128"}},
    ),
    (STRING, Op.EXISTS, (), {"Null": {"t:k": "false"}}, {"Null": {"t:k": "true"}}),
]


@pytest.mark.parametrize(("kind", "op", "values", "positive", "negative"), SINGLE)
def test_single_valued(kind: Type, op: Op, values: tuple[Any, ...], positive: Any, negative: Any) -> None:
    assert blocks(atom(kind, op, *values)) == [positive]
    assert blocks(atom(kind, op, *values, negated=True)) == [negative]


MANY: list[tuple[Type, Op, tuple[Any, ...], str, bool, list[Any]]] = [
    (STRING, Op.EQ, ("a", "b"), "any", False, [{"ForAnyValue:StringEquals": {"t:k": ["a", "b"]}}]),
    (STRING, Op.EQ, ("a",), "any", True, [{"ForAllValues:StringNotEquals": {"t:k": "a"}}]),
    (STRING, Op.LIKE, ("a*",), "any", False, [{"ForAnyValue:StringLike": {"t:k": "a*"}}]),
    # AWS contradicts itself on ForAllValues:StringNotLike with an absent key; IfExists settles it
    (STRING, Op.LIKE, ("a*",), "any", True, [{"ForAllValues:StringNotLikeIfExists": {"t:k": "a*"}}]),
    (
        STRING,
        Op.EQ,
        ("a",),
        "all",
        False,
        [{"ForAllValues:StringEquals": {"t:k": "a"}, "ForAnyValue:StringEquals": {"t:k": "a"}}],
    ),
    (STRING, Op.EQ, ("a",), "all", True, [{"Null": {"t:k": "true"}}, {"ForAnyValue:StringNotEquals": {"t:k": "a"}}]),
    (INT, Op.LT, (5,), "any", True, [{"ForAllValues:NumericGreaterThanEquals": {"t:k": "5"}}]),
    (
        INT,
        Op.LT,
        (5, 7),
        "all",
        False,
        [{"ForAllValues:NumericLessThan": {"t:k": "7"}, "ForAnyValue:NumericLessThan": {"t:k": "7"}}],
    ),
    (BOOL, Op.EQ, (True,), "all", True, [{"Null": {"t:k": "true"}}, {"ForAnyValue:Bool": {"t:k": "false"}}]),
    (IP, Op.IN_CIDR, ("10.0.0.0/8",), "any", True, [{"ForAllValues:NotIpAddress": {"t:k": "10.0.0.0/8"}}]),
]


@pytest.mark.parametrize(("kind", "op", "values", "quantifier", "negated", "expected"), MANY)
def test_multi_valued(
    kind: Type, op: Op, values: tuple[Any, ...], quantifier: str, negated: bool, expected: list[Any]
) -> None:
    assert blocks(atom(kind, op, *values, quantifier=quantifier, negated=negated)) == expected


ESCAPES = [
    # Equals reads variables, not wildcards
    (STRING, Op.EQ, "a*?", "a*?"),
    (STRING, Op.EQ, "${aws:username}", "${$}{aws:username}"),
    (STRING, Op.EQ, "cost$", "cost$"),
    # Like reads both
    (STRING, Op.LIKE, "a\\*b*", "a${*}b*"),
    (STRING, Op.LIKE, "\\?", "${?}"),
    (STRING, Op.LIKE, "${aws:username}/*", "${$}{aws:username}/*"),
    (STRING, Op.LIKE, "\\\\x", "\\x"),
    # ArnEquals is ArnLike in disguise
    (ARN, Op.EQ, "arn:aws:s3:::b*", "arn:aws:s3:::b${*}"),
    (ARN, Op.LIKE, "arn:aws:s3:::b\\*", "arn:aws:s3:::b${*}"),
]


@pytest.mark.parametrize(("kind", "op", "value", "text"), ESCAPES)
def test_plain_characters_stay_plain(kind: Type, op: Op, value: str, text: str) -> None:
    ((operator,),) = [list(block.values()) for block in blocks(atom(kind, op, value))]
    assert operator == {"t:k": text}


def both(*items: Cond) -> All:
    return All(tuple(items))


MERGED: list[tuple[str, Cond, list[Any]]] = [
    (
        "or of one key is one list",
        AnyOf((atom(STRING, Op.EQ, "a"), atom(STRING, Op.EQ, "b"))),
        [{"StringEquals": {"t:k": ["a", "b"]}}],
    ),
    (
        "and of negations is one list",
        both(atom(STRING, Op.EQ, "a", negated=True), atom(STRING, Op.EQ, "b", negated=True)),
        [{"StringNotEquals": {"t:k": ["a", "b"]}}],
    ),
    (
        "and of lists is what they share",
        both(atom(STRING, Op.EQ, "a", "b"), atom(STRING, Op.EQ, "b", "c")),
        [{"StringEquals": {"t:k": "b"}}],
    ),
    ("nothing shared is never", both(atom(STRING, Op.EQ, "a"), atom(STRING, Op.EQ, "b")), []),
    (
        "numbers compare as numbers",
        both(atom(DECIMAL, Op.EQ, "1.5", "2"), atom(DECIMAL, Op.EQ, "1.50")),
        [{"NumericEquals": {"t:k": "1.5"}}],
    ),
    ("the tighter bound", both(atom(INT, Op.LT, 9), atom(INT, Op.LT, 5)), [{"NumericLessThan": {"t:k": "5"}}]),
    (
        "blocks that overlap",
        both(atom(IP, Op.IN_CIDR, "10.0.0.0/8"), atom(IP, Op.IN_CIDR, "10.1.0.0/16", "192.0.2.0/24")),
        [{"IpAddress": {"t:k": "10.1.0.0/16"}}],
    ),
    (
        "a second like beside the first",
        both(atom(STRING, Op.LIKE, "a*"), atom(STRING, Op.LIKE, "*b")),
        [{"StringLike": {"t:k": "a*"}, "StringLikeIfExists": {"t:k": "*b"}}],
    ),
    (
        "two any of one set",
        both(atom(STRING, Op.EQ, "a", quantifier="any"), atom(STRING, Op.EQ, "b", quantifier="any")),
        [{"ForAnyValue:StringEquals": {"t:k": "a"}, "ForAnyValue:StringLike": {"t:k": "b"}}],
    ),
    ("absent and present is never", both(atom(STRING, Op.EXISTS, negated=True), atom(STRING, Op.EQ, "a")), []),
    (
        "absent and negated is not a contradiction",
        both(atom(STRING, Op.EXISTS, negated=True), atom(STRING, Op.EQ, "a", negated=True)),
        [{"Null": {"t:k": "true"}, "StringNotEquals": {"t:k": "a"}}],
    ),
    (
        "and over or multiplies",
        both(AnyOf((atom(STRING, Op.EQ, "a"), atom(INT, Op.EQ, 1, name="n"))), atom(BOOL, Op.EQ, True, name="f")),
        [
            {"Bool": {"t:f": "true"}, "StringEquals": {"t:k": "a"}},
            {"Bool": {"t:f": "true"}, "NumericEquals": {"t:n": "1"}},
        ],
    ),
    (
        "a wider alternative covers",
        AnyOf((atom(BOOL, Op.EQ, True, name="f"), both(atom(BOOL, Op.EQ, True, name="f"), atom(STRING, Op.EQ, "a")))),
        [{"Bool": {"t:f": "true"}}],
    ),
]


@pytest.mark.parametrize(("title", "cond", "expected"), MERGED, ids=[item[0] for item in MERGED])
def test_laws(title: str, cond: Cond, expected: list[Any]) -> None:
    assert blocks(cond) == expected


def test_constants() -> None:
    assert lower_condition(Always(), None, Diagnostics()) == ALWAYS
    assert lower_condition(Never(), None, Diagnostics()) == NEVER


def test_keys_ignore_case_and_keep_the_first_spelling() -> None:
    """AWS refuses one key in two spellings: DUPLICATE_KEYS_WITH_DIFFERENT_CASE."""
    tests = tidy(
        [
            KeyTest("StringEquals", "aws:PrincipalTag/Team", ("a",)),
            KeyTest("StringLike", "aws:PrincipalTag/team", ("a*",)),
        ]
    )
    assert tests is not None
    placed = place(tests, None, Diagnostics())
    assert placed is not None
    assert condition_block(placed) == {
        "StringEquals": {"aws:PrincipalTag/Team": "a"},
        "StringLike": {"aws:PrincipalTag/Team": "a*"},
    }


REFUSED = [
    both(*(atom(STRING, Op.LIKE, pattern) for pattern in ("a*", "*b", "*c*"))),
    both(*(atom(STRING, Op.EQ, value, quantifier="any") for value in "abcde")),
    atom(BOOL, Op.LIKE, "t*"),
    atom(ARN, Op.LIKE, "arn:aws:s3*"),
    # an empty text among the values counts as absent for ForAllValues
    atom(STRING, Op.EQ, "", quantifier="any", negated=True),
    atom(STRING, Op.LIKE, "*", quantifier="any", negated=True),
    Atom(key(STRING, True), Op.EQ, (Constant(STRING, "a"),), "", False, WHERE),
    Atom(key(STRING), Op.EQ, (Constant(STRING, "a"),), "any", False, WHERE),
]


@pytest.mark.parametrize("cond", REFUSED)
def test_what_has_no_exact_form_is_an_error_at_its_place(cond: Cond) -> None:
    assert refusal(cond) == ("condition-not-expressible", WHERE)


def pairs(count: int) -> All:
    """`(a1 == x or b1 == y) and …`: two to the power of `count` alternatives."""
    return All(
        tuple(
            AnyOf((atom(STRING, Op.EQ, "x", name=f"a{i}"), atom(STRING, Op.EQ, "y", name=f"b{i}")))
            for i in range(count)
        )
    )


def test_the_budget() -> None:
    assert len(blocks(pairs(6))) == 64 == BUDGET
    assert refusal(pairs(7)) == ("condition-too-large", WHERE)
    assert refusal(pairs(40)) == ("condition-too-large", WHERE)
    wide = AnyOf(tuple(atom(STRING, Op.EQ, "x", name=f"k{i}") for i in range(2000)))
    assert refusal(wide) == ("condition-too-large", WHERE)


def test_long_lists_are_no_alternatives() -> None:
    many = AnyOf(tuple(atom(STRING, Op.EQ, f"v{i:04}") for i in range(2000)))
    ((values,),) = [list(block.values()) for block in blocks(many)]
    assert len(values["t:k"]) == 2000
    none = All(tuple(atom(STRING, Op.EQ, f"v{i:04}", negated=True) for i in range(2000)))
    assert len(blocks(none)[0]["StringNotEquals"]["t:k"]) == 2000


def test_depth_does_not_matter() -> None:
    cond: Cond = atom(STRING, Op.EQ, "a")
    for index in range(20_000):
        other = atom(STRING, Op.EQ, "b", negated=True, name=f"k{index % 3}")
        cond = All((cond, other)) if index % 2 else AnyOf((cond, both(atom(STRING, Op.EQ, "a"), other)))
    # an `and` adds its test to every alternative; what an `or` adds covers all older ones that hold its tests too
    left = [{"t:k1": "b", "t:k2": "b"}, {"t:k0": "b", "t:k1": "b"}]
    assert blocks(cond) == [{"StringEquals": {"t:k": "a"}, "StringNotEquals": tests} for tests in left]
