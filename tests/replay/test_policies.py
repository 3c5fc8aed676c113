"""Every kind of log held against the policies that it meets: documents, projects, networks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from policyc.__main__ import main
from tests.replay.test_kinds import BUCKET, LINE, ROLE, event, http

Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)

    def go(*argv: str, form: str = "json") -> tuple[int, Any]:
        status = main(["replay", *argv, "--format", form])
        told = capsys.readouterr()
        assert form != "json" or told.out, told.err
        return status, json.loads(told.out) if form == "json" else told.out

    return go


def logged(*records: dict[str, Any]) -> None:
    Path("log.json").write_text("".join(json.dumps(item) + "\n" for item in records))


# --- Verified Access ------------------------------------------------------------------------------------------------

GROUPS = {"idc": {"groups": {"11111111-1111-4111-8111-111111111111": {"group_name": "finance"}}}}


def cedar(name: str, test: str) -> None:
    Path(name).write_text(f"permit(principal, action, resource) when {{ {test} }};\n")


def test_who_would_be_locked_out_of_an_endpoint(run: Run) -> None:
    other = {"idc": {"groups": {"22222222-2222-4222-8222-222222222222": {"group_name": "sales"}}}}
    logged(http(data={"context": GROUPS}), http(data={"context": other}, metadata={"uid": "u-2"}))
    cedar("old.cedar", "context has idc")
    cedar("new.cedar", 'context has idc && context.idc.groups has "11111111-1111-4111-8111-111111111111"')
    status, data = run(
        "log.json", "--group-policy", "new.cedar", "--old-group-policy", "old.cedar", "--endpoint-policy", "old.cedar"
    )
    assert status == 0
    assert (data["in_force"]["reproduced"], data["in_force"]["contradicted"]) == (2, 0)
    (found,) = data["new"]["by_caller"]
    assert (found["name"], found["change"], found["callers"], found["of"]) == (
        "*@acme.example",
        "newly denied",
        1,
        ["pay.acme.example"],
    )
    _, text = run(
        "log.json",
        "--group-policy",
        "new.cedar",
        "--old-group-policy",
        "old.cedar",
        "--endpoint-policy",
        "old.cedar",
        "--show-identities",
        form="human",
    )
    assert "ana@acme.example" in text


def test_without_trust_context_only_what_is_known_of_a_user_helps(run: Run) -> None:
    logged(http(data=None))
    cedar("a.cedar", 'context has idc && context.idc.groups has "11111111-1111-4111-8111-111111111111"')
    flags = ("log.json", "--group-policy", "a.cedar", "--endpoint-policy", "a.cedar")
    assert run(*flags)[1]["in_force"]["undecidable"] == 1
    Path("known.json").write_text(json.dumps({"users": {"ana@acme.example": GROUPS}}))
    assert run(*flags, "--known", "known.json")[1]["in_force"]["reproduced"] == 1


# --- S3 -------------------------------------------------------------------------------------------------------------


def bucket_policy(name: str, *actions: str, **condition: str) -> None:
    statement: dict[str, Any] = {
        "Sid": "Site",
        "Effect": "Allow",
        "Principal": {"AWS": ROLE},
        "Action": list(actions),
        "Resource": [BUCKET, f"{BUCKET}/*"],
    }
    if condition:
        statement["Condition"] = {"StringEquals": condition}
    Path(name).write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


def test_a_bucket_policy_on_data_events(run: Run) -> None:
    logged(event(), event(eventID="e-2", eventName="PutObject"))
    bucket_policy("old.json", "s3:GetObject", "s3:PutObject")
    bucket_policy("new.json", "s3:GetObject")
    flags = ("--bucket-policy", "new.json", "--old-bucket-policy", "old.json", "--identity", "none.json")
    Path("none.json").write_text(
        '{"Version":"2012-10-17","Statement":[{"Sid":"No","Effect":"Allow","Action":"ec2:*","Resource":"*"}]}'
    )
    status, data = run("log.json", *flags)
    assert status == 0
    assert data["in_force"]["reproduced"] == 2
    (found,) = data["new"]["classes"]
    assert (found["can"], found["old"], found["new"], found["who"]) == ("PutObject", "allow", "deny", ROLE)


def test_callers_whose_own_policies_nobody_gave(run: Run) -> None:
    """Inside one account they may allow without the bucket, from another one both have to; `openly` lets the role GET, `closed` says nothing of it."""
    bucket_policy("openly.json", "s3:GetObject")
    bucket_policy("closed.json", "s3:PutObject")
    owned = {"type": "AWS::S3::Bucket", "ARN": BUCKET}
    held = event()["resources"]

    def told(account: str, old: str, new: str, **changes: Any) -> tuple[str, str]:
        logged(event(resources=[*held, {**owned, "accountId": account}], **changes))
        data = run("log.json", "--bucket-policy", f"{new}.json", "--old-bucket-policy", f"{old}.json")[1]
        (pair,) = data["new"]["pairs"] if data["new"] else data["in_force"]["classes"] or [{"old": "", "new": ""}]
        return pair["old"], pair["new"]

    own, other = "111122223333", "444455556666"
    # the log shows that one of the two let it
    assert told(own, "closed", "closed") == ("allow", "allow")
    assert told(own, "openly", "closed") == ("allow", "undecided")
    # both had to
    assert told(other, "openly", "closed") == ("allow", "deny")
    assert told(other, "openly", "openly") == ("allow", "allow")
    # it cannot have been these policies
    assert told(other, "closed", "closed") == ("deny", "deny")
    # of whom nobody tells the account: what was let through without the bucket was let through inside
    assert told("", "closed", "closed") == ("allow", "allow")
    assert told("", "openly", "closed") == ("allow", "undecided")


def test_keys_that_an_event_tells_decide(run: Run) -> None:
    logged(event(eventContext={"requestContext": {"aws:SourceVpc": "vpc-0123456789abcdef0"}}), event(eventID="e-2"))
    bucket_policy("a.json", "s3:GetObject", **{"aws:SourceVpc": "vpc-0123456789abcdef0"})
    Path("none.json").write_text(
        '{"Version":"2012-10-17","Statement":[{"Sid":"No","Effect":"Allow","Action":"ec2:*","Resource":"*"}]}'
    )
    data = run("log.json", "--bucket-policy", "a.json", "--identity", "none.json")[1]
    # without the key the record does not tell through which VPC the request came
    assert (data["in_force"]["reproduced"], data["in_force"]["undecidable"]) == (1, 1)


def test_server_access_logs_and_events_in_one_folder(run: Run) -> None:
    Path("logs").mkdir()
    Path("logs/a.json").write_text(json.dumps({"Records": [event()]}))
    Path("logs/2026-02-06-00-00-38-ABC").write_text(LINE + "\n")
    bucket_policy("a.json", "s3:GetObject")
    Path("none.json").write_text(
        '{"Version":"2012-10-17","Statement":[{"Sid":"No","Effect":"Allow","Action":"ec2:*","Resource":"*"}]}'
    )
    data = run("logs", "--bucket-policy", "a.json", "--identity", "none.json")[1]
    assert {item["kind"]: item["count"] for item in data["kinds"]} == {"cloudtrail": 1, "s3-access": 1}
    assert data["in_force"]["reproduced"] == 2


# --- Cloud WAN ------------------------------------------------------------------------------------------------------

HEAD = "tgw-src-vpc-id srcaddr dstaddr packets start log-status packets-lost-no-route packets-lost-blackhole"


def network(name: str, isolated: bool) -> None:
    segment = {"name": "dev", "require-attachment-acceptance": False}
    document = {
        "version": "2025.11",
        "core-network-configuration": {"asn-ranges": ["64512-64555"], "edge-locations": [{"location": "us-east-1"}]},
        "segments": [{**segment, "isolate-attachments": isolated}, {**segment, "name": "prod"}],
        "attachment-policies": [
            {
                "rule-number": 100,
                "condition-logic": "or",
                "conditions": [{"type": "tag-exists", "key": "segment"}],
                "action": {"association-method": "tag", "tag-value-of-key": "segment"},
            }
        ],
    }
    Path(name).write_text(json.dumps(document))


def attachments() -> None:
    held = {
        name: {
            "type": "vpc",
            "region": "us-east-1",
            "resource_id": f"vpc-{name}",
            "tags": {"segment": segment},
            "cidrs": [cidr],
        }
        for name, segment, cidr in (
            ("a", "dev", "10.1.0.0/16"),
            ("b", "dev", "10.2.0.0/16"),
            ("c", "prod", "10.3.0.0/16"),
        )
    }
    Path("attachments.json").write_text(json.dumps({"attachments": held}))


def test_flows_that_a_new_core_network_would_drop(run: Run) -> None:
    network("old.json", False)
    network("new.json", True)
    attachments()
    flows = [
        "vpc-a 10.1.0.5 10.2.0.9 7 1761984000 OK 0 0",
        "vpc-a 10.1.0.6 10.2.0.7 7 1761984000 OK 0 0",
        "- 10.1.0.5 10.3.0.9 7 1761984000 OK 7 0",
    ]
    Path("flows.log").write_text("\n".join([HEAD, *flows, "vpc-a 10.1.0.5 10.1.9.9 7 1761984000 OK 0 0"]))
    flags = (
        "flows.log",
        "--core-network",
        "new.json",
        "--old-core-network",
        "old.json",
        "--attachments",
        "attachments.json",
    )
    status, data = run(*flags)
    assert status == 0
    assert (data["in_force"]["reproduced"], data["in_force"]["contradicted"]) == (3, 0)
    assert [item["reason"] for item in data["skipped"]] == [
        "it stays with one attachment, so it never meets the core network"
    ]
    (found,) = data["new"]["classes"]
    assert (found["old"], found["new"], found["who"], found["where"], found["count"]) == (
        "allow",
        "deny",
        "10.1.0.0/24",
        "10.2.0.0/24",
        2,
    )
    assert found["callers"] == 2


def test_a_drop_where_a_route_should_be_contradicts(run: Run) -> None:
    network("a.json", False)
    attachments()
    Path("flows.log").write_text(f"{HEAD}\nvpc-a 10.1.0.5 10.2.0.9 7 1761984000 OK 0 7\n")
    data = run("flows.log", "--core-network", "a.json", "--attachments", "attachments.json")[1]
    assert data["in_force"]["contradicted"] == 1


# --- a project ------------------------------------------------------------------------------------------------------


def test_no_policy_for_a_kind_of_log_is_told(run: Run) -> None:
    logged(http())
    bucket_policy("a.json", "s3:GetObject")
    status, data = run("log.json", "--bucket-policy", "a.json")
    assert status == 4
    assert [item["reason"] for item in data["skipped"]] == [
        "no policy is given that a record of kind verified-access meets"
    ]
