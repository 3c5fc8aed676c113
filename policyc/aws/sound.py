"""Whether the steps of a plan or a record are such as `plan` makes: a file that somebody changed never leads to a call that nobody meant."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final

from policyc.aws.steps import OF_CALLERS, Kind, State, Step

_ACCOUNT: Final = r"iam::(?P<account>[0-9]{12})"
_PATH: Final = r"/[\w+=,.@/-]{1,512}"
_REGIONAL: Final = r"(?P<region>[a-z]{2}(?:-[a-z]+)+-[0-9]{1,2}):(?P<account>[0-9]{12})"
_LATTICE: Final = rf"vpc-lattice:{_REGIONAL}:service(?:network)?/[\w-]+"
_NETWORK: Final = r"networkmanager::(?P<account>[0-9]{12}):core-network/[\w-]+"
#: kind -> what its ARN looks like behind the partition
_PLACES: Final = MappingProxyType(
    {
        Kind.LATTICE_POLICY: _LATTICE,
        Kind.LATTICE_AUTH: _LATTICE,
        Kind.VERIFIED_ACCESS: rf"ec2:{_REGIONAL}:verified-access-(?:group|endpoint)/[\w-]+",
        Kind.WAN_PUT: _NETWORK,
        Kind.WAN_EXECUTE: _NETWORK,
        Kind.OBJECT_LAMBDA: rf"s3-object-lambda:{_REGIONAL}:accesspoint/[\w.-]+",
        Kind.ACCESS_POINT: rf"s3:{_REGIONAL}:accesspoint/[\w.-]+",
        Kind.BUCKET: r"s3:::[\w.-]+",
        Kind.FUNCTION: rf"lambda:{_REGIONAL}:function:[\w-]+(?::[\w$-]+)?",
        Kind.ROLE: rf"{_ACCOUNT}:role{_PATH}",
        Kind.USER: rf"{_ACCOUNT}:user{_PATH}",
        Kind.GROUP: rf"{_ACCOUNT}:group{_PATH}",
        Kind.MANAGED: rf"{_ACCOUNT}:policy{_PATH}",
        Kind.TRUST: rf"{_ACCOUNT}:role{_PATH}",
        Kind.BOUNDARY: rf"{_ACCOUNT}:(?:role|user){_PATH}",
    }
)
_REGION: Final = re.compile(r"(?:[a-z]{2}(?:-[a-z]+)+-[0-9]{1,2})?")
_NAME: Final = re.compile(r"[\w+=,.@-]{1,128}", re.A)
#: kind -> the words beside its text
_FLAGS: Final = MappingProxyType(
    {
        Kind.LATTICE_AUTH: re.compile("NONE|AWS_IAM"),
        Kind.VERIFIED_ACCESS: re.compile("enabled|disabled"),
        Kind.BOUNDARY: re.compile(r"|arn:aws[a-z-]*:iam::(?:[0-9]{12}|aws):policy/[\w+=,.@/-]+"),
    }
)
#: kinds that hold no text of their own
_BARE: Final = frozenset({Kind.LATTICE_AUTH, Kind.BOUNDARY})
#: member of a revision -> what it has to be
_MEMBERS: Final[dict[str, tuple[type, ...]]] = {
    "RevisionId": (str,),
    "VersionId": (str,),
    "lastUpdatedAt": (str,),
    "live": (int, type(None)),
    "latest": (int, type(None)),
    "state": (str, type(None)),
    "carried": (int,),
    "by_sid": (bool,),
    "errors": (list,),
}
_VERSIONS: Final = ("versions", "made")


def unsound(steps: Sequence[Step]) -> tuple[int, str] | None:
    """The place of the first step (from 0) that no plan has, and what is wrong with it; None where all are sound."""
    for at, step in enumerate(steps):
        reason = _of_step(step) or _of_states(step)
        if not reason and step.number != at + 1:
            reason = f"its number is {step.number}"
        if reason:
            return at, reason
    return None


def is_name(text: str) -> bool:
    """Whether an inline policy may be called so (https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html)."""
    return _NAME.fullmatch(text) is not None


def _of_step(step: Step) -> str:
    partition, _, rest = step.resource.removeprefix("arn:").partition(":")
    found = re.fullmatch(_PLACES[step.kind], rest, re.A)
    if not step.resource.startswith("arn:") or not re.fullmatch("aws(?:-[a-z]+)*", partition) or found is None:
        return f"`{step.resource}` has no {step.kind.value}"
    parts = found.groupdict()
    if parts.get("account", step.account) != step.account or not re.fullmatch("[0-9]{12}", step.account, re.A):
        return f"`{step.resource}` is not in the account `{step.account}`"
    if parts.get("region", step.region) != step.region or not _REGION.fullmatch(step.region):
        return f"`{step.resource}` is not in the Region `{step.region}`"
    if step.kind in OF_CALLERS and not is_name(step.name):
        return f"`{step.name}` is no name of a policy"
    if step.kind not in OF_CALLERS and step.name:
        return f"a {step.kind.value} has no name such as `{step.name}`"
    return ""


def _of_states(step: Step) -> str:
    for state in (step.old, step.new):
        flag = _FLAGS.get(step.kind)
        if not (flag.fullmatch(state.flag) if flag is not None else state.flag == ""):
            return f"`{state.flag}` is no state of a {step.kind.value}"
        if step.kind in _BARE and state.text is not None:
            return f"a {step.kind.value} has no text"
        reason = _of_revision(state)
        if reason:
            return reason
    if step.new.revision:
        return "what is not there yet has no revision"
    if step.kind in _BARE:
        return ""
    if step.new.text is None:
        return "it has no new text"
    return "" if step.kind is Kind.VERIFIED_ACCESS or _is_document(step.new.text) else "its new text is no document"


def _of_revision(state: State) -> str:
    for name, value in state.revision.items():
        if name in _VERSIONS:
            if not _are_texts(value):
                return f"`{name}` of its revision is no list of versions"
        elif name not in _MEMBERS or type(value) not in _MEMBERS[name]:
            return f"`{name}` of its revision is `{value!r}`"
    return ""


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_document(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
