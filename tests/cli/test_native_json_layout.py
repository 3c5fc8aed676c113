"""`fmt` of a JSON document keeps every value, numbers digit by digit."""

from __future__ import annotations

import json

import pytest

from policyc.diagnostics import Diagnostics
from policyc.syntax.json_text import JsonObject, parse_json
from policyc.text import Source
from policyc.workspace.documents.native_json import format

NUMBERS = ["1e400", "-1e400", "1e9999999999999999999", "1E-99999999999999999999", "1.10", "1e5", "0.1e1", "-0", "7"]


def laid_out(text: str) -> str:
    diagnostics = Diagnostics()
    out = format(Source("a.json", text), diagnostics)
    assert out is not None and not diagnostics.has_errors
    return out


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_stays_as_it_is_written(number: str) -> None:
    assert laid_out(f'{{"a":[{number}]}}') == f'{{\n  "a": [\n    {number}\n  ]\n}}\n'


@pytest.mark.parametrize(
    "value", [{}, [], {"a": {}, "b": []}, [[], [{'é\n"': None}]], True, None, "x\u2028", {"a": [1, "2", {"c": False}]}]
)
def test_the_layout_is_an_indent_of_two(value: object) -> None:
    once = laid_out(json.dumps(value))
    assert once == json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    assert laid_out(once) == once


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_of_any_size_has_a_plain_value(number: str) -> None:
    tree = parse_json(Source("a.json", f'{{"a":{number}}}'), Diagnostics())
    assert isinstance(tree, JsonObject)
    assert isinstance(float(tree.plain()["a"]), float)
