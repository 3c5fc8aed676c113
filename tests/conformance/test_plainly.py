"""Requests in ordinary values: the same answers as on the command line, without one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.engines.trace import Decision
from policyc.simulation.plainly import DocumentAsker, ProjectAsker, Unaskable
from policyc.targets.program import emit_documents, load_program

HOME = "111122223333"
ROLE = f"arn:aws:iam::{HOME}:role/app"
SERVICE = f"arn:aws:vpc-lattice:us-west-2:{HOME}:service/svc-0123456789abcdef0"
PROJECT = f"""
let shop: account = "{HOME}"
let home: vpc_id = "vpc-0123456789abcdef0"
principal orders = role(shop, "orders")
resource mesh: lattice.service_network {{ id: "sn-0123456789abcdef0", at: shop/us-west-2 }}
resource stock: lattice.service {{ id: "svc-0123456789abcdef0", at: shop/us-west-2, network: mesh, auth: aws_iam }}
policy stock_auth for lattice on stock {{ allow "reads" {{ who orders can GET when source.vpc == home }} }}
policy calls for identity on orders {{ allow "call" {{ can invoke on stock }} }}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> ProjectAsker:
    folder = tmp_path_factory.mktemp("project")
    (folder / "main.policy").write_text(PROJECT, encoding="utf-8")
    diagnostics = Diagnostics()
    program = load_program(folder, [folder / "main.policy"], {}, diagnostics)
    documents = [item for held in emit_documents(program, diagnostics).values() for item in held]
    assert not diagnostics.has_errors
    return ProjectAsker(program, documents)


@pytest.mark.parametrize(
    ("stated", "decision"),
    [
        ({"source.vpc": "vpc-0123456789abcdef0"}, Decision.ALLOW),
        ({"vpc-lattice-svcs:SourceVpc": "vpc-0123456789abcdef0"}, Decision.ALLOW),
        ({"source.vpc": "home"}, Decision.ALLOW),
        ({"source.vpc": "vpc-0fedcba9876543210"}, Decision.DENY),
        ({}, Decision.UNDECIDED),
    ],
)
def test_a_declared_resource(project: ProjectAsker, stated: dict[str, Any], decision: Decision) -> None:
    assert project.ask("stock", who="orders", can="GET", path="/x", **stated).decision is decision


def test_what_cannot_be_asked_is_raised_with_its_reason(project: ProjectAsker) -> None:
    with pytest.raises(Unaskable, match="no file declares a resource `stok`") as raised:
        project.ask("stok", who="orders")
    assert [item.rule for item in raised.value.diagnostics] == ["unknown-name"]
    with pytest.raises(Unaskable, match="is stated"):
        project.ask("stock", who="orders", can="GET", path="/", unknown=["port"], port=443)


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"} | s for s in statements],
    }


def test_documents_as_data_and_as_text() -> None:
    open_door = policy({"Principal": "*"})
    for auth in (open_door, json.dumps(open_door)):
        asker = DocumentAsker({"identity": policy({}), "service-policy": auth})
        chain: dict[str, Any] = {"arns": {"service": SERVICE}, "settings": {"network-auth": "none"}}
        assert asker.ask(who=ROLE, can="GET", path="/x", **chain).decision is Decision.ALLOW
        assert asker.ask(who=ROLE, can="GET", path="/x", arns={"service": SERVICE}).decision is Decision.UNDECIDED


def test_levels_of_control_policies() -> None:
    s3, sqs = policy({"Action": "s3:*"}), policy({"Action": "sqs:*"})
    question: dict[str, Any] = {"who": ROLE, "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k"}
    one_level = DocumentAsker({"identity": policy({}), "scp": [[s3, sqs]]})
    assert one_level.ask(**question).decision is Decision.ALLOW
    two_levels = DocumentAsker({"identity": policy({}), "scp": [s3, sqs]})
    assert two_levels.ask(**question).decision is Decision.DENY


@pytest.mark.parametrize(
    ("levels", "decision"),
    [([], Decision.ALLOW), ([[]], Decision.DENY), ([["*"], []], Decision.DENY), ([["*"], ["*"]], Decision.ALLOW)],
)
def test_a_level_without_a_control_policy_lets_nothing_pass(levels: list[list[str]], decision: Decision) -> None:
    everything = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    given = [[everything for _ in level] for level in levels]
    asker = DocumentAsker({"identity": everything, "scp": given})
    assert asker.ask(who=ROLE, action="s3:ListAllMyBuckets", resource="*").decision is decision
    beside = DocumentAsker(
        {"identity": everything, "rcp": [[], []]}
    )  # the full-access policy of AWS stands beside them
    assert beside.ask(who=ROLE, action="s3:ListAllMyBuckets", resource="*").decision is Decision.ALLOW


def test_several_values_absent_ones_and_unknown_ones() -> None:
    condition = {"ForAnyValue:StringEquals": {"aws:TagKeys": ["team"]}}
    asker = DocumentAsker({"identity": policy({"Condition": condition})})
    question: dict[str, Any] = {"who": ROLE, "action": "sqs:TagQueue", "resource": f"arn:aws:sqs:us-west-2:{HOME}:q"}
    assert asker.ask(**question, **{"aws:TagKeys": ["cost", "team"]}).decision is Decision.ALLOW
    assert asker.ask(**question, **{"aws:TagKeys": None}).assumed == ()
    assert asker.ask(**question).assumed == ("aws:TagKeys",)
    assert asker.ask(**question, unknown=["aws:TagKeys"]).decision is Decision.UNDECIDED
    assert asker.ask(**question, assume_unknown=True).decision is Decision.UNDECIDED


def test_what_is_no_role_or_no_document_is_refused() -> None:
    with pytest.raises(ValueError, match="no document has the role"):
        DocumentAsker({"service": policy({})})
    with pytest.raises(Unaskable):
        DocumentAsker({"identity": "{"})
    with pytest.raises(ValueError, match="there is no ARN `svc`"):
        DocumentAsker({}).ask(who=ROLE, arns={"svc": SERVICE})
