"""What was pulled is compared, proven and told as a whole: a request to a service meets its network, the caller's own policies, the boundary and the control policies.

Expectations derive from the Lattice reference, sections 1 and 5, the IAM evaluation reference, section 10.2, and the Object Lambda reference, sections 2 and 8.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.live.fake.core import ACCOUNT
from tests.live.fake.storage import olap_arn, point_arn
from tests.live.world import APP, CEDAR, World, allow, document

Run = Callable[..., tuple[int, str, str]]
ORG = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
RESIZE = f"arn:aws:iam::{ACCOUNT}:role/resize"
INVOKE = allow("Invoke", None, "vpc-lattice-svcs:Invoke")
#: role of a document in the lock file -> what becomes of it, and what becomes of requests to the service
CHANGES: list[tuple[str, Any, list[str]]] = [
    # the network still asks for the organization
    ("service-policy", document(allow("App", "*")), ["newly allowed"]),
    # a role whose own policy allows no such request
    ("service-policy", document(allow("App", {"AWS": APP}), allow("Resize", {"AWS": RESIZE})), []),
    # what the boundary or the organization withholds
    ("boundary", document(allow("S3", None, "s3:*")), ["newly denied"]),
    ("scp", document(allow("S3", None, "s3:*")), ["newly denied"]),
    ("boundary", document(allow("All", None, "*"), INVOKE), []),
    # the service names one role
    ("network-policy", document(allow("Members", "*")), ["newly allowed"]),
    ("identity", document(allow("Read", None, "s3:GetObject")), ["newly denied"]),
]


def edited(role: str, text: Any) -> None:
    """The pulled folder with another text in place of the documents of a role, as `new`."""
    shutil.copytree("live", "new")
    lock = json.loads(Path("live/live.lock.json").read_text())
    held = [name for name, item in lock["documents"].items() if item["role"] == role and item["resource"] != RESIZE]
    assert held
    for name in held:
        Path("new", name).write_text(text if isinstance(text, str) else json.dumps(text))


READ, OBJECT = "s3-object-lambda:GetObject", point_arn("photos-ap") + "/object/*"
STRANGER = {"AWS": "arn:aws:iam::444455556666:role/other"}
VIA = {"ForAnyValue:StringEquals": {"aws:CalledVia": "s3-object-lambda.amazonaws.com"}}
#: role of a document of the chain, what becomes of it and of requests through the chain, and the hop that makes it so
CHAIN: list[tuple[str, Any, list[str], str]] = [
    # the function refuses the other account's role, whatever stands in front
    ("object-lambda-policy", document(allow("R", STRANGER, READ, olap_arn("resized"))), [], ""),
    # its own policies let the role in, inside of the account
    ("function-policy", document(), [], ""),
    ("access-point-policy", document(allow("R", {"AWS": APP}, "s3:GetObject", OBJECT, Condition=VIA) | {"Effect": "Deny"}), ["newly denied"], "supporting access point `photos-ap`"),
    ("bucket-policy", document(allow("No", "*", "s3:GetObject", "arn:aws:s3:::acme-photos/b/*") | {"Effect": "Deny"}, allow("D", "*", "s3:*", "arn:aws:s3:::acme-photos/*")), ["newly denied"], "bucket `acme-photos`"),
    ("identity", document(allow("Read", None, "s3-object-lambda:*"), allow("No", None, "s3:GetObject") | {"Effect": "Deny"}), ["newly denied"], "supporting access point `photos-ap`"),
    ("boundary", document(allow("All", None, "*"), allow("No", None, "lambda:*") | {"Effect": "Deny"}), ["newly denied"], "function `resize`"),
    ("scp", document(allow("L", None, "vpc-lattice-svcs:*")), ["newly denied"], "object lambda access point `resized`"),
]  # fmt: skip


@pytest.mark.parametrize(("role", "text", "changes", "hop"), CHAIN)
def test_a_chain_is_compared_through_every_hop(
    imported: World, policyc: Run, role: str, text: Any, changes: list[str], hop: str
) -> None:
    edited(role, text)
    found = {
        item["name"]: item for item in json.loads(policyc("diff", "live", "new", "--format", "json")[1])["documents"]
    }
    assert [entry["change"] for entry in found["resized"]["changes"]] == changes
    assert not found["resized"]["open"]
    assert all(f"at the {hop}: " in entry["because"][0] for entry in found["resized"]["changes"])


def test_the_execution_role_is_a_hop_and_what_hangs_on_keys_behind_the_first_is_named(
    imported: World, policyc: Run
) -> None:
    shutil.copytree("live", "new")
    for name, item in json.loads(Path("live/live.lock.json").read_text())["documents"].items():
        if item["role"] == "identity" and item["resource"] == RESIZE:
            Path("new", name).write_text(json.dumps(document(allow("Write", None, "s3:GetObject"))))
    found = {
        item["name"]: item for item in json.loads(policyc("diff", "live", "new", "--format", "json")[1])["documents"]
    }
    assert "at the execution role `" in found["resized"]["changes"][0]["because"][0]
    shutil.rmtree("new")
    deny = allow("No", None, "s3:GetObject", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})
    edited("identity", document(allow("All", None, "*"), deny | {"Effect": "Deny"}))
    status, out, _ = policyc("diff", "live", "new")
    assert status == 1
    assert "left open at the supporting access point\n      `photos-ap`: depends on `aws:SourceIp`" in out


@pytest.mark.parametrize(("role", "text", "changes"), CHANGES)
def test_a_service_is_compared_with_all_that_its_requests_meet(
    imported: World, policyc: Run, role: str, text: Any, changes: list[str]
) -> None:
    edited(role, text)
    status, out, err = policyc("diff", "live", "new", "--format", "json")
    assert not err
    found = {item["name"]: item for item in json.loads(out)["documents"]}
    assert [entry["change"] for entry in found["orders"]["changes"]] == changes
    assert not found["orders"]["open"]
    if role.endswith("-policy"):
        assert status == (1 if changes else 0), "the gates are told once"
        assert policyc("diff", "live", "new", "--document")[0] == 1
    if text == document(allow("App", "*")):
        (entry,) = found["orders"]["changes"]
        told = {row["part"]: row["value"] for row in entry["witness"]}
        assert told["aws:PrincipalOrgID"] == "o-a1b2c3d4e5"


def test_an_endpoint_is_compared_with_its_group(imported: World, policyc: Run) -> None:
    edited("group-policy", CEDAR.replace("};", '|| context.idc.user.email.address == "a@b.c" };'))
    status, out, _ = policyc("diff", "live", "new", "--format", "json")
    (found,) = (item for item in json.loads(out)["documents"] if item["state"] != "same")
    assert (status, found["name"], found["kind"]) == (1, "payroll.example.com", "verified_access.endpoint")
    assert [entry["change"] for entry in found["changes"]] == ["newly allowed"]


def test_who_and_prove_go_the_whole_way(imported: World, policyc: Run) -> None:
    status, out, _ = policyc("who", "live", "--format", "json")
    found = {item["on"]: item for item in json.loads(out)["resources"]}
    assert status == 0 and "payroll.example.com" in found
    (may,) = found["orders"]["classes"]
    assert found["orders"]["complete"] and may["who"] == [APP] and not may["needs"]
    Path("org.policy").write_text(
        """prove "members" { every request to orders where aws.PrincipalOrgID != "o-a1b2c3d4e5" is deny }
