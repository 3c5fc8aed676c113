"""Reading and writing the places that steps are about: one pair of functions for each kind.

A write is sent once. What it did is for `policyc.aws.apply` to find out by reading. Where the service has a compare-and-set the state
that was just read goes along: `RevisionId` of Lambda, `LatestVersionId` of Cloud WAN.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from policyc.aws import by_sid, iam_ports
from policyc.aws.calls import CALLS, Call
from policyc.aws.session import CallFailed, Sessions, Trouble
from policyc.aws.steps import Kind, Refusal, State, Step

Read = Callable[[Sessions, Step], State]
Write = Callable[[Sessions, Step, State, State], None]


def _found(sessions: Sessions, client: str, method: str, region: str, **params: Any) -> Mapping[str, Any]:
    """The answer of a read, empty where the thing is not there. Raises CallFailed."""
    try:
        answer: Mapping[str, Any] = sessions.call(client, method, region, **params)
    except CallFailed as error:
        if error.failure.trouble is Trouble.MISSING:
            return {}
        raise
    return answer


def _gone(sessions: Sessions, client: str, method: str, region: str, **params: Any) -> None:
    """Delete something; that it is gone already is as good."""
    try:
        sessions.call(client, method, region, **params)
    except CallFailed as error:
        if error.failure.trouble is not Trouble.MISSING:
            raise


# --- VPC Lattice ------------------------------------------------------------------------------------------------


def _is_network(step: Step) -> bool:
    return ":servicenetwork/" in step.resource


def _read_auth_policy(sessions: Sessions, step: Step) -> State:
    found = _found(sessions, "vpc-lattice", "get_auth_policy", step.region, resourceIdentifier=step.resource)
    revision = {"lastUpdatedAt": found["lastUpdatedAt"]} if "lastUpdatedAt" in found else {}
    return State(found.get("policy"), "", revision)


def _write_auth_policy(sessions: Sessions, step: Step, new: State, now: State) -> None:
    of = {"resourceIdentifier": step.resource}
    if new.text is None:
        _gone(sessions, "vpc-lattice", "delete_auth_policy", step.region, **of)
    else:
        sessions.call("vpc-lattice", "put_auth_policy", step.region, policy=new.text, **of)


def _read_auth_type(sessions: Sessions, step: Step) -> State:
    if _is_network(step):
        method, of = "get_service_network", {"serviceNetworkIdentifier": step.resource}
    else:
        method, of = "get_service", {"serviceIdentifier": step.resource}
    return State(None, str(sessions.call("vpc-lattice", method, step.region, **of)["authType"]))


def _write_auth_type(sessions: Sessions, step: Step, new: State, now: State) -> None:
    if new.flag == "AWS_IAM" and _read_auth_policy(sessions, step).text is None:
        raise Refusal("turning `AWS_IAM` on without a policy would refuse everybody")
    if _is_network(step):
        of = {"serviceNetworkIdentifier": step.resource}
        sessions.call("vpc-lattice", "update_service_network", step.region, authType=new.flag, **of)
    else:
        of = {"serviceIdentifier": step.resource}
        sessions.call("vpc-lattice", "update_service", step.region, authType=new.flag, **of)


# --- Verified Access --------------------------------------------------------------------------------------------


def _access(step: Step) -> tuple[str, dict[str, str]]:
    sort = "Group" if ":verified-access-group/" in step.resource else "Endpoint"
    return sort.lower(), {f"VerifiedAccess{sort}Id": step.resource.rpartition("/")[2]}


def _read_access(sessions: Sessions, step: Step) -> State:
    sort, of = _access(step)
    found = sessions.call("ec2", f"get_verified_access_{sort}_policy", step.region, **of)
    return State(found.get("PolicyDocument"), "enabled" if found.get("PolicyEnabled") else "disabled")


def _write_access(sessions: Sessions, step: Step, new: State, now: State) -> None:
    """Text and flag together, and the flag alone to have no policy: that is what the API takes."""
    sort, of = _access(step)
    method = f"modify_verified_access_{sort}_policy"
    if new.flag == "enabled" and new.text is not None:
        sessions.call("ec2", method, step.region, PolicyEnabled=True, PolicyDocument=new.text, **of)
    else:
        sessions.call("ec2", method, step.region, PolicyEnabled=False, **of)


# --- the chain of S3 Object Lambda ------------------------------------------------------------------------------


def _control(of_lambda: bool) -> tuple[Read, Write]:
    """Access points, which differ in the names of the calls only."""
    tail = "_for_object_lambda" if of_lambda else ""

    def of(step: Step) -> dict[str, str]:
        return {"AccountId": step.resource.split(":")[4], "Name": step.resource.rpartition("/")[2]}

    def read(sessions: Sessions, step: Step) -> State:
        found = _found(sessions, "s3control", f"get_access_point_policy{tail}", step.region, **of(step))
        return State(found.get("Policy"))

    def write(sessions: Sessions, step: Step, new: State, now: State) -> None:
        if new.text is None:
            _gone(sessions, "s3control", f"delete_access_point_policy{tail}", step.region, **of(step))
        else:
            method = f"put_access_point_policy{tail}"
            sessions.call("s3control", method, step.region, Policy=new.text, **of(step))

    return read, write


def _bucket(step: Step) -> dict[str, str]:
    """The bucket, expected to be the account's still: a name may have been taken by somebody else."""
    return {"Bucket": step.resource.rpartition(":")[2], "ExpectedBucketOwner": step.account}


