"""The ways of requests to what was pulled from AWS: through which gates they come, and what is known of those who call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from policyc.workspace.documents.pulled import Lock, networks_of
from policyc.workspace.sides.pieces import BOUNDARY, ENDPOINT, IDENTITY, Own, Way, is_carrier

_SERVICE: Final = "lattice.service"
#: a gate of which nobody knows what it asks
_UNKNOWN: Final = "?"
#: what a document of the lock file is called in a comparison; empty for one that is not there
Names = Callable[[str], str]


def pulled_ways(lock: Lock, names: Names, own: Mapping[Own, tuple[str, ...] | None]) -> dict[str, Way]:
    """The way to every service of VPC Lattice and every endpoint of Verified Access of which each gate is known; `own` is what callers carry and are bound by
    (`of_callers`)."""
    found: dict[str, Way] = {}
    for arn, item in lock.resources.items():
        if item["type"] == _SERVICE:
            networks = networks_of(lock, arn)
            for network in networks or [""]:
                gates = tuple(
                    _gate(lock, one, role, names)
                    for one, role in ((network, "network-policy"), (arn, "service-policy"))
                )
                if _UNKNOWN not in gates:
                    through = f" through {called(lock, network)}" if len(networks) > 1 else ""
                    found[called(lock, arn) + through] = Way(_SERVICE, arn, gates, (), own)
        elif item["type"] == ENDPOINT:
            way = _endpoint(lock, arn, names)
            if way is not None:
                found[called(lock, arn)] = way
    return found


def called(lock: Lock, arn: str) -> str:
    """What a resource is called, by its ARN where others of its type have the name too."""
    item = lock.of(arn)
    name = str(item.get("name") or "")
    alike = [one for one in lock.resources.values() if one["name"] == name and one["type"] == item.get("type")]
    return name if name and len(alike) == 1 else arn


def _gate(lock: Lock, arn: str, role: str, names: Names) -> str | None:
    """The document of a gate; empty where the gate asks nobody, None where it has no policy."""
    if not arn:
        return ""
    item = lock.of(arn)
    auth = item["facts"].get("auth")
    if auth == "none":
        return ""
    if auth != "aws_iam" or role in item["unread"]:
        return _UNKNOWN
    return _document(item, role, names)


def _document(item: Mapping[str, Any], role: str, names: Names) -> str | None:
    path = item["policies"].get(role)
    return None if path is None else names(path) or _UNKNOWN


def _endpoint(lock: Lock, arn: str, names: Names) -> Way | None:
    """The texts of a group and an endpoint; None where one is not known, or there is neither."""
    item = lock.of(arn)
    group = next(
        (
            one
            for one, other in lock.resources.items()
            if other["type"] == "verified_access.group" and one.rpartition("/")[2] == item["facts"].get("group")
        ),
        "",
    )
    if not group or "group-policy" in lock.of(group)["unread"] or "endpoint-policy" in item["unread"]:
        return None
    gates = (_document(lock.of(group), "group-policy", names), _document(item, "endpoint-policy", names))
    if _UNKNOWN in gates or gates == (None, None):
        return None
    return Way(ENDPOINT, arn, gates, (called(lock, group), called(lock, arn)))


def carriers(lock: Lock) -> dict[str, list[str]]:
    """Who carries each managed policy that was pulled, by its path."""
    found: dict[str, list[str]] = {}
    for arn, item in lock.resources.items():
        for path in item["facts"].get("identity") or () if is_carrier(arn) else ():
            if not is_carrier(str(lock.documents[path]["resource"])):
                found.setdefault(path, []).append(arn)
    return found


def of_callers(lock: Lock, names: Names) -> Iterator[tuple[Own, tuple[str, ...] | None]]:
    """What callers carry, and what bounds them."""
    for arn, item in lock.resources.items():
        if is_carrier(arn) and item["type"] != "iam.group":
            groups = [lock.of(group) for group in item["facts"].get("groups") or ()]
            unread = [not one or IDENTITY in one["unread"] for one in (item, *groups)]
            paths = (
                [] if any(unread) else [path for one in (item, *groups) for path in one["facts"].get("identity") or ()]
            )
            held = tuple(names(path) for path in paths)
            bounds = _document(item, BOUNDARY, names)
            known = not any(unread) and all(held) and BOUNDARY not in item["unread"] and bounds != _UNKNOWN
            yield (IDENTITY, arn), held if known else None
            if known and bounds is not None:
                yield (BOUNDARY, arn), (bounds,)
        elif item["type"] == "account" and "scp" not in item["unread"]:
            account, facts = arn.partition(":")[2], item["facts"]
            # the account that manages an organization is not bound by its policies
            levels = [] if facts.get("management") == account else facts.get("levels") or []
            for at, paths in enumerate([level["scp"] for level in levels if level["scp"]] or [[]], 1):
                held = tuple(names(path) for path in paths)
                yield (f"scp {at}", f"arn:aws:iam::{account}:root"), held if all(held) else None
