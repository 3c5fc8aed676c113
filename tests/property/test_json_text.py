"""The JSON reader: one mind with the standard library on valid texts, no crash and a located finding on others."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyc.diagnostics import Diagnostics
from policyc.syntax.json_exact import read_exactly
from policyc.syntax.json_text import (
    MAX_DEPTH,
    JsonArray,
    JsonObject,
    JsonValue,
    from_plain,
    parse_json,
    parse_json_values,
)
from policyc.text import Source, Span

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
TREES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4)),
    max_leaves=20,
)


def read(text: str) -> tuple[JsonValue | None, list[Any]]:
    diagnostics = Diagnostics()
    return parse_json(Source("p.json", text), diagnostics), list(diagnostics)


@settings(deadline=None, max_examples=120)
@given(TREES, st.booleans(), st.sampled_from([None, 0, 2]), st.booleans())
def test_valid_texts_read_as_the_standard_library_reads_them(plain: Any, ascii: bool, indent: Any, mark: bool) -> None:
    text = json.dumps(plain, ensure_ascii=ascii, indent=indent)
    tree, findings = read("\ufeff" + text if mark else text)
    assert findings == []
    assert tree is not None
    assert tree.plain() == json.loads(text)


@settings(deadline=None, max_examples=120)
@given(TREES)
def test_every_span_holds_its_own_value(plain: Any) -> None:
    text = json.dumps(plain, ensure_ascii=False, indent=1)
    tree, _ = read(text)
    assert tree is not None
    waiting: list[JsonValue] = [tree]
    while waiting:
        node = waiting.pop()
        assert json.loads(text[node.span.start : node.span.end]) == node.plain()
        if isinstance(node, JsonArray):
            waiting += node.items
        elif isinstance(node, JsonObject):
            waiting += [member.value for member in node]
            for member in node:
                assert json.loads(text[member.key_span.start : member.key_span.end]) == member.key


def strict_loads(text: str) -> Any:
    """The standard reader made strict: no constants, no double keys, no half characters."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in items}) < len(items):
            raise ValueError("double key")
        return dict(items)

    def refuse(word: str) -> Any:
        raise ValueError(word)

    value = json.loads(text, object_pairs_hook=pairs, parse_constant=refuse)
    json.dumps(value, ensure_ascii=False).encode()
    return value


def beyond_floats(value: Any) -> Any:
    """Numbers that no float holds as the standard library gives them: without bound."""
    match value:
        case Decimal():
            return float(value)
        case list():
            return [beyond_floats(item) for item in value]
        case dict():
            return {key: beyond_floats(item) for key, item in value.items()}
        case _:
            return value


