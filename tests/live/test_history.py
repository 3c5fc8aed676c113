"""Who changed a document, and when: which events of CloudTrail are about it, in which account and Region they are looked for, and how often."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from policyc.aws.asking import Asker
from policyc.aws.history import Changed, Trail
from policyc.aws.session import Access, Sessions
from tests.live.fake.core import ACCOUNT, REGION, Aws, page
from tests.live.fake.storage import function_arn, point_arn
from tests.live.lab import ALICE, CORE_ARN, GROUP_ARN, LIMITS
from tests.live.world import APP, CORE, GROUP, MESH, ORDERS, SERVICE, World

START = datetime(2026, 11, 2, tzinfo=UTC)
RESIZE = function_arn("resize")


@dataclass
class Events:
    """CloudTrail: the events of each account and Region, newest first, fifty a page."""

    aws: Aws
    held: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, account: str, region: str, name: str, request: Any, **more: Any) -> None:
        """One more event, a minute after those that are there."""
        data = {
            "userIdentity": {"arn": "arn:aws:iam::1:user/eve"},
            "userAgent": "Terraform",
            "requestParameters": request,
            **more,
        }
        at = START + timedelta(minutes=sum(map(len, self.held.values())))
        self.held.setdefault((account, region), []).insert(
            0, (name, {"EventTime": at, "CloudTrailEvent": json.dumps(data)})
        )

    def lookup_events(self, LookupAttributes: list[dict[str, str]], NextToken: str | None = None) -> dict[str, Any]:
        asking, name = self.aws.asking, LookupAttributes[0]["AttributeValue"]
        self.asked.append((asking.account, asking.region, name))
        events = [item for event, item in self.held.get((asking.account, asking.region), ()) if event == name]
        return page(events, "Events", NextToken, 50)


@pytest.fixture
def events(there: World) -> Events:
    made = Events(there.aws)
    there.aws.services["cloudtrail"] = [made]
    return made


def trail() -> Trail:
    return Trail(Asker(Sessions(Access(region=REGION))))


#: what carries a document, its role and revision, an event with its request, the Region that has it, and whether the event is about the document
ABOUT: list[tuple[str, str, dict[str, Any], str, dict[str, Any], str, bool]] = [
    (ORDERS, "service-policy", {}, "PutAuthPolicy", {"resourceIdentifier": SERVICE, "policy": "{}"}, REGION, True),
    (ORDERS, "service-policy", {}, "UpdateService", {"serviceIdentifier": ORDERS, "authType": "NONE"}, REGION, True),
    (ORDERS, "service-policy", {}, "PutAuthPolicy", {"resourceIdentifier": MESH, "policy": ORDERS}, REGION, False),
    (ORDERS, "service-policy", {}, "PutAuthPolicy", {"resourceIdentifier": SERVICE}, "eu-west-1", False),
    (GROUP_ARN, "group-policy", {}, "ModifyVerifiedAccessGroupPolicy", {"ModifyVerifiedAccessGroupPolicyRequest": {"VerifiedAccessGroupId": GROUP}}, REGION, True),
    (CORE_ARN, "live", {}, "ExecuteCoreNetworkChangeSet", {"coreNetworkId": CORE, "policyVersionId": 2}, "us-west-2", True),
    ("arn:aws:s3:::acme-photos", "bucket-policy", {}, "PutBucketPolicy", {"bucketName": "acme-photos", "policy": ""}, REGION, True),
    ("arn:aws:s3:::acme-photos", "bucket-policy", {}, "PutBucketPolicy", {"bucketName": "other", "policy": "acme-photos"}, REGION, False),
    (point_arn("photos-ap"), "access-point-policy", {}, "PutAccessPointPolicy", {"name": "photos-ap"}, REGION, True),
    (RESIZE, "function-policy", {}, "AddPermission20150331v2", {"functionName": "resize", "statementId": "x"}, REGION, True),
    (RESIZE, "function-policy", {}, "AddPermission20150331v2", {"functionName": RESIZE}, REGION, True),
    (RESIZE, "function-policy", {}, "AddPermission20150331v2", {"functionName": "resize", "qualifier": "live"}, REGION, False),
    (RESIZE, "function-policy", {}, "AddPermission20150331v2", {"functionName": "other", "statementId": "resize"}, REGION, False),
    (f"{RESIZE}:live", "function-policy", {}, "AddPermission20150331v2", {"functionName": "resize", "qualifier": "live"}, REGION, True),
    (f"{RESIZE}:live", "function-policy", {}, "PutResourcePolicy", {"resourceArn": f"{RESIZE}:live"}, REGION, True),
    (f"{RESIZE}:live", "function-policy", {}, "AddPermission20150331v2", {"functionName": "other", "qualifier": "live"}, REGION, False),
    (APP, "identity", {"PolicyName": "invoke"}, "PutRolePolicy", {"roleName": "app", "policyName": "invoke"}, "us-east-1", True),
    (APP, "identity", {"PolicyName": "invoke"}, "PutRolePolicy", {"roleName": "app", "policyName": "reads"}, "us-east-1", False),
    (APP, "identity", {"PolicyName": "app"}, "PutRolePolicy", {"roleName": "other", "policyName": "app"}, "us-east-1", False),
    (APP, "identity", {"PolicyArn": LIMITS}, "CreatePolicyVersion", {"policyArn": LIMITS, "setAsDefault": True}, "us-east-1", True),
    (APP, "identity", {"PolicyArn": LIMITS}, "PutRolePolicy", {"roleName": "app", "policyName": "limits"}, "us-east-1", False),
    (APP, "trust-policy", {}, "UpdateAssumeRolePolicy", {"roleName": "app"}, "us-east-1", True),
    (APP, "boundary", {"PolicyArn": LIMITS}, "DeleteRolePermissionsBoundary", {"roleName": "app"}, "us-east-1", True),
    (ALICE, "identity", {"PolicyName": "own"}, "PutUserPolicy", {"userName": "alice", "policyName": "own"}, "us-east-1", True),
    (ALICE, "identity", {"PolicyName": "own"}, "PutRolePolicy", {"roleName": "alice", "policyName": "own"}, "us-east-1", False),
    (f"account:{ACCOUNT}", "scp", {"PolicyId": "p-1"}, "UpdatePolicy", {"policyId": "p-1"}, "us-east-1", True),
]  # fmt: skip


def test_which_events_are_about_a_document(events: Events) -> None:
    for arn, role, revision, name, request, region, found in ABOUT:
        events.held.clear()
        events.add(ACCOUNT, region, name, request)
        change = trail().last_change(arn, role, revision, (REGION,))
        assert isinstance(change, Changed) == found, (arn, role, name, request, change)


def test_the_newest_that_was_not_refused_counts(events: Events) -> None:
    of = {"serviceIdentifier": SERVICE}
    events.add(ACCOUNT, REGION, "PutAuthPolicy", {"resourceIdentifier": SERVICE})
    events.add(ACCOUNT, REGION, "UpdateService", of)
    events.add(ACCOUNT, REGION, "UpdateService", of, errorCode="AccessDenied")
    change = trail().last_change(ORDERS, "service-policy", {}, (REGION,))
    assert isinstance(change, Changed)
    assert (
        change.sentence
        == "last changed 2026-11-02T00:01:00+00:00 by arn:aws:iam::1:user/eve with Terraform (UpdateService)"
    )


def test_pages_are_asked_for_once_and_what_lies_behind_them_is_not_called_nothing(events: Events) -> None:
    events.add(ACCOUNT, REGION, "PutAuthPolicy", {"resourceIdentifier": SERVICE})
    for _ in range(149):
        events.add(ACCOUNT, REGION, "PutAuthPolicy", {"resourceIdentifier": "svc-other"})
    asked = trail()
    for _ in range(3):
        assert isinstance(asked.last_change(ORDERS, "service-policy", {}, (REGION,)), Changed)
    assert len(events.asked) == len(set(events.asked)) + 2 == 5  # three pages of one event, one of two others
    for _ in range(2):
        events.add(ACCOUNT, REGION, "PutAuthPolicy", {"resourceIdentifier": "svc-other"})
    said = trail().last_change(ORDERS, "service-policy", {}, (REGION,))
    assert said == "no change of it is among the newest 150 `PutAuthPolicy` events, and older ones were not looked at"


@pytest.mark.parametrize(
    ("arn", "role", "region"),
    [
        (APP.replace("aws", "aws-cn", 1), "trust-policy", "cn-north-1"),
        (APP.replace("aws", "aws-us-gov", 1), "trust-policy", "us-gov-west-1"),
        (CORE_ARN.replace("aws", "aws-us-gov", 1), "live", "us-gov-west-1"),
    ],
)
def test_events_of_services_without_regions_are_at_home(events: Events, arn: str, role: str, region: str) -> None:
    trail().last_change(arn, role, {}, (REGION,))
    assert {where for _, where, _ in events.asked} == {region}
