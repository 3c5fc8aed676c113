"""`policyc aws drift`: what was written against what is there, in meaning. Every source here is what `import` made of a pull, so that it is the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.live.fake.core import ACCOUNT
from tests.live.test_history import Events
from tests.live.world import (
    APP,
    CEDAR,
    CORE,
    GROUP,
    MESH,
    NETWORK_POLICY,
    ORDERS,
    SERVICE,
    World,
    allow,
    document,
    text,
)

Run = Callable[..., tuple[int, str, str]]
FAR = "444455556666"
READ = f"arn:aws:iam::{ACCOUNT}:policy/read"


@pytest.fixture
def source(imported: World, policyc: Run) -> Run:
    """A project with everything that is there, and `drift` of it."""

    def drift(*words: str) -> tuple[int, str, str]:
        return policyc("aws", "drift", "policies", *words)

    return drift


def differing(out: str) -> dict[str, dict[str, Any]]:
    return {
        item["name"]: item
        for item in json.loads(out)["documents"]
        if item["changes"] or item["sentences"] or item["open"]
    }


def test_what_was_imported_is_the_same(source: Run) -> None:
    status, out, err = source()
    assert (status, err) == (0, ""), out
    assert out.startswith("the same for all requests")


def test_roles_whose_policies_are_called_alike_and_say_the_same(there: World, policyc: Run) -> None:
    """Two roles with one trust policy and an inline policy of one name, a network whose tag is no name of the language: every source finds what it is about."""
    other = f"arn:aws:iam::{ACCOUNT}:role/other"
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    there.iam.add_role("other", document(trust))
    there.iam.inline["other"] = {"invoke": document(allow("I", None, "vpc-lattice-svcs:Invoke"))}
    there.iam.attached = {"app": [READ], "other": [READ]}
    there.iam.managed[READ] = document(allow("Read", None, "s3:GetObject"))
    there.lattice.put_auth_policy(SERVICE, text(allow("App", {"AWS": [APP, other]})))
    there.wan.networks[CORE].tags = [{"Key": "Name", "Value": "Acme core (prod)"}]
    policyc("aws", "pull", "-o", "live")
    assert policyc("import", "live", "-o", "policies")[0] == 0
    assert policyc("build", "policies", "-o", "out")[0] == 0
    for source in ("policies", "out"):
        assert policyc("diff", "live", source)[:2] == (0, "the same for all requests\n")
        assert policyc("aws", "drift", source)[:2] == (0, "the same for all requests\n")
    there.iam.inline["resize"] |= {"invoke": there.iam.inline["other"].pop("invoke")}
    policyc("aws", "pull", "-o", "later")
    status, out, _ = policyc("diff", "live", "later", "--document")
    told = f"it is attached to arn:aws:iam::{ACCOUNT}:role/resize in place of {other}"
    assert status == 1 and told in " ".join(out.split())


def test_a_pulled_folder_serves_without_a_connection(there: World, source: Run) -> None:
    assert source("--live", "live")[0] == 0
    assert there.aws.log == []


def test_only_what_the_source_is_about_is_read(there: World, imported: World, policyc: Run) -> None:
    for number in range(30):
        there.lattice.add_service(f"svc-{number:017x}", f"shop{number}", policy=text(allow("A", "*")))
    policyc("aws", "drift", "policies/lattice")
    assert len(there.aws.calls("get_auth_policy")) == 2
    assert not there.aws.calls("list_access_points_for_object_lambda", "describe_organization")


def test_a_policy_that_lets_more_in_is_told_as_a_class_with_a_witness(there: World, source: Run) -> None:
    other = f"arn:aws:iam::{ACCOUNT}:role/other"
    there.lattice.put_auth_policy(SERVICE, text(allow("App", {"AWS": APP}), allow("Other", {"AWS": other})))
    status, out, _ = source("--format", "json")
    assert status == 1
    (change,) = next(iter(differing(out).values()))["changes"]
    assert (change["change"], change["statement"], change["who"]) == ("newly allowed", "Other", [other])
    assert change["witness"][0]["part"] == "who" and "/other" in change["witness"][0]["value"]


@pytest.mark.parametrize(
    "rewritten",
    [
        json.dumps(
            {
                "Statement": [
                    {
                        "Resource": ["*"],
                        "Principal": {"AWS": [APP]},
                        "Action": ["vpc-lattice-svcs:Invoke"],
                        "Effect": "Allow",
                        "Sid": "App",
                    }
                ],
                "Version": "2012-10-17",
            }
        ),
        text(allow("Renamed", {"AWS": APP})),
        text(allow("App", {"AWS": APP}), allow("Again", {"AWS": APP})),
    ],
)
def test_what_a_service_rewrites_is_no_drift(there: World, source: Run, rewritten: str) -> None:
    there.lattice.policies[SERVICE]["policy"] = rewritten
    assert source()[0] == 0


def test_cedar_that_is_laid_out_in_another_way_is_no_drift(there: World, source: Run) -> None:
    there.ec2._hold(GROUP, CEDAR.replace("\n", "  ").strip())
    assert source()[0] == 0


def test_the_auth_type_and_the_flag_count_as_much_as_the_text(there: World, source: Run) -> None:
    there.lattice.services[SERVICE]["authType"] = "NONE"
    there.ec2.policies[GROUP]["PolicyEnabled"] = False
    status, out, _ = source("--format", "json")
    assert status == 1
    sentences = [one for item in differing(out).values() for one in item["sentences"]]
    assert "the auth type is `NONE` on AWS and `AWS_IAM` in the source: every caller is let in here" in sentences
    assert "the policy is not enabled on AWS (`PolicyEnabled` is false)" in sentences


def test_a_core_network_is_compared_by_where_attachments_go(there: World, source: Run) -> None:
    changed = json.loads(json.dumps(NETWORK_POLICY))
    changed["segment-actions"] = [
        {"action": "share", "mode": "attachment-route", "segment": "prod", "share-with": ["dev"]}
    ]
    there.wan.networks[CORE].versions[0].text = json.dumps(changed)
    status, out, _ = source("--format", "json")
    assert status == 1
    assert any("prod" in one and "dev" in one for one in differing(out)["cloudwan/core.json"]["sentences"])


def test_a_version_that_waits_is_told_and_is_no_drift(there: World, source: Run) -> None:
    there.wan.put_core_network_policy(CORE, json.dumps(NETWORK_POLICY))
    status, out, _ = source()
    assert status == 0
    assert "version 2 of `cloudwan/core.json` is the latest and not live (PENDING_GENERATION)" in " ".join(out.split())


def test_what_is_not_there_differs(there: World, source: Run) -> None:
    del there.lattice.services[SERVICE]
    status, out, _ = source()
    assert status == 1 and "is not on AWS" in " ".join(out.split())


@pytest.mark.parametrize("denied", ["get_auth_policy", "list_services"])
def test_what_may_not_be_read_is_not_settled(there: World, source: Run, denied: str) -> None:
    there.aws.denied = {denied}
    status, out, _ = source()
    assert status == 11
    assert "not allowed (AccessDeniedException)" in " ".join(out.split())


def test_a_policy_that_was_deleted_is_not_taken_for_one_that_is_not_readable(there: World, source: Run) -> None:
    del there.lattice.policies[SERVICE]
    status, out, _ = source("--format", "json")
    assert status == 1
    (item,) = differing(out).values()
    assert item["state"] == "removed" and item["changes"][0]["change"] == "newly denied"


def test_documents_are_a_source_where_something_says_what_they_hang_on(there: World, policyc: Run) -> None:
    Path("auth.json").write_text(text(allow("Mine", {"AWS": APP})))
    status, out, _ = policyc("aws", "drift", "auth.json")
    assert status == 11 and "nothing says which resource carries it" in out
    assert policyc("aws", "drift", "auth.json", "--map", f"auth={SERVICE}")[0] == 0
    assert policyc("aws", "drift", "auth.json", "--map", f"auth.json={ORDERS}")[0] == 0
    assert policyc("aws", "drift", "auth.json", "--map", "auth=orders")[0] == 0
    status, _, err = policyc("aws", "drift", "auth.json", "--map", "other=orders")
    assert status == 2 and "names nothing of the source" in err


def test_a_pulled_folder_is_a_source_too(there: World, policyc: Run) -> None:
    policyc("aws", "pull", "-o", "live")
    assert policyc("aws", "drift", "live")[0] == 0
    there.buckets.policies["acme-photos"] = text(
        allow("Open", {"AWS": "*"}, "s3:GetObject", "arn:aws:s3:::acme-photos/*")
    )
    there.iam.inline["app"]["invoke"]["Statement"].pop()
    status, out, _ = policyc("aws", "drift", "live", "--format", "json")
    assert status == 1
    assert {name.rpartition("/")[2] for name in differing(out)} == {"acme-photos.bucket.json", "inline-invoke.json"}
    (invoke,) = (item for name, item in differing(out).items() if name.endswith("inline-invoke.json"))
    assert [change["who"] for change in invoke["changes"]] == [[APP]]


def test_who_changed_it_is_asked_where_it_is(there: World, source: Run) -> None:
    """Two accounts, of which one has everything: a bucket is its owner's, though no ARN says so."""
    events = Events(there.aws)
    there.aws.services["cloudtrail"] = [events]
    there.lattice.services[SERVICE]["authType"] = "NONE"
    there.buckets.policies["acme-photos"] = text(allow("D", {"AWS": APP}, "s3:*", "arn:aws:s3:::acme-photos/*"))
    there.iam.inline["app"]["invoke"]["Statement"].pop()
    events.add(ACCOUNT, "us-west-2", "UpdateService", {"serviceIdentifier": SERVICE})
    events.add(ACCOUNT, "eu-west-1", "PutBucketPolicy", {"bucketName": "acme-photos"})
    events.add(ACCOUNT, "us-east-1", "PutRolePolicy", {"roleName": "app", "policyName": "invoke"})
    there.ec2.policies[GROUP]["PolicyDocument"] = "permit (principal, action, resource);\n"
    events.add(ACCOUNT, "us-west-2", "ModifyVerifiedAccessGroupPolicy", {"verifiedAccessGroupId": GROUP})
    there.organizations.parents[FAR] = "r-ab12"
    roles = [word for account in (ACCOUNT, FAR) for word in ("--role-arn", f"arn:aws:iam::{account}:role/reader")]
    status, out, _ = source("--who-changed", *roles, "--region", "us-west-2", "--region", "eu-west-1")
    found = " ".join(out.split())
    assert status == 1 and "undecided" not in found
    for event in ("UpdateService", "PutBucketPolicy", "PutRolePolicy", "ModifyVerifiedAccessGroupPolicy"):
        assert f"by arn:aws:iam::1:user/eve with Terraform ({event})" in found, found
    assert {account for account, _, _ in events.asked} == {ACCOUNT}
    there.aws.denied = {"lookup_events"}
    status, out, _ = source("--who-changed", *roles)
    assert status == 1 and "who changed it is not readable" in " ".join(out.split())


