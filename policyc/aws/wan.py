"""The two steps of a core network: a version is put and generates a change set, the change set is executed, minutes each.

A version is told by what it means, so that a put whose answer was lost is found again; a roll-back restores the old version and executes it.
States: https://docs.aws.amazon.com/networkmanager/latest/APIReference/API_CoreNetworkPolicy.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from policyc.aws.meaning import alike
from policyc.aws.session import CallFailed, Sessions, Trouble
from policyc.aws.steps import Kind, Refusal, State, Step

_CLIENT: Final = "networkmanager"
_DOCUMENT: Final = "core-network"
READY: Final = "READY_TO_EXECUTE"
DONE: Final = "EXECUTION_SUCCEEDED"
GENERATING: Final = "PENDING_GENERATION"
EXECUTING: Final = "EXECUTING"
FAILED: Final = "FAILED_GENERATION"
#: states of attachments in which the service refuses to execute
_MOVING: Final = frozenset({"CREATING", "UPDATING", "PENDING_NETWORK_UPDATE"})


def _policy(sessions: Sessions, step: Step, alias: str) -> Mapping[str, Any]:
    try:
        answer = sessions.call(_CLIENT, "get_core_network_policy", "", CoreNetworkId=network_id(step), Alias=alias)
    except CallFailed as error:
        if error.failure.trouble is Trouble.MISSING:
            return {}
        raise
    found: Mapping[str, Any] = answer.get("CoreNetworkPolicy") or {}
    return found


def network_id(step: Step) -> str:
    """The id in the ARN of a core network."""
    return step.resource.rpartition("/")[2]


def read(sessions: Sessions, step: Step) -> State:
    """For a put the latest version with its state, for an execution the live one with the state of the latest. Raises CallFailed."""
    # in this order: what was still being executed at the first look may be live at the second, and never the other way round
    latest, live = (_policy(sessions, step, alias) for alias in ("LATEST", "LIVE"))
    shown = latest if step.kind is Kind.WAN_PUT else live
    revision: dict[str, Any] = {
        "live": live.get("PolicyVersionId"),
        "latest": latest.get("PolicyVersionId"),
        "state": latest.get("ChangeSetState"),
    }
    if latest.get("PolicyErrors"):
        revision["errors"] = latest["PolicyErrors"]
    return State(shown.get("PolicyDocument"), "", revision)


def write(sessions: Sessions, step: Step, new: State, now: State) -> None:
    """Put a version, or execute the latest one, which is made first where it does not mean what shall be live."""
    of = {"CoreNetworkId": network_id(step)}
    if step.kind is Kind.WAN_PUT:
        assert new.text is not None
        latest = now.revision.get("latest")
        given = {"LatestVersionId": latest} if latest else {}
        sessions.call(_CLIENT, "put_core_network_policy", "", PolicyDocument=new.text, **given, **of)
        return
    latest_policy = _policy(sessions, step, "LATEST")
    if not alike(_DOCUMENT, latest_policy.get("PolicyDocument"), new.text):
        _restore(sessions, step, new, now)
        return
    state = latest_policy.get("ChangeSetState")
    if state == READY:
        _settle_attachments(sessions, step)
        version = latest_policy["PolicyVersionId"]
        sessions.call(_CLIENT, "execute_core_network_change_set", "", PolicyVersionId=version, **of)
    elif state == FAILED:
        raise Refusal(f"the change set could not be generated: {errors_of(latest_policy.get('PolicyErrors'))}")
    elif state not in (GENERATING, EXECUTING, DONE):
        raise Refusal(f"the version is `{state}`: another one was executed")


def _restore(sessions: Sessions, step: Step, new: State, now: State) -> None:
    """A new version that means what an old one did; the next look finds it and executes it."""
    if not new.revision.get("live"):
        raise Refusal("the latest version is not the one of this plan: somebody put another one")
    of = {"CoreNetworkId": network_id(step)}
    version = new.revision["live"]
    try:
        sessions.call(_CLIENT, "restore_core_network_policy_version", "", PolicyVersionId=version, **of)
        return
    except CallFailed as error:
        if error.failure.trouble is not Trouble.MISSING:
            raise
    # out of date versions are kept for 90 days; after that the text is
    assert new.text is not None
    latest = now.revision.get("latest")
    given = {"LatestVersionId": latest} if latest else {}
    sessions.call(_CLIENT, "put_core_network_policy", "", PolicyDocument=new.text, **given, **of)


def _settle_attachments(sessions: Sessions, step: Step) -> None:
    of = {"CoreNetworkId": network_id(step)}
    moving = [
        item["AttachmentId"]
        for item in sessions.pages(_CLIENT, "list_attachments", "", "Attachments", **of)
        if item.get("State") in _MOVING
    ]
    if moving:
        raise Refusal(
            f"{len(moving)} attachments are being changed, such as `{moving[0]}`: try again when they are done"
        )


def is_busy(sessions: Sessions, step: Step, now: State) -> bool:
    """Whether what is live is about to change, so that nothing can be said of it yet. Raises CallFailed."""
    state = now.revision.get("state")
    if step.kind is not Kind.WAN_EXECUTE or state not in (EXECUTING, DONE):
        return False
    if state == DONE:
        return bool(now.revision.get("latest") != now.revision.get("live"))
    return not failed_edges(sessions, step, now.revision.get("latest"))


def judge(sessions: Sessions, step: Step, new: State, now: State) -> tuple[str, str]:
    """What a look after a write says: `done`, `wait`, `again` (the next call of the step is due) or `failed`, with a reason."""
    state = now.revision.get("state")
    if step.kind is Kind.WAN_PUT:
        if not alike(_DOCUMENT, now.text, new.text):
            return "wait", "the version is not there yet"
        if state == GENERATING:
            return "wait", "the change set is being generated"
        if state == FAILED:
            return "failed", f"the change set could not be generated: {errors_of(now.revision.get('errors'))}"
        return "done", ""
    ours = now.revision.get("live") == now.revision.get("latest") or state not in (GENERATING, READY, EXECUTING)
    if ours and alike(_DOCUMENT, now.text, new.text):
        failed = failed_edges(sessions, step, now.revision.get("live"))
        return ("failed", f"the change failed at {', '.join(failed)}") if failed else ("done", "")
    failed = failed_edges(sessions, step, now.revision.get("latest")) if state == EXECUTING else []
    if failed:
        return "failed", f"the change failed at {', '.join(failed)}"
    if state == READY:
        return "again", "the change set is ready"
    if state == FAILED:
        return "failed", f"the change set could not be generated: {errors_of(now.revision.get('errors'))}"
    return "wait", f"the change set is `{state}`"


def failed_edges(sessions: Sessions, step: Step, version: Any) -> list[str]:
    """The elements of the network at which an execution failed. Raises CallFailed."""
    if not version:
        return []
    of = {"CoreNetworkId": network_id(step), "PolicyVersionId": version}
    key = "CoreNetworkChangeEvents"
    events = sessions.pages(_CLIENT, "get_core_network_change_events", "", key, **of)
    return [str(item.get("IdentifierPath", "")) for item in events if item.get("Status") == "FAILED"]


def change_set(sessions: Sessions, step: Step, version: Any) -> list[str]:
    """AWS's own preview of a version, a line for each change. Raises CallFailed."""
    of = {"CoreNetworkId": network_id(step), "PolicyVersionId": version}
    items = sessions.pages(_CLIENT, "get_core_network_change_set", "", "CoreNetworkChanges", **of)
    return [f"{item.get('Action', '')} {item.get('Type', '')} {item.get('Identifier', '')}".strip() for item in items]


def errors_of(errors: Any) -> str:
    """What AWS says of a broken document, in one phrase."""
    texts = [f"{item.get('ErrorCode')} {item.get('Message')} ({item.get('Path', '')})" for item in errors or ()]
    return "; ".join(texts) or "no reason is given"
