"""Configurations that mean harm, or nothing: each ends soon, with a reason at a place, and none is called clean."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from policyc.carriers.embedded import Carried, Options
from policyc.carriers.terraform import configuration, plan
from policyc.diagnostics import Diagnostics
from policyc.text import Source

POLICY = 'resource "aws_iam_policy" "p" {\n  policy = %s\n}\n'


def carried(files: Mapping[str, str], found: Diagnostics, first: str = "main.tf") -> Carried:
    def folder(name: str) -> tuple[str, ...]:
        return tuple(sorted(file.rpartition("/")[2] for file in files if file.rpartition("/")[0] == name))

    return configuration.carried(Source(first, files[first]), Options({}, files.get, folder), found)


def chain(first: str, step: str, count: int, policy: str) -> str:
    """Locals `a0` to `a<count>`, each made of the one before it, and a policy of the last."""
    steps = "".join(f"  a{at + 1} = {step.replace('@', f'local.a{at}')}\n" for at in range(count))
    return f"locals {{\n  a0 = {first}\n{steps}}}\n" + POLICY % policy.replace("@", f"local.a{count}")


def statements(count: int) -> str:
    """Documents that take the one before them in twice."""
    head = (
        'data "aws_iam_policy_document" "d0" {\n  statement {\n    actions = ["a:b"]\n    resources = ["*"]\n  }\n}\n'
    )
    for at in range(count):
        one = f"data.aws_iam_policy_document.d{at}.json"
        head += f'data "aws_iam_policy_document" "d{at + 1}" {{\n  source_policy_documents = [{one}, {one}]\n}}\n'
    return head + POLICY % f"data.aws_iam_policy_document.d{count}.json"


HARMFUL = {
    "deep-parentheses": (POLICY % ("(" * 5000 + "1" + ")" * 5000), "nested too deeply"),
    "deep-lists": (POLICY % ("jsonencode(" + "[" * 3000 + "]" * 3000 + ")"), "nested too deeply"),
    "deep-maps": (POLICY % ("jsonencode(" + "{a=" * 3000 + "1" + "}" * 3000 + ")"), "nested too deeply"),
    "long-sum": (POLICY % "+".join(["1"] * 5000), "too deeply"),
    "long-path": (POLICY % ("a" + ".b" * 5000), "nested too deeply"),
    "doubled-text": (chain('"xxxxxxxxxxxxxxxx"', '"${@}${@}"', 25, "@"), "more than 1,000,000 characters"),
    "doubled-list": (chain('["x"]', "concat(@, @)", 25, "jsonencode(@)"), "more than 20,000 values"),
    "shared-lists": (chain('["x"]', "[@, @]", 25, "jsonencode({ Statement = @ })"), "more than 100,000 values"),
    "shared-empty-lists": (chain("[]", "[@, @]", 25, "jsonencode(flatten(@))"), "more than 100,000 values"),
    "shared-holes": (chain("[var.x]", "[@, @]", 25, "upper(@)"), "more than 100,000 values"),
    "long-chain": (chain('"x"', '"${@}"', 500, "@"), "lead on too deeply"),
    "growing-text": (chain('"xx"', 'replace(@, "x", "xxxxxxxxxx")', 20, "@"), "too long a text"),
    "circle-of-locals": ("locals {\n  a = local.b\n  b = local.a\n}\n" + POLICY % "local.a", "needs itself"),
    "circle-of-documents": (
        'data "aws_iam_policy_document" "a" {\n  source_policy_documents = [data.aws_iam_policy_document.a.json]\n}\n'
        + POLICY % "data.aws_iam_policy_document.a.json",
        "needs itself",
    ),
    "circle-of-modules": ('module "a" {\n  source = "./"\n}\n' + POLICY % '"{}"', "`module.a` calls itself"),
    "many-instances": (
        POLICY.replace("policy =", "count = 1000000000\n  policy =") % '"{}"',
        "more than 500 instances",
    ),
    "long-range": (POLICY % "jsonencode(range(100000000))", "more than 20,000 values"),
    "products": (POLICY % "jsonencode(setproduct(range(200), range(200), range(200)))", "more than 20,000 values"),
    "many-conditions": (
        POLICY % f"jsonencode([{', '.join(f'var.c{at} ? 1 : 2' for at in range(30))}])",
        "in more than 16 ways",
    ),
    "many-documents": (statements(25), "more than 100,000 values"),
    "slow-pattern": (POLICY % f'replace("{"a" * 4000}!", "/a*a*a*a*a*b/", "x")', "has no value here"),
    "wide-format": (POLICY % 'format("%999999999d", 1)', "too wide a field"),
    "file-outside": (POLICY % 'file("../../etc/passwd")', "cannot be read below the root"),
    "file-absolute": (POLICY % 'file("/etc/passwd")', "cannot be read below the root"),
    "no-json": (POLICY % 'jsonencode(jsondecode("{"))', "should be JSON is none"),
    "repeats-unknown": (POLICY % '"%{ for x in var.y }${x}%{ endfor }"', "how often a part of the text repeats"),
    "not-a-document": (POLICY % "12", "it is no document"),
    "whole-unknown": (POLICY % "var.policy", "the document is `var.policy`"),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_it_ends_with_a_reason(name: str) -> None:
    text, reason = HARMFUL[name]
    found = Diagnostics()
    lost = carried({"main.tf": text}, found).unreadable
    assert any(reason in item.reason for item in lost), lost
    assert all(0 <= item.place.start <= item.place.end <= len(text) for item in lost)


def test_a_tree_of_modules_that_grows_is_cut() -> None:
    files = {}
    for level in range(6):
        calls = (f'module "a{at}" {{\n  source = "../m{level + 1}"\n}}\n' for at in range(10))
        files[f"m{level}/main.tf"] = "".join(calls)
    files["main.tf"] = 'module "top" {\n  source = "./m0"\n}\n'
    files["m6/main.tf"] = POLICY % '"{}"'
    lost = carried(files, Diagnostics()).unreadable
    assert any("more than 400 module calls" in item.reason for item in lost)


FAULTY = {
    "in-a-block": 'resource "aws_iam_policy" "p" {\n  policy = jsonencode({ Version = ]\n}\n',
    "junk": 'resource "aws_iam_policy" "p" {{{{ ]] """ <<EOT\n' * 50,
    "open-heredoc": 'resource "aws_iam_policy" "p" {\n  policy = <<EOT\n{}',
    "open-directive": POLICY % '"%{ if true }"',
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_syntax_fault_is_an_error_at_its_place(name: str) -> None:
    found = Diagnostics()
    carried({"main.tf": FAULTY[name]}, found)
    assert len(list(found)) == (20 if name == "junk" else 1)
    for item in found:
        assert item.rule == "hcl-syntax-error"
        assert item.span is not None
        assert 0 <= item.span.start <= item.span.end <= len(FAULTY[name])


def test_what_stands_before_a_fault_is_read() -> None:
    found = Diagnostics()
    text = POLICY % 'jsonencode({ Version = "2012-10-17" })' + 'resource "aws_iam_policy" "q" {\n  policy = ]\n}\n'
    made = carried({"main.tf": text}, found)
    assert [item.name for item in made.documents] == ["aws_iam_policy.p"]
    assert found.has_errors


@pytest.mark.parametrize(
    "changes",
    [
        '[1, {"change": 2}, {"change": {"after": [], "actions": "x"}}]',
        '[{"address": "a", "type": "aws_iam_policy", "mode": "managed", "name": "p",'
        ' "change": {"after": {"policy": {"a": 1}}, "after_unknown": [true], "after_sensitive": "q"}}]',
        "{}",
        "null",
    ],
)
def test_a_plan_of_another_shape_does_no_harm(changes: str) -> None:
    text = f'{{"format_version": "1.2", "resource_changes": {changes}, "values": 3, "configuration": []}}'
    plan.carried(Source("plan.json", text), Options(), Diagnostics())