prove "everybody" { every request to orders is deny }
prove "app" { every request to orders who app can raw("vpc-lattice-svcs:Invoke") where aws.PrincipalOrgID == "o-a1b2c3d4e5" is allow }
prove "resize" { every request to orders who resize can raw("vpc-lattice-svcs:Invoke") where aws.PrincipalOrgID == "o-a1b2c3d4e5" is allow }
"""
        + "".join(f'principal {name} = role("{ACCOUNT}", "{name}")\n' for name in ("app", "resize", "other"))
    )
    words = ("prove", "--guarantees", "org.policy", "live", "--format", "json")
    proofs = {item["label"]: item["state"] for item in json.loads(policyc(*words)[1])["proofs"]}
    assert proofs == {"members": "holds", "everybody": "broken", "app": "holds", "resize": "broken"}
    Path("org.policy").write_text(
        f'''principal app = role("{ACCOUNT}", "app")
prove "app" {{ every request to resized who app can GetObject is allow }}
prove "nobody puts" {{ no request to resized who app can PutObject is allowed }}
prove "strangers" {{ every request to resized who role("444455556666", "other") is deny }}
'''
    )
    proofs = {item["label"]: item["state"] for item in json.loads(policyc(*words)[1])["proofs"]}
    assert proofs == {"app": "holds", "nobody puts": "holds", "strangers": "holds"}
    status, out, err = policyc("who", "live", "--can", READ, "--format", "json")
    (reach,) = (item for item in json.loads(out)["resources"] if item["on"] == "resized")
    assert status == 0 and reach["complete"] and reach["classes"][0]["who"] == [APP]
    assert "nothing is told of `payroll.example.com`: its requests have no principal and no action" in err
    # a caller whose own policies nobody knows
    edited("service-policy", document(allow("All", "*")))
    Path("org.policy").write_text(
        f'prove "o" {{ every request to orders who role("{ACCOUNT}", "other") can raw("vpc-lattice-svcs:Invoke") where aws.PrincipalOrgID == "o-a1b2c3d4e5" is allow }}'
    )
    status, out, _ = policyc("prove", "--guarantees", "org.policy", "new")
    assert status == 11 and "no identity policy of" in out


@pytest.mark.parametrize(
    ("denied", "told"),
    [
        ("list_services", "orders.svc-0123456789abcdef0.json (auth-policy) not settled: whether it is on both sides is not known (vpc-lattice:ListServices"),
        ("get_auth_policy", "orders.svc-0123456789abcdef0.json (auth-policy) not settled: whether it is on both sides is not known (not allowed"),
        ("get_role_policy", f"orders (lattice.service) not settled: what bears on `{APP}` and 1 other could be read on one side alone"),
        ("get_role_policy", "resized (object_lambda.access_point) not settled: what bears on"),
        ("list_policies_for_target", f"orders (lattice.service) not settled: what bears on `account:{ACCOUNT}` could be read"),
        ("get_verified_access_group_policy", "vagr-0123456789abcdef0.cedar (cedar) not settled: whether it is"),
    ],
)  # fmt: skip
def test_what_one_pull_could_not_read_is_no_change(there: World, policyc: Run, denied: str, told: str) -> None:
    policyc("aws", "pull", "-o", "old")
    there.aws.denied = {denied}
    policyc("aws", "pull", "-o", "new")
    for sides in (("old", "new"), ("new", "old")):
        status, out, _ = policyc("diff", *sides)
        assert status == 11 and told in " ".join(out.split()), out
        assert "newly" not in out and "no longer" not in out


def test_a_role_that_nobody_names_any_more_was_not_pulled(there: World, policyc: Run) -> None:
    policyc("aws", "pull", "-o", "old")
    there.control.policies["olap:resized"] = there.control.policies["ap:photos-ap"] = ""
    there.lattice.put_auth_policy("svc-0123456789abcdef0", json.dumps(document(allow("All", "*"))))
    there.functions.policies = {}
    policyc("aws", "pull", "-o", "new")
    status, out, _ = policyc("diff", "old", "new")
    assert status == 1 and "(a pull reads what other documents lead to)" in " ".join(out.split()), out
    assert "app/inline-invoke.json (identity, removed)" not in out
    there.aws.denied = {"list_services"}
    policyc("aws", "pull", "-o", "new")
    _, _, err = policyc("simulate", "--pulled", "new", "orders", "--who", APP, "--can", "GET", "--path", "/")
    assert "not everything could be listed (vpc-lattice:ListServices: not allowed" in " ".join(err.split())
