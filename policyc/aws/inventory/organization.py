"""The organization's control policies that bear on an account, level by level from the root."""

from __future__ import annotations

from typing import Any, Final

from policyc.aws.asking import Asker
from policyc.aws.calls import ORGANIZATION
from policyc.aws.found import Held, Part, Resource, file_name

_CLIENT: Final = "organizations"
_KINDS: Final = (("SERVICE_CONTROL_POLICY", "scp"), ("RESOURCE_CONTROL_POLICY", "rcp"))
#: an account lies at most five organizational units deep (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html)
_DEEPEST: Final = 8


def read(ask: Asker, folder: str) -> Part:
    """Control policies of the account. Where the organization cannot be asked, answers must not count on there being none."""
    account = ask.account
    about = f"account {account}"
    described = ask.get(_CLIENT, "describe_organization", "", about)
    organization = (described.data or {}).get("Organization") or {}
    arn = f"account:{account}"
    facts: dict[str, Any] = {
        "organization": organization.get("Id"),
        "management": organization.get("MasterAccountId"),
        "levels": [],
    }
    if described.unread is not None:
        if described.unread.code == "AWSOrganizationsNotInUseException":
            ask.unread.remove(described.unread)
            return Part((), (Resource(arn, "account", account, facts),))
        why = described.unread.why
        return Part((), (Resource(arn, "account", account, facts, {}, {"scp": why, "rcp": why}),))
    levels: list[str] = [account]
    unread: dict[str, str] = {}
    while len(levels) < _DEEPEST and not levels[-1].startswith("r-"):
        parents = ask.all(_CLIENT, "list_parents", "Parents", "", levels[-1], ChildId=levels[-1])
        if not parents.data:
            why = parents.unread.why if parents.unread is not None else "the account's place is not known"
            unread = {"scp": why, "rcp": why}
            break
        levels.append(parents.data[0]["Id"])
    documents: list[Held] = []
    for at, level in enumerate(reversed(levels)):
        here: dict[str, Any] = {"id": level, "scp": [], "rcp": []}
        for filter, kind in _KINDS:
            listed = ask.all(_CLIENT, "list_policies_for_target", "Policies", "", level, TargetId=level, Filter=filter)
            if listed.unread is not None:
                unread[kind] = listed.unread.why
            for item in listed.data or ():
                answer = ask.get(_CLIENT, "describe_policy", "", item["Id"], PolicyId=item["Id"])
                text = ((answer.data or {}).get("Policy") or {}).get("Content")
                if text is None:
                    unread[kind] = answer.unread.why if answer.unread is not None else "the policy is gone"
                    continue
                path = f"{folder}/{kind}-{at}-{file_name(level)}-{file_name(item['Id'])}.json"
                documents.append(Held(path, text, kind, ORGANIZATION, kind, arn, {"PolicyId": item["Id"]}))
                here[kind].append(path)
        facts["levels"].append(here)
    return Part(tuple(documents), (Resource(arn, "account", account, facts, {}, unread),))