def test_policies_of_others_are_told_and_are_no_drift(there: World, policyc: Run) -> None:
    Path("auth.json").write_text(text(allow("Mine", {"AWS": APP})))
    policyc("aws", "pull", "-o", "live")
    there.lattice.add_service("svc-00000000000000001", "other", policy=text(allow("A", "*")))
    policyc("aws", "pull", "-o", "live")
    status, out, _ = policyc("aws", "drift", "auth.json", "--map", f"auth={SERVICE}", "--live", "live")
    assert status == 0 and "not in the source: 1 policy on AWS" in " ".join(out.split())
    assert MESH not in out


def parted(there: World, policyc: Run) -> None:
    """The role `app` with two inline policies, and the source with what was pulled of it."""
    (first, *rest) = there.iam.inline["app"]["invoke"]["Statement"]
    there.iam.inline["app"] = {"invoke": document(first), "reads": document(*rest)}
    policyc("aws", "pull", "-o", "live", "--target", "callers", "--caller", APP)
    assert policyc("import", "live", "-o", "policies")[0] == 0
    assert policyc("aws", "drift", "policies")[:2] == (0, "the same for all requests\n")


def test_a_statement_that_moved_between_the_policies_of_one_role_is_no_drift(there: World, policyc: Run) -> None:
    """A request is allowed where any identity policy of its caller allows it (IAM evaluation reference, section 2)."""
    parted(there, policyc)
    held = there.iam.inline["app"]
    (first,), (moved, *rest) = (held[name]["Statement"] for name in ("invoke", "reads"))
    note = f"the policies of `{APP}` are other texts on AWS ("
    for now in (
        {"invoke": document(moved, first), "reads": document(*rest)},
        {"invoke": document(first), "reads": document(*rest), "more": document(moved)},
        {"all": document(first, moved, *rest)},
    ):
        there.iam.inline["app"] = now
        status, out, _ = policyc("aws", "drift", "policies")
        assert status == 0 and note in " ".join(out.split()) and "the same for all requests" in out, out
        status, out, _ = policyc("aws", "plan", "policies")
        assert status == 0 and "nothing to do" in out, out


