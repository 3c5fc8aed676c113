"""Verified Access: instances, trust providers (without their secrets), groups and endpoints with their Cedar text and whether it is enabled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from policyc.aws.asking import Asker
from policyc.aws.calls import VERIFIED_ACCESS
from policyc.aws.found import Facts, Held, Part, Resource, among, file_name, joined

_CLIENT: Final = "ec2"
#: type of trust provider -> the word that `--trust` takes
_TYPES: Final = {
    "iam-identity-center": "iam_identity_center",
    "oidc": "oidc",
    "jamf": "jamf",
    "crowdstrike": "crowdstrike",
    "jumpcloud": "jumpcloud",
}


def read(ask: Asker, region: str, folder: str, only: frozenset[str] = frozenset()) -> Part:
    """Everything of one Region, or the groups and endpoints that `only` names; `folder` is where its files go."""
    lists = {
        name: ask.all(_CLIENT, method, key, region).data
        for name, method, key in (
            ("instances", "describe_verified_access_instances", "VerifiedAccessInstances"),
            ("providers", "describe_verified_access_trust_providers", "VerifiedAccessTrustProviders"),
            ("groups", "describe_verified_access_groups", "VerifiedAccessGroups"),
            ("endpoints", "describe_verified_access_endpoints", "VerifiedAccessEndpoints"),
            ("logging", "describe_verified_access_instance_logging_configurations", "LoggingConfigurations"),
        )
    }
    if not any(lists[name] for name in ("instances", "groups", "endpoints")):
        return Part()
    trust = _trust(lists)

    def group(item: Mapping[str, Any]) -> Part:
        facts = {
            "instance": item.get("VerifiedAccessInstanceId"),
            "trust": trust.get(item.get("VerifiedAccessInstanceId", "")),
        }
        return _policy(ask, region, folder, item, "Group", facts)

    def endpoint(item: Mapping[str, Any]) -> Part:
        facts = {
            "group": item.get("VerifiedAccessGroupId"),
            "domain": item.get("ApplicationDomain"),
            "protocol": _protocol(item),
            "status": (item.get("Status") or {}).get("Code"),
            "trust": trust.get(item.get("VerifiedAccessInstanceId", "")),
        }
        return _policy(ask, region, folder, item, "Endpoint", facts)

    named = {
        _id(item, sort)
        for sort in ("Group", "Endpoint")
        for item in lists[f"{sort.lower()}s"] or ()
        if among(only, _id(item, sort), _arn(ask, region, item, sort))
    }
    # a request meets the text of the group, then that of the endpoint: neither says anything without the other
    pairs = [(item, str(item.get("VerifiedAccessGroupId"))) for item in lists["endpoints"] or ()]
    above = {of for item, of in pairs if _id(item, "Endpoint") in named}
    groups = ask.each("groups", group, [one for one in lists["groups"] or () if _id(one, "Group") in named | above])
    endpoints = ask.each("endpoints", endpoint, [one for one, of in pairs if {_id(one, "Endpoint"), of} & named])
    files = (Facts(f"{folder}/instances.json", {name: lists[name] for name in ("instances", "providers", "logging")}),)
    return joined([*groups, *endpoints, Part((), (), files)])


def _policy(ask: Asker, region: str, folder: str, item: Mapping[str, Any], sort: str, facts: dict[str, Any]) -> Part:
    """One group or endpoint with its policy."""
    id = _id(item, sort)
    method = f"get_verified_access_{sort.lower()}_policy"
    answer = ask.get(_CLIENT, method, region, id, **{f"VerifiedAccess{sort}Id": id})
    role = f"{sort.lower()}-policy"
    arn = _arn(ask, region, item, sort)
    data = answer.data or {}
    facts["id"] = id
    facts["enabled"] = data.get("PolicyEnabled") if answer.known else None
    facts["tags"] = {tag["Key"]: tag.get("Value", "") for tag in item.get("Tags") or ()}
    text = data.get("PolicyDocument")
    path = f"{folder}/{file_name(id)}.cedar"
    revision = {"PolicyEnabled": facts["enabled"]}
    revision |= {"LastUpdatedTime": item["LastUpdatedTime"]} if item.get("LastUpdatedTime") else {}
    unread = {} if answer.unread is None else {role: answer.unread.why}
    held = (Held(path, text, "cedar", VERIFIED_ACCESS, role, arn, revision),) if text else ()
    name = facts["tags"].get("Name") or facts.get("domain") or item.get("Description") or id
    type = f"verified_access.{sort.lower()}"
    return Part(held, (Resource(arn, type, str(name), facts, {role: path} if text else {}, unread),))


def _id(item: Mapping[str, Any], sort: str) -> str:
    return str(item[f"VerifiedAccess{sort}Id"])


def _arn(ask: Asker, region: str, item: Mapping[str, Any], sort: str) -> str:
    """The ARN, which no answer holds for endpoints."""
    if sort == "Group" and item.get("VerifiedAccessGroupArn"):
        return str(item["VerifiedAccessGroupArn"])
    return f"arn:{ask.partition}:ec2:{region}:{ask.account}:verified-access-{sort.lower()}/{_id(item, sort)}"


def _trust(lists: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Instance -> the types of its trust providers by policy reference name, as `--trust NAME=TYPE` takes them."""
    kinds: dict[str, tuple[str, str]] = {}
    for item in lists["providers"] or ():
        sort = str(item.get("UserTrustProviderType") or item.get("DeviceTrustProviderType") or "")
        name = str(item.get("PolicyReferenceName", ""))
        kinds[item["VerifiedAccessTrustProviderId"]] = (name, _TYPES.get(sort, sort))
    return {
        one["VerifiedAccessInstanceId"]: dict(
            kinds[provider["VerifiedAccessTrustProviderId"]]
            for provider in one.get("VerifiedAccessTrustProviders") or ()
            if provider.get("VerifiedAccessTrustProviderId") in kinds
        )
        for one in lists["instances"] or ()
    }


def _protocol(item: Mapping[str, Any]) -> str | None:
    for name in ("LoadBalancerOptions", "NetworkInterfaceOptions", "CidrOptions", "RdsOptions"):
        found = (item.get(name) or {}).get("Protocol")
        if found:
            return str(found)
    return None
