"""Reasons in the words of the policy: attributes, declared names and plain verbs instead of keys, values and operators."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyc.diagnostics import Diagnostics
from policyc.engines.trace import Outcome
from policyc.simulation.answer import answer_fully
from policyc.simulation.request_text import bind, from_flags
from policyc.targets.program import emit_documents, load_program

PROJECT = """
let shop: account = "111122223333"
let home: vpc_id = "vpc-0123456789abcdef0"
let office: cidr = "10.1.0.0/16"
let us: org_id = "o-a1b2c3d4e5"
principal orders = role(shop, "orders")
principal audit = role(shop, "audit")
resource mesh: lattice.service_network {{ id: "sn-0123456789abcdef0", at: shop/us-west-2 }}
resource stock: lattice.service {{ id: "svc-0123456789abcdef0", at: shop/us-west-2, network: mesh, auth: aws_iam }}
policy stock_auth for lattice on stock {{ allow "reads" {{ who {who} can GET when {condition} }} }}
policy calls for identity on orders {{ allow "call" {{ can invoke on stock }} }}
"""

#: condition, what is stated, the sentence
SENTENCES = [
    ("source.vpc == home", ["source.vpc=vpc-0fedcba9876543210"], "source.vpc is `vpc-0fedcba9876543210`, wants `home`"),
    ("source.vpc == home", ["source.vpc_owner=111122223333"], "source.vpc is not known, wants `home`"),
    (
        "source.vpc != home",
        ["source.vpc=vpc-0123456789abcdef0"],
        "source.vpc is `vpc-0123456789abcdef0`, wants other than `home`",
    ),
    ("aws.PrincipalOrgID == us", [], "aws.PrincipalOrgID is absent, wants `us`"),
    ('header["x-team"] like "a*"', ['header["x-team"]=b'], 'header["x-team"] is `b`, wants like `a*`'),
    ('exists header["x-team"]', [], 'header["x-team"] is absent, wants it present'),
    ("port > 1024", ["port=80"], "port is `80`, wants more than `1024`"),
]


def answer(folder: Path, who: str, condition: str, settings: list[str]) -> Outcome:
    path = folder / "main.policy"
    path.write_text(PROJECT.format(who=who, condition=condition), encoding="utf-8")
    diagnostics = Diagnostics()
    program = load_program(folder, [path], {}, diagnostics)
    documents = [item for held in emit_documents(program, diagnostics).values() for item in held]
    assert not diagnostics.has_errors, [item.message for item in diagnostics]
    plain, _ = from_flags("stock", "orders", "GET", "/stock", settings, diagnostics)
    assert plain is not None
    request = bind(plain, program, diagnostics)
    assert request is not None, [item.message for item in diagnostics]
    outcome = answer_fully(program, documents, request, diagnostics)
    assert outcome is not None
    return outcome


@pytest.mark.parametrize(("condition", "settings", "sentence"), SENTENCES, ids=[row[2] for row in SENTENCES])
def test_a_reason_speaks_as_the_policy_does(tmp_path: Path, condition: str, settings: list[str], sentence: str) -> None:
    service = next(gate for gate in answer(tmp_path, "orders", condition, settings).gates if gate.kind == "service")
    assert service.nearest is not None
    assert [reason.sentence() for reason in service.nearest.misses] == [sentence]
    assert "vpc-lattice-svcs:S" not in service.summary


def test_a_caller_is_told_by_its_declared_name(tmp_path: Path) -> None:
    service = next(
        gate for gate in answer(tmp_path, "audit", "port == 443", ["port=443"]).gates if gate.kind == "service"
    )
    assert service.nearest is not None
    assert service.nearest.misses[0].sentence().endswith(", wants `audit`")
