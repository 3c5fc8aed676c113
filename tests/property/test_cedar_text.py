"""The Cedar reader against cedarpy: both accept and refuse the same texts, and agree on what an accepted one says."""

from __future__ import annotations

import json

import cedarpy
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from policyc.diagnostics import Diagnostics
from policyc.syntax.cedar_nodes import Document, Lit
from policyc.syntax.cedar_printer import WIDTH, statement_text, written
from policyc.syntax.cedar_text import parse_cedar
from policyc.text import Source

OPEN = "permit (principal, action, resource)"


def ours(text: str) -> Document | None:
    diagnostics = Diagnostics()
    document = parse_cedar(Source("x.cedar", text), diagnostics)
    assert (document is None) == diagnostics.has_errors
    for item in diagnostics:
        assert item.span is not None
        assert 0 <= item.span.start <= item.span.end <= len(text)
        assert item.help
    return document


def theirs(text: str) -> bool:
    try:
        cedarpy.PolicySet.from_str(text)
    except ValueError:
        return False
    return True


CONDITIONS = [
    "!!!!true",
    "!!!!!true",
    "----1 == 1",
    "-----1 == 1",
    "1 < 2 < 3",
    "-9223372036854775808 == 1",
    "9223372036854775808 == 1",
    "--9223372036854775808 == 1",
    "{a: 1, a: 2} == {}",
    '{"a b": 1} == {}',
    "{if: 1} == {}",
    "context.if",
    "context has if",
    "context has a.b",
    'context has "a".b',
    'context has a["b"]',
    "[1, 2,] == []",
    'ip("1",) == 1',
    "context.a.contains()",
    "context.a.contains(1, 2)",
    "context.a.isEmpty(1)",
    "ip() == 1",
    "context.a.isInRange()",
    'context.a.ip("x")',
    "isInRange(1, 2)",
    "foo",
    'foo::"x" == principal',
    'foo"x" == principal',
    'a::b"x" == principal',
    'principal in [a::b"x"]',
    "foo::bar",
    "context.a is foo",
    "context is foo in bar",
    "principal is if",
    '"a\nb" == ""',
    '"\\x41" == ""',
    '"\\u{}" == ""',
    '"\\u{4_1}" == ""',
    '"\\u{0000041}" == ""',
    '"\\*" == ""',
    '"a" like "\\*"',
    '"a" like context.a',
    "1 / 2 == 1",
    "1 % 2 == 1",
    "if true then true else false",
    "!if true then true else false",
    "context[a]",
    'context["a" ]',
    "principal in [principal]",
    "?principal == principal",
    "true = false",
    "-context.a == 1",
    "!-1",
    "-!true",
    "{}.a",
    "1.a",
    "context.__cedar",
    "context.a::b",
    'principal.hasTag("x")',
    'unknown("a")',
    'error("x")',
    '"a\\\nb" == ""',
    "foo.bar",
    "foo(1)",
    "context.a(1)",
    '"\\u{D800}" == ""',
    '"\\u{110000}" == ""',
    '"\\x80" == ""',
    "'a'",
    "01 == 1",
    "0x10 == 1",
    'a::b::c("x")',
    "{true: 1} == {}",
    "{1: 1} == {}",
    "(true)(true)",
    "true ? 1 : 2",
    "context has a.if",
    'principal::"x" == principal',
    "context.my-idp.a",
    "a like 'x'",
    "“a” == context.b",
    "context.a.exists()",
    "true and true",
    'if::"x" == 1',
    "- 1 == -1",
    "-1.a == 1",
    "-(1) == 1",
    "!(true)",
    "1 - -1 == 0",
    "context . a",
    "context\n.a",
    "@x",
    'context."a"',
    "context.1",
    "context.a - context",
    "context.a-context.b == 1",
    "context.a-1 == 1",
    "[",
    "{",
    "(",
    "",
]
DOCUMENTS = [
    "",
    "// x",
    OPEN,
    f"{OPEN};;",
    "permit (principal, action, resource,);",
    "permit (principal, action);",
    "permit (action, principal, resource);",
    f"{OPEN} when {{}};",
    f"{OPEN} when {{true}} when {{true}} unless {{false}};",
    f"{OPEN} if {{true}};",
    f'@id("x") {OPEN};',
    f"@id {OPEN};",
    f'@id("x") @id("y") {OPEN};',
    f'@if("x") {OPEN};',
    f"@id(x) {OPEN};",
    f"@id() {OPEN};",
    "allow (principal, action, resource);",
    "permit ();",
    'permit (principal == A::"x", action == Action::"x", resource in A::"x");',
    'permit (principal == A::"x", action == A::"x", resource);',
    "permit (principal, action in [], resource);",
    'permit (principal, action in [Action::"a", N::Action::"b",], resource);',
    "permit (principal is A, action, resource);",
    'permit (principal in [A::"x"], action, resource);',
    "permit (principal == ?principal, action, resource);",
    "permit (principal == ?resource, action, resource);",
    "permit (principal, action == ?principal, resource);",
    'permit (principal != A::"x", action, resource);',
    "permit (principal, action is A, resource);",
    "permit (principal: A, action, resource);",
    "permit (principal == principal, action, resource);",
    'permit (principal == (A::"x"), action, resource);',
    "Permit (principal, action, resource);",
    f"{OPEN}\u2003;",
    f"{OPEN}\u0085;",
    f"{OPEN}\x1c;",
    f"{OPEN}; \ufeff",
    "// a\rpermit (principal, action, resource);",
    f'@id("a\\q") {OPEN};',
    f"{OPEN} when {{true}} {{true}};",
    f"{OPEN}; // end",
    f"{OPEN} /* x */;",
    f"{OPEN}\n{OPEN};",
    'permit (principal is A in A::"x", action, resource is B in ?resource);',
    '{"Version": "2012-10-17", "Statement": []}',
    'permit (principal in A::"x" is A, action, resource);',
    'permit (principal, action == [Action::"x"], resource);',
    'permit (principal, action in (Action::"a"), resource);',
]


