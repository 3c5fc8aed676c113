"""No text crashes the parser: mutated real files give diagnostics that can be shown, and trees that can be walked."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyc.data import read_text
from policyc.diagnostics import Diagnostics
from policyc.syntax.nodes import And, Let, Module, Or
from policyc.syntax.parser import parse
from policyc.syntax.problems import LIMIT
from policyc.text import Source

GOLDEN = Path(__file__).parent.parent / "golden" / "syntax"
TEXTS = [path.read_text(encoding="utf-8") for path in sorted(GOLDEN.glob("*/input.policy"))]
PIECES = [
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ",",
    ":",
    "=",
    "==",
    "->",
    "..",
    '"',
    "'",
    "“",
    "//",
    "///",
    "/*",
    "*/",
    "\n",
    "\r",
    "\x00",
    "\ufeff",
    "\u202e",
    "é",
    "-",
    "&&",
    "!",
    ";",
    "#",
    "not ",
    " and ",
    "allow ",
    "let ",
    "policy ",
    "prove ",
    "who ",
    "can ",
    "path ",
    "100:",
    "1.2.3.4",
    "us-east-1",
    "\\",
    '"\\u{}"',
    "test ",
    "attach {",
    "otherwise",
    "\n}\n",
    "x",
    "0",
    "any ",
]
RULES = set(json.loads(read_text("schemas/errors/syntax.json")))


def check(text: str) -> tuple[Module, Diagnostics]:
    """Parse and hold every diagnostic to the house rules."""
    diagnostics = Diagnostics()
    module = parse(Source("t.policy", text), diagnostics)
    assert isinstance(module, Module)
    assert len(diagnostics) <= LIMIT + 1
    for item in diagnostics:
        assert item.rule in RULES
        assert item.span is not None
        assert 0 <= item.span.start <= item.span.end <= len(text)
        prose = re.sub(r"`[^`]*`", "``", item.message)
        assert prose and not prose.endswith(".")
        assert prose[0] == "`" or prose[0].islower(), item.message
        assert item.help and not item.help.endswith(".")
        for label in item.labels:
            assert 0 <= label.span.start <= label.span.end <= len(text)
    return module, diagnostics


def mutate(text: str, choose: random.Random) -> str:
    for _ in range(choose.randint(1, 6)):
        at = choose.randint(0, len(text))
        to = min(len(text), at + choose.choice([0, 1, 1, 2, 5, 20, 100]))
        match choose.randint(0, 4):
            case 0:
                text = text[:at] + text[to:]
            case 1:
                text = text[:at] + choose.choice(PIECES) + text[at:]
            case 2:
                text = text[:at] + choose.choice(PIECES) + text[to:]
            case 3:
                text = text[:at] + text[at:to] * 2 + text[to:]
            case _:
                other = choose.choice(TEXTS)
                begin = choose.randint(0, len(other))
                text = text[:at] + other[begin : begin + 60] + text[to:]
    return text


@settings(deadline=None, max_examples=120)
@given(st.integers(0, len(TEXTS) - 1), st.integers(0, 2**32))
def test_mutated_files(number: int, seed: int) -> None:
    check(mutate(TEXTS[number], random.Random(seed)))


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    check(text)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from([*PIECES, " "]), max_size=40))
def test_any_tokens(pieces: list[str]) -> None:
    check("".join(pieces))


@pytest.mark.parametrize("text", TEXTS)
def test_every_prefix_is_read(text: str) -> None:
    for end in range(0, len(text), 7):
        check(text[:end])


DEEP = 10_000
NESTED = {
    "parentheses": "let x = " + "(" * DEEP + "1" + ")" * DEEP,
    "lists": "let x = " + "[" * DEEP + "1" + "]" * DEEP,
    "records": "let x = " + "{a: " * DEEP + "1" + "}" * DEEP,
    "calls": "let x = " + "f(" * DEEP + "1" + ")" * DEEP,
    "nots": "let x = " + "not " * DEEP + "a",
    "types": "let x: " + "set[" * DEEP + "int" + "]" * DEEP + " = 1",
    "mixed": "let x = " + "not (" * DEEP + "a" + ")" * DEEP,
    "unclosed": "let x = " + "(" * DEEP,
    "lines": "let x = " + "(\n" * DEEP,
    "in a clause": 'policy p for t on r { allow "a" { when ' + "(" * DEEP + "a" + ")" * DEEP + " } }",
}


@pytest.mark.parametrize("text", NESTED.values(), ids=NESTED)
def test_deep_nesting_is_one_located_error(text: str) -> None:
    module, diagnostics = check(text + "\nlet after = 1\n")
    assert [item.rule for item in diagnostics] == ["nesting-too-deep"]
    last = module.declarations[-1]
    assert isinstance(last, Let)
    assert last.name.text == "after"


@pytest.mark.parametrize(("word", "kind"), [("and", And), ("or", Or)])
def test_a_long_chain_is_one_node(word: str, kind: type[And] | type[Or]) -> None:
    module, diagnostics = check("let x = " + f" {word} ".join(["a"] * DEEP))
    assert len(diagnostics) == 0
    let = module.declarations[0]
    assert isinstance(let, Let)
    assert isinstance(let.value, kind)
    assert len(let.value.operands) == DEEP


LARGE = 60_000
LONG = {
    "one string": 'let x = "' + "a" * LARGE + '"',
    "an open string": 'let x = "' + "a" * LARGE,
    "quotes": "let x = " + '"' * LARGE,
    "single quotes": "let x = " + "'" * (LARGE + 1),
    "curly quotes": "let x = " + "“" * LARGE,
    "digits": "let x = " + "1" * LARGE,
    "a fraction": "let x = 1." + "1" * LARGE,
    "points": "let x = " + "1." * LARGE,
    "hyphens": "let x = " + "a-" * LARGE,
    "minus signs": "let x = " + "-" * LARGE,
    "fields": "let x = a" + ".b" * LARGE,
    "a name": "let " + "a" * LARGE + " = 1",
    "blanks": "let x = 1" + " " * LARGE,
    "blank lines": "let x = 1" + "\n" * LARGE + ")",
    "a list": "let x = [" + "a, " * LARGE + "]",
    "words": "let " * LARGE,
    "clauses on one line": 'policy p for t on r { allow "a" { ' + "can " * LARGE,
    "open comments": "/*" * LARGE,
    "zeros": "\x00" * LARGE,
    "junk": "\x01€" * LARGE,
    "carriage returns": "let x = 1 //" + "\r" * LARGE,
    "doc comments": "/// a\n" * LARGE + "let x = 1",
    "closing brackets": "}" * LARGE,
    "backslashes": 'let x = "' + "\\" * LARGE,
    "escapes": 'let x = "' + "\\q" * LARGE + '"',
    "colons": "let x = " + "1 :" * LARGE,
    "equals signs": "let x = " + "a = " * LARGE,
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_one_long_line(text: str) -> None:
    # Quadratic time would make this run for minutes.
    check(text)


def test_bytes_of_a_binary_file() -> None:
    choose = random.Random(7)
    check(bytes(choose.randrange(256) for _ in range(100_000)).decode("latin-1"))
