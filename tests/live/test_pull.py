"""`policyc aws pull`: what is on AWS becomes a folder on which everything works without a connection."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from policyc.cli.folder_lock import locked
from policyc.workspace.documents.pulled import networks_of, read_lock
from tests.live.fake.core import ACCOUNT, Fault, Killed
from tests.live.world import (
    APP,
    CORE,
    ENDPOINT,
    GROUP,
    MESH,
    NETWORK,
    ORDERS,
    SERVICE,
    World,
    allow,
    text,
    vpc_attachment,
)

Run = Callable[..., tuple[int, str, str]]
HOME = f"live/{ACCOUNT}"


def lock(folder: str = "live") -> dict:  # type: ignore[type-arg]
    return json.loads(Path(folder, "live.lock.json").read_text())


def test_what_is_there_is_written(there: World, policyc: Run) -> None:
    status, out, err = policyc("aws", "pull", "-o", "live")
    assert (status, err) == (0, "")
    assert "not readable" not in out
    kinds = {path: entry["kind"] for path, entry in lock()["documents"].items()}
    assert kinds[f"{ACCOUNT}/lattice/us-west-2/orders.{SERVICE}.json"] == "auth-policy"
    assert kinds[f"{ACCOUNT}/verified_access/us-west-2/{GROUP}.cedar"] == "cedar"
    assert kinds[f"{ACCOUNT}/cloudwan/{CORE}/core.json"] == "core-network"
    assert kinds[f"{ACCOUNT}/iam/roles/app/boundary.json"] == "boundary"
    assert sorted(kinds.values()).count("scp") == 3
    assert {entry["kind"] for entry in lock()["documents"].values()} >= {
        "object-lambda",
        "access-point",
        "bucket",
        "function",
        "trust",
    }
    for path in kinds:
        assert Path("live", path).is_file()


def test_every_answer_is_of_the_shape_that_boto3_knows_and_every_call_is_listed(there: World, policyc: Run) -> None:
    from policyc.aws.calls import CALLS

    policyc("aws", "pull", "-o", "live")
    made = {(client, method) for client, method, _ in there.aws.log}
    assert made <= set(CALLS)
    assert not any(CALLS[call].writes for call in made)


def test_facts_say_what_the_lists_do_not(there: World, policyc: Run) -> None:
    there.lattice.services[SERVICE]["authType"] = "NONE"
    policyc("aws", "pull", "-o", "live")
    held = lock()["resources"]
    assert held[ORDERS]["facts"]["auth"] == "none"
    assert held[ORDERS]["facts"]["protocol"] == "https"
    assert held[MESH]["facts"]["services"][0]["serviceArn"] == ORDERS
    endpoint = next(item for item in held.values() if item["facts"].get("id") == ENDPOINT)
    assert endpoint["facts"]["enabled"] is False
    assert endpoint["facts"]["trust"] == {"idc": "iam_identity_center", "okta": "oidc"}
    assert held[APP]["facts"]["boundary"] == f"arn:aws:iam::{ACCOUNT}:policy/limits"


def test_no_secret_is_written_or_printed(there: World, policyc: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    there.aws.faults = [Fault("kill", client="organizations")]
    with pytest.raises(Killed):
        policyc("aws", "pull", "-o", "live")
    texts = [path.read_text() for path in Path("live").rglob("*") if path.is_file()]
    assert any("resize" in item for item in texts), "the journal has the function"
    there.aws.faults = []
    _, out, err = policyc("aws", "pull", "-o", "live", "--format", "json")
    texts += [path.read_text() for path in Path("live").rglob("*") if path.is_file()]
    assert not any("TOP-SECRET" in item for item in [*texts, out, err])


def test_lists_are_read_to_their_end(there: World, policyc: Run) -> None:
    there.lattice.size = there.ec2.size = there.wan.size = 7
    for number in range(40):
        there.lattice.add_service(f"svc-{number:017x}", f"shop{number}", policy=text(allow("A", "*")))
        there.wan.networks[CORE].attachments.append(vpc_attachment(number + 10, "us-east-1", "prod"))
    there.ec2.vpcs += [
        {"VpcId": f"vpc-{number + 10:017x}", "CidrBlock": f"10.{number + 10}.0.0/16"} for number in range(40)
    ]
    policyc("aws", "pull", "-o", "live")
    assert sum(item["type"] == "lattice.service" for item in lock()["resources"].values()) == 41
    attached = json.loads(Path(HOME, "cloudwan", CORE, "attachments.json").read_text())
    assert len(attached["Attachments"]) == 42
    assert len(json.loads(Path(HOME, "cloudwan", CORE, "prefixes.json").read_text())["attachments"]) == 42


def test_what_may_not_be_read_is_told_per_call_and_is_not_absent(there: World, policyc: Run) -> None:
    there.aws.denied = {"get_auth_policy", "list_policies_for_target", "get_bucket_policy"}
    status, out, err = policyc("aws", "pull", "-o", "live")
    assert status == 11 and "`--allow-unreadable` ends with 0" in err
    assert policyc("aws", "pull", "-o", "live", "--allow-unreadable")[0] == 0
    assert "vpc-lattice:GetAuthPolicy, 2 times: not allowed (AccessDeniedException)" in out
    held = lock()["resources"]
    assert held[ORDERS]["unread"] == {"service-policy": "not allowed (AccessDeniedException)"}
    assert held["arn:aws:s3:::acme-photos"]["unread"] == {"bucket-policy": "not allowed (AccessDeniedException)"}
    assert set(held[f"account:{ACCOUNT}"]["unread"]) == {"scp", "rcp"}
    assert {one["about"] for one in lock()["unread"] if one["action"] == "vpc-lattice:GetAuthPolicy"} == {ORDERS, MESH}


def test_an_account_without_an_organization_has_no_control_policies(there: World, policyc: Run) -> None:
    there.organizations.there = False
    _, out, _ = policyc("aws", "pull", "-o", "live")
    assert "not readable" not in out
    assert lock()["resources"][f"account:{ACCOUNT}"]["unread"] == {}


@pytest.mark.parametrize("at", [5, 33, 60])
def test_an_interrupted_pull_goes_on_where_it_stopped(there: World, policyc: Run, at: int) -> None:
    policyc("aws", "pull", "-o", "whole")
    whole = len(there.aws.log)
    there.aws.log.clear()
    there.aws.faults = [Fault("kill", at=at)]
    with pytest.raises(Killed):
        policyc("aws", "pull", "-o", "live")
    assert not Path("live/live.lock.json").exists()
    there.aws.faults = []
    status, out, _ = policyc("aws", "pull", "-o", "live", "--resume")
    assert status == 0 and "kept from the run before" in out
    # the one that asks who we are is made again, and those that were under way may be
    assert len(there.aws.log) <= whole + 10
    one, two = lock("whole"), lock("live")
    for part in ("documents", "resources", "unread"):
        assert one[part] == two[part]
    assert not list(Path("live").glob(".pull*"))


def test_throttling_that_lasts_is_not_kept_as_an_answer(there: World, policyc: Run) -> None:
    there.aws.faults = [Fault("throttle", method="get_auth_policy"), Fault("kill", client="organizations")]
    with pytest.raises(Killed):
        policyc("aws", "pull", "-o", "live")
    there.aws.faults = []
    _, out, _ = policyc("aws", "pull", "-o", "live", "--resume")
    assert "not readable" not in out
    assert lock()["resources"][ORDERS]["unread"] == {}


def test_a_second_pull_takes_away_what_is_gone_and_touches_nothing_else(there: World, policyc: Run) -> None:
    policyc("aws", "pull", "-o", "live")
    path = Path(HOME, "lattice/us-west-2", f"orders.{SERVICE}.json")
    Path("live/notes.txt").write_text("mine")
    del there.lattice.services[SERVICE]
    assert path.is_file()
    policyc("aws", "pull", "-o", "live")
    assert not path.exists()
    assert Path("live/notes.txt").read_text() == "mine"


def test_a_folder_of_somebody_else_is_left_alone(there: World, policyc: Run) -> None:
    Path("live").mkdir()
    Path("live/mine.json").write_text("{}")
    status, _, err = policyc("aws", "pull", "-o", "live")
    assert status == 2 and "holds files that were not pulled" in err
    assert [path.name for path in Path("live").iterdir()] == ["mine.json"]


def test_one_pull_at_a_time_into_a_folder(there: World, policyc: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policyc.cli.folder_lock.PATIENCE", 0.0)
    Path("live").mkdir()
    with locked(Path("live")) as held:
        status, _, err = policyc("aws", "pull", "-o", "live")
    assert held and status == 2 and "somebody pulls into `live`" in err and not list(Path("live").iterdir())
    assert policyc("aws", "pull", "-o", "live")[0] == 0


def test_two_accounts_and_two_regions(there: World, policyc: Run) -> None:
    roles = ("arn:aws:iam::111122223333:role/reader", "arn:aws:iam::444455556666:role/reader")
    words = [word for role in roles for word in ("--role-arn", role)]
    there.organizations.parents["444455556666"] = "r-ab12"
    # the bucket behind the access point is the other account's
    there.control.points["photos-ap"]["BucketAccountId"] = there.buckets.owners["acme-photos"] = "444455556666"
    read, askers = there.buckets.get_bucket_policy, set[str]()
    there.buckets.get_bucket_policy = lambda **of: askers.add(there.aws.asking.account) or read(**of)  # type: ignore[method-assign,func-returns-value]
    status, out, _ = policyc("aws", "pull", "-o", "live", *words, "--region", "us-west-2", "--region", "eu-west-1")
    assert status == 0
    assert [(item["account"], item["regions"]) for item in lock()["accounts"]] == [
        ("111122223333", ["us-west-2", "eu-west-1"]),
        ("444455556666", ["us-west-2", "eu-west-1"]),
    ]
    assert out.count("account ") >= 2
    assert askers == {"444455556666"}
    assert [path for path in lock()["documents"] if path.endswith(".bucket.json")] == [
        f"{HOME}/object_lambda/us-west-2/acme-photos.bucket.json".removeprefix("live/")
    ]


def test_without_credentials_nothing_is_written(policyc: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    status, out, err = policyc("aws", "pull", "-o", "live")
    assert (status, out) == (2, "")
    assert "AWS does not say who asks" in err and not Path("live").exists()


def test_without_boto3_the_command_says_what_to_install(policyc: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "boto3", None)
    status, _, err = policyc("aws", "pull", "-o", "live")
    assert status == 2 and "pip install 'policyc[aws]'" in err


@pytest.mark.parametrize("words", [("--caller", "x"), ("--target", "lattice", "--account", "1")])
def test_an_option_of_another_action_is_refused(policyc: Run, words: tuple[str, ...]) -> None:
    action = "permissions" if words[0] == "--caller" else "pull"
    status, _, err = policyc("aws", action, *words)
    assert status == 2 and f"means nothing to `aws {action}`" in err


@pytest.mark.parametrize("purpose", ["pull", "drift", "plan", "apply", "validate"])
def test_the_printed_permissions_are_checked_by_policyc(policyc: Run, purpose: str) -> None:
    for target in ("", "lattice", "verified_access", "cloudwan", "object_lambda", "callers", "organization"):
        words = ["--target", target] if target else []
        status, out, _ = policyc("aws", "permissions", purpose, *words, "--account", ACCOUNT, "--region", "us-west-2")
        assert status == 0
        Path("least.json").write_text(out)
        _, found, _ = policyc("check", "--as", "identity", "least.json", "--no-cache")
        assert "error[" not in found and "warning[" not in found, found


def test_every_other_command_works_on_the_folder(there: World, policyc: Run) -> None:
    policyc("aws", "pull", "-o", "live")
    there.aws.denied = {"get_caller_identity"}
    made = len(there.aws.log)
    assert policyc("check", "live", "--no-cache")[0] == 0
    status, out, _ = policyc("list", "live")
    assert status == 0 and out.count(" scp ") == 3 and ORDERS in out
    assert policyc("diff", "live", "live")[0] == 0
    assert policyc("import", "live", "-o", "policies")[0] == 0
    assert policyc("check", "policies", "--no-cache")[0] in (0, 1)
    core = f"{HOME}/cloudwan/{CORE}"
    files = ["--attachments", f"{core}/attachments.json", "--attachments", f"{core}/prefixes.json"]
    status, out, _ = policyc("simulate", f"{core}/core.json", *files, "--from", "prod1", "--to", "dev2")
    assert status == 10 and "blocked" in out
    assert policyc("routes", f"{core}/core.json", *files)[0] == 0
    lattice = f"{HOME}/lattice/us-west-2"
    documents = [
        "--service-policy",
        f"{lattice}/orders.{SERVICE}.json",
        "--network-policy",
        f"{lattice}/mesh.{NETWORK}.json",
    ]
    documents += ["--identity", f"{HOME}/iam/roles/app/inline-invoke.json", "--service-arn", ORDERS]
    who = ["--who", APP, "--can", "GET", "--path", "/x", "--set", "aws:PrincipalOrgID=o-a1b2c3d4e5"]
    assert policyc("simulate", *documents, *who)[0] == 0
    assert len(there.aws.log) == made


def test_the_network_is_the_one_of_the_service(there: World, policyc: Run) -> None:
    policyc("aws", "pull", "-o", "live")
    assert lock()["resources"][MESH]["policies"] == {
        "network-policy": f"{ACCOUNT}/lattice/us-west-2/mesh.{NETWORK}.json"
    }
    for status, networks in (("ACTIVE", [MESH]), ("CREATE_FAILED", [])):
        there.lattice.links[0] = {
            "serviceId": SERVICE,
            "serviceNetworkId": NETWORK,
            "serviceNetworkArn": MESH,
            "status": status,
        }
        policyc("aws", "pull", "-o", "live")
        held = read_lock(Path("live"))
        assert held is not None and networks_of(held, ORDERS) == networks


def test_what_is_imported_stands_behind_the_network_that_it_is_in(there: World, policyc: Run) -> None:
    policyc("aws", "pull", "-o", "live")
    _, _, err = policyc("import", "live", "-o", "policies")
    assert "boundaries and control policies (4) stand by themselves" in " ".join(err.split())
    name = f"orders_{SERVICE.replace('-', '_')}_service"
    asked = ("simulate", name, "--in", "policies", "--who", "app", "--can", "GET", "--path", "/x")
    # the service lets `app` in, and the network members of the organization alone
    status, out, _ = policyc(*asked)
    assert status == 10 and out.startswith("deny by default at network mesh")
    assert policyc(*asked, "--set", "aws.PrincipalOrgID=o-a1b2c3d4e5")[0] == 0
    # a network that asks a policy, and has none, refuses everybody
    held = there.lattice.policies.pop(NETWORK)
    policyc("aws", "pull", "-o", "live")
    _, _, err = policyc("import", "live", "-o", "alone")
    assert f"is in `{MESH}`, which has no policy that was pulled" in " ".join(err.split())
    there.lattice.policies[NETWORK] = held
    # through one of two networks, and nobody tells which
    there.lattice.add_network("sn-0123456789abcdef1", "other", policy=text(allow("All", "*")))
    there.lattice.links.append(
        {**there.lattice.links[0], "serviceNetworkId": "sn-0123456789abcdef1", "serviceNetworkArn": MESH[:-1] + "1"}
    )
    policyc("aws", "pull", "-o", "live")
    _, _, err = policyc("import", "live", "-o", "policies", "--force")
    assert f"the service of `live/{ACCOUNT}/lattice/us-west-2/orders.{SERVICE}.json` is in 2 networks" in " ".join(
        err.split()
    )
    assert policyc(*asked)[0] == 0
