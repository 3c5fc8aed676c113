"""Which document of the source is in which place on AWS: said twice, new beside others, gone from AWS, of another `Version`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.live.fake.core import ACCOUNT
from tests.live.fake.storage import function_arn
from tests.live.world import APP, CEDAR, ENDPOINT, GROUP, MESH, ORDERS, World, allow, document

Run = Callable[..., tuple[int, str, str]]
pytestmark = pytest.mark.usefixtures("hurry")
RESIZE = function_arn("resize")
KEY = "arn:aws:kms:us-west-2:111122223333:key"


def write(path: str, data: Any) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(data if isinstance(data, str) else json.dumps(data))


def told(found: tuple[int, str, str]) -> tuple[int, str]:
    return found[0], " ".join(found[1].split())


def versioned(version: str, resource: str) -> dict[str, Any]:
    return {**document(allow("A", None, "kms:Decrypt", resource)), "Version": version}


def test_a_pulled_folder_beside_the_policies_that_were_made_of_it(imported: World, policyc: Run) -> None:
    status, out = told(policyc("aws", "drift"))
    assert status == 0 and "the same for all requests" in out
    assert "note: twice in the source: " in out
    # the source says two things of the group, and which of them nobody knows
    other = CEDAR.replace("permit", "forbid")
    (group,) = Path("live").rglob(f"{GROUP}.cedar")
    group.write_text(other)
    for action in ("drift", "plan"):
        status, out = told(policyc("aws", action))
        assert status == 11 and f"the source has several texts of `arn:aws:ec2:us-west-2:{ACCOUNT}:verified-acc" in out
    assert "nothing to do" in out and "name the paths that are meant" in out
    assert told(policyc("aws", "drift", "policies"))[0] == 0


def test_a_text_that_several_places_have_is_not_twice_there(imported: World, policyc: Run) -> None:
    imported.ec2.policies[ENDPOINT] = dict(imported.ec2.policies[GROUP])
    assert policyc("aws", "pull", "-o", "live")[0] == 0
    assert told(policyc("aws", "drift", "live")) == (0, "the same for all requests")


def test_a_policy_that_somebody_took_from_a_role(there: World, policyc: Run) -> None:
    inline = there.iam.inline["app"]
    inline |= {"first": versioned("2012-10-17", f"{KEY}/a"), "second": versioned("2012-10-17", f"{KEY}/b")}
    managed = f"arn:aws:iam::{ACCOUNT}:policy/team/third"
    there.iam.managed[managed] = versioned("2012-10-17", f"{KEY}/c")
    there.iam.attached.setdefault("app", []).append(managed)
    assert policyc("aws", "pull", "-o", "live", "--target", "callers", "--caller", APP)[0] == 0
    kept = inline.pop("second")
    status, out = told(policyc("aws", "drift", "live"))
    assert status == 1 and f"where {KEY}/b" in out and f"{KEY}/c" not in out
    there.iam.attached["app"].remove(managed)
    status, out = told(policyc("aws", "plan", "live", "-o", "p.json"))
    assert status == 11 and f"`{managed}` is not attached there, and no policy is attached" in out
    assert "1 step 1." in out and f"{APP} (second)" in out
    assert policyc("aws", "apply", "p.json", "--yes")[0] == 0 and inline["second"] == kept
    assert policyc("aws", "rollback", "p.json.record", "--yes")[0] == 0 and "second" not in inline


def test_a_policy_that_the_source_alone_has(there: World, policyc: Run) -> None:
    held = dict(there.iam.inline["app"])
    write("more.json", versioned("2012-10-17", f"{KEY}/a"))
    write("invoke.json", held["invoke"])
    place = ("--map", f"more={APP}", "--map", f"invoke={APP}#invoke")
    # it may be `invoke`, under another name
    status, out = told(policyc("aws", "drift", "more.json", *place[:2]))
    assert status == 11 and f"give `--map more={APP}#POLICY` with one of these names, or a new one" in out
    assert told(policyc("aws", "drift", "more.json", "--map", f"more={APP}#more"))[0] == 1
    # it is not, where another document is
    assert told(policyc("aws", "plan", "more.json", "invoke.json", "-o", "p.json", *place))[0] == 1
    assert policyc("aws", "apply", "p.json", "--yes")[0] == 0
    assert set(there.iam.inline["app"]) == {*held, "more"}
    status, out = told(policyc("aws", "plan", "more.json", "--map", f"more={APP}#no name", "-o", "q.json"))
    assert status == 11 and "`no name` is no name of an inline policy" in out


def test_policies_of_one_role_with_different_versions(there: World, policyc: Run) -> None:
    variable = KEY + "/${aws:PrincipalTag/team}"
    there.iam.inline["app"] = {"a": versioned("2012-10-17", variable), "b": versioned("2008-10-17", f"{KEY}/b")}
    place = ("--map", f"a={APP}#a", "--map", f"b={APP}#b")
    write("a.json", versioned("2008-10-17", f"{KEY}/b"))
    write("b.json", versioned("2012-10-17", variable))
    status, out = told(policyc("aws", "drift", "a.json", "b.json", *place))
    assert status == 0 and "together they allow the same" in out
    # in the older version `${` is a letter like any other
    write("b.json", versioned("2008-10-17", variable))
    status, out = told(policyc("aws", "drift", "a.json", "b.json", *place))
    assert status == 1 and "newly allowed" in out and "newly denied" in out
    there.iam.inline["app"]["a"] = versioned("2012-10-17", variable.replace("${", "${$}{"))
    assert told(policyc("aws", "drift", "a.json", "b.json", *place))[0] == 0


ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}]}
OPEN = document(allow("Open", "*"))
STACK: dict[str, Any] = {
    "Role": ("AWS::IAM::Role", {"RoleName": "app", "AssumeRolePolicyDocument": {}, "Policies": [{"PolicyName": "invoke", "PolicyDocument": ALLOW}]}),
    "Beside": ("AWS::IAM::RolePolicy", {"RoleName": {"Ref": "Role"}, "PolicyName": "fresh", "PolicyDocument": ALLOW}),
    "Written": ("AWS::IAM::Policy", {"Roles": ["app"], "PolicyName": "other", "PolicyDocument": ALLOW}),
    "Bucket": ("AWS::S3::BucketPolicy", {"Bucket": "acme-photos", "PolicyDocument": document(allow("B", {"AWS": APP}, "s3:*", "arn:aws:s3:::acme-photos/*"))}),
    "Service": ("AWS::VpcLattice::Service", {"Name": "orders", "AuthType": "AWS_IAM"}),
    "Auth": ("AWS::VpcLattice::AuthPolicy", {"ResourceIdentifier": {"Ref": "Service"}, "Policy": OPEN}),
    "Mesh": ("AWS::VpcLattice::AuthPolicy", {"ResourceIdentifier": "sn-0123456789abcdef0", "Policy": OPEN}),
    "Call": ("AWS::Lambda::Permission", {"FunctionName": RESIZE, "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}),
}  # fmt: skip
MODULE = f"""
resource "aws_iam_role_policy" "fresh" {{
  name   = "fresh"
  role   = "app"
  policy = jsonencode({json.dumps(ALLOW)})
}}
resource "aws_iam_role" "named" {{
  name               = "app"
  assume_role_policy = jsonencode({json.dumps(OPEN)})
}}
resource "aws_iam_role_policy" "other" {{
  name   = "other"
  role   = aws_iam_role.named.id
  policy = jsonencode({json.dumps(ALLOW)})
}}
resource "aws_vpclattice_auth_policy" "mesh" {{
  resource_identifier = "sn-0123456789abcdef0"
  policy              = jsonencode({json.dumps(OPEN)})
}}
resource "aws_s3_bucket_policy" "photos" {{
  bucket = "acme-photos"
  policy = jsonencode({json.dumps(STACK["Bucket"][1]["PolicyDocument"])})
}}
"""


def test_a_template_and_a_module_name_what_their_documents_are_on(there: World, policyc: Run) -> None:
    stack = {name: {"Type": type, "Properties": held} for name, (type, held) in STACK.items()}
    write("stack.json", {"AWSTemplateFormatVersion": "2010-09-09", "Resources": stack})
    write("module/main.tf", MODULE)
    there.buckets.policies["orders"] = json.dumps(OPEN)  # what is called as the service is
    status, out = told(policyc("aws", "plan", "stack.json", "-o", "p.json"))
    assert status == 11 and "because `Call` (allow) is new" in out and "not compared" not in out
    assert "left out: stack.json:1 Role: it is no policy that a service takes: the policy has no `Statement`" in out
    steps = [(step["kind"], step["resource"], step["name"]) for step in json.loads(Path("p.json").read_text())["steps"]]
    assert sorted(steps) == [
        ("bucket policy", "arn:aws:s3:::acme-photos", ""),
        ("function policy", RESIZE, ""),
        ("inline role policy", APP, "fresh"),
        ("inline role policy", APP, "invoke"),
        ("inline role policy", APP, "other"),
        ("lattice auth policy", ORDERS, ""),
        ("lattice auth policy", MESH, ""),
    ]
    assert policyc("aws", "apply", "p.json", "--yes")[0] == 0
    assert "nothing to do left out:" in told(policyc("aws", "plan", "stack.json"))[1]
    status, out = told(policyc("aws", "drift", "module", "--format", "json"))
    states = {one["name"].split()[-1]: one["state"] for one in json.loads(out)["documents"]}
    assert states.pop("aws_iam_role.named") == "not settled", out
    assert set(states.values()) == {"same"} and len(states) == 4
