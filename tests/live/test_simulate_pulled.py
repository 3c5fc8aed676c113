"""`policyc simulate --pulled`: what is on AWS answers, with every document and fact on the way; what could not be read keeps answers open."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.fake.core import ACCOUNT
from tests.live.fake.storage import point_arn
from tests.live.world import APP, CORE, ENDPOINT, ORDERS, SERVICE, World, allow, document, text

Run = Callable[..., tuple[int, str, str]]
GET = ("--can", "GET", "--path", "/x", "--set", "aws:PrincipalOrgID=o-a1b2c3d4e5")
IMAGE = ("--can", "GetObject", "--path", "cats/1.jpg")


def ask(policyc: Run, name: str, *words: str, who: str = APP) -> tuple[int, str]:
    status, out, err = policyc("simulate", "--pulled", "live", name, *(("--who", who) if who else ()), *words)
    return status, " ".join((out + err).split())


@pytest.mark.parametrize("name", ["orders", SERVICE, ORDERS])
def test_a_service_is_asked_with_its_network_and_the_callers_policies(imported: World, policyc: Run, name: str) -> None:
    status, out = ask(policyc, name, *GET)
    assert status == 0
    for gate in ("service control policy 3", "permissions boundary", "identity", "network", "service"):
        assert gate in out


def test_a_session_is_asked_as_its_role(imported: World, policyc: Run) -> None:
    who = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/morning"
    assert ask(policyc, "orders", *GET, who=who)[0] == 0


def test_each_fact_counts(there: World, policyc: Run) -> None:
    def answer() -> int:
        policyc("aws", "pull", "-o", "live")
        return ask(policyc, "orders", *GET)[0]

    kept = there.lattice.policies.pop(SERVICE)
    assert answer() == 10, "asked, and there is no policy"
    there.lattice.services[SERVICE]["authType"] = "NONE"
    assert answer() == 0, "nobody is asked"
    there.lattice.policies[SERVICE], there.lattice.services[SERVICE]["authType"] = kept, "AWS_IAM"
    there.organizations.contents["p-FullAWSAccess"] = text(allow("", None, "s3:*") | {"Sid": "S3"})
    assert answer() == 10, "a control policy that does not allow"
    there.organizations.contents["p-FullAWSAccess"] = text(allow("", None, "*") | {"Sid": "Full"})
    there.iam.managed[f"arn:aws:iam::{ACCOUNT}:policy/limits"] = document(allow("S3", None, "s3:*"))
    assert answer() == 10, "a boundary that does not allow"


@pytest.mark.parametrize(
    ("denied", "role"),
    [
        ("get_auth_policy", "service"),
        ("get_service", "service"),
        ("get_role_policy", "identity"),
        ("get_policy_version", "boundary"),
        ("list_policies_for_target", "scp"),
        ("describe_organization", "scp"),
    ],
)
def test_an_answer_that_needs_what_is_not_readable_is_undecided(
    there: World, policyc: Run, denied: str, role: str
) -> None:
    there.aws.denied = {denied}
    policyc("aws", "pull", "-o", "live")
    status, out = ask(policyc, "orders", *GET)
    assert status == 11, out
    if role != "service":
        assert f"not readable: the {role}" in out


def test_a_refusal_that_nothing_could_lift_holds(there: World, policyc: Run) -> None:
    there.aws.denied = {"describe_organization", "get_policy_version"}
    policyc("aws", "pull", "-o", "live")
    assert ask(policyc, "orders", *GET, who=f"arn:aws:iam::{ACCOUNT}:role/nobody")[0] in (10, 11)
    there.lattice.policies[SERVICE]["policy"] = text(allow("No", "*") | {"Effect": "Deny"})
    policyc("aws", "pull", "-o", "live")
    assert ask(policyc, "orders", *GET)[0] == 10


def test_a_chain_of_object_lambda_is_asked_hop_by_hop(imported: World, policyc: Run) -> None:
    status, out = ask(policyc, "resized", *IMAGE)
    assert status == 0
    assert "bucket" in out and "execution_role" in out
    assert ask(policyc, "photos-ap", *IMAGE)[0] in (0, 10, 11)


@pytest.mark.parametrize("denied", ["get_bucket_policy", "s3control.get_access_point_policy", "get_policy"])
def test_a_hop_that_is_not_readable_leaves_the_chain_open(there: World, policyc: Run, denied: str) -> None:
    there.aws.denied = {"lambda.get_policy"} if denied == "get_policy" else {denied}
    policyc("aws", "pull", "-o", "live")
    status, out = ask(policyc, "resized", *IMAGE)
    assert status == 11 and "not readable" in out


@pytest.mark.parametrize(
    ("settings", "status"), [({"RestrictPublicBuckets": True}, 10), ({"RestrictPublicBuckets": False}, 0), (None, 11)]
)
def test_block_public_access_is_what_the_pull_found(
    there: World, policyc: Run, settings: dict[str, bool] | None, status: int
) -> None:
    """A public access point lets strangers in unless it is blocked; what could not be read is not known."""
    there.control.policies["ap:photos-ap"] = text(
        allow("All", "*", "s3:GetObject", point_arn("photos-ap") + "/object/*")
    )
    policyc("aws", "pull", "-o", "live")
    lock = Path("live/live.lock.json")
    found = json.loads(lock.read_text())
    for name in (point_arn("photos-ap"), "arn:aws:s3:::acme-photos"):
        found["resources"][name]["facts"] |= {"block": settings, "account_block": settings}
    lock.write_text(json.dumps(found))
    answer, out = ask(policyc, "photos-ap", *IMAGE, who="anonymous")
    assert answer == status, out


def test_an_endpoint_is_asked_with_its_groups_text(imported: World, policyc: Run) -> None:
    groups = {"c242c5b0-6081-1845-6fa8-6e0d9513c107": {"group_name": "finance"}}
    Path("context.json").write_text(json.dumps({"idc": {"groups": groups}}))
    assert ask(policyc, ENDPOINT, "--context", "context.json", who="")[0] == 0
    assert ask(policyc, "payroll.example.com", "--context", "context.json", who="")[0] == 0
    Path("context.json").write_text(json.dumps({"idc": {"groups": {}}}))
    assert ask(policyc, ENDPOINT, "--context", "context.json", who="")[0] == 10


def test_a_core_network_is_asked_with_what_is_attached(imported: World, policyc: Run) -> None:
    assert ask(policyc, "core", "--from", "prod1", "--to", "dev2", who="")[0] == 10
    assert ask(policyc, CORE, "--from", "prod1", "--to", "10.1.0.9", who="")[0] in (0, 10)


def test_what_is_not_there_is_told(imported: World, policyc: Run) -> None:
    status, out = ask(policyc, "ordrs", *GET)
    assert status == 2 and "did you mean `orders`?" in out
    status, out = ask(policyc, "acme-photos", *GET)
    assert status == 2 and "which no request is sent to" in out
    status, _, err = policyc("simulate", "--pulled", "policies", "orders")
    assert status == 2 and "was not pulled" in err


@pytest.mark.parametrize("broken", ["[]", "{}", '{"format_version": 2}', "{", '{"format_version": 1, "resources": []}'])
def test_a_lock_file_of_somebody_else_is_refused(imported: World, policyc: Run, broken: str) -> None:
    Path("live/live.lock.json").write_text(broken)
    assert ask(policyc, "orders", *GET)[0] == 2
    assert policyc("aws", "drift", "policies", "--live", "live")[0] == 2
    assert policyc("aws", "pull", "-o", "live")[0] == 2
    assert policyc("check", "live", "--no-cache")[0] in (0, 1)