def test_what_the_policies_of_one_role_come_to_is_told_once(there: World, policyc: Run) -> None:
    parted(there, policyc)
    held = there.iam.inline["app"]
    (first,), (moved, *rest) = (held[name]["Statement"] for name in ("invoke", "reads"))
    more = allow("More", None, "sqs:SendMessage")
    there.iam.inline["app"] = {"invoke": document(moved, first, more), "reads": document(*rest)}
    status, out, _ = policyc("aws", "drift", "policies", "--format", "json")
    (item,) = differing(out).values()
    assert status == 1 and item["name"] == APP
    assert [(entry["change"], entry["statement"]) for entry in item["changes"]] == [("newly allowed", "More")]
    status, out, _ = policyc("aws", "plan", "policies")
    assert status == 1 and "inline role policy" in out and "2 steps" in out
    # one that differs is told by its own name, and what others carry besides is no part of it
    there.iam.inline["app"] = {
        "invoke": document(first, more),
        "reads": document(moved, *rest),
        "own": document(allow("Own", None, "sns:Publish")),
    }
    status, out, _ = policyc("aws", "drift", "policies", "--format", "json")
    (item,) = differing(out).values()
    assert status == 1 and "invoke" in item["name"] and [entry["statement"] for entry in item["changes"]] == ["More"]
    assert f"not in the source: `own`, which `{APP}` carries on AWS" in json.loads(out)["notes"]
