"""Comparisons that need no request: decided when compiling, or refused at their place; never a crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Always, Never
from policyc.targets.program import load_program

HEAD = """
let shop: account = "111122223333"
let home: account = "111122223333"
let c1: cidr = "10.0.0.0/8"
let i1: ip = "10.1.2.3"
let some: set[account] = [shop]
param stage: enum { dev, prod } = dev
principal app = role(shop, "app")
group f = idc_group("b4c8e438-20a1-70b2-1111-5f0e6d3a9c11")
group g = idc_group("b4c8e438-20a1-70b2-1111-5f0e6d3a9c12")
resource net: lattice.service_network { id: "sn-0123456789abcdef0", at: shop/us-west-2, auth: none }
resource svc: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, network: net, auth: aws_iam }
predicate left(a: string, b: string) = a in [b]
predicate anyone_of(b: string) = any query["x"] in [b]
predicate inside(b: string) = "x" in [b]
"""


def load(root: Path, condition: str) -> tuple[object, list[str]]:
    (root / "a.policy").write_text(
        HEAD + f'policy p for lattice on svc {{ allow "a" {{ who app  when {condition} }} }}\n'
    )
    diagnostics = Diagnostics()
    program = load_program(root, [Path("a.policy")], {}, diagnostics)
    when = program.policies[0].statements[0].when if program.policies else None
    return when, [item.rule for item in diagnostics]


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("stage == dev", True),
        ("stage != dev", False),
        ("stage in [prod]", False),
        ("shop == home", True),
        ("shop in some", True),
        ("not (shop in some)", False),
        ("i1 in c1", True),
        ('i1 in "192.0.2.0/24"', False),
        ('shop like "1111*"', True),
        ("true or stage == prod", True),
    ],
)
def test_decided_when_compiling(tmp_path: Path, condition: str, holds: bool) -> None:
    when, rules = load(tmp_path, f"({condition}) and port == 443" if holds else f"({condition}) or port == 443")
    plain, _ = load(tmp_path, "port == 443")
    assert rules == []
    assert when == plain
    assert not isinstance(when, Always | Never)


@pytest.mark.parametrize(
    ("condition", "rule"),
    [
        ("f == f", "type-mismatch"),
        ("f in [g]", "type-mismatch"),
        ("app == app", "type-mismatch"),
        ("svc == net", "type-mismatch"),
        ("c1 in c1", "type-mismatch"),
        ('left(header["a"], header["b"])', "attribute-on-the-right"),
        ('anyone_of(header["a"])', "attribute-on-the-right"),
        ('inside(header["a"])', "attribute-on-the-right"),
    ],
)
def test_refused_at_their_place(tmp_path: Path, condition: str, rule: str) -> None:
    _, rules = load(tmp_path, condition)
    assert rule in rules