@pytest.mark.parametrize("condition", CONDITIONS)
def test_conditions_are_accepted_like_cedar_does(condition: str) -> None:
    text = f"{OPEN} when {{ {condition} }};"
    assert (ours(text) is not None) == theirs(text)


@pytest.mark.parametrize("text", DOCUMENTS)
def test_documents_are_accepted_like_cedar_does(text: str) -> None:
    assert (ours(text) is not None) == theirs(text)


PIECES = st.sampled_from(
    [
        "permit",
        "forbid",
        "(",
        ")",
        "principal",
        ",",
        "action",
        "resource",
        ";",
        "when",
        "unless",
        "{",
        "}",
        "context",
        ".",
        "a",
        "has",
        "like",
        '"x*"',
        '"y"',
        "==",
        "!=",
        "<",
        ">=",
        "in",
        "is",
        "!",
        "-",
        "1",
        "true",
        "&&",
        "||",
        "[",
        "]",
        "contains",
        "ip",
        "if",
        "then",
        "else",
        "+",
        "*",
        "//c\n",
        " ",
        "@",
        "id",
        "::",
        "'",
        "?principal",
        ":",
        "A",
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, max_size=14))
def test_token_soup_in_a_condition(pieces: list[str]) -> None:
    text = f"{OPEN} when {{ {' '.join(pieces)} }};"
    assert (ours(text) is not None) == theirs(text)


@settings(max_examples=80, deadline=None)
@given(st.lists(PIECES, max_size=25))
def test_token_soup(pieces: list[str]) -> None:
    text = " ".join(pieces)
    assert (ours(text) is not None) == theirs(text)


GOOD = (
    '@id("a")\npermit (principal, action, resource)\nwhen {\n  context has jamf && context.jamf has risk &&\n'
    '  ["LOW", "SECURE"].contains(context.jamf.risk) // why\n} unless { context.http_request.path like "/admin*" };\n'
    'forbid (principal, action, resource) when { !(context["my-idp"].n + 2 * 3 >= -4) || (if true then false else true) };\n'
)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_good_text_with_a_character_changed(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(GOOD)))
    gone = data.draw(st.integers(0, 2))
    put = data.draw(st.text(st.sampled_from("(){}[];,.:\"'\\!=&|<>-+*?@/ab1 \n“é"), max_size=2))
    text = GOOD[:at] + put + GOOD[at + gone :]
    assert (ours(text) is not None) == theirs(text)


@st.composite
def expressions(draw: st.DrawFn) -> str:
    leaf = st.sampled_from(
        [
            "context.a",
            'context["b-c"].d',
            "1",
            "-2",
            '"x"',
            "true",
            'A::"e"',
            "principal",
            '[1, "y"]',
            "{k: 1}",
            'ip("1.1.1.1")',
        ]
    )
    return draw(
        st.recursive(
            leaf,
            lambda inner: st.one_of(
                st.builds("({} {} {})".format, inner, st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "in"]), inner),
                st.builds(
                    "({} {} {} {} {})".format,
                    inner,
                    st.sampled_from(["&&", "||"]),
                    inner,
                    st.sampled_from(["&&", "||"]),
                    inner,
                ),
                st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "*"]), inner),
                st.builds("(!{})".format, inner),
                st.builds("(-{})".format, inner),
                st.builds("({} has q)".format, inner),
                st.builds('({} like "a*b")'.format, inner),
                st.builds("({} is T)".format, inner),
                st.builds("{}.contains({})".format, inner, inner),
                st.builds("(if {} then {} else {})".format, inner, inner, inner),
            ),
            max_leaves=8,
        )
    )


@settings(max_examples=30, deadline=None)
@given(expressions())
def test_trees_say_the_same(condition: str) -> None:
    """Our tree in Cedar's JSON form equals Cedar's own."""
    assume(condition.count("(") <= 30)  # the reader bounds nesting, Cedar hardly does
    text = f"{OPEN} when {{ {condition} }};"
    document = ours(text)
    assert (document is not None) == theirs(text)
    if document is None:
        return
    policies = json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"]
    body = policies["policy0"]["conditions"][0]["body"]
    assert est(document.statements[0].clauses[0].body) == body


