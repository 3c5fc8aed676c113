"""Who changed it, and when: CloudTrail's management events of the last 90 days, as far as they may be read.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html (one attribute for each call, 50 events a page). The requests of events have the
members of the API, some in other cases.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from policyc.aws.asking import Asker
from policyc.record import record

#: role of a document -> the member of requests that names what carries it, in small letters, and the events that change it
_EVENTS: Final = {
    "service-policy": ("resourceidentifier", ("PutAuthPolicy", "DeleteAuthPolicy")),
    "network-policy": ("resourceidentifier", ("PutAuthPolicy", "DeleteAuthPolicy")),
    "group-policy": ("verifiedaccessgroupid", ("ModifyVerifiedAccessGroupPolicy",)),
    "endpoint-policy": ("verifiedaccessendpointid", ("ModifyVerifiedAccessEndpointPolicy",)),
    "live": (
        "corenetworkid",
        ("ExecuteCoreNetworkChangeSet", "PutCoreNetworkPolicy", "RestoreCoreNetworkPolicyVersion"),
    ),
    "object-lambda-policy": ("name", ("PutAccessPointPolicyForObjectLambda", "DeleteAccessPointPolicyForObjectLambda")),
    "access-point-policy": ("name", ("PutAccessPointPolicy", "DeleteAccessPointPolicy")),
    "bucket-policy": ("bucketname", ("PutBucketPolicy", "DeleteBucketPolicy")),
    "function-policy": (
        "function",
        ("AddPermission20150331v2", "RemovePermission20150331v2", "PutResourcePolicy", "DeleteResourcePolicy"),
    ),
    "trust-policy": ("rolename", ("UpdateAssumeRolePolicy",)),
    "scp": ("policyid", ("UpdatePolicy", "AttachPolicy", "DetachPolicy")),
    "rcp": ("policyid", ("UpdatePolicy", "AttachPolicy", "DetachPolicy")),
}
#: role -> the same of the switch beside the text
_SWITCHES: Final = {
    "service-policy": ("serviceidentifier", ("UpdateService",)),
    "network-policy": ("servicenetworkidentifier", ("UpdateServiceNetwork",)),
}
_VERSIONS: Final = ("CreatePolicyVersion", "SetDefaultPolicyVersion")
#: service -> partition -> the Region in which events of a service without Regions are (the endpoints of botocore)
_HOME: Final[Mapping[str, Mapping[str, str]]] = {
    "networkmanager": {"aws": "us-west-2", "aws-us-gov": "us-gov-west-1"},
    "iam": {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1"},
    "organizations": {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-northwest-1"},
}
#: pages that are looked at for one event: the service answers two calls a second
_PAGES: Final = 3
_OF_PAGE: Final = 50


@record
class Changed:
    """One change: when, by whom, with which program, and the event."""

    at: datetime
    by: str
    program: str
    event: str

    @property
    def sentence(self) -> str:
        """The change in one sentence."""
        with_what = f" with {self.program}" if self.program else ""
        return f"last changed {self.at.isoformat()} by {self.by or 'somebody'}{with_what} ({self.event})"


@record
class Sought:
    """Events of one name about one document: `members` of their requests, in small letters, with the texts that each has to hold one of."""

    event: str
    members: Mapping[str, tuple[str, ...]]


class Trail:
    """The events of one account. A page is asked for once, whatever number of documents may be in it."""

    def __init__(self, ask: Asker) -> None:
        self._ask = ask
        self._pages: dict[tuple[str, str, int], tuple[Sequence[Any], str]] = {}

    def last_change(self, arn: str, role: str, revision: Mapping[str, Any], regions: Sequence[str]) -> Changed | str:
        """The newest event about a document, or why none is known. `regions` are those that a resource without one may be in."""
        service, partition, region = _place(arn)
        home = _HOME.get(service, {}).get(partition, region)
        newest: Changed | None = None
        cut = ""
        for sought in _sought(arn, role, revision):
            for where in (home,) if home else regions:
                found = self._newest(sought, where)
                if isinstance(found, Changed):
                    newest = found if newest is None or found.at > newest.at else newest
                elif found.startswith(_CUT):
                    cut = found
                elif found:
                    return found
        if newest is not None:
            return newest
        return cut or f"no change of the last 90 days is known{_elsewhere(role)}"

    def _newest(self, sought: Sought, region: str) -> Changed | str:
        """Pages come newest first. A text says why nothing is known, and is empty where there is nothing."""
        token = ""
        for number in range(_PAGES):
            key = (region, sought.event, number)
            if key not in self._pages:
                attributes = [{"AttributeKey": "EventName", "AttributeValue": sought.event}]
                given: dict[str, Any] = {"LookupAttributes": attributes, **({"NextToken": token} if token else {})}
                answer = self._ask.get("cloudtrail", "lookup_events", region, sought.event, **given)
                if answer.unread is not None:
                    return f"who changed it is not readable: {answer.unread.why}"
                data = answer.data or {}
                self._pages[key] = (data.get("Events") or (), str(data.get("NextToken") or ""))
            events, token = self._pages[key]
            for item in events:
                found = _change(item, sought)
                if found is not None:
                    return found
            if not token:
                return ""
        return f"{_CUT} {_PAGES * _OF_PAGE} `{sought.event}` events, and older ones were not looked at"


_CUT: Final = "no change of it is among the newest"


def _place(arn: str) -> tuple[str, str, str]:
    """Service, partition and Region of what carries a document; a control policy is the organization's."""
    parts = arn.split(":")
    if len(parts) < 6:
        return "organizations", "aws", ""
    return parts[2], parts[1], parts[3]


