"""What a pull could not read: that a document is not in its folder says nothing then of what is on AWS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from policyc.report.screen import plural
from policyc.workspace.documents.pulled import OF_ORGANIZATION, Lock
from policyc.workspace.sides.pieces import BOUNDARY, IDENTITY, Piece, is_carrier

#: kind of a document -> the part of an inventory that it is in, and the roles that it may have on what carries it
_PLACES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = MappingProxyType(
    {
        "auth-policy": ("lattice", ("service-policy", "network-policy")),
        "cedar": ("verified_access", ("group-policy", "endpoint-policy")),
        "core-network": ("cloudwan", ("live", "latest")),
        "object-lambda": ("object_lambda", ("object-lambda-policy",)),
        "access-point": ("object_lambda", ("access-point-policy",)),
        "bucket": ("object_lambda", ("bucket-policy",)),
        "function": ("object_lambda", ("function-policy",)),
        "trust": ("callers", ("trust-policy",)),
        BOUNDARY: ("callers", (BOUNDARY,)),
        IDENTITY: ("callers", (IDENTITY, "managed-policy")),
        "scp": ("organization", ("scp",)),
        "rcp": ("organization", ("rcp",)),
    }
)
#: part of an inventory -> how the actions begin that list what is in it; of the others a pull reads what documents lead to
_LISTS: Final = {"lattice": "vpc-lattice:List", "verified_access": "ec2:Describe", "cloudwan": "networkmanager:List"}
_LED_TO: Final = "a pull reads what other documents lead to"


def not_known(locks: Sequence[Lock], piece: Piece) -> str:
    """Why it is not known whether AWS had a document that is not in what was pulled; empty where it had none."""
    target, roles = _PLACES.get(piece.kind, ("", ()))
    if not (locks and target and piece.place):
        return ""
    return next((why for lock in locks if (why := _not_known(lock, piece, target, roles))), "")


def _not_known(lock: Lock, piece: Piece, target: str, roles: Sequence[str]) -> str:
    of_account = piece.kind in OF_ORGANIZATION
    held: list[Mapping[str, Any]] = [lock.of(piece.place)] if piece.place in lock.resources else []
    held = [one for one in lock.resources.values() if one["type"] == "account"] if of_account else held
    if held:
        return next((str(one["unread"][role]) for one in held for role in roles if role in one["unread"]), "")
    parts = [] if of_account else piece.place.split(":")
    region, account = parts[3:5] if len(parts) > 4 else ("", "")
    asked = [
        one
        for one in lock.accounts
        if target in one["targets"]
        and account in ("", "aws", one["account"])
        and (not region or region in one["regions"])
    ]
    if not asked:
        return f"`{target}` of it was not pulled"
    if of_account:
        return ""
    start = _LISTS.get(target, "s3:List" if piece.kind == "object-lambda" else "")
    if not start:
        return _LED_TO
    # a list of everything is about nothing
    failed = (one for one in lock.unread if not one["about"] and str(one["action"]).startswith(start))
    return next((f"{one['action']}: {one['why']}" for one in failed), "")


def one_sided(old: Sequence[Lock], new: Sequence[Lock]) -> str:
    """Whose own policies and limits could be read on one side alone, so that nothing is said of requests through several gates; empty for nobody's."""
    if not (old and new):
        return ""
    sides = [dict(item for lock in locks for item in _unread(lock)) for locks in (old, new)]
    there = [{arn for lock in locks for arn in lock.resources} for locks in (old, new)]
    unlike = sorted((sides[0].keys() ^ sides[1].keys()) & there[0] & there[1])
    if not unlike:
        return ""
    others = f" and {plural(len(unlike) - 1, 'other')}" if len(unlike) > 1 else ""
    why = sides[0].get(unlike[0]) or sides[1].get(unlike[0])
    return f"what bears on `{unlike[0]}`{others} could be read on one side alone ({why})"


def _unread(lock: Lock) -> Iterator[tuple[str, str]]:
    """Who carries or is bound by what could not be read, and why."""
    for arn, item in lock.resources.items():
        limits = (IDENTITY, BOUNDARY) if is_carrier(arn) else ("scp", "rcp") if item["type"] == "account" else ()
        groups = [lock.of(group) for group in item["facts"].get("groups") or ()]
        for held in (item, *filter(None, groups)):
            yield from ((arn, str(held["unread"][role])) for role in limits if role in held["unread"])
