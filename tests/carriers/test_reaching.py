"""Policies behind functions on the way to them: read under their conditions, or told as what cannot be read; never passed over.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from policyc.carriers.cloudformation import carried
from policyc.carriers.embedded import Carried, Options
from policyc.diagnostics import Diagnostics
from policyc.text import Source
from policyc.workspace.documents.native_text import Sort, recognize

NOTHING = {"Ref": "AWS::NoValue"}
INLINE = {"PolicyName": "read", "PolicyDocument": {"Statement": [{"Effect": "Allow"}]}}
OTHER = {"PolicyName": "write", "PolicyDocument": {"Statement": [{"Effect": "Deny"}]}}
MACRO = {"Name": "AWS::Include", "Parameters": {"Location": "s3://b/k"}}


def template(type_: str, properties: Any) -> dict[str, Any]:
    conditions = {"C": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]}}
    return {"Conditions": conditions, "Resources": {"It": {"Type": type_, "Properties": properties}}}


def read(type_: str, properties: Any, **sections: Any) -> Carried:
    text = json.dumps(template(type_, properties) | sections)
    return carried(Source("t.json", text), Options(), Diagnostics())


@pytest.mark.parametrize(
    ("policies", "names"),
    [
        ([{"Fn::If": ["C", INLINE, NOTHING]}], ["It.read"]),
        ({"Fn::If": ["C", [INLINE], NOTHING]}, ["It.read"]),
        ({"Fn::If": ["C", [INLINE], [OTHER]]}, ["It.read", "It.write"]),
        # what stands under both answers of a condition is in no world
        ([{"Fn::If": ["C", {"Fn::If": ["C", INLINE, OTHER]}, NOTHING]}], ["It.read"]),
        ([INLINE, {"Fn::If": ["C", OTHER, NOTHING]}], ["It.read", "It.write"]),
        ([NOTHING], []),
        (NOTHING, []),
    ],
)
def test_inline_policies_behind_a_condition(policies: Any, names: list[str]) -> None:
    got = read("AWS::IAM::Role", {"Policies": policies})
    assert [document.name for document in got.documents] == names
    assert not got.unreadable


def test_sam_policies_behind_a_condition() -> None:
    """Names of managed policies and templates of SAM stand in the same list and are no documents."""
    document = {"Statement": [{"Effect": "Allow"}]}
    policies = ["AWSLambdaExecute", {"Ref": "Arn"}, {"Fn::If": ["C", document, "AWSLambdaExecute"]}]
    got = read("AWS::Serverless::Function", {"Policies": policies})
    assert [document.kind for document in got.documents] == ["identity"] and not got.unreadable


@pytest.mark.parametrize(
    ("type_", "properties", "reason"),
    [
        ("AWS::IAM::Role", {"Policies": {"Ref": "Some"}}, "`Ref`"),
        ("AWS::IAM::Role", {"Policies": [{"Fn::Select": [0, [INLINE]]}]}, "`Fn::Select`"),
        ("AWS::IAM::Role", {"Policies": {"Fn::FindInMap": ["a", "b", "c"]}}, "`Fn::FindInMap`"),
        ("AWS::VpcLattice::AuthPolicy", {"Fn::Transform": MACRO}, "`Fn::Transform`"),
        ("AWS::VpcLattice::AuthPolicy", {"ResourceIdentifier": "x", "Fn::Transform": MACRO}, "`Fn::Transform`"),
        ("AWS::VpcLattice::AuthPolicy", {"Policy": {"Statement": [], "Fn::Transform": MACRO}}, "`Fn::Transform`"),
        ("AWS::VpcLattice::AuthPolicy", {"Fn::If": ["C", {"Policy": {}}, {}]}, "`Fn::If`"),
        ("AWS::VpcLattice::AuthPolicy", {"ResourceIdentifier": "x", "Fn::ForEach::L": []}, "`Fn::ForEach`"),
        ("AWS::VpcLattice::AuthPolicy", [{"Policy": {}}], "no mapping"),
        ("AWS::Lambda::Permission", {"Fn::Transform": MACRO}, "`Fn::Transform`"),
    ],
)
def test_what_nobody_can_reach_is_told(type_: str, properties: Any, reason: str) -> None:
    got = read(type_, properties)
    assert not got.documents
    assert [item.name for item in got.unreadable] == ["It"] and reason in got.unreadable[0].reason


def test_a_second_template_in_a_file_is_told() -> None:
    text = "# AWS::VpcLattice::AuthPolicy\n---\nResources: {}\n---\nResources: {}\n"
    found = Diagnostics()
    carried(Source("t.yaml", text), Options(), found)
    assert [item.rule for item in found] == ["yaml-syntax-error"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_search_finds_policies_in_any_encoding(encoding: str, tmp_path: Path) -> None:
    text = json.dumps(template("AWS::VpcLattice::AuthPolicy", {"Policy": {}}))
    (tmp_path / "t.json").write_bytes(text.encode(encoding))
    assert recognize(tmp_path / "t.json") is Sort.HOST


def _nested(wrap: Callable[[Any], Any], times: int) -> Any:
    made: Any = {"Ref": "AWS::Region"}
    for _ in range(times):
        made = wrap(made)
    return made


@pytest.mark.parametrize(
    "wrap",
    [
        lambda inner: {"Fn::Select": [0, inner]},
        lambda inner: {"Fn::Split": ["a", inner]},
        lambda inner: {"Fn::Join": ["", inner]},
        lambda inner: {"Fn::Length": inner},
        lambda inner: {"Fn::GetAtt": [inner, "Arn"]},
        lambda inner: {"Fn::ToJsonString": {'"': inner}},
        lambda inner: {"Fn::Sub": ["${a}${a}", {"a": inner}]},
    ],
)
def test_functions_in_functions_are_bounded(wrap: Callable[[Any], Any]) -> None:
    """Each may stand twice in what the next makes: forty of them would be a text of 2⁴⁰ characters."""
    start = process_time()
    got = read("AWS::IAM::ManagedPolicy", {"PolicyDocument": {"Statement": [{"Resource": _nested(wrap, 40)}]}})
    assert len(got.documents) + len(got.unreadable) == 1
    assert process_time() - start < 5


def test_conditions_that_name_each_other_often_are_read_once() -> None:
    last = {"C12": {"Fn::Equals": ["a", "a"]}}
    chain = {f"C{at}": {"Fn::And": [{"Condition": f"C{at + 1}"}] * 9} for at in range(12)}
    start = process_time()
    document = {"Fn::If": ["C0", {"Statement": []}, {}]}
    got = read("AWS::IAM::ManagedPolicy", {"PolicyDocument": document}, Conditions=chain | last)
    assert len(got.documents) == 1 and process_time() - start < 2


@pytest.mark.parametrize("index", ["²", "9" * 5000, "-1", "", "x", 1.5, None, [], {}])
def test_an_index_that_is_none(index: Any) -> None:
    got = read("AWS::IAM::ManagedPolicy", {"PolicyDocument": {"Statement": {"Fn::Select": [index, ["a"]]}}})
    assert len(got.documents) + len(got.unreadable) == 1
