"""A function's policy statement by statement, for a boto3 or a server without the calls for whole policies.

`AddPermission` adds one statement for one principal and one action, `RemovePermission` takes one away by its `Sid`. What shall be is added
first, what shall not be is removed after that, one call for each look at AWS, each with the `RevisionId` that was just read.
https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from policyc.aws.session import CallFailed, Sessions, Trouble
from policyc.aws.steps import Refusal, State, Step
from policyc.record import record

#: operator and key of a condition, in small letters -> the parameter that writes it
_CONDITIONS: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("arnlike", "aws:sourcearn"): "SourceArn",
        ("stringequals", "aws:sourceaccount"): "SourceAccount",
        ("stringequals", "aws:principalorgid"): "PrincipalOrgID",
        ("stringequals", "lambda:functionurlauthtype"): "FunctionUrlAuthType",
        ("stringequals", "lambda:eventsourcetoken"): "EventSourceToken",
    }
)
#: no statement needs more than this many calls
MOST_WRITES: Final = 400
_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]{1,90}")
_MEMBERS: Final = frozenset({"Sid", "Effect", "Principal", "Action", "Resource", "Condition"})


@record
class Held:
    """One statement: its `Sid`, and what it says, each part a principal and an action as `AddPermission` takes them, or the whole statement
    where that call cannot write it."""

    sid: str
    parts: frozenset[str]


def is_needed(sessions: Sessions, step: Step, text: str | None) -> bool:
    """Whether a function that holds `text` is written so: boto3 has no call for whole policies, or the server (an emulator, a Region that got no such call yet)
    does not find by it the policy that is there. Raises CallFailed where it gives no answer."""
    if not sessions.has("lambda", "put_resource_policy", step.region):
        return True
    if text is None:  # the server may lack the call, and does not tell
        return False
    try:
        sessions.call("lambda", "get_resource_policy", step.region, ResourceArn=step.resource)
    except CallFailed as error:
        if error.failure.trouble in (Trouble.MISSING, Trouble.STRANGE):
            return True
        if error.failure.trouble is not Trouble.DENIED:
            raise
    return False


def obstacle(arn: str, now: str | None, new: str | None) -> str:
    """Why the way from one policy to another cannot be written statement by statement; empty when it can."""
    for part in sorted(_parts(arn, new) - _parts(arn, now)):
        if "raw" in json.loads(part):
            return (
                "boto3 or the server has no call for whole policies of functions (boto3 1.44 has), and `AddPermission` cannot write one of "
                "the new statements"
            )
    if any(not item.sid for item in _held(arn, now) if not item.parts <= _parts(arn, new)):
        return "a statement that has to go has no `Sid`, and boto3 or the server has no call for whole policies (boto3 1.44 has)"
    return ""


def is_between(arn: str, now: str | None, old: str | None, new: str | None) -> bool:
    """Whether a policy may be what was reached on the way from one to another."""
    one, other, there = _parts(arn, old), _parts(arn, new), _parts(arn, now)
    return one & other <= there <= one | other


def write(sessions: Sessions, step: Step, new: State, now: State) -> None:
    """The next call on the way to `new`. Raises CallFailed and Refusal."""
    arn = step.resource
    reason = obstacle(arn, now.text, new.text)
    if reason:
        raise Refusal(reason)
    pieces = arn.split(":")
    of: dict[str, Any] = {"FunctionName": ":".join(pieces[:7])}
    of |= {"Qualifier": pieces[7]} if len(pieces) > 7 else {}
    of |= {"RevisionId": now.revision["RevisionId"]} if "RevisionId" in now.revision else {}
    held = _held(arn, now.text)
    there: frozenset[str] = frozenset().union(*(item.parts for item in held))
    for item in _held(arn, new.text):
        for part in sorted(item.parts - there):
            sid = _free(item.sid, {one.sid for one in held})
            sessions.call("lambda", "add_permission", step.region, StatementId=sid, **json.loads(part), **of)
            return
    wanted = _parts(arn, new.text)
    for item in held:
        if not item.parts <= wanted:
            # what it says beside that stays, in a statement of its own
            stays = item.parts & wanted - frozenset().union(*(one.parts for one in held if one is not item))
            for part in sorted(stays):
                sid = _free(item.sid, {one.sid for one in held})
                sessions.call("lambda", "add_permission", step.region, StatementId=sid, **json.loads(part), **of)
                return
            sessions.call("lambda", "remove_permission", step.region, StatementId=item.sid, **of)
            return


def _free(sid: str, taken: set[str]) -> str:
    """A `Sid` that no statement has."""
    start = sid if _PLAIN.fullmatch(sid) else "policyc"
    return next(name for name in _numbered(start) if name not in taken)


def _numbered(start: str) -> Iterator[str]:
    yield start
    number = 2
    while True:
        yield f"{start}-{number}"
        number += 1


def _parts(arn: str, text: str | None) -> frozenset[str]:
    return frozenset().union(*(item.parts for item in _held(arn, text)))


def _held(arn: str, text: str | None) -> list[Held]:
    data: Any
    try:
        data = {} if text is None else json.loads(text)
    except (ValueError, RecursionError):
        data = None
    listed: list[Any] = _listed(data.get("Statement", [])) if isinstance(data, dict) else [None]
    if not all(isinstance(item, dict) for item in listed):
        return [Held("", frozenset({json.dumps({"raw": text})}))]  # no policy: nothing of it can be written or removed
    return [Held(str(item.get("Sid", "")), frozenset(_split(arn, item))) for item in listed]


def _split(arn: str, statement: Mapping[str, Any]) -> Iterator[str]:
    """The parts of a statement, as JSON texts."""
    parameters = _parameters(statement.get("Condition") or {})
    principals = list(_principals(statement.get("Principal")))
    actions = _listed(statement.get("Action"))
    plain = (
        statement.get("Effect") == "Allow"
        and _MEMBERS.issuperset(statement)
        and _listed(statement.get("Resource")) == [arn]
        and parameters is not None
        and principals
        and actions
        and all(isinstance(action, str) and "?" not in action for action in actions)
    )
    if not plain:
        rest = {key: value for key, value in statement.items() if key != "Sid"}
        yield json.dumps({"raw": rest}, sort_keys=True)
        return
    for principal in principals:
        for action in actions:
            yield json.dumps({"Principal": principal, "Action": action, **(parameters or {})}, sort_keys=True)


def _principals(principal: Any) -> Iterator[str]:
    """What `AddPermission` calls the principals of a statement; nothing where it cannot."""
    if principal == "*":
        yield "*"
    elif isinstance(principal, Mapping) and set(principal) <= {"AWS", "Service"}:
        for names in principal.values():
            for name in _listed(names):
                # an account is written as its number and shown as its root
                root = re.fullmatch(r"arn:aws[a-z-]*:iam::([0-9]{12}):root", str(name))
                yield root[1] if root else str(name)


def _parameters(conditions: Mapping[str, Any]) -> dict[str, str] | None:
    """The parameters that write the conditions; None where no parameter does."""
    out: dict[str, str] = {}
    for operator, block in conditions.items():
        for key, value in block.items():
            name = _CONDITIONS.get((operator.lower(), key.lower()))
            values = _listed(value)
            if name is None or len(values) != 1 or name in out:
                return None
            out[name] = str(values[0])
    return out


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
