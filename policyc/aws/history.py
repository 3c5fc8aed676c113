"""Who changed it, and when: CloudTrail's management events of the last 90 days, as far as they may be read.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html (one attribute for each call, 50 events a page)
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from policyc.aws.asking import Asker
from policyc.record import record

#: role of a document -> the events that change it, as CloudTrail names them
_EVENTS: Final = {
    "service-policy": ("PutAuthPolicy", "DeleteAuthPolicy", "UpdateService"),
    "network-policy": ("PutAuthPolicy", "DeleteAuthPolicy", "UpdateServiceNetwork"),
    "group-policy": ("ModifyVerifiedAccessGroupPolicy",),
    "endpoint-policy": ("ModifyVerifiedAccessEndpointPolicy",),
    "live": ("ExecuteCoreNetworkChangeSet", "PutCoreNetworkPolicy"),
    "object-lambda-policy": ("PutAccessPointPolicyForObjectLambda", "DeleteAccessPointPolicyForObjectLambda"),
    "access-point-policy": ("PutAccessPointPolicy", "DeleteAccessPointPolicy"),
    "bucket-policy": ("PutBucketPolicy", "DeleteBucketPolicy"),
    "function-policy": ("AddPermission20150331v2", "RemovePermission20150331v2", "PutResourcePolicy"),
    "identity": ("PutRolePolicy", "DeleteRolePolicy", "CreatePolicyVersion", "SetDefaultPolicyVersion"),
}
#: where events of services without Regions are
_HOME: Final = {"networkmanager": "us-west-2", "iam": "us-east-1"}
#: pages that are looked at for one event: the service answers two calls a second
_PAGES: Final = 3


@record
class Changed:
    """One change: when (ISO), by whom, with which program, and the event."""

    at: str
    by: str
    program: str
    event: str

    @property
    def sentence(self) -> str:
        """The change in one sentence."""
        with_what = f" with {self.program}" if self.program else ""
        return f"last changed {self.at} by {self.by or 'somebody'}{with_what} ({self.event})"


def last_change(ask: Asker, arn: str, role: str) -> Changed | str:
    """The newest event about a resource, or why none is known."""
    parts = arn.split(":")
    region = _HOME.get(parts[2], parts[3]) or ask.sessions.region
    names = _ids(arn)
    newest: Changed | None = None
    for event in _EVENTS.get(role, ()):
        attributes = [{"AttributeKey": "EventName", "AttributeValue": event}]
        token: dict[str, Any] = {}
        for _ in range(_PAGES):
            answer = ask.get("cloudtrail", "lookup_events", region, event, LookupAttributes=attributes, **token)
            if answer.unread is not None:
                return f"who changed it is not readable: {answer.unread.why}"
            found = _newest(answer.data.get("Events") or (), names, event)
            if found is not None:
                newest = found if newest is None or found.at > newest.at else newest
                break
            if not answer.data.get("NextToken"):
                break
            token = {"NextToken": answer.data["NextToken"]}
    return newest or "no change of the last 90 days is known"


def _ids(arn: str) -> tuple[str, ...]:
    """What a request may call a resource."""
    last = arn.rpartition(":")[2].rpartition("/")[2]
    return (arn, last)


def _newest(events: Sequence[Any], names: Sequence[str], event: str) -> Changed | None:
    """The first of a page that is about the resource: newest first."""
    for item in events:
        try:
            data = json.loads(item.get("CloudTrailEvent") or "{}")
        except (ValueError, RecursionError):
            continue
        if data.get("errorCode"):
            continue
        if any(value in names for value in _texts(data.get("requestParameters") or {})):
            by = data.get("userIdentity", {}).get("arn") or item.get("Username") or ""
            return Changed(str(item.get("EventTime", "")), str(by), str(data.get("userAgent", "")), event)
    return None


def _texts(data: Any) -> list[str]:
    if isinstance(data, dict):
        return [text for value in data.values() for text in _texts(value)]
    if isinstance(data, list):
        return [text for value in data for text in _texts(value)]
    return [data] if isinstance(data, str) else []
