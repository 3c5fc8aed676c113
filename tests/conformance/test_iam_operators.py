"""Condition operators, missing keys and sets, and odd inputs, row by row from the evaluation reference.

A row is the fact it rests on (section, or vector number of 8.6), the condition, the context, and whether it holds.
In short rows the key is `t:k`; `None` as its value means absent.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.iam_cases import holds, role, user

T, F = True, False
Row = tuple[str, str, Any, list[tuple[Any, bool]]]

# fact, operator, policy value(s), [(request value(s), holds)]
SINGLE_KEY: list[Row] = [
    ("8.6#1", "StringEquals", ["a", "b"], [("b", T), ("a", T), ("c", F), (None, F)]),
    ("8.6#2", "StringEquals", "A", [("a", F), ("A", T)]),
    ("8.6#3", "StringNotEquals", ["a", "b"], [("b", F), ("c", T), (None, T), ("a", F)]),
    ("8.6#4", "StringLike", "a*c", [("abc", T), ("a:b/c", T), ("AbC", F), ("ac", T), ("abcd", F), (None, F)]),
    ("8.6#5", "StringLike", "a${*}c", [("a*c", T), ("abc", F)]),
    ("8.6#6", "StringEqualsIfExists", "a", [(None, T), ("b", F), ("a", T)]),
    ("8.6#7", "ForAllValues:StringEquals", ["a", "b"], [(["a"], T), (["a", "c"], F), (None, T), (["b", "a"], T)]),
    ("8.6#8", "ForAnyValue:StringEquals", ["a", "b"], [(["a", "c"], T), (["c"], F), (None, F)]),
    ("8.6#9", "ForAllValues:StringNotEquals", ["a"], [(["b", "c"], T), (["a", "b"], F), (None, T)]),
    ("8.6#10", "ForAnyValue:StringNotEquals", ["a"], [(["a", "b"], T), (["a"], F), (None, F)]),
    ("8.6#11", "ArnLike", "arn:aws:s3:::b-*", [("arn:aws:s3:::b-1", T), ("arn:aws:s3:x::b-1", F), (None, F)]),
    ("8.6#12", "IpAddress", "203.0.113.0/24", [("203.0.113.9", T), ("2001:db8::1", F), ("203.0.114.0", F), (None, F)]),
    ("8.6#13", "NotIpAddress", "203.0.113.0/24", [(None, T), ("2001:db8::1", T), ("203.0.113.255", F), ("1.1.1.1", T)]),
    ("8.6#14", "NumericLessThanEquals", "10", [("10", T), ("10.5", F), (None, F), ("-1", T)]),
    (
        "8.6#15",
        "DateGreaterThan",
        "2020-01-01T00:00:01Z",
        [("2020-01-01T00:00:02Z", T), (None, F), ("2020-01-01T00:00:01Z", F)],
    ),
    ("8.6#16", "Null", "true", [(None, T), ("x", F), ("", F)]),
    ("8.6#17", "Bool", "false", [(None, F), ("false", T), ("true", F)]),
    ("8.1 string", "StringEquals", "", [("", T), ("a", F), (None, F)]),
    ("8.1 string", "StringEquals", "a*", [("a*", T), ("ab", F)]),
    ("8.5 wildcard in equals", "StringEquals", "a?", [("a?", T), ("ab", F)]),
    ("8.5 wildcard in equals", "StringNotEquals", "*", [("a", T), ("*", F)]),
    ("8.1 ignore case", "StringEqualsIgnoreCase", "AbC", [("abc", T), ("ABC", T), ("abcd", F), (None, F)]),
    ("8.1 ignore case", "StringNotEqualsIgnoreCase", "AbC", [("abc", F), ("x", T), (None, T)]),
    ("8.1 ignore case", "StringEqualsIgnoreCase", "É", [("é", T), ("e", F)]),
    ("8.1 ignore case", "StringEqualsIgnoreCase", "a*", [("A*", T), ("ab", F)]),
    ("8.1 like", "StringLike", "?", [("a", T), ("", F), ("ab", F), ("é", T), ("😀", T), ("\n", T)]),
    ("8.1 like", "StringLike", "*", [("", T), ("anything at all", T), (None, F)]),
    ("8.1 like", "StringLike", "a?c", [("abc", T), ("a/c", T), ("ac", F)]),
    ("8.1 like", "StringLike", "*a*b", [("ab", T), ("xaxb", T), ("ba", F), ("abx", F)]),
    ("8.1 like", "StringLike", "a.c", [("a.c", T), ("abc", F)]),
    ("8.1 like", "StringLike", "[a]", [("[a]", T), ("a", F)]),
    ("8.1 like", "StringLike", "a%_", [("a%_", T), ("abc", F)]),
    ("8.1 like", "StringLike", "a", [("a\n", F), ("a", T)]),
    ("8.1 like", "StringLike", ["a*", "*z"], [("ab", T), ("yz", T), ("bc", F)]),
    ("8.1 like", "StringNotLike", "a*", [("ab", F), ("b", T), (None, T)]),
    ("8.1 like", "StringNotLike", ["a*", "b*"], [("b1", F), ("c", T)]),
    ("8.1 like", "StringLikeIfExists", "a*", [(None, T), ("ab", T), ("b", F)]),
    ("8.1 like", "StringNotLikeIfExists", "a*", [(None, T), ("ab", F), ("b", T)]),
    ("8.1 numeric", "NumericEquals", "10", [("10", T), ("10.0", T), ("1e1", T), ("11", F), (None, F)]),
    ("8.1 numeric", "NumericEquals", "0.1", [("0.10", T), ("0.1000000000000000055511151231257827", F)]),
    (
        "8.1 numeric",
        "NumericEquals",
        "12345678901234567890123",
        [("12345678901234567890123", T), ("12345678901234567890124", F)],
    ),
    ("8.1 numeric", "NumericNotEquals", "10", [("10.0", F), ("9", T), (None, T)]),
    ("8.1 numeric", "NumericLessThan", "10", [("9.999", T), ("10", F), (None, F)]),
    ("8.1 numeric", "NumericGreaterThan", "10", [("10.001", T), ("10", F), ("9", F), (None, F)]),
    ("8.1 numeric", "NumericGreaterThanEquals", "10", [("10", T), ("9.9", F), (None, F)]),
    ("8.1 numeric", "NumericLessThan", ["1", "5"], [("3", T), ("7", F)]),
    ("8.1 numeric", "NumericEquals", 443, [("443", T), ("80", F)]),
    ("8.1 numeric", "NumericEqualsIfExists", "1", [(None, T), ("2", F)]),
    ("8.5 wrong type", "NumericEquals", "10", [("ten", F), ("", F), ("NaN", F), ("Infinity", F)]),
    ("8.5 wrong type", "NumericNotEquals", "10", [("ten", F)]),
    ("8.5 wrong type", "NumericNotEquals", "ten", [("10", F)]),
    ("8.5 wrong type", "NumericLessThan", "ten", [("1", F)]),
    ("8.1 date", "DateEquals", "2020-01-01", [("2020-01-01T00:00:00Z", T), ("2020-01-01", T), ("2020-01-02", F)]),
    ("8.1 date", "DateEquals", "1577836800", [("2020-01-01T00:00:00Z", T), ("1577836800", T), ("1577836801", F)]),
    (
        "8.1 date",
        "DateEquals",
        "2020-01-01T02:00:00+02:00",
        [("2020-01-01T00:00:00Z", T), ("2019-12-31T19:00:00-05:00", T)],
    ),
    ("8.1 date", "DateNotEquals", "2020-01-01", [("2020-01-01T00:00:00Z", F), ("2020-01-02", T), (None, T)]),
    ("8.1 date", "DateLessThan", "2020-01-01T00:00:00Z", [("2019-12-31T23:59:59Z", T), ("2020-01-01T00:00:00Z", F)]),
    (
        "8.1 date",
        "DateLessThan",
        "2020-01-01T00:00:00.5Z",
        [("2020-01-01T00:00:00.49Z", T), ("2020-01-01T00:00:00.500Z", F)],
    ),
    (
        "8.1 date",
        "DateLessThanEquals",
        "2020-01-01T00:00:00Z",
        [("2020-01-01T00:00:00Z", T), ("2020-01-01T00:00:01Z", F)],
    ),
    ("8.1 date", "DateGreaterThanEquals", "2020-02-29", [("2020-02-29", T), ("2020-03-01", T), ("2020-02-28", F)]),
    ("8.1 date", "DateGreaterThan", 1577836800, [("2020-01-01T00:00:01Z", T), ("2019-01-01", F)]),
    ("8.1 date", "DateGreaterThan", "1969-01-01", [("-1", T), ("-86400000", F)]),
    (
        "8.5 wrong type",
        "DateEquals",
        "2020-01-01",
        [("yesterday", F), ("2020-02-30", F), ("2020-13-01", F), ("2020-01-01T25:00:00Z", F)],
    ),
    ("8.5 wrong type", "DateNotEquals", "2020-01-01", [("yesterday", F)]),
    ("8.1 date if exists", "DateGreaterThanIfExists", "2020-01-01", [(None, T), ("2019-01-01", F)]),
    ("8.1 bool", "Bool", "true", [("true", T), ("false", F), (None, F), ("TRUE", T), ("yes", F), ("1", F)]),
    ("8.1 bool", "Bool", True, [("true", T), ("false", F)]),
    ("8.1 bool", "Bool", False, [("false", T), ("true", F)]),
    ("8.1 bool", "BoolIfExists", "true", [(None, T), ("false", F), ("true", T)]),
    ("8.1 bool", "BoolIfExists", "false", [(None, T), ("true", F)]),
    ("8.1 bool text", "Bool", "True", [("true", T)]),
    ("8.1 bool text", "Bool", "yes", [("true", F), ("yes", F)]),
    ("8.1 binary", "BinaryEquals", "QmluYXJ5", [("QmluYXJ5", T), ("QmluYXJ6", F), ("Binary", F), (None, F)]),
    ("8.1 ip", "IpAddress", "203.0.113.9", [("203.0.113.9", T), ("203.0.113.8", F)]),
    ("8.1 ip", "IpAddress", "203.0.113.77/24", [("203.0.113.1", T), ("203.0.112.1", F)]),
    (
        "8.1 ip",
        "IpAddress",
        ["10.0.0.0/8", "192.168.0.0/16"],
        [("10.255.0.1", T), ("192.168.1.1", T), ("172.16.0.1", F)],
    ),
    ("8.1 ip", "IpAddress", "0.0.0.0/0", [("8.8.8.8", T), ("2001:db8::1", F)]),
    ("8.1 ip", "IpAddress", "2001:db8::/32", [("2001:db8:ffff::1", T), ("2001:db9::1", F), ("203.0.113.9", F)]),
    ("8.1 ip", "IpAddress", "2001:DB8:0:0:0:0:0:1", [("2001:db8::1", T), ("2001:db8::2", F)]),
    ("8.1 ip", "IpAddress", "::ffff:203.0.113.0/120", [("203.0.113.9", F)]),
    ("8.1 ip", "NotIpAddress", ["10.0.0.0/8", "2001:db8::/32"], [("10.1.1.1", F), ("2001:db8::1", F), ("11.1.1.1", T)]),
    ("8.1 ip", "IpAddressIfExists", "10.0.0.0/8", [(None, T), ("11.0.0.1", F)]),
    ("8.1 ip", "NotIpAddressIfExists", "10.0.0.0/8", [(None, T), ("10.0.0.1", F)]),
    ("8.5 wrong type", "IpAddress", "10.0.0.0/8", [("host", F), ("", F), ("10.0.0.1/32", F), ("010.0.0.1", F)]),
    ("8.5 wrong type", "NotIpAddress", "10.0.0.0/8", [("host", F)]),
    ("8.1 arn", "ArnEquals", "arn:aws:s3:::b-*", [("arn:aws:s3:::b-1", T), ("arn:aws:s3:::c-1", F)]),
    (
        "8.1 arn",
        "ArnLike",
        "arn:aws:someservice:*:111122223333:finance/*",
        [
            ("arn:aws:someservice:us-east-1:111122223333:finance/x", T),
            ("arn:aws:someservice:us-east-1:111122223333:finance/a:b", T),
            ("arn:aws:someservice:us-east-1:x:111122223333:finance/x", F),
        ],
    ),
    (
        "8.1 arn note",
        "StringLike",
        "arn:aws:someservice:*:111122223333:finance/*",
        [("arn:aws:someservice:us-east-1:x:111122223333:finance/x", T)],
    ),
    ("8.1 arn", "ArnLike", "arn:*:iam::*:role/?", [("arn:aws-cn:iam::1:role/r", T), ("arn:aws:iam::1:role/rr", F)]),
    ("8.1 arn", "ArnLike", "arn:aws:iam::1:role/R", [("arn:aws:iam::1:role/r", F)]),
    ("8.1 arn", "ArnNotEquals", "arn:aws:s3:::b", [("arn:aws:s3:::b", F), ("arn:aws:s3:::c", T), (None, T)]),
    ("8.1 arn", "ArnNotLike", "arn:aws:s3:::b*", [("arn:aws:s3:::bb", F), ("arn:aws:s3:::c", T), (None, T)]),
    ("8.1 arn", "ArnLikeIfExists", "arn:aws:s3:::b", [(None, T), ("arn:aws:s3:::c", F)]),
    ("8.1 arn", "ArnNotLikeIfExists", "arn:aws:s3:::b", [(None, T), ("arn:aws:s3:::b", F)]),
    ("8.5 wrong type", "ArnLike", "arn:aws:s3:::b", [("b", F), ("arn:aws:s3", F)]),
    ("8.5 wrong type", "ArnNotLike", "arn:aws:s3:::b", [("b", F)]),
    ("8.1 null", "Null", "false", [(None, F), ("x", T)]),
    ("8.1 null", "Null", True, [(None, T), ("x", F)]),
    ("8.1 null", "Null", False, [(None, F), (["x", "y"], T)]),
    ("8.4 null", "Null", ["true", "false"], [(None, T), ("x", T)]),
    ("8.1 null text", "Null", "maybe", [(None, F), ("x", F)]),
    ("8.5 null qualifier", "ForAllValues:Null", "true", [(None, T), ("x", T)]),
    ("8.5 null qualifier", "ForAllValues:Null", "false", [(None, T), ("x", T)]),
    ("8.5 null qualifier", "ForAnyValue:Null", "true", [(None, F), ("x", F)]),
    ("8.5 null qualifier", "ForAnyValue:Null", "false", [(None, F), ("x", F)]),
    ("8.3 all", "ForAllValues:StringLike", ["a*", "b"], [(["ab", "b"], T), (["ab", "c"], F), (None, T)]),
    ("8.3 all", "ForAllValues:StringNotLike", ["a*"], [(["b"], T), (["b", "ab"], F)]),
    ("8.3 all (15 #4)", "ForAllValues:StringNotLike", ["a*"], [(None, T)]),
    ("8.3 all", "ForAllValues:StringEqualsIfExists", ["a"], [(None, T), (["a"], T), (["b"], F)]),
    ("8.3 all blank", "ForAllValues:StringEquals", ["a"], [([""], T), (["", ""], T), (["", "b"], F)]),
    ("8.3 all", "ForAllValues:NumericLessThan", ["10"], [(["1", "2"], T), (["1", "20"], F)]),
    (
        "8.3 all",
        "ForAllValues:ArnLike",
        ["arn:aws:s3:::b*"],
        [(["arn:aws:s3:::b", "arn:aws:s3:::bc"], T), (["arn:aws:s3:::c"], F)],
    ),
    ("8.3 any", "ForAnyValue:StringLike", ["o-1/*"], [(["o-1/r-1/", "o-2/"], T), (["o-2/"], F), (None, F)]),
    ("8.3 any negated", "ForAnyValue:StringNotLike", ["a*"], [(["ab", "b"], T), (["ab"], F), (None, F)]),
    ("8.3 any if exists", "ForAnyValue:StringEqualsIfExists", ["a"], [(None, T), (["b"], F), (["a"], T)]),
    ("8.3 any if exists", "ForAnyValue:StringNotEqualsIfExists", ["a"], [(None, T), (["a"], F), (["a", "b"], T)]),
    ("8.3 any", "ForAnyValue:IpAddress", ["10.0.0.0/8"], [(["11.0.0.1", "10.0.0.1"], T), (["11.0.0.1"], F)]),
    ("8.3 one as set", "ForAnyValue:StringEquals", "a", [("a", T), ("b", F)]),
    ("8.3 one as set", "ForAllValues:StringEquals", "a", [("a", T), ("b", F)]),
    ("8.3 no prefix (15 #6)", "StringEquals", "a", [(["a", "b"], F), (["a", "a"], F), (["a"], T)]),
    ("8.3 no prefix (15 #6)", "StringNotEquals", "c", [(["a", "b"], F)]),
    ("8.5 empty", "StringEquals", [], [("a", F), (None, F)]),
    ("8.5 empty", "StringNotEquals", [], [("a", T), (None, T)]),
    ("8.5 empty", "ForAllValues:StringEquals", [], [(None, T), (["a"], F)]),
    ("8.5 empty", "ForAnyValue:StringEquals", [], [(None, F), (["a"], F)]),
    ("8.5 empty", "StringEqualsIfExists", [], [(None, T), ("a", F)]),
    ("8.5 empty", "ArnLikeIfExists", [], [(None, T), ("arn:aws:s3:::b", F)]),
    ("8.1 json number as text", "StringEquals", 10, [("10", T), ("10.0", F)]),
    ("8.1 json bool as text", "StringEquals", True, [("true", T), ("True", F)]),
]


def _rows() -> list[Any]:
    return [
        pytest.param(
            {operator: {"t:k": wanted}},
            {} if value is None else {"t:k": value},
            expected,
            id=f"{fact} {operator} {value}",
        )
        for fact, operator, wanted, cases in SINGLE_KEY
        for value, expected in cases
    ]


@pytest.mark.parametrize(("condition", "context", "expected"), _rows())
def test_single_key(condition: dict[str, Any], context: dict[str, Any], expected: bool) -> None:
    assert holds(condition, context) is expected


# fact, condition, [(context, holds)]
COMBINED: list[tuple[str, dict[str, Any], list[tuple[dict[str, Any], bool]]]] = [
    (
        "8.6#18",
        {"StringEquals": {"t:k": "a", "t:j": "b"}},
        [({"t:k": "a"}, F), ({"t:k": "a", "t:j": "b"}, T), ({"t:j": "b"}, F)],
    ),
    (
        "8.2 operators and",
        {"StringEquals": {"t:k": "a"}, "StringLike": {"t:k": "a*"}},
        [({"t:k": "a"}, T), ({"t:k": "ab"}, F)],
    ),
    (
        "8.2 operators and",
        {"StringEquals": {"t:k": "a"}, "Null": {"t:j": "true"}},
        [({"t:k": "a"}, T), ({"t:k": "a", "t:j": "x"}, F)],
    ),
    (
        "8.2 range",
        {"NumericGreaterThan": {"t:k": "1"}, "NumericLessThan": {"t:k": "5"}},
        [({"t:k": "3"}, T), ({"t:k": "5"}, F), ({"t:k": "1"}, F)],
    ),
    ("8.2 key case", {"StringEquals": {"T:K": "a"}}, [({"t:k": "a"}, T), ({"t:K": "a"}, T)]),
    (
        "8.6#19",
        {"StringEquals": {"aws:PrincipalTag/X": "a"}},
        [({"aws:PrincipalTag/x": "a"}, T), ({"AWS:principaltag/X": "a"}, T), ({"aws:PrincipalTag/y": "a"}, F)],
    ),
    (
        "8.3 with null",
        {"ForAllValues:StringEquals": {"t:k": "a"}, "Null": {"t:k": "false"}},
        [({}, F), ({"t:k": ["a"]}, T)],
    ),
    (
        "8.3 any and all",
        {"ForAllValues:StringEquals": {"t:k": ["a", "b"]}, "ForAnyValue:StringEquals": {"t:k": "a"}},
        [({"t:k": ["a", "b"]}, T), ({"t:k": ["b"]}, F), ({"t:k": ["a", "c"]}, F), ({}, F)],
    ),
    ("8.5 unknown key", {"StringEquals": {"made:up": "a"}}, [({}, F)]),
    ("8.5 unknown key", {"StringNotEquals": {"made:up": "a"}}, [({}, T)]),
    ("8.5 empty condition", {}, [({}, T)]),
    ("8.5 empty block", {"StringEquals": {}}, [({}, T)]),
    ("8.3 absent", {"StringEquals": {"t:k": "a"}}, [({"t:k": []}, F)]),
    ("8.3 absent", {"Null": {"t:k": "true"}}, [({"t:k": []}, T)]),
]


@pytest.mark.parametrize(
    ("condition", "context", "expected"),
    [pytest.param(c, context, e, id=f"{fact} {context}") for fact, c, cases in COMBINED for context, e in cases],
)
def test_combinations(condition: dict[str, Any], context: dict[str, Any], expected: bool) -> None:
    assert holds(condition, context) is expected


ROLE_CALLER, USER_CALLER = role(), user()

# fact, condition, caller, context, holds
VARIABLES: list[tuple[str, dict[str, Any], Any, dict[str, Any], bool]] = [
    ("8.6#20", {"StringLike": {"t:k": "${aws:username}/*"}}, ROLE_CALLER, {"t:k": "u/1"}, F),
    ("8.6#21", {"StringNotLike": {"t:k": "${aws:username}/*"}}, ROLE_CALLER, {"t:k": "z/1"}, T),
    ("8.6#22", {"StringEquals": {"t:k": "${aws:PrincipalTag/t, 'none'}"}}, ROLE_CALLER, {"t:k": "none"}, T),
    ("7 user name", {"StringLike": {"t:k": "${aws:username}/*"}}, USER_CALLER, {"t:k": "u/1"}, T),
    ("7 user name", {"StringLike": {"t:k": "${aws:username}/*"}}, USER_CALLER, {"t:k": "v/1"}, F),
    ("7 user name", {"StringNotLike": {"t:k": "${aws:username}/*"}}, USER_CALLER, {"t:k": "u/1"}, F),
    ("7 key case", {"StringEquals": {"t:k": "${AWS:UserName}"}}, USER_CALLER, {"t:k": "u"}, T),
    ("7 default unused", {"StringEquals": {"t:k": "${t:j, 'none'}"}}, USER_CALLER, {"t:k": "x", "t:j": "x"}, T),
    ("7 default unused", {"StringEquals": {"t:k": "${t:j, 'none'}"}}, USER_CALLER, {"t:k": "none", "t:j": "x"}, F),
    ("7 default", {"StringEquals": {"t:k": "${t:j, ''}"}}, USER_CALLER, {"t:k": ""}, T),
    ("7 default", {"StringLike": {"t:k": "${t:j, 'a b, c}'}"}}, USER_CALLER, {"t:k": "a b, c}"}, T),
    ("7 literals", {"StringLike": {"t:k": "${*}${?}${$}"}}, USER_CALLER, {"t:k": "*?$"}, T),
    ("7 literals", {"StringLike": {"t:k": "${*}${?}${$}"}}, USER_CALLER, {"t:k": "ab$"}, F),
    ("7 literals", {"StringEquals": {"t:k": "${*}"}}, USER_CALLER, {"t:k": "*"}, T),
    ("7 data", {"StringLike": {"t:k": "${t:j}"}}, USER_CALLER, {"t:k": "ab", "t:j": "a*"}, F),
    ("7 data", {"StringLike": {"t:k": "${t:j}"}}, USER_CALLER, {"t:k": "a*", "t:j": "a*"}, T),
    ("7 data", {"StringLike": {"t:k": "${t:j}*"}}, USER_CALLER, {"t:k": "?b", "t:j": "?"}, T),
    ("7 data", {"StringLike": {"t:k": "${t:j}*"}}, USER_CALLER, {"t:k": "ab", "t:j": "?"}, F),
    ("7 other value", {"StringLike": {"t:k": ["${t:j}", "b"]}}, USER_CALLER, {"t:k": "b"}, T),
    ("7 other value", {"StringNotLike": {"t:k": ["${t:j}", "b"]}}, USER_CALLER, {"t:k": "b"}, F),
    ("7 negated absent", {"StringNotEquals": {"t:k": "${t:j}"}}, USER_CALLER, {"t:k": "b"}, T),
    ("7 two", {"StringEquals": {"t:k": "${t:j}-${aws:username}"}}, USER_CALLER, {"t:k": "a-u", "t:j": "a"}, T),
    ("7 multivalued", {"StringEquals": {"t:k": "${t:j}"}}, USER_CALLER, {"t:k": "a", "t:j": ["a", "b"]}, F),
    ("7 multivalued", {"StringEquals": {"t:k": "${aws:TagKeys}"}}, USER_CALLER, {"t:k": "a", "aws:TagKeys": ["a"]}, F),
    ("7 ignore case", {"StringEqualsIgnoreCase": {"t:k": "${t:j}"}}, USER_CALLER, {"t:k": "AB", "t:j": "ab"}, T),
    ("7 arn", {"ArnLike": {"t:k": "arn:aws:s3:::${aws:username}*"}}, USER_CALLER, {"t:k": "arn:aws:s3:::u-1"}, T),
    ("7 arn", {"ArnLike": {"t:k": "arn:aws:s3:::${aws:username}*"}}, USER_CALLER, {"t:k": "arn:aws:s3:::v-1"}, F),
    (
        "7 arn",
        {"ArnEquals": {"t:k": "${aws:PrincipalArn}"}},
        USER_CALLER,
        {"t:k": "arn:aws:iam::111122223333:user/u"},
        T,
    ),
    (
        "7 arn",
        {"ArnEquals": {"t:k": "${aws:PrincipalArn}"}},
        USER_CALLER,
        {"t:k": "arn:aws:iam::111122223333:user/v"},
        F,
    ),
    ("7 set", {"ForAnyValue:StringEquals": {"t:k": "${aws:username}"}}, USER_CALLER, {"t:k": ["a", "u"]}, T),
    ("7 set", {"ForAllValues:StringEquals": {"t:k": ["${aws:username}", "a"]}}, USER_CALLER, {"t:k": ["a", "u"]}, T),
    ("7 dollar alone", {"StringEquals": {"t:k": "$a$"}}, USER_CALLER, {"t:k": "$a$"}, T),
    ("7 account", {"StringEquals": {"t:k": "${aws:PrincipalAccount}"}}, USER_CALLER, {"t:k": "111122223333"}, T),
]


@pytest.mark.parametrize(
    ("condition", "caller", "context", "expected"),
    [pytest.param(c, who, ctx, e, id=f"{fact} {index}") for index, (fact, c, who, ctx, e) in enumerate(VARIABLES)],
)
def test_variables(condition: dict[str, Any], caller: Any, context: dict[str, Any], expected: bool) -> None:
    assert holds(condition, context, caller=caller) is expected


@pytest.mark.parametrize("version", ["2008-10-17", ""])
@pytest.mark.parametrize(
    ("operator", "value", "actual", "expected"),
    [
        ("StringEquals", "${aws:username}", "u", F),
        ("StringEquals", "${aws:username}", "${aws:username}", T),
        ("StringLike", "${aws:username}*", "u1", F),
        ("StringLike", "${aws:username}*", "${aws:username}1", T),
        ("StringLike", "${*}", "${ab}", T),
        ("StringLike", "${?}", "${a}", T),
        ("StringLike", "${?}", "?", F),
        ("StringLike", "${not closed", "${not closed", T),
    ],
)
def test_section_2_no_variables_without_2012(
    version: str, operator: str, value: str, actual: str, expected: bool
) -> None:
    condition = {operator: {"t:k": value}}
    plain: dict[str, Any] = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}}
    from tests.conformance.iam_cases import TRUTH, ask, document, verdict

    held = document(plain | ({"Version": version} if version else {}))
    assert TRUTH[verdict(held, ask({"t:k": actual}))] is expected


# condition, unknown keys, context, holds: what is not known decides only where every value gives one answer (Kleene)
UNKNOWN: list[tuple[dict[str, Any], tuple[str, ...], dict[str, Any], bool | None]] = [
    ({"StringEquals": {"t:k": "a"}}, ("t:k",), {}, None),
    ({"StringEquals": {"t:k": "a"}}, ("T:K",), {}, None),
    ({"StringEquals": {"t:k": "a"}}, ("t:k",), {"t:k": "a"}, None),
    ({"StringEquals": {"t:k": "a", "t:j": "b"}}, ("t:k",), {"t:j": "c"}, F),
    ({"StringEquals": {"t:k": "a", "t:j": "b"}}, ("t:k",), {"t:j": "b"}, None),
    ({"Null": {"t:k": "true"}}, ("t:k",), {}, None),
    ({"Null": {"aws:CurrentTime": "true"}}, (), {}, F),
    ({"Null": {"aws:CurrentTime": "false"}}, (), {}, T),
    ({"DateLessThan": {"aws:CurrentTime": "2030-01-01"}}, (), {}, None),
    ({"DateLessThan": {"aws:EpochTime": "2030-01-01"}}, (), {"aws:CurrentTime": "2029-12-31T00:00:00Z"}, T),
    ({"Bool": {"aws:SecureTransport": "true"}}, (), {}, None),
    ({"Bool": {"aws:SecureTransport": "true"}}, (), {"aws:SecureTransport": True}, T),
    ({"ForAnyValue:StringEquals": {"t:k": []}}, ("t:k",), {}, F),
    ({"ForAllValues:Null": {"t:k": "true"}}, ("t:k",), {}, T),
    ({"StringEquals": {"t:k": []}}, ("t:k",), {}, F),
    ({"StringLike": {"t:k": ["${t:j}", "a"]}}, ("t:j",), {"t:k": "a"}, T),
    ({"StringLike": {"t:k": ["${t:j}", "a"]}}, ("t:j",), {"t:k": "b"}, None),
    ({"StringNotLike": {"t:k": ["${t:j}", "a"]}}, ("t:j",), {"t:k": "a"}, F),
    ({"StringEquals": {"aws:PrincipalTag/x": "a"}}, ("aws:PrincipalTag/*",), {}, None),
    ({"StringEquals": {"aws:PrincipalTag/x": "a"}}, ("aws:PrincipalTag/*",), {"aws:PrincipalTag/x": "a"}, T),
    ({"StringEquals": {"t:k": "a"}}, ("aws:PrincipalTag/*",), {}, F),
    ({"StringEquals": {"t:k": "a"}}, ("*",), {}, None),
    ({"StringEquals": {"t:k": "a"}}, ("*",), {"t:k": "a"}, T),
]


@pytest.mark.parametrize(("condition", "unknown", "context", "expected"), UNKNOWN)
def test_what_is_not_known(condition: Any, unknown: tuple[str, ...], context: Any, expected: bool | None) -> None:
    assert holds(condition, context, unknown=unknown) is expected
