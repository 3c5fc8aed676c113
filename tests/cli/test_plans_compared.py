"""A plan of Terraform that changes what is there knows the ARNs and ids of it: policies, services, callers and boundaries belong together by these
(https://developer.hashicorp.com/terraform/internals/json-format; Lattice reference, sections 1 and 5)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policyc.carriers.terraform.planned import references_of
from policyc.diagnostics import Diagnostics
from policyc.syntax.json_text import JsonObject, parse_json
from policyc.text import Source
from tests.running import Run

ACCOUNT = "111122223333"
MESH = f"arn:aws:vpc-lattice:us-west-2:{ACCOUNT}:servicenetwork/sn-0123456789abcdef0"
STOCK = f"arn:aws:vpc-lattice:us-west-2:{ACCOUNT}:service/svc-0a1b2c3d4e5f67890"
READER, LIMIT = f"arn:aws:iam::{ACCOUNT}:role/reader", f"arn:aws:iam::{ACCOUNT}:policy/limit"
INVOKE = "vpc-lattice-svcs:Invoke"


def policy(**statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": INVOKE, **statement}]})


IN_ORGANIZATION = policy(
    Principal="*", Resource="*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
)
EVERYTHING, ORDERS = policy(Resource=f"{STOCK}/*"), policy(Resource=f"{STOCK}/orders/*")
#: the resources as they are: type, name, values
THERE: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("aws_vpclattice_service_network", "mesh", {"id": "sn-0123456789abcdef0", "arn": MESH, "auth_type": "AWS_IAM"}),
    ("aws_vpclattice_service", "stock", {"id": "svc-0a1b2c3d4e5f67890", "arn": STOCK, "auth_type": "AWS_IAM"}),
    (
        "aws_vpclattice_service_network_service_association",
        "link",
        {"service_identifier": "svc-0a1b2c3d4e5f67890", "service_network_identifier": "sn-0123456789abcdef0"},
    ),
    ("aws_vpclattice_auth_policy", "mesh", {"resource_identifier": MESH, "policy": IN_ORGANIZATION}),
    (
        "aws_vpclattice_auth_policy",
        "stock",
        {"resource_identifier": STOCK, "policy": policy(Principal={"AWS": READER}, Resource=f"{STOCK}/*")},
    ),
    ("aws_iam_policy", "limit", {"arn": LIMIT, "name": "limit", "policy": EVERYTHING}),
    (
        "aws_iam_role",
        "reader",
        {"id": "reader", "name": "reader", "path": "/", "arn": READER, "permissions_boundary": LIMIT},
    ),
    ("aws_iam_role_policy", "call", {"role": "reader", "name": "call", "policy": ORDERS}),
)


def plan(changed: str, **values: object) -> str:
    """A plan that gives one resource other values, or takes it away."""
    rows = []
    for type, name, before in THERE:
        here = f"{type}.{name}" == changed
        after = None if here and not values else {**before, **(values if here else {})}
        actions = ["no-op"] if after == before else ["delete"] if after is None else ["update"]
        change = {"actions": actions, "before": before, "after": after, "after_unknown": {}}
        rows.append({"address": f"{type}.{name}", "mode": "managed", "type": type, "name": name, "change": change})
    return json.dumps({"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": rows})


@pytest.mark.parametrize(
    ("changed", "values", "service", "open"),
    [
        ("", {}, [], False),
        # the network asks nobody any more, though no text changes
        ("aws_vpclattice_service_network.mesh", {"auth_type": "NONE"}, ["newly allowed"], False),
        ("aws_iam_role_policy.call", {"policy": EVERYTHING}, ["newly allowed"], False),
        # what the caller's own policy allows is all within
        ("aws_iam_policy.limit", {"policy": ORDERS}, [], False),
        ("aws_iam_policy.limit", {"policy": ORDERS.replace("orders", "other")}, ["newly denied"], False),
        ("aws_iam_role.reader", {"permissions_boundary": LIMIT.replace("limit", "elsewhere")}, [], True),
        ("aws_vpclattice_auth_policy.stock", {}, ["newly denied"], False),
        # where else it stands nobody says
        ("aws_vpclattice_service_network_service_association.link", {}, [], True),
    ],
)
def test_a_service_of_a_plan(
    tmp_path: Path, run: Run, changed: str, values: dict[str, object], service: list[str], open: bool
) -> None:
    (tmp_path / "plan.json").write_text(plan(changed, **values))
    told: Any = run("diff", "--root", str(tmp_path), "--format", "json", str(tmp_path / "plan.json")).json()
    (found,) = [item for item in told["documents"] if item["name"] == "aws_vpclattice_service.stock"] or [
        {"changes": [], "open": []}
    ]
    assert ([one["change"] for one in found["changes"]], bool(found["open"])) == (service, open), found


def test_a_request_of_a_plan(tmp_path: Path, run: Run) -> None:
    (tmp_path / "plan.json").write_text(plan(""))
    for path, status in (("/orders/1", 0), ("/other", 10)):
        asked = (
            "--who",
            "aws_iam_role.reader",
            "--can",
            "GET",
            "--path",
            path,
            "--set",
            "aws.PrincipalOrgID=o-a1b2c3d4e5",
        )
        answer = run(
            "simulate", "--root", str(tmp_path), f"{tmp_path / 'plan.json'}#aws_vpclattice_service.stock", *asked
        )
        assert answer.status == status, answer.out + answer.err


@pytest.mark.parametrize(
    ("references", "about"),
    [
        (["aws_iam_role.a.arn", "aws_iam_role.a"], "aws_iam_role.a.arn"),
        (["aws_iam_role.a[0].arn", "aws_iam_role.a[0]", "aws_iam_role.a"], "aws_iam_role.a[0].arn"),
        (["aws_iam_role.a", "each.key"], "aws_iam_role.a"),
        (["module.m.arn", "module.m", "module.m.arn", "var.stage"], "module.m.arn"),
        # one of them, or a text made of both: nobody says
        (["aws_iam_role.a.arn", "aws_iam_role.a", "aws_iam_role.ab.arn", "aws_iam_role.ab"], None),
        (["var.stage", "aws_iam_role.a"], None),
        ([3, None], None),
        ("aws_iam_role.a", None),
    ],
)
def test_what_an_argument_refers_to(references: object, about: str | None) -> None:
    held = {"address": "aws_x.p", "expressions": {"on": {"references": references}}}
    text = json.dumps({"configuration": {"root_module": {"resources": [held]}}})
    tree = parse_json(Source("plan.json", text), Diagnostics())
    assert isinstance(tree, JsonObject)
    assert references_of(tree)["aws_x.p"].get("on") == about
