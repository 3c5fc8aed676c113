"""The grammar, its table and lark: conflict-free, fresh, and of one mind with the driver."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from policyc.data import read_text
from policyc.diagnostics import Diagnostics
from policyc.syntax.build_context import RESERVED
from policyc.syntax.driver import Driver
from policyc.syntax.lexer import scan
from policyc.syntax.parser import parse
from policyc.syntax.problems import Problems
from policyc.syntax.table import TABLE, Table, generate, load_table, read_grammar
from policyc.text import Source

lark = pytest.importorskip("lark")
pytest.importorskip("interegular", reason="lark's strict mode needs interegular")

GOLDEN = Path(__file__).parent.parent / "golden" / "syntax"
GOOD = sorted(path.parent for path in GOLDEN.glob("*/format.policy"))
BAD = [
    "let",
    "let x",
    "let x =",
    "let x = =",
    "let x = 1 2",
    "let x = [1 2]",
    "let x = a b",
    "let x = a < b < c",
    "let x = (a",
    "let x = a)",
    "let x = not",
    "let x = a and",
    "let x = any a",
    "let x: = 1",
    "let x = {a 1}",
    "let x = {1: 2}",
    "policy p for t { }",
    "policy p on r { }",
    'policy p for t on r { allow "a" }',
    "policy p for t on r { who a }",
    "policy p for t on r { allow { who a, } }",
    "policy p for t on r { allow { can } }",
    "resource r: t",
    "resource r { }",
    "param p = 1",
    "predicate p = 1",
    "predicate p() 1",
    "use x { a }",
    'use "x" { }',
    "module",
    "group a b",
    "network n for t { }",
    'network n for t version "1" { asns 1 }',
    'network n for t version "1" { segment a { b } }',
    'network n for t version "1" { attach { otherwise -> segment a } }',
    "test { }",
    'test "a" { expect }',
    'test "a" { expect a }',
    'test "a" { path a to b }',
    'prove "a" { every }',
    'prove "a" { no request to a is deny }',
    'prove "a" { every request to a is allowed }',
    'prove "a" { every path from a to b }',
    'prove "a" { no path from a to b is inspected }',
    "us-east-1",
    '"x"',
    "}",
    "{",
    "let x = us-east-1a",
]


@cache
def grammar() -> Any:
    """lark in strict mode, where any conflict is an exception."""
    return read_grammar()


def lark_tree(text: str) -> Any:
    """lark's derivation as nested tuples (rule or alias, children); tokens as their text."""

    def turn(tree: Any) -> Any:
        if isinstance(tree, lark.Token):
            return str(tree)
        return (str(tree.data), tuple(turn(child) for child in tree.children))

    return turn(grammar().parse(text))


class Stop:
    """A repair that gives up: the driver alone is looked at."""

    def mend(self, driver: Driver, index: int) -> int | None:
        return None

    def too_deep(self, driver: Driver, index: int) -> int | None:
        return None

    def misread(self, driver: Driver, index: int) -> bool:
        return False


@cache
def rule_names() -> tuple[str, ...]:
    """What lark calls the tree of each of the table's rules: the alias, or the rule's name."""
    aliases = {}
    for rule in grammar().rules:
        key = (str(rule.origin.name), tuple(str(symbol.name) for symbol in rule.expansion))
        aliases[key] = str(rule.alias or rule.origin.name)
    parse_table = grammar().parser.parser._parse_table
    used = set()
    for row in parse_table.states.values():
        for kind, argument in row.values():
            if str(kind) == "Reduce":
                used.add((str(argument.origin.name), tuple(str(symbol.name) for symbol in argument.expansion)))
    return tuple(aliases[key] for key in sorted(used))


def driver_tree(text: str) -> Any:
    """The driver's derivation in the same form, or None when it refuses the text."""
    diagnostics = Diagnostics()
    table: Table = load_table()
    tokens = scan(Problems(Source("t", text), diagnostics))
    if len(diagnostics):
        return None

    def builder(name: str) -> Any:
        def build(_build: Any, _start: int, _end: int, *values: Any) -> Any:
            children = [text[tokens.starts[v] : tokens.ends[v]] if isinstance(v, int) else v for v in values]
            return (name, tuple(children))

        return build

    return Driver(table, tokens, [builder(name) for name in rule_names()], None, Stop()).run()


def test_the_grammar_has_no_conflict_and_the_table_is_fresh() -> None:
    assert generate() == read_text(TABLE)


def test_rules_and_names_are_in_step() -> None:
    assert len(rule_names()) == len(load_table().rules)


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
@pytest.mark.parametrize("name", ["input.policy", "format.policy"])
def test_driver_and_lark_derive_the_same(case: Path, name: str) -> None:
    text = (case / name).read_text(encoding="utf-8")
    assert driver_tree(text) == lark_tree(text)


@pytest.mark.parametrize("text", BAD)
def test_driver_and_lark_refuse_the_same(text: str) -> None:
    with pytest.raises(lark.exceptions.LarkError):
        grammar().parse(text)
    assert driver_tree(text) is None
    diagnostics = Diagnostics()
    parse(Source("t", text), diagnostics)
    assert diagnostics.has_errors


@pytest.mark.parametrize("word", sorted(load_table().keywords))
def test_a_keyword_is_a_name_where_it_can_be_one(word: str) -> None:
    """Every keyword may be a record key and a field; every one that is not reserved may be declared and referred to."""
    texts = [f"let x = {{ {word}: 1, a.{word}: 2 }}", f"let x = a.{word}"]
    if word not in RESERVED:
        texts += [f"let {word} = 1", f"let x = [{word}, {word}.b, {word}(1)]", f"resource r: {word}.t {{ a: {word} }}"]
        texts += [f'network n for {word} version "1" {{ segment {word} share {word} with {word} }}']
        texts += [f"policy {word} for {word} on {word} {{ allow {{ when {word} == {word} and not {word} }} }}"]
    for text in texts:
        diagnostics = Diagnostics()
        parse(Source("t", text), diagnostics)
        assert [item.message for item in diagnostics] == [], text


def test_reserved_words_are_keywords_and_refused_as_names() -> None:
    assert load_table().keywords >= RESERVED
    for word in sorted(RESERVED):
        diagnostics = Diagnostics()
        parse(Source("t", f"let {word} = 1\nlet after = 2"), diagnostics)
        assert [item.rule for item in diagnostics] == ["reserved-word"], word


def test_every_rule_of_the_stage_is_explained() -> None:
    entries = json.loads(read_text("schemas/errors/syntax.json"))
    named = {"syntax-error", "reserved-word", "nesting-too-deep", "unterminated-string", "bad-escape"}
    assert set(entries) == named | {"unexpected-character"}
    assert all(set(entry) == {"summary", "why", "help"} for entry in entries.values())
