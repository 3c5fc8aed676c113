"""`policyc.shape` judges like jsonschema, on the suite of small cases below and on every shipped schema."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from policyc.data import data_root
from policyc.shape import Misfit, UnknownKeyword, misfits
from policyc.targets.schema_check import load_schema

NAMES = sorted(path.relative_to(data_root()).as_posix() for path in (data_root() / "schemas").rglob("*.schema.json"))

VALUES: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    1.0,
    1.5,
    2**70,
    "",
    "a",
    "abc",
    "倉庫",
    [],
    [1],
    [1, 1],
    [1, True],
    [1, 1.0],
    ["a", "a"],
    ["a", 1],
    [[1], [1]],
    [{"a": 1}, {"a": 1.0}],
    {},
    {"a": 1},
    {"a": "x", "b": 2},
    {"b": None},
    {"x-1": 1},
    {"abc": {"a": 1}},
]

SCHEMAS: list[dict[str, Any]] = [
    *({"type": name} for name in ("object", "array", "string", "boolean", "null", "integer", "number")),
    {"type": ["string", "null"]},
    {"enum": [1, "a", None, [1], {"a": 1}]},
    {"const": True},
    {"const": 1},
    {"const": {"a": 1}},
    {"pattern": "b"},
    {"pattern": "^a"},
    {"minLength": 1, "maxLength": 2},
    {"minimum": 1, "maximum": 1.5},
    {"minItems": 1, "maxItems": 1},
    {"minProperties": 1, "maxProperties": 1},
    {"uniqueItems": True},
    {"required": ["a", "b"]},
    {"properties": {"a": {"type": "string"}}, "additionalProperties": False},
    {"properties": {"a": True, "b": False}},
    {"patternProperties": {"^x-": {"type": "string"}}, "additionalProperties": {"type": "integer"}},
    {"propertyNames": {"pattern": "^[a-c]$"}},
    {"items": {"type": "integer"}},
    {"prefixItems": [{"type": "integer"}, {"type": "integer"}], "items": {"type": "string"}},
    {"allOf": [{"type": "object"}, {"required": ["a"]}]},
    {"anyOf": [{"type": "string"}, {"type": "object", "required": ["b"]}]},
    {"oneOf": [{"type": "integer"}, {"minimum": 1}]},
    {"not": {"type": "object"}},
    {"if": {"type": "object"}, "then": {"required": ["a"]}, "else": {"type": "array"}},
    {"dependentRequired": {"b": ["a"]}},
    {"$ref": "#/$defs/pair", "$defs": {"pair": {"type": "array", "minItems": 2}}},
    {"properties": {"abc": {"$ref": "#"}}, "required": ["a"]},
]


def judge(value: Any, schema: dict[str, Any]) -> tuple[bool, bool]:
    return not misfits(value, schema), Draft202012Validator(schema).is_valid(value)


@pytest.mark.parametrize("schema", SCHEMAS, ids=json.dumps)
def test_each_keyword_judges_like_jsonschema(schema: dict[str, Any]) -> None:
    verdicts = set()
    for value in VALUES:
        ours, reference = judge(value, schema)
        assert ours == reference, value
        verdicts.add(ours)
    assert verdicts == {True, False}, "the case tells nothing"


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_schema_is_valid_and_within_the_subset(name: str) -> None:
    schema = json.loads((data_root() / name).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    # as `build` does: some name another
    schema = load_schema(name.removeprefix("schemas/").removesuffix(".schema.json"))
    for value in VALUES:
        ours, reference = judge(value, schema)
        assert ours == reference, value


def test_unknown_keywords_are_refused_not_skipped() -> None:
    with pytest.raises(UnknownKeyword):
        misfits(1, {"multipleOf": 2})
    with pytest.raises(UnknownKeyword):
        misfits(1, {"$ref": "other.json"})


def test_misfits_point_at_the_place() -> None:
    schema = {"properties": {"a/b": {"items": {"type": "string"}}}, "additionalProperties": False}
    assert misfits({"a/b": ["x", 1]}, schema) == [Misfit(("a/b", 1), "type", "must be a string")]
    assert misfits({"a/b": ["x", 1]}, schema)[0].pointer == "/a~1b/1"
    assert misfits({"zz": 1}, schema) == [Misfit(("zz",), "additionalProperties", "the key `zz` is not known")]


def test_alternatives_report_the_one_that_was_meant() -> None:
    kinds = [
        {"type": "object", "properties": {"kind": {"const": kind}, "size": {"type": "integer"}}, "required": ["kind"]}
        for kind in ("box", "bag")
    ]
    found = misfits({"kind": "bag", "size": "big"}, {"oneOf": kinds})
    assert len(found) == 1 and found[0].path


CONFIG = json.loads((data_root() / "schemas/config.schema.json").read_text(encoding="utf-8"))
GOOD_CONFIG = {
    "project": {"name": "x", "paths": ["a"]},
    "params": {"stage": "dev", "n": 1, "b": True},
    "lint": {"select": ["all"], "ignore": ["x"], "severity": {"x": "error"}},
    "build": {"out": "o"},
}

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
@settings(max_examples=100)
def test_damaged_configurations_are_judged_like_jsonschema(data: st.DataObject) -> None:
    value: Any = copy.deepcopy(GOOD_CONFIG)
    table = value[data.draw(st.sampled_from(sorted(value)))]
    key = data.draw(st.sampled_from(sorted(table)) | st.text(max_size=5))
    table[key] = data.draw(plain)
    ours, reference = judge(value, CONFIG)
    assert ours == reference
