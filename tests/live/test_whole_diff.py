"""What was pulled is compared, proven and told as a whole: a request to a service meets its network, the caller's own policies, the boundary and the control policies.

Expectations derive from the Lattice reference, sections 1 and 5, and the IAM evaluation reference, section 10.2.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.live.fake.core import ACCOUNT
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
    # a caller whose own policies nobody knows
    edited("service-policy", document(allow("All", "*")))
    Path("org.policy").write_text(
        f'prove "o" {{ every request to orders who role("{ACCOUNT}", "other") can raw("vpc-lattice-svcs:Invoke") where aws.PrincipalOrgID == "o-a1b2c3d4e5" is allow }}'
    )
    status, out, _ = policyc("prove", "--guarantees", "org.policy", "new")
    assert status == 11 and "no identity policy of" in out