def est(node: object) -> object:
    """The JSON form of a condition (https://docs.cedarpolicy.com/policies/json-format.html)."""
    from functools import reduce

    from policyc.syntax import cedar_nodes as n

    match node:
        case n.Lit(value):
            return {"Value": value}
        case n.Entity(kind, ident):
            return {"Value": {"__entity": {"type": kind, "id": ident}}}
        case n.Var(name):
            return {"Var": name}
        case n.SetOf(items):
            return {"Set": [est(item) for item in items]}
        case n.RecordOf(pairs):
            return {"Record": {key: est(item) for key, item in pairs}}
        case n.Get(of, name):
            return {".": {"left": est(of), "attr": name}}
        case n.Has(of, names):
            return {"has": {"left": est(of), "attr": names[0]}}
        case n.Like(of, pattern):
            parts = ["Wildcard" if part is None else {"Literal": part} for part in pattern]
            return {"like": {"left": est(of), "pattern": _letters(parts)}}
        case n.Is(of, kind, None):
            return {"is": {"left": est(of), "entity_type": kind}}
        case n.Compare(sign, left, right) | n.Arith(sign, left, right):
            return {sign: {"left": est(left), "right": est(right)}}
        case n.Not(of):
            return {"!": {"arg": est(of)}}
        case n.Neg(n.Lit(int(value), _)) if not isinstance(value, bool):
            return {"Value": -value}
        case n.Neg(of):
            return {"neg": {"arg": est(of)}}
        case n.And(items) | n.Or(items):
            sign = "&&" if isinstance(node, n.And) else "||"
            return reduce(lambda left, right: {sign: {"left": left, "right": right}}, map(est, items))
        case n.If(test, then, otherwise):
            return {"if-then-else": {"if": est(test), "then": est(then), "else": est(otherwise)}}
        case n.Call(name, args):
            return {name: [est(arg) for arg in args]}
        case n.Method(of, "contains", _, (arg,)):
            return {"contains": {"left": est(of), "right": est(arg)}}
    raise AssertionError(node)


def _letters(parts: list[object]) -> list[object]:
    out: list[object] = []
    for part in parts:
        out += [{"Literal": letter} for letter in part["Literal"]] if isinstance(part, dict) else [part]
    return out


def test_nesting_is_bounded() -> None:
    diagnostics = Diagnostics()
    for text in [
        "(" * 3000,
        "context" + ".a" * 3000,
        "1" + " + 1" * 3000,
        "if true then " * 3000,
        "[" * 3000,
        "{a:" * 3000,
    ]:
        assert parse_cedar(Source("x.cedar", f"{OPEN} when {{ {text}"), diagnostics) is None
    assert {item.rule for item in diagnostics} == {"cedar-too-deep"}
    assert ours(f"{OPEN} when {{ {' && '.join(['true'] * 3000)} }};") is not None


@settings(max_examples=30, deadline=None)
@given(expressions(), expressions(), st.booleans())
def test_what_is_printed_is_read_back_and_laid_out_as_cedar_does(first: str, second: str, wide: bool) -> None:
    """The printer writes the layout of Cedar's formatter, on one line and on many, and loses nothing."""
    assume(first.count("(") + second.count("(") <= 30)
    join = " && " if wide else " || "
    text = f"{OPEN} when {{ {join.join([first, second, 'context.averylongattributename.another' * (1 + 2 * wide)])} }};"
    document = ours(text)
    if document is None:
        return
    (statement,) = document.statements
    printed = statement_text(statement)
    again = ours(printed)
    assert again is not None and again.statements == document.statements
    assert cedarpy.format_policies(printed, line_width=WIDTH, indent_width=2).strip() == printed.strip()
    flat = ours(f"{OPEN} when {{ {written(statement.clauses[0].body)} }};")
    assert flat is not None and flat.statements == document.statements


def test_literals_of_different_kinds_are_different() -> None:
    """Python calls 1 and True equal; Cedar does not, and a tree is a key."""
    assert Lit(1) != Lit(True) and Lit(0) != Lit(False) and Lit("1") != Lit(1)
    assert len({Lit(1), Lit(True), Lit("true")}) == 3


@pytest.mark.parametrize(
    "condition",
    [
        'context["my-idp"].aaaaaaaaaaaaaaaaaaaaaaaaaaaaa.isEmpty().contains("yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy")',
        'context.idc.groups["c242c5b0-6081-1845-6fa8-6e0d9513c107"].group_name like "*xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx*"',
        'context.idc.groups["c242c5b0-6081-1845-6fa8-6e0d9513c107"].group_name == "c242c5b0-6081-1845-6fa8-6e0d9513c107-longer"',
        "context.aaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbb.isEmpty().ccccccccccccccccccccccc.dddddddddddddddd.isEmpty()",
    ],
)
def test_long_accesses_break_as_the_formatter_breaks_them(condition: str) -> None:
    document = ours(f"{OPEN} when {{ {condition} && context has a }};")
    assert document is not None
    printed = statement_text(document.statements[0])
    assert cedarpy.format_policies(printed, line_width=WIDTH, indent_width=2).strip() == printed.strip()