@settings(deadline=None, max_examples=100)
@given(
    TREES,
    st.lists(
        st.tuples(
            st.integers(0, 200), st.sampled_from([*"{}[],:\"\\ntu0.-+eE/#'", "\n", "\x00", "\ud800", "NaN", "1", " "])
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_mutated_texts_never_crash_and_agree_on_what_is_valid(plain: Any, edits: list[tuple[int, str]]) -> None:
    text = json.dumps(plain)
    for place, piece in edits:
        at = place % (len(text) + 1)
        text = text[:at] + piece + text[at + place % 2 :]
    tree, findings = read(text)
    try:
        expected = strict_loads(text)
    except ValueError:
        assert tree is None
        assert findings
        for finding in findings:
            assert finding.help
            assert 0 <= finding.span.start <= finding.span.end <= len(text)
        return
    assert findings == []
    assert tree is not None
    assert beyond_floats(tree.plain()) == expected


WORDS = ["null", "true", "false", "NaN", "-Infinity", "Infinity", '"a"', '"a":', '{"a":1}', "[]", "1e400", "-0", "01"]
ESCAPES = ["\\u", "\\u0041", "\\ud800", "\\udc00", "\\ud83d\\ude00", "\\uD8", "\\n", "\\x", '""', '"\\u0061":']
RARE = ["\x00", "\x7f", "\ud800", "\ufeff", "\xa0", "１", "é", "𐀀"]
PIECES = st.sampled_from([*"{}[],:\"\\ \n\t-+.0123456789eE/#'", *RARE, *WORDS, *ESCAPES])
HOSTILE = st.one_of(st.text(max_size=30), st.lists(PIECES, max_size=14).map("".join), TREES.map(json.dumps))


def comparable(values: Any, findings: Diagnostics) -> Any:
    """Everything that a reading gave, places included."""
    return repr(values), [(item.rule, item.message, item.span, item.help, item.labels) for item in findings]


@settings(deadline=None, max_examples=200)
@given(HOSTILE, st.booleans())
def test_the_scanner_and_the_exact_reader_give_the_same(text: str, many: bool) -> None:
    quick, exact = Diagnostics(), Diagnostics()
    source = Source("p.json", text)
    if many:
        read_quickly: Any = parse_json_values(source, quick)
    else:
        tree = parse_json(source, quick)
        read_quickly = None if tree is None else (tree,)
    assert comparable(read_quickly, quick) == comparable(read_exactly(source, exact, many), exact)


@pytest.mark.parametrize("wrap", ["[", '{"a":'])
@pytest.mark.parametrize("depth", [MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1, 900, 5000])
def test_the_scanner_counts_levels_as_the_exact_reader_does(wrap: str, depth: int) -> None:
    text = wrap * depth + "1" + {"[": "]", '{"a":': "}"}[wrap] * depth
    tree, findings = read(text)
    assert (tree is None) is (depth > MAX_DEPTH)
    assert [item.rule for item in findings] == (["json-too-deep"] if depth > MAX_DEPTH else [])


def test_places_are_found_late_and_stand_for_spans() -> None:
    source = Source("p.json", ' {"a": ["x", 2]}')
    tree = parse_json(source, Diagnostics())
    assert isinstance(tree, JsonObject)
    member = tree.members[0]
    assert isinstance(member.value, JsonArray)
    place = member.value.items[1].span
    assert (place.file, place.start, place.end) == ("p.json", 13, 14)
    assert place == Span("p.json", 13, 14)
    assert Span("p.json", 13, 14) == place
    assert len({place, Span("p.json", 13, 14)}) == 1
    assert member.key_span < place < Span("p.json", 14, 14)
    assert Span("p.json", 0, 0) < place
    both = member.key_span.to(place)
    assert both.to(Span("p.json", 15, 16)) == Span("p.json", 2, 16)
    assert both.at_start() == Span("p.json", 2, 2)
    assert both.at_start().to(place.at_start()) == Span("p.json", 2, 13)
    assert member.key_span.to(both) == both.to(place) == both == Span("p.json", 2, 14)
    assert copy.copy(place) == place.at_start().to(place) == Span("p.json", 13, 14)


@given(st.text(max_size=30))
def test_any_text_at_all(text: str) -> None:
    tree, findings = read(text)
    assert (tree is None) is bool(findings)


@given(TREES)
def test_plain_data_makes_the_same_tree(plain: Any) -> None:
    assert from_plain(plain, Span("p.json", 0, 0)).plain() == plain


def test_nesting_has_a_limit_and_no_recursion() -> None:
    tree, findings = read("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert tree is not None
    assert findings == []
    for text in ("[" * 100_000, '{"a":' * 100_000, "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)):
        tree, findings = read(text)
        assert tree is None
        assert [finding.rule for finding in findings] == ["json-too-deep"]


def test_long_numbers_are_kept() -> None:
    digits = "9" * 5000
    tree, findings = read(f'{{"a": {digits}, "b": 1e999, "c": -0, "d": 1E+2}}')
    assert findings == []
    assert isinstance(tree, JsonObject)
    assert tree.get("a").text == digits  # type: ignore[union-attr]
    assert str(tree.plain()["a"]) == digits
    assert tree.plain()["c"] == 0
    assert tree.plain()["d"] == 100.0


@pytest.mark.parametrize(
    ("text", "rule", "shown", "help"),
    [
        ("", "json-empty", "", "write one JSON value"),
        ("  ", "json-empty", "", "write one JSON value"),
        ("[1,]", "json-trailing-comma", ",", "remove the comma"),
        ('{"a":1,}', "json-trailing-comma", ",", "remove the comma"),
        ('{"a":1,"a":2}', "json-duplicate-key", '"a"', "keep one"),
        ("[NaN]", "json-not-a-number", "NaN", "finite"),
        ("[-Infinity]", "json-not-a-number", "-", "finite"),
        ("// x", "json-comment", "/", "remove the comment"),
        ("[1, /* x */ 2]", "json-comment", "/", "remove the comment"),
        ("{ # x\n}", "json-comment", "#", "remove the comment"),
        ("['a']", "json-single-quotes", "'", "double quotes"),
        ("{'a': 1}", "json-single-quotes", "'", "double quotes"),
        ("{a: 1}", "json-syntax-error", "a", 'write `"a"`'),
        ('{"a" 1}', "json-syntax-error", '"a" ', "`:`"),
        ("[1 2]", "json-syntax-error", "2", "`,`"),
        ("[1}", "json-syntax-error", "}", "`]`"),
        ("[True]", "json-syntax-error", "True", "`true`"),
        ("[None]", "json-syntax-error", "None", "`null`"),
        ("[01]", "json-bad-number", "01", "leading zeros"),
        ("[+1]", "json-bad-number", "+1", "`+`"),
        ("[.5]", "json-bad-number", ".5", "digits"),
        ("[1.]", "json-bad-number", "1.", "digits"),
        ("[0x10]", "json-bad-number", "0x10", "digits"),
        ("[１]", "json-syntax-error", "１", "value"),
        ('"a', "json-unclosed", "", '`"`'),
        ("[1", "json-unclosed", "", "`]`"),
        ('{"a": [', "json-unclosed", "", "`]`"),
        ('"a\nb"', "json-control-character", "\n", "`\\n`"),
        ('"a\x01"', "json-control-character", "\x01", "\\u0001"),
        ('"\\x"', "json-bad-escape", "\\x", "hex"),
        ('"\\u12g4"', "json-bad-escape", "\\u", "hex"),
        ('"\\ud800"', "json-lone-surrogate", "\\ud800", "both halves"),
        ('"\\udc00"', "json-lone-surrogate", "\\udc00", "both halves"),
        ('"\\ud800\\u0041"', "json-lone-surrogate", "\\ud800", "both halves"),
        ('"\ud800"', "json-lone-surrogate", "\ud800", "UTF-8"),
        ("[] []", "json-syntax-error", "[", "one array"),
        ("[\x0b1]", "json-syntax-error", "\x0b", "value"),
        ("[\xa01]", "json-syntax-error", "\xa0", "value"),
    ],
)
def test_findings_say_what_and_where(text: str, rule: str, shown: str, help: str) -> None:
    tree, findings = read(text)
    assert tree is None
    assert [finding.rule for finding in findings] == [rule]
    assert text[findings[0].span.start : findings[0].span.end] == shown
    assert help in findings[0].help


def test_duplicate_keys_are_all_reported_with_the_first_place() -> None:
    tree, findings = read('{"a": 1, "a": {"b": 1, "b": 2}, "a": 3}')
    assert tree is None
    assert [finding.span.start for finding in findings] == [23, 9, 32] or len(findings) == 3
    assert all(finding.labels[0].message == "first written here" for finding in findings)
    assert findings[-1].labels[0].span.start == 1


def test_escaped_keys_are_the_same_key() -> None:
    _, findings = read('{"a": 1, "\\u0061": 2}')
    assert [finding.rule for finding in findings] == ["json-duplicate-key"]
