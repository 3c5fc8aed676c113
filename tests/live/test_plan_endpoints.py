"""Plans for Verified Access: what means the same at every endpoint is not written, and what is written makes AWS mean the source."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.test_drift_endpoints import GET, LIVE, OWN, POST, SOURCE, TEAM, permit
from tests.live.world import ENDPOINT, GROUP, World

Run = Callable[..., tuple[int, str, str]]
pytestmark = pytest.mark.usefixtures("hurry")
TURNED = {"newly allowed": "newly denied", "newly denied": "newly allowed"}


@pytest.mark.parametrize(("group", "endpoint", "status", "changes"), LIVE)
def test_a_plan_says_what_drift_says(
    there: World, policyc: Run, group: str, endpoint: str | None, status: int, changes: list[str]
) -> None:
    Path("a.policy").write_text(SOURCE + OWN)
    there.ec2._hold(GROUP, group)
    there.ec2._hold(ENDPOINT, endpoint)
    assert policyc("aws", "plan", "a.policy", "-o", "p.json")[0] == status
    plan = json.loads(Path("p.json").read_text())
    documents = plan["changes"]["documents"]
    assert sorted(TURNED[one["change"]] for item in documents for one in item["changes"]) == sorted(changes)
    assert {item["name"] for item in documents if item["changes"]} <= {"payroll.example.com"}
    assert all(one["witness"] for item in documents for one in item["changes"])
    assert bool(plan["steps"]) is bool(status)
    if status:
        assert policyc("aws", "apply", "p.json", "--yes")[0] == 0
    assert policyc("aws", "drift", "a.policy")[0] == 0
    assert policyc("aws", "plan", "a.policy")[0] == 0
    if status:
        assert policyc("aws", "rollback", "p.json.record", "--yes")[0] == 0
        assert policyc("aws", "drift", "a.policy")[0] == 1


TWO = """
resource stock: verified_access.endpoint { group: workforce, protocol: https, domain: "stock.example.com" }
policy taking for verified_access on stock { allow "take" { when http_request.http_method == POST } }
"""
STOCK = "vae-00000000000000001"


def test_a_group_is_written_with_all_its_endpoints(there: World, policyc: Run) -> None:
    # requests to payroll are answered alike, but only as long as the group has the text that is written for stock
    Path("a.policy").write_text(SOURCE + OWN + TWO)
    there.ec2.add_endpoint(STOCK, GROUP, "stock.example.com")
    there.ec2._hold(GROUP, permit())
    there.ec2._hold(ENDPOINT, permit(TEAM, GET))
    there.ec2._hold(STOCK, permit(POST))
    assert policyc("aws", "plan", "a.policy", "-o", "p.json")[0] == 1
    plan = json.loads(Path("p.json").read_text())
    places = {step["resource"].rpartition("/")[2] for step in plan["steps"]}
    assert places == {GROUP, ENDPOINT}
    assert [item["name"] for item in plan["changes"]["documents"] if item["changes"]] == ["stock.example.com"]
    assert policyc("aws", "apply", "p.json", "--yes")[0] == 0
    assert policyc("aws", "drift", "a.policy")[0] == 0


def test_a_policy_that_is_off_is_written_with_all_that_it_meets(there: World, policyc: Run) -> None:
    Path("a.policy").write_text(SOURCE + OWN)
    there.ec2._hold(GROUP, permit(TEAM, GET))
    there.ec2.policies[GROUP]["PolicyEnabled"] = False
    there.ec2._hold(ENDPOINT, permit())
    assert policyc("aws", "plan", "a.policy", "-o", "p.json")[0] == 1
    places = {step["resource"].rpartition("/")[2] for step in json.loads(Path("p.json").read_text())["steps"]}
    assert places == {GROUP, ENDPOINT}
    assert policyc("aws", "apply", "p.json", "--yes")[0] == 0
    assert policyc("aws", "drift", "a.policy")[0] == 0


def test_an_endpoint_in_another_group_is_told_and_not_moved(there: World, policyc: Run) -> None:
    there.ec2._hold(ENDPOINT, permit(GET))
    there.ec2.add_group("vagr-00000000000000001", "vai-0123456789abcdef0", permit(TEAM), "guests")
    there.ec2.endpoints[ENDPOINT]["VerifiedAccessGroupId"] = "vagr-00000000000000001"
    guests = 'resource guests: verified_access.group { trust: { idc: iam_identity_center } }\npolicy everybody for verified_access on guests { allow "all" { when team in idc.groups } }\n'
    Path("a.policy").write_text(SOURCE + OWN + guests)
    out = policyc("aws", "plan", "a.policy", "-o", "p.json")[1]
    assert "on AWS it is in the group" in " ".join(out.split())
    assert all(step["old"]["text"] != step["new"]["text"] for step in json.loads(Path("p.json").read_text())["steps"])