def _elsewhere(role: str) -> str:
    return " here (those of control policies are in the management account)" if role in ("scp", "rcp") else ""


def _sought(arn: str, role: str, revision: Mapping[str, Any]) -> Iterator[Sought]:
    """What may have changed a document."""
    last = arn.rpartition(":")[2].rpartition("/")[2]
    sort = arn.split(":")[5].partition("/")[0] if ":iam:" in arn else ""
    of_caller = {f"{sort}name": (last,)}
    if role in ("identity", "boundary", "managed-policy"):
        managed = revision.get("PolicyArn") or (arn if sort == "policy" else "")
        if managed:
            yield from (Sought(event, {"policyarn": (str(managed),)}) for event in _VERSIONS)
        if role == "identity" and not managed:
            name = revision.get("PolicyName")
            members = {**of_caller, **({"policyname": (str(name),)} if name else {})}
            yield from (Sought(f"{verb}{sort.capitalize()}Policy", members) for verb in ("Put", "Delete"))
        if role == "boundary":
            for verb in ("Put", "Delete"):
                yield Sought(f"{verb}{sort.capitalize()}PermissionsBoundary", of_caller)
    names: tuple[str, ...] = (arn, last)
    if role in ("scp", "rcp"):
        names = (str(revision.get("PolicyId", "")),)
    elif role == "function-policy":
        names = (arn.rpartition("function:")[2],)
    for table in (_EVENTS, _SWITCHES):
        member, events = table.get(role, ("", ()))
        yield from (Sought(event, {member: names}) for event in events)


def _change(item: Mapping[str, Any], sought: Sought) -> Changed | None:
    """What an event says, where it is about the document and was not refused."""
    try:
        data = json.loads(item.get("CloudTrailEvent") or "{}")
        at = datetime.fromisoformat(str(item.get("EventTime"))).astimezone(UTC)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or data.get("errorCode"):
        return None
    held = dict[str, list[str]]()
    for member, text in _members(data.get("requestParameters") or {}):
        held.setdefault(member, []).append(text)
    for name in (*held.get("functionname", ()), *held.get("resourcearn", ())):
        # a name, a part of an ARN or a whole one, and the qualifier in it or beside it
        held.setdefault("function", []).append(":".join([name.rpartition("function:")[2], *held.get("qualifier", ())]))
    if not all(set(texts) & set(held.get(member, ())) for member, texts in sought.members.items()):
        return None
    by = (data.get("userIdentity") or {}).get("arn") or item.get("Username") or ""
    return Changed(at, str(by), str(data.get("userAgent") or ""), sought.event)


def _members(data: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """The texts of a request with their members' names, in small letters, however deep."""
    if isinstance(data, dict):
        for member, value in data.items():
            yield from _members(value, str(member).lower())
    elif isinstance(data, list):
        for value in data:
            yield from _members(value, name)
    elif isinstance(data, str):
        yield name, data