def _read_bucket(sessions: Sessions, step: Step) -> State:
    return State(_found(sessions, "s3", "get_bucket_policy", step.region, **_bucket(step)).get("Policy"))


def _write_bucket(sessions: Sessions, step: Step, new: State, now: State) -> None:
    if new.text is None:
        _gone(sessions, "s3", "delete_bucket_policy", step.region, **_bucket(step))
    else:
        sessions.call("s3", "put_bucket_policy", step.region, Policy=new.text, **_bucket(step))


def _read_function(sessions: Sessions, step: Step) -> State:
    parts = step.resource.split(":")
    of = {"FunctionName": ":".join(parts[:7])}
    of |= {"Qualifier": parts[7]} if len(parts) > 7 else {}
    found = _found(sessions, "lambda", "get_policy", step.region, **of)
    text = found.get("Policy")
    revision: dict[str, Any] = {"RevisionId": found["RevisionId"]} if "RevisionId" in found else {}
    if by_sid.is_needed(sessions, step, text):
        revision["by_sid"] = True
    return State(text, "", revision)


def _write_function(sessions: Sessions, step: Step, new: State, now: State) -> None:
    if now.revision.get("by_sid"):
        by_sid.write(sessions, step, new, now)
        return
    of: dict[str, Any] = {"ResourceArn": step.resource}
    of |= {"RevisionId": now.revision["RevisionId"]} if "RevisionId" in now.revision else {}
    if new.text is None:
        _gone(sessions, "lambda", "delete_resource_policy", step.region, **of)
        return
    try:
        sessions.call("lambda", "put_resource_policy", step.region, Policy=new.text, **of)
    except CallFailed as error:
        # without a policy nothing told before whether the server has this call
        if now.text is not None or error.failure.trouble is not Trouble.MISSING:
            raise
        by_sid.write(sessions, step, new, now)


