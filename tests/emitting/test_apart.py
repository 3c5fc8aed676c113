"""Which parameters can be tried together, and that trying them together finds the one that decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyc.diagnostics import Diagnostics
from policyc.syntax.parser import parse
from policyc.text import Source
from policyc.workspace.beside.apart import apart
from tests.emitting.reading import opened, try_open

SHARED = """\
param a: account
param b: account
param c: account
param d: string
let both: account = a
principal one = role(both, "one")
principal two = role(b, concat(d, "-two"))
"""
#: the groups, and a file beside the shared one
CASES = [
    # nothing reaches any of them
    ("", [["a", "b", "c", "d"]]),
    ('policy p for iam_document on k { allow "x" { who one } }', [["a", "b", "c", "d"]]),
    # through a principal and a value
    ('policy p for iam_document on k { allow "x" { who one, account(c) } }', [["a", "b", "d"], ["c"]]),
    ('policy p for iam_document on k { allow "x" { who two } }', [["a", "b", "c"], ["d"]]),
    # each in a policy of its own
    (
        'policy p for iam_document on k { allow "x" { who one } } policy q for iam_document on l { allow "x" { who account(c) } }',
        [["a", "b", "c", "d"]],
    ),
    # policies that reach one resource
    (
        'policy p for lattice on s { allow "x" { who one } } policy q for lattice on n { allow "x" { who account(c) } }'
        'resource n: lattice.service_network { id: "sn-0123456789abcdef0" } resource s: lattice.service { id: "svc-0123456789abcdef0", network: n }',
        [["a", "b", "d"], ["c"]],
    ),
    # in a resource
    (
        'policy p for lattice on s { allow "x" { who one } } resource s: lattice.service { id: d, at: b/us-west-2 }',
        [["a", "c"], ["b"], ["d"]],
    ),
]


@pytest.mark.parametrize(("text", "groups"), CASES)
def test_groups(text: str, groups: list[list[str]]) -> None:
    modules = [parse(Source(name, part), Diagnostics()) for name, part in (("a.policy", SHARED), ("b.policy", text))]
    assert apart(modules, ["a", "b", "c", "d"]) == groups


KEY = 'resource k{n}: iam_document.carrier {{ kind: key }}\npolicy p{n} for iam_document on k{n} {{ allow "a" {{ who account(a{n})  can raw("kms:*")  on raw("*"){more} }} }}\n'


@pytest.mark.parametrize("wrong", [None, 0, 2])
def test_the_one_that_decides_is_found_among_those_that_are_tried_at_once(tmp_path: Path, wrong: int | None) -> None:
    (tmp_path / "policies").mkdir()
    params = "".join(f"param a{n}: account\n" for n in range(4)) + "param w: string\n"
    decides = ' when aws.PrincipalTag["t"] == "x" and not (w like "pro*")'
    policies = "".join(KEY.format(n=n, more=decides if n == wrong else "") for n in range(4))
    (tmp_path / "policies" / "a.policy").write_text(params + policies, encoding="utf-8")
    if wrong is None:
        assert [item.names for item in opened(tmp_path).templates] == [(f"a{n}",) for n in range(4)]
        return
    found = Diagnostics()
    assert try_open(tmp_path, {}, (), found) is None
    assert [(item.rule, "`w`" in item.message) for item in found] == [("parameter-decides", True)]
