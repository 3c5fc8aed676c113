"""VPC Lattice: service networks and services with their auth type, auth policy, listeners, rules and associations.

The lists carry none of it, so each costs a call of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from policyc.aws.asking import Asker
from policyc.aws.calls import LATTICE
from policyc.aws.found import Held, Part, Resource, among, file_name, joined

_CLIENT: Final = "vpc-lattice"


def read(ask: Asker, region: str, folder: str, only: frozenset[str] = frozenset()) -> Part:
    """Everything of one Region, or what `only` names; `folder` is where its files go."""
    networks = ask.all(_CLIENT, "list_service_networks", "items", region).data or ()
    services = ask.all(_CLIENT, "list_services", "items", region).data or ()
    networks = [item for item in networks if among(only, item["arn"], item["id"])]
    services = [item for item in services if among(only, item["arn"], item["id"])]
    groups = _target_groups(ask, region) if services and not only else {}
    first = ask.each("service networks", lambda item: _network(ask, region, folder, item), networks)
    return joined([*first, *ask.each("services", lambda item: _service(ask, region, folder, item, groups), services)])


def _network(ask: Asker, region: str, folder: str, item: Mapping[str, Any]) -> Part:
    arn = item["arn"]
    found = ask.get(_CLIENT, "get_service_network", region, arn, serviceNetworkIdentifier=arn)
    facts: dict[str, Any] = {"auth": _auth(found.data)}
    of = {"serviceNetworkIdentifier": item["id"]}
    for name, method in (
        ("services", "list_service_network_service_associations"),
        ("vpcs", "list_service_network_vpc_associations"),
        ("endpoints", "list_service_network_vpc_endpoint_associations"),
    ):
        facts[name] = ask.all(_CLIENT, method, "items", region, arn, **of).data
    return _with_policy(ask, region, folder, item, "lattice.service_network", "network-policy", facts, found.data)


def _service(ask: Asker, region: str, folder: str, item: Mapping[str, Any], groups: Mapping[str, Any]) -> Part:
    arn = item["arn"]
    found = ask.get(_CLIENT, "get_service", region, arn, serviceIdentifier=arn)
    listeners = _listeners(ask, region, item)
    facts = {
        "auth": _auth(found.data),
        "domain": (found.data or {}).get("customDomainName")
        or (found.data or {}).get("dnsEntry", {}).get("domainName"),
        "status": (found.data or {}).get("status"),
        "listeners": listeners,
        "protocol": _protocol(listeners, groups),
    }
    return _with_policy(ask, region, folder, item, "lattice.service", "service-policy", facts, found.data)


def _auth(found: Mapping[str, Any] | None) -> str | None:
    """`none` or `aws_iam`, None where it is not known."""
    return None if found is None else str(found["authType"]).lower()


def _with_policy(
    ask: Asker,
    region: str,
    folder: str,
    item: Mapping[str, Any],
    type: str,
    role: str,
    facts: dict[str, Any],
    found: Mapping[str, Any] | None,
) -> Part:
    arn = item["arn"]
    answer = ask.get(_CLIENT, "get_auth_policy", region, arn, resourceIdentifier=arn)
    facts["logs"] = _logs(ask, region, arn)
    facts["tags"] = (ask.get(_CLIENT, "list_tags_for_resource", region, arn, resourceArn=arn).data or {}).get("tags")
    text = (answer.data or {}).get("policy")
    path = f"{folder}/{file_name(item.get('name') or item['id'])}.{file_name(item['id'])}.json"
    unread = {} if answer.unread is None else {role: answer.unread.why}
    facts["state"] = (answer.data or {}).get("state")
    revision = {
        name: answer.data[name] for name in ("lastUpdatedAt", "createdAt") if answer.data and name in answer.data
    }
    revision |= {"authType": found["authType"]} if found and "authType" in found else {}
    held = (Held(path, text, "auth-policy", LATTICE, role, arn, revision),) if text else ()
    policies = {role: path} if text else {}
    return Part(held, (Resource(arn, type, str(item.get("name", "")), facts, policies, unread),))


def _logs(ask: Asker, region: str, arn: str) -> list[dict[str, Any]] | None:
    """Where the requests to it are logged; None where that could not be read."""
    listed = ask.all(_CLIENT, "list_access_log_subscriptions", "items", region, arn, resourceIdentifier=arn)
    if not listed.known:
        return None
    of = ("destinationArn", "serviceNetworkLogType")
    return [{name: item[name] for name in of if name in item} for item in listed.data or ()]


def _listeners(ask: Asker, region: str, service: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Listeners with their default action and rules; None where the list could not be read."""
    listed = ask.all(_CLIENT, "list_listeners", "items", region, service["arn"], serviceIdentifier=service["id"])
    if not listed.known:
        return None
    out = []
    for item in listed.data or ():
        of = {"serviceIdentifier": service["id"], "listenerIdentifier": item["id"]}
        one = ask.get(_CLIENT, "get_listener", region, item["arn"], **of).data or {}
        rules = ask.all(_CLIENT, "list_rules", "items", region, item["arn"], **of).data
        kept = None
        if rules is not None:
            kept = []
            for rule in rules:
                if rule.get("isDefault"):
                    continue
                found = ask.get(_CLIENT, "get_rule", region, rule["arn"], ruleIdentifier=rule["id"], **of).data
                names = ("name", "priority", "match", "action")
                kept.append({name: (found or rule).get(name) for name in names})
        names = ("id", "name", "protocol", "port")
        out.append({**{n: item.get(n) for n in names}, "default": one.get("defaultAction"), "rules": kept})
    return out


def _target_groups(ask: Asker, region: str) -> dict[str, str]:
    """Target group id -> the protocol version that it speaks (`GRPC` means that paths are methods)."""
    listed = ask.all(_CLIENT, "list_target_groups", "items", region).data or ()

    def version(item: Mapping[str, Any]) -> tuple[str, str]:
        found = ask.get(_CLIENT, "get_target_group", region, item["arn"], targetGroupIdentifier=item["id"]).data
        return item["id"], str(((found or {}).get("config") or {}).get("protocolVersion") or "")

    return dict(ask.each("target groups", version, listed))


def _protocol(listeners: list[dict[str, Any]] | None, groups: Mapping[str, str]) -> str | None:
    """What `simulate --protocol` takes; None where it is not known or there is no listener."""
    if not listeners:
        return None
    spoken = {str(item.get("protocol", "")).lower() for item in listeners}
    if spoken == {"tls_passthrough"}:
        return "tls_passthrough"
    if "tls_passthrough" in spoken:
        return "mixed"
    targets = {groups.get(one, "") for item in listeners for one in _named(item)}
    if targets == {"GRPC"}:
        return "grpc"
    return "https" if "https" in spoken else "http"


def _named(listener: Mapping[str, Any]) -> list[str]:
    """The target groups that a listener forwards to."""
    actions = [listener.get("default"), *((rule or {}).get("action") for rule in listener.get("rules") or ())]
    found = []
    for action in actions:
        for target in ((action or {}).get("forward") or {}).get("targetGroups") or ():
            found.append(str(target.get("targetGroupIdentifier", "")))
    return found