_PORTS: Final[Mapping[Kind, tuple[Read, Write]]] = MappingProxyType(
    {
        Kind.LATTICE_POLICY: (_read_auth_policy, _write_auth_policy),
        Kind.LATTICE_AUTH: (_read_auth_type, _write_auth_type),
        Kind.VERIFIED_ACCESS: (_read_access, _write_access),
        Kind.OBJECT_LAMBDA: _control(True),
        Kind.ACCESS_POINT: _control(False),
        Kind.BUCKET: (_read_bucket, _write_bucket),
        Kind.FUNCTION: (_read_function, _write_function),
        Kind.ROLE: (iam_ports.read_inline, iam_ports.write_inline),
        Kind.USER: (iam_ports.read_inline, iam_ports.write_inline),
        Kind.GROUP: (iam_ports.read_inline, iam_ports.write_inline),
        Kind.BOUNDARY: (iam_ports.read_boundary, iam_ports.write_boundary),
        Kind.MANAGED: (iam_ports.read_managed, iam_ports.write_managed),
        Kind.TRUST: (iam_ports.read_trust, iam_ports.write_trust),
    }
)
#: kind -> the methods that its steps may call, for the least permissions of a plan
METHODS: Final[Mapping[Kind, tuple[tuple[str, str], ...]]] = MappingProxyType(
    {
        Kind.LATTICE_POLICY: (
            ("vpc-lattice", "get_auth_policy"),
            ("vpc-lattice", "put_auth_policy"),
            ("vpc-lattice", "delete_auth_policy"),
        ),
        Kind.LATTICE_AUTH: (
            ("vpc-lattice", "get_auth_policy"),
            ("vpc-lattice", "get_service"),
            ("vpc-lattice", "get_service_network"),
            ("vpc-lattice", "update_service"),
            ("vpc-lattice", "update_service_network"),
        ),
        Kind.VERIFIED_ACCESS: (
            ("ec2", "get_verified_access_group_policy"),
            ("ec2", "get_verified_access_endpoint_policy"),
            ("ec2", "modify_verified_access_group_policy"),
            ("ec2", "modify_verified_access_endpoint_policy"),
        ),
        Kind.WAN_PUT: (("networkmanager", "get_core_network_policy"), ("networkmanager", "put_core_network_policy")),
        Kind.WAN_EXECUTE: (
            ("networkmanager", "get_core_network_policy"),
            ("networkmanager", "get_core_network_change_set"),
            ("networkmanager", "get_core_network_change_events"),
            ("networkmanager", "list_attachments"),
            ("networkmanager", "execute_core_network_change_set"),
            ("networkmanager", "restore_core_network_policy_version"),
            ("networkmanager", "put_core_network_policy"),
        ),
        Kind.OBJECT_LAMBDA: (
            ("s3control", "get_access_point_policy_for_object_lambda"),
            ("s3control", "put_access_point_policy_for_object_lambda"),
            ("s3control", "delete_access_point_policy_for_object_lambda"),
        ),
        Kind.ACCESS_POINT: (
            ("s3control", "get_access_point_policy"),
            ("s3control", "put_access_point_policy"),
            ("s3control", "delete_access_point_policy"),
        ),
        Kind.BUCKET: (("s3", "get_bucket_policy"), ("s3", "put_bucket_policy"), ("s3", "delete_bucket_policy")),
        Kind.FUNCTION: (
            ("lambda", "get_policy"),
            ("lambda", "get_resource_policy"),
            ("lambda", "put_resource_policy"),
            ("lambda", "delete_resource_policy"),
            ("lambda", "add_permission"),
            ("lambda", "remove_permission"),
        ),
        Kind.ROLE: (("iam", "get_role_policy"), ("iam", "put_role_policy"), ("iam", "delete_role_policy")),
        Kind.USER: (("iam", "get_user_policy"), ("iam", "put_user_policy"), ("iam", "delete_user_policy")),
        Kind.GROUP: (("iam", "get_group_policy"), ("iam", "put_group_policy"), ("iam", "delete_group_policy")),
        Kind.BOUNDARY: tuple(
            ("iam", method.format(sort))
            for sort in ("role", "user")
            for method in ("get_{}", "put_{}_permissions_boundary", "delete_{}_permissions_boundary")
        ),
        Kind.MANAGED: (
            ("iam", "get_policy"),
            ("iam", "get_policy_version"),
            ("iam", "list_policy_versions"),
            ("iam", "create_policy_version"),
            ("iam", "set_default_policy_version"),
            ("iam", "delete_policy_version"),
        ),
        Kind.TRUST: (("iam", "get_role"), ("iam", "update_assume_role_policy")),
    }
)


def read(sessions: Sessions, step: Step) -> State:
    """What a place holds now. Raises CallFailed."""
    if step.kind in (Kind.WAN_PUT, Kind.WAN_EXECUTE):
        from policyc.aws import wan

        return wan.read(sessions, step)
    return _PORTS[step.kind][0](sessions, step)


def write(sessions: Sessions, step: Step, new: State, now: State) -> None:
    """Make a place hold `new`; `now` is what was just read there. Raises CallFailed and Refusal."""
    if step.kind in (Kind.WAN_PUT, Kind.WAN_EXECUTE):
        from policyc.aws import wan

        wan.write(sessions, step, new, now)
        return
    _PORTS[step.kind][1](sessions, step, new, now)


def needs(step: Step) -> list[tuple[str, tuple[str, ...]]]:
    """The actions of a step and of its way back, with the ARNs that they are narrowed to."""
    out: list[tuple[str, tuple[str, ...]]] = []
    for client, method in METHODS[step.kind]:
        what = CALLS[client, method]
        fits = not what.on or any(_fits(pattern, step.resource) for pattern in what.on)
        if fits and not _is_idle(step, method):
            out.append((what.action, (step.resource,) if what.on else ()))
    return out


def _is_idle(step: Step, method: str) -> bool:
    """Whether a step of its kind may call a method, and this one does not."""
    held = step.old.text is not None or (step.kind is Kind.BOUNDARY and bool(step.old.flag))
    if step.kind is Kind.FUNCTION and held:
        piecemeal = bool(step.old.revision.get("by_sid"))
        return method in (_WHOLE if piecemeal else _BY_SID)
    # what held something before is never emptied
    return held and method.startswith("delete_") and step.kind is not Kind.MANAGED


_WHOLE: Final = ("put_resource_policy", "delete_resource_policy")
_BY_SID: Final = ("add_permission", "remove_permission", "delete_resource_policy")


def run_of(targets: Sequence[str]) -> Iterator[Call]:
    """The calls of runs (`apply`, `rollback`) with steps of some targets."""
    return (CALLS[one] for methods in METHODS.values() for one in methods if CALLS[one].target in targets)


def _fits(pattern: str, arn: str) -> bool:
    """Whether a resource type's pattern is about an ARN: service and the beginning of the resource part agree."""
    one, other = pattern.split(":", 5), arn.split(":", 5)
    return one[2] == other[2] and other[5].startswith(one[5].partition("*")[0])
