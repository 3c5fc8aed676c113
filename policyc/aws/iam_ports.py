"""Reading and writing what IAM holds: inline policies of roles and users, trust policies, managed policies.

A managed policy has up to five versions, of which one is the default. A change makes a version and the way back sets the old default again and
deletes the version that was made (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from policyc.aws.meaning import alike
from policyc.aws.session import CallFailed, Sessions, Trouble
from policyc.aws.steps import State, Step

_CLIENT: Final = "iam"
MOST_VERSIONS: Final = 5


def _text(document: Any) -> str | None:
    """A document as boto3 has decoded it."""
    return None if document is None else json.dumps(document)


def _found(sessions: Sessions, method: str, **params: Any) -> Mapping[str, Any]:
    try:
        answer: Mapping[str, Any] = sessions.call(_CLIENT, method, "", **params)
    except CallFailed as error:
        if error.failure.trouble is Trouble.MISSING:
            return {}
        raise
    return answer


def _gone(sessions: Sessions, method: str, **params: Any) -> None:
    try:
        sessions.call(_CLIENT, method, "", **params)
    except CallFailed as error:
        if error.failure.trouble is not Trouble.MISSING:
            raise


# --- inline and trust policies ----------------------------------------------------------------------------------


def _inline(step: Step) -> tuple[str, dict[str, str]]:
    sort = step.resource.split(":")[5].partition("/")[0]
    return sort, {f"{sort.capitalize()}Name": step.resource.rpartition("/")[2], "PolicyName": step.name}


def read_inline(sessions: Sessions, step: Step) -> State:
    """An inline policy."""
    sort, of = _inline(step)
    return State(_text(_found(sessions, f"get_{sort}_policy", **of).get("PolicyDocument")))


def write_inline(sessions: Sessions, step: Step, new: State, now: State) -> None:
    """Replace or delete it."""
    sort, of = _inline(step)
    if new.text is None:
        _gone(sessions, f"delete_{sort}_policy", **of)
    else:
        sessions.call(_CLIENT, f"put_{sort}_policy", "", PolicyDocument=new.text, **of)


def read_trust(sessions: Sessions, step: Step) -> State:
    """The trust policy of a role."""
    role = sessions.call(_CLIENT, "get_role", "", RoleName=step.resource.rpartition("/")[2])["Role"]
    return State(_text(role.get("AssumeRolePolicyDocument")))


def write_trust(sessions: Sessions, step: Step, new: State, now: State) -> None:
    """Replace it; no role is without one."""
    assert new.text is not None
    name = step.resource.rpartition("/")[2]
    sessions.call(_CLIENT, "update_assume_role_policy", "", RoleName=name, PolicyDocument=new.text)


# --- permissions boundaries ---------------------------------------------------------------------------------------


def read_boundary(sessions: Sessions, step: Step) -> State:
    """Which managed policy bounds a role or user: its ARN, empty for none."""
    sort, of = _inline(step)
    of.pop("PolicyName")
    held = sessions.call(_CLIENT, f"get_{sort}", "", **of)[sort.capitalize()].get("PermissionsBoundary") or {}
    return State(None, str(held.get("PermissionsBoundaryArn") or ""))


def write_boundary(sessions: Sessions, step: Step, new: State, now: State) -> None:
    """Set another one, or on the way back none."""
    sort, of = _inline(step)
    of.pop("PolicyName")
    if new.flag:
        sessions.call(_CLIENT, f"put_{sort}_permissions_boundary", "", PermissionsBoundary=new.flag, **of)
    else:
        _gone(sessions, f"delete_{sort}_permissions_boundary", **of)


# --- managed policies -------------------------------------------------------------------------------------------


def read_managed(sessions: Sessions, step: Step) -> State:
    """The default version. `VersionId` and `versions` (oldest first) say what there is, `carried` how many carry it; on a way back `made` are the versions that the plan's
    step left there."""
    of = {"PolicyArn": step.resource}
    policy = _found(sessions, "get_policy", **of).get("Policy") or {}
    default = policy.get("DefaultVersionId")
    if default is None:
        return State(None)
    versions = sorted(
        (item["VersionId"] for item in sessions.pages(_CLIENT, "list_policy_versions", "", "Versions", **of)),
        key=_ordinal,
    )
    carried = int(policy.get("AttachmentCount") or 0) + int(policy.get("PermissionsBoundaryUsageCount") or 0)
    revision: dict[str, Any] = {"VersionId": default, "versions": versions, "carried": carried}
    made = [
        one for one in _added(step.new, versions) if alike("identity", _version(sessions, step, one), step.old.text)
    ]
    if made:
        revision["made"] = made
    return State(_version(sessions, step, default), "", revision)


def _added(target: State, versions: Sequence[str]) -> list[str]:
    """The versions that were not there in the state that is gone back to; nothing for a state that was never there."""
    held = target.revision.get("versions")
    return [] if held is None else [one for one in versions if one not in held]


def _version(sessions: Sessions, step: Step, version: str) -> str | None:
    found = _found(sessions, "get_policy_version", PolicyArn=step.resource, VersionId=version)
    return _text(found.get("PolicyVersion", {}).get("Document"))


def _ordinal(version: str) -> int:
    return int(version[1:]) if version[1:].isdigit() else 0


def oldest(revision: Mapping[str, Any]) -> str:
    """The version that makes room for another one, empty where there is room."""
    versions = revision.get("versions") or ()
    if len(versions) < MOST_VERSIONS:
        return ""
    return next(str(one) for one in versions if one != revision["VersionId"])


def write_managed(sessions: Sessions, step: Step, new: State, now: State) -> None:
    """A new default version, or on the way back the one that was the default; what the step had made is deleted after that. Each look at
    AWS is followed by one write."""
    of = {"PolicyArn": step.resource}
    back = new.revision.get("VersionId")
    made: Sequence[str] = now.revision.get("made") or ()
    if back is not None and now.revision.get("VersionId") in made and back in now.revision["versions"]:
        sessions.call(_CLIENT, "set_default_policy_version", "", VersionId=back, **of)
        return
    if back is not None and made and now.revision.get("VersionId") not in made:
        _gone(sessions, "delete_policy_version", VersionId=made[0], **of)
        return
    room = oldest(now.revision)
    if room:
        _gone(sessions, "delete_policy_version", VersionId=room, **of)
    assert new.text is not None
    sessions.call(_CLIENT, "create_policy_version", "", PolicyDocument=new.text, SetAsDefault=True, **of)
