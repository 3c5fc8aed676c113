"""A late expression answers as the compiled one does, and every one of the product compiles."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

import policyc
from policyc.regex import regex

HERE = Path(policyc.__file__).parent
HOLDERS = sorted(path for path in HERE.rglob("*.py") if " = regex(" in path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("ask", ["match", "fullmatch", "search", "findall", "split"])
def test_a_late_expression_answers_as_the_compiled_one_does(ask: str) -> None:
    for text in ("", "ab", "AB", "xab1ab"):
        late, made = regex("(a)(?P<two>b)", re.IGNORECASE), re.compile("(a)(?P<two>b)", re.IGNORECASE)
        for _ in range(2):
            told, wanted = getattr(late, ask)(text), getattr(made, ask)(text)
            assert (told if ask in ("findall", "split") else told and told.groups()) == (
                wanted if ask in ("findall", "split") else wanted and wanted.groups()
            )
    assert regex(b"a+").sub(b"x", b"caab") == b"cxb"
    assert (regex("(a)").groups, regex("(?P<n>a)").groupindex["n"], regex("a", re.DOTALL).pattern) == (1, 1, "a")


def test_an_expression_that_is_none_fails_when_asked() -> None:
    with pytest.raises(re.error):
        regex("(").match("")
    with pytest.raises(AttributeError):
        _ = regex("a").other  # type: ignore[attr-defined]


def test_every_expression_of_the_product_compiles() -> None:
    kind, found = type(regex("")), 0
    for path in HOLDERS:
        module = import_module(
            "policyc." + ".".join(path.relative_to(HERE).with_suffix("").parts).removesuffix(".__init__")
        )
        for value in vars(module).values():
            if isinstance(value, kind):
                assert value.groups >= 0, (path, value)  # asked, it compiles
                found += 1
    assert found > 100
